"""What a sentence says of one figure: the record that claims.py makes and compare.py judges."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from extractor.language.numerals import Quantity

Trust = Literal["sure", "weak", "chance"]
"""sure: differing from the table contradicts it.  weak: only agreement is told.  chance: the sentence may
speak of a part or a whole of the figure, so that only agreement in a large number means anything."""
_WORSE: dict[Trust, int] = {"sure": 0, "weak": 1, "chance": 2}


@dataclass(frozen=True, slots=True)
class Claim:
    """One figure said in prose."""

    families: tuple[str, ...]
    measures: tuple[str, ...]
    parties: tuple[str, ...]
    quantity: Quantity
    trust: Trust
    start: int
    with_carried: bool = False
    """The number counts what came in and what was carried in, as the sentence itself says."""
    all_of: int | None = None
    """Index of the claim that this one restates for one result (均结果维持): told if that one agrees."""
    each: bool = False
    """The families are meant one by one (未发生行政复议、行政诉讼), not their sum."""

    def less(self, trust: Trust) -> Claim:
        """The claim trusted no more than `trust`."""
        return replace(self, trust=trust) if _WORSE[trust] > _WORSE[self.trust] else self


@dataclass(slots=True)
class Context:
    """What has been established before a sentence, within one paragraph."""

    heading: str = ""
    """Family that the paragraph's own heading names."""
    section_family: str = ""
    """Table of the section that the paragraph stands in."""
    family: str = ""
    """Family of the last claim."""
    counted: tuple[str, ...] = ()
    """Measure of the last claim, where it counts what came in and is sure."""
    mentioned: bool = False
    """The sentence before names applications, without a number."""
    said: list[str] = field(default_factory=list)
    """Measures claimed since the last full stop."""
    company: bool = False
    """What stands between two full stops speaks of applications, though it does not name them."""
    anchored: bool = False
    """Remedies here are those of the form's subject."""

    @property
    def on_request(self) -> bool:
        return self.company or self.mentioned or "applications" in (self.heading, self.family, self.section_family)
