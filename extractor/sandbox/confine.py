"""Shuts a forked child in: limits, no writing, no reading but the program's own files, no network.

Order matters: descriptors first, limits, Landlock (needs open), seccomp last (refuses what came before).
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path

from extractor.sandbox import landlock, seccomp
from extractor.sandbox.bounds import Bounds
from extractor.settings import MODELS

PR_SET_PDEATHSIG, PR_SET_DUMPABLE = 1, 4
SYSTEM = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache", "/dev/null", "/dev/urandom")
SYSTEM_DATA = ("/usr/share/zoneinfo", "/etc/localtime", "/sys/devices/system/cpu", "/proc/cpuinfo",
               "/proc/meminfo")  # fmt: skip


@lru_cache(maxsize=1)
def readable() -> tuple[Path, ...]:
    """What a parser may open: the interpreter, its packages, this program's code and models."""
    code = Path(__file__).resolve().parents[1]
    own = [code, MODELS.resolve()]
    python = [Path(p) for p in (sys.prefix, sys.base_prefix, sys.exec_prefix)]
    # sys.base_prefix is often /usr, which holds more than Python: only its library folders then.
    library = Path(os.__file__).resolve().parent
    python = [p for p in python if p not in (Path("/usr"), Path("/"))]
    packages = [Path(p) for p in sys.path if p and ("site-packages" in p or "dist-packages" in p)]
    return tuple(dict.fromkeys([*own, library, *python, *packages, *map(Path, SYSTEM + SYSTEM_DATA)]))


def die_with_parent(parent: int) -> None:
    """SIGKILL this process when its parent ends; at once if that has happened already."""
    libc = ctypes.CDLL(None, use_errno=True)
    if hasattr(libc, "prctl"):
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _in_use(what: str) -> int:
    """Bytes that /proc/self/status counts under `what` (VmSize:, VmData:); 0 where there is no such file."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(what)), 0)


def _close_all_but(keep: Collection[int]) -> None:
    low = 0
    for handle in [*sorted(keep), resource.getrlimit(resource.RLIMIT_NOFILE)[0]]:
        if handle > low:  # closerange of nothing closes everything: it asks the kernel for 0 to -1
            os.closerange(low, handle)
        low = handle + 1


def _quiet() -> None:
    """Standard streams to nowhere: what a parser prints is no result."""
    null = os.open(os.devnull, os.O_RDWR)
    for handle in (0, 1, 2):
        os.dup2(null, handle)
    if null > 2:
        os.close(null)


def limit(given: Bounds, seconds: float) -> None:
    """Address space, CPU, file size, descriptors, core files."""

    def cap(what: int, soft: int, hard: int | None = None) -> None:
        most = resource.getrlimit(what)[1]
        top = soft if hard is None else hard
        if most != resource.RLIM_INFINITY:
            soft, top = min(soft, most), min(top, most)
        resource.setrlimit(what, (soft, top))

    cap(resource.RLIMIT_DATA, _in_use("VmData:") + given.memory)
    cap(resource.RLIMIT_AS, _in_use("VmSize:") + given.address_space)
    cap(resource.RLIMIT_CPU, int(seconds) + 1, int(seconds) + 5)
    cap(resource.RLIMIT_FSIZE, given.file_bytes)
    cap(resource.RLIMIT_NOFILE, given.descriptors)
    cap(resource.RLIMIT_CORE, 0)


def confine(given: Bounds, seconds: float, keep: Collection[int]) -> dict[str, bool]:
    """Shut this process in for good; tells which of the kernel's means were there."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    _quiet()
    _close_all_but({0, 1, 2, *keep})
    limit(given, seconds)
    return {"landlock": landlock.confine(readable()), "seccomp": seccomp.confine()}
