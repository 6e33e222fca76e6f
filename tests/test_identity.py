"""What a record says of an authority goes together; numbers, hours, codes are read for what they are."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builders import a_member, members_yaml, record
from conftest import Docgen, Sample
from pydantic_core import PydanticCustomError

from docgen.diagnostics import Severity
from docgen.model import values
from docgen.model.formes import Forme
from docgen.records import validate
from docgen.records.workspace import today


def codes(**changes: Any) -> dict[str, tuple[str, str, Severity]]:
    _, found = validate.membres(record(members_yaml(a_member(**changes))), today())
    return {one.code: (one.message, one.hint, one.severity) for one in found}


@pytest.mark.parametrize("text", ["12 14", "1 2", "500 2000 10000", "12 1234", "1 234 5"])
def test_a_number_is_digits_or_groups_of_three(text: str) -> None:
    for read in (values.whole, values.decimal_number):
        with pytest.raises(PydanticCustomError, match="groupes de trois chiffres"):
            read(text)


@pytest.mark.parametrize(
    ("text", "number"), [("1 214", 1214), ("12 500 000", 12_500_000), ("1\u202f214", 1214), ("1214", 1214)]
)
def test_spaces_between_thousands_are_read(text: str, number: int) -> None:
    assert number == values.whole(text) == values.decimal_number(text)


def test_an_amount_may_have_its_sign_and_its_cents() -> None:
    assert Decimal("1250.50") == values.decimal_number("1 250,50 €")


@pytest.mark.parametrize(
    ("read", "text", "hint"),
    [
        (values.hour, "18h30", 'Écrivez "18:30".'),
        (values.hour, "18 heures", 'Écrivez "18:00".'),
        (values.departement, "35", 'Écrivez "035".'),
        (values.departement, "2a", 'Écrivez "02A".'),
        (values.matiere, "8,4", "Écrivez 8.4."),
        (values.matiere, "huit", "docgen fields --matieres"),
        (values.amounts, "  ", "un prix par tranche"),
    ],
)
def test_what_is_written_otherwise_has_a_hint(read: Any, text: str, hint: str) -> None:
    with pytest.raises(PydanticCustomError) as raised:
        read(text)
    assert hint in (raised.value.context or {})["hint"]


def test_a_code_that_the_classification_lacks_has_the_nearest(sample: Sample, docgen: Docgen) -> None:
    sample.edit("seances/2023-04-11.yaml", "matiere: 8.4", "matiere: 8.42")
    code, told = docgen(sample.root, "check")
    assert (1, True) == (code, "Vouliez-vous dire 8.4, « Aménagement du territoire » ?" in told)


def test_the_codes_of_matiere_can_be_listed(tmp_path: Path, docgen: Docgen) -> None:
    code, told = docgen(tmp_path, "fields", "--matieres")
    assert (0, True) == (code, "8.4   Aménagement du territoire" in told)


@pytest.mark.parametrize(
    ("nom", "forme", "said"),
    [
        ("La Saint-Gurval", "commune", "Commune de Saint-Gurval"),
        ("Saint-Gurval", "commune", "Commune de Saint-Gurval"),
        ("Mairie de Saint-Gurval", "commune", "Commune de Saint-Gurval"),
        ("Avaugour", "communauté de communes", "Communauté de communes d’Avaugour"),
        ("Département de l'Arvor", "région", "« département »"),
    ],
)
def test_a_name_begins_with_the_words_of_its_form(nom: str, forme: str, said: str) -> None:
    _, hint, severity = codes(nom=nom, forme=forme)["nom-sans-forme"]
    assert (Severity.ERROR, True) == (severity, said in hint)


@pytest.mark.parametrize(
    ("nom", "forme"),
    [
        ("CCAS de Saint-Gurval", "centre communal d'action sociale"),
        ("Ville de Saint-Gurval", "commune"),
        ("SDIS de l'Arvor", "service départemental d'incendie et de secours"),
        ("SIVOM du Menez", "syndicat intercommunal"),
        ("Régie des eaux du Menez", "établissement public"),
        ("Caisse des Écoles de Saint-Gurval", "caisse des écoles"),
    ],
)
def test_the_names_that_such_members_have_are_theirs(nom: str, forme: str) -> None:
    assert "nom-sans-forme" not in codes(nom=nom, forme=forme)


@pytest.mark.parametrize("qualite", ["Présidente", "Vice-présidente", "1ère Adjointe", "Directrice générale"])
def test_the_quality_agrees_with_the_civility(qualite: str) -> None:
    person = {"civilite": "M.", "prenom": "Yann", "nom": "LE GALL", "qualite": qualite}
    assert Severity.ERROR == codes(representant=person)["accord"][2]
    assert "accord" not in codes(representant=person | {"civilite": "Mme"})
    assert "accord" not in codes(representant=person | {"qualite": "Président"})


def test_the_siren_goes_with_the_form() -> None:
    said, _, severity = codes(forme="département", nom="Département de l'Arvor")["siren-et-forme"]
    assert (Severity.WARNING, True, True) == (severity, "commence par 21" in said, "INSEE" in said)
    assert "siren-et-forme" not in codes(siret="200 061 257 00016")


@pytest.mark.parametrize("nom", ["Commune de Ch?teauneuf", "Commune de Saint-?tienne"])
def test_a_letter_that_was_lost_is_told(nom: str) -> None:
    assert "milieu d'un mot" in codes(nom=nom)["accents-abimes"][0]


def test_every_form_has_a_word_that_its_names_begin_with_but_the_free_ones() -> None:
    free = {forme.value for forme in Forme if not forme.begins}
    named = {"établissement public", "établissement public territorial", "collectivité territoriale"}
    assert named | {"pôle métropolitain"} == free
