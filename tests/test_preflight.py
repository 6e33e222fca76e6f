"""A finished pack is believed only when it shows all that it should, where it should."""

from __future__ import annotations

import dataclasses
import io

import pikepdf
import pytest
from conftest import Sample

from docgen import receipts, render, verify
from docgen.contents import open_templates
from docgen.context import Dossier, values
from docgen.diagnostics import ConversionFailed
from docgen.verify import Expected
from docgen.workspace import load

MEMBER = "ca-du-val-d-azur"


@pytest.fixture(scope="module")
def expected(made: Sample) -> list[Expected]:
    data = load(made.workspace)
    membre = next(m for m in data.membres if m.id == MEMBER)
    tree = values(Dossier(data.syndicat, data.edition, membre)).tree
    receipt = receipts.read(made.folder(MEMBER))
    assert receipt
    found = []
    for model, (name, template) in zip(
        data.edition.pieces, open_templates(made.workspace, data.edition).items(), strict=True
    ):
        filled = render.Renderer(template).fill(tree)
        found.append(Expected(model.titre, receipt.pieces[name].pages, filled.words, filled.printed))
    return found


@pytest.fixture
def pack(made: Sample) -> bytes:
    return made.pack(MEMBER).read_bytes()


@pytest.fixture
def titre(made: Sample) -> str:
    receipt = receipts.read(made.folder(MEMBER))
    assert receipt
    return receipt.titre


def problems(data: bytes, expected: list[Expected], titre: str, fonts: tuple[str, ...] = ("Carlito",)) -> str:
    with pytest.raises(ConversionFailed) as raised:
        verify.pack(data, expected, fonts, titre, projet=False)
    return str(raised.value)


def test_a_true_pack_passes(pack: bytes, expected: list[Expected], titre: str) -> None:
    verify.pack(pack, expected, ["Carlito"], titre, projet=False)


def test_a_lost_word_is_found(pack: bytes, expected: list[Expected], titre: str) -> None:
    convention = dataclasses.replace(expected[0], words=[*expected[0].words, "résolutoire"])
    said = problems(pack, [convention, *expected[1:]], titre)
    assert "Convention d'accès" in said
    assert "« résolutoire »" in said


def test_a_word_lost_once_among_many_is_found(pack: bytes, expected: list[Expected], titre: str) -> None:
    assert expected[0].words.count("parties") > 3
    one_more = dataclasses.replace(expected[0], words=[*expected[0].words, "parties"])
    assert "« parties »" in problems(pack, [one_more, *expected[1:]], titre)


def test_an_amount_on_the_wrong_piece_is_found_without_being_quoted(
    pack: bytes, expected: list[Expected], titre: str
) -> None:
    charte = dataclasses.replace(expected[1], printed=[*expected[1].printed, "22 200,00 €"])
    said = problems(pack, [expected[0], charte, expected[2]], titre)
    assert "Annexe 1" in said
    assert "22" not in said


def test_a_missing_page_is_found(pack: bytes, expected: list[Expected], titre: str) -> None:
    with pikepdf.open(io.BytesIO(pack)) as pdf:
        del pdf.pages[-1]
        buffer = io.BytesIO()
        pdf.save(buffer)
    assert "pages au lieu de" in problems(buffer.getvalue(), expected, titre)


def test_another_title_or_a_missing_projet_is_found(pack: bytes, expected: list[Expected], titre: str) -> None:
    assert "titre" in problems(pack, expected, "Autre titre")
    with pytest.raises(ConversionFailed, match="PROJET est sur 0 pages"):
        verify.pack(pack, expected, ["Carlito"], titre, projet=True)


def test_a_font_that_no_template_asks_for_is_found(pack: bytes, expected: list[Expected], titre: str) -> None:
    assert "Carlito" in problems(pack, expected, titre, fonts=("Marianne",))


def test_a_font_that_is_not_embedded_is_found(pack: bytes, expected: list[Expected], titre: str) -> None:
    with pikepdf.open(io.BytesIO(pack)) as pdf:
        for thing in pdf.objects:
            if isinstance(thing, pikepdf.Dictionary) and "/FontFile2" in thing:
                del thing["/FontFile2"]
        buffer = io.BytesIO()
        pdf.save(buffer)
    assert "n'est pas incorporée" in problems(buffer.getvalue(), expected, titre)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", b"<html>%%EOF", b"%PDF-1.7\nxref\n%%EOF"])
def test_what_is_not_a_pdf_is_refused(data: bytes, expected: list[Expected], titre: str) -> None:
    assert "PDF" in problems(data, expected, titre)


def test_a_value_may_run_over_two_pages_but_not_lose_a_word() -> None:
    shown = "représentéparlaCommunautédecommunespage1/3Syndicatmixteduvald’Azur,dontlesiège"
    assert verify._stands("la Communauté de communes du val d’Azur", shown)
    assert not verify._stands("la Communauté de communes des bords du val d’Azur", shown)


def test_an_amount_is_never_cut() -> None:
    assert not verify._stands("7\u202f672,32\u00a0€", "7page1/3672,32€")
