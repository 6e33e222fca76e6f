"""Filling: every literal word stays, every value stands in its place, the same values give the same bytes."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any
from unicodedata import normalize

import docx
import of_sample
import pytest
from conftest import ROOT
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from lxml import etree
from markupsafe import Markup
from word import NOTE, W, a_docx, p, run, shown, table

from docgen.champs.volets import CHOSEN, PLAIN
from docgen.diagnostics import ProblemsFound, errors
from docgen.lint import rules
from docgen.records.workspace import Workspace, load
from docgen.word.expressions import TAG, environment
from docgen.word.render import Filled, Renderer
from docgen.word.template import Template, joined_text

LINES = [{"libelle": "GFU", "prix": "9,60 €"}, {"libelle": "Stockage", "prix": "2,00 €"}]
COLUMNS = [{"numero": "1", "fond": PLAIN}, {"numero": "2", "fond": CHOSEN}, {"numero": "3", "fond": PLAIN}]
VALUES: dict[str, Any] = {
    "membre": {"nom": "Commune de Valserre", "siret": "213"},
    "montants": {"lignes": LINES},
    "grille": {"categories": COLUMNS},
}
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def fill(path: Path, values: dict[str, Any] = VALUES) -> Filled:
    return Renderer(Template(path)).fill(values)


def with_name(name: Any) -> dict[str, Any]:
    return {"membre": {"nom": name, "siret": "213"}}


def tree(filled: Filled) -> etree._Element:
    with zipfile.ZipFile(io.BytesIO(filled.docx)) as archive:
        return etree.fromstring(archive.read("word/document.xml"))


def test_the_same_values_give_the_same_bytes(tmp_path: Path) -> None:
    path = a_docx(tmp_path, "Nom : {{ membre.nom }}", header="{{ membre.siret }}", footnotes="{{ membre.nom }}")
    renderer = Renderer(Template(path))
    first = renderer.fill(VALUES)
    other = renderer.fill(with_name("Commune de Sorgues"))
    assert renderer.fill(VALUES) == first
    assert fill(path) == first
    assert (other.docx, other.sha256) != (first.docx, first.sha256)


def test_the_same_template_zipped_anew_gives_the_same_bytes(tmp_path: Path) -> None:
    path = a_docx(tmp_path, "Nom : {{ membre.nom }}")
    again = tmp_path / "again.docx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(again, "w", zipfile.ZIP_STORED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, (2023, 4, 11, 10, 0, 0)), old.read(name))
    assert again.read_bytes() != path.read_bytes()
    assert fill(again).docx == fill(path).docx


def test_the_members_of_the_document_bear_no_date_of_their_making(tmp_path: Path) -> None:
    filled = fill(a_docx(tmp_path, "{{ membre.nom }}"))
    with zipfile.ZipFile(io.BytesIO(filled.docx)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_what_holds_no_field_is_copied_as_it_is(tmp_path: Path) -> None:
    path = a_docx(tmp_path, "{{ membre.nom }}", comments='<w:comment w:id="1">' + p("Un & deux") + "</w:comment>")
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(io.BytesIO(fill(path).docx)) as after:
        assert after.namelist() == before.namelist()
        same = [name for name in before.namelist() if before.read(name) == after.read(name)]
    assert set(before.namelist()) - set(same) == {"word/document.xml"}


def test_a_filled_document_opens_in_other_software(tmp_path: Path) -> None:
    filled = fill(a_docx(tmp_path, ["Nom : {{ membre.nom }}"], header="{{ membre.siret }}"))
    document = docx.Document(io.BytesIO(filled.docx))
    assert [paragraph.text for paragraph in document.paragraphs] == ["Nom : Commune de Valserre"]
    assert document.sections[0].header.paragraphs[0].text == "213"


def test_the_values_that_were_printed_are_told_in_their_order(tmp_path: Path) -> None:
    path = a_docx(tmp_path, "{{ membre.nom }}, {{ membre.siret }}", header="{{ membre.nom }}")
    assert fill(path).printed == ("Commune de Valserre", "213", "Commune de Valserre")


def test_a_value_that_a_condition_leaves_out_is_not_told_as_printed(tmp_path: Path) -> None:
    assert fill(a_docx(tmp_path, "{% if not membre.nom %}{{ membre.siret }}{% endif %}A")).printed == ()


def test_the_words_to_be_seen_are_those_of_the_body_and_the_notes(tmp_path: Path) -> None:
    path = a_docx(tmp_path, ["Le Membre {{ membre.siret }}", p(NOTE)], header="En-tête", footnotes="Une note.")
    assert fill(path).words == ("le", "membre", "213", "une", "note")


@pytest.mark.parametrize(
    "hidden",
    [
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> NUMPAGES </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>' + run("9") + '<w:r><w:fldChar w:fldCharType="end"/></w:r>',
        '<w:fldSimple w:instr=" PAGE ">' + run("9") + "</w:fldSimple>",
    ],
    ids=["complex", "simple"],
)
def test_what_word_computes_is_not_a_word_to_be_seen(tmp_path: Path, hidden: str) -> None:
    assert fill(a_docx(tmp_path, p(run("Voir page "), hidden, run(" fin")))).words == ("voir", "page", "fin")


def test_words_are_those_of_their_own_paragraph_when_a_text_box_stands_in_it(tmp_path: Path) -> None:
    box = f"<w:r><w:pict><v:textbox><w:txbxContent>{p('dedans')}</w:txbxContent></v:textbox></w:pict></w:r>"
    assert fill(a_docx(tmp_path, p(run("avant"), box, run("après")))).words == ("avantaprès", "dedans")


def test_a_line_break_in_a_value_becomes_a_break_of_word(tmp_path: Path) -> None:
    filled = fill(a_docx(tmp_path, "{{ membre.nom }}."), with_name("Mairie\r\n1, place\rBP 3\tCedex"))
    assert shown(filled.docx) == ["Mairie\n1, place\nBP 3\tCedex."]
    assert [len(list(tree(filled).iter(f"{W}{name}"))) for name in ("p", "br", "tab")] == [1, 2, 1]
    assert filled.printed == ("Mairie\n1, place\nBP 3\tCedex",)


def test_a_break_keeps_the_font_of_its_run(tmp_path: Path) -> None:
    filled = fill(a_docx(tmp_path, p(run("{{ membre.nom }}", "<w:b/>"))), with_name("Un\tDeux"))
    assert [r.find(f"{W}rPr/{W}b") is not None for r in tree(filled).iter(f"{W}r")] == [True, True, True]


def test_a_loop_makes_one_row_for_each_item(tmp_path: Path) -> None:
    rows = table(["{%tr for l in montants.lignes %}", ""], ["{{ l.libelle }}", "{{ l.prix }}"], ["{%tr endfor %}", ""])
    filled = fill(a_docx(tmp_path, rows))
    assert shown(filled.docx) == ["GFU", "9,60 €", "Stockage", "2,00 €"]
    assert len(list(tree(filled).iter(f"{W}tr"))) == 2


def test_a_loop_makes_one_column_for_each_item_and_the_grid_follows(tmp_path: Path) -> None:
    row = ["{%tc for c in grille.categories %}", "{{ c.numero }}", "{%tc endfor %}"]
    filled = fill(a_docx(tmp_path, table(row, ["a", "b", "c"])))
    assert shown(filled.docx) == ["1", "2", "3", "a", "b", "c"]
    assert len(list(tree(filled).iter(f"{W}gridCol"))) == 3


@pytest.mark.parametrize("properties", ["", "<w:tcPr/>", '<w:tcPr><w:tcW w:w="9"/><w:shd w:fill="000000"/></w:tcPr>'])
def test_a_cell_takes_the_colour_of_its_field(tmp_path: Path, properties: str) -> None:
    cell = "<w:tc>" + properties + p("{% cellbg grille.categories[1].fond %}", run("Oui")) + "</w:tc>"
    filled = fill(a_docx(tmp_path, f"<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/></w:tblGrid><w:tr>{cell}</w:tr></w:tbl>"))
    shades = [shade for shade in tree(filled).iter(f"{W}shd") if shade.getparent().tag == f"{W}tcPr"]
    assert [shade.get(f"{W}fill") for shade in shades] == [str(CHOSEN)]
    assert shown(filled.docx) == ["Oui"]
    assert filled.printed == ()


def test_a_cell_that_a_condition_empties_keeps_a_paragraph(tmp_path: Path) -> None:
    rows = table([["{%p if not membre.nom %}", "A", "{%p endif %}"], "B"])
    assert [[child.tag for child in cell] for cell in tree(fill(a_docx(tmp_path, rows))).iter(f"{W}tc")] == [
        [f"{W}tcPr", f"{W}p"],
        [f"{W}tcPr", f"{W}p"],
    ]


def test_a_table_without_rows_leaves_the_document(tmp_path: Path) -> None:
    rows = table(["{%tr for l in montants.lignes %}"], ["{{ l.prix }}"], ["{%tr endfor %}"])
    filled = fill(a_docx(tmp_path, ["Avant", rows, "Après"]), {"montants": {"lignes": []}})
    assert shown(filled.docx) == ["Avant", "Après"]
    assert list(tree(filled).iter(f"{W}tbl")) == []


def test_a_value_that_looks_like_a_field_stays_a_text_in_all_parts_whatever_the_sections(tmp_path: Path) -> None:
    path = a_docx(
        tmp_path, p("{{ membre.nom }}", NOTE), header="{{ membre.nom }}", footnotes="{{ membre.nom }}", sections=3
    )
    filled = fill(path, with_name("{{ 7*7 }}{% if %}{_{ a }_}"))
    texts = [shown(filled.docx, part)[0] for part in ("document", "header1", "footnotes")]
    assert texts == ["{{ 7*7 }}{% if %}{_{ a }_}"] * 3


def test_footnotes_are_filled_once_whatever_the_sections(tmp_path: Path) -> None:
    filled = fill(a_docx(tmp_path, p("A", NOTE), footnotes="{{ membre.nom }}", sections=3))
    assert filled.printed == ("Commune de Valserre",)


@pytest.mark.parametrize("source", ["{{ membre.nom", "{{ membre nom }}", "IMPORTANT {%p if membre.nom %}{%p endif %}"])
def test_a_template_that_lint_would_refuse_is_refused_by_the_renderer_too(tmp_path: Path, source: str) -> None:
    with pytest.raises(ProblemsFound, match=r"t\.docx, corps, près de "):
        Renderer(Template(a_docx(tmp_path, source)))


@pytest.mark.parametrize(
    ("source", "name"),
    [("{{ membre.nom }}", Markup("</w:t>")), ("{{p membre.nom }}", "A"), ("{{r membre.nom }}", "A")],
    ids=["broken", "beside a paragraph", "beside a run"],
)
def test_a_result_that_is_no_document_or_would_not_show_is_refused(tmp_path: Path, source: str, name: str) -> None:
    with pytest.raises(ProblemsFound, match=r"t\.docx, corps: .*\[document-casse\]"):
        fill(a_docx(tmp_path, source), with_name(name))


def test_a_field_without_a_value_is_told_with_its_place(tmp_path: Path) -> None:
    path = a_docx(tmp_path, ["Un.", "Deux {{ membre.maire }}.", "Trois."])
    with pytest.raises(ProblemsFound) as caught:
        fill(path)
    assert str(caught.value).splitlines()[0] == (
        "t.docx, corps, près de « Deux {{ membre.maire }}. »: erreur: champ inconnu « maire » [champ-inconnu]"
    )


def test_a_failed_filling_leaves_nothing_behind_for_the_next(tmp_path: Path) -> None:
    renderer = Renderer(Template(a_docx(tmp_path, "{{ membre.siret }} {{ membre.nom }}")))
    with pytest.raises(ProblemsFound, match="valeur-impossible"):
        renderer.fill(with_name(None))
    assert renderer.fill(VALUES).printed == ("213", "Commune de Valserre")


@pytest.mark.parametrize("file", sorted((ROOT / "templates").glob("*/*.docx")), ids=lambda file: file.stem)
def test_every_literal_word_of_a_real_template_stands_in_the_result(file: Path) -> None:
    data = load(Workspace(ROOT))
    template = Template(file)
    filled = fill(file, of_sample.printed(data, data.membres[0]).tree)
    for part in template.parts:
        literal = "".join(TAG.sub(" ", joined_text(row)) + "\n" for row in part.paragraphs)
        with zipfile.ZipFile(io.BytesIO(filled.docx)) as archive:
            result = squeezed(joined_text(archive.read(part.name).decode("utf-8")))
        assert [word for word in literal.split() if word not in result] == []


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="{}%#¦\ufffe\uffff"), max_size=20)
ANY_VALUE = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=30)


@MANY
@given(TEXTS, ANY_VALUE, TEXTS, ANY_VALUE, TEXTS)
@example("", "", "", "\uf900", "")  # a letter whose usual form is another one
def test_a_filled_text_is_the_literal_text_with_the_values_in_place(
    tmp_path: Path, before: str, name: str, between: str, siret: str, after: str
) -> None:
    """In the body, the header, the footer and the footnotes, whatever the runs."""
    source = before + "{{ membre.nom }}" + between + "{{ membre.siret }}" + after
    runs = p(run(source[: len(before) + 5]), run(source[len(before) + 5 :], "<w:b/>"))
    path = a_docx(tmp_path, runs.replace("</w:p>", f"{NOTE}</w:p>"), header=runs, footer=runs, footnotes=runs)
    filled = fill(path, {"membre": {"nom": name, "siret": siret}})
    expected = before + name + between + siret + after
    found = [shown(filled.docx, part) for part in ("document", "header1", "footer1", "footnotes")]
    # A letter of several codes is the same letter of one: what is printed has the latter.
    assert [[normalize("NFC", text) for text in texts] for texts in found] == [[normalize("NFC", expected)]] * 4
    assert filled.printed == (name, siret) * 4


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


@st.composite
def sources(draw: st.DrawFn, depth: int = 0) -> str:
    """Return what a lawyer may write, `\\x01` between two paragraphs: words, fields, conditions, loops, cut anyhow."""
    words = st.sampled_from(
        ["mot ", " n° 4 ", "« cité »", "R&D", "a<b", "l’eau", "\x01", "{{ membre.nom }}", "{{- membre.siret }}"]
    )
    found = "".join(draw(st.lists(words, min_size=1, max_size=3)))
    if depth < 3 and draw(st.booleans()):
        trim, condition = draw(st.sampled_from(["", "", "-"])), draw(st.sampled_from(["membre.nom", "not membre.nom"]))
        inner = draw(sources(depth + 1))
        kind = draw(st.sampled_from(["if", "for", "p"]))
        if kind == "p":
            found += f"\x01{{%p if {condition} %}}\x01{inner}\x01{{%p endif %}}\x01"
        elif kind == "for":
            found += f"{{% for l in montants.lignes {trim}%}}{inner}{{{{ l.prix }}}}{{% endfor %}}"
        else:
            found += f"{{%{trim} if {condition} %}}{inner}{{% endif {trim}%}}"
        found += draw(sources(depth + 1))
    return found


@MANY
@given(sources(), st.lists(st.integers(1, 60), min_size=1, max_size=5))
def test_a_template_prints_what_its_plain_text_would_or_is_refused(
    tmp_path: Path, source: str, cuts: list[int]
) -> None:
    """The oracle is Jinja on the plain text: it knows nothing of Word, of runs, nor of docxtpl."""
    lines = source.split("\x01")
    template = Template(a_docx(tmp_path, [p(*in_runs(line, cuts)) for line in lines]))
    assume(not errors(rules.check(template)))
    env = environment()
    env.autoescape = False
    expected = env.from_string("\n".join(lines).replace("{%p ", "{% ")).render(VALUES)
    assert squeezed("".join(shown(Renderer(template).fill(VALUES).docx))) == squeezed(expected)


def in_runs(line: str, cuts: list[int]) -> list[str]:
    found, size = [], 0
    while line:
        size = cuts[len(found) % len(cuts)]
        found.append(run(line[:size]))
        line = line[size:]
    return found
