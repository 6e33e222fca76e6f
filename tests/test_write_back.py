"""What happened to an act is written into its record: one line more, every other byte as it was."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from datetime import date
from pathlib import Path

import builders
import pytest
from builders import write
from conftest import Docgen, Sample

from docgen.actes import write_back
from docgen.diagnostics import ConversionFailed, ExitCode, ProblemsFound
from docgen.records.validate import missing_for_signature
from docgen.records.workspace import load

NUMBER, SEANCE, EDITION = "04/2023-06", "seances/2023-04-11.yaml", "templates/2023-04/edition.yaml"
TRANSMITTED, PUBLISHED = "    transmise_le: 2023-04-13\n", "    publiee_le: 2023-04-18\n"
SECOND = """
  # Celle qui suit ; ce commentaire est à elle.
  - numero: 04/2023-07
    titre: Une autre
    matiere: 7.10
    dispositif:
      - {verbe: APPROUVE, texte: le texte}
    vote: {resultat: à l'unanimité}
# La fin de la fiche.
"""


@pytest.fixture
def undated(sample: Sample) -> Sample:
    """The sample before its act is transmitted and published: no date in the record, nor in the edition."""
    sample.edit(SEANCE, TRANSMITTED + PUBLISHED, "")
    sample.edit(EDITION, (TRANSMITTED + PUBLISHED).replace("    ", "  "), "")
    sample.edit(SEANCE, "    envoyee_le: 2023-04-13 14:35:24\n    recue_le: 2023-04-13 14:35:46\n", "")
    return sample


def aracte(sample: Sample, identifier: str = "082-200061257-20230411-04202306-DE", day: str = "2023-04-13") -> Path:
    return write(sample.root, "aracte.xml", builders.aracte(identifier, day))


def record(sample: Sample) -> bytes:
    return (sample.root / SEANCE).read_bytes()


def refused(sample: Sample, said: str, what: Callable[[], object]) -> None:
    """Check that it is refused with these words, and that nothing is written."""
    before = record(sample)
    with pytest.raises(ProblemsFound) as raised:
        what()
    assert said in str(raised.value)
    assert before == record(sample)
    assert [Path(SEANCE).name] == [p.name for p in (sample.root / "seances").iterdir()]


def test_an_acknowledgement_writes_one_line_and_no_other_byte(undated: Sample) -> None:
    before = record(undated)
    noted = write_back.acknowledged(undated.workspace, aracte(undated))
    assert (NUMBER, date(2023, 4, 13)) == (noted.numero, noted.courrier.jour)
    number = b"  - numero: 04/2023-06\n"
    assert before.replace(number, number + TRANSMITTED.encode()) == record(undated)


def test_the_publication_is_written_under_the_transmission(undated: Sample) -> None:
    before = record(undated)
    write_back.acknowledged(undated.workspace, aracte(undated))
    write_back.published(undated.workspace, NUMBER, date(2023, 4, 18))
    number = b"  - numero: 04/2023-06\n"
    assert before.replace(number, number + (TRANSMITTED + PUBLISHED).encode()) == record(undated)
    found = load(undated.workspace).seances[0].deliberations[0]
    assert (date(2023, 4, 13), date(2023, 4, 18)) == (found.transmise_le, found.publiee_le)


@pytest.mark.parametrize(
    "layout",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: codecs.BOM_UTF8.decode() + text,
        lambda text: codecs.BOM_UTF8.decode() + text.replace("\n", "\r\n"),
        lambda text: text.rstrip("\n"),
        lambda text: text + "\n\n# La fin.\n",
        lambda text: text.replace("numero: 04/2023-06", "numero: '04/2023-06'  # « tel quel »"),
        lambda text: text.replace("lieu: salle du", 'lieu: "salle, dite ' + "« longue » " * 20 + "; du").replace(
            "Tarn-et-Garonne\nvisio", 'Tarn-et-Garonne"\nvisio'
        ),
        lambda text: text.replace("    titre: >-", "    # Le titre de l'acte :\n\n    titre: >-", 1),
        lambda text: text + SECOND,
        lambda text: text.replace("    matiere: 8.4\n", "    matiere: '8.4'   # Aménagement\n"),
    ],
    ids=[
        "crlf", "mark of utf-8", "crlf and mark", "no end of line", "comment at the end", "quotes and comment",
        "long quoted text", "comment above the title", "another act below", "comment beside",
    ],
)  # fmt: skip
def test_whatever_the_layout_one_line_is_added(undated: Sample, layout: Callable[[str], str]) -> None:
    path = undated.root / SEANCE
    path.write_bytes(layout(path.read_text("utf-8")).encode())
    before = record(undated).split(b"\n")
    write_back.published(undated.workspace, NUMBER, date(2023, 4, 18))
    after = record(undated).split(b"\n")
    end = b"\r" if before[0].endswith(b"\r") else b""
    assert 1 == after.count(PUBLISHED.encode().rstrip() + end)
    at = after.index(PUBLISHED.encode().rstrip() + end)
    assert before == after[:at] + after[at + 1 :]
    assert b"numero: " in after[at - 1] or b"numero: " in after[at - 3]
    assert date(2023, 4, 18) == load(undated.workspace).seances[0].deliberations[0].publiee_le


def test_each_act_of_a_seance_gets_its_own_date(undated: Sample) -> None:
    path = undated.root / SEANCE
    path.write_text(path.read_text("utf-8") + SECOND, "utf-8")
    write_back.published(undated.workspace, "04/2023-07", date(2023, 4, 19))
    first, second = load(undated.workspace).seances[0].deliberations
    assert (None, date(2023, 4, 19)) == (first.publiee_le, second.publiee_le)
    assert b"  - numero: 04/2023-07\n    publiee_le: 2023-04-19\n    titre: Une autre\n" in record(undated)


def test_an_act_is_found_by_its_place_even_when_its_number_looks_like_a_figure(undated: Sample) -> None:
    undated.edit(SEANCE, "numero: 04/2023-06", "numero: 0012")
    undated.edit(EDITION, "numero: 04/2023-06", "numero: 0012")
    write_back.published(undated.workspace, "0012", date(2023, 4, 18))
    assert b"  - numero: 0012\n    publiee_le: 2023-04-18\n" in record(undated)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{id: baylet,", "{ id: baylet,"),
        ("date: 2023-04-11\n", "date:   2023-04-11\n"),
        ("M., prenom: Jean-Michel", "M.,\n     prenom: Jean-Michel"),
        ("# La séance", "---\n# La séance"),
    ],
)
def test_a_layout_that_would_change_is_refused_with_the_line_to_add(undated: Sample, before: str, after: str) -> None:
    undated.edit(SEANCE, before, after)
    refused(
        undated,
        "docgen ne sait pas noter « publiee_le: 2023-04-18 » sans changer la mise en page du fichier "
        "[ecriture-refusee]\n  Ajoutez ces lignes à la main",
        lambda: write_back.published(undated.workspace, NUMBER, date(2023, 4, 18)),
    )


@pytest.mark.parametrize(
    "layout",
    [lambda text: text.encode("utf-16"), lambda text: text.replace("\n", "\r\n", 5).encode()],
    ids=["utf-16", "two ends of line"],
)
def test_a_file_that_nobody_else_could_have_written_so_is_refused(
    undated: Sample, layout: Callable[[str], bytes]
) -> None:
    path = undated.root / SEANCE
    path.write_bytes(layout(path.read_text("utf-8")))
    refused(undated, "[ecriture-refusee]", lambda: write_back.published(undated.workspace, NUMBER, date(2023, 4, 18)))


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2023, 4, 10), "n° 04/2023-06 : le 10/04/2023 précède la séance du 11/04/2023"),
        (date(2023, 5, 3), "n° 04/2023-06 : le 03/05/2023 n'est pas encore passé"),
    ],
)
def test_a_date_before_the_seance_or_still_to_come_is_refused(
    undated: Sample, monkeypatch: pytest.MonkeyPatch, day: date, said: str
) -> None:
    undated.edit(SEANCE, "    edition: 2023-04\n", "")
    monkeypatch.setattr(write_back, "today", lambda: date(2023, 5, 2))
    refused(undated, said, lambda: write_back.published(undated.workspace, NUMBER, day))


def test_today_is_not_in_the_future(undated: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_back, "today", lambda: date(2023, 5, 2))
    write_back.published(undated.workspace, NUMBER, date(2023, 5, 2))
    assert b"    publiee_le: 2023-05-02\n" in record(undated)


def test_a_date_already_written_is_refused_and_the_same_changes_nothing(sample: Sample) -> None:
    refused(
        sample,
        "publiee_le vaut déjà 18/04/2023 : corrigez la fiche à la main",
        lambda: write_back.published(sample.workspace, NUMBER, date(2023, 4, 19)),
    )
    before = record(sample)
    write_back.published(sample.workspace, NUMBER, date(2023, 4, 18))
    assert before == record(sample)


def test_the_acknowledgement_of_another_act_is_refused(undated: Sample) -> None:
    file = aracte(undated, "082-200061257-20230411-04202307-DE")
    refused(
        undated,
        "(accusé de réception) est celui de 082-200061257-20230411-04202307-DE, qui n'est pas un acte connu ici "
        "[accuse-etranger]\n  Vouliez-vous dire « 082-200061257-20230411-04202306-DE » ?",
        lambda: write_back.acknowledged(undated.workspace, file),
    )


def test_a_file_that_is_not_an_acknowledgement_is_refused(undated: Sample) -> None:
    before = record(undated)
    with pytest.raises(ConversionFailed, match="n'est pas un fichier XML lisible"):
        write_back.acknowledged(undated.workspace, undated.root / "members.yaml")
    assert before == record(undated)


def test_an_act_whose_number_cannot_be_sent_does_not_hide_the_others(undated: Sample) -> None:
    path = undated.root / SEANCE
    path.write_text(path.read_text("utf-8") + SECOND.replace("04/2023-07", "é"), "utf-8")
    noted = write_back.acknowledged(undated.workspace, aracte(undated))
    assert (NUMBER, date(2023, 4, 13)) == (noted.numero, noted.courrier.jour)


def test_once_both_dates_are_recorded_the_packs_are_no_more_projets_for_the_syndicat(undated: Sample) -> None:
    data = load(undated.workspace)
    pending = [
        "délibération n° 04/2023-06 du syndicat non transmise",
        "délibération n° 04/2023-06 du syndicat non publiée",
    ]
    assert pending == missing_for_signature(data.membres[0], data.edition)
    write_back.acknowledged(undated.workspace, aracte(undated))
    write_back.published(undated.workspace, NUMBER, date(2023, 4, 18))
    data = load(undated.workspace)
    assert [] == missing_for_signature(data.membres[0], data.edition)
    assert date(2023, 4, 18) == data.edition.deliberation.executoire_le


@pytest.mark.parametrize(("field", "after"), [("transmise_le", "2023-04-14"), ("publiee_le", "2023-04-19")])
def test_dates_of_the_edition_that_are_not_those_of_the_seance_are_an_error(
    sample: Sample, field: str, after: str
) -> None:
    before = {"transmise_le": "2023-04-13", "publiee_le": "2023-04-18"}[field]
    sample.edit(EDITION, f"{field}: {before}", f"{field}: {after}")
    with pytest.raises(ProblemsFound) as raised:
        load(sample.workspace)
    said = [f"{int(day[8:])}/04/2023" for day in (after, before)]
    (found,) = raised.value.diagnostics
    assert ("dates-differentes", EDITION) == (found.code, found.place.file)
    assert f"« {field} » ({said[0]}) n'est pas celle de la séance du 11/04/2023 : {said[1]}" in found.message
    assert f"({SEANCE}, ligne 11" in found.message


def test_the_command_records_an_acknowledgement_then_a_publication(docgen: Docgen, undated: Sample) -> None:
    told = docgen(undated.root, "record", "acknowledged", str(aracte(undated)))
    assert (ExitCode.DONE, "Délibération n° 04/2023-06 : reçue en préfecture le 13/04/2023.\n") == told
    told = docgen(undated.root, "record", "published", NUMBER, "2023-04-18")
    assert (ExitCode.DONE, "Délibération n° 04/2023-06 : publiée le 18/04/2023.\n") == told
    assert (TRANSMITTED + PUBLISHED).encode() in record(undated)


@pytest.mark.parametrize(
    ("day", "said", "hint"),
    [
        ("18/04/2023", "la date « 18/04/2023 » s'écrit année-mois-jour", "Écrivez 2023-04-18."),
        ("hier", "« hier » n'est pas une date", "Écrivez année-mois-jour, par exemple 2023-04-11."),
        ("2023-02-30", "la date « 2023-02-30 » n'existe pas au calendrier", "Vérifiez le jour et le mois."),
    ],
)
def test_a_date_in_another_form_is_a_usage_error_in_french(
    docgen: Docgen, undated: Sample, day: str, said: str, hint: str
) -> None:
    before = record(undated)
    code, told = docgen(undated.root, "record", "published", NUMBER, day)
    assert ExitCode.USAGE == code
    assert said in told
    assert hint in told
    assert before == record(undated)


def test_the_command_gives_the_closest_number_of_an_unknown_one(docgen: Docgen, undated: Sample) -> None:
    code, told = docgen(undated.root, "record", "published", "04/2023-60", "2023-04-18")
    assert ExitCode.PROBLEMS == code
    assert "Vouliez-vous dire « 04/2023-06 » ?" in told
