"""Text as it is compared: widths folded, spaces and punctuation dropped.

Two strengths.  `fold` keeps what a reader would read (NFKC, no white space); `key` also drops brackets,
points, quotes and dashes, so that "（三）不予公开" and "(三) 不予公开" are one label.
"""

from __future__ import annotations

import re
import unicodedata

HAN = r"[^\W\d_a-zA-Z]"
"""An ideograph, in a regular expression: a letter that is none of the Latin ones.  The range of all ideographs
says the same and takes a millisecond to compile, in every pattern that has it."""

_SPACE = re.compile(r"[\s\u00ad\u200b-\u200f\u2028-\u202f\u2060\ufeff]+")
_NOISE = re.compile(
    r"[\s\u00ad\u200b-\u200f\u2028-\u202f\u2060\ufeff"
    r"()\[\]{}<>〔〕【】《》〈〉「」『』“”‘’\"'`"
    r"、，。．.,:：;；·•…—–―‐‑‒−_~!?／/|\\*＊-]+"
)
# Radicals and look-alikes that fonts and converters put where the plain character belongs; NFKC
# folds the Kangxi block itself, these are of the CJK radicals supplement, which it leaves alone.
_RADICALS = str.maketrans(
    "⺠⻔⻚⻛⻜⻢⻣⻤⻥⻦⻧⻨⻩⻬⻮⻰⻳⺟⻅⻆⻉⻋⻓⻘",
    "民门页风飞马骨鬼鱼鸟卤麦黄齐齿龙龟母见角贝车长青",
)


def fold(text: str) -> str:
    """NFKC without any white space or invisible character."""
    return _SPACE.sub("", unicodedata.normalize("NFKC", text)).translate(_RADICALS)


def key(text: str) -> str:
    """`fold` without punctuation: what labels are compared by.  Digits stay."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).translate(_RADICALS)
