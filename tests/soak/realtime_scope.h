// RealtimeSanitizer without its compiler: Clang 19's runtime is linked into the test, and a scope says where this thread is on the hot
// path.
//
// Inside it the runtime stops the process, with the function's name, at any call of the C library that may wait: malloc and free, locks,
// files, sockets, sleeps. Where the runtime is not installed the scope does nothing, and kRealtimeSanitizer says so.
#pragma once

#ifdef TICKGRAPH_RTSAN
extern "C" {
void __rtsan_init();            // NOLINT(bugprone-reserved-identifier): the runtime's names
void __rtsan_realtime_enter();  // NOLINT(bugprone-reserved-identifier)
void __rtsan_realtime_exit();   // NOLINT(bugprone-reserved-identifier)
}
#endif

namespace tickgraph {

#ifdef TICKGRAPH_RTSAN
inline constexpr bool kRealtimeSanitizer = true;
// Before the scope: the runtime makes its own thread state at a thread's first entry.
inline void StartRealtimeSanitizer() { __rtsan_init(); }
inline void EnterRealtime() { __rtsan_realtime_enter(); }
inline void LeaveRealtime() { __rtsan_realtime_exit(); }
#else
inline constexpr bool kRealtimeSanitizer = false;
inline void StartRealtimeSanitizer() {}
inline void EnterRealtime() {}
inline void LeaveRealtime() {}
#endif

}  // namespace tickgraph
