"""A process of the service that a test can have killed or frozen at a named place.

python -m tests.service.actor DATA work JOB       work on a job with a calm stand-in for the sandbox
python -m tests.service.actor DATA upload NAME    take NAME's bytes as an upload with an Idempotency-Key
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.service.conftest import calm_call
from web.uploads import Part, Taker
from workers import settings as settings_module
from workers.context import Context
from workers.processing import look


def upload(context: Context, name: str) -> str:
    """What the upload route does with one whole part."""
    spool = context.settings.spool
    spool.mkdir(parents=True, exist_ok=True)
    part = Part(spool / f"{os.getpid()}-x.part", name, "file")
    assert part.path is not None
    part.path.write_bytes(name.encode())
    part.told.update(name.encode())
    part.size = len(name.encode())
    taker = Taker(context, None, 1, f"key {name}")
    taker.add(part)
    taker.flush()
    return taker.accepted[0].id


def main(folder: str, action: str, word: str) -> int:
    given = settings_module.read(data=Path(folder))
    context = Context(given)
    print("begun", flush=True)
    if action == "upload":
        print(upload(context, word), flush=True)
    else:
        print(look(context, int(word), calm_call), flush=True)
    context.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
