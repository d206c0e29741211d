// What the gathered members mean at each venue; see json_decoder.h. The members decide the venue, not their order.
#include "net/proto/json/json_decoder.h"

#include <algorithm>

#include "net/proto/json/decimal.h"
#include "net/proto/json/json_gather.h"
#include "net/proto/json/rfc3339.h"

namespace tickgraph {
namespace {

using F = JsonField;

// Update ids above this are damage: sums with them could wrap.
constexpr uint64_t kLargestId = uint64_t{1} << 62;

}  // namespace

struct JsonDecoder::Memory {
  explicit Memory(const JsonDecoderLimits& limits)
      : gathered(limits), books(std::max<size_t>(limits.events, 1)), trades(std::max<size_t>(limits.events, 1)) {}
  JsonGatherer gathered;
  HugeArray<JsonBook> books;
  HugeArray<JsonTrade> trades;
};

// Reads one venue's message into the decoder's results.
class JsonInterpreter {
 public:
  explicit JsonInterpreter(JsonDecoder& decoder) : d_(decoder), g_(decoder.memory_->gathered) {}

  JsonStatus Interpret() {
    const std::string_view type = g_.Text(F::kType);
    if (type == "subscriptions" || type == "subscribe" || type == "unsubscribe") return JsonStatus::kControl;
    if (g_.HasText(F::kChannel)) return Advanced();
    if (!type.empty()) return Coinbase(type);
    return Binance();
  }

 private:
  bool Price(F field, PriceNanos* out) const { return ParseDecimal(g_.Text(field), kJsonPriceScale, out) == DecimalStatus::kOk; }
  bool Size(F field, Quantity* out) const {
    return ParseDecimal(g_.Text(field), kJsonQuantityScale, out) == DecimalStatus::kOk && *out >= 0;
  }
  bool Id(F field, uint64_t* out) const { return ParseUnsigned(g_.Text(field), out) && *out <= kLargestId; }
  // An id that may be absent.
  bool OptionalId(F field, uint64_t* out) const { return !g_.HasText(field) || Id(field, out); }
  bool HasAll(std::initializer_list<F> fields) const {
    return std::all_of(fields.begin(), fields.end(), [&](F field) { return g_.HasText(field); });
  }
  bool Millis(F field) {
    uint64_t ms = 0;
    if (!g_.HasText(field)) return true;
    if (!ParseUnsigned(g_.Text(field), &ms) || ms > UINT64_MAX / 1'000'000) return false;
    d_.header_.ts_event_ns = ms * 1'000'000;
    return true;
  }
  bool Time(F field) { return !g_.HasText(field) || ParseRfc3339(g_.Text(field), &d_.header_.ts_event_ns); }

  JsonStatus OneBook(JsonBook book) {
    book.header = d_.header_;
    book.levels = g_.levels();
    book.level_count = g_.level_count();
    d_.memory_->books[0] = book;
    d_.books_ = {d_.memory_->books.data(), 1};
    d_.kind_ = JsonDecoder::Kind::kListed;
    return JsonStatus::kMessage;
  }
  JsonStatus OneTrade(JsonTrade trade) {
    trade.header = d_.header_;
    d_.memory_->trades[0] = trade;
    d_.trades_ = {d_.memory_->trades.data(), 1};
    d_.kind_ = JsonDecoder::Kind::kListed;
    return JsonStatus::kMessage;
  }
  JsonStatus Other(F sequence) {
    d_.other_ = {};
    if (sequence != F::kNone && g_.HasText(sequence)) {
      if (!Id(sequence, &d_.other_.sequence)) return JsonStatus::kBadValue;
      d_.other_.has_sequence = true;
    }
    d_.other_.header = d_.header_;
    d_.kind_ = JsonDecoder::Kind::kOther;
    return JsonStatus::kMessage;
  }

  JsonStatus Binance() {
    const std::string_view event = g_.Text(F::kE);
    d_.header_.product = g_.Text(F::kS);
    d_.header_.stream = g_.Text(F::kStream);
    const bool coin = g_.HasText(F::kPs) || g_.HasText(F::kPair);
    const bool futures = g_.HasText(F::kPu) || g_.HasText(F::kX) || (event == "bookTicker") || (event.empty() && g_.HasText(F::kUpperE));
    d_.header_.venue = coin ? JsonVenue::kBinanceCoinm : futures ? JsonVenue::kBinanceUsdm : JsonVenue::kBinanceSpot;
    if (event == "depthUpdate") return BinanceDepth();
    if (event == "trade" || event == "aggTrade") return BinanceTrade(event);
    if (event.empty() && g_.HasText(F::kLastUpdateId)) return BinanceSnapshot();
    const bool ticker = event.empty() && HasAll({F::kU, F::kS, F::kB, F::kUpperB, F::kA, F::kUpperA});
    if (event == "bookTicker" || ticker) return BinanceQuote();
    if (!event.empty()) {
      d_.header_.event = event;
      return Millis(F::kUpperE) ? Other(F::kNone) : JsonStatus::kBadValue;
    }
    if (g_.HasText(F::kStream) && g_.HasList(F::kData)) return BinanceList();
    const bool answer = g_.Has(F::kResult) || g_.Has(F::kMethod) || g_.Has(F::kError);
    return answer ? JsonStatus::kControl : JsonStatus::kUnknownObject;
  }

  // A stream of lists (all symbols' tickers) names its event in the stream alone.
  JsonStatus BinanceList() {
    const std::string_view stream = g_.Text(F::kStream);
    const size_t at = stream.find_first_not_of('!');
    if (at == 0 || at == std::string_view::npos) return JsonStatus::kUnknownObject;
    d_.header_.event = stream.substr(at, stream.find('@') - at);
    return Other(F::kNone);
  }

  JsonStatus BinanceDepth() {
    d_.header_.event = "depthUpdate";
    if (!HasAll({F::kS, F::kUpperU, F::kU}) || !g_.HasList(F::kB) || !g_.HasList(F::kA)) return JsonStatus::kMissingField;
    JsonBook book;
    if (!Id(F::kUpperU, &book.first_id) || !Id(F::kU, &book.last_id) || book.first_id > book.last_id || !Millis(F::kUpperE)) {
      return JsonStatus::kBadValue;
    }
    if (g_.HasText(F::kPu)) {
      book.has_previous_id = true;
      if (!Id(F::kPu, &book.previous_id) || book.previous_id > book.last_id) return JsonStatus::kBadValue;
    }
    return OneBook(book);
  }

  JsonStatus BinanceSnapshot() {
    d_.header_.event = "snapshot";
    if (g_.HasText(F::kSymbol)) d_.header_.product = g_.Text(F::kSymbol);
    // A stream of partial books names its symbol in the stream alone.
    if (g_.HasText(F::kStream)) d_.header_.product = g_.Text(F::kStream).substr(0, g_.Text(F::kStream).find('@'));
    if (!g_.HasList(F::kBids) || !g_.HasList(F::kAsks)) return JsonStatus::kMissingField;
    JsonBook book;
    book.snapshot = true;
    if (!Id(F::kLastUpdateId, &book.last_id) || !Millis(F::kUpperE)) return JsonStatus::kBadValue;
    return OneBook(book);
  }

  JsonStatus BinanceQuote() {
    d_.header_.event = "bookTicker";
    if (!HasAll({F::kU, F::kS, F::kB, F::kUpperB, F::kA, F::kUpperA})) return JsonStatus::kMissingField;
    JsonQuote& quote = d_.quote_;
    if (!Id(F::kU, &quote.update_id) || !Price(F::kB, &quote.bid_price_nanos) || !Size(F::kUpperB, &quote.bid_quantity) ||
        !Price(F::kA, &quote.ask_price_nanos) || !Size(F::kUpperA, &quote.ask_quantity) || !Millis(F::kUpperE)) {
      return JsonStatus::kBadValue;
    }
    quote.header = d_.header_;
    d_.kind_ = JsonDecoder::Kind::kQuote;
    return JsonStatus::kMessage;
  }

  JsonStatus BinanceTrade(std::string_view event) {
    d_.header_.event = event;
    const F id = event == "trade" ? F::kT : F::kA;
    if (!HasAll({F::kS, id, F::kP, F::kQ, F::kM})) return JsonStatus::kMissingField;
    JsonTrade trade;
    const std::string_view maker = g_.Text(F::kM);
    if (!Id(id, &trade.trade_id) || !Price(F::kP, &trade.price_nanos) || !Size(F::kQ, &trade.quantity) || !Millis(F::kUpperE) ||
        !Millis(F::kUpperT) || (maker != "true" && maker != "false")) {
      return JsonStatus::kBadValue;
    }
    trade.aggressor = maker == "true" ? Side::kSell : Side::kBuy;
    trade.of_book = !g_.HasText(F::kX) || g_.Text(F::kX) == "MARKET";
    return OneTrade(trade);
  }

  JsonStatus Coinbase(std::string_view type) {
    d_.header_.venue = JsonVenue::kCoinbaseExchange;
    d_.header_.event = type;
    d_.header_.product = g_.Text(F::kProductId);
    if (!Time(F::kTime)) return JsonStatus::kBadValue;
    const bool match = type == "match" || type == "last_match";
    const bool snapshot = type == "snapshot";
    if (!snapshot && type != "l2update" && type != "ticker" && !match) return Other(F::kSequence);
    if (d_.header_.product.empty()) return JsonStatus::kMissingField;
    if (match) return CoinbaseMatch();
    if (type == "ticker") return CoinbaseTicker();
    if (snapshot ? !g_.HasList(F::kBids) || !g_.HasList(F::kAsks) : !g_.HasList(F::kChanges)) return JsonStatus::kMissingField;
    JsonBook book;
    book.snapshot = snapshot;
    return OneBook(book);
  }

  JsonStatus CoinbaseMatch() {
    if (!HasAll({F::kTradeId, F::kPrice, F::kSize, F::kSide})) return JsonStatus::kMissingField;
    JsonTrade trade;
    Side maker;
    if (!Id(F::kTradeId, &trade.trade_id) || !OptionalId(F::kSequence, &trade.sequence) || !Price(F::kPrice, &trade.price_nanos) ||
        !Size(F::kSize, &trade.quantity) || !ParseJsonSide(g_.Text(F::kSide), &maker)) {
      return JsonStatus::kBadValue;
    }
    trade.aggressor = Opposite(maker);
    return OneTrade(trade);
  }

  // The first ticker of a product that has not traded yet lacks all of the trade.
  JsonStatus CoinbaseTicker() {
    if (!g_.HasText(F::kPrice)) return JsonStatus::kMissingField;
    JsonTicker& ticker = d_.ticker_;
    ticker = {};
    const auto optional_price = [&](F field, PriceNanos* out) { return g_.Text(field).empty() || Price(field, out); };
    const bool good = Price(F::kPrice, &ticker.price_nanos) && OptionalId(F::kTradeId, &ticker.trade_id) &&
                      OptionalId(F::kSequence, &ticker.sequence) &&
                      (g_.Text(F::kLastSize).empty() || Size(F::kLastSize, &ticker.quantity)) &&
                      optional_price(F::kBestBid, &ticker.bid_price_nanos) && optional_price(F::kBestAsk, &ticker.ask_price_nanos) &&
                      (g_.Text(F::kSide).empty() || ParseJsonSide(g_.Text(F::kSide), &ticker.aggressor));
    if (!good) return JsonStatus::kBadValue;
    ticker.header = d_.header_;
    d_.kind_ = JsonDecoder::Kind::kTicker;
    return JsonStatus::kMessage;
  }

  JsonStatus Advanced() {
    d_.header_.venue = JsonVenue::kCoinbaseAdvanced;
    d_.header_.event = g_.Text(F::kChannel);
    if (!g_.HasText(F::kSequenceNum) || !g_.HasList(F::kEvents)) return JsonStatus::kMissingField;
    if (!Id(F::kSequenceNum, &d_.frame_number_) || !Time(F::kTimestamp) || d_.header_.event.empty()) return JsonStatus::kBadValue;
    for (uint32_t i = 0; i < g_.book_count(); ++i) {
      const JsonGatherer::Book& from = g_.books()[i];
      JsonBook& book = d_.memory_->books[i];
      book = {};
      book.header = d_.header_;
      book.header.product = from.product;
      book.snapshot = from.type == "snapshot";
      book.last_id = d_.frame_number_;
      book.levels = g_.levels() + from.first_level;
      book.level_count = from.level_count;
    }
    for (uint32_t i = 0; i < g_.trade_count(); ++i) {
      const JsonGatherer::Trade& from = g_.trades()[i];
      JsonTrade& trade = d_.memory_->trades[i];
      trade = {};
      trade.header = d_.header_;
      trade.header.product = from.product;
      if (!from.time.empty() && !ParseRfc3339(from.time, &trade.header.ts_event_ns)) return JsonStatus::kBadValue;
      trade.trade_id = from.trade_id;
      trade.price_nanos = from.price_nanos;
      trade.quantity = from.quantity;
      trade.aggressor = Opposite(from.maker);
    }
    if (g_.book_count() == 0 && g_.trade_count() == 0) return Other(F::kSequenceNum);
    d_.books_ = {d_.memory_->books.data(), g_.book_count()};
    d_.trades_ = {d_.memory_->trades.data(), g_.trade_count()};
    d_.header_.product = g_.book_count() != 0 ? d_.books_[0].header.product : d_.trades_[0].header.product;
    d_.kind_ = JsonDecoder::Kind::kListed;
    return JsonStatus::kMessage;
  }

  JsonDecoder& d_;
  const JsonGatherer& g_;
};

JsonDecoder::JsonDecoder(const JsonDecoderLimits& limits) : memory_(std::make_unique<Memory>(limits)) {}
JsonDecoder::~JsonDecoder() = default;

JsonStatus JsonDecoder::Parse(std::string_view json, size_t readable, uint64_t ts_recv_ns) {
  header_ = {};
  header_.ts_recv_ns = ts_recv_ns;
  frame_number_ = 0;
  books_ = {};
  trades_ = {};
  const JsonStatus status = memory_->gathered.Gather(json, readable);
  return status == JsonStatus::kMessage ? JsonInterpreter(*this).Interpret() : status;
}

}  // namespace tickgraph
