"""A worker that no longer takes messages ends itself, and whoever started it starts it anew.

Seen with kombu 5.7: when the broker dies while an acknowledgement is on its way, the message stays counted
against the prefetch limit for ever; with all slots gone the worker idles beside a full queue.  The watch
does not look for that cause but for its effect: free slots, waiting messages, nothing taken for a while.
"""

from __future__ import annotations

import os
import threading
from typing import Any

from workers.alive import beat
from workers.app import PRIORITY_STEPS, QUEUE
from workers.health import broker_client
from workers.logs import logger
from workers.settings import settings

log = logger(__name__)
SEPARATOR = "\x06\x16"
"""What kombu puts between a queue's name and a priority in the name of a Redis list."""
LOOK_SECONDS = 1.0
PATIENCE = 6
"""Looks in a row that must agree; taking a message needs milliseconds."""
HARD_LOOKS = 30
"""Looks after which a worker that did not heed the request to stop is ended at once, when it is idle."""


def waiting(client: Any) -> int:
    """Messages that nobody has taken."""
    names = [QUEUE if p == 0 else f"{QUEUE}{SEPARATOR}{p}" for p in PRIORITY_STEPS]
    return sum(int(client.llen(name)) for name in names)


class Watch:
    """Counts looks in which a free worker left messages lying."""

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self.idle = 0
        self._taken = -1

    def stuck(self, depth: int, busy: int, taken: int) -> bool:
        """`taken` is the number of messages this worker ever took; True after PATIENCE bad looks."""
        bad = depth > 0 and busy < self.slots and taken == self._taken
        self._taken = taken
        self.idle = self.idle + 1 if bad else 0
        return self.idle >= PATIENCE


def _run(ended: threading.Event) -> None:
    from celery.worker import state

    watch, client = Watch(settings().concurrency), broker_client(settings().broker_url)
    while not ended.wait(LOOK_SECONDS):
        try:
            depth = waiting(client)
        except Exception as error:
            # The broker is away: nothing can be taken from it, by this worker or another.
            log.debug("watch_blind", error=type(error).__name__)
            watch.idle = 0
            continue
        beat("worker")
        busy, taken = len(state.reserved_requests), sum(state.total_count.values())
        if not watch.stuck(depth, busy, taken):
            continue
        if watch.idle == PATIENCE:
            log.error("worker_stuck", waiting=depth, busy=busy)
            state.should_stop = os.EX_OK
        elif watch.idle >= HARD_LOOKS and not busy:
            log.error("worker_ended_hard")
            os._exit(1)


def start() -> threading.Event:
    """Begin to watch, in the worker's master process; the event ends it."""
    ended = threading.Event()
    threading.Thread(target=_run, args=(ended,), name="watchdog", daemon=True).start()
    return ended
