"""The warm sandbox process: `python -m extractor.sandbox FD` forks one confined child per document.

Requests come over a Unix socket pair as JSON with two descriptors: the document (read) and the answer's
file (written here, after the child's end).  One request at a time; the process ends with its parent.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
from typing import Any

from extractor.sandbox.bounds import Bounds, bounds
from extractor.sandbox.confine import die_with_parent
from extractor.sandbox.fork import Ended, forked
from extractor.sandbox.frame import write, write_pages
from extractor.sandbox.tasks import TASKS, count_pages
from extractor.sandbox.warm import learn, single_thread
from extractor.types import Source

MAX_REQUEST = 100_000


def source_from(request: dict[str, Any], data: bytes) -> Source:
    """The Source that a request describes; `parts` are (name, size) of files laid end to end in `data`."""
    parts: list[tuple[str, bytes]] = []
    at = 0
    for name, size in request["parts"]:
        parts.append((str(name), data[at : at + int(size)]))
        at += int(size)
    return Source(str(request["filename"]), str(request["sha256"]), tuple(parts))


def read_all(handle: int) -> bytes:
    """Everything in the file behind a descriptor, from its start."""
    size = os.fstat(handle).st_size
    pieces: list[bytes] = []
    at = 0
    while at < size:
        piece = os.pread(handle, min(size - at, 1 << 24), at)
        if not piece:
            break
        pieces.append(piece)
        at += len(piece)
    return b"".join(pieces)


def run_request(request: dict[str, Any], document: int, given: Bounds) -> Ended:
    """One request in one child."""
    size = os.fstat(document).st_size

    def work(out: int) -> bytes:
        source = source_from(request, read_all(document))
        if size > given.free_pages * given.page_bytes:
            write_pages(out, count_pages(source))
        return TASKS[request["task"]](source, request)

    return forked(work, size, given, keep=(document,))


def _answer(channel: socket.socket, given: Bounds) -> bool:
    """Serve one request; False when the other side is gone."""
    raw, handles, _flags, _address = socket.recv_fds(channel, MAX_REQUEST, 2)
    if not raw:
        return False
    document, out = handles
    try:
        ended = run_request(json.loads(raw), document, given)
        failure = ended.failure
        told = {
            "lost": ended.lost, "seconds": ended.seconds, "peak_kb": ended.peak_kb,
            "means": ended.meta.get("means"),
            "error": [failure.code, failure.message, failure.remedy] if failure else None,
        }  # fmt: skip
        write(out, told, ended.body or b"")
    finally:
        os.close(document)
        os.close(out)
    channel.sendall(b"1")
    # Between documents there is time to learn: the caller is busy with the answer.
    if learn(ended.meta.get("modules") or ()):
        gc.freeze()
    return True


def main(argv: list[str]) -> int:
    """Serve until the parent closes the channel."""
    parent = int(argv[1]) if len(argv) > 1 else os.getppid()
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the launcher's to handle
    single_thread()
    given = bounds()
    channel = socket.socket(fileno=int(argv[0]))
    from extractor.sandbox.rehearse import rehearse

    rehearse()
    gc.collect()
    gc.freeze()  # a child's collector then leaves the parent's pages alone, and they stay shared
    channel.sendall(b"0")
    while _answer(channel, given):
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
