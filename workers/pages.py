"""Several files as the pages of one document (loose scans, photographs): one blob, taken apart for the sandbox.

The blob is a ZIP without compression, marked in its comment; the same pages in the same order are the same bytes,
so that a document sent twice is known.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

from extractor.types import Source

MARK = b"nianbao-pages-1"
_DAY = (1980, 1, 1, 0, 0, 0)


def pack(parts: Sequence[tuple[str, Path]], out: Path) -> None:
    """Write the files, (name, place) in page order, as one document."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as made:
        made.comment = MARK
        for number, (name, path) in enumerate(parts, 1):
            entry = zipfile.ZipInfo(f"{number:04d}/{name.rpartition('/')[2]}", _DAY)
            with made.open(entry, "w") as to, path.open("rb") as data:
                while piece := data.read(1 << 20):
                    to.write(piece)


def packed(path: Path) -> bool:
    """Whether the file is such a document."""
    with path.open("rb") as data:
        if data.read(4) != b"PK\x03\x04":
            return False
        data.seek(max(0, path.stat().st_size - len(MARK)))
        return data.read() == MARK


def source_of(filename: str, sha256: str, data: bytes) -> Source:
    """The document for the sandbox: its pages, or the file itself.

    Whoever marks a ZIP of his own gains nothing: entries that are compressed or claim more than the file holds make
    it a file like any other.
    """
    if not (data.startswith(b"PK\x03\x04") and data.endswith(MARK)):
        return Source(filename, sha256, ((filename, data),))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            plain = all(e.compress_type == zipfile.ZIP_STORED and not e.flag_bits & 1 for e in entries)
            if not entries or not plain or sum(e.file_size for e in entries) > len(data):
                return Source(filename, sha256, ((filename, data),))
            pages = tuple((e.filename.partition("/")[2] or e.filename, archive.read(e)) for e in entries)
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, OSError):
        return Source(filename, sha256, ((filename, data),))
    return Source(filename, sha256, pages)
