"""Uploads: a multipart body streamed to disk part by part, hashed on the way, never held in memory.

Order that a crash cannot break: part file, blob (named by its SHA-256, durable), then the row.  A request
that dies leaves part files, which are swept; blobs without a row are harmless.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from anyio.to_thread import run_sync
from fastapi import Request
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from web.archive import NotExpanded, expand, is_archive
from web.filenames import decode, sent
from web.problems import Problem
from workers import pages
from workers.context import Context
from workers.failpoints import reach
from workers.settings import Settings
from workers.store import documents
from workers.store.batches import BatchCancelled
from workers.store.documents import Accepted, Upload
from workers.store.ids import new_id
from workers.version import extractor_version

GROUP = 32
"""Documents a transaction: one fsync for many rows, and a request that dies loses few."""
FIELD_MOST = 65_536
"""Bytes of a form field that is no file."""


@dataclass(slots=True)
class Part:
    """One part of the body while it arrives."""

    path: Path | None = None
    filename: str = ""
    name: str = ""
    size: int = 0
    told: hashlib._Hash = field(default_factory=hashlib.sha256)
    out: BinaryIO | None = None


class Receiver:
    """Callbacks of the parser: writes each `file` part to the spool and lists those that are whole."""

    def __init__(self, boundary: bytes, settings: Settings) -> None:
        self.settings = settings
        self.whole: list[Part] = []
        self.files = 0
        self.fields: dict[str, str] = {}
        self._part = Part()
        self._header = b""
        self._value = b""
        self._text: list[bytes] = []
        settings.spool.mkdir(parents=True, exist_ok=True)
        self.parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin, "on_part_data": self._data, "on_part_end": self._end,
                "on_header_field": self._header_field, "on_header_value": self._header_value,
                "on_header_end": self._header_end, "on_headers_finished": self._headers_finished,
            },
        )  # fmt: skip

    def _begin(self) -> None:
        self._part, self._text = Part(), []

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            _kind, options = parse_options_header(self._value)
            self._part.name = decode(options.get(b"name", b""))
            if b"filename" in options:
                self._part.filename = sent(decode(options[b"filename"]))
        self._header = self._value = b""

    def _headers_finished(self) -> None:
        part = self._part
        if not part.filename:
            return
        self.files += 1
        if self.files > self.settings.max_request_files:
            raise Problem(
                413,
                "too_many_files",
                f"一次最多上传 {self.settings.max_request_files} 个文件",
                "请分几次上传",
            )
        part.path = self.settings.spool / f"{os.getpid()}-{new_id()}.part"
        part.out = part.path.open("wb")

    def _data(self, data: bytes, start: int, end: int) -> None:
        part, piece = self._part, data[start:end]
        part.size += len(piece)
        if part.out is None:
            if part.size > FIELD_MOST:
                raise Problem(413, detail="表单字段过长")
            self._text.append(piece)
            return
        if part.size > self.settings.max_file_bytes:
            raise Problem(
                413, "too_large", f"{part.filename}：超过单个文件上限 {self.settings.max_file_bytes} 字节",
                "请拆分文件或降低扫描分辨率后重试；上限可由管理员调整。",
            )  # fmt: skip
        part.told.update(piece)
        part.out.write(piece)

    def _end(self) -> None:
        part = self._part
        if part.out is None:
            self.fields[part.name] = decode(b"".join(self._text))
            return
        part.out.close()
        part.out = None
        self.whole.append(part)
        self._part = Part()

    def take(self) -> list[Part]:
        """The parts that became whole since the last call."""
        found, self.whole = self.whole, []
        return found

    def drop(self) -> None:
        """Delete what was not taken."""
        for part in [*self.whole, self._part]:
            if part.out is not None:
                part.out.close()
            if part.path is not None:
                part.path.unlink(missing_ok=True)


@dataclass(slots=True)
class Taker:
    """Turns whole parts into blobs and documents."""

    context: Context
    batch_id: str | None
    owner_id: int
    upload_key: str | None
    one: str | None = None
    """All files are the pages of one document of this name ("": after its first page)."""
    accepted: list[Accepted] = field(default_factory=list)
    _waiting: list[Upload] = field(default_factory=list)
    _number: int = 0
    _pages: list[tuple[str, Path]] = field(default_factory=list)
    _pages_size: int = 0

    def add(self, part: Part) -> None:
        """Store one part (or, of an archive, each document in it); a page of one document is kept for `finish`."""
        assert part.path is not None
        if self.one is not None:
            self._pages.append((part.filename, part.path))
            self._pages_size += part.size
            if self._pages_size > self.context.settings.max_file_bytes:
                raise Problem(
                    413, "too_large", f"各页合计超过单个文档上限 {self.context.settings.max_file_bytes} 字节",
                    "请降低扫描分辨率后重试；上限可由管理员调整。",
                )  # fmt: skip
            return
        try:
            members = list(self._members(part)) if self._looks_packed(part.path) else []
            if not members:
                self._store(part.path, part.told.hexdigest(), part.filename, part.size)
        finally:
            part.path.unlink(missing_ok=True)

    def finish(self) -> None:
        """Store the pages of one document, then write the rows of what is stored."""
        if self._pages:
            first = self._pages[0]
            made = first[1].with_suffix(".pages.part")
            try:
                pages.pack(self._pages, made)
                with made.open("rb") as handle:
                    told = hashlib.file_digest(handle, "sha256").hexdigest()
                name = self.one or first[0].rpartition(".")[0] or first[0]
                self._store(made, told, f"{name}（{len(self._pages)}页）.zip", made.stat().st_size)
            finally:
                made.unlink(missing_ok=True)
                self.drop()
        self.flush()

    def drop(self) -> None:
        """Delete the pages that were kept."""
        for _name, path in self._pages:
            path.unlink(missing_ok=True)
        self._pages = []

    @staticmethod
    def _looks_packed(path: Path) -> bool:
        with path.open("rb") as handle:
            return is_archive(handle.read(4)) and not pages.packed(path)

    def _members(self, part: Part) -> Iterator[str]:
        """Store an archive's documents; nothing where it is none or breaks a limit (checked in a dry run)."""
        assert part.path is not None
        found: list[tuple[str, Path, int]] = []
        try:
            for member in expand(part.path, part.path, self.context.settings):
                found.append((member.name, member.path, member.size))
        except NotExpanded:
            for _name, path, _size in found:
                path.unlink(missing_ok=True)
            return
        for name, path, size in found:
            try:
                with path.open("rb") as handle:
                    told = hashlib.file_digest(handle, "sha256").hexdigest()
                self._store(path, told, name, size)
            finally:
                path.unlink(missing_ok=True)
            yield name

    def _store(self, path: Path, sha256: str, filename: str, size: int) -> None:
        self.context.blobs.put(sha256, path)
        reach("after-blob")
        key = f"{self.upload_key}:{self._number}" if self.upload_key else None
        self._number += 1
        self._waiting.append(Upload(filename, sha256, size, self.batch_id, self.owner_id, key))
        if len(self._waiting) >= GROUP:
            self.flush()

    def flush(self) -> None:
        """Write the rows of what is stored."""
        if not self._waiting:
            return
        items, self._waiting = self._waiting, []
        try:
            self.accepted += documents.accept(self.context.store, items, extractor_version())
        except KeyError as error:
            raise Problem(404, detail=f"没有批次 {error.args[0]}") from error
        except BatchCancelled as error:
            raise Problem(409, "batch_cancelled", "该批次已取消") from error
        reach("after-insert")


def _boundary(request: Request, settings: Settings) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise Problem(415, detail="请以 multipart/form-data 上传，字段名 file")
    length = request.headers.get("content-length")
    if length is not None and length.isdigit() and int(length) > settings.max_request_bytes:
        raise Problem(413, detail="请求过大", remedy="请分几次上传")
    return options[b"boundary"]


async def receive(request: Request, taker: Taker) -> list[Accepted]:
    """Read the body to its end; every whole file becomes a document.

    Raises Problem: what was accepted before it is listed in its member `documents`.
    """
    settings = taker.context.settings
    receiver = Receiver(_boundary(request, settings), settings)
    total = 0
    try:
        async for piece in request.stream():
            total += len(piece)
            if total > settings.max_request_bytes:
                raise Problem(413, detail="请求过大", remedy="请分几次上传")
            receiver.parser.write(piece)
            parts = receiver.take()
            if parts:
                await run_sync(_add_all, taker, parts)
        receiver.parser.finalize()
        await run_sync(taker.finish)
    except MultipartParseError as error:
        raise Problem(400, detail="上传内容不完整或格式有误", remedy="请重新上传") from error
    except Problem as problem:
        await run_sync(_add_all, taker, receiver.take())
        await run_sync(taker.flush)
        problem.more.setdefault("documents", [told(a) for a in taker.accepted])
        raise
    finally:
        receiver.drop()
        taker.drop()
    if not taker.accepted:
        raise Problem(422, "no_files", "没有收到文件", "请在字段 file 中上传至少一个文件")
    return taker.accepted


def _add_all(taker: Taker, parts: list[Part]) -> None:
    for number, part in enumerate(parts):
        try:
            taker.add(part)
        except BaseException:
            for rest in parts[number:]:
                if rest.path is not None:
                    rest.path.unlink(missing_ok=True)
            raise


def told(item: Accepted) -> dict[str, str | None]:
    """One document as the upload's answer shows it."""
    return {
        "id": item.id, "sha256": item.sha256, "filename": item.filename, "state": item.state,
        "duplicate_of": item.duplicate_of,
    }  # fmt: skip
