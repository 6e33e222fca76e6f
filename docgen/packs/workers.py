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
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import forkserver, util
from multiprocessing.connection import wait as ended
from types import FrameType

from docgen import scratch
from docgen.diagnostics import ExitCode, ToolMissing
from docgen.packs.jobs import Job, Made, Maker, Settings

AHEAD = 2
"""Jobs for each worker that may be under way: one that ends never waits for the next."""
PRELOADED = ("__main__", "docgen.packs.jobs", "fontTools.subset")
"""What the process that workers are copied from has read: they begin at once."""
TRIES = 3
"""Pools that may end one after the other without a pack: more is no accident."""
LOST = "le processus qui fabriquait ce pack s'est arrêté, deux fois de suite"
_makers: list[Maker] = []
"""Of this process, when it is a worker: its own."""


def _context() -> multiprocessing.context.BaseContext:
    """Return how workers begin: as copies of a process that has read all it needs; Windows has no such."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    return context


def prepare(workers: int) -> None:
    """Have what workers need read beforehand, beside what this process does meanwhile."""
    if workers > 1 and isinstance(_context(), multiprocessing.context.ForkServerContext):
        forkserver.ensure_running()


def run(settings: Settings, jobs: Iterable[Job], workers: int) -> Iterator[Made]:
    """Yield what becomes of each job, as it ends; the order is not the given one.

    Raises `ToolMissing` when LibreOffice cannot be started at all.
    """
    if workers <= 1:
        with Maker(settings) as maker:
            yield from map(maker.make, jobs)
        return
    source, again, died = iter(jobs), deque[Job](), set[str]()
    useless = 0
    while True:
        lost: list[Job] = []
        made = 0
        for one in _with_a_pool(settings, source, again, workers, lost):
            made += 1
            yield one
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
    settings: Settings, source: Iterator[Job], again: deque[Job], workers: int, lost: list[Job]
) -> Iterator[Made]:
    """Run jobs until there are no more, or a worker dies: those that were under way are then `lost`."""
    executor = ProcessPoolExecutor(workers, _context(), _start, (settings,))
    under_way: dict[Future[Made], Job] = {}
    try:
        while True:
            while len(under_way) < (1 if again else AHEAD * workers):
                job = again.popleft() if again else next(source, None)
                if job is None:
                    break
                under_way[executor.submit(_make, job)] = job
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
