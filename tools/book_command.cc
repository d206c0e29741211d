// `tickgraph book FILE --symbol S`: one instrument's book out of a capture, a CSV row after each message that changes what is
// shown, or the last book as a table.
//
// Flow: FilePlayer -> FeedHandler -> BookView -> BookWriter. One thread.
#include <charconv>
#include <cinttypes>
#include <cstdio>
#include <memory>
#include <string>

#include "net/io/file_player.h"
#include "net/proto/feed_handler.h"
#include "tools/book_view.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/exit_code.h"
#include "tools/session_day.h"

namespace tickgraph {
namespace {

// The shortest decimal that is the price exactly.
char* PutPrice(char* out, PriceNanos nanos) {
  if (nanos < 0) *out++ = '-';
  const auto magnitude = static_cast<uint64_t>(nanos < 0 ? -nanos : nanos);
  out = std::to_chars(out, out + 20, magnitude / kNanosPerUnit).ptr;
  uint64_t fraction = magnitude % kNanosPerUnit;
  if (fraction == 0) return out;
  *out++ = '.';
  for (uint64_t digit = kNanosPerUnit / 10; fraction != 0; digit /= 10) {
    *out++ = static_cast<char>('0' + fraction / digit);
    fraction %= digit;
  }
  return out;
}

std::string PriceText(PriceNanos nanos) {
  char text[32];
  return {text, PutPrice(text, nanos)};
}

// Turns rows into CSV on stdout, in large pieces; without `csv` it only keeps the last row.
class BookWriter {
 public:
  BookWriter(bool csv, uint32_t depth) : csv_(csv) {
    if (!csv) return;
    buffer_ = "message_index,ts_ns";
    for (uint32_t i = 1; i <= depth; ++i) {
      for (const char* column : {"bid_price_", "bid_size_", "ask_price_", "ask_size_"}) buffer_ += "," + (column + std::to_string(i));
    }
    buffer_ += '\n';
  }

  void operator()(const BookRow& row) {
    ++rows_;
    last_index_ = row.message_index;
    last_ts_ns_ = row.ts_ns;
    if (!csv_) return;
    constexpr size_t kCellBytes = 24;
    const size_t start = buffer_.size();
    buffer_.resize(start + (row.cells.size() + 2) * kCellBytes);
    char* out = buffer_.data() + start;
    out = std::to_chars(out, out + kCellBytes, row.message_index).ptr;
    *out++ = ',';
    out = std::to_chars(out, out + kCellBytes, row.ts_ns).ptr;
    for (size_t i = 0; i < row.cells.size(); i += 2) {
      *out++ = ',';
      const bool there = row.cells[i] != kNoPrice;
      if (there) out = PutPrice(out, row.cells[i]);
      *out++ = ',';
      if (there) out = std::to_chars(out, out + kCellBytes, row.cells[i + 1]).ptr;
    }
    *out++ = '\n';
    buffer_.resize(static_cast<size_t>(out - buffer_.data()));
    if (buffer_.size() > kFlushBytes) Flush();
  }

  void Flush() {
    std::fwrite(buffer_.data(), 1, buffer_.size(), stdout);
    buffer_.clear();
  }

  [[nodiscard]] uint64_t rows() const { return rows_; }
  [[nodiscard]] uint64_t last_index() const { return last_index_; }
  [[nodiscard]] uint64_t last_ts_ns() const { return last_ts_ns_; }

 private:
  static constexpr size_t kFlushBytes = size_t{1} << 20;

  bool csv_;
  std::string buffer_;
  uint64_t rows_ = 0, last_index_ = 0, last_ts_ns_ = 0;
};

using View = BookView<BookWriter>;
using Feed = FeedHandler<View>;

void PrintTable(const BookQuery& query, const View& view, const BookWriter& writer) {
  std::printf("%s on %s: %" PRIu64 " changes of the first %u level%s; after message %" PRIu64 " at %" PRIu64 " ns:\n\n",
              query.symbol.c_str(), std::string(view.stream().name.view()).c_str(), writer.rows(), query.depth, query.depth == 1 ? "" : "s",
              writer.last_index(), writer.last_ts_ns());
  std::printf("%5s %14s %14s   %-14s %-14s\n", "level", "bid size", "bid", "ask", "ask size");
  const std::vector<int64_t>& cells = view.cells();
  for (size_t i = 0; i < cells.size(); i += 4) {
    const bool bid = cells[i] != kNoPrice, ask = cells[i + 2] != kNoPrice;
    if (!bid && !ask) break;
    std::printf("%5zu %14s %14s   %-14s %-14s\n", i / 4 + 1, bid ? std::to_string(cells[i + 1]).c_str() : "",
                bid ? PriceText(cells[i]).c_str() : "", ask ? PriceText(cells[i + 2]).c_str() : "",
                ask ? std::to_string(cells[i + 3]).c_str() : "");
  }
}

// The symbol is nowhere in the capture: says what is.
void ReportNotFound(const std::string& file, const BookQuery& query, const View& view) {
  std::string streams;
  for (const auto& stream : view.streams()) {
    if (stream.known) streams += (streams.empty() ? "" : ", ") + std::string(stream.name.view());
  }
  if (streams.empty()) {
    std::fprintf(stderr, "%s: holds no market data that can be read\n", file.c_str());
  } else if (query.venue.empty()) {
    std::fprintf(stderr, "%s: no message names the symbol %s; its streams are: %s\n", file.c_str(), query.symbol.c_str(), streams.c_str());
  } else {
    std::fprintf(stderr, "%s: no message of a stream %s names the symbol %s; its streams are: %s\n", file.c_str(), query.venue.c_str(),
                 query.symbol.c_str(), streams.c_str());
  }
}

// What was lost, damaged or contradictory, a line each on stderr. True where there was any.
bool ReportLosses(const std::string& path, const CaptureReader& reader, const FeedCounters& feed, const View& view) {
  const char* file = path.c_str();
  bool lost = false;
  if (const auto& damage = reader.damage(); damage.has_value()) {
    std::fprintf(stderr, "%s: %s at byte %" PRIu64 ": %s; all before it was read\n", file, damage->truncated ? "cut" : "damaged",
                 damage->offset, reader.DamageText().c_str());
    lost = true;
  }
  if (feed.bad_messages != 0) {
    std::fprintf(stderr, "%s: %" PRIu64 " malformed messages; the first: %s in packet %" PRIu64 " at byte %" PRIu64 "\n", file,
                 feed.bad_messages, feed.first_bad_reason, feed.first_bad_packet, feed.first_bad_offset);
    lost = true;
  }
  if (!view.found()) return lost;
  const View::Stream& stream = view.stream();
  if (stream.gaps != 0) {
    std::fprintf(stderr,
                 "%s: %" PRIu64 " messages of %s missing in %" PRIu64 " gaps, the first from %" PRIu64 " to %" PRIu64
                 "; the book is what the rest says\n",
                 file, stream.missing, std::string(stream.name.view()).c_str(), stream.gaps, stream.first_gap.first,
                 stream.first_gap.second);
    lost = true;
  }
  const BookCounters& counters = view.counters();
  const auto contradiction = [&](uint64_t count, const char* what) {
    if (count == 0) return;
    std::fprintf(stderr, "%s: %" PRIu64 " messages %s\n", file, count, what);
    lost = true;
  };
  contradiction(counters.duplicate_references, "add an order that is already there; the first was kept");
  contradiction(counters.over_executions, "take more than their order had left; it was removed");
  contradiction(counters.bad_orders, "carry an impossible price or quantity; they were refused");
  contradiction(counters.no_room_orders + counters.no_room_levels, "found no room in the book");
  if (counters.unknown_references != 0) {
    std::fprintf(stderr, "%s: %" PRIu64 " messages name orders from before the capture's start; they were passed over\n", file,
                 counters.unknown_references);
  }
  return lost;
}

void ReadAll(FilePlayer& player, Feed& feed, View& view) {
  for (;;) {
    const PacketBurst burst = player.Poll();
    if (burst.count == 0) break;
    for (uint32_t i = 0; i < burst.count; ++i) feed.OnPacket(burst.packets[i], view);
  }
  feed.Finish(feed.session_time_ns(), view);
}

}  // namespace

int BookCommand(int argc, char** argv) {
  CLI::App app("One instrument's book: a row after each message that changes what is shown, or the last book");
  CommonOptions common;
  AddCommonOptions(app, common, kQuiet);
  std::string file;
  BookQuery query;
  uint32_t date = 0;
  bool csv = false;
  app.add_option("FILE", file, "a pcap, pcapng or raw ITCH file, plain or .gz, .xz, .zst")->required();
  app.add_option("--symbol", query.symbol, "a stock's symbol, or an option's in OCC form (AAPL  240119C00150000)")->required();
  app.add_option("--depth", query.depth, "levels a side (1)")->check(CLI::Range(1, 10'000));
  app.add_option("--venue", query.venue, "the MoldUDP64 session, where several streams carry the symbol; else the first");
  app.add_option("--date", date, "the New York day of ITCH times, YYYYMMDD; else the packets' day, else eight digits in the file's name")
      ->check(CheckDay);
  app.add_flag("--csv", csv, "A row after each message that changes what is shown");
  if (const auto exit_code = ParseCommandLine(app, argc, argv)) return *exit_code;

  std::string error;
  const auto player = FilePlayer::Open(file, &error);
  if (player == nullptr) {
    std::fprintf(stderr, "%s\n", error.c_str());
    return kExitFailed;
  }
  query.raw_file = player->format() == CaptureFormat::kItchFile;
  FeedConfig config;
  config.date = date == 0 && query.raw_file ? DayInFileName(file) : date;
  config.reorder_window_ns = UINT64_MAX;  // a file can wait for the other line as long as there is room
  BookWriter writer(csv, query.depth);
  const auto view = std::make_unique<View>(query, writer);
  const auto feed = std::make_unique<Feed>(config);
  ReadAll(*player, *feed, *view);
  const bool lost = ReportLosses(file, player->reader(), feed->counters(), *view);
  if (!view->found()) {
    ReportNotFound(file, query, *view);
    return kExitFailed;
  }
  csv ? writer.Flush() : PrintTable(query, *view, writer);
  return lost ? kExitDamaged : kExitDone;
}

}  // namespace tickgraph
