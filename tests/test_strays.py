"""What lies beside the records: told once, or rightly passed over, in every folder that docgen reads."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import Sample

from docgen.diagnostics import ProblemsFound
from docgen.lawyers import checks
from docgen.records.workspace import load

LEFT = (
    "._members.yaml", "._2023-04-11.yaml", "._edition.yaml", "._avenant.docx", "~$avenant.docx", "Thumbs.db",
    ".DS_Store", "desktop.ini", ".~lock.convention.docx#",
)  # fmt: skip


@pytest.mark.parametrize("file", ["members.yaml", "seances/2023-04-11.yaml", "templates/2023-04/edition.yaml"])
@pytest.mark.parametrize("ending", [".yml", ".YAML"])
def test_a_record_with_another_ending_is_told_with_its_mend(sample: Sample, file: str, ending: str) -> None:
    path = next(p for p in sample.root.glob("**/*.yaml") if p.relative_to(sample.root).as_posix() == file)
    later = path.with_suffix(ending) if "edition" not in file else path.parents[1] / "2024-01" / f"edition{ending}"
    later.parent.mkdir(exist_ok=True)
    shutil.copy(path, later)
    with pytest.raises(ProblemsFound) as raised:
        load(sample.workspace)
    (problem,) = (d for d in raised.value.diagnostics if d.code == "fiche-mal-nommee")
    assert problem.place.file == later.relative_to(sample.root).as_posix()
    assert ".yaml" in problem.hint


@pytest.mark.parametrize(
    "name", ["2023-04-11 (1).yaml", "2023-04-11 - Copie.yaml", "2023-04-11 - Copie (2).yaml", "2023-04-11 - copy.yaml"]
)
def test_a_copy_is_told_and_not_read(sample: Sample, name: str) -> None:
    before = load(sample.workspace)
    shutil.copy(sample.root / "seances/2023-04-11.yaml", sample.root / "seances" / name)
    shutil.copy(sample.root / "templates/2023-04/edition.yaml", sample.root / "templates/2023-04/edition (1).yaml")
    after = load(sample.workspace)
    assert after.seances == before.seances
    told = [d.place.file for d in after.warnings if d.code == "copie-de-fiche"]
    assert told == [f"seances/{name}", "templates/2023-04/edition (1).yaml"]


def test_what_systems_and_word_leave_is_passed_over_everywhere(sample: Sample) -> None:
    before = load(sample.workspace)
    checked = [one.path for one in checks.of_workspace(sample.workspace, before)]
    for folder in (".", "seances", "templates", "templates/2023-04", "output"):
        (sample.root / folder).mkdir(exist_ok=True)
        for name in LEFT:
            (sample.root / folder / name).write_bytes(b"\0\x05\x16\x07")
    hidden = sample.root / "templates/.2024-01"
    shutil.copytree(sample.root / "templates/2023-04", hidden)
    after = load(sample.workspace)
    assert after == before
    assert [one.path for one in checks.of_workspace(sample.workspace, after)] == checked


@pytest.mark.parametrize("char", ["王", "📞", "ع", "\ue123"])
def test_a_character_that_no_font_draws_is_told_at_its_line(sample: Sample, char: str) -> None:
    path: Path = sample.root / "members.yaml"
    lines = path.read_text("utf-8").split("\n")
    at = next(n for n, line in enumerate(lines) if line.strip().startswith("nom:"))
    lines[at] += f" {char}"
    path.write_text("\n".join(lines), "utf-8")
    with pytest.raises(ProblemsFound) as raised:
        load(sample.workspace)
    (problem,) = (d for d in raised.value.diagnostics if d.code == "caractere-sans-dessin")
    assert (problem.place.file, problem.place.line, problem.place.column) == ("members.yaml", at + 1, len(lines[at]))
    assert f"U+{ord(char):04X}" in problem.message


def test_a_comment_of_a_record_may_hold_any_character(sample: Sample) -> None:
    path = sample.root / "members.yaml"
    path.write_text(f"# 📞 rappeler lundi\n{path.read_text('utf-8')}", "utf-8")
    load(sample.workspace)
