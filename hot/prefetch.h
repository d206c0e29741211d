// Asks for the cache line at an address, to be read or written some messages later. It never faults. No state.
#pragma once

namespace tickgraph {

// Not __builtin_prefetch: gcc 12 holds a function that does nothing else for free of effects, and drops every call of it.
inline void Prefetch(const void* address) { asm volatile("prefetcht0 %0" : : "m"(*static_cast<const char*>(address))); }

}  // namespace tickgraph
