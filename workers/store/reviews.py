"""Settling fields: each word of a person is a row that is only ever added, numbered per field.

`base_revision` is the revision that the person saw; where another was faster, nothing is written.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from workers.store import audit
from workers.store.engine import Store
from workers.store.overlay import Review, check_value, decode, lay_over, specs_of
from workers.store.results import Run, run_of
from workers.store.tables import documents, reviews, users
from workers.store.weight import weights_of


class Conflict(Exception):
    """Another person settled the field first; `current` is the field's revision now."""

    def __init__(self, current: int) -> None:
        super().__init__(current)
        self.current = current


class Signed(Exception):
    """The document is signed off: it has to be reopened first."""


class NoResult(Exception):
    """The document has no result yet."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person says about one field."""

    field: str
    verdict: str
    value: Any = None
    state: str | None = None
    base_revision: int = 0
    comment: str | None = None
    seconds: float | None = None
    step: str | None = None
    """An id made by whoever sends it: sent twice, it is written once."""
    undoes: int | None = None
    """The revision to take back: what stood before it stands again, whatever `verdict` says."""


def newest(c: Connection, document_id: str) -> list[Review]:
    """The newest review of every field of a document that has one."""
    rows = c.execute(
        select(reviews, users.c.name).join(users, users.c.id == reviews.c.user_id)
        .where(reviews.c.document_id == document_id).order_by(reviews.c.revision)
    )  # fmt: skip
    last = {r.field: r for r in rows}  # a document has few: picking here is quicker than a second look in SQL
    return [
        Review(
            r.field, r.revision, r.verdict, decode(r.value), r.state, r.comment, r.run_id, r.name, r.created
        )
        for r in last.values()
    ]


def history(c: Connection, document_id: str, field: str | None = None) -> list[Row[Any]]:
    """Every word on a document (or one of its fields), oldest first."""
    query = (
        select(reviews, users.c.name.label("user")).join(users, users.c.id == reviews.c.user_id)
        .where(reviews.c.document_id == document_id).order_by(reviews.c.id)
    )  # fmt: skip
    if field is not None:
        query = query.where(reviews.c.field == field)
    return list(c.execute(query).all())


def settled_result(c: Connection, document_id: str, filename: str) -> dict[str, Any] | None:
    """result.md's JSON with people's corrections; None while there is no run."""
    run = run_of(c, document_id)
    if run is None:
        return None
    return lay_over(run.result(), newest(c, document_id), filename=filename)


def _extracted(run: Run, field: str) -> tuple[dict[str, Any], Mapping[str, Any]]:
    result = run.shared()
    for entry in result.get("fields", ()):
        if entry["id"] == field:
            return entry, result
    raise KeyError(field)


def standing(words: list[Row[Any]]) -> list[Row[Any]]:
    """Of one field's words, oldest first, those that were not taken back."""
    stack: list[Row[Any]] = []
    for word in words:
        if word.undoes is None:
            stack.append(word)
        elif stack and stack[-1].revision == word.undoes:
            stack.pop()
    return stack


def _taken_back(c: Connection, document_id: str, word: Verdict, current: int) -> Verdict:
    """The word that restores what stood before `word.undoes`.  Raises Conflict where that is not the last."""
    stack = standing(history(c, document_id, word.field))
    if not stack or stack[-1].revision != word.undoes:
        raise Conflict(current)
    before = stack[-2] if len(stack) > 1 else None
    if before is None or before.verdict == "withdrawn":
        return replace(word, verdict="withdrawn", value=None, state=None)
    return replace(
        word, verdict=before.verdict, value=decode(before.value), state=before.state, comment=before.comment
    )


def _resolve(
    word: Verdict, entry: Mapping[str, Any], shown: Mapping[str, Any], result: Mapping[str, Any]
) -> tuple[Any, str]:
    """Value and state that a verdict settles; ValueError where it does not fit the field."""
    spec = specs_of(result).get(word.field)
    if word.verdict == "withdrawn":
        return entry["value"], entry["state"]
    if word.verdict == "misread":
        state = word.state or ("printed" if word.value is not None else "blank")
        return check_value(spec, word.value, state), state
    if word.verdict not in ("confirmed", "source_wrong"):
        raise ValueError("verdict 应为 confirmed、misread 或 source_wrong")
    # Both say that what is shown stands in the document; a value sent along must be that value.
    state = word.state or shown["state"]
    value = shown["value"] if word.value is None else word.value
    value = check_value(spec, value, state) if state == "printed" else None
    if (value, state) != (shown["value"], shown["state"]):
        if word.verdict == "confirmed":
            raise ValueError("confirmed 表示识别无误；数值不同请用 misread")
        return value, state
    return value, state


def settle(store: Store, actor: audit.Actor, document_id: str, word: Verdict) -> dict[str, Any]:
    """Write a verdict and return the field as it now stands.

    Raises KeyError (no such document or field), NoResult, Signed, Conflict, ValueError (a value that
    doesn't fit).
    """
    with store.write() as c:
        return settle_in(store, c, actor, document_id, word)


def settle_in(
    store: Store, c: Connection, actor: audit.Actor, document_id: str, word: Verdict
) -> dict[str, Any]:
    """`settle` inside a transaction of the caller's."""
    document = c.execute(select(documents).where(documents.c.id == document_id).with_for_update()).first()
    if document is None:
        raise KeyError(document_id)
    run = run_of(c, document_id)
    if run is None:
        raise NoResult(document_id)
    entry, result = _extracted(run, word.field)
    known = {r.field: r for r in newest(c, document_id)}
    before = known.get(word.field)
    if word.step is not None and _known_step(c, document_id, word.step):
        return _as_it_stands(entry, before)
    if document.review_state == "signed":
        raise Signed(document_id)
    current = before.revision if before else 0
    if word.base_revision != current:
        raise Conflict(current)
    shown: Mapping[str, Any] = entry
    if before is not None and before.verdict != "withdrawn":
        shown = {**entry, "value": before.value, "state": before.state}
    if word.undoes is not None:
        word = _taken_back(c, document_id, word, current)
        value, state = (entry["value"], entry["state"]) if word.state is None else (word.value, word.state)
    else:
        value, state = _resolve(word, entry, shown, result)
    now = store.now(c)
    c.execute(
        insert(reviews).values(
            document_id=document_id, field=word.field, revision=current + 1, verdict=word.verdict,
            value=None if value is None else json.dumps(value), state=state, comment=word.comment,
            run_id=run.id, user_id=actor.id, created=now, seconds=word.seconds, step=word.step,
            undoes=word.undoes,
        )
    )  # fmt: skip
    audit.record(
        store, c, actor, f"field.{word.verdict}" if word.undoes is None else "field.undone",
        f"{document_id}/{word.field}",
        {"value": shown["value"], "state": shown["state"], "revision": current},
        {"value": value, "state": state, "revision": current + 1, "comment": word.comment},
    )  # fmt: skip
    said = Review(
        word.field, current + 1, word.verdict, value, state, word.comment, run.id, actor.name, now
    )
    settled = {r.field for r in {**known, word.field: said}.values() if r.verdict != "withdrawn"}
    _count(c, document_id, run, settled, document.review_state)
    return _as_it_stands(entry, said)


def _known_step(c: Connection, document_id: str, step: str) -> bool:
    query = select(reviews.c.id).where(reviews.c.step == step, reviews.c.document_id == document_id)
    return c.execute(query).first() is not None


def _as_it_stands(entry: Mapping[str, Any], word: Review | None) -> dict[str, Any]:
    laid = lay_over({"fields": [dict(entry)], "report": {}, "findings": []}, [word] if word else [])
    return dict(laid["fields"][0])


def recount(c: Connection, document_id: str) -> int:
    """Bring the document's review load up to date; returns the fields that still wait for a person."""
    run = run_of(c, document_id)
    if run is None:
        return 0
    settled = {r.field for r in newest(c, document_id) if r.verdict != "withdrawn"}
    state = c.execute(select(documents.c.review_state).where(documents.c.id == document_id)).scalar_one()
    return _count(c, document_id, run, settled, state)


def _count(c: Connection, document_id: str, run: Run, settled: Collection[str], state: str) -> int:
    left = [
        f for f in run.shared().get("fields", ()) if f.get("needs_review") and f["id"] not in settled
    ]  # fmt: skip
    weights = weights_of(run.shared()) if left else {}
    risk = sum((1.0 - float(f.get("confidence") or 0.0)) * weights.get(f["id"], 1.0) for f in left)
    c.execute(
        update(documents).where(documents.c.id == document_id).values(
            review_fields=len(left), risk=risk, review_state="open" if left and state == "none" else state,
            revision=documents.c.revision + 1,
        )
    )  # fmt: skip
    return len(left)
