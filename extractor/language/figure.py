"""What the text of one cell says: state, value, and what is odd about it.

States as in the contract: a number is `printed`, an empty cell `blank`, a sign for none a `mark`, any
other ink `illegible`.  Nothing is guessed: a text that could be two numbers is illegible or doubted.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from extractor.forms.model import FieldSpec
from extractor.types import Number, State

_MARK = re.compile(r"^(?:[/\\|／＼_＿~～*＊·.。、-]{1,4}|[-—–―‐‑‒−─一－]{1,4}|无|没有|未发生|不涉及|略|nil|n/?a|none)$", re.I)
_SIGNS = str.maketrans({"＋": "+", "－": "-", "−": "-", "—": "-", "–": "-", "‐": "-", "‑": "-", "‒": "-", "―": "-"})
_WORD_SIGN = re.compile(r"^(增加|减少|新增|增|减)")
_UNIT = re.compile(
    r"(?P<scale>万亿|亿|万)?(?P<unit>元|件次|件|项|宗|起|条|次|份|个|部|例|人次|人)?(?:人民币)?(?:[（(][^（）()]*[）)])?$"
)
_NUMBER = re.compile(r"^[+-]?\d+(?:\.\d+)?$")
_GROUPED = re.compile(r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$")


class Parsed(NamedTuple):
    """`unit` is what is printed in the cell beside the figure, "" for none; `doubts` are codes."""

    state: State
    value: Number | None
    unit: str = ""
    doubts: tuple[str, ...] = ()


@lru_cache(maxsize=16384)
def is_figure_like(text: str | None) -> bool:
    """Could stand in a figure's cell: unread, blank, a mark, or digits with at most a unit."""
    if text is None:
        return True
    return parse(text).state != "illegible"


_PIECE = re.compile(r"[.,．，]\d+|\d[\d,，]*[.,．，]")


def is_figure_piece(text: str | None) -> bool:
    """A figure, or what a narrow column leaves of one at a line's end or beginning (3583629 over .60)."""
    return is_figure_like(text) or _PIECE.fullmatch(text or "") is not None


def parse(text: str, spec: FieldSpec | None = None) -> Parsed:
    """State and value of a cell's text.  With a spec, integers stay integers and signs are judged."""
    if text.isascii() and text.isdigit() and len(text) < 16:
        return Parsed("printed", int(text) if spec is None or spec.type == "integer" else Decimal(text))
    if any(unicodedata.category(c) == "No" for c in text):
        # ①, ², ½: a footnote's mark or an ornament, which NFKC would make a digit of the figure beside it.
        return Parsed("illegible", None, "", ("not_a_number",))
    plain = unicodedata.normalize("NFKC", text).strip()
    squeezed = re.sub(r"[\s\u200b-\u200f\ufeff\u00ad]+", "", plain)
    if not squeezed:
        return Parsed("blank", None)
    if _MARK.match(squeezed):
        return Parsed("mark", None)
    doubts: list[str] = []
    if re.search(r"\d[ \t\n\u3000]+\d", plain):
        doubts.append("torn_number")
    body = squeezed.translate(_SIGNS).replace("，", ",").strip("'\"`")
    negative = False
    word = _WORD_SIGN.match(body)
    if word:
        negative = word.group().startswith("减")
        body = body[word.end() :]
    double = re.match(r"^([+-])[+-]+", body)
    if double:
        body = body[double.end() - 1 :]
        doubts.append("double_sign")
    unit = _UNIT.search(body)
    printed_unit = unit.group() if unit else ""
    if printed_unit and unit is not None:
        body = body[: unit.start()]
    number = _to_number(body, doubts)
    if number is None:
        return Parsed("illegible", None, printed_unit, ("not_a_number",))
    if negative:
        number = -abs(number)
    return Parsed("printed", _typed(number, spec, doubts), printed_unit, tuple(doubts))


def _to_number(body: str, doubts: list[str]) -> Decimal | None:
    body = body.rstrip(".,、。") if re.search(r"\d", body) else body
    if _GROUPED.match(body):
        return Decimal(body.replace(",", ""))
    if "," in body and re.match(r"^[+-]?\d[\d,]*(?:\.\d+)?$", body):
        doubts.append("odd_grouping")
        return Decimal(body.replace(",", ""))
    return Decimal(body) if _NUMBER.match(body) else None


def _typed(number: Decimal, spec: FieldSpec | None, doubts: list[str]) -> Number:
    whole = number == number.to_integral_value()
    if spec is None:
        return int(number) if whole and number.as_tuple().exponent == 0 else number
    if spec.type == "integer":
        if not whole:
            doubts.append("not_whole")
            return number
        if number < 0 and not spec.signed:
            doubts.append("negative")
        return int(number)
    if number < 0:
        doubts.append("negative")
    return number
