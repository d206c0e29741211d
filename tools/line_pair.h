// Two destinations that carry one stream, as a person writes them: "224.0.31.1:14310,224.0.32.1:15310".
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace tickgraph {

// Where a line's packets go to.
struct Endpoint {
  uint32_t address = 0;  // IPv4, host order
  uint16_t port = 0;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;

  // As the feed handler names a destination.
  [[nodiscard]] uint64_t key() const { return uint64_t{address} << 16 | port; }
  [[nodiscard]] std::string text() const {
    return std::to_string(address >> 24) + "." + std::to_string(address >> 16 & 255) + "." + std::to_string(address >> 8 & 255) + "." +
           std::to_string(address & 255) + ":" + std::to_string(port);
  }
  // "a.b.c.d:port"
  static std::optional<Endpoint> Parse(const std::string& text) {
    uint64_t parts[5] = {};
    size_t part = 0, digits = 0;
    for (const char c : text) {
      if (c >= '0' && c <= '9' && digits < 5) {
        parts[part] = parts[part] * 10 + static_cast<uint64_t>(c - '0');
        ++digits;
      } else if (c == (part == 3 ? ':' : '.') && part < 4 && digits != 0) {
        ++part;
        digits = 0;
      } else {
        return std::nullopt;
      }
    }
    if (part != 4 || digits == 0 || parts[4] > 65535 || *std::max_element(parts, parts + 4) > 255) return std::nullopt;
    return Endpoint{static_cast<uint32_t>(parts[0] << 24 | parts[1] << 16 | parts[2] << 8 | parts[3]), static_cast<uint16_t>(parts[4])};
  }
};

// Two lines of one stream.
using LinePair = std::pair<Endpoint, Endpoint>;

// "a.b.c.d:port,a.b.c.d:port"
inline std::optional<LinePair> ParseLinePair(const std::string& text) {
  const size_t comma = text.find(',');
  if (comma == std::string::npos) return std::nullopt;
  const auto a = Endpoint::Parse(text.substr(0, comma)), b = Endpoint::Parse(text.substr(comma + 1));
  if (!a.has_value() || !b.has_value() || *a == *b) return std::nullopt;
  return LinePair{*a, *b};
}

// For CLI11's check(): empty where the text is a pair.
inline std::string CheckLinePair(const std::string& text) {
  return ParseLinePair(text).has_value() ? "" : "not two different addresses with ports, a.b.c.d:port,a.b.c.d:port: " + text;
}

}  // namespace tickgraph
