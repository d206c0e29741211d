// The kernels that price a chain and look for its extremes: every instruction set and the emulated grid give the bits of the functions of
// one contract, at sizes around a warp and at a million contracts.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "hot/hash.h"
#include "kernels/grid_stages.h"
#include "kernels/simd_kernels.h"
#include "tests/kernels/launch_emulator.h"

namespace tickgraph {
namespace {

constexpr uint32_t kSizes[] = {0, 1, 31, 32, 33, 500'000};
constexpr PriceNanos kTwiceMid = 2 * 101'370'000'000;

// One product's pairs with quotes of every sort: fair, coarse, absent on a side, crossed, below what the contract is worth at once, of a
// strike far away, at expiry.
class Chain {
 public:
  explicit Chain(uint32_t pairs) : words_(kWords * pairs), contracts_(pairs), meta_(pairs) {
    uint64_t* at = words_.data();
    const auto take = [&](auto** column) {
      using Element = std::remove_reference_t<decltype(**column)>;
      static_assert(sizeof(Element) == 8);
      *column = reinterpret_cast<Element*>(at);
      at += pairs;
    };
    for (int side = 0; side < 2; ++side) {
      take(&columns.bid[side]), take(&columns.ask[side]), take(&columns.volatility[side]), take(&columns.theo[side]);
      for (auto& greek : columns.greeks[side]) take(&greek);
    }
    take(&columns.discounted_strike_nanos), take(&columns.strike_nanos);
    take(&columns.discounted_strike), take(&columns.dividend_factor), take(&columns.sqrt_time), take(&columns.time);
    columns.contracts = contracts_.data();
    columns.meta = meta_.data();
    for (uint32_t p = 0; p < pairs; ++p) Fill(p);
  }
  [[nodiscard]] ChainInput input() const { return {static_cast<double>(kTwiceMid) * 0.5e-9, .04, .013}; }

  PairColumns columns = {};

  // The first column that differs from the other chain's, -1 where none does; NaNs are equal whatever their payload.
  [[nodiscard]] int Difference(const Chain& other) const {
    const size_t pairs = meta_.size();
    for (size_t i = 0; i < words_.size(); ++i) {
      if (words_[i] != other.words_[i] && !(IsNan(words_[i]) && IsNan(other.words_[i]))) return static_cast<int>(i / pairs);
    }
    return pairs == 0 || std::memcmp(meta_.data(), other.meta_.data(), pairs * sizeof(PairMeta)) == 0 ? -1 : static_cast<int>(kWords);
  }

 private:
  static constexpr size_t kWords = 24;

  static bool IsNan(uint64_t bits) {
    double x;
    std::memcpy(&x, &bits, sizeof x);
    return std::isnan(x);
  }

  void Fill(uint32_t p) {
    auto dice = [p, at = uint64_t{0}](uint64_t sides) mutable { return Mix(p * uint64_t{64} + ++at) % sides; };
    const double time = dice(40) == 0 ? 0.0 : static_cast<double>(1 + dice(900)) / 365.0;
    const PriceNanos strike = static_cast<PriceNanos>(dice(30) == 0 ? 1 + dice(900) : 60 + dice(80)) * kNanosPerUnit;
    columns.strike_nanos[p] = strike;
    columns.time[p] = time;
    columns.sqrt_time[p] = std::sqrt(time);
    columns.discounted_strike[p] = static_cast<double>(strike) * 1e-9 * Exp(-.04 * time);
    columns.discounted_strike_nanos[p] = RoundToInt64(columns.discounted_strike[p] * 1e9);
    columns.dividend_factor[p] = Exp(-.013 * time);
    for (int side = 0; side < 2; ++side) {
      const double sign = side == 0 ? 1.0 : -1.0;
      const auto fair =
          MakeEuropeanContract(sign, 101.37, static_cast<double>(strike) * 1e-9, .04, .013, .1 + .01 * static_cast<double>(dice(60)), time);
      const PriceNanos price = RoundToInt64(GreeksFromParts(fair.terms, fair.parts).price * 100) * 10'000'000;
      const auto away = static_cast<PriceNanos>(dice(30)) * 10'000'000;
      columns.bid[side][p] = dice(12) == 0 ? kAbsentBid : price - (dice(15) == 0 ? 5 * kNanosPerUnit : away);
      columns.ask[side][p] = dice(12) == 0 ? kAbsentAsk : price + (dice(15) == 0 ? -away : away);
      columns.volatility[side][p] = dice(10) == 0 ? 0.0 : .05 + .01 * static_cast<double>(dice(100));
      meta_[p].volatility_due[side] = dice(16) == 0;
    }
  }

  std::vector<uint64_t> words_;
  std::vector<PairContracts> contracts_;
  std::vector<PairMeta> meta_;
};

// What the kernels must give, a contract at a time.
void PricePlainly(Chain& chain, uint32_t first, uint32_t count) {
  for (uint32_t p = first; p < first + count; ++p) {
    for (int side = 0; side < 2; ++side) {
      ReviseVolatility(chain.columns, chain.input(), p, side);
      PriceContract(chain.columns, chain.input(), p, side);
    }
  }
}

TEST(ChainKernelsTest, PricesAreTheSameBitsOnEveryInstructionSet) {
  for (const uint32_t pairs : kSizes) {
    Chain want(pairs);
    PricePlainly(want, 0, pairs);
    for (int level = 0; level <= static_cast<int>(BestSimdLevel()); ++level) {
      const SimdKernels& kernels = SimdKernelsFor(static_cast<SimdLevel>(level));
      Chain got(pairs);
      kernels.price_chain(got.columns, got.input(), 0, pairs);
      EXPECT_EQ(got.Difference(want), -1) << kernels.name << " at " << pairs;
    }
  }
}

// A part of a chain, as each product has one, and contracts one by one.
TEST(ChainKernelsTest, OnlyWhatIsAskedForIsPriced) {
  Chain want(200);
  PricePlainly(want, 37, 61);
  for (int level = 0; level <= static_cast<int>(BestSimdLevel()); ++level) {
    const SimdKernels& kernels = SimdKernelsFor(static_cast<SimdLevel>(level));
    Chain part(200), single(200);
    kernels.price_chain(part.columns, part.input(), 37, 61);
    EXPECT_EQ(part.Difference(want), -1) << kernels.name;
    for (uint32_t p = 37; p < 98; ++p) {
      for (int side = 0; side < 2; ++side) kernels.price_contract(single.columns, single.input(), p, side);
    }
    EXPECT_EQ(single.Difference(want), -1) << kernels.name;
  }
}

TEST(ChainKernelsTest, PricesAreTheSameBitsOnTheEmulatedGrid) {
  for (const uint32_t pairs : kSizes) {
    Chain want(pairs), got(pairs);
    PricePlainly(want, 0, pairs);
    ProductState product = {};
    product.pair_count = pairs;
    product.twice_mid_nanos = kTwiceMid;
    product.mid_changed = 1;
    EngineScalars scalars = {};
    scalars.touched_count = 1;
    ProductIndex touched = 0;
    EngineState state = {};
    state.config.rate = .04;
    state.config.dividend_yield = .013;
    state.products = &product;
    state.scalars = &scalars;
    state.touched = &touched;
    state.pair = got.columns;
    LaunchEmulator(3, kPricingThreads).Run([&](EmulatedBlock& b) {
      PriceChains(b.block() * b.threads() + b.thread(), b.blocks() * b.threads(), state, GridInput{});
    });
    EXPECT_EQ(got.Difference(want), -1) << pairs;
  }
}

TEST(ChainKernelsTest, ExtremesAreThoseOfAPlainLoop) {
  for (const uint32_t pairs : kSizes) {
    const Chain chain(pairs);
    PriceNanos highest = 2 * kAbsentBid, lowest = 2 * kAbsentAsk;
    for (uint32_t p = 0; p < pairs; ++p) {
      highest = std::max(highest, SyntheticBid(chain.columns, p));
      lowest = std::min(lowest, SyntheticAsk(chain.columns, p));
    }
    for (int level = 0; level <= static_cast<int>(BestSimdLevel()); ++level) {
      const SimdKernels& kernels = SimdKernelsFor(static_cast<SimdLevel>(level));
      const SyntheticExtremes got = kernels.synthetic_extremes(chain.columns, 0, pairs);
      EXPECT_EQ(got.highest_bid, highest) << kernels.name << " at " << pairs;
      EXPECT_EQ(got.lowest_ask, lowest) << kernels.name << " at " << pairs;
    }
  }
}

}  // namespace
}  // namespace tickgraph
