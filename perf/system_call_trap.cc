// The filter's program, the handler that takes the notes, and the notes in words.
#include "perf/system_call_trap.h"

#include <execinfo.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <iterator>

namespace tickgraph {
namespace {

constexpr uint64_t kKeptCalls = 16;

std::array<TrappedCall, kKeptCalls> g_calls;
std::atomic<uint64_t> g_count{0};

// Runs on the thread that made the call, between its instructions: no allocation, no lock. The unwinder was loaded before.
void OnTrappedCall(int, siginfo_t* info, void* context) {
  auto* registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  registers[REG_RAX] = -ENOSYS;
  const uint64_t slot = g_count.fetch_add(1, std::memory_order_acq_rel);
  if (slot >= kKeptCalls) return;
  TrappedCall& call = g_calls[slot];
  call.number = info->si_syscall;
  constexpr int kOwnFrames = 2;  // this function and the kernel's trampoline
  std::array<void*, TrappedCall::kMaxFrames + kOwnFrames> stack{};
  const int frames = backtrace(stack.data(), static_cast<int>(stack.size()));
  call.frames = frames > kOwnFrames ? frames - kOwnFrames : 0;
  std::copy_n(stack.begin() + kOwnFrames, call.frames, call.stack.begin());
}

bool InstallHandler(std::string* error) {
  void* frame = nullptr;
  backtrace(&frame, 1);  // loads the unwinder, which allocates
  struct sigaction action = {};
  action.sa_sigaction = OnTrappedCall;
  action.sa_flags = SA_SIGINFO;
  if (sigaction(SIGSYS, &action, nullptr) == 0) return true;
  *error = std::string("sigaction: ") + std::strerror(errno);
  return false;
}

sock_filter Load(size_t offset) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset)); }
sock_filter Return(uint32_t action) { return BPF_STMT(BPF_RET | BPF_K, action); }
sock_filter SkipUnless(uint32_t value, uint8_t skipped) { return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skipped); }

}  // namespace

bool TrapSystemCalls(TrapList list, std::string* error) {
  if (!InstallHandler(error)) return false;
  const uint32_t write_number = list == TrapList::kStandardError ? SYS_write : UINT32_MAX;  // which is no call's
  sock_filter program[] = {
      Load(offsetof(seccomp_data, arch)), SkipUnless(AUDIT_ARCH_X86_64, 7),
      Load(offsetof(seccomp_data, nr)),   SkipUnless(SYS_exit, 1),
      Return(SECCOMP_RET_ALLOW),          SkipUnless(SYS_exit_group, 1),
      Return(SECCOMP_RET_ALLOW),          SkipUnless(SYS_rt_sigreturn, 2),
      Return(SECCOMP_RET_ALLOW),
      Return(SECCOMP_RET_TRAP),  // of another architecture
      SkipUnless(write_number, 3),        Load(offsetof(seccomp_data, args)),
      SkipUnless(STDERR_FILENO, 1),       Return(SECCOMP_RET_ALLOW),
      Return(SECCOMP_RET_TRAP),
  };
  const sock_fprog filter = {static_cast<unsigned short>(std::size(program)), program};
  // An unprivileged thread may filter itself once it has given up gaining rights.
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    *error = std::string("prctl(PR_SET_NO_NEW_PRIVS): ") + std::strerror(errno);
    return false;
  }
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0) return true;
  *error = std::string("seccomp(SECCOMP_SET_MODE_FILTER): ") + std::strerror(errno);
  return false;
}

void LeaveProvenThread() {
  syscall(SYS_exit, 0);
  std::abort();
}

uint64_t TrappedCallCount() { return g_count.load(std::memory_order_acquire); }
void ForgetTrappedCalls() { g_count.store(0, std::memory_order_release); }

std::string DescribeTrappedCalls() {
  const uint64_t count = TrappedCallCount();
  std::string text;
  for (uint64_t i = 0; i < count && i < kKeptCalls; ++i) {
    const TrappedCall& call = g_calls[i];
    text += SystemCallName(call.number) + "\n";
    char** names = backtrace_symbols(call.stack.data(), call.frames);
    for (int frame = 0; frame < call.frames && names != nullptr; ++frame) text += std::string("    ") + names[frame] + "\n";
    std::free(names);
  }
  if (count > kKeptCalls) text += "and " + std::to_string(count - kKeptCalls) + " more\n";
  return text;
}

std::string SystemCallName(int number) {
  struct Name {
    int number;
    const char* name;
  };
  static constexpr Name kNames[] = {
      {SYS_read, "read"},
      {SYS_write, "write"},
      {SYS_readv, "readv"},
      {SYS_writev, "writev"},
      {SYS_openat, "openat"},
      {SYS_close, "close"},
      {SYS_mmap, "mmap"},
      {SYS_munmap, "munmap"},
      {SYS_mremap, "mremap"},
      {SYS_mprotect, "mprotect"},
      {SYS_madvise, "madvise"},
      {SYS_brk, "brk"},
      {SYS_futex, "futex"},
      {SYS_nanosleep, "nanosleep"},
      {SYS_clock_nanosleep, "clock_nanosleep"},
      {SYS_clock_gettime, "clock_gettime"},
      {SYS_gettimeofday, "gettimeofday"},
      {SYS_sched_yield, "sched_yield"},
      {SYS_poll, "poll"},
      {SYS_ppoll, "ppoll"},
      {SYS_epoll_wait, "epoll_wait"},
      {SYS_recvfrom, "recvfrom"},
      {SYS_recvmsg, "recvmsg"},
      {SYS_recvmmsg, "recvmmsg"},
      {SYS_sendto, "sendto"},
      {SYS_sendmsg, "sendmsg"},
      {SYS_sendmmsg, "sendmmsg"},
      {SYS_ioctl, "ioctl"},
      {SYS_getrandom, "getrandom"},
      {SYS_getrusage, "getrusage"},
      {SYS_getpid, "getpid"},
      {SYS_gettid, "gettid"},
      {SYS_wait4, "wait4"},
      {SYS_waitid, "waitid"},
      {SYS_tgkill, "tgkill"},
      {SYS_rt_sigprocmask, "rt_sigprocmask"},
      {SYS_membarrier, "membarrier"},
      {SYS_pread64, "pread64"},
      {SYS_newfstatat, "newfstatat"},
  };
  for (const Name& known : kNames)
    if (known.number == number) return known.name;
  return "system call " + std::to_string(number);
}

}  // namespace tickgraph
