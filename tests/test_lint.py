"""The rules as a whole; word_cases holds what each of them says."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import of_sample
import pytest
import yaml
from conftest import ROOT
from test_word_cases import CASES, house_of, write
from word import a_docx, ins, p

from docgen.diagnostics import Diagnostic, Place, ProblemsFound, Severity
from docgen.lint import byhand, codes, conditions, controls, cut, file, fit, glyphs, house, links, marks, rules
from docgen.word.fonts import families
from docgen.word.template import Template


@cache
def codes_in_cases() -> frozenset[str]:
    cases = [yaml.safe_load(file.read_text("utf-8")) for file in CASES]
    return frozenset(wanted["code"] for case in cases for wanted in case.get("attendu", []))


def case(name: str, folder: Path) -> Template:
    """Return the template of a case of word_cases."""
    file = next(file for file in CASES if file.stem == name)
    said = yaml.safe_load(file.read_text("utf-8"))
    return of_sample.template(write(said, folder), house=house_of(said))


EXAMPLES = {
    rules.syntax: "condition-fermee-deux-fois",
    rules.unknown_filters: "filtre-inconnu",
    rules.programs: "modele-inclus",
    rules.unknown_fields: "champ-inconnu-dans-le-corps",
    cut.tags: "champ-a-cheval-sur-deux-paragraphes",
    cut.dashes: "tiret-avant-une-coupure",
    rules.literal_text: "texte-a-cote-de-p",
    rules.tracked_changes: "suivi-texte-deplace",
    rules.split_conditions: "condition-a-cheval-sur-un-lien",
    rules.broken_document: "champ-a-cheval-sur-un-lien",
    rules.tags_never_filled: "champ-en-note-de-fin",
    rules.single_braces: "accolade-simple",
    rules.printed_groups: "liste-imprimee",
    conditions.comparisons: "nombre-entre-guillemets",
    conditions.bare_tests: "champ-toujours-vrai",
    links.outside_links: "image-exterieure",
    links.forbidden_links: "lien-vers-un-programme",
    file.macros: "objet-ole",
    codes.refused: "date-du-jour",
    codes.empty: "champ-word-vide",
    codes.cut: "champ-word-coupe",
    codes.lost: "renvoi-perdu",
    codes.broken: "erreur-de-word-restee",
    byhand.missing: "renvoi-tape-a-la-main",
    controls.unfilled: "controle-jamais-rempli",
    file.bound_controls: "controle-lie-au-titre",
    file.hidden_text: "texte-masque",
    file.missing_fonts: "police-absente-du-texte",
    glyphs.missing: "caractere-chinois",
    file.comments_left: "commentaire-oublie",
    fit.tables: "tableau-plus-large-que-sa-cellule",
    marks.places: "signet-hors-d-une-cellule",
    marks.pictures: "image-sans-description",
    marks.dots: "points-sans-signet",
    house.typed_values: "montant-tape-a-la-main",
    house.bare_fields: "champ-entre-crochets",
    house.foreign_styles: "style-d-un-autre-document",
    house.harmless: "champ-coupe-par-le-correcteur",
}
"""Of each rule, the case that shows it best."""


@pytest.mark.parametrize("file", sorted((ROOT / "templates").glob("*/*.docx")), ids=lambda file: file.stem)
def test_nothing_is_wrong_with_the_real_templates(file: Path) -> None:
    assert [str(problem) for problem in rules.check(Template(file))] == []


def test_each_rule_has_its_case() -> None:
    assert list(EXAMPLES) == list(rules.RULES)


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_each_rule_says_what_it_is_for_and_fires_alone_on_its_case(
    rule: rules.Rule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "font_for", lambda family: "Carlito")
    assert rule.__doc__
    template = case(EXAMPLES[rule], tmp_path)
    firing = [other for other in rules.RULES if list(other(template)) and other is not house.harmless]
    assert firing == ([] if rule is house.harmless else [rule])
    assert list(rule(template))


def test_each_code_of_the_code_has_its_case() -> None:
    words = ("package", "render", "template")
    files = [*(ROOT / "docgen/lint").glob("*.py"), *(ROOT / f"docgen/word/{name}.py" for name in words)]
    sources = [file.read_text("utf-8") for file in files]
    said = {code for source in sources for code in re.findall(r'"([a-z]+(?:-[a-z]+)+)"', source)}
    assert said >= {"texte-perdu", "pas-un-docx", "champ-inconnu"}
    said -= set(house.SHOWN_IN_FRENCH.values())
    with_members = {"branche-mal-orthographiee", "clause-sans-membre"}  # test_branches.py
    assert said - codes_in_cases() == {"signet-absent", *with_members}  # of a piece that is signed: below


def test_problems_are_told_in_order_and_once(tmp_path: Path) -> None:
    path = a_docx(
        tmp_path, [p("Deux ", ins("ajout"), ins("autre")), p("{{ un.deux }}"), p("{{ un.deux }}")], name="b.docx"
    )
    found = rules.check(Template(path))
    codes = ["suivi-de-modifications", "champ-inconnu", "champ-inconnu"]
    assert [(problem.code, problem.place.paragraph) for problem in found] == list(zip(codes, (1, 2, 3), strict=True))
    assert found == sorted(set(found))


def test_a_problem_bears_the_name_under_which_the_template_is_shown(tmp_path: Path) -> None:
    template = Template(a_docx(tmp_path, "{{ membre.nomm }}"), "templates/2023-04/charte.docx")
    assert [problem.place.file for problem in rules.check(template)] == ["templates/2023-04/charte.docx"]


def test_errors_of_all_templates_stop_the_packs_at_once(tmp_path: Path) -> None:
    templates = [Template(a_docx(tmp_path, "{{ membre.nomm }}", name=name)) for name in ("1.docx", "2.docx")]
    with pytest.raises(ProblemsFound) as caught:
        rules.require_sound(templates)
    assert [problem.place.file for problem in caught.value.diagnostics] == ["1.docx", "2.docx"]


def test_a_warning_alone_does_not_stop_the_packs(tmp_path: Path) -> None:
    template = case("commentaire-oublie", tmp_path)
    assert [problem.severity for problem in rules.check(template)] == [Severity.WARNING]
    rules.require_sound([template])


def test_a_part_that_cannot_be_read_does_not_hide_what_is_wrong_with_the_others(tmp_path: Path) -> None:
    path = a_docx(tmp_path, "{{ membre nom }}", header="{{ membre.nomm }}")
    assert [(problem.place.within, problem.code) for problem in rules.check(Template(path))] == [
        ("corps", "champ-mal-ecrit"),
        ("en-tête", "champ-inconnu"),
    ]


def test_a_problem_is_shown_with_its_place_what_is_wrong_and_how_to_mend_it(tmp_path: Path) -> None:
    path = a_docx(tmp_path, [p("Article 2 – Tarifs"), p("Fait le {{ deliberation.date }}.")])
    assert rules.check(Template(path)) == [
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
    assert families(template) == {"Police Absente"}
    assert families(case("police-presente", tmp_path)) == {"Carlito"}
    assert families(Template(a_docx(tmp_path, "Texte."))) == set()


def test_a_piece_that_someone_signs_has_a_place_for_each(tmp_path: Path) -> None:
    file = a_docx(tmp_path, p("Article 1"))
    said = rules.check(Template(file, signataires=("syndicat", "membre")))
    assert [("signet-absent", "sig_membre"), ("signet-absent", "sig_syndicat")] == sorted(
        (d.code, re.findall(r"sig_\w+", d.message)[0]) for d in said
    )
    convention = ROOT / "templates/2023-04/convention.docx"
    assert [] == rules.check(Template(convention, signataires=("syndicat", "membre")))
