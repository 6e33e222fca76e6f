"""From records to the model: every case of record_cases/, all problems at once, in French."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from builders import ACT, CONTACT, SIGNATORY, SIRETS, TAKEN, a_member, members_yaml, record
from hypothesis import given, settings
from hypothesis import strategies as st

from docgen.diagnostics import Diagnostic, Severity
from docgen.model.fiches import Membre
from docgen.records import reading as records
from docgen.records import validate
from docgen.records.reading import KEY, Record

ROOT = Path(__file__).parent.parent
TODAY = date(2024, 1, 1)
EDITION_YAML = ROOT / "templates" / "2023-04" / "edition.yaml"
CASES = sorted((Path(__file__).parent / "record_cases").glob("*.yaml"))
EXPECTED = re.compile(r"\s*# attendu (?:(\d+):)?(\d+) ([a-z-]+) \| (.+?)(?: \| (.+))?")
READ_AS = re.compile(r"\s*# lu (.+)")
ENGLISH = re.compile(
    r"\b(input|should|field|expected|found|while|mapping|value|string|character|token|block|scalar|stream|context|"
    r"missing|invalid|must|not|allowed|None|True|False)\b",
    re.IGNORECASE,
)


def the_edition() -> Any:
    found, problems = validate.edition(records.read(EDITION_YAML), "2023-04", TODAY)
    assert found, problems
    return found


EDITION = the_edition()


def problems_of(found: Record) -> list[Diagnostic]:
    """Return all that docgen says of a members.yaml."""
    return sorted(validate.membres(found, TODAY, EDITION)[1])


def problems(*members: dict[str, Any]) -> list[Diagnostic]:
    return problems_of(record(members_yaml(*members)))


def said_by(case: Path) -> list[Diagnostic]:
    return problems_of(records.read(case))


def announced(case: Path) -> list[tuple[int, int, str, str, str]]:
    """Return line, column, code, piece of message and piece of hint of each « attendu »."""
    lines = case.read_text("utf-8").splitlines()
    found = []
    for number, text in enumerate(lines, 1):
        if match := EXPECTED.fullmatch(text):
            line, column, code, message, hint = match.groups()
            below = next((n for n, t in enumerate(lines[number:], number + 1) if not t.lstrip().startswith("#")), 0)
            found.append((int(line or below), int(column), code, message, hint or ""))
        else:
            assert "attendu" not in text, f"{case.name}:{number} is not in the convention"
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_case_says_what_it_announces_and_nothing_else(case: Path) -> None:
    expected, said = announced(case), said_by(case)
    assert [e[:3] for e in expected] == [(d.place.line, d.place.column, d.code) for d in said]
    for (*_, message, hint), diagnostic in zip(expected, said, strict=True):
        assert message in diagnostic.message
        assert hint in diagnostic.hint


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_case_reads_values_as_they_are_written(case: Path) -> None:
    found = records.read(case)
    lines = case.read_text("utf-8").splitlines()
    marks = {n: match[1] for n, text in enumerate(lines, 2) if (match := READ_AS.fullmatch(text))}
    read = {place[0]: validate._at(found.tree, path) for path, place in found.places.items() if path[-1:] != (KEY,)}
    assert marks == {number: read[number] for number in marks}
    assert marks or announced(case) or not said_by(case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_message_is_french_and_tells_how_to_mend(case: Path) -> None:
    for diagnostic in said_by(case):
        assert_french(diagnostic)


def assert_french(diagnostic: Diagnostic) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", diagnostic.code)
    assert diagnostic.hint, diagnostic
    assert (diagnostic.message, diagnostic.hint) == (diagnostic.message.strip(), diagnostic.hint.strip())
    own_words = re.sub(r"« .*? »", "«»", f"{diagnostic.message}\n{diagnostic.hint}", flags=re.DOTALL)
    assert ENGLISH.findall(own_words) == []
    assert re.findall(r"\S[:;?!»](?:\s|$)", own_words.replace("«»", "")) == [], "a French sign has a space before it"
    assert diagnostic.message[-1] not in ".:;,"
    assert diagnostic.hint[-1] in ".?"


def test_nine_faults_come_at_once_in_order_each_at_its_place() -> None:
    found = record(
        "membres:\n"
        "  - id: Montrivière\n"
        "    nom: Commune {{ membre.nom }}\n"
        "    forme: mairie\n"
        "    siret: 218 209 013 00019\n"
        "    siege:\n"
        "      adresse: ZA #3\n"
        "      code_postal: 8290\n"
        "      comune: Montrivière\n"
        "    souscriptions:\n"
        "      - volet: stockage\n"
        "        utilisateurs: 0\n"
        "        stockage: 3 To\n"
        "        gfu: yes\n"
    )
    assert [
        "members.yaml:2:9 id-invalide",
        "members.yaml:3:10 signe-de-champ",
        "members.yaml:4:12 valeur-inconnue",
        "members.yaml:5:12 siret-invalide",
        "members.yaml:7:19 diese",
        "members.yaml:8:20 code-postal-invalide",
        "members.yaml:9:7 champ-inconnu",
        "members.yaml:12:23 nombre-hors-limites",
        "members.yaml:14:14 oui-non-attendu",
    ] == [f"{d.place} {d.code}" for d in problems_of(found)]
    for diagnostic in problems_of(found):
        assert_french(diagnostic)


def test_a_valid_member_has_no_problem() -> None:
    full = a_member(
        representant=SIGNATORY | {"habilitation": ACT},
        referent=CONTACT,
        facturation=[{"exercice": "2023", "code_service": "FIN", "numero_engagement": "0042"}],
        souscriptions=[TAKEN],
    )
    other = a_member(id="valserre", nom="Commune de Valserre", siret=SIRETS[1])
    assert [] == problems(full, other)


def test_only_the_wrong_members_are_told_of() -> None:
    wrong = a_member(id="valserre", nom="Commune de Valserre", siret="1")
    assert [("siret-invalide", 13)] == [(d.code, d.place.line) for d in problems(a_member(), wrong)]


def test_a_third_copy_is_told_against_the_first() -> None:
    said = problems(
        a_member(), a_member(nom="Commune de B", siret=SIRETS[1]), a_member(nom="Commune de C", siret=SIRETS[2])
    )
    assert ["l'identifiant « montriviere » est déjà ligne 2"] * 2 == [d.message for d in said]


def test_duplicates_are_told_beside_other_faults() -> None:
    said = problems(a_member(), a_member(forme="mairie"))
    assert ["en-double", "en-double", "valeur-inconnue", "en-double"] == [d.code for d in said]


def test_accents_spoilt_by_an_editor_do_not_hide_other_faults() -> None:
    said = problems(a_member(nom="Commune de MontriviÃ¨re", siret="1"))
    assert ["accents-abimes", "siret-invalide"] == [d.code for d in said]


def test_a_session_may_be_to_come() -> None:
    """Only what is said to be done must be in the past: a session may be prepared."""
    planned = {"numero": "2024-03", "date": "2024-02-01"}
    assert [] == problems(a_member(representant=SIGNATORY | {"habilitation": planned}))


def membre(**changes: Any) -> Membre:
    return Membre.model_validate(a_member(**changes))


def test_a_vote_older_than_the_edition_is_only_a_warning() -> None:
    old = ACT | {"date": "2023-04-10", "transmise_le": "2023-04-12"}
    members = a_member(representant=SIGNATORY | {"habilitation": old})
    found = record(members_yaml(members))
    (warning,) = validate.warnings([Membre.model_validate(members)], EDITION, found)
    assert (Severity.WARNING, "habilitation-anterieure", 17) == (
        warning.severity,
        warning.code,
        warning.place.line,
    )
    assert "(10/04/2023) précède le vote des textes (11/04/2023)" in warning.message
    assert_french(warning)


def test_a_vote_of_the_same_day_is_no_warning() -> None:
    same = membre(representant=SIGNATORY | {"habilitation": ACT | {"date": "2023-04-11"}})
    assert [] == list(validate.warnings([same, membre()], EDITION, Record("members.yaml")))


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"representant": SIGNATORY | {"habilitation": ACT}}, []),
        ({}, ["délibération du membre inconnue"]),
        ({"representant": SIGNATORY}, ["délibération du membre inconnue"]),
        (
            {"representant": SIGNATORY | {"habilitation": {"numero": "1", "date": "2023-05-12"}}},
            ["délibération du membre non transmise", "délibération du membre non publiée"],
        ),
    ],
)
def test_a_pack_is_signed_only_after_transmission_and_publication(changes: dict[str, Any], missing: list[str]) -> None:
    assert missing == validate.missing_for_signature(membre(**changes), EDITION)


def test_the_act_of_the_syndicat_too_must_be_in_force() -> None:
    act = EDITION.deliberation.model_copy(update={"publiee_le": None})
    edition = EDITION.model_copy(update={"deliberation": act})
    ready = membre(representant=SIGNATORY | {"habilitation": ACT})
    assert ["délibération n° 04/2023-06 du syndicat non publiée"] == validate.missing_for_signature(ready, edition)


NAMES = [
    "id",
    "nom",
    "siret",
    "siege",
    "adresse",
    "representant",
    "habilitation",
    "transmise_le",
    "facturation",
    "x",
]
TEXTS = st.sampled_from(["", " ", "oui", "12", "0", "2023-05-12", "2099-01-01", "M.", "commune", "{x}", "x" * 400])
TREES = st.recursive(TEXTS | st.none(), lambda t: st.lists(t, max_size=3) | st.dictionaries(st.sampled_from(NAMES), t))


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from([*Membre.model_fields, "x"]), TREES)) | TREES)
def test_no_error_of_pydantic_is_left_untranslated(tree: Any) -> None:
    for found in (Record("members.yaml", {"membres": tree}), Record("members.yaml", tree)):
        for diagnostic in problems_of(found):
            assert "valeur-invalide" != diagnostic.code
            assert_french(diagnostic)


def test_a_problem_names_the_member_that_it_is_about() -> None:
    wrong = a_member(id="valserre", nom="Commune de Valserre", siret="1")
    (problem,) = problems(a_member(), wrong)
    assert problem.message.endswith("(valserre)")
