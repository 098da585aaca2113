"""Problems as pages where a browser asked for a page; everyone else gets problem+json as before."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from web import problems
from web.auth.routes import safe_next
from web.pages.view import render, sign_in_page
from web.problems import TITLES, Problem


def wants_page(request: Request) -> bool:
    """A browser's navigation: no API path, no script's call."""
    accepts = "text/html" in request.headers.get("accept", "")
    return accepts and not request.url.path.startswith("/api/") and "hx-request" not in request.headers


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    if not wants_page(request):
        return error.response()
    who = getattr(request.state, "principal", None)
    if request.url.path == "/sign-in" and request.method == "POST":
        form = await request.form()
        answer: Response = sign_in_page(request, safe_next(str(form.get("next", "/"))), error.detail, error.status)
    else:
        title = TITLES.get(error.status, "错误")
        answer = render(request, who, "problem.html", error.status, problem=error, title=title)
    answer.headers.update(error.headers)
    return answer


async def _http(request: Request, error: Exception) -> Response:
    """No such page, no such method."""
    assert isinstance(error, HTTPException)
    return await _problem(request, Problem(error.status_code, headers=error.headers))


async def _invalid(request: Request, error: Exception) -> Response:
    """A page's address with parameters that it does not have; scripts are told which."""
    if not wants_page(request):
        return await problems.invalid(request, error)
    return await _problem(request, Problem(422, detail="请求内容不合要求"))


async def _unexpected(request: Request, error: Exception) -> Response:
    """An error of our own: logged whole, told in short."""
    return await _problem(request, problems.unexpected(request, error))


def install(app: FastAPI) -> None:
    """Take over the handlers of what a browser can run into."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _unexpected)
