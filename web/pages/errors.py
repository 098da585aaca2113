"""Problems as pages where a browser asked for a page; everyone else gets problem+json as before."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import Response

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


def install(app: FastAPI) -> None:
    """Take over the handler of Problem."""
    app.add_exception_handler(Problem, _problem)
