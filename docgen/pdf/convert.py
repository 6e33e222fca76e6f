"""From .docx to .pdf by a pool of LibreOffice processes, one per core; what they say is never trusted.

Each process has its own hardened profile, its own process group and a time limit. One that hangs or dies is killed
with all its children and started again; the export at fault gets one more try alone, then is set aside.

Documents of one shape (`shapes`) are opened once. The first and one in fifty are also opened alone: should a page
differ, all those of that shape are opened alone from then on, and the pool says so.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from docgen import scratch, systems
from docgen.diagnostics import ToolMissing
from docgen.office import LibreOffice, install_command
from docgen.pdf import shapes
from docgen.pdf.shapes import Scan

WORKER = Path(__file__).with_name("uno_worker.py")
START_SECONDS = 90
EXPORT_SECONDS = 60
COMPARED = 50
"""Exports of a shape, of which one is compared with that of the document opened alone."""
OPEN = 8
"""Documents that a LibreOffice keeps open."""
EXPORTS = 2000
"""After so many a LibreOffice is started anew: each leaves it some 30 ko larger."""
AHEAD = 6
"""Exports for each process that may be under way: one that ends never waits for the next."""
NOTHING = "LibreOffice dit avoir fini, mais n'a pas écrit de PDF"
SAME_FOR_ALL = {"PYTHONUTF8": "1", "SAL_USE_VCLPLUGIN": "svp", "LC_ALL": "C.UTF-8", "LANGUAGE": "en"}
"""Whatever the language and the screen of who runs it, LibreOffice makes the same bytes."""
HARDENED = (
    # LibreOffice otherwise fetches linked images over the network and embeds local files without a word.
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Writer/Content/Update", "Link", "0"),
    ("Office.Recovery/AutoSave", "Enabled", "false"),
    ("Setup/L10N", "ooSetupSystemLocale", "fr-FR"),
)
"""Settings of the profile: path under org.openoffice, name, value."""


def profile() -> str:
    """Return the settings of a process, as LibreOffice keeps them in registrymodifications.xcu."""
    items = "".join(
        f'<item oor:path="/org.openoffice.{path}">'
        f'<prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
        for path, name, value in HARDENED
    )
    return f'<oor:items xmlns:oor="http://openoffice.org/2001/registry">{items}</oor:items>'


@dataclass(frozen=True)
class Export:
    """One PDF to make."""

    docx: Path
    pdf: Path


class _Died(Exception):
    """The process ended, or did not answer in time."""


class _Refused(Exception):
    """The process answers that it could not do what was asked."""


@dataclass
class _Opened:
    """A document that LibreOffice keeps open for all those of its shape."""

    docx: str
    exports: int = 0


class _Worker:
    """One LibreOffice and the small program that drives it."""

    def __init__(self, office: LibreOffice, python: Path, seconds: float) -> None:
        self.office, self.python, self.seconds = office, python, seconds
        self.process: subprocess.Popen[str] | None = None
        self.folder: tempfile.TemporaryDirectory[str] | None = None
        self.answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.exports = 0
        """Since it started."""
        self.met: set[str] = set()
        """The shapes of the documents that it opened."""
        self.opened: dict[str, _Opened] = {}
        """Those that it keeps open, by shape, the last used last."""
        self.alone: dict[str, str] = {}
        """The shapes whose documents are opened alone, each with why; that lasts when it is started anew."""
        self.differing: set[str] = set()
        """Of these, the documents whose pages differed, by name."""

    def start(self) -> None:
        self.folder, self.exports = scratch.folder(), 0
        user = Path(self.folder.name) / "user"
        user.mkdir()
        (user / "registrymodifications.xcu").write_text(profile(), "utf-8")
        self.answers = queue.SimpleQueue()
        self.process = subprocess.Popen(
            [str(self.python), str(WORKER), str(self.office.soffice), self.folder.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env={**os.environ, **SAME_FOR_ALL, "TMPDIR": self.folder.name},
            **systems.of_its_own(),
        )
        threading.Thread(target=self._listen, args=(self.process, self.answers), daemon=True).start()
        try:
            self._answer(START_SECONDS)
        except _Died:
            self.stop()
            raise

    @staticmethod
    def _listen(process: subprocess.Popen[str], answers: queue.SimpleQueue[str | None]) -> None:
        assert process.stdout
        with contextlib.suppress(ValueError, OSError):
            for line in process.stdout:
                answers.put(line)
        answers.put(None)

    def _answer(self, seconds: float) -> dict[str, str]:
        try:
            line = self.answers.get(timeout=seconds)
        except queue.Empty:
            raise _Died(f"LibreOffice n'a pas répondu en {seconds:.0f} s") from None
        if line is None:
            raise _Died("LibreOffice s'est arrêté")
        try:
            answer: dict[str, str] = json.loads(line)
        except ValueError:
            raise _Died("LibreOffice a répondu de travers") from None
        return answer

    def _ask(self, request: Mapping[str, object]) -> None:
        if self.process is None or self.process.stdin is None:
            raise _Died("LibreOffice s'est arrêté")
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def export(self, task: Export) -> str:
        """Make one PDF; return what went wrong, or nothing. Raises `_Died`: the process is gone."""
        if self.exports >= EXPORTS:
            self.stop()
            self.start()
        self.exports += 1
        scan = shapes.scan(task.docx.read_bytes())
        if scan is None or scan.shape in self.alone or scan.shape not in self.met:
            self.met |= {scan.shape} if scan else set()
            return self._alone(task)
        try:
            return self._in_shape(task, scan)
        except _Refused as error:
            self.alone[scan.shape] = str(error)
            self.opened.pop(scan.shape, None)
            return self._alone(task)
        except _Died as error:
            self.alone[scan.shape] = str(error)
            self.stop()
            raise

    def _alone(self, task: Export) -> str:
        """Make one PDF of a document that is opened for it."""
        docx = str(task.docx)
        for request in ({"load": docx}, {"export": docx, "pdf": str(task.pdf)}, {"close": docx}):
            try:
                self._request(request)
            except _Refused as error:
                self.stop()
                return f"LibreOffice refuse le document : {error}"
            except _Died:
                self.stop()
                raise
        return "" if _written(task) else NOTHING

    def _in_shape(self, task: Export, scan: Scan) -> str:
        """Make one PDF of a document that is open, with the words of this one. Raises `_Refused`, `_Died`."""
        opened = self.opened.pop(scan.shape, None) or self._open(task, scan)
        self.opened[scan.shape] = opened
        said = {"put": opened.docx, "texts": scan.texts, "fills": scan.fills, "pdf": str(task.pdf)}
        self._request({"shape": said})
        if not _written(task):
            raise _Refused(NOTHING)
        opened.exports += 1
        if (opened.exports - 1) % COMPARED:
            return ""
        made = task.pdf.with_suffix(".shape.pdf")
        task.pdf.replace(made)
        problem = self._alone(task)
        if not problem and not shapes.same_pages(made, task.pdf):
            self.alone[scan.shape] = "ses pages diffèrent"
            self.differing.add(task.docx.stem)
        return problem

    def _open(self, task: Export, scan: Scan) -> _Opened:
        """Open a document to stay open, in place of the one that waited longest where there are too many."""
        assert self.folder
        if len(self.opened) >= OPEN:
            longest = next(iter(self.opened))
            self._request({"shape": {"close": self.opened.pop(longest).docx}})
        docx = Path(self.folder.name) / f"{scan.shape[:16]}.docx"
        docx.write_bytes(shapes.marked(task.docx.read_bytes()))
        self._request({"shape": {"open": str(docx), "texts": scan.texts, "fills": scan.fills}})
        return _Opened(str(docx))

    def _request(self, request: Mapping[str, object]) -> None:
        """Have one request done. Raises `_Refused` with why it is not, `_Died` when the process is gone."""
        try:
            self._ask(request)
            answer = self._answer(self.seconds)
        except (OSError, ValueError) as error:
            raise _Died(str(error)) from None
        if "error" in answer:
            raise _Refused(answer["error"])

    def stop(self) -> None:
        """Kill the whole group: LibreOffice outlives the program that started it."""
        self.opened.clear()
        self.met.clear()
        process, self.process = self.process, None
        folder, self.folder = self.folder, None
        if process:
            _kill(process)
        if folder:
            scratch.forget_pipes(Path(folder.name), process.pid if process else None)
            folder.cleanup()


def _written(task: Export) -> bool:
    return task.pdf.is_file() and task.pdf.stat().st_size > 0


def _kill(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(OSError):
        systems.kill(process.pid)
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):
            if stream:
                stream.close()


class Pool:
    """As many LibreOffice processes as cores, started when the first exports ask for them."""

    def __init__(self, office: LibreOffice, size: int | None = None, seconds: float = EXPORT_SECONDS) -> None:
        """Prepare the pool; `seconds` is the time limit of one export. Raises `ToolMissing` without `uno`."""
        python = office.python()
        self._workers = [_Worker(office, python, seconds) for _ in range(size or os.cpu_count() or 1)]
        self._threads: list[threading.Thread] = []
        self._closing = threading.Event()
        self._waiting: queue.SimpleQueue[Export] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[Export, str] | Exception] = queue.SimpleQueue()
        self.under_way = 0
        """The exports that were submitted and not yet taken."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        while any(thread.is_alive() for thread in self._threads):
            for worker in self._workers:
                worker.stop()  # a thread that waits for an answer gets its end of file
            for thread in self._threads:
                thread.join(0.2)
        for worker in self._workers:
            worker.stop()

    @property
    def differing(self) -> set[str]:
        """The documents, by name, whose pages differed from those of the same opened alone: all now are."""
        return {name for worker in self._workers for name in worker.differing}

    @property
    def full(self) -> bool:
        """Whether enough exports wait to keep every process at work."""
        return self.under_way >= AHEAD * len(self._workers)

    def submit(self, task: Export) -> None:
        """Have an export made as soon as a process is free."""
        self._waiting.put(task)
        self.under_way += 1
        if len(self._threads) < min(self.under_way, len(self._workers)):
            self._begin(self._workers[len(self._threads)])

    def warm(self) -> None:
        """Start the processes before the first exports ask for them; what goes wrong is told with these."""
        for worker in self._workers[len(self._threads) :]:
            self._begin(worker)

    def _begin(self, worker: _Worker) -> None:
        thread = threading.Thread(target=self._serve, args=(worker,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def take(self) -> tuple[Export, str]:
        """Wait for an export to end, whichever; return it with what went wrong or nothing.

        Raises `ToolMissing` when LibreOffice cannot be started at all.
        """
        result = self._done.get()
        self.under_way -= 1
        if isinstance(result, Exception):
            raise result
        return result

    def convert(self, tasks: Iterable[Export]) -> Iterator[tuple[Export, str]]:
        """Yield each export as it ends, with what went wrong or nothing. The order is not the given one.

        Raises `ToolMissing` when LibreOffice cannot be started at all.
        """
        for task in tasks:
            self.submit(task)
        while self.under_way:
            yield self.take()

    def _serve(self, worker: _Worker) -> None:
        """Make the exports that wait, until the pool closes."""
        try:
            self._started(worker)
            while not self._closing.is_set():
                with contextlib.suppress(queue.Empty):
                    task = self._waiting.get(timeout=0.2)
                    self._done.put((task, self._twice(worker, task)))
        except Exception as error:
            self._done.put(error)

    def _twice(self, worker: _Worker, task: Export) -> str:
        """Try the export; when it fails, once more in a new process: a LibreOffice that ends may say anything."""
        problem = ""
        for _ in (1, 2):
            if self._closing.is_set():
                return "interrompu"
            self._started(worker)
            try:
                problem = worker.export(task)
                if not problem:
                    return ""
            except _Died as error:
                problem = f"{error}, deux fois de suite, sur ce document"
            for left in (task.pdf, task.pdf.with_name(f".~lock.{task.pdf.name}#")):
                left.unlink(missing_ok=True)  # LibreOffice does not write where another one seems to be writing
        return problem

    @staticmethod
    def _started(worker: _Worker) -> None:
        try:
            if worker.process is None:
                worker.start()
        except (_Died, OSError) as error:
            raise ToolMissing(f"LibreOffice ne démarre pas ({error}).\nRéinstallez-le : {install_command()}") from None
