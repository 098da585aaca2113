"""What makes a number in prose something other than a figure of the form, or not surely one.

variants of real reports: changes against last year, other organs, other years, the whole city, one way of
applying, one subject, papers by disclosure, announcements of decisions, other things counted in 件.
"""

from __future__ import annotations

from collections.abc import Sequence

from extractor.language.spans import named, slots
from extractor.language.tagger import Token

_TIMES = ("this", "last", "next", "other")
# Deeds done, as against deeds announced.
_ACTS = ("作出", "做出", "办理", "办结", "实施", "采取", "下达", "决定", "完成", "查处", "查办")


def void(left: Sequence[Token], right: Sequence[Token]) -> bool:
    """The number counts something else, or a change."""
    if any(t.is_a(m) for t in left for m in ("delta", "compare", "negated", "negation")):
        return True
    if not slots(left) and any(t.is_a("negated") or t.is_a("negation") for t in right):
        return True
    if right and right[0].is_a("foreign") and not right[0].roles.families:
        return True
    at = slots(left)
    if not at:
        # Named on the right (3件自然人申请): a noun right before the number could be what it counts, and
        # the name must end the phrase (3件申请延长答复期限 counts extensions).
        if left and (not left[-1].known or left[-1].is_a("foreign")):
            return True
        after = slots(right)
        return bool(after) and any(_strange(t) for t in right[after[-1] + 1 :])
    beyond = [t for t in left[at[-1] + 1 :] if t.text not in "：“”、"]
    if any(
        not t.known
        or t.mark in ("foreign", "qualifier", "publish", "channel", "about", "papers", "remainder")
        for t in beyond
    ):
        return True
    return any(t.is_a("foreign") for t in left[_frame_start(left) :] if not named(t))


def _frame_start(left: Sequence[Token]) -> int:
    """Where the words begin that name the number: the last family, measure or party, whichever is first."""
    kinds = (
        [k for k, t in enumerate(left) if t.roles.families],
        [k for k, t in enumerate(left) if t.roles.measures],
        [k for k, t in enumerate(left) if t.roles.party],
    )
    return min((k[-1] for k in kinds if k), default=0)


def _strange(token: Token) -> bool:
    return not token.known or token.mark in ("foreign", "qualifier")


def narrowed(left: Sequence[Token], right: Sequence[Token]) -> bool:
    """Words of unknown meaning stand right before the name, or on the right: a part, maybe."""
    for k, token in enumerate(left):
        if (
            token.roles.families
            and not token.roles.weak
            and k
            and (_strange(left[k - 1]) or left[k - 1].mark == "about")
        ):
            return True
    at = slots(left)
    return any(_strange(t) for t in right) if not at else at[0] > 0 and _strange(left[at[0] - 1])


def kind_of_answer(left: Sequence[Token]) -> bool:
    """Words not understood before 答复: perhaps one kind of answer (作出信息不存在答复5件)."""
    at = slots(left)
    return any(_strange(t) for t in left[: at[-1]]) if at else False


def about_others(tokens: Sequence[Token], first: int, i: int) -> bool:
    """Between two numbers the sentence has turned to something that the form does not count."""
    return any(
        t.is_a("foreign") and not t.is_a("procedural") and not t.roles.families and not t.roles.measures
        for t in tokens[first:i]
    )


def not_understood(tokens: Sequence[Token], i: int) -> bool:
    """Whether any word before the number at `i` is unknown."""
    return any(not t.known for t in tokens[:i])


def other_doer(
    tokens: Sequence[Token], i: int, left: Sequence[Token], organs: Sequence[tuple[int, int]]
) -> bool:
    """Another organ or another time speaks before the number at `i`."""
    if any(t.is_a("others") and not t.roles.measures for t in left):
        return True
    start = left[0].start if left else tokens[i].start
    if any(start <= s < tokens[i].start for s, _ in organs):
        return True
    time, compared = "", False
    outer: list[str] = []
    for t in tokens[:i]:
        if t.text == "（":
            outer.append(time)
        elif t.text == "）" and outer:
            time = outer.pop()
        if t.mark == "compare":
            # 较上年（151件）增长: the year compared with is left again where the clause ends.
            time, compared = "", True
        elif t.mark in _TIMES and not (compared and t.mark == "last"):
            time = t.mark
        compared = compared and not t.is_stop
    return time in ("last", "next", "other")


def one_share(left: Sequence[Token], applications: bool) -> bool:
    """By one way of applying, or on one subject: a part of what the form counts."""
    ways = [k for k, t in enumerate(left) if t.mark == "channel"] if applications else []
    # Several ways named together (信函、网络等方式, 书面形式及网上) are all of them.
    one = len(ways) == 1 and not any(t.mark == "link" for t in left[max(0, ways[0] - 1) : ways[0] + 2])
    return one or any(t.mark == "about" for t in left)


def wide_scope(tokens: Sequence[Token], i: int) -> bool:
    """The sentence has spoken of the whole city (全市) and not come back to the organ itself."""
    scope = ""
    for t in tokens[:i]:
        if t.mark in ("wide", "own"):
            scope = t.mark
    return scope == "wide"


def papers(tokens: Sequence[Token]) -> bool:
    """The sentence counts papers by how they are disclosed (主动公开16件、不予公开36件)."""
    return any(t.is_a("papers") for t in tokens)


def announced(left: Sequence[Token]) -> bool:
    """公开行政处罚12件: what is counted are announcements."""
    deeds = [t.text for t in left if not t.text.endswith("信息")]  # 公开行政处罚决定信息24件: the information
    return any(t.is_a("publish") for t in left) and not any(a in text for text in deeds for a in _ACTS)
