#!/bin/sh
# Runs a compiler and keeps what ptxas says of each kernel (-Xptxas -v) in a file; anything else it says is passed on.
#   tools/cmake/nvcc_with_report.sh REPORT COMMAND …
report=$1
shift
"$@" 2>"$report"
status=$?
grep -v '^ptxas info\|^ *[0-9]* bytes stack frame\|^$' "$report" >&2
exit $status
