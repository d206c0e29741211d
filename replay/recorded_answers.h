// The recovery service of a replayed record: what was asked for live is asked again, of nobody, since the answers stand in the record.
//
// In the flow: the feed's requests end here; recovered packets come from the source. No state; any thread. Invariant: it takes and refuses
// what a live run's service does (MoldUDP64 is asked, OPRA is not), so the holes of both sessions go the same way.
#pragma once

#include "hot/recovery.h"

namespace tickgraph {

inline RecoveryService RecordedAnswers() {
  return {nullptr, [](void*, uint64_t, const RecoveryRequest& request) { return !request.is_options && request.message != nullptr; },
          [](void*) { return UINT64_MAX; }, [](void*, uint64_t, PacketView*) { return false; }};
}

// Likewise, of the snapshots in the record.
inline SnapshotService RecordedSnapshots() {
  return {nullptr, [](void*, const SnapshotRequest&) {}};
}

}  // namespace tickgraph
