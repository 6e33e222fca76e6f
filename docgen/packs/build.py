"""The order of the stages, for one pack or a thousand; nothing else knows it.

    find what is not up to date -> fill -> convert -> check -> assemble -> check -> publish, receipt last

One bad member never stops the others. What is finished is published at once: a build that is cut loses only what
was being made.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from docgen import __version__, publish, scratch
from docgen.champs.pack import values
from docgen.champs.volets import champs_of, known_anywhere, known_of
from docgen.diagnostics import CannotWrite, ConversionFailed, ExitCode, ProblemsFound
from docgen.lint import rules
from docgen.model.fiches import Membre
from docgen.office import LibreOffice, font_for
from docgen.packs import preflight, receipts, together, withdrawn
from docgen.packs.avenant import KNOWN_AVENANT
from docgen.packs.binder import Binder
from docgen.packs.contents import Contents, left_blank, printed
from docgen.packs.receipts import Receipt
from docgen.pdf import conform, signatures
from docgen.pdf.convert import Export, Pool
from docgen.records import exemples
from docgen.records.validate import missing_for_signature
from docgen.records.workspace import Data, Workspace
from docgen.word import signs
from docgen.word.fonts import families
from docgen.word.meaning import Meaning
from docgen.word.render import Filled, Renderer


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


@dataclass
class Awaited:
    """A PDF that LibreOffice is to make, and the packs that wait for it."""

    name: str
    meaning: Meaning
    packs: list[Todo] = field(default_factory=list)


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
        rules.require_sound(list(self.templates.values()))
        self.printed = {name: sorted(printed(template)) for name, template in self.templates.items()}
        issuer = data.syndicat
        self.exemples = {name: exemples.in_document(t.members, issuer) for name, t in self.templates.items()}
        self.fonts = sorted({family for t in self.templates.values() for family in families(t)})
        self.moteur = {
            "docgen": f"{__version__}+{receipts.own_code()}",
            "LibreOffice": office.version.removeprefix("LibreOffice "),
        }
        self.moteur |= {f"police {family}": font_for(family) for family in self.fonts}
        self.moteur["signature"] = data.syndicat.signature.value
        drawn_with = frozenset(font_for(family) for family in (*self.fonts, signs.FONT))
        self.binder = Binder(data, drawn_with, office.form_font())
        self.packs = workspace.packs(data.edition.edition)
        self.proven: set[Path] = set()
        """The PDFs of the cache that a true pack was made of."""
        self.doubtful: set[Path] = set()
        """Those made now, and those of packs that could not be made; other packs may be waiting for them."""

    def run(self, progress: Progress, only: Sequence[str] = ()) -> list[Outcome]:
        """Make what is not up to date and return what became of every member asked for, in their order.

        Raises `ProblemsFound` when the templates, with these members, would not give true documents; `CannotWrite` when
        another build holds the output; `ToolMissing` when LibreOffice does not start.
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
            if todo:
                self._require_true()
            progress.start(len(todo))
            if todo:
                for outcome in self._make(todo):
                    outcomes[outcome.membre.id] = outcome
                    progress.done(outcome)
            for membre in members:
                withdrawn.mark(self.workspace, self.data, membre)
            if todo and not only:
                self._forget_unused_pdfs()
        return self._compared([outcomes[m.id] for m in members])

    def _require_true(self) -> None:
        edition = self.data.edition
        shown_as = self.workspace.shown(self.workspace.edition_yaml(edition.edition))
        together.require_true(shown_as, self.data, [self.templates[piece.id] for piece in edition.pieces])

    def _compared(self, outcomes: list[Outcome]) -> list[Outcome]:
        """Return the outcomes, the length of each pack compared with that of all other members."""
        known = {o.membre.id: o.receipt for o in outcomes}
        others = (receipts.read(self._folder(m)) for m in self.data.membres if m.id not in known)
        full = preflight.compared(receipt for receipt in (*known.values(), *others) if receipt)
        return [replace(o, receipt=full[o.membre.id]) if o.receipt else o for o in outcomes]

    def checklist(self, only: Sequence[str] = ()) -> list[tuple[Membre, Receipt | None]]:
        """Return the members asked for with the receipt of what stands, its list completed by whether it is current."""
        plans = [self.plan(m) for m in self.data.membres if not only or m.id in only]
        found = self._compared([Outcome(plan.membre, plan.former) for plan in plans])
        return [(plan.membre, self._if_current(one.receipt, plan)) for plan, one in zip(plans, found, strict=True)]

    def _if_current(self, receipt: Receipt | None, plan: Todo) -> Receipt | None:
        if receipt is None:
            return None
        wrong = list(plan.reasons)
        if changed := self.changed_since_sent(plan.membre):
            wrong.append(f"la fiche a changé depuis l'envoi : {', '.join(changed)}")
        if not plan.reasons:
            wrong += [f"{name} {what.split(' : ')[0]}" for name, what in plan.altered.items()]
        said = " ; ".join(wrong) or "rien n'a changé depuis sa fabrication"
        point = receipts.Point(point="à jour", tient=not wrong, detail=said)
        return receipt.model_copy(update={"controle": (point, *receipt.controle)})

    def changed_since_sent(self, membre: Membre) -> list[str]:
        """Return the fields that the record gives otherwise than the pack that was sent, which is not made again."""
        former = receipts.read(self._folder(membre))
        if former is None or self.contents.decisions[membre.id].pieces:
            return []
        found: list[str] = []
        for piece in self.data.edition.pieces:
            if piece.id in former.pieces:
                now = values(self.contents.dossier(membre), champs_of(self.data.edition, piece.volet)).flat
                found += receipts.differences(former, now, known_of(self.data.edition, piece.volet))
        return list(dict.fromkeys(found))

    def _rank(self, membre: Membre) -> int:
        awaited = bool(self.contents.decisions[membre.id].pieces)
        return receipts.rank_of(self.packs, membre, self.data.edition.edition, awaited=awaited)

    def _folder(self, membre: Membre) -> Path:
        """Return the folder of what is to be sent to the member; when nothing is, of what was sent last."""
        return self.packs / receipts.folder_name(membre.id, self._rank(membre))

    def plan(self, membre: Membre) -> Todo:
        """Return what the pack of that member must be made from, and why it must be made, if it must."""
        contents = self.contents.of(membre)
        folder, known = self._folder(membre), {**known_anywhere(self.data.edition), **KNOWN_AVENANT}
        if not contents:  # it holds this edition already, or left: what stands is never made again
            standing = receipts.read(folder)
            nothing = Receipt(
                membre=membre.id, edition=self.data.edition.edition, moteur={}, pieces={}, titre="", projet=False,
                manque=(), blancs=(),
            )  # fmt: skip
            return Todo(membre, nothing, [], receipts.altered(folder, standing), standing)
        missing = missing_for_signature(membre, self.data.edition)
        missing += exemples.missing(self.data.syndicat, membre, (w for c in contents for w in self.exemples[c.name]))
        pieces = {
            content.name: receipts.Piece(
                modele=content.template.sha256,
                valeurs={path: receipts.fingerprint(content.found.flat[path]) for path in self.printed[content.name]},
            )
            for content in contents
        }
        whole = self.contents.decisions[membre.id].whole
        wanted = Receipt(
            membre=membre.id,
            edition=self.data.edition.edition,
            moteur=self.moteur,
            pieces=pieces,
            titre=f"{self.data.edition.titre if whole else contents[0].titre} – {membre.nom}",
            projet=bool(missing),
            manque=tuple(missing),
            blancs=tuple(dict.fromkeys(left_blank(contents, self.printed, self.data.edition))),
            rang=self._rank(membre),
        )
        former = receipts.read(folder)
        altered = receipts.altered(folder, former)
        if former is None:
            made = [wanted.pack, signatures.NAME, *(content.fichier for content in contents)]
            there = [name for name in made if (folder / name).exists()]
            altered = dict.fromkeys(there, "n'a pas de reçu : gardé sous un autre nom")
        return Todo(membre, wanted, receipts.reasons(former, wanted, altered, known), altered, former)

    def orphans(self) -> list[str]:
        """Return the folders of packs whose member is not in the records any more; they are left in place."""
        known = {m.id for m in self.data.membres}
        found = (path.parent.name for path in self.packs.glob(f"*/{receipts.NAME}"))
        return sorted(name for name in found if re.sub(r"\.\d+$", "", name) not in known)

    def _make(self, todo: list[Todo]) -> Iterator[Outcome]:
        renderers = {name: Renderer(template) for name, template in self.templates.items()}
        self.workspace.cache.mkdir(parents=True, exist_ok=True)
        with (
            Pool(self.office, self.pool_size) as pool,
            scratch.folder() as work,
        ):
            try:
                yield from self._make_all(todo, pool, renderers, Path(work))
            finally:
                for pdf in self.doubtful - self.proven:
                    pdf.unlink(missing_ok=True)

    def _make_all(self, todo: list[Todo], pool: Pool, renderers: dict[str, Renderer], work: Path) -> Iterator[Outcome]:
        waiting: dict[Path, Awaited] = {}
        under_way: list[Todo] = []
        for pack in todo:
            under_way.append(pack)
            for export in self._fill(pack, renderers, work, waiting):
                pool.submit(export)
            yield from self._finish_ready(under_way)
            while pool.full:
                yield from self._take(pool, waiting, under_way)
        while pool.under_way:
            yield from self._take(pool, waiting, under_way)

    def _fill(
        self, pack: Todo, renderers: dict[str, Renderer], work: Path, waiting: dict[Path, Awaited]
    ) -> Iterator[Export]:
        """Fill the pieces of a pack; yield the exports that nobody asked for yet, and note what it waits for."""
        for content in self.contents.of(pack.membre):
            name = content.name
            try:
                filled = renderers[name].fill(content.found.tree)
            except ProblemsFound as error:
                pack.failure = str(error)
                return
            pack.filled[name] = filled
            cached = self.workspace.cache / f"{self._pdf_key(name, filled)}.pdf"
            docx = work / f"{cached.stem}.docx"
            if docx in waiting:
                waiting[docx].packs.append(pack)
            elif _is_whole(cached):
                pack.pdfs[name] = cached
            else:
                docx.write_bytes(filled.docx)
                waiting[docx] = Awaited(name, filled.meaning, [pack])
                yield Export(docx, docx.with_suffix(".pdf"))

    def _take(self, pool: Pool, waiting: dict[Path, Awaited], under_way: list[Todo]) -> Iterator[Outcome]:
        """Wait for an export to end; yield what became of the packs that it completes."""
        export, problem = pool.take()
        self._accept(export, problem, waiting.pop(export.docx))
        yield from self._finish_ready(under_way)

    def _pdf_key(self, name: str, filled: Filled) -> str:
        """Return the name of a PDF in the cache: the same document by the same programs gives the same pages."""
        programs = {name: version for name, version in self.moteur.items() if name != "signature"}  # is not in a piece
        made_by = "|".join(f"{name}={version}" for name, version in sorted(programs.items()))
        return hashlib.sha256(f"{name}|{filled.sha256}|{made_by}".encode()).hexdigest()[:32]

    def _accept(self, export: Export, problem: str, waiting: Awaited) -> None:
        """Complete the PDF that LibreOffice made, put it in the cache and give it to the packs that wait for it.

        What it shows is checked in each pack that it is bound in.
        """
        cached = self.workspace.cache / export.pdf.name
        problem = f"{waiting.name} : {problem}" if problem else ""
        if not problem and not _is_whole(export.pdf):
            problem = f"{waiting.name} : LibreOffice n'a pas donné un PDF entier"
        if not problem:
            try:
                publish.replace(cached, conform.conform(export.pdf, waiting.meaning, waiting.name))
            except ConversionFailed as error:
                problem = str(error)
        self.doubtful.add(cached)
        for pack in waiting.packs:
            if problem:
                pack.failure = pack.failure or problem
            else:
                pack.pdfs[waiting.name] = cached
        for leftover in (export.docx, export.pdf):
            leftover.unlink(missing_ok=True)

    def _finish_ready(self, packs: list[Todo]) -> Iterator[Outcome]:
        """Publish the packs that have all their pieces; drop those that failed."""
        for pack in list(packs):
            if pack.failure:
                yield self._failed(pack, pack.failure, ExitCode.CONVERSION_FAILED)
            elif len(pack.pdfs) == len(pack.wanted.pieces):
                yield self._finish(pack)
            else:
                continue
            packs.remove(pack)
            pack.filled.clear()  # the list of all packs outlives it: it must not keep their documents

    def _finish(self, pack: Todo) -> Outcome:
        folder = self.packs / receipts.folder_name(pack.membre.id, pack.wanted.rang)
        try:
            contents = self.contents.of(pack.membre)
            files, receipt = self.binder.bind(pack.membre, pack.wanted, contents, pack.filled, pack.pdfs)
            receipt = receipts.after(receipt, pack.former)
            files[receipts.NAME] = receipt.to_bytes()
            publish.set_aside(folder, [name for name in pack.altered if name != receipts.NAME])
            former = receipts.read(folder)
            publish.publish(folder, files, former.fichiers if former else ())
        except (ConversionFailed, CannotWrite) as error:
            if isinstance(error, ConversionFailed):  # one of its pieces is wrong
                self.doubtful |= set(pack.pdfs.values())
            return self._failed(pack, str(error), error.exit_code)
        self.proven |= set(pack.pdfs.values())
        return Outcome(pack.membre, receipt, tuple(pack.reasons))

    def _failed(self, pack: Todo, failure: str, exit_code: ExitCode) -> Outcome:
        standing = receipts.read(self._folder(pack.membre))
        return Outcome(pack.membre, standing, tuple(pack.reasons), failure, exit_code)

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


def _is_whole(pdf: Path) -> bool:
    """Tell whether a cached PDF has its beginning and its end."""
    try:
        with pdf.open("rb") as file:
            start = file.read(5)
            file.seek(max(0, pdf.stat().st_size - 1024))
            return start == b"%PDF-" and b"%%EOF" in file.read()
    except OSError:
        return False
