"""The order of the stages, for one pack or a thousand; nothing else knows it.

    find what is not up to date -> fill -> convert -> check -> assemble -> check -> publish, receipt last

One bad member never stops the others. What is finished is published at once: a build that is cut loses only what
was being made.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Protocol

import pypdfium2

from docgen import __version__, conform, fields, lint, preflight, publish, receipts, recompute, signatures
from docgen.assemble import Bound, PackInfo, PiecePdf, assemble
from docgen.contents import Content, Contents, blanks, printed
from docgen.convert import Export, Pool
from docgen.diagnostics import CannotWrite, ConversionFailed, ExitCode, ProblemsFound
from docgen.model import Membre
from docgen.office import LibreOffice, font_for
from docgen.pdfa import Description
from docgen.receipts import Receipt
from docgen.render import Filled, Renderer
from docgen.validate import missing_for_signature
from docgen.workspace import Data, Workspace

SLICE = 40
"""Packs under way together: memory stays the same however many members there are."""
PAGE_MAKERS = (
    "assemble", "blank", "compare", "conform", "content", "context", "context_avenant", "convert", "fields",
    "form_font", "formats", "meaning", "overlay", "pdfa", "pdftext", "preflight", "recompute", "render", "signatures",
    "structure", "tarif", "template", "uno_worker",
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
        """Open the templates.

        Raises `ProblemsFound` when one of them would not give a true document, `ToolMissing` without a font for fields.
        """
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
        self.moteur["signature"] = data.syndicat.signature.value
        self.police = office.form_font()
        self.packs = workspace.packs(data.edition.edition)
        self.doubtful: set[Path] = set()
        """The PDFs of the cache that a pack could not be made of; other packs may be waiting for them."""

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
        paths = {path for content in contents for path in self.printed[content.name]}
        whole = contents[0].name == self.data.edition.pieces[0].id
        wanted = Receipt(
            membre=membre.id,
            edition=self.data.edition.edition,
            moteur=self.moteur,
            pieces=pieces,
            titre=f"{self.data.edition.titre if whole else contents[0].titre} – {membre.nom}",
            projet=bool(missing),
            manque=tuple(missing),
            blancs=tuple(blanks(contents[0].found, paths)),
        )
        former = receipts.read(folder)
        altered = receipts.altered(folder, former)
        if former is None:
            made = [wanted.pack, signatures.NAME, *(content.fichier for content in contents)]
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
                for pdf in self.doubtful:
                    pdf.unlink(missing_ok=True)

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
                cached = self.workspace.cache / f"{self._pdf_key(name, filled)}.pdf"
                if _is_whole(cached):
                    pack.pdfs[name] = cached
                    continue
                docx = work / f"{cached.stem}.docx"
                if docx not in waiting:
                    docx.write_bytes(filled.docx)
                waiting.setdefault(docx, []).append((pack, name))
        return waiting

    def _pdf_key(self, name: str, filled: Filled) -> str:
        """Return the name of a PDF in the cache: the same document by the same programs gives the same pages."""
        made_by = "|".join(f"{name}={version}" for name, version in sorted(self.moteur.items()))
        return hashlib.sha256(f"{name}|{filled.sha256}|{made_by}".encode()).hexdigest()[:32]

    def _accept(self, export: Export, problem: str, waiting: list[tuple[Todo, str]]) -> None:
        """Complete the PDF that LibreOffice made, put it in the cache and give it to the packs that wait for it.

        What it shows is checked in each pack that it is bound in.
        """
        cached = self.workspace.cache / export.pdf.name
        if not problem and not _is_whole(export.pdf):
            problem = "LibreOffice n'a pas donné un PDF entier"
        if not problem:
            pack, name = waiting[0]
            try:
                publish.replace(cached, conform.conform(export.pdf.read_bytes(), pack.filled[name].meaning, name))
            except ConversionFailed as error:
                problem = str(error)
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
            if isinstance(error, ConversionFailed):  # one of its pieces is wrong: none is trusted again
                self.doubtful |= set(pack.pdfs.values())
            return self._failed(pack, str(error), error.exit_code)
        return Outcome(pack.membre, receipt, tuple(pack.reasons))

    def _failed(self, pack: Todo, failure: str, exit_code: ExitCode) -> Outcome:
        standing = receipts.read(self.packs / pack.membre.id)
        return Outcome(pack.membre, standing, tuple(pack.reasons), failure, exit_code)

    def _bind(self, pack: Todo) -> tuple[dict[str, bytes], Receipt]:
        """Return the files of the pack, the receipt last."""
        contents = self.contents.of(pack.membre)
        pieces = [PiecePdf(content.titre, content.label, pack.pdfs[content.name]) for content in contents]
        wanted, act = pack.wanted, self.data.edition.deliberation
        said = Description(
            wanted.titre, self.data.syndicat.nom, f"Édition {wanted.edition}, délibération n° {act.numero}", act.date,
            wanted.identifiant,
        )  # fmt: skip
        bound = assemble(pieces, PackInfo(said, wanted.projet, self.police, self.data.syndicat.signature))
        people = signatures.signataires(self.data.syndicat, pack.membre)
        points = preflight.check(
            bound,
            preflight.Finished(
                [self._expected(pack, content, count) for content, count in zip(contents, bound.pages, strict=True)],
                {font_for(family) for family in self.fonts},
                wanted.titre,
                wanted.projet,
                wanted.manque,
                wanted.blancs,
                people,
            ),
        )
        files = {wanted.pack: bound.data, PREVIEW: preview(bound.data)}
        if not wanted.projet:  # a Word file carries no PROJET: it would be signed too early
            files |= {content.fichier: pack.filled[content.name].docx for content in contents}
            files[signatures.NAME] = signatures.to_json(wanted.pack, bound.signatures, people)
        receipt = self._receipt(pack, bound, points, files)
        files[receipts.NAME] = receipt.to_bytes()
        return files, receipt

    def _expected(self, pack: Todo, content: Content, pages: int) -> preflight.Expected:
        """Return what one piece of a pack has to show."""
        filled = pack.filled[content.name]
        champs = [fields.field_name(mark, content.name) for mark in filled.meaning.marks]
        prints = {path.split(".")[0] for path in self.printed[content.name]}
        taken, rule = pack.membre.souscription, self.data.edition.tarif

        def amounts(text: str) -> Iterator[str]:
            if "grille" in prints:
                yield from recompute.grid_faults(text, rule)
            if "montants" in prints and taken:
                yield from recompute.due_faults(text, taken, rule)

        recomputed = amounts if prints & {"grille", "montants"} else None
        return preflight.Expected(content.titre, pages, filled.words, filled.printed, champs, recomputed)

    def _receipt(
        self, pack: Todo, bound: Bound, points: Sequence[receipts.Point], files: Mapping[str, bytes]
    ) -> Receipt:
        """Return the receipt of a pack that is made of these files."""
        made = {
            name: piece.model_copy(update={"pdf": pack.pdfs[name].name, "pages": count})
            for (name, piece), count in zip(pack.wanted.pieces.items(), bound.pages, strict=True)
        }
        described = {name: receipts.describe(content) for name, content in files.items()}
        former = pack.former
        earlier = (*former.precedents, *(f for n, f in former.fichiers.items() if n == former.pack)) if former else ()
        kept = tuple(dict.fromkeys(known for known in earlier if known != described[pack.wanted.pack]))
        return pack.wanted.model_copy(
            update={"pieces": made, "fichiers": described, "controle": tuple(points), "precedents": kept}
        )

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
