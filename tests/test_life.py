"""The life of a member: it subscribes, takes a volet more, changes, leaves; editions add and change. Decided, noted."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import signing
from conftest import ROOT, Docgen, Sample, prove
from word import reworded

from docgen import office
from docgen.actes.statement import Statements
from docgen.diagnostics import ProblemsFound
from docgen.model.fiches import Membre
from docgen.packs import receipts, sendings, status
from docgen.packs.amendment import Decision
from docgen.packs.contents import Contents
from docgen.records.workspace import Workspace, load

BUNDLE, NEXT = "bouquet-quatre-volets", "2025-05"
NEWCOMER, UNDECIDED = "commune-de-belrive", "commune-de-montaube"
SIGNED, LEAVING = "commune-de-roquefeuil", "ca-des-deux-rives"
MORE_USERS = "      - {volet: stockage, depuis: 2025-01-01, utilisateurs: 41, stockage: 4 To, gfu: oui}\n"
MORE_VOLET = "      - {volet: plateforme, depuis: 2025-01-01}\n"


@pytest.fixture
def bundle(tmp_path: Path) -> Sample:
    """The example of four volets."""
    shutil.copytree(ROOT / "examples" / BUNDLE, tmp_path / "w", ignore=shutil.ignore_patterns("output"))
    return Sample(tmp_path / "w")


def decisions(workspace: Workspace) -> dict[str, Decision]:
    return Contents(workspace, load(workspace)).decisions


def membre(bundle: Sample, name: str) -> Membre:
    return next(one for one in load(bundle.workspace).membres if one.id == name)


def new_edition(bundle: Sample, *edits: tuple[str, str]) -> None:
    """Copy the edition under another name, voted later, with these edits of its record."""
    folder = bundle.root / "templates"
    shutil.copytree(folder / "2024-06", folder / NEXT)
    record = folder / NEXT / "edition.yaml"
    text = record.read_text("utf-8")
    dates = [
        ("edition: 2024-06", f"edition: {NEXT}"),
        ("03/2024-02", "01/2025-01"),
        ("date: 2024-06-11", "date: 2025-04-08"),
    ]
    dates += [
        ("transmise_le: 2024-06-13", "transmise_le: 2025-04-10"),
        ("publiee_le: 2024-06-14", "publiee_le: 2025-04-11"),
    ]
    for before, after in (*dates, *edits):
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    record.write_text(text, "utf-8")


def note_sending(bundle: Sample, name: str, sending: str) -> None:
    """Add a sending to a member, as the clerk would."""
    path = bundle.root / "members.yaml"
    text = path.read_text("utf-8")
    at = text.index("\n    souscriptions:\n", text.index(f"id: {name}")) + 1
    heading = "" if "    envois:\n" in text[text.index(f"id: {name}") : at] else "    envois:\n"
    path.write_text(f"{text[:at]}{heading}      - {sending}\n{text[at:]}", "utf-8")
    prove(bundle.root)


def test_who_subscribes_for_the_first_time_gets_the_whole_pack_of_its_volets(bundle: Sample) -> None:
    found = decisions(bundle.workspace)
    assert ("convention", "charte", "annexe-2", "annexe-4") == found[NEWCOMER].pieces
    assert ("convention", "charte", "annexe-2", "annexe-3") == found["syndicat-de-la-lere"].pieces
    assert ("convention", "charte", "annexe-2", "annexe-3", "annexe-4", "annexe-5") == found[UNDECIDED].pieces


def test_the_blank_annexes_are_those_that_are_offered_to_the_form(bundle: Sample) -> None:
    name = "    nom: Commune de Montaube\n    forme: commune\n"
    bundle.edit("members.yaml", name, "    nom: Département de Montaube\n    forme: département\n")
    assert ("convention", "charte", "annexe-2", "annexe-3", "annexe-5") == decisions(bundle.workspace)[UNDECIDED].pieces


def test_one_more_volet_is_its_annex_with_a_covering_page_and_no_avenant(bundle: Sample) -> None:
    bundle.edit("members.yaml", MORE_USERS, "")
    found = decisions(bundle.workspace)[SIGNED]
    assert (("accompagnement", "annexe-4"), "à signer : Annexe 4") == (found.pieces, found.action)
    assert [one.volet for one in found.souscriptions] == ["plateforme"]
    (bundle.root / "templates/accompagnement.docx").unlink()
    assert ("annexe-4",) == decisions(bundle.workspace)[SIGNED].pieces


def test_changed_quantities_are_the_annex_anew_from_their_day(bundle: Sample) -> None:
    bundle.edit("members.yaml", MORE_VOLET, "")
    found = decisions(bundle.workspace)[SIGNED]
    assert ("annexe-2",) == found.pieces
    assert "souscription modifiée à compter du 01/01/2025" in found.raison
    assert ("7 672,32 € TTC", "12 836,28 € TTC") == tuple(
        re.sub(r"[\u00a0\u202f]", " ", amount) for amount in (found.avant, found.apres)
    )


@pytest.mark.parametrize(("changement", "pieces"), [("libre", ()), ("avenant", ("avenant", "annexe-2"))])
def test_what_changed_quantities_ask_is_what_the_edition_says(
    bundle: Sample, changement: str, pieces: tuple[str, ...]
) -> None:
    bundle.edit("members.yaml", MORE_VOLET, "")
    title = "    titre: Stockage et sauvegarde mutualisés\n"
    bundle.edit("templates/2024-06/edition.yaml", title, f"{title}    changement: {changement}\n")
    assert pieces == decisions(bundle.workspace)[SIGNED].pieces


def test_a_volet_that_is_left_is_a_notice_of_end_then_nothing(bundle: Sample) -> None:
    found = decisions(bundle.workspace)[LEAVING]
    assert (("fin",), "avis de fin") == (found.pieces, found.action)
    assert ["archivage"] == [one.volet for one in found.fins]
    ended = "{volet: archivage, jusqu_au: 2025-12-31}"
    sending = f"{{edition: 2024-06, document: fin, envoye_le: 2025-12-01, souscriptions: [{ended}]}}"
    note_sending(bundle, LEAVING, sending)
    assert () == decisions(bundle.workspace)[LEAVING].pieces


def test_a_subscription_that_was_signed_with_its_end_asks_nothing_until_the_end_changes(bundle: Sample) -> None:
    bundle.edit("members.yaml", MORE_USERS, "")
    bundle.edit("members.yaml", MORE_VOLET, "      - {volet: plateforme, depuis: 2025-01-01, jusqu_au: 2027-12-31}\n")
    assert ("accompagnement", "annexe-4") == decisions(bundle.workspace)[SIGNED].pieces
    held = "{volet: plateforme, depuis: 2025-01-01, jusqu_au: 2027-12-31}"
    sending = (
        f"edition: 2024-06, document: annexe-4, envoye_le: 2025-01-06, signe_le: 2025-01-08, souscriptions: [{held}]"
    )
    note_sending(bundle, SIGNED, f"{{{sending}}}")
    assert () == decisions(bundle.workspace)[SIGNED].pieces
    bundle.edit("members.yaml", f"      - {held}\n", "      - {volet: plateforme, depuis: 2025-01-01}\n")
    assert ("annexe-4",) == decisions(bundle.workspace)[SIGNED].pieces


def test_who_left_a_volet_may_take_it_again(bundle: Sample) -> None:
    ended = "{volet: archivage, jusqu_au: 2025-12-31}"
    sending = f"{{edition: 2024-06, document: fin, envoye_le: 2025-12-01, souscriptions: [{ended}]}}"
    note_sending(bundle, LEAVING, sending)
    last = "      - {volet: archivage, jusqu_au: 2025-12-31, espace: 1200}\n"
    bundle.edit("members.yaml", last, f"{last}      - {{volet: archivage, depuis: 2026-06-01, espace: 40}}\n")
    found = decisions(bundle.workspace)[LEAVING]
    assert (("accompagnement", "annexe-5"), ("archivage",)) == (found.pieces, found.nouveaux)


def test_an_edition_that_adds_a_volet_asks_nothing_of_who_does_not_take_it(bundle: Sample) -> None:
    piece = (
        "  - id: annexe-6\n    titre: Annexe 6 – Volet 5\n    fichier: annexe-5.docx\n    volet: sauvegarde\n"
        "    signataires: [membre]\n\nsuites:\n"
    )
    volet = (
        "  - id: sauvegarde\n    titre: Sauvegarde\n    choix:\n"
        "      - {id: espace, libelle: Espace en Go, type: nombre}\n    tarif:\n      prix_en: TTC\n      tva: 20\n"
        "      tranches: [{id: paliers, de: espace, jusqu_a: [100, 500], au_dela: oui}]\n      lignes:\n"
        '        - {bloc: mise_en_service, libelle: Mise en route, modele: forfait, periode: fois, votee: "10,00"}\n'
        "        - {bloc: espace, libelle: Espace, modele: progressif, par: espace, periode: an, tranches: paliers, "
        'votee: "3,00 2,00 1,00"}\n  # Volet 4 :'
    )
    new_edition(bundle, ("suites:\n", piece), ("  # Volet 4 :", volet))
    bundle.edit("members.yaml", MORE_USERS, "")
    bundle.edit("members.yaml", MORE_VOLET, "")
    found = decisions(bundle.workspace)
    assert () == found[SIGNED].pieces
    assert "ne change, pour lui, aucun article ni aucun prix" in found[SIGNED].raison
    assert "annexe-6" in found[UNDECIDED].pieces
    assert "annexe-6" not in found[NEWCOMER].pieces


def test_an_edition_that_changes_the_text_of_an_annex_concerns_those_who_hold_it(bundle: Sample) -> None:
    new_edition(bundle)
    reworded(bundle.root / f"templates/{NEXT}/annexe-5.docx", "format pérenne", "format ouvert et pérenne")
    found = decisions(bundle.workspace)
    assert "avenant n° 1 et avis de fin" not in found[SIGNED].action
    assert "annexe-5" not in found[SIGNED].pieces
    bundle.edit("members.yaml", ", jusqu_au: 2025-12-31, espace: 1200", ", espace: 1200")
    found = decisions(bundle.workspace)
    assert (("avenant", "annexe-5"), "texte modifié : annexe-5") == (found[LEAVING].pieces, found[LEAVING].raison)


def test_an_edition_that_changes_prices_alone_is_a_notice_to_those_who_pay_them(bundle: Sample) -> None:
    new_edition(bundle, ('ht: "180,00", votee: "216,00"', 'ht: "190,00", votee: "228,00"'))
    bundle.edit("members.yaml", ", jusqu_au: 2025-12-31, espace: 1200", ", espace: 1200")
    found = decisions(bundle.workspace)
    assert (("avis",), "1 case de la grille, aucun texte") == (
        found[LEAVING].pieces,
        found[LEAVING].raison.replace("\xa0", " "),
    )
    assert "avis" not in found[SIGNED].pieces


def test_a_bracket_that_moves_is_a_change_of_prices(bundle: Sample) -> None:
    new_edition(bundle, ("jusqu_a: [100, 500]", "jusqu_a: [200, 500]"))
    bundle.edit("members.yaml", ", jusqu_au: 2025-12-31, espace: 1200", ", espace: 1200")
    found = decisions(bundle.workspace)[LEAVING]
    assert (("avis",), "règle des prix") == (found.pieces, found.raison)
    assert found.avant != found.apres


def test_what_decides_a_price_is_compared_as_well_as_the_prices(bundle: Sample, docgen: Docgen) -> None:
    new_edition(bundle, ("jusqu_a: [100, 500]", "jusqu_a: [200, 500]"))
    _, said = docgen(bundle.root, "compare", "2024-06", NEXT)
    assert "grille : aucune case ne change ; la règle change : « Espace d'archivage »" in said
    page = (bundle.root / f"output/comparaisons/2024-06-vers-{NEXT}/index.html").read_text("utf-8")
    assert "Espace d&#39;archivage : la règle change." in page
    assert "Aucune case ne change." in page


def test_a_piece_that_holds_the_prices_is_amended_article_by_article(tmp_path: Path) -> None:
    """Its former text prints the fields of its own edition, that the new one names otherwise."""
    root = tmp_path / "w"
    shutil.copytree(ROOT / "examples/contribution-par-habitant", root, ignore=shutil.ignore_patterns("output"))
    shutil.copytree(root / "templates/2025-03", root / "templates/2026-03")
    one = Sample(root)
    for before, after in (
        ("edition: 2025-03", "edition: 2026-03"), ("D2025-07", "D2026-01"), ("date: 2025-03-18", "date: 2026-03-17"),
        ("transmise_le: 2025-03-20", "transmise_le: 2026-03-19"), ("publiee_le: 2025-03-21", "publiee_le: 2026-03-20"),
        ("bloc: fixe", "bloc: part_fixe"), ('votee: "0,45"', 'votee: "0,50"'),
    ):  # fmt: skip
        one.edit("templates/2026-03/edition.yaml", before, after)
    text = root / "templates/2026-03/participation.docx"
    reworded(text, "grille.fixe", "grille.part_fixe")
    reworded(text, "appelée en une fois", "appelée en deux fois")
    note_sending(one, "commune-de-valverte", "{edition: 2025-03, envoye_le: 2025-04-14, signe_le: 2025-04-28}")
    contents = Contents(one.workspace, load(one.workspace))
    found = contents.decisions["commune-de-valverte"]
    assert ("avenant", "participation") == found.pieces
    titles = [row["titre"] for row in contents.of(found.membre)[0].found.tree["avenant"]["articles"]]
    assert ["Article 2 – Contribution", "Article 3 – Paiement"] == [title.replace("\xa0", " ") for title in titles]


def test_a_main_piece_of_any_name_has_its_avenant(bundle: Sample) -> None:
    """Issue 11: the convention may have another id, and the grid be in a piece of any name."""
    record = bundle.root / "templates/2024-06/edition.yaml"
    for before, after in (("- id: convention\n", "- id: contrat\n"), ("- id: annexe-2\n", "- id: prix\n")):
        bundle.edit("templates/2024-06/edition.yaml", before, after)
    assert record.exists()
    (bundle.root / f"envois/2024-06/{SIGNED}.json").unlink()
    bundle.edit(
        "members.yaml",
        "document: convention\n        envoye_le: 2024-07-01",
        "document: contrat\n        envoye_le: 2024-07-01",
    )
    new_edition(bundle, ("ht: 19,45", "ht: 19,40"), (
        "23,34  22,18  21,01  19,84  18,67  17,51  16,34  15,17  14,00  12,84  11,68",
        "23,28  22,12  20,95  19,79  18,62  17,46  16,30  15,13  13,97  12,80  11,64",
    ))  # fmt: skip
    reworded(bundle.root / f"templates/{NEXT}/convention.docx", "Si le désaccord persiste", "En cas d’échec")
    found = decisions(bundle.workspace)[SIGNED]
    assert found.pieces[:2] == ("avenant", "prix")
    assert found.raison.startswith("contrat : Article 9 – Litiges")


def test_what_was_sent_and_signed_is_noted_by_document(bundle: Sample) -> None:
    """A member holds a signed convention and an unsigned annex; the next sending has a folder of its own."""
    bundle.edit("members.yaml", MORE_USERS, "")
    (outcome,) = bundle.build(SIGNED)
    assert "" == outcome.failure
    folder = bundle.root / f"output/2024-06/{SIGNED}.2"
    receipt = receipts.read(folder)
    assert receipt
    assert ["accompagnement", "annexe-4"] == list(receipt.pieces)
    assert "annexe-4" == sendings.sent(bundle.workspace, SIGNED, date(2025, 1, 6))
    held = membre(bundle, SIGNED).envois
    assert [(one.document, [t.volet for t in one.souscriptions], one.signe_le is None) for one in held] == [
        ("convention", ["stockage"], False),
        ("annexe-4", ["plateforme"], True),
    ]
    standing = {one.membre.id: one for one in status.of(bundle.workspace, load(bundle.workspace))}
    assert ("envoyé", "2024-06") == (standing[SIGNED].etat, standing[SIGNED].en_vigueur)
    assert "annexe-4" == sendings.signed(bundle.workspace, SIGNED, date(2025, 1, 20))
    assert () == decisions(bundle.workspace)[SIGNED].pieces
    assert receipts.read(folder) == receipt


def test_an_annex_that_comes_back_signed_is_noted_for_what_it_is(bundle: Sample, docgen: Docgen) -> None:
    bundle.edit("members.yaml", MORE_USERS, "")
    bundle.build(SIGNED)
    sendings.sent(bundle.workspace, SIGNED, date(2025, 1, 6))
    folder = bundle.root / f"output/2024-06/{SIGNED}.2"
    pack = folder / f"pack-2024-06-{SIGNED}.2.pdf"
    when = datetime(2025, 1, 20, 10, 0, tzinfo=UTC)
    back = bundle.root / "retour.pdf"
    back.write_bytes(signing.sign(pack.read_bytes(), "sig_membre_annexe_4", signing.person("Claire Estève"), when))
    code, told = docgen(bundle.root, "verify", "--record", str(back))
    assert (code, "Signature notée (annexe-4)" in told) == (0, True), told
    held = membre(bundle, SIGNED).envois
    assert [(one.document, one.signe_le) for one in held] == [
        ("convention", date(2024, 7, 12)),
        ("annexe-4", date(2025, 1, 20)),
    ]
    assert (folder / f"pack-2024-06-{SIGNED}.2.signe.pdf").exists()


def test_a_forecast_that_engages_nobody_is_stated_without_a_signature(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples/dpd-mutualise", tmp_path / "w", ignore=shutil.ignore_patterns("output"))
    dpd = Sample(tmp_path / "w")
    first = "      - {volet: dpd, jours: 4}\n    consommations"
    more = "      - {volet: dpd, depuis: 2025-06-01, jours: 9}\n"
    dpd.edit("members.yaml", first, f"      - {{volet: dpd, jours: 4}}\n{more}    consommations")
    statements = Statements(dpd.workspace, 2025, office.LibreOffice(Path("none"), ()))
    assert ["etat-sans-consommation"] == [told.code for told in statements.warnings]
    amounts = {d.membre.id: sum(line.montant for line in d.lignes) for d in statements.dossiers}
    assert {"commune-d-aigremont": 950, "syndicat-du-lac": 200} == amounts


def test_an_end_that_was_not_notified_is_told_and_stated_until_it_is(bundle: Sample) -> None:
    bundle.edit("members.yaml", "jusqu_au: 2025-12-31", "jusqu_au: 2025-06-30")
    statements = Statements(bundle.workspace, 2025, office.LibreOffice(Path("none"), ()))
    assert "fin-non-notifiee" in [told.code for told in statements.warnings]
    ended = "{volet: archivage, jusqu_au: 2025-06-30}"
    sending = f"{{edition: 2024-06, document: fin, envoye_le: 2025-05-01, souscriptions: [{ended}]}}"
    note_sending(bundle, LEAVING, sending)
    after = Statements(bundle.workspace, 2025, office.LibreOffice(Path("none"), ()))
    assert "fin-non-notifiee" not in [told.code for told in after.warnings]

    def archived(found: Statements) -> Decimal:
        lines = [line for d in found.dossiers if d.membre.id == LEAVING for line in d.lignes]
        return sum((line.montant for line in lines if line.service == "Espace d'archivage"), Decimal(0))

    assert (Decimal("876.00"), Decimal("438.00")) == (archived(statements), archived(after))


def test_when_two_documents_are_waited_for_the_one_that_came_back_is_named(bundle: Sample) -> None:
    for name in ("charte", "annexe-3"):
        fields = ("edition: 2024-06", f"document: {name}", "envoye_le: 2025-02-01")
        note_sending(bundle, LEAVING, "\n        ".join(fields))
    with pytest.raises(ProblemsFound, match="--document annexe-3"):
        sendings.signed(bundle.workspace, LEAVING, date(2025, 2, 10))
    assert "charte" == sendings.signed(bundle.workspace, LEAVING, date(2025, 2, 10), pieces=("charte",))


def test_a_subscription_is_noted_without_touching_the_rest(bundle: Sample, docgen: Docgen) -> None:
    before = (bundle.root / "members.yaml").read_text("utf-8")
    code, said = docgen(bundle.root, "record", "subscription", UNDECIDED, "archivage", "2025-03-01", "espace=40")
    assert (code, "souscription notée à compter du 01/03/2025 (Archivage électronique)" in said) == (0, True)
    after = (bundle.root / "members.yaml").read_text("utf-8")
    new = "    souscriptions:\n      - volet: archivage\n        depuis: 2025-03-01\n        espace: 40\n"
    assert after.count(new) == 1
    assert after.replace(new, "") == before
    assert docgen(bundle.root, "record", "subscription", UNDECIDED, "archivage", "2025-06-01", "espace=80")[0] == 0
    assert [40, 80] == [int(one.reponses["espace"]) for one in membre(bundle, UNDECIDED).souscriptions]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((UNDECIDED, "archive", "2025-03-01", "espace=40"), "Vouliez-vous dire « archivage » ?"),
        ((UNDECIDED, "archivage", "2025-03-01", "espaces=40"), "Vouliez-vous dire « espace » ?"),
        ((UNDECIDED, "archivage", "2025-03-01"), "Ajoutez « espace: … »"),
        ((UNDECIDED, "archivage", "2025-03-01", "espace=0"), "le minimum est 1"),
        (
            (UNDECIDED, "stockage", "2025-03-01", "utilisateurs=3", "stockage=7 To", "gfu=oui"),
            "« 7 To » n'est pas admis",
        ),
        (("syndicat-de-la-lere", "plateforme", "2025-03-01"), "n'est pas proposé à la forme « syndicat »"),
        ((SIGNED, "stockage", "2025-01-01", "utilisateurs=3", "stockage=1 To", "gfu=oui"), "commencent le même jour"),
        ((UNDECIDED, "archivage", "1er mars", "espace=40"), "Écrivez année-mois-jour"),
        ((UNDECIDED, "archivage", "2025-03-01", "espace"), "n'est pas une réponse"),
    ],
)
def test_a_subscription_that_cannot_be_is_refused_and_nothing_is_written(
    bundle: Sample, docgen: Docgen, words: tuple[str, ...], said: str
) -> None:
    before = (bundle.root / "members.yaml").read_bytes()
    code, told = docgen(bundle.root, "record", "subscription", *words)
    assert (code > 0, said in told) == (True, True), told
    assert before == (bundle.root / "members.yaml").read_bytes()


def test_the_fields_are_those_of_this_edition_each_in_its_section_with_an_example(
    bundle: Sample, docgen: Docgen
) -> None:
    code, said = docgen(bundle.root, "fields")
    everywhere, *own = re.split(r"\nDans les pièces du volet « (\w+) » ; ailleurs, volet\.\w+\.… :\n", said)
    assert (code, ["stockage", "formation", "plateforme", "archivage"]) == (0, own[::2])
    assert "{{ montants.total.annuel }}\n    Total de tous les volets, par an  → 20\u202f850,72 €" in everywhere
    assert "montants.lignes" not in everywhere
    training = own[3]
    assert "{{ souscription.demi_journees }}\n    Demi-journées prévues  → 12" in training
    assert "{{ grille.minimum }}\n    Le moins que coûte le volet, par an, TTC  → 150,00 €" in training
    assert [] == [section for section in own[1::2] if section.count("{{ volet.") or "{{ membre.nom }}" in section]
