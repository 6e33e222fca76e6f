"""What is shown as changed between two templates; accepted it is the new one, rejected the old one, word for word."""

from __future__ import annotations

import io
import os
import re
import subprocess
import time
import zipfile
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise, permutations, product
from pathlib import Path

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from word import NOTE, OFFICE, W, blocks, deleted, footnote, ins, members, p, run, shown, table

from docgen import office
from docgen.pdf import convert
from docgen.redline import marking, revisions, wording
from docgen.redline.revisions import accepted, has_revisions, rejected
from docgen.redline.tracked import CannotCompare, Redline, redline
from docgen.word.package import zipped

DATE = "2023-04-11T00:00:00Z"
CHARTE = ROOT / "templates" / "2022-12" / "charte.docx"
"""The same in both editions."""
TEMPLATES = sorted((ROOT / "templates").rglob("*.docx"))
Docx = dict[str, bytes]


def docx(body: str | Sequence[str], **parts: str) -> Docx:
    """Return the members of a small document."""
    return {name: text.encode() for name, text in members(body, **parts).items()}


@cache
def real(file: Path) -> Docx:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def compared(before: Docx, after: Docx) -> Redline:
    """Compare two documents, and check what all comparisons promise."""
    found = redline(before, after, DATE)
    assert [layout(resolved(found, accepted), part) for part in PARTS] == [layout(after, part) for part in PARTS]
    assert [layout(resolved(found, rejected), part) for part in PARTS] == [layout(before, part) for part in PARTS]
    numbered = (f"{W}ins", f"{W}del", f"{W}pPrChange", f"{W}bookmarkStart")
    numbers = [mark.get(f"{W}id") for root in trees(found) for mark in root.iter(*numbered)]
    assert len(numbers) == len(set(numbers))
    assert bool(found.revisions) == any(has_revisions(root) for root in trees(found))
    assert found.coarse == ()
    return found


PARTS = ("document", "header1", "footer1")


def trees(found: Redline) -> list[etree._Element]:
    content = opened(found.docx)
    return [etree.fromstring(data) for name, data in content.items() if name.startswith("word/") and "xml" in name[-4:]]


def opened(data: bytes) -> Docx:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def resolved(found: Redline, how: Callable[[etree._Element], etree._Element]) -> Docx:
    content = opened(found.docx)
    stories = [name for name in content if name.startswith("word/") and name.endswith(".xml")]
    return content | {name: etree.tostring(how(etree.fromstring(content[name]))) for name in stories}


def layout(content: Docx, part: str) -> list[str]:
    """Return the tables, rows, cells and paragraphs of a part, these with their words, in order."""
    if f"word/{part}.xml" not in content:
        return []
    tree = etree.fromstring(content[f"word/{part}.xml"])
    texts = iter(shown(zipped({f"word/{part}.xml": etree.tostring(tree)}), part))
    kinds = (f"{W}tbl", f"{W}tr", f"{W}tc", f"{W}p")
    return [next(texts) if node.tag == f"{W}p" else node.tag.removeprefix(W) for node in tree.iter(*kinds)]


def seen(found: Redline, part: str = "document") -> list[str]:
    """Return each paragraph with its changes: [-deleted-]{+inserted+}; ¶- and ¶+ for the end of one."""
    return [changes(paragraph) for paragraph in etree.fromstring(opened(found.docx)[f"word/{part}.xml"]).iter(f"{W}p")]


def changes(paragraph: etree._Element) -> str:
    text = ""
    for node in paragraph.iter(f"{W}t", f"{W}delText", f"{W}tab", f"{W}footnoteReference", f"{W}drawing", f"{W}pict"):
        if next(node.iterancestors(f"{W}p")) is paragraph:
            said = {f"{W}t": node.text, f"{W}delText": node.text, f"{W}tab": "\t"}.get(node.tag, "*") or ""
            before, after = {f"{W}ins": ("{+", "+}"), f"{W}del": ("[-", "-]")}.get(kind(node), ("", ""))
            text += f"{before}{said}{after}"
    mark = paragraph.find(f"{W}pPr/{W}rPr")
    ends = [] if mark is None else [{f"{W}ins": "¶+", f"{W}del": "¶-"}.get(child.tag, "") for child in mark]
    return text.replace("+}{+", "").replace("-][-", "") + "".join(ends)


def kind(node: etree._Element) -> str:
    found = next(node.iterancestors(f"{W}ins", f"{W}del", f"{W}p"))
    return str(found.tag)


CASES: dict[str, tuple[str | Sequence[str], str | Sequence[str], list[str]]] = {
    "a word": ("Le tarif est annuel.", "Le tarif est mensuel.", ["Le tarif est [-annuel-]{+mensuel+}."]),
    "a number": (
        "Le prix est de 1 234,50 € par an.",
        "Le prix est de 1 239,50 € par an.",
        ["Le prix est de [-1 234,50-]{+1 239,50+} € par an."],
    ),
    "words that follow each other": (
        "Le comité du syndicat vote le tarif.",
        "Le bureau du syndicat vote chaque année le tarif.",
        ["Le [-comité-]{+bureau+} du syndicat vote {+chaque année +}le tarif."],
    ),
    "a word that goes": ("Le tarif annuel est voté.", "Le tarif est voté.", ["Le tarif [-annuel -]est voté."]),
    "nothing in common": (
        ["Avant.", "Le tarif est annuel.", "Après."],
        ["Avant.", "Chaque membre paie sa part.", "Après."],
        ["Avant.", "[-Le tarif est annuel.-]¶-", "{+Chaque membre paie sa part.+}¶+", "Après."],
    ),
    "a paragraph inserted": (["Un.", "Trois."], ["Un.", "Deux.", "Trois."], ["Un.", "{+Deux.+}¶+", "Trois."]),
    "a paragraph deleted": (["Un.", "Deux.", "Trois."], ["Un.", "Trois."], ["Un.", "[-Deux.-]¶-", "Trois."]),
    "a paragraph moved": (
        ["Un article.", "Deux chats.", "Trois chiens."],
        ["Deux chats.", "Trois chiens.", "Un article."],
        ["[-Un article.-]¶-", "Deux chats.", "Trois chiens.¶+", "{+Un article.+}"],
    ),
    "an empty paragraph": (["Un.", "", "Deux."], ["Un.", "Deux."], ["Un.", "¶-", "Deux."]),
    "the last paragraph deleted": (["Un.", "Deux."], ["Un."], ["Un.¶-", "[-Deux.-]"]),
    "the last paragraph inserted": (["Un."], ["Un.", "Deux."], ["Un.¶+", "{+Deux.+}"]),
    "everything replaced": (["Un chat.", "Deux."], ["Trois."], ["[-Un chat.-]¶-", "[-Deux.-]{+Trois.+}"]),
    "a heading": (
        [p("Durée", style="Heading1"), p("Deux ans.")],
        [p("Durée et fin", style="Heading1"), p("Deux ans.")],
        ["Durée{+ et fin+}", "Deux ans."],
    ),
    "a tag that changes": (
        "Vu {{ membre.nom }}, membre.",
        "Vu {{ membre.nom_complet }}, membre.",
        ["Vu [-{{ membre.nom }}-]{+{{ membre.nom_complet }}+}, membre."],
    ),
    "a tag in several runs": (
        p("Vu ", "{{ membre", ".nom }}", ", membre."),
        p("Vu {", "{ membre.siret ", "}}, membre."),
        ["Vu [-{{ membre.nom }}-]{+{{ membre.siret }}+}, membre."],
    ),
    "the same tag cut otherwise": (
        p("Vu ", "{{ membre", ".nom }}", ", le membre."),
        p("Vu {", "{ membre.nom ", "}}, le maire."),
        ["Vu {{ membre.nom }}, le [-membre-]{+maire+}."],
    ),
    "a cell": (
        [table(["Prix", "12,00"]), p("Fin.")],
        [table(["Prix", "13,50"]), p("Fin.")],
        ["Prix", "[-12,00-]{+13,50+}", "Fin."],
    ),
    "a row added": (
        [table(["Un chat", "1"]), p("Fin.")],
        [table(["Un chat", "1"], ["Deux chiens", "2"]), p("Fin.")],
        ["Un chat", "1", "{+Deux chiens+}¶+", "{+2+}¶+", "Fin."],
    ),
    "a row removed": (
        [table(["Un chat", "1"], ["Deux chiens", "2"]), p("Fin.")],
        [table(["Deux chiens", "2"]), p("Fin.")],
        ["[-Un chat-]¶-", "[-1-]¶-", "Deux chiens", "2", "Fin."],
    ),
    "a table with other columns": (
        [p("Ici :"), table(["Un", "1"]), p("Fin.")],
        [p("Ici :"), table(["Un", "1", "2"]), p("Fin.")],
        ["Ici :", "[-Un-]¶-", "[-1-]¶-", "{+Un+}¶+", "{+1+}¶+", "{+2+}¶+", "Fin."],
    ),
    "a paragraph deleted before a table": (
        [p("Un."), p("Deux."), table(["Prix"]), p("Fin.")],
        [p("Un."), table(["Prix"]), p("Fin.")],
        ["Un.¶-", "[-Deux.-]", "Prix", "Fin."],
    ),
    "a paragraph deleted at the end of a cell": (
        [table([["Un.", "Deux."]]), p("Fin.")],
        [table([["Un."]]), p("Fin.")],
        ["Un.¶-", "[-Deux.-]", "Fin."],
    ),
    "a nested table": (
        [table([["Dehors", table(["Dedans", "1"]), ""]]), p("Fin.")],
        [table([["Dehors", table(["Dedans", "2"]), ""]]), p("Fin.")],
        ["Dehors", "Dedans", "[-1-]{+2+}", "", "Fin."],
    ),
    "a tab": (
        p("Un", "<w:r><w:tab/></w:r>", "deux trois"),
        p("Un", " deux", "<w:r><w:tab/></w:r>", "trois"),
        ["Un[-\t-]{+ +}deux[- -]{+\t+}trois"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_only_what_changed_is_shown(case: str) -> None:
    before, after, expected = CASES[case]
    found = compared(docx(before), docx(after))
    assert seen(found) == expected
    assert found.untracked == ()


@pytest.mark.parametrize("case", CASES)
def test_each_case_is_shown_the_other_way_round(case: str) -> None:
    before, after, _ = CASES[case]
    assert compared(docx(after), docx(before)).revisions


PIECES = (
    "le ",
    "tarif ",
    "membre ",
    "{{ membre.nom }} ",
    "{% if a %}",
    "1,50 ",
    "12 ",
    ", ",
    "—",
    "{% endif %}",
    "an ",
)


@st.composite
def paragraphs(draw: st.DrawFn) -> str:
    text = "".join(draw(st.lists(st.sampled_from(PIECES), max_size=8)))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=3)))
    props = draw(st.sampled_from(("", "<w:b/>")))
    runs = [
        run(text[a:b], props if number % 2 else "") for number, (a, b) in enumerate(pairwise([0, *cuts, len(text)]))
    ]
    return p(*runs, style=draw(st.sampled_from(("", "Heading1"))))


def tables(cells: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    rows = st.integers(1, 2).flatmap(
        lambda size: st.lists(st.lists(cells, min_size=size, max_size=size), min_size=1, max_size=3)
    )
    return rows.map(lambda content: table(*content))


CELLS = st.recursive(
    st.lists(paragraphs(), min_size=1, max_size=2).map("".join),
    lambda cells: st.tuples(tables(cells), paragraphs()).map("".join),
    max_leaves=2,
)


DOCUMENTS = st.tuples(
    st.lists(st.one_of(paragraphs(), paragraphs(), tables(CELLS)), max_size=5).map("".join), paragraphs()
).map("".join)


@settings(max_examples=40, deadline=None)
@given(DOCUMENTS, DOCUMENTS)
def test_any_document_is_found_again_whatever_it_is_compared_with(before: str, after: str) -> None:
    compared(docx(before), docx(after))


def texts(found: Redline, how: Callable[[etree._Element], etree._Element], part: str) -> list[str]:
    return layout(resolved(found, how), part)


def test_headers_and_footers_are_compared_by_their_type_whatever_their_files() -> None:
    before = docx("Corps.", header1=p("Édition 2022"), footer1=p("Page du syndicat"))
    after = docx("Corps.", header1=p("Édition 2023"), footer1=p("Page du syndicat"))
    name = "word/_rels/document.xml.rels"
    renamed = {n.replace("header1", "header7"): d.replace(b"header1.xml", b"header7.xml") for n, d in before.items()}
    found = redline(renamed, after, DATE)
    assert name in renamed
    assert seen(found, "header1") == ["Édition [-2022-]{+2023+}"]
    assert seen(found, "footer1") == ["Page du syndicat"]
    assert compared(before, after).revisions == found.revisions == 2


def test_a_header_that_stands_alone_is_told() -> None:
    one, none = docx("Corps.", header1=p("Projet")), docx("Corps.")
    assert redline(none, one, DATE).untracked == ("en-tête n'existe que dans la nouvelle version : « Projet »",)
    assert redline(one, none, DATE).untracked == ("en-tête n'existe que dans l'ancienne version : « Projet »",)
    assert redline(one, none, DATE).revisions == 0


def noted(text: str, note: str, more: str = "") -> Docx:
    return docx(p(text, NOTE, more), footnotes=footnote(note))


def test_footnotes_are_compared_in_the_order_of_their_calls() -> None:
    found = compared(noted("Tarif", "Hors taxes."), noted("Tarif", "Toutes taxes."))
    assert seen(found, "footnotes") == ["[-Hors-]{+Toutes+} taxes."]
    assert texts(found, rejected, "footnotes") == ["Hors taxes."]


def test_a_note_that_is_no_longer_called_comes_along_deleted() -> None:
    for after in (docx(p("Tarif")), docx(p("Tarif"), footnotes=footnote("Sans appel.").replace('"2"', '"5"'))):
        found = compared(noted("Tarif", "Hors taxes."), after)
        assert seen(found) == ["Tarif[-*-]"]
        assert seen(found, "footnotes")[-1] == "[-Hors taxes.-]"
        call = etree.fromstring(opened(found.docx)["word/document.xml"]).find(f".//{W}footnoteReference")
        notes = etree.fromstring(opened(found.docx)["word/footnotes.xml"])
        assert [note for note in notes if note.get(f"{W}id") == call.get(f"{W}id")] == [notes[-1]]
        assert b"/word/footnotes.xml" in opened(found.docx)["[Content_Types].xml"]
        assert b"footnotes.xml" in opened(found.docx)["word/_rels/document.xml.rels"]


def test_a_new_note_is_inserted_with_its_call() -> None:
    found = compared(docx(p("Tarif")), noted("Tarif", ["Hors taxes.", "Et net."]))
    assert seen(found) == ["Tarif{+*+}"]
    assert seen(found, "footnotes") == ["{+Hors taxes.+}¶+", "{+Et net.+}"]


def box(text: str) -> str:
    """Return a run with a text box, as Word writes one: for itself, and once more for old programs."""
    return (
        '<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:wsp><wps:txbx>'
        f"<w:txbxContent>{p(text)}</w:txbxContent></wps:txbx></wps:wsp></w:drawing></mc:Choice><mc:Fallback><w:pict>"
        f'<v:shape id="s1"><v:textbox><w:txbxContent>{p(text)}</w:txbxContent></v:textbox></v:shape></w:pict>'
        "</mc:Fallback></mc:AlternateContent></w:r>"
    )


def test_the_words_of_a_text_box_are_compared_both_times() -> None:
    found = compared(docx(p("Ici", box("Le tarif est annuel."))), docx(p("Ici", box("Le tarif est mensuel."))))
    assert seen(found)[1:] == ["Le tarif est [-annuel-]{+mensuel+}."] * 2


def test_a_text_box_comes_and_goes_with_its_words() -> None:
    found = redline(docx(p("Ici", box("Note."))), docx(p("Ici")), DATE)
    assert "Note." in texts(found, rejected, "document")
    assert "Note." not in texts(found, accepted, "document")
    assert b"AlternateContent" not in opened(found.docx)["word/document.xml"]
    found = redline(docx(p("Ici")), docx(p("Ici", box("Note."))), DATE)
    assert "Note." not in texts(found, rejected, "document")
    assert texts(found, accepted, "document") == ["Ici", "Note.", "Note."]


LINK = '<Relationship Id="l" Type="{}/hyperlink" Target="{}" TargetMode="External"/>'


def linked(text: str, address: str = "https://a.fr") -> Docx:
    link = f'<w:hyperlink r:id="l">{run(text)}</w:hyperlink>'
    return docx(p("Voir ", link, "."), rels=LINK.format(OFFICE, address))


def test_a_link_keeps_its_address_and_shows_what_changed_in_its_words() -> None:
    found = compared(linked("le site du syndicat"), linked("le site du département"))
    assert seen(found) == ["Voir le site du [-syndicat-]{+département+}."]
    link = etree.fromstring(opened(found.docx)["word/document.xml"]).find(f".//{W}hyperlink")
    assert len(link.findall(f".//{W}r")) == 3


def test_a_link_that_goes_leaves_its_words_and_is_told() -> None:
    found = compared(linked("le site"), docx(p("Voir.")))
    assert seen(found) == ["Voir[- le site-]."]
    assert b"hyperlink" not in opened(found.docx)["word/document.xml"]
    assert found.untracked == ("le lien vers https://a.fr a changé ou n'est plus là",)


def test_another_address_is_told() -> None:
    found = compared(linked("le site"), linked("le site", "https://b.fr"))
    assert found.untracked == (
        "le lien vers https://a.fr a changé ou n'est plus là",
        "le lien vers https://b.fr est nouveau",
    )


def control(*content: str) -> str:
    return f"<w:sdt><w:sdtPr/><w:sdtContent>{''.join(content)}</w:sdtContent></w:sdt>"


def test_content_controls_around_words_and_around_paragraphs_stay() -> None:
    before = docx(p("Le ", control(run("tarif annuel")), ".") + control(p("Un."), p("Deux.")) + p("Fin."))
    after = docx(p("Le ", control(run("tarif mensuel")), ".") + control(p("Un."), p("Trois chats.")) + p("Fin."))
    found = compared(before, after)
    assert seen(found) == ["Le tarif [-annuel-]{+mensuel+}.", "Un.", "[-Deux.-]¶-", "{+Trois chats.+}¶+", "Fin."]
    assert opened(found.docx)["word/document.xml"].count(b"<w:sdt>") == 2


FIELD = "".join(
    f"<w:r>{inner}</w:r>"
    for inner in (
        '<w:fldChar w:fldCharType="begin"/>',
        "<w:instrText> PAGE </w:instrText>",
        '<w:fldChar w:fldCharType="separate"/>',
        "<w:t>{}</w:t>",
        '<w:fldChar w:fldCharType="end"/>',
    )
)


def test_a_field_of_word_is_one_piece_and_its_computed_words_are_no_change() -> None:
    found = redline(docx(p("Page ", FIELD.format(1))), docx(p("Page ", FIELD.format(2))), DATE)
    assert found.revisions == 0
    found = redline(docx(p("Page ", FIELD.format(1))), docx(p("Page")), DATE)
    (mark,) = etree.fromstring(opened(found.docx)["word/document.xml"]).iter(f"{W}del")
    assert [etree.QName(run[-1]).localname for run in mark][1:] == [
        "fldChar",
        "delInstrText",
        "fldChar",
        "delText",
        "fldChar",
    ]


IMAGE = '<w:r><w:drawing><pic r:embed="i" xmlns=""/></w:drawing></w:r>'


def pictured(data: bytes) -> Docx:
    rels = f'<Relationship Id="i" Type="{OFFICE}/image" Target="media/i.png"/>'
    return docx(p("Logo ", IMAGE), rels=rels) | {"word/media/i.png": data}


def test_a_picture_that_changes_or_goes_is_told_and_leaves_no_dangling_number() -> None:
    told = redline(pictured(b"1"), pictured(b"2"), DATE).untracked
    assert told == ("corps : une image ou un objet a été remplacé",)
    found = redline(pictured(b"1"), docx(p("Logo ")), DATE)
    assert found.untracked == ("corps : une image ou un objet n'est plus là", "une image supprimée n'est pas montrée")
    assert b"r:embed" not in opened(found.docx)["word/document.xml"]
    assert redline(pictured(b"1"), pictured(b"1"), DATE).untracked == ()


def test_what_only_the_old_document_knows_is_left_behind() -> None:
    props = '<w:pPr><w:pStyle w:val="Ancien"/><w:numPr><w:ilvl w:val="0"/><w:numId w:val="9"/></w:numPr></w:pPr>'
    marks = '<w:bookmarkStart w:id="1" w:name="sig_membre"/><w:bookmarkEnd w:id="1"/><w:commentRangeStart w:id="3"/>'
    comment = '<w:commentRangeEnd w:id="3"/><w:r><w:commentReference w:id="3"/></w:r>'
    words = run("Ancien article.", '<w:rStyle w:val="Fort"/>')
    old = f"<w:p>{props}{marks}{words}{comment}</w:p>"
    found = redline(docx([old, p("Fin.")]), docx("Fin."), DATE)
    assert seen(found) == ["[-Ancien article.-]¶-", "Fin."]
    xml = opened(found.docx)["word/document.xml"].decode()
    assert not re.findall(r"<w:(pStyle|rStyle|numPr|bookmark\w+|comment\w+)", xml)


def styled(body: str | Sequence[str], identifier: str = "Heading1") -> Docx:
    """Return a document that has one style, of that id, whose name is « heading 1 »."""
    rels = f'<Relationship Id="s" Type="{OFFICE}/styles" Target="styles.xml"/>'
    style = f'<w:style w:type="paragraph" w:styleId="{identifier}"><w:name w:val="heading 1"/></w:style>'
    return docx(body, rels=rels) | {"word/styles.xml": f'<w:styles xmlns:w="{W[1:-1]}">{style}</w:styles>'.encode()}


def test_a_paragraph_that_changes_also_of_format_gets_its_old_one_back() -> None:
    plain, heading = p("Un article court."), p("Un article long.", style="Heading1")
    for before, after in ((plain, heading), (heading, plain)):
        for end in ("", p("Fin.")):
            found = compared(styled(before + end), styled(after))
            old, new = (resolved(found, how)["word/document.xml"] for how in (rejected, accepted))
            assert (b"pStyle" in old, b"pStyle" in new) == (before is heading, after is heading)


def test_accepted_it_is_the_new_document_with_all_its_formats() -> None:
    for before, after in [*((real(a), real(b)) for a, b in product(TEMPLATES[:3], TEMPLATES[3:6]))]:
        new = resolved(redline(before, after, DATE), accepted)
        for name in ("word/document.xml", "word/header1.xml", "word/footer1.xml"):
            assert whole(new[name]) == whole(after[name])


def whole(part: bytes) -> bytes:
    """Return the XML of a part, whatever its runs and its empty properties."""
    tree = wording.clean(etree.fromstring(part))
    revisions.tidied(tree)
    for props in [e for e in tree.iter(f"{W}rPr", f"{W}pPr") if len(e) == 0]:
        props.getparent().remove(props)
    return etree.tostring(tree, method="c14n")


def test_a_style_is_found_again_by_its_name() -> None:
    before, after = p("Un article.", style="Heading1"), p("Deux chats.", style="Titre1")
    found = redline(styled([before, p("Fin.")]), styled([after, p("Fin.")], "Titre1"), DATE)
    assert set(re.findall(r'pStyle w:val="(\w+)"', opened(found.docx)["word/document.xml"].decode())) == {"Titre1"}
    assert found.untracked[0] == "les styles (polices, tailles, espacements) ont changé"


def test_another_format_of_the_same_words_is_told() -> None:
    found = compared(docx(p("Durée"), title="a"), docx(p("Durée", style="Heading1")))
    assert found.revisions == 0
    assert found.untracked == ("la mise en forme seule a changé d'un paragraphe : « Durée »",)


def test_another_page_setup_and_other_sections_are_told() -> None:
    wide = docx("Un.")
    wide["word/document.xml"] = wide["word/document.xml"].replace(
        b"<w:sectPr></w:sectPr>", b'<w:sectPr><w:pgSz w:w="9"/></w:sectPr>'
    )
    told = ("la mise en page a changé (format, marges, colonnes ou numéros de page)",)
    assert compared(docx("Un."), wide).untracked == told
    assert compared(docx("Un."), docx("Un.", sections="2")).untracked == (
        "le nombre de sections a changé (1 avant, 2 maintenant)",
    )


def test_the_paragraph_that_ends_a_section_may_change() -> None:
    sections = [docx([text, "Fin de partie."], sections="2") for text in ("Un chat.", "Deux chiens.")]
    end = b"<w:p><w:pPr><w:sectPr></w:sectPr></w:pPr></w:p>"
    for content, text in zip(sections, ("Dernier mot.", "Autre fin ici."), strict=True):
        ending = end.replace(b"</w:p>", run(text).encode() + b"</w:p>")
        content["word/document.xml"] = content["word/document.xml"].replace(end, ending)
    found = compared(*sections)
    assert seen(found)[-1] == "[-Dernier mot.-]{+Autre fin ici.+}"
    assert opened(found.docx)["word/document.xml"].count(b"<w:sectPr") == 2


def test_changes_tracked_before_are_taken_as_accepted_and_told() -> None:
    before = docx(p("Le tarif ", deleted("annuel"), ins("mensuel"), "."))
    found = redline(before, docx("Le tarif mensuel net."), DATE)
    assert seen(found) == ["Le tarif mensuel{+ net+}."]
    assert found.untracked == (
        "l'ancienne version portait déjà des modifications suivies : elles sont tenues pour acceptées",
    )
    found = redline(docx("Le tarif mensuel."), before, DATE)
    assert found.revisions == 0
    assert not has_revisions(etree.fromstring(opened(found.docx)["word/document.xml"]))


def test_a_part_whose_words_would_be_lost_is_shown_by_whole_paragraphs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marking.Story, "_mark_words", lambda *_: None)
    found = redline(docx(["Le prix est bas.", "Fin."]), docx(["Le prix est haut.", "Fin."]), DATE)
    assert found.coarse == ("word/document.xml",)
    assert seen(found) == ["[-Le prix est bas.-]¶-", "{+Le prix est haut.+}¶+", "Fin."]


def test_a_part_that_cannot_be_shown_at_all_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marking.Story, "_deleted", lambda *_: [])
    with pytest.raises(CannotCompare) as caught:
        redline(docx("Un chat."), docx("Deux."), DATE)
    assert caught.value.part == "word/document.xml"


def test_the_same_comparison_gives_the_same_bytes_with_the_date_that_is_given() -> None:
    before, after = docx(["Le tarif.", "Fin."]), docx(["Le prix.", "Fin.", "Suite."])
    found = redline(before, after, DATE)
    assert found == redline(before, after, DATE)
    assert {info.date_time[0] for info in zipfile.ZipFile(io.BytesIO(found.docx)).infolist()} == {1980}
    marks = etree.fromstring(opened(found.docx)["word/document.xml"]).iter(f"{W}ins", f"{W}del")
    assert {(mark.get(f"{W}author"), mark.get(f"{W}date")) for mark in marks} == {("docgen", DATE)}


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_template_differs_in_nothing_from_itself(file: Path) -> None:
    found = redline(real(file), real(file), DATE)
    assert (found.revisions, found.coarse, found.untracked) == (0, (), ())
    assert opened(found.docx) == real(file)


def test_all_templates_can_be_compared_with_all_others() -> None:
    bodies = {file: layout(real(file), "document") for file in TEMPLATES if file != CHARTE}
    for before, after in permutations(bodies, 2):
        found = redline(real(before), real(after), DATE)
        # A notice of a few lines has next to nothing in common with an annex of three sections.
        assert found.coarse == () or before.name == "fin.docx"
        assert found.revisions
        assert bodies[before] != bodies[after]


def test_a_long_document_and_a_long_table_take_seconds() -> None:
    rows = [[f"Commune {number}", f"{number * 3 % 97},50"] for number in range(1500)]
    dearer = [[name, price.replace(",50", ",60")] for name, price in rows[:400] + rows[410:]]
    text = [f"Le membre {number} verse chaque année sa part du tarif {number * 7}." for number in range(400)]
    started = time.process_time()
    found = redline(docx([*text, table(*rows), p("Fin.")]), docx([*text[5:], table(*dearer), p("Fin.")]), DATE)
    assert time.process_time() - started < 6
    assert found.revisions == 2 * len(dearer) + 2 * 10 + 5


def test_insertions_on_both_sides_of_an_end_that_stays_are_of_two_dates() -> None:
    """LibreOffice would take them for one, and reject the end of the paragraph with them."""
    found = compared(docx(["Le chat", "tarif net."]), docx(["Le chat noir", "12 tarif net."]))
    marks = etree.fromstring(opened(found.docx)["word/document.xml"]).iter(f"{W}ins")
    assert [mark.get(f"{W}date") for mark in marks] == [DATE, "2023-04-11T00:02:00Z"]


ORDERS = """
import os, sys, uno
sys.path.insert(0, sys.argv[1])
from uno_worker import Office, properties
office = Office(sys.argv[2], sys.argv[3])
at_once = properties(SynchronMode=True)
try:
    for docx in sys.argv[4:]:
        plain = docx.endswith(("-0.docx", "-1.docx"))
        for order in [""] if plain else ["", "AcceptAllTrackedChanges", "RejectAllTrackedChanges"]:
            office.load(docx)
            document = office.documents[docx]
            if order:
                url = uno.createUnoStruct("com.sun.star.util.URL")
                url.Complete, url.Protocol, url.Path = f".uno:{order}", ".uno:", order
                document.CurrentController.Frame.queryDispatch(url, "", 0).dispatch(url, at_once)
            elif not plain:
                office.export(docx, docx + ".pdf")
            made = uno.systemPathToFileUrl(f"{docx}.{order[:6]}")
            document.storeToURL(made, properties(FilterName="MS Word 2007 XML"))
            office.close(docx)
finally:
    office.process.kill()
os._exit(0)  # the bridge to a program that is gone may take the interpreter with it
"""
"""What a LibreOffice does with each file: makes a PDF, accepts all changes, rejects them; saves what it has each time.

It only saves those that have no changes.
"""


def by_libreoffice(folder: Path, *files: Path) -> None:
    found = office.find()
    worker = Path(convert.__file__).parent
    words = [str(found.python()), "-c", ORDERS, *map(str, (worker, found.soffice, folder / "profile", *files))]
    quiet = {**os.environ, "SAL_USE_VCLPLUGIN": "svp"}
    said = subprocess.run(words, capture_output=True, text=True, timeout=120, env=quiet)
    assert (said.returncode, said.stderr) == (0, "")


def full_lines(file: Path) -> list[str]:
    """Return the paragraphs that are not empty: LibreOffice leaves an empty one where the next block is a table."""
    return [text for part in (*PARTS, "footnotes") for text in shown(file.read_bytes(), part) if text.strip("\u200d")]


def test_libreoffice_accepts_and_rejects_the_same_words(tmp_path: Path) -> None:
    old, new = ([file for file in TEMPLATES if file.parent.name == name] for name in ("2022-12", "2023-04"))
    pairs = {before.stem: (real(before), real(after)) for before, after in zip(old, new, strict=True)}
    bodies = [[body for case in CASES.values() for body in (blocks(case[side]), p("—"))] for side in (0, 1)]
    pairs["cases"] = (docx(bodies[0], header1=p("Édition 2022")), docx(bodies[1], header1=p("Édition 2023")))
    texts = ["Le chat", "un chien", "tarif net."], ["Le chat noir", "12 un chien bleu", "Suite.", "13 tarif net."]
    pairs["insertions"] = (docx(texts[0]), docx(texts[1]))
    pairs["note"] = (noted("Tarif annuel", "Hors taxes."), noted("Tarif mensuel", "Toutes taxes."))
    files = []
    for name, (before, after) in pairs.items():
        for suffix, data in (("", redline(before, after, DATE).docx), ("-0", zipped(before)), ("-1", zipped(after))):
            files.append(tmp_path / f"{name}{suffix}.docx")
            files[-1].write_bytes(data)
    by_libreoffice(tmp_path, *files)
    for name in pairs:
        marked = tmp_path / f"{name}.docx"
        assert full_lines(marked.with_suffix(".docx.Accept")) == full_lines(tmp_path / f"{name}-1.docx.")
        assert full_lines(marked.with_suffix(".docx.Reject")) == full_lines(tmp_path / f"{name}-0.docx.")
        assert len(full_lines(marked.with_suffix(".docx.Accept"))) > 1
        assert marked.with_suffix(".docx.pdf").read_bytes().startswith(b"%PDF")
        changed = b"<w:del " in zipfile.ZipFile(marked.with_suffix(".docx.")).read("word/document.xml")
        assert changed == (name not in ("charte", "insertions"))


def png(colour: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (20, 10), colour).save(buffer, "PNG", **options)
    return buffer.getvalue()


def test_a_picture_changed_when_its_pixels_did() -> None:
    note = PngInfo()
    note.add_text("Software", "un autre programme")
    same = png("red", compress_level=0, pnginfo=note)
    assert same != png("red")
    assert redline(pictured(png("red")), pictured(same), DATE).untracked == ()
    assert redline(pictured(png("red")), pictured(png("blue")), DATE).untracked != ()


def test_an_object_that_word_wrote_anew_is_the_same() -> None:
    def embedded(data: bytes) -> Docx:
        rels = f'<Relationship Id="o" Type="{OFFICE}/oleObject" Target="embeddings/o.bin"/>'
        ole = '<w:r><w:object><o:OLEObject r:id="o" xmlns:o="urn:o"/></w:object></w:r>'
        return docx(p("Plan ", ole), rels=rels) | {"word/embeddings/o.bin": data}

    assert redline(embedded(b"1"), embedded(b"2"), DATE).untracked == ()


def test_a_paragraph_that_moved_is_named() -> None:
    moved = "Le présent article traite des modalités de paiement."
    rest = [f"Un autre paragraphe, le numéro {n}, dit tout autre chose." for n in range(4)]
    found = redline(docx([p(moved), *map(p, rest)]), docx([*map(p, rest), p(moved)]), DATE)
    assert f"un paragraphe a été déplacé : « {moved} »" in found.untracked


def test_a_table_that_only_changes_its_look_is_named() -> None:
    plain = table(["Service", "Prix"])
    bold = plain.replace("<w:tblPr/>", '<w:tblPr><w:tblBorders><w:top w:val="double"/></w:tblBorders></w:tblPr>')
    found = redline(docx(plain), docx(bold), DATE)
    assert found.untracked == ("un tableau change d'aspect (bordures, largeurs, lignes de titre) : « Service Prix »",)


@pytest.mark.parametrize("inside", [IMAGE, FIELD.format(3), NOTE])
def test_no_inner_mark_is_in_a_sentence(inside: str) -> None:
    def document(look: str) -> Docx:
        rels = f'<Relationship Id="i" Type="{OFFICE}/image" Target="media/i.png"/>'
        content = docx(p(run("Avant ", look), inside, run(" après", look)), rels=rels, footnotes=footnote("Une note."))
        return content | {"word/media/i.png": png("red")}

    told = " ".join(redline(document(""), document("<w:b/>"), DATE).untracked)
    assert "Avant" in told
    assert re.search("[\ufff9-\uffff\ue000-\uf8ff]|instr|Reference", told) is None
