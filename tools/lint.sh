#!/bin/sh
# Formatting, the source rules of tests/tools, and clang-tidy, over our own files.   tools/lint.sh BUILD_FOLDER
set -eu
cd "$(dirname "$0")/.."
build=${1:?a configured build folder}
status=0

find hot net kernels replay cold tools perf bench tests \( -name '*.h' -o -name '*.cc' -o -name '*.cu' -o -name '*.cuh' \) -print0 |
  xargs -0 clang-format --dry-run -Werror || status=1

cmake --build "$build" --target tools_test >/dev/null
"$build/tests/tools/tools_test" --gtest_brief=1 --gtest_filter='LayeringTest.*:HotPathWordsTest.*' || status=1

# Files for one instruction set repeat a source that is checked elsewhere.
find hot net kernels replay cold tools perf -name '*.cc' ! -name '*_avx*.cc' -print0 |
  xargs -0 -n 1 -P "$(nproc)" clang-tidy --quiet -p "$build" 2>/dev/null || status=1

[ $status = 0 ] && echo "lint: nothing to say"
exit $status
