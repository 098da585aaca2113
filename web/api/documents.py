"""Documents: sent, looked at, their results, pictures and settled fields."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from web import idempotency, pictures, shapes
from web.auth.guard import need
from web.auth.routes import context_of
from web.filenames import sent
from web.problems import Problem, not_found
from web.uploads import Taker, receive, told
from workers.store import audit, documents, reviews
from workers.store.accounts import Principal
from workers.store.overlay import decode
from workers.store.results import run_of
from workers.store.tables import documents as table
from workers.version import extractor_version

router = APIRouter(prefix="/api/v1/documents", tags=["documents"])

UNBOUND = 1 << 50
"""The upload counts its bytes itself, by the settings (web/uploads.py)."""
UPLOAD_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object", "required": ["file"],
                    "properties": {
                        "file": {"type": "array", "items": {"type": "string", "format": "binary"}}
                    },
                }
            }
        },
    },
}  # fmt: skip


class Accepted(BaseModel):
    """One document of an upload."""

    model_config = ConfigDict(json_schema_extra={"examples": [{
        "id": "0198c1d2a3b47c5d8e9fa0b1c2d3e4f5", "sha256": "9f86d081884c7d65…", "filename": "年度报告.pdf",
        "state": "queued", "duplicate_of": None,
    }]})  # fmt: skip
    id: str
    sha256: str
    filename: str
    state: str
    duplicate_of: str | None


class Uploaded(BaseModel):
    """Answer to an upload."""

    documents: list[Accepted]


@router.post("", status_code=202, response_model=Uploaded, openapi_extra=UPLOAD_BODY, max_body_size=UNBOUND)
async def upload(
    request: Request, batch: Annotated[str | None, Query()] = None, one: Annotated[bool, Query()] = False,
    name: Annotated[str, Query(max_length=200)] = "", who: Principal = need("upload"),
) -> Any:  # fmt: skip
    """Take documents: multipart, field `file` once or more; a ZIP of documents is taken apart.

    With `one` all files are the pages of one document, in the order sent (photographs, loose scans), called `name`.
    """
    context = context_of(request)
    key = idempotency.key_of(request, who)
    try:
        await run_sync(idempotency.begin, context, key, request)
    except idempotency.Repeated as first:
        return JSONResponse(first.body, first.status, {"Idempotency-Replayed": "true"})
    if batch is not None:
        await run_sync(_check_batch, context, batch, who)
    taker = Taker(context, batch, who.user_id, key, sent(name) if one and name else "" if one else None)
    body = {"documents": [told(a) for a in await receive(request, taker)]}
    await run_sync(idempotency.finish, context, key, 202, body)
    return JSONResponse(body, 202)


def _check_batch(context: Any, batch_id: str, who: Principal) -> None:
    with context.store.read() as c:
        if shapes.seen_batch(c, batch_id, who).cancelled is not None:
            raise Problem(409, "batch_cancelled", "该批次已取消")


@router.get("")
def list_documents(
    request: Request, batch: str | None = None, state: str | None = None, needs_review: bool | None = None,
    after: str | None = None, limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    who: Principal = need("read"),
) -> dict[str, Any]:  # fmt: skip
    """Documents by id, newest last; `next` is the `after` of the following page."""
    query = documents.listing().order_by(table.c.id).limit(limit)
    if batch is not None:
        query = query.where(table.c.batch_id == batch)
    if state is not None:
        query = query.where(table.c.state == state)
    if after is not None:
        query = query.where(table.c.id > after)
    if needs_review is not None:
        query = query.where(table.c.review_fields > 0 if needs_review else table.c.review_fields == 0)
    if who.own_only:
        query = query.where(table.c.owner_id == who.user_id)
    with context_of(request).store.read() as c:
        rows = c.execute(query).all()
    return {
        "documents": [shapes.document(r) for r in rows],
        "next": rows[-1].id if len(rows) == limit else None,
    }


@router.get("/{document_id}")
def document(request: Request, document_id: str, who: Principal = need("read")) -> dict[str, Any]:
    """One document: its state, its error with remedy, whether people have to look at it."""
    with context_of(request).store.read() as c:
        return shapes.document(shapes.seen_document(c, document_id, who))


@router.get("/{document_id}/result")
def result(
    request: Request, document_id: str,
    as_: Annotated[Literal["settled", "extracted"], Query(alias="as")] = "settled",
    who: Principal = need("read"),
) -> Response:  # fmt: skip
    """The result, corrections laid over it; `?as=extracted` without them; 409 while there is none."""
    with context_of(request).store.read() as c:
        row = shapes.seen_document(c, document_id, who)
        if as_ == "settled":
            found = reviews.settled_result(c, document_id, row.filename)
        else:
            run = run_of(c, document_id)
            found = run.result() if run else None
            if found is not None and isinstance(found.get("document"), dict):
                found["document"]["filename"] = row.filename
    if found is None:
        raise Problem(409, "no_result", f"该文档还没有结果（{row.state}）", state=row.state)
    return JSONResponse(found)


@router.get("/{document_id}/original")
def original(request: Request, document_id: str, who: Principal = need("read")) -> Response:
    """The file as it was sent, always as a download."""
    context = context_of(request)
    with context.store.read() as c:
        row = shapes.seen_document(c, document_id, who)
    from urllib.parse import quote

    name = quote(row.filename.rsplit("/", 1)[-1], safe="")
    try:
        data = context.blobs.get(row.sha256)
    except FileNotFoundError as error:
        raise not_found("原件不在存储中") from error
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(data, media_type="application/octet-stream", headers=headers)


@router.get("/{document_id}/pages/{number}.png", response_class=Response)
def page(request: Request, document_id: str, number: int, who: Principal = need("read")) -> Response:
    """The page upright, as PNG."""
    context = context_of(request)
    with context.store.read() as c:
        row = shapes.seen_document(c, document_id, who)
        run = run_of(c, document_id)
    png = pictures.page(request.app.state.pictures, context, row, run, number)
    return Response(png, media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})


@router.get("/{document_id}/fields/{field}/crop.png", response_class=Response)
def crop(
    request: Request, document_id: str, field: str, frame: bool = False, who: Principal = need("read")
) -> Response:  # fmt: skip
    """The cell of a field with its surroundings, as PNG; with `frame` a line is drawn around the cell."""
    context = context_of(request)
    with context.store.read() as c:
        row = shapes.seen_document(c, document_id, who)
        run = run_of(c, document_id)
    png = pictures.crop(request.app.state.pictures, context, row, run, field, frame)
    return Response(png, media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})


class Settlement(BaseModel):
    """A person's word on one field."""

    model_config = ConfigDict(json_schema_extra={"examples": [{
        "value": 157, "state": "printed", "verdict": "misread", "base_revision": 0, "comment": None,
    }]})  # fmt: skip
    value: int | str | None = None
    state: Literal["printed", "blank", "mark", "missing", "illegible"] | None = None
    verdict: Literal["confirmed", "misread", "source_wrong"]
    base_revision: int = Field(0, ge=0)
    comment: Annotated[str | None, Field(max_length=2000)] = None
    seconds: Annotated[float | None, Field(ge=0, le=86400)] = None


def settle_field(request: Request, document_id: str, word: reviews.Verdict, who: Principal) -> dict[str, Any]:
    """Write a verdict; errors as problems.  The audit desk's pages call this too."""
    context = context_of(request)
    with context.store.read() as c:
        shapes.seen_document(c, document_id, who)
    actor = audit.Actor(who.user_id, who.name)
    try:
        return reviews.settle(context.store, actor, document_id, word)
    except (KeyError, ValueError, reviews.NoResult, reviews.Signed, reviews.Conflict) as error:
        raise refusal(error) from error


def refusal(error: Exception) -> Problem:
    """Why a verdict was not written, as people and scripts are told."""
    if isinstance(error, KeyError):
        return not_found("没有这个字段")
    if isinstance(error, reviews.NoResult):
        return Problem(409, "no_result", "该文档还没有结果")
    if isinstance(error, reviews.Signed):
        return Problem(409, "signed", "该文档已签发", "请先重新打开再修改")
    if isinstance(error, reviews.Conflict):
        remedy = "请查看最新的值后再提交"
        return Problem(409, "revision_conflict", "该字段已被他人处理", remedy, revision=error.current)
    return Problem(422, "bad_value", str(error))


@router.put("/{document_id}/fields/{field}")
def settle(
    request: Request, document_id: str, field: str, body: Settlement, who: Principal = need("review")
) -> dict[str, Any]:
    """Settle a field; 409 where someone was faster.  The answer is the field with its new `revision`."""
    word = reviews.Verdict(
        field, body.verdict, body.value, body.state, body.base_revision, body.comment, body.seconds
    )
    return settle_field(request, document_id, word, who)


@router.delete("/{document_id}/fields/{field}")
def unsettle(
    request: Request, document_id: str, field: str, base_revision: int, who: Principal = need("review")
) -> dict[str, Any]:
    """Withdraw the newest word on a field (undo): the extraction's own value stands again."""
    word = reviews.Verdict(field, "withdrawn", base_revision=base_revision)
    return settle_field(request, document_id, word, who)


@router.get("/{document_id}/history")
def history(request: Request, document_id: str, who: Principal = need("read")) -> dict[str, Any]:
    """Every word of people on the document's fields, oldest first."""
    with context_of(request).store.read() as c:
        shapes.seen_document(c, document_id, who)
        rows = reviews.history(c, document_id)
    return {"reviews": [
        {
            "field": r.field, "revision": r.revision, "verdict": r.verdict, "state": r.state, "by": r.user,
            "value": decode(r.value), "comment": r.comment, "at": shapes.when(r.created),
        } for r in rows
    ]}  # fmt: skip


@router.post("/{document_id}/rerun", status_code=202)
def rerun(request: Request, document_id: str, who: Principal = need("upload")) -> dict[str, Any]:
    """Read the document again with this version; corrections stay, and its result until the new one is there."""
    context = context_of(request)
    with context.store.read() as c:
        shapes.seen_document(c, document_id, who)
    try:
        state = documents.rerun(context.store, document_id, extractor_version())
    except reviews.Signed as error:
        raise refusal(error) from error
    if state is None:
        raise Problem(409, "not_ended", "该文档尚未处理完")
    with context.store.write() as c:
        audit.record(context.store, c, audit.Actor(who.user_id, who.name), "document.rerun", document_id)
        return shapes.document(shapes.seen_document(c, document_id, who))


@router.post("/{document_id}/cancel")
def cancel(request: Request, document_id: str, who: Principal = need("upload")) -> dict[str, Any]:
    """Cancel a document that has not ended; a final state never changes (409)."""
    store = context_of(request).store
    with store.write() as c:
        shapes.seen_document(c, document_id, who)
        if not documents.cancel(store, c, [document_id], store.now(c)):
            raise Problem(409, "ended", "该文档已处理完")
        audit.record(store, c, audit.Actor(who.user_id, who.name), "document.cancel", document_id)
        return shapes.document(shapes.seen_document(c, document_id, who))
