"""Where each person signs, for any platform: signatures.json, and the anchors of those that look for words."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from conftest import Docgen, Sample
from tools import verapdf

from docgen import office
from docgen.actes.deliberation import Deliberation
from docgen.model.fiches import Plateforme
from docgen.pdf import pdftext, signatures
from docgen.pdf.signatures import Signature

MEMBER = "commune-de-montriviere"
SYNDICAT = Signature("sig_syndicat_convention", "syndicat", 4, 69.7, 183.69, 219.3, 79.05)
MEMBRE = Signature("sig_membre_convention", "membre", 4, 305, 183.69, 219.3, 79.05)
SMALL = Signature("sig_membre_annexe_2", "membre", 10, 305, 183.69, 60, 20)


def test_signatures_json_says_where_who_and_in_which_order(made: Sample) -> None:
    found = json.loads((made.folder(MEMBER) / "signatures.json").read_text("utf-8"))
    assert f"pack-2023-04-{MEMBER}.pdf" == found["fichier"]
    first, second, third = found["signatures"]
    assert {"champ": "sig_syndicat_convention", "role": "syndicat", "page": 4, "ordre": 1,
            "nom": "Jean-Michel BAYLET", "qualite": "Président", "courriel": None}.items() <= first.items()  # fmt: skip
    assert {"champ": "sig_membre_convention", "role": "membre", "page": 4, "ordre": 2,
            "nom": "Claire D'ANGLADE", "qualite": "Maire"}.items() <= second.items()  # fmt: skip
    assert ("sig_membre_annexe_2", "membre", 10, 2) == tuple(third[k] for k in ("champ", "role", "page", "ordre"))
    with pikepdf.open(made.pack(MEMBER)) as pdf:
        for place in found["signatures"]:
            page = pdf.pages[place["page"] - 1]
            (field,) = (a for a in page.obj.Annots if a.get("/T") == place["champ"])
            box = [place["x"], place["y"], place["x"] + place["width"], place["y"] + place["height"]]
            assert box == pytest.approx([float(edge) for edge in field.Rect], abs=0.02)
            assert page.mediabox[2] > box[2]


def test_the_mail_of_who_signs_is_there_when_the_record_has_it(built: Sample) -> None:
    built.edit(
        "members.yaml", "      nom: D'ANGLADE\n", "      nom: D'ANGLADE\n      courriel: maire@montriviere.example\n"
    )
    built.pack(MEMBER).unlink()
    built.build(MEMBER)
    found = json.loads((built.folder(MEMBER) / "signatures.json").read_text("utf-8"))["signatures"]
    assert [None, "maire@montriviere.example", "maire@montriviere.example"] == [place["courriel"] for place in found]


@pytest.mark.parametrize(
    ("platform", "words"),
    [
        (Plateforme.AUCUN, []),
        (Plateforme.IPARAPHEUR, ["#signature_1#", "#signature_2#", "#signature_2#"]),
        (Plateforme.YOUSIGN, ["{{s1|signature|219|79}}", "{{s2|signature|219|79}}", "{{s2|signature|85|37}}"]),
        (Plateforme.DOCUSIGN, ["signature_syndicat", "signature_membre", "signature_membre"]),
    ],
)
def test_each_platform_has_its_words(platform: Plateforme, words: list[str]) -> None:
    assert words == [word for _, word in signatures.anchors(platform, [SYNDICAT, MEMBRE, SMALL])]


def anchored(sample: Sample, platform: str) -> Path:
    sample.edit("syndicat.yaml", "signature: aucun", f"signature: {platform}")
    assert [o.failure for o in sample.build(MEMBER, "commune-de-valserre")] == ["", ""]
    return sample.pack(MEMBER)


def lines_of(page: pypdfium2.PdfPage, word: str) -> list[float]:
    """Return the heights at which a word stands, in points."""
    text = page.get_textpage()
    shown = text.get_text_range()
    return [round(text.get_charbox(found.start())[1]) for found in re.finditer(re.escape(word), shown)]


@pytest.mark.parametrize("platform", ["iparapheur", "yousign", "docusign"])
def test_anchors_are_written_in_unseen_each_on_its_line_and_pdfa_stands(
    platform: str, sample: Sample, made: Sample, tmp_path: Path
) -> None:
    path = anchored(sample, platform)
    places = [Signature(**{k: v for k, v in place.items() if k in Signature.__dataclass_fields__})
              for place in json.loads((path.parent / "signatures.json").read_text("utf-8"))["signatures"]]  # fmt: skip
    words = [word for _, word in signatures.anchors(Plateforme(platform), places)]
    pages = pdftext.page_texts(path.read_bytes())
    assert [words[0] in pages[3], words[1] in pages[3], words[2] in pages[9]] == [True] * 3
    with pypdfium2.PdfDocument(path) as document, pypdfium2.PdfDocument(made.pack(MEMBER)) as plain:
        (one,), (other,) = (lines_of(document[3], word) for word in words[:2])
        assert abs(one - other) > 5, "two anchors on one line"
        assert min(one, other) > places[0].y
        assert max(one, other) < places[0].y + places[0].height
        for number in (3, 9):
            assert document[number].render().to_pil().tobytes() == plain[number].render().to_pil().tobytes()
    draft = "".join(pdftext.page_texts(sample.pack("commune-de-valserre").read_bytes()))
    assert not any(word in draft for word in words), "a PROJET is not to be signed"
    assert verapdf([path]) == {(path, "2a"): [], (path, "ua1"): []}


def test_what_is_published_has_no_anchor_and_its_blank_models_no_field(sample: Sample) -> None:
    sample.edit("syndicat.yaml", "signature: aucun", "signature: iparapheur")
    made = Deliberation(sample.workspace, "04/2023-06", office.find()).make()
    pdfs = [path.read_bytes() for path in made if path.suffix == ".pdf"]
    assert len(pdfs) == 7
    assert not any("#" in text for data in pdfs for text in pdftext.page_texts(data))
    (annexes,) = (path for path in made if path.name.startswith("annexes"))
    with pikepdf.open(io.BytesIO(annexes.read_bytes())) as pdf:
        assert "/AcroForm" not in pdf.Root


def test_an_unknown_platform_is_an_error_with_the_known_ones(sample: Sample, docgen: Docgen) -> None:
    sample.edit("syndicat.yaml", "signature: aucun", "signature: yousing")
    code, told = docgen(sample.root, "check")
    assert code == 1
    assert "syndicat.yaml:27:12: erreur" in told
    assert "yousign" in told


def test_a_changed_platform_makes_the_packs_again_and_says_why(built: Sample) -> None:
    built.edit("syndicat.yaml", "signature: aucun", "signature: docusign")
    (outcome,) = built.build(MEMBER)
    assert outcome.reasons == ("signature : aucun → docusign",)
