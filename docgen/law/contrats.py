"""What a member has contracted, from what was sent to it and came back signed: the texts, each volet, since when.

A notice binds from its sending; all else from its signature. What was sent says which subscriptions it held; what was
noted before they were, is taken for the subscription that the record had on the day of the signature.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from docgen.law import souscriptions
from docgen.model.edition import Edition
from docgen.model.fiches import Envoi, Membre, Souscription

EditionOf = Callable[[str], Edition | None]
"""Gives an edition by its name; None when its folder is gone."""
AVENANT, AVIS, FIN, ACCOMPAGNEMENT = "avenant", "avis", "fin", "accompagnement"
NOTICES = (AVIS, FIN)
"""What needs no signature."""


@dataclass(frozen=True)
class Contrat:
    """What a member takes of a volet by a document that binds it, from a day on."""

    souscription: Souscription
    depuis: date
    envoi: Envoi
    fin: date | None = None
    """The last day, once a notice of end was sent."""


def binds(sent: Envoi) -> bool:
    """Tell whether what was sent holds for the member: it signed it, or it is a notice, that needs no signature."""
    return sent.signe_le is not None or sent.document in NOTICES


def bound_on(sent: Envoi) -> date:
    """Return the day from which it holds: its signature, or the sending of a notice."""
    return (sent.envoye_le if sent.document in NOTICES else sent.signe_le) or date.max


def is_pack(sent: Envoi, edition_of: EditionOf) -> bool:
    """Tell whether what was sent is the pack itself: it has no name, or that of the edition's first piece."""
    if sent.document is None:
        return True
    edition = edition_of(sent.edition)
    if edition is None:
        return sent.document not in (AVENANT, *NOTICES)
    return sent.document == edition.pieces[0].id


def volet_of(sent: Envoi, edition_of: EditionOf) -> str | None:
    """Return the volet whose annex was sent alone; None when what was sent is the pack, or another of its texts."""
    if sent.document in (None, AVENANT, *NOTICES) or (edition := edition_of(sent.edition)) is None:
        return None
    first = edition.pieces[0].id
    return next((one.volet for one in edition.pieces if one.id == sent.document != first), None)


def texts(membre: Membre, edition_of: EditionOf) -> list[Envoi]:
    """Return what was sent and leads from an edition of the texts to another: packs, avenants, notices of prices."""
    return [sent for sent in membre.histoire if sent.document != FIN and volet_of(sent, edition_of) is None]


def contracted(membre: Membre, edition_of: EditionOf, pending: bool = False) -> dict[str, list[Contrat]]:
    """Return what the member has contracted, volet by volet, in its order in time.

    `pending`: as if all that was sent were signed. What those that it succeeds had contracted goes on.
    """
    found: dict[str, list[Contrat]] = {}
    for former in membre.predecesseurs:
        for name, inherited in contracted(former, edition_of, pending).items():
            found.setdefault(name, []).extend(inherited)
    held = [sent for sent in membre.tenus if binds(sent) or pending]
    for sent in sorted(held, key=bound_on):
        day = bound_on(sent) if binds(sent) else sent.envoye_le
        if sent.document == FIN:
            for ended in sent.souscriptions:
                found[ended.volet] = [replace(one, fin=ended.jusqu_au) for one in found.get(ended.volet, [])]
            continue
        for taken in sent.souscriptions or _deemed(membre, sent, day, found, edition_of):
            before = found.setdefault(taken.volet, [])
            before.append(Contrat(taken, taken.depuis or day, sent, taken.jusqu_au))
    return found


def _deemed(
    membre: Membre, sent: Envoi, day: date, known: Mapping[str, Sequence[Contrat]], edition_of: EditionOf
) -> list[Souscription]:
    """Return the subscriptions that a document held, when its note does not say.

    The pack that was signed first held those begun by then; an annex alone, the one that follows what is contracted.
    """
    periods = souscriptions.periods(membre.souscriptions)
    if name := volet_of(sent, edition_of):
        held = [one.souscription for one in known.get(name, ())]
        return [taken for taken in periods.get(name, []) if taken not in held][:1]
    if known or not is_pack(sent, edition_of):
        return []
    begun = {name: [one for one in found if one.depuis is None or one.depuis <= day] for name, found in periods.items()}
    return [(begun[name] or found[:1])[-1] for name, found in periods.items()]


def in_force(contracts: Sequence[Contrat], day: date) -> Contrat | None:
    """Return what holds on that day, of the contracts of one volet; None before the first and after the end."""
    begun = [one for one in contracts if one.depuis <= day]
    if not begun:
        return None
    last = max(begun, key=lambda one: one.depuis)
    return last if last.fin is None or day <= last.fin else None
