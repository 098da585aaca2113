"""What a recogniser is: crops of a page in, texts with their probabilities out.

A crop is a grey array (height, width) uint8, dark ink on light paper, one line of text.  An `Alphabet`
says which characters may come out; the engine must give no others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from extractor.forms.model import ColumnSpec, Form, RowSpec

    Gray = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Alphabet:
    """A named set of characters; `characters` None means everything the engine knows."""

    name: str
    characters: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Recognised:
    """One crop's text.  `candidates` are texts with probabilities, best first, `text` included."""

    text: str
    score: float
    candidates: tuple[tuple[str, float], ...] = ()


class Recogniser(Protocol):
    """Reads crops; `name` is recorded with every reading."""

    name: str

    def read(self, crops: Sequence[Gray], alphabet: Alphabet) -> list[Recognised]:
        """One result per crop, in order.  An empty text means that nothing was seen."""
        ...


# What a figure's cell can print: digits, separators, signs of change, signs for 'none', units.
FIGURES = Alphabet("figures", frozenset("0123456789.,-+/—–无件元万增减个条部"))
DIGITS = Alphabet("digits", frozenset("0123456789.,-+/—"))
FULL = Alphabet("full", None)

_COMMON = '0123456789一二三四五六七八九十（）()、，。.,:：；“”"「」《》〈〉-—/年度'


def statutory(forms: Iterable[Form]) -> Alphabet:
    """The characters of all labels, headers and titles of the editions given."""
    letters = set(_COMMON)
    for form in forms:
        letters.update(form.title)
        for section in form.sections:
            letters.update(section.title, *section.aliases)
        for table in form.tables:
            letters.update(table.title)
            for block in table.blocks:
                letters.update(block.banner, block.corner, block.over)
                named: list[RowSpec | ColumnSpec] = [*block.rows, *block.columns]
                for part in named:
                    letters.update("".join((*part.path, *part.aliases)))
    letters.discard(" ")
    return Alphabet("statutory", frozenset(letters))
