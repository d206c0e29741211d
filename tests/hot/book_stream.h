// Seeded random order messages for tests of books: every type, patterns that hurt sorted levels, and damaged input.
//
// The stream remembers the references it gave out, so that most messages name a living order; it keeps no book of its own.
#pragma once

#include <cstdint>
#include <random>
#include <variant>
#include <vector>

#include "hot/event.h"

namespace tickgraph::testing {

enum class PricePattern : uint8_t {
  kDayLike,   // most at or near the touch
  kFar,       // anywhere, so levels are born deep inside
  kLadder,    // one tick after the other, up or down
  kTouch,     // births and deaths of the best level
  kOneLevel,  // a single long queue
};

struct StreamConfig {
  uint64_t seed = 1;
  PricePattern pattern = PricePattern::kDayLike;
  uint32_t instruments = 4;
  uint32_t venues = 2;
  uint32_t few_orders = 100, many_orders = 2'000;  // living orders between which the stream swings
  uint32_t damage_per_mille = 30;
};

using BookCommand = std::variant<std::pair<InstrumentIndex, AddOrder>, ExecuteOrder, ReduceOrder, DeleteOrder, ReplaceOrder>;

class BookStream {
 public:
  explicit BookStream(const StreamConfig& config) : config_(config), random_(config.seed) {}

  BookCommand Next() {
    ++step_;
    if (Below(1000) < config_.damage_per_mille) return Damaged();
    if (living_.size() < config_.few_orders) filling_ = true;
    if (living_.size() > config_.many_orders) filling_ = false;
    if (living_.empty() || Below(100) < (filling_ ? 60 : 20)) return Add(NewRef());
    const uint32_t kind = Below(100);
    if (kind < 55) return Delete(TakeLiving());
    if (kind < 75) return Replace(TakeLiving(), NewRef());
    if (kind < 90) return Execute(Pick(), 1 + Below(60));
    return Reduce(Pick(), 1 + Below(60));
  }

 private:
  struct Living {
    OrderRef ref;
    VenueIndex venue;
  };

  uint32_t Below(uint32_t n) { return static_cast<uint32_t>((random_() >> 32) * n >> 32); }
  Living NewRef() { return {++last_ref_ + (Below(50) == 0 ? uint64_t{1} << 40 : 0), static_cast<VenueIndex>(Below(config_.venues))}; }
  Living Pick() { return living_[Below(static_cast<uint32_t>(living_.size()))]; }
  Living TakeLiving() {
    const size_t at = Below(static_cast<uint32_t>(living_.size()));
    const Living taken = living_[at];
    living_[at] = living_.back();
    living_.pop_back();
    return taken;
  }

  PriceNanos Price(Side side) {
    constexpr PriceNanos kTick = 10'000'000;
    const int64_t away = side == Side::kBuy ? -1 : 1;
    int64_t ticks = 10'000;
    switch (config_.pattern) {
      case PricePattern::kDayLike:
        ticks += away * int64_t{Below(4) != 0 ? Below(6) : Below(80)};
        break;
      case PricePattern::kFar:
        ticks = 1 + Below(20'000'000);
        break;
      case PricePattern::kLadder:
        ticks += away * static_cast<int64_t>(step_ / 500 % 2 == 0 ? step_ % 500 : 500 - step_ % 500);
        break;
      case PricePattern::kTouch:
        ticks += away * static_cast<int64_t>(1000 - step_ % 1000 + Below(2));
        break;
      case PricePattern::kOneLevel:
        break;
    }
    return ticks * kTick;
  }

  BookCommand Add(Living key) {
    living_.push_back(key);
    AddOrder add;
    add.header.venue = key.venue;
    add.order_ref = key.ref;
    add.side = Below(2) == 0 ? Side::kBuy : Side::kSell;
    add.price_nanos = Price(add.side);
    add.quantity = 1 + Below(100);
    return std::pair(InstrumentIndex{Below(config_.instruments)}, add);
  }
  BookCommand Execute(Living key, Quantity quantity) {
    ExecuteOrder execute;
    execute.header.venue = key.venue;
    execute.order_ref = key.ref;
    execute.quantity = quantity;
    return execute;
  }
  BookCommand Reduce(Living key, Quantity quantity) {
    ReduceOrder reduce;
    reduce.header.venue = key.venue;
    reduce.order_ref = key.ref;
    reduce.quantity = quantity;
    return reduce;
  }
  BookCommand Delete(Living key) {
    DeleteOrder remove;
    remove.header.venue = key.venue;
    remove.order_ref = key.ref;
    return remove;
  }
  BookCommand Replace(Living key, Living with) {
    living_.push_back({with.ref, key.venue});
    ReplaceOrder replace;
    replace.header.venue = key.venue;
    replace.order_ref = key.ref;
    replace.new_order_ref = with.ref;
    replace.price_nanos = Price(Below(2) == 0 ? Side::kBuy : Side::kSell);
    replace.quantity = 1 + Below(100);
    return replace;
  }

  BookCommand Damaged() {
    const Living unknown{OrderRef{0xDEAD0000u} + Below(1000), static_cast<VenueIndex>(Below(config_.venues))};
    const Living known = living_.empty() ? unknown : Pick();
    switch (Below(9)) {
      case 0:
        return Delete(unknown);
      case 1:
        return Replace(unknown, NewRef());
      case 2:
        return Execute(known, 1'000'000);
      case 3:
        return Execute(known, Below(2) == 0 ? 0 : -5);
      case 4:
        return Reduce(known, -1);
      case 5:
        return Add(known);
      case 6:
        return Replace(known, living_.empty() ? unknown : Pick());
      case 7: {
        BookCommand command = Replace(known, NewRef());
        auto& replace = std::get<ReplaceOrder>(command);
        (Below(2) == 0 ? replace.price_nanos : replace.quantity) = -1;
        return command;
      }
      default: {
        BookCommand command = Add(NewRef());
        auto& add = std::get<0>(command).second;
        const int64_t absurd[] = {-1, 0, INT64_MAX, INT64_MIN};
        const uint32_t which = Below(4);
        if (which == 1 || Below(2) == 0) {
          add.quantity = absurd[which];
        } else {
          add.price_nanos = absurd[which];
        }
        return command;
      }
    }
  }

  StreamConfig config_;
  std::mt19937_64 random_;
  std::vector<Living> living_;
  OrderRef last_ref_ = 0;
  uint64_t step_ = 0;
  bool filling_ = true;
};

// Applies a command to BookSet or TextbookBook.
template <class Book>
auto ApplyCommand(Book& book, const BookCommand& command) {
  return std::visit(
      [&](const auto& event) {
        if constexpr (requires { event.first; }) {
          return book.Apply(event.first, event.second);
        } else {
          return book.Apply(event);
        }
      },
      command);
}

}  // namespace tickgraph::testing
