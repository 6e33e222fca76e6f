"""A finished pack is believed only when it shows all that it should, where it should."""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Callable, Sequence
from typing import Any

import of_sample
import pikepdf
import pytest
from conftest import Sample
from pikepdf import Array, Dictionary, Name

from docgen.diagnostics import ConversionFailed, Diagnostic
from docgen.model.edition import Edition
from docgen.packs import preflight, receipts, recompute, seen, words
from docgen.packs.contents import open_templates
from docgen.packs.preflight import Expected, Finished
from docgen.packs.receipts import Piece, Receipt
from docgen.pdf import fields, signatures
from docgen.pdf.assemble import Bound
from docgen.records.workspace import load
from docgen.word import render
from docgen.word.area import Area, Layout

MEMBER = "ca-du-val-d-azur"


@pytest.fixture(scope="module")
def wanted(made: Sample) -> Finished:
    data = load(made.workspace)
    membre = next(m for m in data.membres if m.id == MEMBER)
    tree = of_sample.printed(data, membre).tree
    receipt = receipts.read(made.folder(MEMBER))
    assert receipt
    found = []
    for model, (name, template) in zip(
        data.edition.pieces, open_templates(made.workspace, data.edition).items(), strict=True
    ):
        filled = render.Renderer(template).fill(tree)
        names = [fields.field_name(mark, name) for mark in filled.meaning.marks]
        found.append(preflight.expected(model.titre, receipt.pieces[name].pages, filled, names))
    people = signatures.signataires(data.syndicat, membre)
    return Finished(found, ["Carlito"], receipt.titre, projet=False, people=people)


@pytest.fixture
def bound(made: Sample, wanted: Finished) -> Bound:
    data = made.pack(MEMBER).read_bytes()
    places = []
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for number, page in enumerate(pdf.pages, 1):
            for field in page.obj.get("/Annots", []):
                if field.get("/FT") == "/Sig":
                    role = str(field.T).split("_")[1]
                    places.append(signatures.Signature(str(field.T), role, number, 0, 0, 0, 0))
    champs = tuple(name for piece in wanted.pieces for name in piece.champs)
    return Bound(data, [piece.pages for piece in wanted.pieces], champs, tuple(places), ())


def changed(bound: Bound, change: Callable[[pikepdf.Pdf], None]) -> Bound:
    with pikepdf.open(io.BytesIO(bound.data)) as pdf:
        change(pdf)
        buffer = io.BytesIO()
        pdf.save(buffer)
    return dataclasses.replace(bound, data=buffer.getvalue())


def problems(bound: Bound, wanted: Finished, **other: Any) -> str:
    with pytest.raises(ConversionFailed) as raised:
        preflight.check(bound, dataclasses.replace(wanted, **other))
    return str(raised.value)


def problems_of(bound: Bound, wanted: Finished, **other: Any) -> tuple[Diagnostic, ...]:
    with pytest.raises(ConversionFailed) as raised:
        preflight.check(bound, dataclasses.replace(wanted, **other))
    return raised.value.diagnostics


def with_piece(wanted: Finished, rank: int, **other: Any) -> list[Expected]:
    pieces = list(wanted.pieces)
    pieces[rank] = dataclasses.replace(pieces[rank], **other)
    return pieces


def test_a_true_pack_passes_and_every_point_of_its_list_holds(bound: Bound, wanted: Finished) -> None:
    points = preflight.check(bound, wanted)
    assert [p.point for p in points] == [
        "blancs", "valeurs", "délibérations", "marges", "mots", "polices", "signatures", "champs", "taille",
    ]  # fmt: skip
    assert all(p.tient for p in points)


def with_words(wanted: Finished, rank: int, *more: str) -> list[Expected]:
    """Return the pieces, one of which has more words in one of its paragraphs."""
    passages = list(wanted.pieces[rank].passages)
    at = next(n for n, one in enumerate(passages) if one.article and len(one.quotable) > 60)
    former = passages[at]
    text = " ".join((former.text, *more))
    passages[at] = dataclasses.replace(former, text=text, words=(*former.words, *more))
    return with_piece(wanted, rank, passages=passages)


def test_a_lost_word_is_found_with_its_article_its_page_and_the_words_around(bound: Bound, wanted: Finished) -> None:
    (problem,) = problems_of(bound, wanted, pieces=with_words(wanted, 0, "résolutoire"))
    assert "« résolutoire »" in problem.message
    assert problem.place.file.startswith("Convention d'accès")
    assert problem.place.within.startswith("« Article ")
    assert problem.place.page == 1
    assert problem.place.extract in " ".join(" ".join(p.text for p in wanted.pieces[0].passages).split())


def test_a_word_lost_once_among_many_is_found(bound: Bound, wanted: Finished) -> None:
    words = [word for passage in wanted.pieces[0].passages for word in passage.words]
    assert words.count("parties") > 3
    assert "« parties »" in problems(bound, wanted, pieces=with_words(wanted, 0, "parties"))


def test_a_word_that_nobody_wrote_is_a_point_that_does_not_hold(bound: Bound, wanted: Finished) -> None:
    passages = wanted.pieces[0].passages
    at = next(n for n, one in enumerate(passages) if "Litiges" in one.text)
    pieces = with_piece(wanted, 0, passages=[*passages[:at], *passages[at + 1 :]])
    (point,) = (p for p in preflight.check(bound, dataclasses.replace(wanted, pieces=pieces)) if not p.tient)
    assert point.point == "mots"
    assert re.search(r"page \d : « litiges » n'est ni dans le modèle ni dans la fiche", point.detail)


def test_an_amount_on_the_wrong_piece_is_found_without_being_quoted(bound: Bound, wanted: Finished) -> None:
    pieces = with_piece(wanted, 1, printed=[*wanted.pieces[1].printed, "22 200,00 €"])
    said = problems(bound, wanted, pieces=pieces)
    assert "Annexe 1" in said
    assert "valeur de la fiche n'est pas dans le PDF" in said
    assert "22" not in said


def test_a_missing_page_is_found(bound: Bound, wanted: Finished) -> None:
    def cut(pdf: pikepdf.Pdf) -> None:
        del pdf.pages[-1]

    assert "pages au lieu de" in problems(changed(bound, cut), wanted)


def test_another_title_or_a_missing_projet_is_found(bound: Bound, wanted: Finished) -> None:
    assert "titre" in problems(bound, wanted, titre="Autre titre")
    assert "PROJET est sur 0 pages" in problems(bound, wanted, projet=True)


@pytest.mark.parametrize(
    "action",
    [
        "/S /URI /URI (file:///C:/notes.docx)",
        "/S /URI /URI (http://exemple.fr)",
        "/S /JavaScript /JS (app.alert(1))",
        "/S /Launch /F (calc.exe)",
        "/S /GoTo /D [0 /Fit] /Next << /S /GoToR /F (autre.pdf) >>",
    ],
)
def test_what_leads_or_acts_elsewhere_than_a_pack_may_is_found_wherever_it_hides(
    action: str, bound: Bound, wanted: Finished
) -> None:
    def on_page(pdf: pikepdf.Pdf) -> None:
        link = Dictionary(
            Type=Name.Annot,
            Subtype=Name.Link,
            Rect=[60, 700, 540, 720],
            A=pdf.make_indirect(pikepdf.Object.parse(f"<< {action} >>".encode())),
        )
        pdf.pages[1].Annots = Array([*pdf.pages[1].obj.get("/Annots", []), pdf.make_indirect(link)])

    def on_opening(pdf: pikepdf.Pdf) -> None:
        pdf.Root.OpenAction = pikepdf.Object.parse(f"<< {action} >>".encode())

    (found,) = problems_of(changed(bound, on_page), wanted)
    assert found.place.page == 2
    assert found.place.extract
    assert "hors de ses pages, le pack mène à" in problems(changed(bound, on_opening), wanted)


def test_a_line_that_passes_the_margin_is_a_point_that_does_not_hold(bound: Bound, wanted: Finished) -> None:
    narrow = Layout((Area(595.3, 841.9, 200, 50, 400, 800),))
    told = "page 6 : « oblige à ce » dépasse la marge de 2,1 mm"
    pieces = with_piece(wanted, 1, outside=lambda: [told], layout=narrow)
    (point,) = (p for p in preflight.check(bound, dataclasses.replace(wanted, pieces=pieces)) if not p.tient)
    assert point.point == "marges"
    assert point.detail == f"{pieces[1].titre}, {told}"


def test_what_stands_between_the_margins_is_not_measured(bound: Bound, wanted: Finished) -> None:
    def measured() -> list[str]:
        raise AssertionError

    pieces = [dataclasses.replace(piece, outside=measured) for piece in wanted.pieces]
    assert all(point.tient for point in preflight.check(bound, dataclasses.replace(wanted, pieces=pieces)))


def test_a_font_that_no_template_asks_for_is_found(bound: Bound, wanted: Finished) -> None:
    assert "Carlito" in problems(bound, wanted, fonts=("Marianne",))


def test_a_font_that_is_not_embedded_is_found(bound: Bound, wanted: Finished) -> None:
    def take_out(pdf: pikepdf.Pdf) -> None:
        for thing in pdf.objects:
            if isinstance(thing, pikepdf.Dictionary) and "/FontFile2" in thing:
                del thing["/FontFile2"]

    assert "n'est pas incorporée" in problems(changed(bound, take_out), wanted)


def test_a_lost_or_a_doubled_field_is_found_by_its_name(bound: Bound, wanted: Finished) -> None:
    def lose(pdf: pikepdf.Pdf) -> None:
        del pdf.pages[3].obj.Annots[-1]

    def double(pdf: pikepdf.Pdf) -> None:
        pdf.pages[3].obj.Annots.append(pdf.pages[3].obj.Annots[-1])

    for change in (lose, double):
        assert "sig_membre_convention" in problems(changed(bound, change), wanted)


def test_a_pack_without_its_tags_is_refused(bound: Bound, wanted: Finished) -> None:
    def untag(pdf: pikepdf.Pdf) -> None:
        del pdf.Root["/StructTreeRoot"]

    assert "balisé" in problems(changed(bound, untag), wanted)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", b"<html>%%EOF", b"%PDF-1.7\nxref\n%%EOF"])
def test_what_is_not_a_pdf_is_refused(data: bytes, bound: Bound, wanted: Finished) -> None:
    assert "PDF" in problems(dataclasses.replace(bound, data=data), wanted)


def test_what_only_keeps_it_from_being_signed_is_a_point_that_does_not_hold(bound: Bound, wanted: Finished) -> None:
    lacking = dataclasses.replace(wanted, manque=["délibération du membre non publiée"], blancs=["référent"])
    points = {p.point: p for p in preflight.check(bound, lacking)}
    assert [name for name, p in points.items() if not p.tient] == ["blancs", "délibérations"]
    assert points["blancs"].detail == "référent"
    assert points["délibérations"].detail == "délibération du membre non publiée"


def test_a_signature_block_cut_by_the_end_of_a_page_does_not_hold(bound: Bound, wanted: Finished) -> None:
    cut = [dataclasses.replace(place, page=place.page - 1) for place in bound.signatures]
    points = {p.point: p for p in preflight.check(dataclasses.replace(bound, signatures=tuple(cut)), wanted)}
    assert not points["signatures"].tient
    assert "page 3" in points["signatures"].detail


def test_a_pack_too_big_for_a_platform_does_not_hold(
    bound: Bound, wanted: Finished, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "MAX_BYTES", 1000)
    assert [p.point for p in preflight.check(bound, wanted) if not p.tient] == ["taille"]


def test_a_value_may_run_over_two_pages_but_not_lose_a_word() -> None:
    shown = "représentéparlaCommunautédecommunespage1/3Syndicatmixteduvald’Azur,dontlesiège".casefold()
    assert words._stands("la Communauté de communes du val d’Azur", shown)
    assert not words._stands("la Communauté de communes des bords du val d’Azur", shown)


def test_an_amount_is_never_cut() -> None:
    assert not words._stands("7\u202f672,32\u00a0€", "7page1/3672,32€")


def receipt(membre: str, **pages: int) -> Receipt:
    pieces = {name: Piece(modele="", valeurs={}, pages=count) for name, count in pages.items()}
    return Receipt(
        membre=membre, edition="2023-04", moteur={}, pieces=pieces, titre="", projet=False, manque=(), blancs=()
    )


def test_a_piece_much_longer_than_that_of_the_others_does_not_hold() -> None:
    found = [receipt("a", convention=4), receipt("b", convention=5), receipt("c", convention=7)]
    points = {membre: full.controle[-1] for membre, full in preflight.compared(found).items()}
    assert [point.tient for point in points.values()] == [True, True, False]
    assert points["c"].detail.replace("\xa0", " ") == "convention : 7 pages au lieu de 5 chez les autres membres"
    again = preflight.compared(preflight.compared(found).values())
    assert [len(full.controle) for full in again.values()] == [1, 1, 1]


TEXT = """→ 3 To 18,00 € 17,10 € 16,20 € 15,30 € 14,40 € 13,50 € 12,60 € 11,70 € 10,80 € 9,90 € 9,00 €
Stockage et sauvegarde – 3 To 16,20 € 24 388,80 €
Total TTC par mois 16,20 € 24 388,80 €
Total TTC par an 4 665,60 €"""
TOTALS = ("montants.prix", "montants.mensuel", "montants.annuel")
PRINTED = (*(f"montants.lignes[].{name}" for name in ("libelle", "prix", "utilisateurs", "mensuel")), *TOTALS)
GRID = ("grille.netexplorer[].libelle", "grille.netexplorer[].cellules[].prix")
ANSWERS = {"stockage": {"utilisateurs": 24, "stockage": "3 To", "gfu": False}}


@pytest.fixture(scope="module")
def edition(made: Sample) -> Edition:
    """The edition of the sample, of which the grid has but the row of 3 To."""
    found = load(made.workspace).edition
    rule = found.volets[0].tarif
    assert rule
    only = rule.model_copy(update={"lignes": tuple(ligne for ligne in rule.lignes if ligne.libelle == "3 To")})
    return found.model_copy(update={"volets": (found.volets[0].model_copy(update={"tarif": only}),)})


def faults(edition: Edition, text: str, printed: Sequence[str]) -> list[str]:
    return list(recompute.faults(text, printed, edition, "stockage", ANSWERS))


def test_true_amounts_are_found_true_again(edition: Edition) -> None:
    assert faults(edition, TEXT, (*GRID, *PRINTED)) == []


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("3 To 16,20 € 24 388,80 €", "3 To 16,20 € 24 388,90 €", "n'est pas lisible, ou n'y a pas la quantité"),
        ("3 To 16,20 € 24 388,80 €", "3 To 17,10 € 24 410,40 €", "« 24 410,40 € » n'est ni un prix voté"),
        ("3 To 16,20 € 24 388,80 €", "3 To 16,20 € 25 388,80 €", "n'est pas lisible, ou n'y a pas la quantité"),
        ("4 665,60", "4 665,61", "« 4 665,61 € » n'est ni un prix voté"),
        ("4 665,60", "9,00", "un montant manque : 4 665,60 €"),
        ("24 388,80 €\nTotal TTC par an", "24 399,80 €\nTotal TTC par an", "« 24 399,80 € » n'est ni"),
    ],
)
def test_a_wrong_amount_is_found(edition: Edition, before: str, after: str, said: str) -> None:
    assert TEXT.count(before) == 1
    found = [fault.replace("\xa0", " ").replace("\u202f", " ") for fault in
             faults(edition, TEXT.replace(before, after), (*GRID, *PRINTED))]  # fmt: skip
    assert any(said in fault for fault in found), found


def test_every_wrong_digit_of_every_amount_is_found(edition: Edition) -> None:
    for amount in re.finditer(r"\d[\d ]*,\d\d(?= €)", TEXT):
        for at in range(amount.start(), amount.end()):
            if TEXT[at].isdigit():
                wrong = TEXT[:at] + str((int(TEXT[at]) + 1) % 10) + TEXT[at + 1 :]
                assert faults(edition, wrong, (*GRID, *PRINTED)), wrong[amount.start() : amount.end()]


def test_a_wrong_cell_of_the_printed_grid_is_found(edition: Edition) -> None:
    only = TEXT.split("\n")[0]
    assert faults(edition, only, GRID) == []
    assert "grille, « 3 To », tranche 4" in faults(edition, only.replace("15,30", "15,40"), GRID)[0]


def test_amounts_printed_without_their_lines_are_those_of_the_vote(edition: Edition) -> None:
    text = "soit 16,20 € par utilisateur, 388,80 € par mois et 4 665,60 € par an"
    assert faults(edition, text, TOTALS) == []
    assert faults(edition, text.replace("4 665,60", "4 665,61"), TOTALS) != []
    assert faults(edition, "4 665,60 €", ("montants.annuel",)) == []
    assert list(recompute.faults("350,00 €", (), edition, "stockage", {}, ["Une journée : 350,00 €."])) == []


def pages_of(bound: Bound) -> list[seen.Seen]:
    with pikepdf.open(io.BytesIO(bound.data)) as pdf:
        return seen.pages(bound.data, pdf, [])


def test_a_page_seen_before_is_not_read_again(bound: Bound, monkeypatch: pytest.MonkeyPatch) -> None:
    seen._known.clear()
    first = pages_of(bound)
    assert len(first) == sum(bound.pages)
    monkeypatch.setattr(seen, "text_of", lambda _: pytest.fail("it was read before"))
    assert pages_of(bound) == first


@pytest.mark.parametrize("what", ["letters", "instructions", "size"])
def test_a_page_that_would_be_read_otherwise_is_read(what: str, bound: Bound, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        page = pdf.pages[1].obj
        if what == "letters":  # the same drawing, but « e » says « a »
            font = next(iter(page.Resources.Font.values()))
            font.ToUnicode.write(font.ToUnicode.read_bytes().replace(b"<0065>", b"<0061>"))
        elif what == "instructions":
            page.Contents = pdf.make_stream(page.Contents.read_bytes() + b" ")
        else:
            page.MediaBox = Array([0, 0, 595, 841])

    pages_of(bound)
    read: list[str] = []
    monkeypatch.setattr(seen, "text_of", lambda page: read.append("") or "")
    pages_of(changed(bound, change))
    assert 1 <= len(read) < sum(bound.pages)
