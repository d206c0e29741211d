// Two destinations that carry one stream, as a person writes them: "224.0.31.1:14310,224.0.32.1:15310".
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "net/io/udp_address.h"

namespace tickgraph {

// Two lines of one stream.
using LinePair = std::pair<UdpAddress, UdpAddress>;

// "a.b.c.d:port,a.b.c.d:port"
inline std::optional<LinePair> ParseLinePair(const std::string& text) {
  const size_t comma = text.find(',');
  if (comma == std::string::npos) return std::nullopt;
  const auto a = ParseUdpAddress(text.substr(0, comma)), b = ParseUdpAddress(text.substr(comma + 1));
  if (!a.has_value() || !b.has_value() || *a == *b) return std::nullopt;
  return LinePair{*a, *b};
}

// For CLI11's check(): empty where the text is a pair.
inline std::string CheckLinePair(const std::string& text) {
  return ParseLinePair(text).has_value() ? "" : "not two different addresses with ports, a.b.c.d:port,a.b.c.d:port: " + text;
}

}  // namespace tickgraph
