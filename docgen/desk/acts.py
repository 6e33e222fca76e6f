"""The acts: their pages and their files, what is sent to the préfecture, what it answers, their publication."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from docgen import formats, office, scratch
from docgen.actes import faults, write_back
from docgen.actes.deliberation import Deliberation
from docgen.actes.known import FOLDER, Known, act_of, slug
from docgen.actes.transmissions import SENT
from docgen.desk import files, pictures, received, screen
from docgen.desk.pictures import PDFIUM
from docgen.desk.received import Given
from docgen.desk.state import Desk
from docgen.diagnostics import CannotWrite, DocgenError, ProblemsFound
from docgen.law import seance as assembly
from docgen.records.workspace import today


def act(request: Request) -> Response:
    """Show an act: its visas, its vote, its pages, what is to be sent, what happened to it."""
    desk = screen.desk(request)
    snapshot = desk.now()
    known = _known(desk, request)
    if known is None or snapshot.data is None:
        return screen.page(request, "absent", "Acte introuvable", 404, quoi="Aucune séance n'a cet acte.")
    act_ = known.acte
    name = slug(act_.numero)
    folder = desk.place.output / FOLDER / name
    pdf = folder / f"deliberation-{name}.pdf"
    wrong = list(faults.of_act(desk.place, snapshot.data, known.seance, act_))
    there = assembly.presence(known.seance, act_)
    return screen.page(
        request, "act", f"Délibération n° {act_.numero}", acte=act_, seance=known.seance, nom=name, fautes=wrong,
        fichiers=[path.name for path in files.of(folder)], transmis=[path.name for path in files.of(folder / SENT)],
        pages=pictures.count(pdf) if pdf.is_file() else 0, resultat=assembly.resultat(act_),
        detail=assembly.detail(act_, there), jour=today(),
    )  # fmt: skip


def _known(desk: Desk, request: Request) -> Known | None:
    data = desk.now().data
    return act_of(data, request.path_params["acte"]) if data else None


def write(request: Request, given: Given) -> Response:
    """Write an act and the files of its sending."""
    desk = screen.desk(request)
    known = _known(desk, request)
    if known is None:
        return screen.told(request, "/seances", "Aucune séance n'a cet acte.")
    with PDFIUM:
        made = Deliberation(desk.place, known.acte.numero, office.find()).make()
    said = f"L'acte est écrit : {formats.plural(len(made), 'fichier')}."
    return screen.told(request, f"/actes/{request.path_params['acte']}", said)


def publish_on(request: Request, given: Given) -> Response:
    """Note the day of its publication."""
    desk, where = screen.desk(request), f"/actes/{request.path_params['acte']}"
    known = _known(desk, request)
    if known is None:
        return screen.told(request, "/seances", "Aucune séance n'a cet acte.")
    try:
        with desk.writing:
            day = received.day_of(given["jour"])
            write_back.published(desk.place, known.acte.numero, day)
    except (ProblemsFound, CannotWrite) as error:
        return screen.told(request, where, f"Rien n'est noté. {screen.error_of(error)}")
    return screen.told(request, where, f"Publication du {formats.short_date(day)} notée.")


def answered(request: Request, given: Given) -> Response:
    """Note a message of the préfecture."""
    desk = screen.desk(request)
    if not given.files or not given.files[0].data:
        return screen.told(request, "/seances", "Choisissez d'abord le fichier .xml de la préfecture.")
    upload = given.files[0]
    try:
        with desk.writing, PDFIUM, scratch.folder() as folder:
            path = Path(folder) / "message.xml"
            path.write_bytes(upload.data)
            noted = write_back.acknowledged(desk.place, path)
    except DocgenError as error:
        said = screen.error_of(error).replace("message.xml", upload.name)
        return screen.told(request, "/seances", f"Rien n'est noté. {said}")
    message = noted.courrier
    said = f"Délibération n° {noted.numero} : {message.nature} du {formats.short_date(message.jour)}, c'est noté."
    return screen.told(request, f"/actes/{slug(noted.numero)}", said)


def file(request: Request) -> Response:
    """Give one of the files of an act."""
    desk = screen.desk(request)
    known = _known(desk, request)
    folder = desk.place.output / FOLDER / slug(known.acte.numero) if known else None
    return files.given(request, [*files.of(folder), *files.of(folder / SENT)] if folder else [])


def picture(request: Request) -> Response:
    """Give a page of an act as a picture."""
    desk = screen.desk(request)
    known = _known(desk, request)
    name = slug(known.acte.numero) if known else ""
    path = desk.place.output / FOLDER / name / f"deliberation-{name}.pdf"
    data = pictures.png(path, request.path_params["numero"]) if known and path.is_file() else None
    return Response(data, media_type="image/png") if data else PlainTextResponse("", 404)
