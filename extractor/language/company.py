"""What the rest of a sentence says about one of its numbers: the company that it keeps.

A bare 予以公开68件 could count papers; beside 无法提供40件 it counts answers.  受理203件 counts what was carried in
where the sentence says so; 结转9件 after 办结194件 is what goes to the next year.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from extractor.language.claim import Claim
from extractor.language.lexicon import Lexicon, Measure
from extractor.language.numerals import Quantity
from extractor.language.spans import PASSING, left_of
from extractor.language.tagger import Token

_INTAKE = ("received", "received_new", "submitted")
_ALL_OF_THEM = frozenset({"tended", "intake", "accepted", "counted", "received"})


def of_applications(lex: Lexicon, tokens: Sequence[Token]) -> bool:
    """Whether a sentence that names no family still speaks of applications: two of their measures, and one
    that nothing else has (部分公开, 上年结转)."""
    for i, token in enumerate(tokens):
        if token.quantity is not None and any(_strange(t) for t in left_of(tokens, i)):
            return False
    said = {t.roles.measures[0] for t in tokens if t.roles.measures}
    own = [m for m in said if lex.measures[m].families == ("applications",)]
    return len(own) >= 2 and any(lex.measures[m].telling for m in own)


def _strange(token: Token) -> bool:
    return token.is_a("foreign") and not token.roles.measures and not token.is_a("procedural")


def counts_carried(tokens: Sequence[Token], i: int) -> bool:
    """受理33件（含上年结转3件）; 受理33件，其中新收30件，上年结转3件."""
    opened = False
    for k, t in enumerate(tokens[i + 1 :], i + 1):
        opened = opened or (k <= i + 3 and (t.text == "（" or t.is_a("of")))
        if (t.text in "）。；" and t.quantity is None) or (not opened and k > i + 3):
            return False
        if opened and "carried_in" in t.roles.measures:
            return True
    return False


def bare_carried(
    lex: Lexicon, measures: list[Measure], tokens: Sequence[Token], left: Sequence[Token], said: Sequence[str]
) -> list[Measure]:
    """新收12件、结转2件、办结13件、结转下年1件: a bare 结转 is the one that is not named; after 办结 the later one.

    `said`: measures claimed before, in this sentence and those that only semicolons part from it.
    """
    if [m.name for m in measures] != ["carried"]:
        return measures
    named = {*said, *(m for t in tokens for m in t.roles.measures)} & {"carried_in", "carried_out"}
    if len(named) == 1:
        return [lex.measures["carried_in" if named == {"carried_out"} else "carried_out"]]
    if not named and said[-1:] == ["processed_total"] and not any(t.is_a("of") or t.text == "（" for t in left):
        return [lex.measures["carried_out"]]
    return measures


def remaining(lex: Lexicon, measures: list[Measure], before: Claim | None) -> list[Measure]:
    """办结194件，剩余9件正在办理: what is left of the year's applications is carried over."""
    pending = [m.name for m in measures] == ["pending_applications"]
    answered = before is not None and before.measures == ("processed_total",) and not before.parties
    if pending and answered:
        return [lex.measures["carried_out"]]
    return measures


def what_follows(tokens: Sequence[Token], i: int, left: Sequence[Token], right: list[Token]) -> list[Token]:
    """The words right of a number of remaining ones, with the next clause where that says they are carried over
    (剩余9件尚在办理期限内，结转到下一年度)."""
    if not any(t.mark == "rest" for t in left):
        return right
    start = next((k for k in range(i + 1, len(tokens)) if tokens[k].is_stop), len(tokens))
    clause: list[Token] = []
    for token in tokens[start + 1 :]:
        if token.quantity is not None:
            return right
        if token.is_stop or token.text in "（）":
            break
        clause.append(token)
    return clause if any("carried_out" in t.roles.measures for t in clause) else right


def of_answered(claims: Sequence[Claim], claim: Claim, left: Sequence[Token]) -> bool:
    """办理194件，其中新收177件: those of the new ones that were answered, perhaps."""
    before = claims[-1].measures if claims else ()
    new = claim.measures[0] in ("received", "received_new")
    return new and before in (("processed_total",), ("tended",)) and any(t.is_a("of") for t in left)


def sum_of_two(
    lex: Lexicon, claims: Sequence[Claim], quantity: Quantity, start: int, left: Sequence[Token]
) -> Claim | None:
    """新收10件，上年结转2件，共12件: the sum of the two before it."""
    two = claims[-2:]
    if not any(t.mark == "sum" for t in left) or len(two) < 2 or len(claims) > 2:
        return None
    if any(c.quantity.unit != quantity.unit for c in two):
        return None
    named = [t for t in left if t.roles.families or t.roles.measures or t.roles.party]
    if any(t.roles.party or not set(t.roles.measures) <= _ALL_OF_THEM for t in named):
        return None
    if any(t not in named and t.mark not in PASSING and t.text not in "：“”" for t in left):
        return None
    names = {c.measures for c in two}
    if {c.parties for c in two} == {("natural_person",), ("organisations",)} and len(names) == 1:
        return replace(two[0], parties=(), quantity=quantity, start=start)
    results = [m for c in two for m in c.measures]
    if all(lex.measures[m].outcome and lex.measures[m].families == ("applications",) for m in results):
        # 予以公开21件，部分公开6件，合计27件.
        joined = replace(two[0], measures=tuple(dict.fromkeys(results)), quantity=quantity, start=start)
        return None if any(c.parties for c in two) or len(names) < 2 else joined
    if ("carried_in",) not in names or not names <= {("carried_in",), *((m,) for m in _INTAKE)}:
        return None
    if len(names) < 2 or any(c.parties for c in two):
        return None
    return replace(two[0], measures=("intake",), quantity=quantity, start=start, trust="sure")


def rest_of_list(
    lex: Lexicon, claims: Sequence[Claim], quantity: Quantity, start: int, remedy: bool
) -> Claim | None:
    """其他 at the end of a list is the list's own other."""
    before = claims[-1] if claims else None
    if before is None or quantity.unit != before.quantity.unit:
        return None
    if before.parties:
        told = replace(before, parties=("other_org",), quantity=quantity, start=start)
        # 自然人12件，其他3件: all organisations, perhaps.
        return told.less("weak") if before.parties == ("natural_person",) else told
    if remedy:
        told = replace(before, measures=("other_result",), quantity=quantity, start=start)
        listed = {m for c in claims if c.families == before.families for m in c.measures}
        # 维持13起，纠正4起，其他3起: with two of the four results named the third is theirs.
        return told if {"upheld", "corrected"} <= listed else told.less("weak")
    if lex.measures[before.measures[-1]].outcome:
        inner = any(r.startswith("other.") for r in lex.measures[before.measures[-1]].rows)
        name = "other_other" if inner else "other_results"
        # 其他处理16件，其中逾期不补正4件，其他12件: the group's own last row.
        return replace(before, measures=(name,), quantity=quantity, start=start).less("weak")
    return None
