// "2021-04-17T16:43:37.077621Z" to nanoseconds since 1970 UTC.
//
// In the flow: times of Coinbase's feeds. No state; usable in constant expressions.
#pragma once

#include <cstdint>
#include <string_view>

#include "net/proto/new_york_time.h"

namespace tickgraph {

// At most nine digits behind the second, and UTC alone: "Z". False for anything else; `ns` is set where it is true.
constexpr bool ParseRfc3339(std::string_view text, uint64_t* ns) {
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd";
  if (text.size() < kShape.size() + 1 || text.back() != 'Z') return false;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  for (size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] == 'd' ? !is_digit(text[i]) : text[i] != kShape[i]) return false;
  }
  const auto two = [&](size_t at) { return static_cast<uint32_t>((text[at] - '0') * 10 + (text[at + 1] - '0')); };
  const uint32_t date = (two(0) * 100 + two(2)) * 10'000 + two(5) * 100 + two(8);
  const uint32_t hour = two(11), minute = two(14), second = two(17);
  if (!IsDate(date) || hour > 23 || minute > 59 || second > 60) return false;
  uint64_t fraction = 0;
  std::string_view rest = text.substr(kShape.size(), text.size() - kShape.size() - 1);
  if (!rest.empty()) {
    if (rest.front() != '.' || rest.size() < 2 || rest.size() > 10) return false;
    uint64_t unit = kNanosPerSecond;
    for (const char c : rest.substr(1)) {
      if (!is_digit(c)) return false;
      unit /= 10;
      fraction += static_cast<uint64_t>(c - '0') * unit;
    }
  }
  const auto day = static_cast<uint64_t>(DaysFromCivil(FromYyyymmdd(date)));
  *ns = ((day * 24 + hour) * 3600 + minute * 60 + second) * kNanosPerSecond + fraction;
  return true;
}

}  // namespace tickgraph
