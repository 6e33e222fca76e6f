"""Tiny builders: a valid member, the text of a file, a record read from it. Nothing in them is real."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from docgen.records import reading as records

SIRETS = ("218 209 013 00018", "218 209 021 00011", "218 209 039 00013")
SEAT = {"adresse": "1 place de la Mairie", "code_postal": "82901", "commune": "Montrivière"}
SIGNATORY = {"civilite": "Mme", "prenom": "Claire", "nom": "D'ANGLADE", "qualite": "Maire"}
ACT = {"numero": "2023-17", "date": "2023-05-12", "transmise_le": "2023-05-15", "publiee_le": "2023-05-16"}
CONTACT = {"nom": "OUALI", "telephone": "05 36 49 00 11", "courriel": "mairie@montriviere.example"}
TAKEN = {"volet": "stockage", "utilisateurs": "24", "stockage": "3 To", "gfu": "oui"}
VALID = {
    "id": "montriviere",
    "nom": "Commune de Montrivière",
    "forme": "commune",
    "siret": SIRETS[0],
    "siege": SEAT,
}


def a_member(**changes: Any) -> dict[str, Any]:
    """Return a valid fictitious member; a change to None leaves the field out."""
    return {key: value for key, value in (VALID | changes).items() if value is not None}


def members_yaml(*members: dict[str, Any]) -> str:
    """Return the text of members.yaml for these members."""
    return "membres:\n" + "".join("  -" + _lines(member, 4)[3:] for member in members)


def _lines(fields: dict[str, Any], indent: int) -> str:
    return "".join(f"{' ' * indent}{key}:{_value(value, indent)}" for key, value in fields.items())


def _value(value: Any, indent: int) -> str:
    if isinstance(value, list):
        return "\n" + "".join(f"{' ' * indent}  -{_lines(item, indent + 4)[indent + 3 :]}" for item in value)
    return "\n" + _lines(value, indent + 2) if isinstance(value, dict) else f" {value}\n"


def write(folder: Path, name: str, text: str | bytes) -> Path:
    """Write a file as it is, byte for byte; return its path."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def record(text: str | bytes) -> records.Record:
    """Return what docgen reads in a members.yaml with this text."""
    with tempfile.TemporaryDirectory() as folder:
        return records.read(write(Path(folder), "members.yaml", text))


def aracte(
    identifiant: str = "082-200061257-20230411-04202306-DE",
    day: str = "2023-04-13",
    *,
    objet: str = "",
    matiere: str = "8.4",
    annexes: int = 1,
    element: str = "ARActe",
    number: str = "",
    date: str = "",
    nature: str = "1",
) -> str:
    """Return an acknowledgement as the ministry's schema has it, that echoes the act of the sample."""
    _, _, on, numero, _ = identifiant.split("-")
    objet = objet or (
        "Modification de la convention avec les membres du syndicat mixte Tarn-et-Garonne Aménagement pour la mise à "
        "disposition d'un bouquet de services"
    )
    codes = "".join(
        f'<a:CodeMatiere{level} a:CodeMatiere="{code}"/>' for level, code in enumerate(matiere.split("."), 1)
    )
    files = "".join(
        f"<a:Annexe><a:NomFichier>99_DE-{identifiant}-1-1_{rank}.pdf</a:NomFichier></a:Annexe>"
        for rank in range(2, annexes + 2)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<a:{element} xmlns:a="http://www.interieur.gouv.fr/ACTES#v1.1-20040216" a:IDActe="{identifiant}" '
        f'a:DateReception="{day}">\n'
        f'<a:ActeRecu a:Date="{date or f"{on[:4]}-{on[4:6]}-{on[6:]}"}" a:NumeroInterne="{number or numero}" '
        f'a:CodeNatureActe="{nature}">{codes}<a:Objet>{objet}</a:Objet>'
        "<a:ClassificationDateVersion>2019-08-29</a:ClassificationDateVersion>"
        f"<a:Document><a:NomFichier>99_DE-{identifiant}-1-1_1.pdf</a:NomFichier></a:Document>"
        f'<a:Annexes a:Nombre="{annexes}">{files}</a:Annexes></a:ActeRecu>'
        "<a:ClassificationDateVersionEnCours>2019-08-29</a:ClassificationDateVersionEnCours>\n"
        f"</a:{element}>\n"
    )
