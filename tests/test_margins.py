"""Text that LibreOffice draws past a margin is told; what the lawyer put there herself is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from word import a_docx, p

from docgen import office
from docgen.packs import margins
from docgen.pdf.convert import Export, Pool
from docgen.word.render import Renderer
from docgen.word.template import Template

SECTION = (
    '<w:p><w:pPr><w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1440" w:right="1440" w:bottom="1440"'
    ' w:left="1440" w:header="700" w:footer="700" w:gutter="0"/></w:sectPr></w:pPr></w:p>'
)
WORDS = "Le membre s’oblige à transmettre au syndicat tous les documents utiles. "
WIDE = (
    '<w:tbl><w:tblPr><w:tblW w:w="11000" w:type="dxa"/><w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>'
    '<w:gridCol w:w="8900"/><w:gridCol w:w="2100"/></w:tblGrid><w:tr>{}{}</w:tr></w:tbl>'
)
CELL = '<w:tc><w:tcPr><w:tcW w:w="{}" w:type="dxa"/></w:tcPr>{}</w:tc>'


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(office.find(), 1) as started:
        yield started


def told(folder: Path, pool: Pool, *body: str) -> list[str]:
    filled = Renderer(Template(a_docx(folder, [*body, SECTION, p("Fin")]))).fill({})
    (folder / "f.docx").write_bytes(filled.docx)
    assert [why for _, why in pool.convert([Export(folder / "f.docx", folder / "f.pdf")])] == [""]
    return list(margins.overruns(folder / "f.pdf", filled.meaning.layout, before=4))


def paragraph(properties: str, text: str = WORDS * 3) -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def test_a_table_wider_than_the_text_area_is_told_with_its_page_and_its_words(tmp_path: Path, pool: Pool) -> None:
    row = CELL.format(8900, p("Désignation")), CELL.format(2100, p("Montant annuel"))
    (line,) = told(tmp_path, pool, p("Avant"), WIDE.format(*row))
    assert line.startswith("page 5 : « Montant annuel » dépasse la marge de ")


def test_justified_items_of_a_list_stay_between_the_margins(tmp_path: Path, pool: Pool) -> None:
    item = '<w:spacing w:after="120"/><w:ind w:left="720" w:hanging="360"/><w:jc w:val="both"/>'
    texts = (f"{'a' * n} {WORDS * 4}" for n in range(1, 12))
    assert not told(tmp_path, pool, *(paragraph(item, text) for text in texts))


def test_a_paragraph_that_the_ruler_puts_into_the_margin_is_meant(tmp_path: Path, pool: Pool) -> None:
    assert not told(tmp_path, pool, paragraph('<w:ind w:left="-567" w:right="-567"/><w:jc w:val="both"/>'))


def test_a_frame_is_put_anywhere(tmp_path: Path, pool: Pool) -> None:
    frame = (
        '<w:framePr w:w="900" w:hSpace="142" w:wrap="around" w:vAnchor="page" w:hAnchor="page" w:x="200" w:y="4000"/>'
    )
    assert not told(tmp_path, pool, paragraph(frame, "Visa"), paragraph("", WORDS))
