"""Processes of one machine: started so that none outlives its launcher, watched, stopped in order."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

READY_FD = "NIANBAO_READY_FD"
BACKOFF = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds before a dead process is started again, by how often it died within `CALM` seconds."""
CALM = 30.0


def tell_ready() -> None:
    """Write one byte to the launcher's pipe, where there is one; later calls do nothing."""
    handle = os.environ.pop(READY_FD, "")
    if handle:
        with contextlib.suppress(OSError):
            os.write(int(handle), b"1")
            os.close(int(handle))


def _die_with_launcher(number: int) -> None:
    """Runs in a child before its program starts: the kernel signals it when the launcher ends."""
    libc = ctypes.CDLL(None, use_errno=True)
    if hasattr(libc, "prctl"):
        libc.prctl(1, number, 0, 0, 0)


@dataclass(slots=True)
class Managed:
    """One child process that is started again when it dies."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    pass_fds: tuple[int, ...] = ()
    death: int = signal.SIGKILL
    """The signal it gets from the kernel when the launcher ends."""
    tells_ready: bool = True
    process: subprocess.Popen[bytes] | None = None
    deaths: list[float] = field(default_factory=list)
    due: float = 0.0
    _pipe: int = -1

    def start(self) -> None:
        """Start it, with a pipe on which it says that it is ready."""
        read, write = os.pipe()
        env = {**self.env, "NIANBAO_LAUNCHER": str(os.getpid())}
        fds = self.pass_fds
        if self.tells_ready:
            env[READY_FD] = str(write)
            fds = (*fds, write)
        self.process = subprocess.Popen(
            list(self.command), env=env, pass_fds=fds, stdin=subprocess.DEVNULL, stdout=2,
            start_new_session=True, preexec_fn=lambda: _die_with_launcher(self.death),
        )  # fmt: skip
        os.close(write)
        if self._pipe >= 0:
            os.close(self._pipe)
        self._pipe = read
        os.set_blocking(read, False)

    def ready(self) -> bool:
        """Whether it has said that it is ready (a process that never says so counts at once)."""
        if not self.tells_ready:
            return True
        if self._pipe < 0:
            return True
        try:
            got = os.read(self._pipe, 1)
        except BlockingIOError:
            return False
        if got:
            os.close(self._pipe)
            self._pipe = -1
        return bool(got)

    def tend(self, now: float) -> bool:
        """Start it again where it has died; True where it was found dead."""
        if self.process is not None and self.process.poll() is None:
            return False
        if self.process is not None:
            self.deaths = [t for t in self.deaths if now - t < CALM] + [now]
            self.due = now + BACKOFF[min(len(self.deaths), len(BACKOFF)) - 1]
            self.process = None
            return True
        if now >= self.due:
            self.start()
        return False

    def signal(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)

    def stop(self, seconds: float) -> None:
        """SIGTERM, patience, then SIGKILL for it and its group."""
        if self.process is None:
            return
        self.signal(signal.SIGTERM)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL for the process and everything in its group."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def wait_ready(children: Sequence[Managed], seconds: float) -> list[str]:
    """Wait until all are ready; returns the names of those that are not."""
    deadline = time.monotonic() + seconds
    waiting = list(children)
    while waiting and time.monotonic() < deadline:
        waiting = [c for c in waiting if not c.ready()]
        for child in children:
            child.tend(time.monotonic())
        if waiting:
            time.sleep(0.02)
    return [c.name for c in waiting]
