"""What an editor says of members.yaml while the clerk types: never against what docgen accepts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from builders import ACT, CONTACT, SEAT, SIGNATORY, TAKEN, a_member, members_yaml, record
from test_validate import EDITION

from docgen.model.formes import Forme
from docgen.records import schema, validate

ROOT = Path(__file__).parent.parent
SCHEMA = schema.members_schema(EDITION)
FULL = {
    "representant": SIGNATORY | {"habilitation": ACT},
    "referent": CONTACT,
    "facturation": [{"exercice": "2023", "code_service": "FIN", "numero_engagement": "0042"}],
    "souscriptions": [TAKEN],
}


class Editor(yaml.SafeLoader):
    """Reads YAML 1.2, as editors do: `oui`, `NO`, dates and hours are texts, `01000` is a number."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012


for tag, pattern, first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
):
    Editor.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), first)
Editor.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(loader.construct_scalar(node)))


def wrong(text: str) -> list[str]:
    """Return the paths that an editor underlines."""
    validator = jsonschema.Draft7Validator(SCHEMA)
    return sorted({error.json_path for error in validator.iter_errors(yaml.load(text, Editor))})


def accepted_by_docgen(text: str) -> bool:
    return not validate.membres(record(text), date(2024, 1, 1), EDITION)[1]


def test_the_schema_beside_the_sample_is_up_to_date() -> None:
    assert schema.to_json(SCHEMA) == (ROOT / schema.FILE).read_text("utf-8")


def test_the_schema_is_draft_07() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert "http://json-schema.org/draft-07/schema#" == SCHEMA["$schema"]
    assert "$defs" not in json.dumps(SCHEMA)


@pytest.mark.parametrize("folder", [ROOT, ROOT / "docgen" / "starter"], ids=["sample", "starter"])
def test_a_sample_that_names_the_schema_passes_it(folder: Path) -> None:
    text = (folder / "members.yaml").read_text("utf-8")
    assert text.startswith(f"# yaml-language-server: $schema={schema.FILE}\n")
    assert [] == wrong(text)
    assert accepted_by_docgen(text)


def test_the_editor_of_these_tests_reads_yaml_1_2() -> None:
    read = yaml.load("{a: 01000, b: NO, c: 12:30, d: 2023-05-12, e: 2E3, f: oui, g: , h: 0x}", Editor)
    assert {
        "a": 1000,
        "b": "NO",
        "c": "12:30",
        "d": "2023-05-12",
        "e": 2000.0,
        "f": "oui",
        "g": None,
        "h": "0x",
    } == read


@pytest.mark.parametrize(
    ("changes", "underlined"),
    [
        ({"sirett": "21820901300018"}, "$.membres[0]"),
        ({"siret": None}, "$.membres[0]"),
        ({"forme": "mairie"}, "$.membres[0].forme"),
        ({"siret": "2182O901300018"}, "$.membres[0].siret"),
        ({"id": "Montrivière"}, "$.membres[0].id"),
        ({"id": "x" * 61}, "$.membres[0].id"),
        ({"nom": {"court": "Montrivière"}}, "$.membres[0].nom"),
        ({"siege": "1 place de la Mairie"}, "$.membres[0].siege"),
        ({"siege": SEAT | {"code_postal": "8290A"}}, "$.membres[0].siege.code_postal"),
        ({"representant": SIGNATORY | {"civilite": "Madame"}}, "$.membres[0].representant.civilite"),
        ({"representant": {"nom": "X"}}, "$.membres[0].representant"),
        ({"representant": SIGNATORY | {"habilitation": ACT | {"date": "12/05/2023"}}},
         "$.membres[0].representant.habilitation.date"),
        ({"referent": {"telephone": "à demander"}}, "$.membres[0].referent.telephone"),
        ({"facturation": {"exercice": "2023"}}, "$.membres[0].facturation"),
        ({"facturation": [{"code_service": "FIN"}]}, "$.membres[0].facturation[0]"),
        ({"souscriptions": [TAKEN | {"gfu": "yes"}]}, "$.membres[0].souscriptions[0].gfu"),
        ({"souscriptions": [TAKEN | {"stockage": "3 Go"}]}, "$.membres[0].souscriptions[0].stockage"),
        ({"souscriptions": [TAKEN | {"utilisateurs": "-1"}]}, "$.membres[0].souscriptions[0].utilisateurs"),
    ],
)  # fmt: skip
def test_what_docgen_refuses_is_underlined(changes: dict[str, Any], underlined: str) -> None:
    text = members_yaml(a_member(**changes))
    assert [underlined] == wrong(text)
    assert not accepted_by_docgen(text)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        FULL,
        {"siret": "21820901300018"},
        {"siret": "218\u00a0209\u00a0013\u00a000018"},
        {"nom": "82", "forme": "établissement public", "siret": "200 061 257 00016"},
        {"siege": {"adresse": "12:30", "code_postal": "01000", "commune": "NO"}},
        {"siege": {"adresse": "2E3", "code_postal": "82000", "commune": "12,5"}},
        {"representant": None, "referent": "", "facturation": "", "souscriptions": ""},
        {"referent": {"telephone": "0536490011", "courriel": ""}},
        {"referent": {"telephone": "+33 (0)5.36.49-00-11"}},
        {"referent": {"telephone": "+33536490011"}},
        {"facturation": [{"exercice": "2023", "code_service": "007", "numero_engagement": "4500012345"}]},
        {"souscriptions": [TAKEN | {"utilisateurs": "1 250", "stockage": "3 To"}]},
        {"souscriptions": [TAKEN | {"utilisateurs": "1250", "stockage": "aucun"}]},
        *({"forme": forme.value, "nom": f"{forme.value} de Montrivière", "siret": "20006125700016"} for forme in Forme),
    ],
)
def test_what_docgen_accepts_is_not_underlined(changes: dict[str, Any]) -> None:
    text = members_yaml(a_member(**changes))
    assert accepted_by_docgen(text)
    assert [] == wrong(text)


def fields(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, inner in node.get("properties", {}).items():
        yield f"{path}{name}", inner
        yield from fields(inner, f"{path}{name}.")
        yield from fields(inner.get("items", {}), f"{path}{name}[].")


def test_every_field_has_a_french_description() -> None:
    found = dict(fields(SCHEMA))
    assert {"membres", "membres[].siege.commune", "membres[].facturation[].code_service"} <= set(found)
    for path, field in found.items():
        assert re.match(r"[A-ZÉ]", field.get("description", "")), path
        assert not re.search(r"\b(the|of|member|field)\b", field["description"]), path


def test_only_what_docgen_requires_is_required() -> None:
    member = SCHEMA["properties"]["membres"]["items"]
    assert ["id", "nom", "forme", "siret", "siege"] == member["required"]
    assert False is member["additionalProperties"]
    assert [] == member["properties"]["referent"]["required"]
