#!/usr/bin/env python3
"""Measures a CUDA device: the GPU tests and benchmarks of a build, run on a machine that has one, in one JSON file.

    tools/device_run.py pack --build build/release --out FOLDER   here: what has to travel, at most 64 MiB
    tools/device_run.py run --from FOLDER --out FOLDER            there: needs python3 and an NVIDIA driver, nothing else

`run` keeps within --seconds (540), tests before benchmarks, and always leaves OUT/gpu.json; what found no time is named in it. Exit 0: all
tests passed, compute-sanitizer found nothing, and every benchmark was checked and timed; 1: something failed, or there is no device. The
file belongs in perf/results/<device>/; tools/gpu_table.py makes the table of BENCHMARKS.md from it.
"""

import argparse
import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import check_ptxas  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAMS = {"kernels_test": "tests/kernels/kernels_test", "tickgraph-gpu-bench": "tickgraph-gpu-bench"}
MOST_BYTES = 64 << 20
# Every machine has these, and an older copy of them would break the newer driver.
SYSTEM_LIBRARIES = re.compile(r"^(ld-linux|libc|libm|libdl|libpthread|librt|libstdc\+\+|libgcc_s|linux-vdso)[-.]")
TEST_FILTER = "*Gpu*"
SANITIZERS = {"memcheck": 60, "racecheck": 60}


def text_of(command, **options):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, **options).stdout.strip()
    except OSError:
        return ""


def pack(options):
    out = pathlib.Path(options.out)
    if out.exists() and any(out.iterdir()):
        if not (out / "manifest.json").exists():
            sys.exit(f"device_run: {out} is there, and no earlier package: give another folder")
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
    for name, path in PROGRAMS.items():
        program = pathlib.Path(options.build) / path
        if not program.exists():
            sys.exit(f"device_run: {program} is missing: build the targets {' '.join(PROGRAMS)}")
        subprocess.run(["strip", "-o", out / name, program], check=True)
        for line in text_of(["ldd", program]).splitlines():
            match = re.match(r"\s*(\S+) => (\S+)", line)
            if match and not SYSTEM_LIBRARIES.match(match[1]):
                shutil.copy(match[2], out / match[1])
    for report in pathlib.Path(options.build).rglob("*.ptxas"):
        shutil.copy(report, out / report.name)
    for script in ("device_run.py", "check_ptxas.py"):
        shutil.copy(ROOT / "tools" / script, out / script)
    commit = text_of(["git", "-C", ROOT, "rev-parse", "HEAD"])
    dirty = "-dirty" if text_of(["git", "-C", ROOT, "status", "--porcelain"]) else ""
    (out / "manifest.json").write_text(json.dumps({"commit": commit + dirty}) + "\n", encoding="utf-8")
    size = sum(file.stat().st_size for file in out.iterdir())
    print(f"{out}: {len(list(out.iterdir()))} files, {size / 2**20:.1f} MiB")
    if size > MOST_BYTES:
        sys.exit(f"device_run: more than {MOST_BYTES >> 20} MiB do not travel")


def device():
    keys = ["name", "driver_version", "memory.total", "compute_cap", "clocks.max.sm"]
    line = text_of(["nvidia-smi", "--query-gpu=" + ",".join(keys), "--format=csv,noheader"]).splitlines()
    if not line or line[0].count(",") != len(keys) - 1:
        return None
    return dict(zip(keys, (value.strip() for value in line[0].split(","))))


class Clock:
    def __init__(self, seconds):
        self.end = time.monotonic() + seconds

    def left(self):
        return max(0.0, self.end - time.monotonic())


def run_program(folder, arguments, seconds):
    """Exit code (None: out of time) and what was said on both streams."""
    environment = {**os.environ, "LD_LIBRARY_PATH": str(folder)}
    try:
        done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=max(1, seconds), env=environment)
        return done.returncode, done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        return None, "out of time"
    except OSError as error:
        return 127, str(error)


def run_tests(folder, out, clock):
    report = out / "tests.json"
    code, said = run_program(folder, [folder / "kernels_test", "--gtest_filter=" + TEST_FILTER, f"--gtest_output=json:{report}"],
                             min(clock.left(), 180))
    result = {"exit_code": code, "passed": 0, "failed": [], "skipped": []}
    if not report.exists():
        result["failed"].append(said[-2000:])
        return result
    for suite in json.loads(report.read_text(encoding="utf-8"))["testsuites"]:
        for case in suite["testsuite"]:
            name = f"{suite['name']}.{case['name']}"
            if case.get("result") == "SKIPPED":
                result["skipped"].append(name)
            elif case.get("failures"):
                result["failed"].append(f"{name}: {case['failures'][0]['failure'][:500]}")
            else:
                result["passed"] += 1
    report.unlink()
    return result


def run_sanitizers(folder, clock):
    """The self-checks under compute-sanitizer, where the machine has it."""
    if shutil.which("compute-sanitizer") is None:
        return {"skipped": "compute-sanitizer is not installed"}
    results = {}
    for tool, seconds in SANITIZERS.items():
        code, said = run_program(folder, ["compute-sanitizer", "--tool", tool, "--error-exitcode", "9", folder / "kernels_test",
                                          "--gtest_filter=*Gpu*SelfCheck*:*BookGridGpu*"], min(clock.left(), seconds))
        summary = [line for line in said.splitlines() if "SUMMARY" in line]
        results[tool] = {"exit_code": code, "summary": summary[-1].strip("= ") if summary else said[-500:]}
    return results


def run_benchmarks(folder, out, clock):
    report = out / "bench.json"
    code, said = run_program(folder, [folder / "tickgraph-gpu-bench", "--benchmark_filter=^gpu/", "--benchmark_min_time=2",
                                      f"--benchmark_out={report}", "--benchmark_out_format=json"], clock.left())
    results = []
    try:
        runs = json.loads(report.read_text(encoding="utf-8"))["benchmarks"]
    except (OSError, ValueError):
        return {"exit_code": code, "error": said[-2000:], "benchmarks": results}
    left_out = {"family_index", "per_family_instance_index", "run_name", "run_type", "repetitions", "repetition_index", "threads"}
    for run in runs:
        result = {key: value for key, value in run.items() if key not in left_out}
        if run.get("error_occurred"):
            message = run.get("error_message", "")
            result = {"name": run["name"], "skipped" if message.startswith("skipped: ") else "error": message}
        elif run.get("items_per_second"):
            result["ns_per_item"] = 1e9 / run["items_per_second"]
        results.append(result)
    report.unlink()
    return {"exit_code": code, "benchmarks": results}


def run(options):
    folder, out = pathlib.Path(options.source).resolve(), pathlib.Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    clock = Clock(options.seconds)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    ptxas = "".join(file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.ptxas")))
    result = {
        "device": device(),
        "commit": manifest["commit"],
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "host": {"cores": os.cpu_count(), "kernel": os.uname().release},
        "kernels": check_ptxas.read_kernels(ptxas),
    }
    result["tests"] = run_tests(folder, out, clock)
    result.update(run_benchmarks(folder, out, clock) if result["device"] else {"benchmarks": []})
    result["sanitizers"] = run_sanitizers(folder, clock) if result["device"] else {}
    (out / "gpu.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")

    tests = result["tests"]
    name = result["device"]["name"] if result["device"] else "no CUDA device: nothing was measured"
    print(f"{name}; tests: {tests['passed']} passed, {len(tests['failed'])} failed, {len(tests['skipped'])} skipped")
    for failure in tests["failed"]:
        print("failed   ", failure)
    sound = result["device"] is not None and not tests["failed"] and tests["exit_code"] == 0 and bool(result["benchmarks"])
    for benchmark in result["benchmarks"]:
        word = benchmark.get("error") or benchmark.get("skipped")
        sound = sound and not word and benchmark.get("checked") == 1
        print(f"{benchmark['name']:36}", word or " ".join(f"{key} {benchmark[key]:.4g}" for key in
              ("ns_per_item", "items_per_second", "p50_ns", "p99_ns", "max_ns", "share_of_copy") if key in benchmark))
    for tool, report in result["sanitizers"].items():
        print(tool, report if isinstance(report, str) else report["summary"])
        # Out of time (no exit code) is no finding.
        sound = sound and (isinstance(report, str) or not report["exit_code"])
    return 0 if sound else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    packing = commands.add_parser("pack", help="gather what travels to the device machine")
    packing.add_argument("--build", default=str(ROOT / "build" / "release"))
    packing.add_argument("--out", required=True)
    running = commands.add_parser("run", help="run the tests and benchmarks of a package")
    running.add_argument("--from", dest="source", default=str(pathlib.Path(__file__).resolve().parent))
    running.add_argument("--out", required=True)
    running.add_argument("--seconds", type=float, default=540)
    options = parser.parse_args()
    return pack(options) if options.command == "pack" else run(options)


if __name__ == "__main__":
    sys.exit(main())
