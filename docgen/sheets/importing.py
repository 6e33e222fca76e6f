"""Take a table of members in: read it, say what it would change, write that, remember which column is which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

from docgen import formats, publish
from docgen.diagnostics import Diagnostic, Place, ProblemsFound
from docgen.records import reading
from docgen.records import workspace as workspace_of
from docgen.records.workspace import Data, Workspace
from docgen.sheets import cells, columns, differences
from docgen.sheets.cells import Table
from docgen.sheets.columns import Column, Field
from docgen.sheets.differences import Differences

REMEMBERED = "colonnes.yaml"
"""Beside the records: which column is which, where a person had to say it."""
HEAD = "# Vos tableaux : ce que docgen lit dans chaque colonne, par son titre. « docgen import » l'écrit et le relit.\n"


@dataclass(frozen=True)
class Import:
    """A table and what it would do."""

    table: Table
    heading: int
    """The row of the headings, from 0."""
    columns: tuple[Column, ...]
    fields: tuple[Field, ...]
    """All that a column may be."""
    found: Differences
    content: bytes
    """members.yaml when it was read."""
    chosen: Mapping[str, str]
    """What a person said of columns, by their heading."""

    def title(self, path: str) -> str:
        """Return what a field is called."""
        return next((field.heading for field in self.fields if field.path == path), path)


def read(
    workspace: Workspace, data: Data, name: str, content: bytes, chosen: Mapping[str, str] | None = None
) -> Import:
    """Return what a table would change. `chosen` says what columns are, by their heading; nothing leaves one aside.

    Raises `ProblemsFound` when it is no table, or none whose headings are known.
    """
    known = columns.fields(data.edition)
    kept = {**remembered(workspace.root), **(chosen or {})}
    for table in cells.read(name, content):
        heading = columns.heading_row(table, known, kept)
        if heading is not None:
            break
    else:
        said = "aucune ligne de titres n'y est reconnue"
        hint = "Il en faut au moins deux, par exemple « Nom » et « SIRET », sur une même ligne, en haut du tableau."
        raise ProblemsFound([Diagnostic(Place(name), "tableau-sans-titres", said, hint)])
    found = columns.proposed(table, heading, known, kept)
    records = workspace.members_yaml.read_bytes()
    told = differences.between(table, heading, found, data, records)
    return Import(table, heading, tuple(found), known, told, records, dict(chosen or {}))


def remembered(root: Path) -> dict[str, str]:
    """Return which column is which, as it was said before."""
    try:
        said = yaml.safe_load((root / REMEMBERED).read_text("utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    return {str(name): str(path or "") for name, path in said.items()} if isinstance(said, dict) else {}


def write(workspace: Workspace, read: Import, left_on: date | None = None) -> str:
    """Write what is new and changed, and what was said of the columns; return what was done, in a sentence.

    With a day, the members that the table does not have left the bundle then. Raises `ProblemsFound` when members.yaml
    has changed since, or the records as a whole do not admit it; `CannotWrite`. Nothing is then written.
    """
    path = workspace.members_yaml
    if path.read_bytes() != read.content:
        said = "members.yaml a changé depuis que ce tableau a été lu"
        raise ProblemsFound([Diagnostic(Place(path.name), "fiche-changee", said, "Relisez les différences.")])
    made = differences.applied(read.content, read.found, left_on)
    known = workspace_of.problems(workspace)
    workspace_of.require_no_worse(workspace, known, reading.parse(made, path.name))
    if made != read.content:
        publish.replace(path, made)
    _remember(workspace.root, read)
    return done(read.found, left_on)


def done(found: Differences, left_on: date | None) -> str:
    """Return what an import did."""
    said = [formats.plural(len(found.new), "nouveau membre", "nouveaux membres"),
            formats.plural(len(found.changed), "fiche changée", "fiches changées"),
            formats.plural(found.same, "inchangée", "inchangées")]  # fmt: skip
    if left_on and found.gone:
        said.append(formats.plural(len(found.gone), "départ noté", "départs notés"))
    return f"{', '.join(said)}."


def _remember(root: Path, read: Import) -> None:
    alone = columns.proposed(read.table, read.heading, read.fields, {})
    known = remembered(root)
    said = {one.heading: one.path for one, ours in zip(read.columns, alone, strict=True) if one.path != ours.path}
    kept = {**known, **{one.heading: one.path for one in read.columns if one.heading in known}, **said}
    if kept != known:
        text = yaml.safe_dump(kept, allow_unicode=True, sort_keys=True, width=10_000)
        publish.replace(root / REMEMBERED, (HEAD + text).encode())
