// Files under the root, lists of cores, and the calls that have no file.
#include "perf/system_view.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "perf/gpu_state.h"
#include "perf/nic_settings.h"

namespace tickgraph {

std::string SystemView::Text(const std::string& path) const {
  std::ifstream in(root + path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  while (!text.empty() && (text.back() == '\n' || text.back() == '\0')) text.pop_back();
  return text;
}

std::optional<uint64_t> SystemView::Number(const std::string& path) const {
  const std::string text = Text(path);
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text[0])) == 0) return std::nullopt;
  return std::strtoull(text.c_str(), nullptr, 10);
}

bool SystemView::Exists(const std::string& path) const {
  std::error_code ignored;
  return std::filesystem::exists(root + path, ignored);
}

std::vector<std::string> SystemView::Names(const std::string& folder, const std::string& prefix) const {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(root + folder, ignored)) {
    std::string name = entry.path().filename();
    if (name.starts_with(prefix)) names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  return names;
}

std::vector<int> SystemView::OnlineCores() const { return ParseCoreList(Text("/sys/devices/system/cpu/online")); }

std::vector<int> SystemView::HotCores() const {
  if (core.has_value()) return {*core};
  std::vector<int> isolated = ParseCoreList(Text("/sys/devices/system/cpu/isolated"));
  return isolated.empty() ? OnlineCores() : isolated;
}

std::optional<std::string> SystemView::BootOption(const std::string& key) const {
  std::istringstream words(Text("/proc/cmdline"));
  for (std::string word; words >> word;) {
    if (word == key) return "";
    if (word.starts_with(key + "=")) return word.substr(key.size() + 1);
  }
  return std::nullopt;
}

SystemView ReadSystem(std::optional<int> core) {
  SystemView view;
  view.core = core;
  struct statvfs shm = {};
  if (statvfs("/dev/shm", &shm) == 0) view.shm_bytes = uint64_t{shm.f_bavail} * shm.f_frsize;
  for (const std::string& name : view.Names("/sys/class/net")) {
    // Only hardware has a device behind it.
    if (view.Exists("/sys/class/net/" + name + "/device")) view.nics.push_back(ReadNicSettings(name));
  }
  view.gpus = ReadGpus(&view.gpu_text);
  return view;
}

std::vector<int> ParseCoreList(const std::string& text) {
  std::vector<int> cores;
  const char* at = text.c_str();
  while (std::isdigit(static_cast<unsigned char>(*at)) != 0) {
    char* end = nullptr;
    const long first = std::strtol(at, &end, 10);
    long last = first;
    if (*end == '-') last = std::strtol(end + 1, &end, 10);
    constexpr long kMostCores = 8192;
    for (long core = first; core <= last && core < kMostCores; ++core) cores.push_back(static_cast<int>(core));
    at = *end == ',' ? end + 1 : end;
  }
  return cores;
}

std::string CoreListText(const std::vector<int>& cores) {
  std::string text;
  for (size_t i = 0; i < cores.size();) {
    size_t last = i;
    while (last + 1 < cores.size() && cores[last + 1] == cores[last] + 1) ++last;
    if (!text.empty()) text += ",";
    text += std::to_string(cores[i]);
    if (last > i) text.append("-").append(std::to_string(cores[last]));
    i = last + 1;
  }
  return text;
}

}  // namespace tickgraph
