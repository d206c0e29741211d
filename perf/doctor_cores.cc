// Cores that the scheduler, its timer tick, RCU and a sibling thread leave alone, and interrupts that stay away from them.
#include <algorithm>

#include "perf/doctor.h"

namespace tickgraph {
namespace {

// Those of `wanted` that `have` lacks.
std::vector<int> Without(const std::vector<int>& wanted, const std::vector<int>& have) {
  std::vector<int> missing;
  for (const int core : wanted)
    if (std::ranges::find(have, core) == have.end()) missing.push_back(core);
  return missing;
}

std::string CpuFile(int core, const std::string& name) { return "/sys/devices/system/cpu/cpu" + std::to_string(core) + "/" + name; }

Check Isolated(const SystemView& view) {
  const std::vector<int> online = view.OnlineCores(), isolated = ParseCoreList(view.Text("/sys/devices/system/cpu/isolated"));
  if (online.empty()) return {"isolated_cores", Verdict::kSkip, "/sys/devices/system/cpu/online is not readable", ""};
  const std::string read = "online " + CoreListText(online) + ", isolated " + (isolated.empty() ? "none" : CoreListText(isolated));
  if (online.size() == 1)
    return {"isolated_cores", Verdict::kFail, read, "one core cannot serve the hot and the cold process: use two or more"};
  const bool good = !isolated.empty() && Without(view.HotCores(), isolated).empty();
  return {"isolated_cores", good ? Verdict::kPass : Verdict::kWarn, read,
          good ? "" : "boot with isolcpus=managed_irq,domain,N and give the hot thread core N (loop.core)"};
}

// A boot option that must name every hot core.
Check Covers(const SystemView& view, const char* name, const std::string& list, const std::string& where) {
  const std::vector<int> cores = ParseCoreList(list), hot = view.HotCores();
  const std::string read = where + ": " + (cores.empty() ? "none" : CoreListText(cores));
  if (!cores.empty() && (list == "all" || Without(hot, cores).empty())) return {name, Verdict::kPass, read, ""};
  return {name, Verdict::kWarn, read, std::string("boot with ") + name + "=N for the hot thread's core N"};
}

Check NoTick(const SystemView& view) {
  const std::string file = "/sys/devices/system/cpu/nohz_full";
  if (view.Exists(file)) return Covers(view, "nohz_full", view.Text(file), file);
  return Covers(view, "nohz_full", view.BootOption("nohz_full").value_or(""), "/proc/cmdline");
}

// The kernel takes RCU's work away from every core of nohz_full too.
Check NoCallbacks(const SystemView& view) {
  const auto option = view.BootOption("rcu_nocbs");
  if (option == "all") return {"rcu_nocbs", Verdict::kPass, "/proc/cmdline: all", ""};
  const Check by_itself = Covers(view, "rcu_nocbs", option.value_or(""), "/proc/cmdline");
  if (by_itself.verdict == Verdict::kPass) return by_itself;
  const Check by_tick = NoTick(view);
  if (by_tick.verdict == Verdict::kPass) return {"rcu_nocbs", Verdict::kPass, "implied by nohz_full", ""};
  return by_itself;
}

Check Smt(const SystemView& view) {
  const std::string active = view.Text("/sys/devices/system/cpu/smt/active");
  if (active.empty()) return {"smt", Verdict::kSkip, "/sys/devices/system/cpu/smt/active is not there", ""};
  if (active == "0") return {"smt", Verdict::kPass, "no two threads share a core", ""};
  std::string shared;
  for (const int core : view.HotCores()) {
    const std::string siblings = view.Text(CpuFile(core, "topology/thread_siblings_list"));
    if (ParseCoreList(siblings).size() > 1) AddItem(&shared, siblings, "; ");
  }
  if (shared.empty()) return {"smt", Verdict::kPass, "on, but the hot cores' siblings are offline", ""};
  return {"smt", Verdict::kWarn, "on: threads " + shared + " share a core",
          "boot with nosmt, or write 0 to /sys/devices/system/cpu/cpuM/online for the sibling M of the hot core"};
}

Check Interrupts(const SystemView& view) {
  const char* name = "irq_affinity";
  const std::vector<int> isolated = ParseCoreList(view.Text("/sys/devices/system/cpu/isolated"));
  if (!view.core.has_value() && isolated.empty())
    return {name, Verdict::kSkip, "no core is isolated or named (--core), so none can be kept free", ""};
  const std::vector<int> hot = view.HotCores();
  int total = 0;
  std::vector<std::string> there;
  for (const std::string& irq : view.Names("/proc/irq")) {
    const std::string folder = "/proc/irq/" + irq + "/";
    std::string list = view.Text(folder + "effective_affinity_list");
    if (list.empty()) list = view.Text(folder + "smp_affinity_list");
    if (list.empty()) continue;
    ++total;
    if (Without(hot, ParseCoreList(list)).size() < hot.size()) there.push_back(irq);
  }
  if (total == 0) return {name, Verdict::kSkip, "/proc/irq does not tell", ""};
  const std::string read = std::to_string(there.size()) + " of " + std::to_string(total) + " interrupts go to cores " + CoreListText(hot);
  if (there.empty()) return {name, Verdict::kPass, read, ""};
  return {name, Verdict::kWarn, read + ", the first is " + there.front(),
          "write the other cores to /proc/irq/N/smp_affinity_list and stop irqbalance, or give it IRQBALANCE_BANNED_CPULIST"};
}

}  // namespace

std::vector<Check> CheckCores(const SystemView& view) {
  return {Isolated(view), NoTick(view), NoCallbacks(view), Smt(view), Interrupts(view)};
}

}  // namespace tickgraph
