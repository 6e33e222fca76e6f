"""Write the yearly statement of each member (convention, article 4), and the table of them all for the finance office.

contracts -> lines -> fill -> convert -> bind -> check -> publish. What is stated is what was signed: a subscription
that the record holds and no signed document does is told, and not stated.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from docgen import formats, publish, scratch
from docgen.actes import versions
from docgen.actes.binding import Piece, bind
from docgen.actes.versions import Version
from docgen.champs.etat import CHAMPS_ETAT, KNOWN_ETAT, DossierEtat, said_months
from docgen.champs.pack import values
from docgen.diagnostics import CannotWrite, ConversionFailed, Diagnostic, Place, ProblemsFound, Severity
from docgen.law import souscriptions, tarif
from docgen.law.annee import Ligne, NotStated, Periode, inherited, last_day, lines, periods, setting_prices
from docgen.law.contrats import Contrat, contracted
from docgen.lint import rules
from docgen.model.edition import Edition
from docgen.model.fiches import Membre, Souscription
from docgen.office import LibreOffice, font_for
from docgen.packs import receipts
from docgen.pdf.convert import Export, Pool
from docgen.pdf.pdfa import Description
from docgen.records.workspace import Data, Workspace, load, load_edition, today
from docgen.word.fonts import families
from docgen.word.render import Filled, Renderer
from docgen.word.signs import FONT
from docgen.word.template import Template

BEFORE = ("membre", "nom", "siret", "édition", "service")
AFTER = ("mois", "prix unitaire", "montant", "HT/TTC", "code service", "n° d'engagement", "volet")
"""The columns of the table, around the one of the quantities, that is called what it counts."""


def table(dossiers: Iterable[DossierEtat]) -> bytes:
    """Return the rows of all statements as a CSV that a French Excel opens as it is: amounts in euros, no sign."""
    found = list(dossiers)
    units = {row.unite for d in found for row in d.lignes if row.unite}
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    writer.writerow((*BEFORE, units.pop() if len(units) == 1 else "quantité", *AFTER))
    for d in found:
        codes = d.facturation
        for row in d.lignes:
            writer.writerow((
                formats.harmless(d.membre.id), formats.harmless(d.membre.nom), formats.as_text(d.membre.siret),
                formats.as_text(row.edition),
                formats.harmless(row.service), "" if row.quantite is None else row.quantite,
                "" if row.mois is None else said_months(row.mois), "" if row.prix is None else _amount(row.prix),
                _amount(row.montant), row.prix_en, formats.as_text(codes.code_service if codes else None),
                formats.as_text(codes.numero_engagement if codes else None), formats.harmless(row.volet),
            ))  # fmt: skip
    return buffer.getvalue().encode("utf-8-sig")


def _amount(amount: Decimal) -> str:
    shown = amount if amount != tarif.cent(amount) else tarif.cent(amount)
    return f"{shown}".replace(".", ",")


def _holds(contract: Contrat, taken: Souscription) -> bool:
    """Tell whether a contract is of that subscription of the record."""
    return souscriptions.same(contract.souscription, taken) and (
        taken.depuis is None or taken.depuis in (contract.depuis, contract.souscription.depuis)
    )


def doubts(workspace: Workspace, data: Data) -> list[Diagnostic]:
    """Return what the statements of this year and of the last would leave out or tell, without making any."""
    found: list[Diagnostic] = []
    for year in (today().year - 1, today().year):
        try:
            found += Statements(workspace, year, None, data).warnings
        except ProblemsFound as error:
            found += [replace(d, severity=Severity.WARNING) for d in error.diagnostics if d.code != "aucune-convention"]
    return [one for one in dict.fromkeys(found) if one.code != "annee-en-cours"]


class Statements:
    """The making of the statements of one year."""

    def __init__(self, workspace: Workspace, year: int, office: LibreOffice | None, data: Data | None = None) -> None:
        """Read the records, unless they are given; `year` is from 2000 to 2100, as an exercice.

        Raises `ProblemsFound` when nothing at all is to be stated for that year.
        """
        self.workspace, self.year, self.office = workspace, year, office
        self.data = data or load(workspace)
        self._edition_of = cache(self._read_edition)
        self.warnings: list[Diagnostic] = []
        """The members left out although they signed, each with why; a year that is not over. To be shown."""
        self.versions: list[Version] = []
        self.table = ""
        self.gone: list[str] = []
        """The files of former versions that are missing, or that somebody changed."""
        self.dossiers = [d for d in map(self._dossier, self.data.membres) if d]
        if not self.dossiers:
            said = f"aucune convention signée ne court en {year}"
            hint = "Un état part des dates « signe_le » des conventions et des avenants, dans les envois du membre."
            nothing = self._told("aucune-convention", said, hint)
            raise ProblemsFound([replace(d, severity=Severity.ERROR) for d in self.warnings or [nothing]])
        if date(year, 12, 31) >= today():
            said = f"l'année {year} n'est pas finie : l'état la compte jusqu'au 31 décembre"
            self.warnings.append(self._told("annee-en-cours", said, "Refaites-le quand elle le sera."))

    @property
    def folder(self) -> Path:
        """Where the statements are published: output/etats/2024/."""
        return self.workspace.output / "etats" / str(self.year)

    def make(self) -> list[Path]:
        """Make and publish the statements that are new or say something else; return the last version of each.

        A statement that stands is neither replaced nor deleted: its next version has a name of its own, and what
        differs is in versions-2024.txt. Raises `ProblemsFound`, `ConversionFailed`, `ToolMissing` or `CannotWrite`;
        the former files then stand.
        """
        assert self.office
        template = self._template()
        with publish.locked(self.workspace.output):
            if stuck := list(publish.recover(self.folder.parent)):
                raise CannotWrite(" ; ".join(why for _, why in stuck))
            former = receipts.read(self.folder)
            self.versions = versions.plan(self.dossiers, self.year, template.sha256, self.folder, former)
            files: dict[str, bytes] = {}
            if any(one.new for one in self.versions):
                with Pool(self.office) as pool:
                    files = self._documents(template, pool)
            self._publish(files, former)
        made = [f"{one.stem}{ending}" for one in self.versions for ending in (".docx", ".pdf")]
        return sorted(self.folder / name for name in (*made, self.table))

    @property
    def left_standing(self) -> list[str]:
        """The members of whom a statement stands and that would get none now."""
        former = receipts.read(self.folder)
        now = {dossier.membre.id for dossier in self.dossiers}
        return sorted(name for name in (former.pieces if former else ()) if name not in now)

    def _told(self, code: str, said: str, hint: str) -> Diagnostic:
        place = Place(self.workspace.shown(self.workspace.members_yaml))
        return Diagnostic(place, code, said, hint, Severity.WARNING)

    def _read_edition(self, name: str) -> Edition | None:
        """Return an edition. Raises `ProblemsFound` when its folder is gone."""
        if name == self.data.edition.edition:
            return self.data.edition
        return load_edition(self.workspace, name, self.data.votes)

    def _dossier(self, membre: Membre) -> DossierEtat | None:
        """Return what the member's statement holds; None when it gets none: nothing runs, or it cannot be priced."""
        owed = periods(membre, self.year, self._edition_of)
        if not owed:
            return None
        contracts = self._contracts(membre)
        if not contracts and not membre.predecesseurs:
            said = f"sa convention court en {self.year}, mais sans souscription"
            self._left_out(membre, "etat-sans-souscription", said, "Ajoutez « souscriptions: » à sa fiche.")
            return None
        found: list[Ligne] = []
        try:
            found += self._lines(membre, contracts)
        except NotStated as error:  # half a statement would be taken for the whole
            self._left_out(membre, error.code, str(error), error.mend)
            return None
        self._tell_unsigned(membre, contracts)
        if not found:
            return None
        signed = setting_prices(membre, last_day(membre, self.year), self._edition_of)
        return DossierEtat(self.data.syndicat, membre, self.year, signed, owed, found, self._rules(owed, contracts))

    def _lines(self, membre: Membre, contracts: Mapping[str, list[Contrat]]) -> list[Ligne]:
        """Return what a member owes, by its own contracts and by those that it goes on with. Raises `NotStated`."""
        found: list[Ligne] = []
        taken_over = inherited(membre, self._edition_of)
        for holder, held in taken_over:
            for volet, ours in held.items():
                shared = sum(volet in other for _, other in taken_over) > 1
                if shared and any(used.volet == volet for used in membre.consommations):
                    said = f"la consommation de « {volet} » ne se partage pas entre les contrats qu'il continue"
                    raise NotStated("consommation-a-partager", said, "Cet état est à établir à la main.")
                found += lines(holder, self.year, volet, ours, self._edition_of, contracts.get(volet, ()))
        for volet, ours in contracts.items():
            before = [one for _, held in taken_over for one in held.get(volet, ())]
            found += lines(membre, self.year, volet, ours, self._edition_of, before)
        return found

    def _left_out(self, membre: Membre, code: str, said: str, mend: str) -> None:
        self.warnings.append(self._told(code, f"pas d'état pour {membre.id} : {said}", mend))

    def _contracts(self, membre: Membre) -> dict[str, list[Contrat]]:
        """Return what the member contracted; of a volet that changes freely, what its record says after that too."""
        found = contracted(membre.succeeding(()), self._edition_of)
        for name, periods_of in souscriptions.periods(membre.souscriptions).items():
            volet = self.data.edition.volet(name)
            if volet and volet.changement == "libre" and (held := found.get(name)):
                later = [one for one in periods_of if one.depuis and one.depuis > held[-1].depuis]
                held += [Contrat(one, one.depuis, held[-1].envoi, one.jusqu_au) for one in later if one.depuis]
        return found

    def _tell_unsigned(self, membre: Membre, contracts: Mapping[str, Sequence[Contrat]]) -> None:
        """Tell what the record says and no document that binds holds: a subscription begun, the end of one."""
        until = last_day(membre, self.year)
        for taken in membre.souscriptions:
            held = contracts.get(taken.volet, ())
            last = souscriptions.periods(membre.souscriptions)[taken.volet][-1]
            if taken is last and taken.jusqu_au and taken.jusqu_au < until and held and held[-1].fin is None:
                day = formats.short_date(taken.jusqu_au)
                said = f"{membre.id} : la fin du volet « {taken.volet} » au {day} n'a pas été notifiée"
                hint = (
                    "L'état compte ce volet jusqu'à ce que l'avis de fin soit noté comme envoyé (docgen record sent)."
                )
                self.warnings.append(self._told("fin-non-notifiee", said, hint))
            if (taken.depuis and taken.depuis > until) or any(_holds(one, taken) for one in held):
                continue
            since = f" à compter du {formats.short_date(taken.depuis)}" if taken.depuis else ""
            said = f"{membre.id} : la souscription du volet « {taken.volet} »{since} n'est dans aucun document signé"
            hint = "L'état facture ce qui est signé. Envoyez-la à signer (docgen plan), ou notez la signature."
            self.warnings.append(self._told("souscription-non-signee", said, hint))

    def _rules(self, owed: Sequence[Periode], contracts: Mapping[str, Sequence[Contrat]]) -> tuple[str, ...]:
        known = [edition for period in owed if (edition := self._edition_of(period.edition))]
        tarifs = [v.tarif for edition in known for name in contracts if (v := edition.volet(name)) and v.tarif]
        return tuple(dict.fromkeys(rule.prorata for rule in tarifs)) or ("mois_commence",)

    def _template(self) -> Template:
        path = self.workspace.templates / "etat-annuel.docx"
        template = Template(path, self.workspace.shown(path), KNOWN_ETAT)
        rules.require_sound([template])
        return template

    def _documents(self, template: Template, pool: Pool) -> dict[str, bytes]:
        """Return the Word file and the checked PDF of each new version, by name."""
        assert self.office
        fonts = {font_for(family) for family in (*families(template), FONT)}
        renderer = Renderer(template)
        new = [one for one in self.versions if one.new]
        filled = [renderer.fill(values(one.dossier, CHAMPS_ETAT).tree) for one in new]
        files: dict[str, bytes] = {}
        police = self.office.form_font()
        with scratch.folder() as work:
            tasks = self._converted(new, filled, Path(work), pool)
            for one, made, task in zip(new, filled, tasks, strict=True):
                files[task.docx.name] = made.docx
                files[task.pdf.name] = self._bind(one.dossier, made, task.pdf, fonts, police)
        return files

    def _converted(self, new: Sequence[Version], filled: Sequence[Filled], work: Path, pool: Pool) -> list[Export]:
        """Convert all statements at once; return them in their order. Raises `ConversionFailed` with all failures."""
        tasks = []
        for one, made in zip(new, filled, strict=True):
            docx = work / f"{one.stem}.docx"
            docx.write_bytes(made.docx)
            tasks.append(Export(docx, docx.with_suffix(".pdf")))
        if failed := sorted(f"{task.docx.name} : {problem}" for task, problem in pool.convert(tasks) if problem):
            raise ConversionFailed(" ; ".join(failed))
        return tasks

    def _bind(self, dossier: DossierEtat, made: Filled, pdf: Path, fonts: set[str], police: Path) -> bytes:
        titre = f"État annuel des prestations {self.year} – {dossier.membre.nom}"
        sujet = "Prestations souscrites, base de la facturation (convention, article 4)"
        # Dated of the last day that it states, so that the same statement gives the same bytes.
        said = Description(titre, self.data.syndicat.nom, sujet, date(self.year, 12, 31))
        return bind(said, [Piece("etat", titre, "État, page", made, pdf)], fonts, police)

    def _publish(self, files: dict[str, bytes], former: receipts.Receipt | None) -> None:
        """Publish what is new beside what stands; what somebody changed is kept under another name."""
        known = dict(former.fichiers) if former else {}
        rows = table(self.dossiers)
        said = receipts.describe(rows)
        same = (name for name, one in known.items() if name.endswith(".csv") and one == said)
        self.table = next(same, f"{versions.free(f'etats-{self.year}', '.csv', former)}.csv")
        changed = receipts.altered(self.folder, former)
        if self.table not in known or self.table in changed:
            files[self.table] = rows
        why = "".join(
            f"{one.stem} :\n" + "".join(f"  {why}\n" for why in one.reasons) for one in self.versions if one.reasons
        )
        log = f"versions-{self.year}.txt"
        if why:
            before = (self.folder / log).read_bytes() if log in known and log not in changed else b""
            files[log] = before + why.encode()
        self.gone = [f"{name} {what.split(' : ')[0]}" for name, what in changed.items() if name not in files]
        if not files:
            return
        aside = [name for name in files if name in changed or (name not in known and name != log)]
        publish.set_aside(self.folder, aside)
        receipt = receipts.Receipt(
            membre="", edition="", moteur={}, pieces={**(former.pieces if former else {}), **self._pieces()},
            titre=f"États annuels {self.year}", projet=False, manque=(), blancs=(),
            fichiers=known | {name: receipts.describe(data) for name, data in files.items()},
        )  # fmt: skip
        publish.publish(self.folder, {**files, receipts.NAME: receipt.to_bytes()})

    def _pieces(self) -> dict[str, receipts.Piece]:
        return {one.dossier.membre.id: one.piece for one in self.versions}
