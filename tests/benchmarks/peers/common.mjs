// What the Node peers share: arguments, the statements, the check of answers, and the line that is printed.
import { performance } from "node:perf_hooks";

export const texts = {
  select1: "select $1::int as aid",
  point: "select aid, abalance from pgbench_accounts where aid = $1",
  update: "update pgbench_accounts set abalance = abalance + $1 where aid = $2",
  rows1000: "select aid, bid, abalance, filler from pgbench_accounts where aid >= $1 order by aid limit 1000",
};

export function argumentsOf(argv) {
  const a = { workload: "point", connections: 10, callers: 64, seconds: 2 };
  for (let i = 2; i + 1 < argv.length; i += 2) {
    const name = argv[i].slice(2);
    a[name] = name === "dsn" || name === "workload" ? argv[i + 1] : Number(argv[i + 1]);
  }
  if (!a.dsn || !texts[a.workload]) throw new Error("--dsn and a known --workload are needed");
  return a;
}

export function draw(workload, accounts) {
  const aid = 1 + Math.floor(Math.random() * accounts);
  return workload === "rows1000" ? Math.max(1, aid - 1000) : aid;
}

export function rowsAreRight(workload, rows, aid) {
  if (workload !== "rows1000") return rows.length === 1 && rows[0].aid === aid;
  return rows.length === 1000 && rows.every((r, i) => r.aid === aid + i && r.bid > 0 && r.filler.length === 84);
}

const sleep = (s) => new Promise((done) => setTimeout(done, s * 1000));

// `ask(aid)` resolves to whether the answer was right.
export async function measure(peer, a, accounts, ask) {
  const latencies = [];
  let errors = 0, measuring = false, stopping = false;
  const caller = async () => {
    while (!stopping) {
      const aid = draw(a.workload, accounts);
      const began = performance.now();
      const right = await ask(aid);
      if (measuring) latencies.push(performance.now() - began);
      if (!right) ++errors;
    }
  };
  const callers = Array.from({ length: a.callers }, caller);
  await sleep(0.5);
  const cpu = process.cpuUsage(), began = performance.now();
  measuring = true;
  await sleep(a.seconds);
  measuring = false;
  const spent = process.cpuUsage(cpu), seconds = (performance.now() - began) / 1000;
  stopping = true;
  await Promise.all(callers);
  latencies.sort((x, y) => x - y);
  const at = (p) => (latencies[Math.min(latencies.length - 1, Math.floor(p * latencies.length))] ?? 0) * 1000;
  console.log(JSON.stringify({
    peer, workload: a.workload, C: a.connections, N: a.callers, qps: latencies.length / seconds,
    p50_us: at(0.5), p99_us: at(0.99), p999_us: at(0.999), errors,
    client_cpu_us_per_query: (spent.user + spent.system) / Math.max(1, latencies.length),
    peak_rss_mb: process.resourceUsage().maxRSS / 1024, total: latencies.length,
  }));
}
