"""Write the list of the délibérations of a séance, to be put up and on line within a week (CGCT L2121-25)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from docgen import formats, publish
from docgen.actes import making
from docgen.actes.known import Known
from docgen.actes.making import Document
from docgen.champs.acte import CHAMPS_LISTE, KNOWN_LISTE, DossierActe
from docgen.champs.pack import values
from docgen.diagnostics import Diagnostic, Place, ProblemsFound
from docgen.law import seance as assembly
from docgen.office import LibreOffice
from docgen.packs import receipts
from docgen.pdf.convert import Pool
from docgen.records.workspace import Data, Workspace, load
from docgen.word.template import Template

TEMPLATE = "liste-deliberations.docx"


def make(workspace: Workspace, day: date, office: LibreOffice) -> list[Path]:
    """Make and publish the list of a séance; return its files.

    Raises `ProblemsFound` when there is no séance that day, or it has no délibération; `ConversionFailed`,
    `ToolMissing` or `CannotWrite`.
    """
    data = load(workspace)
    known = _first(data, day)
    path = workspace.templates / TEMPLATE
    template = Template(path, workspace.shown(path), KNOWN_LISTE, ())
    assert data.syndicat.assemblee
    rule = assembly.rule(data.syndicat.assemblee)
    found = values(DossierActe(data.syndicat, known.seance, known.acte, rule, None, None, ""), CHAMPS_LISTE)
    titre = f"Liste des délibérations du {formats.long_date(day)}"
    folder, name = workspace.output / "seances" / day.isoformat(), f"liste-deliberations-{day.isoformat()}"
    document = Document(titre, data.syndicat.nom, [("liste", titre, template, found.tree)], blank=True)
    with publish.locked(workspace.output), Pool(office, 1) as pool:
        pdf, filled = making.made(document, data.syndicat, day, office, pool)
        making.put(folder, {f"{name}.pdf": pdf, f"{name}.docx": filled.docx}, titre)
    return sorted(path for path in folder.iterdir() if path.is_file() and path.name != receipts.NAME)


def _first(data: Data, day: date) -> Known:
    """Return the first act of the séance of that day. Raises `ProblemsFound`."""
    seance = next((one for one in data.seances if one.date == day), None)
    if seance is None:
        listed = formats.listing(one.date.isoformat() for one in data.seances) or "aucune"
        said = f"aucune séance n'est du {formats.short_date(day)}"
        raise ProblemsFound([Diagnostic(Place("seances"), "seance-inconnue", said, f"Séances connues : {listed}.")])
    if not seance.deliberations:
        said = f"la séance du {formats.short_date(day)} n'a pas de délibération"
        raise ProblemsFound([Diagnostic(Place("seances"), "seance-inconnue", said, "Ajoutez-les à sa fiche.")])
    return Known(seance, seance.deliberations[0])
