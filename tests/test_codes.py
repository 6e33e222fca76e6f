"""Word's own fields: each is printed as Word shows it, computed anew to the same words, or refused by name."""

from __future__ import annotations

import re
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest
from conftest import ROOT
from word import NOTE, a_docx, p

from docgen import office
from docgen.diagnostics import ProblemsFound
from docgen.lint import rules
from docgen.packs import tables
from docgen.packs.places import Shown
from docgen.pdf.convert import Export, Pool
from docgen.pdf.pdftext import page_texts
from docgen.word.codes import BROKEN, FATES, Fate
from docgen.word.render import Renderer
from docgen.word.template import Template

STANDARD = set(re.findall(r"\w+", """
    ADDRESSBLOCK ADVANCE ASK AUTHOR AUTONUM AUTONUMLGL AUTONUMOUT AUTOTEXT AUTOTEXTLIST BIBLIOGRAPHY CITATION
    COMMENTS COMPARE CREATEDATE DATABASE DATE DOCPROPERTY DOCVARIABLE EDITTIME EQ FILENAME FILESIZE FILLIN
    FORMCHECKBOX FORMDROPDOWN FORMTEXT FORMULA GOTOBUTTON GREETINGLINE HYPERLINK IF INCLUDEPICTURE INCLUDETEXT INDEX
    INFO KEYWORDS LASTSAVEDBY LINK LISTNUM MACROBUTTON MERGEFIELD MERGEREC MERGESEQ NEXT NEXTIF NOTEREF NUMCHARS
    NUMPAGES NUMWORDS PAGE PAGEREF PRINT PRINTDATE PRIVATE QUOTE RD REF REVNUM SAVEDATE SECTION SECTIONPAGES SEQ SET
    SKIPIF STYLEREF SUBJECT SYMBOL TA TC TEMPLATE TIME TITLE TOA TOC USERADDRESS USERINITIALS USERNAME XE
"""))  # fmt: skip
"""The fields of ISO/IEC 29500-1, 17.16.5."""
KEPT = sorted(name for name, fate in FATES.items() if fate is Fate.KEPT and name != "HYPERLINK")
REFUSED = sorted(name for name, fate in FATES.items() if fate is Fate.REFUSED)
SILENT = sorted(name for name, fate in FATES.items() if fate is Fate.SILENT)
PAGE_BREAK = '<w:p><w:r><w:br w:type="page"/></w:r></w:p>'


def code(text: str, result: str) -> str:
    """Return a field that shows that result, written from a begin to an end."""
    mark = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    said = f'<w:r><w:instrText xml:space="preserve"> {escape(text)} </w:instrText></w:r>'
    shown = f"<w:r><w:t>{result}</w:t></w:r>" if result else ""
    return f"{mark.format('begin')}{said}{mark.format('separate')}{shown}{mark.format('end')}"


def simple(text: str, result: str) -> str:
    return f"<w:fldSimple w:instr={quoteattr(f' {text} ')}><w:r><w:t>{result}</w:t></w:r></w:fldSimple>"


def marked(name: str, number: int, inside: str) -> str:
    return f'<w:bookmarkStart w:id="{number}" w:name="{name}"/>{inside}<w:bookmarkEnd w:id="{number}"/>'


def a_document(folder: Path) -> Path:
    """Write a document with one of each field that is not refused."""
    body = [p(f"{name} : ", code(f"{name} x", f"montré{name}"), " fin") for name in KEPT]
    body += [p(f"{name} simple : ", simple(f"{name} x", f"aussi{name}"), " fin") for name in KEPT]
    body += [p(f"{name} : ", code(f'{name} "caché{name}"', ""), " fin") for name in SILENT]
    body.append(p("lien : ", code('HYPERLINK "https://exemple.fr"', "montréHYPERLINK"), " fin"))
    body.append(p("Lieu : ", marked("LIEU", 1, "<w:r><w:t>Mairie</w:t></w:r>"), NOTE.replace('"2"', '"2"')))
    body.append(p(marked("_RefNote", 2, NOTE), " seconde note"))
    body.append(PAGE_BREAK)
    body.append(p("Tableau ", code("SEQ Tableau", "8"), " puis ", code("SEQ Tableau \\* ROMAN", "9"), " fin"))
    body.append(
        p(
            "Renvois : ",
            code("REF LIEU \\h", "Ancien"),
            "/",
            simple("LIEU", "Ancien"),
            "/",
            code("REF LIEU \\* Upper", "X"),
        )
    )
    body.append(p("Note : ", code("NOTEREF _RefNote", "9"), ", page : ", code("PAGEREF LIEU", "9"), " fin"))
    body.append(p("Page : ", code("PAGE", "9"), " sur ", simple("NUMPAGES", "9"), " fin"))
    return a_docx(folder, body, footnotes="Une note.")


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("codes")
    return " ".join(" ".join(pages(a_document(folder))).split())


def pages(path: Path) -> list[str]:
    filled = Renderer(Template(path)).fill({})
    docx, pdf = path.with_name("f.docx"), path.with_name("f.pdf")
    docx.write_bytes(filled.docx)
    with Pool(office.find(), 1) as pool:
        assert [why for _, why in pool.convert([Export(docx, pdf)])] == [""]
    found = page_texts(pdf.read_bytes())
    assert not list(tables.faults(Shown("Pièce", found), filled.meaning.listed))
    return found


def test_every_field_of_the_standard_has_its_fate() -> None:
    assert STANDARD - FATES.keys() == set()


@pytest.mark.parametrize("name", KEPT)
def test_a_field_that_is_kept_prints_what_word_shows(name: str, printed: str) -> None:
    assert f"{name} : montré{name} fin" in printed
    assert f"{name} simple : aussi{name} fin" in printed


@pytest.mark.parametrize("name", SILENT)
def test_a_field_that_only_marks_a_place_prints_nothing(name: str, printed: str) -> None:
    assert f"{name} : fin" in printed


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("HYPERLINK", "lien : montréHYPERLINK fin"),
        ("SEQ", "Tableau 1 puis II fin"),
        ("REF", "Renvois : Mairie/Mairie/MAIRIE"),
        ("NOTEREF", "Note : 2, page"),
        ("PAGEREF", "page : 1 fin"),
        ("PAGE", "Page : 2 sur"),
        ("NUMPAGES", "sur 2 fin"),
    ],
)
def test_a_field_that_is_computed_prints_what_is_true(name: str, said: str, printed: str) -> None:
    assert said in printed, name


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("form", [code, simple])
def test_a_field_that_would_print_something_else_is_refused_by_its_name_and_place(
    name: str, form: type, tmp_path: Path
) -> None:
    path = a_docx(tmp_path, [p("Article 2 – Durée"), p("Avant ", form(f"{name} x", "montré"), " après")])
    (found,) = rules.check(Template(path))
    assert found.code == "champ-calcule"
    assert f"un champ Word {name} " in found.message
    assert "« Article 2 – Durée »" in str(found.place)
    assert "après" in found.place.extract
    assert found.hint


def heading(text: str, bookmark: str, number: int) -> str:
    inside = marked(bookmark, number, f"<w:r><w:t>{text}</w:t></w:r>")
    return f'<w:p><w:pPr><w:outlineLvl w:val="0"/></w:pPr>{inside}</w:p>'


def test_a_table_of_contents_is_made_anew_and_its_pages_are_true(tmp_path: Path) -> None:
    table = p(code('TOC \\o "1-2" \\h \\z \\u', "Ancien titre 7"))
    figures = p(code('TOC \\h \\z \\c "Tableau"', "Tableau 9 – Vieux 7"))
    caption = p("Tableau ", code("SEQ Tableau \\* ARABIC", "9"), " – Tarifs")
    control = (
        '<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr>'
        f"<w:sdtContent>{p('Sommaire')}{table}</w:sdtContent></w:sdt>"
    )
    body = [
        control,
        figures,
        PAGE_BREAK,
        heading("Objet", "_Toc1", 1),
        PAGE_BREAK,
        heading("Durée", "_Toc2", 2),
        caption,
    ]
    first, *rest = pages(a_docx(tmp_path, body))
    assert "Ancien" not in first
    assert "Vieux" not in first
    lines = [" ".join(line.replace(".", " ").split()) for line in first.splitlines()]
    assert lines == ["Sommaire", "Objet 2", "Durée 3", "Tableau 1 – Tarifs 3"]
    assert ["Objet" in rest[0], "Durée" in rest[1]] == [True, True]


def test_a_table_that_lies_or_forgets_a_title_is_found() -> None:
    shown = Shown("Pièce", ["Sommaire\nObjet....2\nDurée....2", "Objet\nTexte", "Durée"])
    assert list(tables.faults(shown, ["Objet"])) == []
    raised = Shown("Pièce", ["Sommaire\nARTICLE 1 er – O B J E T....2", "Article 1er – Objet"])
    assert list(tables.faults(raised, ["Article 1er – Objet"])) == []
    (wrong,) = tables.faults(shown, ["Durée"])
    assert wrong.message == "la table des matières annonce « Durée » page 2, qui n'y est pas"
    (forgotten,) = tables.faults(shown, ["Litiges"])
    assert forgotten.message == "« Litiges » n'est pas dans la table des matières"


def test_a_reference_to_a_clause_that_a_member_does_not_have_stops_its_document_only(tmp_path: Path) -> None:
    clause = p(marked("_Ref5", 1, "<w:r><w:t>Clause du GFU</w:t></w:r>"))
    body = [p("{%p if gfu %}"), clause, p("{%p endif %}"), p("Voir ", code("REF _Ref5 \\h", "Clause"), " plus haut.")]
    template = Template(a_docx(tmp_path, body), known=("gfu",))
    assert not [d for d in rules.check(template) if d.code == "renvoi-perdu"]
    filled = Renderer(template).fill({"gfu": True})
    assert "".join(filled.words).count("clausedugfu") == 2
    with pytest.raises(ProblemsFound) as raised:
        Renderer(template).fill({"gfu": False})
    (problem,) = raised.value.diagnostics
    assert problem.code == "renvoi-perdu"
    assert "plus haut" in problem.place.extract
    assert problem.hint


def test_the_guide_of_the_lawyers_has_the_same_table() -> None:
    guide = (ROOT / "docs/guide-juriste.md").read_text("utf-8").split("### Les champs de Word")[1].split("## 7.")[0]
    rows = [set(re.findall("`([A-Z]+)`", row)) for row in guide.splitlines() if row.startswith("| ")][1:]
    fates = (Fate.KEPT, Fate.COMPUTED, Fate.LAID_OUT, Fate.REMADE, Fate.SILENT)
    assert rows[:5] == [{name for name, fate in FATES.items() if fate is wanted} for wanted in fates]
    assert rows[5] <= set(REFUSED)


@pytest.mark.parametrize(
    ("said", "broken"),
    [
        ("Voir Erreur ! Source du renvoi introuvable.", True),
        ("Error: Reference source not found", True),
        ("Erreur : source de la référence non trouvée", True),
        ("Fehler: Verweis nicht gefunden", True),
        ("Error! Bookmark not defined.", True),
        ("En cas d’erreur : la référence du marché fait foi.", False),
        ("Toute erreur : le signet, la source et le renvoi sont corrigés.", False),
    ],
)
def test_the_words_of_a_broken_field_are_known_and_no_others(said: str, broken: bool) -> None:
    assert bool(BROKEN.search(said)) == broken
