"""The bench of paragraphs as offices write them holds its bars."""

from __future__ import annotations

from tests import said_bench


def test_bars() -> None:
    tally = said_bench.measure()
    shown = "\n".join(tally.lines)
    assert tally.agreeing > 400 and tally.contradicting > 400
    assert tally.agreeing_told >= 0.95 * tally.agreeing, shown
    assert tally.contradicting_told >= 0.95 * tally.contradicting, shown
    assert tally.false_contradictions == 0, shown
    assert tally.look_alikes_told == 0, shown
