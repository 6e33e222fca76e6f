"""The JSON Schema of members.yaml: with it an editor completes and underlines while the clerk types.

Editors read draft-07; pydantic writes 2020-12. Every value is a string in YAML as docgen reads it, so the schema
describes what the clerk writes, not what the model keeps.
"""

from __future__ import annotations

import json
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from docgen.model import values
from docgen.model.fiches import Membres

FILE = "members.schema.json"
_INTEGER = r"^\d{1,3}([ \u00a0\u202f]?\d{3})*$"
_STORAGE = r"^(\d+( ?To)?|aucun)$"
_FOLDER = "^[a-z0-9]+(-[a-z0-9]+)*$"
_KINDS: dict[Any, dict[str, Any]] = {
    values.siret: {"type": ["string", "integer"], "pattern": r"^[\d \u00a0\u202f]{14,20}$"},
    values.phone: {"type": ["string", "integer"], "pattern": r"^[+\d(][\d ().\u00a0\u202f-]{7,}$"},
    values.email: {"type": "string", "format": "email"},
    values.day: {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
    values.yes_or_no: {"enum": ["oui", "non"]},
    values.whole: {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": _INTEGER}]},
    values.terabytes: {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": _STORAGE}]},
    values.folder_name: {"type": "string", "pattern": _FOLDER, "maxLength": values.MAX_FOLDER_NAME},
    values.postcode: {"type": ["string", "integer"], "pattern": r"^\d{5}$"},
    values.plain_text: {"type": ["string", "number"]},
}

_GROUPS = {"membres": "Les membres du syndicat : un tiret par fiche", "siege": "Adresse du siège"}
"""What is said of the fields that hold fields, where the model says nothing."""


def members_schema() -> dict[str, Any]:
    """Return the schema of members.yaml, JSON Schema draft-07."""
    schema = _model(Membres)
    schema["$schema"] = "http://json-schema.org/draft-07/schema#"
    schema["title"] = "members.yaml : les membres du syndicat"
    return schema


def to_json() -> str:
    """Return the schema as the file that lies beside members.yaml."""
    return json.dumps(members_schema(), ensure_ascii=False, indent=1) + "\n"


def _model(model: type[BaseModel]) -> dict[str, Any]:
    fields = model.model_fields
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: {**_field(info), **_description(name, info)} for name, info in fields.items()},
        "required": [name for name, info in fields.items() if info.is_required()],
    }


def _description(name: str, info: FieldInfo) -> dict[str, str]:
    text = info.description or _GROUPS.get(name)
    return {"description": text} if text else {}


def _field(info: FieldInfo) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for part in info.metadata:
        schema |= _KINDS.get(getattr(part, "func", None), {})
    schema = schema or _annotation(info.annotation)
    if not info.is_required() and "type" in schema:
        return {**schema, "type": [*_list(schema["type"]), "null"]}
    return schema


def _annotation(annotation: Any) -> dict[str, Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _model(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return {"enum": [member.value for member in annotation]}
    if get_origin(annotation) is Literal:
        return {"enum": list(get_args(annotation))}
    if get_origin(annotation) is tuple:
        return {"type": "array", "items": _annotation(get_args(annotation)[0])}
    for argument in get_args(annotation):
        for part in getattr(argument, "__metadata__", ()):
            if (found := _KINDS.get(getattr(part, "func", None))) is not None:
                return found
        if found := _annotation(argument):
            return found
    return {}


def _list(kinds: str | list[str]) -> list[str]:
    return [kinds] if isinstance(kinds, str) else kinds
