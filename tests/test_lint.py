"""The rules as a whole; word_cases holds what each of them says."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
import yaml
from conftest import ROOT
from test_word_cases import CASES, house_of, write
from word import a_docx, ins, p

from docgen.diagnostics import Diagnostic, Place, ProblemsFound, Severity
from docgen.word import lint, lint_conditions, lint_file, lint_house, lint_marks
from docgen.word.template import Template


@cache
def codes_in_cases() -> frozenset[str]:
    cases = [yaml.safe_load(file.read_text("utf-8")) for file in CASES]
    return frozenset(wanted["code"] for case in cases for wanted in case.get("attendu", []))


def case(name: str, folder: Path) -> Template:
    """Return the template of a case of word_cases."""
    file = next(file for file in CASES if file.stem == name)
    said = yaml.safe_load(file.read_text("utf-8"))
    return Template(write(said, folder), house=house_of(said))


EXAMPLES = {
    lint.syntax: "condition-fermee-deux-fois",
    lint.unknown_filters: "filtre-inconnu",
    lint.programs: "modele-inclus",
    lint.unknown_fields: "champ-inconnu-dans-le-corps",
    lint.literal_text: "texte-a-cote-de-p",
    lint.tracked_changes: "suivi-texte-deplace",
    lint.split_conditions: "condition-a-cheval-sur-un-lien",
    lint.broken_document: "champ-a-cheval-sur-un-lien",
    lint.tags_never_filled: "champ-en-note-de-fin",
    lint.single_braces: "accolade-simple",
    lint.printed_groups: "liste-imprimee",
    lint_conditions.comparisons: "nombre-entre-guillemets",
    lint_conditions.bare_tests: "champ-toujours-vrai",
    lint_file.outside_links: "image-exterieure",
    lint_file.macros: "objet-ole",
    lint_file.computed_fields: "date-du-jour",
    lint_file.bound_controls: "controle-lie-au-titre",
    lint_file.hidden_text: "texte-masque",
    lint_file.missing_fonts: "police-absente-du-texte",
    lint_file.comments_left: "commentaire-oublie",
    lint_marks.places: "signet-hors-d-une-cellule",
    lint_marks.pictures: "image-sans-description",
    lint_marks.dots: "points-sans-signet",
    lint_house.typed_values: "montant-tape-a-la-main",
    lint_house.bare_fields: "champ-entre-crochets",
    lint_house.foreign_styles: "style-d-un-autre-document",
    lint_house.harmless: "champ-coupe-par-le-correcteur",
}
"""Of each rule, the case that shows it best."""


@pytest.mark.parametrize("file", sorted((ROOT / "templates").glob("*/*.docx")), ids=lambda file: file.stem)
def test_nothing_is_wrong_with_the_real_templates(file: Path) -> None:
    assert [str(problem) for problem in lint.check(Template(file))] == []


def test_each_rule_has_its_case() -> None:
    assert list(EXAMPLES) == list(lint.RULES)


@pytest.mark.parametrize("rule", lint.RULES, ids=lambda rule: rule.__name__)
def test_each_rule_says_what_it_is_for_and_fires_alone_on_its_case(
    rule: lint.Rule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lint_file, "font_for", lambda family: "Carlito")
    assert rule.__doc__
    template = case(EXAMPLES[rule], tmp_path)
    firing = [other for other in lint.RULES if list(other(template)) and other is not lint_house.harmless]
    assert firing == ([] if rule is lint_house.harmless else [rule])
    assert list(rule(template))


def test_each_code_of_the_code_has_its_case() -> None:
    names = ("lint", "lint_conditions", "lint_file", "lint_house", "lint_marks", "package", "render", "template")
    sources = [(ROOT / "docgen/word" / f"{name}.py").read_text("utf-8") for name in names]
    said = {code for source in sources for code in re.findall(r'"([a-z]+(?:-[a-z]+)+)"', source)}
    assert said >= {"texte-perdu", "pas-un-docx", "champ-inconnu"}
    said -= set(lint_house.SHOWN_IN_FRENCH.values())
    assert said - codes_in_cases() == {"signet-absent"}  # of a piece that is signed: below


def test_problems_are_told_in_order_and_once(tmp_path: Path) -> None:
    path = a_docx(
        tmp_path, [p("Deux ", ins("ajout"), ins("autre")), p("{{ un.deux }}"), p("{{ un.deux }}")], name="b.docx"
    )
    found = lint.check(Template(path))
    codes = ["suivi-de-modifications", "champ-inconnu", "champ-inconnu"]
    assert [(problem.code, problem.place.paragraph) for problem in found] == list(zip(codes, (1, 2, 3), strict=True))
    assert found == sorted(set(found))


def test_a_problem_bears_the_name_under_which_the_template_is_shown(tmp_path: Path) -> None:
    template = Template(a_docx(tmp_path, "{{ membre.nomm }}"), "templates/2023-04/charte.docx")
    assert [problem.place.file for problem in lint.check(template)] == ["templates/2023-04/charte.docx"]


def test_errors_of_all_templates_stop_the_packs_at_once(tmp_path: Path) -> None:
    templates = [Template(a_docx(tmp_path, "{{ membre.nomm }}", name=name)) for name in ("1.docx", "2.docx")]
    with pytest.raises(ProblemsFound) as caught:
        lint.require_sound(templates)
    assert [problem.place.file for problem in caught.value.diagnostics] == ["1.docx", "2.docx"]


def test_a_warning_alone_does_not_stop_the_packs(tmp_path: Path) -> None:
    template = case("commentaire-oublie", tmp_path)
    assert [problem.severity for problem in lint.check(template)] == [Severity.WARNING]
    lint.require_sound([template])


def test_a_part_that_cannot_be_read_does_not_hide_what_is_wrong_with_the_others(tmp_path: Path) -> None:
    path = a_docx(tmp_path, "{{ membre nom }}", header="{{ membre.nomm }}")
    assert [(problem.place.within, problem.code) for problem in lint.check(Template(path))] == [
        ("corps", "champ-mal-ecrit"),
        ("en-tête", "champ-inconnu"),
    ]


def test_a_problem_is_shown_with_its_place_what_is_wrong_and_how_to_mend_it(tmp_path: Path) -> None:
    path = a_docx(tmp_path, [p("Article 2 – Tarifs"), p("Fait le {{ deliberation.date }}.")])
    assert lint.check(Template(path)) == [
        Diagnostic(
            Place(
                "t.docx",
                part="word/document.xml",
                paragraph=2,
                at=11,
                within="corps, « Article 2 – Tarifs »",
                extract="Fait le {{ deliberation.date }}.",
            ),
            "champ-inconnu",
            "champ inconnu « deliberation.date »",
            "Vouliez-vous dire « edition.deliberation.date » ?",
        )
    ]


def test_the_fonts_asked_for_are_those_of_the_styles_the_text_and_the_theme(tmp_path: Path) -> None:
    template = case("police-absente-du-theme", tmp_path)
    assert lint_file.fonts(template) == {"Police Absente"}
    assert lint_file.fonts(case("police-presente", tmp_path)) == {"Carlito"}
    assert lint_file.fonts(Template(a_docx(tmp_path, "Texte."))) == set()


def test_a_piece_that_someone_signs_has_a_place_for_each(tmp_path: Path) -> None:
    file = a_docx(tmp_path, p("Article 1"))
    said = lint.check(Template(file, signataires=("syndicat", "membre")))
    assert [("signet-absent", "sig_membre"), ("signet-absent", "sig_syndicat")] == sorted(
        (d.code, re.findall(r"sig_\w+", d.message)[0]) for d in said
    )
    convention = ROOT / "templates/2023-04/convention.docx"
    assert [] == lint.check(Template(convention, signataires=("syndicat", "membre")))
