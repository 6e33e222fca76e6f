"""Where each person signs a finished pack, for any signing platform: signatures.json, and the anchors of some."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from docgen.model.fiches import Membre, Plateforme, Representant, Syndicat

NAME = "signatures.json"
ZONES = {"971": "America/Guadeloupe", "972": "America/Martinique", "973": "America/Cayenne",
         "974": "Indian/Reunion", "976": "Indian/Mayotte"}  # fmt: skip
"""The clocks overseas."""
PARTICLES = frozenset(
    (
        "d",
        "de",
        "del",
        "della",
        "des",
        "di",
        "du",
        "l",
        "la",
        "las",
        "le",
        "les",
        "los",
        "van",
        "von",
        "der",
        "den",
        "ter",
    )
)
"""What stands before a name and a certificate may leave out."""
SMALLEST = (85, 37)
"""Points: the smallest field that Yousign takes (developers.yousign.com, Smart Anchors)."""


@dataclass(frozen=True)
class Signature:
    """A place to sign: an empty signature field of the pack."""

    champ: str
    """The name of the field."""
    role: str
    """Who signs: « syndicat », « membre »."""
    page: int
    """From 1."""
    x: float
    """Points, from the bottom left corner of the page, as all that follow."""
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Signataire:
    """Who signs, as the record has it; None where it says nothing."""

    nom: str | None
    qualite: str | None
    courriel: str | None


def signataires(syndicat: Syndicat, membre: Membre) -> dict[str, Signataire]:
    """Return who signs for each role."""
    return {"syndicat": _signataire(syndicat.representant), "membre": _signataire(membre.representant)}


def here(moment: datetime, syndicat: Syndicat) -> datetime:
    """Return a moment at the clock of the syndicat, whatever that of the machine: it may be set to UTC."""
    return moment.astimezone(ZoneInfo(ZONES.get(syndicat.departement or "", "Europe/Paris")))


def same_person(certificate: str, name: str | None) -> bool:
    """Tell whether a certificate bears a name, whatever its accents, its capitals and what stands beside it.

    >>> same_person("CLAIRE D ANGLADE (mairie)", "Claire D'ANGLADE"), same_person("ANGLADE Claire", "Claire D'ANGLADE")
    (True, True)
    >>> same_person("Claire DANGLADE", "Claire D'ANGLADE"), same_person("Paul Vidal", "Claire D'ANGLADE")
    (True, False)
    """
    if not name:
        return True
    wanted, shown = _plain(name), _plain(certificate)
    bare = set(wanted) - PARTICLES or set(wanted)
    return bare <= set(shown) or set(_glued(wanted)) <= set(_glued(shown))


def _glued(words: Sequence[str]) -> list[str]:
    """Return the words of a name, its particles joined to what follows: some write « Dupont », others « Du Pont »."""
    found: list[str] = []
    before = ""
    for word in words:
        before += word
        if word not in PARTICLES:
            found.append(before)
            before = ""
    return [*found, before] if before else found


def _plain(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[^\w\s]", " ", "".join(c for c in folded if not unicodedata.combining(c))).split()


def _signataire(person: Representant | None) -> Signataire:
    if person is None:
        return Signataire(None, None, None)
    return Signataire(f"{person.prenom} {person.nom}", person.qualite, person.courriel)


def to_json(fichier: str, signatures: Sequence[Signature], people: Mapping[str, Signataire]) -> bytes:
    """Return signatures.json for the pack of that name."""
    order = orders(signatures)
    described = {
        "fichier": fichier,
        "unite": "points, depuis le coin en bas à gauche de la page",
        "signatures": [
            {**asdict(place), "ordre": order[place.role], **asdict(people[place.role])} for place in signatures
        ],
    }
    return (json.dumps(described, ensure_ascii=False, indent=1) + "\n").encode()


def orders(signatures: Sequence[Signature]) -> dict[str, int]:
    """Return the number of each role, from 1, in the order in which they first appear."""
    return {role: number for number, role in enumerate(dict.fromkeys(s.role for s in signatures), 1)}


def anchors(platform: Plateforme, signatures: Sequence[Signature]) -> list[tuple[Signature, str]]:
    """Return the word that the platform looks for in each place; none for a platform that reads fields or places.

    i-Parapheur: the server must be set to the pattern « #signature_%n# ». Yousign: Smart Anchors, their size in pixels.
    DocuSign: `anchorString` is the word itself.
    """
    order = orders(signatures)
    found = []
    for place in signatures:
        width, height = max(SMALLEST[0], int(place.width)), max(SMALLEST[1], int(place.height))
        number = order[place.role]
        word = {
            Plateforme.IPARAPHEUR: f"#signature_{number}#",
            Plateforme.YOUSIGN: f"{{{{s{number}|signature|{width}|{height}}}}}",
            Plateforme.DOCUSIGN: f"signature_{place.role}",
        }.get(platform)
        if word:
            found.append((place, word))
    return found
