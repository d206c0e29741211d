// The generated market of replay/market_stream.h in memory: what fills the books, and what is timed.
#pragma once

#include <cstdint>
#include <vector>

#include "replay/market_stream.h"

namespace tickgraph {

// Messages one after the other, each with its length before it, as in a file.
struct MessageBytes {
  std::vector<uint8_t> bytes;
  uint32_t count = 0;

  void Put(const uint8_t* message, uint32_t size) {
    bytes.push_back(0);
    bytes.push_back(static_cast<uint8_t>(size));
    bytes.insert(bytes.end(), message, message + size);
    ++count;
  }
};

// `warm_up` is the directory, the standing orders and as much of the day as brings the ages of orders to rest; `timed` comes next.
struct MarketBytes {
  MessageBytes warm_up, timed;

  MarketBytes(const MarketStreamOptions& options, uint64_t timed_messages) {
    MarketStream stream(options);
    uint8_t message[kItchMaxMessageBytes];
    const uint64_t warm = stream.total() - timed_messages;
    warm_up.bytes.reserve(warm * 36);
    timed.bytes.reserve(timed_messages * 34);
    while (const uint32_t size = stream.Next(message)) (stream.made() <= warm ? warm_up : timed).Put(message, size);
  }
};

}  // namespace tickgraph
