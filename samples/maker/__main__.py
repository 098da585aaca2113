"""python -m samples.maker: make a corpus, or the committed samples."""

from __future__ import annotations

import argparse
import itertools
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from . import committed, plan, produce, traits


def _parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="python -m samples.maker", description="Annual reports with known truth, made to measure."
    )
    p.add_argument("--list-traits", action="store_true", help="print every trait and stop")
    sub = p.add_subparsers(dest="what")
    c = sub.add_parser("corpus", help="N documents into DIR/<id>/")
    c.add_argument("--out", type=Path, required=True)
    c.add_argument("--n", type=int, default=20)
    c.add_argument("--seed", type=int, default=1)
    c.add_argument("--kind", action="append", choices=[*plan.ROUTES], help="may be repeated; default digital")
    c.add_argument("--trait", action="append", default=[], help="every document has this trait")
    c.add_argument("--density", type=float, default=1.0, help="how many further traits (0: none)")
    c.add_argument("--jobs", type=int, default=1, help="documents made side by side (default 1)")
    c.add_argument("--pool", choices=("dev", "held"), help="the pool of wording (default: both)")
    s = sub.add_parser("samples", help="make the committed samples again")
    s.add_argument("--out", type=Path, default=committed.FOLDER)
    scans = sub.add_parser("scans", help="make the committed samples that are pictures again")
    scans.add_argument("--out", type=Path, default=committed.FOLDER)
    return p


def _share(a: argparse.Namespace, job: int) -> None:
    """One process's share of a corpus: every `jobs`-th document."""
    wanted = plan.corpus(a.n, a.seed, a.kind or ["digital"], frozenset(a.trait), a.density, a.pool)
    for made in produce.make_all(itertools.islice(wanted, job, None, a.jobs)):
        produce.write(made, a.out / str(made.truth["id"]))


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    p = _parser()
    a = p.parse_args(argv)
    if a.list_traits:
        for t in traits.ALL:
            print(f"{t.name:24s} {','.join(t.routes):36s} {t.text}")
        return 0
    if a.what == "corpus":
        try:
            traits.check(frozenset(a.trait))
        except ValueError as e:
            print(e, file=sys.stderr)
            return 2
        with ProcessPoolExecutor(a.jobs) as pool:
            list(pool.map(_share, [a] * a.jobs, range(a.jobs)))
        return 0
    if a.what == "scans":
        print(*committed.make_scans(a.out), sep="\n")
        return 0
    if a.what == "samples":
        print(*committed.make_samples(a.out), sep="\n")
        return 0
    p.print_help()
    return 2


if __name__ == "__main__":
    sys.exit(main())
