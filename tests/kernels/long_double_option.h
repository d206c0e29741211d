// European options in 64-bit mantissas by the C library: the reference that prices of every engine are held against. It shares no code with
// kernels/. Needs positive volatility and time.
#pragma once

#include <cmath>

namespace tickgraph {

struct LongDoubleOption {
  long double price, delta, gamma, vega, theta, rho;
};

inline long double LongDoubleNormal(long double x) { return 0.5L * erfcl(-x / sqrtl(2.0L)); }

inline LongDoubleOption LongDoubleEuropean(double sign, double spot, double strike, double rate, double dividend_yield, double volatility,
                                           double time) {
  const long double s = spot, k = strike, r = rate, q = dividend_yield, v = volatility, t = time, w = sign;
  const long double deviation = v * sqrtl(t), grown = expl(-q * t), discount = expl(-r * t);
  const long double d1 = (logl(s / k) + (r - q) * t) / deviation + 0.5L * deviation, d2 = d1 - deviation;
  const long double density = expl(-0.5L * d1 * d1) / sqrtl(2.0L * 3.14159265358979323846264338327950288L);
  const long double n1 = LongDoubleNormal(w * d1), n2 = LongDoubleNormal(w * d2);
  LongDoubleOption out;
  out.price = w * (s * grown * n1 - k * discount * n2);
  out.delta = w * grown * n1;
  out.gamma = grown * density / (s * deviation);
  out.vega = s * grown * density * sqrtl(t);
  out.theta = -s * grown * density * v / (2.0L * sqrtl(t)) - w * r * k * discount * n2 + w * q * s * grown * n1;
  out.rho = w * k * t * discount * n2;
  return out;
}

}  // namespace tickgraph
