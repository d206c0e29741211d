// What every taker does with the legs of a signal: look at them once more, then send one IOC order a leg at the price it was seen at.
//
// Legs go out in the signal's order. When one is refused, those after it are not sent: risk has the last word on each leg alone, so a
// set that breaks half way is counted, and the position it leaves is bounded by the position limit.
#pragma once

#include "hot/strategy.h"

namespace tickgraph {

// True when every leg's book is live and still offers the signal's price or a better one; counts why not.
template <StrategyContext C>
bool LegsStand(const Signal& signal, const C& context, StrategyCounters* counters) {
  for (int i = 0; i < signal.leg_count; ++i) {
    const SignalLeg& leg = signal.legs[i];
    if (context.state(leg.instrument) != BookState::kLive) {
      ++counters->skipped_not_live;
      return false;
    }
    const TopOfBook top = context.top(leg.instrument);
    const bool stands = leg.side == Side::kBuy ? top.ask_nanos != kNoPrice && top.ask_nanos <= leg.price_nanos
                                               : top.bid_nanos != kNoPrice && top.bid_nanos >= leg.price_nanos;
    if (!stands) {
      ++counters->skipped_moved;
      return false;
    }
  }
  return true;
}

// `lots(leg_index)` is the quantity of a leg in its own lots.
template <StrategyContext C, class Lots>
void SendLegs(const Signal& signal, C& context, StrategyCounters* counters, Lots&& lots) {
  for (int i = 0; i < signal.leg_count; ++i) {
    Order order;
    order.instrument = signal.legs[i].instrument;
    order.side = signal.legs[i].side;
    order.price_nanos = signal.legs[i].price_nanos;
    order.quantity = lots(i);
    order.time_in_force = TimeInForce::kImmediateOrCancel;
    if (context.Submit(order) == 0) {
      ++counters->refused;
      counters->broken += i > 0;
      return;
    }
    ++counters->orders;
  }
}

inline void CountReport(const ExecutionReport& report, StrategyCounters* counters) {
  if (report.kind == ReportKind::kFilled) {
    ++counters->fills;
    counters->filled_lots += report.quantity;
  }
  counters->rejects += report.kind == ReportKind::kRejected;
}

}  // namespace tickgraph
