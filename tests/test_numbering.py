"""The numbers that Word prints before paragraphs, and that are nowhere in the text."""

from __future__ import annotations

import pytest
from lxml import etree
from word import NAMESPACES

from docgen.word.numbering import Numbering

HEADING = '<w:p {}><w:pPr><w:pStyle w:val="{}"/></w:pPr></w:p>'
STYLES = """<w:style w:styleId="H1"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
<w:style w:styleId="H2"><w:basedOn w:val="H1"/><w:pPr><w:numPr><w:ilvl w:val="1"/></w:numPr></w:pPr></w:style>
<w:style w:styleId="Puce"><w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr></w:style>"""


def level(number: int, kind: str, text: str, start: int = 1) -> str:
    said = f'<w:start w:val="{start}"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{text}"/>'
    return f'<w:lvl w:ilvl="{number}">{said}</w:lvl>'


def labels(styles: str, *levels: str) -> list[str]:
    lists = f'<w:abstractNum w:abstractNumId="5">{"".join(levels)}</w:abstractNum>'
    lists += f'<w:abstractNum w:abstractNumId="6">{level(0, "bullet", "•")}</w:abstractNum>'
    lists += (
        '<w:num w:numId="1"><w:abstractNumId w:val="5"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="6"/></w:num>'
    )
    numbering = Numbering(
        {
            "word/numbering.xml": f"<w:numbering {NAMESPACES}>{lists}</w:numbering>".encode(),
            "word/styles.xml": f"<w:styles {NAMESPACES}>{STYLES}</w:styles>".encode(),
        }
    )
    return [numbering.label(etree.fromstring(HEADING.format(NAMESPACES, style))) for style in styles.split()]


def test_levels_count_and_begin_again_under_each_other() -> None:
    article, sub = level(0, "decimal", "Article %1\u00a0–"), level(1, "decimal", "%1.%2")
    assert labels("H1 H2 H2 H1 H2", article, sub) == ["Article 1 –", "1.1", "1.2", "Article 2 –", "2.1"]


def test_a_sub_level_before_any_level_counts_it_as_begun() -> None:
    assert labels("H2 H1", level(0, "decimal", "%1"), level(1, "decimal", "%1.%2")) == ["1.1", "2"]


@pytest.mark.parametrize(
    ("kind", "printed"),
    [("upperLetter", ["A)", "B)"]), ("lowerRoman", ["i)", "ii)"]), ("upperRoman", ["I)", "II)"]),
     ("decimalZero", ["01)", "02)"]), ("lowerLetter", ["a)", "b)"])],
)  # fmt: skip
def test_numbers_are_written_as_the_list_says(kind: str, printed: list[str]) -> None:
    assert labels("H1 H1", level(0, kind, "%1)")) == printed


def test_a_list_may_begin_further() -> None:
    assert labels("H1 H1", level(0, "decimal", "%1", start=9)) == ["9", "10"]


def test_a_bullet_and_a_plain_paragraph_have_no_number() -> None:
    assert labels("Puce Autre", level(0, "decimal", "%1")) == ["", ""]
    assert Numbering({}).label(etree.fromstring(f"<w:p {NAMESPACES}/>")) == ""
