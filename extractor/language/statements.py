"""What the report's prose says of its tables: statements with evidence, and where the two differ.

Each sentence that holds a quantity or a denial is tagged (tagger.py), read as claims (claims.py, none.py) and
compared with the figures (compare.py).  Sentences without either never reach spaCy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from extractor.forms.model import TableSpec
from extractor.language import company, lexicon, organs
from extractor.language.claim import Claim, Context
from extractor.language.claims import Reader
from extractor.language.compare import Figures, Judge, Verdict
from extractor.language.none import denials
from extractor.language.numerals import COUNT_UNITS, MONEY_UNITS, quantities
from extractor.language.prose import enumerator, plain, relative, sentences
from extractor.language.tagger import Token, tag
from extractor.types import Finding, Head, Number, Section, Statement

_DENIAL = re.compile("[未无没零]|不存在")
_ALL = re.compile("均|全部|皆|都|一律")
_APPLICATIONS = re.compile("信息公开申请|依申请公开")
_FEE = re.compile(r"处理费")
_HEADING_LENGTH = 24


@dataclass(frozen=True, slots=True)
class _Said:
    """One claim with its verdict and the sentence it stands in."""

    section: int
    claim: Claim
    verdict: Verdict
    sentence: str
    order: int


@lru_cache(maxsize=1)
def _names() -> re.Pattern[str]:
    """Any word that names a family, a measure or a party."""
    lex = lexicon.load()
    named = [w for w, r in lex.words.items() if r.families or r.measures or r.party]
    # Of words that contain each other the shorter is enough.
    short = [w for w in named if not any(o != w and o in w for o in named)]
    return re.compile("|".join(map(re.escape, [*short, "结转", "起诉", "下年", "下一年", "其他", "转入"])))


def _worth_reading(text: str) -> bool:
    """Whether a plain sentence can hold a claim: a count or a denial, and a word that names a figure."""
    if not _names().search(text):
        return False
    found = [q for q in quantities(text) if not q.unit or q.unit in COUNT_UNITS or q.unit in MONEY_UNITS]
    return bool(found) or bool(_DENIAL.search(text))


def _between_stops(pieces: Iterable[str]) -> Iterator[list[str]]:
    """Sentences that only semicolons part, together."""
    group: list[str] = []
    for piece in pieces:
        group.append(piece)
        if piece[-1:] not in "；;":
            yield group
            group = []
    if group:
        yield group


class _Teller:
    """Reads the sections of one report."""

    def __init__(self, tables: Sequence[TableSpec], figures: Figures, head: Head) -> None:
        self.lex = lexicon.load()
        self.reader = Reader(self.lex)
        self.judge = Judge(self.lex, figures)
        self.head = head
        self.own = organs.own_pattern(head.organ)
        self.table_sections = {t.section: t.id for t in tables}
        self.said: list[_Said] = []

    def _prepared(self, sentence: str) -> str:
        text = plain(sentence)
        for pattern, by in self.lex.rewrites:
            text = pattern.sub(by, text)
        text = relative(text, self.head.year)
        return self.own.sub("本机关", text) if self.own else text

    def _heading_family(self, text: str) -> str:
        """The family that a sub-heading names ("（二）依申请公开。")."""
        mark = enumerator(text)
        if not mark:
            return ""
        title = re.split(r"[。：\n]", text[len(mark) :], maxsplit=1)[0]
        if not title or len(title) > _HEADING_LENGTH or not _names().search(plain(title)):
            return ""
        found = [f for t in tag(plain(title)) for f in t.roles.families]
        return found[-1] if found else ""

    def section(self, section: Section) -> None:
        """All claims of one section."""
        heading = ""
        section_family = ""
        if section.number in self.table_sections and section.number > 2:
            section_family = self.table_sections[section.number]
        for paragraph in section.text.split("\n"):
            if enumerator(paragraph):
                heading = self._heading_family(paragraph)
            context = Context(heading=heading, section_family=section_family)
            for group in _between_stops(sentences(paragraph)):
                prepared = [(sentence, self._prepared(sentence)) for sentence in group]
                read = [(sentence, text, tag(text)) for sentence, text in prepared if _worth_reading(text)]
                together = [token for _, _, tokens in read for token in tokens]
                context.company = company.of_applications(self.lex, together)
                context.said = []
                for sentence, text, tokens in read:
                    self._sentence(section.number, sentence, text, tokens, context)
                context.mentioned = any(_APPLICATIONS.search(text) for _, text in prepared)

    def _sentence(
        self, number: int, sentence: str, text: str, tokens: Sequence[Token], context: Context
    ) -> None:
        others = organs.other_organs(text, self.head.organ)
        claims = self.reader.claims(tokens, context, others)
        claims += denials(self.reader, tokens, context, others) if _DENIAL.search(text) else []
        agreed: dict[int, bool] = {}
        for index, claim in enumerate(claims):
            verdicts = self.judge.judge(claim)
            agreed[index] = any(v.agrees for v in verdicts)
            for verdict in verdicts:
                if claim.all_of is not None and not verdict.agrees and not agreed.get(claim.all_of):
                    continue
                self.said.append(_Said(number, claim, verdict, sentence, len(self.said)))

    # ------------------------------------------------------------ what comes of it

    def settled(self) -> list[_Said]:
        """Statements to report, each once; a difference that the text itself contradicts is left out."""
        agreeing = {s.verdict.fields for s in self.said if s.verdict.agrees}
        seen: set[tuple[tuple[str, ...], Number, bool]] = set()
        doubted: set[tuple[str, ...]] = set()
        out = []
        for said in self.said:
            v = said.verdict
            key = (v.fields, v.quantity, v.agrees)
            if key in seen or (not v.agrees and (v.fields in agreeing or v.fields in doubted)):
                continue
            seen.add(key)
            if not v.agrees:
                doubted.add(v.fields)
            out.append(said)
        return out


def _statement(said: _Said, page: int | None) -> Statement:
    v = said.verdict
    single = len(v.fields) == 1
    return Statement(
        text=said.sentence, quantity=v.quantity, unit=v.unit, field=v.fields[0] if single else None,
        agrees=v.agrees, fields=() if single else v.fields, printed=v.printed, page=page,
        approximate=said.claim.quantity.approximate,
    )  # fmt: skip


def _finding(said: _Said, page: int | None) -> Finding:
    v = said.verdict
    quote = said.sentence if len(said.sentence) <= 80 else said.sentence[:79] + "…"
    if v.quantity == 0 and said.claim.each:
        rule = "none_contradicted"
        message = f"文字称没有：“{quote}”，表中印为 {v.printed}"
    else:
        rule = "narrative_" + v.fields[0].split(".")[0]
        total = "各项之和" if len(v.fields) > 1 else ""
        message = f"文字称 {v.quantity}{v.unit}：“{quote}”，表中{total}印为 {v.printed}"
    return Finding(rule, "warning", v.fields, message, v.printed, v.quantity, page)


def _fee_findings(
    sections: Iterable[Section], tables: Sequence[TableSpec], figures: Figures
) -> list[Finding]:
    """A processing fee that section six names (元) cannot exceed all fees of table two (万元)."""
    lex = lexicon.load()
    fields = [(f, figures.specs[f].unit) for p in lex.families["fees"].fields for f in figures.matching(p)]
    last = max((t.section for t in tables), default=0)
    out = []
    for section in sections:
        if section.number <= last or not fields:
            continue
        for sentence in sentences(section.text):
            if not _FEE.search(sentence):
                continue
            for q in quantities(relative(plain(sentence), None)):
                value = figures.value(fields[0][0])
                if q.unit not in MONEY_UNITS or value is None:
                    continue
                charged = Decimal(q.value) * MONEY_UNITS[q.unit]
                # An amount in 元 under the 万元 heading is larger by far and passes, as it should.
                if charged > Decimal(value) * MONEY_UNITS.get(fields[0][1], 1):
                    out.append(Finding(
                        "narrative_fee", "warning", (fields[0][0],),
                        f"“{sentence.strip()}”所称费用多于表中全部行政事业性收费 {value}{fields[0][1]}",
                        value, q.value, section.pages[-1] if len(section.pages) == 1 else None,
                    ))  # fmt: skip
    return out


def read_statements(
    sections: Sequence[Section],
    tables: Sequence[TableSpec],
    values: Mapping[str, Number | None],
    *,
    blanks: Mapping[str, str],
    head: Head,
    unsure: frozenset[str] = frozenset(),
) -> tuple[tuple[Section, ...], tuple[Finding, ...]]:
    """The sections with their statements, and a finding for every statement that the tables contradict.

    `values` are the printed figures by field id, `blanks` the state of every field (printed, blank, mark,
    missing, illegible); blank and mark compare as 0, missing and illegible not at all.  `tables` are the
    tables as found, each of its own edition.  Nothing contradicts a figure of `unsure`, which may be another's.
    """
    figures = Figures(tables, values, blanks, unsure)
    teller = _Teller(tables, figures, head)
    pages = {s.number: s.pages[0] if len(s.pages) == 1 else None for s in sections}
    for section in sections:
        teller.section(section)
    settled = teller.settled()
    out = tuple(
        replace(s, statements=tuple(_statement(x, pages[s.number]) for x in settled if x.section == s.number))
        for s in sections
    )
    findings = [_finding(x, pages[x.section]) for x in settled if not x.verdict.agrees]
    return out, tuple(findings + _fee_findings(sections, tables, figures))
