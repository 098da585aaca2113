"""Renders a template for the one who asks: his language, his session's CSRF token, what he may see."""

from __future__ import annotations

import json
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from extractor.emit.words import SOURCES
from web.auth.routes import context_of
from web.pages.names import RULES, SCOPES, TABLES
from web.pages.words import LANGUAGES, error_words, translator
from workers.store.accounts import Principal

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
LANGUAGE_COOKIE = "nianbao_language"
NAVIGATION = (
    ("/", "上传", "read"), ("/queue", "待核对", "review"), ("/looks", "抽查复核", "review"),
    ("/findings", "问题", "read"), ("/years", "跨年", "read"), ("/overview", "概览", "review"),
    ("/trail", "操作记录", "admin"), ("/admin", "管理", "admin"),
)  # fmt: skip
SOURCES_ENGLISH = {
    "pdf_text": "PDF (text)", "pdf_scan": "PDF (scan)", "pdf_mixed": "PDF (mixed)", "image": "Picture",
    "docx": "Word", "html": "Web page", "text": "Plain text",
}  # fmt: skip
_UNSAFE = (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029"))


def embedded(value: Any) -> Markup:
    """JSON that can stand inside a script element of data: no text in it can end the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character, told in _UNSAFE:
        text = text.replace(character, told)
    return Markup(text)


def moment(seconds: float | None) -> str:
    """Local time of the server, to the minute."""
    return "" if seconds is None else datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M")


def percent(share: float | None, digits: int = 1) -> str:
    return "—" if share is None else f"{100 * share:.{digits}f} %"


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Jinja with autoescape on and no name that is not defined."""
    found = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip
    found.filters |= {"embedded": embedded, "moment": moment, "percent": percent, "query": urlencode}
    return found


def language_of(request: Request, who: Principal | None) -> str:
    """The account's language; before the sign-in the cookie's."""
    chosen = who.language if who is not None else request.cookies.get(LANGUAGE_COOKIE, "zh")
    return chosen if chosen in LANGUAGES else "zh"


def render(
    request: Request, who: Principal | None, template: str, status: int = 200, **values: Any
) -> HTMLResponse:
    """The page."""
    language = language_of(request, who)
    t = translator(language)
    scopes = who.scopes if who is not None else frozenset()
    text = environment().get_template(template).render(
        t=t, who=who, language=language, path=request.url.path, csrf=who.csrf if who else "",
        navigation=[(href, t(name)) for href, name, scope in NAVIGATION if scope in scopes],
        sources=SOURCES_ENGLISH if language == "en" else SOURCES, can=scopes, rule_words=RULES,
        told_error=partial(error_words, t), table_words=TABLES, scope_words=SCOPES, **values,
    )  # fmt: skip
    return HTMLResponse(text, status)


def sign_in_page(request: Request, place: str, problem: str = "", status: int = 200) -> HTMLResponse:
    """The form of the sign-in, with what went wrong the last time."""
    return render(
        request, None, "sign_in.html", status, next=place, problem=problem,
        oidc=bool(context_of(request).settings.oidc_issuer),
    )  # fmt: skip
