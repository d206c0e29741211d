// Reads the quotes and names what is missing or malformed; see the header.
#include "tools/quote_file.h"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <set>
#include <stdexcept>
#include <string_view>

#include "net/io/file/capture_reader.h"
#include "net/proto/json/capture_line.h"
#include "net/proto/json/json_decoder.h"

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
  QuoteCollector(const CaptureReader& reader, QuoteFile& file) : reader_(reader), file_(file) {}

  void Add(const PacketView& packet) {
    line_ = packet;
    const std::string_view text(reinterpret_cast<const char*>(packet.data), packet.size);
    ++lines_;
    last_is_bad_ = false;
    if (packet.size < packet.original_size) return Bad(Name(JsonStatus::kTooLong));
    const CaptureLine line = ParseCaptureLine(text);
    if (line.kind == CaptureLineKind::kBlank || line.kind == CaptureLineKind::kHeader) return;
    if (line.kind == CaptureLineKind::kBad) return Bad("neither JSON nor a header line of a capture");
    const JsonStatus status = json_.Decode(line.json, line.ts_recv_ns, *this);
    if (status == JsonStatus::kMessage) ++messages_;
    if (status != JsonStatus::kMessage && status != JsonStatus::kControl) Bad(Name(status));
  }

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
    const char* path = file_.path.c_str();
    if (const auto& damage = reader_.damage(); damage.has_value()) {
      std::fprintf(stderr, "%s: %s at byte %" PRIu64 ": %s; all before it was read, and the last quote stands from there on\n", path,
                   damage->truncated ? "cut" : "damaged", damage->offset, reader_.DamageText().c_str());
      file_.damaged = true;
    } else if (last_is_bad_) {
      std::fprintf(stderr,
                   "%s: cut at byte %" PRIu64 ": the last line is cut; all before it was read, and the last quote stands from there on\n",
                   path, line_.file_offset);
    }
    if (bad_lines_ != 0) {
      std::fprintf(stderr, "%s: %" PRIu64 " malformed lines; the first: %s in line %" PRIu64 " at byte %" PRIu64 "\n", path, bad_lines_,
                   first_bad_reason_, first_bad_.number, first_bad_.file_offset);
      file_.damaged = true;
    }
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
          file_.path + ": line " + std::to_string(line_.number) +
          ": the quote has neither a receive time nor the venue's own, and so no place between another venue's quotes");
    }
    file_.own_times |= header.ts_recv_ns == 0;
    if (file_.quotes.empty()) {
      file_.venue = Name(header.venue);
      file_.contracts = header.venue == JsonVenue::kBinanceCoinm;
    }
    file_.quotes.push_back(quote);
  }

  void Bad(const char* reason) {
    last_is_bad_ = true;
    if (bad_lines_++ != 0) return;
    first_bad_ = line_;
    first_bad_reason_ = reason;
  }

  [[nodiscard]] std::string WhyNone() const {
    if (messages_ == 0) return file_.path + ": none of its " + std::to_string(lines_) + " lines is a message of a known venue";
    if (found_) return file_.path + ": no best quotes of " + file_.symbol + ": none of its messages is a bookTicker or a ticker";
    std::string text = file_.path + ": no message names the symbol " + file_.symbol;
    size_t listed = 0;
    for (const std::string& product : products_) {
      if (listed == kListedProducts) break;
      text += (listed++ == 0 ? "; it has: " : ", ") + product;
    }
    return products_.size() > listed ? text + " and " + std::to_string(products_.size() - listed) + " more" : text;
  }

  const CaptureReader& reader_;
  QuoteFile& file_;
  JsonDecoder json_;
  PacketView line_, first_bad_;
  const char* first_bad_reason_ = "";
  std::set<std::string, std::less<>> products_;
  uint64_t lines_ = 0, messages_ = 0, bad_lines_ = 0;
  bool found_ = false, last_is_bad_ = false;
};

}  // namespace

QuoteFile ReadQuoteFile(const std::string& path, const std::string& symbol) {
  QuoteFile file;
  file.path = path;
  file.symbol = symbol;
  std::string error;
  const auto reader = CaptureReader::Open(path, &error);
  if (reader == nullptr) throw std::runtime_error(error);
  if (reader->format() != CaptureFormat::kJsonLines) {
    throw std::runtime_error(path + ": a file of the format " + std::string(CaptureFormatName(reader->format())) +
                             "; quotes are read from lines of JSON (Binance, Coinbase Exchange)");
  }
  QuoteCollector collector(*reader, file);
  std::array<PacketView, 32> lines;
  while (const uint32_t count = reader->ReadBurst(lines.data(), lines.size())) {
    for (uint32_t i = 0; i < count; ++i) collector.Add(lines[i]);
  }
  collector.Finish();
  return file;
}

}  // namespace tickgraph
