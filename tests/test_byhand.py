"""« l'article 3 », typed by hand: told when a clause takes the article away, or gives it another number."""

from __future__ import annotations

from pathlib import Path

from word import WORD, a_docx, p

from docgen.lint import byhand
from docgen.word.package import zipped
from docgen.word.render import Renderer
from docgen.word.template import Template

LISTS = (
    f'<w:numbering xmlns:w="{WORD}"><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/>'
    '<w:numFmt w:val="decimal"/><w:lvlText w:val="Article %1 –"/></w:lvl></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
)


def title(text: str) -> str:
    props = '<w:pPr><w:outlineLvl w:val="0"/><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>'
    return f"<w:p>{props}<w:r><w:t>{text}</w:t></w:r></w:p>"


def a_template(folder: Path) -> Template:
    clause = [p("{%p if gfu %}"), title("Groupement"), p("Texte."), p("{%p endif %}")]
    body = [
        title("Objet"),
        *clause,
        title("Prix"),
        p("Le prix de l’article 3 suit l’article 2 de la présente convention."),
    ]
    path = a_docx(folder, body)
    template = Template(path)
    path.write_bytes(zipped({**template.members, "word/numbering.xml": LISTS.encode()}))
    return Template(path, known=("gfu",))


def test_who_has_all_clauses_reads_true_references(tmp_path: Path) -> None:
    template = a_template(tmp_path)
    assert list(byhand.missing(template)) == []
    assert byhand.moved(template, Renderer(template).fill({"gfu": True}).meaning.passages) == []


def test_a_clause_that_is_left_out_moves_or_takes_away_what_is_referred_to(tmp_path: Path) -> None:
    template = a_template(tmp_path)
    assert byhand.any_in(template)
    third, second = byhand.moved(template, Renderer(template).fill({"gfu": False}).meaning.passages)
    assert "« article 3 » est tapé à la main" in third.message
    assert "« Prix » y a le numéro 2" in third.message
    assert "« Groupement » n'y est pas" in second.message
    assert "« Article 3 – Prix »" in third.place.within
