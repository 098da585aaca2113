"""The other end of the warm sandbox: starts it, sends documents, replaces it when it is gone."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Any

from extractor.errors import Crashed
from extractor.sandbox import frame
from extractor.sandbox.bounds import Bounds, bounds, wall_for
from extractor.sandbox.fork import Ended, scratch
from extractor.types import Failure, Source

START_SECONDS = 60.0
"""Patience for the first start: 3 s here with everything cold, more on a busy small machine."""
GRACE = 10.0
"""Seconds past the longest wall time after which the sandbox process itself is taken for stuck."""


def _environment() -> dict[str, str]:
    """The environment without secrets: a hostile document could read its process's memory."""
    kept = (
        "PATH",
        "LANG",
        "LC_",
        "PYTHON",
        "TZ",
        "OMP_",
        "OPENBLAS_",
        "MALLOC_",
        "LD_LIBRARY_PATH",
        "VIRTUAL_ENV",
    )
    own = ("NIANBAO_SANDBOX_", "NIANBAO_MAX_", "NIANBAO_MODELS")
    found = {k: v for k, v in os.environ.items() if k.startswith(kept + own)}
    # One arena and one thread: address space is limited, and forked children have one thread anyway.
    return {"MALLOC_ARENA_MAX": "1", **found, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}


class Warm:
    """One warm sandbox process; calls are served one at a time."""

    def __init__(self, given: Bounds | None = None) -> None:
        self._bounds = given or bounds()
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._lock = threading.Lock()
        self._owner = os.getpid()

    @property
    def pid(self) -> int | None:
        """Id of the sandbox process, None before the first call."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the process if there is none."""
        if self._process is not None and self._process.poll() is None and self._channel is not None:
            return
        self.close()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", "extractor.sandbox", str(theirs.fileno()), str(os.getpid())]
        self._process = subprocess.Popen(
            command, pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL, start_new_session=True,
            env=_environment(),
        )  # fmt: skip
        theirs.close()
        self._channel = ours
        if self._receive(START_SECONDS) != b"0":
            self.close()

    def kill(self) -> None:
        """End the process from another thread; whoever waits for it is told that it is gone, and closes."""
        process = self._process
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    def close(self) -> None:
        """End the process and whatever it is doing."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if self._process is not None and self._owner == os.getpid():
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            self._process.wait()
        self._process = None

    def _receive(self, seconds: float) -> bytes | None:
        """One message; None where the time is over or the other side is gone."""
        assert self._channel is not None
        ready, _, _ = select.select([self._channel], [], [], seconds)
        if not ready:
            return None
        try:
            return self._channel.recv(16) or None
        except OSError:
            return None

    def call(self, task: str, source: Source, params: dict[str, Any] | None = None) -> Ended:
        """Run a task of extractor/sandbox/tasks.py over a document; never raises for the document's sake."""
        with self._lock:
            return self._call(task, source, params or {})

    def _call(self, task: str, source: Source, params: dict[str, Any]) -> Ended:
        self.start()
        began = time.monotonic()
        if self._channel is None:
            return Ended(None, None, True, 0.0, 0)
        document, out = scratch(), scratch()
        try:
            size = 0
            for _name, data in source.parts:
                size += _write_all(document, data)
            request = {
                **params, "task": task, "filename": source.filename, "sha256": source.sha256,
                "parts": [[name, len(data)] for name, data in source.parts],
            }  # fmt: skip
            raw = json.dumps(request, ensure_ascii=False).encode()
            try:
                socket.send_fds(self._channel, [raw], [document, out])
            except OSError:
                self.close()
                return Ended(None, None, True, time.monotonic() - began, 0)
            patience = wall_for(self._bounds, 1 << 30, size) + GRACE
            if self._receive(patience) != b"1":
                self.close()
                return Ended(None, None, True, time.monotonic() - began, 0)
            return _ended(out, self._bounds)
        finally:
            os.close(document)
            os.close(out)


def _write_all(handle: int, data: bytes) -> int:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view[: 1 << 24]) :]
    return len(data)


def _ended(out: int, given: Bounds) -> Ended:
    got = frame.read(out, given.file_bytes)
    if got is None:
        return Ended(None, Crashed().failure(), False, 0.0, 0)
    meta, body = got
    words = meta.get("error")
    failure = Failure(*words) if words else None
    return Ended(
        body if failure is None and not meta["lost"] else None, failure, bool(meta["lost"]),
        float(meta["seconds"]), int(meta["peak_kb"]), {"means": meta.get("means")},
    )  # fmt: skip


def interrupted(process: subprocess.Popen[bytes]) -> None:
    """Freeze-proof end for tests and operators: continue, then kill."""
    for number in (signal.SIGCONT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
