"""A region of a page read again in the sandbox, its texts understood as figures of a field."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Row

from web.pages.desk import read_as
from web.pictures import Pictures, view_of
from web.problems import Problem, not_found
from workers.context import Context
from workers.pages import source_of
from workers.store.overlay import specs_of
from workers.store.results import Run


def read_region(
    kept: Pictures, context: Context, row: Row[Any], run: Run, field: str, page: int,
    box: tuple[float, float, float, float],
) -> list[dict[str, Any]]:  # fmt: skip
    """What each reader makes of the box: engine, text, score, and the value and state that it means.

    Raises Problem where there is no such field, page or box.
    """
    spec = specs_of(run.shared()).get(field)
    if spec is None:
        raise not_found("没有这个字段")
    left, right = sorted((box[0], box[2]))
    top, bottom = sorted((box[1], box[3]))
    try:
        data = context.blobs.get(row.sha256)
    except FileNotFoundError as error:
        raise not_found("原件不在存储中") from error
    params = {**view_of(run, page), "bbox": [left, top, right, bottom]}
    source = source_of(row.filename, row.sha256, data)
    ended = kept.sandbox.call("region", source, params)
    if ended.body is None:
        failure = ended.failure
        if failure is None:
            raise Problem(503, detail="识别进程被中断", headers={"Retry-After": "1"})
        raise Problem(422, failure.code, failure.message, failure.remedy)
    return [_understood(r, spec) for r in json.loads(ended.body)]


def _understood(reading: dict[str, Any], spec: Any) -> dict[str, Any]:
    value, state = read_as(str(reading["text"]), spec)
    if value is not None and spec.type == "integer":
        value = int(value)
    return {
        "engine": str(reading["engine"]), "text": str(reading["text"]), "score": float(reading["score"]),
        "value": value, "state": state,
    }  # fmt: skip
