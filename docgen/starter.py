"""Make a new workspace: an example of each record, the templates of the sample edition, the schema for editors."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from docgen import schema
from docgen.diagnostics import CannotWrite

RECORDS = Path(__file__).with_name("starter")
TEMPLATES = (Path(__file__).parent.parent / "templates", Path(sys.prefix) / "share/docgen/templates")
"""In a clone of the repository, or beside an installed package."""


def start(folder: Path) -> list[str]:
    """Fill `folder` and return what was written. Raises `CannotWrite` when it already is a workspace."""
    if (folder / "members.yaml").exists() or (folder / "templates").exists():
        raise CannotWrite(f"« {folder} » contient déjà un espace de travail : rien n'a été écrit")
    source = next(place for place in TEMPLATES if place.is_dir())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for record in sorted(RECORDS.glob("*.yaml")):
            shutil.copyfile(record, folder / record.name)
        (folder / schema.FILE).write_text(schema.to_json(), "utf-8")
        for edition in sorted(source.glob("*/edition.yaml")):
            shutil.copytree(edition.parent, folder / "templates" / edition.parent.name)
    except OSError as error:
        raise CannotWrite(f"« {folder} » ne peut pas être écrit ({error.strerror})") from error
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
