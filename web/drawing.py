"""One thread that owns the sandbox for pictures and serves it by urgency.

A sandbox process ends with the thread that started it (the kernel's parent-death signal is the thread's), so
the thread must live as long as the web process; threads of requests come and go.
"""

from __future__ import annotations

import itertools
import queue
import threading
from concurrent.futures import Future
from typing import Any

from extractor.sandbox.client import Warm
from extractor.sandbox.fork import Ended
from extractor.types import Source

URGENCY = {"crop": 0, "region": 0, "page": 1}
"""A crop is what a reviewer waits for; pages scroll into view."""
_Job = tuple[int, int, "Future[Ended] | None", str, "Source | None", dict[str, Any]]
_WAKE, _END = "wake", "end"


class Drawing:
    """`call` as `Warm.call`, from any thread."""

    def __init__(self) -> None:
        self._jobs: queue.PriorityQueue[_Job] = queue.PriorityQueue()
        self._number = itertools.count()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._warm: Warm | None = None

    @property
    def pid(self) -> int | None:
        """Id of the sandbox process; None while there is none."""
        return self._warm.pid if self._warm is not None else None

    def wake(self) -> None:
        """Start the sandbox without waiting for it."""
        if self._warm is None:
            self._put(0, None, _WAKE, None, {})

    def call(self, task: str, source: Source, params: dict[str, Any]) -> Ended:
        """Run a task when its turn comes; what `Warm.call` returns or raises."""
        future: Future[Ended] = Future()
        self._put(URGENCY.get(task, 1), future, task, source, params)
        return future.result()

    def _put(
        self, urgency: int, future: Future[Ended] | None, task: str, source: Source | None, params: dict[str, Any]
    ) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="drawing", daemon=True)
                self._thread.start()
        self._jobs.put((urgency, next(self._number), future, task, source, params))

    def _serve(self) -> None:
        self._warm = Warm()
        while True:
            _urgency, _number, future, task, source, params = self._jobs.get()
            if task == _END:
                self._warm.close()
                self._refuse_all()
                return
            if task == _WAKE:
                self._warm.start()
                continue
            assert future is not None and source is not None
            try:
                future.set_result(self._warm.call(task, source, params))
            except BaseException as error:
                future.set_exception(error)  # whoever asked gets it; the thread serves on

    def _refuse_all(self) -> None:
        while not self._jobs.empty():
            future = self._jobs.get()[2]
            if future is not None:
                future.set_result(Ended(None, None, True, 0.0, 0))

    def close(self) -> None:
        """End the sandbox and the thread, whatever they are at: nobody is left who would wait for a picture."""
        thread = self._thread
        if thread is not None:
            self._jobs.put((-1, next(self._number), None, _END, None, {}))
            if self._warm is not None:
                self._warm.kill()
            thread.join(5)
            self._thread = None
