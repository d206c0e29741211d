// A full market of ITCH 5.0 messages, one after the other, for books to be measured on: every listed name on one venue, a day's shares of
// message types, over a million orders alive.
//
// In the flow: `generate --market` writes it to a file, the benchmarks of books read it from memory. It keeps a BookSet of its own, so that
// no message contradicts the book, no order crosses it, and executions take the front of the best level.
//
// What makes it day-like. Shares of types: A 44.5 %, D 43, U 7, E 2, X 1.3, I 1, F .5, P .4, C .3. Names: half of the market in the first
// 140 of 8,713 (weight 1 / (rank + 20)), though every name has standing orders. Ages: how long ago an order that is now cancelled, replaced
// or executed arrived follows AMZN's day of 2012-06-21 (LOBSTER's sample: median 1.3 s, a tenth below 0.6 ms, a tenth above 40 s), at the
// 5,900 arrivals a second of a whole market; orders far from the touch are let alone three times of four. Prices: most adds join or improve
// the touch, a tail goes hundreds of ticks deep. Messages of one name do not come in runs, as they do on a real day: for a cache this is
// harder. Thread rule: one owner. Invariants: the same options give the same bytes on every machine; every reference is used once.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "hot/book_set.h"
#include "net/proto/itch_encode.h"
#include "replay/generator_random.h"

namespace tickgraph {

struct MarketStreamOptions {
  uint64_t seed = 20191230;
  uint32_t instruments = 8713;  // at most 65,535
  uint32_t standing_orders = 1'200'000;
  uint64_t day_messages = 100'000'000;  // after the directory and the standing orders
};

class MarketStream {
 public:
  explicit MarketStream(const MarketStreamOptions& options);

  // Writes the next message, without its length, to `out` (room for kItchMaxMessageBytes) and returns its size; 0 at the end.
  uint32_t Next(uint8_t* out);

  // The next message is the day's first: the directory and the standing orders are through.
  [[nodiscard]] bool at_open() const { return made_ == opening_messages_; }
  [[nodiscard]] uint64_t made() const { return made_; }
  [[nodiscard]] uint64_t total() const { return opening_messages_ + options_.day_messages; }
  [[nodiscard]] const std::array<uint64_t, 256>& by_type() const { return by_type_; }
  // What stands in the books now.
  [[nodiscard]] const BookSet& books() const { return books_; }
  [[nodiscard]] uint32_t instruments() const { return options_.instruments; }

 private:
  uint32_t MakeOpening(uint8_t* out);
  uint32_t MakeDay(uint8_t* out);
  uint32_t MakeAdd(char type, uint32_t instrument, bool standing, uint8_t* out);
  uint32_t MakeDelete(uint8_t* out);
  uint32_t MakeReplace(uint8_t* out);
  uint32_t MakeExecute(char type, uint8_t* out);
  uint32_t MakeReduce(uint8_t* out);
  uint32_t MakeOther(char type, uint8_t* out);
  uint32_t MakeDirectory(uint32_t instrument, uint8_t* out);

  EventHeader Header(char type, uint32_t instrument);
  uint32_t PickInstrument();
  PriceNanos PickPrice(uint32_t instrument, Side side, bool standing);
  // A living order by age, and where it rests. There must be one.
  OrderRef PickOrder(BookUpdate* where);
  uint64_t PickAge();
  [[nodiscard]] int64_t TicksFromTouch(const BookUpdate& where) const;
  OrderRef Arrive();

  MarketStreamOptions options_;
  GeneratorRandom random_;
  BookSet books_;
  std::vector<double> cumulative_;  // weights of the names
  std::vector<int32_t> base_ticks_;
  std::vector<OrderRef> arrivals_;  // a ring of the last references
  std::vector<OrderRef> old_;       // alive when they left the ring
  uint64_t arrived_ = 0;
  OrderRef last_ref_ = 0;
  uint64_t made_ = 0, opening_messages_;
  std::array<uint64_t, 256> by_type_{};
};

}  // namespace tickgraph
