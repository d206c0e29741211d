#!/bin/sh
# Runs every libFuzzer target for a fixed number of executions, in a clang build of its own.
#   tools/fuzz.sh [RUNS]        10,000,000 by default; a finding is left in build/fuzz/findings and ends with exit code 1
set -eu
cd "$(dirname "$0")/.."
runs=${1:-10000000}
cmake -S . -B build/fuzz -G Ninja -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=RelWithDebInfo -DTICKGRAPH_FUZZ=ON -DTICKGRAPH_BENCH=OFF -DTICKGRAPH_CUDA=OFF >build/fuzz.log 2>&1 ||
  { tail -n 20 build/fuzz.log >&2; exit 1; }
cmake --build build/fuzz --target fuzz_targets
# A target makes its objects anew each time: with a long quarantine of what is freed it would fault pages in and do little else.
export ASAN_OPTIONS="quarantine_size_mb=1${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
mkdir -p build/fuzz/findings
status=0
for target in build/fuzz/tests/net/fuzz/*_fuzz; do
  name=$(basename "$target")
  mkdir -p "build/fuzz/corpus/$name"
  if "$target" -runs="$runs" -seed=1 -max_len=2048 -artifact_prefix="build/fuzz/findings/$name-" "build/fuzz/corpus/$name" >"build/fuzz/$name.log" 2>&1; then
    grep -E '^Done [0-9]+ runs' "build/fuzz/$name.log" | sed "s/^/$name: /"
  else
    echo "$name: a finding" >&2
    tail -n 30 "build/fuzz/$name.log" >&2
    status=1
  fi
done
exit $status
