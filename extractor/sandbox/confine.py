"""Shuts a forked child in: limits, no writing, no reading but the program's own files and fonts, no network.

Order matters: descriptors first, limits, Landlock (needs open), seccomp last (refuses what came before).
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path

from extractor.sandbox import landlock, seccomp
from extractor.sandbox.bounds import Bounds
from extractor.sandbox.libc import libc
from extractor.settings import MODELS

PR_SET_PDEATHSIG, PR_SET_DUMPABLE = 1, 4
SYSTEM = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache", "/dev/null", "/dev/urandom")
SYSTEM_DATA = ("/usr/share/zoneinfo", "/etc/localtime", "/sys/devices/system/cpu", "/proc/cpuinfo",
               "/proc/meminfo")  # fmt: skip
FONTS = ("/usr/share/fonts", "/usr/local/share/fonts")
"""Where pdfium looks for a font that a PDF names and does not hold; unread, its pages are drawn without the text."""


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
    return tuple(dict.fromkeys([*own, library, *python, *packages, *map(Path, SYSTEM + SYSTEM_DATA + FONTS)]))


def die_with_parent(parent: int) -> None:
    """SIGKILL this process when its parent ends; at once if that has happened already."""
    if hasattr(libc(), "prctl"):
        libc().prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _in_use() -> tuple[int, int]:
    """Bytes of address space, and of data and stack, that this process has; zeros where there is no telling."""
    try:
        handle = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return 0, 0
    try:
        told = os.read(handle, 200).split()
    finally:
        os.close(handle)
    return int(told[0]) * resource.getpagesize(), int(told[5]) * resource.getpagesize()


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

    space, data = _in_use()
    cap(resource.RLIMIT_DATA, data + given.memory)
    cap(resource.RLIMIT_AS, space + given.address_space)
    cap(resource.RLIMIT_CPU, int(seconds) + 1, int(seconds) + 5)
    cap(resource.RLIMIT_FSIZE, given.file_bytes)
    cap(resource.RLIMIT_NOFILE, given.descriptors)
    cap(resource.RLIMIT_CORE, 0)


@lru_cache(maxsize=1)
def rules() -> int:
    """The descriptor of the Landlock rules, made once and inherited by every child; -1 without Landlock."""
    return landlock.ruleset(readable())


def prepare() -> None:
    """Do in the parent, once, what every child would otherwise do again: each page of memory that a fresh
    child writes is copied for it, at 3 µs (this halved the cost of a child that does nothing)."""
    rules()
    seccomp.prepared()


def confine(given: Bounds, seconds: float, keep: Collection[int]) -> dict[str, bool]:
    """Shut this process in for good; tells which of the kernel's means were there."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    _quiet()
    told = rules()
    _close_all_but({0, 1, 2, *keep} | ({told} if told >= 0 else set()))
    limit(given, seconds)
    means = {"landlock": landlock.enforce(told), "seccomp": seccomp.confine()}
    if told >= 0:
        os.close(told)
    return means
