"""Judge one member's record before it is written: the same rules as for all, without reading all again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from docgen import formats
from docgen.diagnostics import Diagnostic
from docgen.model.edition import Edition
from docgen.model.fiches import Membre, Syndicat
from docgen.records import edit, reading, validate
from docgen.records.reading import Record
from docgen.records.workspace import today

FILE = "members.yaml"
OWN = ("siret", "nom", "id")
"""What no two members share."""


@dataclass(frozen=True)
class Judged:
    """What a member would say, and all that is wrong with it."""

    record: Record
    """A file that holds it alone."""
    membre: Membre | None
    """None while something is wrong."""
    problems: list[Diagnostic]

    @property
    def said(self) -> dict[str, Any]:
        """Its fields, as written."""
        found: dict[str, Any] = self.record.tree["membres"][0]
        return found


def judge(
    alone: bytes, name: str, wanted: Mapping[str, Any], edition: Edition | None, others: Iterable[Membre] = (),
    issuer: Syndicat | None = None,
) -> Judged:  # fmt: skip
    """Return what a file that holds that member alone would say with what is `wanted`, judged beside all the others.

    Raises `ProblemsFound` when it cannot be written.
    """
    made = edit.changed(alone, FILE, name, wanted) if wanted else alone
    record = reading.parse(made, FILE)
    members, problems = validate.membres(record, today(), edition)
    if issuer:
        problems += validate.apart(members, issuer, record)
    problems += _shared(record, name, others)
    return Judged(record, members[0] if members else None, problems)


def _shared(record: Record, name: str, others: Iterable[Membre]) -> Sequence[Diagnostic]:
    row = record.tree["membres"][0]
    mine = {key: _same(str(row.get(key) or "")) for key in OWN}
    found = []
    for other in others:
        for key in OWN:
            if other.id != name and mine[key] and _same(getattr(other, key)) == mine[key]:
                said = f"« {key} » est aussi celui de « {other.nom} »"
                place = record.place(("membres", 0, key))
                found.append(Diagnostic(place, "en-double", said, "Corrigez la fiche qui a été recopiée."))
    return found


def _same(value: str) -> str:
    return "".join(formats.folded(value).split())
