"""Files in, Document out: which module reads which kind of file.

A new kind is one module with `read(data: bytes, options, limits) -> Document` and one line in `KINDS`
(and its mark in sniff.py).  Modules are imported when a file of their kind comes, not before.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import cast

from extractor.errors import DocumentError, TooLarge
from extractor.inputs.sniff import sniff
from extractor.settings import Limits, Options
from extractor.settings import limits as current_limits
from extractor.types import Document, Source

Part = tuple[str, bytes]

KINDS: dict[str, str] = {
    "pdf": "extractor.inputs.pdf",
    "picture": "extractor.inputs.picture",
    "docx": "extractor.inputs.docx",
    "html": "extractor.inputs.html",
    "text": "extractor.inputs.text",
}
WHOLE_RUNS = frozenset({"picture"})
"""Kinds whose reader takes all neighbouring files at once, `read(parts, options, limits)`."""


class MissingFile(DocumentError):
    """The path leads to no file that can be read."""

    code = "missing_file"
    message = "找不到文件，或没有读取权限。"
    remedy = "请核对路径和文件名；含空格或特殊字符的名字要加引号。"


def load_source(paths: Sequence[str | Path], name: str | None = None, bounds: Limits | None = None) -> Source:
    """The files at `paths`, in page order, as one Source named `name` (default: the first file's name).

    `sha256` of one file is that of its bytes; of several, the SHA-256 of their hexadecimal digests, each
    followed by a line feed, in page order (`sha256sum FILES… | cut -c1-64 | sha256sum` gives the same).
    Raises MissingFile, TooLarge.
    """
    bounds = bounds or current_limits()
    parts: list[Part] = []
    total = 0
    for path in map(Path, paths):
        try:
            total += path.stat().st_size
            if total > bounds.max_bytes:
                raise TooLarge(f"超过 {bounds.max_bytes} 字节")
            parts.append((path.name, path.read_bytes()))
        except (OSError, ValueError) as error:
            raise MissingFile(f"{path.name}：{getattr(error, 'strerror', None) or error}") from error
    return make_source(parts, name)


def make_source(parts: Sequence[Part], name: str | None = None) -> Source:
    """A Source of files that are already in memory, (file name, bytes) each, in page order."""
    digests = [hashlib.sha256(data).hexdigest() for _, data in parts]
    whole = digests[0] if len(digests) == 1 else _digest_of_digests(digests)
    return Source(name or parts[0][0], whole, tuple(parts))


def _digest_of_digests(digests: Sequence[str]) -> str:
    return hashlib.sha256("".join(f"{d}\n" for d in digests).encode("ascii")).hexdigest()


def open_document(source: Source, options: Options, bounds: Limits | None = None) -> Document:
    """Read a source whatever its kind; several files become the pages of one document.

    Raises DocumentError: EmptyFile, UnknownKind, Damaged, TooLarge, Bomb, ForbiddenContent, PasswordNeeded, …
    """
    bounds = bounds or current_limits()
    if sum(len(data) for _, data in source.parts) > bounds.max_bytes:
        raise TooLarge(f"超过 {bounds.max_bytes} 字节")
    documents = [_read(kind, run, options, bounds) for kind, run in _runs(source.parts, bounds)]
    if len(documents) == 1:
        return documents[0]
    from extractor.inputs.joined import join

    return join(documents)


def _runs(parts: Sequence[Part], bounds: Limits) -> Iterator[tuple[str, list[Part]]]:
    """(kind, files) in page order: neighbouring files of a WHOLE_RUNS kind together, others one by one."""
    sniffed = [(_sniff(part, len(parts) > 1, bounds), part) for part in parts]
    for (kind, _), run in groupby(enumerate(sniffed), key=lambda item: (item[1][0], _alone(item))):
        yield kind, [part for _, (_, part) in run]


def _alone(item: tuple[int, tuple[str, Part]]) -> int:
    index, (kind, _) = item
    return -1 if kind in WHOLE_RUNS else index


def _sniff(part: Part, several: bool, bounds: Limits) -> str:
    try:
        return sniff(part[1], bounds)
    except DocumentError as error:
        if several:
            error.detail = f"{part[0]}：{error.detail}" if error.detail else part[0]
        raise


def _read(kind: str, run: list[Part], options: Options, bounds: Limits) -> Document:
    if kind in WHOLE_RUNS:
        return read_pictures(run, options, bounds)
    module = importlib.import_module(KINDS[kind])
    read = cast("Callable[[bytes, Options, Limits], Document]", module.read)
    return read(run[0][1], options, bounds)


def read_pictures(parts: Sequence[Part], options: Options, bounds: Limits) -> Document:
    """Pictures as the pages of one document, also those that another file embeds."""
    module = importlib.import_module(KINDS["picture"])
    read = cast("Callable[[Sequence[Part], Options, Limits], Document]", module.read)
    return read(parts, options, bounds)
