// Latency histograms in the formats of HdrHistogram, for the tools that read them: the V2 compressed encoding in base64, the interval log
// (.hlog) and the percentile distribution (.hgrm). Values are nanoseconds. Cold code, one thread.
//
// The encoding is a deflated sequence of counts: zigzag LEB128 numbers, big-endian headers; a negative number is a run of empty buckets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hot/latency_histogram.h"

namespace tickgraph {

// What is over the histogram's range is not in it: `overflow()` says how much is missing.
[[nodiscard]] std::string EncodeHdr(const LatencyHistogram& histogram);

// Any V2 histogram of one to five significant digits. False, and why, where the text is not one; `out` is then as it was.
[[nodiscard]] bool DecodeHdr(std::string_view text, LatencyHistogram* out, std::string* error);

struct HdrInterval {
  std::string tag;                   // the stage
  double start_s = 0, length_s = 0;  // since the log's start
  const LatencyHistogram* histogram = nullptr;
};
// `start_s`: seconds since 1970. Maxima are in milliseconds, as other writers of nanosecond logs have them. Overflow stands in a comment.
[[nodiscard]] std::string HdrLog(double start_s, const std::vector<HdrInterval>& intervals);

// Value, percentile, count up to there, 1 / (1 - percentile): five lines to each halving of the distance to 100%.
[[nodiscard]] std::string HdrPercentiles(const LatencyHistogram& histogram);

}  // namespace tickgraph
