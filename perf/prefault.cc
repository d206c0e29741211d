// Walks /proc/self/maps. A mapped capture is left alone: only files that are also mapped as code are populated.
#include "perf/prefault.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

namespace tickgraph {
namespace {

struct Mapping {
  uintptr_t begin = 0, end = 0;
  bool readable = false, writable = false, executable = false;
  std::string path;
};

std::vector<Mapping> ReadMappings() {
  std::vector<Mapping> out;
  std::ifstream in("/proc/self/maps");
  for (std::string line; std::getline(in, line);) {
    Mapping mapping;
    char rights[8] = {};
    int path_at = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx %7s %*s %*s %*s %n", &mapping.begin, &mapping.end, rights, &path_at) < 3) continue;
    mapping.readable = rights[0] == 'r';
    mapping.writable = rights[1] == 'w';
    mapping.executable = rights[2] == 'x';
    if (path_at > 0 && static_cast<size_t>(path_at) < line.size()) mapping.path = line.substr(static_cast<size_t>(path_at));
    out.push_back(mapping);
  }
  return out;
}

__attribute__((noinline)) void TouchStack() {
  constexpr size_t kBytes = size_t{256} << 10;
  char room[kBytes];
  for (size_t i = 0; i < kBytes; i += 4096) *const_cast<volatile char*>(room + i) = 0;
}

}  // namespace

size_t PrefaultProgram() {
  const std::vector<Mapping> mappings = ReadMappings();
  std::set<std::string> programs;
  for (const Mapping& mapping : mappings)
    if (mapping.executable && mapping.path.starts_with('/')) programs.insert(mapping.path);
  size_t bytes = 0;
  bool after_program = false;  // zero-initialised data is an unnamed mapping right behind its program's
  uintptr_t last_end = 0;
  for (const Mapping& mapping : mappings) {
    after_program = programs.contains(mapping.path) || (after_program && mapping.path.empty() && mapping.begin == last_end);
    last_end = mapping.end;
    if (!mapping.readable || (!after_program && mapping.path != "[heap]")) continue;
    const size_t size = mapping.end - mapping.begin;
    void* memory = reinterpret_cast<void*>(mapping.begin);  // NOLINT(performance-no-int-to-ptr)
    if (madvise(memory, size, mapping.writable ? MADV_POPULATE_WRITE : MADV_POPULATE_READ) == 0) bytes += size;
  }
  TouchStack();
  return bytes;
}

}  // namespace tickgraph
