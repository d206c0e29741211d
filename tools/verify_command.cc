// `tickgraph verify DIR`: whether an archive is whole, and what is wrong with it where it is not.
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "cold/verify.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/exit_code.h"

namespace tickgraph {

int VerifyCommand(int argc, char** argv) {
  CLI::App app("Checks an archive: changed bytes, missing files, missing ranges, files that do not belong");
  CommonOptions common;
  std::string folder;
  AddCommonOptions(app, common, kJson | kQuiet);
  app.add_option("DIR", folder, "folder of the archive")->required();
  if (const auto exit_code = ParseCommandLine(app, argc, argv)) return *exit_code;

  const auto report = VerifyArchive(folder);
  if (!report.ok()) {
    std::cerr << "verify: " << std::string(report.status().message()) << "\n";
    return kExitFailed;
  }
  const bool good = report->problems.empty();
  const ArchiveManifest& totals = report->totals;
  if (common.json) {
    const nlohmann::ordered_json out = {{"good", good},
                                        {"ended", kArchiveEndNames[static_cast<int>(totals.end)]},
                                        {"tape_records", totals.tape_records},
                                        {"archived_records", totals.archived_records},
                                        {"gapped_records", totals.gapped_records},
                                        {"segments", report->segments},
                                        {"files", report->files},
                                        {"bytes", report->bytes},
                                        {"problems", report->problems}};
    std::cout << out.dump(2) << "\n";
  } else if (good) {
    std::cout << folder << " is whole: " << totals.archived_records << " rows in " << report->files << " files, tape records 1 to "
              << totals.tape_records << ", writer "
              << (totals.end == ArchiveEnd::kWriterDied ? "died" : kArchiveEndNames[static_cast<int>(totals.end)]) << "\n";
  }
  for (const std::string& problem : report->problems) std::cerr << "verify: " << problem << "\n";
  return good ? kExitDone : kExitDamaged;
}

}  // namespace tickgraph
