"""Any Word file is checked by its name, inside a workspace or outside one: whatever is given, an answer."""

from __future__ import annotations

import json
import random
import re
import shutil
from pathlib import Path

import docx
import pytest
from conftest import ROOT, Docgen, Sample
from word import a_docx, ins, p

from docgen.diagnostics import ExitCode
from docgen.lawyers import checks

CONVENTION = ROOT / "templates/2023-04/convention.docx"


def test_a_file_is_checked_where_there_is_no_workspace(tmp_path: Path, docgen: Docgen) -> None:
    a_docx(tmp_path, [p("Le membre {{ membre.siretz }}"), p("Deux ", ins("ajout"))], name="projet.docx")
    code, said = docgen(tmp_path, "check", "projet.docx")
    assert code == 1
    assert "projet.docx, corps, p. 1, près de « Le membre {{ membre.siretz }} »: erreur: champ inconnu" in said
    assert "Vouliez-vous dire « membre.siret » ?" in said
    assert "[suivi-de-modifications]" in said
    assert "2 erreurs à corriger." in said


def test_several_sound_files_are_told_as_such(tmp_path: Path, docgen: Docgen) -> None:
    shutil.copy(CONVENTION, tmp_path / "a.docx")
    shutil.copy(ROOT / "templates/avenant.docx", tmp_path / "avenant.docx")
    assert docgen(tmp_path, "check", "a.docx", "avenant.docx") == (0, "2 fichiers : aucune erreur.\n")


def test_the_templates_that_belong_to_no_edition_are_checked_too(sample: Sample, docgen: Docgen) -> None:
    a_docx(sample.root / "templates", [p("Avenant n° {{ avenant.numerro }}")], name="avenant.docx")
    code, said = docgen(sample.root, "check")
    assert code == 1
    assert "templates/avenant.docx" in said
    assert "Vouliez-vous dire « avenant.numero » ?" in said
    assert "[signet-absent]" in said


def test_json_says_the_same_for_other_tools(tmp_path: Path, docgen: Docgen) -> None:
    a_docx(tmp_path, [p("Article 1er – Objet"), p("{{ membre.siretz }}")], name="projet.docx")
    code, said = docgen(tmp_path, "check", "--format", "json", "projet.docx")
    assert code == 1
    (problem,) = json.loads(said)
    assert problem == {
        "fichier": "projet.docx", "ligne": None, "colonne": None, "ou": "corps, « Article 1er – Objet »",
        "page": 1, "extrait": "{{ membre.siretz }}", "code": "champ-inconnu", "gravite": "erreur",
        "message": "champ inconnu « membre.siretz »", "conseil": "Vouliez-vous dire « membre.siret » ?",
    }  # fmt: skip
    code, said = docgen(ROOT, "check", "--format", "json")
    assert (code, {problem["gravite"] for problem in json.loads(said)}) == (0, {"information"})


@pytest.mark.parametrize("name", ["absent.docx", "dossier", "texte.docx", "vide.docx"])
def test_what_is_no_word_file_is_an_answer(name: str, tmp_path: Path, docgen: Docgen) -> None:
    (tmp_path / "dossier").mkdir()
    (tmp_path / "texte.docx").write_text("Bonjour", "utf-8")
    (tmp_path / "vide.docx").touch()
    code, said = docgen(tmp_path, "check", name)
    assert code == 1
    assert said.startswith(f"{name}: erreur: ")


def test_a_file_damaged_anywhere_is_an_answer(tmp_path: Path) -> None:
    """Bits flipped and ends cut, always the same ones."""
    dice, sound = random.Random(5), CONVENTION.read_bytes()
    path = tmp_path / "t.docx"
    for _ in range(120):
        data = bytearray(sound)
        for _ in range(dice.choice((1, 3, 20))):
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        path.write_bytes(data if dice.random() < 0.7 else data[: dice.randrange(len(data))])
        checks.of_file(path, "t.docx")


def test_a_value_that_no_font_of_a_template_draws_is_told_before_any_pack(docgen: Docgen, sample: Sample) -> None:
    path = sample.root / "members.yaml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("nom: Commune de Montrivière", "nom: Commune de Montri\u0337vière", 1), "utf-8")
    code, said = docgen(sample.root, "check")
    assert code == ExitCode.PROBLEMS
    assert "U+0337" in said
    assert "commune-de-montriviere" in said


def test_build_gives_the_page_of_what_stops_it(docgen: Docgen, sample: Sample) -> None:
    template = sample.root / "templates/2023-04/convention.docx"
    document = docx.Document(str(template))
    document.paragraphs[-1].add_run("{{ membre.inconnu }}")
    document.save(str(template))
    code, said = docgen(sample.root, "build")
    assert code == ExitCode.PROBLEMS
    assert re.search(r"convention\.docx, corps, «.*», p\.\W\d+, près de", said)
