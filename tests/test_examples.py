"""The workspaces of examples/: built, checked, validated, and priced again from the words of their délibérations."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from conftest import ROOT, Docgen, Told
from test_schema import Editor
from test_tarif import VOTED
from tools import verapdf

from docgen import office, starter
from docgen.actes.deliberation import Deliberation
from docgen.actes.statement import Statements
from docgen.diagnostics import ProblemsFound
from docgen.packs import receipts
from docgen.packs.build import Build
from docgen.pdf import pdftext
from docgen.records import schema
from docgen.records.workspace import Data, Workspace, load

EXAMPLES = starter.examples()
Record = Mapping[str, Any]


@dataclass(frozen=True)
class Made:
    """An example with its packs."""

    workspace: Workspace
    data: Data
    build: Build

    def texts(self, member: str) -> dict[str, str]:
        """Return the text of each document of a pack."""
        folder = next(self.workspace.packs(self.data.edition.edition).glob(f"{member}*"))
        receipt = receipts.read(folder)
        assert receipt
        pages, found, start = pdftext.page_texts((folder / receipt.pack).read_bytes()), {}, 0
        for name, piece in receipt.pieces.items():
            found[name] = "\n".join(pages[start : start + piece.pages])
            start += piece.pages
        return found


@pytest.fixture(scope="module", params=EXAMPLES)
def example(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    root = tmp_path_factory.mktemp("example") / request.param
    shutil.copytree(ROOT / "examples" / request.param, root, ignore=shutil.ignore_patterns("output"))
    workspace = Workspace(root)
    data = load(workspace)
    assert [] == list(data.warnings)
    maker = Build(workspace, data, office.find(), 1)
    assert [] == [outcome.failure for outcome in maker.run(Told()) if outcome.failure]
    return Made(workspace, data, maker)


def packs(made: Made) -> Iterator[tuple[str, receipts.Receipt]]:
    for path in sorted(made.workspace.packs(made.data.edition.edition).glob("*/receipt.json")):
        receipt = receipts.read(path.parent)
        assert receipt
        yield path.parent.name, receipt


def test_there_are_the_three_examples_each_with_six_members_or_more() -> None:
    assert ["bouquet-quatre-volets", "contribution-par-habitant", "dpd-mutualise"] == EXAMPLES
    assert all(len(load(Workspace(ROOT / "examples" / name)).membres) >= 6 for name in EXAMPLES)


def test_every_point_of_each_list_holds_but_the_blanks(example: Made) -> None:
    failing = {
        folder: [point.point for point in receipt.controle if not point.tient] for folder, receipt in packs(example)
    }
    left = {folder: points for folder, points in failing.items() if points}
    assert all(points == ["blancs"] for points in left.values()), left
    assert len(left) == 1, "one member has not chosen"


def test_each_pack_is_archivable_and_accessible(example: Made) -> None:
    folder = example.workspace.packs(example.data.edition.edition)
    found = verapdf([folder / name / receipt.pack for name, receipt in packs(example)])
    assert {key: broken for key, broken in found.items() if broken} == {}


def record(made: Made, file: str) -> Any:
    return yaml.load((made.workspace.root / file).read_text("utf-8"), Editor)


def test_an_editor_finds_nothing_wrong_in_the_records(example: Made) -> None:
    members = jsonschema.Draft7Validator(schema.members_schema(example.data.edition))
    assert [] == [error.message for error in members.iter_errors(record(example, "members.yaml"))]
    edition = jsonschema.Draft7Validator(schema.edition_schema())
    path = f"templates/{example.data.edition.edition}/edition.yaml"
    assert [] == [error.message for error in edition.iter_errors(record(example, path))]
    beside = example.workspace.root / schema.EDITION_FILE
    assert beside.read_text("utf-8") == schema.to_json(schema.edition_schema())


def test_the_act_comes_out_with_its_annexes(example: Made) -> None:
    numero = example.data.edition.deliberation.numero
    made = Deliberation(example.workspace, numero, office.find()).make()
    (annexes,) = [path for path in made if path.name.startswith("annexes-")]
    text = pdftext.squeezed("".join(pdftext.page_texts(annexes.read_bytes())))
    prices = [price for v in example.data.edition.volets if v.tarif for li in v.tarif.lignes for price in li.votee]
    assert [] == [price for price in prices if pdftext.squeezed(f"{price:.2f}".replace(".", ",")) not in text]


def storage(taken: Record) -> Decimal:
    """77 cells typed from délibération 04/2023-06; a category every ten users, eleven at most."""
    users = int(taken["utilisateurs"])
    category = min(11, int((Decimal(users) / 10).to_integral_value(ROUND_CEILING)))
    rows = ["Participation au GFU (OF)", "Participation au GFU (exploitant)"] if taken["gfu"] == "oui" else []
    rows += [taken["stockage"]] if taken["stockage"] != "aucun" else []
    return sum((Decimal(VOTED[row].split()[category - 1].replace(",", ".")) * users * 12 for row in rows), Decimal(0))


def archive(taken: Record) -> Decimal:
    """Twenty free; then 1,20 up to the hundredth, 0,90 up to the five hundredth, 0,60 beyond."""
    cents = [120 if n <= 100 else 90 if n <= 500 else 60 for n in range(21, int(taken["espace"]) + 1)]
    return Decimal(sum(cents)) / 100


def platform(population: int) -> Decimal:
    return Decimal(120 if population < 500 else 240 if population < 2000 else 480 if population < 10_000 else 900)


def bundle(member: Record, taken: Record) -> Decimal:
    if taken["volet"] == "stockage":
        return storage(taken)
    if taken["volet"] == "formation":
        return Decimal(max(150, 216 * int(taken["demi_journees"])))
    return platform(int(member["population"]["nombre"])) if taken["volet"] == "plateforme" else archive(taken)


PRICED: Mapping[str, Callable[[Record, Record], Decimal]] = {
    "bouquet-quatre-volets": bundle,
    "dpd-mutualise": lambda _, taken: Decimal(200 + 250 * int(taken["jours"])),
    "contribution-par-habitant": lambda m, _: max(
        Decimal(150), Decimal(8000 + 45 * int(m["population"]["nombre"])) / 100
    ),
}
ANNEX = {"stockage": "annexe-2", "formation": "annexe-3", "plateforme": "annexe-4", "archivage": "annexe-5"}


def as_printed(amount: Decimal) -> str:
    return f"{amount:,.2f}".replace(",", "").replace(".", ",") + "€"


def test_each_yearly_amount_is_the_one_that_the_words_of_the_act_give(example: Made) -> None:
    name = example.workspace.root.name
    standing = dict(packs(example))
    seen = 0
    for member in record(example, "members.yaml")["membres"]:
        folder = next((folder for folder in standing if folder.split(".")[0] == member["id"]), None)
        for taken in {one["volet"]: one for one in member.get("souscriptions", [])}.values():
            document = ANNEX.get(taken["volet"], example.data.edition.pieces[-1].id)
            if folder and document in standing[folder].pieces:
                text = pdftext.squeezed(example.texts(member["id"])[document])
                assert as_printed(PRICED[name](member, taken)) in text, (member["id"], taken)
                seen += 1
    assert seen >= 2


def test_a_wrong_digit_in_any_printed_amount_is_found(example: Made) -> None:
    planted = 0
    for membre in example.data.membres:
        contents = example.build.contents.of(membre)
        texts = example.texts(membre.id) if contents else {}
        for content in contents:
            faults = example.build.binder._amounts(membre, content)
            if faults is None:
                continue
            text = texts[content.name]
            assert [] == list(faults(text)), (membre.id, content.name)
            for amount in re.finditer(r"\d{1,3}(?:[ \u202f\u00a0]\d{3})*,\d\d(?=\s*€)", text):
                for at in (n for n in range(amount.start(), amount.end()) if text[n].isdigit()):
                    wrong = f"{text[:at]}{(int(text[at]) + 1) % 10}{text[at + 1 :]}"
                    assert list(faults(wrong)), (membre.id, content.name, amount[0], at - amount.start())
                    planted += 1
    assert planted > 40


def lines(made: Made, year: int) -> tuple[list[dict[str, str]], list[str]]:
    """Return the rows of the table of a year, and the codes of what is told."""
    statements = Statements(made.workspace, year, office.find())
    statements.make()
    data = (statements.folder / f"etats-{year}.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(data), delimiter=";"))
    return rows, [told.code for told in statements.warnings]


def total(rows: list[dict[str, str]], member: str) -> Decimal:
    return sum((Decimal(row["montant"].replace(",", ".")) for row in rows if row["membre"] == member), Decimal(0))


def test_the_year_is_stated_by_what_was_signed_and_counted(example: Made) -> None:
    name = example.workspace.root.name
    if name == "contribution-par-habitant":
        with pytest.raises(ProblemsFound, match="aucune convention signée ne court en 2025"):
            Statements(example.workspace, 2025, office.find())
        return
    rows, told = lines(example, 2025)
    assert {"volet"} <= rows[0].keys()
    if name == "dpd-mutualise":
        assert Decimal(200 + 250 * 3) == total(rows, "commune-d-aigremont")
        assert Decimal(200) == total(rows, "syndicat-du-lac")
        assert Decimal(0) == total(rows, "cc-du-causse-blanc"), "no half statement"
        assert ["etat-sans-consommation"] == told
    else:
        held = {"utilisateurs": "24", "stockage": "3 To", "gfu": "oui"}
        assert storage(held) == total(rows, "commune-de-roquefeuil"), "what is not signed is not stated"
        both = {"utilisateurs": "112", "stockage": "5 To", "gfu": "oui"}
        expected = storage(both) + 216 * 18 + archive({"espace": "1200"})
        assert expected == total(rows, "ca-des-deux-rives")
        assert ["souscription-non-signee", "souscription-non-signee"] == told


def test_an_example_starts_a_workspace(tmp_path: Path, docgen: Docgen) -> None:
    code, said = docgen(tmp_path, "init", "mien", "--exemple", "dpd-mutualise")
    assert (code, "mien/templates/2025-01/convention.docx" in said) == (0, True)
    assert docgen(tmp_path / "mien", "check")[0] == 0
    code, said = docgen(tmp_path, "init", "autre", "--exemple", "dpd-mutualisee")
    assert (code, "Vouliez-vous dire « dpd-mutualise » ?" in said) == (2, True)
