"""Write an act of the assembly: its text, its annexes as blank models, its copies, the files of its sending.

What was signed, and what was sent, is never made again; what is published holds no member's data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from docgen import publish
from docgen.actes import faults, making, transmissions
from docgen.actes.known import FOLDER, find, slug
from docgen.actes.making import Document
from docgen.actes.transmissions import SENT
from docgen.champs.acte import CHAMPS_ACTE, KNOWN_ACTE, DossierActe
from docgen.champs.blank_model import blank_model
from docgen.champs.pack import values
from docgen.champs.volets import known_of
from docgen.diagnostics import ConversionFailed, Diagnostic, ProblemsFound
from docgen.law import prefecture as actes
from docgen.law import seance as assembly
from docgen.model.edition import Edition
from docgen.office import LibreOffice
from docgen.packs import receipts
from docgen.pdf.convert import Pool
from docgen.pdf.pdftext import page_texts
from docgen.records.workspace import Workspace, load, load_edition
from docgen.word.render import Filled
from docgen.word.template import Template

COPIES = {
    "extrait": ("Extrait du registre : délibération n° {}", ("president",)),
    "publication": ("Délibération n° {}, mise en ligne", ()),
}
"""The copies of an act, by their templates: their titles, and who signs them."""

SINCE = ("transmise_le", "publiee_le")
"""What an act prints that happens after it is signed."""


class Deliberation:
    """The making of one délibération of a workspace."""

    def __init__(self, workspace: Workspace, numero: str, office: LibreOffice) -> None:
        """Read the records. Raises `ProblemsFound` when the act is unknown or cannot be sent as it is."""
        self.workspace, self.office = workspace, office
        self.data = load(workspace)
        found = find(self.data, numero)
        self.seance, self.acte = found.seance, found.acte
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
        return self.workspace.output / FOLDER / slug(self.acte.numero)

    def make(self) -> list[Path]:
        """Make and publish the files of the act; return those of its folder.

        Raises `ProblemsFound`, `ConversionFailed`, `ToolMissing` or `CannotWrite`; the former files then stand.
        """
        name = slug(self.acte.numero)
        with publish.locked(self.workspace.output), Pool(self.office, 1) as pool:
            files = self._act(name, pool)
            annexes = self._bind(self._annexes(self.edition), pool)[0] if self.edition else None
            if annexes:
                files[f"annexes-{name}.pdf"] = annexes
            sent = self._sent(self._signed() or files[f"deliberation-{name}.pdf"], annexes)
            self.dossier = replace(self.dossier, fichiers=[listed for listed, _ in sent])
            files[f"bordereau-{name}.pdf"], _ = self._bind(self._sheet(), pool)
            for copy in self.copies:
                files[f"{copy}-{name}.pdf"], filled = self._bind(self._copy(copy), pool)
                files[f"{copy}-{name}.docx"] = filled.docx
            made = f"deliberation-{name}.pdf"
            making.put(self.folder, files, self.acte.titre, self.acte.edition or "", former_of=made)
            if not self._left():
                making.put(self.folder / SENT, {listed.nom: data for listed, data in sent}, self.acte.titre)
        return sorted(path for path in self.folder.rglob("*") if path.is_file() and path.name != receipts.NAME)

    @property
    def copies(self) -> list[str]:
        """The copies that the workspace has a template for."""
        return [name for name in COPIES if (self.workspace.templates / f"{name}.docx").is_file()]

    def lost(self) -> list[Diagnostic]:
        """Return what was sent to the préfecture and is not there any more as it was."""
        return list(transmissions.lost(self.workspace, self.folder))

    def _date_of(self, numero: str | None) -> date | None:
        known = {a.numero: a.date for a in self.data.registre.actes}
        known |= {a.numero: s.date for s in self.data.seances for a in s.deliberations}
        return known.get(numero or "")

    def _act(self, name: str, pool: Pool) -> dict[str, bytes]:
        """Return the text of the act; as it was signed, once it is: what was signed is not made again."""
        names = [f"deliberation-{name}.pdf", f"deliberation-{name}.docx"]
        pdf, filled = self._text(self.dossier, pool)
        self._unchanged(pdf, pool)
        if self._signed() and all((self.folder / file).is_file() for file in names):
            return {file: (self.folder / file).read_bytes() for file in names}
        return dict(zip(names, (pdf, filled.docx), strict=True))

    def _text(self, dossier: DossierActe, pool: Pool) -> tuple[bytes, Filled]:
        found = values(dossier, CHAMPS_ACTE)
        titre = f"Délibération n° {self.acte.numero} du {self.seance.date:%d/%m/%Y}"
        template = self._template("deliberation.docx", ("secretaire", "president"))
        return self._bind(Document(titre, self.acte.titre, [("deliberation", titre, template, found.tree)]), pool)

    def _unchanged(self, made: bytes, pool: Pool) -> None:
        """Raise `ProblemsFound` when the records say otherwise than the act that was signed, or sent."""
        left = transmissions.prepared(self.workspace, self.folder.name) if self._left() else []
        reference = self._signed() or (left[0].read_bytes() if left else None)
        if reference is None or (was := _words(reference)) == _words(made):
            return
        before = replace(self.dossier, acte=self.acte.model_copy(update=dict.fromkeys(SINCE)))
        now = _words(self._text(before, pool)[0])
        if now != was:
            what = "signé" if self._signed() else "transmis"
            found = next(
                (f"« {a} », et l'acte « {b} »" for a, b in zip(now, was, strict=False) if a != b), "autre chose"
            )
            said = f"l'acte {what} n'est plus ce que disent la séance et le modèle : ils disent {found}"
            hint = "Remettez-les comme ils étaient ; ce qui change fait l'objet d'une autre délibération."
            raise ProblemsFound([faults.problem(self.workspace, self.data, self.seance, self.acte, said, hint)])

    def _signed(self) -> bytes | None:
        """Return the act as it came back signed; None when it is not, or was signed on paper."""
        found = sorted(self.folder.glob("deliberation-*.signe*.pdf"), key=lambda path: (len(path.name), path.name))
        return found[-1].read_bytes() if self.acte.signee_le and found else None

    def _left(self) -> bool:
        """Tell whether what is sent left already: it is never written over."""
        if transmissions.of(self.workspace.root, self.folder.name) is not None:
            return True
        return bool(self.acte.transmise_le and transmissions.prepared(self.workspace, self.folder.name))

    def _sent(self, act: bytes, annexes: bytes | None) -> list[tuple[actes.Fichier, bytes]]:
        """Return the files of the sending as the sheet lists them: those that left, once they did."""
        files = [("Acte", actes.ACT_CODE, self.acte.titre, act)]
        if annexes and self.edition:
            files.append(("Annexe", actes.ANNEX_CODE, self.edition.titre, annexes))
        if sum(len(data) for *_, data in files) > actes.SIZE_MAX:
            raise ConversionFailed("l'acte et ses annexes dépassent 150 Mo : la préfecture les refusera")
        there = transmissions.prepared(self.workspace, self.folder.name) if self._left() else []
        found = []
        for rank, (role, code, titre, data) in enumerate(files, 1):
            path = there[rank - 1] if rank <= len(there) else None
            sent = path.read_bytes() if path else data
            nom = path.name if path else self._file_name(code, titre, rank)
            found.append((actes.Fichier(role, code, nom, titre, len(sent)), sent))
        return found

    def _file_name(self, code: str, titre: str, rank: int) -> str:
        if self.data.syndicat.noms == "titres":
            return actes.titled_name(self.acte.numero, titre, rank)
        return actes.file_name(self.dossier.identifiant, code, rank)

    def _template(self, name: str, signataires: Sequence[str] = ()) -> Template:
        path = self.workspace.templates / name
        return Template(path, self.workspace.shown(path), KNOWN_ACTE, signataires)

    def _sheet(self) -> Document:
        found = values(self.dossier, CHAMPS_ACTE)
        titre = f"Bordereau de transmission de la délibération n° {self.acte.numero}"
        return Document(titre, self.acte.titre, [("bordereau", titre, self._template("bordereau.docx"), found.tree)])

    def _copy(self, name: str) -> Document:
        """Return a copy of the act: an extract of the register, or what is put on line, that nobody signs."""
        wording, signs = COPIES[name]
        titre = wording.format(self.acte.numero)
        found = values(self.dossier, CHAMPS_ACTE)
        template = self._template(f"{name}.docx", signs)
        return Document(titre, self.acte.titre, [(name, titre, template, found.tree)], blank=not signs)

    def _annexes(self, edition: Edition) -> Document:
        pieces = []
        for piece in edition.pieces:
            path, known = self.workspace.template(edition.edition, piece), known_of(edition, piece.volet)
            tree = blank_model(self.data.syndicat, edition, piece.volet).tree
            pieces.append((piece.id, piece.titre, Template(path, self.workspace.shown(path), known), tree))
        return Document(f"Annexes à la délibération n° {self.acte.numero}", edition.titre, pieces, blank=True)

    def _bind(self, document: Document, pool: Pool) -> tuple[bytes, Filled]:
        return making.made(document, self.data.syndicat, self.seance.date, self.office, pool)


def _words(pdf: bytes) -> list[str]:
    return " ".join(page_texts(pdf)).split()
