// One snapshot from a GLIMPSE server, start to end: connect, log in, take the spin, check every message, log out.
//
// In the flow: GlimpsePort's thread -> here -> a server's TCP socket. Cold: it waits, in poll(2), and allocates. Any thread. Invariants:
// a server that is silent, endless or sends what is no snapshot is given up in bounded time and memory, with words that say why; what comes
// out is whole and decodes.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/io/udp_address.h"

namespace tickgraph {

struct GlimpseServerConfig {
  std::string session{};  // the stream whose books it gives; empty: any
  UdpAddress address{};   // TCP
  std::string user{}, password{};
  bool exact = false;           // the login names the stream, and the number in front of which the books are wanted
  uint32_t timeout_ms = 2'000;  // of silence
  uint32_t limit_ms = 30'000;   // of the whole
  uint32_t attempts = 3;
  uint32_t retry_ms = 500;  // between them
};

struct Spin {
  uint64_t next = 0, messages = 0;
  std::vector<uint8_t> blocks;  // [u16 length][message] repeated
};

inline constexpr size_t kMaxSpinBytes = size_t{1} << 30;

// `first`: the stream's first message that waits. False and `why`; `stop` ends it early.
bool FetchSnapshot(const GlimpseServerConfig& server, std::string_view session, uint64_t first, const std::atomic<bool>& stop, Spin* spin,
                   std::string* why);

}  // namespace tickgraph
