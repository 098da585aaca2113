"""Every named option of the maker (data/traits.toml): its routes, what it excludes, how often it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from . import data


@dataclass(frozen=True, slots=True)
class Trait:
    """`group`: traits of one group exclude each other ('' excludes none). `share`: how often it is drawn."""

    name: str
    group: str
    routes: tuple[str, ...]
    share: float
    text: str


def _read() -> tuple[Trait, ...]:
    known = data.load("traits")
    sets: dict[str, list[str]] = known["sets"]
    return tuple(
        Trait(name, t["group"], tuple(sets.get(t["routes"], t["routes"].split())), t["share"], t["text"])
        for name, t in known["traits"].items()
    )


ALL = _read()
BY_NAME: dict[str, Trait] = {t.name: t for t in ALL}


def check(names: frozenset[str]) -> frozenset[str]:
    """The names, all of them known.

    Raises ValueError for a name that is no trait.
    """
    unknown = sorted(names - BY_NAME.keys())
    if unknown:
        raise ValueError(f"no such trait: {', '.join(unknown)} (python -m samples.maker --list-traits)")
    return names


def draw(route: str, rng: Random, fixed: frozenset[str], density: float = 1.0) -> frozenset[str]:
    """Traits by lot for a route; `fixed` are in, and keep out what excludes them.

    `density` multiplies every share (0: the fixed traits only).
    """
    chosen = {n for n in fixed if route in BY_NAME[n].routes}
    groups = {BY_NAME[n].group for n in chosen}
    pool = list(ALL)
    rng.shuffle(pool)
    for t in pool:
        lucky = rng.random() < t.share * density
        if lucky and route in t.routes and (not t.group or t.group not in groups):
            chosen.add(t.name)
            groups.add(t.group)
    return frozenset(chosen)
