// Exponential, logarithm and normal distribution in float and double: the one math source of every engine.
//
// In the flow: european.h and implied_volatility.h are built on it; the CPU engine runs it over arrays, the CUDA engine in a thread.
// Pure functions, any thread. Made of + - * / sqrt, explicit fma and bit casts on IEEE types alone, without branches, so g++, nvcc and
// every instruction set give the same bits, and g++ vectorises loops over it. Everything is forced inline: a file compiled for a wider
// instruction set leaves no weak symbol that older machines could be linked to. Compile with -ffp-contract=off (nvcc: --fmad=false).
#pragma once

#include <cstdint>

#if defined(__CUDACC__)
#define TICKGRAPH_HD __host__ __device__ __forceinline__
#else
#define TICKGRAPH_HD inline __attribute__((always_inline))
#endif

namespace tickgraph {

TICKGRAPH_HD double Fma(double a, double b, double c) { return __builtin_fma(a, b, c); }
TICKGRAPH_HD float Fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
TICKGRAPH_HD double Sqrt(double x) { return __builtin_sqrt(x); }
TICKGRAPH_HD float Sqrt(float x) { return __builtin_sqrtf(x); }
TICKGRAPH_HD double Abs(double x) { return __builtin_fabs(x); }
TICKGRAPH_HD float Abs(float x) { return __builtin_fabsf(x); }
// The first argument where a NaN is among them, on every target.
template <class T>
TICKGRAPH_HD T Larger(T x, T floor) {
  return x < floor ? floor : x;
}
template <class T>
TICKGRAPH_HD T Smaller(T x, T ceiling) {
  return x > ceiling ? ceiling : x;
}

TICKGRAPH_HD uint64_t Bits(double x) { return __builtin_bit_cast(uint64_t, x); }
TICKGRAPH_HD uint32_t Bits(float x) { return __builtin_bit_cast(uint32_t, x); }
TICKGRAPH_HD double FromBits(uint64_t x) { return __builtin_bit_cast(double, x); }
TICKGRAPH_HD float FromBits(uint32_t x) { return __builtin_bit_cast(float, x); }

template <class T>
TICKGRAPH_HD T Infinity() {
  return static_cast<T>(__builtin_inf());
}
template <class T>
TICKGRAPH_HD T NotANumber() {
  return static_cast<T>(__builtin_nan(""));
}

// c0 + c1 t + c2 t^2 + ...: Horner in t^2, which halves the dependency chain at the same count of operations.
template <class T>
TICKGRAPH_HD T PolynomialStep(T, T, T c0) {
  return c0;
}
template <class T>
TICKGRAPH_HD T PolynomialStep(T t, T, T c0, T c1) {
  return Fma(t, c1, c0);
}
template <class T, class... Rest>
TICKGRAPH_HD T PolynomialStep(T t, T t2, T c0, T c1, T c2, Rest... rest) {
  return Fma(t2, PolynomialStep(t, t2, c2, rest...), Fma(t, c1, c0));
}
template <class T, class... Rest>
TICKGRAPH_HD T Polynomial(T t, Rest... coefficients) {
  return PolynomialStep(t, t * t, coefficients...);
}

// Nearest integer to x (ties to even) for |x| <= 2^51, by the rounding of an addition; exact on every target.
TICKGRAPH_HD double RoundToInteger(double x) { return (x + 6755399441055744.0) - 6755399441055744.0; }
TICKGRAPH_HD int64_t RoundToInt64(double x) {
  return static_cast<int64_t>(Bits(x + 6755399441055744.0)) - static_cast<int64_t>(Bits(6755399441055744.0));
}
// An integer |x| <= 2^51 as double without the conversion instruction that AVX2 lacks.
TICKGRAPH_HD double ToDouble(int64_t x) {
  return FromBits(static_cast<uint64_t>(x + static_cast<int64_t>(Bits(6755399441055744.0)))) - 6755399441055744.0;
}

// 2^n for an integral n in [-1022, 1023] held in a floating-point number.
TICKGRAPH_HD double PowerOfTwo(double n) { return FromBits(Bits(n + (6755399441055744.0 + 1023.0)) << 52); }
TICKGRAPH_HD float PowerOfTwo(float n) { return FromBits(Bits(n + (12582912.0f + 127.0f)) << 23); }

// e^x within 1 ulp (2 in the subnormal range); 0 below and infinity above the range; NaN stays NaN. Polynomials of this file are
// interpolated at Chebyshev nodes in 45-digit arithmetic.
TICKGRAPH_HD double Exp(double x) {
  const double y = Smaller(Larger(x, -746.0), 710.0);
  const double k = RoundToInteger(y * 1.4426950408889634);
  const double r = Fma(-k, 2.3190468138462996e-17, Fma(-k, 0.6931471805599453, y));
  const double p = Polynomial(r, 0.5000000000000001031, 0.1666666666666666746, 0.04166666666662382053, 0.008333333333330038197,
                              0.001388888891736708056, 0.0001984126986317155603, 0.0000248015210578682052, 2.755726827690569619e-6,
                              2.762020159103154879e-7, 2.5100472505694996e-8);
  const double e = 1.0 + Fma(r * r, p, r);
  // Two factors: 2^k alone leaves the range at both ends.
  const double half = RoundToInteger(k * 0.5);
  return e * PowerOfTwo(half) * PowerOfTwo(k - half);
}
TICKGRAPH_HD float Exp(float x) {
  const float y = Smaller(Larger(x, -104.0f), 89.0f);
  const float k = (y * 1.44269504f + 12582912.0f) - 12582912.0f;
  const float r = Fma(-k, -1.90465421e-9f, Fma(-k, 0.693147182464599609375f, y));
  const float p = Polynomial(r, 0.5f, 0.1666657667f, 0.04166655421f, 0.008363232884f, 0.001392625083f);
  const float e = 1.0f + Fma(r * r, p, r);
  const float half = (k * 0.5f + 12582912.0f) - 12582912.0f;
  return e * PowerOfTwo(half) * PowerOfTwo(k - half);
}

// Natural logarithm within 1 ulp, subnormals included; -infinity at 0, NaN below.
TICKGRAPH_HD double Log(double x) {
  const bool subnormal = x < 2.2250738585072014e-308;
  const double scaled = subnormal ? x * 18014398509481984.0 : x;
  const uint64_t shifted = Bits(scaled) + (0x3FF0000000000000 - 0x3FE6A09E667F3BCD);  // so that m lies in [sqrt(1/2), sqrt(2))
  const double m = FromBits(uint64_t{(shifted & 0x000FFFFFFFFFFFFF) + 0x3FE6A09E667F3BCD});
  const double biased = FromBits(uint64_t{(shifted >> 52) | 0x4330000000000000}) - (4503599627370496.0 + 1023.0);
  const double e = subnormal ? biased - 54.0 : biased;
  const double f = m - 1.0;
  const double s = f / (2.0 + f);
  const double z = s * s;
  const double series = z * Polynomial(z, 0.6666666666666669729, 0.399999999998982734, 0.2857142862653333586, 0.2222221104382248613,
                                       0.1818289574680142856, 0.1533150172120741867, 0.1461916477718641987);
  const double square = 0.5 * f * f;
  const double low = Fma(e, 2.3190468138462996e-17, s * (square + series));
  const double result = Fma(e, 0.6931471805599453, f - (square - low));
  const double finite = x < Infinity<double>() ? result : x;  // infinity and NaN are their own logarithm
  return x > 0.0 ? finite : (x == 0.0 ? -Infinity<double>() : NotANumber<double>());
}
TICKGRAPH_HD float Log(float x) {
  const bool subnormal = x < 1.17549435e-38f;
  const float scaled = subnormal ? x * 33554432.0f : x;
  const uint32_t shifted = Bits(scaled) + (0x3F800000u - 0x3F3504F3u);
  const float m = FromBits((shifted & 0x007FFFFFu) + 0x3F3504F3u);
  const float biased = FromBits((shifted >> 23) | 0x4B000000u) - (8388608.0f + 127.0f);
  const float e = subnormal ? biased - 25.0f : biased;
  const float f = m - 1.0f;
  const float s = f / (2.0f + f);
  const float z = s * s;
  const float series = z * Polynomial(z, 0.6666666655f, 0.4000012258f, 0.2855073641f, 0.2333276181f);
  const float square = 0.5f * f * f;
  const float low = Fma(e, -1.90465421e-9f, s * (square + series));
  const float result = Fma(e, 0.693147182464599609375f, f - (square - low));
  const float finite = x < Infinity<float>() ? result : x;
  return x > 0.0f ? finite : (x == 0.0f ? -Infinity<float>() : NotANumber<float>());
}

// e^(-x^2/2) with the rounding error of x^2 put back, so that the relative error does not grow with x.
template <class T>
TICKGRAPH_HD T ExpMinusHalfSquare(T x) {
  const T square = x * x;
  const T error = Fma(x, x, -square);
  const T e = Exp(T(-0.5) * square);
  const T corrected = Fma(e, T(-0.5) * error, e);
  return square < Infinity<T>() ? corrected : e;
}

// N(-d) e^(d^2/2) for d >= 0, that is erfcx(d / sqrt 2) / 2: a polynomial in (d - c)/(d + c) divided by 1 + sqrt(2) d.
TICKGRAPH_HD double ScaledTail(double d) {
  const double weight = Fma(1.4142135623730951, d, 1.0);
  const double sum = d + 5.0;
  const double inverse = 1.0 / (weight * sum);
  const double t = (d - 5.0) * weight * inverse;
  return Polynomial(t, 0.6208209264948372265, -0.07005241362061781809, -0.00419370817828272926, 0.04764866133893614444,
                    -0.05715904897197362624, 0.04439886132904155585, -0.02517855483582202193, 0.01020885138959971637,
                    -0.002461265130659310071, -0.00004460028074272338556, 0.0002828892824608937384, -0.00007621086236677674217,
                    -0.00001674732645858967374, 0.00001333890009274418457, 1.799525802137231741e-7, -1.950331077626820199e-6,
                    1.492069395112255178e-7, 2.944321975074593256e-7, -3.29192039759859717e-8, -4.662464316236330167e-8,
                    4.546761008119509897e-9, 6.694144020573069905e-9, -3.473004599037393258e-10, -5.906854495666436537e-10) *
         (sum * inverse);
}
TICKGRAPH_HD float ScaledTail(float d) {
  const float weight = Fma(1.41421356f, d, 1.0f);
  const float sum = d + 4.0f;
  const float inverse = 1.0f / (weight * sum);
  const float t = (d - 4.0f) * weight * inverse;
  return Polynomial(t, 0.6284778726f, -0.06617832039f, -0.03172065559f, 0.07014909404f, -0.05832450284f, 0.02888430198f, -0.007261616287f,
                    -0.0006741509602f, 0.001013508412f, -0.0001034157821f, -8.981977331e-5f, 1.728419925e-5f) *
         (sum * inverse);
}

template <class T>
inline constexpr T kInverseSqrtTwoPi = T(0.3989422804014326779);

template <class T>
TICKGRAPH_HD T NormalDensity(T x) {
  return kInverseSqrtTwoPi<T> * ExpMinusHalfSquare(x);
}

// N(x) where e^(-x^2/2) is already known: relative accuracy in both tails.
template <class T>
TICKGRAPH_HD T NormalCdfFrom(T x, T exp_minus_half_square) {
  const T tail = exp_minus_half_square * ScaledTail(Smaller(Abs(x), T(64)));
  return x > T(0) ? T(1) - tail : tail;
}
template <class T>
TICKGRAPH_HD T NormalCdf(T x) {
  return NormalCdfFrom(x, ExpMinusHalfSquare(x));
}

}  // namespace tickgraph
