// The search for cycles; see the header.
#include "kernels/currency_cycles.h"

#include <algorithm>

#include "kernels/wide_product.h"

namespace tickgraph {
namespace {

constexpr double kSlack = 1.0 - 0x1p-40;
constexpr int64_t kMostAmount = int64_t{1} << 62;
__extension__ typedef unsigned __int128 Wide;

int64_t MultiplyDivide(int64_t amount, int64_t times, int64_t over) {
  const Wide out = static_cast<Wide>(amount) * static_cast<Wide>(times) / static_cast<Wide>(over);
  return out > static_cast<Wide>(kMostAmount) ? kMostAmount : static_cast<int64_t>(out);
}

// The greatest product of two rates: order and vector width do not change it.
double BestTwo(const double* a, const double* b) {
  double best = 0;
#pragma omp simd reduction(max : best)
  for (uint32_t i = 0; i < kMaxCurrencies; ++i) {
    const double product = a[i] * b[i];
    best = product > best ? product : best;
  }
  return best;
}

}  // namespace

CurrencyCycles::CurrencyCycles(const CycleConfig& config)
    : config_(config),
      bound_(static_cast<double>(kWholeShare + config.min_edge) / static_cast<double>(kWholeShare) * kSlack),
      after_fee_(static_cast<double>(kWholeShare - config.fee) / static_cast<double>(kWholeShare)),
      markets_(config.max_markets) {
  for (auto& row : first_) std::fill_n(row, kMaxCurrencies, kNoMarket);
}

uint32_t CurrencyCycles::AddMarket(uint32_t base, uint32_t quote) {
  if (base >= kMaxCurrencies || quote >= kMaxCurrencies || base == quote || market_count_ == config_.max_markets) {
    ++counters_.rejected_markets;
    return kNoMarket;
  }
  const uint32_t market = market_count_++;
  markets_[market] = Market{base, quote, kNoMarket, {}};
  uint32_t* last = &first_[std::min(base, quote)][std::max(base, quote)];
  while (*last != kNoMarket) last = &markets_[*last].next;
  *last = market;
  return market;
}

void CurrencyCycles::Choose(uint32_t from, uint32_t to, uint32_t first) {
  double best = 0;
  Conversion choice;
  for (uint32_t m = first; m != kNoMarket; m = markets_[m].next) {
    const Market& market = markets_[m];
    const bool sells = market.base == from;
    const PriceNanos price = sells ? market.now.bid_nanos : market.now.ask_nanos;
    const int64_t size = sells ? market.now.bid_size_nanos : market.now.ask_size_nanos;
    if (price <= 0 || size == 0) continue;
    const double nanos = static_cast<double>(price);
    const double rate = (sells ? nanos / 1e9 : 1e9 / nanos) * after_fee_;
    if (rate > best) {
      best = rate;
      choice = {m, sells};
    }
  }
  rate_[from][to] = rate_to_[to][from] = best;
  best_[from][to] = choice;
}

void CurrencyCycles::Update(uint32_t market, const MarketQuote& quote) {
  ++counters_.quotes;
  Market& m = markets_[market];
  m.now = quote;
  const uint32_t first = first_[std::min(m.base, m.quote)][std::max(m.base, m.quote)];
  Choose(m.base, m.quote, first);
  Choose(m.quote, m.base, first);
}

uint32_t CurrencyCycles::Scan(uint32_t market, Cycle* out, uint32_t max) {
  Found found = {out, max, 0};
  const Market& m = markets_[market];
  ScanThrough(m.base, m.quote, true, &found);
  ScanThrough(m.quote, m.base, false, &found);  // there and back has been seen
  return found.count;
}

// Whether some walk of allowed length through the conversion may close with a gain; leaves in left_ what Extend needs.
bool CurrencyCycles::MayGain(uint32_t from, uint32_t to, double rate) {
  const bool pair = rate * rate_[to][from] > bound_;
  if (config_.max_length <= 3) return pair || (config_.max_length == 3 && rate * BestTwo(rate_[to], rate_to_[from]) > bound_);
  std::copy_n(rate_to_[from], kMaxCurrencies, left_[0]);
  for (int n = 1; n <= config_.max_length - 2; ++n) {
    for (uint32_t v = 0; v < kMaxCurrencies; ++v) left_[n][v] = std::max(left_[n - 1][v], BestTwo(rate_[v], left_[n - 1]));
  }
  return rate * left_[config_.max_length - 2][to] > bound_;
}

void CurrencyCycles::ScanThrough(uint32_t from, uint32_t to, bool pairs, Found* found) {
  const double rate = rate_[from][to];
  if (rate == 0 || !MayGain(from, to, rate)) return;
  ++counters_.searched;
  if (config_.max_length <= 3) std::copy_n(rate_to_[from], kMaxCurrencies, left_[0]);
  path_[0] = static_cast<uint8_t>(from);
  path_[1] = static_cast<uint8_t>(to);
  on_path_ = uint64_t{1} << from | uint64_t{1} << to;
  Extend(1, rate, pairs, found);
}

// path_ holds `length` conversions, whose product is given; `pairs`: it may close at once.
void CurrencyCycles::Extend(int length, double product, bool pairs, Found* found) {
  const uint32_t at = path_[length];
  if ((length > 1 || pairs) && product * left_[0][at] > bound_) Judge(length + 1, found);
  if (length + 2 > config_.max_length) return;
  // After the next conversion so many may follow, less one.
  const double* left = left_[config_.max_length - length - 2];
  for (uint32_t next = 0; next < kMaxCurrencies; ++next) {
    const double longer = product * rate_[at][next];
    if (longer * left[next] <= bound_ || (on_path_ >> next & 1) != 0) continue;
    path_[length + 1] = static_cast<uint8_t>(next);
    on_path_ |= uint64_t{1} << next;
    Extend(length + 1, longer, pairs, found);
    on_path_ &= ~(uint64_t{1} << next);
  }
}

void CurrencyCycles::Judge(int length, Found* found) {
  Cycle cycle;
  WideProduct brings, takes;
  brings.Times(static_cast<uint64_t>(kWholeShare));
  takes.Times(static_cast<uint64_t>(kWholeShare + config_.min_edge));
  double product = 1;
  for (int i = 0; i < length; ++i) {
    const uint32_t from = path_[i], to = i + 1 == length ? path_[0] : path_[i + 1];
    const Conversion& conversion = best_[from][to];
    const MarketQuote& quote = markets_[conversion.market].now;
    const PriceNanos price = conversion.sells ? quote.bid_nanos : quote.ask_nanos;
    brings.Times(static_cast<uint64_t>(conversion.sells ? price : kNanosPerUnit));
    brings.Times(static_cast<uint64_t>(kWholeShare - config_.fee));
    takes.Times(static_cast<uint64_t>(conversion.sells ? kNanosPerUnit : price));
    takes.Times(static_cast<uint64_t>(kWholeShare));
    cycle.legs[i] = {conversion.market, static_cast<uint8_t>(from), conversion.sells, price, quote.sequence};
    product *= rate_[from][to];
  }
  if (!brings.Above(takes) || (length == 2 && cycle.legs[0].market == cycle.legs[1].market)) return;
  ++counters_.found;
  if (found->count == found->max) {
    ++counters_.dropped;
    return;
  }
  cycle.length = length;
  cycle.edge = product - 1;
  Measure(&cycle);
  found->out[found->count++] = cycle;
}

// Backwards, the most that each leg can take in; forwards, what comes of the most that the first one can.
void CurrencyCycles::Measure(Cycle* cycle) const {
  const int64_t kept = kWholeShare - config_.fee;
  int64_t most = kMostAmount;
  for (int i = cycle->length; i-- > 0;) {
    const CycleLeg& leg = cycle->legs[i];
    const MarketQuote& quote = markets_[leg.market].now;
    const int64_t size = leg.sells ? quote.bid_size_nanos : quote.ask_size_nanos;
    if (size < 0) return;
    const int64_t before_fee = MultiplyDivide(most, kWholeShare, kept);
    most = leg.sells ? std::min(size, MultiplyDivide(before_fee, kNanosPerUnit, leg.price_nanos))
                     : MultiplyDivide(std::min(size, before_fee), leg.price_nanos, kNanosPerUnit);
  }
  int64_t amount = most;
  for (int i = 0; i < cycle->length; ++i) {
    const CycleLeg& leg = cycle->legs[i];
    amount = leg.sells ? MultiplyDivide(amount, leg.price_nanos, kNanosPerUnit) : MultiplyDivide(amount, kNanosPerUnit, leg.price_nanos);
    amount = MultiplyDivide(amount, kept, kWholeShare);
  }
  cycle->amount_nanos = most;
  cycle->gain_nanos = amount - most;
}

}  // namespace tickgraph
