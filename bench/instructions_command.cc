// `bench --instructions`: instructions per item, counted by callgrind, so that two machines of any speed and load give the same figure.
//
// The program runs itself under valgrind, one iteration a benchmark. With --check FILE the figures are held against a ratchet: one that
// rose by more than the tolerance is a failure. Benchmarks that use threads or wall time have no steady count and no place in the ratchet.
#include "bench/instructions_command.h"

#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "bench/instruction_counter.h"
#include "bench/run_program.h"
#include "net/io/file/output_file.h"
#include "perf/machine_stamp.h"
#include "tools/command_line.h"
#include "tools/config.h"
#include "tools/exit_code.h"

namespace tickgraph {
namespace {

using Json = nlohmann::ordered_json;
using Counts = std::map<std::string, double>;

struct InstructionsOptions {
  CommonOptions common;
  std::string filter = ".", check, write;
};

// The folder of callgrind's dumps, gone with the object.
class DumpFolder {
 public:
  DumpFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "tickgraph-callgrind-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error(name + ": could not be made");
    path_ = name;
  }
  DumpFolder(const DumpFolder&) = delete;
  DumpFolder& operator=(const DumpFolder&) = delete;
  ~DumpFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string file() const { return path_ / "dump"; }

 private:
  std::filesystem::path path_;
};

// The total of a dump: its line "totals: N", or "summary: N" where it has no functions.
double TotalOf(const std::string& file) {
  std::ifstream in(file);
  double total = -1;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("summary:")) total = std::stod(line.substr(8));
    if (line.starts_with("totals:")) return std::stod(line.substr(7));
  }
  return total;
}

Counts CountInstructions(const std::string& filter) {
  const DumpFolder folder;
  // The shortest time there is: one iteration ends the measuring.
  const ProgramResult result = RunProgram({"valgrind", "--tool=callgrind", "--instr-atstart=no", "--callgrind-out-file=" + folder.file(),
                                           OwnPath(), "bench", "--json", "--filter", filter, "--min-time", "0.000001"});
  const Json json = Json::parse(result.out, nullptr, false);
  if (result.exit_code == kExitUsage) throw ConfigError("no benchmark matches '" + filter + "'");
  if (!json.is_object() || !json.contains("benchmarks"))
    throw std::runtime_error("valgrind ended with " + std::to_string(result.exit_code) + ":\n" + result.errors);
  Counts counts;
  for (const Json& entry : json["benchmarks"]) {
    const std::string name = entry.value("name", "");
    if (entry.contains("error"))
      std::cerr << "tickgraph bench --instructions: " << name << ": " << entry["error"].get<std::string>() << "\n";
    if (!entry.contains("instruction_dump")) continue;
    const double total = TotalOf(folder.file() + "." + std::to_string(static_cast<int>(entry["instruction_dump"].get<double>())));
    if (total >= 0 && entry["items"].get<double>() > 0) counts[name] = total / entry["items"].get<double>();
  }
  return counts;
}

// What the counts depend on besides the code: the compiler, and the widest instructions that valgrind knows.
Json BuildKey() { return {{"compiler", ReadMachineStamp().compiler}, {"avx2", __builtin_cpu_supports("avx2") != 0}}; }

Json ReadRatchet(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw ConfigError(file + ": there is no such ratchet");
  Json json = Json::parse(in, nullptr, false);
  if (!json.is_object() || !json.contains("instructions_per_item") || !json.contains("tolerance_percent") || !json.contains("build"))
    throw ConfigError(file + ": not a ratchet of 'bench --instructions --write'");
  return json;
}

std::string FilterOf(const Json& ratchet) {
  std::string filter;
  for (const auto& [name, value] : ratchet["instructions_per_item"].items()) filter += (filter.empty() ? "^(" : "|") + name;
  return filter + ")(/iterations:[0-9]+|/manual_time|/real_time|/process_time)*$";
}

// One line a figure that is off; those that rose or are gone make the check fail.
bool Check(const Json& ratchet, const Counts& counts, Json* out) {
  const double tolerance = ratchet["tolerance_percent"].get<double>() / 100;
  Json rose = Json::array(), fell = Json::array(), gone = Json::array();
  for (const auto& [name, value] : ratchet["instructions_per_item"].items()) {
    const auto found = counts.find(name);
    const double expected = value.get<double>();
    if (found == counts.end()) {
      gone.push_back(name);
    } else if (std::abs(found->second - expected) > tolerance * expected) {
      (found->second > expected ? rose : fell).push_back({{"name", name}, {"ratchet", expected}, {"now", found->second}});
    }
  }
  const auto tell = [](const Json& rows, const char* word) {
    for (const Json& row : rows)
      std::fprintf(stderr, "tickgraph bench --instructions: %s %s from %.2f to %.2f instructions per item\n",
                   row["name"].get<std::string>().c_str(), word, row["ratchet"].get<double>(), row["now"].get<double>());
  };
  tell(rose, "ROSE");
  tell(fell, "fell");
  for (const Json& name : gone) std::cerr << "tickgraph bench --instructions: " << name.get<std::string>() << " is not measured any more\n";
  const bool good = rose.empty() && gone.empty();
  (*out)["rose"] = std::move(rose);
  (*out)["fell"] = std::move(fell);
  (*out)["gone"] = std::move(gone);
  return good;
}

void Write(const std::string& file, const Counts& counts) {
  Json json = {{"build", BuildKey()}, {"tolerance_percent", 2}, {"instructions_per_item", Json::object()}};
  for (const auto& [name, count] : counts) json["instructions_per_item"][name] = std::round(count * 100) / 100;
  std::string error;
  if (!WriteOutputFile(file, json.dump(2) + "\n", &error)) throw std::runtime_error(error);
}

std::string WhyNotHere() {
  if (!kHaveCallgrind) return "the program was built without valgrind's headers";
  try {
    if (RunProgram({"valgrind", "--version"}).exit_code == 0) return {};
  } catch (const std::runtime_error&) {
  }
  return "valgrind is not installed";
}

int NotChecked(const InstructionsOptions& o, const std::string& why) {
  std::cerr << "tickgraph bench --instructions: not checked: " << why << "\n";
  if (o.common.json) std::cout << Json{{"skipped", why}}.dump(2) << "\n";
  return kExitDone;
}

}  // namespace

int InstructionsCommand(int argc, char** argv) {
  InstructionsOptions o;
  CLI::App app("Instructions per item of the benchmarks, counted by callgrind");
  app.add_option("--filter", o.filter, "Only benchmarks whose name matches this regular expression");
  auto* check = app.add_option("--check", o.check, "Hold those of this ratchet file against it; 1 where one rose");
  app.add_option("--write", o.write, "Write the ratchet file")->excludes(check);
  AddCommonOptions(app, o.common, kJson | kForce);
  if (const auto exit_code = ParseCommandLine(app, argc, argv)) return *exit_code;

  if (const std::string problem = o.write.empty() ? "" : OutputFile::Problem(o.write, o.common.force); !problem.empty())
    throw ConfigError(problem);
  Json ratchet;
  if (!o.check.empty()) ratchet = ReadRatchet(o.check);
  if (const std::string why = WhyNotHere(); !why.empty()) {
    if (!o.check.empty()) return NotChecked(o, why);
    throw std::runtime_error(why);
  }
  if (!o.check.empty() && ratchet["build"] != BuildKey())
    return NotChecked(o, "the ratchet is of " + ratchet["build"].dump() + ", this is " + BuildKey().dump());

  const Counts counts = CountInstructions(o.check.empty() ? o.filter : FilterOf(ratchet));
  Json out = {{"build", BuildKey()}, {"instructions_per_item", counts}};
  const bool good = o.check.empty() || Check(ratchet, counts, &out);
  if (!o.write.empty()) Write(o.write, counts);
  if (o.common.json) {
    std::cout << out.dump(2) << "\n";
  } else {
    for (const auto& [name, count] : counts) std::printf("%-40s %14.2f instructions/item\n", name.c_str(), count);
  }
  return good ? kExitDone : kExitFailed;
}

}  // namespace tickgraph
