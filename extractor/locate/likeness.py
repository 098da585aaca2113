"""How alike a printed label and a statutory one are: 0 to 1, on normalised text over whole paths.

rapidfuzz's `ratio` (normalised Indel similarity) scored best of six in the measurements noted in
docs/architecture.md.  Where characters alone leave doubt, the labels are compared word by word too
(jieba with the form's own lexicon), which sees through words put in another order; jieba is loaded
only then.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz.fuzz import ratio

from extractor.language.normalise import key

SURE = 0.9
"""At or above this the characters alone settle a label; typos of two in ten characters score 0.8."""
WORDWISE = 0.6
"""Below this no reordering of words makes two labels one."""
SHORTER = 0.97
"""Factor on a match that only the end of the path supports (its group labels are missing)."""

_GLOSS = re.compile(r"[（(【\[][^（）()【】\[\]]{4,}[）)】\]]|(?:[:：]|——|--).{6,}$", re.S)
"""What an office adds to a label to explain it: in brackets four characters or more (numbering has up to
three: （二十一）), after a colon or a dash six."""


@lru_cache(maxsize=4096)
def _key(text: str) -> str:
    return key(text)


@lru_cache(maxsize=65536)
def alike(a: str, b: str) -> float:
    """Likeness of two normalised texts by their characters."""
    if a == b:
        return 1.0 if a else 0.0
    return float(ratio(a, b)) / 100.0


def wordwise(printed: str, label: str) -> float:
    """Likeness of two labels as bags of words, for labels whose words changed places."""
    from extractor.language.segment import domain

    a, b = _key(printed), _key(label)
    if alike(a, b) < WORDWISE:
        return 0.0
    cut = domain().cut
    return SHORTER * float(ratio("".join(sorted(cut(a))), "".join(sorted(cut(b))))) / 100.0


@lru_cache(maxsize=65536)
def path_likeness(printed: tuple[str, ...], path: tuple[str, ...], aliases: tuple[str, ...] = ()) -> float:
    """Likeness of a printed label path (outermost first) to a row's or column's path.

    The end of both paths has to agree; the more of the path agrees the better.  Group labels may be
    missing on either side: they stand once, vertically centred, and page breaks take them away.
    """
    plain = _likeness(printed, path, aliases)
    if plain >= SURE or not printed:
        return plain
    bare = _GLOSS.sub("", printed[-1])
    if bare == printed[-1] or not bare.strip():
        return plain
    return max(plain, SHORTER * _likeness((*printed[:-1], bare), path, aliases))


@lru_cache(maxsize=4096)
def _wanted(
    path: tuple[str, ...], aliases: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[tuple[str, float], ...]]:
    """What a printed label may read like: ends of the path; wholes of some or all of its parts; factors."""
    want = [_key(p) for p in path]
    if not want:
        return (), ()
    ends = (want[-1], *(_key(a) for a in aliases))
    wholes = {
        "".join(want[-m:-1]) + end: 1.0 if m == len(want) else SHORTER
        for m in range(1, len(want) + 1) for end in ends
    }  # fmt: skip
    return ends, tuple(wholes.items())


def _likeness(printed: tuple[str, ...], path: tuple[str, ...], aliases: tuple[str, ...]) -> float:
    pieces = [k for k in map(_key, printed) if k]
    ends, wholes = _wanted(path, aliases)
    if not pieces or not ends:
        return 0.0
    best = SHORTER * max(alike(pieces[-1], end) for end in ends)
    joined = ""
    for piece in reversed(pieces):
        joined = piece + joined
        n = len(joined)
        for whole, factor in wholes:
            m = len(whole)
            # Texts of such unlike lengths are no match; others are compared where they could beat the best.
            if abs(n - m) * 2 <= n + m and factor * 2 * min(n, m) > best * (n + m):
                best = max(best, factor * alike(joined, whole))
    return best
