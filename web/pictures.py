"""Page pictures and crops for people: drawn in the sandbox, kept on disk and, the newest, in memory."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from web.drawing import Drawing
from web.problems import Problem, not_found
from workers.context import Context
from workers.pages import source_of
from workers.store.results import Run

MEMORY_MOST = 64 * 1024 * 1024
"""Bytes of PNG kept in memory: about a hundred pages."""
DISK_MOST = 2_000
"""Files in the cache folder; the oldest go first."""
ERRORS = {"no_picture": 404}


class Pictures:
    """One warm sandbox for drawing, and the cache."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sandbox = Drawing()
        self._memory: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()
        self._written = 0

    def get(self, key: str) -> bytes | None:
        with self._lock:
            found = self._memory.get(key)
            if found is not None:
                self._memory.move_to_end(key)
                return found
        try:
            data = (self.folder / f"{key}.png").read_bytes()
        except OSError:
            return None
        self._remember(key, data)
        return data

    def put(self, key: str, data: bytes) -> None:
        self._remember(key, data)
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f"{key}.{threading.get_ident()}.part"
        part.write_bytes(data)
        part.replace(self.folder / f"{key}.png")
        self._written += 1
        if self._written % 200 == 0:
            self._trim()

    def _remember(self, key: str, data: bytes) -> None:
        with self._lock:
            if key not in self._memory:
                self._size += len(data)
            self._memory[key] = data
            while self._size > MEMORY_MOST and len(self._memory) > 1:
                self._size -= len(self._memory.popitem(last=False)[1])

    def _trim(self) -> None:
        files = sorted(self.folder.glob("*.png"), key=lambda p: p.stat().st_mtime)
        for path in files[:-DISK_MOST]:
            path.unlink(missing_ok=True)

    def close(self) -> None:
        self.sandbox.close()


def view_of(run: Run | None, number: int) -> dict[str, Any]:
    """What the result knows of a page: its size and turn, and whether its reader straightened it."""
    document = (run.shared().get("document") or {}) if run else {}
    views = document.get("page_views") or document.get("page_sizes") or []
    view: Any = views[number - 1] if 0 < number <= len(views) else {}
    if isinstance(view, list | tuple) and len(view) >= 2:
        view = {"width": view[0], "height": view[1]}
    out = {k: view[k] for k in ("width", "height", "turned") if k in view}
    turns = document.get("page_turns") or []
    if 0 < number <= len(turns):
        out["turned"] = turns[number - 1]
    return {**out, "page": number, "straighten": document.get("source") in ("image", "pdf_scan", "pdf_mixed")}


def _draw(pictures: Pictures, context: Context, row: Row[Any], task: str, params: dict[str, Any]) -> bytes:
    told = hashlib.sha256(repr((row.sha256, row.version, task, sorted(params.items()))).encode()).hexdigest()
    found = pictures.get(told)
    if found is not None:
        return found
    try:
        data = context.blobs.get(row.sha256)
    except FileNotFoundError as error:
        raise not_found("原件不在存储中") from error
    ended = pictures.sandbox.call(task, source_of(row.filename, row.sha256, data), params)
    if ended.body is None:
        failure = ended.failure
        if failure is None:
            raise Problem(503, detail="绘制页面的进程被中断", headers={"Retry-After": "1"})
        raise Problem(ERRORS.get(failure.code, 422), failure.code, failure.message, failure.remedy)
    pictures.put(told, ended.body)
    return ended.body


def page(pictures: Pictures, context: Context, row: Row[Any], run: Run | None, number: int) -> bytes:
    """PNG of a page.  Raises Problem."""
    return _draw(pictures, context, row, "page", view_of(run, number))


def crop(pictures: Pictures, context: Context, row: Row[Any], run: Run | None, field: str, frame: bool = False) -> bytes:
    """PNG of a field's cell.  Raises Problem."""
    if run is None:
        raise Problem(409, "no_result", "该文档还没有结果")
    entry = next((f for f in run.shared().get("fields", ()) if f["id"] == field), None)
    if entry is None:
        raise not_found("没有这个字段")
    if entry.get("page") is None or entry.get("bbox") is None:
        raise Problem(404, "no_picture", "该字段在文档中没有位置")
    asked = {**view_of(run, entry["page"]), "bbox": entry["bbox"]}
    if frame:
        asked["frame"] = True
    return _draw(pictures, context, row, "crop", asked)
