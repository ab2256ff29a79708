"""The peers: how each is built, why one may be missing, and the command that measures it."""
import json
import os
import re
import resource
import shutil
import subprocess
import tempfile

from comparison.server import find_tool, free_port, wait_until_ready

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PEERS = f"{HERE}/peers"
PYTHON = "/usr/bin/python3"  # The one that Debian's packages are for.

SCRIPTS = {
    "select1": "\\set aid random(1, 1000000)\nselect :aid::int;\n",
    "point": "\\set aid random(1, 100000 * :scale)\nselect aid, abalance from pgbench_accounts where aid = :aid;\n",
    "update": "\\set aid random(1, 100000 * :scale)\n"
              "update pgbench_accounts set abalance = abalance + 1 where aid = :aid;\n",
    "rows1000": "\\set aid random(1, 100000 * :scale - 1000)\n"
                "select aid, bid, abalance, filler from pgbench_accounts where aid >= :aid order by aid limit 1000;\n",
}


class Missing(Exception):
    """Why a peer cannot be measured here."""


class Job:
    """What is asked of every peer in one run."""

    def __init__(self, server, workload, connections, callers, seconds):
        self.server, self.workload, self.connections = server, workload, connections
        self.callers, self.seconds = callers, seconds

    def flags(self, dsn=None):
        return ["--dsn", dsn or self.server.dsn, "--workload", self.workload, "--connections", str(self.connections),
                "--callers", str(self.callers), "--seconds", str(self.seconds)]


class Program:
    """A peer that is a program of its own, and prints one line of JSON."""

    def __init__(self, name, command, needs=None, workloads=None, url=False, folder=None):
        self.name, self.command, self.needs, self.url = name, command, needs, url
        self.workloads, self.folder = workloads or ("select1", "point", "update", "rows1000"), folder

    def prepare(self):
        if self.needs:
            self.needs()
        if not os.path.exists(self.command[0]):
            raise Missing(f"{self.command[0]} is not there")

    def run(self, job):
        dsn = job.server.url if self.url else job.server.dsn
        done = subprocess.run(self.command + job.flags(dsn), capture_output=True, text=True, check=False,
                              cwd=self.folder, timeout=job.seconds * 20 + 60)
        lines = [x for x in done.stdout.splitlines() if x.startswith("{")]
        if not lines:
            raise RuntimeError(f"{self.name}: {(done.stderr or done.stdout).strip()[-300:]}")
        out = json.loads(lines[-1])
        out["peer"] = self.name
        return out


class Hikari(Program):
    """The same for Java, whose address has a form of its own."""

    def run(self, job):
        flags = job.flags()
        flags[0:2] = ["--jdbc", job.server.jdbc]
        done = subprocess.run(self.command + flags, capture_output=True, text=True, check=False,
                              timeout=job.seconds * 20 + 60)
        lines = [x for x in done.stdout.splitlines() if x.startswith("{")]
        if not lines:
            raise RuntimeError(f"{self.name}: {done.stderr.strip()[-300:]}")
        return json.loads(lines[-1])


class Pgbench:
    """pgbench itself, as many clients as connections; or as many as callers, through PgBouncer."""

    def __init__(self, name, through_bouncer):
        self.name, self.bouncer = name, through_bouncer
        self.workloads = tuple(SCRIPTS)

    def prepare(self):
        if self.bouncer and not (shutil.which("pgbouncer") or os.path.exists("/usr/sbin/pgbouncer")):
            raise Missing("the package pgbouncer is not installed")

    def run(self, job):
        if not self.bouncer:
            return self.measure(job, job.server.port, job.connections, "prepared")
        with tempfile.TemporaryDirectory(prefix="tripool-bouncer-") as folder:
            os.chmod(folder, 0o755)
            port = free_port()
            with open(f"{folder}/ini", "w", encoding="utf-8") as f:
                f.write(f"[databases]\npostgres = host=127.0.0.1 port={job.server.port} user=postgres\n[pgbouncer]\n"
                        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = any\nunix_socket_dir =\n"
                        f"pool_mode = transaction\ndefault_pool_size = {job.connections}\nmax_client_conn = 2000\n")
            tool = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
            who = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
            p = subprocess.Popen([tool, "-q", f"{folder}/ini"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 **who)
            try:
                wait_until_ready(port, p)
                return self.measure(job, port, job.callers, "extended")
            finally:
                p.terminate()
                p.wait()

    def measure(self, job, port, clients, mode):
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as f:
            f.write(SCRIPTS[job.workload])
            f.flush()
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run(
                [find_tool("pgbench"), "-n", "-M", mode, "-c", str(clients), "-j", "2", "-T",
                 str(max(1, round(job.seconds))), "-s", str(job.server.scale), "-f", f.name, "-h", "127.0.0.1", "-p",
                 str(port), "-U", "postgres", "postgres"], capture_output=True, text=True, check=False)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found = re.search(r"tps = ([0-9.]+)", done.stdout)
        count = re.search(r"actually processed: ([0-9]+)", done.stdout)
        failed = re.search(r"failed transactions: ([0-9]+)", done.stdout)
        if not found or done.returncode != 0:
            raise RuntimeError(f"{self.name}: {done.stderr.strip()[-300:]}")
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        total = int(count.group(1)) if count else 0
        return {"peer": self.name, "workload": job.workload, "C": job.connections, "N": job.callers,
                "qps": float(found.group(1)), "errors": int(failed.group(1)) if failed else 0,
                "client_cpu_us_per_query": cpu * 1e6 / max(1, total), "total": total}


def python_module(name, package):
    def needs():
        if subprocess.run([PYTHON, "-c", f"import {name}"], capture_output=True, check=False).returncode != 0:
            raise Missing(f"the package {package} is not installed")
    return needs


def node_package(name, folder):
    def needs():
        if not shutil.which("node") or not shutil.which("npm"):
            raise Missing("node and npm are not installed")
        os.makedirs(folder, exist_ok=True)
        if os.path.exists(f"{folder}/node_modules/{name}"):
            return
        done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--prefix", folder, name],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Missing(f"npm cannot install {name}")
    return needs


def built_with(command, env, what, tool):
    def needs():
        if not shutil.which(tool) and not os.path.exists(tool):
            raise Missing(f"{tool} is not installed")
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **env})
        if done.returncode != 0:
            raise Missing(f"{what} cannot be built: {(done.stderr or done.stdout).strip()[-200:]}")
    return needs


def rust(work):
    """With the crates that Debian packages, by its own compiler."""
    def needs():
        if not os.path.isdir("/usr/share/cargo/registry/") or not os.path.exists("/usr/bin/cargo"):
            raise Missing("the packages cargo and librust-tokio-postgres-dev are not installed")
        home = f"{work}/cargo"
        os.makedirs(home, exist_ok=True)
        with open(f"{home}/config.toml", "w", encoding="utf-8") as f:
            f.write('[source.crates-io]\nreplace-with = "debian"\n[source.debian]\n'
                    'directory = "/usr/share/cargo/registry"\n')
        source = f"{work}/tokio_postgres"
        shutil.copytree(f"{PEERS}/tokio_postgres", source, dirs_exist_ok=True)
        done = subprocess.run(["/usr/bin/cargo", "build", "--release", "--offline", "--target-dir", f"{work}/target"],
                              capture_output=True, text=True, check=False, cwd=source,
                              env={**os.environ, "CARGO_HOME": home, "RUSTC": "/usr/bin/rustc"})
        if done.returncode != 0:
            raise Missing(f"tokio-postgres cannot be built: {done.stderr.strip()[-200:]}")
    return needs


def all_peers(build, work):
    """Every peer by its name, in the order of the table."""
    java = "/usr/share/java"
    jars = f"{java}/HikariCP.jar:{java}/postgresql.jar:{java}/slf4j-api.jar:{java}/slf4j-nop.jar:{work}"
    tripool, raw = f"{build}/service/tripool", f"{build}/tests/benchmarks/tripool-bench-raw"
    both = ("select1", "point", "update", "rows1000", "tx")
    out = []
    for where in ("loop", "scheduler"):
        for mode in ("read", "write"):
            extra = ["--write"] if mode == "write" else []
            out.append(Program(f"tripool-{where}-{mode}", [tripool, "bench", "--json", "--callers-on", where] + extra,
                               workloads=both))
    for policy in ("single", "plain", "cork", "framed", "shared"):
        out.append(Program(f"raw-{policy}", [raw, "--policy", policy], workloads=both))
    out.append(Pgbench("pgbench", False))
    out.append(Pgbench("pgbouncer-pgbench", True))
    out.append(Program("libpqxx", [f"{build}/tests/benchmarks/tripool-bench-libpqxx"]))
    out.append(Program("tokio-postgres", [f"{work}/target/release/tokio-postgres-peer"], rust(work)))
    out.append(Program("pgx", [f"{work}/pgx"], built_with(
        ["go", "build", "-o", f"{work}/pgx", f"{PEERS}/pgx/main.go"],
        {"GOPATH": "/usr/share/gocode", "GO111MODULE": "off", "GOCACHE": f"{work}/go-cache"}, "pgx", "go")))
    out.append(Program("asyncpg", [PYTHON, f"{PEERS}/asyncpg_peer.py"], python_module("asyncpg", "python3-asyncpg"),
                       url=True))
    out.append(Program("psycopg", [PYTHON, f"{PEERS}/psycopg_peer.py"],
                       python_module("psycopg_pool", "python3-psycopg-pool")))
    node = shutil.which("node") or "node"
    out.append(Program("node-postgres", [node, f"{PEERS}/node_postgres.mjs"], node_package("pg", f"{work}/node"),
                       url=True, folder=f"{work}/node"))
    out.append(Program("postgres.js", [node, f"{PEERS}/postgres_js.mjs"], node_package("postgres", f"{work}/node"),
                       url=True, folder=f"{work}/node"))
    out.append(Hikari("hikari-pgjdbc", [shutil.which("java") or "java", "-cp", jars, "Peer"], built_with(
        ["javac", "-cp", jars, "-d", work, f"{PEERS}/hikari/Peer.java"], {}, "the pgjdbc peer", "javac")))
    return out
