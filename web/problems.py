"""Errors as application/problem+json (RFC 9457), with the command line's codes and a remedy for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from extractor.errors import NianbaoError
from workers.logs import logger

log = logger(__name__)
MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "请求有误", 401: "请先登录", 403: "没有权限", 404: "没有找到", 405: "不支持的方法", 409: "状态冲突",
    411: "缺少长度", 413: "内容过大", 415: "不支持的内容类型", 422: "内容不合要求", 429: "请求过于频繁",
    500: "内部错误", 503: "暂时不可用",
}  # fmt: skip
CODES = {
    400: "bad_request", 401: "unauthenticated", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
    409: "conflict", 413: "too_large", 415: "unsupported_media_type", 422: "invalid", 429: "rate_limited",
    500: "internal", 503: "unavailable",
}  # fmt: skip


SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
"""On every answer; the guard adds them, and `unexpected` where an error went past the guard."""


class Problem(Exception):
    """An answer that is an error: status, code, words for people, and more members if useful."""

    def __init__(
        self, status: int, code: str | None = None, detail: str = "", remedy: str = "",
        headers: Mapping[str, str] | None = None, **more: Any,
    ) -> None:  # fmt: skip
        super().__init__(detail or code)
        self.status = status
        self.code = code or CODES.get(status, "error")
        self.detail = detail
        self.remedy = remedy
        self.headers = dict(headers or {})
        self.more = more

    def body(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "type": "about:blank", "title": TITLES.get(self.status, "错误"), "status": self.status,
            "code": self.code, "detail": self.detail or TITLES.get(self.status, ""), **self.more,
        }  # fmt: skip
        if self.remedy:
            told["remedy"] = self.remedy
        return told

    def response(self) -> JSONResponse:
        return JSONResponse(self.body(), self.status, self.headers, media_type=MEDIA_TYPE)


def not_found(what: str = "") -> Problem:
    return Problem(404, detail=what)


async def _problem(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    return error.response()


async def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return Problem(error.status_code, headers=error.headers).response()


async def invalid(_request: Request, error: Exception) -> JSONResponse:
    """What in a request is not as it should be, place by place."""
    assert isinstance(error, RequestValidationError)
    places = [{"at": ".".join(map(str, e["loc"])), "message": e["msg"]} for e in error.errors()]
    return Problem(422, detail="请求内容不合要求", errors=places).response()


async def _typed(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, NianbaoError)
    failure = error.failure()
    return Problem(422, failure.code, failure.message, failure.remedy).response()


async def _database(_request: Request, error: Exception) -> JSONResponse:
    log.warning("database_away", error=str(error)[:300])
    return Problem(
        503, detail="数据库暂时不可用", remedy="请稍后重试", headers={"Retry-After": "2"}
    ).response()


def unexpected(request: Request, error: Exception) -> Problem:
    """An error of our own, logged whole."""
    log.error("request_failed", path=request.url.path, exc_info=error)
    return Problem(500, detail="服务内部错误，已记入日志", headers={**SECURITY_HEADERS, "cache-control": "no-store"})


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    return unexpected(request, error).response()


def install(app: FastAPI) -> None:
    """Every error of the app leaves as a problem."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(NianbaoError, _typed)
    app.add_exception_handler(OperationalError, _database)
    app.add_exception_handler(Exception, _unexpected)
