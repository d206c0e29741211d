// Books: a synthetic full market, decode included (book/l3/market), and one hot instrument without decoding (book/l3/one).
//
// Both compare every level and every queue with the textbook book's before anything is timed.
#include <chrono>
#include <memory>
#include <span>

#include "bench/bench_common.h"
#include "bench/hot/market_stream.h"
#include "bench/hot/miss_probe.h"
#include "hot/book_set.h"
#include "net/proto/itch.h"
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

// The messages of a burst are walked first, then fetched in steps and applied, each step some messages behind the one before.
class LookAhead {
 public:
  explicit LookAhead(BookSet& books) : books_(books) {}

  void Apply(const MessageBytes& messages) {
    Applier<BookSet> applier{books_};
    uint32_t filled = 0;
    WalkItch(messages.bytes.data(), messages.bytes.size(), [&](const uint8_t* message, uint32_t size) {
      burst_[filled++] = {message, size};
      if (filled == kBurst) Run(std::exchange(filled, 0), applier);
    });
    Run(filled, applier);
  }

 private:
  struct Message {
    const uint8_t* bytes;
    uint32_t size;
    [[nodiscard]] bool adds() const { return bytes[0] == 'A' || bytes[0] == 'F'; }
    [[nodiscard]] bool names_order() const {
      const char type = static_cast<char>(bytes[0]);
      return type == 'D' || type == 'U' || type == 'E' || type == 'X' || type == 'C';
    }
    [[nodiscard]] OrderRef ref() const { return LoadBe64(bytes + 11); }
    [[nodiscard]] InstrumentIndex instrument() const { return LoadBe16(bytes + 1) - 1u; }
  };
  static constexpr uint32_t kBurst = 64;  // about two full packets
  static constexpr uint32_t kStep = 8;    // messages between two steps: enough work to cover a miss

  void Run(uint32_t count, Applier<BookSet>& applier) {
    for (uint32_t i = 0; i < count + 2 * kStep; ++i) {
      if (i < count) Fetch(burst_[i]);
      if (i >= kStep && i - kStep < count) FetchLevel(burst_[i - kStep]);
      if (i >= 2 * kStep) DecodeItch(burst_[i - 2 * kStep].bytes, burst_[i - 2 * kStep].size, EventHeader{}, 0, applier);
    }
  }
  void Fetch(const Message& m) const {
    if (!m.adds() && !m.names_order()) return;
    books_.PrefetchBook(m.instrument());
    books_.PrefetchOrder(0, m.ref());
    if (m.bytes[0] == 'U') books_.PrefetchOrder(0, LoadBe64(m.bytes + 19));
  }
  void FetchLevel(const Message& m) const {
    if (m.names_order()) books_.PrefetchLevel(0, m.ref());
    if (m.adds()) books_.PrefetchTouch(m.instrument(), m.bytes[19] == 'B' ? Side::kBuy : Side::kSell);
  }

  BookSet& books_;
  Message burst_[kBurst] = {};
};

// Every level and order of both books is the same.
bool SameBooks(const BookSet& books, TextbookBook& textbook, uint32_t instruments) {
  if (books.order_count() != textbook.order_count()) return false;
  bool same = true;
  for (InstrumentIndex i = 0; i < instruments && same; ++i) {
    if (!(books.top(i) == textbook.Top(i)) || !books.CheckInvariants(i)) return false;
    for (const Side side : {Side::kBuy, Side::kSell}) {
      const auto& levels = textbook.levels(i, side);
      same = same && books.Depth(i, side) == levels.size();
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
  return same;
}

// The stream, and what the textbook makes of it: built once, when the first benchmark asks.
struct Market {
  MarketStreamConfig config;
  MarketStream stream{config};
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
  [[nodiscard]] std::unique_ptr<BookSet> Warm() const {
    auto books = std::make_unique<BookSet>(BookSetConfig{config.instruments, 1 << 21, 1 << 20});
    ApplyInOrder(*books, stream.warm_up);
    return books;
  }
};

void FullMarket(benchmark::State& state, bool look_ahead) {
  Market& market = Market::Get();
  const auto apply = [&](BookSet& books) {
    if (look_ahead) {
      LookAhead(books).Apply(market.stream.timed);
    } else {
      ApplyInOrder(books, market.stream.timed);
    }
  };
  auto books = market.Warm();
  apply(*books);
  if (!SameBooks(*books, market.textbook, market.config.instruments)) return state.SkipWithError("the books differ from the textbook's");
  double best = 1e9;
  uint64_t allocations = 0;
  for (auto _ : state) {
    books.reset();
    books = market.Warm();
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
BENCHMARK_CAPTURE(FullMarket, look_ahead, true)->Name("book/l3/market")->UseManualTime()->Iterations(3);
BENCHMARK_CAPTURE(FullMarket, one_at_a_time, false)->Name("book/l3/market_one_at_a_time")->UseManualTime()->Iterations(3);

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
    MarketStreamConfig config;
    config.instruments = 1;
    config.standing_orders = 300;
    config.timed_messages = 20'000;
    const MarketStream stream(config);
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
