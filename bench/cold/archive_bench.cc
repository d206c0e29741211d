// Events rows from a closed tape to committed Parquet files, by the whole cold process: tape, plans, encoders, disk.
#include <unistd.h>

#include <filesystem>
#include <string>

#include "bench/bench_common.h"
#include "cold/archiver.h"
#include "cold/verify.h"
#include "hot/tape.h"

namespace tickgraph {
namespace {

constexpr uint64_t kRows = 1 << 20;
constexpr uint32_t kProducts = 24;

// Order messages as a venue's: short steps of time, references that grow, prices near a level.
void FillTape(TapeWriter& tape) {
  tape.SetVenue(0, VenueName::From("VENUE-A"), 20260302, FeedProtocol::kItch);
  for (uint32_t i = 0; i < kProducts; ++i) {
    Instrument x;
    x.symbol = Symbol::From("SYM" + std::to_string(i));
    x.name = InstrumentName::From(x.symbol.view());
    tape.SetInstrument(i, x, x.name);
  }
  uint64_t random = 1;
  for (uint64_t i = 0; i < kRows; ++i) {
    random = Mix(random + i);
    TapeRecord& r = tape.Next();
    r.ts_recv_ns = 1'772'000'000'000'000'000 + i * 20'000 + random % 10'000;
    r.ts_event_ns = r.ts_recv_ns - 5'000 - random % 1000;
    r.instrument = random % kProducts;
    r.venue = 0;
    r.table = TapeTable::kEvents;
    r.type = "AADDDUEX"[random >> 8 & 7];
    r.event.feed_sequence = i;
    r.event.order_ref = i - (random >> 16 & 1023) + 2000;
    r.event.price_nanos = r.type == 'D' ? kNoPrice : static_cast<int64_t>(150'000 + (random >> 30 & 255)) * 1'000'000;
    r.event.price_2_nanos = r.event.price_3_nanos = kNoPrice;
    r.event.quantity = r.type == 'D' ? 0 : static_cast<int64_t>(1 + (random >> 40 & 7)) * 100;
    r.event.side = r.type == 'A' ? "BS"[random >> 50 & 1] : 0;
  }
  tape.Close();
}

void ArchiveEvents(benchmark::State& state) {
  std::string error;
  const auto tape = TapeWriter::Create({"bench-archive-" + std::to_string(getpid()), kRows, kProducts}, &error);
  if (tape == nullptr) return state.SkipWithError(error.c_str());
  FillTape(*tape);
  const auto folder = std::filesystem::temp_directory_path() / ("tickgraph-bench-" + std::to_string(getpid()));
  ArchiveOptions options;
  options.tape = tape->name();
  options.folder = folder.string();
  bool good = true;
  for (auto _ : state) {
    const auto done = RunArchive(options);
    good = good && done.ok() && done->table_rows[0] == kRows;
    state.PauseTiming();
    const auto report = VerifyArchive(options.folder);
    good = good && report.ok() && report->problems.empty();
    if (report.ok()) state.counters["bytes_per_row"] = static_cast<double>(report->bytes) / kRows;
    std::filesystem::remove_all(folder);
    state.ResumeTiming();
  }
  if (!good) return state.SkipWithError("the archive does not hold every row");
  ReportItems(state, kRows, 0);
}
BENCHMARK(ArchiveEvents)->Name("archive/events")->UseRealTime()->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tickgraph
