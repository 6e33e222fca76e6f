"""Which subscription of a volet holds on which day, and what a member answers in it, typed as the volet asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import groupby

from docgen.law import tarif
from docgen.law.tarif import Faits, Montants
from docgen.model.edition import FAITS, Choix, Edition, Volet
from docgen.model.fiches import Membre, Souscription
from docgen.model.values import whole, yes_or_no


def answer(choix: Choix, written: str) -> int | bool | str:
    """Return an answer as its question asks for it. Raises what `model.values` raises when it is none."""
    if choix.type == "nombre":
        return whole(written)
    return yes_or_no(written) if choix.type == "oui_non" else " ".join(written.split())


def faits(volet: Volet, membre: Membre, reponses: Mapping[str, str], year: int = 9999) -> dict[str, int | bool | str]:
    """Return what decides the price of a volet: the answers to its questions and the facts of the member that year."""
    known: dict[str, int | bool | str] = {
        choix.id: answer(choix, reponses[choix.id]) for choix in volet.choix if choix.id in reponses
    }
    for name in FAITS:
        if found := membre.fait(name, year):
            known[name] = found.nombre
    return known


def montants(volet: Volet, known: Faits) -> Montants | None:
    """Return what a volet costs; None when it costs nothing or a price lacks what it depends on."""
    if volet.tarif is None or tarif.missing(volet.tarif, known):
        return None
    return tarif.due(volet.tarif, known)


def periods(souscriptions: Iterable[Souscription]) -> dict[str, list[Souscription]]:
    """Return the subscriptions of each volet, in their order in time; one without a day is before all others."""
    ordered = sorted(souscriptions, key=lambda s: (s.volet, s.depuis or date.min))
    return {volet: list(found) for volet, found in groupby(ordered, key=lambda s: s.volet)}


def current(membre: Membre, edition: Edition, today: date) -> dict[str, Souscription]:
    """Return what the member takes of the edition, by volet in its order: its last subscription, unless it is over.

    The last one even if it begins later: its document is sent before.
    """
    by_volet = periods(membre.souscriptions)
    last = {volet.id: by_volet[volet.id][-1] for volet in edition.volets if volet.id in by_volet}
    return {name: found for name, found in last.items() if not over(found, today)}


def over(souscription: Souscription, today: date) -> bool:
    """Tell whether a subscription is over."""
    return souscription.jusqu_au is not None and souscription.jusqu_au < today


def same(one: Souscription, other: Souscription) -> bool:
    """Tell whether two subscriptions take the same."""
    return one.reponses == other.reponses


def offered(membre: Membre, edition: Edition) -> list[Volet]:
    """Return the volets that are offered to the member."""
    return [volet for volet in edition.volets if volet.offered_to(membre.forme)]
