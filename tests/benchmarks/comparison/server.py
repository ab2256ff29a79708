"""A private PostgreSQL for benchmarks: on a free port of loopback, with the tables of pgbench, gone at the end."""
import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile

# The comparison is of clients, so the disk is kept out of it: every peer has the same server.
SETTINGS = {
    "listen_addresses": "'127.0.0.1'",
    "fsync": "off",
    "shared_buffers": "'256MB'",
    "max_connections": "300",
    "max_wal_size": "'4GB'",
    "checkpoint_timeout": "'1h'",
    "autovacuum": "off",
    "log_min_messages": "fatal",
}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def find_tool(name):
    """Returns the path of one of PostgreSQL's programs, of the newest version that is installed."""
    for folder in sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda x: float(x.split("/")[4]), reverse=True):
        if os.path.exists(f"{folder}/{name}"):
            return f"{folder}/{name}"
    return shutil.which(name) or name


def as_owner():
    """What turns a command into one of an unprivileged user: the server refuses to run as root."""
    if os.getuid() != 0:
        return {}
    who = pwd.getpwnam("postgres")
    return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}


def wait_until_ready(port, process):
    """Returns when something answers on the port; pg_isready itself returns at once while nobody listens."""
    for _ in range(100):
        if subprocess.run([find_tool("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port), "-t", "1"],
                          check=False).returncode == 0:
            return
        try:
            process.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            continue
        raise RuntimeError(f"{process.args[0]} ended at its start")
    raise RuntimeError(f"nothing answers on port {port}")


class Server:
    """`with Server(scale) as s:` — `s.dsn`, `s.url` and `s.jdbc` name it."""

    def __init__(self, scale):
        self.scale = scale
        self.folder = tempfile.mkdtemp(prefix="tripool-bench-")
        self.port = free_port()
        self.process = None
        self.dsn = f"host=127.0.0.1 port={self.port} dbname=postgres user=postgres"
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        self.jdbc = f"jdbc:postgresql://127.0.0.1:{self.port}/postgres?user=postgres&sslmode=disable"

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def start(self):
        owner = as_owner()
        if owner:
            shutil.chown(self.folder, owner["user"], owner["group"])
        data = f"{self.folder}/data"
        run = dict(check=True, stdout=subprocess.DEVNULL, cwd="/", **owner)
        subprocess.run([find_tool("initdb"), "-D", data, "-A", "trust", "-U", "postgres", "-N", "--locale=C",
                        "-E", "UTF8"], **run)
        with open(f"{data}/postgresql.conf", "a", encoding="utf-8") as f:
            f.writelines(f"{k} = {v}\n" for k, v in SETTINGS.items())
            f.write(f"port = {self.port}\nunix_socket_directories = '{self.folder}'\n")
        self.process = subprocess.Popen([find_tool("postgres"), "-D", data], cwd="/", stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, **owner)
        wait_until_ready(self.port, self.process)
        subprocess.run([find_tool("pgbench"), "-i", "-q", "-s", str(self.scale), "-h", "127.0.0.1", "-p",
                        str(self.port), "-U", "postgres", "postgres"], check=True, stderr=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL)

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
