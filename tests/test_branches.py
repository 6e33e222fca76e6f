"""What conditions and loops decide for real members: those that never serve, those that a misspelling decides."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from word import a_docx, p, table

from docgen import formats
from docgen.champs.blank import Blank
from docgen.diagnostics import Severity
from docgen.lint.branches import Branches
from docgen.word.filters import Unprintable
from docgen.word.template import Template

MEMBERS: list[dict[str, Any]] = [
    {"membre": {"nom": "Commune de Valserre", "e": "e"}, "souscription": {"gfu": "oui"}, "montants": {"lignes": []}},
    {"membre": {"nom": "Syndicat des Eaux", "e": ""}, "souscription": {"gfu": "oui"}, "montants": {"lignes": []}},
]
CLOSED = {"souscription.gfu": ("oui", "non"), "souscription.stockage": ("1\u00a0To", "aucun")}


def watched(folder: Path, *body: str, header: str = "", members: list[dict[str, Any]] = MEMBERS) -> Branches:
    branches = Branches(Template(a_docx(folder, list(body), header=header)), CLOSED)
    for member in members:
        branches.watch(member)
    return branches


def test_a_clause_that_serves_no_member_is_told_with_its_place(tmp_path: Path) -> None:
    found = watched(
        tmp_path, p("Article 2 – GFU"), p('{% if souscription.gfu == "non" %}Sans GFU.{% endif %}')
    ).unused()
    assert [str(d) for d in found] == [
        't.docx, corps, « Article 2 – GFU », près de « {% if souscription.gfu == "non" %}Sans »: information: '
        "cette condition n'imprime rien pour aucun des 2 membres [clause-sans-membre]"
    ]


def test_a_clause_that_serves_one_member_is_not_told(tmp_path: Path) -> None:
    assert watched(tmp_path, p("{% if membre.e %}e{% else %}rien{% endif %}")).unused() == []


def test_a_clause_inside_one_that_never_serves_was_never_tried_and_is_not_told_too(tmp_path: Path) -> None:
    text = '{% if souscription.gfu == "non" %}{% if membre.e %}e{% endif %}{% endif %}'
    assert len(watched(tmp_path, p(text)).unused()) == 1


def test_a_list_that_is_empty_for_all_is_told(tmp_path: Path) -> None:
    rows = table(["{%tr for l in montants.lignes %}"], ["{{ l.prix }}"], ["{%tr endfor %}"])
    assert ["boucle" in d.message for d in watched(tmp_path, rows).unused()] == [True]


def test_each_branch_of_an_elif_is_tried_in_its_turn(tmp_path: Path) -> None:
    text = '{% if membre.nom == "X" %}a{% elif membre.e %}b{% elif membre.nom == "Syndicat des Eaux" %}c{% endif %}'
    assert [d.message for d in watched(tmp_path, p(text)).unused()] == [
        "cette condition n'imprime rien pour aucun des 2 membres"
    ]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("Oui", "Le champ vaut « oui » : mêmes lettres, mais accents, majuscules ou espaces différents."),
        ("ouii", "Vouliez-vous dire « oui » ?"),
        ("peut-être", "Les valeurs possibles sont : « oui », « non »."),
    ],
)
def test_a_word_that_a_closed_field_never_is_is_an_error(tmp_path: Path, word: str, meant: str) -> None:
    (found,) = watched(tmp_path, p(f'{{% if souscription.gfu == "{word}" %}}x{{% endif %}}')).misspelt()
    assert (found.code, found.hint, found.severity) == ("branche-mal-orthographiee", meant, Severity.ERROR)
    assert f"« souscription.gfu » n'est jamais « {word} »" in found.message
    assert word in found.place.extract


def test_a_plain_space_where_the_field_has_a_no_break_space_is_an_error(tmp_path: Path) -> None:
    member = {"souscription": {"stockage": "1\u00a0To"}}
    found = watched(tmp_path, p('{% if souscription.stockage != "1 To" %}x{% endif %}'), members=[member]).misspelt()
    assert [d.hint for d in found] == ["Tapez une espace insécable (Ctrl+Maj+Espace) entre « 1 » et « To »."]


def test_a_value_that_no_member_has_yet_is_no_error(tmp_path: Path) -> None:
    text = '{% if souscription.gfu in ("oui", "non") and souscription.gfu != "non" %}x{% endif %}'
    assert watched(tmp_path, p(text)).misspelt() == []


def test_an_open_field_is_only_compared_with_what_was_seen(tmp_path: Path) -> None:
    near, far = '{% if membre.nom == "Comune de Valserre" %}x{% endif %}', '{% if membre.nom == "Lherm" %}x{% endif %}'
    found = watched(tmp_path, p(near), p(far)).misspelt()
    assert [(d.hint, d.severity) for d in found] == [
        ("Vouliez-vous dire « Commune de Valserre » ?", Severity.WARNING)  # it may be one that is not there yet
    ]


def test_a_comparison_inside_a_loop_is_watched_under_the_name_of_its_list(tmp_path: Path) -> None:
    member = {"montants": {"lignes": [{"libelle": "GFU"}, {"libelle": "Stockage"}]}}
    text = '{% for l in montants.lignes %}{% if l.libelle == "Stokage" %}x{% endif %}{% endfor %}'
    (found,) = watched(tmp_path, p(text), members=[member]).misspelt()
    assert "montants.lignes[].libelle" in found.message
    assert "Stockage" in found.hint


def test_a_condition_in_the_header_is_watched_too(tmp_path: Path) -> None:
    found = watched(tmp_path, p("Texte."), header='{% if souscription.gfu == "OUI" %}x{% endif %}')
    assert [d.place.within for d in found.misspelt()] == ["en-tête"]


def test_a_part_that_jinja_cannot_read_is_left_to_the_other_rules(tmp_path: Path) -> None:
    found = watched(tmp_path, p("{{ membre nom }}"), p('{% if souscription.gfu == "OUI" %}x{% endif %}'))
    assert (found.misspelt(), found.unused()) == ([], [])


NUMBERS: list[dict[str, Any]] = [
    {"souscription": {"utilisateurs": formats.number(n), "gfu": "oui"}, "membre": {"siret": "213 500 017 00018"}}
    for n in (8, 24, 120)
]


def test_a_number_is_compared_as_a_number(tmp_path: Path) -> None:
    text = "{% if souscription.utilisateurs >= 100 %}x{% endif %}{% if souscription.utilisateurs == 24 %}y{% endif %}"
    branches = watched(tmp_path, p(text), members=NUMBERS)
    assert [test.held for test in branches.tests] == [1, 1]
    assert (branches.misspelt(), branches.unused()) == ([], [])


def test_a_text_is_never_a_number(tmp_path: Path) -> None:
    (found,) = watched(tmp_path, p("{% if membre.siret == 21350001700018 %}x{% endif %}"), members=NUMBERS).misspelt()
    assert "entre guillemets droits" in found.hint


@pytest.mark.parametrize(
    "condition", ['"Oui" == souscription.gfu', 'souscription.gfu | lower == "Oui"', '"Oui" in (souscription.gfu, "x")']
)
def test_a_misspelling_is_found_however_the_comparison_is_written(tmp_path: Path, condition: str) -> None:
    found = watched(tmp_path, p(f"{{% if {condition} %}}x{{% endif %}}"), members=NUMBERS).misspelt()
    assert [d.code for d in found] == (["branche-mal-orthographiee"] if " in " not in condition else [])


def test_what_is_not_known_is_false_and_neither_more_nor_less(tmp_path: Path) -> None:
    blank = Blank("souscription.utilisateurs", "Nombre d'utilisateurs")
    text = "{% if souscription.utilisateurs > 20 or souscription.utilisateurs %}x{% else %}y{% endif %}"
    branches = watched(tmp_path, p(text), members=[{"souscription": {"utilisateurs": blank}}])
    assert [test.held for test in branches.tests] == [0]


def test_a_list_that_is_printed_is_refused_as_the_renderer_does(tmp_path: Path) -> None:
    with pytest.raises(Unprintable, match="une liste"):
        watched(tmp_path, p("{{ montants.lignes }}"))


def test_an_amount_is_compared_to_the_cent(tmp_path: Path) -> None:
    member = {"montants": {"annuel": formats.euros(Decimal("16812.72")), "mensuel": formats.euros(Decimal("1401.06"))}}
    text = "{% if montants.annuel == 16812.72 %}x{% endif %}{% if montants.mensuel <= 1401.06 %}y{% endif %}"
    assert [test.held for test in watched(tmp_path, p(text), members=[member]).tests] == [1, 1]
