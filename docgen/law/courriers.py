"""What the préfecture sends back by ACTES, read: acknowledgements, anomalies, letters. Pure, but for the file.

Source: the ministry's XSD actesv1_1 (namespace …/ACTES#v1.1-20040216). S²LOW hands over the same XML after a line that
holds a number: the status of the transaction.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from lxml import etree

from docgen.diagnostics import ConversionFailed

NAMESPACE = "http://www.interieur.gouv.fr/ACTES#v1.1-20040216"
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
MAX_BYTES = 5_000_000
NATURES = {
    "ARActe": "accusé de réception",
    "ARAnnulation": "annulation",
    "AnomalieActe": "anomalie",
    "AnomalieEnveloppe": "anomalie",
    "LettreObservations": "lettre d'observations",
    "DefereTA": "déféré",
    "DemandePieceComplementaire": "demande de pièces complémentaires",
    "CourrierSimple": "courrier simple",
}
"""What each element is, as a séance calls it."""
DAYS = {
    "ARActe": "DateReception",
    "ARAnnulation": "DateReception",
    "AnomalieActe": "Date",
    "AnomalieEnveloppe": "Date",
    "DefereTA": "DateDepot",
}
"""Where each says its day; a letter says it in DateCourrierPref."""
WORDS = ("Detail", "Motif", "NatureIllegalite", "DescriptionPieces")
SENT = re.compile(r"(\d[\dAB]{2}-\d{9}-\d{8}-[\w \-]{1,15}-[A-Z]{2})-\d-\d_\d")
"""The name of a file of an envelope; it begins with the identifier of its act."""


@dataclass(frozen=True)
class Recu:
    """What an acknowledgement or an anomaly says that the préfecture received."""

    date: str
    numero: str
    nature: str
    matiere: str
    """As a séance writes it: « 8.4 »."""
    objet: str
    annexes: int


@dataclass(frozen=True)
class Courrier:
    """One message of the préfecture."""

    element: str
    """« ARActe », « AnomalieActe »…"""
    identifiant: str
    """Of the act; nothing when the message does not say it."""
    jour: date
    moment: datetime | None
    """The same to the second, when it says so."""
    objet: str
    """Its own words: the detail of an anomaly, the reason of a letter."""
    recu: Recu | None = None

    @property
    def nature(self) -> str:
        """What it is, as a séance calls it."""
        return NATURES[self.element]


def read(path: Path) -> Courrier:
    """Read a message of the préfecture. Raises `ConversionFailed` when the file is none."""
    root = _root(path)
    space, element = _split(str(root.tag))
    if root.getroottree().docinfo.doctype or element not in NATURES:
        listed = ", ".join(NATURES)
        raise ConversionFailed(f"« {path.name} » n'est pas un message de la préfecture ({listed})")
    if space != NAMESPACE:
        raise ConversionFailed(f"« {path.name} » n'est pas du schéma ACTES de la préfecture, mais de « {space} »")
    said = _value(root, DAYS.get(element, "DateCourrierPref"))
    recu = _recu(root) if _child(root, "ActeRecu") is not None else None
    identifiant = _value(root, "IDActe") or next(_named(root), "")
    try:
        jour = date.fromisoformat(said[:10])
        moment = datetime.fromisoformat(said).replace(tzinfo=None) if len(said) > 10 else None
    except ValueError:
        raise ConversionFailed(f"« {path.name} » ne porte pas de date lisible") from None
    if element not in ("AnomalieActe", "AnomalieEnveloppe") and not identifiant:
        raise ConversionFailed(f"« {path.name} » ne porte pas l'identifiant de l'acte")
    return Courrier(element, identifiant, jour, moment, _words(root), recu)


def _root(path: Path) -> etree._Element:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConversionFailed(f"« {path.name} » est trop gros pour un message de la préfecture")
        data = path.read_bytes()
        status = re.match(rb"\s*\d+\s*\r?\n(?=\s*<)", data)
        return etree.fromstring(data[status.end() :] if status else data, PARSER)
    except (OSError, etree.XMLSyntaxError):
        raise ConversionFailed(f"« {path.name} » n'est pas un fichier XML lisible") from None


def _split(tag: str) -> tuple[str, str]:
    space, _, name = tag.rpartition("}")
    return space.removeprefix("{"), name


def _value(node: etree._Element, name: str) -> str:
    """Return an attribute or the words of a child, whatever their prefix."""
    for key, value in node.attrib.items():
        if _split(str(key))[1] == name:
            return str(value).strip()
    child = _child(node, name)
    return " ".join("".join(child.itertext()).split()) if child is not None else ""


def _child(node: etree._Element, name: str) -> etree._Element | None:
    return next((child for child in node if isinstance(child.tag, str) and _split(child.tag)[1] == name), None)


def _recu(root: etree._Element) -> Recu:
    received = _child(root, "ActeRecu")
    assert received is not None
    codes = []
    for level in range(1, 6):
        node = _child(received, f"CodeMatiere{level}")
        code = _value(node, "CodeMatiere") if node is not None else ""
        codes += [code] if code else []
    while codes and codes[-1] == "0":
        codes.pop()
    annexes = _child(received, "Annexes")
    count = _value(annexes, "Nombre") if annexes is not None else "0"
    return Recu(
        _value(received, "Date")[:10],
        _value(received, "NumeroInterne"),
        _value(received, "CodeNatureActe"),
        ".".join(codes),
        _value(received, "Objet"),
        int(count) if count.isdigit() else -1,
    )


def _named(root: etree._Element) -> Iterator[str]:
    """Yield the acts that the names of the files in a message tell."""
    for node in root.iter(f"{{{NAMESPACE}}}NomFichier"):
        if found := SENT.search("".join(node.itertext())):
            yield found[1]


def _words(root: etree._Element) -> str:
    said = next((_value(root, name) for name in WORDS if _value(root, name)), "")
    nature = _value(root, "Nature")
    if not nature:
        return said
    return " : ".join(part for part in (f"anomalie {nature}", said) if part)
