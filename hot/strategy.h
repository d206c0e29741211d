// The one interface of strategies, live and in replay, and the set of strategies that a loop is compiled with.
//
// In the flow: at the end of a packet the loop hands the engine's signals to the set; every report a gateway delivers goes to
// the strategy that sent the order. Strategies see the market through a Context alone and send through Context::Submit, where
// the loop runs risk, encodes and hands over to the gateway. One thread; everything is known at compile time and inlined.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <utility>

#include "hot/order.h"
#include "hot/signal.h"
#include "hot/top_of_book.h"
#include "hot/types.h"

namespace tickgraph {

// What the loop offers a strategy. Submit returns the order's token, or 0 where risk, a full table or the gateway refused it.
template <class C>
concept StrategyContext = requires(C& context, const C& view, InstrumentIndex i, const Order& order) {
  { view.now_ns() } -> std::convertible_to<uint64_t>;
  { view.top(i) } -> std::convertible_to<TopOfBook>;
  { view.state(i) } -> std::convertible_to<BookState>;
  { view.position(i) } -> std::convertible_to<Quantity>;
  { context.Submit(order) } -> std::convertible_to<OrderToken>;
};

struct StrategyCounters {
  uint64_t signals = 0;           // of the strategy's kinds
  uint64_t skipped_edge = 0;      // below the strategy's own minimum
  uint64_t skipped_not_live = 0;  // a leg's book may not be believed
  uint64_t skipped_moved = 0;     // a leg's quote is gone or worse than the signal saw it
  uint64_t skipped_small = 0;     // not one whole lot
  uint64_t orders = 0, refused = 0;
  uint64_t broken = 0;  // a later leg was refused after an earlier one was sent
  uint64_t fills = 0, rejects = 0;
  Quantity filled_lots = 0;
};

// The context of a strategy as the concept below is checked with.
struct ExampleContext {
  [[nodiscard]] uint64_t now_ns() const { return 0; }
  [[nodiscard]] TopOfBook top(InstrumentIndex) const { return {}; }
  [[nodiscard]] BookState state(InstrumentIndex) const { return BookState::kLive; }
  [[nodiscard]] Quantity position(InstrumentIndex) const { return 0; }
  OrderToken Submit(const Order&) { return 0; }
};
static_assert(StrategyContext<ExampleContext>);

template <class S>
concept Strategy = requires(S& s, const S& view, std::span<const Signal> signals, const ExecutionReport& report, const Order& order,
                            ExampleContext& context) {
  typename S::Config;
  { S::kName } -> std::convertible_to<const char*>;
  requires std::constructible_from<S, const typename S::Config&>;
  s.OnSignals(signals, context);
  s.OnReport(report, order, context);
  { view.counters() } -> std::same_as<const StrategyCounters&>;
};

// Strategies side by side, in order. Order::strategy is the index here.
template <Strategy... S>
class StrategySet {
 public:
  static constexpr size_t kCount = sizeof...(S);
  static constexpr const char* kNames[kCount] = {S::kName...};

  explicit StrategySet(const typename S::Config&... configs) : strategies_(S(configs)...) {}

  template <StrategyContext C>
  void OnSignals(std::span<const Signal> signals, C& context) {
    [&]<size_t... I>(std::index_sequence<I...>) {
      (
          [&] {
            Stamped<C> own{context, I};
            std::get<I>(strategies_).OnSignals(signals, own);
          }(),
          ...);
    }
    (std::make_index_sequence<kCount>{});
  }

  // `order` is ours as it was sent; its strategy alone hears of it.
  template <StrategyContext C>
  void OnReport(const ExecutionReport& report, const Order& order, C& context) {
    [&]<size_t... I>(std::index_sequence<I...>) {
      (
          [&] {
            if (order.strategy != I) return;
            Stamped<C> own{context, I};
            std::get<I>(strategies_).OnReport(report, order, own);
          }(),
          ...);
    }
    (std::make_index_sequence<kCount>{});
  }

  [[nodiscard]] const StrategyCounters& counters(size_t index) const {
    const StrategyCounters* out = nullptr;
    [&]<size_t... I>(std::index_sequence<I...>) { ((I == index ? void(out = &std::get<I>(strategies_).counters()) : void()), ...); }
    (std::make_index_sequence<kCount>{});
    return *out;
  }
  template <size_t I>
  auto& get() {
    return std::get<I>(strategies_);
  }

 private:
  // Marks every order with the strategy it came from.
  template <class C>
  struct Stamped {
    C& context;
    size_t index;
    [[nodiscard]] uint64_t now_ns() const { return context.now_ns(); }
    [[nodiscard]] TopOfBook top(InstrumentIndex i) const { return context.top(i); }
    [[nodiscard]] BookState state(InstrumentIndex i) const { return context.state(i); }
    [[nodiscard]] Quantity position(InstrumentIndex i) const { return context.position(i); }
    OrderToken Submit(Order order) {
      order.strategy = static_cast<uint8_t>(index);
      return context.Submit(order);
    }
  };

  std::tuple<S...> strategies_;
};

}  // namespace tickgraph
