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
from docgen.actes.binding import Piece, bind
from docgen.champs.etat import CHAMPS_ETAT, KNOWN_ETAT, DossierEtat, said_months
from docgen.champs.pack import values
from docgen.diagnostics import CannotWrite, ConversionFailed, Diagnostic, Place, ProblemsFound, Severity
from docgen.law import souscriptions, tarif
from docgen.law.annee import Ligne, NotStated, Periode, last_day, lines, periods, setting_prices
from docgen.law.contrats import Contrat, contracted
from docgen.lint import rules
from docgen.model.edition import Edition
from docgen.model.fiches import Membre, Souscription
from docgen.office import LibreOffice, font_for
from docgen.packs import receipts
from docgen.pdf.convert import Export, Pool
from docgen.pdf.pdfa import Description
from docgen.records.workspace import Workspace, load, load_edition, today
from docgen.word.fonts import families
from docgen.word.render import Filled, Renderer
from docgen.word.signs import FONT
from docgen.word.template import Template

BEFORE = ("membre", "nom", "siret", "édition", "service")
AFTER = ("mois", "prix unitaire", "montant", "HT/TTC", "code service", "n° d'engagement", "volet")
"""The columns of the table, around the one of the quantities, that is called what it counts."""
FORMULA_SIGNS = ("=", "+", "-", "@")


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
                harmless(d.membre.id), harmless(d.membre.nom), as_text(d.membre.siret), as_text(row.edition),
                harmless(row.service), "" if row.quantite is None else row.quantite,
                "" if row.mois is None else said_months(row.mois), "" if row.prix is None else _amount(row.prix),
                _amount(row.montant), row.prix_en, as_text(codes.code_service if codes else None),
                as_text(codes.numero_engagement if codes else None), harmless(row.volet),
            ))  # fmt: skip
    return buffer.getvalue().encode("utf-8-sig")


def harmless(text: str) -> str:
    """Return the text so that a spreadsheet does not compute it.

    >>> harmless("=1+1"), harmless("Commune")
    ("'=1+1", 'Commune')
    """
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def as_text(code: str | None) -> str:
    """Return the code so that a spreadsheet makes neither a number of it nor, of « 2023-04 », a date.

    >>> as_text("0012"), as_text('A"B'), as_text(None)
    ('="0012"', '="A""B"', '')
    """
    return '="' + code.replace('"', '""') + '"' if code else ""


def _amount(amount: Decimal) -> str:
    shown = amount if amount != tarif.cent(amount) else tarif.cent(amount)
    return f"{shown}".replace(".", ",")


def _holds(contract: Contrat, taken: Souscription) -> bool:
    """Tell whether a contract is of that subscription of the record."""
    return souscriptions.same(contract.souscription, taken) and (
        taken.depuis is None or taken.depuis in (contract.depuis, contract.souscription.depuis)
    )


class Statements:
    """The making of the statements of one year."""

    def __init__(self, workspace: Workspace, year: int, office: LibreOffice) -> None:
        """Read the records; `year` is from 2000 to 2100, as an exercice.

        Raises `ProblemsFound` when nothing at all is to be stated for that year.
        """
        self.workspace, self.year, self.office = workspace, year, office
        self.data = load(workspace)
        self._edition_of = cache(self._read_edition)
        self.warnings: list[Diagnostic] = []
        """The members left out although they signed, each with why; a year that is not over. To be shown."""
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
        """Make and publish the statement of each member and the table of them all; return the files.

        Raises `ProblemsFound`, `ConversionFailed`, `ToolMissing` or `CannotWrite`; the former files then stand.
        """
        with publish.locked(self.workspace.output), Pool(self.office) as pool:
            files = self._documents(pool)
            files[f"etats-{self.year}.csv"] = table(self.dossiers)
            self._publish(files)
        return sorted(self.folder / name for name in files)

    def _told(self, code: str, said: str, hint: str) -> Diagnostic:
        place = Place(self.workspace.shown(self.workspace.members_yaml))
        return Diagnostic(place, code, said, hint, Severity.WARNING)

    def _read_edition(self, name: str) -> Edition | None:
        """Return an edition. Raises `ProblemsFound` when its folder is gone."""
        if name == self.data.edition.edition:
            return self.data.edition
        return load_edition(self.workspace, name, self.data.seances)

    def _dossier(self, membre: Membre) -> DossierEtat | None:
        """Return what the member's statement holds; None when it gets none: nothing runs, or it cannot be priced."""
        owed = periods(membre, self.year, self._edition_of)
        if not owed:
            return None
        contracts = self._contracts(membre)
        if not contracts:
            said = f"sa convention court en {self.year}, mais sans souscription"
            self._left_out(membre, "etat-sans-souscription", said, "Ajoutez « souscriptions: » à sa fiche.")
            return None
        found: list[Ligne] = []
        try:
            for volet, held in contracts.items():
                found += lines(membre, self.year, volet, held, self._edition_of)
        except NotStated as error:  # half a statement would be taken for the whole
            self._left_out(membre, error.code, str(error), error.mend)
            return None
        self._tell_unsigned(membre, contracts)
        if not found:
            return None
        signed = setting_prices(membre, last_day(membre, self.year), self._edition_of)
        return DossierEtat(self.data.syndicat, membre, self.year, signed, owed, found, self._rules(owed, contracts))

    def _left_out(self, membre: Membre, code: str, said: str, mend: str) -> None:
        self.warnings.append(self._told(code, f"pas d'état pour {membre.id} : {said}", mend))

    def _contracts(self, membre: Membre) -> dict[str, list[Contrat]]:
        """Return what the member contracted; of a volet that changes freely, what its record says after that too."""
        found = contracted(membre, self._edition_of)
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

    def _documents(self, pool: Pool) -> dict[str, bytes]:
        """Return the Word file and the checked PDF of each statement, by name."""
        path = self.workspace.templates / "etat-annuel.docx"
        template = Template(path, self.workspace.shown(path), KNOWN_ETAT)
        rules.require_sound([template])
        fonts = {font_for(family) for family in (*families(template), FONT)}
        renderer = Renderer(template)
        filled = [renderer.fill(values(d, CHAMPS_ETAT).tree) for d in self.dossiers]
        files: dict[str, bytes] = {}
        police = self.office.form_font()
        with scratch.folder() as work:
            tasks = self._converted(filled, Path(work), pool)
            for dossier, made, task in zip(self.dossiers, filled, tasks, strict=True):
                files[task.docx.name] = made.docx
                files[task.pdf.name] = self._bind(dossier, made, task.pdf, fonts, police)
        return files

    def _converted(self, filled: Sequence[Filled], work: Path, pool: Pool) -> list[Export]:
        """Convert all statements at once; return them in their order. Raises `ConversionFailed` with all failures."""
        tasks = []
        for dossier, made in zip(self.dossiers, filled, strict=True):
            docx = work / f"etat-{self.year}-{dossier.membre.id}.docx"
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

    def _publish(self, files: Mapping[str, bytes]) -> None:
        """Publish, unless everything already stands; what somebody changed is kept under another name."""
        folder = self.folder
        if stuck := list(publish.recover(folder.parent)):
            raise CannotWrite(" ; ".join(why for _, why in stuck))
        former = receipts.read(folder)
        described = {name: receipts.describe(data) for name, data in files.items()}
        changed = receipts.altered(folder, former)
        for name in files:  # what no receipt names is not docgen's: it is never written over
            if former is None or name not in former.fichiers:
                changed.setdefault(name, "n'a pas de reçu : gardé sous un autre nom")
        if former and former.fichiers == described and not changed:
            return
        publish.set_aside(folder, changed)
        receipt = receipts.Receipt(
            membre="", edition="", moteur={}, pieces={}, titre=f"États annuels {self.year}", projet=False,
            manque=(), blancs=(), fichiers=described,
        )  # fmt: skip
        publish.publish(folder, {**files, receipts.NAME: receipt.to_bytes()}, former.fichiers if former else ())
