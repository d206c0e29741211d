// A synthetic full-market stream of ITCH 5.0 for benchmarks of books: messages as bytes, a day's proportions, one seed.
//
// Names are traded as unequally as on a real day, most orders are deleted soon after they came while a standing population
// lives on, and prices cluster at the touch with a thin deep tail. `warm_up` fills the books; `timed` is what is measured.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "net/proto/itch_encode.h"

namespace tickgraph {

struct MarketStreamConfig {
  uint32_t instruments = 8192;
  uint32_t standing_orders = 1'000'000;
  uint32_t timed_messages = 1'000'000;
  uint64_t seed = 20191230;
};

// Messages one after the other, each with its length before it, as in a file.
struct MessageBytes {
  std::vector<uint8_t> bytes;
  uint32_t count = 0;
};

class MarketStream {
 public:
  explicit MarketStream(const MarketStreamConfig& config) : config_(config), random_(config.seed) {
    double sum = 0;
    for (uint32_t i = 0; i < config.instruments; ++i) cumulative_.push_back(sum += 1.0 / (i + 20.0));
    for (uint32_t i = 0; i < config.instruments; ++i) mid_ticks_.push_back(500 + static_cast<int32_t>(Below(30'000)));
    warm_up.bytes.reserve(size_t{config.standing_orders} * 38);
    timed.bytes.reserve(size_t{config.timed_messages} * 34);
    recent_.resize(kRecent);
    out_ = &warm_up;
    while (live_.size() < config.standing_orders) Add('A');
    out_ = &timed;
    while (timed.count < config.timed_messages) Next();
  }

  MessageBytes warm_up, timed;

 private:
  static constexpr size_t kRecent = 1 << 15;  // orders that count as just come
  static constexpr uint32_t kDead = UINT32_MAX;

  struct Living {
    OrderRef ref;
    uint32_t slot;  // in recent_
    int32_t quantity;
    uint16_t locate;
    Side side;
  };

  uint32_t Below(uint32_t n) { return static_cast<uint32_t>((random_() >> 32) * n >> 32); }

  // The shares of A D U E X I F C P in thousandths of a real day.
  void Next() {
    const uint32_t kind = Below(1000);
    if (kind < 440) return Add('A');
    if (kind < 870) return Delete(Pick());
    if (kind < 940) return Replace();
    if (kind < 965) return Take('E');
    if (kind < 980) return Take('X');
    if (kind < 990) return Other('I');
    if (kind < 996) return Add('F');
    Other('P');
  }

  uint32_t Instrument() {
    const double at = static_cast<double>(random_() >> 11) * 0x1p-53 * cumulative_.back();
    return static_cast<uint32_t>(std::lower_bound(cumulative_.begin(), cumulative_.end(), at) - cumulative_.begin());
  }

  PriceNanos Price(uint32_t instrument, Side side) {
    if (Below(16) == 0) mid_ticks_[instrument] += Below(2) == 0 && mid_ticks_[instrument] > 400 ? -1 : 1;
    uint32_t away = 1 + static_cast<uint32_t>(__builtin_ctzll(random_() | uint64_t{1} << 40));
    if (Below(3) == 0) away += Below(30);
    if (Below(12) == 0) away += Below(300);
    const int32_t ticks = mid_ticks_[instrument] + (side == Side::kBuy ? -static_cast<int32_t>(away) : static_cast<int32_t>(away));
    return PriceNanos{ticks > 0 ? ticks : 1} * 10'000'000;
  }

  void Put(const auto& event) {
    uint8_t message[kItchMaxMessageBytes];
    const uint32_t size = EncodeItch(event, 0, message);
    out_->bytes.push_back(0);
    out_->bytes.push_back(static_cast<uint8_t>(size));
    out_->bytes.insert(out_->bytes.end(), message, message + size);
    ++out_->count;
  }

  EventHeader Header(char type, uint32_t locate) {
    EventHeader header;
    header.type = type;
    header.locate = locate;
    header.ts_event_ns = clock_ns_ += 250;
    return header;
  }

  void Remember(Living order) {
    order.slot = static_cast<uint32_t>(next_recent_++ % kRecent);
    recent_[order.slot] = static_cast<uint32_t>(live_.size());
    live_.push_back(order);
  }

  void Forget(uint32_t at) {
    if (recent_[live_[at].slot] == at) recent_[live_[at].slot] = kDead;
    const auto last = static_cast<uint32_t>(live_.size() - 1);
    if (at != last) {
      live_[at] = live_[last];
      if (recent_[live_[at].slot] == last) recent_[live_[at].slot] = at;
    }
    live_.pop_back();
  }

  // Nine of ten changes meet an order of the last moments.
  uint32_t Pick() {
    for (int tries = 0; tries < 8 && Below(10) != 0; ++tries) {
      const uint32_t at = recent_[Below(kRecent)];
      if (at != kDead && at < live_.size()) return at;
    }
    return Below(static_cast<uint32_t>(live_.size()));
  }

  void Add(char type) {
    const uint32_t instrument = Instrument();
    AddOrder add;
    add.header = Header(type, instrument + 1);
    add.symbol = Symbol::From("MARKET");
    add.order_ref = last_ref_ += 1 + Below(4);
    add.side = Below(2) == 0 ? Side::kBuy : Side::kSell;
    add.price_nanos = Price(instrument, add.side);
    add.quantity = 100 * (1 + Below(5));
    if (type == 'F') add.attribution = FixedText<4>::From("MMKR");
    Put(add);
    Remember({add.order_ref, 0, static_cast<int32_t>(add.quantity), static_cast<uint16_t>(instrument + 1), add.side});
  }

  void Delete(uint32_t at) {
    Put(DeleteOrder{Header('D', live_[at].locate), live_[at].ref});
    Forget(at);
  }

  void Replace() {
    const uint32_t at = Pick();
    Living order = live_[at];
    ReplaceOrder replace;
    replace.header = Header('U', order.locate);
    replace.order_ref = order.ref;
    replace.new_order_ref = last_ref_ += 1 + Below(4);
    replace.price_nanos = Price(order.locate - 1u, order.side);
    replace.quantity = 100 * (1 + Below(5));
    Put(replace);
    Forget(at);
    order.ref = replace.new_order_ref;
    order.quantity = static_cast<int32_t>(replace.quantity);
    Remember(order);
  }

  void Take(char type) {
    const uint32_t at = Pick();
    const int32_t quantity = Below(2) == 0 && type == 'E' ? live_[at].quantity : live_[at].quantity / 2;
    if (type == 'E') {
      ExecuteOrder execute;
      execute.header = Header('E', live_[at].locate);
      execute.order_ref = live_[at].ref;
      execute.quantity = quantity;
      Put(execute);
    } else {
      Put(ReduceOrder{Header('X', live_[at].locate), live_[at].ref, quantity});
    }
    live_[at].quantity -= quantity;
    if (live_[at].quantity == 0) return Forget(at);
    if (live_[at].quantity < 2) Delete(at);
  }

  void Other(char type) {
    if (type == 'P') {
      Trade trade;
      trade.header = Header('P', Instrument() + 1);
      trade.symbol = Symbol::From("MARKET");
      trade.price_nanos = 10'000'000'000;
      trade.quantity = 100;
      Put(trade);
      return;
    }
    Notice notice;
    notice.header = Header('I', Instrument() + 1);
    notice.symbol = Symbol::From("MARKET");
    Put(notice);
  }

  MarketStreamConfig config_;
  std::mt19937_64 random_;
  std::vector<double> cumulative_;
  std::vector<int32_t> mid_ticks_;
  std::vector<Living> live_;
  std::vector<uint32_t> recent_;  // ring of places in live_
  size_t next_recent_ = 0;
  OrderRef last_ref_ = 0;
  uint64_t clock_ns_ = 0;
  MessageBytes* out_ = nullptr;
};

}  // namespace tickgraph
