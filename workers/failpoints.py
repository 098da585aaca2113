"""Places where a test may kill, freeze or fail a process: NIANBAO_FAILPOINTS="after-claim=kill,…".

Without the setting `reach` costs one dictionary look-up.  `name=action@FILE` acts once: FILE is made first.
"""

from __future__ import annotations

import os
import signal
from functools import lru_cache
from pathlib import Path

NAMES = ("after-blob", "after-insert", "after-claim", "after-parse", "before-commit", "after-commit")


class FailpointReached(RuntimeError):
    """What the action `raise` raises."""


@lru_cache(maxsize=1)
def _plan() -> dict[str, tuple[str, str]]:
    plan: dict[str, tuple[str, str]] = {}
    for item in filter(None, os.environ.get("NIANBAO_FAILPOINTS", "").split(",")):
        name, _, action = item.partition("=")
        word, _, once = action.partition("@")
        plan[name] = (word, once)
    return plan


def reach(name: str) -> None:
    """Do what the plan has for this place."""
    action, once = _plan().get(name, ("", ""))
    if not action:
        return
    if once:
        try:
            Path(once).touch(exist_ok=False)
        except FileExistsError:
            return
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif action == "freeze":
        os.kill(os.getpid(), signal.SIGSTOP)
    elif action == "raise":
        raise FailpointReached(name)
