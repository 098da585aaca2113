"""Looks handed out one by one: the sample of accepted fields, blind second readings, third opinions.

The sample is drawn when a document ends (looks.py).  Second readings are drawn when its first reader signs it,
by the batch's policy; whoever read first never gets one, and nobody is shown what others said.  Where the
second reading differs, a third person is asked, whose word then stands.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, case, func, insert, or_, select, update

from workers.store import audit, reviews
from workers.store.agreement import kappa, wilson
from workers.store.engine import Store
from workers.store.looks import drawn
from workers.store.overlay import check_value, decode, specs_of
from workers.store.results import run_id_of, run_of
from workers.store.tables import batches, documents, fields, looks

HELD_SECONDS = 300.0
"""How long a look stays with the person it was handed to: reading one figure takes seconds."""
KINDS = ("third", "second", "sample")
"""In the order in which they are handed out: a document waits for a third opinion."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person read in one cell.  `sure`: he was told that the system read something else and stays."""

    value: Any
    state: str
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """`agrees` is None where the person is asked once more; `system` is then what the system had read."""

    agrees: bool | None
    system: tuple[Any, str] | None = None


def draw_second(store: Store, c: Connection, document_id: str) -> int:
    """Put the settled fields of a signed document on the list, by its batch's policy; returns how many."""
    row = c.execute(
        select(documents.c.sha256, batches.c.second_look, batches.c.second_share)
        .join(batches, batches.c.id == documents.c.batch_id).where(documents.c.id == document_id)
    ).first()  # fmt: skip
    run_id = run_id_of(c, document_id)
    if row is None or run_id is None or row.second_look == "none":
        return 0
    doubtful = set(
        c.execute(
            select(fields.c.field).where(fields.c.run_id == run_id, fields.c.needs_review.is_(True))
        ).scalars()
    )
    share = 1.0 if row.second_look == "doubtful" else row.second_share
    names = _ids(c, document_id)
    wanted = [
        {
            "document_id": document_id, "run_id": run_id, "field": w.field, "kind": "second",
            "first_id": names[w.field], "first_state": w.state, "created": store.now(c),
            "first_value": None if w.value is None else json.dumps(w.value),
        }
        for w in reviews.newest(c, document_id)
        if w.verdict != "withdrawn" and w.field in doubtful and drawn(row.sha256, w.field, share, "second")
    ]  # fmt: skip
    if wanted:
        c.execute(store.insert(looks).values(wanted).on_conflict_do_nothing())
    return len(wanted)


def _ids(c: Connection, document_id: str) -> dict[str, int]:
    """Who said the newest word on each field."""
    return {r.field: r.user_id for r in reviews.history(c, document_id)}


def _open_to(user_id: int, now: float) -> ColumnElement[bool]:
    """Nobody else holds it, and he is neither its first nor its second reader."""
    return and_(
        looks.c.state == "open",
        or_(looks.c.held_by.is_(None), looks.c.held_by == user_id, looks.c.held_until < now),
        or_(looks.c.first_id.is_(None), looks.c.first_id != user_id),
        or_(looks.c.second_id.is_(None), looks.c.second_id != user_id),
    )


def hand_out(store: Store, user_id: int, kind: str = "", skip: int | None = None) -> Row[Any] | None:
    """The next look for a person, held by him for a while; None where there is none."""
    order = case({name: n for n, name in enumerate(KINDS)}, value=looks.c.kind, else_=len(KINDS))
    with store.write() as c:
        now = store.now(c)
        query = select(looks.c.id).where(_open_to(user_id, now)).order_by(order, looks.c.id).limit(20)
        if kind:
            query = query.where(looks.c.kind == kind)
        if skip is not None:
            query = query.where(looks.c.id != skip)
        for look_id in c.execute(query).scalars().all():
            held = c.execute(
                update(looks).where(looks.c.id == look_id, _open_to(user_id, now))
                .values(held_by=user_id, held_until=now + HELD_SECONDS)
            )  # fmt: skip
            if held.rowcount == 1:
                return get(c, look_id)
    return None


def get(c: Connection, look_id: int) -> Row[Any] | None:
    """A look with its document's name."""
    return c.execute(
        select(looks, documents.c.filename, documents.c.organ, documents.c.year)
        .join(documents, documents.c.id == looks.c.document_id).where(looks.c.id == look_id)
    ).first()  # fmt: skip


def counts(store: Store, c: Connection, user_id: int) -> dict[str, int]:
    """How many looks of each kind wait for this person."""
    rows = c.execute(
        select(looks.c.kind, func.count()).where(_open_to(user_id, store.now(c))).group_by(looks.c.kind)
    ).all()
    return dict.fromkeys(KINDS, 0) | {r[0]: int(r[1]) for r in rows}


def answer(store: Store, actor: audit.Actor, look_id: int, given: Answer) -> Outcome:
    """Record what a person read.  Raises KeyError (no such look for him), ValueError (no such value)."""
    with store.write() as c:
        look = get(c, look_id)
        if look is None or look.state != "open" or actor.id in (look.first_id, look.second_id):
            raise KeyError(look_id)
        if look.held_by != actor.id and look.held_until > store.now(c):
            raise KeyError(look_id)
        run = run_of(c, look.document_id)
        if run is None:
            raise KeyError(look_id)
        result = run.shared()
        entry = next((f for f in result.get("fields", ()) if f["id"] == look.field), None)
        if entry is None:
            raise KeyError(look_id)
        value = check_value(specs_of(result).get(look.field), given.value, given.state)
        return _judge(store, c, actor, look, entry, value, given)


def same(one: tuple[Any, str], other: tuple[Any, str]) -> bool:
    """Whether two people read the same: numbers by their size, whatever zeros stand behind the point."""
    if one[1] != other[1]:
        return False
    return one[0] == other[0] or (None not in (one[0], other[0]) and Decimal(str(one[0])) == Decimal(str(other[0])))


def _judge(
    store: Store, c: Connection, actor: audit.Actor, look: Row[Any], entry: Mapping[str, Any], value: Any,
    given: Answer,
) -> Outcome:  # fmt: skip
    mine = (value, given.state)
    if look.kind == "sample":
        system = (entry["value"], entry["state"])
        if not same(mine, system) and not given.sure:
            return Outcome(None, system)
        _close(store, c, actor, look, value, given.state, same(mine, system))
        if not same(mine, system):
            _settle(store, c, actor, look, value, given.state, "抽查发现与识别结果不同")
        return Outcome(same(mine, system))
    first = (decode(look.first_value), look.first_state)
    _close(store, c, actor, look, value, given.state, same(mine, first))
    if look.kind == "second" and not same(mine, first):
        c.execute(
            insert(looks).values(
                document_id=look.document_id, run_id=look.run_id, field=look.field, kind="third",
                first_id=look.first_id, first_value=look.first_value, first_state=look.first_state,
                second_id=actor.id, second_value=_json(value), second_state=given.state, created=store.now(c),
            )
        )  # fmt: skip
    if look.kind == "third":
        _settle(store, c, actor, look, value, given.state, "三次核对的结果")
    return Outcome(same(mine, first))


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value)


def _close(
    store: Store, c: Connection, actor: audit.Actor, look: Row[Any], value: Any, state: str, agrees: bool
) -> None:
    c.execute(
        update(looks).where(looks.c.id == look.id).values(
            state="done", user_id=actor.id, value=_json(value), value_state=state, agrees=agrees,
            done=store.now(c), held_by=None,
        )
    )  # fmt: skip
    audit.record(
        store, c, actor, f"look.{look.kind}", f"{look.document_id}/{look.field}", None,
        {"value": value, "state": state, "agrees": agrees},
    )  # fmt: skip


def _settle(
    store: Store, c: Connection, actor: audit.Actor, look: Row[Any], value: Any, state: str, comment: str
) -> None:
    """Make the look's word the field's; a signed document stays signed, the trail tells of the change."""
    known = {r.field: r for r in reviews.newest(c, look.document_id)}.get(look.field)
    if known is not None and known.verdict != "withdrawn" and (known.value, known.state) == (value, state):
        return
    row = c.execute(select(documents.c.review_state).where(documents.c.id == look.document_id)).one()
    if row.review_state == "signed":
        c.execute(update(documents).where(documents.c.id == look.document_id).values(review_state="open"))
    word = reviews.Verdict(
        look.field, "misread", value, state, base_revision=known.revision if known else 0, comment=comment
    )
    reviews.settle_in(store, c, actor, look.document_id, word)
    if row.review_state == "signed":
        c.execute(update(documents).where(documents.c.id == look.document_id).values(review_state="signed"))


# ---------------------------------------------------------------- what was measured


def silent_errors(c: Connection) -> dict[str, Any]:
    """The rate of wrong figures among accepted ones, by the sample: in all and by stratum, with intervals.

    `weighted`: strata weighed by how many accepted fields they have, which is what the interval of a
    uniform draw leaves out; strata without a look yet are left out and counted in `unseen`.
    """
    rows = c.execute(
        select(
            looks.c.stratum, func.count().filter(looks.c.state == "done"),
            func.count().filter(looks.c.agrees.is_(False)), func.count(),
        )
        .where(looks.c.kind == "sample").group_by(looks.c.stratum).order_by(looks.c.stratum)
    ).all()  # fmt: skip
    strata = [
        {"stratum": r[0], "n": int(r[1]), "wrong": int(r[2]), "drawn": int(r[3]), "interval": wilson(int(r[2]), int(r[1]))}
        for r in rows
    ]
    n, wrong = sum(s["n"] for s in strata), sum(s["wrong"] for s in strata)
    seen = [s for s in strata if s["n"]]
    size = sum(s["drawn"] for s in seen)
    weighted = sum(s["drawn"] * s["wrong"] / s["n"] for s in seen) / size if size else None
    return {
        "n": n, "wrong": wrong, "rate": wrong / n if n else None, "interval": wilson(wrong, n), "strata": strata,
        "weighted": weighted, "waiting": sum(s["drawn"] - s["n"] for s in strata),
        "unseen": len(strata) - len(seen),
    }  # fmt: skip


def agreement(c: Connection) -> dict[str, Any]:
    """First against second readings: share, kappa, and each batch on its own."""
    rows = c.execute(
        select(
            looks.c.first_value, looks.c.first_state, looks.c.value, looks.c.value_state, documents.c.batch_id,
            batches.c.name,
        )
        .join(documents, documents.c.id == looks.c.document_id)
        .outerjoin(batches, batches.c.id == documents.c.batch_id)
        .where(looks.c.kind == "second", looks.c.state == "done")
    ).all()  # fmt: skip
    groups: dict[str, list[tuple[Any, Any]]] = {}
    names: dict[str, str] = {}
    for r in rows:
        pair = ((r.first_value, r.first_state), (r.value, r.value_state))
        groups.setdefault(r.batch_id or "", []).append(pair)
        names[r.batch_id or ""] = r.name or "—"
    every = [pair for pairs in groups.values() for pair in pairs]
    told = [{"batch": k, "name": names[k], **_agreed(v)} for k, v in sorted(groups.items())]
    return {**_agreed(every), "batches": told}


def _agreed(pairs: list[tuple[Any, Any]]) -> dict[str, Any]:
    same = sum(a == b for a, b in pairs)
    return {
        "n": len(pairs), "same": same, "share": same / len(pairs) if pairs else None,
        "interval": wilson(same, len(pairs)), "kappa": kappa(pairs),
    }  # fmt: skip
