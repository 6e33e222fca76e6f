"""Make a new workspace: an example of each record, the templates of the sample edition, the schema for editors."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from docgen import publish
from docgen.diagnostics import CannotWrite
from docgen.records import schema
from docgen.records.workspace import Workspace, load_edition

PACKAGE = "docgen"


@contextlib.contextmanager
def _sources() -> Iterator[tuple[Path, Path, Path]]:
    """Give the folders of the records, the templates and the examples, for the time of a `with`; a wheel holds all."""
    inside = resources.files(PACKAGE)
    with (
        resources.as_file(inside / "starter") as records,
        resources.as_file(inside / "sample") as templates,
        resources.as_file(inside / "examples") as examples,
    ):
        # In a clone, they are where the lawyers keep them; another project's folder of that name is none of ours.
        clone = Path(__file__).parents[1]
        yield (
            records,
            templates if templates.is_dir() else clone / "templates",
            examples if examples.is_dir() else clone / "examples",
        )


def examples() -> list[str]:
    """Return the names of the examples that a workspace may start from."""
    with _sources() as (_, _, source):
        return sorted(path.parent.name for path in source.glob("*/members.yaml"))


def start(folder: Path, example: str | None = None) -> list[str]:
    """Fill `folder`, from an example when one is named, and return what was written.

    Raises `CannotWrite` when a file would be written over.
    """
    with _sources() as (records, templates, source):
        files = _of_example(source / example) if example else _of_sample(records, templates)
        return _copied(folder, files)


def _of_sample(records: Path, source: Path) -> dict[str, Path]:
    files = {record.name: record for record in sorted(records.glob("*.yaml"))}
    for edition in sorted(source.glob("*/edition.yaml"))[-1:]:  # the texts that are in force
        for file in sorted(edition.parent.iterdir()):
            files[f"templates/{edition.parent.name}/{file.name}"] = file
    for document in sorted(source.glob("*.docx")):
        files[f"templates/{document.name}"] = document
    return files


def _of_example(source: Path) -> dict[str, Path]:
    found = {file.relative_to(source).as_posix(): file for file in sorted(source.rglob("*")) if file.is_file()}
    made = (schema.FILE, schema.EDITION_FILE)
    return {name: file for name, file in found.items() if not name.startswith("output/") and name not in made}


def _copied(folder: Path, files: dict[str, Path]) -> list[str]:
    made = (schema.FILE, schema.EDITION_FILE)
    if there := [name for name in [*files, *made] if (folder / name).exists()]:
        raise CannotWrite(f"« {folder.resolve().name} » contient déjà {there[0]} ; choisissez un autre dossier")
    try:
        for name, file in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(file.read_bytes())
        workspace = Workspace(folder)
        described = load_edition(workspace, workspace.editions[-1], ()) if workspace.editions else None
        (folder / schema.FILE).write_text(schema.to_json(schema.members_schema(described)), "utf-8")
        (folder / schema.EDITION_FILE).write_text(schema.to_json(schema.edition_schema()), "utf-8")
    except OSError as error:
        raise CannotWrite(publish.explain(error, folder)) from error
    return [*files, *made]
