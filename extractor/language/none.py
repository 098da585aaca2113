"""Sentences that say there was none: 未收到政府信息公开申请, 没有发生行政复议、行政诉讼, 无结转."""

from __future__ import annotations

from collections.abc import Sequence

from extractor.language import doubts
from extractor.language.claim import Claim, Context, Trust
from extractor.language.claims import Reader
from extractor.language.numerals import Quantity
from extractor.language.tagger import Token

_FLOW = frozenset(
    {"received", "received_new", "accepted", "tended", "submitted", "carried_in", "carried_out"}
)
_NOT_YET = ("尚未", "还未", "暂未")
_CARRIED = frozenset({"carried_in", "carried_out"})
_STRUCTURE = frozenset(
    {"function", "modifier", "sum", "link", "this", "own", "of", "channel", "all", "carry", "passive"}
)


def _nothing(token: Token) -> Quantity:
    return Quantity(0, "", token.start, token.start + len(token.text), token.text, 0, 0)


def _clauses(tokens: Sequence[Token]) -> list[tuple[int, int]]:
    out, start = [], 0
    for i, token in enumerate(tokens):
        if token.is_stop or token.text in "（）":
            out.append((start, i))
            start = i + 1
    return [*out, (start, len(tokens))]


def _understood(reader: Reader, clause: Sequence[Token]) -> bool:
    """Every word of the clause is known and none changes what is denied (未发生超期答复)."""
    own = any(a in t.text for t in clause for a in reader.lex.anchors)
    for token in clause:
        if token.mark == "about" and own:
            # 与政府信息公开有关的: about the form's own subject.
            continue
        named = token.roles.families or token.roles.measures or token.roles.party
        if not named and (not token.known or token.mark not in _STRUCTURE) and token.text not in "、：“”":
            return False
    return True


def _measures(reader: Reader, clause: Sequence[Token], family: str) -> list[str]:
    """The measures that the denial is of; empty where it denies something the form does not count."""
    found = [m.name for m in reader.measures_in(clause, [family])]
    if family == "applications":
        if not found:
            return ["received"]
        return found if all(m in _FLOW or reader.lex.measures[m].outcome for m in found) else []
    if any("{measure}" in p for p in reader.lex.families[family].fields):
        remedy = family in reader.lex.measures["total"].families
        return found or (["total"] if remedy else [])
    return found or [next((m.name for m in reader.lex.measures.values() if family in m.families), "total")]


def _denies(clause: Sequence[Token], i: int) -> bool:
    """未, 无, 没有; 尚未 where it is said of what did not come (尚未收到申请)."""
    if clause[i].mark == "negation":
        return not clause[i].roles.families
    after = clause[i + 1].roles.measures if i + 1 < len(clause) else ()
    return clause[i].text in _NOT_YET and "received" in after


def denials(
    reader: Reader, tokens: Sequence[Token], context: Context, organs: Sequence[tuple[int, int]] = ()
) -> list[Claim]:
    """The claims of zero in one sentence."""
    out: list[Claim] = []
    for start, end in _clauses(tokens):
        clause = tokens[start:end]
        at = [i for i in range(len(clause)) if _denies(clause, i)]
        if len(at) != 1 or any(t.quantity is not None for t in clause):
            continue
        negation, said = clause[at[0]], clause[at[0] + 1 :]
        lead = clause[: at[0]]
        if not said or not _understood(reader, said) or doubts.other_doer(tokens, start + at[0], lead, organs):
            continue
        families = reader.families_in(said)
        carried = [m for m in reader.measures_in([*lead, *said], ["applications"]) if m.name in _CARRIED]
        if not families and carried:
            families = ["applications"]
        if not families:
            continue
        for family in families:
            measures = _measures(reader, said, family)
            if family == "applications" and carried:
                measures = [carried[-1].name]
            if not measures or (any(t.roles.party for t in said) and family != "applications"):
                continue
            out.append(_claim(reader, family, measures, tokens, negation, said, context))
    return out


def _claim(
    reader: Reader,
    family: str,
    measures: list[str],
    tokens: Sequence[Token],
    negation: Token,
    said: Sequence[Token],
    context: Context,
) -> Claim:
    at = tokens.index(negation)
    anchored = reader.anchored([family], tokens, at, said, context) or context.on_request
    sure = all(reader.lex.measures[m].sure or m == "tended" for m in measures)
    trust: Trust = "sure" if anchored and sure else "weak"
    if any(t.mark == "channel" or t.roles.soft for t in said) or any(t.mark == "wide" for t in tokens):
        trust = "weak"
    name = "received" if measures[-1] in ("tended", "accepted", "submitted") else measures[-1]
    parties = reader.parties_in(said)
    return Claim((family,), (name,), parties, _nothing(negation), trust, negation.start, each=True)
