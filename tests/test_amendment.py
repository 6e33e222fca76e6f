"""What an amending délibération does to each member, and why."""

from __future__ import annotations

import shutil
from datetime import date
from typing import Any

import pytest
from conftest import Docgen, Sample
from word import header_with, reworded

from docgen.model.edition import Edition
from docgen.model.fiches import Envoi, Membre
from docgen.packs import amendment
from docgen.packs.amendment import Decision, Grounds, decide
from docgen.packs.contents import Contents, open_templates
from docgen.pdf import pdftext
from docgen.records.workspace import load, load_edition
from docgen.word import compare
from docgen.word.compare import CellChange, Change, Difference
from docgen.word.template import Template

SENT = Envoi.model_construct(edition="2022-12", document="convention", envoye_le=date(2023, 1, 10), signe_le=None)
SIGNED = SENT.model_copy(update={"signe_le": date(2023, 2, 14)})
AVENANT = SIGNED.model_copy(update={"document": "avenant", "signe_le": date(2023, 3, 20)})
TEXT = Change("convention", "Article 4 – Modalités de facturation", "modifié")
CHARTE = Change("charte", "Article 6 – Clauses finales", "modifié")
CELL = CellChange("stockage", "1 To", 1, None, None)


@pytest.fixture
def texts(sample: Sample) -> tuple[Membre, dict[str, Edition]]:
    data = load(sample.workspace)
    editions = {name: load_edition(sample.workspace, name, ()) for name in ("2022-12", "2023-04")}
    return data.membres[0], editions


def decided(texts: tuple[Membre, dict[str, Edition]], found: Difference, **changes: Any) -> Decision:
    membre, editions = texts
    on = Grounds(editions.__getitem__, editions.get, lambda _: found, {"stockage": ("annexe-2",)}, date(2023, 7, 1))
    return decide(membre.model_copy(update=changes), editions["2023-04"], on)


AVIS = SENT.model_copy(update={"document": "avis", "edition": "2023-04"})
DRAFT = AVENANT.model_copy(update={"signe_le": None})
ALL = Difference((TEXT, CHARTE), (CELL,))


@pytest.mark.parametrize(
    ("changes", "found", "action", "pieces"),
    [
        ({}, ALL, "nouveau pack", ("convention", "charte", "annexe-2")),
        ({"envois": (SENT,)}, ALL, "pack retiré, nouveau pack", ("convention", "charte", "annexe-2")),
        ({"envois": (SIGNED,)}, ALL, "avenant n° 1", ("avenant", "charte", "annexe-2")),
        ({"envois": (SIGNED, AVENANT)}, ALL, "avenant n° 2", ("avenant", "charte", "annexe-2")),
        ({"envois": (SIGNED,)}, Difference((TEXT,), ()), "avenant n° 1", ("avenant",)),
        ({"envois": (SIGNED,)}, Difference((), (CELL,)), "avis de nouvelle grille", ("avis",)),
        ({"envois": (SIGNED,)}, Difference((CHARTE,), ()), "à signer : Annexe 1", ("charte",)),
        ({"envois": (SIGNED,)}, Difference((), ()), "rien", ()),
        ({"envois": (SIGNED,), "parti_le": date(2023, 4, 1)}, ALL, "rien", ()),
        ({"envois": (SENT.model_copy(update={"edition": "2023-04"}),)}, ALL, "rien", ()),
        ({"envois": (SIGNED.model_copy(update={"edition": "2023-04"}),)}, ALL, "rien", ()),
        ({"envois": (SIGNED, AVIS)}, ALL, "rien", ()),
        ({"envois": (SIGNED, DRAFT)}, Difference((TEXT,), ()), "avenant n° 1", ("avenant",)),
    ],
)
def test_each_state_of_a_member_has_its_action(
    texts: tuple[Membre, dict[str, Edition]],
    changes: dict[str, Any],
    found: Difference,
    action: str,
    pieces: tuple[str, ...],
) -> None:
    decision = decided(texts, found, **changes)
    assert (action, pieces) == (decision.action, decision.pieces)
    assert decision.raison


def test_the_amounts_say_whether_they_hold_the_taxes(texts: tuple[Membre, dict[str, Edition]]) -> None:
    decision = decided(texts, ALL, envois=(SIGNED,))
    assert "HT" == decision.avant[-2:]
    assert "TTC" == decision.apres[-3:]
    assert "" == decided(texts, ALL, envois=(SIGNED,), souscriptions=()).apres


def test_the_number_of_an_avenant_counts_those_that_were_signed(texts: tuple[Membre, dict[str, Edition]]) -> None:
    unsigned = AVENANT.model_copy(update={"signe_le": None})
    assert 2 == amendment.next_number(texts[0].model_copy(update={"envois": (SIGNED, AVENANT, unsigned)}))


def test_the_two_editions_of_the_sample_differ_as_the_act_says(sample: Sample) -> None:
    data = load(sample.workspace)
    old = load_edition(sample.workspace, "2022-12", data.votes)
    found = compare.editions(
        (old, open_templates(sample.workspace, old)),
        (data.edition, open_templates(sample.workspace, data.edition)),
    )
    assert ["convention", "annexe-2"] == found.pieces()
    assert ["Article 4 – Modalités de facturation"] == [c.titre for c in found.textes if c.piece == "convention"]
    assert 77 == len(found.grille)


def test_an_edition_compared_to_itself_has_no_difference(sample: Sample) -> None:
    data = load(sample.workspace)
    same = (data.edition, open_templates(sample.workspace, data.edition))
    assert Difference((), ()) == compare.editions(same, same)


def test_a_change_of_wording_in_one_article_shows_up_in_the_plan(sample: Sample) -> None:
    reworded(sample.root / "templates/2023-04/convention.docx", "Si le désaccord persiste", "En cas d’échec")
    sample.edit(
        "members.yaml",
        "    siret: 218 209 013 00018\n",
        "    siret: 218 209 013 00018\n    envois:\n      - edition: 2022-12\n        envoye_le: 2023-06-01\n"
        "        signe_le: 2023-06-15\n",
    )
    decision = Contents(sample.workspace, load(sample.workspace)).decisions["commune-de-montriviere"]
    assert "Article 4 – Modalités de facturation et Article 9 – Litiges" in decision.raison


def test_articles_are_cut_and_numbered_as_word_numbers_them(sample: Sample) -> None:
    found = compare.articles(Template(sample.root / "templates/2023-04/convention.docx"))
    assert [
        "",
        "Article 1 – Préambule",
        "Article 2 – Objectifs et composantes du bouquet de services",
        "Article 3 – Modalités d’accès aux services du Syndicat mixte",
        "Article 3.1 – Désignation d’un référent",
        "Article 3.2 – Contribution d’accès au bouquet de services numériques",
        "Article 4 – Modalités de facturation",
    ] == [a.titre for a in found][:7]
    assert "Code service : {{ facturation.code_service }}" in found[6].paragraphes


def test_a_revision_of_the_prices_alone_makes_a_notice(sample: Sample) -> None:
    new = sample.root / "templates/2024-01"
    shutil.copytree(sample.root / "templates/2023-04", new)
    text = (new / "edition.yaml").read_text("utf-8")
    for before, after in (
        ("edition: 2023-04", "edition: 2024-01"),
        ("numero: 04/2023-06", "numero: 01/2024-02"),
        ("date: 2023-04-11", "date: 2024-01-15"),
        ("transmise_le: 2023-04-13", "transmise_le: 2024-01-16"),
        ("publiee_le: 2023-04-18", "publiee_le: 2024-01-17"),
        ("ht: 19,45", "ht: 19,40"),
        (
            "23,34  22,18  21,01  19,84  18,67  17,51  16,34  15,17  14,00  12,84  11,68",
            "23,28  22,12  20,95  19,79  18,62  17,46  16,30  15,13  13,97  12,80  11,64",
        ),
    ):
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    (new / "edition.yaml").write_text(text, "utf-8")
    sample.edit(
        "members.yaml",
        "    siret: 248 200 925 00019\n",
        "    siret: 248 200 925 00019\n    envois:\n      - edition: 2023-04\n        envoye_le: 2023-07-01\n"
        "        signe_le: 2023-07-20\n",
    )
    (outcome,) = sample.build("cc-du-pays-d-ouveze")
    assert "" == outcome.failure
    assert outcome.receipt
    assert ["avis"] == list(outcome.receipt.pieces)
    assert "à envoyer" == outcome.receipt.etat  # nobody signs a notice
    pack = sample.root / "output/2024-01/cc-du-pays-d-ouveze/pack-2024-01-cc-du-pays-d-ouveze.pdf"
    said = pdftext.squeezed("".join(pdftext.page_texts(pack.read_bytes())))
    assert "Avisderévisiondestarifs" in said
    assert "24568,32€TTC" in said  # 112 users, 5 To and the GFU, before
    assert "24514,56€TTC" in said  # and after: 4 cents less a user and a month


SIGNED_2022 = (
    "    siret: 218 209 013 00018\n",
    "    siret: 218 209 013 00018\n    envois:\n      - edition: 2022-12\n        envoye_le: 2023-06-01\n"
    "        signe_le: 2023-06-15\n",
)
CLAUSE = (
    '<w:p><w:r><w:t>{%p if souscription.gfu == "WORD" %}</w:t></w:r></w:p>'
    '<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>Groupement fermé d’utilisateurs</w:t></w:r></w:p>'
    "<w:p><w:r><w:t>Le membre y adhère.</w:t></w:r></w:p><w:p><w:r><w:t>{%p endif %}</w:t></w:r></w:p>"
)


def with_clause(sample: Sample, word: str) -> None:
    """Put before the article « Litiges » one that only concerns the members whose GFU is that word."""
    heading = '<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t xml:space="preserve">Litiges</w:t>'
    path = sample.root / "templates/2023-04/convention.docx"
    reworded(path, heading, CLAUSE.replace("WORD", word) + heading)
    sample.edit("members.yaml", *SIGNED_2022)


def articles_of_the_avenant(sample: Sample) -> list[tuple[str, str, list[str]]]:
    contents = Contents(sample.workspace, load(sample.workspace))
    membre = next(m for m in contents.data.membres if m.id == "commune-de-montriviere")
    rows = contents.of(membre)[0].found.tree["avenant"]["articles"]
    plain = [(r["titre"], r["action"], [p["texte"] for p in r["paragraphes"]]) for r in rows]
    return [(titre.replace("\xa0", " "), action.replace("\xa0", " "), texts) for titre, action, texts in plain]


def test_an_article_that_a_condition_adds_is_told_where_it_goes_and_what_it_moves(sample: Sample) -> None:
    with_clause(sample, "oui")
    found = articles_of_the_avenant(sample)
    assert [(titre, action) for titre, action, _ in found] == [
        ("Article 4 – Modalités de facturation", "est remplacé par le texte suivant"),
        ("Article 9 – Groupement fermé d’utilisateurs", "est inséré après « Article 8 – Modifications »"),
        ("Article 9 – Litiges", "devient « Article 10 – Litiges »"),
        ("Article 10 – Annexes", "devient « Article 11 – Annexes »"),
    ]
    assert found[1][2] == ["Le membre y adhère."]
    assert all(texts for _, action, texts in found if "texte suivant" in action)


def test_a_clause_that_does_not_concern_a_member_changes_nothing_for_it(sample: Sample) -> None:
    with_clause(sample, "non")
    assert [titre for titre, _, _ in articles_of_the_avenant(sample)] == ["Article 4 – Modalités de facturation"]
    decision = Contents(sample.workspace, load(sample.workspace)).decisions["commune-de-montriviere"]
    assert "Groupement" not in decision.raison
    assert "Modifications" not in decision.raison


def test_a_list_of_annexes_is_no_article(sample: Sample) -> None:
    found = compare.articles(Template(sample.root / "templates/2023-04/convention.docx"))
    assert found[-1].titre == "Article 10 – Annexes"
    assert any(text.startswith("Annexe 1 – Charte") for text in found[-1].paragraphes)


def test_what_closes_a_document_is_of_no_article(sample: Sample) -> None:
    (*_, last) = compare.articles(Template(sample.root / "templates/2023-04/convention.docx"))
    assert not [text for text in last.paragraphes if "Fait" in text or "Pour le Syndicat" in text]
    assert last.paragraphes


def test_a_field_that_changes_nothing_on_the_page_of_a_member_gives_it_no_avenant(sample: Sample) -> None:
    for name in ("convention", "annexe-2"):
        source = sample.root / f"templates/2023-04/{name}.docx"
        shutil.copy(source, sample.root / f"templates/2022-12/{name}.docx")
    reworded(
        sample.root / "templates/2023-04/convention.docx", "{{ membre.celui_ci }}", "{{ membre.celui_ci | minuscules }}"
    )
    sample.edit("members.yaml", *SIGNED_2022)
    contents = Contents(sample.workspace, load(sample.workspace))
    assert contents.decisions["commune-de-montriviere"].action == "avis de nouvelle grille"
    assert {c.piece for c in contents._differences("2022-12").textes} == {"convention"}


def test_what_changes_in_a_header_is_told_beside_the_plan(sample: Sample, docgen: Docgen) -> None:
    path = sample.root / "templates/2023-04/convention.docx"
    reworded(path, "syndicat.nom_complet", "syndicat.nom", header_with(path, "syndicat.nom_complet"))
    sample.edit("members.yaml", *SIGNED_2022)
    _, said = docgen(sample.root, "plan")
    assert "à relire (docgen compare) :\n  convention, en-tête : des mots changent depuis l'édition 2022-12" in said


def test_amounts_that_stay_the_same_are_not_said_to_change(sample: Sample) -> None:
    for file in (sample.root / "templates/2023-04").iterdir():
        shutil.copy(file, sample.root / "templates/2022-12" / file.name)
    record = sample.root / "templates/2022-12/edition.yaml"
    text = record.read_text("utf-8").replace("edition: 2023-04", "edition: 2022-12")
    record.write_text(text.replace("04/2023-06", "12/2022-03").replace("date: 2023-04-11", "date: 2022-12-06"), "utf-8")
    reworded(sample.root / "templates/2023-04/convention.docx", "Si le désaccord persiste", "En cas d’échec")
    sample.edit("members.yaml", *SIGNED_2022)
    contents = Contents(sample.workspace, load(sample.workspace))
    membre = next(m for m in contents.data.membres if m.id == "commune-de-montriviere")
    assert contents.of(membre)[0].found.tree["avenant"]["montants"] == []
