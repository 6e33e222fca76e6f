"""The versions of the statements of a year: what was stated is never replaced; what changes stands beside it, with why.

The receipt of the folder keeps, for each member, what its last version was made from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from docgen.champs.etat import CHAMPS_ETAT, DossierEtat
from docgen.champs.pack import values
from docgen.packs import receipts
from docgen.packs.receipts import Piece, Receipt

LINES = "lignes"
"""Under which the receipt keeps the rows as they read, to tell later what differs."""
TOLD = {
    "etat.textes": "les textes signés", "etat.periodes": "les mois dus", "etat.regle": "la manière de compter les mois",
    "facturation.code_service": "le code service", "facturation.numero_engagement": "le numéro d'engagement",
}  # fmt: skip
"""What the fields of a statement are called; the others are the address or the name of who is named."""


@dataclass(frozen=True)
class Version:
    """One statement of a member, as it stands or as it is to be made."""

    dossier: DossierEtat
    stem: str
    """The name of its files, without their endings."""
    piece: Piece
    new: bool
    reasons: Sequence[str] = ()
    """Why another version was made before it, and what differs; nothing for the first."""


def plan(
    dossiers: Sequence[DossierEtat], year: int, modele: str, folder: Path, former: Receipt | None
) -> list[Version]:
    """Return the version of each statement: the one that stands when it says the same, else a new one.

    `modele` is the hash of the template.
    """
    altered = receipts.altered(folder, former)
    found = []
    for dossier in dossiers:
        name = f"etat-{year}-{dossier.membre.id}"
        wanted = _piece(dossier, modele)
        before = former.pieces.get(dossier.membre.id) if former else None
        if before and _same(before, wanted):
            stem = before.pdf.removesuffix(".pdf")
            missing = before.pdf in altered or f"{stem}.docx" in altered
            found.append(Version(dossier, stem, before, new=missing))
            continue
        stem = free(name, ".pdf", former)
        reasons = list(differences(before, wanted)) if before else []
        found.append(
            Version(dossier, stem, wanted.model_copy(update={"pdf": f"{stem}.pdf"}), new=True, reasons=reasons)
        )
    return found


def free(name: str, ending: str, former: Receipt | None) -> str:
    """Return the first name that no version has: « etat-2024-x », then « etat-2024-x-v2 »."""
    number, stem = 1, name
    while former and f"{stem}{ending}" in former.fichiers:
        number += 1
        stem = f"{name}-v{number}"
    return stem


def _piece(dossier: DossierEtat, modele: str) -> Piece:
    flat = values(dossier, CHAMPS_ETAT).flat
    said = {path: receipts.fingerprint(value) for path, value in flat.items()}
    return Piece(modele=modele, valeurs={**said, LINES: "\n".join(_rows(dossier))})


def _rows(dossier: DossierEtat) -> Iterator[str]:
    for row in dossier.lignes:
        counted = "" if row.quantite is None else f", {row.quantite} {row.unite}"
        months = "" if row.mois is None else f", {row.mois} mois"
        yield f"{row.volet}, {row.service} (édition {row.edition}{counted}{months}) : {row.montant} € {row.prix_en}"


def _same(before: Piece, wanted: Piece) -> bool:
    return (before.modele, before.valeurs) == (wanted.modele, wanted.valeurs)


def differences(before: Piece, wanted: Piece) -> Iterator[str]:
    """Yield what differs between two versions, in words."""
    old, new = (one.valeurs.get(LINES, "").splitlines() for one in (before, wanted))
    yield from (f"en moins : {row}" for row in old if row not in new)
    yield from (f"en plus : {row}" for row in new if row not in old)
    changed = [path for path, value in wanted.valeurs.items() if before.valeurs.get(path) != value]
    named = [TOLD[path] for path in changed if path in TOLD]
    if any(path.startswith(("membre.", "syndicat.")) for path in changed):
        named.append("le nom ou l'adresse d'une partie")
    yield from (f"change : {what}" for what in dict.fromkeys(named))
    if before.modele != wanted.modele:
        yield "change : le modèle etat-annuel.docx"
