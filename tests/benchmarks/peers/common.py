"""What the Python peers share: arguments, the statements, the check of answers, and the line that is printed."""
import argparse
import json
import random
import resource
import time

TEXTS = {
    "select1": "select $1::int",
    "point": "select aid, abalance from pgbench_accounts where aid = $1",
    "update": "update pgbench_accounts set abalance = abalance + $1 where aid = $2",
    "rows1000": "select aid, bid, abalance, filler from pgbench_accounts where aid >= $1 order by aid limit 1000",
}


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("--dsn", required=True)
    p.add_argument("--workload", choices=sorted(TEXTS), default="point")
    p.add_argument("--connections", type=int, default=10)
    p.add_argument("--callers", type=int, default=64)
    p.add_argument("--seconds", type=float, default=2)
    return p.parse_args()


def draw(workload, accounts):
    aid = random.randint(1, accounts)
    return max(1, aid - 1000) if workload == "rows1000" else aid


def rows_are_right(workload, rows, aid):
    if workload != "rows1000":
        return len(rows) == 1 and rows[0][0] == aid
    return len(rows) == 1000 and all(r[0] == aid + i and r[1] > 0 and len(r[3]) == 84 for i, r in enumerate(rows))


def cpu():
    r = resource.getrusage(resource.RUSAGE_SELF)
    return r.ru_utime + r.ru_stime


class Course:
    """Latencies of what was answered between `start` and `stop`, and the errors."""

    def __init__(self):
        self.latencies = []
        self.errors = 0
        self.measuring = False
        self.stopping = False

    def answered(self, began, right):
        if self.measuring:
            self.latencies.append(time.perf_counter() - began)
        if not right:
            self.errors += 1

    def start(self):
        self.began, self.cpu, self.measuring = time.perf_counter(), cpu(), True

    def stop(self):
        self.measuring, self.stopping = False, True
        self.seconds, self.cpu = time.perf_counter() - self.began, cpu() - self.cpu

    def report(self, peer, a):
        x = sorted(self.latencies)
        at = lambda p: x[min(len(x) - 1, int(p * len(x)))] * 1e6 if x else 0
        print(json.dumps({
            "peer": peer, "workload": a.workload, "C": a.connections, "N": a.callers, "qps": len(x) / self.seconds,
            "p50_us": at(0.5), "p99_us": at(0.99), "p999_us": at(0.999), "errors": self.errors,
            "client_cpu_us_per_query": self.cpu * 1e6 / max(1, len(x)),
            "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "total": len(x)}))
