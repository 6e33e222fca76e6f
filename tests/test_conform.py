"""What LibreOffice leaves undone is done, and done right: tags, links, pictures, fields. Seen on real pages."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import docx
import pikepdf
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Cm
from PIL import Image
from tools import verapdf
from word import NOTE, OFFICE, PACKAGE, a_docx, p, run

from docgen import office
from docgen.champs.blank import Blank
from docgen.diagnostics import ConversionFailed
from docgen.pdf import assemble, conform, structure
from docgen.pdf.assemble import PackInfo, PiecePdf
from docgen.pdf.convert import Export, Pool
from docgen.pdf.pdfa import Description
from docgen.word.meaning import Mark
from docgen.word.render import Filled, Renderer
from docgen.word.template import Template

DESCRIPTION = Description("Titre", "Auteur", "Sujet", date(2023, 4, 11), "essai")
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
PIC = "{http://schemas.openxmlformats.org/drawingml/2006/picture}"
WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"


def bookmark(paragraph: docx.text.paragraph.Paragraph, name: str, number: int) -> None:
    for kind, more in (("bookmarkStart", f' w:name="{name}"'), ("bookmarkEnd", "")):
        paragraph._p.append(parse_xml(f'<w:{kind} {nsdecls("w")} w:id="{number}"{more}/>'))


def link(paragraph: docx.text.paragraph.Paragraph, url: str, text: str) -> None:
    number = paragraph.part.relate_to(
        url, "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink", is_external=True
    )
    run = f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'
    paragraph._p.append(parse_xml(f'<w:hyperlink {nsdecls("w", "r")} r:id="{number}">{run}</w:hyperlink>'))


def picture(document: docx.document.Document, colour: str, alt: str, width: float) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (80, 40), colour).save(buffer, "PNG")
    buffer.seek(0)
    document.add_picture(buffer, width=Cm(width))
    document.element.body.findall(f".//{WP}docPr")[-1].set("descr", alt)


def write(path: Path) -> None:
    """Write a Word document with one of each thing."""
    document = docx.Document()
    document.styles["Normal"].font.name = document.styles["Title"].font.name = "Carlito"
    for level in range(1, 4):
        document.styles[f"Heading {level}"].font.name = "Carlito"
        document.styles[f"Heading {level}"].element.rPr.rFonts.attrib.clear()
    document.add_heading("Une convention", 0)
    document.add_heading("Objet", 1)
    text = document.add_paragraph("Écrire à ")
    link(text, "mailto:contact@example.org", "contact@example.org")
    text.add_run(", voir ")
    link(text, "https://example.org/a?b=1&c=2", "le site du syndicat")
    document.add_heading("Un sous-titre qui saute un rang", 3)
    for item in ("premier", "second"):
        document.add_paragraph(item, style="List Bullet")
    document.add_paragraph("compté", style="List Number")
    picture(document, "blue", "Le plan du réseau", 4)
    picture(document, "red", "", 3)
    picture(document, "green", "La carte, rognée", 5)
    crop = parse_xml('<a:srcRect xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" l="50000"/>')
    document.element.body.findall(f".//{PIC}blipFill")[-1].insert(1, crop)
    table = document.add_table(2, 2)
    for row, words in zip(table.rows, (("Nom", "{{ referent.prenom_nom }}"), ("Ville", "Montauban")), strict=True):
        for cell, word in zip(row.cells, words, strict=True):
            cell.text = word
    place = document.add_paragraph("Fait à ")
    bookmark(place, "champ_lieu", 101)
    place.add_run("……………, le ")
    bookmark(place, "champ_date", 102)
    place.add_run("……………")
    signed = document.add_table(2, 1)
    look = signed._tbl.tblPr.find(f"{W}tblLook")
    look.set(f"{W}firstColumn", "0")
    signed.rows[0].cells[0].text = "Le Maire,"
    signed.rows[1].height = Cm(3)
    signed.rows[1].cells[0].width = Cm(8)
    bookmark(signed.rows[1].cells[0].paragraphs[0], "sig_membre", 103)
    document.add_paragraph()
    document.save(str(path))


@dataclasses.dataclass
class Made:
    raw: Path
    filled: Filled
    pdf: pikepdf.Pdf
    top: structure.Node


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    folder = tmp_path_factory.mktemp("conform")
    write(folder / "t.docx")
    blank = Blank("referent.prenom_nom", "Prénom et nom du référent")
    filled = Renderer(Template(folder / "t.docx")).fill({"referent": {"prenom_nom": blank}})
    (folder / "f.docx").write_bytes(filled.docx)
    raw = folder / "f.pdf"
    with Pool(office.find(), 1) as pool:
        assert [p for _, p in pool.convert([Export(folder / "f.docx", raw)])] == [""]
    with pikepdf.open(io.BytesIO(conform.conform(raw, filled.meaning, "essai"))) as pdf:
        yield Made(raw, filled, pdf, structure.read(pdf))


def roles(top: structure.Node, *wanted: str) -> list[str]:
    return [node.role for node in structure.with_role(top, wanted)]


def test_the_title_is_the_first_heading_and_no_rank_is_left_out(made: Made) -> None:
    assert ["H1", "H2", "H3"] == roles(made.top, "H1", "H2", "H3", "H4")


def test_each_item_of_a_list_has_its_label_apart_from_its_text(made: Made) -> None:
    items = list(structure.with_role(made.top, ["LI"]))
    assert [["Lbl", "LBody"]] * 3 == [[k.role for k in i.kids if isinstance(k, structure.Node)] for i in items]
    assert all(len(list(item.kids[0].contents())) == 1 for item in items if isinstance(item.kids[0], structure.Node))


def test_the_first_cells_of_rows_are_headers_where_word_says_so(made: Made) -> None:
    first, second = structure.with_role(made.top, ["Table"])
    assert ["TH", "TD", "TH", "TD"] == roles(first, "TH", "TD")
    assert ["TD", "TD"] == roles(second, "TH", "TD")
    scopes = [str(a.Scope) for cell in structure.with_role(first, ["TH"]) for a in cell.obj.A if "/Scope" in a]
    assert ["/Row", "/Row"] == scopes


def test_a_described_picture_is_a_figure_and_the_other_an_ornament(made: Made) -> None:
    figure, cropped = structure.with_role(made.top, ["Figure"])
    assert ["Le plan du réseau", "La carte, rognée"] == [str(node.obj.Alt) for node in (figure, cropped)]
    (drawn,) = figure.contents()
    page = made.pdf.pages[drawn.page]
    assert f"/Figure<</MCID {drawn.mcid}>>BDC".encode() in page.Contents.read_bytes()


def test_links_lead_where_word_says(made: Made) -> None:
    found = [a for page in made.pdf.pages for a in page.obj.get("/Annots", []) if a.Subtype == "/Link"]
    assert ["mailto:contact@example.org", "https://example.org/a?b=1&c=2"] == [str(a.A.URI) for a in found]
    tagged = [k.obj.objgen for n in structure.with_role(made.top, ["Link"]) for k in n.kids
              if isinstance(k, structure.Annotation)]  # fmt: skip
    assert [a.objgen for a in found] == tagged


def test_fields_stand_where_one_writes_and_signs_each_read_in_its_place(made: Made) -> None:
    fields = {str(field.T): field for field in made.pdf.Root.AcroForm.Fields}
    names = ["champ_referent_prenom_nom_essai", "champ_lieu_essai", "champ_date_essai", "sig_membre_essai"]
    assert names == list(fields)
    read = [str(k.obj.T) for n in structure.with_role(made.top, ["Form"]) for k in n.kids
            if isinstance(k, structure.Annotation)]  # fmt: skip
    assert names == read
    left, bottom, right, top = (float(edge) for edge in fields["sig_membre_essai"].Rect)
    assert abs(right - left - (8 / 2.54 * 72 - 16)) < 1
    assert abs(top - bottom - (3 / 2.54 * 72 - 6)) < 1
    assert fields["sig_membre_essai"].FT == "/Sig"
    assert "Prénom et nom du référent" == str(fields[names[0]].TU)
    widths = {name: float(field.Rect[2]) - float(field.Rect[0]) for name, field in fields.items()}
    assert widths["champ_referent_prenom_nom_essai"] > 150, "a blank alone in its cell is as wide as the cell"
    assert widths["champ_lieu_essai"] < 80


def test_the_finished_document_is_pdfa_and_pdfua(made: Made, tmp_path: Path) -> None:
    part, whole = tmp_path / "part.pdf", tmp_path / "whole.pdf"
    part.write_bytes(conform.conform(made.raw, made.filled.meaning, "essai"))
    info = PackInfo(DESCRIPTION, projet=False, police=office.find().form_font())
    whole.write_bytes(assemble.assemble([PiecePdf("Une", "Page", part), PiecePdf("Deux", "Page", part)], info).data)
    assert verapdf([whole]) == {(whole, "2a"): [], (whole, "ua1"): []}


def test_a_mark_without_its_place_is_refused_by_its_name(made: Made) -> None:
    sign = made.filled.meaning.marks[-1]
    for marks, said in (
        ([Mark("sig_syndicat", "sig_syndicat", "", 100, 50)], "« sig_syndicat » n'est pas dans le PDF"),
        ([Mark("champ_lieu", "champ_a", ""), Mark("champ_lieu", "champ_b", "")], "se recouvrent"),
        ([dataclasses.replace(sign, height=2000)], "sort de la page"),
        ([dataclasses.replace(sign, cell=(9, 0, 0))], "pas de place dans l'ordre de lecture"),
    ):
        meaning = dataclasses.replace(made.filled.meaning, marks=tuple(marks))
        with pytest.raises(ConversionFailed, match=said):
            conform.conform(made.raw, meaning, "essai")


def converted(folder: Path, body: Sequence[str], values: dict[str, Any], **parts: Any) -> pikepdf.Pdf:
    """Return a small document filled, converted and completed."""
    return complete(folder, a_docx(folder, list(body), **parts), values)


def complete(folder: Path, template: Path, values: dict[str, Any]) -> pikepdf.Pdf:
    filled = Renderer(Template(template)).fill(values)
    (folder / "f.docx").write_bytes(filled.docx)
    with Pool(office.find(), 1) as pool:
        assert [p for _, p in pool.convert([Export(folder / "f.docx", folder / "f.pdf")])] == [""]
    return pikepdf.open(io.BytesIO(conform.conform(folder / "f.pdf", filled.meaning, "essai")))


def boxes(pdf: pikepdf.Pdf) -> list[tuple[float, ...]]:
    return [tuple(float(edge) for edge in a.Rect) for page in pdf.pages for a in page.obj.get("/Annots", [])]


TWO = {"referent": {"telephone": Blank("referent.telephone", "Téléphone"), "courriel": Blank("referent.courriel", "")}}


def test_two_blanks_against_each_other_and_dots_typed_before_one_are_told_apart(tmp_path: Path) -> None:
    with converted(tmp_path, [p("{{ referent.telephone }}{{ referent.courriel }}")], TWO) as pdf:
        first, second = boxes(pdf)
    assert first[2] - first[0] == pytest.approx(second[2] - second[0], abs=0.5)
    assert first[2] == pytest.approx(second[0] + 2, abs=3)
    with converted(tmp_path, [p("Tél.…{{ referent.telephone }}, fin")], TWO) as pdf:
        ((left, _, right, _),) = boxes(pdf)
    assert right - left == pytest.approx(first[2] - first[0], abs=0.5)


def test_two_blanks_in_one_cell_share_it(tmp_path: Path) -> None:
    cell = p("{{ referent.telephone }} ", run("{{ referent.courriel }}", "<w:b/>"))
    size = '<w:tcPr><w:tcW w:w="8000" w:type="dxa"/></w:tcPr>'
    table = (
        f'<w:tbl><w:tblPr/><w:tblGrid><w:gridCol w:w="8000"/></w:tblGrid><w:tr><w:tc>{size}{cell}</w:tc></w:tr></w:tbl>'
    )
    with converted(tmp_path, [table, p("Fin")], TWO) as pdf:
        first, second = boxes(pdf)
    assert first[2] < second[0]
    assert second[2] - second[0] < 200


def test_a_blank_in_very_large_letters_has_its_field(tmp_path: Path) -> None:
    with converted(tmp_path, [p(run("{{ referent.telephone }}", '<w:sz w:val="72"/>'))], TWO) as pdf:
        assert len(boxes(pdf)) == 1


def test_links_to_a_place_by_field_and_in_notes_do_not_disturb_the_others(tmp_path: Path) -> None:
    inner = '<w:hyperlink w:anchor="ici"><w:r><w:t>plus haut</w:t></w:r></w:hyperlink>'
    mark = '<w:bookmarkStart w:id="1" w:name="ici"/><w:bookmarkEnd w:id="1"/>'
    code = " HYPERLINK &quot;https://example.org/champ&quot; "
    field = f'<w:fldSimple w:instr="{code}"><w:r><w:t>par champ</w:t></w:r></w:fldSimple>'
    outer = '<w:hyperlink r:id="l1"><w:r><w:t>le site</w:t></w:r></w:hyperlink>'
    rels = f'<Relationship Id="l1" Type="{OFFICE}/hyperlink" Target="https://example.org/site" TargetMode="External"/>'
    body = [f"<w:p>{mark}<w:r><w:t>Ici, voir </w:t></w:r>{inner}{field}{outer}{NOTE}</w:p>"]
    with converted(tmp_path, body, {}, rels=rels, footnotes="Une note.") as pdf:
        found = [a for page in pdf.pages for a in page.obj.get("/Annots", [])]
        assert ["https://example.org/champ", "https://example.org/site"] == [str(a.A.URI) for a in found]
        assert all("/StructParent" in a for a in found)
        info = PackInfo(DESCRIPTION, projet=False, police=office.find().form_font())
        part = tmp_path / "part.pdf"
        pdf.save(part)
        assert len(assemble.assemble([PiecePdf("Une", "Page", part)], info).pages) == 1


def test_only_safe_addresses_make_links_and_those_of_notes_are_not_taken_for_others(tmp_path: Path) -> None:
    addresses = {
        "l1": "javascript:alert(1)", "l2": "file:///C:/notes.docx", "l3": "http://example.org/clair",
        "l4": "voisin.docx", "l5": "https://example.org/1", "l6": "mailto:a@example.org",
    }  # fmt: skip
    rel = f'<Relationship Id="{{}}" Type="{OFFICE}/hyperlink" Target="{{}}" TargetMode="External"/>'
    link = '<w:hyperlink r:id="{}"><w:r><w:t xml:space="preserve">{}</w:t></w:r></w:hyperlink>'
    words = ["le script", "le fichier", "le clair", "le voisin", "1er site", "écrire"]
    linked = "".join(link.format(number, text) for number, text in zip(addresses, words, strict=True))
    rels = "".join(rel.format(number, url) for number, url in addresses.items())
    note = rels.replace("https://example.org/1", "https://example.org/note").replace("mailto:a@", "mailto:note@")
    body = [f"<w:p><w:r><w:t>Voir</w:t></w:r>{NOTE}<w:r><w:t> </w:t></w:r>{linked}</w:p>"]
    foot = f"<w:p><w:r><w:footnoteRef/></w:r>{link.format('l6', 'écrire')}{link.format('l5', '1er site')}</w:p>"
    path = a_docx(tmp_path, body, rels=rels, footnotes=foot)
    with zipfile.ZipFile(path, "a") as package:
        package.writestr(
            "word/_rels/footnotes.xml.rels", f'<Relationships xmlns="{PACKAGE}/relationships">{note}</Relationships>'
        )
    with complete(tmp_path, path, {}) as pdf:
        links = [
            str(kid.obj.A.URI)
            for node in structure.with_role(structure.read(pdf), ["Link"])
            for kid in node.kids
            if isinstance(kid, structure.Annotation)
        ]
        assert links == [
            "https://example.org/1", "mailto:a@example.org", "mailto:note@example.org", "https://example.org/note"
        ]  # fmt: skip
        assert len([a for page in pdf.pages for a in page.obj.get("/Annots", [])]) == 4


def test_what_is_no_tagged_pdf_is_refused(tmp_path: Path, made: Made) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(made.raw.read_bytes()[:2000])
    with pytest.raises(ConversionFailed):
        conform.conform(broken, made.filled.meaning, "essai")
    with pikepdf.new() as bare:
        bare.add_blank_page()
        bare.save(broken)
    with pytest.raises(ConversionFailed, match="balisé"):
        conform.conform(broken, made.filled.meaning, "essai")
