"""Values as a lawyer wants to read them: filters, line breaks, lists, rows and columns that leave no hole."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Docgen
from lxml import etree
from word import W, a_docx, p, run, shown, table

from docgen import formats
from docgen.champs.blank import Blank
from docgen.diagnostics import ProblemsFound
from docgen.word import filters
from docgen.word.render import Renderer
from docgen.word.template import Template

VALUES: dict[str, Any] = {
    "montants": {
        "annuel": formats.euros(Decimal("1380.50")),
        "lignes": [{"libelle": "GFU", "prix": "9,60 €"}, {"libelle": "Stockage", "prix": "10,80 €"}],
    },
    "souscription": {"utilisateurs": formats.number(1280), "gfu": "non"},
    "edition": {"deliberation": {"date": formats.long_date(date(2023, 4, 11))}},
    "membre": {"nom": "Commune de Valserre\nMairie annexe", "siret": "213 500 017 00018"},
    "grille": {"categories": [{"numero": "1"}, {"numero": "2"}, {"numero": "3"}]},
}


def body_of(docx: bytes) -> etree._Element:
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        return etree.fromstring(archive.read("word/document.xml"))


def filled(folder: Path, *body: str, values: dict[str, Any] = VALUES) -> list[str]:
    docx = Renderer(Template(a_docx(folder, list(body)))).fill(values).docx
    return [line.replace("\u00a0", " ").replace("\u202f", " ") for line in shown(docx)]


@pytest.mark.parametrize(
    ("field", "printed"),
    [
        ("montants.annuel", "1 380,50 €"),
        ("montants.annuel | euros", "1 380,50 €"),
        ("montants.annuel | en_lettres", "mille trois cent quatre-vingts euros et cinquante centimes"),
        ("souscription.utilisateurs", "1 280"),
        ("souscription.utilisateurs | en_lettres", "mille deux cent quatre-vingts"),
        ("souscription.utilisateurs | euros", "1 280,00 €"),
        ("edition.deliberation.date", "11 avril 2023"),
        ("edition.deliberation.date | date_longue", "11 avril 2023"),
        ("edition.deliberation.date | date_courte", "11/04/2023"),
        ("edition.deliberation.date | en_lettres", "onze avril deux mille vingt-trois"),
        ("edition.deliberation.date | en_lettres | upper", "ONZE AVRIL DEUX MILLE VINGT-TROIS"),
        ("membre.siret | majuscules", "213 500 017 00018"),
        ("edition.deliberation.date | en_lettres | majuscule", "Onze avril deux mille vingt-trois"),
        ("'Commune D’Auberoque' | minuscules", "commune d’auberoque"),
        ("membre.siret | replace(' ', '')", "21350001700018"),
    ],
)
def test_a_value_is_printed_in_the_form_that_is_asked_for(tmp_path: Path, field: str, printed: str) -> None:
    assert filled(tmp_path, p(f"{{{{ {field} }}}}")) == [printed]


@pytest.mark.parametrize("name", ["euros", "date_longue", "date_courte", "en_lettres"])
def test_a_blank_stays_a_blank_whatever_the_filter(tmp_path: Path, name: str) -> None:
    blank = Blank("montants.annuel", "Total par an")
    template = Template(a_docx(tmp_path, p(f"{{{{ montants.annuel | {name} }}}}")))
    made = Renderer(template).fill({"montants": {"annuel": blank}})
    assert [mark.field for mark in made.meaning.marks] == ["champ_montants_annuel"]
    assert shown(made.docx) == [str(blank)]


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("membre.siret | euros", "le filtre « euros » attend un montant ou un nombre, et ce champ n'en est pas"),
        ("montants.annuel | date_longue", "le filtre « date_longue » attend une date, et ce champ n'en est pas"),
        ("edition.deliberation.date | euros", "le filtre « euros » attend un montant ou un nombre"),
        ("membre.siret | en_lettres", "le filtre « en_lettres » attend"),
        ("montants.lignes | en_lettres", "le filtre « en_lettres » attend"),
    ],
)
def test_a_filter_on_what_it_is_not_for_is_refused_with_its_place(tmp_path: Path, field: str, said: str) -> None:
    with pytest.raises(ProblemsFound) as caught:
        filled(tmp_path, p("Article 1er – Objet", style="Titre1"), p(f"{{{{ {field} }}}}"))
    assert said in str(caught.value)
    assert "t.docx, corps, « Article 1er – Objet »" in str(caught.value)


def test_a_line_break_in_a_value_is_a_line_break_on_the_page_in_the_same_format(tmp_path: Path) -> None:
    docx = Renderer(Template(a_docx(tmp_path, p(run("{{ membre.nom }}", "<w:b/>"))))).fill(VALUES).docx
    (line,) = shown(docx)
    assert line == "Commune de Valserre\nMairie annexe"
    tree = body_of(docx)
    texts = [r for r in tree.iter(f"{W}r") if "".join(t.text or "" for t in r.iter(f"{W}t"))]
    assert all(r.find(f"{W}rPr/{W}b") is not None for r in texts)


def test_a_list_keeps_the_format_of_its_item(tmp_path: Path) -> None:
    body = [
        p("{%p for ligne in montants.lignes %}"),
        p(run("{{ ligne.libelle }}", "<w:b/>"), " : {{ ligne.prix }}", style="Listepuces"),
        p("{%p endfor %}"),
    ]
    docx = Renderer(Template(a_docx(tmp_path, body))).fill(VALUES).docx
    assert [line.replace("\u00a0", " ") for line in shown(docx)] == ["GFU : 9,60 €", "Stockage : 10,80 €"]
    tree = body_of(docx)
    bold = [r for r in tree.iter(f"{W}r") if r.find(f"{W}rPr/{W}b") is not None]
    assert ["".join(r.itertext()) for r in bold] == ["GFU", "Stockage"]
    assert [s.get(f"{W}val") for s in tree.iter(f"{W}pStyle")] == ["Listepuces", "Listepuces"]


def test_an_optional_paragraph_leaves_no_hole(tmp_path: Path) -> None:
    condition = '{%p if souscription.gfu == "oui" %}'
    assert filled(tmp_path, p("Avant."), p(condition), p("GFU."), p("{%p endif %}"), p("Après.")) == [
        "Avant.",
        "Après.",
    ]


def test_an_optional_row_leaves_no_hole_and_an_emptied_table_goes(tmp_path: Path) -> None:
    condition = ['{%tr if souscription.gfu == "oui" %}'], ["GFU"], ["{%tr endif %}"]
    assert filled(tmp_path, table(["Titre"], *condition), p("Après.")) == ["Titre", "Après."]
    assert filled(tmp_path, p("Avant."), table(*condition), p("Après.")) == ["Avant.", "Après."]


def test_rows_and_columns_repeat_in_loops(tmp_path: Path) -> None:
    rows = table(["{%tr for l in montants.lignes %}", ""], ["{{ l.libelle }}", "{{ l.prix }}"], ["{%tr endfor %}", ""])
    assert filled(tmp_path, rows, p("Fin.")) == ["GFU", "9,60 €", "Stockage", "10,80 €", "Fin."]
    columns = table(["A", "{%tc for c in grille.categories %}", "{{ c.numero }}", "{%tc endfor %}"])
    assert filled(tmp_path, columns, p("Fin.")) == ["A", "1", "2", "3", "Fin."]


def test_each_filter_is_explained_with_the_fields(docgen: Docgen) -> None:
    code, said = docgen(ROOT, "fields")
    assert code == 0
    assert [name for name in filters.FILTERS if f"\n{name}\n    " not in said] == []
