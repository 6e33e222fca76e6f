"""The copy `*.controle.docx` of a Word file, each problem a comment in its margin. The file itself is never touched."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from docgen import publish
from docgen.diagnostics import Diagnostic, Place, ProblemsFound, Severity
from docgen.lawyers.checks import COPY, Checked
from docgen.lint.comments import annotated
from docgen.lint.seal import is_as_sealed
from docgen.word.package import Package


def copy_of(path: Path) -> Path:
    """Return where the annotated copy of a file stands: beside it; a copy is its own."""
    return path if path.name.endswith(COPY) else path.with_name(re.sub(r"\.docx$", "", path.name) + COPY)


def write_all(files: Iterable[Checked], day: date) -> list[Path]:
    """Write the copy of each file that has something in its margin, or had; return the copies.

    Raises `ProblemsFound`, before anything is written, when somebody has worked in a copy since it was made: its words
    and its comments would be lost. `CannotWrite` when a folder refuses it.
    """
    opened = [(file.template, to_comment(file.problems)) for file in files if file.template]
    told = [(t, problems) for t, problems in opened if problems or copy_of(t.path).exists()]
    if worked_in := [copy for template, _ in told if _worked_in(copy := copy_of(template.path), template.path)]:
        raise ProblemsFound(_refused(copy) for copy in worked_in)
    for template, problems in told:
        path = copy_of(template.path)
        ours = path != template.path or is_as_sealed(template.members)
        publish.replace(path, annotated(template.members, problems, day.isoformat(), ours=ours))
    return [copy_of(template.path) for template, _ in told]


def to_comment(problems: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return the problems that get a comment: not what is only to be known of the whole file."""
    return [p for p in problems if p.place.part or p.severity is not Severity.INFO]


def _worked_in(copy: Path, original: Path) -> bool:
    if copy == original or not copy.exists():
        return False
    try:
        return not is_as_sealed(Package(copy, copy.name).members)
    except ProblemsFound:
        return True  # not even a Word file: it is not ours to replace


def _refused(copy: Path) -> Diagnostic:
    return Diagnostic(
        Place(str(copy)),
        "copie-modifiee",
        "quelqu'un a travaillé dans cette copie depuis qu'elle a été faite",
        f"Contrôlez-la elle-même (docgen check --annotate {copy.name}), ou donnez-lui un autre nom.",
    )
