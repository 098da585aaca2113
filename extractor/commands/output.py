"""Where results go: standard output, or a file a document, written whole or not at all."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

from extractor.commands.jobs import Job, fit
from extractor.errors import UsageError
from extractor.types import Report

if TYPE_CHECKING:
    from extractor.forms.model import Form

FORMATS = ("table", "json", "jsonl", "csv", "xlsx")
_ENDINGS = {"table": ".txt", "json": ".json", "jsonl": ".jsonl", "csv": ".csv", "xlsx": ".xlsx"}
_FILE_COLUMNS = 100
"""Width of a table that goes to a file or a pipe."""


class Sink(Protocol):
    """Takes every result in order; `close` once, after the last."""

    tells_failures: bool
    """Whether what it writes is for the eye and already says why a document failed."""

    def put(self, job: Job, report: Report) -> None: ...

    def close(self) -> None: ...


def encoded(text: str) -> bytes:
    """UTF-8; half characters of odd file names come out as JSON's own escapes."""
    return text.encode("utf-8", errors="backslashreplace")


def render(form: str, report: Report, forms: Sequence[Form]) -> bytes:
    """One report as the whole content of a file.  CSV begins with a byte order mark, for Excel's sake."""
    if form == "table":
        from extractor.emit.table import render as draw

        return encoded(draw(report, forms, _FILE_COLUMNS))
    if form == "csv":
        from extractor.emit import csv

        return b"\xef\xbb\xbf" + encoded(csv.header() + csv.dumps(report, forms))
    if form == "xlsx":
        from extractor.emit import xlsx

        book = io.BytesIO()
        xlsx.write([report], forms, book)
        return book.getvalue()
    from extractor.emit import json

    return encoded(json.dumps(report) if form == "json" else json.dumps_line(report))


def write_whole(path: Path, data: bytes) -> None:
    """Put a file in its place at once: whoever looks sees the old one or the whole new one."""
    import tempfile

    handle, name = tempfile.mkstemp(prefix=".nianbao-", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


class Folder:
    """One file a document in a folder, `<stem><ending of the format>`."""

    tells_failures = False

    def __init__(self, folder: Path, form: str, forms: Sequence[Form]) -> None:
        """Raises UsageError where the folder cannot be made."""
        self._folder, self._form, self._forms = folder, form, forms
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(message=f"无法建立文件夹 {folder}：{error.strerror}。") from error

    def put(self, job: Job, report: Report) -> None:
        path = self._folder / fit(job.stem, _ENDINGS[self._form])
        write_whole(path, render(self._form, report, self._forms))

    def close(self) -> None:
        """Nothing is left open."""


class Stream:
    """Standard output: one object for one document, lines for several, one header, one workbook."""

    def __init__(self, form: str, forms: Sequence[Form], several: bool, out: IO[bytes] | None = None) -> None:
        """Raises UsageError for a workbook that would go to a terminal."""
        if form == "xlsx" and out is None and sys.stdout.isatty():
            raise UsageError(message="不能把 XLSX 写到终端。", remedy="请加 --out 文件夹，或用 > 写入文件。")
        self._form, self._forms, self._several = form, forms, several
        self.tells_failures = form == "table" and out is None and sys.stdout.isatty()
        self._out = out or sys.stdout.buffer
        self._first = True
        self._kept: list[Report] = []

    def put(self, job: Job, report: Report) -> None:
        data = self._data(report)
        self._first = False
        self._out.write(data)
        self._out.flush()

    def _data(self, report: Report) -> bytes:
        if self._form == "xlsx":
            self._kept.append(report)
            return b""
        if self._form == "csv":
            from extractor.emit import csv

            return encoded((csv.header() if self._first else "") + csv.dumps(report, self._forms))
        if self._form == "table":
            return self._drawn(report)
        return render("jsonl" if self._several else self._form, report, self._forms)

    def _drawn(self, report: Report) -> bytes:
        from extractor.emit.table import render as draw

        terminal = sys.stdout.isatty()
        import shutil

        columns = shutil.get_terminal_size((_FILE_COLUMNS, 24)).columns if terminal else _FILE_COLUMNS
        text = draw(report, self._forms, columns, in_color(terminal))
        gap = "" if self._first else "\n"
        return (gap + text).encode(sys.stdout.encoding or "utf-8", errors="replace")

    def close(self) -> None:
        if self._form == "xlsx":
            from extractor.emit import xlsx

            book = io.BytesIO()
            xlsx.write(self._kept, self._forms, book)
            self._out.write(book.getvalue())
            self._out.flush()


def in_color(terminal: bool) -> bool:
    """Colours on a terminal, unless NO_COLOR (no-color.org) or a dumb terminal asks for none."""
    return terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
