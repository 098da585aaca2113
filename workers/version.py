"""The extractor version that a result is filed under: the package's, and a fingerprint of models/.

A changed form, curve or weight is another extractor: the same bytes are then read anew when uploaded again.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version

from extractor.settings import MODELS
from workers.settings import settings


@lru_cache(maxsize=1)
def extractor_version() -> str:
    """For example 0.1.0+3f2a9c1d."""
    given = settings().extractor_version
    if given:
        return given
    try:
        package = version("nianbao")
    except PackageNotFoundError:
        package = "0"
    told = hashlib.sha256()
    for path in sorted(p for p in MODELS.rglob("*") if p.is_file() and p.suffix not in (".md", ".py")):
        told.update(f"{path.relative_to(MODELS)}\n{path.stat().st_size}\n".encode())
        told.update(hashlib.sha256(path.read_bytes()).digest())
    return f"{package}+{told.hexdigest()[:8]}"
