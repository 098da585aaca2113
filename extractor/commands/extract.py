"""`nianbao extract`: documents in, results out."""

from __future__ import annotations

import argparse
import errno
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType

from extractor.commands.jobs import Job, jobs_of
from extractor.commands.output import FORMATS, Folder, Sink, Stream
from extractor.errors import NianbaoError, UsageError
from extractor.settings import Options
from extractor.types import Report

Advance = Callable[[Job], None]


def parser() -> argparse.ArgumentParser:
    """The words of the command."""
    made = argparse.ArgumentParser(
        "nianbao extract", allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Read annual reports (年报). Each FILE is one document, a folder all documents under it.",
        epilog="Write -- before file names that begin with -; a lone - is standard input.\n"
        "Exit status: 0 every document was read; 1 at least one failed; 2 wrong words; 130 interrupted",
    )  # fmt: skip
    made.add_argument(
        "files", nargs="+", metavar="FILE", help="PDF, picture, DOCX, HTML, TXT, or a folder of them"
    )
    made.add_argument(
        "--format",
        choices=FORMATS,
        help="what results are written as; default: table on a terminal, else json",
    )
    made.add_argument(
        "--out", metavar="DIR", type=Path, help="one result file a document, with a progress bar"
    )
    made.add_argument(
        "--one",
        action="store_true",
        help="all FILEs are the pages of one document, in this order (photos, loose scans)",
    )
    made.add_argument("--name", metavar="NAME", help="the name the one document's result is written under")
    made.add_argument(
        "--jobs", metavar="N", type=_positive, help="documents read at a time; default: the cores there are"
    )
    made.add_argument("--password", metavar="TEXT", help="the password that a PDF asks for to open")
    made.add_argument(
        "--no-narrative",
        action="store_true",
        help="figures, head and findings of the tables alone; no sections, no statements",
    )
    made.add_argument(
        "--forms-dir",
        metavar="DIR",
        type=Path,
        help="other form editions (表样) than those that come with nianbao",
    )
    return made


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("a whole number, 1 or more")
    return int(text)


def command(argv: list[str]) -> int:
    """Run the command; returns its exit status."""
    words = parser().parse_args(argv)
    try:
        jobs, notes = jobs_of(words.files, words.one, words.name, words.out)
        options = Options(words.password, not words.no_narrative, words.forms_dir)
        sink = _sink(words, len(jobs))
    except NianbaoError as error:
        return _misused(error)
    for note in notes:
        _say(note)
    from extractor.commands.pool import reports

    try:
        with (
            _stoppable() as stop,
            _progress(len(jobs), words.out is not None) as advance,
            closing(reports(jobs, options, words.jobs or _cores())) as results,
        ):
            return _run(results, sink, advance, stop)
    except BrokenPipeError:
        # Whoever read the results has gone (`| head`): no one is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _sink(words: argparse.Namespace, documents: int) -> Sink:
    from extractor.forms.load import load

    forms = load(words.forms_dir)
    if words.out is not None:
        return Folder(words.out, words.format or "json", forms)
    form = words.format or ("table" if sys.stdout.isatty() else "json")
    return Stream(form, forms, documents > 1)


def _run(results: Iterable[tuple[Job, Report]], sink: Sink, advance: Advance, stop: Stop) -> int:
    failed = 0
    for job, report in results:
        try:
            sink.put(job, report)
        except BrokenPipeError:
            raise
        except (OSError, NianbaoError) as error:
            failed += 1
            _say(f"✗ {_name(job)}：结果写不下来：{error} [{_code(error)}]")
        else:
            failed += report.error is not None
            if report.error is not None and not sink.tells_failures:
                _say(f"✗ {_name(job)}：{report.error.message}{report.error.remedy} [{report.error.code}]")
        advance(job)
        stop.check()
    try:
        sink.close()
    except NianbaoError as error:
        _say(f"✗ {error.message}{error.remedy} [{error.code}]")
        failed += 1
    return 1 if failed else 0


def _code(error: OSError | NianbaoError) -> str:
    """A word in English beside the Chinese one: the product's own code, or the system's name of the error."""
    if isinstance(error, NianbaoError):
        return error.code
    return errno.errorcode.get(error.errno or 0, "write_failed")


def _name(job: Job) -> str:
    return job.paths[0] if len(job.paths) == 1 else f"{job.label}（{len(job.paths)} 个文件）"


def _say(text: str) -> None:
    """A line of diagnostics; control characters of file names stay out of the terminal."""
    plain = "".join(c if c.isprintable() else "?" for c in text)
    sys.stderr.write(plain.encode("utf-8", errors="backslashreplace").decode("utf-8") + "\n")


def _misused(error: NianbaoError) -> int:
    remedy = error.remedy if error.remedy != UsageError.remedy else ""
    _say(f"nianbao extract: {error.message}{remedy} [{error.code}]")
    return 2


@contextmanager
def _progress(total: int, wanted: bool) -> Iterator[Advance]:
    """A bar on standard error where results go to files and a person watches."""
    if not wanted or not sys.stderr.isatty():
        yield lambda job: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    # No refreshing thread: the extraction forks, and a fork wants a single thread.
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=Console(stderr=True), auto_refresh=False,
    )  # fmt: skip
    with bar:
        task = bar.add_task("读取", total=total)
        bar.refresh()

        def advance(job: Job) -> None:
            bar.advance(task)
            bar.refresh()

        yield advance


class Stop:
    """Whether an end was asked for.  Raising alone is not enough: an interrupt that falls into a fork's
    own bookkeeping is reported as ignored by Python, and the run would go on."""

    asked = False

    def check(self) -> None:
        """Raises KeyboardInterrupt where an end was asked for."""
        if self.asked:
            raise KeyboardInterrupt


@contextmanager
def _stoppable() -> Iterator[Stop]:
    """Ctrl-C and SIGTERM end the run: processes ended, finished results whole."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def end(number: int, frame: FrameType | None) -> None:
        stop.asked = True
        raise KeyboardInterrupt

    def unraisable(what: sys.UnraisableHookArgs) -> None:
        if what.exc_type is not KeyboardInterrupt:  # that one is remembered in `stop`
            sys.__unraisablehook__(what)

    numbers = [n for n in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(n) is not signal.SIG_IGN]
    before = {number: signal.signal(number, end) for number in numbers}
    hook, sys.unraisablehook = sys.unraisablehook, unraisable
    try:
        yield stop
    finally:
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler)
