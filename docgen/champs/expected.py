"""What is expected of the fields of a pack: those that it must print, the values that some are limited to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from docgen import formats
from docgen.champs.volets import NOTHING, OWN, counted, said
from docgen.model.edition import FAITS, Edition, Volet

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
}
"""What a pack without it would not bind anybody to: parties, powers (CGCT, L. 2131-1). Any one of the fields."""
CLOSED: Mapping[str, tuple[str, ...]] = {
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


def never_printed(used: Mapping[str | None, Iterable[str]], edition: Edition) -> list[tuple[str, str]]:
    """Return what the pieces of an edition fail to print: what it is, and the field to write.

    `used` are the fields printed, by the volet of the piece. What a volet asks and costs is printed in a piece of its
    own, or by its name anywhere.
    """
    fields = {path for found in used.values() for path in found}
    lost = [(what, paths[0]) for what, paths in MANDATORY.items() if not fields & set(paths)]
    for volet in edition.volets:
        own = {path for of in (volet.id, None) for path in used.get(of, ())}
        mine = fields if len(edition.volets) == 1 else {p for p in own if p.startswith(OWN)} | _named(fields, volet)
        lost += [(what, paths[0]) for what, paths in _of_volet(volet).items() if not mine & set(paths)]
    return lost


def _named(fields: Iterable[str], volet: Volet) -> set[str]:
    prefix = f"volet.{volet.id}."
    return {path.removeprefix(prefix) for path in fields if path.startswith(prefix)}


def _of_volet(volet: Volet) -> dict[str, tuple[str, ...]]:
    """Return what is to be printed of a volet: quantities, what is paid, the voted prices. Any one of the fields."""
    if volet.tarif is None:
        return {}
    found: dict[str, tuple[str, ...]] = {
        f"le nombre : {volet.unite(par)} ({volet.id})": (
            f"membre.{par}" if par in FAITS else f"souscription.{par}",
            f"montants.lignes[].{par}",
            "montants.lignes[].quantite",
        )
        for par in counted(volet.tarif)
    }
    amounts = ("annuel", "mensuel", "unique", "lignes[].montant", "lignes[].mensuel", "lignes[].annuel")
    found[f"ce que le membre paie ({volet.id})"] = tuple(f"montants.{name}" for name in amounts)
    for bloc in dict.fromkeys(ligne.bloc for ligne in volet.tarif.lignes):
        cells = (f"grille.{bloc}[].cellules[].prix",)
        alone = [ligne for ligne in volet.tarif.lignes if ligne.bloc == bloc and len(ligne.votee) == 1]
        paths = (*cells, "montants.lignes[].prix") if alone else cells
        found[f"les prix de la grille ({bloc})"] = paths
    return found


def printed_by_all(edition: Edition) -> dict[str, str]:
    """Return what the edition's fields print in every pack and nobody should type, with the field of each."""
    act = edition.deliberation
    return {
        act.numero: "edition.deliberation.numero",
        formats.long_date(act.date): "edition.deliberation.date",
        formats.short_date(act.date): "edition.deliberation.date | date_courte",
    }


def closed_fields(edition: Edition, volet: str | None = None) -> dict[str, tuple[str, ...]]:
    """Return the fields of a piece of that volet that print one of a few words, with these words."""
    found: dict[str, tuple[str, ...]] = dict(CLOSED)
    own = edition.volet(volet) if volet else edition.volets[0] if len(edition.volets) == 1 else None
    for one in edition.volets:
        found[f"volet.{one.id}.pris"] = ("oui", "non")
        for choix in one.choix:
            if choix.type != "nombre":
                words = ("oui", "non") if choix.type == "oui_non" else tuple(str(said(v)) for v in choix.valeurs)
                more = () if len(edition.volets) == 1 else (NOTHING,)
                found[f"volet.{one.id}.souscription.{choix.id}"] = (*words, *more)
                found |= {f"souscription.{choix.id}": words} if one is own else {}
    found["volets_proposes[].pris"] = ("oui", "non")
    return found
