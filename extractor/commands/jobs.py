"""From the words of a call to jobs: which files are one document, and what its result is called."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from extractor.errors import DocumentError, UsageError

STDIN = "-"
# Endings under which documents lie in folders, also those that get a remedy instead of figures.
_DOCUMENTS = frozenset(re.findall(
    r"\w+",
    "pdf docx docm doc wps rtf odt ofd htm html xhtml mht mhtml txt png jpg jpeg jpe tif tiff webp bmp gif "
    "jp2 j2k heic",
))  # fmt: skip
_NAME_BYTES = 255
"""Longest file name of the common file systems."""


class Job(NamedTuple):
    """One document: its files in page order, and the name of its result without an ending."""

    paths: tuple[str, ...]
    stem: str
    name: str | None = None
    """`document.filename` where several files make the document up."""

    @property
    def label(self) -> str:
        return self.name or Path(self.paths[0]).name


def jobs_of(
    files: Sequence[str], one: bool, name: str | None, skip: Path | None = None
) -> tuple[list[Job], list[str]]:
    """The jobs of a call, and what is to be said about them (files left out, results renamed).

    `skip` is the folder of the results: what lies there is no input.
    Raises UsageError where the words do not fit together.
    """
    notes: list[str] = []
    paths = [path for file in files for path in _expand(file, skip, notes)]
    if not paths:
        raise UsageError(
            message="没有找到任何文档。", remedy="请检查文件夹里是否有 PDF、图片、DOCX、HTML 或 TXT。"
        )
    if name is not None and not _is_name(name):
        raise UsageError(message="--name 只能是文件名，不能含路径。", remedy="请去掉其中的 / 。")
    if one:
        whole = name if len(paths) > 1 else None
        return [Job(tuple(paths), name or _stem(paths[0]), whole)], notes
    if name is not None and len(paths) > 1:
        raise UsageError(message="--name 只能用于一份文档。", remedy="多个文件合为一份文档时，请加 --one。")
    jobs = [Job((path,), name or _stem(path)) for path in paths]
    return list(_distinct(jobs, notes)), notes


def _is_name(name: str) -> bool:
    return bool(name.strip()) and name not in (".", "..") and not set(name) & {"/", "\0", os.sep}


def _stem(path: str) -> str:
    return "stdin" if path == STDIN else Path(path).stem


def _distinct(jobs: Iterable[Job], notes: list[str]) -> Iterator[Job]:
    """No two results under one name, also where the file system does not tell case apart."""
    jobs = list(jobs)
    wanted = {job.stem.casefold() for job in jobs}
    taken: set[str] = set()
    for job in jobs:
        stem, n = job.stem, 2
        while stem.casefold() in taken or (n > 2 and stem.casefold() in wanted):
            stem, n = f"{job.stem}-{n}", n + 1
        taken.add(stem.casefold())
        if stem != job.stem:
            notes.append(f"{job.paths[0]}：结果与另一份文件同名，改写为 {stem}")
        yield job._replace(stem=stem)


def fit(stem: str, ending: str) -> str:
    """A file name that the file system takes: a stem that is too long is cut and told apart by its hash."""
    if len(os.fsencode(stem + ending)) <= _NAME_BYTES:
        return stem + ending
    mark = "-" + hashlib.sha256(os.fsencode(stem)).hexdigest()[:8] + ending
    kept = os.fsencode(stem)[: _NAME_BYTES - len(mark)].decode("utf-8", errors="ignore")
    return kept + mark


# ---------------------------------------------------------------- folders


def _expand(file: str, skip: Path | None, notes: list[str]) -> list[str]:
    """The file itself, or every document in the folder and its folders, in natural order."""
    if file == STDIN or not Path(file).is_dir():
        return [file]
    found: list[str] = []
    left_out = 0
    for folder, folders, names in os.walk(file):
        folders[:] = [f for f in folders if not _is_hidden(f) and not _same(Path(folder, f), skip)]
        for name in names:
            if _is_hidden(name):
                continue
            if _is_document(Path(folder, name)):
                found.append(str(Path(folder, name)))
            else:
                left_out += 1
    if left_out:
        notes.append(f"{file}：有 {left_out} 个文件不是文档，没有读取")
    return sorted(found, key=_natural)


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "~$")) or name in ("__MACOSX", "Thumbs.db")


def _same(path: Path, other: Path | None) -> bool:
    return other is not None and path.resolve() == other.resolve()


def _is_document(path: Path) -> bool:
    """By its ending; a file with another ending or none, where it begins like a PDF or a picture."""
    if path.suffix.lower().lstrip(".") in _DOCUMENTS:
        return True
    from extractor.inputs.sniff import HEADER_WINDOW, sniff

    try:
        with path.open("rb") as file:
            return sniff(file.read(HEADER_WINDOW * 4)) in ("pdf", "picture")
    except (DocumentError, OSError):
        return False


def _natural(path: str) -> list[tuple[int, int, str]]:
    """Key under which 第2页 comes before 第10页."""
    return [
        (0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part.casefold())
        for part in re.split(r"([0-9]+)", path)
    ]
