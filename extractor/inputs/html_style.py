"""What a browser would not show: elements hidden by attribute, by their own style, or by a style sheet.

Of style sheets only what hides a whole element is read: rules whose selector is one compound of tag,
id and classes (`.print-only`, `td#x.y`).  Rules under @media other than `screen` and `all` are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Shown = Literal["yes", "gone", "unseen", "table", "tr", "td"]
"""`gone`: takes no part in the layout (display: none); `unseen`: keeps its place, but shows nothing; the others
show, laid out as that element of a table is (display: table-row)."""
_AS_TABLE: dict[str, Shown] = {
    "none": "gone", "table": "table", "inline-table": "table", "table-row": "tr", "table-cell": "td",
}  # fmt: skip

NEVER_SHOWN = frozenset(re.findall(
    r"[\w-]+",
    "script style template noscript head title meta link iframe object embed applet canvas svg audio "
    "video map datalist rp frameset noframes xml base area param source track select optgroup button "
    "math",
))  # fmt: skip
_COMMENT = re.compile(r"/\*.*?\*/|<!--|-->", re.S)
_COMPOUND = re.compile(r"(?P<tag>[a-zA-Z][\w-]*|\*)?(?P<rest>(?:[.#][\w-]+)*)\Z")
_PART = re.compile(r"([.#])([\w-]+)")
_DISPLAY = re.compile(r"(?:^|;)\s*display\s*:\s*([\w-]+)", re.I)
_VISIBILITY = re.compile(r"(?:^|;)\s*visibility\s*:\s*(\w+)", re.I)
_HIDE = re.compile(r"(?:^|;)\s*mso-hide\s*:\s*all", re.I)
_MAX_RULES = 5_000
"""A government site's inline style sheets hold some hundred rules; more are not worth the time."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`selector` {display or visibility: value}, with the selector's specificity."""

    tag: str
    ids: frozenset[str]
    classes: frozenset[str]
    shown: Shown

    @property
    def weight(self) -> tuple[int, int, int]:
        return len(self.ids), len(self.classes), int(bool(self.tag))

    def fits(self, tag: str, ident: str, classes: frozenset[str]) -> bool:
        return (
            (not self.tag or self.tag == tag)
            and (not self.ids or self.ids == {ident})
            and self.classes <= classes
        )


class Rules:
    """A page's rules, found by what an element is called; in the order of the sheets."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self._by_name: dict[str, list[tuple[int, Rule]]] = {}
        for order, rule in enumerate(rules):
            name = next(iter(sorted(f"#{i}" for i in rule.ids)), None) or next(
                iter(sorted(f".{c}" for c in rule.classes)), rule.tag
            )
            self._by_name.setdefault(name, []).append((order, rule))

    def shown(self, tag: str, ident: str, classes: frozenset[str]) -> Shown | None:
        """What the strongest fitting rule says, the later one of equals; None where none fits."""
        if not self._by_name:
            return None
        names = (tag, f"#{ident}", *(f".{c}" for c in classes))
        fitting = (
            (rule.weight, order, rule.shown)
            for name in names
            for order, rule in self._by_name.get(name, ())
            if rule.fits(tag, ident, classes)
        )
        best = max(fitting, default=None)
        return best[2] if best else None


def rules_of(sheets: Iterable[str]) -> Rules:
    """The rules that show or hide elements, of all sheets."""
    out: list[Rule] = []
    for sheet in sheets:
        for selectors, body in _flat(_COMMENT.sub(" ", sheet)):
            shown = _declared(body)
            if shown is None:
                continue
            out += [rule for s in selectors.split(",") if (rule := _rule(s.strip(), shown))]
            if len(out) > _MAX_RULES:
                return Rules(out)
    return Rules(out if any(rule.shown != "yes" for rule in out) else ())


def _flat(sheet: str) -> Iterable[tuple[str, str]]:
    """(selectors, declarations) of a sheet, @media blocks for screens opened, other @ blocks skipped."""
    at = 0
    skipped_until_depth: list[bool] = []
    for match in re.finditer(r"[{}]", sheet):
        head, at = sheet[at : match.start()].strip(), match.end()
        if match.group() == "{":
            head = head.rpartition(";")[2].strip()
            if head.startswith("@"):
                skipped_until_depth.append(
                    not re.match(r"@media\b[^{]*\b(?:screen|all)\b(?![^{]*-width)", head)
                )
            else:
                end = sheet.find("}", at)
                if end > 0 and not any(skipped_until_depth):
                    yield head, sheet[at:end]
                skipped_until_depth.append(False)
        elif skipped_until_depth:
            skipped_until_depth.pop()


def _rule(selector: str, shown: Shown) -> Rule | None:
    match = _COMPOUND.match(selector)
    if not match or not selector:
        return None
    parts = _PART.findall(match["rest"])
    tag = (match["tag"] or "").lower().strip("*")
    ids = frozenset(name for mark, name in parts if mark == "#")
    classes = frozenset(name for mark, name in parts if mark == ".")
    return Rule(tag, ids, classes, shown) if tag or ids or classes else None


def _declared(style: str) -> Shown | None:
    """What declarations say about showing; None where they say nothing."""
    display = _DISPLAY.findall(style)
    if display:
        return _AS_TABLE.get(display[-1].lower(), "yes")
    if _HIDE.search(style):
        return "gone"
    visibility = _VISIBILITY.findall(style)
    if visibility:
        return "unseen" if visibility[-1].lower() in ("hidden", "collapse") else "yes"
    return None


def shown(element: Any, tag: str, rules: Rules) -> Shown:
    """Whether an element shows, by its kind, attributes, style and the page's rules."""
    if tag in NEVER_SHOWN or tag.startswith(("w:", "m:", "st1:")):
        return "gone"
    if tag == "input" and (element.get("type") or "text").lower() not in ("text", "number"):
        return "gone"
    own = _declared(element.get("style") or "")
    if own is not None:
        return own
    if element.get("hidden") is not None:
        return "gone"
    classes = frozenset((element.get("class") or "").split())
    return rules.shown(tag, element.get("id") or "", classes) or "yes"
