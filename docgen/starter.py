"""Make a new workspace: an example of each record, with what was answered, the sample's templates, the schemas."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from importlib import resources
from pathlib import Path

from docgen import publish
from docgen.diagnostics import CannotWrite
from docgen.model import values
from docgen.records import schema
from docgen.records.workspace import Workspace, load_edition

PACKAGE = "docgen"
SYNDICAT = "syndicat.yaml"
MADE = (schema.FILE, schema.EDITION_FILE, schema.SYNDICAT_FILE, schema.SEANCE_FILE)
QUESTIONS: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "nom": ("Nom court du syndicat", values.plain_text),
    "forme": ("Sa forme (syndicat mixte, syndicat, département ou commune)", values.plain_text),
    "siret": ("SIRET", values.siret),
    "departement": ("Département, en trois caractères (082, 02A, 974)", values.departement),
    "president": ("Prénom et nom de qui signe pour lui", values.plain_text),
}
"""What `docgen init` asks, and how each answer is read."""


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


def start(folder: Path, example: str | None = None, answers: Mapping[str, str] | None = None) -> list[str]:
    """Fill `folder`, from an example when one is named, and return what was written.

    `answers` say who the syndicat is, by the names of `QUESTIONS`. Raises `CannotWrite` when a file would be written
    over.
    """
    with _sources() as (records, templates, source):
        files = _of_example(source / example) if example else _of_sample(records, templates)
        data = {name: file.read_bytes() for name, file in files.items()}
        data = {name: _as_new(name, written, voted=example is not None) for name, written in data.items()}
        for name in (SYNDICAT, *(one for one in data if one.startswith("seances/"))) if answers else ():
            data[name] = _answered(data[name].decode(), answers or {}).encode()
        return _copied(folder, data)


def _as_new(name: str, data: bytes, voted: bool) -> bytes:
    """Return a file as a new workspace has it: no demonstration, its edition not voted unless the example is whole."""
    if name == SYNDICAT:
        return re.sub(rb"(?m)^(?:#.*\n)*fictif: oui.*\n", b"", data)
    if name.endswith("/edition.yaml") and not voted:
        return re.sub(rb"(?m)^  (?:date|transmise_le|publiee_le): .*\n", b"", data)
    return data


def _answered(text: str, answers: Mapping[str, str]) -> str:
    """Return a record with the answers in place of the example's values; the rest stays as it is."""
    for name, answer in answers.items():
        if name == "president":
            first, last = _person(answer)
            text = re.sub(
                r"(prenom: )Prénom((?:,|\n +)\s*nom: )NOM", rf"\g<1>{first or last}\g<2>{last}", text, count=1
            )
        else:
            quoted = f'"{answer}"' if name in ("departement", "siret") or ":" in answer else answer
            said = f"{name}: {quoted}".replace("\\", "\\\\")
            text = re.sub(rf"(?m)^{name}: .*$", said, text, count=1)
    return text


def _person(answer: str) -> tuple[str, str]:
    """Return the first name and the name of « Nolwenn LE GALL », « Jean Martin »."""
    words = answer.split()
    at = next((rank for rank, word in enumerate(words) if rank and word.isupper()), max(len(words) - 1, 0))
    return " ".join(words[:at]) or words[0], " ".join(words[at:])


def _of_sample(records: Path, source: Path) -> dict[str, Path]:
    found = sorted([*records.glob("*.yaml"), *records.glob("seances/*.yaml")])
    files = {record.relative_to(records).as_posix(): record for record in found}
    for edition in sorted(source.glob("*/edition.yaml"))[-1:]:  # the texts that are in force
        for file in sorted(edition.parent.iterdir()):
            files[f"templates/{edition.parent.name}/{file.name}"] = file
    for document in sorted(source.glob("*.docx")):
        files[f"templates/{document.name}"] = document
    return files


def _of_example(source: Path) -> dict[str, Path]:
    found = {file.relative_to(source).as_posix(): file for file in sorted(source.rglob("*")) if file.is_file()}
    return {name: file for name, file in found.items() if not name.startswith("output/") and name not in MADE}


def _copied(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    if there := [name for name in [*files, *MADE] if (folder / name).exists()]:
        raise CannotWrite(f"« {folder.resolve().name} » contient déjà {there[0]} ; choisissez un autre dossier")
    try:
        for name, data in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        workspace = Workspace(folder)
        described = load_edition(workspace, workspace.editions[-1]) if workspace.editions else None
        schemas = {
            schema.FILE: schema.members_schema(described),
            schema.EDITION_FILE: schema.edition_schema(),
            schema.SYNDICAT_FILE: schema.syndicat_schema(),
            schema.SEANCE_FILE: schema.seance_schema(),
        }
        for name, one in schemas.items():
            (folder / name).write_text(schema.to_json(one), "utf-8")
    except OSError as error:
        raise CannotWrite(publish.explain(error, folder)) from error
    return [*files, *MADE]
