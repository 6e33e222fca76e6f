"""Which fields a template uses, in which of its parts, and where each one stands for someone who has Word open."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest
from conftest import ROOT
from word import NOTE, a_docx, ins, p, run, table

from docgen.diagnostics import ProblemsFound
from docgen.word.expressions import environment, paths
from docgen.word.template import Part, Template

HEADING = p("Article 1er – Objet", style="Titre1")


def uses(template: Template) -> list[tuple[str, str]]:
    return [(use.part.removeprefix("word/"), use.path) for use in template.uses]


def read(source: str) -> list[str]:
    """Return the paths that a piece of Jinja reads."""
    return [path for path, _ in paths(environment().parse(source))]


def body(template: Template) -> Part:
    return next(part for part in template.parts if part.name == "word/document.xml")


def test_fields_are_found_in_the_body_the_header_the_footer_and_the_footnotes(tmp_path: Path) -> None:
    path = a_docx(
        tmp_path,
        [p("{{ membre.nom }}", NOTE)],
        header="{{ edition.nom }}",
        footer=["{{ syndicat.siret }}"],
        footnotes="{{ membre.siret }}",
    )
    assert uses(Template(path)) == [
        ("document.xml", "membre.nom"),
        ("header1.xml", "edition.nom"),
        ("footer1.xml", "syndicat.siret"),
        ("footnotes.xml", "membre.siret"),
    ]


def test_the_fields_of_a_loop_carry_the_name_of_its_list(tmp_path: Path) -> None:
    rows = table(["{%tr for ligne in grille.gfu_of %}"], ["{{ ligne.libelle }}"], ["{%tr endfor %}"])
    assert uses(Template(a_docx(tmp_path, rows))) == [
        ("document.xml", "grille.gfu_of"),
        ("document.xml", "grille.gfu_of[].libelle"),
    ]


def test_a_field_is_told_once_in_each_part(tmp_path: Path) -> None:
    path = a_docx(tmp_path, ["{{ membre.nom }}", "{{ membre.nom }}"], header="{{ membre.nom }}")
    assert uses(Template(path)) == [("document.xml", "membre.nom"), ("header1.xml", "membre.nom")]
    assert Template(path).fields == frozenset({"membre.nom"})


def test_a_field_in_many_runs_is_one_field(tmp_path: Path) -> None:
    split = p(run("{"), run("{ mem", "<w:b/>"), '<w:proofErr w:type="spellStart"/>', run("bre.nom }"), run("}"))
    assert uses(Template(a_docx(tmp_path, split))) == [("document.xml", "membre.nom")]


def test_fields_that_colour_a_cell_are_found(tmp_path: Path) -> None:
    path = a_docx(tmp_path, table(["{% cellbg grille.categories[0].fond %}A"]))
    assert uses(Template(path)) == [("document.xml", "grille.categories[].fond")]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ membre.nom }}", ["membre.nom"]),
        ("{{ membre['nom'] }}", ["membre.nom"]),
        ("{{ membre.nom|upper }}", ["membre.nom"]),
        ("{{ a.b ~ c.d }}", ["a.b", "c.d"]),
        ("{% if a.b == 'x' and not c.d %}{{ e }}{% else %}{{ f }}{% endif %}", ["a.b", "c.d", "e", "f"]),
        ("{% for x in a.b %}{{ x.c }}{{ loop.index }}{% endfor %}", ["a.b", "a.b[].c"]),
        (
            "{% for x in a %}{% for y in x.b %}{{ y.c }}{{ x.d }}{% endfor %}{% endfor %}",
            ["a", "a[].b", "a[].b[].c", "a[].d"],
        ),
        ("{% for x in a if x.b %}{{ x }}{% else %}{{ c }}{% endfor %}", ["a", "a[].b", "a[]", "c"]),
        ("{% for x in a %}{{ x }}{% endfor %}{{ x }}", ["a", "a[]", "x"]),
        ("{% for x, y in a %}{{ x.b }}{{ y }}{% endfor %}", ["a"]),
        ("{% for x in a|sort %}{{ x.b }}{% endfor %}", ["a", "a[].b"]),
        ("{% set x = a.b %}{{ x.c }}", ["a.b", "a.b.c"]),
        ("{% set x, y = a, b %}{{ x }}", ["a", "b"]),
        ("{{ a[0].b }}", ["a[].b"]),
        ("{{ a[b.c].d }}", ["a[].d", "b.c"]),
        ("{{ a[b.c] }}", ["a[]", "b.c"]),
        ("{% for x in a[:3] %}{{ x.b }}{% endfor %}", ["a", "a[].b"]),
        ("{{ (a|first).b }}{{ (a|last).c }}", ["a[].b", "a[].c"]),
        ("{{ (a|default(b.d)).c }}", ["a.c", "b.d.c", "b.d"]),
        ("{{ (a if x else b).c }}", ["a.c", "b.c", "x"]),
        ("{% for m in l %}{{ m.n }}{% else %}{{ m.n }}{% endfor %}", ["l", "l[].n", "m.n"]),
        ("{% if x %}{% set r = a %}{% else %}{% set r = b %}{% endif %}{{ r.c }}", ["x", "a", "b", "a.c", "b.c"]),
        ("{% if x %}{% set r = a %}{% endif %}{{ r.c }}", ["x", "a", "a.c", "r.c"]),
        ("{{ 'a'.b }}{{ 1 }}", []),
        ("{# {{ a }} #}{% raw %}{{ b }}{% endraw %}", []),
    ],
)
def test_a_path_follows_loops_assignments_filters_and_subscripts(source: str, expected: list[str]) -> None:
    assert read(source) == expected


def test_each_use_has_its_paragraph(tmp_path: Path) -> None:
    path = a_docx(tmp_path, [HEADING, p("Premier."), p("Nom : {{ membre.nom }}."), p("Numéro : {{ membre.siret }}.")])
    template = Template(path)
    places = [template.place(body(template), use.line) for use in template.uses]
    assert [place.extract for place in places] == ["Nom : {{ membre.nom }}.", "Numéro : {{ membre.siret }}."]


def test_a_use_in_a_paragraph_that_docxtpl_removes_keeps_its_paragraph(tmp_path: Path) -> None:
    rows = table(["{%tr for l in montants.lignes %}", "{{ a }}"], ["{{ l.prix }}", "B"], ["{%tr endfor %}", ""])
    path = a_docx(
        tmp_path, [HEADING, p("Avant."), p("{%p if membre.nom %}"), p("Oui."), p("{%p endif %}"), rows, p("{{ z }}")]
    )
    template = Template(path)
    found = {
        use.path: template.place(body(template), use.line, use.path.split(".")[-1]).extract for use in template.uses
    }
    assert found == {
        "membre.nom": "{%p if membre.nom %}",
        "montants.lignes": "{%tr for l in montants.lignes %}",
        "montants.lignes[].prix": "{{ l.prix }}",
        "z": "{{ z }}",
    }


def test_a_place_gives_the_part_the_heading_above_and_words_to_search_for(tmp_path: Path) -> None:
    path = a_docx(tmp_path, [HEADING, p("Premier."), p("Le membre {{ membre.nom }} adhère au syndicat le jour même.")])
    template = Template(path, "templates/2023-04/convention.docx")
    place = template.place(body(template), template.uses[0].line, "nom")
    assert place.file == "templates/2023-04/convention.docx"
    assert place.within == "corps, « Article 1er – Objet »"
    assert place.extract == "Le membre {{ membre.nom }} adhère au syndicat le jour même."
    assert (place.line, place.column) == (0, 0)


@pytest.mark.parametrize(
    ("heading", "within"),
    [
        (p("Objet", style="Heading2"), "corps, « Objet »"),
        (p("Objet", style="Titre1"), "corps, « Objet »"),
        ('<w:p><w:pPr><w:outlineLvl w:val="0"/></w:pPr>' + run("Objet") + "</w:p>", "corps, « Objet »"),
        (p("ARTICLE 3 – Objet"), "corps, « ARTICLE 3 – Objet »"),
        (p("Annexe II"), "corps, « Annexe II »"),
        (p("Article 3 de la convention : " + "le membre paie. " * 10), "corps"),
        (p("Les articles 3 et 4"), "corps"),
        (p("Objet"), "corps"),
    ],
)
def test_a_heading_is_known_by_its_style_its_level_or_its_words(tmp_path: Path, heading: str, within: str) -> None:
    template = Template(a_docx(tmp_path, [heading, p("{{ membre.nom }}")]))
    assert template.place(body(template), template.uses[0].line).within == within


def test_a_heading_that_is_itself_the_place_is_not_told_twice(tmp_path: Path) -> None:
    template = Template(a_docx(tmp_path, [p("Article 1 – {{ membre.nom }}", style="Titre1")]))
    place = template.place(body(template), template.uses[0].line, "nom")
    assert (place.within, place.extract) == ("corps", "Article 1 – {{ membre.nom }}")


def test_an_extract_stops_at_a_tabulation_that_a_search_would_not_find(tmp_path: Path) -> None:
    line = p(run("Nom"), "<w:r><w:tab/></w:r>", run("{{ membre.nom }}"), "<w:r><w:br/></w:r>", run("suite"))
    template = Template(a_docx(tmp_path, line))
    assert template.place(body(template), template.uses[0].line, "nom").extract == "{{ membre.nom }}"


def test_a_paragraph_without_text_is_placed_by_the_one_above(tmp_path: Path) -> None:
    template = Template(a_docx(tmp_path, [p("Avant."), p("<w:r><w:drawing/></w:r>"), p("Après.")]))
    assert template.place_of(body(template), 2).extract == "Avant."


def test_a_header_is_named_as_word_users_do(tmp_path: Path) -> None:
    template = Template(a_docx(tmp_path, "Texte.", header="{{ membre.nom }}"))
    header = next(part for part in template.parts if part.name == "word/header1.xml")
    assert str(template.place(header, 99)) == "t.docx, en-tête, près de « {{ membre.nom }} »"


def test_what_jinja_cannot_read_is_its_own_error(tmp_path: Path) -> None:
    with pytest.raises(jinja2.TemplateSyntaxError):
        _ = Template(a_docx(tmp_path, "{{ membre nom }}")).uses


def test_a_template_is_known_by_the_bytes_of_its_file(tmp_path: Path) -> None:
    one = Template(a_docx(tmp_path, "Un.", name="1.docx"))
    two = Template(a_docx(tmp_path, "Deux.", name="2.docx"))
    assert one.sha256 != two.sha256
    assert one.sha256 == Template(tmp_path / "1.docx").sha256


def test_a_tracked_change_stays_in_the_source_of_its_part(tmp_path: Path) -> None:
    template = Template(a_docx(tmp_path, p("{{ membre.n", ins("om }}"))))
    assert "<w:ins " in body(template).source
    assert "<w:ins " not in body(template).jinja


def test_a_file_that_is_no_word_document_says_how_to_mend_it(tmp_path: Path) -> None:
    (tmp_path / "t.docx").write_bytes(b"Bonjour")
    with pytest.raises(ProblemsFound, match=r"pas-un-docx[^$]*Document Word \(.docx\)"):
        Template(tmp_path / "t.docx")


def test_the_relations_of_a_document_tell_what_is_outside(tmp_path: Path) -> None:
    link = '<Relationship Id="rId9" Type="http://x/y/image" Target="http://a.fr/b.png" TargetMode="External"/>'
    template = Template(a_docx(tmp_path, "Texte.", rels=link, header="En-tête."))
    found = [(r.part, r.id, r.kind, r.target, r.external) for r in template.relations() if r.part]
    assert found == [
        ("word/document.xml", "header1", "header", "header1.xml", False),
        ("word/document.xml", "rId9", "image", "http://a.fr/b.png", True),
    ]


@pytest.mark.parametrize("file", sorted((ROOT / "templates").glob("*/*.docx")), ids=lambda file: file.stem)
def test_each_field_of_a_real_template_is_placed_where_it_stands(file: Path) -> None:
    template = Template(file)
    parts = {part.name: part for part in template.parts}
    for use in template.uses:
        word = use.path.split(".")[-1].removesuffix("[]")
        assert word in template.place(parts[use.part], use.line, word).extract


@pytest.mark.parametrize(
    ("source", "shown", "plain"),
    [
        ("{{ a.b }}", {"a.b"}, {"a.b"}),
        ("{% if a.b %}x{% endif %}", set(), set()),
        ("{{ a.b | en_lettres }}", {"a.b"}, set()),
        ("{{ 'x' if a.b else c.d }}", {"c.d"}, set()),
        ("{% for l in a %}{{ l.b }}{% endfor %}", {"a[].b"}, {"a[].b"}),
    ],
)
def test_what_is_printed_is_told_from_what_is_only_tested(
    tmp_path: Path, source: str, shown: set[str], plain: set[str]
) -> None:
    template = Template(a_docx(tmp_path, p(source)))
    assert (set(template.printed()), set(template.printed(plain=True))) == (shown, plain)
