"""The price grid of délibération 04/2023-06, typed here again from the act, and what members pay."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import pytest
from builders import record
from hypothesis import given
from hypothesis import strategies as st
from test_validate import EDITION, EDITION_YAML, TODAY, assert_french

from docgen.diagnostics import Diagnostic
from docgen.law import tarif
from docgen.law.tarif import Faits
from docgen.model.edition import Tarif
from docgen.records import validate

RULE: Tarif = EDITION.volets[0].tarif
GRID = {ligne.libelle: tarif.cells(RULE, ligne) for ligne in RULE.lignes}
SCALE = RULE.tranches[0]
VOTED = {
    "Participation au GFU (OF)": "9,60 9,12 8,64 8,16 7,68 7,20 6,72 6,24 5,76 5,28 4,80",
    "Participation au GFU (exploitant)": "1,80 1,80 1,80 1,80 1,80 1,80 1,80 1,80 1,80 1,80 1,80",
    "1 To": "10,80 10,26 9,72 9,18 8,64 8,10 7,56 7,02 6,48 5,94 5,40",
    "2 To": "14,40 13,68 12,96 12,24 11,52 10,80 10,08 9,36 8,64 7,92 7,20",
    "3 To": "18,00 17,10 16,20 15,30 14,40 13,50 12,60 11,70 10,80 9,90 9,00",
    "4 To": "20,76 19,73 18,68 17,65 16,61 15,58 14,53 13,50 12,46 11,42 10,38",
    "5 To": "23,34 22,18 21,01 19,84 18,67 17,51 16,34 15,17 14,00 12,84 11,68",
}
CELLS = [
    pytest.param(label, category, Decimal(price.replace(",", ".")), id=f"{label}-{category}")
    for label, row in VOTED.items()
    for category, price in enumerate(row.split(), 1)
]


@pytest.mark.parametrize(("label", "category", "voted"), CELLS)
def test_a_computed_cell_is_the_voted_one(label: str, category: int, voted: Decimal) -> None:
    assert voted == GRID[label][category - 1]


def test_the_grid_has_the_77_cells_and_no_other() -> None:
    assert {label: 11 for label in VOTED} == {label: len(row) for label, row in GRID.items()}
    assert 77 == len(CELLS)


def differing(rounded_once: bool, rounding: str) -> list[tuple[str, int]]:
    """Return the cells that another way of rounding would change."""
    cent, found = Decimal("0.01"), []
    for ligne in RULE.lignes:
        for category, voted in enumerate(VOTED[ligne.libelle].split(), 1):
            assert ligne.ht is not None
            price = ligne.ht * (1 - (ligne.degression or Decimal(0)) * (category - 1) / 100)
            if not rounded_once:
                price = price.quantize(cent, rounding)
            if (price * (1 + RULE.tva / 100)).quantize(cent, rounding) != Decimal(voted.replace(",", ".")):
                found.append((ligne.libelle, category))
    return found


def test_two_roundings_half_up_are_the_rule_of_the_act() -> None:
    assert [] == differing(rounded_once=False, rounding=ROUND_HALF_UP)


def test_rounding_once_would_change_five_voted_cells() -> None:
    changed = differing(rounded_once=True, rounding=ROUND_HALF_UP)
    assert [("4 To", 2), ("4 To", 6), ("4 To", 8), ("5 To", 2), ("5 To", 11)] == changed


def test_rounding_as_banks_do_would_change_four_voted_cells() -> None:
    changed = differing(rounded_once=False, rounding=ROUND_HALF_EVEN)
    assert [("4 To", 4), ("4 To", 8), ("5 To", 3), ("5 To", 11)] == changed


def edition_problems(before: str, after: str) -> list[Diagnostic]:
    """Return what is said of the edition once `before` has become `after` in its file."""
    text = EDITION_YAML.read_text("utf-8")
    assert 1 == text.count(before), before
    _, problems = validate.edition(record(text.replace(before, after)), "2023-04", TODAY)
    for problem in problems:
        assert_french(problem)
    return problems


def test_the_edition_of_the_sample_has_no_problem() -> None:
    assert [] == edition_problems("tva: 20", "tva: 20")


def test_a_wrong_cell_is_refused_by_row_category_voted_and_computed() -> None:
    (problem,) = edition_problems("19,73", "19,37")
    assert "grille-differente" == problem.code
    expected = "ligne « 4 To », tranche 2 : voté 19,37 €, calculé 19,73 €"
    assert expected == problem.message.replace("\u00a0", " ")
    assert "Prix de base 17,30 € HT, 5 % de moins par tranche, TVA 20 %" in problem.hint.replace("\u00a0", " ")


def test_a_wrong_base_price_is_refused_cell_by_cell() -> None:
    problems = edition_problems("ht: 19,45", "ht: 19,54")
    assert ["grille-differente"] * 11 == [p.code for p in problems]


def test_a_row_with_a_missing_cell_is_refused() -> None:
    (problem,) = edition_problems("9,60   9,12", "9,60")
    assert "grille-incomplete" == problem.code
    assert "10 prix votés pour 11 tranches" == problem.message.split(" : ")[1].replace("\xa0", " ")


@pytest.mark.parametrize("written", ["3To", "3 to", "03 To", "0 To", "GFU", "trois To"])
def test_a_row_that_no_member_could_ever_pay_is_refused(written: str) -> None:
    (problem,) = edition_problems("si: {stockage: 3 To}", f"si: {{stockage: {written}}}")
    said = f"« {written} » n'est pas une réponse à « stockage » : la ligne ne serait jamais due"
    assert ("valeur-inconnue", said) == (problem.code, problem.message)


def test_a_row_given_twice_is_refused() -> None:
    assert "en-double" in [p.code for p in edition_problems("libelle: 2 To\n", "libelle: 1 To\n")]


def test_an_edition_moved_to_another_folder_is_refused() -> None:
    (problem,) = edition_problems("edition: 2023-04", "edition: 2023-05")
    assert "le dossier s'appelle « 2023-04 » mais la fiche dit « 2023-05 »" == problem.message


@pytest.mark.parametrize(
    ("users", "expected"),
    [
        (1, 1),
        (10, 1),
        (11, 2),
        (20, 2),
        (21, 3),
        (90, 9),
        (91, 10),
        (100, 10),
        (101, 11),
        (110, 11),
        (111, 11),
        (100_000, 11),
    ],
)
def test_the_category_of_a_number_of_users(users: int, expected: int) -> None:
    assert expected == SCALE.rang(users)


def test_categories_are_named_as_in_the_act() -> None:
    labels = [tarif.label(RULE, "categories", c, "utilisateurs") for c in range(1, 12)]
    assert ["Jusqu’à 10 utilisateurs", "Jusqu’à 20 utilisateurs"] == labels[:2]
    assert ["Jusqu’à 100 utilisateurs", "Au-delà de 100 utilisateurs"] == labels[-2:]


def taken(utilisateurs: int, stockage: int, gfu: bool) -> Faits:
    return {"utilisateurs": utilisateurs, "stockage": f"{stockage} To" if stockage else "aucun", "gfu": gfu}


@pytest.mark.parametrize(
    ("choice", "rows", "user", "month", "year"),
    [
        (
            taken(24, 3, True),
            [("8.64", "207.36"), ("1.80", "43.20"), ("16.20", "388.80")],
            "26.64",
            "639.36",
            "7672.32",
        ),
        (taken(8, 1, False), [("10.80", "86.40")], "10.80", "86.40", "1036.80"),
        (taken(11, 0, True), [("9.12", "100.32"), ("1.80", "19.80")], "10.92", "120.12", "1441.44"),
        (
            taken(100, 4, True),
            [("5.28", "528"), ("1.80", "180"), ("11.42", "1142")],
            "18.50",
            "1850",
            "22200",
        ),
        (
            taken(112, 5, True),
            [("4.80", "537.60"), ("1.80", "201.60"), ("11.68", "1308.16")],
            "18.28",
            "2047.36",
            "24568.32",
        ),
    ],
    ids=["both", "storage only", "GFU only", "last of category 10", "beyond 100 users"],
)
def test_what_a_member_pays_to_the_cent(
    choice: Faits, rows: list[tuple[str, str]], user: str, month: str, year: str
) -> None:
    due = tarif.due(RULE, choice)
    assert [(Decimal(a), Decimal(b)) for a, b in rows] == [(ligne.prix, ligne.mensuel) for ligne in due.lignes]
    assert (Decimal(user), Decimal(month), Decimal(year)) == (due.prix, due.mensuel, due.annuel)


@given(st.integers(1, 100_000))
def test_a_category_holds_ten_users_but_the_last(users: int) -> None:
    category = SCALE.rang(users)
    assert category
    assert category == 11 or 10 * (category - 1) < users <= 10 * category
    assert (category == 11) == (users > 100)


@given(st.integers(1, 100_000), st.integers(1, 5), st.booleans())
def test_the_monthly_total_is_the_price_of_the_rows_for_all_users(users: int, storage: int, gfu: bool) -> None:
    due = tarif.due(RULE, taken(users, storage, gfu))
    assert (3 if gfu else 1) == len(due.lignes)
    assert (
        users * sum(ligne.prix or 0 for ligne in due.lignes)
        == due.mensuel
        == sum(ligne.mensuel for ligne in due.lignes)
    )
    assert 12 * due.mensuel == due.annuel
