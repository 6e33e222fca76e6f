"""The whole way from members.yaml to the packs, by the real LibreOffice."""

from __future__ import annotations

import json
import re
import zipfile

import of_sample
import pikepdf
import pytest
from conftest import ROOT, Sample
from pypdf import PdfReader

from docgen import formats
from docgen.packs import receipts
from docgen.pdf import pdftext
from docgen.records.workspace import Workspace, load

DRAFTS = {"commune-de-valserre", "commune-de-lherm-en-causse"}
MEMBERS = [m.id for m in load(Workspace(ROOT)).membres]


def text_by_piece(sample: Sample, member: str) -> dict[str, str]:
    """Return the text of each piece of a pack, without spaces."""
    receipt = receipts.read(sample.folder(member))
    assert receipt
    pages = pdftext.page_texts(sample.pack(member).read_bytes())
    found, start = {}, 0
    for name, piece in receipt.pieces.items():
        found[name] = pdftext.squeezed("".join(pages[start : start + piece.pages]))
        start += piece.pages
    assert start == len(pages)
    return found


@pytest.mark.parametrize("member", MEMBERS)
def test_a_pack_shows_the_member_its_siret_and_its_amounts_where_they_belong(made: Sample, member: str) -> None:
    data = load(made.workspace)
    membre = next(m for m in data.membres if m.id == member)
    flat = of_sample.printed(data, membre).flat
    text = text_by_piece(made, member)

    for path in ("membre.nom", "membre.siret", "membre.siege.adresse", "representant.nom", "referent.courriel"):
        assert pdftext.squeezed(flat[path]) in text["convention"], path
    for path in ("montants.mensuel", "montants.annuel", "souscription.categorie"):
        assert pdftext.squeezed(flat[path]) in text["annexe-2"], path
    assert pdftext.squeezed(flat["membre.nom"]) not in text["charte"]


def test_annexe_2_prints_the_whole_voted_grid(made: Sample) -> None:
    data = load(made.workspace)
    text = text_by_piece(made, MEMBERS[0])["annexe-2"]
    rule = data.edition.volets[0].tarif
    assert rule
    for ligne in rule.lignes:
        row = "".join(pdftext.squeezed(formats.euros(cell)) for cell in ligne.votee)
        assert row in text, ligne.libelle


def test_a_pack_has_its_plan_its_labels_and_its_title(made: Sample) -> None:
    reader = PdfReader(made.pack("commune-de-montriviere"))
    chapters = [item.title for item in reader.outline if not isinstance(item, list)]
    assert [p.titre for p in load(made.workspace).edition.pieces] == chapters
    articles = [item.title for item in reader.outline[1] if not isinstance(item, list)]
    assert len(articles) == 10
    assert "Préambule" in articles[0]
    assert [0, 4] == [reader.get_destination_page_number(item) for item in (reader.outline[0], reader.outline[2])]
    assert ["Convention, page 1", "Annexe 1, page 1", "Annexe 2, page 1"] == [
        label for label in reader.page_labels if label.endswith("page 1")
    ]
    assert reader.metadata
    assert "Commune de Montrivière" in reader.metadata.title
    assert reader.metadata.author == "Tarn-et-Garonne Aménagement"
    assert reader.trailer["/Root"]["/Lang"] == "fr-FR"


def test_each_member_has_its_pack_its_pieces_in_word_and_its_receipt(made: Sample) -> None:
    """Nothing to sign beside a PROJET: a Word piece would carry no such mark and could be signed too early."""
    for member in MEMBERS:
        names = {p.name for p in made.folder(member).iterdir()}
        signable = {"convention.docx", "charte.docx", "annexe-2.docx", "signatures.json"}
        pieces = signable if member not in DRAFTS else set()
        assert names == {f"pack-2023-04-{member}.pdf", *pieces, "apercu.jpg", "receipt.json"}
        receipt = receipts.read(made.folder(member))
        assert receipt
        assert receipts.altered(made.folder(member), receipt) == {}


def test_the_constant_piece_is_converted_once(made: Sample) -> None:
    cached = [p for p in (made.root / "output/.cache").glob("*.pdf")]
    assert len(cached) == 2 * len(MEMBERS) + 1


def test_projet_stands_on_every_page_only_where_a_deliberation_is_not_executoire(made: Sample) -> None:
    for member in MEMBERS:
        with pikepdf.open(made.pack(member)) as pack:
            stamped = [b"/Projet Do" in page.Contents.read_bytes() if not isinstance(page.Contents, pikepdf.Array)
                       else any(b"/Projet Do" in part.read_bytes() for part in page.Contents)
                       for page in pack.pages]  # fmt: skip
        assert stamped == [member in DRAFTS] * len(stamped), member
        receipt = receipts.read(made.folder(member))
        assert receipt
        assert receipt.projet == (member in DRAFTS)
    valserre = receipts.read(made.folder("commune-de-valserre"))
    assert valserre
    assert valserre.manque == ("délibération du membre non publiée",)


def test_what_is_missing_is_a_blank_and_is_told(made: Sample) -> None:
    receipt = receipts.read(made.folder("commune-d-auberoque"))
    assert receipt
    assert receipt.blancs == ("référent", "n° d'engagement")
    assert receipt.etat == "à compléter"
    assert "Téléphone…………" in text_by_piece(made, "commune-d-auberoque")["convention"]


def test_the_member_who_has_not_chosen_gets_the_grid_and_blanks(made: Sample) -> None:
    text = text_by_piece(made, "commune-de-sainte-foy-du-bois")["annexe-2"]
    assert "10,80€" in text
    assert "TotalTTCparan…………" in text
    assert "→1To" not in text


def test_a_second_build_makes_nothing(built: Sample) -> None:
    before = {p: p.stat().st_mtime_ns for p in built.root.rglob("*") if p.is_file() and p.name != ".lock"}
    outcomes = built.build()
    assert [o.reasons for o in outcomes] == [()] * len(MEMBERS)
    assert {p: p.stat().st_mtime_ns for p in built.root.rglob("*") if p.is_file() and p.name != ".lock"} == before


def test_a_changed_phone_makes_again_only_the_piece_that_prints_it_and_says_why(built: Sample) -> None:
    before = receipts.read(built.folder("commune-de-montriviere"))
    built.edit("members.yaml", "05 36 49 00 11", "05 36 49 00 12")
    outcomes = built.build()
    after = receipts.read(built.folder("commune-de-montriviere"))

    assert {o.membre.id: o.reasons for o in outcomes if o.reasons} == {
        "commune-de-montriviere": ("modifié : téléphone du référent",)
    }
    assert before
    assert after
    assert [n for n in after.pieces if after.pieces[n].pdf != before.pieces[n].pdf] == ["convention"]
    assert "0536490012" in text_by_piece(built, "commune-de-montriviere")["convention"]


def test_a_changed_subscription_tells_the_old_and_the_new(built: Sample) -> None:
    built.edit("members.yaml", "utilisateurs: 24", "utilisateurs: 31")
    outcome = next(o for o in built.build() if o.reasons)
    assert [re.sub(r"\s", " ", reason) for reason in outcome.reasons] == [
        "Nombre d’utilisateurs : 24 → 31",
        "Catégorie tarifaire : 3 → 4",
        "Total par utilisateur et par mois, TTC : 26,64 € → 25,26 €",
        "Total par mois, TTC : 639,36 € → 783,06 €",
        "Total par an, TTC : 7 672,32 € → 9 396,72 €",
    ]


def test_a_changed_price_says_that_the_grid_changed(built: Sample) -> None:
    built.edit("templates/2023-04/edition.yaml", "ht: 19,45", "ht: 19,40")
    built.edit(
        "templates/2023-04/edition.yaml",
        "23,34  22,18  21,01  19,84  18,67  17,51  16,34  15,17  14,00  12,84  11,68",
        "23,28  22,12  20,95  19,79  18,62  17,46  16,30  15,13  13,97  12,80  11,64",
    )
    reasons = {o.membre.id: o.reasons for o in built.build("petr-des-collines", "departement-du-haut-rocal")}
    assert reasons["petr-des-collines"] == ("grille tarifaire modifiée",)
    assert "grille tarifaire modifiée" in reasons["departement-du-haut-rocal"]
    assert any(reason.startswith("Total par an") for reason in reasons["departement-du-haut-rocal"])


def test_a_published_deliberation_ends_the_projet(built: Sample) -> None:
    built.edit(
        "members.yaml", "transmise_le: 2023-06-21\n", "transmise_le: 2023-06-21\n        publiee_le: 2023-06-22\n"
    )
    outcome = next(o for o in built.build("commune-de-valserre"))
    assert outcome.reasons == ("le pack n'est plus un PROJET",)
    assert outcome.receipt
    assert outcome.receipt.etat == "prêt à signer"


def test_a_changed_sentence_of_a_template_makes_every_pack_again(built: Sample) -> None:
    path = built.root / "templates/2023-04/charte.docx"
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["word/document.xml"] = parts["word/document.xml"].replace(b"24", b"48", 1)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    assert {o.reasons for o in built.build()} == {("modèle charte.docx modifié",)}


def test_a_pack_that_someone_changed_is_kept_under_another_name(built: Sample) -> None:
    """It may be the signed one: docgen never writes over it."""
    pack = built.pack("petr-des-collines")
    original = pack.read_bytes()
    pack.write_bytes(original + b"signature")
    (outcome,) = built.build("petr-des-collines")
    assert outcome.reasons == (
        "pack-2023-04-petr-des-collines.pdf a été modifié hors de docgen : gardé sous un autre nom",
    )
    assert (pack.parent / "pack-2023-04-petr-des-collines.modifie-1.pdf").read_bytes() == original + b"signature"
    assert pack.read_bytes() == original


def test_a_file_of_the_clerk_in_the_folder_is_left_alone(built: Sample) -> None:
    note = built.folder("petr-des-collines") / "note.txt"
    note.write_text("appeler la directrice", "utf-8")
    built.pack("petr-des-collines").unlink()
    built.build("petr-des-collines")
    assert note.read_text("utf-8") == "appeler la directrice"
    assert built.pack("petr-des-collines").exists()


def test_two_builds_give_the_same_bytes_on_any_number_of_workers(made: Sample, sample: Sample) -> None:
    sample.build(workers=2)
    assert {k: v for k, v in sample.files().items() if ".cache" not in k} == {
        k: v for k, v in made.files().items() if ".cache" not in k
    }


def test_receipts_hold_no_more_than_what_the_pack_prints(made: Sample) -> None:
    receipt = json.loads((made.folder("commune-de-montriviere") / "receipt.json").read_bytes())
    assert "referent.telephone" in receipt["pieces"]["convention"]["valeurs"]
    assert "referent.telephone" not in receipt["pieces"]["annexe-2"]["valeurs"]
    assert "referent.telephone" not in receipt["pieces"]["charte"]["valeurs"]
