"""Who runs the jobs when it is not this machine: the nodes of a Dask scheduler, that are as this machine is.

The queue, the nodes that come and go, a job that is tried again elsewhere are Dask's. Here is only what a pack asks:
a node must have the same docgen, LibreOffice and fonts, or its pages would not be those of the receipt. A job carries
personal data: over `tls://` nobody reads it on the way, and none of it is in what Dask logs.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError
from functools import cache
from typing import TYPE_CHECKING

from docgen import office
from docgen.diagnostics import DocgenError, ExitCode, ToolMissing
from docgen.packs import receipts
from docgen.packs.jobs import Job, Made, Maker, Settings

if TYPE_CHECKING:
    from distributed import Client, Future

AHEAD = 2
"""Jobs for each node that may be under way: one that ends never waits for the next."""
LOOKED_AT = 5
"""Seconds after which the nodes are looked at again when no job ends."""
SECONDS = 20
"""How long a scheduler may take to answer."""
LOST = "le nœud qui fabriquait ce pack s'est arrêté, plusieurs fois de suite"
INSTALL = "pip install 'docgen[cluster]'"
_lock = threading.Lock()
"""Neither pdfium nor a Maker takes two jobs at once: a node with several threads makes one pack at a time."""
_makers: dict[str, Maker] = {}
"""Of this process, when it is a node: its own, by build."""


def run(
    settings: Settings, jobs: Iterable[Job], address: str, moteur: Mapping[str, str], tell: Callable[[str], None]
) -> Iterator[Made]:
    """Yield what becomes of each job, as it ends; the order is not the given one.

    `moteur` is what makes the pages here, as receipts hold it; `tell` is given each node that makes them otherwise, and
    that gets no job. Raises `ToolMissing` when there is no scheduler at that address, when it does not answer any more,
    or when no node is left.
    """
    with _connected(address) as client, client.as_current():
        try:
            yield from _Run(client, settings, moteur, tell).all(jobs)
        except _gone():
            raise ToolMissing(
                f"l'ordonnanceur {address} ne répond plus.\n"
                "Ce qui est fini reste en place ; relancez la même commande pour le reste."
            ) from None


def _connected(address: str) -> Client:
    try:
        from distributed import Client
        from distributed.security import Security
    except ImportError:
        raise ToolMissing(f"il manque de quoi parler à un ordonnanceur Dask.\nInstallez-le : {INSTALL}") from None
    if address.startswith("tls://") and not Security().tls_client_cert:
        raise ToolMissing(
            "une adresse en tls:// demande des certificats.\n"
            "Donnez-les dans la configuration de Dask (distributed.comm.tls), comme à l'ordonnanceur."
        )
    try:
        return Client(address, timeout=SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise ToolMissing(
            f"aucun ordonnanceur Dask ne répond à {address} ({type(error).__name__}).\n"
            "Vérifiez l'adresse (tcp://machine:8786 ou tls://machine:8786), et que « dask scheduler » y tourne."
        ) from None


def _gone() -> tuple[type[BaseException], ...]:
    """Return what is raised when the scheduler is no more."""
    from distributed.client import FutureCancelledError
    from distributed.comm import CommClosedError

    return (CommClosedError, FutureCancelledError, CancelledError, OSError)


class _Run:
    """The jobs of one build on the nodes of one scheduler."""

    def __init__(
        self, client: Client, settings: Settings, moteur: Mapping[str, str], tell: Callable[[str], None]
    ) -> None:
        """Look at the nodes, and give the others what they need. Raises `ToolMissing` when none is left."""
        self.client, self.moteur, self.tell = client, moteur, tell
        self.refused: dict[str, str] = {}
        """The nodes that make other pages, each with why."""
        for node, said in sorted(client.run(differences, moteur, on_error="return").items()):
            self._refuse(node, said if isinstance(said, str) else f"docgen n'y répond pas ({type(said).__name__})")
        self.nodes()
        self.shared = client.scatter(settings, broadcast=True, hash=False)

    def _refuse(self, node: str, why: str) -> None:
        if why and node not in self.refused:
            self.refused[node] = why
            self.tell(f"Nœud refusé, il ne ferait pas les mêmes pages : {node} ({why})")

    def nodes(self) -> list[str]:
        """Return the nodes that may have jobs. Raises `ToolMissing` when none is left."""
        if found := [node for node in self.client.nthreads() if node not in self.refused]:
            return found
        if self.refused:
            refused = "".join(f"\n  {node} : {why}" for node, why in self.refused.items())
            raise ToolMissing(f"aucun nœud ne fait les mêmes pages que cette machine.{refused}")
        raise ToolMissing("l'ordonnanceur n'a aucun nœud.\nDémarrez-en : dask worker ADRESSE --nthreads 1")

    def all(self, jobs: Iterable[Job]) -> Iterator[Made]:
        """Submit the jobs, so many ahead, and yield what becomes of each."""
        from distributed import wait

        source = iter(jobs)
        waiting: dict[Future, Job] = {}
        try:
            while True:
                room = AHEAD * len(self.nodes())
                while len(waiting) < room and (job := next(source, None)) is not None:
                    waiting[self._submitted(job)] = job
                if not waiting:
                    return
                with contextlib.suppress(TimeoutError):  # then looks again at the nodes
                    wait(list(waiting), timeout=LOOKED_AT, return_when="FIRST_COMPLETED")
                for future in [future for future in waiting if future.done()]:
                    job = waiting.pop(future)
                    made = self._made(future, job)
                    if made is None:
                        waiting[self._submitted(job)] = job
                    else:
                        yield made
        finally:
            with contextlib.suppress(Exception):  # the scheduler may be gone
                self.client.cancel([*waiting, self.shared], force=True)
                self.client.run(forget, self.shared.key)

    def _submitted(self, job: Job) -> Future:
        only = self.nodes() if self.refused else None
        return self.client.submit(make, job, self.shared, self.shared.key, self.moteur, workers=only, pure=False)

    def _made(self, future: Future, job: Job) -> Made | None:
        """Return the result of a job; None when its node was refused. Raises what ended the scheduler."""
        from distributed.scheduler import KilledWorker

        try:
            result = future.result()
        except KilledWorker:
            return Made(job.membre.id, failure=LOST, exit_code=ExitCode.CONVERSION_FAILED)
        except _gone():
            raise
        except Exception as error:
            return _failed(job, error)
        if isinstance(result, Made):
            return result
        self._refuse(*result)
        return None


@cache
def _here(names: tuple[str, ...]) -> Mapping[str, str]:
    fonts = [name.removeprefix(receipts.FONT) for name in names if name.startswith(receipts.FONT)]
    machine = office.find()
    machine.python()
    return receipts.moteur(machine, fonts)


def differences(moteur: Mapping[str, str]) -> str:
    """Return what makes other pages on this node than `moteur` does, or why it makes none; nothing when it is alike."""
    try:
        mine = _here(tuple(sorted(moteur)))
    except DocgenError as error:
        return str(error).splitlines()[0]
    wrong = (name for name in moteur if name in mine and mine[name] != moteur[name])
    return ", ".join(f"{name} : {mine[name]} au lieu de {moteur[name]}" for name in wrong)


def make(job: Job, settings: Settings, build: str, moteur: Mapping[str, str]) -> Made | tuple[str, str]:
    """Make a pack on a node; or return the address of the node and what it would make otherwise.

    Whatever goes wrong is a result: Dask would write an error in its log, and the job with it.
    """
    from distributed import get_worker

    try:
        with _lock:
            if why := differences(moteur):
                return get_worker().address, why
            if build not in _makers:
                _close()
                _makers[build] = Maker(settings)
            return _makers[build].make(job)
    except DocgenError as error:
        return Made(job.membre.id, failure=str(error), exit_code=error.exit_code)
    except Exception as error:
        _close()
        return _failed(job, error)


def _failed(job: Job, error: Exception) -> Made:
    said = f"le nœud n'a pas pu fabriquer ce pack ({type(error).__name__})"
    return Made(job.membre.id, failure=said, exit_code=ExitCode.CONVERSION_FAILED)


def forget(build: str) -> None:
    """Stop the LibreOffice of a node that has nothing more to make of a build."""
    with _lock:
        if build in _makers:
            _close()


def _close() -> None:
    while _makers:
        _makers.popitem()[1].close()
