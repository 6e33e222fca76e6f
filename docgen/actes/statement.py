"""Write the yearly statement of each member (convention, article 4), and the table of them all for the finance office.

periods -> rows -> fill -> convert -> bind -> check -> publish. The subscription is the one that the record holds now:
the records keep no history of it.
"""

from __future__ import annotations

import csv
import io
from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import dropwhile, groupby
from pathlib import Path

from docgen import publish, scratch
from docgen.actes.binding import Piece, bind
from docgen.champs.etat import CHAMPS_ETAT, KNOWN_ETAT, REGLE_DES_MOIS, DossierEtat, Ligne, Periode
from docgen.champs.pack import values
from docgen.diagnostics import CannotWrite, ConversionFailed, Diagnostic, Place, ProblemsFound, Severity
from docgen.law import tarif
from docgen.lint import rules
from docgen.model.fiches import Envoi, Membre, Souscription, Tarif
from docgen.office import LibreOffice, font_for
from docgen.packs import amendment, receipts
from docgen.pdf.convert import Export, Pool
from docgen.pdf.pdfa import Description
from docgen.records.workspace import Workspace, load, load_edition, today
from docgen.word.fonts import families
from docgen.word.render import Filled, Renderer
from docgen.word.signs import FONT
from docgen.word.template import Template

COLUMNS = (
    "membre", "nom", "siret", "édition", "service", "utilisateurs", "mois", "prix unitaire", "montant", "HT/TTC",
    "code service", "n° d'engagement",
)  # fmt: skip
FORMULA_SIGNS = ("=", "+", "-", "@")


def texts(membre: Membre, year: int) -> list[Envoi]:
    """Return what set the member's prices by the end of its service in `year`: convention, avenants, notices."""
    kinds, until = (amendment.CONVENTION, amendment.AVENANT, "avis"), _last_day(membre, year)
    found = [sent for sent in membre.envois if sent.document in kinds and _signed(sent) <= until]
    # A notice amends a convention that is signed: alone, it sets nothing.
    return list(dropwhile(lambda sent: sent.document == "avis", sorted(found, key=_signed)))


def periods(membre: Membre, year: int) -> list[Periode]:
    """Return the months that the member owes for `year`, by edition; none when nothing runs in that year.

    Two assumptions, to be confirmed by the syndicat: a month counts as soon as it is begun (`REGLE_DES_MOIS`), for the
    edition in force on its first day of service; `parti_le` is the last day of service.
    """
    signed, until = texts(membre, year), _last_day(membre, year)
    owed = []
    for month in range(1, 13) if signed else ():
        first = max(date(year, month, 1), _signed(signed[0]))
        last = min(date(year, month, monthrange(year, month)[1]), until)
        if (last - first).days + 1 >= REGLE_DES_MOIS.jours:
            owed.append((month, [text for text in signed if _signed(text) <= first][-1].edition))
    found = []
    for edition, group in groupby(owed, key=lambda item: item[1]):
        months = [month for month, _ in group]
        found.append(Periode(edition, months[0], months[-1]))
    return found


def rows(taken: Souscription, owed: Iterable[Periode], tarif_of: Callable[[str], Tarif]) -> list[Ligne]:
    """Return what the subscription costs, a row per period and service; `tarif_of` gives the prices of an edition."""
    found = []
    for period in owed:
        rule = tarif_of(period.edition)
        for due in tarif.due(taken, rule).lignes:
            found.append(Ligne(due.service, period.edition, taken.utilisateurs, period.mois, due.prix, rule.prix_en))
    return found


def prices(rule: Tarif, taken: Souscription) -> bool:
    """Tell whether the grid has a price for all of the subscription; the GFU may be part of the price of a storage."""
    return bool(tarif.due(taken, rule).lignes) and (not taken.stockage or taken.stockage in tarif.storages(rule))


def table(dossiers: Iterable[DossierEtat]) -> bytes:
    """Return the rows of all statements as a CSV that a French Excel opens as it is: amounts in euros, no sign."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for d in dossiers:
        codes = d.facturation
        for row in d.lignes:
            writer.writerow((
                harmless(d.membre.id), harmless(d.membre.nom), as_text(d.membre.siret), as_text(row.edition),
                harmless(row.service), row.utilisateurs, row.mois, _amount(row.prix), _amount(row.montant), row.prix_en,
                as_text(codes.code_service if codes else None), as_text(codes.numero_engagement if codes else None),
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
    return f"{tarif.cent(amount)}".replace(".", ",")


def _signed(sent: Envoi) -> date:
    """Return the day from which it holds: its signature, or the sending of a notice, that needs none (article 4)."""
    return (sent.envoye_le if sent.document == "avis" else sent.signe_le) or date.max


def _last_day(membre: Membre, year: int) -> date:
    return min(date(year, 12, 31), membre.parti_le or date.max)


class Statements:
    """The making of the statements of one year."""

    def __init__(self, workspace: Workspace, year: int, office: LibreOffice) -> None:
        """Read the records; `year` is from 2000 to 2100, as an exercice.

        Raises `ProblemsFound` when nothing at all is to be stated for that year.
        """
        self.workspace, self.year, self.office = workspace, year, office
        self.data = load(workspace)
        self._tarif_of = cache(self._read_tarif)
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

    def _read_tarif(self, edition: str) -> Tarif:
        known = self.data.edition
        return (known if edition == known.edition else load_edition(self.workspace, edition, self.data.seances)).tarif

    def _dossier(self, membre: Membre) -> DossierEtat | None:
        """Return what the member's statement holds; None when it gets none: nothing runs, or it cannot be priced."""
        owed = periods(membre, self.year)
        if not owed:
            return None
        if membre.souscription is None:
            said = f"pas d'état pour {membre.id} : sa convention court en {self.year}, mais sans souscription"
            self.warnings.append(self._told("etat-sans-souscription", said, "Ajoutez « souscription: » à sa fiche."))
            return None
        if unpriced := [p.edition for p in owed if not prices(self._tarif_of(p.edition), membre.souscription)]:
            # Half a statement would be taken for the whole.
            said = f"pas d'état pour {membre.id} : l'édition {unpriced[0]} n'a pas de prix pour sa souscription"
            self.warnings.append(self._told("etat-sans-prix", said, "Cet état est à établir à la main."))
            return None
        lines = rows(membre.souscription, owed, self._tarif_of)
        return DossierEtat(self.data.syndicat, membre, self.year, texts(membre, self.year), owed, lines)

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
