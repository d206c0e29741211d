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
TICKGRAPH_HD int64_t RoundToInt64(double x) {
  return static_cast<int64_t>(Bits(x + 6755399441055744.0)) - static_cast<int64_t>(Bits(6755399441055744.0));
}
// An integer |x| <= 2^51 as double without the conversion instruction that AVX2 lacks.
TICKGRAPH_HD double ToDouble(int64_t x) {
  return FromBits(static_cast<uint64_t>(x + static_cast<int64_t>(Bits(6755399441055744.0)))) - 6755399441055744.0;
}

// x = k ln 2 + rest with |rest| <= ln 2 / 2, and 2^k, whose ends are 0 and infinity: k + 1023 is read from the low bits of a sum.
template <class T>
struct ExpReduction {
  T rest, power;
};
TICKGRAPH_HD ExpReduction<double> ReduceExp(double x) {
  constexpr double kRound = 6755399441055744.0 + 1023.0;
  const double y = Smaller(Larger(x, -709.0), 710.0);
  const double t = Fma(y, 1.4426950408889634, kRound), k = t - kRound;
  return {Fma(-k, 2.3190468138462996e-17, Fma(-k, 0.6931471805599453, y)), FromBits(Bits(t) << 52)};
}
TICKGRAPH_HD ExpReduction<float> ReduceExp(float x) {
  constexpr float kRound = 12582912.0f + 127.0f;
  const float y = Smaller(Larger(x, -88.0f), 89.0f);
  const float t = Fma(y, 1.44269504f, kRound), k = t - kRound;
  return {Fma(-k, -1.90465421e-9f, Fma(-k, 0.693147182464599609375f, y)), FromBits(Bits(t) << 23)};
}
// Polynomials of this file are interpolated at Chebyshev nodes in 45-digit arithmetic.
TICKGRAPH_HD double ExpFrom(const ExpReduction<double>& x) {
  const double r = x.rest;
  const double p = Polynomial(r, 0.5000000000000001031, 0.1666666666666666746, 0.04166666666662382053, 0.008333333333330038197,
                              0.001388888891736708056, 0.0001984126986317155603, 0.0000248015210578682052, 2.755726827690569619e-6,
                              2.762020159103154879e-7, 2.5100472505694996e-8);
  return (1.0 + Fma(r * r, p, r)) * x.power;
}
TICKGRAPH_HD float ExpFrom(const ExpReduction<float>& x) {
  const float r = x.rest;
  const float p = Polynomial(r, 0.5f, 0.1666657667f, 0.04166655421f, 0.008363232884f, 0.001392625083f);
  return (1.0f + Fma(r * r, p, r)) * x.power;
}

// e^x within 1 ulp where the result is a normal number; 0 or a subnormal below, infinity from 2^1023.5 (float: 2^127.5); NaN stays NaN.
template <class T>
TICKGRAPH_HD T Exp(T x) {
  return ExpFrom(ReduceExp(x));
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

// ln(a / b) within 2 ulp by one division, for positive normal numbers below 2^1023 whose quotient is within 2^1023 either way (float:
// 2^127); any other input gives any number.
// The power of two is rounded in the integers, which leaves a quotient in [2/3, 3/2] whose difference from 1 is exact.
TICKGRAPH_HD double LogRatio(double a, double b) {
  constexpr uint64_t kBias = uint64_t{1} << 62, kHalf = uint64_t{1} << 51;
  const uint64_t power = (Bits(a) - Bits(b) + (kBias + kHalf)) & 0xFFF0000000000000;
  const double near = FromBits(Bits(a) - (power - kBias));
  const double e = FromBits(uint64_t{(power >> 52) | 0x4330000000000000}) - (4503599627370496.0 + 1024.0);
  const double s = (near - b) / (near + b), z = s * s;
  const double series = Polynomial(z, 0.6666666666666693576, 0.3999999999934162412, 0.2857142883402220616, 0.2222218301941989487,
                                   0.1818459724898944297, 0.1528402122556328579, 0.1511560363410434285);
  return Fma(e, 0.6931471805599453, Fma(e, 2.3190468138462996e-17, Fma(s * z, series, 2.0 * s)));
}
TICKGRAPH_HD float LogRatio(float a, float b) {
  constexpr uint32_t kBias = 1u << 30, kHalf = 1u << 22;
  const uint32_t power = (Bits(a) - Bits(b) + (kBias + kHalf)) & 0xFF800000u;
  const float near = FromBits(Bits(a) - (power - kBias));
  const float e = FromBits((power >> 23) | 0x4B000000u) - (8388608.0f + 128.0f);
  const float s = (near - b) / (near + b), z = s * s;
  const float series = Polynomial(z, 0.6666671352f, 0.399789747f, 0.2995704156f);
  return Fma(e, 0.693147182464599609375f, Fma(e, -1.90465421e-9f, Fma(s * z, series, 2.0f * s)));
}

// e^(-x^2/2) with the rounding error of x^2 put back, so that the relative error does not grow with x.
template <class T>
TICKGRAPH_HD T ExpMinusHalfSquare(T x) {
  const T z = Smaller(Abs(x), T(64));
  const T square = z * z;
  ExpReduction<T> reduced = ReduceExp(T(-0.5) * square);
  reduced.rest = Fma(T(-0.5), Fma(z, z, -square), reduced.rest);
  return ExpFrom(reduced);
}

// N(-d) e^(d^2/2) for d >= 0, that is erfcx(d / sqrt 2) / 2: the rational minimax approximation in relative error of degrees 9 and 10
// (1.2e-16; float 4 and 5, 2.7e-8) on [0, 64], by Remez exchange in 60 digits. All coefficients are positive, so nothing cancels.
template <class T>
struct TailFraction {
  T above, below;
};
TICKGRAPH_HD TailFraction<double> ScaledTailFraction(double d) {
  return {Polynomial(d, 0.4999999999999999434, 0.7849443894290858923, 0.6087344722565113982, 0.299886060822130933, 0.1024641572638497002,
                     0.02508720176284633571, 0.004402530830789093607, 0.0005360555516024774289, 0.00004143567960591049203,
                     1.573969200427629696e-6),
          Polynomial(d, 1.0, 2.367773339661015413, 2.606678735709860524, 1.761675690269232543, 0.8119393781977658808, 0.2676673283536725909,
                     0.06422009074782238359, 0.01113937210233388758, 0.001347637358181214144, 0.0001038638460782125032,
                     3.945355701192159625e-6)};
}
TICKGRAPH_HD TailFraction<float> ScaledTailFraction(float d) {
  return {Polynomial(d, 0.4999999865f, 0.4650437912f, 0.2037238233f, 0.04772360607f, 0.005216272832f),
          Polynomial(d, 1.0f, 1.72797387f, 1.286153736f, 0.5236941584f, 0.1196263286f, 0.01307524846f)};
}
template <class T>
TICKGRAPH_HD T ScaledTail(T d) {
  const TailFraction<T> tail = ScaledTailFraction(d);
  return tail.above / tail.below;
}

template <class T>
inline constexpr T kInverseSqrtTwoPi = T(0.3989422804014326779);

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
