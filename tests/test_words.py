"""What Word holds every day is printed whole and found again, both ways, by the real LibreOffice."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from word import NAMESPACES, NOTE, WORD, a_docx, p, run, table

from docgen import office
from docgen.packs import margins, words
from docgen.packs.places import Shown
from docgen.pdf import conform
from docgen.pdf.convert import Export, Pool
from docgen.pdf.pdftext import page_texts
from docgen.word.package import zipped
from docgen.word.render import Renderer
from docgen.word.template import Template

STYLES = (
    f'<w:styles xmlns:w="{WORD}"><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Carlito" w:hAnsi="Carlito"'
    ' w:eastAsia="Carlito" w:cs="Carlito"/></w:rPr></w:rPrDefault></w:docDefaults></w:styles>'
)
MARK = '<w:r><w:footnoteReference w:customMarkFollows="1" w:id="2"/><w:t>*</w:t></w:r>'
RAISED = '<w:vertAlign w:val="superscript"/>'
DROPPED = (
    '<w:p><w:pPr><w:framePr w:dropCap="drop" w:lines="3" w:wrap="around" w:vAnchor="text" w:hAnchor="text"/></w:pPr>'
    '<w:r><w:rPr><w:sz w:val="80"/></w:rPr><w:t>L</w:t></w:r></w:p>'
)
BOX = (
    '<w:r><w:pict><v:shape style="width:200pt;height:50pt"><v:textbox><w:txbxContent>{}</w:txbxContent></v:textbox>'
    "</v:shape></w:pict></w:r>"
)
DOTS = '<w:p><w:pPr><w:tabs><w:tab w:val="right" w:leader="dot" w:pos="8000"/></w:tabs></w:pPr>{}</w:p>'
UPRIGHT = (
    '<w:tbl><w:tblPr/><w:tblGrid><w:gridCol w:w="800"/></w:tblGrid><w:tr><w:trPr><w:trHeight w:val="2500"/></w:trPr>'
    '<w:tc><w:tcPr><w:tcW w:w="800" w:type="dxa"/><w:textDirection w:val="btLr"/></w:tcPr>{}</w:tc></w:tr></w:tbl>'
)
LONG = (
    "e membre adhère au groupement et à tous ses services numériques mutualisés, dans les conditions fixées ci-après."
)
CASES = {
    "a call against a word": [p("Le référent", NOTE, " est choisi.")],
    "a call before the full stop": [p("Le référent", NOTE, ". Puis la suite.")],
    "a call after the full stop": [p("Le référent.", NOTE, " Puis la suite.")],
    "a call between two letters": [p("mot", NOTE, "suite")],
    "calls one after the other": [p("mot", NOTE, NOTE, " suite")],
    "a call in a cell": [table([p("cellule", NOTE), "autre"])],
    "a call after a number": [p("soit 2024", NOTE, " fin")],
    "a call after a value": [p("{{ nom }}", NOTE, " fin")],
    "a call after a field of Word": [p('<w:fldSimple w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple>', NOTE)],
    "a call after quotes and brackets": [p("« mot »", NOTE, " (mot", NOTE, ") fin")],
    "a call with a mark of its own": [p("mot", MARK, " fin")],
    "raised letters": [p("1", run("er", RAISED), " m", run("2", RAISED), " n", run("o", RAISED))],
    "capitals": [p(run("Commune de Lœuilly", "<w:caps/>"), " et ", run("Petites", "<w:smallCaps/>"))],
    "a value in capitals": [p(run("{{ nom }}", "<w:caps/>"))],
    "a drop cap": [DROPPED, p(LONG)],
    "a text box": [p("avant ", BOX.format(p("dans la boîte {{ nom }}")), " après")],
    "spaced letters": [p(run("CONVENTION", '<w:spacing w:val="80"/>'), " fin")],
    "leading dots": [DOTS.format("<w:r><w:t>Prix</w:t><w:tab/><w:t>12 €</w:t></w:r>")],
    "a table in a table": [table([[table(["interne un", "interne deux"])], "autre"])],
    "an upright text": [UPRIGHT.format(p("texte vertical")), p("fin")],
    "hyphens that no line ends at": [
        p("porte\u2011monnaie co\u00adopé\u00adra\u00adtion vice\u2010président 1\u20132")
    ],
    "letters made of several": [p("E\u0301te\u0301, ﬁn, a\u202f000, b\u2009c, œ Œ ÿ Ÿ Æ ẞ Ș")],
    "signs": [p("A → B ☐ ✓ € § ° № ½ ² ³ … “x” ‘y’ ≤")],
    "a content control": [p("Avant ", "<w:sdt><w:sdtPr/><w:sdtContent>" + run("dedans") + "</w:sdtContent></w:sdt>")],
    "a word longer than its line": [p("anticonstitutionnellement" * 12)],
}


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(office.find(), 1) as started:
        yield started


@pytest.mark.parametrize("name", CASES)
def test_it_is_printed_whole_and_nothing_else_is(name: str, pool: Pool, tmp_path: Path) -> None:
    path = a_docx(tmp_path, CASES[name], footnotes="Une note de bas de page.")
    with zipfile.ZipFile(path, "a") as package:
        package.writestr("word/styles.xml", STYLES)
    filled = Renderer(Template(path, known=("nom",))).fill({"nom": "Commune d’Ÿpres"})
    docx, pdf = tmp_path / "f.docx", tmp_path / "f.pdf"
    docx.write_bytes(filled.docx)
    assert [why for _, why in pool.convert([Export(docx, pdf)])] == [""]
    conform.conform(pdf, filled.meaning, "essai")
    shown = Shown("Essai", page_texts(pdf.read_bytes()), filled.meaning.passages)
    assert [str(problem) for problem in words.lost(shown)] == []
    assert [str(problem) for problem in words.missing_values(shown, filled.printed)] == []
    assert list(words.foreign(shown, filled.meaning.around)) == []
    assert list(margins.overruns(pdf, filled.meaning.layout)) == []


def test_a_word_too_many_and_a_word_too_few_are_still_found(tmp_path: Path) -> None:
    filled = Renderer(
        Template(
            a_docx(
                tmp_path,
                p(
                    "Le référent",
                    NOTE,
                    " est choisi.",
                ),
                footnotes="Note.",
            )
        )
    ).fill({})
    shown = Shown("Essai", ["Le référent1 est nommé.\n1Note."], filled.meaning.passages)
    (lost,) = words.lost(shown)
    assert "« choisi »" in lost.message
    assert list(words.foreign(shown, ())) == ["page 1 : « nommé » n'est ni dans le modèle ni dans la fiche"]


def test_a_note_whose_call_a_condition_took_away_is_not_looked_for(tmp_path: Path) -> None:
    body = [p("Avant"), p("{%p if gfu %}"), p("Clause", NOTE), p("{%p endif %}"), p("Après")]
    template = Template(a_docx(tmp_path, body, footnotes="Note de {{ nom }}."), known=("nom", "gfu"))
    with_it = Renderer(template).fill({"nom": "Valserre", "gfu": True})
    without = Renderer(template).fill({"nom": "Valserre", "gfu": False})
    assert with_it.printed == ("Valserre",)
    assert without.printed == ()
    assert without.words == ("avant", "après")


def call(number: int) -> str:
    return NOTE.replace('"2"', f'"{number}"')


def noted(folder: Path, body: list[str], texts: dict[int, str]) -> Template:
    """Return a template with these notes, by number."""
    path = a_docx(folder, body, footnotes="Une note.")
    notes = "".join(f'<w:footnote w:id="{number}">{p(text)}</w:footnote>' for number, text in texts.items())
    part = f"<w:footnotes {NAMESPACES}>{notes}</w:footnotes>".encode()
    path.write_bytes(zipped({**Template(path).members, "word/footnotes.xml": part}))
    return Template(path, known=("gfu",))


@pytest.mark.parametrize(("gfu", "said"), [(True, ["1Un", "2Deux", "3Trois"]), (False, ["1Un", "2Trois"])])
def test_each_call_has_its_own_note_whatever_a_condition_takes_away(
    gfu: bool, said: list[str], pool: Pool, tmp_path: Path
) -> None:
    body = [p("a", call(1)), p("{%p if gfu %}"), p("b", call(2)), p("{%p endif %}"), p("c", call(3))]
    assert printed_notes(noted(tmp_path, body, {3: "Trois", 1: "Un", 2: "Deux"}), {"gfu": gfu}, pool) == said


def test_a_call_that_a_loop_repeats_has_its_note_each_time(pool: Pool, tmp_path: Path) -> None:
    body = [p("{%p for un in gfu %}"), p("a", call(2)), p("{%p endfor %}"), p("b", call(1))]
    template = noted(tmp_path, body, {1: "Un", 2: "Deux"})
    assert printed_notes(template, {"gfu": ["x", "y"]}, pool) == ["1Deux", "2Deux", "3Un"]


def printed_notes(template: Template, values: dict[str, object], pool: Pool) -> list[str]:
    """Return what the page shows at its foot."""
    docx, pdf = template.path.with_name("f.docx"), template.path.with_name("f.pdf")
    docx.write_bytes(Renderer(template).fill(values).docx)
    assert [why for _, why in pool.convert([Export(docx, pdf)])] == [""]
    return [line for line in page_texts(pdf.read_bytes())[0].splitlines() if re.fullmatch(r"\d[A-Z]\w+", line)]
