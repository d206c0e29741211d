// Reads the quotes and names what is missing or malformed; see the header.
#include "tools/quote_file.h"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string_view>

#include "tools/json_lines.h"

namespace tickgraph {
namespace {

constexpr size_t kListedProducts = 10;
constexpr size_t kKeptProducts = 1000;

// A file may hold any bytes; those shown on a terminal are a product's name or nothing.
bool IsProductName(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127; });
}

class QuoteCollector {
 public:
  QuoteCollector(const JsonLines& lines, QuoteFile& file) : lines_(lines), file_(file) {}

  void On(const JsonQuote& quote) {
    if (!IsWanted(quote.header)) return;
    Keep(quote.header, {0, quote.bid_price_nanos, quote.ask_price_nanos, quote.bid_quantity, quote.ask_quantity});
  }
  void On(const JsonTicker& ticker) {
    if (!IsWanted(ticker.header)) return;
    Keep(ticker.header, {0, ticker.bid_price_nanos, ticker.ask_price_nanos, kUnknownQuantity, kUnknownQuantity});
  }
  void On(const JsonBook& book) { IsWanted(book.header); }
  void On(const JsonTrade& trade) { IsWanted(trade.header); }
  void On(const JsonOther& other) { IsWanted(other.header); }

  // Once the file has ended.
  void Finish() {
    file_.damaged = lines_.ReportDamage();
    if (file_.quotes.empty()) throw std::runtime_error(WhyNone());
    const auto earlier = [](const BestQuote& x, const BestQuote& y) { return x.ts_ns < y.ts_ns; };
    if (!std::is_sorted(file_.quotes.begin(), file_.quotes.end(), earlier)) {
      std::stable_sort(file_.quotes.begin(), file_.quotes.end(), earlier);
    }
  }

 private:
  bool IsWanted(const JsonHeader& header) {
    if (header.product == file_.symbol) return found_ = true;
    if (products_.size() < kKeptProducts && IsProductName(header.product) && products_.find(header.product) == products_.end()) {
      products_.emplace(header.product);
    }
    return false;
  }

  void Keep(const JsonHeader& header, BestQuote quote) {
    quote.ts_ns = header.ts_recv_ns != 0 ? header.ts_recv_ns : header.ts_event_ns;
    if (quote.ts_ns == 0) {
      throw std::runtime_error(
          file_.path + ": line " + std::to_string(lines_.line_number()) +
          ": the quote has neither a receive time nor the venue's own, and so no place between another venue's quotes");
    }
    file_.own_times |= header.ts_recv_ns == 0;
    if (file_.quotes.empty()) {
      file_.venue = Name(header.venue);
      file_.contracts = header.venue == JsonVenue::kBinanceCoinm;
    }
    file_.quotes.push_back(quote);
  }

  [[nodiscard]] std::string WhyNone() const {
    if (lines_.messages() == 0)
      return file_.path + ": none of its " + std::to_string(lines_.lines()) + " lines is a message of a known venue";
    if (found_) return file_.path + ": no best quotes of " + file_.symbol + ": none of its messages is a bookTicker or a ticker";
    std::string text = file_.path + ": no message names the symbol " + file_.symbol;
    size_t listed = 0;
    for (const std::string& product : products_) {
      if (listed == kListedProducts) break;
      text += (listed++ == 0 ? "; it has: " : ", ") + product;
    }
    return products_.size() > listed ? text + " and " + std::to_string(products_.size() - listed) + " more" : text;
  }

  const JsonLines& lines_;
  QuoteFile& file_;
  std::set<std::string, std::less<>> products_;
  bool found_ = false;
};

}  // namespace

QuoteFile ReadQuoteFile(const std::string& path, const std::string& symbol) {
  QuoteFile file;
  file.path = path;
  file.symbol = symbol;
  JsonLines lines(path);
  QuoteCollector collector(lines, file);
  lines.ReadAll(collector);
  collector.Finish();
  return file;
}

}  // namespace tickgraph
