"""The fields of the template of an avenant: what changes in a convention already signed, computed, never typed.

As in `context`, each with its explanation and where its value comes from; all the fields of a pack are there too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from docgen import formats
from docgen.champs.pack import CHAMPS, Champ, Dossier, curly
from docgen.model.fiches import Edition, Envoi
from docgen.packs import amendment
from docgen.word.compare import Change, Difference


@dataclass(frozen=True)
class DossierAvenant(Dossier):
    """All that is known about the avenant of one member."""

    held: Envoi
    """What it signed last."""
    former: Edition
    """The edition of what it signed."""
    difference: Difference
    articles: Sequence[Change]
    """What changes in the convention, as it is printed for the member."""

    @property
    def numero(self) -> int:
        """The number of the avenant, in the order of signature."""
        return amendment.next_number(self.membre)

    @property
    def precedents(self) -> Sequence[Envoi]:
        """The avenants already signed."""
        return [e for e in self.membre.envois if e.document == amendment.AVENANT and e.signe_le]

    @property
    def signee(self) -> Envoi:
        """The convention, as it was first signed."""
        signed = [e for e in self.membre.envois if e.document == amendment.CONVENTION and e.signe_le]
        return signed[0] if signed else self.held


def _articles(d: DossierAvenant) -> list[dict[str, Any]]:
    return [
        dict(
            titre=curly(change.ancien_titre or change.titre or "Titre et parties"),
            action=curly(_action(change)),
            paragraphes=[dict(texte=text) for text in _new_text(change)],
        )
        for change in d.articles
    ]


def _action(change: Change) -> str:
    """Return what becomes of an article of the convention that was signed, by the number that it has there."""
    if change.action == "supprimé":
        return "est supprimé"
    if change.action == "renuméroté":
        return f"devient « {change.titre} »"
    if change.action == "ajouté":
        return f"est inséré après « {change.apres} »" if change.apres else "est inséré avant le premier article"
    if not _new_text(change):
        return "ne comporte plus de texte"
    renamed = change.titre != change.ancien_titre
    return (f"devient « {change.titre} » et " if renamed else "") + "est remplacé par le texte suivant"


def _new_text(change: Change) -> tuple[str, ...]:
    return change.paragraphes if change.action in ("ajouté", "modifié") else ()


def _annexes(d: DossierAvenant) -> list[dict[str, str]]:
    changed: dict[str, list[Change]] = {}
    for change in d.difference.textes:
        changed.setdefault(change.piece, []).append(change)
    rows = []
    for piece in d.edition.pieces:
        has_grid = piece.id == amendment.GRILLE and d.difference.grille
        if piece.id == amendment.CONVENTION or not (piece.id in changed or has_grid):
            continue
        said = "Elle est remplacée dans son entier par celle qui est jointe au présent avenant"
        if has_grid:
            said += ", qui comporte la nouvelle grille tarifaire"
        rows.append(dict(titre=curly(piece.titre), changement=f"{said}."))
    return rows


def _amounts(d: DossierAvenant) -> list[dict[str, str]]:
    before, after = amendment.yearly(d.membre, d.former), amendment.yearly(d.membre, d.edition)
    return [dict(libelle="Total par an", avant=before, apres=after)] if before and after and before != after else []


def _initial(d: DossierAvenant) -> str:
    act = d.former.deliberation
    return f"délibération n°\u00a0{act.numero} du {formats.long_date(act.date)}"


def _signed(sent: Envoi) -> str:
    return formats.long_date(sent.signe_le or sent.envoye_le)


AVENANT = (
    Champ("avenant.numero", "Numéro de l’avenant", lambda d: str(d.numero)),
    Champ("avenant.convention.edition", "Édition de la convention signée", lambda d: d.signee.edition),
    Champ("avenant.convention.signee_le", "Date de sa signature", lambda d: _signed(d.signee)),
    Champ("avenant.deliberation_initiale", "Délibération qui avait voté ce texte", _initial),
    Champ("avenant.precedents", "Les avenants déjà signés",
          lambda d: [dict(numero=str(n), signe_le=_signed(e)) for n, e in enumerate(d.precedents, 1)]),
    Champ("avenant.precedents[].numero", "Numéro"),
    Champ("avenant.precedents[].signe_le", "Date de signature"),
    Champ("avenant.articles", "Ce qui change dans la convention, article par article", _articles),
    Champ("avenant.articles[].titre", "« Article 4 – Modalités de facturation »"),
    Champ("avenant.articles[].action", "« est remplacé par le texte suivant », « est supprimé »…"),
    Champ("avenant.articles[].paragraphes", "Le nouveau texte"),
    Champ("avenant.articles[].paragraphes[].texte", "Un paragraphe"),
    Champ("avenant.annexes", "Les annexes remplacées", _annexes),
    Champ("avenant.annexes[].titre", "Titre de l’annexe"),
    Champ("avenant.annexes[].changement", "Ce qu’elle devient"),
    Champ("avenant.montants", "Les montants, avant et après", _amounts),
    Champ("avenant.montants[].libelle", "Total par an"),
    Champ("avenant.montants[].avant", "Ce que le membre payait"),
    Champ("avenant.montants[].apres", "Ce qu’il paiera"),
    Champ("avenant.date_effet", "Date d’effet", lambda d: "à compter de sa signature par les parties"),
)  # fmt: skip

CHAMPS_AVENANT = (*CHAMPS, *AVENANT)
KNOWN_AVENANT = {champ.chemin: champ for champ in CHAMPS_AVENANT}
