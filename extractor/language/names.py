"""What the words of a clause name: families, measures and parties of models/lexicon/statements.toml."""

from __future__ import annotations

from collections.abc import Sequence

from extractor.language.lexicon import Lexicon, Measure
from extractor.language.spans import last_group, stands_for_family
from extractor.language.tagger import Token

_DONE = ("processed_total", "tended", "pending_applications")


class Names:
    """Looks up what words name; the last of several names counts, with those that 和 or 、 join to it."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lex = lexicon

    def families_in(self, part: Sequence[Token]) -> list[str]:
        """The families that `part` names last, narrowed where two name one thing."""
        hits = [i for i, t in enumerate(part) if t.roles.families and stands_for_family(part, i)]
        names = [part[i].roles.families[0] for i in last_group(part, hits)]
        seen = {part[i].roles.families[0] for i in hits}
        for special in ("litigation_direct", "litigation_after_reconsideration"):
            if special in seen and names and names[-1] in ("litigation", special):
                return [special]
        return list(dict.fromkeys(names))

    def measures_in(self, part: Sequence[Token], families: Sequence[str]) -> list[Measure]:
        """The measures that `part` names last and that the families have."""
        found: list[tuple[int, Measure]] = []
        for i, token in enumerate(part):
            # 公布 surely means one thing of rules, perhaps another of documents: what is sure comes first.
            names = sorted(token.roles.measures, key=lambda n: n in token.roles.soft)
            for measure in (self.lex.measures[n] for n in names):
                if not families or any(f in measure.families for f in families):
                    found.append((i, measure))
                    break
        # 作出部分公开答复: what came of it says more than that it was answered.
        results = [(i, m) for i, m in found if m.outcome]
        firm = [(i, m) for i, m in found if m.sure]
        found = results or firm or found
        found = _carried_first(part, found)
        keep = last_group(part, [i for i, _ in found])
        group = list(dict.fromkeys(m for i, m in found if i in keep))
        if len(group) > 1 and not all(m.outcome for m in group):
            # 受理、办结: verbs of one act; the last says what the number is.
            carried = [m for m in group if "carried" in m.name]
            return carried[-1:] or group[-1:]
        if len(group) == 1 and not any(t.text == "等" for t in part):
            # 因本机关不掌握无法提供: of a group and one of its rows, the row.
            inner = [m for _, m in found if _inside(m, group[0])]
            return inner[-1:] or group
        return group

    def parties_in(self, part: Sequence[Token]) -> tuple[str, ...]:
        hits = [k for k, t in enumerate(part) if t.roles.party]
        names = tuple(dict.fromkeys(part[k].roles.party for k in last_group(part, hits)))
        if hits and part[hits[-1] + 1 : hits[-1] + 2] and part[hits[-1] + 1].text == "等":
            # 市民、企业等提交的申请: examples of applicants, not one kind of them.
            return () if any(t.roles.families for t in part[hits[-1] :]) else names
        # 公民、法人和其他组织提出的申请: all applicants.
        several = (
            len(names) > 1 and "natural_person" in names and any(t.roles.families for t in part[hits[-1] :])
        )
        return () if several or {"natural_person", "organisations"} <= set(names) else names

    def measures_of(self, family: str) -> set[str]:
        """Names of the measures that a family has."""
        return {m.name for m in self.lex.measures.values() if family in m.families}


def _inside(row: Measure, group: Measure) -> bool:
    """Whether a measure is one row of another that adds up rows (a.b of a.*)."""
    stems = [r.removesuffix("*") for r in group.rows if r.endswith(".*")]
    return any(r.startswith(stem) and not r.endswith("*") for r in row.rows for stem in stems)


def _carried_first(part: Sequence[Token], found: list[tuple[int, Measure]]) -> list[tuple[int, Measure]]:
    """结转到下年答复, 上年结转到本年办理: what is to be done with those carried over does not name the number."""
    if len(found) < 2 or "carried" not in found[-2][1].name or found[-1][1].name not in _DONE:
        return found
    between = part[found[-2][0] + 1 : found[-1][0]]
    plain = all(t.known and t.mark in ("modifier", "function") for t in between)
    return found[:-1] if plain else found
