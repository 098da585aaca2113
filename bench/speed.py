"""What an extraction costs beside the plainest use of the usual library: python -m bench.speed [FILE …]

Warm: CPU time of one document in a process that has read others, against pdfplumber opening the same file and
taking every page's characters; both in one run, in turn, the best of --repeat.  Cold: CPU time of the whole
command against a bare script that does the same with pdfplumber.  Memory: the command's highest resident set.
camelot's lattice mode stands beside them where it is installed.  Exit status 1 where a bar is missed.
"""

from __future__ import annotations

import argparse
import compileall
import logging
import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from time import process_time

from bench.accuracy import jobs
from extractor.inputs.registry import load_source
from extractor.pipeline import extract
from extractor.settings import Options

ROOT = Path(__file__).resolve().parents[1]
#: Bars of the project: ratios to pdfplumber's characters, milliseconds, megabytes.
BARS = {
    "whole / chars": 1.0, "tables / chars": 0.4, "tables / camelot": 0.1, "cold / bare script": 1.2,
    "help ms": 150.0, "peak MB": 300.0,
}  # fmt: skip
BARE = "import sys, pdfplumber\nfor p in pdfplumber.open(sys.argv[1]).pages: p.chars"


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds of one document: everything on, tables alone, pdfplumber's characters, camelot."""

    whole: float
    tables: float
    chars: float
    camelot: float | None


def _chars(path: Path) -> None:
    import pdfplumber

    with pdfplumber.open(path) as pdf:
        for page in pdf.pages:
            assert page.chars is not None


def _camelot(path: Path) -> None:
    from importlib import import_module  # no dependency of the project: measured where it happens to be

    import_module("camelot").read_pdf(str(path), pages="all", flavor="lattice", suppress_stdout=True)


def _has_camelot() -> bool:
    from importlib.util import find_spec

    return find_spec("camelot") is not None


def _best(calls: dict[str, Callable[[], object]], repeat: int) -> dict[str, float]:
    """The least CPU seconds of each call, the calls taking turns so that all see the same machine."""
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(repeat):
        for name, call in calls.items():
            begun = process_time()
            call()
            best[name] = min(best[name], process_time() - begun)
    return best


def cost(path: Path, repeat: int) -> Cost:
    """Warm cost of one PDF; the first round warms and does not count where `repeat` is 2 or more."""
    calls: dict[str, Callable[[], object]] = {
        "whole": lambda: extract(load_source((str(path),), None), Options()),
        "tables": lambda: extract(load_source((str(path),), None), Options(narrative=False)),
        "chars": lambda: _chars(path),
    }
    best = _best(calls, repeat)
    slow = _best({"camelot": lambda: _camelot(path)}, 1)["camelot"] if _has_camelot() else None
    return Cost(best["whole"], best["tables"], best["chars"], slow)


def cpu(command: list[str]) -> float:
    """CPU seconds of a command and all it starts.  Raises CalledProcessError where it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def least(command: list[str], repeat: int) -> float:
    return min(cpu(command) for _ in range(repeat))


def peak(command: list[str]) -> float:
    """Highest resident set, in megabytes, of a command or of any process that it waits for."""
    script = (
        "import resource, subprocess as s, sys; s.run(sys.argv[1:], stdout=s.DEVNULL, check=True); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", script, *command], cwd=ROOT, capture_output=True, check=True)
    return int(done.stdout) / (1024.0 if sys.platform != "darwin" else 1024.0 * 1024.0)


def measure(paths: Iterable[Path], repeat: int) -> dict[str, float]:
    """Every figure of BARS that can be measured here, after a line a document on standard output."""
    print(f"{'document':44s} {'pages':>5s} {'whole':>8s} {'tables':>8s} {'chars':>8s}   ms of CPU, warm")
    costs, files = [], list(paths)
    for path in files:
        one = cost(path, repeat)
        costs.append(one)
        pages = extract(load_source((str(path),), None), Options(narrative=False)).pages
        name = f"{path.parent.name}/{path.name}"[-44:]
        print(f"{name:44s} {pages:5d} {one.whole * 1e3:8.1f} {one.tables * 1e3:8.1f} {one.chars * 1e3:8.1f}")
    middle = statistics.median
    out = {
        "whole / chars": middle(c.whole / c.chars for c in costs),
        "tables / chars": middle(c.tables / c.chars for c in costs),
    }
    if costs[0].camelot is not None:
        out["tables / camelot"] = middle(c.tables / c.camelot for c in costs if c.camelot)
    nianbao = [sys.executable, "-m", "extractor.cli"]
    for package in ("extractor", "models"):  # as an installer leaves a package; the library's is compiled too
        compileall.compile_dir(ROOT / package, quiet=1)
    ratios = []
    for whole_path in (str(f.resolve()) for f in files):
        ours = [*nianbao, "extract", whole_path, "--no-narrative"]
        bare = [sys.executable, "-c", BARE, whole_path]
        turns = [(cpu(ours), cpu(bare)) for _ in range(repeat)]
        ratios.append(min(t[0] for t in turns) / min(t[1] for t in turns))
    first = str(files[0].resolve())
    return out | {
        "cold / bare script": middle(ratios),
        "help ms": least([*nianbao, "--help"], repeat) * 1e3,
        "peak MB": peak([*nianbao, "extract", first]),
    }


def main(argv: list[str] | None = None) -> int:
    """Measure and hold against the bars; returns the exit status."""
    p = argparse.ArgumentParser(prog="python -m bench.speed", description="Cost of an extraction.")
    p.add_argument("files", nargs="*", type=Path, help="born-digital reports (PDF); default: the samples")
    p.add_argument("--repeat", type=int, default=8)
    a = p.parse_args(argv)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    logging.getLogger("pdfminer").setLevel(logging.ERROR)  # a line for every font without a box
    found = [Path(job.paths[0]) for job in jobs(ROOT / "samples", ("digital",))]
    measured = measure(a.files or found, a.repeat)
    missed = 0
    print()
    for name, value in measured.items():
        held = value <= BARS[name]
        missed += not held
        print(f"{'✓' if held else '✗'} {name:20s} {value:8.2f}   at most {BARS[name]:g}")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
