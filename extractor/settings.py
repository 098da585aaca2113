"""Settings of the extraction: limits and switches.  Environment variables NIANBAO_* override defaults.

Kept free of libraries on purpose: the command line reads them before anything else is imported.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

MODELS = Path(os.environ.get("NIANBAO_MODELS") or Path(__file__).resolve().parents[1] / "models")


@dataclass(frozen=True, slots=True)
class Options:
    """What a caller may ask of one extraction."""

    password: str | None = None
    narrative: bool = True
    """False: sections' text and statements are left out (`--no-narrative`)."""
    forms_dir: Path | None = None
    """Another folder of form editions; default models/forms."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what one document may cost; sources in docs/settings.md."""

    max_bytes: int = 200 * 1024 * 1024
    max_pages: int = 400
    """Longest report met: 40 pages; a 2,000-page file is no report."""
    max_render_pixels: int = 60_000_000
    max_objects_per_page: int = 50_000
    max_chars_per_page: int = 60_000
    """A page as long as a whole web report holds about 12,000 characters."""
    max_archive_members: int = 5_000
    max_inflated_bytes: int = 200 * 1024 * 1024
    max_archive_ratio: int = 100
    max_markup_nodes: int = 300_000
    max_span: int = 200
    """Row or column span of one markup cell; the widest statutory table has 15 columns."""


def limits() -> Limits:
    """Limits with NIANBAO_MAX_* of the environment applied."""
    given = {
        name: int(os.environ[f"NIANBAO_{name.upper()}"])
        for name in Limits.__dataclass_fields__
        if f"NIANBAO_{name.upper()}" in os.environ
    }
    return Limits(**given)
