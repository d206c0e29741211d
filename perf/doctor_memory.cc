// Memory that is large, near, locked and enough: huge pages, NUMA, /dev/shm, the locked-memory limit.
#include <algorithm>
#include <set>
#include <sstream>

#include "perf/doctor.h"

namespace tickgraph {
namespace {

constexpr uint64_t kMebi = uint64_t{1} << 20;

std::string Mebibytes(uint64_t bytes) { return std::to_string(bytes / kMebi) + " MiB"; }

Check TransparentHugePages(const SystemView& view) {
  const char* name = "transparent_huge_pages";
  const std::string file = "/sys/kernel/mm/transparent_hugepage/enabled", text = view.Text(file);
  const size_t open = text.find('['), close = text.find(']');
  if (open == std::string::npos || close == std::string::npos) return {name, Verdict::kSkip, file + " is not there", ""};
  const std::string mode = text.substr(open + 1, close - open - 1);
  if (mode == "madvise") return {name, Verdict::kPass, mode, ""};
  const char* fix = "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled";
  if (mode == "never") return {name, Verdict::kFail, mode + ": every arena lies on 4 KiB pages", fix};
  return {name, Verdict::kWarn, mode + ": the kernel also collapses pages that did not ask, and may stall for it", fix};
}

Check ExplicitHugePages(const SystemView& view) {
  const char* name = "explicit_huge_pages";
  const std::string folder = "/sys/kernel/mm/hugepages";
  uint64_t bytes = 0;
  std::string read;
  for (const std::string& size : view.Names(folder, "hugepages-")) {
    const uint64_t kib = std::strtoull(size.c_str() + std::string("hugepages-").size(), nullptr, 10);
    const uint64_t count = view.Number(folder + "/" + size + "/nr_hugepages").value_or(0);
    const uint64_t free = view.Number(folder + "/" + size + "/free_hugepages").value_or(0);
    bytes += kib * 1024 * count;
    AddItem(&read, std::to_string(count) + " of " + std::to_string(kib) + " KiB, " + std::to_string(free) + " free");
  }
  if (read.empty()) return {name, Verdict::kSkip, folder + " is not there", ""};
  if (bytes != 0) return {name, Verdict::kPass, read, ""};
  return {name, Verdict::kWarn, read + "; arenas and virtual DPDK ports do without, a network card's driver does not",
          "echo 512 > /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"};
}

// The node of a core, from the lists of the nodes.
int NodeOf(const SystemView& view, int core) {
  for (const std::string& node : view.Names("/sys/devices/system/node", "node")) {
    const std::vector<int> cores = ParseCoreList(view.Text("/sys/devices/system/node/" + node + "/cpulist"));
    if (std::ranges::find(cores, core) != cores.end()) return std::atoi(node.c_str() + std::string("node").size());
  }
  return -1;
}

Check Numa(const SystemView& view) {
  const std::vector<int> nodes = ParseCoreList(view.Text("/sys/devices/system/node/online"));
  if (nodes.empty()) return {"numa", Verdict::kSkip, "/sys/devices/system/node/online is not there", ""};
  if (nodes.size() == 1) return {"numa", Verdict::kPass, "one node", ""};
  const std::string read = "nodes " + CoreListText(nodes);
  if (view.Text("/proc/sys/kernel/numa_balancing") == "1")
    return {"numa", Verdict::kFail,
            read + ", automatic balancing on: it unmaps pages to see who uses them, which are page faults in the loop",
            "sysctl kernel.numa_balancing=0"};
  std::set<int> hot;
  for (const int core : view.HotCores()) hot.insert(NodeOf(view, core));
  for (const std::string& nic : view.Names("/sys/class/net")) {
    const std::string text = view.Text("/sys/class/net/" + nic + "/device/numa_node");
    if (text.empty() || text == "-1" || hot.contains(std::atoi(text.c_str()))) continue;
    return {"numa", Verdict::kWarn, read + "; " + nic + " is on node " + text + ", the hot cores are not",
            "take the hot thread's core from the card's node"};
  }
  if (hot.size() > 1)
    return {"numa", Verdict::kWarn, read + "; the hot cores span several", "take one core (--core) near the network card"};
  return {"numa", Verdict::kPass, read + ", balancing off, the hot cores on one", ""};
}

Check SharedMemory(const SystemView& view) {
  const char* name = "dev_shm";
  constexpr uint64_t kTapeBytes = 262 * kMebi, kComfortable = 1024 * kMebi;  // a default tape: 2^21 records of 128 bytes and its directory
  if (!view.shm_bytes.has_value()) return {name, Verdict::kSkip, "/dev/shm is not there", ""};
  const std::string read = Mebibytes(*view.shm_bytes) + " free";
  if (*view.shm_bytes >= kComfortable) return {name, Verdict::kPass, read, ""};
  return {name, *view.shm_bytes < kTapeBytes ? Verdict::kFail : Verdict::kWarn, read + "; a default tape takes " + Mebibytes(kTapeBytes),
          "mount -o remount,size=4G /dev/shm (a container: --shm-size=4g), or a smaller capacity.tape_records"};
}

Check LockedMemory(const SystemView& view) {
  const char* name = "locked_memory";
  std::istringstream limits(view.Text("/proc/self/limits"));
  std::string soft;
  for (std::string line; std::getline(limits, line);) {
    if (!line.starts_with("Max locked memory")) continue;
    std::istringstream(line.substr(std::string("Max locked memory").size())) >> soft;
  }
  if (soft.empty()) return {name, Verdict::kSkip, "/proc/self/limits does not say", ""};
  constexpr uint64_t kArenas = 1024 * kMebi;
  if (soft == "unlimited") return {name, Verdict::kPass, soft, ""};
  const uint64_t bytes = std::strtoull(soft.c_str(), nullptr, 10);
  if (bytes >= kArenas) return {name, Verdict::kPass, Mebibytes(bytes), ""};
  const std::string swaps = view.Text("/proc/swaps");
  const bool swap = std::ranges::count(swaps, '\n') > 0;  // the first line is a heading
  return {
      name, swap ? Verdict::kFail : Verdict::kWarn,
      std::to_string(bytes / 1024) + " KiB: arenas stay unlocked" + (swap ? ", and there is swap to lose them to" : "; there is no swap"),
      "ulimit -l unlimited (LimitMEMLOCK=infinity in a unit, memlock in limits.conf)" + std::string(swap ? ", or swapoff -a" : "")};
}

}  // namespace

std::vector<Check> CheckMemory(const SystemView& view) {
  return {TransparentHugePages(view), ExplicitHugePages(view), Numa(view), SharedMemory(view), LockedMemory(view)};
}

}  // namespace tickgraph
