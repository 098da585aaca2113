"""Rate limits by token bucket, per caller, in this process's memory."""

from __future__ import annotations

import time
from collections import OrderedDict

KEPT = 20_000
"""Callers remembered; the longest unseen are forgotten first."""


class Buckets:
    """`per_minute` calls a minute, and as many at once; 0 means no limit."""

    def __init__(self, per_minute: int) -> None:
        self.rate = per_minute / 60
        self.most = float(per_minute)
        self._seen: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> float:
        """0 where the call may go on, else the seconds to wait."""
        if self.most <= 0:
            return 0.0
        now = time.monotonic()
        left, then = self._seen.pop(caller, (self.most, now))
        left = min(self.most, left + (now - then) * self.rate)
        allowed = left >= 1
        self._seen[caller] = (left - 1 if allowed else left, now)
        if len(self._seen) > KEPT:
            self._seen.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self.rate
