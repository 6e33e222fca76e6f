"""What each kind of value accepts, the one form that it is kept in, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError
from stdnum.fr import siret as stdnum_siret

from docgen.model import values


def refused(check: Callable[[Any], Any], text: Any) -> dict[str, str]:
    """Return code, message and hint of the refusal."""
    with pytest.raises(PydanticCustomError) as caught:
        check(text)
    context = dict(caught.value.context or {})
    assert context["message"] == str(caught.value)
    return context


@pytest.mark.parametrize(
    "written",
    ["21820901300018", "218 209 013 00018", "218\u00a0209\u202f013\u200900018", " 2182090130 0018 "],
)
def test_a_siret_is_kept_as_fourteen_digits(written: str) -> None:
    assert "21820901300018" == values.siret(written)


@pytest.mark.parametrize("written", ["35600000000048", "356 000 000 49837"])
def test_la_poste_has_its_own_key(written: str) -> None:
    assert values.SPACES.sub("", written) == values.siret(written)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("2182090130001", "« 2182090130001 » en a 13"),
        ("218209013000181", "« 218209013000181 » en a 15"),
        ("FR21820901300018", "contient autre chose que des chiffres"),
        ("218-209-013-00018", "contient autre chose que des chiffres"),
        ("²18209013000180", "contient autre chose que des chiffres"),
        ("٢١٨٢٠٩٠١٣٠٠٠١٨", "contient autre chose que des chiffres"),
    ],
)
def test_a_siret_of_another_shape_is_refused(written: str, message: str) -> None:
    assert message in refused(values.siret, written)["message"]


@given(st.integers(0, 13), st.integers(1, 9))
def test_any_single_wrong_digit_of_a_siret_is_seen(place: int, shift: int) -> None:
    right = "21820901300018"
    digit = (int(right[place]) + shift) % 10
    assert "clé de contrôle" in refused(values.siret, f"{right[:place]}{digit}{right[place + 1 :]}")["message"]


@given(st.text("0123456789", min_size=14, max_size=14))
def test_a_siret_is_accepted_when_its_key_is_right(digits: str) -> None:
    if digits in values.DUMMIES or len(set(digits[:9])) == 1:
        assert refused(values.siret, digits)["code"] == "siret-factice"
    elif stdnum_siret.is_valid(digits):
        assert digits == values.siret(digits)
    else:
        assert "siret-invalide" == refused(values.siret, digits)["code"]


@pytest.mark.parametrize(
    "written",
    ["05 36 49 00 11", "0536490011", "05.36.49.00.11", "05-36-49-00-11", "(05) 36 49 00 11",
     "+33 5 36 49 00 11", "+33 (0)5 36 49 00 11", "0033 5 36 49 00 11", "05\u00a036\u202f49 00 11"],
)  # fmt: skip
def test_a_phone_is_kept_as_it_is_printed(written: str) -> None:
    assert "05\u00a036\u00a049\u00a000\u00a011" == values.phone(written)


@pytest.mark.parametrize("region", values.PHONE_REGIONS)
def test_a_phone_from_overseas_needs_no_country_code(region: str) -> None:
    local = phonenumbers.example_number(region)
    written = phonenumbers.format_number(local, phonenumbers.PhoneNumberFormat.NATIONAL)
    kept = values.phone(written)
    assert "".join(filter(str.isdigit, kept)).endswith(str(local.national_number))


def test_a_phone_from_abroad_keeps_its_country_code() -> None:
    assert "+32\u00a02\u00a0546\u00a081\u00a011" == values.phone("+32 2 546 81 11")


@pytest.mark.parametrize(
    "written",
    ["05 36 49 OOO 1", "O5 36 49 00 11", "05 36 49 00 11 poste 12", "05 36 49 00 11;12",
     "Tél. 05 36 49 00 11", "05 36 49 00 11 / 05 36 49 00 12", ""],
)  # fmt: skip
def test_a_phone_is_never_guessed_from_letters(written: str) -> None:
    assert "contient autre chose qu'un numéro" in refused(values.phone, written)["message"]


@pytest.mark.parametrize(("written", "count"), [("05 36 49 00 1", 9), ("15", 2), ("05 36 49 00 11 05 36 49 00 12", 20)])
def test_a_phone_of_another_length_is_counted(written: str, count: int) -> None:
    assert f"(il y en a {count} ici)" in refused(values.phone, written)["hint"]


@pytest.mark.parametrize("written", ["mairie@x.example", "Secrétariat@Mairie.example", "a.b+c@x-y.example"])
def test_a_mail_address_is_accepted(written: str) -> None:
    assert written.lower() == values.email(written).lower()


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("mairie x.example", "espace"),
        ("mairie@x.example\u00a0", "espace"),
        ("mairie", "@"),
        ("a@x.example;b@x.example", "une seule"),
        ("a@b", "mairie@commune.fr"),
        ("<a@x.example>", "mairie@commune.fr"),
    ],
)
def test_a_mail_address_is_refused_with_its_reason(written: str, hint: str) -> None:
    assert hint in refused(values.email, written)["hint"]


def test_a_date_is_written_year_first() -> None:
    assert date(2023, 5, 12) == values.day("2023-05-12") == values.day(" 2023-05-12 ")


@pytest.mark.parametrize("written", ["12/05/2023", "12-05-2023", "12.5.2023"])
def test_a_date_in_french_order_is_given_back_in_order(written: str) -> None:
    assert "Écrivez 2023-05-12." == refused(values.day, written)["hint"]


@pytest.mark.parametrize("written", ["2023-02-29", "31/04/2023", "2023-13-01", "0000-01-01"])
def test_a_date_that_does_not_exist_is_refused(written: str) -> None:
    assert "n'existe pas au calendrier" in refused(values.day, written)["message"]


@pytest.mark.parametrize("written", ["20230512", "2023-5-2", "12/05/23", "2023-W20-1", "2023-05-12T10:00", "hier", ""])
def test_other_forms_of_a_date_are_not_read(written: str) -> None:
    assert "n'est pas une date" in refused(values.day, written)["message"]


@given(st.dates())
def test_a_date_comes_back_from_its_iso_form(day: date) -> None:
    assert day == values.day(day.isoformat())


@pytest.mark.parametrize(
    ("written", "kept"), [("oui", True), ("OUI", True), (" oui ", True), ("non", False), ("Non", False)]
)
def test_yes_and_no_are_french(written: str, kept: bool) -> None:
    assert kept is values.yes_or_no(written)


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("yes", "« oui »"),
        ("True", "« oui »"),
        ("1", "« oui »"),
        ("NO", "« non »"),
        ("off", "« non »"),
        ("peut-être", "oui ou non"),
    ],
)
def test_other_words_are_not_taken_for_yes_or_no(written: str, hint: str) -> None:
    assert hint in refused(values.yes_or_no, written)["hint"]


@pytest.mark.parametrize(("written", "kept"), [("0", 0), ("24", 24), ("1 250", 1250), ("1\u202f250", 1250)])
def test_a_whole_number_may_have_its_thousands_apart(written: str, kept: int) -> None:
    assert kept == values.whole(written)


@pytest.mark.parametrize("written", ["012", "2E3", "-1", "+1", "1,5", "1.0", "0x1F", "½", "²", "٣", ""])
def test_what_is_not_a_whole_number_is_refused(written: str) -> None:
    assert "nombre-attendu" == refused(values.whole, written)["code"]


@pytest.mark.parametrize(
    ("written", "kept"),
    [("9,60", "9.60"), ("1 250,50", "1250.50"), ("1\u202f250.50 €", "1250.50"), ("20 %", "20")],
)
def test_a_number_has_a_comma_or_a_point(written: str, kept: str) -> None:
    assert Decimal(kept) == values.decimal_number(written)


@pytest.mark.parametrize("written", ["9,", ",5", "1,2,3", "-1", "1e3", "NaN", "Infinity", ""])
def test_what_is_not_a_number_is_refused(written: str) -> None:
    assert "nombre-attendu" == refused(values.decimal_number, written)["code"]


def test_a_row_of_amounts_is_written_as_the_act_prints_it() -> None:
    expected = (Decimal("9.60"), Decimal("9.12"), Decimal("8.64"))
    assert expected == values.amounts("9,60 €  9,12 €  8,64 €") == values.amounts("9,60 9.12   8,64")


@pytest.mark.parametrize(
    ("text", "better"),
    [
        ("../x", "x"),
        ("C:\\Windows", "c-windows"),
        ("Sœurs de l'Été", "soeurs-de-l-ete"),
        ("CON", "membre-con"),
        ("lpt1", "membre-lpt1"),
        ("..", "membre"),
        ("a" * 59 + "-b", "a" * 59),
        ("été\n", "ete"),
    ],
)
def test_a_name_unsafe_as_a_folder_is_refused_with_a_better_one(text: str, better: str) -> None:
    assert f"Écrivez par exemple {better}." == refused(values.folder_name, text)["hint"]


@pytest.mark.parametrize("text", ["a", "82", "commune-d-auberoque", "console", "a" * 60])
def test_a_name_safe_as_a_folder_is_kept(text: str) -> None:
    assert text == values.folder_name(text)


@given(st.text(max_size=80))
@example("a-" * 31)
@example("ŒUVRE ℌ")
@example("com1")
def test_the_better_name_is_always_safe(text: str) -> None:
    try:
        assert text == values.folder_name(text)
    except PydanticCustomError as refusal:
        better = dict(refusal.context or {})["hint"].removeprefix("Écrivez par exemple ").removesuffix(".")
        assert better == values.folder_name(better)


@pytest.mark.parametrize(("written", "kept"), [("01000", "01000"), ("82 000", "82000"), ("82\u00a0000", "82000")])
def test_a_postcode_keeps_its_zeros(written: str, kept: str) -> None:
    assert kept == values.postcode(written)


@pytest.mark.parametrize("written", ["8200", "820000", "2A004", "F-82000", "٨٢٠٠٠"])
def test_a_postcode_has_five_digits(written: str) -> None:
    assert "code-postal-invalide" == refused(values.postcode, written)["code"]


def test_a_text_loses_its_useless_spaces_and_keeps_the_others() -> None:
    assert "Maison «\u00a0Les Tilleuls\u00a0», 2e étage" == values.plain_text(
        "  Maison «\u00a0Les Tilleuls\u00a0»,\n2e   étage\t"
    )


@pytest.mark.parametrize(
    "check",
    [values.plain_text, values.siret, values.phone, values.email, values.day, values.yes_or_no, values.whole,
     values.decimal_number, values.amounts, values.folder_name, values.postcode],
)  # fmt: skip
@pytest.mark.parametrize("value", [[], ["a"], {"a": "b"}, None, 12, 1.5, True])
def test_only_a_text_is_a_value(check: Callable[[Any], Any], value: Any) -> None:
    assert "texte-attendu" == refused(check, value)["code"]


def test_braces_in_a_value_are_shown_as_they_are() -> None:
    assert "« {x} %s » n'est pas une date" == refused(values.day, "{x} %s")["message"]


@pytest.mark.parametrize(
    "written", ["00000000000000", "11111111111111", "000 000 000 00018", "732 829 320 00074", "12345678901234"]
)
def test_the_siret_of_an_example_is_refused_as_nobody_s(written: str) -> None:
    found = refused(values.siret, written)
    assert found["code"] == "siret-factice"
    assert "exemple" in found["message"]
