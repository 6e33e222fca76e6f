"""The order of the stages, for one pack or a thousand; nothing else knows it.

    find what is not up to date -> a job each (fill, convert, complete, bind, check) -> publish, receipt last

One bad member never stops the others. What is finished is published at once: a build that is cut loses only what
was being made.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from docgen import publish, scratch
from docgen.champs.pack import values
from docgen.champs.volets import champs_of, known_anywhere, known_of
from docgen.diagnostics import CannotWrite, ExitCode
from docgen.lint import rules
from docgen.model.fiches import Membre
from docgen.office import LibreOffice, font_for
from docgen.packs import cluster, preflight, receipts, together, withdrawn, workers
from docgen.packs.avenant import KNOWN_AVENANT
from docgen.packs.binder import Binder
from docgen.packs.contents import Content, Contents, left_blank
from docgen.packs.jobs import Job, Made, Part, Settings, is_whole, pdf_name
from docgen.packs.receipts import Receipt
from docgen.pdf import signatures
from docgen.records import exemples
from docgen.records.validate import missing_for_signature
from docgen.records.workspace import Data, Workspace
from docgen.word import signs
from docgen.word.fonts import families


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


class Progress(Protocol):
    """Who is told how far the build is."""

    def start(self, total: int) -> None:
        """Say how many packs will be made."""

    def done(self, outcome: Outcome) -> None:
        """Say what became of one pack."""

    def note(self, said: str) -> None:
        """Say what the clerk has to know of how they are made."""


class Build:
    """The making of the packs of one edition in one workspace."""

    def __init__(
        self, workspace: Workspace, data: Data, office: LibreOffice, workers: int | None = None, scheduler: str = "",
        contents: Contents | None = None,
    ) -> None:  # fmt: skip
        """Open the templates; `workers` is how many processes make packs, as many as cores unless told.

        With the address of a Dask scheduler, its nodes make them. `contents` are those of the data, where known.
        Raises `ProblemsFound` when one of them cannot be read, `ToolMissing` without a font for fields.
        """
        self.workspace, self.data, self.office = workspace, data, office
        self.workers, self.scheduler = workers or os.cpu_count() or 1, scheduler
        self.contents = contents or Contents(workspace, data)
        self.templates = self.contents.templates
        self.printed = self.contents.printed
        self.known = {**known_anywhere(data.edition), **KNOWN_AVENANT}
        issuer = data.syndicat
        self.exemples = {name: exemples.in_document(t.members, issuer) for name, t in self.templates.items()}
        self.fonts = sorted({family for t in self.templates.values() for family in families(t)})
        self.moteur = receipts.moteur(office, self.fonts)
        self.moteur["signature"] = data.syndicat.signature.value
        drawn_with = frozenset(font_for(family) for family in (*self.fonts, signs.FONT))
        self.binder = Binder(data.syndicat, data.edition, drawn_with, office.form_font())
        self.packs = workspace.packs(data.edition.edition)
        self.proven: set[Path] = set()
        """The PDFs of the cache that a true pack was made of."""
        self.doubtful: set[Path] = set()
        """Those made now, and those of packs that could not be made; other packs may be waiting for them."""
        self.alone: set[str] = set()
        """The pieces that are converted one by one, slowly: in one document for all, their pages differed."""

    def run(self, progress: Progress, only: Sequence[str] = ()) -> list[Outcome]:
        """Make what is not up to date and return what became of every member asked for, in their order.

        Raises `ProblemsFound` when the templates, with these members, do not give true documents; `CannotWrite` when
        another build holds the output; `ToolMissing` when LibreOffice does not start.
        """
        scratch.sweep()  # what a run that was killed left holds somebody's documents
        settings = Settings(self.templates, self.binder, self.office)
        with publish.locked(self.workspace.output), workers.Team(settings, self.workers) as team:
            stuck = dict(publish.recover(self.packs))
            members = [m for m in self.data.membres if not only or m.id in only]
            outcomes: dict[str, Outcome] = {}
            todo: list[Todo] = []
            for membre in members:
                plan = self.plan(membre)
                if membre.id in stuck:
                    outcomes[membre.id] = self._failed(plan, stuck[membre.id], ExitCode.CANNOT_WRITE)
                elif plan.reasons:
                    todo.append(plan)
                    if not self.scheduler:
                        team.expect(len(todo))
                else:
                    outcomes[membre.id] = Outcome(membre, plan.former)
            if todo:
                self._require_true([pack.membre for pack in todo])
            progress.start(len(todo))
            if todo:
                jobs = map(self._job, todo)
                if self.scheduler:
                    made = cluster.run(settings, jobs, self.scheduler, self.moteur, progress.note)
                else:
                    made = team.run(jobs)
                for outcome in self._publish(todo, made):
                    outcomes[outcome.membre.id] = outcome
                    progress.done(outcome)
            for membre in members:
                withdrawn.mark(self.workspace, self.data, membre)
            if todo and not only:
                self._forget_unused_pdfs()
        return self._compared([outcomes[m.id] for m in members])

    def _require_true(self, membres: Sequence[Membre]) -> None:
        rules.require_sound(list(self.templates.values()))
        edition = self.data.edition
        shown_as = self.workspace.shown(self.workspace.edition_yaml(edition.edition))
        together.require_true(shown_as, self.data, [self.templates[piece.id] for piece in edition.pieces], membres)

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
        if self.contents.decisions[membre.id].pieces:
            return []
        former = receipts.read(self._folder(membre))
        if former is None:
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
        contents = self.contents.of(membre, brief=True)
        folder = self._folder(membre)
        if not contents:  # it holds this edition already, or left: what stands is never made again
            standing = receipts.read(folder)
            nothing = Receipt(
                membre=membre.id, edition=self.data.edition.edition, moteur={}, pieces={}, titre="", projet=False,
                manque=(), blancs=(),
            )  # fmt: skip
            return Todo(membre, nothing, [], receipts.altered(folder, standing), standing)
        missing = missing_for_signature(membre, self.data.edition)
        missing += exemples.missing(self.data.syndicat, membre, (w for c in contents for w in self.exemples[c.name]))
        pieces = self._pieces(contents)
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
        return Todo(membre, wanted, receipts.reasons(former, wanted, altered, self.known), altered, former)

    def _pieces(self, contents: Sequence[Content]) -> dict[str, receipts.Piece]:
        """Return what each document is made from; most of them print the same values."""
        said: dict[tuple[int, str], str] = {}
        pieces = {}
        for content in contents:
            found, paths = content.found.flat, self.printed[content.name]
            for path in paths:
                if (id(found), path) not in said:
                    said[id(found), path] = receipts.fingerprint(found[path])
            printed = {path: said[id(found), path] for path in paths}
            pieces[content.name] = receipts.Piece(modele=content.template.sha256, valeurs=printed)
        return pieces

    def orphans(self) -> list[str]:
        """Return the folders of packs whose member is not in the records any more; they are left in place."""
        known = {m.id for m in self.data.membres}
        found = (path.parent.name for path in self.packs.glob(f"*/{receipts.NAME}"))
        return sorted(name for name in found if re.sub(r"\.\d+$", "", name) not in known)

    def _publish(self, todo: list[Todo], made: Iterable[Made]) -> Iterator[Outcome]:
        """Put in place what is made, as it comes."""
        self.workspace.cache.mkdir(parents=True, exist_ok=True)
        waiting = {pack.membre.id: pack for pack in todo}
        try:
            for one in made:
                self.alone |= one.alone
                yield self._finish(waiting[one.membre], one)
        finally:
            for pdf in self.doubtful - self.proven:
                pdf.unlink(missing_ok=True)

    def _job(self, pack: Todo) -> Job:
        """Return all that makes a pack, with those of its pieces that were made before."""
        parts = tuple(Part.of(content) for content in self.contents.of(pack.membre))
        cached = {part.name: self._cached(pack, part.name) for part in parts}
        known = {name: path.read_bytes() for name, path in cached.items() if path.is_file()}
        return Job(pack.membre, pack.wanted, parts, {name: pdf for name, pdf in known.items() if is_whole(pdf)})

    def _cached(self, pack: Todo, name: str) -> Path:
        return self.workspace.cache / pdf_name(name, pack.wanted)

    def _finish(self, pack: Todo, made: Made) -> Outcome:
        """Publish a pack, and keep its pieces for the next time."""
        pieces = {self._cached(pack, name) for name in pack.wanted.pieces}
        if made.receipt is None:
            self.doubtful |= pieces
            return self._failed(pack, made.failure, made.exit_code)
        folder = self.packs / receipts.folder_name(pack.membre.id, pack.wanted.rang)
        try:
            for name, pdf in made.pdfs.items():
                publish.replace(self._cached(pack, name), pdf)
            receipt = receipts.after(made.receipt, pack.former)
            files = {**made.files, receipts.NAME: receipt.to_bytes()}
            publish.set_aside(folder, [name for name in pack.altered if name != receipts.NAME])
            former = receipts.read(folder)
            publish.publish(folder, files, former.fichiers if former else ())
        except CannotWrite as error:
            return self._failed(pack, str(error), error.exit_code)
        self.proven |= pieces
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
