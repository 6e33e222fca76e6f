"""What is expected of the fields of a pack: those that it must print, the values that some are limited to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from docgen import formats
from docgen.model.fiches import Edition

MANDATORY: Mapping[str, tuple[str, ...]] = {
    "le nom du syndicat": ("syndicat.nom", "syndicat.nom_complet"),
    "qui signe pour le syndicat": ("syndicat.representant.nom",),
    "le nom du membre": ("membre.nom", "membre.le_nom", "membre.Le_nom", "membre.du_nom", "membre.au_nom"),
    "le SIRET du membre": ("membre.siret",),
    "qui signe pour le membre": ("representant.nom",),
    "le numéro de la délibération du membre": ("representant.habilitation.numero",),
    "la date de la délibération du membre": ("representant.habilitation.date",),
    "le numéro de la délibération du syndicat": ("edition.deliberation.numero",),
    "la date de la délibération du syndicat": ("edition.deliberation.date",),
    "le nombre d'utilisateurs": ("souscription.utilisateurs", "montants.lignes[].utilisateurs"),
    "ce que le membre paie": ("montants.mensuel", "montants.annuel", "montants.lignes[].mensuel"),
}
"""What a pack without it would not bind anybody to: parties, powers (CGCT, L. 2131-1), price. Any one of the fields."""
CLOSED: Mapping[str, tuple[str, ...]] = {
    "souscription.gfu": ("oui", "non"),
    "representant.civilite": ("Monsieur", "Madame"),
    "syndicat.representant.civilite": ("Monsieur", "Madame"),
    "membre.e": ("", "e"),
    "representant.e": ("", "e"),
    "syndicat.representant.e": ("", "e"),
    "membre.il": ("il", "elle"),
    "membre.lui": ("lui", "elle"),
    "membre.celui_ci": ("celui-ci", "celle-ci"),
}
"""The fields that print one of a few words, whatever the member."""


def never_printed(used: Iterable[str], edition: Edition) -> list[tuple[str, str]]:
    """Return what the pieces of an edition fail to print: what it is, and the field to write."""
    fields = set(used)
    blocs = dict.fromkeys(ligne.bloc for ligne in edition.tarif.lignes)
    grid = {f"les prix de la grille ({bloc})": (f"grille.{bloc}[].cellules[].prix",) for bloc in blocs}
    return [(what, paths[0]) for what, paths in {**MANDATORY, **grid}.items() if not fields & set(paths)]


def printed_by_all(edition: Edition) -> dict[str, str]:
    """Return what the edition's fields print in every pack and nobody should type, with the field of each."""
    act = edition.deliberation
    return {
        act.numero: "edition.deliberation.numero",
        formats.long_date(act.date): "edition.deliberation.date",
        formats.short_date(act.date): "edition.deliberation.date | date_courte",
    }


def closed_fields(edition: Edition) -> dict[str, tuple[str, ...]]:
    """Return the fields that print one of a few words, with these words."""
    taken = dict.fromkeys(ligne.souscription for ligne in edition.tarif.lignes if ligne.souscription != "gfu")
    storage = tuple(name.replace(" ", formats.NBSP) for name in taken)
    return {**CLOSED, "souscription.stockage": (*storage, "aucun")}
