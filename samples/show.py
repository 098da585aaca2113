"""The main job over the samples, for a person to look at: every report as a table, then a line a sample.

    python -m samples.show [NAME…]

Each folder of samples/ with a truth.json is one document (several files are its pages).  The lines at the end
hold the result against that truth; the exit status is 1 where a figure is wrong and nobody is asked to look,
where a document that is no report is taken for one, and where a report is refused.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from bench.score import Metrics, measure
from extractor.commands.jobs import Job
from extractor.commands.output import Stream
from extractor.commands.pool import reports
from extractor.emit.json import to_dict
from extractor.forms.load import load
from extractor.inputs.text_tables import width
from extractor.settings import Options
from extractor.types import Report

FOLDER = Path(__file__).parent
_RULE = 100
"""Columns of the line between two reports: as wide as a table that goes to a pipe."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One sample's outcome: what the result is worth against the truth, and the seconds it took."""

    name: str
    report: Report
    score: Metrics
    seconds: float


def samples(names: Sequence[str] = (), folder: Path = FOLDER) -> Iterator[tuple[str, dict[str, Any], Job]]:
    """Name, truth and job of every sample, or of those named.  Raises FileNotFoundError for an unknown."""
    wanted = names or sorted(path.parent.name for path in folder.glob("*/truth.json"))
    for name in wanted:
        truth = json.loads((folder / name / "truth.json").read_text(encoding="utf-8"))
        paths = tuple(str(folder / name / file) for file in truth["files"])
        yield name, truth, Job(paths, name, name if len(paths) > 1 else None)


def show(names: Sequence[str] = (), folder: Path = FOLDER) -> list[Shown]:
    """Read the samples one after another, each drawn on standard output as soon as it is read."""
    screen = Stream("table", load(), several=True)
    out = []
    for name, truth, job in samples(names, folder):
        print(f"── samples/{name} {'─' * max(0, _RULE - width(name) - 12)}", flush=True)
        begun = perf_counter()
        ((_, report),) = reports([job], Options(), 1)
        seconds = perf_counter() - begun
        screen.put(job, report)
        print(flush=True)
        out.append(Shown(name, report, measure({**truth, "id": name}, to_dict(report)), seconds))
    return out


def passes(shown: Shown) -> bool:
    """Nothing is silently wrong: no figure, no report refused, no other document accepted."""
    counts = shown.score.counts
    return not counts.get("silent") and not counts.get("false_accepts") and bool(counts.get("form_right"))


def line(shown: Shown, names: int) -> str:
    """The summary of one sample; `names` is the width of the widest name."""
    counts, head, error = shown.score.counts, shown.report.head, shown.report.error
    mark = "✓" if passes(shown) else "✗"
    start = f"{mark} {shown.name:{names}s} {shown.seconds:6.2f} s "
    if error is not None:
        return f"{start} {error.code}: {error.message}"
    exact = f"{counts.get('exact', 0)}/{counts.get('fields', 0)} exact"
    doubt = f"{counts.get('review', 0)} to review, {counts.get('silent', 0)} silently wrong"
    findings = sum(f.severity != "info" for f in shown.report.findings)
    about = f"form {shown.report.form}, {head.year or '?'}, {head.organ or '?'}"
    return f"{start} {exact}, {doubt}, {findings} findings; {about}"


def main(argv: Sequence[str] | None = None) -> int:
    """Show the samples named, or all; returns the exit status."""
    shown = show(sys.argv[1:] if argv is None else argv)
    names = max((len(s.name) for s in shown), default=0)
    print("── summary ".ljust(_RULE, "─"))
    for one in shown:
        print(line(one, names))
    return 0 if all(map(passes, shown)) else 1


if __name__ == "__main__":
    sys.exit(main())
