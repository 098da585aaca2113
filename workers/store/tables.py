"""The store's tables.  Times are seconds since 1970 (UTC) by the clock of `Store.now`.

Rules that the tables enforce, not the code alone: one job per key and generation, one run per job, one
review per field and revision, one lease per document.  Runs, reviews and the trail are only added to.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMES)
Serial = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only for a column that is INTEGER to the letter."""

STATES = ("queued", "running", "done", "failed", "dead", "cancelled")
FINAL = ("done", "failed", "dead", "cancelled")


def _id(name: str = "id") -> Column[int]:
    return Column(name, Serial, primary_key=True, autoincrement=True)


users = Table(
    "users", metadata, _id(),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("password", Text),
    Column("subject", Text, unique=True),
    Column("active", Boolean, nullable=False, default=True),
    Column("failures", Integer, nullable=False, default=0),
    Column("locked_until", Double, nullable=False, default=0.0),
    Column("language", Text, nullable=False, default="zh"),
    Column("created", Double, nullable=False),
)  # fmt: skip

sessions = Table(
    "sessions", metadata,
    Column("hash", Text, primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("csrf", Text, nullable=False),
    Column("created", Double, nullable=False),
    Column("expires", Double, nullable=False),
)  # fmt: skip

tokens = Table(
    "tokens", metadata, _id(),
    Column("hash", Text, nullable=False, unique=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False, default="api"),  # api, signin (used once)
    Column("scopes", Text, nullable=False),
    Column("created", Double, nullable=False),
    Column("expires", Double),
    Column("used", Double),
    Column("revoked", Boolean, nullable=False, default=False),
)  # fmt: skip

batches = Table(
    "batches", metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("priority", Integer, nullable=False, default=6),
    Column("owner_id", ForeignKey("users.id"), index=True),
    Column("created", Double, nullable=False),
    Column("cancelled", Double),
    Column("closed", Boolean, nullable=False, default=False),  # told once that all is done
    Column("second_look", Text, nullable=False, default="none"),  # none, share, doubtful
    Column("second_share", Double, nullable=False, default=0.0),
)  # fmt: skip

jobs = Table(
    "jobs", metadata, _id(),
    Column("key", Text, nullable=False),
    Column("generation", Integer, nullable=False, default=0),
    Column("sha256", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("options", Text, nullable=False),
    Column("filename", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("lease", Double, nullable=False, default=0.0),
    Column("token", Text),
    Column("sent", Double, nullable=False, default=0.0),
    Column("created", Double, nullable=False),
    Column("started", Double),
    Column("finished", Double),
    Column("error", Text),
    UniqueConstraint("key", "generation"),
    Index("ix_jobs_state_priority_id", "state", "priority", "id"),
    Index("ix_jobs_state_lease", "state", "lease"),
)  # fmt: skip

documents = Table(
    "documents", metadata,
    Column("id", Text, primary_key=True),
    Column("job_id", ForeignKey("jobs.id"), nullable=False, index=True),
    Column("former_job_id", ForeignKey("jobs.id")),  # while it is read again: the job whose result is shown
    Column("batch_id", ForeignKey("batches.id")),
    Column("owner_id", ForeignKey("users.id"), index=True),
    Column("upload_key", Text, unique=True),  # of an Idempotency-Key: a retry finds what the first try made
    Column("filename", Text, nullable=False),
    Column("sha256", Text, nullable=False, index=True),
    Column("size", BigInteger, nullable=False),
    Column("duplicate_of", Text),
    Column("state", Text, nullable=False),
    Column("created", Double, nullable=False),
    Column("finished", Double),
    Column("organ", Text),
    Column("year", Integer),
    Column("form", Text),
    Column("source", Text),
    Column("pages", Integer),
    Column("review_fields", Integer, nullable=False, default=0),  # fields a person still has to look at
    Column("risk", Double, nullable=False, default=0.0),  # expected loss: Σ (1 - confidence)
    Column("review_state", Text, nullable=False, default="none"),  # none, open, postponed, …, signed
    Column("review_reason", Text),
    Column("review_until", Double),
    Column("revision", Integer, nullable=False, default=0),
    Column("signed_by", ForeignKey("users.id")),
    Column("signed_at", Double),
    Index("ix_documents_batch_id_state_review_fields", "batch_id", "state", "review_fields"),
    Index("ix_documents_batch_id_finished", "batch_id", "finished"),
    Index("ix_documents_review_state_risk", "review_state", "risk"),
    Index("ix_documents_created", "created", "id"),
)  # fmt: skip

runs = Table(
    "runs", metadata, _id(),
    Column("job_id", ForeignKey("jobs.id"), nullable=False, unique=True),
    Column("version", Text, nullable=False),
    Column("result", LargeBinary, nullable=False),  # zlib of the JSON of result.md
    Column("sha256", Text, nullable=False),  # of that JSON
    Column("created", Double, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("peak_kb", Integer, nullable=False, default=0),
    Column("organ", Text),
    Column("year", Integer),
    Column("form", Text),
    Column("source", Text),
    Column("pages", Integer),
    Column("review_fields", Integer, nullable=False, default=0),
    Column("risk", Double, nullable=False, default=0.0),
)  # fmt: skip

fields = Table(
    "fields", metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("field", Text, nullable=False),
    Column("value", Text),
    Column("state", Text, nullable=False),
    Column("confidence", Double, nullable=False),
    Column("needs_review", Boolean, nullable=False),
    Column("reasons", Text, nullable=False, default=""),  # codes between spaces, for LIKE '% code %'
    Column("page", Integer),
    Index("ix_fields_needs_review_field", "needs_review", "field"),
)  # fmt: skip

findings = Table(
    "findings", metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("rule", Text, nullable=False, index=True),
    Column("severity", Text, nullable=False),
    Column("fields", Text, nullable=False),  # ids between spaces
    Column("printed", Text),
    Column("computed", Text),
    Column("message", Text, nullable=False),
    Column("page", Integer),
)  # fmt: skip

reviews = Table(
    "reviews", metadata, _id(),
    Column("document_id", ForeignKey("documents.id"), nullable=False),
    Column("field", Text, nullable=False),
    Column("revision", Integer, nullable=False),  # 1, 2, … per field
    Column("verdict", Text, nullable=False),  # confirmed, misread, source_wrong, withdrawn
    Column("value", Text),  # JSON: integer, decimal string or null
    Column("state", Text, nullable=False),
    Column("comment", Text),
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("created", Double, nullable=False),
    Column("seconds", Double),  # how long the person looked
    Column("step", Text, unique=True),  # made by the page: a step that is sent twice is written once
    Column("undoes", Integer),  # the revision of this field that this one takes back
    UniqueConstraint("document_id", "field", "revision"),
)  # fmt: skip

region_readings = Table(
    "region_readings", metadata, _id(),
    Column("document_id", ForeignKey("documents.id"), nullable=False, index=True),
    Column("field", Text, nullable=False),
    Column("page", Integer, nullable=False),
    Column("box", Text, nullable=False),  # JSON: x0, top, x1, bottom, points
    Column("readings", Text, nullable=False),  # JSON: [{engine, text, score, candidates}]
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("created", Double, nullable=False),
)  # fmt: skip

review_leases = Table(
    "review_leases", metadata,
    Column("document_id", ForeignKey("documents.id"), primary_key=True),
    Column("user_id", ForeignKey("users.id"), nullable=False, index=True),
    Column("expires", Double, nullable=False),
)  # fmt: skip

saved_filters = Table(
    "saved_filters", metadata, _id(),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("created", Double, nullable=False),
    UniqueConstraint("user_id", "name"),
)  # fmt: skip

looks = Table(
    "looks", metadata, _id(),
    Column("document_id", ForeignKey("documents.id"), nullable=False),
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    Column("field", Text, nullable=False),
    Column("kind", Text, nullable=False),  # sample (an accepted field), second (blind), third (they differ)
    Column("stratum", Text, nullable=False, default=""),
    Column("state", Text, nullable=False, default="open"),  # open, done
    Column("user_id", ForeignKey("users.id")),
    Column("value", Text),
    Column("value_state", Text),
    Column("agrees", Boolean),
    Column("created", Double, nullable=False),
    Column("done", Double),
    Column("first_id", ForeignKey("users.id")),  # whose word is looked at a second time; he never gets it
    Column("first_value", Text),
    Column("first_state", Text),
    Column("second_id", ForeignKey("users.id")),  # of a third look: who differed
    Column("second_value", Text),
    Column("second_state", Text),
    Column("held_by", ForeignKey("users.id")),
    Column("held_until", Double, nullable=False, default=0.0, server_default="0"),
    UniqueConstraint("document_id", "run_id", "field", "kind"),
    Index("ix_looks_kind_state", "kind", "state"),
)  # fmt: skip

audit = Table(
    "audit", metadata,
    Column("id", Serial, primary_key=True, autoincrement=False),  # 1, 2, 3 … without a gap
    Column("at", Double, nullable=False),
    Column("user_id", Integer),
    Column("who", Text, nullable=False),
    Column("action", Text, nullable=False, index=True),
    Column("target", Text, nullable=False, index=True),
    Column("before", Text),
    Column("after", Text),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
)  # fmt: skip

events = Table(
    "events", metadata, _id(),
    Column("batch_id", Text, index=True),
    Column("document_id", Text),
    Column("kind", Text, nullable=False),
    Column("at", Double, nullable=False),
)  # fmt: skip

webhooks = Table(
    "webhooks", metadata, _id(),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("kinds", Text, nullable=False),  # event kinds between spaces
    Column("batch_id", Text),
    Column("active", Boolean, nullable=False, default=True),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("created", Double, nullable=False),
)  # fmt: skip

deliveries = Table(
    "deliveries", metadata, _id(),
    Column("webhook_id", ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
    Column("body", Text, nullable=False),
    Column("state", Text, nullable=False, default="waiting"),  # waiting, sent, failed
    Column("attempts", Integer, nullable=False, default=0),
    Column("due", Double, nullable=False),
    Column("answer", Text),
    Index("ix_deliveries_state_due", "state", "due"),
)  # fmt: skip

idempotency = Table(
    "idempotency", metadata,
    Column("key", Text, primary_key=True),  # hash of user and Idempotency-Key
    Column("request", Text, nullable=False),
    Column("status", Integer),
    Column("body", Text),
    Column("created", Double, nullable=False),
)  # fmt: skip

counters = Table(
    "counters", metadata,
    Column("name", Text, primary_key=True),
    Column("labels", Text, primary_key=True),  # JSON object
    Column("value", Double, nullable=False),
)  # fmt: skip
