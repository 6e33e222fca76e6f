"""The signs of Word: each code of its fonts of signs is drawn by the one font that is declared."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_byhand import LISTS
from word import a_docx, p, shown

from docgen.lint import glyphs
from docgen.office import covers
from docgen.word.package import zipped
from docgen.word.render import Renderer
from docgen.word.signs import FONT, TABLES
from docgen.word.template import Template


@pytest.mark.parametrize("family", TABLES)
def test_the_declared_font_draws_every_sign(family: str) -> None:
    assert [hex(code) for code, char in TABLES[family].items() if not covers(FONT, char)] == []


@pytest.mark.parametrize(
    ("family", "code", "sign"),
    [
        ("Wingdings", "F0FE", "☑"), ("wingdings", "00A8", "◻"), ("Wingdings 2", "F050", "✓"), ("Webdings", "F061", "✔"),
        ("Wingdings 3", "F021", "←"), ("Wingdings 3", "F022", "→"), ("Wingdings 3", "F084", "▶"),
        ("Symbol", "F0AE", "→"), ("Symbol", "F0B7", "•"), ("Symbol", "F061", "α"),
    ],
)  # fmt: skip
def test_a_symbol_is_what_its_font_shows(family: str, code: str, sign: str, tmp_path: Path) -> None:
    symbol = f'<w:r><w:sym w:font="{family}" w:char="{code}"/></w:r>'
    assert shown(Renderer(Template(a_docx(tmp_path, p("Case ", symbol)))).fill({}).docx) == [f"Case {sign}"]


def test_a_bullet_that_its_font_does_not_draw_is_told(tmp_path: Path) -> None:
    fonts = '<w:rPr><w:rFonts w:ascii="Carlito" w:hAnsi="Carlito"/></w:rPr>'
    lists = LISTS.replace("Article %1 –", "王").replace("</w:lvl>", f"{fonts}</w:lvl>")
    listed = '<w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>'
    item = f"<w:p>{listed}<w:r><w:t>point</w:t></w:r></w:p>"
    path = a_docx(tmp_path, [p("Article 1 – Objet"), item])
    path.write_bytes(zipped({**Template(path).members, "word/numbering.xml": lists.encode()}))
    (found,) = glyphs.missing(Template(path))
    assert "U+738B" in found.message
    assert "point" in found.place.extract
