"""What an amending délibération does to each member, and why, before anything is made. Pure decision.

The rules are those of the texts themselves: a signed convention is amended by an avenant (convention, article 8); a
yearly revision of the prices alone needs none (article 4); a changed charter is signed anew (charte, article 6).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from docgen import formats
from docgen.law import tarif
from docgen.model.fiches import Edition, Envoi, Membre
from docgen.word.compare import Difference

CONVENTION, CHARTE, GRILLE, AVENANT, AVIS = "convention", "charte", "annexe-2", "avenant", "avis"
"""The documents that the rules name: GRILLE is the one that holds the price grid."""


@dataclass(frozen=True)
class Decision:
    """What is to be done for one member."""

    membre: Membre
    action: str
    """« nouveau pack », « avenant n° 2 », « avis de nouvelle grille », « nouvelle charte », « rien »…"""
    raison: str
    avant: str = ""
    """What it pays per year under the edition that it was sent; empty when it has not chosen or was sent none."""
    apres: str = ""
    """What it pays per year under the new edition."""
    pieces: tuple[str, ...] = ()
    """The documents to send, in order; none when what it holds stays as it is."""
    held: Envoi | None = None
    """The last thing that it was sent."""


def decide(
    membre: Membre, target: Edition, edition_of: Callable[[str], Edition], differences: Callable[[str], Difference]
) -> Decision:
    """Return what `target` does to the member.

    `edition_of` gives an edition by its name, `differences` what differs, for that member, from it to `target`.
    """
    held = last(membre)
    sent = membre.envois[-1] if membre.envois else None
    before = yearly(membre, edition_of(held.edition)) if held else ""
    after = yearly(membre, target)
    whole = tuple(piece.id for piece in target.pieces)

    def decided(action: str, raison: str, pieces: tuple[str, ...] = ()) -> Decision:
        return Decision(membre, action, raison, before, after, pieces, held)

    if membre.parti_le:
        return Decision(membre, "rien", f"parti le {formats.short_date(membre.parti_le)}", before, held=held)
    if held is None or sent is None:
        return decided("nouveau pack", "rien ne lui a été envoyé", whole)
    if sent.edition >= target.edition:
        word, day = ("signée", sent.signe_le) if sent.signe_le else ("envoyée", sent.envoye_le)
        return decided("rien", f"édition {sent.edition} {word} le {formats.short_date(day)}")
    if not binds(held):
        day = held.envoye_le
        said = f"édition {held.edition} envoyée le {formats.short_date(day)}, pas signée"
        return decided("pack retiré, nouveau pack", said, whole)
    return decided(*_for_signed(membre, target, held, differences(held.edition)))


def _for_signed(membre: Membre, target: Edition, held: Envoi, found: Difference) -> tuple[str, str, tuple[str, ...]]:
    """Return the action, its reason and its documents for a member whose convention is signed."""
    changed = found.pieces()
    if not changed and not found.grille:
        return "rien", f"l'édition {target.edition} ne change, pour lui, aucun article ni aucun prix", ()
    if not changed:
        cells = formats.plural(len(found.grille), "case")
        said = f"{cells} de la grille, aucun texte : révision annuelle de l'article 4"
        return "avis de nouvelle grille", said, (AVIS,)
    if changed == [CHARTE] and not found.grille:
        return "nouvelle charte", "seule la charte change : elle se signe de nouveau (charte, article 6)", (CHARTE,)
    touched = [
        change.ancien_titre or change.titre or "titre et parties"
        for change in found.textes
        if change.piece == CONVENTION and change.action != "renuméroté"
    ]
    others = [piece for piece in changed if piece != CONVENTION]
    reasons = []
    if touched:
        reasons.append(f"convention : {formats.listing(touched)}")
    if others:
        reasons.append(f"texte modifié : {formats.listing(others)}")
    if found.grille:
        reasons.append(f"{formats.plural(len(found.grille), 'case')} de la grille")
    annexes = {*others, *([GRILLE] if found.grille else [])}
    pieces = (AVENANT, *(piece.id for piece in target.pieces if piece.id in annexes))
    return f"avenant n° {next_number(membre)}", " ; ".join(reasons), pieces


def binds(sent: Envoi) -> bool:
    """Tell whether what was sent holds for the member: it signed it, or it is a notice, that needs no signature."""
    return sent.signe_le is not None or sent.document == AVIS


def last(membre: Membre) -> Envoi | None:
    """Return the last thing sent that binds the member; failing that, the last thing sent."""
    binding = [sent for sent in membre.envois if binds(sent)]
    return next(reversed(binding or membre.envois), None)


def next_number(membre: Membre) -> int:
    """Return the number of the next avenant: they are numbered per member, as they are signed."""
    return 1 + sum(sent.document == AVENANT and sent.signe_le is not None for sent in membre.envois)


def yearly(membre: Membre, edition: Edition) -> str:
    """Return what the member pays per year under that edition, HT or TTC as voted; empty while it has not chosen."""
    if membre.souscription is None:
        return ""
    return f"{formats.euros(tarif.due(membre.souscription, edition.tarif).annuel)} {edition.tarif.prix_en}"
