"""The packs: what will be made and why, the build as it goes, the list of each, what was sent."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from starlette.concurrency import iterate_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse

from docgen import formats, office
from docgen.desk import home, member, pictures, received, screen
from docgen.desk.making import Making
from docgen.desk.received import Given
from docgen.diagnostics import CannotWrite, DocgenError, ProblemsFound
from docgen.packs.build import Build
from docgen.packs.receipts import Receipt
from docgen.packs.sendings import sent_together
from docgen.records.workspace import today

PER_PAGE = 100


def _making(request: Request) -> Making:
    found: Making = request.app.state.making
    return found


def show(request: Request) -> Response:
    """Show what a build would make, for whom and why; and the one under way."""
    desk = screen.desk(request)
    snapshot = desk.now()
    todo = snapshot.planned
    decisions = snapshot.contents.decisions if snapshot.contents else {}
    number = home.page_of(request, len(todo), PER_PAGE)
    return screen.page(
        request, "packs", "Packs", fabrication=_making(request), decisions=decisions, probleme=snapshot.lacking,
        afaire=todo[(number - 1) * PER_PAGE : number * PER_PAGE], combien=len(todo),
        page=number, pages=home.pages(len(todo), PER_PAGE),
        actions=Counter(d.action.split(" n°")[0] for d in decisions.values()),
        besides=snapshot.contents.beside if snapshot.contents else [],
    )  # fmt: skip


def make(request: Request, given: Given) -> Response:
    """Begin a build: of all that is not up to date, or of one member."""
    desk = screen.desk(request)
    data = desk.now().data
    known = {m.id for m in data.membres} if data else set()
    only = [name for name in given.many.get("membre", []) if name in known]
    if not _making(request).begin(desk, only):
        return screen.told(request, "/packs", "Une fabrication est déjà en cours.")
    return screen.told(request, "/packs", "")


def stop(request: Request, given: Given) -> Response:
    """Stop the build under way."""
    _making(request).stop()
    return screen.told(request, "/packs", "La fabrication s'arrête après les packs en cours.")


def follow(request: Request) -> Response:
    """Tell a build step by step (server-sent events, HTML 9.2)."""
    since = request.query_params.get("depuis", "0")

    async def events() -> AsyncIterator[str]:
        lines = _making(request).follow(int(since) if since.isdigit() else 0)
        async for line in iterate_in_threadpool(lines):
            yield f"data: {json.dumps(line, ensure_ascii=False)}\n\n" if line else ": encore\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")


def sendings(request: Request) -> Response:
    """Show what is ready to be sent, and what was sent and is not signed."""
    desk = screen.desk(request)
    snapshot = desk.now()
    ready = [one for one in snapshot.standing if one.etat == "à envoyer"]
    sent = [one for one in snapshot.standing if one.etat == "envoyé"]
    late = {m.id: day for m, day in home.waiting((one.membre for one in sent), today())}
    decisions = snapshot.contents.decisions if snapshot.contents else {}
    return screen.page(
        request, "sendings", "Envois", prets=ready, partis=sent, tard=late, decisions=decisions, jour=today(),
    )  # fmt: skip


def note_many(request: Request, given: Given) -> Response:
    """Note that day as the sending of all members that were ticked; one that is refused stops no other."""
    desk = screen.desk(request)
    names = given.many.get("membre", [])
    if given["tous"] == "oui":
        names = [one.membre.id for one in desk.now().standing if one.etat == "à envoyer"]
    if not names:
        return screen.told(request, "/packs/envois", "Cochez d'abord les packs que vous avez envoyés.")
    try:
        with desk.writing:
            found = sent_together(desk.place, names, received.day_of(given["jour"]))
    except (ProblemsFound, CannotWrite) as error:
        return screen.told(request, "/packs/envois", f"Rien n'est noté. {screen.error_of(error)}")
    noted = sum(error is None for error in found.values())
    said = f"{formats.plural(noted, 'envoi noté', 'envois notés')}."
    refused = [screen.error_of(error) for error in found.values() if error]
    if refused:
        said += f" Non notés : {' '.join(refused)}"
    return screen.told(request, "/packs/envois", said)


def checklist(request: Request) -> Response:
    """Show the list of each pack that is ready, point by point."""
    desk = screen.desk(request)
    found: Sequence[tuple[object, Receipt | None]] = []
    problem = ""
    data = desk.now().data
    names = [one.membre.id for one in desk.now().standing if one.etat not in ("signé", "parti", "envoyé")]
    number = home.page_of(request, len(names), PER_PAGE)
    try:
        if data and names:
            chosen = names[(number - 1) * PER_PAGE : number * PER_PAGE]
            found = Build(desk.place, data, office.find(), contents=desk.now().contents).checklist(chosen)
    except DocgenError as error:
        problem = str(error)
    return screen.page(
        request, "checklist", "Contrôle avant envoi", listes=found, probleme=problem,
        page=number, pages=home.pages(len(names), PER_PAGE),
    )  # fmt: skip


def picture(request: Request) -> Response:
    """Give a page of the pack of a member as a picture."""
    path = _pdf(request)
    data = pictures.png(path, request.path_params["numero"]) if path else None
    return Response(data, media_type="image/png") if data else PlainTextResponse("", 404)


def pdf(request: Request) -> Response:
    """Give the pack of a member."""
    path = _pdf(request)
    if path is None:
        return screen.page(request, "absent", "Pack introuvable", 404, quoi="Ce membre n'a pas de pack ici.")
    return FileResponse(path, filename=path.name, content_disposition_type="attachment")


def _pdf(request: Request) -> Path | None:
    desk = screen.desk(request)
    data = desk.now().data
    membre = next((m for m in data.membres if m.id == request.path_params["membre"]), None) if data else None
    pack = member.pack_of(desk, membre) if membre else None
    if pack is None or data is None:
        return None
    path = desk.place.packs(data.edition.edition) / pack.folder / pack.receipt.pack
    return path if path.is_file() else None
