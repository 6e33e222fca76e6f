"""From .docx to .pdf by a pool of LibreOffice processes, one per core; what they say is never trusted.

Each process has its own hardened profile, its own process group and a time limit. One that hangs or dies is killed
with all its children and started again; the export at fault gets one more try alone, then is set aside.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from docgen import scratch
from docgen.diagnostics import ToolMissing
from docgen.office import LibreOffice, install_command

WORKER = Path(__file__).with_name("uno_worker.py")
START_SECONDS = 90
EXPORT_SECONDS = 60
AHEAD = 6
"""Exports for each process that may be under way: one that ends never waits for the next."""
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


class _Worker:
    """One LibreOffice and the small program that drives it."""

    def __init__(self, office: LibreOffice, python: Path, seconds: float) -> None:
        self.office, self.python, self.seconds = office, python, seconds
        self.process: subprocess.Popen[str] | None = None
        self.folder: tempfile.TemporaryDirectory[str] | None = None
        self.answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def start(self) -> None:
        self.folder = scratch.folder()
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
            start_new_session=True,
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

    def _ask(self, request: dict[str, str]) -> None:
        if self.process is None or self.process.stdin is None:
            raise _Died("LibreOffice s'est arrêté")
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def export(self, task: Export) -> str:
        """Make one PDF; return what went wrong, or nothing. Raises `_Died`: the process is gone."""
        docx = str(task.docx)
        for request in ({"load": docx}, {"export": docx, "pdf": str(task.pdf)}, {"close": docx}):
            try:
                self._ask(request)
                answer = self._answer(self.seconds)
            except (OSError, ValueError, _Died) as error:
                self.stop()
                raise _Died(str(error)) from None
            if "error" in answer:
                self.stop()  # whatever it still holds of that document goes with it
                return f"LibreOffice refuse le document : {answer['error']}"
        if not task.pdf.is_file() or not task.pdf.stat().st_size:
            return "LibreOffice dit avoir fini, mais n'a pas écrit de PDF"
        return ""

    def stop(self) -> None:
        """Kill the whole group: LibreOffice outlives the program that started it."""
        process, self.process = self.process, None
        folder, self.folder = self.folder, None
        if process:
            _kill(process)
        if folder:
            scratch.forget_pipes(Path(folder.name), process.pid if process else None)
            folder.cleanup()


def _kill(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True)
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
    def full(self) -> bool:
        """Whether enough exports wait to keep every process at work."""
        return self.under_way >= AHEAD * len(self._workers)

    def submit(self, task: Export) -> None:
        """Have an export made as soon as a process is free."""
        self._waiting.put(task)
        self.under_way += 1
        if len(self._threads) < min(self.under_way, len(self._workers)):
            worker = self._workers[len(self._threads)]
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
            while not self._closing.is_set():
                with contextlib.suppress(queue.Empty):
                    task = self._waiting.get(timeout=0.2)
                    self._done.put((task, self._twice(worker, task)))
        except Exception as error:
            self._done.put(error)

    def _twice(self, worker: _Worker, task: Export) -> str:
        """Try the export; when it kills or hangs the process, once more in a new one; then give it up."""
        problem = ""
        for _ in (1, 2):
            if self._closing.is_set():
                return "interrompu"
            try:
                if worker.process is None:
                    worker.start()
            except (_Died, OSError) as error:
                raise ToolMissing(
                    f"LibreOffice ne démarre pas ({error}).\nRéinstallez-le : {install_command()}"
                ) from None
            try:
                return worker.export(task)
            except _Died as error:
                problem = str(error)
        return f"{problem}, deux fois de suite, sur ce document"
