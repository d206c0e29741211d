// The --pair option of commands whose feed handler takes CME packets, and its texts as the feed takes them.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "net/proto/feed_config.h"
#include "tools/config.h"
#include "tools/line_pair.h"

namespace tickgraph {

inline void AddPairOption(CLI::App& app, std::vector<std::string>* texts) {
  app.add_option("--pair", *texts, "ADDRESS:PORT,ADDRESS:PORT: two destinations of CME packets that are lines A and B of one feed")
      ->check(CheckLinePair)
      ->take_all();
}

// Texts that CheckLinePair passed. Throws ConfigError where there are more than the feed takes.
inline std::vector<LinePairKey> LinePairKeys(const std::vector<std::string>& texts) {
  if (texts.size() > FeedConfig::kMaxLinePairs)
    throw ConfigError("--pair: at most " + std::to_string(FeedConfig::kMaxLinePairs) + " pairs of lines");
  std::vector<LinePairKey> keys;
  for (const std::string& text : texts) {
    const auto pair = ParseLinePair(text);
    keys.push_back({pair->first.key(), pair->second.key()});
  }
  return keys;
}

}  // namespace tickgraph
