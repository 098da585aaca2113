"""`nianbao years`: results of one organ on consecutive years held against each other."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from extractor.emit.json import finding_dict, from_dict
from extractor.emit.words import tables_of
from extractor.errors import NianbaoError, UsageError
from extractor.forms.load import load
from extractor.forms.model import Form
from extractor.rules.years import Compared, compare, pairs
from extractor.types import Report

ENDINGS = (".json", ".jsonl")
_MARK = {"error": "✗", "warning": "!"}


class Result(NamedTuple):
    """One report and the file that its result was read from."""

    path: Path
    report: Report


def parser() -> argparse.ArgumentParser:
    """The words of the command."""
    made = argparse.ArgumentParser(
        "nianbao years", allow_abbrev=False,
        description="Hold the results of one organ on consecutive years against each other: what a report carries "
        "in (上年结转) is what the year before carried out (结转下年度); documents in force (现行有效) are last "
        "year's plus those issued less those repealed.",
        epilog="Exit status: 0 compared, contradictions or not; 1 a result could not be read; 2 wrong words",
    )  # fmt: skip
    made.add_argument(
        "files", nargs="+", metavar="RESULT", type=Path,
        help="results of `nianbao extract` (.json, .jsonl), or folders of them",
    )  # fmt: skip
    made.add_argument("--format", choices=("table", "json"), default="table", help="default: table")
    made.add_argument("--forms-dir", metavar="DIR", type=Path, help="other form editions than nianbao's own")
    return made


def command(argv: list[str]) -> int:
    """Run the command; returns its exit status."""
    words = parser().parse_args(argv)
    try:
        forms = load(words.forms_dir)
        paths = list(_expand(words.files))
    except NianbaoError as error:
        sys.stderr.write(f"nianbao years: {error.message}{error.detail} [{error.code}]\n")
        return 2
    results: list[Result] = []
    failed = 0
    for path in paths:
        try:
            results += read(path)
        except NianbaoError as error:
            failed += 1
            sys.stderr.write(f"✗ {path}：{error.message} [{error.code}]\n")
    compared = [(now, before, _held(now, before, forms)) for now, before in _pairs(results)]
    text = _json(compared) if words.format == "json" else _table(compared, len(results))
    sys.stdout.buffer.write(text.encode("utf-8"))
    sys.stdout.buffer.flush()
    return 1 if failed else 0


def _expand(files: Iterable[Path]) -> Iterator[Path]:
    """The files named, and the results in folders named.  Raises UsageError where one is not there."""
    for file in files:
        if file.is_dir():
            yield from sorted(p for p in file.rglob("*") if p.suffix in ENDINGS and p.is_file())
        elif file.is_file():
            yield file
        else:
            raise UsageError(message=f"没有这个文件：{file}")


def read(path: Path) -> list[Result]:
    """The results in one file: a JSON object, or one a line.  Raises UsageError where they are none."""
    try:
        return [Result(path, from_dict(data)) for data in _objects(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{type(error).__name__}", message="不是 nianbao extract 写出的结果（JSON 或 JSON Lines）。"
        ) from error


def _objects(text: str) -> list[Any]:
    try:
        return [json.loads(text)]
    except json.JSONDecodeError:  # more than one object: a line each
        return [json.loads(line) for line in text.splitlines() if line.strip()]


def _pairs(results: Sequence[Result]) -> list[tuple[Result, Result]]:
    return pairs(results, lambda r: r.report.head.organ, lambda r: r.report.head.year)


def _held(now: Result, before: Result, forms: Sequence[Form]) -> Compared:
    return compare(
        tables_of(now.report, forms),
        {f.id: f for f in now.report.fields},
        {f.id: f for f in before.report.fields},
    )


def _json(compared: Sequence[tuple[Result, Result, Compared]]) -> str:
    return json.dumps([_entry(*c) for c in compared], ensure_ascii=False, indent=2) + "\n"


def _entry(now: Result, before: Result, told: Compared) -> dict[str, Any]:
    return {
        "organ": now.report.head.organ, "year": now.report.head.year,
        "result": str(now.path), "last": str(before.path),
        "held": told.held, "findings": [finding_dict(f) for f in told.findings],
    }  # fmt: skip


def _table(compared: Sequence[tuple[Result, Result, Compared]], results: int) -> str:
    lines = []
    for now, before, told in compared:
        head = f"{now.report.head.organ}  {before.report.head.year} → {now.report.head.year}"
        if told.findings:
            lines.append(f"✗ {head}：{len(told.findings)} 处不符，{told.held} 处相符")
            lines += [f"    {_MARK[f.severity]} {f.message}" for f in told.findings]
        else:
            lines.append(f"✓ {head}：{told.held} 处全部相符")
    lines.append(f"{results} 份结果，其中 {len(compared)} 份有上一年度的报告可比。")
    return "\n".join(lines) + "\n"
