// The books of one ITCH stream as a GLIMPSE spin: directory, trading states, then every displayed order.
//
// In the flow: ITCH messages in their order -> here -> the messages of a snapshot, for a server that stands in for the venue's. One thread.
// Invariants: orders come per instrument, side and price level, best first, in queue order, so that a book
// built from them has the same queues; every order is written as A, since its attribution is not kept.
#pragma once

#include <array>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "hot/book_set.h"
#include "hot/hash.h"
#include "net/proto/glimpse.h"
#include "net/proto/itch.h"
#include "net/proto/itch_encode.h"

namespace tickgraph {

class GlimpseSnapshot {
 public:
  explicit GlimpseSnapshot(const BookSetConfig& config) : books_(config) {}

  // The next message of the stream; unknown and malformed ones change nothing.
  void Apply(const uint8_t* message, uint32_t size) {
    if (size > kItchMaxMessageBytes) return;
    if (DecodeItch(message, size, EventHeader{}, 0, *this) != DecodeStatus::kOk) return;
    const char type = static_cast<char>(message[0]);
    if (type == 'S') system_ = Copy(message, size);
    if (type == 'R' || type == 'H' || type == 'Y') spins_[{SpinRank(type), LoadBe16(message + 1)}] = Copy(message, size);
    last_time_ns_ = LoadBe48(message + 5);
  }

  // visit(message, size) for each message of the spin; the last one is G with the number `next`.
  template <class Visit>
  void Write(uint64_t next, Visit&& visit) const {
    for (const auto& [key, message] : spins_) visit(message.data(), static_cast<uint32_t>(message.size()));
    uint8_t out[kItchMaxMessageBytes];
    AddOrder add;
    add.header.ts_event_ns = last_time_ns_;
    add.header.type = 'A';
    for (const auto& [locate, instrument] : by_locate_) {
      const InstrumentIndex i = instrument;
      add.header.locate = locate;
      add.symbol = symbols_[i];
      for (const Side side : {Side::kBuy, Side::kSell}) {
        add.side = side;
        books_.ForEachLevel(i, side, [&](PriceNanos price_nanos, Quantity, uint32_t) {
          add.price_nanos = price_nanos;
          books_.ForEachOrder(i, side, price_nanos, [&](OrderRef ref, Quantity quantity) {
            add.order_ref = ref;
            add.quantity = quantity;
            visit(out, EncodeItch(add, 0, out));
            return true;
          });
          return true;
        });
      }
    }
    if (!system_.empty()) visit(system_.data(), static_cast<uint32_t>(system_.size()));
    visit(out, glimpse::EncodeEndOfSnapshot(next, out));
  }

  [[nodiscard]] uint64_t book_hash() const {
    return books_.TotalHash(static_cast<uint32_t>(symbols_.size()), [this](InstrumentIndex i) { return HashText(symbols_[i].view()); });
  }
  // Every order found room.
  [[nodiscard]] bool whole() const {
    const BookCounters& c = books_.counters();
    return c.no_room_orders + c.no_room_levels + c.no_room_instruments == 0;
  }
  [[nodiscard]] uint32_t order_count() const { return books_.order_count(); }

  // ---- what the decoder calls ----
  void On(const InstrumentDefinition& e) { Equity(e.header, e.symbol); }
  void On(const AddOrder& e) { books_.Apply(Equity(e.header, e.symbol), e); }
  void On(const ExecuteOrder& e) { books_.Apply(e); }
  void On(const ReduceOrder& e) { books_.Apply(e); }
  void On(const DeleteOrder& e) { books_.Apply(e); }
  void On(const ReplaceOrder& e) { books_.Apply(e); }
  template <class Event>
  void On(const Event&) {}

 private:
  using Message = std::vector<uint8_t>;

  static Message Copy(const uint8_t* message, uint32_t size) { return {message, message + size}; }
  static int SpinRank(char type) { return type == 'R' ? 0 : type == 'H' ? 1 : 2; }

  InstrumentIndex Equity(const EventHeader& header, const Symbol& symbol) {
    const auto [found, made] = by_locate_.try_emplace(header.locate, static_cast<InstrumentIndex>(symbols_.size()));
    if (made) symbols_.push_back(symbol);
    return found->second;
  }

  std::map<uint32_t, InstrumentIndex> by_locate_;
  std::vector<Symbol> symbols_;
  BookSet books_;
  std::map<std::pair<int, uint16_t>, Message> spins_;  // the last of each kind and instrument
  Message system_;
  uint64_t last_time_ns_ = 0;
};

}  // namespace tickgraph
