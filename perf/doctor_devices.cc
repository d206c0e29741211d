// Network cards (ring, coalescing) and GPUs (clocks, persistence, PCIe link). A machine without one has that state, not a failure.
#include "perf/doctor.h"

namespace tickgraph {
namespace {

Check NicRing(const SystemView& view) {
  const char* name = "nic_ring";
  std::string read, short_name;
  for (const NicSettings& nic : view.nics) {
    if (!nic.rx_ring.has_value() || !nic.rx_ring_max.has_value()) continue;
    AddItem(&read, nic.name + " " + std::to_string(*nic.rx_ring) + " of " + std::to_string(*nic.rx_ring_max));
    if (*nic.rx_ring < *nic.rx_ring_max) short_name = nic.name;
  }
  if (read.empty()) return {name, Verdict::kSkip, "no network card tells its receive ring", ""};
  if (short_name.empty()) return {name, Verdict::kPass, read, ""};
  return {name, Verdict::kWarn, read, "ethtool -G " + short_name + " rx MAX, so that a burst is not dropped"};
}

Check NicCoalescing(const SystemView& view) {
  const char* name = "nic_coalescing";
  std::string read, slow;
  for (const NicSettings& nic : view.nics) {
    if (!nic.rx_usecs.has_value()) continue;
    AddItem(&read, nic.name + " rx-usecs " + std::to_string(*nic.rx_usecs) + (nic.adaptive_rx ? ", adaptive" : ""));
    if (*nic.rx_usecs != 0 || nic.adaptive_rx) slow = nic.name;
  }
  if (read.empty()) return {name, Verdict::kSkip, "no network card tells its coalescing", ""};
  if (slow.empty()) return {name, Verdict::kPass, read, ""};
  return {name, Verdict::kWarn, read, "ethtool -C " + slow + " adaptive-rx off rx-usecs 0 (a port taken by DPDK has no interrupts)"};
}

std::string NoGpu(const SystemView& view) { return view.gpu_text.empty() ? "no GPU" : view.gpu_text; }

Verdict Worse(Verdict a, Verdict b) {
  // In order of weight: a skipped part says less than one that passed.
  constexpr int kWeight[] = {1, 2, 3, 0};
  return kWeight[static_cast<int>(a)] >= kWeight[static_cast<int>(b)] ? a : b;
}

Check GpuClocks(const SystemView& view) {
  Check out = {"gpu_clocks", Verdict::kSkip, view.gpus.empty() ? NoGpu(view) : "", ""};
  for (const GpuState& gpu : view.gpus) {
    if (!gpu.sm_mhz.has_value() || !gpu.sm_mhz_max.has_value()) continue;
    AddItem(&out.read, gpu.name + " at " + std::to_string(*gpu.sm_mhz) + " of " + std::to_string(*gpu.sm_mhz_max) + " MHz", "; ");
    const bool held = gpu.throttled.value_or(false), low = uint64_t{*gpu.sm_mhz} * 20 < uint64_t{*gpu.sm_mhz_max} * 19;
    if (held) out.read += ", held back by heat or power";
    out.verdict = Worse(out.verdict, held ? Verdict::kFail : low ? Verdict::kWarn : Verdict::kPass);
    if (held || low)
      out.fix = held ? "cool it, or raise its power limit (nvidia-smi -pl)"
                     : "nvidia-smi -lgc MAX,MAX, so that it does not wake from a low clock";
  }
  if (out.read.empty()) out.read = "the driver does not tell";
  return out;
}

Check GpuPersistence(const SystemView& view) {
  Check out = {"gpu_persistence", Verdict::kSkip, view.gpus.empty() ? NoGpu(view) : "", ""};
  for (const GpuState& gpu : view.gpus) {
    if (!gpu.persistence.has_value()) continue;
    AddItem(&out.read, gpu.name + (*gpu.persistence ? " on" : " off"), "; ");
    out.verdict = Worse(out.verdict, *gpu.persistence ? Verdict::kPass : Verdict::kWarn);
    if (!*gpu.persistence) out.fix = "nvidia-smi -pm 1, or nvidia-persistenced: without it the driver unloads between programs";
  }
  if (out.read.empty()) out.read = "the driver does not tell";
  return out;
}

Check GpuLink(const SystemView& view) {
  Check out = {"gpu_pcie_link", Verdict::kSkip, view.gpus.empty() ? NoGpu(view) : "", ""};
  for (const GpuState& gpu : view.gpus) {
    if (!gpu.pcie_gen || !gpu.pcie_gen_max || !gpu.pcie_width || !gpu.pcie_width_max) continue;
    AddItem(&out.read,
            gpu.name + " gen " + std::to_string(*gpu.pcie_gen) + " x" + std::to_string(*gpu.pcie_width) + " of gen " +
                std::to_string(*gpu.pcie_gen_max) + " x" + std::to_string(*gpu.pcie_width_max),
            "; ");
    const bool narrow = *gpu.pcie_width < *gpu.pcie_width_max, slow = *gpu.pcie_gen < *gpu.pcie_gen_max;
    out.verdict = Worse(out.verdict, narrow ? Verdict::kFail : slow ? Verdict::kWarn : Verdict::kPass);
    if (narrow) out.fix = "lanes are missing: another slot, or the riser";
    if (slow && !narrow) out.fix = "an idle link slows down: read it under load, or set the link's power management off in the firmware";
  }
  if (out.read.empty()) out.read = "the driver does not tell";
  return out;
}

}  // namespace

std::vector<Check> CheckDevices(const SystemView& view) {
  return {NicRing(view), NicCoalescing(view), GpuClocks(view), GpuPersistence(view), GpuLink(view)};
}

}  // namespace tickgraph
