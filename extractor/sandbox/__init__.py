"""The sandbox: no document is parsed in the process that asked for it.

`run(source, options)` is what the command line calls; the queue's workers keep a `client.Warm` each.
NIANBAO_SANDBOX=off parses in this very process, for debugging only.
"""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from extractor.settings import Options
from extractor.types import Failure, Report, Source

if TYPE_CHECKING:
    from extractor.sandbox.client import Warm
    from extractor.sandbox.fork import Ended

__all__ = ["run"]

LOST = Failure("interrupted", "读取该文件的进程被外部终止。", "请重试；反复出现时请检查机器的内存是否足够。")
_warm: Warm | None = None


def _params(options: Options) -> dict[str, Any]:
    return {
        "options": {
            "password": options.password, "narrative": options.narrative,
            "forms_dir": str(options.forms_dir) if options.forms_dir else None,
        }
    }  # fmt: skip


def _readable_forms(options: Options) -> bool:
    """Whether the confined child may open the forms (another folder than the program's own may be hidden)."""
    return options.forms_dir is None


def run(source: Source, options: Options | None = None) -> Report:
    """Extract one document in a confined child; its failures end as the report's `error`.

    Forks from this process where it has one thread, and learns what its children import, so that the
    second document of a kind is quick; with several threads a warm sandbox process does the forking.
    """
    options = options or Options()
    if os.environ.get("NIANBAO_SANDBOX") == "off" or not hasattr(os, "fork"):
        from extractor.pipeline import extract

        return extract(source, options)
    if not _readable_forms(options):
        from extractor.forms.load import load

        load(options.forms_dir)  # cached: the forked child has it without opening files
    ended = _fork_here(source, options) if threading.active_count() == 1 else _elsewhere(source, options)
    if ended.failure is not None or ended.body is None:
        failure = ended.failure or LOST
        return replace(Report(source.filename, source.sha256, None, 0), error=failure)
    from extractor.sandbox.unpack import report_from

    return report_from(ended.body)


def _fork_here(source: Source, options: Options) -> Ended:
    from extractor.sandbox.bounds import bounds
    from extractor.sandbox.fork import forked
    from extractor.sandbox.frame import write_pages
    from extractor.sandbox.tasks import TASKS, count_pages
    from extractor.sandbox.warm import learn, single_thread

    single_thread()
    given = bounds()
    size = sum(len(data) for _, data in source.parts)

    def work(out: int) -> bytes:
        if size > given.free_pages * given.page_bytes:
            write_pages(out, count_pages(source))
        return TASKS["report"](source, _params(options))

    ended = forked(work, size, given)
    _later.append(ended.meta.get("modules") or ())
    if len(_later) > 1:  # one document alone never pays for what a next one would need
        learn(_later.pop(0))
    return ended


_later: list[Any] = []


def _elsewhere(source: Source, options: Options) -> Ended:
    global _warm
    from extractor.sandbox.client import Warm

    if _warm is None:
        _warm = Warm()
    return _warm.call("report", source, _params(options))
