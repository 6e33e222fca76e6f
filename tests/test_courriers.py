"""What the préfecture sends back: read, believed only when it echoes what was sent, noted on its act."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from builders import aracte, write
from conftest import Docgen, Sample

from docgen.diagnostics import ConversionFailed, ExitCode
from docgen.law import courriers
from docgen.records.workspace import load

IDENTIFIER = "082-200061257-20230411-04202306-DE"
NUMBER, SEANCE, EDITION = "04/2023-06", "seances/2023-04-11.yaml", "templates/2023-04/edition.yaml"
XMLNS = 'xmlns:a="http://www.interieur.gouv.fr/ACTES#v1.1-20040216"'


def letter(element: str, inner: str = "", day: str = 'a:DateCourrierPref="2023-05-10"') -> str:
    return f'<a:{element} {XMLNS} a:IDActe="{IDENTIFIER}" {day}>{inner}</a:{element}>'


def anomaly(detail: str = "L'annexe est illisible") -> str:
    received = re.search(r"<a:ActeRecu.*</a:ActeRecu>", aracte(), re.S)
    assert received
    said = f"<a:Date>2023-04-12</a:Date><a:Nature>005</a:Nature><a:Detail>{detail}</a:Detail>{received[0]}"
    version = "<a:ClassificationDateVersionEnCours>2019-08-29</a:ClassificationDateVersionEnCours>"
    return f"<a:AnomalieActe {XMLNS}>{said}{version}</a:AnomalieActe>"


def envelope(name: str = f"{IDENTIFIER}-1-1_0.xml") -> str:
    form = (
        f"<a:FormulairesEnvoyes><a:Formulaire><a:NomFichier>{name}</a:NomFichier></a:Formulaire></a:FormulairesEnvoyes>"
    )
    said = "<a:Date>2023-04-12</a:Date><a:Nature>003</a:Nature><a:Detail>Schéma</a:Detail>"
    return f"<a:AnomalieEnveloppe {XMLNS}>{said}<a:EnveloppeRecue>{form}</a:EnveloppeRecue></a:AnomalieEnveloppe>"


DEPOSE, ILLEGAL = "<a:DateDepot>2023-06-01</a:DateDepot>", "<a:NatureIllegalite>Voté hors séance</a:NatureIllegalite>"
DEFERE = letter("DefereTA", DEPOSE + ILLEGAL, "")


@pytest.fixture
def undated(sample: Sample) -> Sample:
    """The sample before its act is sent to the préfecture."""
    dates = "    transmise_le: 2023-04-13\n    publiee_le: 2023-04-18\n"
    sample.edit(SEANCE, dates, "")
    sample.edit(EDITION, dates.replace("    ", "  "), "")
    sample.edit(SEANCE, "    envoyee_le: 2023-04-13 14:35:24\n    recue_le: 2023-04-13 14:35:46\n", "")
    return sample


def noted(sample: Sample, docgen: Docgen, text: str) -> tuple[int, str]:
    return docgen(sample.root, "record", "acknowledged", str(write(sample.root, "message.xml", text)))


def record(sample: Sample) -> str:
    return (sample.root / SEANCE).read_text("utf-8")


def test_an_acknowledgement_is_read(tmp_path: Path) -> None:
    found = courriers.read(write(tmp_path, "ar.xml", aracte()))
    assert (found.element, found.identifiant, found.jour, found.moment) == (
        "ARActe",
        IDENTIFIER,
        date(2023, 4, 13),
        None,
    )
    assert found.recu
    assert (found.recu.numero, found.recu.nature, found.recu.matiere, found.recu.annexes) == ("04202306", "1", "8.4", 1)


@pytest.mark.parametrize("status", ["4\n", "4\r\n", " 4 \n"])
def test_the_status_form_of_s2low_is_read_too(tmp_path: Path, status: str) -> None:
    found = courriers.read(write(tmp_path, "ar.xml", status + aracte().split("\n", 1)[1]))
    assert found.identifiant == IDENTIFIER


def test_attributes_without_a_prefix_and_an_hour_are_read(tmp_path: Path) -> None:
    text = aracte(day="2023-04-13T14:35:46").replace("a:IDActe", "IDActe").replace("a:DateReception", "DateReception")
    found = courriers.read(write(tmp_path, "ar.xml", text))
    assert (found.jour, found.moment) == (date(2023, 4, 13), datetime(2023, 4, 13, 14, 35, 46))


NOT_ONE = "n'est pas un message de la préfecture"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "n'est pas un fichier XML lisible"),
        ("%PDF-1.7", "n'est pas un fichier XML lisible"),
        (aracte()[:-5], "n'est pas un fichier XML lisible"),
        (aracte(element="Acte"), NOT_ONE),
        (aracte().replace("?>", "?><!DOCTYPE x>"), NOT_ONE),
        (aracte(day="&d;").replace("?>", '?><!DOCTYPE x [<!ENTITY d "2023-04-13">]>'), NOT_ONE),
        (aracte().replace("#v1.1-20040216", "#v9"), "n'est pas du schéma ACTES de la préfecture"),
        (aracte().replace(f'a:IDActe="{IDENTIFIER}"', "").replace("NomFichier", "Nom"), "ne porte pas l'identifiant"),
        (aracte(day="13/04/2023"), "ne porte pas de date lisible"),
        (aracte(day="2023-02-30"), "ne porte pas de date lisible"),
        (aracte(day=""), "ne porte pas de date lisible"),
    ],
)
def test_what_is_no_message_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConversionFailed, match=re.escape(f"« ar.xml » {said}")):
        courriers.read(write(tmp_path, "ar.xml", text))


def test_a_message_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConversionFailed, match=r"« absent\.xml » n'est pas un fichier XML lisible"):
        courriers.read(tmp_path / "absent.xml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (aracte(number="04202307"), "donne le numéro « 04202307 », et l'acte envoyé « 04202306 »"),
        (aracte(date="2023-04-12"), "donne la date « 2023-04-12 », et l'acte envoyé « 2023-04-11 »"),
        (aracte(nature="4"), "donne la nature « 4 », et l'acte envoyé « 1 »"),
        (aracte(matiere="7.10"), "donne la matière « 7.10 », et l'acte envoyé « 8.4 »"),
        (aracte(matiere="8"), "donne la matière « 8 », et l'acte envoyé « 8.4 »"),
        (aracte(objet="Un autre objet"), "donne l'objet « Un autre objet »"),
        (aracte(annexes=0), "donne le nombre d'annexes « 0 », et l'acte envoyé « 1 »"),
        (aracte(annexes=2), "donne le nombre d'annexes « 2 », et l'acte envoyé « 1 »"),
        (f'<a:ARActe {XMLNS} a:IDActe="{IDENTIFIER}" a:DateReception="2023-04-13"/>', "ne redit pas l'acte reçu"),
        (aracte("082-213100001-20230411-04202306-DE"), "qui n'est pas un acte connu ici"),
    ],
)
def test_an_acknowledgement_that_does_not_echo_what_was_sent_is_refused(
    undated: Sample, docgen: Docgen, text: str, said: str
) -> None:
    before = record(undated)
    code, told = noted(undated, docgen, text)
    assert (code, said in told) == (ExitCode.PROBLEMS, True), told
    assert record(undated) == before


def test_each_difference_of_an_acknowledgement_is_told(undated: Sample, docgen: Docgen) -> None:
    _, told = noted(undated, docgen, aracte(matiere="7.10", annexes=3, nature="2"))
    assert told.count("[accuse-infidele]") == 3


def test_an_objet_is_compared_as_it_travels(undated: Sample, docgen: Docgen) -> None:
    code, told = noted(undated, docgen, aracte(matiere="8.4.0.0.0").replace("d'un bouquet", "d’un\n bouquet"))
    assert (code, told) == (0, "Délibération n° 04/2023-06 : reçue en préfecture le 13/04/2023.\n")


def test_an_hour_that_the_prefecture_gives_is_kept(undated: Sample, docgen: Docgen) -> None:
    assert noted(undated, docgen, aracte(day="2023-04-13T14:35:46"))[0] == 0
    assert "    recue_le: 2023-04-13 14:35:46\n    transmise_le: 2023-04-13\n" in record(undated)
    (acte,) = load(undated.workspace).seances[0].deliberations
    assert acte.recue_le == datetime(2023, 4, 13, 14, 35, 46)


@pytest.mark.parametrize(
    ("text", "nature", "objet", "said"),
    [
        (anomaly(), "anomalie", "anomalie 005 : L'annexe est illisible", "REFUSÉE par la préfecture le 12/04/2023"),
        (envelope(), "anomalie", "anomalie 003 : Schéma", "REFUSÉE par la préfecture le 12/04/2023"),
        (
            letter("LettreObservations", "<a:Motif>Le quorum n'est pas prouvé</a:Motif>"),
            "lettre d'observations", "Le quorum n'est pas prouvé", "lettre d'observations du 10/05/2023",
        ),
        (
            letter("DemandePieceComplementaire", "<a:DescriptionPieces>La convocation</a:DescriptionPieces>"),
            "demande de pièces complémentaires", "La convocation", "demande de pièces complémentaires du 10/05/2023",
        ),
        (
            DEFERE,
            "déféré", "Voté hors séance", "déféré du 01/06/2023",
        ),
        (letter("CourrierSimple"), "courrier simple", None, "courrier simple du 10/05/2023"),
    ],
    ids=["anomaly", "envelope", "observations", "pieces", "defere", "letter"],
)  # fmt: skip
def test_what_the_prefecture_writes_is_told_and_noted_once(
    undated: Sample, docgen: Docgen, text: str, nature: str, objet: str | None, said: str
) -> None:
    for _ in range(2):
        code, told = noted(undated, docgen, text)
        assert (code, said in told) == (0, True), told
    (acte,) = load(undated.workspace).seances[0].deliberations
    assert [(one.nature, one.objet) for one in acte.courriers] == [(nature, objet)]
    assert acte.transmise_le is None


def test_a_second_letter_is_added_to_the_first(undated: Sample, docgen: Docgen) -> None:
    noted(undated, docgen, letter("CourrierSimple"))
    noted(undated, docgen, letter("LettreObservations", "<a:Motif>Le quorum</a:Motif>"))
    (acte,) = load(undated.workspace).seances[0].deliberations
    assert [one.nature for one in acte.courriers] == ["courrier simple", "lettre d'observations"]


def test_an_anomaly_of_an_envelope_that_names_no_act_of_ours_is_told(undated: Sample, docgen: Docgen) -> None:
    code, told = noted(undated, docgen, envelope("enveloppe.xml"))
    assert (code, "un acte qu'il ne nomme pas" in told) == (ExitCode.PROBLEMS, True)


def test_a_cancelled_transmission_makes_its_packs_projets_again(sample: Sample, docgen: Docgen) -> None:
    """The act of the sample is in force and a pack of it left: both are told."""
    assert sample.build("commune-de-montriviere")
    assert docgen(sample.root, "record", "sent", "commune-de-montriviere", "2023-07-01")[0] == 0
    code, told = noted(sample, docgen, letter("ARAnnulation", "", 'a:DateReception="2023-07-05"'))
    assert (code, "est annulée depuis le 05/07/2023" in told) == (0, True), told
    assert "commune-de-montriviere a reçu un pack qui en dépend" in told
    assert "    annulee_le: 2023-07-05\n" in record(sample)
    (outcome,) = sample.build("cc-des-deux-vallees")
    assert outcome.receipt
    assert outcome.receipt.etat == "PROJET"
    assert any("sa transmission a été annulée le 05/07/2023" in why for why in outcome.receipt.manque)
    code, told = noted(sample, docgen, aracte(day="2023-07-06"))
    assert (code, "effacez « transmise_le » et « annulee_le »" in told) == (ExitCode.PROBLEMS, True)


@pytest.fixture
def prepared(undated: Sample, docgen: Docgen) -> Sample:
    """The act, made and ready to be sent."""
    assert docgen(undated.root, "deliberation", NUMBER)[0] == 0
    return undated


def files(sample: Sample) -> dict[str, bytes]:
    folder = sample.root / "output/deliberations/04-2023-06/actes"
    return {path.name: path.read_bytes() for path in folder.glob("*.pdf")}


def test_what_was_sent_is_never_written_over(prepared: Sample, docgen: Docgen) -> None:
    before = files(prepared)
    _, told = noted(prepared, docgen, aracte())
    assert "Les fichiers transmis et leur reçu sont figés" in told
    assert (prepared.root / "transmissions/04-2023-06.json").is_file()
    assert docgen(prepared.root, "record", "published", NUMBER, "2023-04-18")[0] == 0
    assert docgen(prepared.root, "deliberation", NUMBER)[0] == 0
    assert files(prepared) == before
    code, told = docgen(prepared.root, "verify", str(next(prepared.root.glob("output/deliberations/*/actes/*_1.pdf"))))
    assert (code, "octet pour octet, ce que docgen a fabriqué" in told) == (0, True), told


def test_an_act_that_was_sent_cannot_say_something_else(prepared: Sample, docgen: Docgen) -> None:
    noted(prepared, docgen, aracte())
    prepared.edit(SEANCE, "lieu: salle du Conseil", "lieu: cave du Conseil")
    before = prepared.files()
    code, told = docgen(prepared.root, "deliberation", NUMBER)
    assert code == ExitCode.PROBLEMS
    assert "l'acte transmis n'est plus ce que disent la séance et le modèle : ils disent « (cave »" in told
    assert prepared.files() == before


def test_what_the_prefecture_wrote_is_recalled_by_check(undated: Sample, docgen: Docgen) -> None:
    noted(undated, docgen, DEFERE)
    code, told = docgen(undated.root, "check")
    assert (code, "délibération n° 04/2023-06, déféré du 01/06/2023 : Voté hors séance" in told) == (0, True), told


def test_what_was_sent_and_is_lost_is_told_and_not_made_again(prepared: Sample, docgen: Docgen) -> None:
    noted(prepared, docgen, aracte())
    shutil.rmtree(prepared.root / "output/deliberations/04-2023-06/actes")
    code, told = docgen(prepared.root, "deliberation", NUMBER)
    assert code == 0
    assert told.count("[transmis-perdu]") == 2
    assert docgen(prepared.root, "check")[1].count("[transmis-perdu]") == 2
    assert files(prepared) == {}


Change = Callable[[str], str]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("envoyee_le: hier", "« hier » n'est pas un jour et une heure"),
        ("envoyee_le: 2023-04-13 25:00:00", "n'est pas un jour et une heure"),
        ("recue_le: 2023-02-30 10:00", "n'existe pas au calendrier"),
        ("courriers: [{nature: lettre, date: 2023-05-10}]", "anomalie"),
    ],
)
def test_a_moment_and_a_letter_are_checked(undated: Sample, docgen: Docgen, line: str, said: str) -> None:
    undated.edit(SEANCE, "  - numero: 04/2023-06\n", f"  - numero: 04/2023-06\n    {line}\n")
    code, told = docgen(undated.root, "check")
    assert (code, said in told) == (ExitCode.PROBLEMS, True), told
