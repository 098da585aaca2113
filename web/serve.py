"""`nianbao serve`: the whole service on this machine, under one folder, ended by one Ctrl-C.

This process only starts, watches and ends the others: broker, reconciler, workers, web.  Each of them is
told by the kernel when this one is gone.  The listening socket is opened here and handed to the web process,
so that connections wait while it restarts.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from workers import settings as setting_module
from workers.processes import Managed

READY_SECONDS = 60.0
PING_SECONDS = 2.0
PINGS_MISSED = 3


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="nianbao serve",
        description="Run the whole service here (queue and database included); Ctrl-C ends it.",
    )
    p.add_argument("--host", default="127.0.0.1", help="address to listen on; default 127.0.0.1")
    p.add_argument("--port", type=int, default=8000, help="port; default 8000, 0: any that is free")
    p.add_argument("--data", type=Path, help="the data folder; default: the user's")
    p.add_argument("--workers", type=int, help="worker processes; default: the cores there are")
    return p


class AlreadyRunning(RuntimeError):
    """Another service uses the data folder."""


def lock(data: Path) -> int:
    """Hold the data folder.  Raises AlreadyRunning."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(data / "serve.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise AlreadyRunning(str(data)) from error
    return handle


def listen(host: str, port: int) -> socket.socket:
    """The web's socket.  Raises OSError where the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.bind((host, port))
    opened.listen(1024)
    opened.set_inheritable(True)
    return opened


def environment(args: argparse.Namespace, url: str, listener: int) -> dict[str, str]:
    """What the children see: this process's environment, with the place of everything made plain."""
    from workers import embedded

    given: dict[str, str] = {}
    if args.data:
        given["NIANBAO_DATA"] = str(args.data.absolute())
    if args.workers:
        given["NIANBAO_WORKERS"] = str(args.workers)
    env = {**os.environ, **given}
    read = setting_module.read(env)
    env |= {
        "NIANBAO_DATA": str(read.data), "NIANBAO_PUBLIC_URL": read.public_url or url,
        "NIANBAO_LISTEN_FD": str(listener), "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
    }  # fmt: skip
    if "NIANBAO_BROKER_URL" not in os.environ:
        env["NIANBAO_BROKER_URL"] = embedded.url(embedded.socket_path(read.data))
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        env.setdefault(name, "1")
    return env


def children(env: dict[str, str], listener: int, workers: int) -> dict[str, Managed]:
    """The processes, in the order they are started."""
    from workers import embedded

    python = sys.executable
    worker = [python, "-m", "celery", "--quiet", "--app", "workers.app", "worker", "--pool", "prefork",
              "--concurrency", str(workers), "--without-gossip", "--without-mingle", "--without-heartbeat",
              "--queues", "nianbao", "--hostname", "nianbao@%h", "--loglevel", "WARNING"]  # fmt: skip
    found: dict[str, Managed] = {}
    if "NIANBAO_BROKER_URL" not in os.environ:
        found["broker"] = embedded.managed(Path(env["NIANBAO_DATA"]), env)
    found["web"] = Managed("web", [python, "-m", "web.main"], env, pass_fds=(listener,))
    found["worker"] = Managed("worker", worker, env)
    found["reconciler"] = Managed("reconciler", [python, "-m", "workers.dispatch"], env)
    return found


class Launcher:
    """Starts, watches, ends."""

    def __init__(self, found: dict[str, Managed], data: Path) -> None:
        self.children = found
        self.data = data
        self.ended = False
        self._pinged = 0.0
        self._missed = 0

    def on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.ended = True

    def start(self) -> list[str]:
        """Start all; the names of those that are not ready in time."""
        for child in self.children.values():
            child.start()
        deadline = time.monotonic() + READY_SECONDS
        waiting = dict(self.children)
        while waiting and not self.ended and time.monotonic() < deadline:
            waiting = {n: c for n, c in waiting.items() if not c.ready()}
            self._tend()
            time.sleep(0.02)
        return sorted(waiting)

    def watch(self) -> None:
        """Restart what dies, until a signal comes."""
        while not self.ended:
            self._tend()
            self._ping_broker()
            time.sleep(0.1)

    def _tend(self) -> None:
        now = time.monotonic()
        for child in self.children.values():
            if child.tend(now):
                print(f"{child.name} 已意外终止，将重新启动", file=sys.stderr, flush=True)

    def _ping_broker(self) -> None:
        """A broker whose folder or socket was deleted still runs, but nobody can reach it: start it anew."""
        from workers import embedded

        broker = self.children.get("broker")
        now = time.monotonic()
        if broker is None or now - self._pinged < PING_SECONDS:
            return
        self._pinged = now
        alive = (self.data / "broker").is_dir() and embedded.ping(embedded.socket_path(self.data))
        self._missed = 0 if alive else self._missed + 1
        if self._missed >= PINGS_MISSED:
            self._missed = 0
            broker.kill()

    def stop(self, seconds: float) -> None:
        """Web and reconciler first, workers with patience, the broker last; then nothing is left."""
        order = ("web", "reconciler", "worker", "broker")
        for name in ("web", "reconciler", "worker"):
            if name in self.children:
                self.children[name].signal(signal.SIGTERM)
        for name in order:
            child = self.children.get(name)
            if child is not None:
                child.stop(seconds if name == "worker" else 5.0)
                child.kill()


def _give_back_running(uncounted: bool) -> None:
    """No worker of this machine is alive: what is marked running waits again.

    After an orderly end the attempt is not the document's fault and is taken off.
    """
    from workers.context import context
    from workers.store import jobs

    if uncounted:
        jobs.requeue_running(context().store)
    else:
        jobs.free_all(context().store)


def run(args: argparse.Namespace) -> int:
    """Everything between the words of the call and its exit status."""
    try:
        listener = listen(args.host, args.port)
    except OSError as error:
        print(f"无法监听 {args.host}:{args.port}：{error.strerror}。请换一个 --port。", file=sys.stderr)
        return 1
    shown = f"[{args.host}]" if ":" in args.host else args.host
    url = f"http://{shown}:{listener.getsockname()[1]}"
    env = environment(args, url, listener.fileno())
    os.environ.update(
        {k: v for k, v in env.items() if k.startswith("NIANBAO_") and k != "NIANBAO_BROKER_URL"}
    )
    data = Path(env["NIANBAO_DATA"])
    try:
        lock(data)
    except AlreadyRunning:
        print(f"数据目录 {data} 正由另一个服务使用。请先结束它，或用 --data 指定另一目录。", file=sys.stderr)
        return 1
    return _run_locked(env, listener, url, data)


def _run_locked(env: dict[str, str], listener: socket.socket, url: str, data: Path) -> int:
    from web.first import first_start
    from workers.context import context
    from workers.store.migrate import upgrade

    given = setting_module.read(env)
    launcher = Launcher(children(env, listener.fileno(), given.concurrency), data)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, launcher.on_signal)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    upgrade(context().store)
    if given.database_url.startswith("sqlite"):
        _give_back_running(uncounted=False)
    lines: list[str] = []
    first_start(context(), url, lines.append)
    context().store.after_fork()  # children open their own connections
    try:
        late = launcher.start()
        if late and not launcher.ended:
            print(f"未能在 {READY_SECONDS:.0f} 秒内就绪：{', '.join(late)}。日志见上。", file=sys.stderr)
            return 1
        for line in [f"ready {url}", *lines] if not launcher.ended else []:
            print(line, flush=True)
        launcher.watch()
    finally:
        launcher.stop(given.stop_seconds)
        if given.database_url.startswith("sqlite"):
            _give_back_running(uncounted=True)
        context().close()
    return 0


def command(argv: Sequence[str]) -> int:
    """`nianbao serve …`; the exit status."""
    return run(parser().parse_args(list(argv)))


if __name__ == "__main__":
    sys.exit(command(sys.argv[1:]))
