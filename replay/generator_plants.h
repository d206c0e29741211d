// Planted mispricings of a generated session: what is put there, when it goes, and the truth about it.
//
// In the flow: the session asks what is due, starts it, lets at least half a millisecond pass and ends it; everything else keeps away from
// the planted symbols and contracts meanwhile. Thread rule: one owner. Invariants: a mispricing stands at the end of the packets that
// make it and is of its own kind alone; its edge is above the fees and thresholds of the default EngineConfig; sizes are executable.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "hot/signal.h"
#include "replay/generator_options.h"

namespace tickgraph {

// Feeds by number: the two equity venues, then OPRA.
inline constexpr int kOptionFeed = kGeneratorVenues;
inline constexpr int kGeneratorFeeds = kGeneratorVenues + 1;

struct PlantedLeg {
  int feed = 0;
  Side side = Side::kBuy;
  PriceNanos price_nanos = 0;
  Symbol symbol;
  OptionKey option;  // feed kOptionFeed
};

struct PlantedMispricing {
  SignalKind kind = SignalKind::kCrossVenue;
  int leg_count = 0;
  std::array<PlantedLeg, kMaxLegs> legs{};
  PriceNanos gross_edge_nanos = 0, net_edge_nanos = 0;  // per unit of the underlying, before and after fees
  Quantity size = 0;                                    // units of the underlying
  // Numbers between which it stands, by feed; first 0: that feed has no part in it.
  std::array<uint64_t, kGeneratorFeeds> first_sequence{}, last_sequence{};
  uint64_t start_ns = 0, end_ns = 0;
};

class MispricingPlanter {
 public:
  MispricingPlanter(EquityMarket& equities, OptionMarket& options, std::array<MoldFeed*, kGeneratorVenues> venues, OpraFeed& opra,
                    uint64_t seed, uint64_t messages, double rate);

  [[nodiscard]] bool Due(uint64_t messages) const { return !active_ && next_ < plan_.size() && messages >= plan_[next_].at_message; }
  [[nodiscard]] bool active() const { return active_; }
  [[nodiscard]] uint64_t end_ns() const { return current_.end_ns; }
  void Start(uint64_t now_ns);
  void End(uint64_t now_ns);
  [[nodiscard]] const std::vector<PlantedMispricing>& planted() const { return planted_; }

 private:
  struct Planned {
    uint64_t at_message;
    SignalKind kind;
  };
  // A strike's call and put, and what the money of the strike is worth today.
  struct Pair {
    uint32_t call = 0, put = 0;
    double call_cents = 0, put_cents = 0;
    PriceNanos discounted_strike_nanos = 0;
  };

  void MakePlan(uint64_t messages);
  bool PlantCrossVenue();
  bool PlantParity(bool conversion);
  bool PlantBox();
  bool PickPair(uint32_t underlying, uint32_t expiration, Pair* pair);
  // Quotes a pair so that selling (buying) its synthetic forward against the stock at `stock_nanos` gains at least `least` and less than a
  // cent more.
  void QuoteRich(const Pair& pair, PriceNanos stock_nanos, PriceNanos least, uint32_t contracts);
  void QuoteCheap(const Pair& pair, PriceNanos stock_nanos, PriceNanos least, uint32_t contracts);
  void PostPair(const Pair& pair, int32_t call_bid, int32_t call_ask, int32_t put_bid, int32_t put_ask, uint32_t contracts);
  void AddOptionLeg(uint32_t contract, Side side);
  void AddStockLeg(int venue, Side side, int32_t tick);
  void Freeze(uint32_t symbol);

  EquityMarket& equities_;
  OptionMarket& options_;
  std::array<MoldFeed*, kGeneratorVenues> venues_;
  OpraFeed& opra_;
  GeneratorRandom random_;
  std::vector<Planned> plan_;
  size_t next_ = 0;
  uint64_t longest_ns_;
  bool active_ = false;
  PlantedMispricing current_;
  uint32_t symbol_ = 0;
  int order_venue_ = -1;  // where `order_` stands, taken away at the end; -1: none
  uint32_t order_ = 0;
  std::vector<uint32_t> contracts_;
  std::vector<PlantedMispricing> planted_;
};

}  // namespace tickgraph
