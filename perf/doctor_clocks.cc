// The clock that the kernel serves, and the counter that measures.
#include <sstream>

#include "perf/doctor.h"

namespace tickgraph {
namespace {

const std::string kFolder = "/sys/devices/system/clocksource/clocksource0/";

Check ClockSource(const SystemView& view) {
  const char* name = "clock_source";
  const std::string source = view.Text(kFolder + "current_clocksource");
  if (source.empty()) return {name, Verdict::kSkip, kFolder + "current_clocksource is not there", ""};
  if (source == "tsc") return {name, Verdict::kPass, source, ""};
  if (source == "kvm-clock" || source == "hyperv_clocksource_tsc_page")
    return {name, Verdict::kWarn, source + ": read without a call, but scaled by the host",
            "boot with clocksource=tsc where the host keeps it steady"};
  return {name, Verdict::kFail, source + ": every reading is a system call", "boot with clocksource=tsc tsc=reliable"};
}

Check Tsc(const SystemView& view) {
  std::istringstream lines(view.Text("/proc/cpuinfo"));
  std::string flags;
  for (std::string line; flags.empty() && std::getline(lines, line);)
    if (line.starts_with("flags")) flags = line + " ";
  if (flags.empty()) return {"tsc", Verdict::kSkip, "/proc/cpuinfo tells no flags", ""};
  const bool constant = flags.find(" constant_tsc ") != std::string::npos, nonstop = flags.find(" nonstop_tsc ") != std::string::npos;
  // The kernel takes it off this list where the cores' counters differ or it was seen to drift.
  std::istringstream available(view.Text(kFolder + "available_clocksource"));
  bool synchronised = false;
  for (std::string source; available >> source;) synchronised |= source == "tsc";
  const std::string read = std::string(constant ? "constant" : "not constant") + ", " + (nonstop ? "nonstop" : "stops in sleep") + ", " +
                           (synchronised ? "synchronised" : "not offered by the kernel as a clock, so perhaps not synchronised");
  if (!constant || !nonstop) return {"tsc", Verdict::kFail, read, "latencies measured here are wrong: use a machine with an invariant TSC"};
  if (!synchronised) return {"tsc", Verdict::kWarn, read, "see the kernel's log for 'tsc'; pin every thread that measures"};
  return {"tsc", Verdict::kPass, read, ""};
}

}  // namespace

std::vector<Check> CheckClocks(const SystemView& view) { return {ClockSource(view), Tsc(view)}; }

}  // namespace tickgraph
