// `tickgraph archive --tape NAME --out DIR`: the cold process of one tape. `replay` and `run` start it as their child.
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "cold/archiver.h"
#include "hot/tape.h"
#include "tools/archive_folder.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/exit_code.h"
#include "tools/metrics_option.h"
#include "tools/metrics_server.h"

namespace tickgraph {
namespace {

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // a signal handler may set it

void RequestStop(int) { stop_requested.store(true, std::memory_order_relaxed); }

void ShowProgress(uint64_t archived, uint64_t written) {
  std::cerr << "\rarchived " << archived << " of " << written << " records" << std::flush;
}

void Report(const ArchiveManifest& done, const std::string& folder, bool json) {
  nlohmann::ordered_json tables;
  for (int i = 0; i < kTapeTables; ++i) tables[kTapeTableNames[i]] = done.table_rows[i];
  if (json) {
    const nlohmann::ordered_json out = {{"records", done.archived_records},
                                        {"tape_records", done.tape_records},
                                        {"archived_records", done.archived_records},
                                        {"gapped_records", done.gapped_records},
                                        {"ended", kArchiveEndNames[static_cast<int>(done.end)]},
                                        {"complete", done.end == ArchiveEnd::kClosed},
                                        {"tables", tables},
                                        {"folder", folder}};
    std::cout << out.dump(2) << "\n";
    return;
  }
  for (const auto& [table, rows] : tables.items()) std::cout << table << "\t" << rows << " rows\n";
  std::cout << done.archived_records << " rows of " << done.tape_records << " tape records in " << folder << "\n";
}

// Without its metrics an archive is as good as with them, and an archiver that ends for them would only be started again.
std::unique_ptr<MetricsServer> ServeMetrics(const std::string& address, const std::string& tape) {
  if (address.empty()) return nullptr;
  std::string error;
  auto server = MetricsServer::Start(address, tape, &error);
  std::cerr << "archive: " << (server != nullptr ? "metrics at " + server->url() : error + "; going on without metrics") << std::endl;
  return server;
}

}  // namespace

int ArchiveCommand(int argc, char** argv) {
  CLI::App app("Archives a tape as Parquet files until its writer closes it");
  CommonOptions common;
  ArchiveOptions options;
  std::string metrics_address;
  AddCommonOptions(app, common, kJson | kQuiet | kForce);
  app.add_option("--tape", options.tape, "name of the tape")->required();
  app.add_option("--out", options.folder, "folder of the archive; an archive of the same tape is continued")->required();
  AddMetricsServerOption(app, &metrics_address);
  if (const auto exit_code = ParseCommandLine(app, argc, argv)) return *exit_code;
  std::signal(SIGTERM, RequestStop);
  std::signal(SIGINT, RequestStop);
  options.stop = &stop_requested;
  if (!common.quiet && isatty(STDERR_FILENO) != 0) options.progress = ShowProgress;

  const auto metrics = ServeMetrics(metrics_address, options.tape);
  auto done = RunArchive(options);
  if (common.force && done.status().code() == absl::StatusCode::kFailedPrecondition) {
    std::string error;
    if (!PrepareArchiveFolder(options.folder, true, &error)) {
      std::cerr << "archive: " << error << "\n";
      return kExitFailed;
    }
    done = RunArchive(options);
  }
  if (options.progress != nullptr) std::cerr << "\n";
  if (!done.ok()) {
    std::cerr << "archive: " << std::string(done.status().message()) << "\n";
    return done.status().code() == absl::StatusCode::kFailedPrecondition ? kExitUsage : kExitFailed;
  }
  if (!common.quiet || common.json) Report(*done, options.folder, common.json);
  if (done->end != ArchiveEnd::kWriterDied) return kExitDone;
  std::cerr << "archive: the writer of tape " << options.tape << " died; everything it had published, " << done->tape_records
            << " records, is in " << options.folder << "\n";
  return kExitDamaged;
}

}  // namespace tickgraph
