"""Loading a workspace: the real sample, every problem of every file, editions, the date."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, tzinfo
from pathlib import Path

import pytest
from conftest import Sample
from stdnum.fr import siret as stdnum_siret
from test_validate import assert_french

from docgen import formats
from docgen.champs.pack import Accord
from docgen.diagnostics import Diagnostic, ProblemsFound
from docgen.model.fiches import Membre
from docgen.model.formes import Forme
from docgen.records import validate, workspace
from docgen.records.workspace import Workspace, load

ROOT = Path(__file__).parent.parent
DATA = load(Workspace(ROOT))
MEMBERS = {membre.id: membre for membre in DATA.membres}


@pytest.fixture(autouse=True)
def _new_year_2024(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1704067200")


def refused(root: Path, edition: str | None = None) -> list[Diagnostic]:
    with pytest.raises(ProblemsFound) as caught:
        load(Workspace(root), edition)
    for diagnostic in caught.value.diagnostics:
        assert_french(diagnostic)
    return list(caught.value.diagnostics)


def test_the_sample_has_twelve_members_or_more_and_no_problem() -> None:
    assert len(MEMBERS) >= 12
    assert () == DATA.warnings


def answer(membre: Membre, name: str) -> str:
    """Return what a member answers, or nothing."""
    return str(membre.souscriptions[0].reponses[name]) if membre.souscriptions else ""


AWKWARD = {
    "no référent": lambda m: m.referent.nom is None,
    "no phone": lambda m: m.referent.nom and m.referent.telephone is None,
    "no habilitation yet": lambda m: m.habilitation is None,
    "voted, sent, not published": lambda m: m.habilitation and not m.habilitation.publiee_le,
    "no bill code": lambda m: not m.facturation,
    "two years of bill codes": lambda m: len(m.facturation) > 1,
    "a code that is not a number": lambda m: any((f.code_service or "").startswith("0") for f in m.facturation),
    "apostrophe": lambda m: "'" in m.nom,
    "ampersand": lambda m: "&" in m.nom,
    "guillemets": lambda m: "«" in m.nom,
    "a name in capitals with an accent": lambda m: m.representant and "É" in m.representant.nom,
    "commune": lambda m: m.forme is Forme.COMMUNE,
    "EPCI": lambda m: m.forme.value.startswith("communauté"),
    "neither commune nor EPCI": lambda m: not m.forme.feminine,
    "feminine": lambda m: m.forme.feminine,
    "masculine with le": lambda m: not m.forme.feminine and not formats.elides(m.forme.value),
    "elision": lambda m: Accord(m.forme.value, m.forme.feminine).elided,
    "signed by a woman": lambda m: m.representant and m.representant.civilite == "Mme",
    "signed by a man": lambda m: m.representant and m.representant.civilite == "M.",
    "not chosen": lambda m: not m.souscriptions,
    "GFU only": lambda m: answer(m, "stockage") == "aucun",
    "storage only": lambda m: answer(m, "gfu") == "non",
    "first category": lambda m: 0 < int(answer(m, "utilisateurs") or 0) <= 10,
    "exactly 100 users": lambda m: answer(m, "utilisateurs") == "100",
    "above 100 users": lambda m: int(answer(m, "utilisateurs") or 0) > 100,
}


@pytest.mark.parametrize("case", AWKWARD)
def test_the_sample_has_the_awkward_case(case: str) -> None:
    assert any(AWKWARD[case](membre) for membre in DATA.membres)


def test_the_sample_takes_every_storage_of_the_grid() -> None:
    taken = {answer(m, "stockage") for m in DATA.membres if m.souscriptions}
    assert set(DATA.edition.volets[0].choix[1].valeurs) == taken


def test_the_sample_has_packs_ready_for_signature_and_drafts() -> None:
    ready = Counter(not validate.missing_for_signature(m, DATA.edition) for m in DATA.membres)
    assert ready[True] >= 8
    assert ready[False] >= 2


def test_the_sirets_of_the_sample_are_valid_and_unique() -> None:
    sirets = [m.siret for m in DATA.membres] + [DATA.syndicat.siret]
    assert [] == [s for s in sirets if not stdnum_siret.is_valid(s)]
    assert len(set(sirets)) == len(sirets)


def test_the_phones_and_mails_of_the_sample_reach_no_one() -> None:
    """05 36 49 is reserved for fiction by the Arcep, .example by RFC 2606."""
    phones = [m.referent.telephone for m in DATA.membres if m.referent.telephone]
    mails = [m.referent.courriel for m in DATA.membres if m.referent.courriel]
    assert [] == [p for p in phones if not p.startswith("05\u00a036\u00a049\u00a0")]
    assert [] == [m for m in mails if not m.endswith(".example")]
    assert (len(phones), len(mails)) == (len(set(phones)), len(set(mails)))
    assert len(phones) >= 10


def test_every_problem_of_every_file_comes_at_once(sample: Sample) -> None:
    sample.edit("syndicat.yaml", "ape: 8411Z", "ape: 8411z")
    sample.edit("members.yaml", "forme: département", "forme: mairie")
    sample.edit("templates/2023-04/edition.yaml", "23,34", "23,43")
    said = refused(sample.root)
    assert [
        ("members.yaml", "valeur-inconnue"),
        ("syndicat.yaml", "valeur-mal-formee"),
        ("templates/2023-04/edition.yaml", "grille-differente"),
    ] == [(d.place.file, d.code) for d in said]
    assert "Quatre chiffres et une majuscule : 8411Z." == said[1].hint


def test_the_exception_shows_all_problems_one_below_the_other(sample: Sample) -> None:
    sample.edit("syndicat.yaml", "ape: 8411Z", "ape: 8411z")
    with pytest.raises(
        ProblemsFound, match=r"syndicat\.yaml:\d+:6: erreur: « 8411z » .* \[valeur-mal-formee\]\n  Quatre"
    ):
        load(sample.workspace)


@pytest.mark.parametrize("file", ["syndicat.yaml", "members.yaml"])
def test_a_missing_file_is_told(sample: Sample, file: str) -> None:
    (sample.root / file).unlink()
    (problem,) = refused(sample.root)
    assert (file, "fichier-illisible", "le fichier n'existe pas") == (
        problem.place.file,
        problem.code,
        problem.message,
    )


def test_a_storage_without_a_price_stops_the_packs(sample: Sample) -> None:
    users = "utilisateurs: 112\n        stockage:"
    sample.edit("members.yaml", f"{users} 5 To", f"{users} 6 To")
    (problem,) = refused(sample.root)
    assert ("members.yaml", "valeur-inconnue") == (problem.place.file, problem.code)


def test_a_warning_does_not_stop_the_packs(sample: Sample) -> None:
    sample.edit("members.yaml", "date: 2023-04-27", "date: 2023-04-10")
    (warning,) = load(sample.workspace).warnings
    assert "habilitation-anterieure" == warning.code


def another_edition(sample: Sample, name: str) -> None:
    text = (sample.root / "templates/2023-04/edition.yaml").read_text("utf-8")
    folder = sample.root / "templates" / name
    folder.mkdir()
    text = text.replace("edition: 2023-04", f"edition: {name}").replace("04/2023-06", "01/2024-01")
    (folder / "edition.yaml").write_text(text, "utf-8")


def test_the_latest_edition_counts_unless_one_is_named(sample: Sample) -> None:
    another_edition(sample, "2024-01")
    assert "2024-01" == load(sample.workspace).edition.edition
    assert "2023-04" == load(sample.workspace, "2023-04").edition.edition


@pytest.mark.parametrize(
    ("named", "hint"),
    [
        ("2023-05", "Vouliez-vous dire « 2023-04 » ?"),
        ("convention", "Éditions connues : 2022-12, 2023-04, 2024-01."),
        ("../2023-04", "Vouliez-vous dire « 2023-04 » ?"),
    ],
)
def test_an_unknown_edition_is_told_with_the_closest_one(sample: Sample, named: str, hint: str) -> None:
    another_edition(sample, "2024-01")
    (problem,) = refused(sample.root, named)
    assert ("edition-inconnue", f"l'édition « {named} » n'existe pas", hint) == (
        problem.code,
        problem.message,
        problem.hint,
    )


def test_an_empty_folder_is_not_a_workspace(tmp_path: Path) -> None:
    said = refused(tmp_path)
    assert ["fichier-illisible", "fichier-illisible", "aucune-edition"] == [d.code for d in said]
    assert "docgen init" in said[-1].hint


def test_source_date_epoch_fixes_the_date(monkeypatch: pytest.MonkeyPatch) -> None:
    assert date(2024, 1, 1) == workspace.today()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1704067199")
    assert date(2023, 12, 31) == workspace.today()


def test_a_date_is_in_the_future_as_seen_from_source_date_epoch(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1686700800")  # 14 June 2023
    future = {d.message for d in refused(sample.root)}
    assert "la date du 15/06/2023 n'est pas encore passée (petr-des-collines)" in future
    assert "la date du 14/06/2023 n'est pas encore passée" not in future


class Clock(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Clock:
        return cls(2023, 7, 14, 12, tzinfo=tz)


def test_without_source_date_epoch_the_date_is_that_of_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    monkeypatch.setattr(workspace, "datetime", Clock)
    assert date(2023, 7, 14) == workspace.today()


def test_the_places_of_a_workspace() -> None:
    place = Workspace(Path("/w"))
    assert Path("/w/templates/2023-04/edition.yaml") == place.edition_yaml("2023-04")
    assert Path("/w/templates/2023-04/convention.docx") == place.template("2023-04", DATA.edition.pieces[0])
    assert Path("/w/output/2023-04") == place.packs("2023-04")
    assert "templates/x.docx" == place.shown(Path("/w/templates/x.docx"))
