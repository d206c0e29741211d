#!/bin/sh
# Runs CTest in a build folder, then lists what was skipped with each reason and closes with the counts.
#   tools/run_tests.sh BUILD_FOLDER [CTEST OPTION …]
# The counts are left in BUILD_FOLDER/test_counts ("passed failed skipped") for whoever adds them up.
set -eu
cd "$(dirname "$0")/.."
build=${1:?a build folder}
shift
jobs=${JOBS:-2}
limit=600  # seconds a test
[ -z "${TICKGRAPH_SOAK:-}" ] || limit=14400
report=$build/test_report.xml
rm -f "$report" "$build/test_counts"
status=0
ctest --test-dir "$build" -j "$jobs" --timeout "$limit" --output-on-failure --progress --output-junit "$PWD/$report" "$@" || status=$?
[ -f "$report" ] || { echo "run_tests: CTest left no report" >&2; exit 1; }
.venv/bin/python - "$report" "$build/test_counts" <<'PYTHON'
import re, sys, xml.etree.ElementTree as tree
passed = failed = 0
skipped = []
for case in tree.parse(sys.argv[1]).getroot().iter("testcase"):
    state = case.get("status")
    if state == "run":
        passed += 1
    elif state == "disabled":
        skipped.append((case.get("name"), "disabled"))
    elif state == "notrun" and "[  SKIPPED ]" in (case.findtext("system-out") or ""):
        reason = re.search(r"Skipped\n(.*?)\n\n?\[", case.findtext("system-out"), re.S)
        skipped.append((case.get("name"), " ".join(reason.group(1).split()) if reason else "no reason given"))
    else:
        failed += 1
for name, reason in sorted(skipped):
    print(f"skipped  {name}: {reason}")
print(f"{passed} passed, {failed} failed, {len(skipped)} skipped")
open(sys.argv[2], "w").write(f"{passed} {failed} {len(skipped)}\n")
sys.exit(1 if failed or passed == 0 else 0)
PYTHON
exit $status
