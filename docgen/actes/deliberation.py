"""Write an act of the assembly: its text, its annexes as blank models, the sheet and the files of its sending.

fill -> convert -> bind -> check -> publish, as for a pack; what is published holds no member's data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from docgen import publish, scratch
from docgen.actes import faults
from docgen.actes.binding import Piece, bind
from docgen.champs.acte import CHAMPS_ACTE, KNOWN_ACTE, DossierActe
from docgen.champs.blank_model import blank_model
from docgen.champs.pack import values
from docgen.champs.volets import known_of
from docgen.diagnostics import ConversionFailed, Diagnostic, Place, ProblemsFound, closest
from docgen.law import prefecture as actes
from docgen.law import seance as assembly
from docgen.lint import rules
from docgen.model.edition import Edition
from docgen.model.seance import Acte, Seance
from docgen.office import LibreOffice, font_for
from docgen.packs import receipts
from docgen.pdf.convert import Export, Pool
from docgen.pdf.pdfa import Description
from docgen.records.workspace import Data, Workspace, load, load_edition
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
    """Whether it is a model for nobody in particular, to be published."""


class Deliberation:
    """The making of one délibération of a workspace."""

    def __init__(self, workspace: Workspace, numero: str, office: LibreOffice) -> None:
        """Read the records. Raises `ProblemsFound` when the act is unknown or cannot be sent as it is."""
        self.workspace, self.office = workspace, office
        self.data = load(workspace)
        self.seance, self.acte = _find(self.data, numero)
        if problems := list(faults.of_act(workspace, self.data, self.seance, self.acte)):
            raise ProblemsFound(problems)
        named = self.acte.edition
        self.edition = load_edition(workspace, named, self.data.votes) if named else None
        assert self.data.syndicat.assemblee
        self.dossier = DossierActe(
            self.data.syndicat,
            self.seance,
            self.acte,
            assembly.rule(self.data.syndicat.assemblee),
            self.edition,
            self._date_of(self.acte.modifie),
            actes.identifier(
                self.data.syndicat.departement or "", self.data.syndicat.siret[:9], self.seance.date, self.acte.numero
            ),
        )

    @property
    def folder(self) -> Path:
        """Where the act is published: output/deliberations/04-2023-06/."""
        return self.workspace.output / "deliberations" / _slug(self.acte.numero)

    def make(self) -> list[Path]:
        """Make and publish the files of the act; return those of its folder.

        Raises `ProblemsFound`, `ConversionFailed`, `ToolMissing` or `CannotWrite`; the former files then stand.
        """
        slug = _slug(self.acte.numero)
        with publish.locked(self.workspace.output), Pool(self.office, 1) as pool:
            act, filled = self._bind(self._act(), pool)
            sent = [("Acte", actes.ACT_CODE, act)]
            if self.edition:
                sent.append(("Annexe", actes.ANNEX_CODE, self._bind(self._annexes(self.edition), pool)[0]))
            files = {f"deliberation-{slug}.pdf": act, f"deliberation-{slug}.docx": filled[0].docx}
            files |= {f"annexes-{slug}.pdf": data for role, _, data in sent if role == "Annexe"}
            envelope = {
                actes.file_name(self.dossier.identifiant, code, rank): data
                for rank, (_, code, data) in enumerate(sent, 1)
            }
            listed = [
                actes.Fichier(role, code, name, len(data))
                for (role, code, data), name in zip(sent, envelope, strict=True)
            ]
            if sum(f.taille for f in listed) > actes.SIZE_MAX:
                raise ConversionFailed("l'acte et ses annexes dépassent 150 Mo : la préfecture les refusera")
            self.dossier = replace(self.dossier, fichiers=listed)
            files[f"bordereau-{slug}.pdf"], _ = self._bind(self._sheet(), pool)
            self._publish(self.folder, files)
            self._publish(self.folder / "actes", envelope)
        return sorted(path for path in self.folder.rglob("*") if path.is_file() and path.name != receipts.NAME)

    def _date_of(self, numero: str | None) -> date | None:
        known = {a.numero: a.date for a in self.data.registre.actes}
        known |= {a.numero: s.date for s in self.data.seances for a in s.deliberations}
        return known.get(numero or "")

    def _template(self, name: str, signataires: Sequence[str] = ()) -> Template:
        path = self.workspace.templates / name
        return Template(path, self.workspace.shown(path), KNOWN_ACTE, signataires)

    def _act(self) -> Document:
        found = values(self.dossier, CHAMPS_ACTE)
        titre = f"Délibération n° {self.acte.numero} du {self.seance.date:%d/%m/%Y}"
        template = self._template("deliberation.docx", ("secretaire", "president"))
        return Document(titre, self.acte.titre, [("deliberation", titre, template, found.tree)])

    def _sheet(self) -> Document:
        found = values(self.dossier, CHAMPS_ACTE)
        titre = f"Bordereau de transmission de la délibération n° {self.acte.numero}"
        return Document(titre, self.acte.titre, [("bordereau", titre, self._template("bordereau.docx"), found.tree)])

    def _annexes(self, edition: Edition) -> Document:
        pieces = []
        for piece in edition.pieces:
            path, known = self.workspace.template(edition.edition, piece), known_of(edition, piece.volet)
            tree = blank_model(self.data.syndicat, edition, piece.volet).tree
            pieces.append((piece.id, piece.titre, Template(path, self.workspace.shown(path), known), tree))
        return Document(f"Annexes à la délibération n° {self.acte.numero}", edition.titre, pieces, blank=True)

    def _bind(self, document: Document, pool: Pool) -> tuple[bytes, list[Filled]]:
        """Return the checked PDF of a document, and its pieces as they were filled."""
        templates = [template for _, _, template, _ in document.pieces]
        rules.require_sound(templates)
        fonts = {font_for(family) for template in templates for family in (*families(template), FONT)}
        filled = [Renderer(template).fill(dict(tree)) for _, _, template, tree in document.pieces]
        said = Description(document.titre, self.data.syndicat.nom, document.sujet, self.seance.date)
        with scratch.folder() as work:
            tasks = []
            for rank, piece in enumerate(filled):
                docx = Path(work) / f"{rank}.docx"
                docx.write_bytes(piece.docx)
                tasks.append(Export(docx, docx.with_suffix(".pdf")))
            if failed := [problem for _, problem in pool.convert(tasks) if problem]:
                raise ConversionFailed(f"{document.titre} : {' ; '.join(failed)}")
            pieces = [
                Piece(name, titre, titre.split(" – ")[0].split(" n°")[0] + ", page", made, task.pdf)
                for (name, titre, _, _), made, task in zip(document.pieces, filled, tasks, strict=True)
            ]
            return bind(said, pieces, fonts, self.office.form_font(), document.blank), filled

    def _publish(self, folder: Path, files: dict[str, bytes]) -> None:
        """Publish, unless everything already stands; what somebody changed is kept under another name."""
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
            membre="", edition=self.acte.edition or "", moteur={}, pieces={}, titre=self.acte.titre, projet=False,
            manque=(), blancs=(), fichiers=described,
        )  # fmt: skip
        publish.publish(folder, {**files, receipts.NAME: receipt.to_bytes()}, former.fichiers if former else ())


def _find(data: Data, numero: str) -> tuple[Seance, Acte]:
    known = {acte.numero: (seance, acte) for seance in data.seances for acte in seance.deliberations}
    if numero not in known:
        hint = closest(numero, known) or f"Délibérations connues : {', '.join(known) or 'aucune'}."
        said = f"la délibération « {numero} » n'est dans aucune séance"
        raise ProblemsFound([Diagnostic(Place("seances"), "deliberation-inconnue", said, hint)])
    return known[numero]


def _slug(numero: str) -> str:
    return "-".join(part for part in numero.replace("/", "-").replace(".", "-").split("-") if part)
