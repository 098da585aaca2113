"""Sentences to claims: which figure of the form a quantity in prose restates.

A claim is a frame: family, measure, party (models/lexicon/statements.toml) and how far it can be trusted.
The words left of a number, back to the number or clause before it, name the frame; the words right of it
(12件申请结转下年) fill what is missing; what the sentence has said before fills the rest.  What stands
between the name and the number and is not known to leave the meaning alone makes the frame doubtful or void:
only what is understood is claimed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from extractor.language import company, doubts
from extractor.language.claim import Claim, Context, Trust
from extractor.language.lexicon import Measure
from extractor.language.lines import CUT
from extractor.language.names import Names
from extractor.language.numerals import Quantity
from extractor.language.spans import (
    in_brackets,
    left_of,
    numbers_from,
    plain_other,
    right_of,
    slots,
)
from extractor.language.tagger import Token


@dataclass(slots=True)
class _Scan:
    """State within one sentence."""

    tokens: Sequence[Token]
    claims: list[Claim]
    blocked: bool = False
    """The last number was another organ's or another year's, and so are those that follow it."""
    published: bool = False
    """The last number counted announcements."""
    strange: bool = False
    """The last number counted something that the form does not."""


class Reader(Names):
    """Reads sentences into claims; years in them are relative already (prose.relative)."""

    # ------------------------------------------------------------ sentences

    def claims(
        self, tokens: Sequence[Token], context: Context, organs: Sequence[tuple[int, int]] = ()
    ) -> list[Claim]:
        """Every claim of one sentence, in order; `context` moves on.

        `organs` are the places where other organs are named.
        """
        scan = _Scan(tokens, [])
        for i, token in enumerate(tokens):
            if token.quantity is not None:
                self._read(scan, i, context, organs)
        self._all_clauses(scan)
        return scan.claims

    def _read(self, scan: _Scan, i: int, context: Context, organs: Sequence[tuple[int, int]]) -> None:
        left = left_of(scan.tokens, i)
        right = company.what_follows(scan.tokens, i, left, right_of(scan.tokens, i))
        if any(t.text == CUT for t in left):
            return
        if doubts.other_doer(scan.tokens, i, left, organs):
            scan.blocked = scan.blocked or (bool(slots(left)) and not in_brackets(scan.tokens, i))
            return
        if scan.blocked and not any(t.mark in ("this", "own") for t in left):
            return
        scan.blocked = False
        if self._listed(scan, i, left, context):
            return
        number = scan.tokens[i].quantity
        assert number is not None
        claim = company.sum_of_two(self.lex, scan.claims, number, scan.tokens[i].start, left) or self._frame(
            scan, i, left, right, context
        )
        own = any(t.roles.families for t in (*left, *right))
        listed = bool(left) and (left[0].mark == "link" or left[0].text == "、") and not any(t.roles.measures for t in left)
        void = doubts.void(left, right)
        first = any(t.is_a("publish") for t in left) and (claim is None or void)
        scan.published = first or (listed and scan.published)
        if listed and scan.published:
            # 公开决定书613份、行政处罚决定书713份: of one list, announced like its first.
            return
        if void:
            # 收到留言12条，办结12条: what follows is about the same other thing.
            scan.strange = scan.strange or (bool(slots(left)) and not own)
            return
        if claim is None or (scan.strange and not own):
            return
        outcome = all(self.lex.measures[m].outcome for m in claim.measures)
        if not own and not outcome and doubts.about_others(scan.tokens, self._after_last(scan), i):
            return
        if "applications" in claim.families and any(t.is_a("passive") for t in left):
            # 不服答复…的3件: what came of an application is not one.
            return
        scan.strange = False
        for one in self._each_of(claim, left):
            self._take(scan, self._doubted(scan, i, left, right, one), context)

    def _each_of(self, claim: Claim, left: Sequence[Token]) -> list[Claim]:
        """行政复议、行政诉讼均为0件: the number is said of each family, not of their sum."""
        near = [t for t in left[-3:] if t.mark in ("all", "each")]
        if len(claim.families) < 2 or not near:
            return [claim]
        return [replace(claim, families=(f,)) for f in claim.families]

    def _after_last(self, scan: _Scan) -> int:
        """Index of the first token after the last claim's number."""
        last = scan.claims[-1].start if scan.claims else -1
        return next((k for k, t in enumerate(scan.tokens) if t.start > last), 0) if scan.claims else 0

    def _take(self, scan: _Scan, claim: Claim, context: Context) -> None:
        scan.claims.append(claim)
        context.said += claim.measures
        context.family = claim.families[-1]
        flow = ("received", "received_new", "accepted")
        if not claim.parties:
            context.counted = claim.measures if claim.measures[0] in flow and claim.trust == "sure" else ()
        if claim.trust != "chance" and self.lex.families[context.family].anchored:
            context.anchored = True

    def _doubted(
        self, scan: _Scan, i: int, left: Sequence[Token], right: Sequence[Token], claim: Claim
    ) -> Claim:
        """The claim with its trust lowered by what stands around it."""
        if any(t.text == CUT for t in scan.tokens):
            claim = claim.less("weak")
        if doubts.wide_scope(scan.tokens, i):
            claim = claim.less("chance")
        remedy = "total" in self.measures_of(claim.families[-1])
        if not remedy and (
            doubts.one_share(left, claim.families == ("applications",)) or doubts.narrowed(left, right)
        ):
            claim = claim.less("chance")
        if "processed_total" in claim.measures:
            listed = any(self.lex.measures[m].outcome for c in scan.claims for m in c.measures)
            if listed or doubts.kind_of_answer(left):
                claim = claim.less("chance")
        outcome = all(self.lex.measures[m].outcome for m in claim.measures)
        if (
            not outcome
            and not any(t.roles.families for t in scan.tokens[:i])
            and doubts.not_understood(scan.tokens, i)
        ):
            claim = claim.less("weak")
        at = slots(left)
        if company.of_answered(scan.claims, claim, left):
            claim = claim.less("weak")
        if self._one_of_several(scan.tokens, i, claim, left, right):
            claim = claim.less("chance")
        after = left[at[-1] + 1 :] if at else []
        if any(t.mark in ("modifier", "passive") and t.text not in self.lex.anchors for t in after):
            claim = claim.less("weak")
        if any(t.roles.soft & set(claim.measures) for t in left):
            claim = claim.less("weak")
        return claim

    def _one_of_several(
        self, tokens: Sequence[Token], i: int, claim: Claim, left: Sequence[Token], right: Sequence[Token]
    ) -> bool:
        """其中申请8件 counts some of them; a number with no verb counts all only where its noun is plain."""
        if (
            claim.measures[-1] not in ("received", "accepted", "tended", "submitted", "counted")
            or claim.parties
        ):
            return False
        if any(t.is_a("of") for t in left):
            # 全市收到5613件，其中我局收到186件: the organ's own are all of its own.
            own = any(t.mark == "own" and not t.is_a("share") for t in left)
            return not (own and doubts.wide_scope(tokens, i - len(left)))
        if claim.measures != ("counted",):
            return False
        near = left if slots(left) else right[:1]
        # 全年5件申请中，自然人4件: all of them, parted in what follows.
        whole = any(t.mark in ("this", "sum") for t in left) and not any(t.is_a("rest") for t in left)
        among = whole and near is not left and [t.text for t in right[1:]] == ["中"]
        plain = among or any(t.roles.families and not t.roles.weak for t in near)
        return not plain or any(t.roles.measures or t.mark in ("channel", "about", "passive") for t in right)

    def _frame(
        self, scan: _Scan, i: int, left: list[Token], right: list[Token], context: Context
    ) -> Claim | None:
        """Family, measure and party of the number at `i`, or None."""
        quantity, start = scan.tokens[i].quantity, scan.tokens[i].start
        assert quantity is not None
        families = self.families_in(left) or self.families_in(right)
        measures, after = self.measures_in(left, families), self.measures_in(right, families)
        if not measures or (after and all(m.sure for m in after) and not any(m.sure for m in measures)):
            measures = after
        parties = self.parties_in(left) or self.parties_in(right)
        before = scan.claims[-1] if scan.claims else None
        if not measures and not parties and not families and plain_other(left):
            remedy = before is not None and "total" in self.measures_of(before.families[-1])
            return company.rest_of_list(self.lex, scan.claims, quantity, start, remedy)
        if parties and not measures:
            return self._party(before, families, parties, quantity, start, context)
        trust: Trust = "sure"
        if not families:
            families, trust = self._implied(measures, scan, i, context)
        if not families or not self._units_fit(families, quantity):
            return None
        measures = measures or self._default(families) or self._same_as(before, families, scan.tokens, left)
        if not measures:
            return None
        measures = company.bare_carried(self.lex, measures, scan.tokens, left, context.said)
        measures = company.remaining(self.lex, measures, before)
        if any(self.lex.families[f].deeds for f in families) and doubts.announced(left):
            trust = "weak"  # 公示行政许可决定24件: perhaps all of them, perhaps what was put on a page
        if set(parties) & {n for t in (*left, *right) for n in t.roles.soft}:
            trust = "weak"
        vague = all(m.outcome or m.name in ("tended", "counted") for m in measures)
        if vague and families == ["applications"] and doubts.papers(scan.tokens):
            return None
        carried = "received+carried_in" in measures[0].alternatives
        carried = carried and company.counts_carried(scan.tokens, i)
        claim = Claim(
            tuple(families), tuple(m.name for m in measures), parties, quantity, trust, start, carried
        )
        if (quantity.unit == "" and quantity.value) or not (carried or all(m.sure for m in measures)):
            claim = claim.less("weak")
        return claim if self.anchored(families, scan.tokens, i, left, context) else claim.less("chance")

    def _party(
        self, before: Claim | None, families: Sequence[str], parties: tuple[str, ...], quantity: Quantity,
        start: int, context: Context,
    ) -> Claim | None:  # fmt: skip
        """自然人12件: of what the sentence counted before."""
        if not self._units_fit(["applications"], quantity):
            return None
        if before is not None and before.families == ("applications",):
            return replace(before, parties=parties, quantity=quantity, start=start)
        if before is None and context.family == "applications":
            # 收到申请46件。从申请主体看，自然人38件: of what the sentence before counted.
            counted = context.counted or ("received",)
            return Claim(("applications",), counted, parties, quantity, "sure" if context.counted else "weak", start)
        if list(families) == ["applications"]:
            return Claim(("applications",), ("tended",), parties, quantity, "weak", start)
        return None

    def _implied(
        self, measures: Sequence[Measure], scan: _Scan, i: int, context: Context
    ) -> tuple[list[str], Trust]:
        """The family that a bare verb or result belongs to."""
        if not measures:
            return [], "weak"
        possible = set.intersection(*(set(m.families) for m in measures))
        last = [f for c in scan.claims[-1:] for f in c.families if f in possible]
        if last:
            return last, "sure"
        said = [f for t in scan.tokens[:i] for f in t.roles.families if f in possible]
        if said:
            return [said[-1]], "sure"
        if possible == {"applications"}:
            return ["applications"], "sure" if context.on_request else "weak"
        known = context.family in possible
        return ([context.family], "weak") if known else ([], "weak")

    def _default(self, families: Sequence[str]) -> list[Measure]:
        """The measure of a family whose name says it all."""
        total = self.lex.measures["total"]
        if all("{measure}" not in p for f in families for p in self.lex.families[f].fields):
            return [next((m for m in self.lex.measures.values() if families[0] in m.families), total)]
        if all(f in total.families for f in families):
            return [total]
        return [self.lex.measures["counted"]] if list(families) == ["applications"] else []

    def _same_as(
        self, before: Claim | None, families: Sequence[str], tokens: Sequence[Token], left: Sequence[Token]
    ) -> list[Measure]:
        """现行有效的规章47件、行政规范性文件215件: the measure of the number that 、 joins it to."""
        at = next((k for k, t in enumerate(tokens) if left and t is left[0]), 0)
        bare = bool(left) and all(t.roles.families or t.mark == "link" for t in left)
        joined = bare or (bool(left) and (left[0].mark == "link" or tokens[at - 1].mark == "link"))
        if before is None or not joined:
            return []
        measures = [self.lex.measures[m] for m in before.measures]
        return measures if all(f in m.families for f in families for m in measures) else []

    def _units_fit(self, families: Sequence[str], quantity: Quantity) -> bool:
        for family in (self.lex.families[name] for name in families):
            if quantity.unit not in family.units and (quantity.unit or family.money):
                return False
        return True

    def anchored(
        self,
        families: Sequence[str],
        tokens: Sequence[Token],
        i: int,
        left: Sequence[Token],
        context: Context,
    ) -> bool:
        """Remedies count only where they are about the form's own subject.

        An office that decides reconsiderations counts many more: 办理行政复议56件 is none of the form's
        unless something says so.
        """
        if not any(self.lex.families[f].anchored for f in families):
            return True
        if any(self._decides_on_others(tokens, k, context) for k in range(i)):
            return False
        if context.anchored or context.section_family == "remedies":
            return True
        # What is said after the number's own clause may be of a part (行政应诉12件，其中信息公开类2件).
        end = next(
            (k for k in range(i, len(tokens)) if tokens[k].is_stop or tokens[k].text == "（"), len(tokens)
        )
        if any(a in t.text for t in tokens[:end] for a in self.lex.anchors):
            return True
        return context.on_request and any(t.is_a("passive") for t in left)

    def _decides_on_others(self, tokens: Sequence[Token], k: int, context: Context) -> bool:
        """Whether the word at `k` says that the organ decides; in 复议机关维持3件 another decides on its own."""
        after = tokens[k + 1].roles.measures if k + 1 < len(tokens) else ()
        own = context.anchored and any(self.lex.measures[m].outcome for m in after)
        return tokens[k].is_a("authority") and not own

    def _listed(self, scan: _Scan, i: int, left: list[Token], context: Context) -> bool:
        """自然人、法人分别为10件、2件: the k-th number belongs to the k-th name.  True if it was such."""
        numbers = numbers_from(scan.tokens, i)
        if len(numbers) < 2 or not any(t.mark == "each" for t in left):
            return False
        for names in (
            [k for k, t in enumerate(left) if t.roles.party],
            [k for k, t in enumerate(left) if t.roles.measures],
            [k for k, t in enumerate(left) if t.roles.families and not t.roles.weak],
        ):
            if len(names) != len(numbers):
                continue
            rest = [t for k, t in enumerate(left) if k not in names and t.mark not in ("each", "link")]
            rest = [t for t in rest if t.text != "、"]
            for name, number in zip(names, numbers, strict=True):
                part = [*rest, left[name]]
                claim = self._frame(scan, number, part, [], context)
                if claim is not None and not doubts.void(part, []):
                    self._take(scan, self._doubted(scan, number, part, [], claim), context)
            return True
        return False

    # ------------------------------------------------------------ all of them

    def _all_clauses(self, scan: _Scan) -> None:
        """行政复议3件，均结果维持: the number again, for one result."""
        tokens = scan.tokens
        for at, token in enumerate(tokens):
            if token.mark != "all":
                continue
            end = next((k for k in range(at, len(tokens)) if tokens[k].is_stop), len(tokens))
            clause = tokens[at + 1 : end]
            numbers = [t.start for t in tokens if t.quantity is not None and t.start < token.start]
            index = next((k for k, c in enumerate(scan.claims) if numbers and c.start == numbers[-1]), None)
            if index is None or any(t.quantity is not None or t.mark == "negation" for t in clause):
                continue
            base = scan.claims[index]
            parties = tuple(t.roles.party for t in clause if t.roles.party)
            results = [m.name for m in self.measures_in(clause, base.families) if m.outcome]
            told = replace(base, start=token.start, all_of=index)
            if len(parties) == 1 and base.families == ("applications",) and not base.parties:
                scan.claims.append(replace(told, parties=parties))
            elif len(results) == 1 and results[0] not in base.measures:
                told = replace(told, measures=(results[0],))
                scan.claims.append(told.less("weak") if base.families == ("applications",) else told)
