"""The yearly statements: made, what is missing, their PDFs and their table."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from docgen import formats, office
from docgen.actes.statement import Statements
from docgen.desk import files, screen
from docgen.desk.pictures import PDFIUM
from docgen.desk.received import Given
from docgen.diagnostics import Diagnostic, ProblemsFound
from docgen.records.workspace import Workspace, today

FIRST = 2000


def show(request: Request) -> Response:
    """Show a year: what its statements would leave out, and what is made."""
    desk = screen.desk(request)
    asked = request.query_params.get("annee", "")
    year = int(asked) if asked.isdigit() and FIRST <= int(asked) <= today().year else today().year - 1
    warnings: list[Diagnostic] = []
    count = 0
    try:
        if data := desk.now().data:
            found = Statements(desk.place, year, None, data)
            warnings, count = found.warnings, len(found.dossiers)
    except ProblemsFound as error:
        warnings = list(error.diagnostics)
    years = range(today().year, max(FIRST, today().year - 10), -1)
    return screen.page(
        request, "statements", f"État annuel {year}", annee=year, annees=years, manques=warnings, combien=count,
        fichiers=[path.name for path in files.of(_folder(desk.place, year))], fini=year < today().year,
    )  # fmt: skip


def make(request: Request, given: Given) -> Response:
    """Make the statements of a year."""
    desk, year = screen.desk(request), int(given["annee"]) if given["annee"].isdigit() else today().year - 1
    with PDFIUM:
        made = Statements(desk.place, year, office.find()).make()
    count = sum(path.suffix == ".pdf" for path in made)
    return screen.told(request, f"/etats?annee={year}", f"{formats.plural(count, 'état fait', 'états faits')}.")


def file(request: Request) -> Response:
    """Give one of the files of a year."""
    return files.given(request, files.of(_folder(screen.desk(request).place, request.path_params["annee"])))


def _folder(place: Workspace, year: int) -> Path:
    return place.output / "etats" / str(year)
