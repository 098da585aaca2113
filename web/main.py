"""The web process: `python -m web.main`, on NIANBAO_LISTEN (host:port) or on a socket handed down."""

from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import uvicorn

from extractor.sandbox.confine import die_with_parent
from web.app import create_app
from web.first import first_start
from workers.context import context
from workers.logs import setup
from workers.processes import tell_ready
from workers.store.migrate import upgrade

LISTEN_FD = "NIANBAO_LISTEN_FD"
GRACE = 3
"""Seconds for running requests at the end; event streams never end by themselves."""


class Server(uvicorn.Server):
    """Tells the launcher when it listens."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        tell_ready()


def sockets() -> list[socket.socket] | None:
    """The socket that the launcher listens on; connections wait in it while this process restarts."""
    handle = os.environ.get(LISTEN_FD)
    return [socket.socket(fileno=int(handle))] if handle else None


def sweep_own_parts(spool: Path) -> None:
    """Parts of uploads that a web process before this one left: their clients know that they failed."""
    for path in spool.glob("*.part"):
        pid = path.name.partition("-")[0]
        if pid.isdigit() and (int(pid) == os.getpid() or not Path(f"/proc/{pid}").exists()):
            path.unlink(missing_ok=True)


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    launcher = os.environ.get("NIANBAO_LAUNCHER")
    if launcher:
        die_with_parent(int(launcher))
    setup()
    opened = context()
    upgrade(opened.store)
    if not launcher:
        first_start(opened, os.environ.get("NIANBAO_PUBLIC_URL", ""), print)
    sweep_own_parts(opened.settings.spool)
    host, _, port = os.environ.get("NIANBAO_LISTEN", "127.0.0.1:8000").rpartition(":")
    proxies = opened.settings.trusted_proxies
    config: dict[str, Any] = {
        "host": host, "port": int(port), "log_config": None, "access_log": False, "server_header": False,
        "timeout_graceful_shutdown": GRACE, "timeout_keep_alive": 15, "http": "h11", "lifespan": "on",
        "proxy_headers": bool(proxies), "forwarded_allow_ips": proxies or None,
    }  # fmt: skip
    server = Server(uvicorn.Config(create_app(opened), **config))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    server.run(sockets())
    opened.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
