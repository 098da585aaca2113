"""One document, one forked child: run it shut in, wait no longer than the wall limit, judge how it ended."""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import select
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from extractor.errors import Crashed, Damaged, NianbaoError, TooMuchMemory, TooSlow
from extractor.sandbox import frame
from extractor.sandbox.bounds import Bounds, wall_for
from extractor.sandbox.confine import confine, die_with_parent, prepare
from extractor.types import Failure

IDLE_SHARE = 0.05
"""Below this share of CPU in its wall time a child was not working but frozen: the machine's fault."""
NEAR_SHARE = 0.6
"""A child that died with this share of its memory in use died of it: what failed was a large request."""
STARVED_SHARE = 0.8
"""Below this share it had to wait for other processes, and may make up for it …"""
STARVED_MOST = 1.4
"""… up to this many times its wall time."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended.  `lost` means that something outside killed it: worth another try."""

    body: bytes | None
    failure: Failure | None
    lost: bool
    seconds: float
    peak_kb: int
    meta: dict[str, Any] = field(default_factory=dict)


def scratch() -> int:
    """A descriptor of a nameless file in memory (on disk where the kernel has no memfd)."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("nianbao")
    with tempfile.TemporaryFile() as handle:
        return os.dup(handle.fileno())


def _told(error: BaseException) -> Failure:
    """The typed failure of whatever a parser raised."""
    if isinstance(error, NianbaoError):
        return error.failure()
    if isinstance(error, MemoryError):
        return TooMuchMemory().failure()
    if isinstance(error, RecursionError):
        return Damaged("内容嵌套过深").failure()
    return Crashed(type(error).__name__).failure()


def _child(
    work: Callable[[int], bytes], out: int, keep: tuple[int, ...], given: Bounds, cpu: float, parent: int
) -> None:
    """Everything that happens in the child; never returns."""
    status = 1
    try:
        os.setsid()
        die_with_parent(parent)
        known = len(sys.modules)
        means = confine(given, cpu, (*keep, out))
        meta: dict[str, Any] = {"error": None, "means": means}
        body = b""
        try:
            body = work(out)
        except BaseException as error:
            # Told to the parent as a typed failure: a child has no one else to tell.
            failure = _told(error)
            meta["error"] = [failure.code, failure.message, failure.remedy]
            error.__traceback__ = None
        # Those that came last: a set of all their names would touch, and so copy, every name's page.
        meta["modules"] = list(islice(reversed(sys.modules), max(0, len(sys.modules) - known)))
        try:
            frame.write(out, meta, body)
        except (MemoryError, OSError):
            gc.collect()
            failure = TooMuchMemory().failure()
            frame.write(out, {"error": [failure.code, failure.message, failure.remedy]}, b"")
        status = 0
    finally:
        os._exit(status)


def _kill(pid: int) -> None:
    """End the child and its group (its own since it began)."""
    for end in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            end(pid, signal.SIGKILL)


def _cpu(pid: int) -> float:
    """Seconds of CPU that a process has used; 0 where that can't be told."""
    try:
        told = (
            Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        )
        return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return 0.0


def _allowed(pid: int, given: Bounds, wall: float, began: float) -> float:
    """Wall seconds the child may have: longer where the machine kept it waiting."""
    spent, cpu = time.monotonic() - began, _cpu(pid)
    if spent < wall or not IDLE_SHARE * spent < cpu < STARVED_SHARE * spent:
        return wall
    return min(STARVED_MOST * wall, max(wall, given.wall_most), spent + max(0.1, wall - cpu))


def _wait(pid: int, out: int, size: int, given: Bounds, began: float) -> tuple[bool, Any, int]:
    """Wait for the child; (whether it was killed at the wall, rusage, wait status)."""
    deadline = began + given.wall
    handle = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else -1
    killed = False
    try:
        while True:
            left = deadline - time.monotonic()
            if left <= 0 and not killed:
                longer = began + _allowed(pid, given, wall_for(given, frame.read_pages(out), size), began)
                if longer > deadline:
                    deadline = longer
                    continue
                _kill(pid)
                killed = True
            if handle >= 0:
                select.select([handle], [], [], max(0.0, left) if not killed else None)
            else:
                time.sleep(0.01)
            done, status, usage = os.wait4(pid, os.WNOHANG)
            if done:
                return killed, usage, status
    finally:
        if handle >= 0:
            os.close(handle)


def _resident_kb() -> int:
    """What this process has in memory; a forked child's peak begins there."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * (
            resource.getpagesize() // 1024
        )
    except OSError:
        return 0


def _judge(killed: bool, usage: Any, status: int, out: int, given: Bounds, seconds: float) -> Ended:
    cpu = usage.ru_utime + usage.ru_stime
    peak = int(usage.ru_maxrss)
    near_limit = (peak - _resident_kb()) * 1024 > NEAR_SHARE * given.memory
    if killed:
        if cpu < IDLE_SHARE * seconds:
            return Ended(None, None, True, seconds, peak)
        return Ended(None, TooSlow().failure(), False, seconds, peak)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == signal.SIGXCPU:
            return Ended(None, TooSlow().failure(), False, seconds, peak)
        if number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            return Ended(None, None, True, seconds, peak)
        # PDFium aborts when memory runs out: told apart from a plain crash by how much was in use.
        error: NianbaoError = TooMuchMemory() if near_limit else Crashed(signal.Signals(number).name)
        return Ended(None, error.failure(), False, seconds, peak)
    got = frame.read(out, given.file_bytes)
    if got is None:
        return Ended(None, (TooMuchMemory() if near_limit else Crashed()).failure(), False, seconds, peak)
    meta, body = got
    error_words = meta.get("error")
    if error_words is not None:
        words = [str(w)[:2000] for w in error_words][:3] if isinstance(error_words, list) else []
        failure = Failure(*words) if len(words) == 3 else Crashed().failure()
        return Ended(None, failure, False, seconds, peak, meta)
    return Ended(body, None, False, seconds, peak, meta)


def forked(work: Callable[[int], bytes], size: int, given: Bounds, keep: tuple[int, ...] = ()) -> Ended:
    """Run `work(out)` in a confined child; `size` is the document's, `keep` descriptors it needs.

    `work` returns the body; it may call `frame.write_pages(out, n)` first to earn time.
    """
    out = scratch()
    parent = os.getpid()
    cpu = wall_for(given, 1 << 30, size)
    prepare()
    sys.stdout.flush()
    sys.stderr.flush()
    began = time.monotonic()
    pid = os.fork()
    if pid == 0:
        _child(work, out, keep, given, cpu, parent)
    try:
        killed, usage, status = _wait(pid, out, size, given, began)
        return _judge(killed, usage, status, out, given, time.monotonic() - began)
    except BaseException:
        # Interrupted (Ctrl-C): the child must not outlive the wait.
        _kill(pid)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)
        raise
    finally:
        os.close(out)
