"""Extraction runs: the result's JSON, kept as it came, with rows of its fields and findings to search by."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, select

from workers.store.tables import documents, fields, findings, runs

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
        "position": position, "field": entry["id"], "value": _text(entry.get("value")), "state": entry["state"],
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
    return Summary(
        report.get("organ"), report.get("year"), report.get("form"), document.get("source"),
        document.get("pages"), len(rows), len(doubtful), sum(1.0 - r["confidence"] for r in doubtful), rows,
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
    raw: bytes
    """The JSON exactly as the extraction wrote it."""

    def result(self) -> dict[str, Any]:
        return dict(json.loads(self.raw))


def run_of(c: Connection, document_id: str) -> Run | None:
    """The run behind a document; None while there is none."""
    row = c.execute(
        select(runs.c.id, runs.c.job_id, runs.c.version, runs.c.created, runs.c.seconds, runs.c.result)
        .join(documents, documents.c.job_id == runs.c.job_id)
        .where(documents.c.id == document_id, documents.c.state.in_(("done", "failed")))
    ).first()
    if row is None:
        return None
    return Run(row.id, row.job_id, row.version, row.created, row.seconds, zlib.decompress(row.result))
