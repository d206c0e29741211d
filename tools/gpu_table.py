#!/usr/bin/env python3
"""The GPU table of BENCHMARKS.md, from the files that tools/device_run.py left: `tools/gpu_table.py [perf/results/*/gpu*.json …]`.

A column a device, the goal beside it; a cell without a checked result says "not measured". Without arguments it reads perf/results.
"""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
NOT_MEASURED = "not measured"


def microseconds(result):
    return f"{result['p50_ns'] / 1e3:.2f} / {result['p99_ns'] / 1e3:.2f} µs" if "p50_ns" in result and "p99_ns" in result else NOT_MEASURED


def rate(result):
    if "items_per_second" not in result:
        return NOT_MEASURED
    text = f"{result['items_per_second'] / 1e9:.2f} G/s"
    return text + (f", {result['share_of_copy']:.2f} of copying" if result.get("share_of_copy") else "")


ROWS = [
    ("gpu/persistent/empty", "empty round trip, persistent, p50 / p99", "1.8 / 2.5 µs", microseconds),
    ("gpu/persistent/chain_256", "tick to signal, 256 options, persistent, p50 / p99", "3.5 / 5 µs", microseconds),
    ("gpu/graph/empty", "empty round trip, captured graph, p50 / p99", "", microseconds),
    ("gpu/graph/chain_256", "tick to signal, 256 options, captured graph, p50 / p99", "9 / 12 µs", microseconds),
    ("gpu/options/price_greeks/float", "price + 5 Greeks, float", ".9 of copying", rate),
    ("gpu/options/price_greeks/double", "price + 5 Greeks, double", ".8 of copying", rate),
    ("gpu/options/implied_volatility", "implied volatility", "4 G/s", rate),
    ("gpu/options/american", "American, 1e-5", "50 M/s", rate),
    ("gpu/books/deltas", "L2 deltas over 8,000 books", "5 G/s", rate),
]


def cell(measured, name, show):
    for result in measured["benchmarks"]:
        if result["name"] == name and result.get("checked") == 1 and "error" not in result:
            return show(result)
    return NOT_MEASURED


def table(files):
    measured = [m for m in (json.loads(pathlib.Path(f).read_text(encoding="utf-8")) for f in files) if m.get("device")]
    names = [m["device"]["name"] for m in measured] or ["measured"]
    lines = ["| | goal | " + " | ".join(names) + " |", "|---|---|" + "---|" * len(names)]
    for name, what, goal, show in ROWS:
        cells = [cell(m, name, show) for m in measured] or [NOT_MEASURED]
        lines.append(f"| {what} | {goal} | " + " | ".join(cells) + " |")
    for m in measured:
        tests = m["tests"]
        verdicts = ", ".join(f"{tool}: {r['summary']}" for tool, r in m["sanitizers"].items() if isinstance(r, dict))
        lines.append("")
        lines.append(f"{m['device']['name']}, driver {m['device']['driver_version']}, commit {m['commit'][:12]}, {m['date']}: "
                     f"{tests['passed']} GPU tests passed, {len(tests['failed'])} failed" + (f"; {verdicts}" if verdicts else "") + ".")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table(sys.argv[1:] or sorted((ROOT / "perf" / "results").glob("*/gpu*.json"))))
