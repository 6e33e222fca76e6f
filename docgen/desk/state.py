"""What the desk knows of the workspace: read once, read again when a file has changed; nothing is written here."""

from __future__ import annotations

import os
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from docgen import office
from docgen.diagnostics import Diagnostic, ProblemsFound, ToolMissing
from docgen.model.edition import Edition
from docgen.packs import status
from docgen.packs.build import Build, Todo
from docgen.packs.contents import Contents
from docgen.packs.status import Status
from docgen.records import reading, workspace
from docgen.records.reading import Record
from docgen.records.workspace import Data, Workspace, today

READ = ("syndicat.yaml", "members.yaml", "actes.yaml", "seances/*.yaml", "templates/*.docx", "templates/*/*",
        "envois/*/*.json")  # fmt: skip
"""The files that what is shown depends on, besides the receipts of the packs."""
AGAIN = "à refaire"
"""The state of a pack that a build would make again: its record, a text or a price has changed since."""
KEPT = 8
"""Files that came back and are being looked at."""


@dataclass(frozen=True)
class Snapshot:
    """The records as they stand."""

    stamp: Any
    data: Data | None
    """None when they cannot be read."""
    problems: tuple[Diagnostic, ...]
    contents: Contents | None = None
    standing: tuple[Status, ...] = ()
    planned: tuple[Todo, ...] = ()
    """The packs that a build would make."""
    lacking: str = ""
    """Why it is not known what a build would make: LibreOffice is missing."""

    @property
    def whole(self) -> bool:
        """Whether records and templates can be read: what is shown of the packs then holds."""
        return self.contents is not None


@dataclass
class Kept:
    """A file that came in, and what was found in it."""

    name: str
    data: bytes
    found: Any = None


@dataclass
class Desk:
    """One workspace, as the pages see it."""

    place: Workspace
    kept: OrderedDict[str, Kept] = field(default_factory=OrderedDict)
    _known: Snapshot | None = None
    _written: tuple[bytes, Record] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    writing: threading.Lock = field(default_factory=threading.Lock)
    """Held by who changes the records."""

    def now(self) -> Snapshot:
        """Return the records as they stand."""
        with self._lock:
            stamp = (today(), tuple(self._stamps()))
            if self._known is None or self._known.stamp != stamp:
                self._known = self._read(stamp)
            return self._known

    def data(self) -> Data:
        """Return the records. Raises `ProblemsFound` when they cannot be read."""
        snapshot = self.now()
        if snapshot.data is None:
            raise ProblemsFound(snapshot.problems)
        return snapshot.data

    def _read(self, stamp: Any, data: Data | None = None) -> Snapshot:
        fresh = Workspace(self.place.root)  # it remembers the names of its editions
        self.place = fresh
        try:
            data = data or workspace.load(fresh)
        except ProblemsFound as error:
            return Snapshot(stamp, None, error.diagnostics)
        try:
            contents = Contents(fresh, data)
            standing = status.of(fresh, data, contents)
        except ProblemsFound as error:
            return Snapshot(stamp, data, (*data.warnings, *error.diagnostics))
        lacking, planned = "", list[Todo]()
        try:
            build = Build(fresh, data, office.find(), contents=contents)
            planned = [todo for membre in data.membres if (todo := build.plan(membre)).reasons]
        except ToolMissing as error:
            lacking = str(error)
        stale = {todo.membre.id: todo.reasons for todo in planned if todo.former}
        current = tuple(_outdated(one, stale.get(one.membre.id, ())) for one in standing)
        return Snapshot(stamp, data, data.warnings, contents, current, tuple(planned), lacking)

    def _stamps(self) -> Iterator[tuple[str, int, int]]:
        root = self.place.root
        for pattern in READ:
            for path in sorted(root.glob(pattern)):
                yield from _stamp(path)
        packs = self.place.output
        for edition in sorted(packs.iterdir()) if packs.is_dir() else ():
            if edition.is_dir() and not edition.name.startswith("."):
                yield from _stamps_of_receipts(edition)

    def adopt(self, data: Data | None) -> None:
        """Take records that were read to be judged, and have just been written: they need not be read again."""
        with self._lock:
            if data is not None:
                self._known = self._read((today(), tuple(self._stamps())), data)

    def record(self) -> Record:
        """Return members.yaml as it is written, whatever is wrong in it."""
        return self.written()[1]

    def written(self) -> tuple[bytes, Record]:
        """Return what members.yaml holds, and what it says."""
        path = self.place.members_yaml
        try:
            data = path.read_bytes()
        except OSError:
            return b"", reading.read(path, path.name)  # it says why
        if self._written is None or self._written[0] != data:
            self._written = (data, reading.parse(data, path.name))
        return self._written

    def edition(self) -> Edition | None:
        """Return the edition in force, as far as it can be read."""
        if (data := self.now().data) is not None:
            return data.edition
        names = self.place.editions
        try:
            return workspace.load_edition(self.place, names[-1]) if names else None
        except ProblemsFound:
            return None

    def keep(self, name: str, data: bytes, found: Any = None) -> str:
        """Keep a file that came in; return by which word it is asked for again."""
        word = secrets.token_urlsafe(9)
        self.kept[word] = Kept(name, data, found)
        while len(self.kept) > KEPT:
            self.kept.popitem(last=False)
        return word


def _outdated(one: Status, reasons: Sequence[str]) -> Status:
    """Return where a member stands: a pack that is not up to date any more is not one to send."""
    return replace(one, etat=AGAIN, manque=tuple(reasons)) if reasons else one


def _stamp(path: Path) -> Iterator[tuple[str, int, int]]:
    try:
        said = path.stat()
    except OSError:
        return
    yield str(path), said.st_mtime_ns, said.st_size


def _stamps_of_receipts(edition: Path) -> Iterator[tuple[str, int, int]]:
    """Yield when each pack was made: a folder changes when its receipt does."""
    with os.scandir(edition) as found:
        for entry in sorted(found, key=lambda one: one.name):
            if not entry.name.startswith("."):
                yield entry.name, entry.stat().st_mtime_ns, 0
