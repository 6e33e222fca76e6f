"""Make a new workspace: an example of each record, the templates of the sample edition, the schema for editors."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from docgen import publish
from docgen.diagnostics import CannotWrite
from docgen.records import schema

PACKAGE = "docgen"


@contextlib.contextmanager
def _sources() -> Iterator[tuple[Path, Path]]:
    """Give the folders of the records and of the templates, for the time of a `with`; a wheel holds them both."""
    inside = resources.files(PACKAGE)
    with resources.as_file(inside / "starter") as records, resources.as_file(inside / "sample") as templates:
        # In a clone, they are where the lawyers keep them; another project's folder of that name is none of ours.
        clone = Path(__file__).parents[1]
        yield records, templates if templates.is_dir() else clone / "templates"


def start(folder: Path) -> list[str]:
    """Fill `folder` and return what was written. Raises `CannotWrite` when a file would be written over."""
    with _sources() as (records, templates):
        return _copied(folder, records, templates)


def _copied(folder: Path, records: Path, source: Path) -> list[str]:
    files = {record.name: record for record in sorted(records.glob("*.yaml"))}
    for edition in sorted(source.glob("*/edition.yaml"))[-1:]:  # the texts that are in force
        for file in sorted(edition.parent.iterdir()):
            files[f"templates/{edition.parent.name}/{file.name}"] = file
    for document in sorted(source.glob("*.docx")):
        files[f"templates/{document.name}"] = document
    if there := [name for name in [*files, schema.FILE] if (folder / name).exists()]:
        raise CannotWrite(f"« {folder.resolve().name} » contient déjà {there[0]} ; choisissez un autre dossier")
    try:
        for name, file in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(file.read_bytes())
        (folder / schema.FILE).write_text(schema.to_json(), "utf-8")
    except OSError as error:
        raise CannotWrite(publish.explain(error, folder)) from error
    return [*files, schema.FILE]
