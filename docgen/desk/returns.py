"""A PDF that came back: what `verify` says of it, its pages beside, and its note in the records."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from docgen import scratch
from docgen.desk import pictures, screen
from docgen.desk.pictures import PDFIUM
from docgen.desk.received import Given
from docgen.desk.state import Desk
from docgen.diagnostics import CannotWrite, DocgenError, ProblemsFound
from docgen.records.workspace import Data
from docgen.returned import recording, verdicts, verify
from docgen.returned.verify import Verdict

MOST_PAGES = 60


def ask(request: Request) -> Response:
    """Ask for a file."""
    return screen.page(request, "returns", "Un pack est revenu", fait="")


def judge(request: Request, given: Given) -> Response:
    """Judge a file that came back."""
    desk = screen.desk(request)
    if not given.files or not given.files[0].data:
        return screen.page(request, "returns", "Un pack est revenu", 422, fait="Choisissez d'abord un fichier PDF.")
    upload = given.files[0]
    data = desk.data()
    try:
        verdict = _examined(desk, data, upload.data)
    except DocgenError as error:
        said = str(error).replace("recu.pdf", upload.name)
        return screen.page(request, "returns", "Un pack est revenu", 422, fait=said)
    word = desk.keep(upload.name, upload.data, verdict)
    return screen.told(request, f"/retours/{word}", "")


def _examined(desk: Desk, data: Data, content: bytes) -> Verdict:
    """Return what a file is, by the records as they are now. Raises `Unreadable`."""
    with PDFIUM, scratch.folder() as folder:
        path = Path(folder) / "recu.pdf"
        path.write_bytes(content)
        return verify.examine(desk.place, data, path)


def show(request: Request) -> Response:
    """Show the verdict."""
    desk = screen.desk(request)
    kept = desk.kept.get(request.path_params["mot"])
    data = desk.now().data
    if kept is None or not isinstance(kept.found, Verdict) or data is None:
        return screen.page(request, "absent", "Fichier oublié", 404, quoi="Déposez-le de nouveau dans « Retours ».")
    verdict: Verdict = kept.found
    head, *more = verdicts.conclusion(verdict).split("\n")
    lines = [*more, *verdicts.lines(verdict, data.syndicat)]
    return screen.page(
        request, "verdict", "Un pack est revenu", nom=kept.name, verdict=verdict, conclusion=head, lignes=lines,
        bon=verdicts.accepted(verdict), mot=request.path_params["mot"], pages=_pages(kept.data),
        membre=verdict.pack.receipt.membre if verdict.pack else "", doutes=verdict.doubts,
    )  # fmt: skip


def _pages(data: bytes) -> int:
    try:
        return min(MOST_PAGES, pictures.count(data))
    except Exception:  # what cannot be shown was told by the verdict
        return 0


def note(request: Request, given: Given) -> Response:
    """Keep the file and note its signature, as `docgen verify --record` does."""
    desk = screen.desk(request)
    word = request.path_params["mot"]
    kept = desk.kept.get(word)
    if kept is None or not isinstance(kept.found, Verdict):
        return screen.told(request, "/retours", "Ce fichier n'est plus là : déposez-le de nouveau.")
    try:
        with desk.writing, PDFIUM:
            data = desk.data()
            # The page may have been open for hours: an envoi withdrawn since is not signed by it.
            kept.found = _examined(desk, data, kept.data)
            malgre = " ".join(given["malgre"].split())
            document, _, new = recording.record(desk.place, data, kept.found, malgre)
    except (ProblemsFound, CannotWrite) as error:
        return screen.told(request, f"/retours/{word}", f"Rien n'est noté. {screen.error_of(error)}")
    said = "La signature est notée" if new else "La signature était déjà notée"
    return screen.told(request, f"/retours/{word}", f"{said} ({document}). Le fichier est gardé.")


def picture(request: Request) -> Response:
    """Give a page of the file as a picture."""
    kept = screen.desk(request).kept.get(request.path_params["mot"])
    if kept is None or request.path_params["numero"] > MOST_PAGES:
        return PlainTextResponse("", 404)
    try:
        data = pictures.png(kept.data, request.path_params["numero"])
    except Exception:  # whatever somebody sent
        data = None
    return Response(data, media_type="image/png") if data else PlainTextResponse("", 404)
