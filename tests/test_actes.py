"""What the préfecture's programs take: numbers, identifiers, names of files, objet, matières, acknowledgements."""

from __future__ import annotations

import re
from datetime import date

import pytest
from conftest import Sample
from hypothesis import assume, given
from hypothesis import strategies as st

from docgen.diagnostics import ProblemsFound
from docgen.law import prefecture as actes
from docgen.records.workspace import load

# actesv1_1.xsd, type IDActe; S²LOW's NUMBER_REGEXP; Pastell's definition.yml.
XSD = re.compile(
    r"[0|9][0-9][A|B|0-9]-[0-9]{9}-[0-9]{8}-([a-zA-Z0-9][a-zA-Z0-9\-_ ]{0,13})?[a-zA-Z0-9]-[A-Z]{2}", re.ASCII
)
S2LOW = re.compile(r"([A-Z0-9][A-Z0-9_]{0,13})?[A-Z0-9]", re.ASCII)
PASTELL = re.compile(r"[0-9A-Z_]{2,15}", re.ASCII)
IDENTIFIER = "082-200061257-20230411-04202306-DE"
NAMESPACE = "http://www.interieur.gouv.fr/ACTES#v1.1-20040216"
SEANCE = "seances/2023-04-11.yaml"


@pytest.mark.parametrize(
    ("printed", "sent"),
    [
        ("04/2023-06", "04202306"),
        ("2023.17", "202317"),
        ("n° 12", "N12"),
        ("cp-2023-06-27", "CP20230627"),
        ("2023_17", "2023_17"),
        ("1234567890/12345", "123456789012345"),
        ("A1", "A1"),
    ],
)
def test_the_number_is_sent_without_its_separators(printed: str, sent: str) -> None:
    assert sent == actes.internal_number(printed)


@pytest.mark.parametrize(
    "printed", ["1234567890/123456", "délib-1", "7", "", "/-. ", "_12", "12_", "12+1", "12\u00a01"]
)
def test_a_number_that_s2low_or_pastell_refuses_is_refused(printed: str) -> None:
    with pytest.raises(ValueError, match=f"le numéro « {re.escape(printed)} » donne"):
        actes.internal_number(printed)


def test_the_identifier_is_that_of_the_real_acknowledgement() -> None:
    assert IDENTIFIER == actes.identifier("082", "200061257", date(2023, 4, 11), "04/2023-06")
    assert XSD.fullmatch(IDENTIFIER)


@given(st.from_regex(r"[A-Za-z0-9_/. °\-éß]{1,20}", fullmatch=True), st.dates(date(1900, 1, 1)))
def test_what_is_accepted_here_is_accepted_everywhere(printed: str, day: date) -> None:
    try:
        sent = actes.internal_number(printed)
    except ValueError:
        assume(False)
    assert S2LOW.fullmatch(sent)
    assert PASTELL.fullmatch(sent)
    found = actes.identifier("02A", "200061257", day, printed)
    assert XSD.fullmatch(found)
    assert len(found) <= 41
    assert actes.file_name(found, actes.ACT_CODE, 1).isascii()


def test_numbers_that_become_the_same_are_told() -> None:
    assert [("04/2023-06", "0420/23-06")] == actes.collisions(["04/2023-06", "é", "05/2023-06", "0420/23-06"])
    assert [] == actes.collisions(["04/2023-06", "04/2023-07"])


def test_the_files_of_the_envelope_have_the_names_of_the_ministry() -> None:
    assert f"99_DE-{IDENTIFIER}-1-1_1.pdf" == actes.file_name(IDENTIFIER, actes.ACT_CODE, 1)
    assert f"99_DE-{IDENTIFIER}-1-1_2.pdf" == actes.file_name(IDENTIFIER, actes.ANNEX_CODE, 2)


def test_an_objet_has_499_characters_at_most() -> None:
    assert [] == actes.objet_faults("é" * 499)
    assert ["l'objet a 500 caractères, le maximum est 499"] == actes.objet_faults("é" * 500)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_an_objet_has_no_line_break(end: str) -> None:
    assert ["l'objet contient un saut de ligne"] == actes.objet_faults(f"un{end}deux")


def test_what_iso_8859_1_lacks_is_refused_as_it_is_and_passes_once_written_otherwise() -> None:
    objet = "L’œuvre – 10\u202f€ : « Œil » … “oui” — ‘non’"
    assert ["l'objet contient des caractères que la préfecture ne lit pas : Œ œ – — ‘ ’ “ ” … \u202f €"] == (
        actes.objet_faults(objet)
    )
    assert "L'oeuvre - 10\u00a0euros : « OEil » ... \"oui\" - 'non'" == actes.plain(objet)
    assert [] == actes.objet_faults(actes.plain(objet))


def test_what_cannot_be_written_otherwise_stays_and_is_refused() -> None:
    assert "Łódź" == actes.plain("Łódź")
    assert ["l'objet contient des caractères que la préfecture ne lit pas : Ł ź"] == actes.objet_faults("Łódź")


@given(st.text())
def test_an_objet_without_fault_can_be_sent(objet: str) -> None:
    written = actes.plain(objet)
    if not actes.objet_faults(written):
        written.encode("iso-8859-1")
        assert re.fullmatch(r".{0,499}", written)


@pytest.mark.parametrize(
    ("code", "label", "sent"),
    [
        ("8.4", "Aménagement du territoire", "8-4-0-0-0"),
        ("7.10", "Divers", "7-10-0-0-0"),
        ("8.4.1", "Aménagement du territoire", "8-4-1-0-0"),
        ("8.4.1.2.3", "Aménagement du territoire", "8-4-1-2-3"),
    ],
)
def test_a_matiere_is_known_by_its_first_two_levels_and_sent_with_five(code: str, label: str, sent: str) -> None:
    assert label == actes.matiere_label(code)
    assert sent == actes.matiere_code(code)


def test_a_matiere_that_the_classification_lacks_is_an_error() -> None:
    with pytest.raises(KeyError):
        actes.matiere_label("9.9")


def test_the_classification_has_its_nine_domains_and_57_matieres() -> None:
    per_domain = [sum(code.startswith(f"{n}.") for code in actes.matieres()) for n in range(1, 10)]
    assert [7, 3, 6, 5, 8, 5, 10, 9, 4] == per_domain
    assert 57 == len(actes.matieres())


@pytest.mark.parametrize(
    ("file", "before", "after", "code", "said"),
    [
        (SEANCE, "numero: 04/2023-06", "numero: 12/2022-03", "en-double", "le numéro « 12/2022-03 » est déjà pris"),
        (SEANCE, "modifie: 12/2022-03", "modifie: 12/2022-04", "acte-inconnu", "Vouliez-vous dire « 12/2022-03 » ?"),
        (SEANCE, "modifie: 12/2022-03", "modifie: 04/2023-06", "acte-cite-lui-meme", "se cite elle-même"),
        (SEANCE, "deliberation: 02/2022-02", "deliberation: 77/1999-A", "acte-inconnu", "Ajoutez-la à actes.yaml"),
        (SEANCE, "date: 2022-02-01", "date: 2022-02-02", "date-du-visa", "« 02/2022-02 » est du 01/02/2022"),
        (SEANCE, "transmise_le: 2023-04-13", "transmise_le: 2023-04-10", "dates-incoherentes", "précède la séance"),
        ("actes.yaml", "date: 2022-12-06", "date: 2023-12-06", "acte-posterieur", "du 06/12/2023, après cette séance"),
    ],
)  # fmt: skip
def test_the_acts_that_a_deliberation_cites_exist_and_come_before_it(
    sample: Sample, file: str, before: str, after: str, code: str, said: str
) -> None:
    sample.edit(file, before, after)
    with pytest.raises(ProblemsFound) as raised:
        load(sample.workspace)
    told = next(str(d) for d in raised.value.diagnostics if d.code == code)
    assert said in told
    assert told.startswith(f"{SEANCE}:")


def test_the_visas_come_from_the_oldest_to_the_latest(sample: Sample) -> None:
    for file in (SEANCE, "actes.yaml"):
        sample.edit(file, "2022-02-01", "2022-10-01")
    with pytest.raises(ProblemsFound, match="les visas ne sont pas par date"):
        load(sample.workspace)
