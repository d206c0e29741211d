// `tickgraph book FILE --symbol S`: one instrument's book out of a capture, a CSV row after each message that changes what is
// shown, or the last book as a table.
//
// Flow: FilePlayer -> FeedHandler -> BookView -> BookWriter; captures of records go to book_records.h. One thread.
#include <cinttypes>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "net/io/file_player.h"
#include "net/proto/feed_handler.h"
#include "tools/book_records.h"
#include "tools/book_view.h"
#include "tools/book_writer.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/exit_code.h"
#include "tools/lobster_orderbook.h"
#include "tools/pair_option.h"
#include "tools/session_day.h"

namespace tickgraph {
namespace {

using View = BookView<BookWriter>;
using Feed = FeedHandler<View>;

// The symbol is nowhere in the capture: says what is.
void ReportNotFound(const std::string& file, const BookQuery& query, const View& view) {
  std::string streams;
  for (const auto& stream : view.streams()) {
    if (stream.known) streams += (streams.empty() ? "" : ", ") + std::string(stream.name.view());
  }
  if (streams.empty()) {
    std::fprintf(
        stderr,
        "%s: holds no ITCH, OPRA, IEX or CME messages, of which a packet capture's book is made; `tickgraph inspect` says what it holds\n",
        file.c_str());
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
    std::fprintf(stderr, "%s: %" PRIu64 " malformed messages; the first: %s in %s %" PRIu64 " at byte %" PRIu64 "\n", file,
                 feed.bad_messages, feed.first_bad_reason, IsTextCapture(reader.format()) ? "line" : "packet", feed.first_bad_packet,
                 feed.first_bad_offset);
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
  std::vector<std::string> pair_texts;
  app.add_option("FILE", file, "a pcap, pcapng, raw ITCH, Databento DBN, JSON lines or LOBSTER message file, plain or .gz, .xz, .zst")
      ->required();
  app.add_option(
         "--symbol", query.symbol,
         "a stock's symbol, an option's in OCC form (AAPL  240119C00150000), a product (BTCUSDT), a raw symbol or instrument id (DBN), a "
         "symbol where it was defined before, else the security id (CME)")
      ->required();
  app.add_option("--depth", query.depth, "levels a side (1)")->check(CLI::Range(1, 10'000));
  app.add_option(
      "--venue", query.venue,
      "where several carry the symbol, the MoldUDP64 session, the exchange (binance-usdm), the publisher's number (DBN) or the stream "
      "(IEX-DEEP, CME:31.1:14310 for 224.0.31.1:14310, CME:E900010137E6 for another net's 233.0.1.1:14310); else the first");
  AddPairOption(app, &pair_texts);
  app.add_option("--date", date,
                 "the New York day of ITCH and LOBSTER times, YYYYMMDD; else the packets' day, else the day in the file's name")
      ->check(CheckDay);
  std::string orderbook;
  app.add_option("--orderbook", orderbook,
                 "the orderbook file of a LOBSTER message file, of which its book is made; else the one beside it");
  app.add_flag("--csv", csv, "A row after each message that changes what is shown");
  if (const auto exit_code = ParseCommandLine(app, argc, argv)) return *exit_code;

  std::string error;
  const auto player = FilePlayer::Open(file, &error);
  if (player == nullptr) {
    std::fprintf(stderr, "%s\n", error.c_str());
    return kExitFailed;
  }
  if (player->format() == CaptureFormat::kDbn || player->format() == CaptureFormat::kJsonLines) return ShowRecordBook(*player, query, csv);
  const bool lobster = player->format() == CaptureFormat::kLobster;
  query.raw_file = lobster || player->format() == CaptureFormat::kItchFile;
  FeedConfig config;
  config.date = date == 0 && query.raw_file ? DayInFileName(file) : date;
  std::ranges::copy(LinePairKeys(pair_texts), config.line_pairs);
  LobsterFile lobster_file = player->reader().lobster_file();
  if (lobster) {
    if (config.date != 0) player->SetMidnight(NewYorkMidnightNs(config.date));
    if (!lobster_file.named) lobster_file.symbol = Symbol::From(query.symbol);
    if (orderbook.empty()) orderbook = LobsterOrderbook::PathBeside(file);
    if (!orderbook.empty() && lobster_file.symbol.view() == query.symbol) return ShowLobsterBook(*player, query, orderbook, csv);
    config.lobster = &lobster_file;
  }
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
  csv ? writer.Flush() : writer.PrintTable(query.symbol, std::string(view->stream().name.view()), view->cells());
  return lost ? kExitDamaged : kExitDone;
}

}  // namespace tickgraph
