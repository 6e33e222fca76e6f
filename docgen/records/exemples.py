"""The values of the example that a new workspace starts from: told until they are replaced, and never sent to sign.

A workspace that says `fictif: oui` in syndicat.yaml is a demonstration: its invented values are meant.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

import yaml

from docgen.diagnostics import Diagnostic, Severity
from docgen.model.fiches import Membre, Syndicat
from docgen.records.reading import Record
from docgen.records.translate import Loc

SYNDICAT: Mapping[str, str] = {
    "nom": "nom du syndicat",
    "siret": "SIRET du syndicat",
    "siege.adresse": "siège du syndicat",
    "adresse_postale": "adresse du syndicat",
    "representant.nom": "signataire du syndicat",
    "dpo.courriel": "courriel du délégué à la protection des données",
    "tribunal": "tribunal",
}
MEMBRE: Mapping[str, str] = {
    "nom": "nom du membre",
    "siret": "SIRET du membre",
    "siege.commune": "siège du membre",
    "representant.nom": "signataire du membre",
    "representant.courriel": "courriel du signataire",
    "referent.nom": "nom du référent",
    "referent.telephone": "téléphone du référent",
    "referent.courriel": "courriel du référent",
}
"""What names somebody in a record, and how it is called."""
RESERVED = re.compile(r"@(?:[\w.-]+\.)?(?:example|example\.(?:com|org|net)|test|invalid)$", re.I)
"""Domains that belong to nobody (RFC 2606)."""
NOBODY = re.compile(r"0(?:1 ?99 ?00|2 ?61 ?91|3 ?53 ?01|4 ?65 ?71|5 ?36 ?49|6 ?39 ?98) ?\d\d ?\d\d")
"""The numbers that Arcep keeps for fiction (plan de numérotation, décision n° 2018-0881)."""
LOGOS = frozenset(("f2274d9d6f6b0726",))
"""The logo of the sample, by the beginning of its SHA-256."""
WORDS = ("NetExplorer", "France Relance", "02/2022-02", "Tarn-et-Garonne", "82numerique")
"""What the texts of the sample say of its own authority, of its market and of its votes."""
OWNER = "20006125700016"
"""The SIRET of the authority of the sample: its words are its own."""
REPLACE = "Remplacez-la par la vôtre : tant qu'elle y est, le pack porte PROJET."


@cache
def _starter() -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the records of a new workspace: that of the syndicat, that of the member."""
    folder = resources.files("docgen") / "starter"
    issuer, members = (
        yaml.load((folder / name).read_text("utf-8"), yaml.BaseLoader) for name in ("syndicat.yaml", "members.yaml")
    )
    return issuer, members["membres"][0]


def of_syndicat(issuer: Syndicat) -> list[str]:
    """Return what is still that of the example in the record of the syndicat, by its path."""
    return [] if issuer.fictif else list(_found(issuer.model_dump(), SYNDICAT, _starter()[0]))


def of_membre(membre: Membre, issuer: Syndicat) -> list[str]:
    """Return the same of a member."""
    return [] if issuer.fictif else list(_found(membre.model_dump(), MEMBRE, _starter()[1]))


def _found(said: Mapping[str, Any], named: Mapping[str, str], example: Mapping[str, Any]) -> Iterator[str]:
    for path in named:
        value, known = (str(_at(tree, path) or "") for tree in (said, example))
        same = value and _plain(value) == _plain(known)
        if same or RESERVED.search(value) or NOBODY.fullmatch(value.replace("\u00a0", " ")):
            yield path


def _plain(text: str) -> str:
    return re.sub(r"\s", "", text)


def _at(tree: Any, path: str) -> Any:
    for part in path.split("."):
        tree = tree.get(part) if isinstance(tree, Mapping) else None
    return tree


def in_document(members: Mapping[str, bytes], issuer: Syndicat) -> list[str]:
    """Return what a Word file (its members by name) still says of the authority of the sample, its logo included."""
    if issuer.fictif or issuer.siret == OWNER:
        return []
    parts = [data for name, data in members.items() if name.startswith("word/") and name.endswith(".xml")]
    text = " ".join(re.sub(r"<[^>]+>", "", data.decode("utf-8", "replace")) for data in parts)
    text = re.sub(r"\{[{%].*?[}%]\}", "", text).casefold()
    kept = {word.casefold() for word in issuer.repris}
    found = [word for word in WORDS if word.casefold() in text and word.casefold() not in kept]
    images = (data for name, data in members.items() if "/media/" in name)
    return found + ["le logo"] * any(hashlib.sha256(data).hexdigest()[:16] in LOGOS for data in images)


def missing(issuer: Syndicat, membre: Membre, in_documents: Iterable[str] = ()) -> list[str]:
    """Return what keeps the pack of a member from being signed: in words, one line; nothing when all is replaced."""
    named = [SYNDICAT[path] for path in of_syndicat(issuer)] + [MEMBRE[path] for path in of_membre(membre, issuer)]
    named += [f"« {word} »" if word in WORDS else word for word in dict.fromkeys(in_documents)]
    return [f"valeurs de l'exemple à remplacer : {', '.join(named)}"] if named else []


def problems(issuer: Syndicat, record: Record, members: Iterable[Membre], of_members: Record) -> Iterator[Diagnostic]:
    """Yield each value of the example where it stands."""
    for path in of_syndicat(issuer):
        yield _told(record, tuple(path.split(".")), SYNDICAT[path])
    for index, membre in enumerate(members):
        for path in of_membre(membre, issuer):
            yield _told(of_members, ("membres", index, *path.split(".")), f"{MEMBRE[path]} ({membre.id})")


def _told(record: Record, path: Loc, what: str) -> Diagnostic:
    said = f"valeur de l'exemple : {what}"
    return Diagnostic(record.place(path), "valeur-d-exemple", said, REPLACE, Severity.WARNING)
