"""The lawyers' guide does what it says: each example is filled, refused or run, and gives what is printed under it."""

from __future__ import annotations

import itertools
import re
import shlex
import zipfile
from dataclasses import dataclass
from pathlib import Path

import of_sample
import pytest
from conftest import ROOT, Docgen, Sample
from lxml import etree
from test_compared import draft  # noqa: F401 - a fixture
from test_lawyers import found_in
from word import W, a_docx, p, reworded, table

from docgen.diagnostics import errors
from docgen.lint import rules
from docgen.records import workspace
from docgen.word import filters
from docgen.word.expressions import FILTERS
from docgen.word.package import PARSER
from docgen.word.render import Renderer

GUIDE = (ROOT / "docs/guide-juriste.md").read_text("utf-8")
MEMBER = "commune-de-montriviere"


@dataclass
class Block:
    """A frame of the guide."""

    kind: str
    argument: str
    text: str

    def __str__(self) -> str:
        return self.text.splitlines()[0][:40]


BLOCKS = [Block(*found) for found in re.findall(r"^```(\w+) ?(\S*)\n(.*?)^```$", GUIDE, re.S | re.M)]


def with_model() -> list[tuple[Block, Block]]:
    """Return each frame of what is printed with that of what is typed, which stands above."""
    pairs, model = [], None
    for block in BLOCKS:
        model = block if block.kind == "modele" else model
        if block.kind == "imprime":
            assert model
            pairs.append((model, block))
    return pairs


def paragraphs(text: str) -> list[str]:
    """Return a frame as Word has it: a paragraph a line, tables where lines have bars."""
    found: list[str] = []
    rows: list[list[str]] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
            continue
        if rows:
            found += [table(*rows), p()]
            rows = []
        if line:
            found.append(p(line))
    return found


def lines(docx: bytes, folder: Path) -> list[str]:
    """Return a filled document as a frame shows it."""
    path = folder / "rempli.docx"
    path.write_bytes(docx)
    with zipfile.ZipFile(path) as archive:
        body = etree.fromstring(archive.read("word/document.xml"), PARSER).find(f"{W}body")
    found = []
    for block in body:
        if block.tag == f"{W}p":
            found.append("".join(t.text or "" for t in block.iter(f"{W}t")))
        for row in block.iter(f"{W}tr"):
            cells = ["".join(t.text or "" for t in cell.iter(f"{W}t")) for cell in row.iter(f"{W}tc")]
            found.append(f"| {' | '.join(cells)} |")
    return [line.replace("\u00a0", " ").replace("\u202f", " ").replace("’", "'") for line in found if line]


@pytest.mark.parametrize(("model", "printed"), with_model(), ids=str)
def test_what_is_typed_prints_what_the_guide_says(model: Block, printed: Block, tmp_path: Path) -> None:
    data = workspace.load(workspace.Workspace(ROOT))
    membre = next(m for m in data.membres if m.id == (printed.argument or MEMBER))
    template = of_sample.template(a_docx(tmp_path, paragraphs(model.text)))
    assert errors(rules.check(template)) == []
    filled = Renderer(template).fill(of_sample.printed(data, membre).tree)
    assert lines(filled.docx, tmp_path) == printed.text.splitlines()


AGREED = re.findall(r"^\| `(.*?)` \| (.*?) \| (.*?) \|$", GUIDE.split("## 2.")[1].split("## 3.")[0], re.M)


@pytest.mark.parametrize(("typed", "commune", "etablissement"), AGREED)
def test_sentences_agree_as_the_guide_says(typed: str, commune: str, etablissement: str, tmp_path: Path) -> None:
    data = workspace.load(workspace.Workspace(ROOT))
    template = of_sample.template(a_docx(tmp_path, p(typed)))
    for member, printed in ((MEMBER, commune), ("etablissement-les-tilleuls", etablissement)):
        membre = next(m for m in data.membres if m.id == member)
        filled = Renderer(template).fill(of_sample.printed(data, membre).tree)
        assert lines(filled.docx, tmp_path) == [plain(printed)]


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.kind == "faute"], ids=str)
def test_what_the_guide_calls_a_fault_is_one(block: Block, tmp_path: Path) -> None:
    assert block.argument in found_in(a_docx(tmp_path, paragraphs(block.text)))


def test_the_commands_answer_what_the_guide_says(draft: Sample, docgen: Docgen) -> None:  # noqa: F811
    convention = draft.root / "templates/2024-01/convention.docx"
    reworded(convention, "{{ referent.telephone }}", "{{ referent.telefone }}")
    price = ", soit 9,60 € par utilisateur"
    reworded(convention, "frais de déplacement inclus", f"frais de déplacement inclus{price}")
    reworded(convention, "chaque année, d’après", "tous les deux ans, d’après")
    ran = 0
    for command, answer in itertools.pairwise(BLOCKS):
        if command.kind != "sh":
            continue
        assert answer.kind == "text"
        _, *words = shlex.split(command.text)
        _, said = docgen(draft.root, *words)
        assert plain(said) == plain(answer.text)
        ran += 1
        if "--annotate" in words:  # the lawyer mends what was found
            reworded(convention, "{{ referent.telefone }}", "{{ referent.telephone }}")
            reworded(convention, price, "")
    assert ran == len([block for block in BLOCKS if block.kind == "sh"]) > 3


def plain(text: str) -> str:
    return re.sub("[\u00a0\u202f]", " ", text)


def test_the_filters_of_the_guide_are_those_that_there_are() -> None:
    part = GUIDE.split("## 3.")[1].split("## 4.")[0]
    named = {name for row in re.findall(r"^\| (`.*?) \|", part, re.M) for name in re.findall(r"`(\w+)`", row)}
    assert named >= set(filters.FILTERS)
    assert named <= set(FILTERS)
