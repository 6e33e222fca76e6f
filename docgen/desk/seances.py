"""The séances: who was there, how they voted, with their sums and their quorum as one types."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from docgen import formats, office, publish
from docgen.actes import liste
from docgen.actes.known import slug
from docgen.desk import files, screen
from docgen.desk.pictures import PDFIUM
from docgen.desk.received import Given
from docgen.desk.state import Desk
from docgen.diagnostics import CannotWrite, Diagnostic, Place, ProblemsFound, errors
from docgen.law import seance as assembly
from docgen.model.seance import Delegue, Seance, Vote
from docgen.records import edit, reading, validate
from docgen.records.reading import Record
from docgen.records.workspace import today

PRESENCES = Delegue.model_fields["presence"].annotation.__args__  # type: ignore[union-attr]
RESULTS = Vote.model_fields["resultat"].annotation.__args__  # type: ignore[union-attr]
COUNTS = ("pour", "contre", "abstention", "ne_prend_pas_part")
ABSENT = Diagnostic(Place("seances"), "seance-inconnue", "cette séance n'a plus de fiche", "Revenez aux séances.")
EDITED = re.compile(
    r"delegues\.\d{1,3}\.(presence|pouvoir_a|voix)|voix\.(presents|representes|excuses)|en_exercice\.(membres|voix)"
    rf"|deliberations\.\d{{1,2}}\.vote\.(resultat|({'|'.join(COUNTS)})\.(membres|voix))"
)
"""The fields of a séance that its page changes."""


@dataclass(frozen=True)
class Sheet:
    """A séance as it is written, or would be, and where."""

    path: Path
    content: bytes
    record: Record
    seance: Seance | None
    """None while something is wrong in it."""
    problems: list[Diagnostic]


def show(request: Request) -> Response:
    """Show the séances and their acts."""
    desk = screen.desk(request)
    data = desk.now().data
    known = {seance.date: seance for seance in data.seances} if data else {}
    sheets = [(path.stem, known.get(date_of(path.stem))) for path in desk.place.seances]
    return screen.page(request, "seances", "Séances et actes", seances=list(reversed(sheets)), nom=slug)


def date_of(stem: str) -> date:
    """Return the day that the name of a file says; the first of all days when it says none."""
    try:
        return date.fromisoformat(stem)
    except ValueError:
        return date.min


def sheet_of(desk: Desk, day: str, changes: Mapping[str, str] | None = None) -> Sheet | None:
    """Return a séance as it is, or as it would be; None when there is none of that day. Raises `ProblemsFound`."""
    path = next((path for path in desk.place.seances if path.stem == day), None)
    if path is None:
        return None
    content, shown_as = path.read_bytes(), desk.place.shown(path)
    if changes:
        content = edit.with_values(content, shown_as, _paths(changes, reading.parse(content, shown_as)))
    return judged(desk, path, content)


def judged(desk: Desk, path: Path, content: bytes) -> Sheet:
    """Return what a séance would say, and what is wrong with it by the rules of the assembly."""
    record = reading.parse(content, desk.place.shown(path))
    data = desk.now().data
    rule = assembly.rule(data.syndicat.assemblee) if data and data.syndicat.assemblee else None
    found, problems = validate.seance(record, today(), rule) if rule else (None, list(record.diagnostics))
    return Sheet(path, content, record, found, problems)


def _paths(changes: Mapping[str, str], record: Record) -> dict[tuple[str | int, ...], str]:
    """Return what changes, by the path of each field; what is said already is left as it is written."""
    found: dict[tuple[str | int, ...], str] = {}
    for name, value in changes.items():
        path = tuple(int(part) if part.isdigit() else part for part in name.split("."))
        said = " ".join(value.split())
        if said != (_at(record.tree, path) or _default(name)):
            found[path] = said
    return found


def _default(name: str) -> str:
    return "présent" if name.endswith(".presence") else ""


def _at(tree: Any, path: tuple[str | int, ...]) -> str:
    for part in path:
        if isinstance(tree, list):
            tree = tree[part] if isinstance(part, int) and part < len(tree) else None
        else:
            tree = tree.get(part) if isinstance(tree, dict) else None
    return tree if isinstance(tree, str) else ""


def seance(request: Request) -> Response:
    """Show a séance."""
    found = sheet_of(screen.desk(request), request.path_params["jour"])
    if found is None:
        return screen.page(request, "absent", "Séance introuvable", 404, quoi="Aucune séance de ce jour.")
    return _page(request, found)


def _page(request: Request, sheet: Sheet, status: int = 200, fait: str = "") -> Response:
    desk = screen.desk(request)
    day = sheet.path.stem
    made = files.of(desk.place.output / "seances" / day)
    return screen.page(
        request, "seance", f"Séance du {formats.long_date(date_of(day))}" if date_of(day) != date.min else day, status,
        jour=day, arbre=sheet.record.fields, delegues=_rows(sheet, "delegues"),
        actes=_rows(sheet, "deliberations"), seance=sheet.seance, problemes=sheet.problems,
        sommes=sums(desk, sheet.seance), fait=fait, nom=slug, presences=PRESENCES, resultats=RESULTS, comptes=COUNTS,
        fichiers=[path.name for path in made], empreinte=version(sheet), au=_at,
    )  # fmt: skip


def _rows(sheet: Sheet, name: str) -> list[tuple[int, dict[str, Any]]]:
    """Return the items of a list that hold fields, each with its number in the file."""
    return [(number, row) for number, row in enumerate(sheet.record.items(name)) if isinstance(row, dict)]


def version(sheet: Sheet) -> str:
    """Return what tells whether the file has changed since a page was shown; nothing while there is none."""
    return hashlib.sha256(sheet.path.read_bytes()).hexdigest()[:20] if sheet.path.exists() else ""


def sums(desk: Desk, found: Seance | None) -> list[str]:
    """Return what the attendance of a séance gives: its sums, its quorum, and the result of each vote."""
    data = desk.now().data
    if found is None or data is None or data.syndicat.assemblee is None:
        return []
    rule = assembly.rule(data.syndicat.assemblee)
    there = assembly.presence(found)
    needed = assembly.quorum(there, rule)
    said = "atteint" if needed.atteint else "NON ATTEINT"
    lines = [f"{there.sommes} ; quorum {said} : {needed.compte} {needed.unite} pour {needed.seuil} exigés"]
    for act in found.deliberations:
        lines.append(f"n° {act.numero} : {assembly.resultat(act)}")
    return lines


def check(request: Request, given: Given) -> Response:
    """Say what is wrong with what is being typed, with its sums and its quorum; nothing is written."""
    desk = screen.desk(request)
    found = sheet_of(desk, request.path_params["jour"], _changes(given))
    if found is None:
        raise ProblemsFound([ABSENT])
    apart = [screen.shown(one) for one in found.problems]
    return JSONResponse({"messages": {}, "apart": apart, "sommes": sums(desk, found.seance)})


def _changes(given: Given) -> dict[str, str]:
    return {name: value for name, value in given.fields.items() if EDITED.fullmatch(name)}


def save(request: Request, given: Given) -> Response:
    """Write the attendance and the votes of a séance."""
    desk, day = screen.desk(request), request.path_params["jour"]
    with desk.writing:
        sheet = sheet_of(desk, day)
        if sheet is None:
            return screen.page(request, "absent", "Séance introuvable", 404, quoi="Aucune séance de ce jour.")
        if given["version"] != version(sheet):
            said = "Cette séance a changé dans le fichier depuis que vous l'avez ouverte : la voici telle qu'elle est."
            return _page(request, sheet, 409, said)
        try:
            found = sheet_of(desk, day, _changes(given))
            assert found
            if stopping := errors(found.problems):
                said = f"Rien n'est enregistré : {formats.plural(len(stopping), 'point')} à corriger."
                return _page(request, found, 422, said)
            publish.replace(sheet.path, found.content)
        except (ProblemsFound, CannotWrite) as error:
            return _page(request, sheet, 422, f"Rien n'est enregistré. {screen.error_of(error)}")
    return screen.told(request, f"/seances/{day}", "La séance est enregistrée.")


def listing(request: Request, given: Given) -> Response:
    """Make the list of the délibérations of a séance."""
    day = request.path_params["jour"]
    with PDFIUM:
        liste.make(screen.desk(request).place, date_of(day), office.find())
    return screen.told(request, f"/seances/{day}", "La liste des délibérations est écrite : affichez-la, publiez-la.")


def of_seance(request: Request) -> Response:
    """Give one of the files of a séance."""
    desk, day = screen.desk(request), request.path_params["jour"]
    known = day in {path.stem for path in desk.place.seances}
    return files.given(request, files.of(desk.place.output / "seances" / day) if known else [])
