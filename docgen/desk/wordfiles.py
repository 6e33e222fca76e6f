"""The lawyer's page: a Word file looked at page by page, its copy with comments, the fields, a template tried."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from pikepdf import Pdf
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response

from docgen import formats, office, scratch
from docgen.champs.examples import sections
from docgen.champs.pack import values
from docgen.champs.volets import champs_of
from docgen.desk import pictures, screen
from docgen.desk.pictures import PDFIUM
from docgen.desk.received import Given, Upload
from docgen.desk.state import Desk, Kept
from docgen.diagnostics import ConversionFailed, Diagnostic, DocgenError
from docgen.lawyers import checks, compared, copies, explained, pages
from docgen.lawyers.checks import Checked
from docgen.lint.comments import annotated
from docgen.model.edition import PieceModele
from docgen.packs.contents import dossier
from docgen.pdf import overlay
from docgen.pdf.convert import Export, Pool
from docgen.records import workspace
from docgen.records.workspace import today
from docgen.word.render import Renderer

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass
class Looked:
    """A Word file that was looked at."""

    name: str
    checked: Checked
    pdf: bytes
    """Its pages; nothing where LibreOffice could not lay them out."""
    unlaid: str = ""
    """Why there are none."""
    piece: PieceModele | None = None
    tried: bytes = b""
    """The template filled for a member, as a PDF."""
    tried_on: str = ""
    pages: int = 0
    tried_pages: int = 0
    marks: dict[int, list[str]] = field(default_factory=dict)


def show(request: Request) -> Response:
    """Show the templates, and ask for one."""
    desk = screen.desk(request)
    data = desk.now().data
    found: list[Checked] = checks.of_workspace(desk.place, data) if data and request.query_params.get("voir") else []
    editions = desk.place.editions
    return screen.page(request, "wordfiles", "Modèles", fichiers=found, editions=editions, fait="")


def judge(request: Request, given: Given) -> Response:
    """Look at a Word file."""
    desk = screen.desk(request)
    if not given.files or not given.files[0].name.lower().endswith((".docx", ".docm", ".dotx", ".doc", ".odt")):
        said = "Choisissez d'abord un fichier Word (.docx)."
        return screen.page(request, "wordfiles", "Modèles", 422, fichiers=[], editions=desk.place.editions, fait=said)
    upload = given.files[0]
    with PDFIUM:
        looked = _looked(desk, upload)
    word = desk.keep(upload.name, upload.data, looked)
    return RedirectResponse(f"/modeles/vus/{word}", 303)


def _looked(desk: Desk, upload: Upload) -> Looked:
    """Return what is wrong with a file, as the piece of that name, with its pages."""
    data = desk.now().data
    piece = next((p for p in data.edition.pieces if p.fichier == upload.name), None) if data else None
    with scratch.folder() as folder:
        path = Path(folder) / re.sub(r"[^\w.-]", "_", upload.name)
        path.write_bytes(upload.data)
        ours = checks.house(desk.place if data else None, data)
        checked = checks.of_piece(path, upload.name, data, ours, piece)
        checked, pdf, unlaid = pages.laid_out(checked)
    looked = Looked(upload.name, checked, pdf, unlaid, piece, pages=pictures.count(pdf) if pdf else 0)
    for problem in checked.problems:
        if problem.place.page:
            looked.marks.setdefault(problem.place.page, []).append(problem.place.words or problem.place.extract)
    return looked


def _kept(request: Request) -> tuple[Kept, Looked] | None:
    kept = screen.desk(request).kept.get(request.path_params["mot"])
    return (kept, kept.found) if kept is not None and isinstance(kept.found, Looked) else None


def found(request: Request) -> Response:
    """Show what was found, beside the page that it is on."""
    kept = _kept(request)
    if kept is None:
        return screen.page(request, "absent", "Fichier oublié", 404, quoi="Déposez-le de nouveau dans « Modèles ».")
    looked = kept[1]
    data = screen.desk(request).now().data
    by_page: dict[int, list[Diagnostic]] = {}
    for problem in sorted(looked.checked.problems):
        by_page.setdefault(problem.place.page, []).append(problem)
    return screen.page(
        request, "wordfile", looked.name, vu=looked, par_page=by_page, mot=request.path_params["mot"],
        membres=[(m.id, m.nom) for m in data.membres] if data and looked.piece else [],
        expliques=explained.codes(),
    )  # fmt: skip


def picture(request: Request) -> Response:
    """Give a page as a picture, the words at fault outlined; with `essai`, that of the template tried."""
    kept = _kept(request)
    number = request.path_params["numero"]
    if kept is None:
        return PlainTextResponse("", 404)
    looked = kept[1]
    tried = bool(request.query_params.get("essai"))
    pdf = looked.tried if tried else looked.pdf
    data = pictures.png(pdf, number, () if tried else looked.marks.get(number, ())) if pdf else None
    return Response(data, media_type="image/png") if data else PlainTextResponse("", 404)


def copy(request: Request) -> Response:
    """Give the copy with a comment for each finding."""
    kept = _kept(request)
    if kept is None or kept[1].checked.template is None:
        return screen.page(request, "absent", "Copie introuvable", 404, quoi="Ce fichier ne s'ouvre pas.")
    looked = kept[1]
    assert looked.checked.template
    problems = copies.to_comment(looked.checked.problems)
    made = annotated(looked.checked.template.members, problems, today().isoformat())
    name = copies.copy_of(Path(looked.name)).name
    said = {"content-disposition": f"attachment; filename*=utf-8''{quote(name, safe='')}"}
    return Response(made, media_type=DOCX, headers=said)


def attempt(request: Request, given: Given) -> Response:
    """Fill the template for one member and lay it out, as a PROJET."""
    kept = _kept(request)
    desk = screen.desk(request)
    data = desk.now().data
    where = f"/modeles/vus/{request.path_params['mot']}"
    membre = next((m for m in data.membres if m.id == given["membre"]), None) if data else None
    if kept is None or data is None or membre is None:
        return screen.told(request, where, "Choisissez d'abord un membre.")
    looked = kept[1]
    if looked.checked.template is None or looked.piece is None:
        return screen.told(request, where, "Ce fichier n'est pas celui d'une pièce de l'édition.")
    try:
        tree = values(dossier(data, membre), champs_of(data.edition, looked.piece.volet)).tree
        filled = Renderer(looked.checked.template).fill(tree)
        with PDFIUM:
            looked.tried = _converted(filled.docx)
            looked.tried_pages = pictures.count(looked.tried)
        looked.tried_on = membre.nom
    except (DocgenError, ValueError) as error:
        return screen.told(request, where, f"Ce modèle ne se remplit pas encore : {error}")
    return screen.told(request, where, f"Rempli pour {membre.nom} : voyez au bas de la page.")


def _converted(docx: bytes) -> bytes:
    with scratch.folder() as folder, Pool(office.find(), 1) as pool:
        task = Export(Path(folder) / "essai.docx", Path(folder) / "essai.pdf")
        task.docx.write_bytes(docx)
        for _, problem in pool.convert([task]):
            if problem:
                raise ConversionFailed(problem)
        with Pdf.open(task.pdf) as pdf:  # nobody is to sign what was only tried
            overlay.stamp_projet(pdf)
            marked = io.BytesIO()
            pdf.save(marked)
        return marked.getvalue()


def attempted(request: Request) -> Response:
    """Give the template tried, as a PDF."""
    kept = _kept(request)
    if kept is None or not kept[1].tried:
        return screen.page(request, "absent", "Essai introuvable", 404, quoi="Essayez-le d'abord sur un membre.")
    said = {"content-disposition": 'attachment; filename="essai.pdf"'}
    return Response(kept[1].tried, media_type="application/pdf", headers=said)


def fields(request: Request) -> Response:
    """Show the fields of the edition, to search and to copy."""
    desk = screen.desk(request)
    data = desk.data()
    chosen = [m for m in data.membres if m.souscriptions and m.representant] or list(data.membres)
    words = request.query_params.get("q", "").strip()
    wanted = formats.folded(words)
    shown = []
    for title, rows in sections(data.edition, [dossier(data, m) for m in chosen]):
        kept = [(c, e) for c, e in rows if wanted in formats.folded(f"{c.chemin} {c.explication} {e}")]
        if kept:
            shown.append((title, kept))
    return screen.page(request, "fields", "Champs des modèles", sections=shown, q=words)


def compare(request: Request) -> Response:
    """Compare two editions side by side."""
    desk = screen.desk(request)
    asked = request.query_params
    known = desk.place.editions
    before, after = asked.get("avant", ""), asked.get("apres", "")
    if before not in known or after not in known or before == after:
        return screen.page(request, "compare", "Comparer deux éditions", editions=known, fait=None, avant=before,
                           apres=after, cote=compared.side_by_side)  # fmt: skip
    if asked.get("fichier"):
        return _tracked(request, desk, before, after, asked["fichier"])
    with desk.writing:
        data = workspace.load(desk.place, after)
        made = compared.compare_editions(desk.place, data, before, today())
    return screen.page(
        request, "compare", "Comparer deux éditions", editions=known, fait=made, avant=before, apres=after,
        cote=compared.side_by_side, grilles=compared.grids_of(desk.place, data, before),
    )  # fmt: skip


def _tracked(request: Request, desk: Desk, before: str, after: str, name: str) -> Response:
    folder = desk.place.output / "comparaisons" / f"{before}-vers-{after}"
    path = next((p for p in folder.glob("*.suivi.docx") if p.name == name), None)
    if path is None:
        return screen.page(request, "absent", "Fichier introuvable", 404, quoi="Comparez d'abord ces éditions.")
    return FileResponse(path, filename=path.name, content_disposition_type="attachment")
