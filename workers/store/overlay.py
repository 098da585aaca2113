"""People's corrections laid over an extraction: what is shown and exported as settled.

The extraction itself never changes.  Sums are judged anew where a settled field takes part in them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from extractor.errors import FormError
from extractor.forms.load import edition
from extractor.forms.model import FieldSpec, TableSpec
from extractor.types import FieldValue, Number, Placement

STATES = ("printed", "blank", "mark", "missing", "illegible")
VERDICTS = ("confirmed", "misread", "source_wrong", "withdrawn")
KEPT = ("value", "raw", "state", "confidence", "needs_review", "reasons", "suggestion")
"""What of an extracted field stays under `extracted`."""


@dataclass(frozen=True, slots=True)
class Review:
    """The newest word of people on one field."""

    field: str
    revision: int
    verdict: str
    value: Any
    state: str
    comment: str | None
    run_id: int
    user: str
    created: float


def tables_of(result: Mapping[str, Any]) -> list[TableSpec]:
    """The tables of the report in the edition that each follows; empty for no report."""
    report = result.get("report") or {}
    form = report.get("form")
    if not form:
        return []
    editions = report.get("tables") or {}
    try:
        return [edition(str(editions.get(str(t.number), form))).table(t.number) for t in edition(form).tables]
    except (FormError, StopIteration):
        return []


def specs_of(result: Mapping[str, Any]) -> dict[str, FieldSpec]:
    """Every field of the report's tables by its id."""
    return {f.id: f for t in tables_of(result) for f in t.fields}


def check_value(spec: FieldSpec | None, value: Any, state: str) -> Any:
    """The value as it is stored, or ValueError with a message for people."""
    if state not in STATES:
        raise ValueError(f"state 应为 {', '.join(STATES)} 之一")
    if state != "printed":
        if value is not None:
            raise ValueError("只有 state 为 printed 时才有 value")
        return None
    if value is None or isinstance(value, bool):
        raise ValueError("state 为 printed 时须给出 value")
    try:
        number = Decimal(str(value).strip().replace(",", ""))
    except InvalidOperation as error:
        raise ValueError("value 不是数字") from error
    if not number.is_finite() or abs(number) >= Decimal(10) ** 15:
        raise ValueError("value 超出范围")
    if spec is not None and number < 0 and not spec.signed:
        raise ValueError("该字段不能是负数")
    if spec is not None and spec.type == "decimal":
        return format(number, "f")
    if number != number.to_integral_value():
        raise ValueError("该字段应为整数")
    return int(number)


def _number(value: Any) -> Number | None:
    if value is None:
        return None
    return value if isinstance(value, int) else Decimal(str(value))


def _values(entries: Iterable[Mapping[str, Any]]) -> dict[str, FieldValue]:
    return {
        f["id"]: FieldValue(
            f["id"], _number(f["value"]), f.get("raw"), f["state"], Placement(f["id"], None, None)
        )
        for f in entries
    }


def _told(number: Number | str | None) -> Any:
    return str(number) if isinstance(number, Decimal) else number


def _findings(result: Mapping[str, Any], changed: set[str]) -> list[dict[str, Any]]:
    """The extraction's findings, with the sums that a changed field takes part in judged anew."""
    from extractor.rules.arithmetic import check, findings

    kept: list[dict[str, Any]] = [dict(f) for f in result.get("findings", ())]
    if not changed:
        return kept
    tables = tables_of(result)
    checks = check(tables, _values(result["fields"]))
    sums = {(c.identity.rule, frozenset(c.fields)) for c in checks}
    touched = [c for c in checks if changed & set(c.fields)]
    kept = [
        f for f in kept
        if (f["rule"], frozenset(f["fields"])) not in sums or not changed & set(f["fields"])
    ]  # fmt: skip
    for one in findings(touched):
        kept.append(
            {
                "rule": one.rule, "severity": one.severity, "fields": list(one.fields),
                "printed": _told(one.printed), "computed": _told(one.computed), "message": one.message,
            }
        )  # fmt: skip
    return kept


def _source_wrong(review: Review, entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "rule": "source_wrong", "severity": "error", "fields": [review.field], "printed": entry["value"],
        "computed": entry.get("suggestion"),
        "message": review.comment or "经人工核对：报告原文有误，数值保留原样。",
    }  # fmt: skip


def lay_over(
    result: Mapping[str, Any], reviews: Sequence[Review], *, filename: str | None = None
) -> dict[str, Any]:
    """`result` with the newest reviews applied; every field gains its `revision`.  What did not change is
    shared with `result`, which stays as it is.

    A settled field keeps what was extracted under `extracted` and tells who settled it under `settled`.
    """
    out: dict[str, Any] = {**result, "fields": [dict(f) for f in result.get("fields", ())]}
    if filename is not None and isinstance(out.get("document"), dict):
        out["document"] = {**out["document"], "filename": filename}
    newest = {r.field: r for r in reviews}
    changed: set[str] = set()
    extra: list[dict[str, Any]] = []
    for entry in out["fields"]:
        review = newest.get(entry["id"])
        entry["revision"] = review.revision if review else 0
        if review is None or review.verdict == "withdrawn":
            continue
        entry["extracted"] = {k: entry[k] for k in KEPT if k in entry}
        if (entry["value"], entry["state"]) != (review.value, review.state):
            changed.add(entry["id"])
        entry |= {
            "value": review.value, "state": review.state, "needs_review": False, "reasons": [],
            "suggestion": entry.get("suggestion") if review.verdict == "source_wrong" else None,
            "settled": {
                "verdict": review.verdict, "by": review.user, "at": review.created,
                "comment": review.comment,
            },
        }  # fmt: skip
        if review.verdict == "source_wrong":
            extra.append(_source_wrong(review, entry))
    out["findings"] = _findings(out, changed) + extra
    return out


def decode(text: str | None) -> Any:
    """A stored value back to what JSON shows."""
    return None if text is None else json.loads(text)
