"""Where each member stands: what it signed, the state of what it is to be sent, what it pays, what is missing."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass

from docgen import formats
from docgen.law.contrats import binds
from docgen.model.fiches import Membre
from docgen.packs import preflight, receipts
from docgen.packs.amendment import Decision
from docgen.packs.contents import Contents
from docgen.packs.receipts import Receipt
from docgen.records.workspace import Data, Workspace, today


@dataclass(frozen=True)
class Status:
    """Where one member stands."""

    membre: Membre
    en_vigueur: str
    """The edition that it signed last; empty when it signed none."""
    etat: str
    """« parti », « signé », « envoyé », « à fabriquer », « PROJET », « à compléter », « à revoir » or « à envoyer »."""
    perime: bool
    """Whether what it holds is of an earlier edition than the one in force."""
    manque: tuple[str, ...]
    """What keeps it from going further."""
    montant: str = ""
    """What it pays per year, or will: « 7 672,32 € TTC »; empty when it has not chosen."""


def of(workspace: Workspace, data: Data, contents: Contents | None = None) -> list[Status]:
    """Return where each member stands, in the order of the records; `contents` where they are read already.

    Raises `ProblemsFound`.
    """
    decisions = (contents or Contents(workspace, data)).decisions
    standing = (
        receipts.standing(workspace.packs(data.edition.edition), data.edition.edition, d.membre, bool(d.pieces))
        for d in decisions.values()
    )
    known = preflight.compared(receipt for receipt in standing if receipt)
    return [_status(m, decisions[m.id], known.get(m.id)) for m in data.membres]


def table(found: Iterable[Status]) -> bytes:
    """Return where each member stands as a CSV that a French Excel opens as it is."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    writer.writerow(("membre", "nom", "siret", "état", "édition signée", "périmé", "montant par an", "manque"))
    for one in found:
        writer.writerow((
            formats.harmless(one.membre.id), formats.harmless(one.membre.nom), formats.as_text(one.membre.siret),
            one.etat, formats.as_text(one.en_vigueur), "oui" if one.perime else "non",
            re.sub(r"(?<=\d)[\u00a0\u202f](?=\d)", "", one.montant), formats.harmless(" ; ".join(one.manque)),
        ))  # fmt: skip
    return buffer.getvalue().encode("utf-8-sig")


def _status(membre: Membre, decision: Decision, receipt: Receipt | None) -> Status:
    signed = next((sent.edition for sent in reversed(membre.histoire) if sent.signe_le), "")
    etat, missing = state(membre, decision, receipt)
    amount = decision.apres or decision.avant
    return Status(membre, signed, etat, bool(decision.held and decision.pieces), missing, amount)


def state(membre: Membre, decision: Decision, receipt: Receipt | None) -> tuple[str, tuple[str, ...]]:
    """Return the state of one member and what keeps it from going further."""
    if membre.parti_le and membre.parti_le < today():
        return "parti", ()
    if not decision.pieces:
        waiting = [sent for sent in membre.tenus[-1:] if not binds(sent)]
        return ("envoyé", ("signature du membre",)) if waiting else ("signé", ())
    if receipt is None:
        return "à fabriquer", ("docgen build",)
    if receipt.projet:
        return "PROJET", receipt.manque
    if receipt.blancs:
        return "à compléter", receipt.blancs
    faults = tuple(f"{point.point} : {point.detail}" for point in receipt.controle if not point.tient)
    return ("à revoir", faults) if faults else ("à envoyer", ())
