// A simulated exchange behind its gateway, over a market that a test states level by level.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "hot/order_state.h"
#include "replay/simulated_exchange.h"

namespace tickgraph {

inline constexpr PriceNanos kCent = kNanosPerUnit / 100;
inline constexpr uint64_t kStart = 1'577'716'200'000'000'000;  // 2019-12-30 14:30 UTC

// Books as maps, so that a test states what is displayed.
struct FakeMarket {
  std::map<std::pair<InstrumentIndex, Side>, std::map<PriceNanos, Quantity>> levels;

  template <class F>
  void ForEachLevel(InstrumentIndex i, Side side, F f) const {
    const auto found = levels.find({i, side});
    if (found == levels.end()) return;
    if (side == Side::kBuy) {
      for (auto at = found->second.rbegin(); at != found->second.rend(); ++at) {
        if (!f(at->first, at->second, 1u)) return;
      }
    } else {
      for (const auto& [price, quantity] : found->second) {
        if (!f(price, quantity, 1u)) return;
      }
    }
  }
  [[nodiscard]] TopOfBook top(InstrumentIndex i) const {
    TopOfBook out;
    ForEachLevel(i, Side::kBuy,
                 [&](PriceNanos price, Quantity quantity, uint32_t) { return out.bid_nanos = price, out.bid_quantity = quantity, false; });
    ForEachLevel(i, Side::kSell,
                 [&](PriceNanos price, Quantity quantity, uint32_t) { return out.ask_nanos = price, out.ask_quantity = quantity, false; });
    return out;
  }
};

class SimulatedExchangeTest : public ::testing::Test {
 protected:
  SimulatedExchangeTest() : instruments_(16, 16) {
    bool made = false;
    stock_ = instruments_.Equity(0, 1, Symbol::From("ACME"), &made);
    other_venue_ = instruments_.Equity(1, 1, Symbol::From("ACME"), &made);
    OptionKey key;
    key.root = Symbol::From("ACME");
    key.strike_nanos = 100 * kNanosPerUnit;
    call_ = instruments_.Option(2, key, &made);
    config_.max_instruments = 16;
    Restart();
  }

  void Restart() {
    exchange_ = std::make_unique<SimulatedExchange<FakeMarket>>(config_, instruments_, market_);
    gateway_ = exchange_->gateway();
  }
  void Show(InstrumentIndex i, Side side, PriceNanos price, Quantity quantity) {
    if (quantity == 0) {
      market_.levels[{i, side}].erase(price);
    } else {
      market_.levels[{i, side}][price] = quantity;
    }
  }
  // As Show, and the loop tells the gateway at the end of the packet.
  void Change(uint64_t now_ns, InstrumentIndex i, Side side, PriceNanos price, Quantity quantity) {
    Show(i, side, price, quantity);
    gateway_.top_changed(gateway_.self, now_ns, i);
  }

  bool Send(uint64_t now_ns, InstrumentIndex i, Side side, PriceNanos price, Quantity quantity,
            TimeInForce time_in_force = TimeInForce::kImmediateOrCancel) {
    Order order;
    order.token = ++token_;
    order.instrument = i;
    order.side = side;
    order.price_nanos = price;
    order.quantity = quantity;
    order.time_in_force = time_in_force;
    uint8_t bytes[ouch::kMaxEncodedSize];
    const uint32_t size = ouch::EncodeEnterOrder(order, instruments_[i], bytes);
    EXPECT_NE(size, 0u);
    return gateway_.send(gateway_.self, now_ns, order, bytes, size);
  }
  bool SendRaw(uint64_t now_ns, InstrumentIndex i, const ouch::in::EnterOrder& message) {
    uint8_t bytes[ouch::kMaxEncodedSize];
    Order route;
    route.instrument = i;
    return gateway_.send(gateway_.self, now_ns, route, bytes, ouch::Encode(message, {}, bytes));
  }
  bool SendCancel(uint64_t now_ns, InstrumentIndex i, OrderToken token, uint32_t intended) {
    uint8_t bytes[ouch::kMaxEncodedSize];
    Order route;
    route.instrument = i;
    return gateway_.send(gateway_.self, now_ns, route, bytes, ouch::EncodeCancel(token, intended, bytes));
  }

  std::vector<ExecutionReport> PollAll(uint64_t now_ns) {
    std::vector<ExecutionReport> out;
    ExecutionReport report;
    while (gateway_.poll(gateway_.self, now_ns, &report)) out.push_back(report);
    return out;
  }
  // Everything still under way, as a word a report: "A", "F100@10.01", "C50I", "J23".
  std::string Outcome() {
    std::string out;
    for (const ExecutionReport& r : PollAll(UINT64_MAX - 1)) {
      if (!out.empty()) out += ' ';
      out += "AFCJ"[static_cast<int>(r.kind)];
      if (r.kind == ReportKind::kFilled) out += std::to_string(r.quantity) + "@" + std::to_string(r.price_nanos / kCent);
      if (r.kind == ReportKind::kCanceled) out += std::to_string(r.quantity) + static_cast<char>(r.reason);
      if (r.kind == ReportKind::kRejected) out += std::to_string(r.reason);
    }
    return out;
  }

  InstrumentTable instruments_;
  FakeMarket market_;
  SimulatedExchangeConfig config_;
  std::unique_ptr<SimulatedExchange<FakeMarket>> exchange_;
  OrderGateway gateway_;
  InstrumentIndex stock_ = 0, other_venue_ = 0, call_ = 0;
  OrderToken token_ = 0;
};

}  // namespace tickgraph
