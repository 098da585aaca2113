"""Jobs to reports, in the order of the jobs, in this process or in several.

A document that brings its process down costs that process: it is tried once more alone, and where it
falls again its report says so.  The others never notice.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from extractor.commands.jobs import STDIN, Job
from extractor.errors import Crashed, NianbaoError, TooMuchMemory
from extractor.settings import Options, limits
from extractor.types import Failure, Report, Source

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor
    from multiprocessing.context import SpawnContext

_AHEAD = 2
"""Jobs waiting per process: enough to keep all busy, few enough that results do not pile up."""


def extract_job(job: Job, options: Options) -> Report:
    """The report of one job.  Whatever goes wrong stands in its `error`; nothing is raised."""
    empty = Report(job.label, "", None, 0)
    try:
        source = _source(job)
        from extractor.sandbox import run

        return run(source, options)
    except NianbaoError as error:
        return _failed(empty, error.failure())
    except MemoryError:
        return _failed(empty, TooMuchMemory().failure())
    except Exception as error:
        # A defect of ours: it may cost this document, never the batch, and it is said out loud.
        if os.environ.get("NIANBAO_DEBUG"):
            traceback.print_exc(file=sys.stderr)
        return _failed(empty, NianbaoError(f"{type(error).__name__}: {error}").failure())


def _source(job: Job) -> Source:
    from extractor.inputs.registry import load_source, make_source

    if STDIN not in job.paths:
        return load_source(job.paths, job.name)
    data = sys.stdin.buffer.read(limits().max_bytes + 1)
    return make_source([("stdin", data)], job.name)


def _failed(report: Report, failure: Failure) -> Report:
    return replace(report, error=failure)


def reports(
    jobs: Sequence[Job], options: Options, processes: int
) -> Generator[tuple[Job, Report], None, None]:
    """Every job with its report, in order, as soon as it is its turn."""
    processes = min(processes, len(jobs))
    if processes <= 1 or any(STDIN in job.paths for job in jobs):
        for job in jobs:
            yield job, extract_job(job, options)
        return
    yield from _Pool(options, processes).run(jobs)


class _Pool:
    def __init__(self, options: Options, processes: int) -> None:
        self._options = options
        self._processes = processes
        self._executor = self._fresh(processes)

    def run(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, Report]]:
        from concurrent.futures.process import BrokenProcessPool

        waiting = deque(jobs)
        running: deque[tuple[Job, Future[Report]]] = deque()
        try:
            while waiting or running:
                while waiting and len(running) < self._processes * _AHEAD:
                    job = waiting.popleft()
                    running.append((job, self._submit(self._executor, job)))
                job, future = running.popleft()
                try:
                    report = future.result()
                except BrokenProcessPool:
                    report = self._alone(job)
                    # The others of the broken pool begin again, in their order.
                    waiting.extendleft(other for other, _ in reversed(running))
                    running.clear()
                    self._executor = self._fresh(self._processes)
                yield job, report
        finally:
            self._end(self._executor)

    def _alone(self, job: Job) -> Report:
        from concurrent.futures.process import BrokenProcessPool

        self._end(self._executor)
        executor = self._fresh(1)
        try:
            return self._submit(executor, job).result()
        except BrokenProcessPool:
            return _failed(Report(job.label, "", None, 0), Crashed().failure())
        finally:
            self._end(executor)

    @staticmethod
    def _fresh(processes: int) -> ProcessPoolExecutor:
        from concurrent.futures import ProcessPoolExecutor

        return ProcessPoolExecutor(processes, mp_context=_spawn(), initializer=_deaf_to_interrupts)

    def _submit(self, executor: ProcessPoolExecutor, job: Job) -> Future[Report]:
        from concurrent.futures import Future
        from concurrent.futures.process import BrokenProcessPool

        with _interrupts_held():  # processes begin at a submit and keep what is held
            try:
                return executor.submit(extract_job, job, self._options)
            except BrokenProcessPool as error:
                broken: Future[Report] = Future()
                broken.set_exception(error)
                return broken

    @staticmethod
    def _end(executor: ProcessPoolExecutor) -> None:
        import multiprocessing

        executor.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            process.terminate()


def _spawn() -> SpawnContext:
    import multiprocessing

    return multiprocessing.get_context("spawn")


def _deaf_to_interrupts() -> None:
    """Ctrl-C reaches every process of the terminal; only the first is to act on it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
