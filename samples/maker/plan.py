"""Which documents a corpus holds: kinds, routes, editions, years and traits by lot from one seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from . import forms, traits
from .compose import Spec

ROUTES: dict[str, dict[str, float]] = {
    "digital": {"web": 0.4, "word": 0.35, "calc": 0.1, "direct": 0.15},
    "not_report": {"web": 0.3, "word": 0.3, "direct": 0.1, "docx": 0.1, "html": 0.1, "txt": 0.1},
    "office": {"docx": 0.4, "html": 0.35, "txt": 0.25},
}
HYBRIDS = 0.07


def _editions(rng: Random) -> tuple[tuple[tuple[str, str], ...], int]:
    """Editions by table, and the year; some offices keep using the older form."""
    old, new = forms.editions()[0], forms.editions()[-1]
    one = new if rng.random() < 0.68 else old
    year = rng.randint(2021, 2025) if one == new or rng.random() < 0.15 else rng.randint(2019, 2020)
    tables = dict.fromkeys(forms.numbers(one), one)
    if rng.random() < HYBRIDS:
        tables[rng.choice(forms.numbers(one)[:2])] = old if one == new else new
    return tuple(tables.items()), year


def spec(
    at: int,
    seed: int,
    kinds: Sequence[str],
    fixed: frozenset[str] = frozenset(),
    density: float = 1.0,
    pool: str | None = None,
) -> tuple[Spec, Random]:
    """The `at`-th document of a corpus: its specification, and the generator for everything else in it."""
    rng = Random(f"{seed}/{at}")
    kind = kinds[at % len(kinds)]
    routes = {
        r: w
        for r, w in ROUTES[kind].items()
        if kind == "not_report" or all(r in traits.BY_NAME[t].routes for t in fixed)
    } or ROUTES[kind]
    route = rng.choices(list(routes), list(routes.values()))[0]
    editions, year = _editions(rng)
    chosen = frozenset[str]() if kind == "not_report" else traits.draw(route, rng, fixed, density)
    if route == "calc":  # a sheet has one set of columns
        chosen |= {"one_grid"}
    wording = pool or ("dev" if rng.random() < 0.7 else "held")
    return Spec(
        f"{kind.replace('_', '-')}-{seed}-{at:04d}-{route}", kind, route, editions, year, chosen, wording
    ), rng


def corpus(
    n: int,
    seed: int,
    kinds: Sequence[str],
    fixed: frozenset[str] = frozenset(),
    density: float = 1.0,
    pool: str | None = None,
) -> Iterator[tuple[Spec, Random]]:
    """`n` documents, the kinds in turn."""
    for at in range(n):
        yield spec(at, seed, kinds, traits.check(fixed), density, pool)
