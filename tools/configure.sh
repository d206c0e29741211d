#!/bin/sh
# Configures one preset where that has not been done; what CMake says is shown when it fails.   tools/configure.sh PRESET
set -eu
cd "$(dirname "$0")/.."
preset=${1:?a preset of CMakePresets.json}
build=build/$preset
stamp=$build/.configured
wanted=$(cat CMakePresets.json .venv/.requirements .cuda/.requirements 2>/dev/null | cksum)
[ -f "$build/build.ninja" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && exit 0
launcher=""
command -v ccache >/dev/null && launcher=-DCMAKE_CXX_COMPILER_LAUNCHER=ccache
mkdir -p "$build"
if ! cmake --preset "$preset" $launcher >"$build/configure.log" 2>&1; then
  cat "$build/configure.log" >&2
  exit 1
fi
grep 'building the C' "$build/configure.log" | sed 's/^-- //'
echo "$wanted" >"$stamp"
