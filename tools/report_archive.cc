#include "tools/report_archive.h"

#include <arrow/api.h>
#include <arrow/io/api.h>
#include <parquet/arrow/reader.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <stdexcept>
#include <vector>

namespace tickgraph {
namespace {

namespace fs = std::filesystem;

// A column of the table, and the stage of the replay's report that it is the detail of.
constexpr std::pair<const char*, const char*> kStages[] = {{"decoded_ns", "tick_to_first_event"}, {"booked_ns", "tick_to_booked"},
                                                           {"submitted_ns", "tick_to_submitted"}, {"signal_ns", "tick_to_signal"},
                                                           {"risk_ns", "tick_to_risk"},           {"encoded_ns", "tick_to_order"}};
constexpr size_t kSignal = 3;
constexpr size_t kSlots = 1000;

struct Decision {
  int64_t ts_recv_ns, signal_ns;
};

struct Collected {
  std::array<LatencyHistogram, std::size(kStages)> stages;
  std::vector<Decision> decisions;
};

std::shared_ptr<arrow::Table> ReadTable(const fs::path& file) {
  const auto fail = [&](const arrow::Status& status) { throw std::runtime_error(file.string() + ": " + status.message()); };
  auto in = arrow::io::ReadableFile::Open(file.string());
  if (!in.ok()) fail(in.status());
  auto reader = parquet::arrow::OpenFile(*in, arrow::default_memory_pool());
  if (!reader.ok()) fail(reader.status());
  auto table = (*reader)->ReadTable();
  if (!table.ok()) fail(table.status());
  auto whole = (*table)->CombineChunks();
  if (!whole.ok()) fail(whole.status());
  return *whole;
}

// Times and integers alike: 64 bits a value.
const int64_t* Values(const arrow::Table& table, const fs::path& file, const char* name, const arrow::Array** array) {
  const auto column = table.GetColumnByName(name);
  if (column == nullptr) throw std::runtime_error(file.string() + ": has no column " + name);
  const arrow::Type::type type = column->type()->id();
  if (type != arrow::Type::INT64 && type != arrow::Type::TIMESTAMP)
    throw std::runtime_error(file.string() + ": column " + name + " is no number");
  *array = column->chunk(0).get();
  return (*array)->data()->GetValues<int64_t>(1);
}

void Collect(const fs::path& file, Collected* out) {
  const auto table = ReadTable(file);
  if (table->num_rows() == 0) return;
  const arrow::Array *stamps, *signals;
  const int64_t* ts_recv = Values(*table, file, "ts_recv", &stamps);
  const int64_t* signal = Values(*table, file, kStages[kSignal].first, &signals);
  for (int64_t row = 0; row < table->num_rows(); ++row)
    if (signals->IsValid(row)) out->decisions.push_back({ts_recv[row], signal[row]});
  for (size_t stage = 0; stage < std::size(kStages); ++stage) {
    const arrow::Array* array;
    const int64_t* values = Values(*table, file, kStages[stage].first, &array);
    for (int64_t row = 0; row < table->num_rows(); ++row)
      if (array->IsValid(row) && values[row] >= 0) out->stages[stage].Record(static_cast<uint64_t>(values[row]));
  }
}

void SetTimeline(const std::vector<Decision>& decisions, ReportRun* run) {
  const auto [first, last] = std::ranges::minmax_element(decisions, {}, &Decision::ts_recv_ns);
  const int64_t slot_ns = std::max<int64_t>(1, (last->ts_recv_ns - first->ts_recv_ns) / static_cast<int64_t>(kSlots) + 1);
  run->slot_s = static_cast<double>(slot_ns) * 1e-9;
  run->timeline_ns.assign(kSlots, 0);
  run->timeline_is = "from a packet to its signal, in session time,";
  for (const Decision& decision : decisions) {
    double& slot = run->timeline_ns[static_cast<size_t>((decision.ts_recv_ns - first->ts_recv_ns) / slot_ns)];
    slot = std::max(slot, static_cast<double>(decision.signal_ns));
  }
}

}  // namespace

bool AddArchivedLatency(const std::string& folder, ReportRun* run) {
  const fs::path table = fs::path(folder) / "latency";
  std::error_code error;
  if (!fs::is_directory(table, error)) return false;
  Collected collected;
  for (const auto& entry : fs::recursive_directory_iterator(table))
    if (entry.path().extension() == ".parquet") Collect(entry.path(), &collected);
  if (collected.decisions.empty()) return false;
  for (size_t i = 0; i < std::size(kStages); ++i) {
    const auto stage = std::ranges::find(run->stages, kStages[i].second, &StageCurve::name);
    if (stage != run->stages.end() && collected.stages[i].count() != 0) SetCurve(collected.stages[i], &*stage);
  }
  SetTimeline(collected.decisions, run);
  return true;
}

}  // namespace tickgraph
