"""One figure after the other: the sample of accepted fields, blind second readings, third opinions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from web.auth.guard import need
from web.auth.routes import context_of
from web.pages.desk import shown
from web.pages.view import render
from web.problems import Problem
from workers.store import audit, second
from workers.store.accounts import Principal
from workers.store.overlay import specs_of
from workers.store.results import run_of

router = APIRouter(include_in_schema=False)
Kind = Literal["", "sample", "second", "third"]


class Seen(BaseModel):
    """What a person read in the cell."""

    value: int | str | None = None
    state: Literal["printed", "blank", "mark", "missing", "illegible"]
    sure: bool = False


def _cell(request: Request, look: Any) -> dict[str, Any]:
    """The cell's place: nothing of what anybody read there."""
    with context_of(request).store.read() as c:
        run = run_of(c, look.document_id)
    result = run.shared() if run is not None else {}
    entry: Mapping[str, Any] = next((f for f in result.get("fields", ()) if f["id"] == look.field), {})
    spec = specs_of(result).get(look.field)
    return {
        "row": spec.row if spec else look.field, "column": spec.column if spec else "",
        "decimal": bool(spec and spec.type == "decimal"), "signed": bool(spec and spec.signed),
        "picture": entry.get("page") is not None and entry.get("bbox") is not None, "page": entry.get("page"),
        "text": "" if entry.get("page") else (entry.get("raw") or ""),
    }  # fmt: skip


@router.get("/looks")
def page(
    request: Request, kind: Kind = "", skip: Annotated[int | None, Query(ge=1)] = None,
    who: Principal = need("review"),
) -> Response:  # fmt: skip
    """The next look for this person."""
    store = context_of(request).store
    request.app.state.pictures.sandbox.wake()
    look = second.hand_out(store, who.user_id, kind, skip)
    with store.read() as c:
        counts = second.counts(store, c, who.user_id)
    cell = _cell(request, look) if look is not None else None
    return render(request, who, "looks.html", look=look, cell=cell, counts=counts, kind=kind)


@router.post("/looks/{look_id}/answer")
def answer(request: Request, look_id: int, body: Seen, who: Principal = need("review")) -> dict[str, Any]:
    """Record it; where a sampled figure differs from what the system read, ask once more."""
    given = second.Answer(body.value, body.state, body.sure)
    try:
        told = second.answer(context_of(request).store, audit.Actor(who.user_id, who.name), look_id, given)
    except KeyError as error:
        raise Problem(409, "taken", "这一格已由他人核对") from error
    except ValueError as error:
        raise Problem(422, "bad_value", str(error)) from error
    if told.agrees is None and told.system is not None:
        value, state = told.system
        return {"ask": True, "system": shown({"value": value, "state": state}) or "空白"}
    return {"ask": False, "agrees": told.agrees}


