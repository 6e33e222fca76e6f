"""The yearly statement: months at their borders, amounts to the cent, the table opened back, the real PDF once."""

from __future__ import annotations

import csv
import doctest
import io
import re
import shutil
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from builders import TAKEN, a_member
from conftest import ROOT, Sample, copy_sample

from docgen import formats, office
from docgen.actes import statement
from docgen.actes.statement import Statements, table
from docgen.champs.blank import BLANK
from docgen.champs.etat import CHAMPS_ETAT, KNOWN_ETAT, DossierEtat
from docgen.champs.pack import values
from docgen.diagnostics import ConversionFailed, ProblemsFound, Severity
from docgen.law.annee import Ligne, last_day, lines, periods, setting_prices
from docgen.law.contrats import contracted
from docgen.lint import rules
from docgen.model.edition import Edition
from docgen.model.fiches import Envoi, Membre
from docgen.packs import preflight
from docgen.pdf import pdftext
from docgen.records.workspace import Workspace, load, load_edition
from docgen.word.fonts import families
from docgen.word.template import Template

MONTRIVIERE, AUBEROQUE = "commune-de-montriviere", "commune-d-auberoque"
NO_OFFICE = office.LibreOffice(Path("none"), ())
OLD, NEW = "2022-12", "2023-04"


def notice(day: str) -> dict[str, str]:
    """A notice of new prices: it holds from its sending, unsigned."""
    return {"edition": NEW, "document": "avis", "envoye_le": day}


def sent(document: str, edition: str, signed: str | None) -> dict[str, str]:
    day = {"signe_le": signed} if signed else {}
    return {"document": document, "edition": edition, "envoye_le": signed or "2020-01-01", **day}


def convention(signed: str | None, edition: str = OLD) -> dict[str, str]:
    return sent("convention", edition, signed)


def avenant(signed: str | None, edition: str = NEW) -> dict[str, str]:
    return sent("avenant", edition, signed)


def member(*envois: dict[str, str], **changes: Any) -> Membre:
    return Membre.model_validate(a_member(envois=list(envois), souscriptions=[TAKEN], **changes))


def months(membre: Membre, year: int = 2024) -> list[tuple[str, int, int]]:
    """Return each period: its edition, its first month, its last one."""
    return [(p.edition, p.premier, p.dernier) for p in periods(membre, year, edition_of)]


EDITIONS = {name: load_edition(Workspace(ROOT), name, ()) for name in (OLD, NEW)}


def edition_of(name: str) -> Edition | None:
    return EDITIONS.get(name)


def texts(membre: Membre, year: int) -> list[Envoi]:
    return setting_prices(membre, last_day(membre, year), edition_of)


def stated_lines(membre: Membre, year: int = 2024) -> list[Ligne]:
    """Return the lines of the statement of a member of one volet."""
    return lines(membre, year, "stockage", contracted(membre, edition_of)["stockage"], edition_of)


def a_dossier(*rows: Ligne, **changes: Any) -> DossierEtat:
    membre = member(convention("2023-01-05")).model_copy(update=changes)
    owed = periods(membre, 2024, edition_of)
    return DossierEtat(load(Workspace(ROOT)).syndicat, membre, 2024, texts(membre, 2024), owed, rows)


def line(kind: Any = "TTC", prix: str = "9.60", users: int = 7, service: str = "Un service") -> Ligne:
    amount = Decimal(prix) * users * 5
    return Ligne(service, NEW, users, Fraction(5), Decimal(prix), amount, kind, "Stockage", "utilisateurs")


def opened(data: bytes) -> list[list[str]]:
    """Return the cells as Excel shows them: a BOM, semicolons, and texts that are formulas computed."""
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\n") == data.count(b"\r\n")
    found = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";", strict=True)
    return [[re.sub(r'^="(.*)"$', lambda m: m[1].replace('""', '"'), cell) for cell in row] for row in found]


def sign(sample: Sample, name: str, *envois: dict[str, str], **changes: str) -> None:
    """Give a member of the sample what it signed, and other fields."""
    text = "".join(f"    {key}: {value}\n" for key, value in changes.items()) + "    envois:\n"
    for one in envois:
        text += "      - " + "        ".join(f"{key}: {value}\n" for key, value in one.items())
    sample.edit("members.yaml", f"  - id: {name}\n", f"  - id: {name}\n{text}")


@pytest.mark.parametrize(
    ("envois", "gone", "expected"),
    [
        ([convention("2024-01-31")], None, [(OLD, 1, 12)]),
        ([convention("2024-03-01")], None, [(OLD, 3, 12)]),
        ([convention("2024-02-29")], None, [(OLD, 2, 12)]),
        ([convention("2024-12-31")], None, [(OLD, 12, 12)]),
        ([convention("2025-01-01")], None, []),
        ([convention("2021-06-15")], None, [(OLD, 1, 12)]),
        ([convention("2023-01-05"), avenant("2024-03-15")], None, [(OLD, 1, 3), (NEW, 4, 12)]),
        ([convention("2023-01-05"), avenant("2024-03-01")], None, [(OLD, 1, 2), (NEW, 3, 12)]),
        ([convention("2023-01-05"), avenant("2024-03-31")], None, [(OLD, 1, 3), (NEW, 4, 12)]),
        ([convention("2023-01-05"), avenant("2024-01-01")], None, [(NEW, 1, 12)]),
        ([convention("2023-01-05"), avenant("2025-02-01")], None, [(OLD, 1, 12)]),
        ([convention("2023-01-05"), avenant("2023-05-02")], None, [(NEW, 1, 12)]),
        ([convention("2024-03-05"), avenant("2024-03-20")], None, [(OLD, 3, 3), (NEW, 4, 12)]),
        ([convention("2024-03-05"), avenant("2024-03-05")], None, [(NEW, 3, 12)]),
        ([avenant("2024-03-15"), convention("2023-01-05")], None, [(OLD, 1, 3), (NEW, 4, 12)]),
        ([convention("2023-01-05"), avenant("2024-02-10"), avenant("2024-06-01", "2024-05")], None,
         [(OLD, 1, 2), (NEW, 3, 5), ("2024-05", 6, 12)]),
        ([convention("2023-01-05"), avenant("2024-02-10"), avenant("2024-02-20", "2024-05")], None,
         [(OLD, 1, 2), ("2024-05", 3, 12)]),
        ([convention("2023-01-05"), avenant("2024-02-10", OLD)], None, [(OLD, 1, 12)]),
        ([convention("2023-01-05")], "2024-06-15", [(OLD, 1, 6)]),
        ([convention("2023-01-05")], "2024-06-01", [(OLD, 1, 6)]),
        ([convention("2023-01-05")], "2024-05-31", [(OLD, 1, 5)]),
        ([convention("2023-01-05")], "2023-12-31", []),
        ([convention("2023-01-05")], "2024-01-01", [(OLD, 1, 1)]),
        ([convention("2023-01-05")], "2026-01-01", [(OLD, 1, 12)]),
        ([convention("2024-02-10")], "2024-02-20", [(OLD, 2, 2)]),
        ([convention("2023-01-05"), avenant("2024-06-10")], "2024-06-20", [(OLD, 1, 6)]),
        ([convention("2023-01-05"), avenant("2024-07-10")], "2024-06-20", [(OLD, 1, 6)]),
        ([convention(None)], None, []),
        ([convention("2023-01-05"), avenant(None)], None, [(OLD, 1, 12)]),
        ([sent("charte", NEW, "2023-01-05"), sent("avis", NEW, "2023-02-05")], None, []),
        ([convention("2023-01-05"), notice("2024-04-20")], None, [(OLD, 1, 4), (NEW, 5, 12)]),
        ([], None, []),
    ],
)  # fmt: skip
def test_the_months_owed(envois: list[Any], gone: str | None, expected: list[tuple[str, int, int]]) -> None:
    assert expected == months(member(*envois, **({"parti_le": gone} if gone else {})))


@pytest.mark.parametrize(("year", "expected"), [(2023, [(OLD, 2, 12)]), (2024, [(OLD, 1, 2)]), (2025, []), (2022, [])])
def test_a_service_of_one_year_to_the_day_is_stated_in_two(year: int, expected: list[Any]) -> None:
    assert expected == months(member(convention("2023-02-28"), parti_le="2024-02-29"), year)


def test_a_month_is_counted_once_however_the_year_is_cut() -> None:
    signed = [convention("2023-01-05"), *(avenant(f"2024-{m:02}-{d:02}", f"e{m}") for m in range(1, 12) for d in (9,))]
    owed = periods(member(*signed), 2024, edition_of)
    assert 12 == sum(period.mois for period in owed)
    assert [(p.premier, p.dernier) for p in owed] == [(m, m) for m in range(1, 13)]


def test_the_amounts_are_those_computed_by_hand() -> None:
    found = stated_lines(member(convention("2023-01-05"), avenant("2024-03-15")))  # 24 users: third category
    assert [
        ("Stockage, sauvegarde et GFU – 3 To", OLD, 24, 3, "20.70", "1490.40", "HT"),
        ("Participation au GFU (OF)", NEW, 24, 9, "8.64", "1866.24", "TTC"),
        ("Participation au GFU (exploitant)", NEW, 24, 9, "1.80", "388.80", "TTC"),
        ("Stockage et sauvegarde – 3 To", NEW, 24, 9, "16.20", "3499.20", "TTC"),
    ] == [(x.service, x.edition, x.quantite, x.mois, str(x.prix), str(x.montant), x.prix_en) for x in found]


def test_the_amounts_of_the_largest_category_are_exact() -> None:
    taken = TAKEN | {"utilisateurs": "1234", "stockage": "5 To", "gfu": "non"}
    envois = [convention("2024-02-01", NEW)]
    membre = Membre.model_validate(a_member(envois=envois, souscriptions=[taken]))
    (found,) = stated_lines(membre)
    assert Decimal("158544.32") == found.montant  # 11.68 x 1234 x 11


def test_each_month_has_the_subscription_that_was_signed_for_it() -> None:
    before, after = TAKEN | {"depuis": "2023-07-01"}, TAKEN | {"depuis": "2024-09-01", "utilisateurs": "41"}
    envois = [convention("2023-06-20", NEW), {**sent("annexe-2", NEW, "2024-08-28"), "souscriptions": [after]}]
    membre = Membre.model_validate(a_member(envois=envois, souscriptions=[before, after]))
    storage = [x for x in stated_lines(membre) if "3 To" in x.service]
    assert [(24, 8, "3110.40"), (41, 4, "2361.60")] == [(x.quantite, x.mois, str(x.montant)) for x in storage]
    alone = Membre.model_validate(a_member(envois=envois[:1], souscriptions=[before, after]))
    assert [(24, 12)] == [(x.quantite, x.mois) for x in stated_lines(alone) if "3 To" in x.service]


def test_ht_and_ttc_are_never_added() -> None:
    both = a_dossier(line("TTC"), line("HT", "20.70"), line("TTC", "1.80"))
    assert {"HT": Decimal("724.50"), "TTC": Decimal("399.00")} == both.totaux
    tree = values(both, CHAMPS_ETAT).tree["etat"]
    assert ["Total HT 724,50 € HT", "Total TTC 399,00 € TTC"] == [
        f"{t['libelle']} {t['montant']}".replace(formats.NBSP, " ") for t in tree["totaux"]
    ]
    assert tree["deux_totaux"]
    assert "1123" not in str(tree).replace(formats.NNBSP, "")
    assert ["TTC"] == list(a_dossier(line("TTC")).totaux)
    assert ["HT"] == list(a_dossier(line("HT")).totaux)


def test_the_codes_are_those_of_the_exercice() -> None:
    known = [{"exercice": "2023", "code_service": "ANCIEN"}, {"exercice": "2024", "numero_engagement": "0042"}]
    d = a_dossier(line(), facturation=member(facturation=known).facturation)
    flat = values(d, CHAMPS_ETAT).flat
    assert (BLANK, "0042") == (flat["facturation.code_service"], flat["facturation.numero_engagement"])
    assert "ANCIEN" not in table([d]).decode()


def test_what_the_statement_says_of_the_texts_and_of_the_months() -> None:
    membre = member(convention("2023-01-05"), avenant("2024-03-15"), avenant("2024-11-02", "2024-05"))
    d = DossierEtat(
        load(Workspace(ROOT)).syndicat, membre, 2024, texts(membre, 2024), periods(membre, 2024, edition_of), ()
    )
    flat = {key: str(value).replace(formats.NBSP, " ") for key, value in values(d, CHAMPS_ETAT).flat.items()}
    assert (
        "Convention signée le 5 janvier 2023 (édition 2022-12), avenant n° 1 signé le 15 mars 2024 (édition 2023-04) "
        "et avenant n° 2 signé le 2 novembre 2024 (édition 2024-05)"
    ) == flat["etat.textes"]
    said = "De janvier à mars (édition 2022-12), d’avril à novembre (édition 2023-04) et décembre (édition 2024-05)"
    assert said == flat["etat.periodes"]


def test_the_table_opened_back_gives_the_exact_texts() -> None:
    codes = [{"exercice": "2024", "code_service": '00"12;A', "numero_engagement": "2,00061E+13"}]
    data = table([a_dossier(line("HT", "1234.5", 1000), facturation=member(facturation=codes).facturation)])
    assert [
        [*statement.BEFORE, "utilisateurs", *statement.AFTER],
        ["montriviere", "Commune de Montrivière", "21820901300018", NEW, "Un service", "1000", "5", "1234,50",
         "6172500,00", "HT", '00"12;A', "2,00061E+13", "Stockage"],
    ] == opened(data)  # fmt: skip
    assert b'"=""21820901300018"""' in data
    assert b'"=""2023-04"""' in data


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x";"y")'])
def test_a_name_is_never_a_formula(name: str) -> None:
    _, row = opened(table([a_dossier(line(service=name), nom=name)]))
    assert (f"'{name}", f"'{name}") == (row[1], row[4])


def test_a_code_never_closes_its_quotes() -> None:
    evil = [{"exercice": "2024", "code_service": '"&A1&"', "numero_engagement": "=1+1"}]
    data = table([a_dossier(line(), facturation=member(facturation=evil).facturation)])
    (_, raw) = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";")
    assert ['="""&A1&"""', '="=1+1"'] == raw[-3:-1]


def test_the_examples_of_the_module() -> None:
    assert doctest.testmod(statement).failed == 0


def test_nothing_is_wrong_with_the_template() -> None:
    template = Template(ROOT / "templates" / "etat-annuel.docx", known=KNOWN_ETAT)
    assert [] == rules.check(template)
    assert {"Carlito"} == set(families(template))


def test_a_year_without_service_is_an_error(sample: Sample) -> None:
    sign(sample, MONTRIVIERE, convention("2023-06-05", NEW))
    with pytest.raises(ProblemsFound, match="aucune convention signée ne court en 2019"):
        Statements(sample.workspace, 2019, NO_OFFICE)


def test_who_signed_nothing_or_is_gone_gets_none(sample: Sample) -> None:
    sign(sample, MONTRIVIERE, convention("2023-06-05", NEW))
    sign(sample, AUBEROQUE, convention("2023-06-05", NEW), parti_le="2023-12-31")
    found = Statements(sample.workspace, 2024, NO_OFFICE)
    assert [MONTRIVIERE] == [d.membre.id for d in found.dossiers]
    assert [] == found.warnings


def test_who_cannot_be_priced_gets_none_and_is_told(sample: Sample) -> None:
    """The PETR takes the GFU alone, which the grid of 2022-12 does not price: half a statement would mislead."""
    sign(sample, MONTRIVIERE, convention("2023-06-05", NEW))
    sign(sample, "petr-des-collines", convention("2023-01-05"), avenant("2024-03-15"))
    found = Statements(sample.workspace, 2024, NO_OFFICE)
    assert [MONTRIVIERE] == [d.membre.id for d in found.dossiers]
    (told,) = found.warnings
    assert (Severity.WARNING, "etat-sans-prix") == (told.severity, told.code)
    assert "petr-des-collines : l'édition 2022-12 n'a pas de prix" in told.message


def test_who_has_chosen_nothing_gets_none_and_is_told(sample: Sample) -> None:
    sign(sample, MONTRIVIERE, convention("2023-06-05", NEW))
    answers = "        utilisateurs: 24\n        stockage: 3 To\n        gfu: oui\n"
    chosen = f"    souscriptions:\n      - volet: stockage\n{answers}"
    path = sample.root / "members.yaml"
    path.write_text(path.read_text("utf-8").replace(chosen, "", 1), "utf-8")
    with pytest.raises(ProblemsFound, match=rf"erreur: pas d'état pour {MONTRIVIERE} .*sans souscription"):
        Statements(sample.workspace, 2024, NO_OFFICE)


def test_an_edition_that_is_not_there_is_an_error(sample: Sample) -> None:
    sign(sample, MONTRIVIERE, convention("2023-06-05", "2023-05"))
    with pytest.raises(ProblemsFound, match="2023-05"):
        Statements(sample.workspace, 2024, NO_OFFICE)


def test_a_year_that_is_not_over_is_told(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1719748800")  # 30 June 2024
    sign(sample, MONTRIVIERE, convention("2023-06-05", NEW))
    assert ["annee-en-cours"] == [told.code for told in Statements(sample.workspace, 2024, NO_OFFICE).warnings]
    assert [] == Statements(sample.workspace, 2023, NO_OFFICE).warnings


@pytest.fixture(scope="module")
def stated(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Two members signed; their statements of 2024 made by the real LibreOffice. Tests only read it."""
    sample = copy_sample(tmp_path_factory.mktemp("stated") / "workspace")
    sign(sample, MONTRIVIERE, convention("2023-01-05"), avenant("2024-03-15"))
    sign(sample, AUBEROQUE, convention("2024-02-29", NEW))
    sample.edit(
        "members.yaml", "      - exercice: 2023\n        code_service: SERV-FIN\n",
        "      - exercice: 2024\n        code_service: 0012-FIN\n",
    )  # fmt: skip
    Statements(sample.workspace, 2024, office.find()).make()
    return sample


def shown(sample: Sample, name: str) -> list[str]:
    pdf = sample.root / "output" / "etats" / "2024" / f"etat-2024-{name}.pdf"
    return pdftext.page_texts(pdf.read_bytes())


def test_the_pdf_shows_the_amounts_and_the_codes(stated: Sample) -> None:
    (text,) = shown(stated, MONTRIVIERE)
    page = pdftext.squeezed(text)
    for said in (
        "Étatannueldesprestations–année2024", "CommunedeMontrivière", "21820901300018", "5janvier2023",
        "1490,40€HT", "1866,24€TTC", "388,80€TTC", "3499,20€TTC", "TotalHT1490,40€HT", "TotalTTC5754,24€TTC",
        "0012-FIN", "2023-0118", "Toutmoiscommencéestdû", "d’aprèscequiaétésigné", "ChorusPro", "page1/1",
    ):  # fmt: skip
        assert said in page
    assert "7244" not in page


def test_where_there_is_no_ht_nothing_speaks_of_it(stated: Sample) -> None:
    (text,) = shown(stated, AUBEROQUE)
    page = pdftext.squeezed(text)
    assert "TotalTTC950,40€TTC" in page  # 10.80 x 8 users x 11 months
    assert "TotalHT" not in page
    assert "s’additionnent" not in page
    assert f"Codeservice{BLANK}" in page


def test_the_files_are_those_of_the_members_and_the_table(stated: Sample) -> None:
    names = [f"etat-2024-{name}.{kind}" for name in (AUBEROQUE, MONTRIVIERE) for kind in ("docx", "pdf")]
    folder = stated.root / "output" / "etats" / "2024"
    assert sorted([*names, "etats-2024.csv", "receipt.json"]) == sorted(path.name for path in folder.iterdir())
    cells = opened((folder / "etats-2024.csv").read_bytes())
    assert 1 + 4 + 1 == len(cells)
    assert "5754,24" not in str(cells)


def test_made_again_nothing_is_written_and_what_changed_is_kept(stated: Sample) -> None:
    def stamps() -> dict[str, tuple[int, int]]:
        folder = stated.root / "output" / "etats" / "2024"
        return {p.name: (p.stat().st_mtime_ns, p.stat().st_ino) for p in folder.iterdir()}

    before = stamps()
    made = Statements(stated.workspace, 2024, office.find()).make()
    assert before == stamps()
    assert all(path.is_file() for path in made)

    edited = next(path for path in made if path.suffix == ".docx")
    asis = edited.read_bytes()
    edited.write_bytes(b"annotated")
    Statements(stated.workspace, 2024, office.find()).make()
    assert asis == edited.read_bytes()
    assert b"annotated" == edited.with_name(f"{edited.stem}.modifie-1.docx").read_bytes()
    edited.with_name(f"{edited.stem}.modifie-1.docx").unlink()


def test_when_a_page_is_not_right_the_former_files_stand(
    stated: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(stated.root, tmp_path / "w", copy_function=shutil.copy2)
    stated = Sample(tmp_path / "w")
    stated.edit("syndicat.yaml", "100 boulevard Hubert Gouze, 82013", "102 boulevard Hubert Gouze, 82013")

    def refuse(*_: Any, **__: Any) -> None:
        raise ConversionFailed("non")

    before = stated.files()
    monkeypatch.setattr(preflight, "check", refuse)
    with pytest.raises(ConversionFailed):
        Statements(stated.workspace, 2024, office.find()).make()
    assert before == stated.files()
