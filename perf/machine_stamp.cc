// Reads /proc and /sys; what the system does not say stays empty.
#include "perf/machine_stamp.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>
#include <string_view>

#include "build_commit.h"
#include "perf/doctor.h"

namespace tickgraph {
namespace {

std::string FirstLine(const char* file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

std::string After(std::string_view line, std::string_view separator) {
  const size_t at = line.find(separator);
  return at == std::string_view::npos ? std::string() : std::string(line.substr(at + separator.size()));
}

// "always [madvise] never" -> "madvise"
std::string Chosen(const std::string& choices) {
  const size_t open = choices.find('[');
  const size_t close = choices.find(']');
  return open == std::string::npos || close == std::string::npos ? std::string() : choices.substr(open + 1, close - open - 1);
}

}  // namespace

MachineStamp ReadMachineStamp() {
  MachineStamp stamp;
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    if (stamp.cpu_model.empty() && line.starts_with("model name")) stamp.cpu_model = After(line, ": ");
    if (line.starts_with("flags")) {
      stamp.virtual_machine = line.find(" hypervisor") != std::string::npos;
      break;
    }
  }
  stamp.cores = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  utsname names{};
  if (uname(&names) == 0) stamp.kernel = names.release;
  stamp.cpu_governor = FirstLine("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  stamp.huge_pages = Chosen(FirstLine("/sys/kernel/mm/transparent_hugepage/enabled"));
  stamp.version = TICKGRAPH_VERSION;
  stamp.commit = TICKGRAPH_COMMIT;
  stamp.build_type = TICKGRAPH_BUILD_TYPE;
#ifdef __clang__
  stamp.compiler = "clang " __clang_version__;
#else
  stamp.compiler = "g++ " __VERSION__;
#endif
  stamp.doctor = SummaryOf(RunChecks(ReadSystem(std::nullopt)));
  return stamp;
}

}  // namespace tickgraph
