"""A document that LibreOffice keeps open gives the pages of one that it opens afresh, whoever was exported before."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import of_sample
import pytest

from docgen import office
from docgen.model.fiches import Membre
from docgen.pdf import convert, pdftext, shapes
from docgen.pdf.convert import Export, Pool
from docgen.word.render import Renderer

TEMPLATES = Path(__file__).parent.parent / "templates" / "2023-04"
NAMES = (
    "Us",
    "Y & Œuilly <le Vieux>",
    "Saint-Étienne-d'Aygues",
    "L'Haÿ-les-Forêts-sur-Garonne et des Coteaux réunis",
    "« Les Tilleuls » – centre n° 4",
    "Communauté d'agglomération des Trois Vallées, du Val d'Azur, du Pays d'Ouvèze et des Collines du Haut Rocal",
    "Syndicat intercommunal à vocation multiple pour la distribution de l'eau potable, l'assainissement collectif et "
    "non collectif, l'entretien des cours d'eau et la défense contre l'incendie des deux rives de la Haute Garonne",
)
"""Of one to three lines, with what a record may hold."""


def documents(piece: str, count: int) -> dict[str, bytes]:
    """Return a piece filled for each member of the sample, then for as many others as asked."""
    template = of_sample.template(TEMPLATES / f"{piece}.docx")
    renderer, known, choice = Renderer(template), of_sample.DATA.membres, random.Random(14)
    members = [*known, *(other(choice.choice(known), choice, number) for number in range(count))]
    return {m.id: renderer.fill(of_sample.printed(of_sample.DATA, m).tree).docx for m in members}


def other(membre: Membre, choice: random.Random, number: int) -> Membre:
    """Return a member like another one, its words aside."""
    people = {
        name: known.model_copy(update={"prenom": choice.choice(NAMES)[:20], "nom": choice.choice(NAMES)[:40].upper()})
        for name in ("representant", "referent")
        if (known := getattr(membre, name))
    }
    siege = membre.siege.model_copy(update={"commune": choice.choice(NAMES)}) if membre.siege else None
    taken = tuple(
        one.model_copy(update={"utilisateurs": str(choice.randrange(1, 130))}) for one in membre.souscriptions
    )
    told = {"id": f"autre-{number}", "nom": choice.choice(NAMES), "siege": siege, "souscriptions": taken}
    return membre.model_copy(update=told | people)


def exported(pool: Pool, docx: Sequence[Path], to: Path) -> Iterator[tuple[str, bytes]]:
    to.mkdir()
    for export, problem in pool.convert([Export(path, to / f"{path.stem}.pdf") for path in docx]):
        assert problem == ""
        yield export.docx.stem, shapes.timeless(export.pdf)
        export.pdf.unlink()


@pytest.mark.parametrize("piece", ["convention", "annexe-2"])
def test_the_pages_are_those_of_a_document_opened_alone_in_any_order(
    piece: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = []
    for name, data in documents(piece, 200).items():
        paths.append(tmp_path / f"{name}.docx")
        paths[-1].write_bytes(data)
    monkeypatch.setattr(convert, "COMPARED", 10**9)
    with Pool(office.find(), 1) as pool:
        seen = dict(exported(pool, paths, tmp_path / "en ordre"))
        for rank in (1, 2):
            shuffled = random.Random(rank).sample(paths, len(paths))
            again = dict(exported(pool, shuffled, tmp_path / f"autrement {rank}"))
            assert [name for name in seen if again[name] != seen[name]] == []
        (worker,) = pool._workers
        assert worker.alone == {}
        assert sum(opened.exports for opened in worker.opened.values()) > 2 * len(paths)
    monkeypatch.setattr(shapes, "scan", lambda _: None)
    with Pool(office.find(), 1) as pool:
        alone = dict(exported(pool, paths, tmp_path / "seul"))
    assert [name for name in alone if alone[name] != seen[name]] == []


def filled(change: Callable[[str], str] = str) -> bytes:
    """Return the convention of the first member, its body changed."""
    data = next(iter(documents("convention", 0).values()))
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as given, zipfile.ZipFile(buffer, "w") as made:
        for name in given.namelist():
            inside = given.read(name)
            made.writestr(name, change(inside.decode()).encode() if name == "word/document.xml" else inside)
    return buffer.getvalue()


def convert_all(folder: Path, *documents: bytes) -> tuple[list[bytes], convert._Worker]:
    """Return the PDFs of the documents, each without its dates, and the process that made them."""
    exports = [Export(folder / f"{n}.docx", folder / f"{n}.pdf") for n in range(len(documents))]
    for export, data in zip(exports, documents, strict=True):
        export.docx.write_bytes(data)
    with Pool(office.find(), 1) as pool:
        assert [problem for _, problem in pool.convert(exports) if problem] == []
        return [shapes.timeless(export.pdf) for export in exports], pool._workers[0]


def said(pdf: bytes) -> str:
    return " ".join("".join(pdftext.page_texts(pdf)).split())


def test_a_shape_whose_pages_differ_is_opened_alone_from_then_on_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shapes, "same_pages", lambda *_: False)
    first, second, third = list(documents("convention", 0).values())[:1] * 3
    pdfs, worker = convert_all(tmp_path, first, second, third)
    assert pdfs[0] == pdfs[1] == pdfs[2]
    assert list(worker.alone.values()) == ["ses pages diffèrent"]
    assert worker.differing == {"1"}, "by name; nobody asks for the third to be compared"


def test_a_document_whose_words_are_not_all_found_is_opened_alone(tmp_path: Path) -> None:
    def hide(xml: str) -> str:
        return xml.replace("<w:r><w:t ", "<w:r><w:rPr><w:vanish/></w:rPr><w:t ", 1)

    plain, hidden = filled(), filled(hide)
    pdfs, worker = convert_all(tmp_path, hidden, hidden, plain, plain)
    assert [why.endswith("retrouvés") for why in worker.alone.values()] in ([True], [])
    assert pdfs[0] == pdfs[1]
    assert pdfs[2] == pdfs[3]
    assert worker.differing == set()


def test_what_a_bookmark_touches_is_never_replaced() -> None:
    body = (
        "<w:p><w:r><w:t>libre</w:t></w:r><w:bookmarkStart w:id='1' w:name='a'/><w:bookmarkEnd w:id='1'/>"
        "<w:r><w:t>touché</w:t></w:r><w:r><w:t>loin</w:t></w:r></w:p><w:p><w:r><w:t>ailleurs</w:t></w:r></w:p>"
    )
    assert [text.said for text in shapes._texts(body.encode())] == ["loin", "ailleurs"]


@pytest.mark.parametrize(
    ("inside", "found"),
    [
        ("<w:r><w:t>A &amp; B</w:t></w:r>", ["A & B"]),
        ('<w:r><w:t xml:space="preserve"> bord </w:t></w:r>', [" bord "]),
        ("<w:r><w:t> bord</w:t></w:r>", []),
        ("<w:r><w:t>é\u0301</w:t></w:r>", []),
        ("<w:r><w:t>𝄞</w:t></w:r>", []),
        ("<w:r><w:t>a\u00adb</w:t></w:r>", []),
        ('<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:t>3</w:t></w:r>'
         '<w:r><w:fldChar w:fldCharType="end"/></w:r><w:r><w:t>p.</w:t></w:r>', ["p."]),
        ('<w:fldSimple w:instr=" PAGE "><w:r><w:t>3</w:t></w:r></w:fldSimple>', []),
        ("<mc:Choice><w:r><w:t>A</w:t></w:r></mc:Choice><mc:Fallback><w:r><w:t>A</w:t></w:r></mc:Fallback>", ["A"]),
    ],
)  # fmt: skip
def test_only_what_can_be_replaced_exactly_may_differ(inside: str, found: list[str]) -> None:
    assert [text.said for text in shapes._texts(f"<w:p>{inside}</w:p>".encode())] == found


def test_a_document_whose_fields_are_computed_on_opening_has_no_shape() -> None:
    def with_field(code: str) -> Callable[[str], str]:
        run = f'<w:fldSimple w:instr=" {code} "><w:r><w:t>3</w:t></w:r></w:fldSimple>'
        return lambda xml: xml.replace("</w:p>", f"{run}</w:p>", 1)

    assert shapes.scan(filled(with_field("NUMPAGES \\* MERGEFORMAT")))
    assert shapes.scan(filled(with_field("PAGEREF somewhere"))) is None
    assert shapes.scan(b"PK") is None
    assert shapes.scan(filled(lambda xml: xml.replace("</w:t>", " ⟦0⟧</w:t>", 1))) is None, (
        "it would be taken for a mark"
    )


def test_the_shape_is_all_that_is_not_words(tmp_path: Path) -> None:
    def scanned(before: str = "", after: str = "") -> str:
        found = shapes.scan(filled(lambda xml: re.sub(before, after, xml, count=1)))
        assert found
        return found.shape

    assert scanned() == scanned(r"(<w:t[^>]*>)[^<]{20,}<", r"\1autre chose<")
    assert scanned() != scanned(r"<w:r>", "<w:r><w:rPr><w:b/></w:rPr>")
    assert scanned() != scanned(r"<w:pgMar ", '<w:pgMar w:gutter="20" ')


def test_the_colour_of_a_cell_goes_with_its_text(tmp_path: Path) -> None:
    cell = '<w:tc><w:tcPr><w:shd w:val="clear" w:color="auto" w:fill="D9E6F5"/></w:tcPr><w:p><w:r><w:t>12</w:t></w:r>'
    (text,) = shapes._texts(cell.encode())
    assert text.fill
    assert text.fill[1] == b"D9E6F5"
    nested = cell.replace("<w:p>", "<w:tbl><w:tr><w:tc><w:p>")
    assert [text.fill for text in shapes._texts(nested.encode())] == [None], "it would be that of another cell"


def test_a_text_takes_the_format_of_its_own_run(tmp_path: Path) -> None:
    """What stopped the replacing of texts before: the word before gave its format."""

    def bold(word: str) -> Callable[[str], str]:
        runs = f"<w:r><w:rPr><w:b/></w:rPr><w:t>Gras</w:t></w:r><w:r><w:t>{word}</w:t></w:r>"
        return lambda xml: re.sub(r"(<w:body><w:p>(?:<w:pPr>.*?</w:pPr>)?)", rf"\1{runs}", xml, count=1)

    words = ("premier", "autre", "x", "troisième mot bien plus long", "tout")
    kept, _ = convert_all(tmp_path, *(filled(bold(word)) for word in words))
    alone = [convert_all(tmp_path, filled(bold(word)))[0][0] for word in words]
    assert kept == alone
    assert all(word in said(pdf) for word, pdf in zip(words, kept, strict=True))


def test_a_libreoffice_that_made_many_is_started_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convert, "EXPORTS", 2)
    pdfs, worker = convert_all(tmp_path, *[filled()] * 5)
    assert len(set(pdfs)) == 1
    assert worker.exports == 1
