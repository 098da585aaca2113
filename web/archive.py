"""A ZIP of documents, taken apart without trusting a word of it.

Sizes are counted while reading, never believed.  An archive that breaks a limit is not rejected here: it
becomes a document of its own, which the worker fails with a typed error, so that it has its one end.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from web.filenames import clean, decode
from workers.settings import Settings

OFFICE_MARK = "[Content_Types].xml"
JUNK = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
DIRECTORY_MOST = 4 * 1024 * 1024
"""Bytes of an archive's directory: 5,000 names of 300 bytes take 2 MB."""
END_RECORD = 22
COMMENT_MOST = 65_535
CHUNK = 1 << 16


class NotExpanded(Exception):
    """This file is no archive of documents, or breaks a limit."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file out of an archive, in a scratch file that the caller moves or deletes."""

    name: str
    path: Path
    size: int


def _directory_is_small(path: Path, settings: Settings) -> bool:
    """Read the end record by hand: zipfile would load whatever directory it names."""
    size = path.stat().st_size
    with path.open("rb") as handle:
        handle.seek(max(0, size - END_RECORD - COMMENT_MOST))
        tail = handle.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < END_RECORD:
        return False
    entries, length = struct.unpack("<HI", tail[at + 10 : at + 16])
    # 0xFFFF entries or 0xFFFFFFFF bytes mean ZIP64: more than the limits allow anyway.
    return bool(entries <= settings.max_zip_members and length <= DIRECTORY_MOST and entries != 0xFFFF)


def _name(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return decode(info.filename.encode("cp437"))
    except UnicodeEncodeError:
        return info.filename


def is_archive(head: bytes) -> bool:
    return head[:4] == b"PK\x03\x04"


def expand(path: Path, scratch: Path, settings: Settings) -> Iterator[Member]:
    """The documents in an archive, one by one.  Raises NotExpanded before the first or at a broken limit."""
    if not _directory_is_small(path, settings):
        raise NotExpanded
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            if any(i.filename == OFFICE_MARK for i in infos) or len(infos) > settings.max_zip_members:
                raise NotExpanded
            wanted = [i for i in infos if not i.is_dir() and not any(j in _name(i) for j in JUNK)]
            if not wanted or any(i.flag_bits & 1 for i in wanted):  # empty, or encrypted
                raise NotExpanded
            total = 0
            for number, info in enumerate(wanted):
                target = scratch.with_name(f"{scratch.name}.{number}.part")
                size = _extract(archive, info, target, settings, settings.max_zip_bytes - total)
                total += size
                yield Member(clean(_name(info), folders=True), target, size)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, struct.error, ValueError,
            OverflowError) as error:  # fmt: skip
        raise NotExpanded from error


def _extract(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, settings: Settings, room: int
) -> int:
    most = min(settings.max_file_bytes, room)
    ratio_most = max(1, info.compress_size) * settings.max_zip_ratio + CHUNK
    size = 0
    try:
        with archive.open(info) as source, target.open("wb") as out:
            while piece := source.read(CHUNK):
                size += len(piece)
                if size > most or size > ratio_most:
                    raise NotExpanded
                out.write(piece)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return size
