"""What can be wrong, and how it is said: a place, a message, a mend. Imports nothing of docgen.

DocgenError                 exit code
├── ProblemsFound               1     something is wrong in the records or the templates
├── ToolMissing                 3     LibreOffice cannot be found or started
├── ConversionFailed            4     a document could not be made or is not what it should be
└── CannotWrite                 5     the output folder cannot be written
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class ExitCode(IntEnum):
    """What the shell is told when docgen ends."""

    DONE = 0
    PROBLEMS = 1
    USAGE = 2
    TOOL_MISSING = 3
    CONVERSION_FAILED = 4
    CANNOT_WRITE = 5
    INTERRUPTED = 130


class Severity(StrEnum):
    """An error stops the packs; a warning is only shown; an information is nothing to mend."""

    ERROR = "erreur"
    WARNING = "avertissement"
    INFO = "information"


@dataclass(frozen=True, order=True)
class Place:
    """Where a problem is: a line and a column in a text file, or words to search for in a Word file."""

    file: str
    line: int = 0
    """From 1; 0 when the file has no lines (Word) or the problem is the whole file."""
    column: int = 0
    part: str = ""
    """In a Word file: the member of the zip, « word/document.xml »."""
    paragraph: int = 0
    """In a Word file: the number of the paragraph in its part, from 1."""
    at: int = 0
    """In a Word file: how many characters of the paragraph come before."""
    within: str = ""
    """In a Word file: the part and the heading above (« corps, Désignation d'un référent »)."""
    extract: str = ""
    """In a Word file: the words to give to Word's search."""
    words: str = field(default="", compare=False)
    """In a Word file: those of `extract` that are at fault; nothing when the whole paragraph is."""
    nth: int = field(default=0, compare=False)
    """In a Word file: which of the places of `words` in the paragraph, from 0."""
    page: int = field(default=0, compare=False)
    """In a Word file: the page, once LibreOffice has laid it out; 0 when that is not known."""

    def __str__(self) -> str:
        if self.line:
            return f"{self.file}:{self.line}:{self.column}"
        page = f"p.\u00a0{self.page}" if self.page else ""
        words = f"près de « {self.extract} »" if self.extract else ""
        return ", ".join(part for part in (self.file, self.within, page, words) if part)


@dataclass(frozen=True, order=True)
class Diagnostic:
    """One problem: where, what and why, how to mend it."""

    place: Place
    code: str
    """In kebab-case, naming the fault: « siret-invalide »."""
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        first = f"{self.place}: {self.severity}: {self.message} [{self.code}]"
        return f"{first}\n  {self.hint}" if self.hint else first


class DocgenError(Exception):
    """The root of all that docgen raises on purpose."""

    exit_code = ExitCode.PROBLEMS


class ProblemsFound(DocgenError):
    """The records or the templates hold errors: all of them, gathered."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(sorted(diagnostics))
        super().__init__("\n".join(str(d) for d in self.diagnostics))


class ToolMissing(DocgenError):
    """A program that docgen needs is not on the machine, or does not start."""

    exit_code = ExitCode.TOOL_MISSING


class ConversionFailed(DocgenError):
    """A document could not be made, or what came out is not what should have."""

    exit_code = ExitCode.CONVERSION_FAILED

    def __init__(self, *problems: Diagnostic | str) -> None:
        self.diagnostics = tuple(problem for problem in problems if isinstance(problem, Diagnostic))
        super().__init__("\n".join(map(str, problems)))


class CannotWrite(DocgenError):
    """The output folder refuses to be written."""

    exit_code = ExitCode.CANNOT_WRITE


def errors(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return those of `diagnostics` that stop the packs."""
    return [d for d in diagnostics if d.severity is Severity.ERROR]


def closest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Return « Vouliez-vous dire … ? » with the known name nearest to `name`, or nothing when none is that near."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=cutoff)
    return f"Vouliez-vous dire « {near[0]} » ?" if near else ""
