"""Make the documents of the assembly and publish them: fill -> convert -> bind -> check -> publish, as for a pack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from docgen import publish, scratch
from docgen.actes.binding import Piece, bind
from docgen.diagnostics import ConversionFailed
from docgen.lint import rules
from docgen.model.fiches import Syndicat
from docgen.office import LibreOffice, font_for
from docgen.packs import receipts
from docgen.packs.receipts import Fichier
from docgen.pdf.convert import Export, Pool
from docgen.pdf.pdfa import Description
from docgen.word import ordinals
from docgen.word.fonts import families
from docgen.word.render import Filled, Renderer
from docgen.word.signs import FONT
from docgen.word.template import Template


@dataclass(frozen=True)
class Document:
    """One PDF to make: its pieces, in order, each with the template and the values that fill it."""

    titre: str
    sujet: str
    pieces: Sequence[tuple[str, str, Template, Mapping[str, Any]]]
    """Of each piece, its id and its title before them."""
    blank: bool = False
    """Whether nobody fills it in or signs it: a model, a copy to be published."""


def made(document: Document, syndicat: Syndicat, day: date, office: LibreOffice, pool: Pool) -> tuple[bytes, Filled]:
    """Return the checked PDF of a document of that day, and its first piece as it was filled.

    Raises `ProblemsFound`, `ConversionFailed` or `ToolMissing`.
    """
    templates = [template for _, _, template, _ in document.pieces]
    rules.require_sound(templates)
    fonts = {font_for(family) for template in templates for family in (*families(template), FONT)}
    filled = [_filled(template, tree) for _, _, template, tree in document.pieces]
    said = Description(document.titre, syndicat.nom, document.sujet, day)
    with scratch.folder() as work:
        tasks = []
        for rank, piece in enumerate(filled):
            docx = Path(work) / f"{rank}.docx"
            docx.write_bytes(piece.docx)
            tasks.append(Export(docx, docx.with_suffix(".pdf")))
        if failed := [problem for _, problem in pool.convert(tasks) if problem]:
            raise ConversionFailed(f"{document.titre} : {' ; '.join(failed)}")
        pieces = [
            Piece(name, titre, titre.split(" – ")[0].split(" n°")[0] + ", page", one, task.pdf)
            for (name, titre, _, _), one, task in zip(document.pieces, filled, tasks, strict=True)
        ]
        return bind(said, pieces, fonts, office.form_font(), document.blank), filled[0]


def _filled(template: Template, tree: Mapping[str, Any]) -> Filled:
    found = Renderer(template).fill(dict(tree))
    return replace(found, docx=ordinals.raised(found.docx))


def put(folder: Path, files: dict[str, bytes], titre: str, edition: str = "", former_of: str = "") -> None:
    """Publish files, unless all already stand; what somebody changed is kept under another name.

    The former versions of the file `former_of` stay known: one of them may come back signed.
    """
    list(publish.recover(folder.parent))
    former = receipts.read(folder)
    described = {name: receipts.describe(data) for name, data in files.items()}
    changed = receipts.altered(folder, former)
    if former is None:  # without a receipt nothing says that what lies there is docgen's
        changed = dict.fromkeys(files, "n'a pas de reçu : gardé sous un autre nom")
    if former and former.fichiers == described and not changed:
        return
    publish.set_aside(folder, changed)
    receipt = receipts.Receipt(
        membre="", edition=edition, moteur={}, pieces={}, titre=titre, projet=False, manque=(), blancs=(),
        fichiers=described, precedents=_precedents(former, former_of, described),
    )  # fmt: skip
    publish.publish(folder, {**files, receipts.NAME: receipt.to_bytes()}, former.fichiers if former else ())


def _precedents(former: receipts.Receipt | None, name: str, described: Mapping[str, Fichier]) -> tuple[Fichier, ...]:
    if former is None or not name:
        return ()
    earlier = [*former.precedents, *(one for file, one in former.fichiers.items() if file == name)]
    return tuple(dict.fromkeys(one for one in earlier if one != described.get(name)))
