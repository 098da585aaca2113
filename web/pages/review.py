"""The review page and what it sends: steps, the end of a document, a region to be read again."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection, insert, select

from extractor.sandbox.pictures import CROP_MARGIN
from web import shapes
from web.api.documents import refusal
from web.api.review import Decision, decide
from web.auth.guard import need
from web.auth.routes import context_of
from web.pages import warm
from web.pages.desk import desk, regions_of
from web.pages.queue import filter_of, next_document
from web.pages.reread import read_region
from web.pages.view import language_of, render
from web.pages.words import translator
from web.problems import Problem
from workers.context import Context
from workers.store import audit, leases, queue, reviews, second
from workers.store.accounts import Principal
from workers.store.engine import Store
from workers.store.results import run_of
from workers.store.tables import documents as table
from workers.store.tables import region_readings

router = APIRouter(include_in_schema=False)
STEPS_MOST = 1000
"""Steps in one request: more than a document has fields, for whoever was long without a network."""


class Step(BaseModel):
    """One step of a reviewer as his page keeps it until the server has it."""

    step: Annotated[str, Field(min_length=8, max_length=64)]
    field: Annotated[str, Field(max_length=200)]
    verdict: Literal["confirmed", "misread", "source_wrong", "withdrawn"]
    value: int | str | None = None
    state: Literal["printed", "blank", "mark", "missing", "illegible"] | None = None
    base_revision: Annotated[int, Field(ge=0)]
    comment: Annotated[str | None, Field(max_length=2000)] = None
    seconds: Annotated[float | None, Field(ge=0, le=86400)] = None
    undoes: Annotated[int | None, Field(ge=1)] = None


class Steps(BaseModel):
    steps: Annotated[list[Step], Field(max_length=STEPS_MOST)]


class Region(BaseModel):
    """A box that was drawn on a page, points on the upright page, for a field."""

    field: Annotated[str, Field(max_length=200)]
    page: Annotated[int, Field(ge=1, le=100_000)]
    box: tuple[float, float, float, float]


def _seen(context: Context, document_id: str, who: Principal) -> Any:
    with context.store.read() as c:
        return shapes.seen_document(c, document_id, who)


def _lease(context: Context, document_id: str, who: Principal) -> dict[str, Any]:
    """Take the document where it is free; who has it, until when, whether it is the caller."""
    store = context.store
    with store.write() as c:
        mine = "review" in who.scopes and leases.take(
            store, c, document_id, who.user_id, context.settings.review_lease_seconds
        )
        held = leases.holder(store, c, document_id)
    return {"mine": mine, "by": held.name if held else None, "until": held.expires if held else None}


@router.get("/review/{document_id}")
def page(request: Request, document_id: str, who: Principal = need("read")) -> Response:
    """The document with its form; read-only where another has it or it is signed."""
    context = context_of(request)
    t = translator(language_of(request, who))
    row = _seen(context, document_id, who)
    with context.store.read() as c:
        run = run_of(c, document_id)
        made = desk(c, row, run, who.user_id, t) if run is not None and row.state == "done" else None
    if made is None:
        return render(request, who, "review_none.html", document=shapes.document(row))
    warm.first_crop(request.app.state.pictures, context, row, run, made["data"]["fields"])
    lease = {"mine": False, "by": None, "until": None}
    if row.review_state != "signed":
        lease = _lease(context, document_id, who)
    chosen = filter_of(request)
    data = {
        **made["data"], "user": who.user_id, "readonly": not lease["mine"], "query": chosen.told(),
        "crop_margin": CROP_MARGIN, "lease_seconds": context.settings.review_lease_seconds, "review_state": row.review_state,
    }  # fmt: skip
    return render(
        request, who, "review.html", document=shapes.document(row), lease=lease, data=data, desk=made,
        words=_words(t), batch=row.batch_id, told=chosen.told(), first=warm.first_of(made["data"]["fields"]),
    )  # fmt: skip


@router.post("/review/{document_id}/steps")
def steps(request: Request, document_id: str, body: Steps, who: Principal = need("review")) -> dict[str, Any]:
    """Write steps in order, in one transaction; each tells on its own what came of it, so that one conflict
    stops no other (a refused step has written nothing)."""
    context = context_of(request)
    store, actor = context.store, audit.Actor(who.user_id, who.name)
    with store.write() as c:
        shapes.seen_document(c, document_id, who)
        told = [_one(store, c, actor, document_id, step) for step in body.steps]
        leases.take(store, c, document_id, who.user_id, context.settings.review_lease_seconds)
        row = c.execute(
            select(table.c.review_fields, table.c.review_state).where(table.c.id == document_id)
        ).one()
    return {"results": told, "fields_to_review": row.review_fields, "review_state": row.review_state}


def _one(store: Store, c: Connection, actor: audit.Actor, document_id: str, step: Step) -> dict[str, Any]:
    word = reviews.Verdict(
        step.field, step.verdict, step.value, step.state, step.base_revision, step.comment, step.seconds,
        step.step, step.undoes,
    )  # fmt: skip
    try:
        entry = reviews.settle_in(store, c, actor, document_id, word)
    except (KeyError, ValueError, reviews.NoResult, reviews.Signed, reviews.Conflict) as error:
        problem = refusal(error)
        return {
            "step": step.step, "status": problem.code, "message": problem.detail,
            "field": _standing(c, document_id, step.field),
        }  # fmt: skip
    return {"step": step.step, "status": "done", "field": _small(entry)}


def _small(entry: dict[str, Any]) -> dict[str, Any]:
    settled = entry.get("settled") or {}
    return {
        "id": entry["id"], "value": entry["value"], "state": entry["state"], "revision": entry.get("revision", 0),
        "verdict": settled.get("verdict"), "by": settled.get("by"), "comment": settled.get("comment"),
        "raw": (entry.get("extracted") or entry).get("raw"),
    }  # fmt: skip


def _standing(c: Connection, document_id: str, field: str) -> dict[str, Any] | None:
    """The field as it stands, for whoever came too late."""
    result = reviews.settled_result(c, document_id, "")
    found = next((f for f in (result or {}).get("fields", ()) if f["id"] == field), None)
    return None if found is None else _small(found)


@router.post("/review/{document_id}/decide")
def decision(
    request: Request, document_id: str, body: Decision, who: Principal = need("review")
) -> dict[str, Any]:
    """Sign, postpone, reject, escalate, reopen; tells the page where to go next."""
    context = context_of(request)
    before = _seen(context, document_id, who)
    told = decide(request, document_id, body, who)
    if body.state == "signed" and before.review_state != "signed":
        with context.store.write() as c:
            second.draw_second(context.store, c, document_id)
    if body.state == "open":
        return {**told, "next": f"/review/{document_id}"}
    return {**told, "next": _next(request, context, who, skip=document_id)}


def _next(request: Request, context: Context, who: Principal, skip: str) -> str:
    from urllib.parse import urlencode

    given = filter_of(request)
    found = next_document(context, who, given, skip)
    place = f"/review/{found}" if found else "/queue"
    query = urlencode(given.told())
    return f"{place}?{query}" if query else place


@router.get("/review/{document_id}/coming")
def coming(request: Request, document_id: str, who: Principal = need("review")) -> dict[str, Any]:
    """The document that would be next (not handed out): its first crop is drawn before it is asked for."""
    context = context_of(request)
    with context.store.read() as c:
        rows, _total = queue.page(context.store, c, filter_of(request), limit=10)
        free = next((r for r in rows if r.id != document_id and r.holder in (None, who.name)), None)
        if free is None:
            return {"document": None}
        row = shapes.seen_document(c, free.id, who)
        run = run_of(c, free.id)
    if run is not None:
        warm.first_crop(request.app.state.pictures, context, row, run, run.shared().get("fields", ()))
    return {"document": free.id}


@router.post("/review/{document_id}/region")
def region(request: Request, document_id: str, body: Region, who: Principal = need("review")) -> dict[str, Any]:
    """Read a region again, by every reader there is; what they read is kept with the field."""
    context = context_of(request)
    row = _seen(context, document_id, who)
    with context.store.read() as c:
        run = run_of(c, document_id)
    if run is None:
        raise Problem(409, "no_result", "该文档还没有结果")
    readings = read_region(request.app.state.pictures, context, row, run, body.field, body.page, body.box)
    store = context.store
    with store.write() as c:
        c.execute(
            insert(region_readings).values(
                document_id=document_id, field=body.field, page=body.page, box=json.dumps(body.box),
                readings=json.dumps(readings, ensure_ascii=False), user_id=who.user_id, created=store.now(c),
            )
        )  # fmt: skip
        audit.record(
            store, c, audit.Actor(who.user_id, who.name), "field.region", f"{document_id}/{body.field}", None,
            {"page": body.page, "box": body.box, "texts": [r["text"] for r in readings]},
        )  # fmt: skip
        return {"readings": readings, "regions": regions_of(c, document_id)}


def open_fields(context: Context, document_id: str) -> int:
    """Fields of a document that still wait."""
    with context.store.read() as c:
        return int(c.execute(select(table.c.review_fields).where(table.c.id == document_id)).scalar_one())


WORDS = (
    "已保存", "正在保存", "网络中断，{n} 步已留在本机，恢复后自动发送", "他人已先处理：{field}", "未能保存：{message}",
    "登录已过期，请在新窗口登录后继续；{n} 步已留在本机", "没有可撤销的操作", "已撤销：{field}", "全部核对完毕",
    "还有 {n} 个字段待核对", "请先填写原因", "两侧相等", "相差 {n}", "无法判断", "左侧之和", "右侧", "已采信", "待核对",
    "勾稽不成立", "已更正", "已确认", "原文有误", "该文档没有页面图像，下面是文中的原样", "格内为空", "符号", "缺行或缺列",
    "无法辨认", "数字", "把握 {p}", "勾稽推算", "重新识别", "墨迹", "在页面上拖出一个框，重新识别该处", "该处没有读出数字",
    "不是有效的数字", "该字段应为整数", "该字段不能是负数", "第 {n} 页", "文中没有这一格", "已由 {name} 接手，本页只读",
    "网络恢复", "正在重新识别…", "签发并取下一份", "只读", "图像无法显示", "待核对 {n}",
)  # fmt: skip
"""Words that the script says."""


def _words(t: Any) -> dict[str, str]:
    return {word: t(word) for word in WORDS}
