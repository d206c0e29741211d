// Requests for the messages of a hole, as each kind of stream makes them.
//
// In the flow: the arbiter finds a hole whose time is over -> here -> the recovery service. MoldUDP64 is asked by request packets; a reply
// is one datagram of as many whole messages as fit, so that a long hole takes many requests, some of which are under way at once. OPRA is
// asked by ranges of numbers and republishes whole blocks. No state.
#pragma once

#include <algorithm>

#include "hot/recovery.h"
#include "net/proto/feed_config.h"
#include "net/proto/feed_stream.h"
#include "net/proto/moldudp64.h"

namespace tickgraph {

// The most that one request can ask for, on the wire and by number.
inline uint64_t MessagesOfOneRequest(const FeedStream& stream, const RecoveryLimits& limits, uint64_t first, uint64_t end) {
  if (stream.kind == StreamKind::kMold) return std::min<uint64_t>({end - first, limits.messages_per_mold_request, 0xFFFF});
  return std::min<uint64_t>({end - first, 0xFFFF, OpraNumbers::kCycle - OpraNumbers::Wire(first) + 1});
}

// Asks for [first, end), which is not empty. Returns the end of what was asked for: `first` where nothing could be.
inline uint64_t RequestMessages(const RecoveryService& service, const RecoveryLimits& limits, const FeedStream& stream, uint64_t first,
                                uint64_t end, uint64_t now_ns) {
  uint8_t packet[kMoldHeaderBytes];
  for (uint32_t i = 0; i < limits.requests_at_once && first < end; ++i) {
    RecoveryRequest request;
    request.venue = stream.venue;
    request.count = static_cast<uint32_t>(MessagesOfOneRequest(stream, limits, first, end));
    request.first = first;
    if (stream.kind == StreamKind::kMold) {
      const std::string_view session(reinterpret_cast<const char*>(stream.session.data()), kMoldSessionBytes);
      request.message_size = EncodeMoldRequest(session, first, static_cast<uint16_t>(request.count), packet);
      request.message = packet;
    } else {
      request.is_options = true;
      request.port = stream.port;
      request.first = OpraNumbers::Wire(first);
    }
    if (!service.request(service.self, now_ns, request)) break;
    first += request.count;
  }
  return first;
}

}  // namespace tickgraph
