"""A sign of life for container health checks: `python -m workers.alive worker` fails where it is stale."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from workers.settings import settings

STALE_SECONDS = 60.0
"""The reconciler beats every round (a quarter second), the worker's watch every second."""


def _file(role: str) -> Path:
    return settings().data / f"alive-{role}"


def beat(role: str) -> None:
    """Say that this role's loop is going round."""
    path = _file(role)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def is_alive(role: str, now: float | None = None) -> bool:
    """Whether the role beat lately."""
    try:
        last = _file(role).stat().st_mtime
    except FileNotFoundError:
        return False
    return (time.time() if now is None else now) - last < STALE_SECONDS


if __name__ == "__main__":
    sys.exit(0 if is_alive(sys.argv[1]) else 1)
