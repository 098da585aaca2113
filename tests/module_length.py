"""No module is longer than a person reads in one sitting: python -m tests.module_length

Every Python file of the tree counts, tests and scripts too; exit status 1 names those that are too long.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MOST = 400
"""The house's limit, in lines: above it a module has more than one job."""
_NOT_OURS = ("build", "data", "dist", "out")


def modules() -> Iterator[Path]:
    """The tree's Python files: those of every folder that is no tool's and no result's."""
    for folder in sorted(ROOT.iterdir()):
        if folder.is_dir() and not folder.name.startswith(".") and folder.name not in _NOT_OURS:
            yield from sorted(folder.rglob("*.py"))


def too_long() -> list[tuple[Path, int]]:
    """Modules above the limit, with their lines."""
    lengths = ((path, len(path.read_text(encoding="utf-8").splitlines())) for path in modules())
    return [(path, lines) for path, lines in lengths if lines > MOST]


def main() -> int:
    """Print what is too long; returns the exit status."""
    found = too_long()
    for path, lines in found:
        print(f"{path.relative_to(ROOT)}: {lines} lines, {MOST} at most")
    print(f"{len(found)} modules above {MOST} lines" if found else f"no module above {MOST} lines")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
