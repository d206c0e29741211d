// What the system check looks at: files under a root (the real one, or a tree that a test made), and what only calls can tell.
//
// In the flow: ReadSystem() -> SystemView -> RunChecks (perf/doctor.h). Not for the loop.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tickgraph {

struct NicSettings {
  std::string name;
  std::optional<uint32_t> rx_ring, rx_ring_max;  // descriptors
  std::optional<uint32_t> rx_usecs;              // how long the card may hold an interrupt back
  bool adaptive_rx = false;                      // it chooses that time by itself
};

struct GpuState {
  std::string name;
  std::optional<uint32_t> sm_mhz, sm_mhz_max;
  std::optional<bool> throttled;  // by heat or power, now
  std::optional<bool> persistence;
  std::optional<uint32_t> pcie_gen, pcie_gen_max, pcie_width, pcie_width_max;
};

struct SystemView {
  std::string root;                   // "" is the real one; no '/' at its end
  std::optional<int> core;            // the one meant for the hot thread; empty: the isolated ones, or else all
  std::optional<uint64_t> shm_bytes;  // free in /dev/shm
  std::vector<NicSettings> nics;
  std::vector<GpuState> gpus;
  std::string gpu_text;  // how the GPUs were looked for, where there are none

  // A file's text without its last line end; empty where it cannot be read.
  [[nodiscard]] std::string Text(const std::string& path) const;
  [[nodiscard]] std::optional<uint64_t> Number(const std::string& path) const;
  [[nodiscard]] bool Exists(const std::string& path) const;
  // Names in a folder, in order; those that start with `prefix`.
  [[nodiscard]] std::vector<std::string> Names(const std::string& folder, const std::string& prefix = "") const;

  [[nodiscard]] std::vector<int> OnlineCores() const;
  // The cores that the hot thread may be meant for: `core`, the isolated ones, or else all.
  [[nodiscard]] std::vector<int> HotCores() const;
  // The value of a word of the kernel's command line, "" for a bare word; empty where it is not there.
  [[nodiscard]] std::optional<std::string> BootOption(const std::string& key) const;
};

// This machine.
[[nodiscard]] SystemView ReadSystem(std::optional<int> core);

// "0-2,5" -> 0 1 2 5; what is no list gives none.
[[nodiscard]] std::vector<int> ParseCoreList(const std::string& text);
[[nodiscard]] std::string CoreListText(const std::vector<int>& cores);

}  // namespace tickgraph
