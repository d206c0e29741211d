// The host's side of american_batch.h. That the fast preset has the shape which the kernel is written for, a test holds.
#include "kernels/american_batch.h"

#include <algorithm>
#include <iterator>

#include "kernels/american.h"

namespace tickgraph {

AmericanFastTables MakeAmericanFastTables() {
  const AmericanTables& t = AmericanTablesFor(AmericanPreset::kFast);
  AmericanFastTables out;
  std::copy_n(t.root_time.begin(), std::size(out.root_time), out.root_time);
  std::copy_n(t.half.begin(), std::size(out.half), out.half);
  std::copy_n(t.weight.begin(), std::size(out.weight), out.weight);
  std::copy_n(t.interpolation.begin(), std::size(out.interpolation), out.interpolation);
  std::copy_n(t.price_half.begin(), std::size(out.price_half), out.price_half);
  std::copy_n(t.price_weight.begin(), std::size(out.price_weight), out.price_weight);
  std::copy_n(t.price_interpolation.begin(), std::size(out.price_interpolation), out.price_interpolation);
  out.iterations = t.iterations;
  return out;
}

void FinishAmericanBatch(const AmericanBatch& batch, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (batch.status[i] != kLeftToHost) continue;
    const AmericanValue v = American(ContractAt(batch, i), AmericanPreset::kFast);
    batch.price[i] = v.price;
    batch.delta[i] = v.delta;
    batch.gamma[i] = v.gamma;
    batch.theta[i] = v.theta;
  }
}

}  // namespace tickgraph
