"""A field is renamed in all the tags that use it, and nothing else of the file changes."""

from __future__ import annotations

import io
import itertools
import re
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from word import NOTE, a_docx, deleted, ins, members, p, raw_text, run, shown, table, zipped

from docgen.diagnostics import ProblemsFound
from docgen.lawyers import rename
from docgen.lawyers.rename import planned, renamed
from docgen.word.template import Template

REAL = sorted((ROOT / "templates/2023-04").glob("*.docx"))
BODY = "word/document.xml"


def opened(docx: bytes, folder: Path) -> Template:
    path = folder / "renamed.docx"
    path.write_bytes(docx)
    return Template(path)


def text_after(folder: Path, body: str, old: str, new: str) -> str:
    """Return the text of a one-paragraph document, its field renamed."""
    return "".join(shown(renamed(Template(a_docx(folder, p(body))), old, new)))


def refusal(folder: Path, body: str, old: str, new: str) -> str:
    """Return what is said of a document whose field cannot be renamed, by `planned` as by `renamed`."""
    template = Template(a_docx(folder, body if body.startswith("<w:") else p(body)))
    with pytest.raises(ProblemsFound) as told:
        renamed(template, old, new)
    with pytest.raises(ProblemsFound, match=re.escape(str(told.value))):
        planned(template, old, new)
    return str(told.value)


def xml_of(docx: bytes | Path, name: str = BODY) -> bytes:
    with zipfile.ZipFile(io.BytesIO(docx) if isinstance(docx, bytes) else docx) as archive:
        return archive.read(name)


def formatting(docx: bytes) -> str:
    """Return the XML of the body without its texts."""
    return re.sub(r"<w:t[^>]*>[^<]*</w:t>", "", xml_of(docx).decode())


def box(text: str) -> str:
    """Return a text box as Word writes it: once for itself, once for older versions."""
    inner = f"<w:txbxContent>{p(text)}</w:txbxContent>"
    return (
        '<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:wsp><wps:txbx>'
        f"{inner}</wps:txbx></wps:wsp></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox>{inner}</v:textbox>"
        "</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{{ membre.nom }}", "{{ membre.titre }}"),
        ("{{membre.nom}}{{ membre.nom|upper }}", "{{membre.titre}}{{ membre.titre|upper }}"),
        ("{{ membre . nom }}", "{{ membre . titre }}"),
        ("{{\u00a0membre.nom\u00a0}}", "{{\u00a0membre.titre\u00a0}}"),
        ("{{ membre['nom'] }}{{ membre[“nom”] }}", "{{ membre['titre'] }}{{ membre[“titre”] }}"),
        ("{% if membre.nom == “l’eau” %}A{% endif %}", "{% if membre.titre == “l’eau” %}A{% endif %}"),
        ("{{ a[membre.nom] }}{{ a|default(membre.nom) }}", "{{ a[membre.titre] }}{{ a|default(membre.titre) }}"),
        ("{% set m = membre %}{{ m.nom }}", "{% set m = membre %}{{ m.titre }}"),
        ("{{ (membre|default('')).nom }}", "{{ (membre|default('')).titre }}"),
        ("{% if a %}{% set m = membre %}{% else %}{% set m = membre %}{% endif %}{{ m.nom }}",
         "{% if a %}{% set m = membre %}{% else %}{% set m = membre %}{% endif %}{{ m.titre }}"),
        ("{% if a %}A{% elif membre.nom %}B{% endif %}", "{% if a %}A{% elif membre.titre %}B{% endif %}"),
        ("{% for x in l if membre.nom %}{{ membre.nom }}{% endfor %}",
         "{% for x in l if membre.titre %}{{ membre.titre }}{% endfor %}"),
        ("{% for membre in l %}{% endfor %}{{ membre.nom }}", "{% for membre in l %}{% endfor %}{{ membre.titre }}"),
        ("{{ membre.nom.court }}{{ membre.nom[0] }}", "{{ membre.titre.court }}{{ membre.titre[0] }}"),
    ],
)  # fmt: skip
def test_each_way_to_write_a_field_is_renamed(tmp_path: Path, body: str, expected: str) -> None:
    assert text_after(tmp_path, body, "membre.nom", "membre.titre") == expected


@pytest.mark.parametrize(
    "body",
    [
        "membre.nom",
        "{ membre.nom }",
        '{{ "membre.nom" }}',
        "{% if a == 'nom' %}A{% endif %}",
        "{# {{ membre.nom }} #}",
        "{{ x.membre.nom }}",
        "{{ membre.nom_complet }}",
        "{{ membre.Nom }}{{ prenom }}{{ nom }}",
        "{{ autre.nom }}{{ nom.membre }}",
        "{% for membre in liste %}{{ membre.nom }}{% endfor %}",
        "{% set membre = referent %}{{ membre.nom }}",
        "{{ a|replace('nom', 'membre.nom') }}",
        "{{ loop.nom }}",
    ],
)
def test_what_only_looks_like_the_field_is_left(tmp_path: Path, body: str) -> None:
    docx = renamed(Template(a_docx(tmp_path, p(body), footer="{{ membre.nom }}")), "membre.nom", "membre.titre")
    assert shown(docx)[0] == body
    assert shown(docx, "footer1") == ["{{ membre.titre }}"]


@pytest.mark.parametrize(
    ("body", "old", "new", "expected"),
    [
        ("{{ referent.nom }}{{ referent }}", "referent", "contact", "{{ contact.nom }}{{ contact }}"),
        ("{{ referent.nom }}{{ referent.age }}", "referent.nom", "representant.nom",
         "{{ representant.nom }}{{ referent.age }}"),
        ("{{ referent.nom }}", "referent.nom", "contact.titre", "{{ contact.titre }}"),
        ("{{ membre.ville.a }}", "membre.ville", "membre.siege.commune", "{{ membre.siege.commune.a }}"),
        ("{{ membre . siege . commune }}", "membre.siege.commune", "membre.ville", "{{ membre . ville }}"),
        ("{{ a.b.c }}", "a.b.c", "d", "{{ d }}"),
        ("{{ a.x }}", "a", "b.a", "{{ b.a.x }}"),
        ("{% set r = referent %}{{ r.nom }}", "referent", "contact", "{% set r = contact %}{{ r.nom }}"),
        ("{% for x in a.b %}{{ x.c }}{{ a.b[0].c }}{{ (a.b|first).c }}{% endfor %}", "a.b[].c", "a.b[].d",
         "{% for x in a.b %}{{ x.d }}{{ a.b[0].d }}{{ (a.b|first).d }}{% endfor %}"),
        ("{% for x in a.b %}{{ x.c }}{% endfor %}", "a.b", "e.f", "{% for x in e.f %}{{ x.c }}{% endfor %}"),
        ("{% for x in a %}{% for y in x.b[:2]|sort %}{{ y.c }}{{ x.c }}{% endfor %}{% endfor %}", "a[].b[].c",
         "a[].b[].d", "{% for x in a %}{% for y in x.b[:2]|sort %}{{ y.d }}{{ x.c }}{% endfor %}{% endfor %}"),
        ("{{ a|map(attribute='c')|join(', ') }}{{ a|sort(attribute='b,c') }}{{ a|selectattr('c') }}", "a[].c", "a[].d",
         "{{ a|map(attribute='d')|join(', ') }}{{ a|sort(attribute='b,d') }}{{ a|selectattr('d') }}"),
        ("{% for x in a %}{{ x.b }}{% else %}{{ a.b }}{% endfor %}", "a[].b", "a[].c",
         "{% for x in a %}{{ x.c }}{% else %}{{ a.b }}{% endfor %}"),
    ],
)  # fmt: skip
def test_a_path_is_followed_through_branches_loops_and_filters(
    tmp_path: Path, body: str, old: str, new: str, expected: str
) -> None:
    assert text_after(tmp_path, body, old, new) == expected


def test_the_name_of_a_loop_means_nothing_in_its_else(tmp_path: Path) -> None:
    body = "{% for membre in l %}{{ membre.nom }}{% else %}{{ membre.nom }}{% endfor %}"
    template = Template(a_docx(tmp_path, body))
    assert len(planned(template, "membre.nom", "membre.titre")) == 1


def test_every_part_of_the_document_is_renamed(tmp_path: Path) -> None:
    tag = "{{ membre.nom }}"
    sdt = f"<w:sdt><w:sdtContent>{p(tag)}</w:sdtContent></w:sdt>"
    link = f'<w:hyperlink w:anchor="a">{run(tag)}</w:hyperlink>'
    body = [p(box(tag)), p(tag, NOTE), sdt, p(link), table([tag])]
    template = Template(a_docx(tmp_path, body, header=tag, footer=tag, footnotes=tag))
    docx = renamed(template, "membre.nom", "membre.titre")
    found = [text for part in ("document", "header1", "footer1", "footnotes") for text in shown(docx, part) if text]
    assert found == ["{{ membre.titre }}"] * 9
    assert len(planned(template, "membre.nom", "membre.titre")) == 9


def test_what_will_change_is_told_use_by_use_in_order_with_its_place(tmp_path: Path) -> None:
    body = [p("Article 1er – Objet"), p("Le membre {{ membre.nom }} et {{ membre.siret ~ membre.nom }}."), p("Fin.")]
    template = Template(a_docx(tmp_path, body, footer="{{ membre.nom }} {{ membre.nom }}"), "modele.docx")
    told = planned(template, "membre.nom", "membre.titre")
    assert [(r.before, r.after) for r in told] == [
        ("{{ membre.nom }}", "{{ membre.titre }}"),
        ("{{ membre.siret ~ membre.nom }}", "{{ membre.siret ~ membre.titre }}"),
        ("{{ membre.nom }}", "{{ membre.titre }}"),
        ("{{ membre.nom }}", "{{ membre.titre }}"),
    ]
    assert [(r.place.file, r.place.within) for r in told] == [
        ("modele.docx", "corps, « Article 1er – Objet »"),
        ("modele.docx", "corps, « Article 1er – Objet »"),
        ("modele.docx", "pied de page"),
        ("modele.docx", "pied de page"),
    ]
    assert "{{ membre.nom }}" in told[0].place.extract
    assert told[1].place.extract.endswith("{{ membre.siret ~ membre.nom }}.")


def test_a_tag_that_uses_the_field_twice_is_told_twice_as_it_will_be(tmp_path: Path) -> None:
    template = Template(a_docx(tmp_path, "{{ membre.nom ~ membre.nom }}"))
    assert [r.after for r in planned(template, "membre", "m")] == ["{{ m.nom ~ m.nom }}"] * 2


def test_a_name_in_many_runs_goes_where_it_began_and_keeps_its_formatting(tmp_path: Path) -> None:
    between = '<w:proofErr w:type="spellStart"/><w:bookmarkStart w:id="7" w:name="a"/><w:bookmarkEnd w:id="7"/>'
    body = p(run("{{ membre.n", "<w:b/>"), between, run("o", "<w:i/>"), run("m }", "<w:u/>"), run("}."))
    path = a_docx(tmp_path, body)
    docx = renamed(Template(path), "membre.nom", "membre.titre")
    wanted = p(
        run("{{ membre.titre", "<w:b/>"), between, "<w:r><w:rPr><w:i/></w:rPr></w:r>", run(" }", "<w:u/>"), run("}.")
    )
    assert xml_of(docx) == xml_of(path).replace(body.encode(), wanted.encode())


def test_dots_that_go_away_may_stand_in_other_runs(tmp_path: Path) -> None:
    body = p(run("{{ membre.sie"), run("ge."), run("commune }}"))
    docx = renamed(Template(a_docx(tmp_path, body)), "membre.siege.commune", "membre.ville")
    assert p(run("{{ membre.ville"), "<w:r></w:r>", run(" }}")).encode() in xml_of(docx)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<w:t>{{ a.no</w:t><w:t>m if b }}</w:t>", "<w:t>{{ a.titr</w:t><w:t>e if b }}</w:t>"),
        ("<w:t>{{ a.no</w:t><w:t>m|upper }}</w:t>", "<w:t>{{ a.titre</w:t><w:t>|upper }}</w:t>"),
        ('<w:t>{{ a.no</w:t><w:t xml:space="preserve">m if b }}</w:t>',
         '<w:t>{{ a.titre</w:t><w:t xml:space="preserve"> if b }}</w:t>'),
    ],
)  # fmt: skip
def test_no_run_is_left_to_begin_with_a_space_that_word_would_drop(tmp_path: Path, body: str, expected: str) -> None:
    path = a_docx(tmp_path, f"<w:p><w:r>{body}</w:r></w:p>")
    assert expected.encode() in xml_of(renamed(Template(path), "a.nom", "a.titre"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["{{ membre.nom }}", "{% if membre.nom == “A” %}x{% endif %}", "{{ a ~ membre . nom|upper }}"]),
    st.lists(st.integers(1, 40)),
    st.sampled_from(["membre.titre", "membre.e", "contact.nom", "membre.identite.nom", "nom"]),
)
def test_a_tag_cut_anywhere_is_renamed_as_the_whole_one_is(tmp_path: Path, tag: str, cuts: list[int], new: str) -> None:
    text = f"membre.nom : {tag}, nom."
    ends = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    pieces = [text[start:end] for start, end in itertools.pairwise(ends)]
    path = a_docx(tmp_path, p(*(run(piece, f'<w:sz w:val="{n}"/>') for n, piece in enumerate(pieces))))
    docx = renamed(Template(path), "membre.nom", new)
    wanted = text[:9] + re.sub(r"membre\s?\.\s?nom", new, text[9:])
    assert shown(docx)[0].replace(" . ", ".") == wanted
    assert formatting(docx) == formatting(path.read_bytes())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{{ membre.n&#111;m }}", "{{ membre.titre }}"),
        ("{{ m&#x65;mbre.nom }}&amp;&#8217;&quot;", "{{ m&#x65;mbre.titre }}&amp;&#8217;&quot;"),
        ("<![CDATA[{{ membre.nom }} & <w:b>]]>", "<![CDATA[{{ membre.titre }} & <w:b>]]>"),
        ("{% if 1 &lt; 2 and membre.nom %}A{% endif %}", "{% if 1 &lt; 2 and membre.titre %}A{% endif %}"),
    ],
)
def test_the_xml_keeps_its_own_way_to_write(tmp_path: Path, before: str, after: str) -> None:
    head = '<?xml version="1.0"  standalone="yes"?>\r\n<!-- membre.nom --><w:document b:b=\'>\' xmlns:b="u:b" a="1"'
    xml = members("x")[BODY].replace("<w:document", head)
    xml = xml.replace(">x</w:t>", f" >{before}</w:t >").replace("<w:p>", '<w:p\n  w:rsidR="00A1"  >')
    path = tmp_path / "t.docx"
    path.write_bytes(zipped(members("x") | {BODY: xml}))
    assert before in xml
    assert xml_of(renamed(Template(path), "membre.nom", "membre.titre")).decode() == xml.replace(before, after)


def test_a_part_in_utf_16_stays_in_utf_16(tmp_path: Path) -> None:
    xml = '<?xml version="1.0" encoding="UTF-16"?>' + members("« {{ membre.nom }} »")[BODY]
    path = tmp_path / "t.docx"
    path.write_bytes(zipped(members("x") | {BODY: xml}))
    docx = renamed(Template(path), "membre.nom", "membre.titre")
    assert xml_of(docx) == xml.replace("membre.nom", "membre.titre").encode("utf-16")


def test_a_field_in_a_caption_or_in_a_link_is_renamed(tmp_path: Path) -> None:
    body = p(
        '<w:bookmarkStart w:id="1" w:name="{{ membre.nom }}"/><w:bookmarkEnd w:id="1"/>',
        run('HYPERLINK "mailto:{{ membre.nom }}"', kind="instrText"),
        run("membre.nom"),
    )
    path = a_docx(tmp_path, body)
    docx = renamed(Template(path), "membre.nom", "membre.titre")
    assert xml_of(docx) == xml_of(path).replace(b"{{ membre.nom }}", b"{{ membre.titre }}")


def test_what_docgen_never_fills_is_left(tmp_path: Path) -> None:
    end = f'<w:endnote w:id="2">{p("{{ membre.nom }}")}</w:endnote>'
    docx = renamed(Template(a_docx(tmp_path, "{{ membre.nom }}", endnotes=end)), "membre.nom", "membre.titre")
    assert raw_text(docx, "word/endnotes.xml") == "{{ membre.nom }}"
    assert shown(docx) == ["{{ membre.titre }}"]


def test_a_word_like_the_mark_of_docgen_is_no_trouble(tmp_path: Path) -> None:
    body = "Zq1 {{ ZqZq0 }}{{ Zq.membre }}{{ membre.nom }}"
    assert text_after(tmp_path, body, "membre.nom", "membre.Zq0") == body.replace("membre.nom", "membre.Zq0")


def test_without_the_field_the_file_stays_as_it_is(tmp_path: Path) -> None:
    path = a_docx(tmp_path, "{{ membre.nom }}")
    assert renamed(Template(path), "membre.siret", "membre.numero") == path.read_bytes()
    assert planned(Template(path), "membre.siret", "membre.numero") == []


def test_the_zip_keeps_its_members_their_order_their_dates_and_their_compression(tmp_path: Path) -> None:
    path = tmp_path / "t.docx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.comment = b"un commentaire"
        for number, (name, text) in enumerate(reversed(members("{{ membre.nom }}").items())):
            info = zipfile.ZipInfo(name, (2023, 4, 11, 10, number, 0))
            info.compress_type = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)[number % 2]
            archive.writestr(info, text)
    docx = renamed(Template(path), "membre.nom", "membre.titre")
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(io.BytesIO(docx)) as after:
        assert after.comment == before.comment
        told = [
            [(i.filename, i.date_time, i.compress_type, i.external_attr, i.create_system) for i in archive.infolist()]
            for archive in (before, after)
        ]
        assert told[0] == told[1]
        assert [n for n in before.namelist() if before.read(n) != after.read(n)] == [BODY]
    assert renamed(Template(path), "membre.nom", "membre.titre") == docx


RENAMINGS = {
    ("membre.siret", "membre.numero_siret"): {"convention": 1},
    ("montants.lignes[].prix", "montants.lignes[].prix_unitaire"): {"annexe-2": 1},
    ("grille.gfu_of", "grille.exploitation"): {"annexe-2": 1},
    ("grille.gfu_of[].cellules[].prix", "grille.gfu_of[].cellules[].tarif"): {"annexe-2": 11},
    ("representant", "signataire"): {"annexe-2": 2, "convention": 8},
    ("syndicat.siret", "syndicat.identite.siret"): {"annexe-2": 1, "charte": 1, "convention": 1},
}
"""Of each, how many uses the real templates have."""


@pytest.mark.parametrize("file", REAL, ids=lambda file: file.stem)
@pytest.mark.parametrize("names", RENAMINGS, ids=lambda names: names[0])
def test_a_real_template_is_renamed_there_and_back(tmp_path: Path, file: Path, names: tuple[str, str]) -> None:
    old, new = names
    template = Template(file)
    assert len(planned(template, old, new)) == RENAMINGS[names].get(file.stem, 0)
    there = opened(renamed(template, old, new), tmp_path)
    assert old not in there.fields
    changed = {name for name, data in template.members.items() if there.members[name] != data}
    assert changed == {use.part for use in template.uses if re.match(re.escape(old) + r"\b", use.path)}
    back = opened(renamed(there, new, old), tmp_path)
    assert dict(back.members) == dict(template.members)


def test_real_templates_use_all_that_is_renamed_here() -> None:
    assert {stem for uses in RENAMINGS.values() for stem in uses} == {file.stem for file in REAL}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("", "a", "pas le nom d'un champ"),
        ("membre..nom", "a", "« membre..nom »: erreur: ce n'est pas le nom d'un champ"),
        ("a", "membre.", "pas le nom d'un champ"),
        ("a", "b c", "pas le nom d'un champ"),
        ("a", "b-c", "pas le nom d'un champ"),
        ("a", "1a", "pas le nom d'un champ"),
        ("{{ a }}", "b", "pas le nom d'un champ"),
        ("a[0]", "b", "pas le nom d'un champ"),
        ("a[]", "b[]", "pas le nom d'un champ"),
        ("a", "a.if", "« if » ne peut pas nommer"),
        ("a", "not", "« not » ne peut pas nommer"),
        ("a", "loop", "« loop » ne peut pas nommer"),
        ("a.b", "a._b", "« _b » ne peut pas nommer"),
        ("a", "a", "déjà le nom"),
        ("a[].b", "c[].b", "seul le dernier mot de « a[].b » peut changer"),
        ("a[].b", "a.b", "seul le dernier mot"),
        ("a.b", "a[].b", "seul le dernier mot"),
        ("a[].b", "a[].b.c", "seul le dernier mot"),
    ],
)
def test_a_name_that_cannot_be_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert said in refusal(tmp_path, "{{ a }}", old, new)


@pytest.mark.parametrize(
    ("body", "old", "new", "said"),
    [
        (
            "{% for x, y in a %}{{ x.b }}{% endfor %}",
            "a[].b",
            "a[].c",
            "rien ne dit si ce qui est lu ici est « a[].b »",
        ),
        ("{% set x, y = a, d %}{{ x.b }}", "a.b", "a.c", "rien ne dit"),
        ("{{ (a if d else e).b }}", "a.b", "a.c", "rien ne dit"),
        ("{% if d %}{% set x = a %}{% endif %}{{ x.b }}", "a.b", "a.c", "rien ne dit"),
        ("{% if d %}{% set a = e %}{% endif %}{{ a.b }}", "a.b", "a.c", "rien ne dit"),
        ("{{ a[d] }}", "a.b", "a.c", "rien ne dit"),
        ("{{ a['b' ~ d] }}", "a.b", "a.c", "rien ne dit"),
        ("{% for x in a %}{{ loop.previtem.b }}{% endfor %}", "a[].b", "a[].c", "rien ne dit"),
        ("{{ (d|default(a)).b }}", "a.b", "a.c", "rien ne dit"),
        ("{% for x in a|map(attribute='d') %}{{ x.b }}{% endfor %}", "a[].d.b", "a[].d.c", "rien ne dit"),
        ("{{ a|sort(attribute=d) }}", "a[].b", "a[].c", "rien ne dit"),
        ("{% set r = referent %}{{ r.nom }}", "referent.nom", "contact.nom", "pas écrit ici en entier"),
        ("{{ a['b'] }}", "a.b", "a.c.d", "pas écrit ici en entier"),
        ("{{ (a).b }}", "a.b", "c", "pas écrit ici en entier"),
        ("{{ a['b' 'c'] }}", "a.bc", "a.d", "pas écrit ici en entier"),
        ("{{ a['\\x62'] }}", "a.b", "a.d", "pas écrit ici en entier"),
        ("{% for d in l %}{{ a.b }}{% endfor %}", "a.b", "d.b", "« d » désigne déjà autre chose ici"),
        ("{{ a b }}", "a", "c", "champ-mal-ecrit"),
        ("{% if a %}", "a", "c", "champ-mal-ecrit"),
        ("{% raw %}{{ a }}{% endraw %}", "a", "c", "instruction-interdite"),
        ("{% with a = b %}{{ a.c }}{% endwith %}", "a", "c", "instruction-interdite"),
        ("{{ d }}{%p if a %}", "d", "c", "champ-mal-ecrit"),
    ],
)
def test_a_use_that_cannot_be_renamed_for_sure_stops_all(
    tmp_path: Path, body: str, old: str, new: str, said: str
) -> None:
    assert said in refusal(tmp_path, body, old, new)


def test_a_refusal_names_the_place_and_how_to_mend_it(tmp_path: Path) -> None:
    body = p("Article 1er – Objet") + p("Le membre {% set r = referent %}{{ r.nom }} adhère.")
    told = refusal(tmp_path, body, "referent.nom", "contact.nom")
    assert told.startswith("t.docx, corps, « Article 1er – Objet », près de « ")
    assert "{{ r.nom }} adhère." in told
    assert "[renommage-impossible]\n  Écrivez-le en entier" in told


def test_a_tag_that_docxtpl_would_drop_is_not_left_behind(tmp_path: Path) -> None:
    body = p("{{ membre.nom }}{%p if a %}") + p("A") + p("{%p endif %}{{ membre.siret }}")
    assert "au remplissage, ceci disparaîtrait : « {{ membre.nom }} »" in refusal(
        tmp_path, body, "membre.nom", "membre.titre"
    )
    assert "{{ a.x }}" not in refusal(tmp_path, body, "membre.siret", "membre.x")


def test_a_tag_under_revision_is_renamed_as_docxtpl_reads_it(tmp_path: Path) -> None:
    body = p("{{ a.n", ins("om }}"), deleted("{{ a.nom }}"), run("{{ "), deleted("b.nom"), ins("a.nom"), run(" }}"))
    docx = renamed(Template(a_docx(tmp_path, body)), "a.nom", "a.titre")
    assert raw_text(docx, BODY) == "{{ a.titre }}{{ a.titre }}{{ b.noma.titre }}"


FAULTS = {
    "nothing": lambda xml: [],
    "a literal word": lambda xml: [(xml.index("Nom"), xml.index("Nom") + 3, "Titre")],
    "a font": lambda xml: [(xml.index("<w:b/>"), xml.index("<w:b/>") + 6, "<w:i/>")],
    "another field": lambda xml: [(xml.index("siret"), xml.index("siret") + 5, "ape")],
    "a brace": lambda xml: [(xml.index("}}"), xml.index("}}") + 1, "")],
}
"""What a fault of docgen would write besides."""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_result_that_is_not_what_was_meant_is_never_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    splices = rename.splices
    body = p(run("Nom : {{ membre.nom }} {{ membre.siret }}", "<w:b/>"))
    template = Template(a_docx(tmp_path, body))
    assert renamed(template, "membre.nom", "membre.titre")
    also = FAULTS[fault]
    monkeypatch.setattr(
        rename,
        "splices",
        lambda xml, edit: [*(splices(xml, edit) if also(xml) else []), *also(xml)],
    )
    with pytest.raises(ProblemsFound, match=r"ne peut pas devenir « membre\.titre » dans ce modèle"):
        renamed(template, "membre.nom", "membre.titre")


def test_a_file_written_meanwhile_is_not_mixed_with_what_was_read(tmp_path: Path) -> None:
    template = Template(a_docx(tmp_path, "{{ membre.nom }}"))
    a_docx(tmp_path, "{{ membre.nom }} !")
    with pytest.raises(ProblemsFound, match="le fichier a changé"):
        renamed(template, "membre.nom", "membre.titre")
