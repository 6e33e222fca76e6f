"""All that a séance says, as a form; a new one begins with the delegates of the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from docgen import formats, publish
from docgen.desk import form, member, received, screen
from docgen.desk.received import Given
from docgen.desk.seances import ABSENT, Sheet, date_of, judged, sheet_of, version
from docgen.desk.state import Desk
from docgen.diagnostics import CannotWrite, Diagnostic, ProblemsFound, errors
from docgen.records import edit, reading
from docgen.records.reading import Record

OF_A_DAY = ("presence", "pouvoir_a")
"""What a delegate was at one séance only."""


def begin(request: Request, given: Given) -> Response:
    """Go to the form of a séance that may have no record yet; nothing is written before it is whole."""
    try:
        day = received.day_of(given["jour"])
    except ProblemsFound as error:
        return screen.told(request, "/seances", screen.error_of(error))
    return RedirectResponse(f"/seances/{day.isoformat()}/fiche", 303)


def _sheet(desk: Desk, day: str) -> Sheet | None:
    """Return a séance as it is written; begun from the last one, where there is none of that day."""
    found, known = sheet_of(desk, day), desk.place.seances
    if found is not None or date_of(day) == date.min or not known:
        return found
    last = known[-1].read_bytes()
    people = _delegates(edit.sound(reading.parse(last, desk.place.shown(known[-1]))))
    said = {"date": day, "convocation": None, "delegues": people, "deliberations": None, "voix": None}
    path = known[-1].with_name(f"{day}.yaml")
    return judged(desk, path, edit.document(last, desk.place.shown(path), said))


def _delegates(record: Record) -> list[dict[str, Any]]:
    """Return the delegates of a séance, without what is of that day."""
    people = (one for one in record.items("delegues") if isinstance(one, dict))
    return [{key: value for key, value in one.items() if key not in OF_A_DAY} for one in people]


def show(request: Request) -> Response:
    """Show the form."""
    sheet = _sheet(screen.desk(request), request.path_params["jour"])
    if sheet is None:
        return screen.page(request, "absent", "Séance introuvable", 404, quoi="Ce jour n'est pas celui d'une séance.")
    return _form(request, sheet)


def _form(
    request: Request, sheet: Sheet, status: int = 200, fait: str = "", tree: Mapping[str, Any] | None = None,
    problems: Sequence[Diagnostic] = (),
) -> Response:  # fmt: skip
    """Return the page; `tree` is what is typed, before it can be judged."""
    fields = form.of_seance(sheet.record.fields if tree is None else tree)
    known = sheet.problems if version(sheet) or status != 200 else []  # a new one is not wrong yet, only empty
    apart = form.place_messages(fields, sheet.record, (), known) if tree is None else []
    said = fait or ("" if version(sheet) else "Cette séance n'a pas encore de fiche : complétez-la, puis enregistrez.")
    return screen.page(
        request, "sheet", f"Fiche de la séance du {formats.short_date(date_of(sheet.path.stem))}", status,
        champs=fields, apart=[*apart, *problems], fait=said, jour=sheet.path.stem, empreinte=version(sheet),
    )  # fmt: skip


def _wanted(desk: Desk, sheet: Sheet, given: Given) -> Sheet:
    """Return what a séance would say. Raises `ProblemsFound`."""
    fields = form.of_seance(form.sent_tree(given.fields))
    made = edit.document(
        sheet.content, desk.place.shown(sheet.path), form.read(fields, given.fields, sheet.record.fields)
    )
    return judged(desk, sheet.path, made)


def check(request: Request, given: Given) -> Response:
    """Say what is wrong with a séance that is being typed; nothing is written."""
    desk = screen.desk(request)
    sheet = _sheet(desk, request.path_params["jour"])
    if sheet is None:
        raise ProblemsFound([ABSENT])
    found = _wanted(desk, sheet, given)
    fields = form.of_seance(found.record.fields)
    apart = form.place_messages(fields, found.record, (), found.problems)
    every = (one for top in fields for one in top.every())
    messages = {one.name: [screen.shown(said) for said in one.messages] for one in every}
    return JSONResponse({"messages": messages, "apart": [screen.shown(one) for one in apart]})


def save(request: Request, given: Given) -> Response:
    """Write all that a séance says."""
    desk, day = screen.desk(request), request.path_params["jour"]
    with desk.writing:
        sheet = _sheet(desk, day)
        if sheet is None:
            return screen.page(request, "absent", "Séance introuvable", 404, quoi="Aucune séance de ce jour.")
        if given["ajouter"] or given["retirer"]:
            return _form(request, sheet, tree=member.listed(given))
        if given["version"] != version(sheet):
            said = "Cette séance a changé dans le fichier depuis que vous l'avez ouverte : la voici telle qu'elle est."
            return _form(request, sheet, 409, said)
        try:
            found = _wanted(desk, sheet, given)
            if stopping := errors(found.problems):
                said = f"Rien n'est enregistré : {formats.plural(len(stopping), 'point')} à corriger."
                return _form(request, found, 422, said)
            publish.replace(Path(sheet.path), found.content)
        except (ProblemsFound, CannotWrite) as error:
            return _form(request, sheet, 422, f"Rien n'est enregistré. {screen.error_of(error)}")
    return screen.told(request, f"/seances/{day}", "La séance est enregistrée.")
