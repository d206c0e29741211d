// Positions and profit, in integers: what we hold of every instrument, what it cost, what closing it earned.
//
// In the flow: the loop applies every fill once; risk and strategies read positions. One thread. The method is average cost:
// closing part of a position takes the same share of its cost (rounded towards zero; the rest stays with what is open), so
// realised profit - cost of what is open = cash received - cash paid, to the nano, at every moment.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "hot/arena.h"
#include "hot/hash.h"
#include "hot/instrument.h"
#include "hot/top_of_book.h"
#include "hot/types.h"

namespace tickgraph {

// Per unit of the underlying, as EngineConfig has it: a share; a hundredth of a contract.
struct FeeSchedule {
  PriceNanos equity_fee_nanos = 3'000'000;
  PriceNanos option_fee_nanos = 5'000'000;
};

struct Position {
  // 128 bits: price x quantity x multiplier of one large fill leaves 64.
  __int128 cost_nanos = 0;      // paid for what is open; negative: received for what is short
  __int128 realized_nanos = 0;  // before fees
  __int128 fee_nanos = 0;
  Quantity lots = 0;  // signed
  Quantity bought = 0, sold = 0;
};

struct PositionTotals {
  int64_t realized_nanos = 0, fee_nanos = 0, marked_nanos = 0;  // marked: what is open, at the given prices, less its cost
  uint64_t fills = 0;
  Quantity bought = 0, sold = 0;
  [[nodiscard]] int64_t net_nanos() const { return realized_nanos + marked_nanos - fee_nanos; }
};

class PositionBook {
 public:
  PositionBook(const FeeSchedule& fees, const InstrumentTable& instruments, uint32_t max_instruments)
      : fees_(fees), instruments_(instruments), positions_(max_instruments) {}

  // False (counted) for an instrument out of range.
  bool ApplyFill(InstrumentIndex i, Side side, Quantity quantity, PriceNanos price_nanos) {
    if (i >= positions_.size() || i >= instruments_.size() || quantity <= 0) {
      ++rejected_fills_;
      return false;
    }
    Position& p = positions_[i];
    const Instrument& x = instruments_[i];
    const bool buy = side == Side::kBuy;
    const Quantity delta = buy ? quantity : -quantity;
    const __int128 unit = static_cast<__int128>(price_nanos) * x.multiplier;
    // The part of the fill that closes what is open; the rest opens, on the other side where it crosses zero.
    const bool closes = p.lots != 0 && (p.lots > 0) != buy;
    const Quantity closing = closes ? std::min(quantity, p.lots > 0 ? p.lots : -p.lots) : 0;
    if (closing > 0) {
      const __int128 share = p.cost_nanos * closing / (p.lots > 0 ? p.lots : -p.lots);
      p.realized_nanos -= share + (buy ? closing : -closing) * unit;
      p.cost_nanos -= share;
    }
    const Quantity opening = quantity - closing;
    p.cost_nanos += (buy ? opening : -opening) * unit;
    p.lots += delta;
    (buy ? p.bought : p.sold) += quantity;
    p.fee_nanos += static_cast<__int128>(x.kind == InstrumentKind::kOption ? fees_.option_fee_nanos : fees_.equity_fee_nanos) * quantity *
                   x.multiplier;
    ++fills_;
    return true;
  }

  [[nodiscard]] Quantity lots(InstrumentIndex i) const { return i < positions_.size() ? positions_[i].lots : 0; }
  [[nodiscard]] const Position& operator[](InstrumentIndex i) const { return positions_[i]; }
  // Realised profit of an instrument before fees, held at the ends of int64.
  [[nodiscard]] int64_t realized_nanos(InstrumentIndex i) const { return i < positions_.size() ? Clamp(positions_[i].realized_nanos) : 0; }
  [[nodiscard]] uint64_t fills() const { return fills_; }
  [[nodiscard]] uint64_t rejected_fills() const { return rejected_fills_; }

  // What is open of `i` at the mid of `top`, less its cost; at the side that is there where only one is, and 0 where none is.
  [[nodiscard]] __int128 MarkedNanos(InstrumentIndex i, const TopOfBook& top) const {
    const Position& p = positions_[i];
    if (p.lots == 0 || (top.bid_nanos == kNoPrice && top.ask_nanos == kNoPrice)) return 0;
    const PriceNanos bid = top.bid_nanos == kNoPrice ? top.ask_nanos : top.bid_nanos;
    const PriceNanos ask = top.ask_nanos == kNoPrice ? top.bid_nanos : top.ask_nanos;
    return (static_cast<__int128>(bid) + ask) * p.lots * instruments_[i].multiplier / 2 - p.cost_nanos;
  }

  // `top_of(instrument)` gives the prices to mark at.
  template <class TopOf>
  [[nodiscard]] PositionTotals Totals(TopOf&& top_of) const {
    __int128 realized = 0, fee = 0, marked = 0;
    PositionTotals t;
    for (InstrumentIndex i = 0; i < Used(); ++i) {
      const Position& p = positions_[i];
      realized += p.realized_nanos;
      fee += p.fee_nanos;
      if (p.lots != 0) marked += MarkedNanos(i, top_of(i));
      t.bought += p.bought;
      t.sold += p.sold;
    }
    t.realized_nanos = Clamp(realized);
    t.fee_nanos = Clamp(fee);
    t.marked_nanos = Clamp(marked);
    t.fills = fills_;
    return t;
  }

  // Folds every instrument that was ever traded into `seed`.
  [[nodiscard]] uint64_t Hash(uint64_t seed) const {
    for (InstrumentIndex i = 0; i < Used(); ++i) {
      const Position& p = positions_[i];
      if (p.bought == 0 && p.sold == 0) continue;
      seed = Combine(Combine(seed, i), static_cast<uint64_t>(p.lots));
      seed = Combine(Combine(seed, static_cast<uint64_t>(p.bought)), static_cast<uint64_t>(Clamp(p.realized_nanos)));
      seed = Combine(seed, static_cast<uint64_t>(Clamp(p.fee_nanos)));
    }
    return seed;
  }

 private:
  static int64_t Clamp(__int128 x) {
    constexpr __int128 kMax = std::numeric_limits<int64_t>::max(), kMin = std::numeric_limits<int64_t>::min();
    return static_cast<int64_t>(std::clamp(x, kMin, kMax));
  }
  [[nodiscard]] uint32_t Used() const { return std::min<uint32_t>(instruments_.size(), static_cast<uint32_t>(positions_.size())); }

  FeeSchedule fees_;
  const InstrumentTable& instruments_;
  HugeArray<Position> positions_;
  uint64_t fills_ = 0, rejected_fills_ = 0;
};

}  // namespace tickgraph
