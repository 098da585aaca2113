"""Keeps a parent process warm: what its children had to import, it imports before the next fork.

Names come from a child, so only packages on the list are taken.  A module of the extractor that has
caches to fill offers `warm()`; it is called once, in the parent, after the import.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterable

PACKAGES = frozenset(
    [
        "extractor",
        "encodings",
        "pypdfium2",
        "pypdfium2_raw",
        "pdfplumber",
        "pdfminer",
        "lxml",
        "docx",
        "spacy",
        "thinc",
        "jieba",
        "rapidfuzz",
        "numpy",
        "cv2",
        "onnxruntime",
        "PIL",
        "charset_normalizer",
        "cn2an",
        "rapidocr",
        "pyclipper",
        "shapely",
        "html",
        "zipfile",
        "xml",
        "json",
        "unicodedata",
        "decimal",
    ]
)
_warmed: set[str] = set()


def single_thread() -> None:
    """Recognisers and linear algebra with one thread each: a forked child has no others."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def learn(names: Iterable[object]) -> int:
    """Import what a child imported; returns how many modules came."""
    new = 0
    for name in names:
        if not isinstance(name, str) or name in sys.modules or name.partition(".")[0] not in PACKAGES:
            continue
        try:
            importlib.import_module(name)
        except ImportError:  # a name that only exists inside a child's run: nothing to keep warm
            continue
        new += 1
    for name, module in [(n, m) for n, m in sys.modules.items() if n.startswith("extractor.")]:
        if name in _warmed or name == __name__:
            continue
        _warmed.add(name)
        fill = getattr(module, "warm", None)
        if callable(fill):
            fill()
    return new
