"""The reconciler: `python -m workers.dispatch`.  It publishes what waits and takes back what lost its lease.

Publishing is never part of a request.  Messages may be lost or doubled without harm: a queued job is sent
again after a while, and only one worker can claim it.  No more than a window's worth of messages per
priority is ever in the broker, so that sending again cannot flood it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import Any

from workers.alive import beat
from workers.app import PRIORITY_STEPS, QUEUE, app
from workers.context import Context, context
from workers.logs import logger, setup
from workers.processes import tell_ready
from workers.store import jobs
from workers.sweep import sweep
from workers.webhooks import deliver_due

log = logger(__name__)
SWEEP_SECONDS = 300.0


def bands() -> list[range]:
    """Priorities that share one list in the broker."""
    ends = (*PRIORITY_STEPS[1:], 10)
    return [range(a, b) for a, b in zip(PRIORITY_STEPS, ends, strict=True)]


def depth(channel: Any, band: range) -> int:
    """Messages of a priority band that no worker has taken yet."""
    return int(channel.client.llen(channel._q_for_pri(QUEUE, band.start)))


def publish(context: Context) -> int:
    """Send messages for waiting jobs; returns how many.  Raises kombu's errors when the broker is away."""
    given = context.settings
    due = [b for b in bands() if jobs.any_waiting(context.store, b, given.redispatch_seconds)]
    if not due:
        return 0
    sent: list[int] = []
    with app.connection_for_write() as connection:
        channel = connection.default_channel
        producer = app.amqp.Producer(channel, auto_declare=False)
        try:
            for band in due:
                room = given.window - depth(channel, band)
                if room <= 0:
                    continue
                for job_id in jobs.waiting(context.store, band, given.redispatch_seconds, room):
                    app.send_task(
                        "nianbao.look", (job_id,), priority=band.start, retry=False, producer=producer,
                        ignore_result=True,
                    )  # fmt: skip
                    sent.append(job_id)
        finally:
            jobs.mark_sent(context.store, sent)
    return len(sent)


class Reconciler:
    """The loop; `stop` ends it after the current round."""

    def __init__(self, given: Context) -> None:
        self.context = given
        self.ended = threading.Event()
        self._swept = 0.0

    def stop(self) -> None:
        self.ended.set()

    def round(self) -> None:
        """One round; each part's failure is logged and tried again in the next."""
        given = self.context
        parts = (("take_back", self._take_back), ("publish", self._publish), ("webhooks", self._deliver))
        for name, part in parts:
            try:
                part()
            except Exception as error:
                # Broker or database away: nothing is lost, the next round tries again.
                log.warning("round_failed", part=name, error=f"{type(error).__name__}: {error}"[:300])
        if time.monotonic() - self._swept > SWEEP_SECONDS:
            self._swept = time.monotonic()
            try:
                sweep(given)
            except Exception as error:
                log.warning("round_failed", part="sweep", error=f"{type(error).__name__}: {error}"[:300])

    def _take_back(self) -> None:
        queued, dead = jobs.take_back(self.context.store, self.context.settings.max_attempts)
        if queued or dead:
            log.warning("leases_lost", queued=queued, dead=dead)

    def _deliver(self) -> None:
        deliver_due(self.context)

    def _publish(self) -> None:
        number = publish(self.context)
        if number:
            log.debug("published", messages=number)

    def run(self) -> None:
        while not self.ended.is_set():
            self.round()
            beat("reconciler")
            self.ended.wait(self.context.settings.reconcile_seconds)


def main() -> int:
    """Run until SIGTERM or SIGINT."""
    from extractor.sandbox.confine import die_with_parent

    launcher = os.environ.get("NIANBAO_LAUNCHER")
    if launcher:
        die_with_parent(int(launcher))
    setup()
    loop = Reconciler(context())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.stop())
    tell_ready()
    loop.run()
    context().close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
