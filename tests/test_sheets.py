"""Tables of members, both ways: what comes in is read as it is written, what goes out comes back the same."""

from __future__ import annotations

import datetime as dt
import io
import shutil
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from conftest import ROOT, Docgen, Sample

from docgen.diagnostics import ProblemsFound
from docgen.packs import status
from docgen.records import reading
from docgen.records.workspace import Workspace, load
from docgen.sheets import cells, columns, importing, workbook

SIRETS = (ROOT / "tests/sirets.txt").read_text("ascii").split()
HEADS = ("Collectivité", "Type de collectivité", "N° SIRET", "Rue", "CP", "Ville")
EXAMPLES = ("bouquet-quatre-volets", "contribution-par-habitant", "dpd-mutualise")


def xlsx(*rows: Sequence[Any]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def read(sample: Sample, data: bytes, name: str = "t.xlsx", **chosen: str) -> importing.Import:
    return importing.read(sample.workspace, load(sample.workspace), name, data, chosen)


def new(number: int = 0, **others: Any) -> list[Any]:
    """Return a row of a member that nobody has."""
    row = dict(
        zip(HEADS, (f"Commune de Neuve-{number}", "commune", SIRETS[number], "1 rue", "82900", "Neuve"), strict=True)
    )
    return list((row | others).values())


def written(root: Path) -> bytes:
    place = Workspace(root)
    data = load(place)
    return workbook.written(place, data, status.of(place, data), reading.read(place.members_yaml, "members.yaml"))


@pytest.mark.parametrize("example", ["", *EXAMPLES])
def test_what_goes_out_comes_back_without_a_difference(sample: Sample, tmp_path: Path, example: str) -> None:
    root = sample.root
    if example:
        root = tmp_path / example
        shutil.copytree(ROOT / "examples" / example, root)
    one = Sample(root)
    found = read(one, written(root), "membres.xlsx").found
    assert ([], [], [], []) == (found.new, found.changed, found.gone, found.refused)
    assert found.same == len(load(one.workspace).membres)


def test_the_workbook_has_real_types_a_frozen_head_and_filters(sample: Sample) -> None:
    sample.edit(
        "members.yaml", "  - id: commune-d-auberoque\n", "  - id: commune-d-auberoque\n    parti_le: 2025-12-31\n"
    )
    book = openpyxl.load_workbook(io.BytesIO(written(sample.root)))
    assert ["Membres", "Souscriptions", "Montants", "Ce qui manque", "Envois"] == book.sheetnames[:5]
    sheet = book["Membres"]
    heads = {cell.value: cell.column for cell in sheet[1]}
    assert ("C2", True) == (sheet.freeze_panes, bool(sheet.auto_filter.ref))
    rows = {row[0].value: row for row in sheet.iter_rows(min_row=2)}
    row = rows["commune-d-auberoque"]
    assert "218 209 021 00011" == row[heads["SIRET"] - 1].value
    assert dt.date(2025, 12, 31) == row[heads["Parti le"] - 1].value.date()
    assert 8 == row[heads["Nombre d'utilisateurs"] - 1].value
    assert 1036.80 == row[heads["Montant par an"] - 1].value
    amounts = book["Montants"]
    assert Decimal("7672.32") == Decimal(
        str(next(r[3].value for r in amounts.iter_rows() if r[0].value == "commune-de-montriviere"))
    )


@pytest.mark.parametrize("evil", ["=1+1", "+33 5", "-2", "@SUM(A1)", '=HYPERLINK("http://x")'])
def test_a_text_is_never_computed_by_a_spreadsheet(sample: Sample, evil: str) -> None:
    sample.edit("members.yaml", "nom: OUALI", f"nom: '{evil}'")
    data = written(sample.root)
    book = openpyxl.load_workbook(io.BytesIO(data))
    found = [cell for row in book["Membres"].iter_rows() for cell in row if cell.value == evil]
    assert [("s", True)] == [(cell.data_type, cell.quotePrefix) for cell in found]
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        assert b"<f>" not in b"".join(packed.read(name) for name in packed.namelist())
    assert 13 == read(sample, data).found.same


@pytest.mark.parametrize(
    ("heading", "path"),
    [
        ("Raison sociale", "nom"), ("N° SIRET", "siret"), ("Code Postal", "siege.code_postal"),
        ("Ville", "siege.commune"), ("Nb d'utilisateurs", "volet.stockage.utilisateurs"),
        ("Telephone", "referent.telephone"),
        ("E-mail", "referent.courriel"), ("nom du maire", "representant.nom"), ("Observations", ""),
        ("Adhésion au GFU", "volet.stockage.gfu"),
    ],
)  # fmt: skip
def test_columns_are_known_by_what_people_call_them(sample: Sample, heading: str, path: str) -> None:
    base = "SIRET" if path != "siret" else "Nom"
    found = read(sample, xlsx([base, "Forme juridique", heading], ["x", "commune", ""]))
    assert path == next(one.path for one in found.columns if one.heading == heading)


def test_a_column_without_a_known_name_is_known_by_its_values(sample: Sample) -> None:
    rows = [[f"Commune {n}", "commune", SIRETS[n], f"mairie{n}@exemple.fr"] for n in range(5)]
    found = read(sample, xlsx(["Nom", "Forme juridique", "Réf. INSEE", "Écrire à"], *rows))
    assert {"Réf. INSEE": "siret", "Écrire à": "referent.courriel"} == {
        one.heading: one.path for one in found.columns if one.why == "ses valeurs"
    }


def test_headings_are_found_under_a_title_and_on_another_sheet(sample: Sample) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Notes"])
    sheet = book.create_sheet("Adhérents")
    for row in (["Au 1er janvier"], [], list(HEADS), new()):
        sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    found = read(sample, buffer.getvalue())
    assert ("Adhérents", 2) == (found.table.sheet, found.heading)
    assert ["Commune de Neuve-0"] == [row.nom for row in found.found.new]


@pytest.mark.parametrize(
    ("column", "value", "ref", "said"),
    [
        ("N° SIRET", 2.18e13, "C2", "n'est pas valide"),
        ("N° SIRET", "2,18E+13", "C2", "le tableur a arrondi ce numéro"),
        ("N° SIRET", 1820901300018, "C2", "des zéros"),
        ("CP", 1000, "E2", "au lieu de 5"),
        ("CP", "1000", "E2", "au lieu de 5"),
        ("CP", "8290O", "E2", "code postal"),
        ("Type de collectivité", "comune", "B2", "n'est pas admis"),
        ("Ville", None, "F2", "absent ou vide"),
        ("Collectivité", None, "ligne 2", "ne nomme pas"),
        ("Rue", "#N/A", "D2", "erreur du tableur"),
        ("Ville", "#REF!", "F2", "erreur du tableur"),
    ],
)  # fmt: skip
def test_what_a_spreadsheet_spoils_is_told_at_its_cell_and_never_guessed(
    sample: Sample, column: str, value: Any, ref: str, said: str
) -> None:
    found = read(sample, xlsx(HEADS, new(**{column: value}))).found
    assert [] == found.new
    (one,) = [refused for refused in found.refused if refused.stops]
    assert ref == one.ref
    assert said in one.message
    assert one.hint


def test_a_siret_that_excel_kept_whole_is_taken(sample: Sample) -> None:
    found = read(sample, xlsx(HEADS, new(**{"N° SIRET": int(SIRETS[3]), "CP": 82900}))).found
    assert [SIRETS[3]] == [row.wanted["siret"] for row in found.new]


def test_a_number_of_any_length_is_taken_and_told(sample: Sample) -> None:
    found = read(sample, xlsx(["SIRET", "Exercice", "N° d'engagement"], ["218 209 013 00018", 2023, 118])).found
    assert [("C2", False)] == [(one.ref, one.stops) for one in found.refused]
    assert ["0118".lstrip("0")] == [change.after for change in found.changed[0].changes]


def test_members_are_found_by_id_siret_or_name_and_twice_is_told(sample: Sample) -> None:
    rows = [["commune-de-montriviere", "", ""], ["", "218 209 021 00011", ""],
            ["", "", "commune de saint etienne d aygues"], ["", "218 209 013 00018", ""]]  # fmt: skip
    found = read(
        sample, xlsx(["Identifiant", "SIRET", "Nom", "Fonction"], *[[*row, "Secrétaire"] for row in rows])
    ).found
    named = {row.id for row in found.changed} | {one.message for one in found.refused}
    assert "« commune-de-montriviere » est déjà ligne 2" in named
    assert 10 == len(found.gone)


def test_capitals_and_accents_of_a_listed_value_are_no_matter(sample: Sample) -> None:
    heads = [*HEADS, "Stockage", "Adhésion au GFU", "Nombre d'utilisateurs"]
    row = [*new(**{"Type de collectivité": "COMMUNE"}), "3 to", "Oui", 12]
    (found,) = read(sample, xlsx(heads, row)).found.new
    assert "commune" == found.wanted["forme"]
    assert [{"volet": "stockage", "stockage": "3 To", "gfu": "oui", "utilisateurs": "12"}] == found.wanted[
        "souscriptions"
    ]


def test_the_apostrophe_that_keeps_a_text_is_no_letter_of_it(sample: Sample) -> None:
    text = ";".join(HEADS) + "\n" + ";".join(new(2, CP="'01000"))
    assert ["01000"] == [row.wanted["siege"]["code_postal"] for row in read(sample, text.encode(), "a.csv").found.new]


def test_an_empty_cell_says_nothing(sample: Sample) -> None:
    heads = ["SIRET", "Nom", "Téléphone du référent", "Nombre d'utilisateurs", "Ville"]
    found = read(sample, xlsx(heads, ["218 209 013 00018", "", "", None, "-"])).found
    assert (1, []) == (found.same, found.refused)


def test_a_new_name_that_would_take_the_id_of_another_is_told(sample: Sample) -> None:
    sample.edit("members.yaml", "nom: Commune de Montrivière", "nom: Commune de Montrivière-sur-Lère")
    found = read(sample, xlsx(HEADS, new(Collectivité="Commune de Montrivière"))).found
    assert ([], ["ligne 2"]) == (found.new, [one.ref for one in found.refused])


def test_nobody_is_removed_without_being_asked(sample: Sample) -> None:
    table = xlsx(HEADS, new())
    before = load(sample.workspace).membres
    importing.write(sample.workspace, read(sample, table))
    after = load(sample.workspace).membres
    assert {m.id for m in before} < {m.id for m in after}
    importing.write(sample.workspace, read(sample, table), dt.date(2025, 12, 31))
    gone = {m.id for m in load(sample.workspace).membres if m.parti_le == dt.date(2025, 12, 31)}
    assert {m.id for m in before} == gone


def test_what_a_member_contracted_is_not_changed_by_a_table(sample: Sample) -> None:
    sample.edit(
        "members.yaml", "        gfu: oui\n\n  # Une apostrophe",
        "        gfu: oui\n    envois:\n      - edition: 2023-04\n        document: convention\n"
        "        envoye_le: 2023-06-20\n\n  # Une apostrophe",
    )  # fmt: skip
    found = read(sample, xlsx(["SIRET", "Nombre d'utilisateurs"], ["218 209 013 00018", 99])).found
    assert [] == found.changed
    assert "docgen record subscription" in found.refused[0].hint
    found = read(sample, xlsx(["SIRET", "Nombre d'utilisateurs"], ["218 209 021 00011", 9])).found
    assert ["9"] == [change.after for change in found.changed[0].changes]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("mark", [";", ",", "\t"])
def test_a_csv_is_read_however_it_was_saved(sample: Sample, encoding: str, mark: str) -> None:
    text = mark.join(HEADS) + "\r\n" + mark.join(new(1, Ville="Saint-Étienne")) + "\r\n"
    found = read(sample, text.encode(encoding), "adherents.csv").found
    assert ["Saint-Étienne"] == [row.wanted["siege"]["commune"] for row in found.new]


def test_our_own_table_of_states_is_read_too(sample: Sample, docgen: Docgen) -> None:
    _, told = docgen(sample.root, "status", "--csv")
    found = read(sample, told.encode(), "etat.csv").found
    assert (13, []) == (found.same, [one for one in found.refused if one.stops])


def bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * (cells.MAX_UNPACKED + 1))
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [b"", b"rien", b"PK\x03\x04 faux", b"%PDF-1.7", b"\xd0\xcf\x11\xe0vieux", bomb, b"\x00\x01\x02", xlsx(["a", "b"]),
     b'a;b\n"' + b"x" * 200_000],
    ids=lambda data: "bomb" if callable(data) else repr(data[:8]),
)  # fmt: skip
def test_what_is_no_table_gets_an_answer(sample: Sample, data: Any) -> None:
    with pytest.raises(ProblemsFound) as error:
        read(sample, data() if callable(data) else data)
    assert error.value.diagnostics[0].hint


def test_a_chosen_column_is_remembered(sample: Sample, docgen: Docgen, tmp_path: Path) -> None:
    table = tmp_path / "a.xlsx"
    table.write_bytes(xlsx(["SIRET", "Nom", "Le contact chez eux"], [SIRETS[0], "Commune de Neuve", "DUPONT"]))
    code, told = docgen(sample.root, "import", str(table), "--column", "Le contact chez eux=referent.nomm")
    assert 2 == code
    assert "Vouliez-vous dire « referent.nom »" in told
    table.write_bytes(xlsx(["SIRET", "Le contact chez eux"], ["218 209 013 00018", "DUPONT"]))
    code, told = docgen(sample.root, "import", str(table), "--column", "Le contact chez eux=referent.nom", "--apply")
    assert 0 == code, told
    assert "1 fiche changée" in told
    code, told = docgen(sample.root, "import", str(table))
    assert "referent.nom (retenu)" in told
    assert "Rien à écrire" in told


def test_the_difference_is_shown_before_it_is_written(sample: Sample, docgen: Docgen, tmp_path: Path) -> None:
    table = tmp_path / "a.xlsx"
    table.write_bytes(xlsx(HEADS, new(), new(1, CP=1000)))
    before = (sample.root / "members.yaml").read_bytes()
    code, told = docgen(sample.root, "import", str(table))
    assert 1 == code, "a cell is refused"
    for said in (
        "Commune de Neuve-0 (commune-de-neuve-0, ligne 2)",
        "E3 :",
        "Rien n'est encore écrit",
        "Absents du tableau",
    ):
        assert said in told
    assert before == (sample.root / "members.yaml").read_bytes()
    assert "1 nouveau membre" in docgen(sample.root, "import", str(table), "--apply")[1]
    assert (sample.root / "members.yaml").read_bytes().startswith(before.rstrip())


def test_records_that_changed_meanwhile_are_not_written_over(sample: Sample) -> None:
    found = read(sample, xlsx(HEADS, new()))
    sample.edit("members.yaml", "nom: OUALI", "nom: OUALY")
    with pytest.raises(ProblemsFound, match="a changé depuis"):
        importing.write(sample.workspace, found)


def test_export_writes_a_workbook_where_one_asks(sample: Sample, docgen: Docgen, tmp_path: Path) -> None:
    assert "output/membres-2023-04.xlsx" in docgen(sample.root, "export")[1]
    assert 0 == docgen(sample.root, "export", str(tmp_path / "tout.xlsx"))[0]
    assert (tmp_path / "tout.xlsx").read_bytes()[:2] == b"PK"


def test_no_field_is_read_twice(sample: Sample) -> None:
    found = read(sample, xlsx(["Nom", "Nom de la collectivité", "SIRET"], ["A", "B", SIRETS[0]]))
    paths = [one.path for one in found.columns if one.path]
    assert len(paths) == len(set(paths))
    assert {field.path for field in columns.FIELDS} >= {"nom", "siret"}
