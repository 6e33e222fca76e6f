"""What an edition changes: a Word file with tracked changes for each document, and a page that says it in short."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from conftest import Docgen, Sample
from lxml import etree
from word import NAMESPACES, NOTE, W, a_docx, header_with, ins, p, reworded, run, table

from docgen.lawyers.compared import Piece, side_by_side
from docgen.redline.revisions import accepted, rejected
from docgen.word.compare import Article, Change, articles, changes
from docgen.word.template import Template

TITLE = p("Article 1 – Objet", style="Titre1")


def body(docx: bytes) -> etree._Element:
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        return etree.fromstring(archive.read("word/document.xml"))


def words(root: etree._Element) -> str:
    return " ".join("".join(t.text or "" for t in paragraph.iter(f"{W}t")) for paragraph in root.iter(f"{W}p"))


@pytest.fixture
def draft(sample: Sample) -> Sample:
    """The sample, with an edition in preparation that is still the same as the last one."""
    for file in (sample.root / "templates/2023-04").iterdir():
        (sample.root / "templates/2024-01").mkdir(exist_ok=True)
        (sample.root / "templates/2024-01" / file.name).write_bytes(file.read_bytes())
    record = sample.root / "templates/2024-01/edition.yaml"
    text = re.sub(r"\n  (transmise|publiee)_le: .*", "", record.read_text("utf-8"))
    for before, after in (
        ("edition: 2023-04", "edition: 2024-01"),
        ("numero: 04/2023-06", "numero: 05/2024-01"),
        ("date: 2023-04-11", "date: 2024-01-15"),
    ):
        assert text.count(before) == 1
        text = text.replace(before, after)
    record.write_text(text, "utf-8")
    return sample


def test_the_sample_says_what_its_act_changed(sample: Sample, docgen: Docgen) -> None:
    code, said = docgen(sample.root, "compare", "2022-12", "2023-04")
    assert code == 0
    assert said.startswith("convention : Article 4 – Modalités de facturation\ncharte : aucun article ne change\n")
    assert said.endswith("grille : 77 cases changent\n→ output/comparaisons/2022-12-vers-2023-04/index.html\n")
    folder = sample.root / "output/comparaisons/2022-12-vers-2023-04"
    assert sorted(file.name for file in folder.iterdir()) == [
        "annexe-2.suivi.docx", "charte.suivi.docx", "convention.suivi.docx", "index.html",
    ]  # fmt: skip
    for piece in ("convention", "charte", "annexe-2"):
        tracked = body((folder / f"{piece}.suivi.docx").read_bytes())
        for edition, resolved in (("2022-12", rejected(tracked)), ("2023-04", accepted(tracked))):
            original = body((sample.root / f"templates/{edition}/{piece}.docx").read_bytes())
            assert words(resolved).split() == words(original).split()
    page = (folder / "index.html").read_text("utf-8")
    assert "<del>hors</del>" in page
    assert "<ins>toutes</ins>" in page
    assert "<del>–</del><ins>9,60\u00a0€</ins>" in page
    assert "cellbg" not in page


def test_the_same_editions_give_the_same_files(sample: Sample, docgen: Docgen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    docgen(sample.root, "compare", "2022-12", "2023-04")
    first = sample.files()
    docgen(sample.root, "compare", "2022-12", "2023-04")
    assert sample.files() == first


def test_an_edition_compared_to_itself_changes_nothing(sample: Sample, docgen: Docgen) -> None:
    _, said = docgen(sample.root, "compare", "2023-04", "2023-04")
    assert said.count("aucun article ne change") == 3
    assert "aucun prix ne change" in said
    page = (sample.root / "output/comparaisons/2023-04-vers-2023-04/index.html").read_text("utf-8")
    assert page.count("aucun mot ne change") == 3


def test_a_template_with_tracked_changes_is_refused_with_its_place(draft: Sample, docgen: Docgen) -> None:
    a_docx(draft.root / "templates/2024-01", [TITLE, p("Deux ", ins("ajout"))], name="charte.docx")
    code, said = docgen(draft.root, "compare", "2023-04", "2024-01")
    assert code == 1
    assert "templates/2024-01/charte.docx, corps, « Article 1 – Objet »" in said
    assert "[suivi-de-modifications]" in said
    assert not (draft.root / "output/comparaisons").exists()


def test_a_document_that_only_one_edition_has_is_told(draft: Sample, docgen: Docgen) -> None:
    record = draft.root / "templates/2024-01/edition.yaml"
    text = record.read_text("utf-8")
    record.write_text(re.sub(r"  - id: charte\n(    .*\n)*", "", text), "utf-8")
    code, said = docgen(draft.root, "compare", "2023-04", "2024-01")
    assert code == 0
    assert "charte : " in said
    assert "la nouvelle édition n'a plus ce document" in said


def test_an_edition_that_does_not_exist_is_told(sample: Sample, docgen: Docgen) -> None:
    code, said = docgen(sample.root, "compare", "2022-21", "2023-04")
    assert code == 1
    assert "Vouliez-vous dire « 2022-12 » ?" in said


def test_a_price_that_changes_is_shown_in_its_cell(draft: Sample, docgen: Docgen) -> None:
    record = draft.root / "templates/2024-01/edition.yaml"
    text = record.read_text("utf-8")
    row = "votee: 1,80   1,80   1,80   1,80   1,80   1,80   1,80   1,80   1,80   1,80   1,80"
    assert text.count(row) == 1
    record.write_text(text.replace(row, row.replace("1,80", "2,40")).replace("ht: 1,50", "ht: 2,00"), "utf-8")
    _, said = docgen(draft.root, "compare", "2023-04", "2024-01")
    assert "grille : 11 cases changent" in said
    page = (draft.root / "output/comparaisons/2023-04-vers-2024-01/index.html").read_text("utf-8")
    assert page.count("<del>1,80\u00a0€</del><ins>2,40\u00a0€</ins>") == 11
    assert page.count("<del>") == 11


def test_only_the_words_that_change_are_marked_and_a_tag_is_one_word() -> None:
    change = Change(
        "convention",
        "Article 1",
        "modifié",
        avant=("Le même.", "Le délai est de {{ a.b }} mois & plus."),
        paragraphes=("Le même.", "Le délai est de {{ a.c }} mois & plus."),
    )
    ((left, right),) = side_by_side(change)
    assert left == [Piece("Le délai est de "), Piece("{{ a.b }}", "del"), Piece(" mois & plus.")]
    assert right == [Piece("Le délai est de "), Piece("{{ a.c }}", "ins"), Piece(" mois & plus.")]


def test_articles_of_one_title_are_told_apart(tmp_path: Path) -> None:
    def titles(*texts: str) -> list[tuple[str, ...]]:
        rows = [row for text in texts for row in (p("Durée", style="Titre1"), p(text))]
        return [a.paragraphes for a in articles(Template(a_docx(tmp_path, rows)))]

    assert titles("Un an.", "Deux ans.") == [(), ("Un an.",), ("Deux ans.",)]


def test_a_heading_that_is_typed_cuts_the_articles_with_its_own_number(tmp_path: Path) -> None:
    found = articles(Template(a_docx(tmp_path, [p("Avant."), p("ARTICLE 3 – Durée"), p("Un an.")])))
    assert [(a.titre, a.paragraphes) for a in found] == [("", ("Avant.",)), ("ARTICLE 3 – Durée", ("Un an.",))]


def test_a_footnote_is_part_of_the_paragraph_that_calls_it(tmp_path: Path) -> None:
    template = Template(a_docx(tmp_path, [p("Un an", NOTE, run(".")), table(["A", "B"])], footnotes="Renouvelable."))
    assert articles(template)[0].paragraphes == ("Un an (note : Renouvelable.).", "A : B")


def test_renaming_is_shown_before_it_is_done(draft: Sample, docgen: Docgen) -> None:
    templates = draft.root / "templates/2024-01"
    before = {file.name: file.read_bytes() for file in templates.iterdir()}
    code, said = docgen(draft.root, "rename-field", "referent.courriel", "referent.telephone")
    assert code == 0
    assert "    {{ referent.courriel }}  →  {{ referent.telephone }}\n" in said
    assert "1 emploi dans 1 modèle. Rien n'est encore écrit : ajoutez --apply" in said
    assert {file.name: file.read_bytes() for file in templates.iterdir()} == before
    code, said = docgen(draft.root, "rename-field", "referent.courriel", "referent.telephone", "--apply")
    assert code == 0
    changed = {file.name for file in templates.iterdir() if file.read_bytes() != before[file.name]}
    assert changed == {"convention.docx"}
    fields = Template(templates / "convention.docx").fields
    assert "referent.courriel" not in fields
    assert "Aucun modèle n'emploie" in docgen(draft.root, "rename-field", "referent.courriel", "referent.telephone")[1]


def test_a_field_is_not_renamed_in_an_edition_in_force(sample: Sample, docgen: Docgen) -> None:
    code, said = docgen(sample.root, "rename-field", "referent.courriel", "referent.telephone", "--apply")
    assert code == 1
    assert "l'édition 2023-04 ne change plus : sa délibération est exécutoire depuis le 18/04/2023" in said


def test_a_field_is_not_renamed_to_one_that_does_not_exist(draft: Sample, docgen: Docgen) -> None:
    code, said = docgen(draft.root, "rename-field", "referent.courriel", "referent.telefone", "--apply")
    assert code == 1
    assert "Vouliez-vous dire « referent.telephone » ?" in said


def test_a_use_that_cannot_be_renamed_stops_all_the_templates(draft: Sample, docgen: Docgen) -> None:
    folder = draft.root / "templates/2024-01"
    loop = "{% for a, b in ((referent, membre),) %}{{ a.courriel }}{% endfor %}"
    a_docx(folder, [p(loop)], name="charte.docx")
    before = (folder / "convention.docx").read_bytes()
    code, said = docgen(draft.root, "rename-field", "referent.courriel", "referent.telephone", "--apply")
    assert code == 1
    assert "[renommage-impossible]" in said
    assert (folder / "convention.docx").read_bytes() == before


def test_paragraphs_with_too_little_in_common_are_shown_whole_and_those_alike_side_by_side() -> None:
    change = Change(
        "convention",
        "Article 1",
        "modifié",
        avant=("Le membre paie chaque année sa part.",),
        paragraphes=("Un référent est désigné.", "Le membre paie chaque mois sa part."),
    )
    added, changed = side_by_side(change)
    assert added == ([], [Piece("Un référent est désigné.", "ins")])
    assert [piece.text for piece in changed[0] if piece.kind] == ["année"]
    assert [piece.text for piece in changed[1] if piece.kind] == ["mois"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<w:r><m:t>1,02</m:t></w:r>", "<w:r><m:t>1,50</m:t></w:r>"),
        (
            '<w:r><w:sym w:font="Wingdings" w:char="F0A8"/></w:r>',
            '<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>',
        ),
    ],
)
def test_what_is_no_text_for_word_and_shows_on_the_page_counts(tmp_path: Path, before: str, after: str) -> None:
    maths = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'

    def texts(run_: str) -> tuple[str, ...]:
        row = p("Prix : ", run_.replace("<m:t>", f"<m:t {maths}>"))
        return articles(Template(a_docx(tmp_path, row)))[0].paragraphes

    assert texts(before) != texts(after)


def test_words_that_change_in_the_header_are_told(draft: Sample, docgen: Docgen) -> None:
    path = draft.root / "templates/2024-01/convention.docx"
    reworded(path, "syndicat.nom_complet", "syndicat.nom", header_with(path, "syndicat.nom_complet"))
    _, said = docgen(draft.root, "compare", "2023-04", "2024-01")
    assert "convention : aucun article ne change\n  en-tête : des mots changent\n" in said


def test_articles_that_change_places_are_told_by_their_numbers(tmp_path: Path) -> None:
    def cut(*titles: str) -> list[Article]:
        rows = [row for t in titles for row in (p(t), p("Texte."))]
        return articles(Template(a_docx(tmp_path, rows)))

    found = list(changes("convention", cut("Article 1 - Durée", "Article 2 - Prix"),
                         cut("Article 1 - Prix", "Article 2 - Durée", "Article 3 - Fin")))  # fmt: skip
    assert [(c.action, c.ancien_titre, c.titre) for c in found] == [
        ("renuméroté", "Article 2 - Prix", "Article 1 - Prix"),
        ("renuméroté", "Article 1 - Durée", "Article 2 - Durée"),
        ("ajouté", "", "Article 3 - Fin"),
    ]


def test_an_article_under_another_title_is_the_same_one(tmp_path: Path) -> None:
    def cut(title: str) -> list[Article]:
        return articles(Template(a_docx(tmp_path, [p(title), p("Le membre paie chaque année sa part au syndicat.")])))

    (found,) = changes("convention", cut("Article 1 – Prix"), cut("Article 1 – Tarifs"))
    assert (found.action, found.ancien_titre, found.titre) == ("modifié", "Article 1 – Prix", "Article 1 – Tarifs")


@pytest.mark.parametrize(
    "text",
    ["Article 5 du code général ne s’applique pas.", "Annexe 1 – Charte ;", "Articles 3 et 4", "Section du port"],
)
def test_a_sentence_that_begins_like_a_heading_is_none(tmp_path: Path, text: str) -> None:
    assert len(articles(Template(a_docx(tmp_path, [p(text)])))) == 1


def paragraphs_of(folder: Path, *body: str) -> tuple[str, ...]:
    return articles(Template(a_docx(folder, list(body))))[-1].paragraphes


def test_a_cell_keeps_its_column_even_inside_a_content_control(tmp_path: Path) -> None:
    assert paragraphs_of(tmp_path, table(["Astreinte", "", "Non"])) == ("Astreinte : – : Non",)
    assert paragraphs_of(tmp_path, table(["", "Astreinte", "Non"])) == ("– : Astreinte : Non",)
    row = table(["A", "B"])
    cell = row[row.index("<w:tc>") : row.index("</w:tc>") + 7]
    control = f"<w:sdt><w:sdtContent>{cell}</w:sdtContent></w:sdt>"
    assert paragraphs_of(tmp_path, row.replace(cell, control, 1)) == ("A : B",)


def test_a_place_to_write_in_a_table_does_not_hide_the_table(tmp_path: Path) -> None:
    place = '<w:bookmarkStart w:id="7" w:name="champ_date"/><w:bookmarkEnd w:id="7"/>'
    assert paragraphs_of(tmp_path, table(["Nom", "Né le"]).replace("</w:p>", f"{place}</w:p>", 1)) == ("Nom : Né le",)
    assert paragraphs_of(tmp_path, p("Texte."), p("Fait le ", place)) == ("Texte.",)


def test_a_heading_in_a_style_of_the_house_is_one_by_what_it_is_based_on(tmp_path: Path) -> None:
    path = a_docx(tmp_path, [p("Prix", style="ArticleMaison"), p("Dix euros.")])
    style = '<w:style w:styleId="ArticleMaison"><w:basedOn w:val="Heading1"/></w:style>'
    styles = f"<w:styles {NAMESPACES}>{style}</w:styles>"
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("word/styles.xml", styles)
    assert [article.titre for article in articles(Template(path))] == ["", "Prix"]


def test_an_article_is_inserted_after_one_by_the_number_that_this_had(tmp_path: Path) -> None:
    def cut(*titles: str) -> list[Article]:
        return articles(Template(a_docx(tmp_path, [row for t in titles for row in (p(t), p("Texte."))])))

    before = cut("Article 1 – Objet", "Article 2 – Durée")
    found = list(changes("convention", before, cut("Article 1 – Prix", "Article 2 – Objet", "Article 3 – Sûreté")))
    added = [(change.titre, change.apres) for change in found if change.action == "ajouté"]
    assert ("Article 3 – Sûreté", "Article 1 – Objet") in added


def test_the_letters_of_a_list_are_part_of_what_an_article_says(tmp_path: Path) -> None:
    item = "<w:p><w:pPr><w:numPr><w:numId w:val='1'/></w:numPr></w:pPr>{}</w:p>".format
    path = a_docx(tmp_path, [item(run("le retard ;")), item(run("la perte."))])
    level = '<w:lvl w:ilvl="0"><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1)"/></w:lvl>'
    lists = f'<w:abstractNum w:abstractNumId="5">{level}</w:abstractNum>'
    number = '<w:num w:numId="1"><w:abstractNumId w:val="5"/></w:num>'
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("word/numbering.xml", f"<w:numbering {NAMESPACES}>{lists}{number}</w:numbering>")
    assert articles(Template(path))[0].paragraphes == ("a) le retard ;", "b) la perte.")
