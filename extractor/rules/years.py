"""One year's report against the last: what the form carries over from one year to the next.

A report's 二、上年结转 is what the year before closed with as 四、结转下年度继续办理, column by column, and the documents
in force are last year's plus what was issued less what was repealed.  Which fields these are stands in the forms'
data (`[[tables.years]]`).  Neither figure is changed: the two reports contradict each other, and a person says
which is wrong.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple, Protocol, TypeVar

from extractor.forms.model import TableSpec, YearIdentity
from extractor.types import Finding, Number

OPEN = "（所涉数据尚待核对）"
"""Added to a finding of which a figure still waits for a person."""

T = TypeVar("T")


class Figure(Protocol):
    """What is asked of a field: an extracted one or one that people settled."""

    @property
    def value(self) -> Number | None: ...
    @property
    def state(self) -> str: ...
    @property
    def needs_review(self) -> bool: ...


class Compared(NamedTuple):
    """Two reports of one organ on consecutive years held against each other."""

    held: int
    """Identities that hold."""
    findings: tuple[Finding, ...]
    """Those that fail.  `fields` are ids of the later report, `printed` its side, `computed` the other."""


def compare(tables: Iterable[TableSpec], this: Mapping[str, Figure], last: Mapping[str, Figure]) -> Compared:
    """Hold a report against that of the year before.

    `tables` are the later report's, each of its own edition.  A term that either report lacks or that could
    not be read leaves the identity out; so does one where nothing at all is printed.  Blanks and marks are 0.
    """
    held, out = 0, []
    for identity in (i for t in tables for i in t.year_identities):
        now = _figures((*identity.this, *identity.add, *identity.less), this)
        before = _figures(identity.last, last)
        if now is None or before is None or all(f.state == "blank" for f in (*now, *before)):
            continue
        printed = _sum(identity.this, this)
        due = _sum(identity.last, last) + _sum(identity.add, this) - _sum(identity.less, this)
        if printed == due:
            held += 1
        else:
            out.append(_finding(identity, printed, due, any(f.needs_review for f in (*now, *before))))
    return Compared(held, tuple(out))


def _figures(ids: Iterable[str], values: Mapping[str, Figure]) -> list[Figure] | None:
    """The terms of one side; None where one is not there or not readable."""
    found = [values.get(i) for i in ids]
    legible = [f for f in found if f is not None and f.state not in ("missing", "illegible")]
    return legible if len(legible) == len(found) else None


def _sum(ids: Iterable[str], values: Mapping[str, Figure]) -> Number:
    total = sum((Decimal(values[i].value or 0) for i in ids), Decimal(0))
    return int(total) if total == total.to_integral_value() else total


def _finding(identity: YearIdentity, printed: Number, due: Number, doubtful: bool) -> Finding:
    rule = identity.rule
    message = rule.message.format(row=identity.row, column=identity.column, printed=printed, computed=due)
    return Finding(
        f"years_{rule.name}", rule.severity, (*identity.this, *identity.add, *identity.less),
        message + (OPEN if doubtful else ""), printed, due,
    )  # fmt: skip


def organ_key(name: str) -> str:
    """What one organ's reports have in common: its name in one width, without spaces."""
    return "".join(unicodedata.normalize("NFKC", name).split())


def pairs(
    items: Sequence[T], organ: Callable[[T], str | None], year: Callable[[T], int | None]
) -> list[tuple[T, T]]:
    """(report, that of the year before) for every organ, by organ and year.

    Of several reports of one organ on one year the last given counts: it is the newest word.
    """
    found: dict[tuple[str, int], T] = {}
    for item in items:
        name, when = organ(item), year(item)
        if name and when:
            found[organ_key(name), when] = item
    return [(found[k], found[k[0], k[1] - 1]) for k in sorted(found) if (k[0], k[1] - 1) in found]
