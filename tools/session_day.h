// The day that a command reads its ITCH times with: the --date option, or what the file's name says.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "net/proto/new_york_time.h"

namespace tickgraph {

// The first day in the file's name (not in its folder's), as eight digits, yyyymmdd, or yyyy-mm-dd; 0: none.
inline uint32_t DayInFileName(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  const auto digits_from = [&name](size_t at) {
    size_t end = at;
    while (end < name.size() && name[end] >= '0' && name[end] <= '9') ++end;
    return end - at;
  };
  for (size_t at = 0; at < name.size();) {
    const size_t end = at + digits_from(at);
    std::string text;
    if (end - at == 8) text = name.substr(at, 8);
    const bool dashed = end - at == 4 && name.size() - at >= 10 && name[at + 4] == '-' && name[at + 7] == '-';
    if (dashed && digits_from(at + 5) == 2 && digits_from(at + 8) == 2)
      text = name.substr(at, 4) + name.substr(at + 5, 2) + name.substr(at + 8, 2);
    if (!text.empty()) {
      const auto day = static_cast<uint32_t>(std::stoul(text));
      if (IsDate(day)) return day;
    }
    at = std::max(end, at + 1);
  }
  return 0;
}

// For CLI11's check(): empty where the text is a day, yyyymmdd.
inline std::string CheckDay(const std::string& text) {
  const bool digits = text.size() == 8 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits && IsDate(static_cast<uint32_t>(std::stoul(text))) ? "" : "not a day, YYYYMMDD: " + text;
}

}  // namespace tickgraph
