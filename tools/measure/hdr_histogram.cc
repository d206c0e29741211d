#include "tools/measure/hdr_histogram.h"

#include <zlib.h>

#include <array>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <ctime>

namespace tickgraph {
namespace {

constexpr uint32_t kEncodingCookie = 0x1c849313, kCompressionCookie = 0x1c849314;
constexpr uint32_t kCookieBaseMask = 0xffffff0f;
constexpr size_t kHeaderBytes = 40, kOuterBytes = 8;
constexpr int kDigits = 2;  // 2^7 sub-buckets above the middle of each power of two hold two decimal digits
constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

__attribute__((format(printf, 2, 3))) void Append(std::string* out, const char* format, ...) {
  char text[256];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  *out += text;
}

template <class T>
void PutBigEndian(T value, std::string* out) {
  for (int shift = 8 * (sizeof value - 1); shift >= 0; shift -= 8) out->push_back(static_cast<char>(value >> shift & 0xff));
}

template <class T>
T BigEndianAt(std::string_view bytes, size_t offset) {
  T value = 0;
  for (size_t i = 0; i < sizeof value; ++i) value = static_cast<T>(value << 8 | static_cast<uint8_t>(bytes[offset + i]));
  return value;
}

void PutZigZag(int64_t signed_value, std::string* out) {
  uint64_t value = static_cast<uint64_t>(signed_value) << 1 ^ static_cast<uint64_t>(signed_value >> 63);
  for (int i = 0; i < 8 && value >= 0x80; ++i, value >>= 7) out->push_back(static_cast<char>((value & 0x7f) | 0x80));
  out->push_back(static_cast<char>(value));  // the ninth byte carries eight bits
}

bool TakeZigZag(std::string_view bytes, size_t* at, int64_t* out) {
  uint64_t value = 0;
  for (int i = 0; i < 9; ++i) {
    if (*at >= bytes.size()) return false;
    const auto byte = static_cast<uint8_t>(bytes[(*at)++]);
    value |= static_cast<uint64_t>(i == 8 ? byte : byte & 0x7f) << (7 * i);
    if (byte < 0x80) break;
  }
  *out = static_cast<int64_t>(value >> 1 ^ (0 - (value & 1)));
  return true;
}

std::string Base64(std::string_view bytes) {
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) group = group << 8 | (i + j < bytes.size() ? static_cast<uint8_t>(bytes[i + j]) : 0);
    for (size_t j = 0; j < 4; ++j) out.push_back(i + j > bytes.size() ? '=' : kAlphabet[group >> (18 - 6 * j) & 63]);
  }
  return out;
}

bool FromBase64(std::string_view text, std::string* out) {
  if (text.size() % 4 != 0) return false;
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  uint32_t bits = 0, held = 0;
  for (const char c : text) {
    const char* at = c == 0 ? nullptr : std::strchr(kAlphabet, c);
    if (at == nullptr) return false;
    bits = bits << 6 | static_cast<uint32_t>(at - kAlphabet);
    if ((held += 6) >= 8) out->push_back(static_cast<char>(bits >> (held -= 8) & 0xff));
  }
  return true;
}

// The counts of a payload, which may be laid out for any number of digits, with the value that stands for each bucket.
bool TakeCounts(std::string_view payload, int digits, LatencyHistogram* out) {
  uint64_t least = 2;  // values that a digit of the last place is told apart in
  for (int i = 0; i < digits; ++i) least *= 10;
  const int half_bits = std::bit_width(least - 1) - 1;
  const uint64_t half = uint64_t{1} << half_bits;
  uint64_t index = 0;
  for (size_t at = 0; at < payload.size();) {
    int64_t count = 0;
    if (!TakeZigZag(payload, &at, &count)) return false;
    if (count < 0) {
      index += 0 - static_cast<uint64_t>(count);
      continue;
    }
    const uint64_t row = index >> half_bits;  // each as long as the one before, its buckets twice as wide; the first two are alike
    if (row > 63 - static_cast<uint64_t>(half_bits)) return false;
    const uint64_t upper = row == 0 ? index : (((index & (half - 1)) + half + 1) << (row - 1)) - 1;
    if (count > 0) out->RecordMany(upper, static_cast<uint64_t>(count));
    ++index;
  }
  return true;
}

// Empty where the bytes do not inflate or are implausibly long.
std::string Inflate(std::string_view bytes) {
  constexpr size_t kLongestPayload = 1 << 22;
  std::string out(kLongestPayload, '\0');
  uLongf size = out.size();
  if (uncompress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()) != Z_OK)
    return {};
  out.resize(size);
  return out;
}

}  // namespace

std::string EncodeHdr(const LatencyHistogram& histogram) {
  std::string counts;
  uint32_t last = LatencyHistogram::kBuckets;
  while (last > 0 && histogram.count_at(last - 1) == 0) --last;
  int64_t empty = 0;
  for (uint32_t i = 0; i < last; ++i) {
    const uint64_t count = histogram.count_at(i);
    if (count == 0) {
      ++empty;
      continue;
    }
    if (empty != 0) PutZigZag(empty == 1 ? 0 : -empty, &counts);
    empty = 0;
    PutZigZag(static_cast<int64_t>(count), &counts);
  }
  std::string payload;
  PutBigEndian(kEncodingCookie, &payload);
  PutBigEndian(static_cast<uint32_t>(counts.size()), &payload);
  PutBigEndian(uint32_t{0}, &payload);  // normalizing index offset
  PutBigEndian(uint32_t{kDigits}, &payload);
  PutBigEndian(uint64_t{1}, &payload);
  PutBigEndian((uint64_t{1} << LatencyHistogram::kValueBits) - 1, &payload);
  PutBigEndian(std::bit_cast<uint64_t>(1.0), &payload);
  payload += counts;

  uLongf size = compressBound(payload.size());
  std::string packed(size, '\0');
  compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(payload.data()), payload.size());
  packed.resize(size);
  std::string whole;
  PutBigEndian(kCompressionCookie, &whole);
  PutBigEndian(static_cast<uint32_t>(packed.size()), &whole);
  return Base64(whole + packed);
}

bool DecodeHdr(std::string_view text, LatencyHistogram* out, std::string* error) {
  const auto fail = [error](const char* why) {
    *error = why;
    return false;
  };
  std::string whole;
  if (!FromBase64(text, &whole) || whole.size() < kOuterBytes) return fail("not base64 of a histogram");
  if ((BigEndianAt<uint32_t>(whole, 0) & kCookieBaseMask) != (kCompressionCookie & kCookieBaseMask))
    return fail("not a compressed V2 histogram");
  if (BigEndianAt<uint32_t>(whole, 4) != whole.size() - kOuterBytes) return fail("the histogram is cut");
  const std::string payload = Inflate(std::string_view(whole).substr(kOuterBytes));
  if (payload.size() < kHeaderBytes) return fail("the histogram does not inflate");
  if ((BigEndianAt<uint32_t>(payload, 0) & kCookieBaseMask) != (kEncodingCookie & kCookieBaseMask)) return fail("not a V2 histogram");
  const auto digits = BigEndianAt<uint32_t>(payload, 12);
  if (BigEndianAt<uint32_t>(payload, 8) != 0 || digits < 1 || digits > 5 || BigEndianAt<uint64_t>(payload, 16) != 1)
    return fail("the histogram's layout is not taken: one to five digits, values from 1, no offset");
  if (BigEndianAt<uint32_t>(payload, 4) != payload.size() - kHeaderBytes) return fail("the histogram's counts are cut");
  LatencyHistogram decoded;
  if (!TakeCounts(std::string_view(payload).substr(kHeaderBytes), static_cast<int>(digits), &decoded))
    return fail("the histogram's counts are damaged");
  *out = decoded;
  return true;
}

std::string HdrLog(double start_s, const std::vector<HdrInterval>& intervals) {
  std::string out = "#[Histogram log format version 1.3]\n";
  const auto seconds = static_cast<time_t>(start_s);
  tm day{};
  gmtime_r(&seconds, &day);
  char text[64];
  std::strftime(text, sizeof text, "%a %b %d %H:%M:%S UTC %Y", &day);
  Append(&out, "#[StartTime: %.3f (seconds since epoch), %s]\n", start_s, text);
  for (const HdrInterval& interval : intervals) {
    if (interval.histogram->overflow() != 0)
      Append(&out, "#[Overflow: %llu values of %s, interval at %.3f, were over the range and are not in its histogram]\n",
             static_cast<unsigned long long>(interval.histogram->overflow()), interval.tag.c_str(), interval.start_s);
  }
  out += "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n";
  for (const HdrInterval& interval : intervals) {
    if (!interval.tag.empty()) out += "Tag=" + interval.tag + ",";
    Append(&out, "%.3f,%.3f,%.6f,", interval.start_s, interval.length_s, static_cast<double>(interval.histogram->max()) / 1e6);
    out += EncodeHdr(*interval.histogram) + "\n";
  }
  return out;
}

std::string HdrPercentiles(const LatencyHistogram& histogram) {
  constexpr double kTicksPerHalfDistance = 5;
  std::string out;
  Append(&out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)");
  const uint64_t total = histogram.count() - histogram.overflow();
  double level = 0, sum = 0, squares = 0;
  uint64_t seen = 0, last_value = 0;
  for (uint32_t i = 0; i < LatencyHistogram::kBuckets && seen < total; ++i) {
    const uint64_t count = histogram.count_at(i);
    if (count == 0) continue;
    seen += count;
    last_value = LatencyHistogram::UpperBound(i);
    const uint64_t lower = i == 0 ? 0 : LatencyHistogram::UpperBound(i - 1) + 1;
    const uint64_t half_width = (last_value - lower + 1) / 2;
    const double middle = static_cast<double>(lower + half_width), weight = static_cast<double>(count);
    sum += middle * weight;
    squares += middle * middle * weight;
    while (level < 100 && 100 * static_cast<double>(seen) / static_cast<double>(total) >= level) {
      Append(&out, "%12.2f %2.12f %10llu %14.2f\n", static_cast<double>(last_value), level / 100, static_cast<unsigned long long>(seen),
             1 / (1 - level / 100));
      const double ticks = kTicksPerHalfDistance * std::exp2(std::floor(std::log2(100 / (100 - level))) + 1);
      level += 100 / ticks;
      if (seen == total) break;
    }
  }
  if (total != 0) Append(&out, "%12.2f %2.12f %10llu\n", static_cast<double>(last_value), 1.0, static_cast<unsigned long long>(total));
  const double n = total == 0 ? 1 : static_cast<double>(total), mean = sum / n;
  Append(&out, "#[Mean    = %12.2f, StdDeviation   = %12.2f]\n", mean, std::sqrt(std::fmax(0, squares / n - mean * mean)));
  Append(&out, "#[Max     = %12.2f, Total count    = %12llu]\n", static_cast<double>(last_value), static_cast<unsigned long long>(total));
  Append(&out, "#[Buckets = %12d, SubBuckets     = %12u]\n", LatencyHistogram::kValueBits - LatencyHistogram::kSubBits,
         2 * LatencyHistogram::kSub);
  if (histogram.overflow() != 0)
    Append(&out, "#[Overflow = %llu values over the range, the largest %llu]\n", static_cast<unsigned long long>(histogram.overflow()),
           static_cast<unsigned long long>(histogram.max()));
  return out;
}

}  // namespace tickgraph
