"""Bytes to characters for HTML and text, as Chinese government sites and old editors write them.

What the bytes allow comes before what they are labelled with: text of some length that is valid UTF-8 is
UTF-8 whatever a copied `<meta>` says, while GB 18030 accepts nearly anything and so is tried after it.
GB 2312 and GBK are read as GB 18030, which contains both (as browsers do, WHATWG Encoding).
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from extractor.errors import Damaged

DOUBTFUL = "encoding_doubtful"
"""Doubt on a document some of whose bytes fit no encoding, or whose encoding was guessed."""
_GB = {
    "gb2312",
    "gb231280",
    "gbk",
    "xgbk",
    "gb18030",
    "cp936",
    "ms936",
    "windows936",
    "euccn",
    "hzgb2312",
    "chinese",
}
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TOLERATED = 0.005
"""Share of replaced characters up to which a text counts as of that encoding: a cut or a torn byte here
and there. A wrong encoding replaces far more (GB 18030 bytes read as UTF-8: over 30 %)."""


class Decoded(NamedTuple):
    """The characters, the encoding they were read in, and what is doubtful about that."""

    text: str
    encoding: str
    doubts: tuple[str, ...] = ()


def decode(data: bytes, declared: str | None = None) -> Decoded:
    """The characters of `data`; `declared` is the label that the file carries, if any.

    Raises Damaged where the bytes are text in no encoding.
    """
    for bom, name in _BOMS:
        if data.startswith(bom):
            return _loosely(data, name)
    wide = wide_encoding(data[:65_536])
    if wide:
        return _loosely(data, wide)
    if not data.isascii():
        for name in _candidates(declared):
            found = _strictly(data, name)
            if found is not None:
                return Decoded(found, name)
        return _guess(data, declared)
    return Decoded(data.decode("ascii"), "ascii")


def _candidates(declared: str | None) -> list[str]:
    names = ["utf-8"]
    label = re.sub(r"[^a-z0-9]", "", (declared or "").lower())
    if label in _GB or not label:
        return [*names, "gb18030"]
    known = codec_name(declared or "")
    # Single-byte labels accept every byte: they are what servers put where nobody set a charset.
    if known and known not in names and not re.match(r"iso8859|cp125|ascii|latin", known):
        names.append(known)
    return [*names, "gb18030"]


def codec_name(label: str) -> str | None:
    """Python's name for an encoding label; None where there is no such text encoding."""
    try:
        b"".decode(label.strip())  # refuses codecs that are no text encodings
        return codecs.lookup(label.strip()).name
    except (LookupError, ValueError):
        return None


def _strictly(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except (UnicodeDecodeError, UnicodeError):
        return None


def _loosely(data: bytes, name: str) -> Decoded:
    text = data.decode(name, errors="replace").removeprefix("\ufeff")
    return Decoded(text, name, (DOUBTFUL,) if "\ufffd" in text else ())


def _guess(data: bytes, declared: str | None) -> Decoded:
    """No candidate fits every byte: the one that fits nearly all, else charset-normalizer's guess."""
    tries = [_loosely(data, name) for name in _candidates(declared)]
    best = min(tries, key=lambda d: d.text.count("\ufffd"))
    if best.text.count("\ufffd") <= max(2, _TOLERATED * len(best.text)):
        return best
    import charset_normalizer

    match = charset_normalizer.from_bytes(data, steps=10, chunk_size=1024).best()
    if match is None:
        raise Damaged("无法识别文字编码")
    return Decoded(str(match).removeprefix("\ufeff"), match.encoding, (DOUBTFUL,))


def wide_encoding(head: bytes) -> str | None:
    """UTF-16 without a mark: ASCII's tags, digits and line ends leave zeros on one side.

    The other side has few: of common characters only 一 (U+4E00) and its like end in a zero.
    """
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) * 20 < len(head) or min(even, odd) * 3 > max(even, odd):
        return None
    return "utf-16-be" if even > odd else "utf-16-le"
