// NVML by dlopen: its functions and constants are those of NVIDIA's published interface (version 2 of the entry points where there is one).
#include "perf/gpu_state.h"

#include <dlfcn.h>

#include <filesystem>

namespace tickgraph {
namespace {

constexpr int kClockSm = 1;
// Reasons of the driver's for a lowered clock: power cap by software, slow-down by hardware, heat by software, heat by hardware, power
// brake.
constexpr unsigned long long kThrottleMask = 0x4 | 0x8 | 0x20 | 0x40 | 0x80;

class Nvml {
 public:
  Nvml() : library_(dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL)) {
    if (library_ == nullptr) return;
    const auto init = Find<int()>("nvmlInit_v2");
    started_ = init != nullptr && init() == 0;
  }
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;
  ~Nvml() {
    if (started_) {
      if (const auto stop = Find<int()>("nvmlShutdown"); stop != nullptr) stop();
    }
    if (library_ != nullptr) dlclose(library_);
  }

  [[nodiscard]] bool there() const { return library_ != nullptr; }
  [[nodiscard]] bool started() const { return started_; }

  template <class Function>
  [[nodiscard]] Function* Find(const char* name) const {
    return reinterpret_cast<Function*>(dlsym(library_, name));
  }

  [[nodiscard]] unsigned Count() const {
    unsigned count = 0;
    const auto ask = Find<int(unsigned*)>("nvmlDeviceGetCount_v2");
    return ask != nullptr && ask(&count) == 0 ? count : 0;
  }

  [[nodiscard]] GpuState Read(unsigned index) const {
    GpuState out;
    void* device = nullptr;
    const auto open = Find<int(unsigned, void**)>("nvmlDeviceGetHandleByIndex_v2");
    if (open == nullptr || open(index, &device) != 0) return out;
    char name[96] = {};
    const auto ask_name = Find<int(void*, char*, unsigned)>("nvmlDeviceGetName");
    if (ask_name != nullptr && ask_name(device, name, sizeof(name)) == 0) out.name = name;
    out.sm_mhz = Clock("nvmlDeviceGetClockInfo", device);
    out.sm_mhz_max = Clock("nvmlDeviceGetMaxClockInfo", device);
    unsigned long long reasons = 0;
    const auto ask_reasons = Find<int(void*, unsigned long long*)>("nvmlDeviceGetCurrentClocksThrottleReasons");
    if (ask_reasons != nullptr && ask_reasons(device, &reasons) == 0) out.throttled = (reasons & kThrottleMask) != 0;
    if (const auto mode = Value("nvmlDeviceGetPersistenceMode", device)) out.persistence = *mode != 0;
    out.pcie_gen = Value("nvmlDeviceGetCurrPcieLinkGeneration", device);
    out.pcie_gen_max = Value("nvmlDeviceGetMaxPcieLinkGeneration", device);
    out.pcie_width = Value("nvmlDeviceGetCurrPcieLinkWidth", device);
    out.pcie_width_max = Value("nvmlDeviceGetMaxPcieLinkWidth", device);
    return out;
  }

 private:
  std::optional<uint32_t> Value(const char* function, void* device) const {
    unsigned value = 0;
    const auto ask = Find<int(void*, unsigned*)>(function);
    return ask != nullptr && ask(device, &value) == 0 ? std::optional<uint32_t>(value) : std::nullopt;
  }
  std::optional<uint32_t> Clock(const char* function, void* device) const {
    unsigned mhz = 0;
    const auto ask = Find<int(void*, int, unsigned*)>(function);
    return ask != nullptr && ask(device, kClockSm, &mhz) == 0 ? std::optional<uint32_t>(mhz) : std::nullopt;
  }

  void* library_;
  bool started_ = false;
};

}  // namespace

std::vector<GpuState> ReadGpus(std::string* text) {
  const Nvml nvml;
  std::vector<GpuState> gpus;
  if (!nvml.there()) {
    std::error_code ignored;
    *text = std::filesystem::exists("/proc/driver/nvidia", ignored) ? "the driver is loaded, but libnvidia-ml.so.1 is not installed"
                                                                    : "no GPU: no NVIDIA driver on this machine";
    return gpus;
  }
  if (!nvml.started()) {
    *text = "no GPU: libnvidia-ml.so.1 is there and finds no driver";
    return gpus;
  }
  for (unsigned i = 0; i < nvml.Count(); ++i) gpus.push_back(nvml.Read(i));
  if (gpus.empty()) *text = "no GPU: the driver knows of none";
  return gpus;
}

}  // namespace tickgraph
