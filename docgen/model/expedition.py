"""The receipt of what was sent to a member, kept beside the records: envois/<edition>/<membre>.json."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict


class Expedition(BaseModel):
    """What left, when, and on which acts it rested; nothing personal but what the pack prints."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    membre: str
    siret: str
    edition: str
    documents: tuple[str, ...]
    """What was sent, by the names that an `envoi` may have."""
    rang: int
    """Which sending to the member in the edition it is, from 1."""
    envoye_le: date
    executoire_le: dict[str, date | None] = {}
    """The day from which the act of each party could be carried out: « syndicat », « membre »."""
    recu: dict[str, Any] | None = None
    """The receipt of the pack; None for what was sent without docgen."""
