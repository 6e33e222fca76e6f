"""The order of the stages, for one pack or a thousand; nothing else knows it.

    find what is not up to date -> fill -> convert -> check -> assemble -> check -> publish, receipt last

One bad member never stops the others. What is finished is published at once: a build that is cut loses only what
was being made.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Protocol

import pypdfium2

from docgen import __version__, lint, publish, receipts, verify
from docgen.assemble import PackInfo, PiecePdf, assemble
from docgen.contents import Contents, blanks, printed
from docgen.convert import Export, Pool
from docgen.diagnostics import CannotWrite, ConversionFailed, ExitCode, ProblemsFound
from docgen.model import Membre
from docgen.office import LibreOffice, font_for
from docgen.receipts import Receipt
from docgen.render import Filled, Renderer
from docgen.validate import missing_for_signature
from docgen.workspace import Data, Workspace

SLICE = 40
"""Packs under way together: memory stays the same however many members there are."""
PAGE_MAKERS = (
    "assemble", "compare", "context", "context_avenant", "convert", "formats", "render", "tarif", "template",
    "uno_worker",
)  # fmt: skip
WITHDRAWN = "RETIRE.txt"
PREVIEW = "apercu.jpg"
PREVIEW_WIDTH = 320
"""Pixels."""


@dataclass(frozen=True)
class Outcome:
    """What became of one member's pack."""

    membre: Membre
    receipt: Receipt | None
    """None when the pack could not be made and none stood before."""
    reasons: tuple[str, ...] = ()
    """Why it was made again; empty when it was left as it stood."""
    failure: str = ""
    exit_code: ExitCode = ExitCode.DONE


@dataclass
class Todo:
    """One pack to make."""

    membre: Membre
    wanted: Receipt
    reasons: list[str]
    altered: dict[str, str]
    former: Receipt | None
    filled: dict[str, Filled] = field(default_factory=dict)
    pdfs: dict[str, Path] = field(default_factory=dict)
    failure: str = ""


class Progress(Protocol):
    """Who is told how far the build is."""

    def start(self, total: int) -> None:
        """Say how many packs will be made."""

    def done(self, outcome: Outcome) -> None:
        """Say what became of one pack."""


class Build:
    """The making of the packs of one edition in one workspace."""

    def __init__(self, workspace: Workspace, data: Data, office: LibreOffice, pool_size: int | None = None) -> None:
        """Open the templates. Raises `ProblemsFound` when one of them would not give a true document."""
        self.workspace, self.data, self.office, self.pool_size = workspace, data, office, pool_size
        self.contents = Contents(workspace, data)
        self.templates = self.contents.templates
        lint.require_sound(list(self.templates.values()))
        self.printed = {name: sorted(printed(template)) for name, template in self.templates.items()}
        self.fonts = sorted({family for t in self.templates.values() for family in lint.fonts(t)})
        self.moteur = {
            "docgen": f"{__version__}+{_own_code()}",
            "LibreOffice": office.version.removeprefix("LibreOffice "),
        }
        self.moteur |= {f"police {family}": font_for(family) for family in self.fonts}
        self.packs = workspace.packs(data.edition.edition)

    def run(self, progress: Progress, only: Sequence[str] = ()) -> list[Outcome]:
        """Make what is not up to date and return what became of every member asked for, in their order.

        Raises `CannotWrite` when another build holds the output, `ToolMissing` when LibreOffice does not start.
        """
        with publish.locked(self.workspace.output):
            stuck = dict(publish.recover(self.packs))
            members = [m for m in self.data.membres if not only or m.id in only]
            outcomes: dict[str, Outcome] = {}
            todo = []
            for membre in members:
                plan = self.plan(membre)
                if membre.id in stuck:
                    outcomes[membre.id] = self._failed(plan, stuck[membre.id], ExitCode.CANNOT_WRITE)
                elif plan.reasons:
                    todo.append(plan)
                else:
                    outcomes[membre.id] = Outcome(membre, plan.former)
            progress.start(len(todo))
            if todo:
                for outcome in self._make(todo):
                    outcomes[outcome.membre.id] = outcome
                    progress.done(outcome)
            self._mark_withdrawn(members)
            if todo and not only:
                self._forget_unused_pdfs()
        return [outcomes[m.id] for m in members]

    def plan(self, membre: Membre) -> Todo:
        """Return what the pack of that member must be made from, and why it must be made, if it must."""
        contents = self.contents.of(membre)
        folder = self.packs / membre.id
        if not contents:  # it holds this edition already, or left: what stands is never made again
            standing = receipts.read(folder)
            nothing = Receipt(
                membre=membre.id, edition=self.data.edition.edition, moteur={}, pieces={}, titre="", projet=False,
                manque=(), blancs=(),
            )  # fmt: skip
            return Todo(membre, nothing, [], {}, standing)
        missing = missing_for_signature(membre, self.data.edition)
        pieces = {
            content.name: receipts.Piece(
                modele=content.template.sha256,
                valeurs={path: receipts.fingerprint(content.found.flat[path]) for path in self.printed[content.name]},
            )
            for content in contents
        }
        fields = {path for content in contents for path in self.printed[content.name]}
        whole = contents[0].name == self.data.edition.pieces[0].id
        wanted = Receipt(
            membre=membre.id,
            edition=self.data.edition.edition,
            moteur=self.moteur,
            pieces=pieces,
            titre=f"{self.data.edition.titre if whole else contents[0].titre} – {membre.nom}",
            projet=bool(missing),
            manque=tuple(missing),
            blancs=tuple(blanks(contents[0].found, fields)),
        )
        former = receipts.read(folder)
        altered = receipts.altered(folder, former)
        if former is None:
            made = [pack_name(wanted), *(content.fichier for content in contents)]
            there = [name for name in made if (folder / name).exists()]
            altered = dict.fromkeys(there, "n'a pas de reçu : gardé sous un autre nom")
        return Todo(membre, wanted, receipts.reasons(former, wanted, altered), altered, former)

    def orphans(self) -> list[str]:
        """Return the folders of packs whose member is not in the records any more; they are left in place."""
        known = {m.id for m in self.data.membres}
        return sorted(f.parent.name for f in self.packs.glob(f"*/{receipts.NAME}") if f.parent.name not in known)

    def _make(self, todo: list[Todo]) -> Iterator[Outcome]:
        renderers = {name: Renderer(template) for name, template in self.templates.items()}
        self.workspace.cache.mkdir(parents=True, exist_ok=True)
        with (
            Pool(self.office, self.pool_size) as pool,
            tempfile.TemporaryDirectory(prefix="docgen-", ignore_cleanup_errors=True) as work,
        ):
            for packs in _slices(todo, SLICE):
                waiting = self._fill(packs, renderers, Path(work))
                yield from self._finish_ready(packs)
                for export, problem in pool.convert(Export(docx, docx.with_suffix(".pdf")) for docx in waiting):
                    self._accept(export, problem, waiting[export.docx])
                    yield from self._finish_ready(packs)

    def _fill(
        self, packs: list[Todo], renderers: dict[str, Renderer], work: Path
    ) -> dict[Path, list[tuple[Todo, str]]]:
        """Fill the pieces; return the documents that have no PDF yet, each with the packs that wait for it."""
        waiting: dict[Path, list[tuple[Todo, str]]] = {}
        for pack in packs:
            for content in self.contents.of(pack.membre):
                name = content.name
                try:
                    filled = renderers[name].fill(content.found.tree)
                except ProblemsFound as error:
                    pack.failure = str(error)
                    break
                pack.filled[name] = filled
                cached = self.workspace.cache / f"{self._pdf_key(filled)}.pdf"
                if _is_whole(cached):
                    pack.pdfs[name] = cached
                    continue
                docx = work / f"{cached.stem}.docx"
                if docx not in waiting:
                    docx.write_bytes(filled.docx)
                waiting.setdefault(docx, []).append((pack, name))
        return waiting

    def _pdf_key(self, filled: Filled) -> str:
        """Return the name of a PDF in the cache: the same document by the same programs gives the same pages."""
        made_by = "|".join(f"{name}={version}" for name, version in sorted(self.moteur.items()))
        return hashlib.sha256(f"{filled.sha256}|{made_by}".encode()).hexdigest()[:32]

    def _accept(self, export: Export, problem: str, waiting: list[tuple[Todo, str]]) -> None:
        """Put the PDF that LibreOffice made in the cache and give it to the packs that wait for it.

        Only its wholeness is looked at here: what it shows is checked in each pack that it is bound in.
        """
        cached = self.workspace.cache / export.pdf.name
        if not problem and not _is_whole(export.pdf):
            problem = "LibreOffice n'a pas donné un PDF entier"
        if not problem:
            publish.replace(cached, export.pdf.read_bytes())
        for pack, name in waiting:
            if problem:
                pack.failure = pack.failure or f"{name} : {problem}"
            else:
                pack.pdfs[name] = cached
        for leftover in (export.docx, export.pdf):
            leftover.unlink(missing_ok=True)

    def _finish_ready(self, packs: list[Todo]) -> Iterator[Outcome]:
        """Publish the packs of the slice that have all their pieces; drop those that failed."""
        for pack in list(packs):
            if pack.failure:
                yield self._failed(pack, pack.failure, ExitCode.CONVERSION_FAILED)
            elif len(pack.pdfs) == len(pack.wanted.pieces):
                yield self._finish(pack)
            else:
                continue
            packs.remove(pack)
            pack.filled.clear()  # the list of all packs outlives the slice: it must not keep their documents

    def _finish(self, pack: Todo) -> Outcome:
        folder = self.packs / pack.membre.id
        try:
            files, receipt = self._bind(pack)
            publish.set_aside(folder, [name for name in pack.altered if name != receipts.NAME])
            former = receipts.read(folder)
            publish.publish(folder, files, former.fichiers if former else ())
        except (ConversionFailed, CannotWrite) as error:
            if isinstance(error, ConversionFailed):
                for pdf in pack.pdfs.values():  # one of them is wrong: none is trusted again
                    pdf.unlink(missing_ok=True)
            return self._failed(pack, str(error), error.exit_code)
        return Outcome(pack.membre, receipt, tuple(pack.reasons))

    def _failed(self, pack: Todo, failure: str, exit_code: ExitCode) -> Outcome:
        standing = receipts.read(self.packs / pack.membre.id)
        return Outcome(pack.membre, standing, tuple(pack.reasons), failure, exit_code)

    def _bind(self, pack: Todo) -> tuple[dict[str, bytes], Receipt]:
        """Return the files of the pack, the receipt last."""
        contents = self.contents.of(pack.membre)
        pieces = [PiecePdf(content.titre, content.label, pack.pdfs[content.name]) for content in contents]
        wanted = pack.wanted
        info = PackInfo(
            titre=wanted.titre,
            auteur=self.data.syndicat.nom,
            projet=wanted.projet,
            sujet=f"Édition {wanted.edition}, délibération n° {self.data.edition.deliberation.numero}",
            jour=self.data.edition.deliberation.date,
        )
        data, counts = assemble(pieces, info)
        expected = [
            verify.Expected(c.titre, count, pack.filled[c.name].words, pack.filled[c.name].printed)
            for c, count in zip(contents, counts, strict=True)
        ]
        verify.pack(data, expected, {font_for(family) for family in self.fonts}, wanted.titre, wanted.projet)
        files = {pack_name(wanted): data, PREVIEW: preview(data)}
        if not wanted.projet:  # a Word file carries no PROJET: it could be signed too early
            files |= {content.fichier: pack.filled[content.name].docx for content in contents}
        made = {
            name: piece.model_copy(update={"pdf": pack.pdfs[name].name, "pages": count})
            for (name, piece), count in zip(wanted.pieces.items(), counts, strict=True)
        }
        described = {name: receipts.describe(content) for name, content in files.items()}
        receipt = wanted.model_copy(update={"pieces": made, "fichiers": described})
        files[receipts.NAME] = receipt.to_bytes()
        return files, receipt

    def _mark_withdrawn(self, members: Sequence[Membre]) -> None:
        """Say in the folder of each unsigned pack of an earlier edition that it is withdrawn; it is never deleted."""
        for membre in members:
            decision = self.contents.decisions[membre.id]
            if not decision.action.startswith("pack retiré") or decision.held is None:
                continue
            note = self.workspace.packs(decision.held.edition) / membre.id / WITHDRAWN
            said = f"Pack retiré : remplacé par celui de l'édition {self.data.edition.edition}. Ne pas faire signer.\n"
            if note.parent.is_dir() and not note.exists():
                publish.replace(note, said.encode())

    def _forget_unused_pdfs(self) -> None:
        """Remove from the cache the PDFs that no pack of the workspace is made of any more."""
        kept = {
            piece.pdf
            for folder in self.workspace.output.glob("*/*/")
            for receipt in [receipts.read(folder)]
            if receipt
            for piece in receipt.pieces.values()
        }
        for pdf in self.workspace.cache.glob("*.pdf"):
            if pdf.name not in kept:
                pdf.unlink(missing_ok=True)


def pack_name(receipt: Receipt) -> str:
    """Return the file name of a pack: plain ASCII, and telling when it leaves its folder."""
    return f"pack-{receipt.edition}-{receipt.membre}.pdf"


def preview(pack: bytes) -> bytes:
    """Return a small picture of the first page, as JPEG."""
    document = pypdfium2.PdfDocument(pack)
    try:
        page = document[0]
        image = page.render(scale=PREVIEW_WIDTH / page.get_width()).to_pil()
        page.close()
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=82)
        return buffer.getvalue()
    finally:
        document.close()


def _own_code() -> str:
    """Return a hash of the modules that make the pages: another code may make other pages from the same records."""
    digest = hashlib.sha256()
    for name in PAGE_MAKERS:
        digest.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    return digest.hexdigest()[:8]


def _slices(items: list[Todo], size: int) -> Iterator[list[Todo]]:
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


def _is_whole(pdf: Path) -> bool:
    """Tell whether a cached PDF has its beginning and its end."""
    try:
        with pdf.open("rb") as file:
            start = file.read(5)
            file.seek(max(0, pdf.stat().st_size - 1024))
            return start == b"%PDF-" and b"%%EOF" in file.read()
    except OSError:
        return False
