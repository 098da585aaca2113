"""What a child leaves behind in its output file: a fixed head, a JSON part, the body.

The head comes first and early, so that the parent can see how many pages the document has while the
child still works.  Everything a child wrote is taken as hostile: lengths are checked, nothing is executed.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping
from typing import Any

HEAD = struct.Struct("<4sIII")
MAGIC = b"NBF1"
MAX_META = 1_000_000


def write_pages(handle: int, pages: int) -> None:
    """Tell the parent early how many pages there are."""
    os.pwrite(handle, HEAD.pack(MAGIC, min(pages, 1 << 30), 0, 0), 0)


def read_pages(handle: int) -> int:
    """What `write_pages` told; 0 where it has not."""
    raw = os.pread(handle, HEAD.size, 0)
    if len(raw) < HEAD.size or raw[:4] != MAGIC:
        return 0
    return int(HEAD.unpack(raw)[1])


def write(handle: int, meta: Mapping[str, Any], body: bytes) -> None:
    """The child's last word."""
    told = json.dumps(meta, ensure_ascii=False).encode()
    parts = memoryview(told + body)
    at = HEAD.size
    while parts:
        done = os.pwrite(handle, parts[: 1 << 24], at)
        at += done
        parts = parts[done:]
    os.pwrite(handle, HEAD.pack(MAGIC, read_pages(handle), len(told), len(body)), 0)


def read(handle: int, most: int) -> tuple[dict[str, Any], bytes] | None:
    """JSON part and body; None where the child did not get to write them whole."""
    raw = os.pread(handle, HEAD.size, 0)
    if len(raw) < HEAD.size:
        return None
    magic, _pages, n_meta, n_body = HEAD.unpack(raw)
    if magic != MAGIC or not n_meta or n_meta > MAX_META or n_body > most:
        return None
    meta, body = _exactly(handle, HEAD.size, n_meta), _exactly(handle, HEAD.size + n_meta, n_body)
    if meta is None or body is None:
        return None
    try:
        told = json.loads(meta)
    except (ValueError, RecursionError):
        return None
    return (told, body) if isinstance(told, dict) else None


def _exactly(handle: int, at: int, length: int) -> bytes | None:
    pieces: list[bytes] = []
    while length:
        piece = os.pread(handle, min(length, 1 << 24), at)
        if not piece:
            return None
        pieces.append(piece)
        at += len(piece)
        length -= len(piece)
    return b"".join(pieces)
