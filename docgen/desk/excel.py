"""The members as a table: a workbook to take away, one that comes back looked at before anything is written."""

from __future__ import annotations

from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from docgen import formats
from docgen.desk import received, screen
from docgen.desk.received import Given
from docgen.desk.state import Kept
from docgen.diagnostics import CannotWrite, Diagnostic, Place, ProblemsFound
from docgen.sheets import importing, workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def show(request: Request) -> Response:
    """Show what can be taken away, and ask for a table."""
    return screen.page(request, "excel", "Excel", lu=None, mot="", fait="")


def export(request: Request) -> Response:
    """Give the workbook of all members."""
    desk = screen.desk(request)
    data = desk.data()
    made = workbook.written(desk.place, data, desk.now().standing, desk.record())
    name = f"membres-{data.edition.edition}.xlsx"
    return Response(made, media_type=XLSX, headers={"content-disposition": f'attachment; filename="{name}"'})


def look(request: Request, given: Given) -> Response:
    """Show what a table would change; nothing is written."""
    desk = screen.desk(request)
    if not given.files or not given.files[0].data:
        return screen.page(request, "excel", "Excel", 422, lu=None, mot="", fait="Choisissez d'abord un fichier.")
    upload = given.files[0]
    try:
        read = importing.read(desk.place, desk.data(), upload.name, upload.data)
    except ProblemsFound as error:
        return screen.page(request, "excel", "Excel", 422, lu=None, mot="", fait=screen.error_of(error))
    word = desk.keep(upload.name, upload.data)
    return screen.page(request, "excel", "Excel", lu=read, mot=word, fait="")


def write(request: Request, given: Given) -> Response:
    """Look again with other columns; or write what is admitted."""
    desk = screen.desk(request)
    kept: Kept | None = desk.kept.get(request.path_params["mot"])
    if kept is None:
        return screen.told(request, "/excel", "Ce fichier n'est plus là : déposez-le de nouveau.")
    chosen = {name[2:]: path for name, path in given.fields.items() if name.startswith("c.")}
    with desk.writing:
        read = importing.read(desk.place, desk.data(), kept.name, kept.data, chosen)
        if not given["ecrire"]:
            return screen.page(request, "excel", "Excel", lu=read, mot=request.path_params["mot"], fait="")
        try:
            left_on = _left_on(given)
            said = importing.write(desk.place, read, left_on)
        except (ProblemsFound, CannotWrite) as error:
            said = f"Rien n'est écrit. {screen.error_of(error)}"
            word = request.path_params["mot"]
            return screen.page(request, "excel", "Excel", 422, lu=read, mot=word, fait=said)
    return screen.told(request, "/excel", said)


def _left_on(given: Given) -> date | None:
    """Return the last day of the members that the table has no more, when somebody said so. Raises `ProblemsFound`."""
    if given["partis"] != "oui":
        return None
    day = received.day_of(given["jour"])
    if day.year < 2000:
        said = f"le {formats.short_date(day)} est trop ancien"
        raise ProblemsFound([Diagnostic(Place(""), "date", said, "Vérifiez la date.")])
    return day
