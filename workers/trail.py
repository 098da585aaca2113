"""`nianbao audit verify|export`: the trail checked and taken out."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from workers import settings as setting_module
from workers.exports import harmless
from workers.store import audit
from workers.store.engine import Store

COLUMNS = ("id", "at", "user_id", "who", "action", "target", "before", "after", "previous", "hash")


def command(argv: Sequence[str]) -> int:
    """0 where the chain is whole, 1 where an entry was changed or removed."""
    p = argparse.ArgumentParser(
        prog="nianbao audit",
        description="Verify or export the trail of changes (操作记录, a chain of hashes).",
    )
    p.add_argument("action", choices=("verify", "export"))
    p.add_argument("--data", type=Path, help="the data folder; default: that of nianbao serve")
    p.add_argument("--format", choices=("jsonl", "csv"), default="jsonl")
    args = p.parse_args(list(argv))
    given = setting_module.read(**({"data": args.data.absolute()} if args.data else {}))
    store = Store(given.database_url)
    if args.action == "verify":
        number, broken = audit.verify(store)
        if broken is not None:
            print(f"第 {broken} 条与散列链不符（其前 {number} 条完好）", file=sys.stderr)
            return 1
        print(f"{number} 条记录，链条完整")
        return 0
    writer = csv.writer(sys.stdout)
    if args.format == "csv":
        writer.writerow(COLUMNS)
    for row in audit.entries(store):
        told = dict(row._mapping)
        if args.format == "csv":
            writer.writerow([harmless(told[name]) for name in COLUMNS])
        else:
            print(json.dumps(told, ensure_ascii=False))
    return 0
