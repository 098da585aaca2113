"""Pictures drawn before anyone asks: the first crop of a document that is about to be shown."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Row

from web import pictures
from web.pictures import Pictures
from web.problems import Problem
from workers.context import Context
from workers.logs import logger
from workers.store.results import Run

log = logger(__name__)


def first_of(fields: Iterable[Mapping[str, Any]]) -> str | None:
    """The field that is shown first: doubtful, in a place, not settled."""
    for f in fields:
        if f.get("doubtful", f.get("needs_review")) and f.get("page") and not f.get("verdict"):
            return str(f["id"])
    return None


def first_crop(
    kept: Pictures, context: Context, row: Row[Any], run: Run | None, fields: Iterable[Mapping[str, Any]]
) -> threading.Thread | None:
    """Draw the crop of the first doubtful field in a thread; None where there is nothing to draw."""
    first = first_of(fields)
    if first is None or run is None:
        return None

    def draw() -> None:
        try:
            pictures.crop(kept, context, row, run, first)
        except Problem as problem:  # the page asks for the same picture and shows why there is none
            log.info("first_crop_failed", document=row.id, code=problem.code)

    thread = threading.Thread(target=draw, name="first-crop", daemon=True)
    thread.start()
    return thread
