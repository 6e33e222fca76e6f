"""The first day of another syndicat: nothing is voted, what is of the example is told and never sent to sign."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from conftest import Docgen, Sample

from docgen import cli, starter
from docgen.packs import sendings
from docgen.records import exemples, schema
from docgen.records.workspace import load, today


@pytest.fixture
def begun(tmp_path: Path) -> Sample:
    """A workspace as `docgen init` makes it."""
    starter.start(tmp_path / "mien")
    return Sample(tmp_path / "mien")


def test_nothing_of_a_new_workspace_is_voted(begun: Sample) -> None:
    data = load(begun.workspace)
    act = data.edition.deliberation
    assert ("04/2023-06", None, None) == (act.numero, act.transmise_le, act.publiee_le)
    assert "transmise_le" not in (begun.root / "templates/2023-04/edition.yaml").read_text("utf-8")
    assert data.seances
    assert data.registre.actes


def test_each_value_of_the_example_is_told_until_it_is_replaced(begun: Sample, docgen: Docgen) -> None:
    code, told = docgen(begun.root, "check")
    assert code == 0
    for what in ("nom du syndicat", "SIRET du syndicat", "signataire du membre", "courriel du référent", "tribunal"):
        assert f"valeur de l'exemple : {what}" in told
    assert "templates/2023-04/annexe-2.docx" in told
    assert "ce modèle garde de l'exemple : « NetExplorer » et le logo" in told
    begun.edit("syndicat.yaml", "nom: Exemple Numérique", "nom: Arvor Numérique")
    assert "valeur de l'exemple : nom du syndicat" not in docgen(begun.root, "check")[1]


def test_a_pack_with_a_value_of_the_example_is_never_ready(begun: Sample) -> None:
    for name in ("seances/2023-04-11.yaml", "members.yaml"):
        path = begun.root / name
        text = path.read_text("utf-8")
        vote, dated = (
            "      pour: {membres: 2, voix: 2}\n",
            "    transmise_le: 2023-05-15\n    publiee_le: 2023-05-16\n",
        )
        text = text.replace(vote, vote + dated)
        own = "        date: 2023-05-10\n"
        path.write_text(text.replace(own, own + dated.replace("    ", "        ")), "utf-8")
    (outcome,) = begun.build()
    assert outcome.receipt
    assert ("PROJET", True) == (outcome.receipt.etat, outcome.receipt.manque[0].startswith("valeurs de l'exemple"))
    assert 1 == len(outcome.receipt.manque)
    with pytest.raises(Exception, match="PROJET : valeurs de l'exemple à remplacer"):
        sendings.sent(begun.workspace, "commune-exemple", today())


def test_words_that_are_also_ours_are_kept_by_saying_so(begun: Sample) -> None:
    issuer = load(begun.workspace).syndicat
    annexe = {"word/document.xml": b"<w:t>avec NetExplorer</w:t>"}
    assert ["NetExplorer"] == exemples.in_document(annexe, issuer)
    assert [] == exemples.in_document(annexe, issuer.model_copy(update={"repris": ("netexplorer",)}))
    assert [] == exemples.in_document({"word/document.xml": b"<w:t>{{ grille.netexplorer }}</w:t>"}, issuer)


@pytest.mark.parametrize("courriel", ["mairie@saint-gurval.example", "x@example.org", "x@mairie.test"])
def test_an_address_that_belongs_to_nobody_is_an_example(courriel: str) -> None:
    assert exemples.RESERVED.search(courriel)
    assert not exemples.RESERVED.search("mairie@saint-gurval.fr")


def test_init_asks_who_the_syndicat_is_on_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, docgen: Docgen
) -> None:
    answers = iter(["Arvor Numérique", "", "12", "200 061 257 00016", "35", "035", "Nolwenn LE GALL"])
    monkeypatch.setattr(cli.click, "prompt", lambda *_, **__: next(answers))
    monkeypatch.setattr(cli.sys.stdin, "isatty", lambda: True, raising=False)
    code, told = docgen(tmp_path, "init", "mien")
    assert (0, True, True) == (code, "un SIRET a 14 chiffres" in told, 'Écrivez "035"' in told)
    data = load(Sample(tmp_path / "mien").workspace)
    assert ("Arvor Numérique", "20006125700016", "035") == (
        data.syndicat.nom, data.syndicat.siret, data.syndicat.departement,
    )  # fmt: skip
    assert ("Nolwenn", "LE GALL") == (data.syndicat.representant.prenom, data.syndicat.representant.nom)
    assert "Nolwenn" == data.seances[0].delegues[0].prenom


@pytest.mark.parametrize(
    ("fiche", "made", "file"),
    [
        ("syndicat", schema.syndicat_schema, "syndicat.yaml"),
        ("seance", schema.seance_schema, "seances/2023-04-11.yaml"),
        ("edition", schema.edition_schema, "templates/2023-04/edition.yaml"),
    ],
)
def test_each_record_of_a_new_workspace_passes_its_schema(
    begun: Sample, docgen: Docgen, fiche: str, made: Any, file: str
) -> None:
    code, told = docgen(begun.root, "schema", fiche)
    assert (0, True) == (code, told.startswith("{"))
    read = yaml.load((begun.root / file).read_text("utf-8"), yaml.BaseLoader)
    wrong = [one.json_path for one in jsonschema.Draft7Validator(made()).iter_errors(read)]
    assert [] == [path for path in wrong if not re.search(r"membres|voix|jusqu_a|minimum|maximum|valeurs", path)]
    for name, field in made()["properties"].items():
        assert field.get("description") or name in ("edition", "titre", "deliberation", "pieces", "signature"), name
