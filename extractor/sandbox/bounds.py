"""What one document may cost inside the sandbox.  NIANBAO_SANDBOX_* override; docs/settings.md lists them."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of one forked child; seconds and bytes."""

    wall: float = 20.0
    """Base wall time.  The slowest born-digital report takes under 3 s; hostile files must end in 30 s, on a
    busy machine too (STARVED_MOST in fork.py)."""
    wall_per_page: float = 4.0
    """Added for each page past `free_pages` of a document that is heavy enough to be pictures."""
    wall_most: float = 240.0
    """Never longer; below the task limit of the queue (NIANBAO_TASK_SECONDS)."""
    free_pages: int = 6
    page_bytes: int = 20_000
    """A scanned page at 150 dpi takes at least this much: lighter pages earn no time."""
    memory: int = 1_100_000_000
    """Writable memory above what the parent had when it forked (RLIMIT_DATA: what is allocated)."""
    address_space: int = 4_000_000_000
    """Address space above the parent's: recognisers map libraries and weights of 1.6 GB while 0.65 GB are in
    use, so this only stops what RLIMIT_DATA does not see (file mappings, stacks)."""
    file_bytes: int = 60_000_000
    """The largest result: 200 figures with evidence take 0.2 MB, a page picture at 200 dpi 3 MB."""
    descriptors: int = 64


def bounds() -> Bounds:
    """The bounds with the environment applied."""
    given: dict[str, float | int] = {}
    for item in fields(Bounds):
        text = os.environ.get(f"NIANBAO_SANDBOX_{item.name.upper()}")
        if text is not None:
            given[item.name] = float(text) if isinstance(item.default, float) else int(text)
    return replace(Bounds(), **given)  # type: ignore[arg-type]


def wall_for(given: Bounds, pages: int, size: int) -> float:
    """Seconds that a document of so many pages and bytes may take."""
    heavy = min(pages, size // given.page_bytes)
    return min(given.wall_most, given.wall + given.wall_per_page * max(0, heavy - given.free_pages))
