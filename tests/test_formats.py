"""How docgen writes French."""

from __future__ import annotations

import doctest
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docgen import formats


def test_the_examples_of_the_docstrings_are_true() -> None:
    found = doctest.testmod(formats)
    assert (0, True) == (found.failed, found.attempted >= 5)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0"), (999, "999"), (1250, "1\u202f250"), (100_000, "100\u202f000"), (Decimal("20"), "20"),
     (Decimal("5.5"), "5,5"), (Decimal("1234567.89"), "1\u202f234\u202f567,89"), (-1250, "-1\u202f250")],
)  # fmt: skip
def test_numbers_have_a_comma_and_narrow_spaces(value: int | Decimal, expected: str) -> None:
    assert expected == formats.number(value)


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("0", "0,00"),
        ("9.6", "9,60"),
        ("7672.32", "7\u202f672,32"),
        ("0.125", "0,13"),
        ("0.135", "0,14"),
        ("1.2E+3", "1\u202f200,00"),
    ],
)
def test_euros_have_cents_rounded_half_up(amount: str, expected: str) -> None:
    assert f"{expected}\u00a0€" == formats.euros(Decimal(amount))


@given(st.decimals(0, 10**9, places=2))
def test_euros_lose_no_cent(amount: Decimal) -> None:
    text = formats.euros(amount).removesuffix("\u00a0€").replace("\u202f", "").replace(",", ".")
    assert amount == Decimal(text)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2023, 4, 11), "11\u00a0avril 2023"),
        (date(2024, 8, 1), "1er\u00a0août 2024"),
        (date(2023, 2, 21), "21\u00a0février 2023"),
    ],
)
def test_dates_in_letters(day: date, expected: str) -> None:
    assert expected == formats.long_date(day)


def test_every_month_has_its_name() -> None:
    expected = ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
                "octobre", "novembre", "décembre"]  # fmt: skip
    assert [f"2\u00a0{name} 2023" for name in expected] == [formats.long_date(date(2023, n, 2)) for n in range(1, 13)]


def test_dates_in_figures() -> None:
    assert "01/02/2022" == formats.short_date(date(2022, 2, 1))


def test_a_siret_is_printed_by_groups() -> None:
    assert "200\u00a0061\u00a0257\u00a000016" == formats.siret("20006125700016")


@pytest.mark.parametrize(
    ("count", "expected"), [(0, "0 pack"), (1, "1 pack"), (2, "2 packs"), (1200, "1\u202f200 packs")]
)
def test_the_plural_begins_at_two(count: int, expected: str) -> None:
    assert expected == formats.plural(count, "pack").replace("\u00a0", " ")


def test_a_plural_may_be_irregular() -> None:
    assert "3\u00a0travaux" == formats.plural(3, "travail", "travaux")


@pytest.mark.parametrize(
    ("items", "expected"), [([], ""), (["a"], "a"), (["a", "b"], "a ou b"), (["a", "b", "c"], "a, b ou c")]
)
def test_a_list_ends_with_its_word(items: list[str], expected: str) -> None:
    assert expected == formats.listing(iter(items), "ou")


@pytest.mark.parametrize(
    "word",
    ["établissement", "Établissement", "E\u0301tablissement", "agglomération", "eau", "Œuvre", "Île", "usine",
     "Hérault", "hôpital", "Ouvèze", "Yonne", "Yvetot", "Hyères", "héroïne", "habitation", "hallucination", "humanité",
     "Onet-le-Château", "unité", "ouïe"],
)  # fmt: skip
def test_le_and_de_lose_their_vowel(word: str) -> None:
    assert formats.elides(word)


@pytest.mark.parametrize(
    "word",
    [
        "commune",
        "yacht",
        "huitième",
        "Huitième adjointe",
        "onzième",
        "Onzième vice-présidente",
        "haras",
        "halte",
        "hangar",
        "handicap",
        "harcèlement",
        "Hongrie",
        "houille",
        "Havre",
        "HAUTE-SAVOIE",
        "héros",
        "oui",
        "un",
        "Haut-Rocal",
        "haute",
        "Hameau",
        "Halle",
        "Houle",
        "Ville",
        "12",
        "",
        "«\u00a0Eau\u00a0»",
    ],
)
def test_le_and_de_keep_their_vowel(word: str) -> None:
    assert not formats.elides(word)


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("0", "zéro euro"),
        ("0.01", "un centime"),
        ("1", "un euro"),
        ("1.02", "un euro et deux centimes"),
        ("21", "vingt et un euros"),
        ("80", "quatre-vingts euros"),
        ("2000000", "deux millions d’euros"),
        ("2000001", "deux millions un euros"),
        ("-3", "moins trois euros"),
        ("9.605", "neuf euros et soixante et un centimes"),
    ],
)
def test_amounts_in_words_agree(amount: str, expected: str) -> None:
    assert expected == formats.euros_in_words(Decimal(amount))


@given(st.decimals(0, 10**9, places=2))
def test_what_is_written_remembers_its_value(amount: Decimal) -> None:
    assert formats.euros(amount).valeur == amount
    assert formats.number(amount).valeur == amount


def test_the_signs_of_french_stay_with_their_words() -> None:
    assert formats.unbroken("« a » : b ? 12:30") == "«\u00a0a\u00a0»\u00a0: b\u00a0? 12:30"
