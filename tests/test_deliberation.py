"""An act of the assembly, made by the real LibreOffice from the sample."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pikepdf
import pytest
import yaml
from conftest import ROOT, Docgen, Sample, copy_sample

from docgen import office, publish
from docgen.actes.deliberation import Deliberation
from docgen.champs.pack import curly
from docgen.diagnostics import ConversionFailed, ProblemsFound
from docgen.formats import euros
from docgen.law import prefecture as actes
from docgen.pdf.pdftext import page_texts, squeezed
from docgen.records.workspace import load

NUMBER, SLUG = "04/2023-06", "04-2023-06"
SENT = "99_DE-082-200061257-20230411-04202306-DE-1-1_"
SEANCE = "seances/2023-04-11.yaml"
FILES = [
    f"actes/{SENT}1.pdf",
    f"actes/{SENT}2.pdf",
    f"annexes-{SLUG}.pdf",
    f"bordereau-{SLUG}.pdf",
    f"deliberation-{SLUG}.docx",
    f"deliberation-{SLUG}.pdf",
    f"extrait-{SLUG}.docx",
    f"extrait-{SLUG}.pdf",
    f"publication-{SLUG}.docx",
    f"publication-{SLUG}.pdf",
]


def make(sample: Sample) -> list[Path]:
    return Deliberation(sample.workspace, NUMBER, office.find()).make()


def folder(sample: Sample) -> Path:
    return sample.root / "output/deliberations" / SLUG


def text(sample: Sample, name: str) -> str:
    """Return the text of a PDF of the act, spaces folded."""
    return re.sub(r"\s+", " ", " ".join(page_texts((folder(sample) / f"{name}-{SLUG}.pdf").read_bytes())))


@pytest.fixture(scope="module")
def act(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """The act of the sample. Tests only read it."""
    sample = copy_sample(tmp_path_factory.mktemp("act") / "workspace")
    make(sample)
    return sample


@pytest.fixture(scope="module")
def undated(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """The same before it is transmitted and published, all its annexes left out. Tests only read it."""
    sample = copy_sample(tmp_path_factory.mktemp("undated") / "workspace")
    sample.edit(SEANCE, "    transmise_le: 2023-04-13\n    publiee_le: 2023-04-18\n", "")
    sample.edit(SEANCE, "    edition: 2023-04\n", "")
    make(sample)
    return sample


def test_an_act_is_ten_files(act: Sample) -> None:
    found = [p.relative_to(folder(act)).as_posix() for p in folder(act).rglob("*") if p.is_file()]
    assert FILES == sorted(name for name in found if not name.endswith("receipt.json"))


def test_the_act_prints_each_visa_and_each_paragraph_of_its_expose(act: Sample) -> None:
    seance = yaml.load((ROOT / SEANCE).read_text("utf-8"), yaml.BaseLoader)["deliberations"][0]
    page = squeezed(text(act, "deliberation"))
    assert (5, 9) == (len(seance["visas"]), len(seance["expose"]))
    for visa in seance["visas"]:
        assert squeezed(curly(visa.get("texte") or visa["objet"])) in page
    for number in ("02/2022-02", "09/2022-02", "12/2022-03"):
        assert f"Vuladélibérationdu Comité syndical n°{number}du".replace(" ", "") in page
    for paragraph in seance["expose"]:
        assert squeezed(curly(" ".join(paragraph.split()[:12]))) in page


@pytest.mark.parametrize(
    "said",
    [
        "APPROUVE la modification de la convention",
        "AUTORISE le Président à signer cette convention",
        "CHARGE le Président des formalités",
        "En exercice 20 655",
        "Présents 12 379",
        "Représentés 3 157",
        "Absents excusés 5 119",
        "Quorum 328 voix Atteint",
        "M. GARGUY Bernard (Délégué titulaire) a donné pouvoir à Mme PIZZINI",
        "deux mille vingt-trois et le onze du mois d’avril (11.04.2023)",
        "Modifie la délibération n° 12/2022-03 du 6 décembre 2022",
        "Adoptée à l’unanimité 15 membres présents ou représentés, soit 536 voix",
        "Annexe 2 – Volet 1 : solution de stockage et de sauvegarde mutualisée",
        "La Secrétaire de séance, Le Président, Catherine BOURDONCLE Jean-Michel BAYLET",
    ],
)
def test_the_act_prints_what_the_assembly_did(act: Sample, said: str) -> None:
    assert said in text(act, "deliberation")


def test_the_enforceable_act_is_certified_with_both_dates(act: Sample) -> None:
    page = text(act, "deliberation")
    certified = page.index("Certifié exécutoire")
    assert page.index("transmise au représentant de l’État le 13 avril 2023 et publiée le 18 avril 2023") > certified
    assert "non exécutoire" not in page


def test_without_its_dates_the_sheet_and_not_the_act_says_that_it_is_not_enforceable(undated: Sample) -> None:
    page = text(undated, "deliberation")
    assert "Acte non exécutoire à ce jour" in text(undated, "bordereau")
    assert "non exécutoire" not in page, "what is signed and sent says nothing that its sending makes false"
    assert "Certifié exécutoire" not in page
    assert "2023 et publiée le" not in page


def test_an_act_without_an_edition_has_no_annex(undated: Sample) -> None:
    assert [] == list(folder(undated).rglob("annexes*"))
    assert [f"{SENT}1.pdf"] == sorted(p.name for p in (folder(undated) / "actes").glob("*.pdf"))


def test_the_annexes_are_the_texts_with_their_77_prices(act: Sample) -> None:
    page = squeezed(text(act, "annexes"))
    rule = load(act.workspace).edition.volets[0].tarif
    assert rule
    rows = ["".join(squeezed(euros(price)) for price in ligne.votee) for ligne in rule.lignes]
    assert 77 == sum(len(ligne.votee) for ligne in rule.lignes)
    assert [] == [row for row in rows if row not in page]


def test_the_annexes_hold_no_data_of_a_member(act: Sample) -> None:
    page = squeezed(text(act, "annexes"))
    for member in yaml.load((ROOT / "members.yaml").read_text("utf-8"), yaml.BaseLoader)["membres"]:
        private = [member["nom"], member["siret"]]
        for person in (member["representant"], member.get("referent", {})):
            private += [person[key] for key in ("nom", "telephone", "courriel") if key in person]
        assert [] == [value for value in private if squeezed(curly(value)) in page]
    assert "établissementpublicoulacollectivitémembre" in page


@pytest.mark.parametrize(
    "said",
    [
        "082-200061257-20230411-04202306-DE",
        "Numéro de l’acte 04202306",
        "8-4-0-0-0 – Aménagement du territoire",
        "Date de la décision 11/04/2023",
        f"d’un bouquet de services {SENT}1.pdf",
        f"Convention d’accès au bouquet de services numériques et ses annexes {SENT}2.pdf",
        "Envoyé le 13/04/2023 14:35:24",
        "Accusé de réception, le 13/04/2023 14:35:46",
    ],
)
def test_the_sheet_of_the_sending_says_what_is_sent(act: Sample, said: str) -> None:
    assert said in text(act, "bordereau")


def test_the_copy_to_be_put_on_line_says_when_and_by_whom_and_has_no_place_to_sign(act: Sample) -> None:
    page = text(act, "publication")
    assert "Mise en ligne le 18 avril 2023 par Monsieur Jean-Michel BAYLET, Président." in page
    assert "Signé : Le Président, Jean-Michel BAYLET ; La Secrétaire de séance, Catherine BOURDONCLE." in page
    assert "CHARGE le Président des formalités" in page
    with pikepdf.open(folder(act) / f"publication-{SLUG}.pdf") as pdf:
        assert "/AcroForm" not in pdf.Root


def test_the_extract_is_signed_by_the_president_alone(act: Sample) -> None:
    page = text(act, "extrait")
    assert "EXTRAIT DU REGISTRE DES DÉLIBÉRATIONS" in page
    assert "Pour extrait conforme au registre, Le Président, Jean-Michel BAYLET" in page
    with pikepdf.open(folder(act) / f"extrait-{SLUG}.pdf") as pdf:
        assert [str(one.T) for one in pdf.Root.AcroForm.Fields] == ["sig_president_extrait"]


def test_a_workspace_without_the_templates_of_the_copies_is_told(sample: Sample, docgen: Docgen) -> None:
    (sample.root / "templates/extrait.docx").unlink()
    code, told = docgen(sample.root, "deliberation", NUMBER)
    assert code == 0
    assert "Sans templates/extrait.docx, cette copie n'est pas faite" in told
    assert (folder(sample) / f"publication-{SLUG}.pdf").is_file()


def test_ordinals_are_raised_and_read_the_same(act: Sample) -> None:
    with zipfile.ZipFile(folder(act) / f"deliberation-{SLUG}.docx") as docx:
        body = docx.read("word/document.xml").decode()
    up = re.findall(r'<w:vertAlign w:val="superscript"/></w:rPr><w:t[^>]*>([^<]+)</w:t>', body)
    assert up == ["er", "ème", "ème", "ème", "er"]
    assert "DELBREIL Thierry (1er Vice-Président)" in text(act, "deliberation")


def test_the_files_of_the_sending_may_have_their_titles(sample: Sample) -> None:
    """As the reference's sheet has them; platforms rename them anyway."""
    sample.edit("syndicat.yaml", 'departement: "082"\n', 'departement: "082"\nnoms: titres\n')
    make(sample)
    sent = sorted(path.name for path in (folder(sample) / "actes").glob("*.pdf"))
    assert sent == [
        "04 2023 06 Modification de la convention avec les membres du syndicat mixte Tarn-et-Garonne Aménagement "
        "pour la mise à disposition d'un bouquet de services.pdf",
        "04 2023 06 PJ Convention d'accès au bouquet de services numériques et ses annexes.pdf",
    ]
    assert sent[1] in text(sample, "bordereau").replace("’", "'")


def test_the_list_of_a_seance_has_its_acts_and_its_last_day(sample: Sample, docgen: Docgen) -> None:
    code, told = docgen(sample.root, "seance", "2023-04-11")
    assert code == 0, told
    path = sample.root / "output/seances/2023-04-11/liste-deliberations-2023-04-11.pdf"
    page = re.sub(r"\s+", " ", " ".join(page_texts(path.read_bytes())))
    assert "04/2023-06" in page
    assert "approuvée Adoptée à l’unanimité" in page
    assert "au plus tard le 18 avril 2023" in page
    for day, said in (("2023-04-12", "aucune séance n'est du 12/04/2023"), ("hier", "n'est pas une date")):
        code, told = docgen(sample.root, "seance", day)
        assert code != 0
        assert said in told


def test_a_rejected_act_is_in_the_list_too(sample: Sample, docgen: Docgen) -> None:
    sample.edit(SEANCE, "resultat: à l'unanimité\n      pour: {membres: 15, voix: 536}", "resultat: ajournée")
    assert docgen(sample.root, "seance", "2023-04-11")[0] == 0
    path = sample.root / "output/seances/2023-04-11/liste-deliberations-2023-04-11.pdf"
    assert "ajournée" in " ".join(page_texts(path.read_bytes()))


def test_what_is_sent_is_what_was_made_byte_for_byte(act: Sample) -> None:
    for rank, name in enumerate(("deliberation", "annexes"), 1):
        sent = (folder(act) / "actes" / f"{SENT}{rank}.pdf").read_bytes()
        assert (folder(act) / f"{name}-{SLUG}.pdf").read_bytes() == sent


def test_an_act_made_again_is_the_same_and_nothing_is_rewritten(act: Sample, tmp_path: Path) -> None:
    before = {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in folder(act).rglob("*")}
    assert FILES == [p.relative_to(folder(act)).as_posix() for p in make(act)]
    assert before == {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in folder(act).rglob("*")}
    other = copy_sample(tmp_path / "other")
    make(other)
    assert act.files() == other.files()


def test_a_file_that_somebody_changed_is_kept_under_another_name(undated: Sample, tmp_path: Path) -> None:
    sample = copy_sample(tmp_path / "workspace")
    (sample.root / SEANCE).write_bytes((undated.root / SEANCE).read_bytes())
    publish.write(_ready(folder(sample)) / f"deliberation-{SLUG}.docx", b"written before docgen")
    make(sample)
    kept = folder(sample) / f"deliberation-{SLUG}.modifie-1.docx"
    assert b"written before docgen" == kept.read_bytes()
    pdf = folder(sample) / f"deliberation-{SLUG}.pdf"
    made = pdf.read_bytes()
    pdf.write_bytes(b"signed by hand")
    make(sample)
    assert b"signed by hand" == pdf.with_stem(f"{pdf.stem}.modifie-1").read_bytes()
    assert made == pdf.read_bytes()


def _ready(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


def test_an_unknown_number_gets_the_closest(sample: Sample) -> None:
    with pytest.raises(ProblemsFound, match=r"« 04/2023-07 » n'est dans aucune séance .*\n.*dire « 04/2023-06 » \?"):
        Deliberation(sample.workspace, "04/2023-07", office.find())


def test_an_unknown_number_far_from_all_gets_those_that_are_known(sample: Sample) -> None:
    with pytest.raises(ProblemsFound, match=r"Délibérations connues : 04/2023-06\."):
        Deliberation(sample.workspace, "zzz", office.find())


@pytest.mark.parametrize(
    ("file", "before", "after", "said"),
    [
        (SEANCE, "matiere: 8.4", "matiere: 9.9", "la matière « 9.9 » n'est pas dans la nomenclature"),
        (SEANCE, "    titre: >-\n", "    titre: >-\n" + "      un titre trop long\n" * 25, "le maximum est 499"),
        (SEANCE, "Modification de la", "Ǆ Modification de la", "que la préfecture ne lit pas : Ǆ"),
        (SEANCE, "numero: 04/2023-06", "numero: délib-06", "le numéro « délib-06 » donne « DÉLIB06 »"),
        ("actes.yaml", "09/2022-02", "04-2023/06", "« 04-2023/06 » et « 04/2023-06 » deviennent le même numéro"),
        ("syndicat.yaml", 'departement: "082"\n', "", "syndicat.yaml ne donne pas « departement »"),
    ],
)
def test_an_act_that_the_prefecture_would_refuse_makes_nothing(
    sample: Sample, file: str, before: str, after: str, said: str
) -> None:
    sample.edit(file, before, after)
    if "délib" in after:
        sample.edit("templates/2023-04/edition.yaml", before, after)
    if "09/2022-02" in before:
        sample.edit(SEANCE, f"deliberation: {before}", f"deliberation: {after}")
    number = "délib-06" if "délib" in after else NUMBER
    with pytest.raises(ProblemsFound) as raised:
        Deliberation(sample.workspace, number, office.find())
    assert said in str(raised.value)
    assert re.search(rf"{SEANCE}:\d+:\d+: erreur", str(raised.value)) or f"{SEANCE}: erreur" in str(raised.value)
    assert {} == sample.files()


def test_all_that_keeps_an_act_from_being_sent_is_told_at_once(sample: Sample) -> None:
    sample.edit(SEANCE, "matiere: 8.4", "matiere: 9.9")
    sample.edit(SEANCE, "numero: 04/2023-06", "numero: n")
    sample.edit("templates/2023-04/edition.yaml", "numero: 04/2023-06", "numero: n")
    with pytest.raises(ProblemsFound) as raised:
        Deliberation(sample.workspace, "n", office.find())
    assert ["envoi-impossible"] * 2 == [d.code for d in raised.value.diagnostics]


def test_files_too_heavy_for_the_prefecture_make_nothing(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actes, "SIZE_MAX", 1000)
    with pytest.raises(ConversionFailed, match="dépassent 150 Mo"):
        make(sample)
    assert {} == sample.files()
