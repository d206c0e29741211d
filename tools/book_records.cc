// The kinds of record captures, and what is said of each when it is over; see book_records.h.
#include "tools/book_records.h"

#include <cinttypes>
#include <cstdio>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>

#include "tools/book_writer.h"
#include "tools/dbn_book.h"
#include "tools/exit_code.h"
#include "tools/json_book.h"
#include "tools/lobster_book.h"

namespace tickgraph {
namespace {

using JsonView = JsonBookView<BookWriter>;
using DbnView = DbnBookView<BookWriter>;

template <class View>
void ReadAll(FilePlayer& player, View& view) {
  for (;;) {
    const PacketBurst burst = player.Poll();
    if (burst.count == 0) return;
    for (uint32_t i = 0; i < burst.count; ++i) view.Add(burst.packets[i]);
  }
}

// "A, B, C and 97 more"
std::string Listed(const std::set<std::string, std::less<>>& names) {
  constexpr size_t kShown = 12;
  std::string out;
  size_t count = 0;
  for (const std::string& name : names) {
    if (count++ == kShown) return out + " and " + std::to_string(names.size() - kShown) + " more";
    out += (out.empty() ? "" : ", ") + name;
  }
  return out;
}

bool ReportDamage(const CaptureReader& reader) {
  const auto& damage = reader.damage();
  if (!damage.has_value()) return false;
  std::fprintf(stderr, "%s: %s at byte %" PRIu64 ": %s; all before it was read\n", reader.bytes().path().c_str(),
               damage->truncated ? "cut" : "damaged", damage->offset, reader.DamageText().c_str());
  return true;
}

// ---- JSON ----

bool ReportLosses(const CaptureReader& reader, const BookQuery& query, const JsonView& view) {
  const char* file = reader.bytes().path().c_str();
  bool lost = ReportDamage(reader);
  if (!lost && view.last_bad_offset().has_value()) {
    std::fprintf(stderr, "%s: cut at byte %" PRIu64 ": the last line is cut; all before it was read\n", file, *view.last_bad_offset());
    lost = true;
  }
  if (view.bad_lines() != 0) {
    std::fprintf(stderr, "%s: %" PRIu64 " malformed lines; the first: %s in line %" PRIu64 " at byte %" PRIu64 "\n", file, view.bad_lines(),
                 view.first_bad().reason, view.first_bad().line, view.first_bad().offset);
    lost = true;
  }
  const char* then = view.has_book() ? "the book was discarded until its next snapshot" : "the book was discarded and no snapshot follows";
  if (const DepthJoin& join = view.join(); join.gaps() != 0) {
    std::fprintf(stderr,
                 "%s: updates of %s missing in %" PRIu64 " gap%s, the first between update %" PRIu64 " and update %" PRIu64 "; %s\n", file,
                 query.symbol.c_str(), join.gaps(), join.gaps() == 1 ? "" : "s", join.gap_after(), join.gap_until(), then);
    lost = true;
  }
  if (view.frame_gaps() != 0) {
    std::fprintf(stderr, "%s: %" PRIu64 " frames missing in %" PRIu64 " gap%s, the first from %" PRIu64 " to %" PRIu64 "; %s\n", file,
                 view.missing_frames(), view.frame_gaps(), view.frame_gaps() == 1 ? "" : "s", view.first_frame_gap().first,
                 view.first_frame_gap().second, then);
    lost = true;
  }
  if (view.trade_gaps() != 0 && view.venue() == JsonVenue::kCoinbaseExchange) {
    std::fprintf(stderr,
                 "%s: %" PRIu64 " trades of %s missing in %" PRIu64 " gap%s, the first between trade %" PRIu64 " and trade %" PRIu64
                 "; the book is what the rest says\n",
                 file, view.missing_trades(), query.symbol.c_str(), view.trade_gaps(), view.trade_gaps() == 1 ? "" : "s",
                 view.first_trade_gap().first, view.first_trade_gap().second);
    lost = true;
  }
  if (view.early_updates() != 0) {
    std::fprintf(stderr, "%s: %" PRIu64 " updates came before the first snapshot; they were passed over\n", file, view.early_updates());
  }
  return lost;
}

// Why there was never a book.
void ReportNoBook(const char* file, const BookQuery& query, const JsonView& view) {
  const char* symbol = query.symbol.c_str();
  if (view.messages() == 0) {
    std::fprintf(stderr,
                 "%s: none of its %" PRIu64 " lines is a message of a known venue (Binance, Coinbase Exchange, Coinbase Advanced Trade)\n",
                 file, view.lines());
  } else if (!view.named()) {
    const std::string products = Listed(view.products());
    std::fprintf(stderr, "%s: no message names the symbol %s; its products are: %s\n", file, symbol,
                 products.empty() ? "none" : products.c_str());
  } else if (!view.venue().has_value()) {
    std::fprintf(stderr, "%s: names %s, but holds none of its book's messages%s%s\n", file, symbol, query.venue.empty() ? "" : " from ",
                 query.venue.c_str());
  } else if (view.join().refused_snapshots() != 0) {
    std::fprintf(stderr, "%s: no snapshot of %s joins its updates: each of %" PRIu64 " is older than the first update after it\n", file,
                 symbol, view.join().refused_snapshots());
  } else if (view.unclaimed_snapshots() != 0) {
    std::fprintf(stderr, "%s: no snapshot names %s, and the numbers of the %" PRIu64 " that name no symbol are not among its updates'\n",
                 file, symbol, view.unclaimed_snapshots());
  } else {
    std::fprintf(stderr, "%s: holds updates of %s but no snapshot that they could change\n", file, symbol);
  }
}

int ShowJsonBook(FilePlayer& player, const BookQuery& query, bool csv) {
  constexpr uint64_t kQuantityUnit = 100'000'000;
  static_assert(kJsonQuantityScale == 8 && kJsonPriceScale == 9);
  BookWriter writer(csv, query.depth, kQuantityUnit);
  const auto view = std::make_unique<JsonView>(query, writer);
  ReadAll(player, *view);
  const bool lost = ReportLosses(player.reader(), query, *view);
  if (!view->had_book()) {
    ReportNoBook(player.reader().bytes().path().c_str(), query, *view);
    return kExitFailed;
  }
  csv ? writer.Flush() : writer.PrintTable(query.symbol, std::string(Name(*view->venue())), view->cells());
  return lost ? kExitDamaged : kExitDone;
}

// ---- DBN ----

bool ReportLosses(const CaptureReader& reader, const DbnView& view) {
  const char* file = reader.bytes().path().c_str();
  bool lost = ReportDamage(reader);
  if (view.bad_records() != 0) {
    std::fprintf(stderr, "%s: %" PRIu64 " malformed records; the first: %s in record %" PRIu64 " at byte %" PRIu64 "\n", file,
                 view.bad_records(), view.first_bad().reason, view.first_bad().record, view.first_bad().offset);
    lost = true;
  }
  const auto contradiction = [&](uint64_t count, const char* what) {
    if (count == 0) return;
    std::fprintf(stderr, "%s: %" PRIu64 " records %s\n", file, count, what);
    lost = true;
  };
  const BookCounters& counters = view.orders().counters();
  contradiction(view.maybe_bad(),
                "are flagged as of a book that may be bad: messages of the venue were lost; the book is what the rest says");
  contradiction(counters.duplicate_references, "add an order that is already there; the first was kept");
  contradiction(counters.over_executions, "take more than their order had left; it was removed");
  contradiction(counters.bad_orders, "carry an impossible price or quantity; they were refused");
  contradiction(view.orders().bad_records(), "carry an action or side that no order has; they were refused");
  contradiction(counters.no_room_orders + counters.no_room_levels, "found no room in the book");
  if (counters.unknown_references != 0) {
    std::fprintf(stderr, "%s: %" PRIu64 " records name orders from before the capture's start; they were passed over\n", file,
                 counters.unknown_references);
  }
  if (view.unfinished()) std::fprintf(stderr, "%s: its last event has no end; what it changed is not shown\n", file);
  return lost;
}

void ReportNoBook(const CaptureReader& reader, const BookQuery& query, const DbnView& view) {
  const char* file = reader.bytes().path().c_str();
  const std::string schema(DbnSchemaName(reader.dbn_metadata().schema));
  if (!view.known()) {
    const std::string symbols = Listed(view.symbols());
    std::fprintf(stderr, "%s: no record names the symbol %s; its symbols are: %s\n", file, query.symbol.c_str(),
                 symbols.empty() ? "none" : symbols.c_str());
  } else if (!view.named()) {
    std::fprintf(stderr, "%s: no record is of %s\n", file, query.symbol.c_str());
  } else if (!query.venue.empty()) {
    std::fprintf(stderr, "%s: no book record of %s is from publisher %s\n", file, query.symbol.c_str(), query.venue.c_str());
  } else {
    std::fprintf(stderr, "%s: its schema %s carries no book of %s; mbo, mbp, bbo and their kin do\n", file, schema.c_str(),
                 query.symbol.c_str());
  }
}

int ShowDbnBook(FilePlayer& player, const BookQuery& query, bool csv) {
  const CaptureReader& reader = player.reader();
  BookWriter writer(csv, query.depth);
  const auto view = std::make_unique<DbnView>(query, reader.dbn_metadata(), writer);
  ReadAll(player, *view);
  const bool lost = ReportLosses(reader, *view);
  if (!view->has_book()) {
    ReportNoBook(reader, query, *view);
    return kExitFailed;
  }
  const std::string stream = std::string(reader.dbn_metadata().dataset) + " publisher " + std::to_string(*view->publisher());
  csv ? writer.Flush() : writer.PrintTable(query.symbol, stream, view->cells());
  return lost ? kExitDamaged : kExitDone;
}

}  // namespace

int ShowLobsterBook(FilePlayer& player, const BookQuery& query, const std::string& orderbook, bool csv) {
  std::string error;
  const auto book = LobsterOrderbook::Open(orderbook, &error);
  if (book == nullptr) throw std::runtime_error(error);
  BookWriter writer(csv, query.depth);
  LobsterBookView view(query.depth, *book, writer);
  ReadAll(player, view);
  book->Finish();
  const CaptureReader& reader = player.reader();
  bool lost = ReportDamage(reader);
  if (view.bad_rows() != 0) {
    std::fprintf(stderr, "%s: %" PRIu64 " malformed messages; the first: %s in line %" PRIu64 " at byte %" PRIu64 "\n",
                 reader.bytes().path().c_str(), view.bad_rows(), view.first_bad().reason, view.first_bad().line, view.first_bad().offset);
    lost = true;
  }
  lost |= book->ReportLosses();
  if (query.depth > book->levels())
    std::fprintf(stderr, "%s: holds %u levels a side; what lies deeper is empty\n", orderbook.c_str(), book->levels());
  csv ? writer.Flush() : writer.PrintTable(query.symbol, "LOBSTER", view.cells());
  return lost ? kExitDamaged : kExitDone;
}

int ShowRecordBook(FilePlayer& player, const BookQuery& query, bool csv) {
  return player.format() == CaptureFormat::kDbn ? ShowDbnBook(player, query, csv) : ShowJsonBook(player, query, csv);
}

}  // namespace tickgraph
