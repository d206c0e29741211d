// A mailbox between the host and a kernel that stays on the device: two rings of 16-byte lines in mapped memory, one each way.
//
// In the flow: PersistentEngine writes a submission into the request ring and reads signals from the response ring; the resident kernel
// does the reverse. Both sides are these inline functions, compiled by g++ and by nvcc. Thread rule: one writer and one reader a ring (a
// kernel's threads share a side, each with lines of its own). Invariants:
// - A line carries its data and the number of the lap it was written in, so it needs no fence, no counter beside it and no order among
//   lines: a reader that finds the lap it expects has the data. Position p lies in slot p mod size and has lap p / size + 1.
// - Nothing promises that 16 bytes arrive at once (PTX takes a vector access as several), so each half of 8 bytes has the lap: a line seen
//   in part is not taken. What was written in an earlier lap, once or twice, is not taken either.
// - The writer may not lap its reader. Messages are answered one by one and a ring holds the largest, so it never does.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/math.h"

namespace tickgraph {

struct alignas(16) MailboxLine {
  uint64_t half[2];
};
static_assert(sizeof(MailboxLine) == 16);

inline constexpr uint32_t kLineWords = 3;  // of payload

struct LinePayload {
  uint32_t word[kLineWords];
};

// The top 16 bits of each half are the lap; below them lie words 0 and 2 and the two halves of word 1.
TICKGRAPH_HD MailboxLine PackLine(const LinePayload& p, uint16_t lap) {
  const uint64_t tag = static_cast<uint64_t>(lap) << 48;
  return {
      {tag | static_cast<uint64_t>(p.word[1] & 0xFFFFu) << 32 | p.word[0], tag | static_cast<uint64_t>(p.word[1] >> 16) << 32 | p.word[2]}};
}

// False where either half is not of this lap.
TICKGRAPH_HD bool UnpackLine(const MailboxLine& line, uint16_t lap, LinePayload* p) {
  if (line.half[0] >> 48 != lap || line.half[1] >> 48 != lap) return false;
  p->word[0] = static_cast<uint32_t>(line.half[0]);
  p->word[1] = static_cast<uint32_t>(line.half[0] >> 32 & 0xFFFFu) | static_cast<uint32_t>(line.half[1] >> 32) << 16;
  p->word[2] = static_cast<uint32_t>(line.half[1]);
  return true;
}

// Relaxed on both sides: a line is complete in itself.
TICKGRAPH_HD MailboxLine LoadLine(const MailboxLine* line) {
  MailboxLine out;
#if defined(__CUDA_ARCH__)
  asm volatile("ld.relaxed.sys.global.v2.u64 {%0, %1}, [%2];" : "=l"(out.half[0]), "=l"(out.half[1]) : "l"(line) : "memory");
#else
  for (int i = 0; i < 2; ++i) out.half[i] = __atomic_load_n(&line->half[i], __ATOMIC_RELAXED);
#endif
  return out;
}
TICKGRAPH_HD void StoreLine(MailboxLine* line, const MailboxLine& value) {
#if defined(__CUDA_ARCH__)
  asm volatile("st.relaxed.sys.global.v2.u64 [%0], {%1, %2};" : : "l"(line), "l"(value.half[0]), "l"(value.half[1]) : "memory");
#else
  for (int i = 0; i < 2; ++i) __atomic_store_n(&line->half[i], value.half[i], __ATOMIC_RELAXED);
#endif
}

// A view of one ring. All of its lines are zero at first: lap 0, which no position has until the laps wrap, and by then none is left.
struct MailboxRing {
  MailboxLine* lines;
  uint32_t size_log2;

  TICKGRAPH_HD MailboxLine* Slot(uint64_t position) const { return lines + (position & ((uint64_t{1} << size_log2) - 1)); }
  TICKGRAPH_HD uint16_t Lap(uint64_t position) const { return static_cast<uint16_t>((position >> size_log2) + 1); }
  TICKGRAPH_HD void Write(uint64_t position, const LinePayload& payload) const {
    StoreLine(Slot(position), PackLine(payload, Lap(position)));
  }
  // False while the line is not there, or not whole.
  TICKGRAPH_HD bool Read(uint64_t position, LinePayload* payload) const {
    return UnpackLine(LoadLine(Slot(position)), Lap(position), payload);
  }
};

// What passes beside the rings, a cache line each way: the order to stop, heeded wherever the kernel waits, and the kernel's word that it
// has. A lost line cannot keep either from arriving.
struct MailboxControl {
  alignas(64) uint32_t stop;
  alignas(64) uint32_t stopped;
};

TICKGRAPH_HD uint32_t LoadFlag(const uint32_t* flag) {
#if defined(__CUDA_ARCH__)
  uint32_t value;
  asm volatile("ld.relaxed.sys.global.u32 %0, [%1];" : "=r"(value) : "l"(flag) : "memory");
  return value;
#else
  return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
#endif
}
TICKGRAPH_HD void StoreFlag(uint32_t* flag, uint32_t value) {
#if defined(__CUDA_ARCH__)
  asm volatile("st.release.sys.global.u32 [%0], %1;" : : "l"(flag), "r"(value) : "memory");
#else
  __atomic_store_n(flag, value, __ATOMIC_RELEASE);
#endif
}

struct Mailbox {
  MailboxRing request, response;
  MailboxControl* control;
};

TICKGRAPH_HD constexpr uint32_t LinesFor(uint32_t words) { return (words + kLineWords - 1) / kLineWords; }
inline constexpr uint32_t RingSizeLog2(uint64_t lines) {
  uint32_t log2 = 5;
  while (uint64_t{1} << log2 < lines) ++log2;
  return log2;
}

// A record of `kWords` words in lines of its own, the last padded with zeros.
template <uint32_t kWords>
struct LineRecord {
  static constexpr uint32_t kLines = LinesFor(kWords);
  uint32_t word[kLines * kLineWords];

  TICKGRAPH_HD void WriteTo(const MailboxRing& ring, uint64_t position) const {
    for (uint32_t i = 0; i < kLines; ++i) ring.Write(position + i, {{word[3 * i], word[3 * i + 1], word[3 * i + 2]}});
  }
  // False while a line is missing; `*at` is how many lines are in already, so that a reader goes on where it was.
  TICKGRAPH_HD bool ReadFrom(const MailboxRing& ring, uint64_t position, uint32_t* at) {
    for (LinePayload p; *at < kLines; ++*at) {
      if (!ring.Read(position + *at, &p)) return false;
      for (uint32_t w = 0; w < kLineWords; ++w) word[kLineWords * *at + w] = p.word[w];
    }
    return true;
  }
};

}  // namespace tickgraph
