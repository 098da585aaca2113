"""How right the figures are: a corpus with known truth is made, read and scored.

    python -m bench.accuracy [--cases DIR] [--n 120] [--seed 11] [--kind digital --kind office] [--jobs N]

Without --cases the corpus is made in a folder that is thrown away (Chromium and LibreOffice are needed for
PDFs; samples/maker/README.md).  With it, DIR/<id>/truth.json and the files that it names are read.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import score
from extractor.commands.jobs import Job
from extractor.commands.output import Folder
from extractor.commands.pool import reports
from extractor.forms.load import load
from extractor.settings import Options
from samples.maker.__main__ import main as maker

KINDS = ("digital", "office", "not_report")


def jobs(cases: Path, kinds: Sequence[str]) -> Iterator[Job]:
    """One job a case, its result named after the case; only kinds asked for, where any is."""
    for path in sorted(cases.glob("*/truth.json")):
        truth = json.loads(path.read_text(encoding="utf-8"))
        if kinds and truth["kind"] not in kinds:
            continue
        files = tuple(str(path.parent / name) for name in truth["files"])
        yield Job(files, path.parent.name, path.parent.name if len(files) > 1 else None)


def extract(cases: Path, out: Path, kinds: Sequence[str], processes: int) -> None:
    """Every case's result as out/<id>.json."""
    sink = Folder(out, "json", load())
    for job, report in reports(list(jobs(cases, kinds)), Options(), processes):
        sink.put(job, report)


def main(argv: list[str] | None = None) -> int:
    """Make, read, score; returns bench.score's exit status."""
    p = argparse.ArgumentParser(prog="python -m bench.accuracy", description=__doc__.partition("\n")[0])
    p.add_argument("--cases", type=Path, help="documents with truth; default: a corpus made for this run")
    p.add_argument("--results", type=Path, help="keep the results here")
    p.add_argument("--n", type=int, default=120)
    p.add_argument("--seed", type=int, default=11)
    p.add_argument("--kind", action="append", help="may be repeated; default digital, office and not_report")
    p.add_argument("--jobs", type=int, default=1)
    a = p.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="nianbao-bench-") as folder:
        cases = a.cases or Path(folder, "cases")
        results = a.results or Path(folder, "results")
        kinds = a.kind or ([] if a.cases else list(KINDS))
        if a.cases is None:
            words = ["corpus", "--out", str(cases), "--n", str(a.n), "--seed", str(a.seed)]
            maker([*words, *(w for kind in kinds for w in ("--kind", kind))])
        extract(cases, results, kinds, a.jobs)
        return score.main([str(cases), str(results), *(w for kind in kinds for w in ("--kind", kind))])


if __name__ == "__main__":
    raise SystemExit(main())
