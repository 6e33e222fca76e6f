"""Where each member stands: the edition that it signed, the state of what it is to be sent, what is missing."""

from __future__ import annotations

from dataclasses import dataclass

from docgen.law.contrats import binds
from docgen.model.fiches import Membre
from docgen.packs import preflight, receipts
from docgen.packs.amendment import Decision
from docgen.packs.contents import Contents
from docgen.packs.receipts import Receipt
from docgen.records.workspace import Data, Workspace


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


def of(workspace: Workspace, data: Data) -> list[Status]:
    """Return where each member stands, in the order of the records. Raises `ProblemsFound`."""
    decisions = Contents(workspace, data).decisions
    standing = (
        receipts.standing(workspace.packs(data.edition.edition), data.edition.edition, d.membre, bool(d.pieces))
        for d in decisions.values()
    )
    known = preflight.compared(receipt for receipt in standing if receipt)
    return [_status(m, decisions[m.id], known.get(m.id)) for m in data.membres]


def _status(membre: Membre, decision: Decision, receipt: Receipt | None) -> Status:
    signed = next((sent.edition for sent in reversed(membre.envois) if sent.signe_le), "")
    etat, missing = state(membre, decision, receipt)
    return Status(membre, signed, etat, bool(decision.held and decision.pieces), missing)


def state(membre: Membre, decision: Decision, receipt: Receipt | None) -> tuple[str, tuple[str, ...]]:
    """Return the state of one member and what keeps it from going further."""
    if membre.parti_le:
        return "parti", ()
    if not decision.pieces:
        waiting = [sent for sent in membre.envois[-1:] if not binds(sent)]
        return ("envoyé", ("signature du membre",)) if waiting else ("signé", ())
    if receipt is None:
        return "à fabriquer", ("docgen build",)
    if receipt.projet:
        return "PROJET", receipt.manque
    if receipt.blancs:
        return "à compléter", receipt.blancs
    faults = tuple(f"{point.point} : {point.detail}" for point in receipt.controle if not point.tient)
    return ("à revoir", faults) if faults else ("à envoyer", ())
