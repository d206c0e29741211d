// Decimal text to a scaled integer, exactly: "61837.63" at scale 9 is 61,837,630,000,000. Never through a binary fraction.
//
// In the flow: prices and sizes of every JSON feed. No state, no allocation; usable in constant expressions. What the scale cannot hold
// exactly is refused, not rounded.
#pragma once

#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>
#include <type_traits>

namespace tickgraph {

enum class DecimalStatus : uint8_t {
  kOk,
  kNotANumber,
  kTooLarge,
  kTooFine,  // digits other than 0 beyond the scale
};

namespace decimal_internal {

inline constexpr uint64_t kPowersOfTen[] = {1ULL,
                                            10ULL,
                                            100ULL,
                                            1'000ULL,
                                            10'000ULL,
                                            100'000ULL,
                                            1'000'000ULL,
                                            10'000'000ULL,
                                            100'000'000ULL,
                                            1'000'000'000ULL,
                                            10'000'000'000ULL,
                                            100'000'000'000ULL,
                                            1'000'000'000'000ULL,
                                            10'000'000'000'000ULL,
                                            100'000'000'000'000ULL,
                                            1'000'000'000'000'000ULL,
                                            10'000'000'000'000'000ULL,
                                            100'000'000'000'000'000ULL,
                                            1'000'000'000'000'000'000ULL};

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Eight digits at once; false where one of the bytes is none.
inline bool EightDigits(const char* p, uint64_t* out) {
  uint64_t word;
  std::memcpy(&word, p, sizeof(word));
  const uint64_t digits = word - 0x3030303030303030;
  if (((digits | (word + 0x4646464646464646)) & 0x8080808080808080) != 0) return false;
  const uint64_t pairs = digits * 10 + (digits >> 8);
  constexpr uint64_t kMask = 0x000000FF000000FF;
  *out = ((pairs & kMask) * 0x000F424000000064 + (pairs >> 16 & kMask) * 0x0000271000000001) >> 32;
  return true;
}

// Places each digit by its power of ten: for texts with an exponent, which venues write for very small numbers.
constexpr DecimalStatus ParseScientific(const char* p, const char* mantissa_end, int scale, int exponent, bool negative, int64_t* out) {
  int64_t place = exponent + scale;
  for (const char* q = p; q != mantissa_end && *q != '.'; ++q) ++place;
  uint64_t value = 0;
  for (; p != mantissa_end; ++p) {
    if (*p == '.') continue;
    --place;
    const auto digit = static_cast<uint64_t>(*p - '0');
    if (digit == 0) continue;
    if (place < 0) return DecimalStatus::kTooFine;
    uint64_t part = 0;
    if (place > 18 || __builtin_mul_overflow(digit, kPowersOfTen[place], &part) || __builtin_add_overflow(value, part, &value)) {
      return DecimalStatus::kTooLarge;
    }
  }
  if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return DecimalStatus::kTooLarge;
  *out = negative ? -static_cast<int64_t>(value) : static_cast<int64_t>(value);
  return DecimalStatus::kOk;
}

// [e|E][+|-]digits, at most three of them, up to `end`.
constexpr bool ParseExponent(const char* p, const char* end, int* exponent) {
  ++p;
  const bool negative = p != end && *p == '-';
  if (p != end && (*p == '-' || *p == '+')) ++p;
  if (p == end || end - p > 3) return false;
  int value = 0;
  for (; p != end; ++p) {
    if (!IsDigit(*p)) return false;
    value = value * 10 + (*p - '0');
  }
  *exponent = negative ? -value : value;
  return true;
}

// The usual text: digits, a point, exactly eight digits, no sign, and short enough for nothing to overflow. False: take the long way.
inline bool ParseUsual(std::string_view text, int scale, int64_t* out) {
  constexpr size_t kFraction = 8;
  if (text.size() < kFraction + 2 || text.size() > 17 || scale < 8 || scale > 9) return false;
  const char* p = text.data();
  const char* const point = p + text.size() - kFraction - 1;
  uint64_t fraction = 0;
  if (*point != '.' || !EightDigits(point + 1, &fraction)) return false;
  uint64_t value = 0;
  for (; p != point; ++p) {
    if (!IsDigit(*p)) return false;
    value = value * 10 + static_cast<uint64_t>(*p - '0');
  }
  value = value * 100'000'000 + fraction;
  *out = static_cast<int64_t>(scale == 9 ? value * 10 : value);
  return true;
}

}  // namespace decimal_internal

// `scale` <= 18. Takes what JSON calls a number, leading zeros too; no spaces, no '+'. `out` is set where the status is kOk.
constexpr DecimalStatus ParseDecimal(std::string_view text, int scale, int64_t* out) {
  using decimal_internal::IsDigit;
  if (!std::is_constant_evaluated() && decimal_internal::ParseUsual(text, scale, out)) return DecimalStatus::kOk;
  const char* p = text.data();
  const char* const end = p + text.size();
  const bool negative = p != end && *p == '-';
  if (negative) ++p;
  const char* const first = p;
  uint64_t value = 0;
  bool too_large = false;
  const bool may_be_large = text.size() > 19;
  for (; p != end && IsDigit(*p); ++p) {
    too_large |= may_be_large && value > (std::numeric_limits<uint64_t>::max() - 9) / 10;
    value = value * 10 + static_cast<uint64_t>(*p - '0');
  }
  if (p == first) return DecimalStatus::kNotANumber;
  int taken = 0;
  bool too_fine = false;
  if (p != end && *p == '.') {
    const char* const fraction = ++p;
    for (; p != end && IsDigit(*p); ++p) {
      if (taken == scale) {
        too_fine |= *p != '0';
        continue;
      }
      too_large |= may_be_large && value > (std::numeric_limits<uint64_t>::max() - 9) / 10;
      value = value * 10 + static_cast<uint64_t>(*p - '0');
      ++taken;
    }
    if (p == fraction) return DecimalStatus::kNotANumber;
  }
  if (p != end) {
    int exponent = 0;
    if ((*p != 'e' && *p != 'E') || !decimal_internal::ParseExponent(p, end, &exponent)) return DecimalStatus::kNotANumber;
    return decimal_internal::ParseScientific(first, p, scale, exponent, negative, out);
  }
  if (too_large || __builtin_mul_overflow(value, decimal_internal::kPowersOfTen[scale - taken], &value) ||
      value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return DecimalStatus::kTooLarge;
  }
  if (too_fine) return DecimalStatus::kTooFine;
  *out = negative ? -static_cast<int64_t>(value) : static_cast<int64_t>(value);
  return DecimalStatus::kOk;
}

// Digits alone; false where there are none, others, or too many.
constexpr bool ParseUnsigned(std::string_view text, uint64_t* out) {
  if (text.empty() || text.size() > 20) return false;
  uint64_t value = 0;
  for (const char c : text) {
    if (!decimal_internal::IsDigit(c)) return false;
    if (__builtin_mul_overflow(value, uint64_t{10}, &value) || __builtin_add_overflow(value, static_cast<uint64_t>(c - '0'), &value)) {
      return false;
    }
  }
  *out = value;
  return true;
}

}  // namespace tickgraph
