// One order message of a venue as a record of fixed form, whatever its type.
//
// In the flow: beside the events, for those who want books and nothing else, and fast: a decoder fills records without a branch on the
// type (net/proto/itch_orders.h), and BookBurst (book_burst.h) applies a burst of them.
// Thread rule: one thread. Nothing is allocated.
#pragma once

#include <cstdint>

#include "hot/book_update.h"
#include "hot/types.h"

namespace tickgraph {

enum class OrderEffect : uint8_t { kNone, kAdd, kTake, kDelete, kReplace };

struct alignas(64) OrderMessage {
  uint64_t ts_event_ns = 0;
  OrderRef order_ref = 0;
  uint64_t second = 0;                // replace: the new order's reference; execution: the match number
  PriceNanos price_nanos = kNoPrice;  // kNoPrice: the message has none
  Quantity quantity = 0;
  Symbol symbol;
  InstrumentIndex instrument = kNoInstrument;  // the caller's to fill in
  uint32_t locate = 0;
  FixedText<4> attribution;
  char type = 0;
  OrderEffect effect = OrderEffect::kNone;
  Side side = Side::kBuy;
  bool printable = true;
};
static_assert(sizeof(OrderMessage) == 64);

// `near`: see BasicBookSet::Add.
template <class Books>
inline BookUpdate ApplyMessage(Books& books, VenueIndex venue, const OrderMessage& m, uint32_t near = 0) {
  switch (m.effect) {
    case OrderEffect::kAdd:
      return books.Add(m.instrument, venue, m.order_ref, m.side, m.price_nanos, m.quantity, near);
    case OrderEffect::kDelete:
      return books.Delete(venue, m.order_ref);
    case OrderEffect::kReplace:
      return books.Replace(venue, m.order_ref, m.second, m.price_nanos, m.quantity, near);
    case OrderEffect::kTake:
      return books.Take(venue, m.order_ref, m.quantity);
    case OrderEffect::kNone:
      break;
  }
  return {};
}

}  // namespace tickgraph
