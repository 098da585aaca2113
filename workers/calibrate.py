"""`nianbao calibrate`: the confidence maps refitted on what people settled; changes nothing until told to.

Labels are people's words: settled fields (confirmed or misread; what is wrong in the report itself was read
right), and the random sample of accepted ones, weighted by one over its share.  The documents are read again
in the sandbox by this version, so that evidence and curve belong together.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from extractor.confidence.curve import CURVE, load_curve
from extractor.confidence.evidence import Evidence
from extractor.confidence.refit import LEAST_FIELDS, LEAST_WRONG, Labelled, Quality, Refit, refit, updated
from workers import settings as setting_module
from workers.context import Context
from workers.pages import source_of
from workers.store import audit, reviews
from workers.store.overlay import decode
from workers.store.tables import documents, looks
from workers.store.tables import reviews as review_table

Truth = dict[str, tuple[Any, str, float]]
"""Field to value, state and weight."""


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="nianbao calibrate",
        description="Refit the confidence maps on settled fields; shows before and after, changes nothing by itself.",
    )
    p.add_argument("--data", type=Path, help="data folder (default: that of nianbao serve)")
    p.add_argument("--out", type=Path, help="write the new curve to this file")
    p.add_argument("--report", type=Path, help="write before and after as a page (HTML with diagrams)")
    p.add_argument("--apply", action="store_true", help="put the new curve in force (the old one stays beside it)")
    return p


def truths(c: Connection, document_id: str, share: float) -> Truth:
    """What people said about a document's fields."""
    out: Truth = {}
    sampled = c.execute(
        select(looks.c.field, looks.c.value, looks.c.value_state)
        .where(looks.c.document_id == document_id, looks.c.kind == "sample", looks.c.state == "done")
    )  # fmt: skip
    for row in sampled:
        out[row.field] = (decode(row.value), row.value_state, 1.0 / share if share > 0 else 1.0)
    for word in reviews.newest(c, document_id):
        if word.verdict != "withdrawn":
            weight = out[word.field][2] if word.field in out else 1.0
            out[word.field] = (word.value, word.state, weight)
    return out


def same(value: Any, state: str, truth: tuple[Any, str, float]) -> bool:
    """Whether a reading is what people settled: numbers by their size."""
    if state != truth[1]:
        return False
    if value is None or truth[0] is None:
        return value is None and truth[0] is None
    return Decimal(str(value)) == Decimal(str(truth[0]))


def labelled(context: Context) -> Iterator[Labelled]:
    """Every settled field of every document that can be read again."""
    with context.store.read() as c:
        touched = select(review_table.c.document_id).union(
            select(looks.c.document_id).where(looks.c.state == "done")
        )
        rows = c.execute(
            select(documents.c.id, documents.c.sha256, documents.c.filename)
            .where(documents.c.id.in_(touched), documents.c.state == "done").order_by(documents.c.id)
        ).all()  # fmt: skip
    for row in rows:
        with context.store.read() as c:
            truth = truths(c, row.id, context.settings.sample_share)
        for entry in _evidence(context, row):
            if entry["field"] in truth:
                right = same(entry["value"], entry["state"], truth[entry["field"]])
                item = Evidence(entry["kind"], tuple(entry["x"]))
                yield Labelled(row.id, item, entry["gated"], right, truth[entry["field"]][2])


def _evidence(context: Context, row: Any) -> list[dict[str, Any]]:
    try:
        data = context.blobs.get(row.sha256)
    except FileNotFoundError:
        print(f"{row.filename}: original missing, left out", file=sys.stderr)
        return []
    ended = context.sandbox.call("evidence", source_of(row.filename, row.sha256, data), {})
    if ended.body is None:
        code = ended.failure.code if ended.failure else "interrupted"
        print(f"{row.filename}: {code}, left out", file=sys.stderr)
        return []
    return list(json.loads(ended.body))


def told(found: Mapping[str, Refit], counts: Mapping[str, tuple[int, int]]) -> str:
    """Before and after as a table for a terminal."""
    lines = [f"{'kind':<12}{'fields':>8}{'wrong':>7}{'error':>17}{'brier':>17}{'review load':>19}{'threshold':>11}"]
    for kind, (fields, wrong) in sorted(counts.items()):
        one = found.get(kind)
        if one is None:
            lines.append(
                f"{kind:<12}{fields:>8}{wrong:>7}   kept: needs {LEAST_FIELDS} fields, {LEAST_WRONG} of them wrong"
            )
            continue
        lines.append(
            f"{kind:<12}{fields:>8}{wrong:>7}{one.before.error:>9.4f} →{one.after.error:>6.4f}"
            f"{one.before.loss:>9.4f} →{one.after.loss:>6.4f}{one.load_before:>10.2%} →{one.load_after:>7.2%}"
            f"{one.threshold:>11}"
        )
        lines += [f"    {line}" for line in _diagram(one)]
    return "\n".join(lines)


def _diagram(one: Refit) -> list[str]:
    """The reliability diagram in words: probability said, share right, weight."""
    out: list[str] = []
    for name, q in (("before", one.before), ("after", one.after)):
        told = "  ".join(f"{p:.2f}→{share:.2f} ({weight:.0f})" for p, share, weight in q.bins)
        out.append(f"{name:<7}{told}")
    return out


def page(found: Mapping[str, Refit]) -> str:
    """The diagrams as one HTML page that needs nothing else."""
    parts = [
        "<!doctype html><html lang='zh-CN'><meta charset='utf-8'><title>校准</title>"
        "<h1>校准：之前与之后</h1><p>横轴：给出的把握；纵轴：实际正确的比例；对角线为理想。</p>"
    ]
    for kind, one in found.items():
        parts.append(
            f"<h2>{kind}</h2><p>{one.fields} 个字段，{one.wrong} 个有误；校准误差 {one.before.error:.4f} → "
            f"{one.after.error:.4f}；同一风险（{one.risk:.4%}）下的核对量 {one.load_before:.2%} → {one.load_after:.2%}</p>"
            + _plot(one.before, "之前") + _plot(one.after, "之后")
        )  # fmt: skip
    return "\n".join(parts) + "</html>\n"


def _plot(q: Quality, name: str) -> str:
    dots = "".join(
        f"<circle cx='{20 + 200 * p:.1f}' cy='{220 - 200 * share:.1f}' r='{2 + min(8.0, weight**0.25):.1f}' fill='#1d4e89'/>"
        for p, share, weight in q.bins
    )
    return (
        f"<svg width='240' height='240' role='img' aria-label='{name}'><path d='M20 220H220M20 220V20M20 220L220 20' "
        f"stroke='#999' fill='none'/>{dots}<text x='24' y='32'>{name}</text></svg>"
    )


def command(argv: Sequence[str]) -> int:
    """0 where a new curve could be fitted, 1 where there is too little to go by."""
    args = parser().parse_args(list(argv))
    given = setting_module.read(**({"data": args.data.absolute()} if args.data else {}))
    context = Context(given)
    try:
        return _run(context, args)
    finally:
        context.close()


def _run(context: Context, args: argparse.Namespace) -> int:
    items = list(labelled(context))
    counts: dict[str, tuple[int, int]] = {}
    for one in items:
        fields, wrong = counts.get(one.item.kind, (0, 0))
        counts[one.item.kind] = (fields + 1, wrong + (not one.right))
    found = refit(load_curve(), items)
    print(told(found, counts))
    if not found:
        print("Too little to go by: nothing is fitted, nothing changes.", file=sys.stderr)
        return 1
    if args.report:
        args.report.write_text(page(found), encoding="utf-8")
    old = CURVE.read_text(encoding="utf-8")
    new = json.dumps(updated(json.loads(old), found), indent=1, ensure_ascii=False) + "\n"
    if args.out:
        args.out.write_text(new, encoding="utf-8")
    if args.apply:
        CURVE.with_suffix(".before.json").write_text(old, encoding="utf-8")
        CURVE.write_text(new, encoding="utf-8")
        with context.store.write() as c:
            after = {k: {"fields": r.fields, "threshold": r.threshold} for k, r in found.items()}
            audit.record(context.store, c, audit.SYSTEM, "calibrate", str(CURVE.name), None, after)
        print("The new curve is in force for documents read from now on.")
    else:
        print("Nothing changed; --apply puts it in force.")
    return 0
