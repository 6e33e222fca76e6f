"""Make a new workspace: an example of each record, the templates of the sample edition, the schema for editors."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from docgen import publish
from docgen.diagnostics import CannotWrite
from docgen.records import schema

RECORDS = Path(__file__).with_name("starter")
TEMPLATES = (Path(__file__).parent.parent / "templates", Path(sys.prefix) / "share/docgen/templates")
"""In a clone of the repository, or beside an installed package."""


def start(folder: Path) -> list[str]:
    """Fill `folder` and return what was written. Raises `CannotWrite` when a file would be written over."""
    source = next(place for place in TEMPLATES if place.is_dir())
    files = {record.name: record for record in sorted(RECORDS.glob("*.yaml"))}
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
            shutil.copyfile(file, folder / name)
        (folder / schema.FILE).write_text(schema.to_json(), "utf-8")
    except OSError as error:
        raise CannotWrite(publish.explain(error, folder)) from error
    return [*files, schema.FILE]
