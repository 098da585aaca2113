"""Structured logs: one JSON object a line on stderr, with the job's and document's ids bound to it."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

from workers.settings import settings


def setup() -> None:
    """Send structlog and the standard library's logging to stderr in one form."""
    given = settings()
    level = logging.getLevelNamesMapping().get(given.log_level.upper(), logging.INFO)
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    shown: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if given.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, shown],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in (
        "httpx",
        "httpcore",
        "alembic",
        "celery.worker.strategy",
        "celery.app.trace",
        "uvicorn.access",
    ):
        logging.getLogger(noisy).setLevel(max(level, logging.WARNING))


def logger(name: str) -> Any:
    """A bound logger of structlog."""
    return structlog.stdlib.get_logger(name)
