"""A record into a model of pydantic, whose every complaint is said in French, at its place, with its mend."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from docgen import formats
from docgen.diagnostics import Diagnostic, closest
from docgen.records.reading import KEY, Record

M = TypeVar("M", bound=BaseModel)
Loc = tuple[str | int, ...]

# pydantic's error type -> (code, message, hint); `{name}` is the field, the other words come from pydantic.
_BELOW = "Écrivez-les dessous, en retrait, un par ligne."
_FRENCH = {
    "missing": ("champ-manquant", "le champ obligatoire « {name} » est absent ou vide", "Ajoutez « {name}: … »."),
    "extra_forbidden": ("champ-inconnu", "le champ « {name} » n'existe pas ici", "{known}"),
    "string_too_short": ("valeur-vide", "« {name} » est vide", "Écrivez une valeur, ou effacez la ligne."),
    "string_too_long": (
        "valeur-trop-longue", "« {name} » dépasse {max_length} caractères",
        "Il y en a {length} : raccourcissez.",
    ),
    "greater_than_equal": (
        "nombre-hors-limites", "« {name} » vaut {input} : le minimum est {ge}", "Vérifiez le nombre.",
    ),
    "less_than_equal": (
        "nombre-hors-limites", "« {name} » vaut {input} : le maximum est {le}", "Vérifiez le nombre.",
    ),
    "literal_error": ("valeur-inconnue", "« {input} » n'est pas admis pour « {name} »", "{known}"),
    "enum": ("valeur-inconnue", "« {input} » n'est pas admis pour « {name} »", "{known}"),
    "string_pattern_mismatch": (
        "valeur-mal-formee", "« {input} » n'a pas la forme attendue pour « {name} »", "{form}",
    ),
    "model_type": ("champs-attendus", "« {name} » doit contenir des sous-champs", _BELOW),
    "tuple_type": (
        "liste-attendue", "« {name} » doit être une liste", "Commencez chaque élément par un tiret : « - ».",
    ),
    "empty_list": (
        "liste-vide", "« {name} » est une liste vide", "Ajoutez au moins un élément, après un tiret.",
    ),
    "string_type": (
        "texte-attendu", "« {name} » doit être une valeur simple",
        "Écrivez-la sur la même ligne, après « : ».",
    ),
    "item_type": ("champs-attendus", "cet élément de « {name} » doit contenir des sous-champs",
                  "Écrivez-les après le tiret, un par ligne ; effacez le tiret s'il n'y a rien à écrire."),
    "root_type": ("champs-attendus", "le fichier ne commence pas par un champ", "{known}"),
}  # fmt: skip
_UNKNOWN = ("valeur-invalide", "« {name} » n'est pas valide : « {input} »", "Vérifiez la valeur.")
_QUOTED = re.compile(r"""(['"])(.+?)\1(?=, | or |$)""")
"""The values that pydantic lists in English: 'M.' or 'Mme'."""
_FORMS = {
    "ape": "Quatre chiffres et une majuscule : 8411Z.",
    "fichier": "Un nom de fichier Word sans espace ni accent : convention.docx.",
    **dict.fromkeys(
        ("bloc", "id", "par", "de", "tranches", "volet"), "Des minuscules, des chiffres et _ : demi_journees."
    ),
}


def model_of(kind: type[M], record: Record) -> tuple[M | None, list[Diagnostic]]:
    """Return the record as a model, and all that is wrong in it; no model when there is an error."""
    problems = list(record.diagnostics)
    if record.tree is None:
        return None, problems
    try:
        return kind.model_validate(_without_empty(record.tree)), problems
    except ValidationError as error:
        found = error.errors(include_url=False)
        misspelt = {field for details in found if (field := _meant(kind, details))}
        problems += [
            _translate(kind, details, record)
            for details in found
            if not _is_consequence(details) and not (details["type"] == "missing" and details["loc"] in misspelt)
        ]
        return None, problems


def _meant(kind: type[BaseModel], details: ErrorDetails) -> Loc:
    """Return where the field is that an unknown one was meant to be: it is not missing, it is misspelt."""
    *above, name = details["loc"] or ("",)
    if details["type"] != "extra_forbidden":
        return ()
    near = difflib.get_close_matches(str(name), list(_fields_at(kind, tuple(above))), n=1)
    return (*above, *near) if near else ()


def _is_consequence(details: ErrorDetails) -> bool:
    """A list whose items are all wrong is « too short » for pydantic: the clerk has enough of the items."""
    return details["type"] == "too_short" and bool(details["input"]) and not isinstance(details["input"], str)


def _without_empty(tree: Any) -> Any:
    """An empty field is an absent one: « telephone: » says no more than no line at all."""
    if isinstance(tree, dict):
        return {key: _without_empty(value) for key, value in tree.items() if value is not None}
    if isinstance(tree, list):
        return [_without_empty(item) for item in tree]
    return tree


def _translate(kind: type[BaseModel], details: ErrorDetails, record: Record) -> Diagnostic:
    loc: Loc = details["loc"]
    name = next((str(part) for part in reversed(loc) if isinstance(part, str)), record.file)
    at_key = details["type"] in ("extra_forbidden", "missing") and (*loc, KEY) in record.places
    place = record.place((*loc, KEY) if at_key else loc)
    context = dict(details.get("ctx") or {})
    if details["type"] == "docgen":
        return Diagnostic(place, context["code"], context["message"], context["hint"])
    code, message, hint = _FRENCH.get(_kind_of_error(details), _UNKNOWN)
    words = {**context, "name": name, "input": details["input"], "form": _FORMS.get(name, "")}
    if isinstance(details["input"], str):
        words["length"] = len(details["input"])
    if "expected" in context:
        admitted = [match[2] for match in _QUOTED.finditer(context["expected"])]
        choice = formats.listing((f"« {value} »" for value in admitted), "ou")
        words["known"] = f"{closest(str(details['input']), admitted)} Valeurs admises : {choice}.".strip()
    else:
        fields = list(_fields_at(kind, loc[:-1]))
        words["known"] = (closest(name, fields) if loc else "") or f"Champs admis ici : {', '.join(fields)}."
    return Diagnostic(place, code, message.format(**words), hint.format(**words))


def _kind_of_error(details: ErrorDetails) -> str:
    """Return the key in `_FRENCH`: pydantic's type, or a finer one where the clerk needs another word."""
    kind, loc, value = details["type"], details["loc"], details["input"]
    if kind == "model_type" and (not loc or isinstance(loc[-1], int)):
        return "item_type" if loc else "root_type"
    if kind in ("enum", "literal_error") and not isinstance(value, str):
        return "string_type"
    if kind in ("too_short", "too_long"):
        return f"string_{kind}" if isinstance(value, str) else "empty_list"
    return kind


def _fields_at(kind: type[BaseModel], loc: Loc) -> Iterable[str]:
    """Return the names of the fields that stand at `loc` inside `kind`."""
    fields = kind.model_fields
    for part in loc:
        if isinstance(part, str) and part in fields:
            inner = _model_in(fields[part].annotation)
            fields = inner.model_fields if inner else fields
    return fields


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if found := _model_in(argument):
            return found
    return None
