"""python -m samples.maker: make a corpus, or the committed samples."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import plan, produce, traits


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
    c.add_argument("--pool", choices=("dev", "held"), help="the pool of wording (default: both)")
    return p


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
            wanted = plan.corpus(a.n, a.seed, a.kind or ["digital"], frozenset(a.trait), a.density, a.pool)
            for made in produce.make_all(wanted):
                produce.write(made, a.out / str(made.truth["id"]))
        except ValueError as e:
            print(e, file=sys.stderr)
            return 2
        return 0
    p.print_help()
    return 2


if __name__ == "__main__":
    sys.exit(main())
