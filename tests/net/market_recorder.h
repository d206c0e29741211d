// A feed handler's handler that keeps every instrument's book, what is believed of it, and counts of events, for tests of venues.
#pragma once

#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "hot/book_set.h"
#include "hot/instrument.h"
#include "hot/liveness.h"
#include "hot/order_modify.h"

namespace tickgraph {

class MarketRecorder {
 public:
  struct Gap {
    VenueIndex venue;
    uint32_t locate;  // 0: of the whole stream
    uint64_t first, last;
  };

  void OnStream(VenueIndex venue, const VenueName& name, FeedProtocol, uint32_t date) {
    venues[venue] = std::string(name.view());
    dates[venue] = date;
  }
  void OnStreamActivity(VenueIndex) {}
  void OnStreamState(VenueIndex venue, BookState state) { liveness.SetStream(venue, state); }
  void OnStreamEnd(VenueIndex) {}
  void OnMessageEnd(VenueIndex, uint64_t index, uint64_t) {
    last_index = index;
    ++messages;
  }
  void OnGap(VenueIndex venue, uint64_t first, uint64_t last) {
    liveness.Lost(venue);
    gaps.push_back({venue, 0, first, last});
  }
  void OnBookGap(VenueIndex venue, uint32_t locate, uint64_t first, uint64_t last) { gaps.push_back({venue, locate, first, last}); }
  void OnBookState(VenueIndex venue, uint32_t locate, BookState state) {
    const InstrumentIndex i = instruments.ByLocate(venue, locate);
    if (i != kNoInstrument) state == BookState::kLive ? liveness.Healed(i, venue) : liveness.Broken(i);
  }
  void OnBookUpdating(VenueIndex venue, uint32_t locate, bool updating) {
    const InstrumentIndex i = instruments.ByLocate(venue, locate);
    if (i != kNoInstrument) liveness.SetUpdating(i, updating);
  }

  void On(const InstrumentListing& e) {
    bool made = false;
    instruments.Listed(e, &made);
  }
  void On(const AddOrder& e) { Recorded(e), books.Apply(IndexOf(e), e); }
  void On(const ExecuteOrder& e) { Recorded(e), books.Apply(e); }
  void On(const ReduceOrder& e) { Recorded(e), books.Apply(e); }
  void On(const DeleteOrder& e) { Recorded(e), books.Apply(e); }
  void On(const ReplaceOrder& e) { Recorded(e), books.Apply(e); }
  void On(const ModifyOrder& e) { Recorded(e), ApplyModify(books, IndexOf(e), e); }
  void On(const LevelUpdate& e) {
    if (e.use != EventUse::kApplyOnly) Recorded(e);
    if (e.use != EventUse::kRecordOnly) books.SetLevel(IndexOf(e), e.side, e.price_nanos, e.quantity, e.order_count);
  }
  void On(const QuoteUpdate& e) {
    if (e.use != EventUse::kApplyOnly) Recorded(e);
    if (e.use != EventUse::kRecordOnly) books.SetQuote(IndexOf(e), e.top);
  }
  void On(const BookClear& e) {
    if (e.use != EventUse::kApplyOnly) Recorded(e);
    if (e.use != EventUse::kRecordOnly) books.ClearBook(IndexOf(e));
  }
  template <class Event>
  void On(const Event& e) {
    Recorded(e);
  }

  // kNoInstrument: no such name at that venue.
  [[nodiscard]] InstrumentIndex Find(const std::string& name, VenueIndex venue = 0) const {
    for (InstrumentIndex i = 0; i < instruments.size(); ++i) {
      if (instruments[i].name.view() == name && instruments[i].venue == venue) return i;
    }
    return kNoInstrument;
  }
  [[nodiscard]] BookState State(InstrumentIndex i) const { return liveness.State(i, instruments[i].venue, 0); }
  [[nodiscard]] uint64_t Hash() const {
    return books.TotalHash(instruments.size(), [this](InstrumentIndex i) { return instruments[i].key; });
  }

  InstrumentTable instruments{4096, 4096};
  BookSet books{{4096, 1 << 16, 1 << 17}};
  Liveness liveness{4096, UINT64_MAX};
  std::array<std::string, kMaxVenues> venues;
  std::array<uint32_t, kMaxVenues> dates{};
  std::vector<Gap> gaps;
  std::map<int, uint64_t> rows;  // by type
  uint64_t messages = 0, last_index = 0;

 private:
  template <class Event>
  void Recorded(const Event& e) {
    ++rows[static_cast<unsigned char>(e.header.type)];
  }
  template <class Event>
  InstrumentIndex IndexOf(const Event& e) const {
    return instruments.ByLocate(e.header.venue, e.header.locate);
  }
};

}  // namespace tickgraph
