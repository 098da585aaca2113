"""Public ids: 128 bits that sort by time (UUID version 7), as 32 hex digits."""

from __future__ import annotations

import secrets
import time


def new_id() -> str:
    """48 bits of milliseconds, then version, variant and 74 random bits."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return f"{value:032x}"
