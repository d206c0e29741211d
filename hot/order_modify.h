// What a venue's "the order is now so" does to a book that knows orders.
//
// In the flow: the loop and `book` apply ModifyOrder here. A new price, or more than the order has left once the fills of the same event
// are taken off, sends it to the back of its level; less keeps its place; one that is not there is added. No state.
#pragma once

#include "hot/event.h"
#include "hot/types.h"

namespace tickgraph {

template <class Books>
inline auto ApplyModify(Books& books, InstrumentIndex instrument, const ModifyOrder& e) {
  const auto now = books.Find(e.header.venue, e.order_ref);
  if (now.instrument == kNoInstrument) {
    AddOrder add;
    add.header = e.header;
    add.order_ref = e.order_ref;
    add.price_nanos = e.price_nanos;
    add.quantity = e.quantity;
    add.side = e.side;
    return books.Apply(instrument, add);
  }
  if (e.price_nanos != now.price_nanos || e.quantity > now.quantity_left - e.filled)
    return books.Apply(ReplaceOrder{e.header, e.order_ref, e.order_ref, e.price_nanos, e.quantity});
  if (e.quantity < now.quantity_left) return books.Apply(ReduceOrder{e.header, e.order_ref, now.quantity_left - e.quantity});
  return now;
}

}  // namespace tickgraph
