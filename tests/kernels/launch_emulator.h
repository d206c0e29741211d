// A kernel launch on the host: every thread of the grid is a fiber with a stack of its own, and barriers, warp exchanges and shared memory
// are those of the device (block_context.h). Blocks run side by side, so that kernels whose blocks wait for each other run as well.
//
// A fiber runs until it waits; the order in which fibers first run is forward, backward or mixed, so that a body which counts on one shows.
// A barrier or warp exchange that not all threads reach ends the program with a word. AddressSanitizer follows the stacks. Under
// ThreadSanitizer a switch of fibers orders nothing: only barriers, exchanges and acquire-release words do, so it finds races between the
// threads of a kernel.
#pragma once

#include <sched.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>

#include "kernels/block_context.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace tickgraph {

enum class FiberOrder { kForward, kBackward, kMixed };

class LaunchEmulator;

class EmulatedBlock {
 public:
  [[nodiscard]] uint32_t thread() const { return thread_; }
  [[nodiscard]] uint32_t threads() const { return threads_; }
  [[nodiscard]] uint32_t block() const { return block_; }
  [[nodiscard]] uint32_t blocks() const { return blocks_; }
  void Barrier();
  uint32_t Ballot(bool x);
  template <class T>
  T Shuffle(T value, uint32_t lane) {
    static_assert(sizeof(T) == 4 || sizeof(T) == 8);
    uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof value);
    bits = Exchange(bits)[lane % kWarpLanes];
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  void Pause();
  uint32_t Load(uint32_t* p) const { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }
  void Store(uint32_t* p, uint32_t x) const { __atomic_store_n(p, x, __ATOMIC_RELEASE); }
  uint32_t Add(uint32_t* p, uint32_t x) const { return __atomic_fetch_add(p, x, __ATOMIC_ACQ_REL); }

 private:
  friend class LaunchEmulator;
  const uint64_t* Exchange(uint64_t bits);

  LaunchEmulator* launch_ = nullptr;
  uint32_t thread_ = 0, threads_ = 0, block_ = 0, blocks_ = 0;
};

// The scheduler itself is one thread's work and is left out of race detection; what it guards is not.
#define TICKGRAPH_SCHEDULER __attribute__((no_sanitize("thread"), noinline))

// Saves the registers that a call keeps, and the stack, and goes on where `to` was saved.
extern "C" void TickgraphSwitchStack(void** from, void* to);
asm(R"(
  .pushsection .text.tickgraph_switch_stack,"axG",@progbits,TickgraphSwitchStack,comdat
  .weak TickgraphSwitchStack
  .type TickgraphSwitchStack,@function
TickgraphSwitchStack:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
  .size TickgraphSwitchStack,.-TickgraphSwitchStack
  .popsection
)");

class LaunchEmulator {
 public:
  LaunchEmulator(uint32_t blocks, uint32_t threads, FiberOrder order = FiberOrder::kBackward)
      : blocks_(blocks),
        threads_(threads),
        order_(order),
        fibers_(std::make_unique<Fiber[]>(size_t{blocks} * threads)),
        fiber_(fibers_.get()),
        barriers_(std::make_unique<Meeting[]>(blocks)),
        warps_(std::make_unique<Warp[]>(size_t{blocks} * WarpsOfBlock())) {
    void* stacks = mmap(nullptr, StackArea(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stacks == MAP_FAILED) Fail("no memory for the stacks");
    stacks_ = static_cast<char*>(stacks);
  }
  LaunchEmulator(const LaunchEmulator&) = delete;
  LaunchEmulator& operator=(const LaunchEmulator&) = delete;
  ~LaunchEmulator() { munmap(stacks_, StackArea()); }

  // Runs body(block) on every thread of the grid; back when all have returned.
  void Run(const std::function<void(EmulatedBlock&)>& body) {
    body_ = &body;
    const uint32_t count = blocks_ * threads_;
    running_ = count;
    waiting_ = 0;
    for (uint32_t b = 0; b < blocks_; ++b) barriers_[b] = {};
    for (uint32_t w = 0; w < blocks_ * WarpsOfBlock(); ++w) warps_[w].meeting = {};
    for (uint32_t i = 0; i < count; ++i) Prepare(i, Place(i), Place((i + 1) % count));
    current_ = Place(0);
    Start();
    for (uint32_t i = 0; i < count; ++i) Dispose(fibers_[i]);
  }

  // The same with a Shared for each block, filled with rubbish before, as on a device.
  template <class Shared, class Body>
  void RunShared(const Body& body) {
    const auto shared = std::make_unique<Shared[]>(blocks_);
    std::memset(static_cast<void*>(shared.get()), 0xA5, blocks_ * sizeof(Shared));
    Run([&](EmulatedBlock& block) { body(block, shared[block.block()]); });
  }

 private:
  friend class EmulatedBlock;
  // Not a power of two: the tops of the stacks would all fall into the same cache sets.
  static constexpr size_t kStackBytes = (128 << 10) + 5 * 64;
  static constexpr uint32_t kPausesBetweenYields = 4096;

  // A meeting of some threads: the last to come lets the others go.
  struct Meeting {
    uint32_t arrived = 0, generation = 0;
  };
  struct Warp {
    Meeting meeting;
    uint64_t values[2][kWarpLanes] = {};  // of even and odd generations, so that one meeting serves each exchange
  };
  struct Fiber {
    void* stack_pointer = nullptr;
    char* stack = nullptr;
    void* fake_stack = nullptr;  // of AddressSanitizer
    void* twin = nullptr;        // of ThreadSanitizer
    uint32_t before = 0, next = 0;
    EmulatedBlock context;
  };

  [[noreturn]] static void Fail(const char* what) {
    std::fprintf(stderr, "launch emulator: %s\n", what);
    std::abort();
  }
  [[nodiscard]] uint32_t WarpsOfBlock() const { return (threads_ + kWarpLanes - 1) / kWarpLanes; }
  [[nodiscard]] size_t StackArea() const { return size_t{blocks_} * threads_ * kStackBytes; }
  // The i-th fiber to run.
  [[nodiscard]] uint32_t Place(uint32_t i) const {
    const uint32_t count = blocks_ * threads_;
    if (order_ == FiberOrder::kForward) return i;
    if (order_ == FiberOrder::kBackward) return count - 1 - i;
    return static_cast<uint32_t>(uint64_t{i} * kMixer % count);  // a permutation: the prime divides no count of threads
  }
  static constexpr uint32_t kMixer = 1'000'003;

  void Prepare(uint32_t i, uint32_t at, uint32_t next) {
    Fiber& f = fibers_[at];
    f.stack = stacks_ + at * kStackBytes;
    f.next = next;
    f.before = Place((i + blocks_ * threads_ - 1) % (blocks_ * threads_));
    f.fake_stack = nullptr;
    f.context.launch_ = this;
    f.context.thread_ = at % threads_;
    f.context.threads_ = threads_;
    f.context.block_ = at / threads_;
    f.context.blocks_ = blocks_;
    // The stack as a call of Enter finds it, below the six registers that the switch takes off.
    auto** top = reinterpret_cast<void**>(f.stack + kStackBytes);
    *--top = nullptr;
    *--top = reinterpret_cast<void*>(&LaunchEmulator::Enter);
    for (int r = 0; r < 6; ++r) *--top = nullptr;
    f.stack_pointer = top;
#if defined(__SANITIZE_THREAD__)
    f.twin = __tsan_create_fiber(0);
#endif
  }
  static void Dispose([[maybe_unused]] Fiber& f) {
#if defined(__SANITIZE_THREAD__)
    __tsan_destroy_fiber(f.twin);
#endif
  }

  // To the race detector: what was done before giving `to` is seen after taking from it.
  static void TellDetector([[maybe_unused]] void* to, [[maybe_unused]] bool giving) {
#if defined(__SANITIZE_THREAD__)
    giving ? __tsan_release(to) : __tsan_acquire(to);
#endif
  }

  TICKGRAPH_SCHEDULER void Start() {
    Launching() = this;
    TellDetector(this, true);
#if defined(__SANITIZE_THREAD__)
    home_.twin = __tsan_get_current_fiber();
#endif
    Switch(&home_, &fiber_[current_], false);
    TellDetector(this, false);
  }

  // The launch that this system thread is in.
  static LaunchEmulator*& Launching() {
    static thread_local LaunchEmulator* launch = nullptr;
    return launch;
  }

  TICKGRAPH_SCHEDULER static void Enter() {
    LaunchEmulator* launch = Launching();
    launch->Landed(nullptr);
    TellDetector(launch, false);
    Fiber* self = &launch->fiber_[launch->current_];
    (*launch->body_)(self->context);
    launch->Leave(self);
  }

  TICKGRAPH_SCHEDULER void Switch(Fiber* from, Fiber* to, bool last) {
#if defined(__SANITIZE_ADDRESS__)
    const void* bottom = to == &home_ ? home_bottom_ : to->stack;
    __sanitizer_start_switch_fiber(last ? nullptr : &from->fake_stack, bottom, to == &home_ ? home_size_ : kStackBytes);
#endif
#if defined(__SANITIZE_THREAD__)
    __tsan_switch_to_fiber(to->twin, __tsan_switch_to_fiber_no_sync);
#endif
    came_from_ = from;
    TickgraphSwitchStack(&from->stack_pointer, to->stack_pointer);
    if (!last) Landed(from);
  }
  TICKGRAPH_SCHEDULER void Landed([[maybe_unused]] Fiber* self) {
#if defined(__SANITIZE_ADDRESS__)
    const void* bottom = nullptr;
    size_t size = 0;
    __sanitizer_finish_switch_fiber(self == nullptr ? nullptr : self->fake_stack, &bottom, &size);
    if (came_from_ == &home_) {
      home_bottom_ = bottom;
      home_size_ = size;
    }
#endif
  }

  TICKGRAPH_SCHEDULER void Yield() {
    Fiber* from = &fiber_[current_];
    if (from->next == current_) return;
    current_ = from->next;
    Switch(from, &fiber_[current_], false);
  }

  TICKGRAPH_SCHEDULER void Leave(Fiber* self) {
    TellDetector(this, true);
    --running_;
    if (running_ != 0 && waiting_ == running_) Fail("a thread returned while all others wait for it");
    fiber_[self->before].next = self->next;
    fiber_[self->next].before = self->before;
    current_ = self->next;
    Switch(self, running_ == 0 ? &home_ : &fiber_[current_], true);
  }

  TICKGRAPH_SCHEDULER void Meet(Meeting* meeting, uint32_t expected) {
    const uint32_t generation = meeting->generation;
    TellDetector(meeting, true);
    if (++meeting->arrived == expected) {
      waiting_ -= expected - 1;
      meeting->arrived = 0;
      ++meeting->generation;
    } else {
      if (++waiting_ == running_) Fail("threads wait at a barrier or in a warp that not all of them reach");
      while (meeting->generation == generation) Yield();
    }
    TellDetector(meeting, false);
  }

  TICKGRAPH_SCHEDULER static uint32_t Generation(const Meeting* meeting) { return meeting->generation; }

  TICKGRAPH_SCHEDULER void Pause() {
    if (++pauses_ % kPausesBetweenYields == 0) sched_yield();  // whom it waits for may be another thread of the system
    Yield();
  }

  uint32_t blocks_, threads_;
  FiberOrder order_;
  std::unique_ptr<Fiber[]> fibers_;
  Fiber* fiber_;  // the same without a call, for the scheduler
  std::unique_ptr<Meeting[]> barriers_;
  std::unique_ptr<Warp[]> warps_;
  char* stacks_ = nullptr;
  const std::function<void(EmulatedBlock&)>* body_ = nullptr;
  Fiber home_;  // the caller's own stack
  Fiber* came_from_ = nullptr;
  const void* home_bottom_ = nullptr;
  size_t home_size_ = 0;
  uint32_t current_ = 0, running_ = 0, waiting_ = 0, pauses_ = 0;
};

inline void EmulatedBlock::Barrier() { launch_->Meet(&launch_->barriers_[block_], threads_); }

inline const uint64_t* EmulatedBlock::Exchange(uint64_t bits) {
  LaunchEmulator::Warp& warp = launch_->warps_[block_ * launch_->WarpsOfBlock() + thread_ / kWarpLanes];
  uint64_t* values = warp.values[launch_->Generation(&warp.meeting) % 2];
  values[thread_ % kWarpLanes] = bits;
  launch_->Meet(&warp.meeting, kWarpLanes);
  return values;
}

inline uint32_t EmulatedBlock::Ballot(bool x) {
  const uint64_t* values = Exchange(x ? 1 : 0);
  uint32_t mask = 0;
  for (uint32_t i = 0; i < kWarpLanes; ++i) mask |= static_cast<uint32_t>(values[i]) << i;
  return mask;
}

inline void EmulatedBlock::Pause() { launch_->Pause(); }

#undef TICKGRAPH_SCHEDULER

}  // namespace tickgraph
