// Reading every product's quotes; see the header.
#include "tools/currency_quotes.h"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

#include "tools/json_lines.h"
#include "tools/level_map.h"

namespace tickgraph {
namespace {

constexpr std::string_view kQuoteCurrencies[] = {
    "FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USDP", "IDRT", "BIDR", "BKRW", "BVND", "DOGE", "USD", "BTC", "ETH", "BNB", "EUR", "GBP",
    "TRY",   "BRL",  "AUD",  "JPY",  "RUB",  "UAH",  "ZAR",  "NGN",  "PAX",  "DAI",  "VAI",  "XRP", "TRX", "DOT", "SOL", "PLN", "RON"};
constexpr size_t kLongestCurrency = 12, kKeptPassedOver = 1000;

bool IsCurrency(std::string_view text) {
  return !text.empty() && text.size() <= kLongestCurrency &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

class Collector {
 public:
  Collector(uint32_t file, const std::string& path, const JsonLines& lines, CurrencyQuotes& out)
      : file_(file), path_(path), lines_(lines), out_(out) {}

  void On(const JsonQuote& quote) {
    if (Product* product = Find(quote.header))
      Keep(*product, quote.header, {0, quote.bid_price_nanos, quote.ask_price_nanos, quote.bid_quantity, quote.ask_quantity});
  }
  void On(const JsonTicker& ticker) {
    Product* product = Find(ticker.header);
    if (product == nullptr || product->has_book) return;
    Keep(*product, ticker.header, {0, ticker.bid_price_nanos, ticker.ask_price_nanos, kUnknownQuantity, kUnknownQuantity});
  }
  void On(const JsonBook& book) {
    if (book.header.venue == JsonVenue::kBinanceSpot) return;
    Product* product = Find(book.header);
    if (product == nullptr || (!book.snapshot && !product->has_book)) return;
    if (book.snapshot) product->levels.Clear();
    product->has_book = true;
    for (uint32_t i = 0; i < book.level_count; ++i)
      product->levels.Set(book.levels[i].side, book.levels[i].price_nanos, book.levels[i].quantity);
    BestQuote best = {0, 0, 0, 0, 0};
    const auto first = [](PriceNanos& price, Quantity& quantity) {
      return [&](PriceNanos p, Quantity q) {
        price = p;
        quantity = q;
        return false;
      };
    };
    product->levels.ForEach(Side::kBuy, first(best.bid_nanos, best.bid_quantity));
    product->levels.ForEach(Side::kSell, first(best.ask_nanos, best.ask_quantity));
    Keep(*product, book.header, best);
  }
  void On(const JsonTrade&) {}
  void On(const JsonOther&) {}

 private:
  struct Product {
    uint32_t index = 0;
    bool has_book = false;
    LevelMap levels;
    BestQuote last = {0, 0, 0, 0, 0};
  };

  // Null where the product converts nothing.
  Product* Find(const JsonHeader& header) {
    const std::pair<JsonVenue, std::string> key(header.venue, header.product);
    if (const auto known = products_.find(key); known != products_.end()) return &known->second;
    CurrencyProduct product = {key.second, std::string(Name(header.venue)), "", "", file_};
    if (IsBinanceFutures(header.venue) || !SplitSymbol(header.product, &product.base, &product.quote)) {
      if (passed_over_.size() < kKeptPassedOver && passed_over_.insert(key).second)
        out_.passed_over.push_back(product.venue + " " + product.symbol);
      return nullptr;
    }
    out_.products.push_back(std::move(product));
    Product& made = products_[key];
    made.index = static_cast<uint32_t>(out_.products.size() - 1);
    return &made;
  }

  void Keep(Product& product, const JsonHeader& header, BestQuote best) {
    if (best.bid_nanos == product.last.bid_nanos && best.ask_nanos == product.last.ask_nanos &&
        best.bid_quantity == product.last.bid_quantity && best.ask_quantity == product.last.ask_quantity)
      return;
    product.last = best;
    best.ts_ns = header.ts_recv_ns != 0 ? header.ts_recv_ns : header.ts_event_ns;
    if (best.ts_ns == 0) {
      throw std::runtime_error(path_ + ": line " + std::to_string(lines_.line_number()) +
                               ": the quote has neither a receive time nor the venue's own, and so no place between other quotes");
    }
    out_.quotes.push_back({best, lines_.line_number(), product.index});
  }

  uint32_t file_;
  const std::string& path_;
  const JsonLines& lines_;
  CurrencyQuotes& out_;
  std::map<std::pair<JsonVenue, std::string>, Product> products_;
  std::set<std::pair<JsonVenue, std::string>> passed_over_;
};

}  // namespace

bool SplitSymbol(std::string_view symbol, std::string* base, std::string* quote) {
  size_t cut = symbol.find('-'), skip = 1;
  if (cut == std::string_view::npos) {
    size_t longest = 0;
    for (const std::string_view currency : kQuoteCurrencies) {
      if (symbol.size() > currency.size() && symbol.ends_with(currency)) longest = std::max(longest, currency.size());
    }
    if (longest == 0) return false;
    cut = symbol.size() - longest;
    skip = 0;
  }
  *base = symbol.substr(0, cut);
  *quote = symbol.substr(cut + skip);
  return IsCurrency(*base) && IsCurrency(*quote) && *base != *quote;
}

CurrencyQuotes ReadCurrencyQuotes(const std::vector<std::string>& paths) {
  CurrencyQuotes out;
  for (const std::string& path : paths) {
    JsonLines lines(path);
    const size_t before = out.quotes.size();
    Collector collector(static_cast<uint32_t>(&path - paths.data()), path, lines, out);
    lines.ReadAll(collector);
    out.damaged |= lines.ReportDamage();
    if (out.quotes.size() == before)
      throw std::runtime_error(path + ": no best quotes of a spot product in its " + std::to_string(lines.lines()) + " lines");
  }
  std::stable_sort(out.quotes.begin(), out.quotes.end(),
                   [](const CurrencyQuote& x, const CurrencyQuote& y) { return x.best.ts_ns < y.best.ts_ns; });
  return out;
}

}  // namespace tickgraph
