// One product's quotes on many venues: the consolidated book after each of them, and where it is locked or crossed.
//
// Flow: quotes in their order -> VenueQuotes::Scan -> an event for each that leaves a bid and an ask. Thread rule: one owner. All in
// integers. Two ways to read a row (Reading):
//   kVenue  it is its venue's own quote, and stands until that venue gives another for the side
//   kBest   it is the best of the whole market: it takes the place of every venue's for the side. A day of which each bid is followed by an
//           ask, venues changing from row to row, is of this kind, and read the other way would be crossed from the first second on
// A bid alone that an ask alone of the same time follows directly is one quote with it: nothing is judged between. A price without a size
// is withdrawn. Of equal best prices the first venue's counts, in order of first appearance; sizes of others are not added.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "tools/lean_quotes.h"

namespace tickgraph {

enum class Reading : uint8_t { kBest, kVenue };

struct VenueSide {
  PriceNanos price_nanos = 0;  // 0: none
  Quantity quantity = 0;
  uint32_t row = 0;  // that quoted it
  uint8_t venue = 0;
};

struct VenueEvent {
  uint64_t ts_ns = 0;
  uint32_t row = 0;  // the last one it takes in
  VenueSide bid, ask;

  [[nodiscard]] PriceNanos edge_nanos() const { return bid.price_nanos - ask.price_nanos; }
  [[nodiscard]] bool locked() const { return edge_nanos() == 0; }
  [[nodiscard]] bool crossed() const { return edge_nanos() > 0; }
  [[nodiscard]] Quantity size() const { return bid.quantity < ask.quantity ? bid.quantity : ask.quantity; }
};

class VenueQuotes {
 public:
  explicit VenueQuotes(Reading reading) : reading_(reading) {}

  // Calls `on_event(event)` after each quote with which the market has a bid and an ask.
  template <class OnEvent>
  void Scan(std::span<const LeanQuote> quotes, OnEvent&& on_event) {
    for (size_t i = 0; i < quotes.size(); ++i) {
      const LeanQuote& quote = quotes[i];
      if (quote.bid_nanos != 0) Set(bids_, quote.bid_nanos, quote.bid_quantity, quote);
      if (quote.ask_nanos != 0) Set(asks_, quote.ask_nanos, quote.ask_quantity, quote);
      const bool half = quote.bid_nanos != 0 && quote.ask_nanos == 0;
      if (half && i + 1 < quotes.size() && quotes[i + 1].bid_nanos == 0 && quotes[i + 1].ts_ns == quote.ts_ns) continue;
      const VenueEvent event = {quote.ts_ns, quote.row, Best(bids_, true), Best(asks_, false)};
      if (event.bid.price_nanos != 0 && event.ask.price_nanos != 0) on_event(event);
    }
  }

 private:
  struct Sides {
    VenueSide of[LeanQuotes::kMaxVenues];
    uint8_t count = 0;  // venues seen
  };

  void Set(Sides& sides, PriceNanos price, Quantity quantity, const LeanQuote& quote) {
    if (reading_ == Reading::kBest) {
      for (uint8_t v = 0; v < sides.count; ++v) sides.of[v].price_nanos = 0;
    }
    if (quote.venue >= sides.count) sides.count = static_cast<uint8_t>(quote.venue + 1);
    sides.of[quote.venue] = {quantity > 0 ? price : 0, quantity, quote.row, quote.venue};
  }

  static VenueSide Best(const Sides& sides, bool highest) {
    VenueSide best;
    for (uint8_t v = 0; v < sides.count; ++v) {
      const VenueSide& side = sides.of[v];
      if (side.price_nanos == 0) continue;
      if (best.price_nanos == 0 || (highest ? side.price_nanos > best.price_nanos : side.price_nanos < best.price_nanos)) best = side;
    }
    return best;
  }

  Reading reading_;
  Sides bids_, asks_;
};

}  // namespace tickgraph
