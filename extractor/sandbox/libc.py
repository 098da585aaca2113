"""The C library by ctypes, opened once: a forked child finds it open."""

from __future__ import annotations

import ctypes
from functools import lru_cache


@lru_cache(maxsize=1)
def libc() -> ctypes.CDLL:
    """The C library that this process runs on, with errno kept."""
    return ctypes.CDLL(None, use_errno=True)
