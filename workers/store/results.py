"""Extraction runs: the result's JSON, kept as it came, with rows of its fields and findings to search by."""

from __future__ import annotations

import hashlib
import json
import threading
import zlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import ColumnElement, Connection, func, insert, or_, select

from workers.store.tables import documents, fields, findings, runs
from workers.store.weight import weights_of

if TYPE_CHECKING:
    from workers.store.jobs import Claim


@dataclass(frozen=True, slots=True)
class Summary:
    """What lists and filters need of a result."""

    organ: str | None
    year: int | None
    form: str | None
    source: str | None
    pages: int | None
    n_fields: int
    n_review: int
    risk: float
    field_rows: tuple[dict[str, Any], ...]
    finding_rows: tuple[dict[str, Any], ...]

    def columns(self) -> dict[str, Any]:
        """The head and the review load, under the names that runs and documents share."""
        return {
            "organ": self.organ, "year": self.year, "form": self.form, "source": self.source,
            "pages": self.pages, "review_fields": self.n_review, "risk": self.risk,
        }  # fmt: skip

    def document_values(self) -> dict[str, Any]:
        """Columns of a document that come from its result."""
        return {**self.columns(), "review_state": "open" if self.n_review else "none"}


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _field_row(position: int, entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "position": position, "field": entry["id"], "value": _text(entry.get("value")),
        "state": entry["state"],
        "confidence": float(entry.get("confidence") or 0.0), "needs_review": bool(entry.get("needs_review")),
        "reasons": " ".join(["", *entry.get("reasons", ()), ""]), "page": entry.get("page"),
    }  # fmt: skip


def _finding_row(position: int, entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "position": position, "rule": entry["rule"], "severity": entry["severity"],
        "fields": " ".join(["", *entry.get("fields", ()), ""]), "printed": _text(entry.get("printed")),
        "computed": _text(entry.get("computed")), "message": entry.get("message", ""),
        "page": entry.get("page"),
    }  # fmt: skip


def summarise(result: Mapping[str, Any]) -> Summary:
    """The rows and columns of one result (result.md's JSON as a mapping)."""
    report, document = result.get("report") or {}, result.get("document") or {}
    rows = tuple(_field_row(n, f) for n, f in enumerate(result.get("fields", ())))
    doubtful = [r for r in rows if r["needs_review"]]
    weights = weights_of(result)
    return Summary(
        report.get("organ"), report.get("year"), report.get("form"), document.get("source"),
        document.get("pages"), len(rows), len(doubtful),
        sum((1.0 - r["confidence"]) * weights.get(r["field"], 1.0) for r in doubtful), rows,
        tuple(_finding_row(n, f) for n, f in enumerate(result.get("findings", ()))),
    )  # fmt: skip


def insert_run(
    c: Connection, held: Claim, result: bytes, packed: bytes, summary: Summary, seconds: float, peak_kb: int,
    now: float,
) -> int:  # fmt: skip
    """The immutable run of a job.  Raises IntegrityError on a second one."""
    key = c.execute(
        insert(runs).values(
            job_id=held.job_id, version=held.version, result=packed, created=now, seconds=seconds,
            sha256=hashlib.sha256(result).hexdigest(), peak_kb=peak_kb, **summary.columns(),
        )
    ).inserted_primary_key  # fmt: skip
    run_id = int(key[0]) if key else 0
    if summary.field_rows:
        c.execute(insert(fields), [{"run_id": run_id, **row} for row in summary.field_rows])
    if summary.finding_rows:
        c.execute(insert(findings), [{"run_id": run_id, **row} for row in summary.finding_rows])
    return run_id


@dataclass(frozen=True, slots=True)
class Run:
    """One run as stored."""

    id: int
    job_id: int
    version: str
    created: float
    seconds: float
    sha256: str
    """Of `raw`."""
    raw: bytes
    """The JSON exactly as the extraction wrote it."""

    def result(self) -> dict[str, Any]:
        """The result as a mapping of the caller's own."""
        return dict(json.loads(self.raw))

    def shared(self) -> Mapping[str, Any]:
        """The result as one mapping for all callers of this process: never change it."""
        return _parsed(self)


T = TypeVar("T")
_KEPT = 64
"""Results kept parsed and unpacked in a process, about 0.6 MB each."""
_lock = threading.Lock()
_raws: OrderedDict[str, bytes] = OrderedDict()
_mappings: OrderedDict[str, Mapping[str, Any]] = OrderedDict()


def _remember(kept: OrderedDict[str, T], key: str, value: T) -> T:
    with _lock:
        kept[key] = value
        kept.move_to_end(key)
        while len(kept) > _KEPT:
            kept.popitem(last=False)
    return value


def _parsed(run: Run) -> Mapping[str, Any]:
    with _lock:
        found = _mappings.get(run.sha256)
    return found if found is not None else _remember(_mappings, run.sha256, json.loads(run.raw))


def _raw(c: Connection, run_id: int, sha256: str) -> bytes:
    """Runs never change and are named by their content: what was unpacked once serves all."""
    with _lock:
        found = _raws.get(sha256)
    if found is not None:
        return found
    packed = c.execute(select(runs.c.result).where(runs.c.id == run_id)).scalar_one()
    return _remember(_raws, sha256, zlib.decompress(packed))


def shown_job() -> ColumnElement[int]:
    """The job whose result a document shows: while it is read again, the one before."""
    return func.coalesce(documents.c.former_job_id, documents.c.job_id)


def has_result() -> ColumnElement[bool]:
    """Whether a document has a result to show."""
    return or_(documents.c.state.in_(("done", "failed")), documents.c.former_job_id.is_not(None))


def run_id_of(c: Connection, document_id: str) -> int | None:
    """The id of the run behind a document; None while there is none."""
    found = c.execute(
        select(runs.c.id).join(documents, shown_job() == runs.c.job_id)
        .where(documents.c.id == document_id, has_result())
    ).scalar_one_or_none()  # fmt: skip
    return None if found is None else int(found)


def run_of(c: Connection, document_id: str) -> Run | None:
    """The run behind a document; None while there is none."""
    row = c.execute(
        select(runs.c.id, runs.c.job_id, runs.c.version, runs.c.created, runs.c.seconds, runs.c.sha256)
        .join(documents, shown_job() == runs.c.job_id)
        .where(documents.c.id == document_id, has_result())
    ).first()
    if row is None:
        return None
    return Run(
        row.id, row.job_id, row.version, row.created, row.seconds, row.sha256, _raw(c, row.id, row.sha256)
    )
