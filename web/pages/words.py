"""The pages' words: written in Chinese in the templates, English looked up in english.toml.

Statutory terms, what reports print and what rules say stay Chinese in both languages.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

LANGUAGES = ("zh", "en")
ENGLISH = Path(__file__).with_name("english.toml")
Translate = Callable[..., str]


@lru_cache(maxsize=1)
def english() -> Mapping[str, str]:
    """Chinese to English."""
    return dict(tomllib.loads(ENGLISH.read_text(encoding="utf-8"))["words"])


def error_words(t: Translate, message: str) -> str:
    """A document's error in the page's language; the detail that may follow in brackets stays as it is."""
    told = t(message)
    if told != message:
        return told
    fixed, bracket, detail = message.rpartition("（")
    return f"{t(fixed)}{bracket}{detail}" if fixed else message


def translator(language: str) -> Translate:
    """`t(text, name=value, …)`: the text in that language with its names filled in."""
    table: Mapping[str, str] = english() if language == "en" else {}

    def t(text: str, **names: object) -> str:
        found = table.get(text, text)
        return found.format(**names) if names else found

    return t
