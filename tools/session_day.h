// The day that a command reads its ITCH times with: the --date option, or what the file's name says.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "net/proto/new_york_time.h"

namespace tickgraph {

// The first eight digits in the file's name (not in its folder's) that are a day, yyyymmdd; 0: none.
inline uint32_t DayInFileName(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  for (size_t at = 0; at < name.size();) {
    size_t end = at;
    while (end < name.size() && name[end] >= '0' && name[end] <= '9') ++end;
    if (end - at == 8) {
      const auto day = static_cast<uint32_t>(std::stoul(name.substr(at, 8)));
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
