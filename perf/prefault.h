// Brings what a program runs on into memory before the loop starts: its code, its data, its libraries, and the stack below the caller.
//
// Code that first runs in the middle of a session would otherwise cost a page fault there. The arenas touch their own memory (hot/arena.h).
#pragma once

#include <cstddef>

namespace tickgraph {

// Best effort, of the calling process and thread. Returns the bytes that were populated.
size_t PrefaultProgram();

}  // namespace tickgraph
