// Which books may be believed: the state of each venue's stream, and of each instrument after a loss.
//
// A hole in a stream puts every book of its venue into kGapped at once; when the other line fills it they are kLive again.
// A loss that stays (Lost) leaves every instrument of the venue kGapped until something rebuilds it: a full quote heals
// an option by itself (Healed); an order book stays gapped. A stream that was silent for longer than allowed, heartbeats
// included, makes its books kStale until it speaks again. A single book may be broken by itself (no snapshot yet, an update of its own
// lost) until it is said to be whole, and in doubt (a message contradicted it or found no room in it) until it starts from nothing again,
// whatever is said of it meanwhile; it is kUpdating in the middle of an event of its venue. One thread, no allocation after construction.
#pragma once

#include <array>

#include "hot/arena.h"
#include "hot/types.h"

namespace tickgraph {

class Liveness {
 public:
  Liveness(uint32_t max_instruments, uint64_t max_silence_ns) : max_silence_ns_(max_silence_ns), healed_at_(max_instruments) {}

  void SetStream(VenueIndex venue, BookState state) { streams_[venue].state = state; }
  void Lost(VenueIndex venue) { ++streams_[venue].losses; }
  void Activity(VenueIndex venue, uint64_t now_ns) { streams_[venue].last_activity_ns = now_ns; }
  // The instrument's book is whole as of now, whatever it was: a quote stated all there is to know of it.
  void Healed(InstrumentIndex instrument, VenueIndex venue) {
    healed_at_[instrument] = (healed_at_[instrument] & kUpdatingBit) | streams_[venue].losses;
  }
  // Nothing is missing in it, the venue's messages say; what they left in doubt stays so.
  void Whole(InstrumentIndex instrument, VenueIndex venue) {
    healed_at_[instrument] = (healed_at_[instrument] & (kUpdatingBit | kDoubtBit)) | streams_[venue].losses;
  }
  // Every loss of the stream is made good: its instruments are as at the start, once each is healed.
  void Rebuilt(VenueIndex venue) { streams_[venue].losses = 0; }
  // It is not, until it is whole or healed.
  void Broken(InstrumentIndex instrument) { healed_at_[instrument] |= kBrokenBit; }
  // One of its messages could not be applied.
  void InDoubt(InstrumentIndex instrument) { healed_at_[instrument] |= kDoubtBit; }
  // Nothing is left of what was in doubt.
  void Emptied(InstrumentIndex instrument) { healed_at_[instrument] &= ~kDoubtBit; }
  void SetUpdating(InstrumentIndex instrument, bool updating) {
    healed_at_[instrument] = (healed_at_[instrument] & ~kUpdatingBit) | (updating ? kUpdatingBit : 0);
  }

  [[nodiscard]] BookState State(InstrumentIndex instrument, VenueIndex venue, uint64_t now_ns) const {
    const Stream& stream = streams_[venue];
    if (stream.state != BookState::kLive) return stream.state;
    if (healed_at_[instrument] != stream.losses)
      return healed_at_[instrument] == (stream.losses | kUpdatingBit) ? BookState::kUpdating : BookState::kGapped;
    return StreamState(venue, now_ns);
  }
  // Of the stream itself, whatever its losses did to single instruments.
  [[nodiscard]] BookState StreamState(VenueIndex venue, uint64_t now_ns) const {
    const Stream& stream = streams_[venue];
    if (stream.state != BookState::kLive) return stream.state;
    return now_ns > stream.last_activity_ns && now_ns - stream.last_activity_ns > max_silence_ns_ ? BookState::kStale : BookState::kLive;
  }
  [[nodiscard]] uint64_t last_activity_ns(VenueIndex venue) const { return streams_[venue].last_activity_ns; }

 private:
  // In the word that is compared anyway, so that they cost nothing where they are not used; losses stay far below.
  static constexpr uint32_t kUpdatingBit = 1u << 31, kBrokenBit = 1u << 30, kDoubtBit = 1u << 29;

  struct Stream {
    uint64_t last_activity_ns = 0;
    uint32_t losses = 0;
    BookState state = BookState::kLive;
  };
  uint64_t max_silence_ns_;
  std::array<Stream, kMaxVenues> streams_{};
  HugeArray<uint32_t> healed_at_;  // the venue's `losses` when the book was last whole, and the three bits
};

}  // namespace tickgraph
