"""Who runs the jobs: this process, or as many as cores, each with its own LibreOffice.

A worker that dies takes what was under way with it: each of these jobs is tried once more, alone; the one that kills
its worker again is given up. Workers end with the process that asked, however it ends.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import tempfile
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import util
from multiprocessing.connection import wait as ended
from types import FrameType, TracebackType
from typing import Self

from docgen import scratch
from docgen.diagnostics import ExitCode, ToolMissing
from docgen.packs.jobs import Job, Made, Maker, Settings

AHEAD = 2
"""Jobs for each worker that may be under way: one that ends never waits for the next."""
SOCKET_FOLDER = 70
"""Bytes of the name of a folder in which multiprocessing may put a socket of its own (unix(7): 108 in all)."""
PRELOADED = ("__main__", "docgen.packs.jobs", "fontTools.subset")
"""What the process that workers are copied from has read: they begin at once."""
TRIES = 3
"""Pools that may end one after the other without a pack: more is no accident."""
LOST = "le processus qui fabriquait ce pack s'est arrêté, deux fois de suite"
_makers: list[Maker] = []
"""Of this process, when it is a worker: its own."""


def _context() -> multiprocessing.context.BaseContext:
    """Return how workers begin: as copies of a process that has read all it needs.

    Windows has no such; nor has a machine whose temporary folder has so long a name that no socket may be in it.
    """
    room = len(os.fsencode(tempfile.gettempdir())) <= SOCKET_FOLDER
    if "forkserver" not in multiprocessing.get_all_start_methods() or not room:
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    return context


class Team:
    """The processes of one build, that begin beside what this one still does; nobody begins for one process alone."""

    def __init__(self, settings: Settings, workers: int) -> None:
        """Prepare for so many processes at most."""
        self.settings, self.workers = settings, workers
        self._executor: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._executor:
            _end(self._executor)

    def expect(self, job: int) -> None:
        """Begin one more process, if there is one left, for the job of that rank, from 1."""
        if self.workers > 1 and job <= self.workers:
            self._executor = self._executor or _executor(self.settings, self.workers)
            with contextlib.suppress(OSError, BrokenProcessPool):  # what is wrong shows when there is a job to make
                self._executor.submit(_nothing)

    def run(self, jobs: Iterable[Job]) -> Iterator[Made]:
        """Yield what becomes of each job, as it ends; the order is not the given one.

        Raises `ToolMissing` when LibreOffice cannot be started at all.
        """
        begun, self._executor = self._executor, None
        yield from _run(self.settings, jobs, self.workers, begun)


def _executor(settings: Settings, workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, _context(), _start, (settings,))


def _nothing() -> None:
    """Give a process something to begin for."""


def _run(settings: Settings, jobs: Iterable[Job], workers: int, begun: ProcessPoolExecutor | None) -> Iterator[Made]:
    if workers <= 1:
        with Maker(settings) as maker:
            yield from map(maker.make, jobs)
        return
    source, again, died = iter(jobs), deque[Job](), set[str]()
    useless = 0
    while True:
        lost: list[Job] = []
        made = 0
        for one in _with_a_pool(begun or _executor(settings, workers), source, again, workers, lost):
            made += 1
            yield one
        begun = None
        if not lost:
            return
        useless = 0 if made else useless + 1
        if useless > TRIES:
            raise ToolMissing(
                "les processus qui fabriquent les packs s'arrêtent aussitôt : mémoire ou droits manquants ?"
            )
        for job in lost:
            if job.membre.id in died:
                yield Made(job.membre.id, failure=LOST, exit_code=ExitCode.CONVERSION_FAILED)
            else:
                again.append(job)
                died.add(job.membre.id)


def _with_a_pool(
    executor: ProcessPoolExecutor, source: Iterator[Job], again: deque[Job], workers: int, lost: list[Job]
) -> Iterator[Made]:
    """Run jobs until there are no more, or a worker dies: those that were under way are then `lost`."""
    under_way: dict[Future[Made], Job] = {}
    try:
        while True:
            while len(under_way) < (1 if again else AHEAD * workers):
                job = again.popleft() if again else next(source, None)
                if job is None:
                    break
                try:
                    under_way[executor.submit(_make, job)] = job
                except (OSError, BrokenProcessPool) as error:  # one has just died, or none can begin
                    lost.append(job)
                    raise BrokenProcessPool from error
            if not under_way:
                executor.shutdown()
                return
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                made = future.result()
                del under_way[future]
                yield made
    except BrokenProcessPool:
        lost += under_way.values()
    finally:
        _end(executor)


def _end(executor: ProcessPoolExecutor) -> None:
    """Stop the workers at once; those that ended by themselves stay as they are."""
    processes = list((executor._processes or {}).values())
    executor.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        with contextlib.suppress(OSError, ValueError):
            process.terminate()
    for process in processes:
        process.join(5)
        if process.is_alive():
            process.kill()
    scratch.sweep()


def _start(settings: Settings) -> None:
    """Prepare a worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal tells every process: the first one decides
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_follow, daemon=True).start()
    maker = Maker(settings)
    maker.pool.warm()
    gc.freeze()  # what is there now stays: no use in looking through it again and again
    _makers.append(maker)
    util.Finalize(None, maker.close, exitpriority=10)


def _leave(number: int, _: FrameType | None) -> None:
    """End a worker at once: an exception would be taken for the result of its job, and the worker would go on."""
    for maker in _makers:
        with contextlib.suppress(Exception):
            maker.close()
    os._exit(128 + number)


def _follow() -> None:
    """End with the process that asked, even one that was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        ended([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)


def _make(job: Job) -> Made:
    return _makers[0].make(job)
