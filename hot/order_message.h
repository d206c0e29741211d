// One order message of a venue as a record of fixed form, whatever its type, and the pipeline that applies such records to the books.
//
// In the flow: a decoder fills records without a branch on the type (net/proto/itch_orders.h) and hands them to those who take them, the
// loop among them, and the events made of them to the others. For those who want books and nothing else, BookPipeline fetches what each
// will touch while the ones before it are applied.
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

// Messages go in at Next/Push and are applied, in their order, kDepth messages later; Flush at the end of a burst applies the rest.
template <class Books>
class BookPipeline {
 public:
  BookPipeline(Books& books, VenueIndex venue) : books_(books), venue_(venue) {}

  // Where to write the next message; it counts once it is pushed.
  [[nodiscard]] OrderMessage& Next() { return ring_[pushed_ % kRing]; }

  // on_update(const OrderMessage&, const BookUpdate&) for the message that is applied, if one is.
  template <class F>
  void Push(F&& on_update) {
    const OrderMessage& m = Next();
    if (m.effect != OrderEffect::kNone) {
      books_.PrefetchOrder(venue_, m.order_ref);
      if (m.effect == OrderEffect::kReplace) books_.PrefetchOrder(venue_, m.second);
      books_.PrefetchBook(m.instrument);
    }
    ++pushed_;
    if (pushed_ - applied_ > kStep) Second(ring_[(pushed_ - 1 - kStep) % kRing]);
    if (pushed_ - applied_ > 2 * kStep) Third(ring_[(pushed_ - 1 - 2 * kStep) % kRing]);
    if (pushed_ - applied_ > 3 * kStep) Fourth(ring_[(pushed_ - 1 - 3 * kStep) % kRing]);
    if (pushed_ - applied_ > kDepth) ApplyOne(on_update);
  }

  // What a short burst leaves unfetched is fetched before anything is applied.
  template <class F>
  void Flush(F&& on_update) {
    const uint64_t waiting = pushed_ - applied_;
    for (uint64_t i = waiting < kStep ? waiting : kStep; i > 0; --i) Second(ring_[(pushed_ - i) % kRing]);
    for (uint64_t i = waiting < 2 * kStep ? waiting : 2 * kStep; i > 0; --i) Third(ring_[(pushed_ - i) % kRing]);
    while (applied_ < pushed_) ApplyOne(on_update);
  }

 private:
  static constexpr uint64_t kStep = 6;  // messages between two steps: enough work to cover a miss
  static constexpr uint64_t kDepth = 4 * kStep;
  static constexpr uint64_t kRing = 32;

  // The order and the book are here: on to its level and to the ladders.
  void Second(const OrderMessage& m) {
    if (m.effect == OrderEffect::kAdd) {
      books_.PrefetchTouch(m.instrument, m.side);
    } else if (m.effect != OrderEffect::kNone) {
      books_.PrefetchLevel(venue_, m.order_ref);
      books_.PrefetchTouch(m.instrument, Side::kBuy);
      books_.PrefetchTouch(m.instrument, Side::kSell);
    }
  }
  // The ladders are here: on to the level that a new order will join.
  void Third(const OrderMessage& m) {
    if (m.effect == OrderEffect::kAdd) {
      books_.PrefetchPrice(m.instrument, m.side, m.price_nanos);
    } else if (m.effect == OrderEffect::kReplace) {
      books_.PrefetchPrice(m.instrument, Side::kBuy, m.price_nanos);
      books_.PrefetchPrice(m.instrument, Side::kSell, m.price_nanos);
    }
  }
  // So is that level: on to the order that the new one will stand behind.
  void Fourth(const OrderMessage& m) {
    if (m.effect == OrderEffect::kAdd) books_.PrefetchTail(m.instrument, m.side, m.price_nanos);
  }
  template <class F>
  void ApplyOne(F&& on_update) {
    const OrderMessage& m = ring_[applied_++ % kRing];
    if (m.effect != OrderEffect::kNone) on_update(m, ApplyMessage(books_, venue_, m));
  }

  Books& books_;
  VenueIndex venue_;
  uint64_t pushed_ = 0, applied_ = 0;
  OrderMessage ring_[kRing];
};

}  // namespace tickgraph
