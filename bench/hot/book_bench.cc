// Books: a generated full market, decode included (book/l3/market with queues, book/l2/market without), message by message with its
// percentiles, and one hot instrument without decoding (book/l3/one).
//
// Both compare every level and every queue with the textbook book's before anything is timed.
#include <algorithm>
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bench/bench_common.h"
#include "bench/hot/market_stream.h"
#include "bench/hot/miss_probe.h"
#include "hot/book_burst.h"
#include "hot/book_set.h"
#include "hot/tsc.h"
#include "net/proto/itch.h"
#include "net/proto/itch_ahead.h"
#include "net/proto/itch_orders.h"
#include "net/proto/moldudp64.h"
#include "tests/hot/textbook_book.h"

namespace tickgraph {
namespace {

using testing::TextbookBook;
using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// A decoder's handler that applies events to either book; a locate code less one is the instrument.
template <class Book>
struct Applier {
  Book& book;
  void On(const AddOrder& e) { benchmark::DoNotOptimize(book.Apply(e.header.locate - 1, e)); }
  void On(const ExecuteOrder& e) { benchmark::DoNotOptimize(book.Apply(e)); }
  void On(const ReduceOrder& e) { benchmark::DoNotOptimize(book.Apply(e)); }
  void On(const DeleteOrder& e) { benchmark::DoNotOptimize(book.Apply(e)); }
  void On(const ReplaceOrder& e) { benchmark::DoNotOptimize(book.Apply(e)); }
  void On(const auto& e) { benchmark::DoNotOptimize(e.header); }
};

template <class Book>
void ApplyInOrder(Book& book, const MessageBytes& messages) {
  Applier<Book> applier{book};
  WalkItch(messages.bytes.data(), messages.bytes.size(),
           [&](const uint8_t* message, uint32_t size) { DecodeItch(message, size, EventHeader{}, 0, applier); });
}

// Records of fixed form, a burst of about two full packets at a time.
template <class Books>
void ApplyAhead(Books& books, const MessageBytes& messages) {
  BookBurst<Books> burst(books, 0);
  const auto sink = [](const OrderMessage&, const BookUpdate& update) { benchmark::DoNotOptimize(update); };
  WalkItch(messages.bytes.data(), messages.bytes.size(), [&](const uint8_t* message, uint32_t size) {
    OrderMessage& next = burst.Next();
    if (DecodeItchOrder(message, size, 0, &next) != DecodeStatus::kOk) return;
    next.instrument = next.locate - 1;
    burst.Push(sink);
  });
  burst.Flush(sink);
}

// As the loop takes packets: a glance over one's messages, then each decoded and applied.
template <class Books>
struct PacketApplier {
  static constexpr uint32_t kMessages = 8;

  Books& books;

  void LookAhead(VenueIndex venue, const OrderGlance& glance) const { books.LookAhead(glance.locate - 1, venue, glance); }
  void LookFurther(VenueIndex venue, OrderRef ref) const { books.LookFurther(venue, ref); }
  void On(const EventHeader& base, OrderMessage& m) {
    m.instrument = m.locate - 1;
    benchmark::DoNotOptimize(ApplyMessage(books, base.venue, m));
  }
  void On(const auto& e) { benchmark::DoNotOptimize(e.header); }
};

template <class Books>
void ApplyPackets(Books& books, const MessageBytes& messages) {
  PacketApplier<Books> applier{books};
  const uint8_t* at = messages.bytes.data();
  for (uint64_t number = 0; number < messages.count;) {
    const uint64_t end = std::min<uint64_t>(number + PacketApplier<Books>::kMessages, messages.count);
    LookAheadItch(at, number, number, end, 0, applier);
    ForEachMoldMessage(at, number, number, end, [&](const uint8_t* message, uint32_t size, uint64_t) {
      benchmark::DoNotOptimize(DecodeItch(message, size, EventHeader{}, 0, applier));
      at = message + size;
    });
    number = end;
  }
}

// Every level of both books is the same, and every order where queues are kept.
template <class Books>
bool SameBooks(const Books& books, TextbookBook& textbook, uint32_t instruments) {
  if (books.order_count() != textbook.order_count()) return false;
  bool same = true;
  for (InstrumentIndex i = 0; i < instruments && same; ++i) {
    if (!(books.top(i) == textbook.Top(i)) || !books.CheckInvariants(i)) return false;
    for (const Side side : {Side::kBuy, Side::kSell}) {
      const auto& levels = textbook.levels(i, side);
      same = same && books.Depth(i, side) == levels.size();
      books.ForEachLevel(i, side, [&](PriceNanos price, Quantity quantity, uint32_t count) {
        const auto level = levels.find(price);
        same = same && level != levels.end() && count == level->second.size() && quantity == TextbookBook::Total(level->second);
        return same;
      });
      if constexpr (Books::kQueues) {
        for (const auto& [price, queue] : levels) {
          auto entry = queue.begin();
          books.ForEachOrder(i, side, price, [&](OrderRef ref, Quantity quantity) {
            same = same && entry != queue.end() && entry->ref == ref && entry->quantity == quantity;
            if (same) ++entry;
            return same;
          });
          same = same && entry == queue.end();
        }
      }
    }
  }
  return same;
}

// The stream, and what the textbook makes of it: built once, when the first benchmark asks.
struct Market {
  static constexpr uint64_t kTimed = 1'000'000, kSettling = 1'000'000;
  MarketStreamOptions options{.day_messages = kTimed + kSettling};
  MarketBytes stream{options, kTimed};
  TextbookBook textbook;
  double textbook_ns = 0, miss_ns = 0;

  Market() {
    ApplyInOrder(textbook, stream.warm_up);
    const auto start = Clock::now();
    ApplyInOrder(textbook, stream.timed);
    textbook_ns = SecondsSince(start) * 1e9 / stream.timed.count;
    miss_ns = DependentMissNs();
  }
  static Market& Get() {
    static Market market;
    return market;
  }
  template <class Books>
  [[nodiscard]] std::unique_ptr<Books> Warm() const {
    auto books = std::make_unique<Books>(BookSetConfig{options.instruments, 1 << 21, 1 << 20});
    ApplyAhead(*books, stream.warm_up);
    return books;
  }
};

enum class Manner : uint8_t { kAhead, kPackets, kInOrder };

template <class Books>
void FullMarket(benchmark::State& state, Manner manner) {
  Market& market = Market::Get();
  const auto apply = [&](Books& books) {
    if (manner == Manner::kAhead) {
      ApplyAhead(books, market.stream.timed);
    } else if (manner == Manner::kPackets) {
      ApplyPackets(books, market.stream.timed);
    } else {
      ApplyInOrder(books, market.stream.timed);
    }
  };
  auto books = market.Warm<Books>();
  apply(*books);
  if (!SameBooks(*books, market.textbook, market.options.instruments)) return state.SkipWithError("the books differ from the textbook's");
  double best = 1e9;
  uint64_t allocations = 0;
  for (auto _ : state) {
    books.reset();
    books = market.Warm<Books>();
    const AllocationScope scope;
    const auto start = Clock::now();
    apply(*books);
    const double seconds = SecondsSince(start);
    allocations += scope.count();
    state.SetIterationTime(seconds);
    best = std::min(best, seconds);
  }
  const double ns = best * 1e9 / market.stream.timed.count;
  ReportItems(state, market.stream.timed.count, allocations);
  state.counters["best_ns_per_item"] = ns;
  state.counters["misses_per_item"] = ns / market.miss_ns;
  state.counters["miss_ns"] = market.miss_ns;
  state.counters["textbook_ratio"] = market.textbook_ns / ns;
  state.counters["orders"] = books->order_count();
  state.counters["levels"] = books->level_count();
  state.counters["memory_bytes"] = static_cast<double>(books->size_bytes());
}
void L3Ahead(benchmark::State& state) { FullMarket<BookSet>(state, Manner::kAhead); }
void L3Packets(benchmark::State& state) { FullMarket<BookSet>(state, Manner::kPackets); }
void L3InOrder(benchmark::State& state) { FullMarket<BookSet>(state, Manner::kInOrder); }
void L2Ahead(benchmark::State& state) { FullMarket<LevelBookSet>(state, Manner::kAhead); }
BENCHMARK(L3Ahead)->Name("book/l3/market")->UseManualTime()->Iterations(3);
BENCHMARK(L2Ahead)->Name("book/l2/market")->UseManualTime()->Iterations(3);
BENCHMARK(L3Packets)->Name("book/l3/market_packets")->UseManualTime()->Iterations(3);
BENCHMARK(L3InOrder)->Name("book/l3/market_without_look_ahead")->UseManualTime()->Iterations(3);

// Each message by itself, from its bytes to its book: how long it takes alone, nothing fetched before. The clock's own time is taken off.
void OneAtATime(benchmark::State& state) {
  Market& market = Market::Get();
  auto books = market.Warm<BookSet>();
  ApplyInOrder(*books, market.stream.timed);
  if (!SameBooks(*books, market.textbook, market.options.instruments)) return state.SkipWithError("the books differ from the textbook's");
  const TscScale tsc;
  std::vector<uint32_t> ticks;
  ticks.reserve(market.stream.timed.count);
  uint64_t allocations = 0, clock_ticks = UINT64_MAX;
  for (int i = 0; i < 1000; ++i) {
    const uint64_t start = ReadTsc();
    clock_ticks = std::min(clock_ticks, ReadTsc() - start);
  }
  for (auto _ : state) {
    books.reset();
    books = market.Warm<BookSet>();
    ticks.clear();
    Applier<BookSet> applier{*books};
    const AllocationScope scope;
    const auto start = Clock::now();
    WalkItch(market.stream.timed.bytes.data(), market.stream.timed.bytes.size(), [&](const uint8_t* message, uint32_t size) {
      const uint64_t from = ReadTsc();
      DecodeItch(message, size, EventHeader{}, 0, applier);
      const uint64_t taken = ReadTsc() - from;
      ticks.push_back(static_cast<uint32_t>(taken > clock_ticks ? taken - clock_ticks : 0));
    });
    state.SetIterationTime(SecondsSince(start));
    allocations += scope.count();
  }
  ReportItems(state, market.stream.timed.count, allocations);
  std::sort(ticks.begin(), ticks.end());
  const auto report = [&](const std::string& name, double share) {
    const auto at = static_cast<size_t>(share * static_cast<double>(ticks.size() - 1));
    const double ns = static_cast<double>(tsc.ToNanos(ticks[at]));
    state.counters[name + "_ns"] = ns;
    state.counters[name + "_misses"] = ns / market.miss_ns;
  };
  report("p50", .5);
  report("p99", .99);
  report("p999", .999);
  report("max", 1);
  state.counters["miss_ns"] = market.miss_ns;
}
BENCHMARK(OneAtATime)->Name("book/l3/market_one_at_a_time")->UseManualTime()->Iterations(1);

// One instrument with a few hundred orders near the touch, already decoded; the stream ends with the book empty, so it can run again.
struct HotInstrument {
  struct Message {
    char type;
    AddOrder add;
    ReplaceOrder replace;
    ExecuteOrder execute;
    DeleteOrder remove;
  };
  struct Collect {
    std::vector<Message>& out;
    std::vector<OrderRef> refs;
    void On(const AddOrder& e) { Keep({'A', e, {}, {}, {}}, e.order_ref); }
    void On(const ReplaceOrder& e) { Keep({'U', {}, e, {}, {}}, e.new_order_ref); }
    void On(const ExecuteOrder& e) { out.push_back({'E', {}, {}, e, {}}); }
    void On(const DeleteOrder& e) { out.push_back({'D', {}, {}, {}, e}); }
    void On(const auto&) {}
    void Keep(const Message& message, OrderRef ref) {
      out.push_back(message);
      refs.push_back(ref);
    }
  };
  std::vector<Message> messages;

  HotInstrument() {
    const MarketBytes stream({.instruments = 1, .standing_orders = 300, .day_messages = 20'000}, 20'000);
    Collect collect{messages, {}};
    for (const MessageBytes* part : {&stream.warm_up, &stream.timed}) {
      WalkItch(part->bytes.data(), part->bytes.size(),
               [&](const uint8_t* message, uint32_t size) { DecodeItch(message, size, EventHeader{}, 0, collect); });
    }
    TextbookBook living;
    Apply(living);
    for (const OrderRef ref : collect.refs) {
      const DeleteOrder remove{EventHeader{}, ref};
      if (living.Apply(remove) == BookResult::kOk) messages.push_back({'D', {}, {}, {}, remove});
    }
  }

  template <class Book>
  void Apply(Book& book, size_t count = SIZE_MAX) const {
    for (const Message& m : std::span(messages).first(std::min(count, messages.size()))) {
      switch (m.type) {
        case 'A':
          benchmark::DoNotOptimize(book.Apply(0, m.add));
          break;
        case 'U':
          benchmark::DoNotOptimize(book.Apply(m.replace));
          break;
        case 'E':
          benchmark::DoNotOptimize(book.Apply(m.execute));
          break;
        default:
          benchmark::DoNotOptimize(book.Apply(m.remove));
          break;
      }
    }
  }
};

void OneInstrument(benchmark::State& state) {
  const HotInstrument hot;
  BookSet books({1, 4096, 4096});
  for (const size_t count : {hot.messages.size() / 3, hot.messages.size() - 400, hot.messages.size()}) {
    BookSet checked({1, 4096, 4096});
    TextbookBook textbook;
    hot.Apply(checked, count);
    hot.Apply(textbook, count);
    if (!SameBooks(checked, textbook, 1)) return state.SkipWithError("the book differs from the textbook's");
  }
  const AllocationScope allocations;
  for (auto _ : state) hot.Apply(books);
  ReportItems(state, static_cast<int64_t>(hot.messages.size()), allocations.count());
}
BENCHMARK(OneInstrument)->Name("book/l3/one");

}  // namespace
}  // namespace tickgraph
