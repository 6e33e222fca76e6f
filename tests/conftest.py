"""Fixtures: copies of the sample workspace, packs made once by the real LibreOffice."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tools import lacks

from docgen import cli, office
from docgen.diagnostics import ToolMissing
from docgen.model.expedition import Expedition
from docgen.packs.build import Build, Outcome
from docgen.packs.receipts import folder_name
from docgen.records import expeditions, reading
from docgen.records.workspace import Workspace, load

ROOT = Path(__file__).parent.parent


@dataclass
class Told:
    """What a build told of its progress."""

    total: int = 0
    outcomes: list[Outcome] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def start(self, total: int) -> None:
        self.total = total

    def done(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)

    def note(self, said: str) -> None:
        self.notes.append(said)


@dataclass
class Sample:
    """A copy of the sample workspace, and the means to build it."""

    root: Path

    @property
    def workspace(self) -> Workspace:
        return Workspace(self.root)

    def build(self, *only: str, libreoffice: office.LibreOffice | None = None, workers: int = 1) -> list[Outcome]:
        """Build as the command does; return what became of each member."""
        maker = Build(self.workspace, load(self.workspace), libreoffice or office.find(), workers)
        return maker.run(Told(), only)

    def edit(self, file: str, before: str, after: str) -> None:
        """Replace a text that stands exactly once in a record."""
        path = self.root / file
        text = path.read_text("utf-8")
        assert text.count(before) == 1, before
        path.write_text(text.replace(before, after), "utf-8")
        if "envois:" in after or "envoye_le:" in after:
            prove(self.root)

    def folder(self, member: str) -> Path:
        return self.root / "output" / "2023-04" / member

    def pack(self, member: str) -> Path:
        return self.folder(member) / f"pack-2023-04-{member}.pdf"

    def files(self) -> dict[str, bytes]:
        """Return all that stands in the output, but locks."""
        output = self.root / "output"
        return {
            p.relative_to(output).as_posix(): p.read_bytes()
            for p in sorted(output.rglob("*"))
            if p.is_file() and p.name != ".lock"
        }


def prove(root: Path) -> None:
    """Keep a receipt for each sending of the records that has none, as one that was made without docgen."""
    for item in reading.read(root / "members.yaml").tree["membres"]:
        for sent in item.get("envois") or ():
            rank = 1 + sum(1 for _ in (root / "envois" / sent["edition"]).glob(f"{item['id']}*.json"))
            proof = Expedition(
                membre=item["id"], siret=item["siret"].replace(" ", ""), edition=sent["edition"], rang=rank,
                documents=(sent.get("document") or "convention",), envoye_le=sent["envoye_le"],
            )  # fmt: skip
            known, _ = expeditions.read_all(root)
            if not any(one.model_copy(update={"rang": rank}) == proof for one in known):
                path = expeditions.file_of(root, proof.edition, folder_name(proof.membre, rank))
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(proof.model_dump_json(indent=1) + "\n", "utf-8")


def copy_sample(to: Path) -> Sample:
    for name in ("syndicat.yaml", "members.yaml", "actes.yaml"):
        to.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, to / name)
    for name in ("templates", "seances"):
        shutil.copytree(ROOT / name, to / name)
    return Sample(to)


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    """A fresh copy of the sample, nothing made in it."""
    return copy_sample(tmp_path / "workspace")


@pytest.fixture(scope="session", autouse=True)
def without_libreoffice() -> Iterator[None]:
    """On a machine that has no LibreOffice, skip the tests that ask for it, and say why."""
    try:
        office.find()
    except ToolMissing as error:
        why, find = str(error).splitlines()[0], office.find

        def skip(places: Iterable[Path] | None = None) -> office.LibreOffice:
            return lacks(why) if places is None else find(places)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(office, "find", skip)
            yield
    else:
        yield


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """The sample with all its packs made by the real LibreOffice. Tests only read it."""
    sample = copy_sample(tmp_path_factory.mktemp("made") / "workspace")
    assert [o.failure for o in sample.build() if o.failure] == []
    return sample


@pytest.fixture
def built(made: Sample, tmp_path: Path) -> Sample:
    """A copy of the made sample, to change and to build again."""
    shutil.copytree(made.root, tmp_path / "built", copy_function=shutil.copy2)
    return Sample(tmp_path / "built")


Docgen = Callable[..., tuple[int, str]]


@pytest.fixture
def docgen(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Docgen:
    """Run the command in a folder; give its exit code and all that it printed, no-break spaces as plain ones."""

    def run(folder: Path, *words: str) -> tuple[int, str]:
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", ["docgen", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        told = capsys.readouterr()
        return code, (told.out + told.err).replace("\xa0", " ")

    return run
