// The tape's two ends, each alone on a core: what a record costs the loop, and what it costs the cold process to copy one.
#include <unistd.h>

#include <string>
#include <vector>

#include "bench/bench_common.h"
#include "hot/tape.h"

namespace tickgraph {
namespace {

constexpr uint64_t kRecords = 1 << 16;
constexpr int kPerPacket = 4;

void Fill(TapeWriter& tape) {
  for (uint64_t i = 0; i < kRecords; ++i) {
    TapeRecord& record = tape.Next();
    record.ts_recv_ns = i;
    record.event.feed_sequence = i;
    if (i % kPerPacket == kPerPacket - 1) tape.Publish();
  }
}

std::unique_ptr<TapeWriter> MakeTape(std::string* error) {
  // Larger than the caches, as in a session.
  return TapeWriter::Create({"bench-" + std::to_string(getpid()), uint64_t{1} << 20, 16}, error);
}

bool ReadsBack(TapeWriter& tape) {
  std::string error;
  const auto reader = TapeReader::Open(tape.name(), TapeReader::Mode::kLook, tape.written() + 1, &error);
  if (reader == nullptr) return false;
  Fill(tape);
  std::vector<TapeRecord> out(kRecords);
  TapeGap gap;
  if (reader->Read(out, &gap) != kRecords) return false;
  for (uint64_t i = 0; i < kRecords; ++i) {
    if (out[i].event.feed_sequence != i || out[i].ts_recv_ns != i) return false;
  }
  return true;
}

void TapeWrite(benchmark::State& state) {
  std::string error;
  const auto tape = MakeTape(&error);
  if (tape == nullptr) return state.SkipWithError(error.c_str());
  if (!ReadsBack(*tape)) return state.SkipWithError("records read back differ from those written");
  AllocationScope allocations;
  for (auto _ : state) Fill(*tape);
  ReportItems(state, kRecords, allocations.count(), kRecords * sizeof(TapeRecord));
}
BENCHMARK(TapeWrite)->Name("tape/write");

void TapeRead(benchmark::State& state) {
  std::string error;
  const auto tape = MakeTape(&error);
  if (tape == nullptr) return state.SkipWithError(error.c_str());
  if (!ReadsBack(*tape)) return state.SkipWithError("records read back differ from those written");
  const auto reader = TapeReader::Open(tape->name(), TapeReader::Mode::kLook, 1, &error);
  std::vector<TapeRecord> out(4096);
  TapeGap gap;
  AllocationScope allocations;
  for (auto _ : state) {
    reader->SetNext(1);
    for (uint64_t read = 0; read < kRecords;) read += reader->Read(out, &gap);
  }
  ReportItems(state, kRecords, allocations.count(), kRecords * sizeof(TapeRecord));
}
BENCHMARK(TapeRead)->Name("tape/read");

}  // namespace
}  // namespace tickgraph
