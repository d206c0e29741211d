// The market as the loop knows it: instruments, their books, what may be believed of them, and what the engine is told.
//
// In the flow: TradingLoop resolves every event here to an instrument and applies it; strategies and risk read it. One thread, memory from
// the configured limits, no allocation after construction.
#pragma once

#include "hot/book_set.h"
#include "hot/consolidated_book.h"
#include "hot/engine_rows.h"
#include "hot/instrument.h"
#include "hot/liveness.h"
#include "hot/signal.h"
#include "hot/tape.h"

namespace tickgraph {

// Equities by symbol, options by contract, listed instruments by their feed's key, each with its venue: the same whatever the order of
// discovery.
inline uint64_t InstrumentKey(const Instrument& x, const VenueName& venue) {
  if (x.key != 0) return Combine(HashText(venue.view()), x.key);
  uint64_t key = Combine(HashText(venue.view()), HashText(x.symbol.view()));
  if (x.kind == InstrumentKind::kOption)
    key = Combine(Combine(key, x.expiration), static_cast<uint64_t>(x.strike_nanos) * 2 + static_cast<uint64_t>(x.right));
  return key;
}

class MarketState {
 public:
  MarketState(const BookSetConfig& config, uint32_t max_products, uint64_t max_silence_ns, const SignalEngine& engine, TapeWriter& tape)
      : instruments(config.max_instruments, max_products),
        books(config),
        rows(config.max_instruments, max_products),
        liveness(config.max_instruments, max_silence_ns),
        consolidated(config.max_instruments, max_products),
        engine_(engine),
        tape_(tape) {}

  void AddVenue(VenueIndex venue, const VenueName& name, FeedProtocol protocol, uint32_t date) {
    venues_[venue] = name;
    tape_.SetVenue(venue, name, date, protocol);
  }
  [[nodiscard]] const VenueName& venue(VenueIndex i) const { return venues_[i]; }

  // kNoInstrument where there is none.
  [[nodiscard]] InstrumentIndex ByLocate(const EventHeader& header) const { return instruments.ByLocate(header.venue, header.locate); }

  // What is made when it is first seen; kNoInstrument, counted, where there is no room.
  InstrumentIndex Equity(const EventHeader& header, const Symbol& symbol) { return Equity(header.venue, header.locate, symbol); }
  InstrumentIndex Equity(VenueIndex venue, uint32_t locate, const Symbol& symbol) {
    const InstrumentIndex known = instruments.ByLocate(venue, locate);
    if (known != kNoInstrument || symbol.view().empty()) return known;
    bool made = false;
    const InstrumentIndex i = instruments.Equity(venue, locate, symbol, &made);
    if (made) Welcome(i);
    rejected_instruments += i == kNoInstrument && locate != 0;
    return i;
  }
  InstrumentIndex Option(const EventHeader& header, const OptionKey& key) {
    bool made = false;
    const InstrumentIndex i = instruments.Option(header.venue, key, &made);
    if (made) Welcome(i);
    rejected_instruments += i == kNoInstrument;
    return i;
  }
  void List(const InstrumentListing& listing) {
    bool made = false;
    const InstrumentIndex i = instruments.Listed(listing, &made);
    if (made) Welcome(i);
    rejected_instruments += i == kNoInstrument;
  }

  template <class F>
  void ForEachOf(VenueIndex venue, F f) const {
    for (InstrumentIndex i = 0; i < instruments.size(); ++i) {
      if (instruments[i].venue == venue) f(i);
    }
  }

  [[nodiscard]] BookState state(InstrumentIndex i, uint64_t now_ns) const { return liveness.State(i, instruments[i].venue, now_ns); }
  [[nodiscard]] EngineRow RowOf(InstrumentIndex i, uint64_t now_ns) const {
    EngineRow row;
    row.instrument = i;
    row.tradable = instruments[i].trading == TradingState::kTrading && state(i, now_ns) == BookState::kLive;
    row.top = books.top(i);
    return row;
  }
  // A book in doubt is not believed, and nothing is traded on it, until something rebuilds it.
  void Touch(const BookUpdate& update) {
    if (update.instrument == kNoInstrument) return;
    const bool in_doubt = LeavesBookInDoubt(update.result);
    if (in_doubt) [[unlikely]]
      liveness.InDoubt(update.instrument);
    if (update.top_changed || in_doubt) rows.Touch(update.instrument);
  }

  [[nodiscard]] uint64_t BookHash() const {
    return books.TotalHash(instruments.size(),
                           [this](InstrumentIndex i) { return InstrumentKey(instruments[i], venues_[instruments[i].venue]); });
  }

  InstrumentTable instruments;
  BookSet books;
  EngineRows rows;
  Liveness liveness;
  ConsolidatedBook consolidated;
  uint64_t rejected_instruments = 0;  // a full table or engine

 private:
  void Welcome(InstrumentIndex i) {
    const Instrument& x = instruments[i];
    tape_.SetInstrument(i, x, instruments.product(x.product));
    rows.AddInstrument(i, x.product);
    if (x.kind == InstrumentKind::kEquity) consolidated.AddInstrument(i, x.product);
    if (!engine_.define(engine_.self, instruments.ForEngine(i))) ++rejected_instruments;
  }

  SignalEngine engine_;
  TapeWriter& tape_;
  std::array<VenueName, kMaxVenues> venues_{};
};

}  // namespace tickgraph
