// American options as a device works on them, run on the host, against one contract at a time: bit for bit, at sizes around a warp, a
// slice of the million that `make soak` does, with contracts that the kernel leaves to the host and with what makes no sense.
#include "kernels/american_batch.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "hot/hash.h"
#include "kernels/american.h"
#include "tests/kernels/launch_emulator.h"
#include "tests/soak.h"

namespace tickgraph {
namespace {

struct Contracts {
  // One in `odd` is expired, without chance, never exercised, between two boundaries, or not a contract at all.
  Contracts(size_t count, uint64_t odd)
      : in(7, std::vector<double>(count)), out(4, std::vector<double>(count + 1, 17)), status(count + 1, 99) {
    constexpr double kLow[] = {0, 60, 60, .001, .001, .05, .01}, kHigh[] = {0, 150, 150, .12, .12, .9, 3};
    for (size_t i = 0; i < count; ++i) {
      for (size_t c = 0; c < 7; ++c) in[c][i] = kLow[c] + (kHigh[c] - kLow[c]) * static_cast<double>(Mix(i * 7 + c + 1) >> 11) * 0x1p-53;
      in[0][i] = Mix(i) % 2 == 0 ? 1.0 : -1.0;
      if (Mix(i + 77) % odd != 0) continue;
      const double strange[] = {0.0, -1.0, NAN, -.01, INFINITY, 1e-9};
      in[1 + Mix(i + 5) % 6][i] = strange[Mix(i + 9) % std::size(strange)];
    }
  }
  AmericanBatch batch() {
    return {in[0].data(), in[1].data(),  in[2].data(),  in[3].data(),  in[4].data(),  in[5].data(),
            in[6].data(), out[0].data(), out[1].data(), out[2].data(), out[3].data(), status.data()};
  }
  std::vector<std::vector<double>> in, out;
  std::vector<uint8_t> status;
};

void ExpectTheCpusBits(size_t count, uint64_t odd, FiberOrder order) {
  Contracts c(count, odd);
  const AmericanFastTables tables = MakeAmericanFastTables();
  const AmericanBatch batch = c.batch();
  LaunchEmulator(2, kAmericanThreads, order).RunShared<AmericanShared>([&](EmulatedBlock& b, AmericanShared& shared) {
    AmericanBatchBody(b, tables, batch, count, shared);
  });
  size_t left = 0;
  for (size_t i = 0; i < count; ++i) {
    const AmericanContract contract = ContractAt(batch, i);
    ASSERT_EQ(c.status[i], IsRegularAmerican(contract) ? kPricedByKernel : kLeftToHost) << i;
    left += c.status[i] == kLeftToHost;
  }
  FinishAmericanBatch(batch, count);
  for (size_t i = 0; i < count; ++i) {
    const AmericanValue want = American(ContractAt(batch, i), AmericanPreset::kFast);
    const double numbers[] = {want.price, want.delta, want.gamma, want.theta};
    for (size_t f = 0; f < 4; ++f) {
      const bool same = std::memcmp(&numbers[f], &c.out[f][i], sizeof(double)) == 0 || (std::isnan(numbers[f]) && std::isnan(c.out[f][i]));
      ASSERT_TRUE(same) << "contract " << i << " of " << count << " number " << f << ": " << c.out[f][i] << " not " << numbers[f];
    }
  }
  for (const auto& column : c.out) EXPECT_EQ(column.back(), 17) << "written past the end";
  EXPECT_EQ(c.status.back(), 99);
  if (count > 1000) {
    EXPECT_GT(left, count / odd / 4);
    EXPECT_LT(left, count / 2);
  }
}

TEST(AmericanBatchTest, IsWrittenForTheShapeOfTheFastPreset) {
  const AmericanTables& t = AmericanTablesFor(AmericanPreset::kFast);
  EXPECT_EQ(static_cast<uint32_t>(t.boundary_nodes), kAmericanLanes);
  EXPECT_EQ(static_cast<uint32_t>(t.kernel_nodes), kFastKernelNodes);
  EXPECT_EQ(static_cast<uint32_t>(t.price_nodes), kFastPriceNodes);
  EXPECT_FALSE(t.split_price);
}

TEST(AmericanBatchTest, TheKernelsBodyGivesTheCpusBits) {
  for (const FiberOrder order : {FiberOrder::kForward, FiberOrder::kBackward, FiberOrder::kMixed}) {
    for (const size_t count : {0, 1, 31, 32, 33, 300}) ExpectTheCpusBits(count, 8, order);
  }
}

TEST(AmericanBatchTest, AMillionContractsProperty) { ExpectTheCpusBits(testing::SliceOrSoak(4'000, 1'000'000), 50, FiberOrder::kBackward); }

}  // namespace
}  // namespace tickgraph
