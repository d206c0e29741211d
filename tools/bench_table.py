#!/usr/bin/env python3
"""The table of BENCHMARKS.md from a result of `tickgraph bench --json`: `tools/bench_table.py perf/results/NAME.json`.

A row a benchmark that was checked and measured; the goals are those that the project has set itself, in the unit of their column.
"""

import json
import sys

GOALS = {  # name: (counter, goal, at most or at least)
    "walk/itch": ("ns_per_item", 6.7, "≤"),
    "decode/itch": ("ns_per_item", 8, "≤"),
    "book/l3/market": ("misses_per_item", 0.27, "≤"),
    "book/l2/market": ("misses_per_item", 0.18, "≤"),
    "book/l3/one": ("ns_per_item", 25, "≤"),
    "arbiter/packet": ("ns_per_item", 10, "≤"),
    "dpdk/null": ("ns_per_item", 30, "≤"),
    "json/decode": ("simdjson_ratio", 0.7, "≥"),
    "options/price_greeks/double": ("items_per_second", 90e6, "≥"),
    "options/price_greeks/float": ("items_per_second", 220e6, "≥"),
    "options/implied_volatility": ("items_per_second", 8e6, "≥"),
    "options/american": ("items_per_second", 100e3, "≥"),
    "arbitrage/parity_box": ("items_per_second", 4e9, "≥"),
    "arbitrage/triangle_rescan/64": ("ns_per_item", 200, "≤"),
    "risk/all": ("ns_per_item", 100, "≤"),
    "encode/ouch": ("ns_per_item", 50, "≤"),
    "exchange/replay": ("items_per_second", 15e6, "≥"),
    "session/itch_only": ("items_per_second", 3e6, "≥"),
}
UNITS = {
    "ns_per_item": lambda v: f"{v:,.0f} ns" if v >= 100 else f"{v:.3g} ns",
    "items_per_second": lambda v: f"{v / 1e9:.2f} G/s" if v >= 1e9 else f"{v / 1e6:.3g} M/s" if v >= 1e6 else f"{v / 1e3:.3g} k/s",
    "misses_per_item": lambda v: f"{v:.2f} misses",
    "simdjson_ratio": lambda v: f"{v:.2f} of simdjson",
}
SHOWN = [("misses_per_item", "{:.2f} of a miss"), ("textbook_ratio", "{:.1f} × textbook"), ("memory_bytes", "{:,.0f} bytes"),
         ("p50_ns", "p50 {:,.0f} ns"), ("p99_ns", "p99 {:,.0f} ns"), ("p999_ns", "p99.9 {:,.0f} ns"), ("p50_misses", "p50 {:.2f}"), ("p99_misses", "p99 {:.2f}"), ("p999_misses", "p99.9 {:.2f} misses"), ("max_ns", "max {:,.0f} ns"),
         ("simdjson_ratio", "{:.2f} of simdjson"), ("tick_to_signal_p99_ns", "tick to signal p99 {:.0f} ns"),
         ("unqueued_tick_to_signal_p99_ns", "{:.0f} ns unqueued"), ("tick_to_order_p50_ns", "tick to order p50 {:.0f} ns"),
         ("unqueued_tick_to_order_p50_ns", "{:.0f} ns unqueued")]


def goal(result):
    if result["name"] not in GOALS:
        return ""
    counter, value, sign = GOALS[result["name"]]
    met = result[counter] <= value if sign == "≤" else result[counter] >= value
    return f"{sign} {UNITS[counter](value)}: {'met' if met else 'missed'}"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        recorded = json.load(file)
    machine = recorded["machine"]
    print(f"{machine['cpu_model']}, {machine['cores']} cores, {'a virtual machine, ' if machine['virtual_machine'] else ''}"
          f"kernel {machine['kernel']}; {machine['compiler']}, {machine['build_type']}, commit {machine['commit']}.\n"
          f"System check: {machine['doctor']}.\n")
    print("| benchmark | an item | items | allocations | beside | goal |\n|---|---|---|---|---|---|")
    for result in recorded["benchmarks"]:
        if not result.get("checked"):
            continue
        beside = ", ".join(text.format(result[key]) for key, text in SHOWN if key in result)
        print(f"| `{result['name']}` | {UNITS['ns_per_item'](result['ns_per_item'])} | {UNITS['items_per_second'](result['items_per_second'])} "
              f"| {result['allocs_per_item']:.4g} | {beside} | {goal(result)} |")


main()
