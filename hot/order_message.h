// One order message of a venue as a record of fixed form, whatever its type.
//
// In the flow: a decoder fills records without a branch on the type (net/proto/itch_orders.h) and hands them to those who take them, the
// loop among them, and the events made of them to the others. For those who want books and nothing else, BookBurst (book_burst.h)
// applies a burst of them.
// Thread rule: one thread. Nothing is allocated.
#pragma once

#include <cstddef>
#include <cstdint>

#include "hot/book_update.h"
#include "hot/event.h"
#include "hot/types.h"

namespace tickgraph {

enum class OrderEffect : uint8_t { kNone, kAdd, kExecute, kReduce, kDelete, kReplace };

// The order of the fields is that in which a decoder can write them sixteen bytes at a time.
struct alignas(64) OrderMessage {
  uint64_t ts_event_ns = 0;
  OrderRef order_ref = 0;
  PriceNanos price_nanos = kNoPrice;  // kNoPrice: the message has none
  Quantity quantity = 0;
  Symbol symbol;
  FixedText<4> attribution;
  char type = 0;
  OrderEffect effect = OrderEffect::kNone;
  Side side = Side::kBuy;
  bool printable = true;
  uint64_t second = 0;                         // replace: the new order's reference; execution: the match number
  InstrumentIndex instrument = kNoInstrument;  // the caller's to fill in
  uint32_t locate = 0;
};
static_assert(sizeof(OrderMessage) == 64 && offsetof(OrderMessage, order_ref) == 8 && offsetof(OrderMessage, quantity) == 24);
static_assert(offsetof(OrderMessage, symbol) == 32 && offsetof(OrderMessage, attribution) == 40 && offsetof(OrderMessage, printable) == 47);

// What a look-ahead reads of a message before it is decoded, unchecked.
struct OrderGlance {
  OrderEffect effect = OrderEffect::kNone;
  Side side = Side::kBuy;  // side and price: adds
  uint32_t locate = 0;
  OrderRef order_ref = 0;
  OrderRef new_order_ref = 0;  // replaces
  PriceNanos price_nanos = kNoPrice;
};

inline OrderMessage ToMessage(const EventHeader& header, OrderEffect effect, OrderRef ref) {
  OrderMessage m;
  m.ts_event_ns = header.ts_event_ns;
  m.order_ref = ref;
  m.type = header.type;
  m.effect = effect;
  m.locate = header.locate;
  return m;
}
inline OrderMessage ToMessage(const AddOrder& e) {
  OrderMessage m = ToMessage(e.header, OrderEffect::kAdd, e.order_ref);
  m.price_nanos = e.price_nanos;
  m.quantity = e.quantity;
  m.symbol = e.symbol;
  m.attribution = e.attribution;
  m.side = e.side;
  return m;
}
inline OrderMessage ToMessage(const ExecuteOrder& e) {
  OrderMessage m = ToMessage(e.header, OrderEffect::kExecute, e.order_ref);
  m.price_nanos = e.price_nanos;
  m.quantity = e.quantity;
  m.printable = e.printable;
  m.second = e.match_number;
  return m;
}
inline OrderMessage ToMessage(const ReduceOrder& e) {
  OrderMessage m = ToMessage(e.header, OrderEffect::kReduce, e.order_ref);
  m.quantity = e.quantity;
  return m;
}
inline OrderMessage ToMessage(const DeleteOrder& e) { return ToMessage(e.header, OrderEffect::kDelete, e.order_ref); }
inline OrderMessage ToMessage(const ReplaceOrder& e) {
  OrderMessage m = ToMessage(e.header, OrderEffect::kReplace, e.order_ref);
  m.price_nanos = e.price_nanos;
  m.quantity = e.quantity;
  m.second = e.new_order_ref;
  return m;
}

template <class Books>
inline BookUpdate ApplyMessage(Books& books, VenueIndex venue, const OrderMessage& m) {
  switch (m.effect) {
    case OrderEffect::kAdd:
      return books.Add(m.instrument, venue, m.order_ref, m.side, m.price_nanos, m.quantity);
    case OrderEffect::kDelete:
      return books.Delete(venue, m.order_ref);
    case OrderEffect::kReplace:
      return books.Replace(venue, m.order_ref, m.second, m.price_nanos, m.quantity);
    case OrderEffect::kExecute:
    case OrderEffect::kReduce:
      return books.Take(venue, m.order_ref, m.quantity);
    case OrderEffect::kNone:
      break;
  }
  return {};
}

}  // namespace tickgraph
