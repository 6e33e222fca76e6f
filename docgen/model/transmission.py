"""The receipt of what was sent to the préfecture, kept beside the records: transmissions/<acte>.json."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict


class Fichier(BaseModel):
    """A file that was sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str
    taille: int
    """Bytes."""


class Transmission(BaseModel):
    """The files of an act, as the préfecture acknowledged them; nothing personal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    numero: str
    identifiant: str
    """As ACTES numbers it."""
    transmise_le: date
    fichiers: dict[str, Fichier]
    """By their names in the folder of the act: actes/99_DE-….pdf."""
