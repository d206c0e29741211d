// Which depth update of a Binance book may follow what, and which book a snapshot without a name is of.
//
// In the flow: JsonIntake (the loop's books) and `book` (one symbol's) decide by these. Spot's first update after a snapshot is the one
// that holds the number behind it, a future's the one that holds the snapshot's own; from then on spot counts on and a future names the
// update before. No state.
#pragma once

#include "net/proto/json/json_events.h"

namespace tickgraph {

enum class DepthFit : uint8_t { kOld, kFits, kBreak };

// The first update after a snapshot.
constexpr DepthFit FitFirst(const JsonBook& update, uint64_t snapshot_id) {
  if (update.has_previous_id) {
    if (update.previous_id == snapshot_id) return DepthFit::kFits;
    if (update.last_id < snapshot_id) return DepthFit::kOld;
    return update.first_id <= snapshot_id ? DepthFit::kFits : DepthFit::kBreak;
  }
  if (update.last_id <= snapshot_id) return DepthFit::kOld;
  return update.first_id <= snapshot_id + 1 ? DepthFit::kFits : DepthFit::kBreak;
}

// The update after one whose last number was `last_id`.
constexpr DepthFit FitNext(const JsonBook& update, uint64_t last_id) {
  if (update.has_previous_id ? update.previous_id == last_id : update.first_id == last_id + 1) return DepthFit::kFits;
  return update.last_id <= last_id ? DepthFit::kOld : DepthFit::kBreak;
}

// A snapshot without a name is of the symbol among whose updates its number falls, those that wait, from `first` to `last`, or those that
// followed the last snapshot: every symbol counts for itself. Nearness would not do: a book of another symbol's prices would be believed.
constexpr bool FallsAmongWaiting(uint64_t snapshot_id, const JsonBook& first, const JsonBook& last) {
  return FitFirst(first, snapshot_id) != DepthFit::kBreak && FitFirst(last, snapshot_id) != DepthFit::kOld;
}
constexpr bool FallsAmongFollowed(uint64_t snapshot_id, uint64_t followed_snapshot_id, uint64_t last_id) {
  return followed_snapshot_id <= snapshot_id && snapshot_id <= last_id;
}

}  // namespace tickgraph
