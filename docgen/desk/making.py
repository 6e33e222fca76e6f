"""A build that goes on while pages are looked at: one at a time, told step by step, stopped on demand."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from docgen import formats, office
from docgen.desk.state import Desk
from docgen.diagnostics import DocgenError, ProblemsFound
from docgen.lawyers import pages
from docgen.packs import report
from docgen.packs.build import Build, Outcome

PATIENCE = 15.0
"""Seconds without news after which a browser is told that it is still going on."""


class Stopped(Exception):
    """Somebody asked for the build to stop."""


@dataclass
class Making:
    """The build under way, or the last one."""

    total: int = 0
    lines: list[dict[str, Any]] = field(default_factory=list)
    """What became of each pack, as it came."""
    state: str = ""
    """« en cours », « fini », « arrêté », « échec »; nothing before the first."""
    said: str = ""
    """What came of it, in a sentence."""
    problems: tuple[str, ...] = ()
    changed: threading.Condition = field(default_factory=threading.Condition)
    asked_to_stop: bool = False
    closing: bool = False
    thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether packs are being made."""
        return self.state == "en cours"

    def begin(self, desk: Desk, only: Sequence[str]) -> bool:
        """Begin a build, unless one is under way; tell whether it began."""
        with self.changed:
            if self.running:
                return False
            self.total, self.lines, self.state, self.said, self.problems = 0, [], "en cours", "", ()
            self.asked_to_stop = False
        self.thread = threading.Thread(target=self._run, args=(desk, tuple(only)), name="build")
        self.thread.start()
        return True

    def stop(self, *, closing: bool = False) -> None:
        """Ask it to stop after the packs in hand; those that are made stand. `closing`: nobody is to be told more."""
        with self.changed:
            self.asked_to_stop = True
            self.closing = self.closing or closing
            self.changed.notify_all()

    def end(self) -> None:
        """Stop it and wait until it has: the desk closes."""
        self.stop(closing=True)
        if self.thread:
            self.thread.join()

    def follow(self, since: int = 0) -> Iterator[dict[str, Any]]:
        """Yield what becomes of each pack from that line on, then how it ends."""
        while True:
            with self.changed:
                if len(self.lines) <= since and self.running and not self.closing:
                    self.changed.wait(PATIENCE)
                if self.closing:
                    return
                news, total, running = self.lines[since:], self.total, self.running
            for line in news:
                since += 1
                yield {"n": since, "total": total, **line}
            if not running and since >= len(self.lines):
                yield {"etat": self.state, "dit": self.said, "total": total, "n": since}
                return
            if not news:
                yield {}

    def start(self, total: int) -> None:
        """Take from the build how many packs it makes."""
        with self.changed:
            self.total = total
            self.changed.notify_all()

    def done(self, outcome: Outcome) -> None:
        """Take from the build what became of a pack. Raises `Stopped` when it is to stop."""
        receipt = outcome.receipt
        state = "échec" if outcome.failure else receipt.etat if receipt else ""
        line = {
            "membre": outcome.membre.id, "nom": outcome.membre.nom, "devient": state,
            "pourquoi": outcome.failure or " ; ".join(outcome.reasons),
        }  # fmt: skip
        with self.changed:
            self.lines.append(line)
            self.changed.notify_all()
        if self.asked_to_stop:
            raise Stopped

    def note(self, said: str) -> None:
        """Take what the clerk has to know besides; a local build has nothing to say."""

    def _run(self, desk: Desk, only: Sequence[str]) -> None:
        try:
            state, said = self._built(desk, only)
        except Stopped:
            state, said = "arrêté", "Arrêté. Les packs déjà fabriqués restent ; une autre fabrication fera la suite."
        except ProblemsFound as error:
            self.problems = tuple(map(str, pages.paged(error.diagnostics, desk.place.root)))
            state, said = "échec", "Rien n'a été fait : il y a des erreurs à corriger."
        except DocgenError as error:
            state, said = "échec", str(error)
        except Exception as error:  # it must be told, whatever it is
            state, said = "échec", f"La fabrication s'est interrompue ({type(error).__name__})."
            self._settle(state, said)
            raise
        self._settle(state, said)

    def _settle(self, state: str, said: str) -> None:
        with self.changed:
            self.state, self.said = state, said
            self.changed.notify_all()

    def _built(self, desk: Desk, only: Sequence[str]) -> tuple[str, str]:
        data = desk.data()
        # Processes, even on one core: pdfium serves one thread at a time, and this process shows pages.
        build = Build(desk.place, data, office.find(), max(2, os.cpu_count() or 1))
        outcomes = build.run(self, only)
        report.write(desk.place, data, outcomes, build.contents.decisions)
        made = [one for one in outcomes if one.reasons and not one.failure]
        failed = [one for one in outcomes if one.failure]
        said = [formats.plural(len(made), "pack fabriqué", "packs fabriqués")] if made else ["Rien à refaire"]
        said += [formats.plural(len(failed), "échec")] if failed else []
        return "fini", f"{', '.join(said)}."
