#!/usr/bin/env python3
"""Holds the number of instructions that a query costs to the recorded one: callgrind counts those of tripool-hot-path
(everything real but the server) for two numbers of queries, and the difference is what the queries cost. The figures do
not depend on the machine's speed, but on the compiler and the libraries, which are recorded with them.

  tests/performance/instructions.py PROGRAM            compares with instructions.json; fails above +3 %
  tests/performance/instructions.py PROGRAM --record REASON   records the present figures, with the reason why

PROGRAM is an optimised tripool-hot-path. Where the tools are not those of the record, nothing can be compared: then it
says so and ends with the code 77, which stands for "skipped"."""
import datetime
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

RECORD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "instructions.json")
FEW, MANY, RUNS = 2000, 10000, 2
GROWTH_MAX = 0.03
SKIPPED = 77


def output_of(command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def surroundings():
    """What the figures depend on beside the source."""
    package = lambda name: output_of(["dpkg-query", "-W", "-f", "${Version}", name])
    return {"machine": os.uname().machine, "compiler": output_of(["c++", "-dumpfullversion"]),
            "libc": package("libc6"), "libstdc++": package("libstdc++6"), "caf": package("libcaf-dev"),
            "valgrind": output_of(["valgrind", "--version"])}


def count(program, mode, queries):
    """Instructions of the whole run, of all threads."""
    with tempfile.TemporaryDirectory(prefix="tripool-callgrind-") as folder:
        done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", program, mode,
                               str(queries)], capture_output=True, text=True, check=False, timeout=300)
    found = re.search(r"Collected : ([0-9]+)", done.stderr)
    if done.returncode != 0 or not found:
        sys.exit(f"instructions: {program} under callgrind failed:\n{done.stderr[-2000:]}")
    return int(found.group(1))


def measure(program):
    """Of several runs the least: whatever time brings in between only adds."""
    least = lambda mode, queries: min(count(program, mode, queries) for _ in range(RUNS))
    return {mode: round((least(mode, MANY) - least(mode, FEW)) / (MANY - FEW)) for mode in ("read", "write")}


def compare(program, known):
    here = surroundings()
    other = [f"{k} is {here[k] or 'missing'} and not {v}" for k, v in known["surroundings"].items() if here[k] != v]
    if other:
        print("instructions: skipped, since the record was made elsewhere: " + "; ".join(other))
        return SKIPPED
    found = measure(program)
    bad = 0
    for mode, recorded in known["instructions_per_query"].items():
        growth = found[mode] / recorded - 1
        print(f"instructions: a {mode} costs {found[mode]:,} instructions, {growth:+.1%} of the recorded {recorded:,}")
        if growth > GROWTH_MAX:
            bad += 1
        elif growth < -GROWTH_MAX:
            print("instructions: that is less: record it, so that it stays so")
    if bad:
        print(f"instructions: more than {GROWTH_MAX:.0%} above the record. Find out why (callgrind_annotate), or, if "
              f"it has to be so: {sys.argv[0]} {program} --record 'the reason', in the same commit")
    return 1 if bad else 0


def record(program, reason):
    before = {}
    if os.path.exists(RECORD):
        with open(RECORD, encoding="utf-8") as f:
            before = json.load(f)
    entry = {"reason": reason, "date": datetime.date.today().isoformat(), "instructions_per_query": measure(program),
             "surroundings": surroundings()}
    entry["history"] = (before.get("history", []) + [
        {k: before[k] for k in ("date", "reason", "instructions_per_query")}])[-20:] if before else []
    with open(RECORD, "w", encoding="utf-8") as f:
        json.dump(entry, f, indent=2)
        f.write("\n")
    print(f"instructions: recorded {entry['instructions_per_query']}")
    return 0


def main():
    if len(sys.argv) not in (2, 4) or (len(sys.argv) == 4 and sys.argv[2] != "--record"):
        sys.exit(__doc__)
    program = sys.argv[1]
    if not os.path.exists(program):
        sys.exit(f"instructions: there is no {program}")
    if not shutil.which("valgrind"):
        print("instructions: skipped: valgrind is not installed")
        return SKIPPED
    if len(sys.argv) == 4:
        return record(program, sys.argv[3])
    with open(RECORD, encoding="utf-8") as f:
        return compare(program, json.load(f))


sys.exit(main())
