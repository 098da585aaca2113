"""Which words of a sentence belong to a number: left to the clause before it, right to the next mark."""

from __future__ import annotations

from collections.abc import Sequence

from extractor.language.tagger import Token

PASSING = frozenset({"function", "sum", "this", "own", "link", "each", "rest", "of", "all"})
"""Marks of words that name nothing."""


def named(token: Token) -> bool:
    """Whether a word names a family, a measure or a party."""
    return bool(token.roles.families or token.roles.measures or token.roles.party)


def slots(part: Sequence[Token]) -> list[int]:
    return [i for i, t in enumerate(part) if named(t)]


def in_brackets(tokens: Sequence[Token], i: int) -> bool:
    """Whether the number at `i` is an aside (25件（上年31件）)."""
    marks = [t.text for t in tokens[:i] if t.text in ("（", "）")]
    return marks.count("（") > marks.count("）")


def _open_to(tokens: Sequence[Token], i: int) -> int:
    """Index of the bracket that the one at `i` closes, or `i`."""
    depth = 0
    for j in range(i, -1, -1):
        depth += (tokens[j].text == "）") - (tokens[j].text == "（")
        if depth == 0:
            return j
    return i


def _clause_start(tokens: Sequence[Token], i: int) -> int:
    """Where the words that belong to the number at `i` begin; brackets closed before it are passed over."""
    j = i - 1
    while j >= 0:
        token = tokens[j]
        if token.text == "）":
            before = _open_to(tokens, j)
            if before == j or (before > 0 and tokens[before - 1].quantity is not None):
                return j + 1
            j = before - 1
            continue
        if token.quantity is not None or token.is_stop or token.text == "（":
            return j + 1
        j -= 1
    return 0


def left_of(tokens: Sequence[Token], i: int) -> list[Token]:
    """The naming words left of the number at `i`; a bare 共 looks one clause further back."""
    start = _clause_start(tokens, i)
    part = list(tokens[start:i])
    bare = bool(part) and not any(named(t) or t.mark not in PASSING for t in part)
    if not bare or start < 2 or not tokens[start - 1].is_stop:
        return part
    further = _clause_start(tokens, start - 1)
    clause = list(tokens[further : start - 1])
    whole = further == 0 or tokens[further - 1].is_stop
    if clause and whole and not any(t.mark == "delta" for t in clause):
        return clause + part
    return part


def right_of(tokens: Sequence[Token], i: int) -> list[Token]:
    """The naming words right of the number at `i`, none where they lead to the next number."""
    out: list[Token] = []
    for token in tokens[i + 1 :]:
        if token.quantity is not None:
            return []
        if token.is_stop or token.text in "（）、":
            return out
        out.append(token)
    return out


def last_group(part: Sequence[Token], hits: Sequence[int]) -> list[int]:
    """The last of `hits` and those that 和 or 、 join to it."""
    if not hits:
        return []
    out = [hits[-1]]
    for at in reversed(hits[:-1]):
        between = part[at + 1 : out[0]]
        joined = any(t.mark == "link" or t.text == "、" for t in between)
        if not joined or any(not t.known or t.is_a("foreign") or t.is_a("others") for t in between):
            break
        out.insert(0, at)
    return out


def numbers_from(tokens: Sequence[Token], i: int) -> list[int]:
    """The number at `i` and those that 和 or 、 join to it (10件、2件和3件)."""
    out = [i]
    for j in range(i + 1, len(tokens)):
        if tokens[j].quantity is not None:
            out.append(j)
        elif not (tokens[j].mark == "link" or tokens[j].text == "、"):
            break
    return out


def stands_for_family(part: Sequence[Token], i: int) -> bool:
    """Whether the family word at `i` stands for its family: 申请 alone only in known company."""
    if not part[i].roles.weak or i == 0:
        return True
    before = part[i - 1]
    return named(before) or (before.known and before.mark not in ("foreign", "others", "publish", "papers"))


_OTHERS = ("其他", "其它", "其他组织", "其它组织", "其他机构")


def plain_other(left: Sequence[Token]) -> bool:
    """Only 其他 names the number."""
    other = [t.text in _OTHERS for t in left]
    return any(other) and all(o or t.mark in PASSING for o, t in zip(other, left, strict=True))
