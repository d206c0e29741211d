// `generate --market`: a full-market ITCH stream as a raw file, each message behind its length in two bytes, as NASDAQ publishes days.
#pragma once

#include <cstdint>
#include <string>

#include "replay/market_stream.h"
#include "tools/command_line.h"

namespace tickgraph {

// Writes and reports; returns the exit code. `messages` are all of the file's, directory and standing orders included.
int GenerateMarket(const std::string& path, uint64_t seed, uint64_t messages, const CommonOptions& common);

}  // namespace tickgraph
