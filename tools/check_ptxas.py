"""Holds what ptxas reports of every kernel (nvcc -Xptxas -v, on stdin or in files) against its limits: no spills, and a ceiling of registers.

    tools/check_ptxas.py [--most-registers N] [--registers NAME=N ...] [--stack NAME=BYTES ...] [REPORT ...]

A stack frame is local memory too: a kernel may have one only where --stack names it. --registers names a kernel with a ceiling of its own. Exit 1, with a line for each kernel that is over.
"""

import argparse
import re
import sys

ENTRY = re.compile(r"Compiling entry function '(\w+)' for '(\w+)'")
MEMORY = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")
REGISTERS = re.compile(r"Used (\d+) registers")


def plain_name(symbol):
    """The function's own name: the last identifier of a mangled nested name that is no namespace."""
    names = []
    at = 0
    while match := re.compile(r"\d+").search(symbol, at):
        length = int(match.group())
        name = symbol[match.end() : match.end() + length]
        if length > len(symbol) - match.end() or not re.match(r"[A-Za-z_]\w*$", name):
            at = match.end()
            continue
        names.append(name)
        at = match.end() + length
    kernels = [name for name in names if name.endswith("Kernel")]
    return kernels[0] if kernels else symbol


def read_kernels(text):
    kernels = []
    for line in text.splitlines():
        if match := ENTRY.search(line):
            kernels.append({"name": plain_name(match[1]), "target": match[2], "stack": 0, "spill": 0, "registers": 0})
        elif kernels and (match := MEMORY.search(line)):
            kernels[-1]["stack"] = int(match[1])
            kernels[-1]["spill"] = int(match[2]) + int(match[3])
        elif kernels and (match := REGISTERS.search(line)):
            kernels[-1]["registers"] = int(match[1])
    return kernels


def problems(kernels, most_registers, own_registers, stacks):
    for kernel in kernels:
        ceiling = own_registers.get(kernel["name"], most_registers)
        where = f"{kernel['name']} ({kernel['target']})"
        if kernel["spill"]:
            yield f"{where}: {kernel['spill']} bytes spilled"
        if kernel["registers"] > ceiling:
            yield f"{where}: {kernel['registers']} registers, at most {ceiling} are allowed"
        if kernel["stack"] > stacks.get(kernel["name"], 0):
            yield f"{where}: a stack frame of {kernel['stack']} bytes, {stacks.get(kernel['name'], 0)} are allowed"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--most-registers", type=int, default=128)
    parser.add_argument("--registers", action="append", default=[], metavar="NAME=N")
    parser.add_argument("--stack", action="append", default=[], metavar="NAME=BYTES")
    parser.add_argument("reports", nargs="*")
    options = parser.parse_args()
    text = "".join(open(path, encoding="utf-8").read() for path in options.reports) if options.reports else sys.stdin.read()
    kernels = read_kernels(text)
    if not kernels:
        print("check_ptxas: the report names no kernel", file=sys.stderr)
        return 1
    for kernel in kernels:
        print(f"{kernel['name']:24} {kernel['target']}  registers {kernel['registers']:3}  stack {kernel['stack']:4}  spilled {kernel['spill']}")
    registers, stacks = ({name: int(size) for name, size in (item.split("=") for item in items)} for items in (options.registers, options.stack))
    found = list(problems(kernels, options.most_registers, registers, stacks))
    for problem in found:
        print(f"check_ptxas: {problem}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
