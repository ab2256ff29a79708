"""The bars of docs/performance.md: what is measured for each, against what, and whether it was met."""
import json
import subprocess
import time
from statistics import median


class Bar:
    """One line of the table: samples, their median and spread, and the bound that the median must keep."""

    def __init__(self, what, against, bound, samples, unit="x", at_most=False, digits=2):
        self.what, self.against, self.bound, self.samples = what, against, bound, samples
        self.unit, self.at_most, self.digits = unit, at_most, digits

    def met(self):
        return median(self.samples) <= self.bound if self.at_most else median(self.samples) >= self.bound

    def row(self):
        form = lambda x: f"{x:.{self.digits}f}"
        if not self.samples:
            return [self.what, self.against, "", "not measured", "", "-"]
        sign = "<=" if self.at_most else ">="
        return [self.what, self.against, f"{sign} {self.bound:g} {self.unit}",
                f"{form(median(self.samples))} {self.unit}",
                f"{form(min(self.samples))} - {form(max(self.samples))}", "met" if self.met() else "**missed**"]


def paired(rounds, peer, base, key="qps"):
    """The ratio in each round in which both ran without an error."""
    return [r[peer][key] / r[base][key] for r in rounds if peer in r and base in r and r[base].get(key)]


def throughput_bars(at64, at1000):
    """The point select: each its own transaction, reads in shared Syncs, and both from the scheduler."""
    out = []
    for callers, rounds, mine in ((64, at64, (1.4, 1.9, 0.9, 1.5)), (1000, at1000, (1.4, 2.0, 1.0, 2.5))):
        own, shared, scheduled, ahead = mine
        n = f"{callers:,} callers"
        out += [
            Bar(f"any statement, loop, {n}", "raw, plain Sync each", own,
                paired(rounds, "tripool-loop-write", "raw-plain")),
            Bar(f"any statement, scheduler, {n}", "raw, plain Sync each", scheduled,
                paired(rounds, "tripool-scheduler-write", "raw-plain")),
            Bar(f"any statement, scheduler, {n}", "pgbench -M prepared", ahead,
                paired(rounds, "tripool-scheduler-write", "pgbench")),
            Bar(f"reads in a shared Sync, loop, {n}", "raw, plain Sync each", shared,
                paired(rounds, "tripool-loop-read", "raw-plain")),
            Bar(f"reads in a shared Sync, loop, {n}", "raw, one Sync a batch", 0.8,
                paired(rounds, "tripool-loop-read", "raw-shared")),
            Bar(f"p99.9, any statement, loop, {n}", "raw, plain Sync each", 1.5,
                paired(rounds, "tripool-loop-write", "raw-plain", "p999_us"), at_most=True),
        ]
    cpu = "client_cpu_us_per_query"
    out += [Bar("client CPU, any statement, loop, 64 callers", "raw, framed", 1.4,
                paired(at64, "tripool-loop-write", "raw-framed", cpu), at_most=True),
            Bar("client CPU, shared Sync, loop, 64 callers", "raw, one Sync a batch", 1.4,
                paired(at64, "tripool-loop-read", "raw-shared", cpu), at_most=True)]
    return out


def other_bars(update64, update1000, rows, single, resilience):
    """Updates, many rows, one outstanding request, and what watching costs."""
    return [
        Bar("updates, loop, 64 callers", "raw, plain Sync each", 1.3,
            paired(update64, "tripool-loop-write", "raw-plain")),
        Bar("updates, loop, 1,000 callers", "raw, plain Sync each", 1.3,
            paired(update1000, "tripool-loop-write", "raw-plain")),
        Bar("1,000 rows x 4 columns, loop, 64 callers", "raw", 0.95, paired(rows, "tripool-loop-read", "raw-plain")),
        Bar("client CPU of the same", "raw", 1.2,
            paired(rows, "tripool-loop-read", "raw-plain", "client_cpu_us_per_query"), at_most=True),
        Bar("p50 at one outstanding, loop", "raw, synchronous", 1.3,
            paired(single, "tripool-loop-read", "raw-single", "p50_us"), at_most=True),
        Bar("p50 at one outstanding, scheduler", "raw, synchronous", 2.5,
            paired(single, "tripool-scheduler-read", "raw-single", "p50_us"), at_most=True),
        Bar("three pools and heartbeats each second, updates, 64 callers", "one pool without", 0.97,
            paired(resilience, "tripool-resilient", "tripool-loop-write")),
    ]


def run_tool(command, limit):
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=limit)
    lines = [x for x in done.stdout.splitlines() if x.startswith("{")]
    if done.returncode != 0 or not lines:
        raise RuntimeError(f"{' '.join(command[:2])}: {(done.stderr or done.stdout).strip()[-300:]}")
    return json.loads(lines[-1])


def memory_bars(tool, server, rounds):
    runs = [run_tool([tool, "memory", "--dsn", server.dsn], 120) for _ in range(rounds)]
    resident = [x["resident_mb_queued"] for x in runs]
    return [Bar("resident with 20 connections and 10,000 queued", "-", 40, resident, "MB", True, 1),
            Bar("a queued request", "-", 1024, [x["bytes_per_queued_request"] for x in runs], "bytes", True, 0)]


def idle_bar(tool, server, seconds):
    x = run_tool([tool, "idle", "--dsn", server.dsn, "--seconds", str(seconds)], seconds + 60)
    return Bar(f"CPU of three pools at rest, {seconds} s", "-", 0.1, [x["cpu_percent"]], "% of a core", True, 3)


def crash_bars(tool, rounds):
    x = run_tool([tool, "crash", "--rounds", str(rounds)], rounds * 30 + 120)
    what = f"crash of the primary to a read's answer elsewhere, {rounds} crashes, {x['moved_reads']} reads"
    plain = (f" (plain libpq: a socket closed after {x['first_socket_p50_ms']:.1f} ms, "
             f"an answer elsewhere after {x['raw_first_p50_ms']:.1f} ms)")
    return [Bar(what + ", first, p50" + plain, "-", 5, [x["first_p50_ms"]], "ms", True, 1),
            Bar(what + ", all, p99", "-", 50, [x["all_p99_ms"]], "ms", True, 1)]


def copy_bar(tool, server, psql, rounds, folder):
    """A million rows from a file: psql and Tripool in turns."""
    file = f"{folder}/rows"
    with open(file, "w", encoding="utf-8") as f:
        f.writelines(f"{i}\t{i % 1000}\trow number {i} of a million\t{i * 0.25}\n" for i in range(1_000_000))
    ask = [psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", server.dsn]
    subprocess.run(ask + ["-c", "create unlogged table bar_rows (a bigint, b int, c text, d float8)"], check=True)
    ratios = []
    for _ in range(rounds):
        subprocess.run(ask + ["-c", "truncate bar_rows"], check=True)
        began = time.monotonic()
        subprocess.run(ask + ["-c", f"\\copy bar_rows from '{file}'"], check=True)
        theirs = time.monotonic() - began
        mine = run_tool([tool, "copy", "--dsn", server.dsn, "--file", file, "--table", "bar_rows"], 120)
        if mine["rows"] != 1_000_000:
            raise RuntimeError("a COPY brought another number of rows")
        ratios.append(theirs / mine["seconds"])
    return Bar("COPY in, 1 million rows", "psql \\copy", 0.95, ratios)


def show(bars, out):
    heads = ["what", "against", "bar", "median", "spread", ""]
    print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads), file=out)
    for b in bars:
        print("| " + " | ".join(b.row()) + " |", file=out)
    known = [b for b in bars if b.samples]
    print(f"\n{sum(b.met() for b in known)} of {len(known)} bars met", file=out)
