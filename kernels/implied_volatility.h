// Implied volatility of a European option: a fixed number of third-order steps from a closed-form start, without branches.
//
// In the flow: an option quote's mid becomes a volatility here before the pricing stage uses it; also `options iv`. Any thread, CPU and
// GPU. Method: only the out-of-the-money side is inverted, in units where forward and strike enter through x = -|ln(F/K)| alone (b = price
// / (discount sqrt(F K)), s = volatility sqrt(time), h = x/s, t = s/2). With P = e^(-(h^2 + t^2)/2) and H of math.h's ScaledTail,
//   b = P (H(-h - t) - H(t - h)) and db/ds = P / sqrt(2 pi).
// The difference cancels for small s, so there it is the integral of 1 - z M(z) (M: Mills ratio) over [-h - t, -h + t], whose integrand is
// positive, by six Gauss points. Steps are of Householder's third order on 1/ln b (below the inflection s = sqrt(2|x|)), b, or
// ln(b_max - b) (upper half), each nearly straight in its range.
#pragma once

#include "hot/event.h"
#include "kernels/math.h"

// A loop is vectorised over options only when the steps within are unrolled.
#if defined(__CUDA_ARCH__) || defined(__clang__)
#define TICKGRAPH_UNROLL _Pragma("unroll")
#elif defined(__CUDACC__)
#define TICKGRAPH_UNROLL
#else
#define TICKGRAPH_UNROLL _Pragma("GCC unroll 4")
#endif

namespace tickgraph {

enum class ImpliedVolatilityStatus : uint8_t { kOk = 0, kBelowIntrinsic, kAboveMaximum, kExpired, kInvalid };
inline constexpr const char* kImpliedVolatilityStatusNames[] = {"ok", "below_intrinsic", "above_maximum", "expired", "invalid"};
inline constexpr int kImpliedVolatilitySteps = 4;

struct ImpliedVolatilityResult {
  double volatility;  // NaN unless the status is kOk; 0 where the price is the intrinsic value
  ImpliedVolatilityStatus status;
};

// 1 - z M(z) for z >= -1/2, times (1 + y)^2 a polynomial in (y - 5)/(y + 5), y = z + 1/2.
TICKGRAPH_HD double MillsSlope(double z) {
  const double y = z + 0.5;
  const double weight = 1.0 + y;
  const double sum = y + 5.0;
  const double inverse = 1.0 / (weight * sum);
  const double t = (y - 5.0) * weight * inverse;
  const double one_over_weight = sum * inverse;
  return Polynomial(t, 1.563565968390849983, -0.9530538202403642484, 0.4858219633977880642, 0.05254560669118506837, -0.3859115494549554687,
                    0.4163612970642367638, -0.2469587338663400972, 0.05489630765799004014, 0.04826571592933526846, -0.05860746021236558639,
                    0.029223640856451642, -0.004726473687568932114, -0.003056774998418070355, 0.00187170130019457644,
                    6.708043902389703143e-6, -0.0003381671509083659817, 0.00006193923556686144763, 0.00005439084135895013049,
                    -0.00001776705501894684323, -9.13866438991286027e-6, 3.902372891105791506e-6, 1.60823543211089387e-6,
                    -7.396907372404517662e-7, -2.480048590925662505e-7, 1.098921291672417331e-7, 2.23305602573907451e-8,
                    -9.213946240710662555e-9) *
         (one_over_weight * one_over_weight);
}

struct NormalizedBlack {
  double log_scale;  // ln P
  double scale;      // P
  double ratio;      // b / P; meaningful below the inflection and for small s
  double price;      // b
  double remainder;  // b_max - b
};

TICKGRAPH_HD NormalizedBlack NormalizedBlackAt(double x, double s, double maximum) {
  const double h = x / s, t = 0.5 * s, near = -h - t, far = t - h;
  NormalizedBlack b;
  b.log_scale = -0.5 * Fma(h, h, t * t);
  b.scale = Exp(b.log_scale);
  const double tail_near = ScaledTail(Abs(near)), tail_far = ScaledTail(far);
  const double a1 = 0.2386191860831969086 * t, a2 = 0.6612093864662645136 * t, a3 = 0.9324695142031520278 * t;
  const double centre = Larger(-h, t - 0.5);  // keeps lanes that do not use the integral inside its range
  const double integral = t * kInverseSqrtTwoPi<double> *
                          (0.4679139345726910473 * (MillsSlope(centre - a1) + MillsSlope(centre + a1)) +
                           0.3607615730481386076 * (MillsSlope(centre - a2) + MillsSlope(centre + a2)) +
                           0.1713244923791703450 * (MillsSlope(centre - a3) + MillsSlope(centre + a3)));
  b.ratio = t <= 0.25 ? integral : tail_near - tail_far;
  const double both = b.scale * (tail_near + tail_far);
  const double by_ratio = t <= 0.25 ? 1.0 : near;  // a number, since g++ vectorises no select between conditions
  b.price = by_ratio >= 0.0 ? b.scale * b.ratio : maximum - both;
  b.remainder = by_ratio >= 0.0 ? maximum - b.price : both;
  return b;
}

// Standard normal quantile of p in (0, 1/2], negated, to 4.5e-4 (Hastings; Abramowitz-Stegun 26.2.23): a start only.
TICKGRAPH_HD double CoarseUpperQuantile(double p) {
  const double t = Sqrt(Larger(-2.0 * Log(p), 0.0));
  return t - Fma(t, Fma(t, 0.010328, 0.802853), 2.515517) / Fma(t, Fma(t, Fma(t, 0.001308, 0.189269), 1.432788), 1.0);
}

// s with b(x, s) = price, for x <= 0 < price < maximum = e^(x/2).
TICKGRAPH_HD double NormalizedImpliedDeviation(double x, double price, double maximum) {
  const double distance = 1e-30 - x;  // never 0; the addend is lost in any other -x
  const double inflection = Sqrt(2.0 * distance);
  const double price_at_inflection = maximum * (0.5 - ScaledTail(inflection));
  const double log_price = Log(price);
  const bool low = price < price_at_inflection;
  const bool high = price > 0.5 * maximum;
  const double low_start = distance / Sqrt(Larger(-2.0 * Log(price / price_at_inflection), 0.0) + 0.5 * distance);
  const double high_start =
      Fma(2.0, CoarseUpperQuantile(0.5 * Smaller((maximum - price) / (maximum - price_at_inflection), 1.0)), inflection);
  double s = low ? low_start : high_start;
  s = Larger(s, price * 2.5066282746310005);  // b <= s / sqrt(2 pi)
  TICKGRAPH_UNROLL
  for (int step = 0; step < kImpliedVolatilitySteps; ++step) {
    const NormalizedBlack b = NormalizedBlackAt(-distance, s, maximum);
    const double vega = b.scale * kInverseSqrtTwoPi<double>;
    const double inverse = 1.0 / s;
    const double slope = distance * inverse;
    const double curve = slope * slope * inverse - 0.25 * s;                                  // b'' / b'
    const double third = curve * curve - 3.0 * (slope * inverse) * (slope * inverse) - 0.25;  // b''' / b'
    const double log_b = b.log_scale + Log(b.ratio);
    const double inverse_log = 1.0 / log_b;
    const double growth = (low ? 1.0 : b.scale) * kInverseSqrtTwoPi<double> / (low ? b.ratio : b.remainder);  // b'/b or b'/(b_max - b)
    const double bend = Fma(2.0, inverse_log, 1.0);
    const double low_newton = log_b * (log_price - log_b) / (log_price * growth);
    const double low_halley = curve - growth * bend;
    const double low_third = third + 2.0 * growth * growth * Fma(3.0 * inverse_log, 1.0 + inverse_log, 1.0) - 3.0 * curve * growth * bend;
    const double high_newton = Log(b.remainder / (maximum - price)) / growth;
    const double high_third = third + growth * Fma(2.0, growth, 3.0 * curve);
    const double newton = low ? low_newton : (high ? high_newton : (price - b.price) / vega);
    const double halley = low ? low_halley : (high ? curve + growth : curve);
    const double jerk = low ? low_third : (high ? high_third : third);
    const double move = newton * Fma(0.5 * halley, newton, 1.0) / Fma(newton, halley + jerk * newton * (1.0 / 6.0), 1.0);
    // A step may not leave the neighbourhood in which the third-order model holds, nor become a NaN.
    const double bounded = move > -0.5 * s ? (move < s ? move : s) : -0.5 * s;
    s = move == move ? s + bounded : s;
  }
  return s;
}

// The result with its status as a double, so that the lanes of a vector have one width.
struct CodedVolatility {
  double volatility, status;
};

TICKGRAPH_HD CodedVolatility CodedVolatilityFrom(double sign, double price, double spot_discounted, double strike_discounted, double time) {
  const double intrinsic = Larger(sign * (spot_discounted - strike_discounted), 0.0);
  const double most = sign > 0.0 ? spot_discounted : strike_discounted;
  const double largest = spot_discounted > strike_discounted ? spot_discounted : strike_discounted;
  const double least = spot_discounted > strike_discounted ? strike_discounted : spot_discounted;
  // One test for all: 0 times an infinity or a NaN is a NaN, and a NaN is not greater than 0.
  const bool valid = least + 0.0 * (largest + price + time + spot_discounted + strike_discounted) > 0.0;
  const double ratio = spot_discounted / strike_discounted;
  const double low_ratio = ratio < 1.0 ? ratio : strike_discounted / spot_discounted;
  const double maximum = Sqrt(low_ratio);
  const double value = (price - intrinsic) / Sqrt(spot_discounted * strike_discounted);
  const double s = NormalizedImpliedDeviation(Log(low_ratio), value, maximum);
  const double volatility = value > 0.0 ? s / Sqrt(time) : 0.0;
  const double range = price < intrinsic ? 1.0 : (price >= most ? 2.0 : 0.0);
  const double status = valid ? (time > 0.0 ? range : 3.0) : 4.0;
  return {status == 0.0 ? volatility : NotANumber<double>(), status};
}

TICKGRAPH_HD ImpliedVolatilityResult ImpliedVolatilityFrom(double sign, double price, double spot_discounted, double strike_discounted,
                                                           double time) {
  const CodedVolatility coded = CodedVolatilityFrom(sign, price, spot_discounted, strike_discounted, time);
  return {coded.volatility, static_cast<ImpliedVolatilityStatus>(static_cast<int>(coded.status))};
}

TICKGRAPH_HD ImpliedVolatilityResult ImpliedVolatility(OptionRight right, double price, double spot, double strike, double rate,
                                                       double dividend_yield, double time_years) {
  return ImpliedVolatilityFrom(right == OptionRight::kCall ? 1.0 : -1.0, price, spot * Exp(-dividend_yield * time_years),
                               strike * Exp(-rate * time_years), time_years);
}

}  // namespace tickgraph
