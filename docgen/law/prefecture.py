"""The identifiers, names and limits of ACTES, by which acts are sent to the préfecture. Pure functions.

Sources: the ministry's XSD actesv1_1 (namespace …/ACTES#v1.1-20040216); S²LOW and Pastell, stricter, whose rules are
kept too: what docgen gives is accepted by all three.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import yaml

NATURE, NATURE_LABEL, NATURE_CODE = "DE", "Délibérations", "1"
ACT_CODE = ANNEX_CODE = "99_DE"
"""PJ codes of nature 1 (notice 2.2): Pastell's default for the act and its annexes."""
OBJET_MAX = 499
"""Characters; the XSD has 500, S²LOW and Pastell 499."""
TITLE_MAX = 150
"""Characters of a title in the name of a file."""
ANNEX_MARK = "PJ "
SIZE_MAX = 150_000_000
"""Bytes, act and annexes together."""
MATIERES = Path(__file__).with_name("matieres.yaml")


@dataclass(frozen=True)
class Fichier:
    """A file of the sending."""

    role: str
    """« Acte » or « Annexe »."""
    code: str
    nom: str
    titre: str
    taille: int
    """Bytes."""


def internal_number(numero: str) -> str:
    """Return the number as ACTES takes it: the printed one without its separators.

    >>> internal_number("04/2023-06")
    '04202306'

    Raises ValueError when what is left does not suit S²LOW and Pastell (2 to 15 capitals and digits).
    """
    kept = re.sub(r"[/\-. °]", "", numero).upper()
    if not re.fullmatch(r"[A-Z0-9]([A-Z0-9_]{0,13}[A-Z0-9])", kept):
        raise ValueError(f"le numéro « {numero} » donne « {kept} » : il faut 2 à 15 lettres sans accent ou chiffres")
    return kept


def identifier(departement: str, siren: str, day: date, numero: str) -> str:
    """Return the unique identifier of a délibération.

    >>> identifier("082", "200061257", date(2023, 4, 11), "04/2023-06")
    '082-200061257-20230411-04202306-DE'
    """
    return f"{departement}-{siren}-{day:%Y%m%d}-{internal_number(numero)}-{NATURE}"


def collisions(numbers: Iterable[str]) -> list[tuple[str, str]]:
    """Return the printed numbers that become the same one: ACTES wants it unique over the whole history."""
    seen: dict[str, str] = {}
    found = []
    for numero in numbers:
        try:
            kept = internal_number(numero)
        except ValueError:
            continue
        if kept in seen and seen[kept] != numero:
            found.append((seen[kept], numero))
        seen.setdefault(kept, numero)
    return found


def file_name(identifiant: str, code: str, rank: int) -> str:
    """Return the name of a file of the envelope; `rank` is 1 for the act, then 2, 3… for its annexes."""
    return f"{code}-{identifiant}-1-1_{rank}.pdf"


def titled_name(numero: str, titre: str, rank: int) -> str:
    """Return the name that a file has for who uploads it by hand; platforms rename it anyway.

    >>> titled_name("04/2023-06", "Convention : « bouquet de services »", 2)
    '04 2023 06 PJ Convention bouquet de services.pdf'
    """
    spaced = " ".join(part for part in re.split(r"[^0-9A-Za-z]+", numero) if part)
    plainly = " ".join(re.sub(r'[/\\:*?"<>|«»\x00-\x1f]', " ", plain(titre)).split())
    short = plainly if len(plainly) <= TITLE_MAX else plainly[:TITLE_MAX].rsplit(" ", 1)[0]
    return f"{spaced} {ANNEX_MARK if rank > 1 else ''}{short}.pdf"


def objet_faults(objet: str) -> list[str]:
    """Return what keeps the objet from being sent: its length, a line break, a character out of ISO-8859-1."""
    faults = []
    if len(objet) > OBJET_MAX:
        faults.append(f"l'objet a {len(objet)} caractères, le maximum est {OBJET_MAX}")
    if "\n" in objet or "\r" in objet:
        faults.append("l'objet contient un saut de ligne")
    strange = sorted({c for c in objet if c not in "\n\r" and not _in_latin1(c)})
    if strange:
        faults.append(f"l'objet contient des caractères que la préfecture ne lit pas : {' '.join(strange)}")
    return faults


def plain(objet: str) -> str:
    """Return the objet with what ISO-8859-1 lacks written otherwise: ’ as ', œ as oe."""
    for before, after in (("’", "'"), ("‘", "'"), ("“", '"'), ("”", '"'), ("œ", "oe"), ("Œ", "OE"), ("–", "-"),
                          ("—", "-"), ("…", "..."), ("\u202f", "\u00a0"), ("€", "euros")):  # fmt: skip
        objet = objet.replace(before, after)
    return objet


def _in_latin1(character: str) -> bool:
    return ord(character) < 256


@cache
def matieres() -> Mapping[str, str]:
    """Return the first two levels of the ministry's classification: « 8.4 » -> « Aménagement du territoire »."""
    data = yaml.safe_load(MATIERES.read_text("utf-8"))
    return {str(code): str(label) for code, label in data["matieres"].items()}


def matiere_label(code: str) -> str:
    """Return the label of a code, by its first two levels. Raises KeyError when the classification lacks it."""
    return matieres()[".".join(code.split(".")[:2])]


def matiere_code(code: str) -> str:
    """Return the five levels, as the acknowledgement prints them.

    >>> matiere_code("8.4")
    '8-4-0-0-0'
    """
    return "-".join([*code.split("."), "0", "0", "0", "0"][:5])
