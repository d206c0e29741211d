// `report RUN.json [BEFORE.json] --out FILE.html`: a page a person reads, of what `bench latency`, `replay --json` or `bench --json` left.
#include <iostream>
#include <optional>
#include <stdexcept>

#include "net/io/file/output_file.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/config.h"
#include "tools/exit_code.h"
#include "tools/measure/report_page.h"
#include "tools/report_archive.h"

namespace tickgraph {
namespace {

// A replay's archive, where it still stands, tells more than its four percentiles.
ReportRun ReadRun(const std::string& file) {
  ReportRun run = ReadReportRun(file);
  if (!run.archive.empty() && !AddArchivedLatency(run.archive, &run))
    std::cerr << "tickgraph report: " << file << ": its archive " << run.archive
              << " has no latency table here; four percentiles a stage are left\n";
  return run;
}

}  // namespace

int ReportCommand(int argc, char** argv) {
  CommonOptions common;
  std::string run, before, out;
  CLI::App app("One HTML page of a run's latencies, or of a run and the one before it");
  app.add_option("RUN", run, "JSON of 'bench latency', 'replay --json' or 'bench --json'")->required();
  app.add_option("BEFORE", before, "the same of an earlier run");
  app.add_option("--out", out, "the page")->required();
  AddCommonOptions(app, common, kQuiet | kForce);
  if (const auto exit_code = ParseCommandLine(app, argc, argv)) return *exit_code;
  if (const std::string problem = OutputFile::Problem(out, common.force); !problem.empty()) throw ConfigError(problem);
  const ReportRun now = ReadRun(run);
  const std::optional<ReportRun> was = before.empty() ? std::nullopt : std::optional(ReadRun(before));
  std::string error;
  if (!WriteOutputFile(out, ReportPage(now, was ? &*was : nullptr), &error)) throw std::runtime_error(error);
  if (!common.quiet) std::cerr << "tickgraph report: " << out << "\n";
  return kExitDone;
}

}  // namespace tickgraph
