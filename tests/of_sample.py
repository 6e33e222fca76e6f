"""The sample's own edition: its fields, its closed words, what its pieces print for a member."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from docgen.champs.expected import closed_fields
from docgen.champs.pack import Values, values
from docgen.champs.volets import champs_of, known_anywhere
from docgen.model.fiches import Membre
from docgen.packs.contents import dossier
from docgen.records.workspace import Data, Workspace, load
from docgen.word.template import NO_HOUSE, House, Template

DATA = load(Workspace(Path(__file__).parent.parent))
KNOWN = known_anywhere(DATA.edition)
CLOSED = closed_fields(DATA.edition)


def template(path: Path, shown_as: str = "", house: House = NO_HOUSE, **others: Any) -> Template:
    """Return a Word file as a piece of the sample."""
    return Template(path, shown_as, KNOWN, house=replace(house, closed=CLOSED), **others)


def printed(data: Data, membre: Membre) -> Values:
    """Return what a piece of the sample prints for a member."""
    return values(dossier(data, membre), champs_of(data.edition))
