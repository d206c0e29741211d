// Proves that a thread makes no system calls: a seccomp filter of our own turns each into a signal, whose handler notes it.
//
// Beside the flow: the soak arms it on the hot thread once the session is warm. A call that is not on the list is not carried out: it
// returns ENOSYS, and its number and stack are kept. The filter stays on the thread for life, so a proven thread ends by
// LeaveProvenThread. Thread rule: each thread arms itself; the notes may be read from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace tickgraph {

// What a proven thread may call: its own end, the end of the process, and the return from the handler that takes the notes.
enum class TrapList : uint8_t {
  kNothing,
  kStandardError,  // also write(2, …), by which a sanitizer reports before it ends the process
};

struct TrappedCall {
  static constexpr int kMaxFrames = 24;

  int number = -1;
  int frames = 0;
  std::array<void*, kMaxFrames> stack{};  // the handler's own frames left out
};

// Puts the filter on the calling thread. False and `error` where the kernel refuses.
[[nodiscard]] bool TrapSystemCalls(TrapList list, std::string* error);
// Ends a thread that is under the filter: the C library's way out makes calls of its own. Thread-local objects are not destroyed.
[[noreturn]] void LeaveProvenThread();

// Calls noted since the start or the last ForgetTrappedCalls, in all threads; the first few of them with their stacks.
[[nodiscard]] uint64_t TrappedCallCount();
[[nodiscard]] std::string DescribeTrappedCalls();
void ForgetTrappedCalls();

// "futex", or "system call 451".
[[nodiscard]] std::string SystemCallName(int number);

}  // namespace tickgraph
