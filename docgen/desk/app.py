"""The pages of the desk by their addresses, and what is shown when something cannot be done."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from docgen.desk import (
    acts,
    excel,
    home,
    member,
    packs,
    returns,
    screen,
    seance_form,
    seances,
    statements,
    syndicat,
    wordfiles,
)
from docgen.desk.guard import Guard, Keys
from docgen.desk.making import Making
from docgen.desk.presence import Presence
from docgen.desk.received import Given, posted
from docgen.desk.state import Desk
from docgen.diagnostics import DocgenError, ProblemsFound
from docgen.records.workspace import Workspace

STATIC = Path(__file__).parent / "static"


def _get(path: str, page: object) -> Route:
    return Route(path, page, methods=["GET"])  # type: ignore[arg-type]


def _post(path: str, page: object) -> Route:
    return Route(path, posted(page), methods=["POST"])  # type: ignore[arg-type]


def presence(request: Request, given: Given) -> Response:
    """Note that a page is open, or closes."""
    seen: Presence = request.app.state.presence
    page = given["page"][:40]
    (seen.bye if given["adieu"] else seen.here)(page)
    return PlainTextResponse("", 204)


def leave(request: Request, given: Given) -> Response:
    """Close the desk."""
    request.app.state.leaving = True
    return screen.page(request, "bye", "docgen est fermé")


def first(request: Request) -> Response:
    """Show the first page; in a folder that is no workspace yet, the first questions."""
    return syndicat.ask(request) if syndicat.missing(screen.desk(request)) else home.show(request)


ROUTES = [
    _get("/", first),
    _post("/commencer", syndicat.start),
    _get("/syndicat", syndicat.show),
    _post("/syndicat", syndicat.save),
    _post("/syndicat/verifier", syndicat.check),
    _get("/membres/nouveau", member.new),
    _post("/membres/nouveau", member.create),
    _post("/membres/nouveau/verifier", member.check),
    _get("/membres/{membre}", member.show),
    _post("/membres/{membre}", member.save),
    _post("/membres/{membre}/verifier", member.check),
    _get("/membres/{membre}/change/{guide}", member.guided),
    _post("/membres/{membre}/noter/{quoi}", member.note),
    _post("/membres/{membre}/supprimer", member.remove),
    _get("/membres/{membre}/pack.pdf", packs.pdf),
    _get("/membres/{membre}/page-{numero:int}.png", packs.picture),
    _get("/packs", packs.show),
    _post("/packs/fabriquer", packs.make),
    _post("/packs/arreter", packs.stop),
    _get("/packs/suivi", packs.follow),
    _get("/packs/envois", packs.sendings),
    _post("/packs/envois", packs.note_many),
    _get("/packs/controle", packs.checklist),
    _get("/retours", returns.ask),
    _post("/retours", returns.judge),
    _post("/retours/{mot}/noter", returns.note),
    _get("/retours/{mot}", returns.show),
    _get("/retours/{mot}/page-{numero:int}.png", returns.picture),
    _get("/seances", seances.show),
    _post("/seances", seance_form.begin),
    _get("/seances/{jour}", seances.seance),
    _post("/seances/{jour}", seances.save),
    _post("/seances/{jour}/verifier", seances.check),
    _get("/seances/{jour}/fiche", seance_form.show),
    _post("/seances/{jour}/fiche", seance_form.save),
    _post("/seances/{jour}/fiche/verifier", seance_form.check),
    _post("/seances/{jour}/liste", seances.listing),
    _get("/seances/{jour}/fichiers/{fichier}", seances.of_seance),
    _post("/prefecture", acts.answered),
    _get("/actes/{acte}", acts.act),
    _post("/actes/{acte}/ecrire", acts.write),
    _post("/actes/{acte}/publier", acts.publish_on),
    _get("/actes/{acte}/fichiers/{fichier}", acts.file),
    _get("/actes/{acte}/page-{numero:int}.png", acts.picture),
    _get("/modeles", wordfiles.show),
    _post("/modeles", wordfiles.judge),
    _get("/modeles/champs", wordfiles.fields),
    _get("/modeles/comparer", wordfiles.compare),
    _get("/modeles/vus/{mot}", wordfiles.found),
    _get("/modeles/vus/{mot}/page-{numero:int}.png", wordfiles.picture),
    _get("/modeles/vus/{mot}/copie.docx", wordfiles.copy),
    _post("/modeles/vus/{mot}/essayer", wordfiles.attempt),
    _get("/modeles/vus/{mot}/essai.pdf", wordfiles.attempted),
    _get("/etats", statements.show),
    _post("/etats", statements.make),
    _get("/etats/{annee:int}/{fichier}", statements.file),
    _get("/excel", excel.show),
    _post("/excel", excel.look),
    _post("/excel/{mot}", excel.write),
    _get("/excel/docgen.xlsx", excel.export),
    _post("/presence", presence),
    _post("/fermer", leave),
    Mount("/static", StaticFiles(directory=STATIC), name="static"),
]


def refused(request: Request, error: Exception) -> Response:
    """Say what could not be done, and how to mend it."""
    problems = error.diagnostics if isinstance(error, ProblemsFound) else ()
    said = "" if problems else str(error)
    if request.url.path.endswith("/verifier"):
        return JSONResponse({"messages": {}, "apart": [screen.shown(one) for one in problems]}, 422)
    return screen.page(request, "refused", "Cela n'a pas pu être fait", 422, refus=problems, raison=said)


def failed(request: Request, error: Exception) -> Response:
    """Say that docgen is at fault; what was not written is not."""
    said = "docgen s'est trompé ; rien n'a été écrit à moitié. Le terminal dit où."
    return screen.page(request, "refused", "Une erreur de docgen", 500, refus=(), raison=said)


def not_found(request: Request, error: Exception) -> Response:
    """Say that there is no such page."""
    status = error.status_code if isinstance(error, HTTPException) else 404
    if status != 404:
        said = "Ce fichier dépasse 64 Mo.\n" if status == 413 else "Cette demande n'est pas admise.\n"
        return PlainTextResponse(said, status)
    return screen.page(request, "absent", "Page introuvable", 404, quoi="Cette adresse ne mène à rien.")


def application(place: Workspace, port: int) -> tuple[ASGIApp, Starlette]:
    """Return the desk of a workspace, behind its guard, and the pages alone."""
    pages = Starlette(
        routes=ROUTES, exception_handlers={DocgenError: refused, HTTPException: not_found, Exception: failed}
    )
    keys = Keys()
    pages.state.desk, pages.state.keys = Desk(place), keys
    pages.state.making, pages.state.presence = Making(), Presence()
    pages.state.told, pages.state.leaving = {}, False
    return Guard(pages, keys, port), pages
