"""Names that people send with files: shown, never used as a path; made harmless and readable here."""

from __future__ import annotations

import unicodedata

MOST = 200
"""Characters kept; the ending stays."""
NAMELESS = "未命名"
_BIDI = {chr(c) for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)}


def clean(name: str, *, folders: bool = False) -> str:
    """The last part of a path (all parts with `folders`), without control and direction marks."""
    name = name.replace("\\", "/")
    parts = [p for p in (_plain(part) for part in name.split("/")) if p not in ("", ".", "..")]
    shown = "/".join(parts) if folders else (parts[-1] if parts else "")
    if len(shown) > MOST:
        stem, dot, ending = shown.rpartition(".")
        shown = f"{stem[: MOST - 11]}…{dot}{ending[:10]}" if dot else shown[: MOST - 1] + "…"
    return shown or NAMELESS


def sent(name: str) -> str:
    """The name of an uploaded file: with its folders where it is a plain relative path, else the last part."""
    parts = name.split("/")
    plain = "\\" not in name and all(p.strip() not in ("", ".", "..") for p in parts)
    return clean(name, folders=plain)


def _plain(part: str) -> str:
    kept = (c for c in part if c not in _BIDI and unicodedata.category(c) not in ("Cc", "Cs", "Co", "Cn"))
    return "".join(kept).strip()


def decode(raw: bytes) -> str:
    """Bytes of a header or an archive as text: UTF-8, else GB 18030, else as they are."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")
