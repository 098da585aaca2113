"""Leases kept alive while a document is parsed: one thread for the process, whatever the number of its jobs.

A thread for every job cost more than its database work: 3 ms until the machine had started it and again until
it had ended (bench.queue).
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

from workers.logs import logger

log = logger(__name__)


class Renewal:
    """`held(renew)` calls `renew` every so many seconds while its body runs."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._running: dict[threading.Event, tuple[Callable[[], bool], int]] = {}
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def held(self, renew: Callable[[], bool], job: int) -> Iterator[threading.Event]:
        """The event is set where `renew` told that the lease was lost.

        The first renewal comes at most `seconds` after the beginning.
        """
        lost = threading.Event()
        with self._lock:
            self._running[lost] = (renew, job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="renewal", daemon=True)
                self._thread.start()
        try:
            yield lost
        finally:
            with self._lock:
                del self._running[lost]

    def _work(self) -> None:
        while not self._ended.wait(self._seconds):
            with self._lock:
                running = dict(self._running)
            for lost, (renew, job) in running.items():
                if not lost.is_set() and not self._renewed(renew, job):
                    lost.set()

    @staticmethod
    def _renewed(renew: Callable[[], bool], job: int) -> bool:
        try:
            return renew()
        except Exception as error:
            # The database is away: the lease may lapse, and the fence then decides. Work goes on.
            log.warning("renew_failed", job=job, error=type(error).__name__)
            return True

    def close(self) -> None:
        """End the thread."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
