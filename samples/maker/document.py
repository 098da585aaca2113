"""A report before it has a file format: blocks in order."""

from __future__ import annotations

from dataclasses import dataclass, field

from .grids import Grid


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph. `role`: title, heading, para, sign, caption."""

    text: str
    role: str = "para"


Block = Text | Grid


@dataclass(slots=True)
class Document:
    """What a route renders: blocks, names for the page around them, and the traits that it has to obey.

    `named` is the organ as the title has it, `signer` who signs.
    """

    blocks: list[Block]
    title: str
    organ: str
    place: str
    year: int
    traits: frozenset[str]
    named: str = ""
    signer: str = ""
    used: set[str] = field(default_factory=set)

    def has(self, trait: str) -> bool:
        """Whether a trait is asked for; a route that asks is taken to obey."""
        if trait in self.traits:
            self.used.add(trait)
            return True
        return False
