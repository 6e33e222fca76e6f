"""The JSON Schemas of members.yaml and edition.yaml: with them an editor completes and underlines while one types.

Editors read draft-07; pydantic writes 2020-12. Every value is a string in YAML as docgen reads it, so a schema
describes what is written, not what the model keeps. That of members.yaml is of the volets of one edition.
"""

from __future__ import annotations

import json
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from docgen.model import edition as described
from docgen.model import values
from docgen.model.edition import Choix, Edition, Volet
from docgen.model.fiches import Consommation, Declared, Membres, Souscription, Syndicat, several
from docgen.model.seance import Seance
from docgen.records.subscriptions import measured

FILE, EDITION_FILE = "members.schema.json", "templates/edition.schema.json"
SYNDICAT_FILE, SEANCE_FILE = "syndicat.schema.json", "seance.schema.json"
DRAFT = "http://json-schema.org/draft-07/schema#"
_INTEGER = r"^\d{1,3}([ \u00a0\u202f]?\d{3})*$"
_FOLDER = "^[a-z0-9]+(-[a-z0-9]+)*$"
_KINDS: dict[Any, dict[str, Any]] = {
    values.siret: {"type": ["string", "integer"], "pattern": r"^[\d \u00a0\u202f]{14,20}$"},
    values.phone: {"type": ["string", "integer"], "pattern": r"^[+\d(][\d ().\u00a0\u202f-]{7,}$"},
    values.email: {"type": "string", "format": "email"},
    values.day: {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
    values.yes_or_no: {"enum": ["oui", "non"]},
    values.whole: {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": _INTEGER}]},
    values.decimal_number: {"type": ["string", "number"]},
    values.amounts: {"type": ["string", "number"]},
    values.folder_name: {"type": "string", "pattern": _FOLDER, "maxLength": values.MAX_FOLDER_NAME},
    values.postcode: {"type": ["string", "integer"], "pattern": r"^\d{5}$"},
    values.hour: {"type": "string", "pattern": r"^\d{1,2}:\d{2}$"},
    values.departement: {"type": "string", "pattern": r"^(0\d[0-9AB]|97\d)$"},
    values.matiere: {"type": ["string", "number"], "pattern": r"^\d(\.\d{1,2}){1,4}$"},
    values.plain_text: {"type": ["string", "number"]},
    described.conditions: {"type": "object"},
}

_GROUPS = {
    "membres": "Les membres du syndicat : un tiret par fiche",
    "siege": "Adresse du siège",
    "forme": "Forme juridique",
    "siret": "SIRET, 14 chiffres",
    "ape": "Code APE, sans point : 8411Z",
    "representant": "Qui signe pour le syndicat",
    "courriel": "Adresse de courriel",
    "departement": 'Trois caractères, comme pour la préfecture : "082", "02A", "974"',
    "assemblee": "Les règles de l'assemblée : ses statuts d'abord",
    "regime": "ferme (communes et EPCI) ou ouvert (avec un département, une région)",
    "article": "L'article des statuts",
    "quorum_en": "membres ou voix",
    "pouvoirs_comptent": "oui si un pouvoir compte pour le quorum",
    "pouvoirs_par_titulaire": "Combien de pouvoirs un délégué peut porter",
    "jours_francs": "Jours francs entre la convocation et la séance",
    "signature": "La plateforme de signature : iparapheur, yousign, docusign ou aucun",
    "date": "Date, année-mois-jour",
    "heure": 'Heure de la séance : "18:30"',
    "lieu": "Où la séance s'est tenue",
    "visioconference": "Le dispositif de visioconférence, s'il y en a un",
    "convocation": "Date de la convocation",
    "president": "Le délégué qui préside, par son id",
    "secretaire": "Le secrétaire de séance, par son id",
    "en_exercice": "Membres et voix en exercice",
    "delegues": "Les délégués : un tiret chacun",
    "deliberations": "Les délibérations : un tiret chacune",
    "titre": "Titre de la délibération",
    "modifie": "Numéro de la délibération qu'elle modifie",
    "retire": "Numéro de la délibération qu'elle retire",
    "matiere": "Code de matière : 8.4 (docgen fields --matieres)",
    "edition": "L'édition dont elle vote les textes",
    "visas": "Les textes et les délibérations visés, par date",
    "expose": "Exposé des motifs, un paragraphe par tiret",
    "dispositif": "Ce qui est décidé : verbe et texte",
    "vote": "Résultat, et voix de chaque groupe",
    "resultat": "à l'unanimité, à la majorité, rejetée, ajournée ou retirée",
    "sortis": "Qui a quitté la salle pour celle-ci",
    "voix": "Voix",
}
"""What is said of the fields that hold fields, where the model says nothing."""


def members_schema(edition: Edition | None) -> dict[str, Any]:
    """Return the schema of members.yaml, JSON Schema draft-07; of the volets of an edition, when there is one."""
    schema = _model(Membres)
    schema = {**schema, "$schema": DRAFT, "title": "members.yaml : les membres du syndicat"}
    if edition:
        fields = schema["properties"]["membres"]["items"]["properties"]
        fields["souscriptions"]["items"] = _by_volet({volet.id: _subscription(volet) for volet in edition.volets})
        counted = [volet for volet in edition.volets if measured(volet)]
        fields["consommations"]["items"] = _by_volet({volet.id: _consumption(volet) for volet in counted})
    return schema


def _by_volet(described: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the schema of what is of one of these volets: `volet` says which, and an editor underlines by it."""
    if len(described) == 1:
        return next(iter(described.values()))
    cases = [{"if": {"properties": {"volet": {"const": name}}}, "then": schema} for name, schema in described.items()]
    named = {"volet": {"enum": list(described), "description": "Le volet"}} if described else {}
    return {"type": "object", "properties": named, "required": ["volet"], **({"allOf": cases} if cases else {})}


def edition_schema() -> dict[str, Any]:
    """Return the schema of edition.yaml, JSON Schema draft-07."""
    found = _model(Edition)
    found["properties"]["deliberation"]["required"].remove("date")  # its séance has it
    return {**found, "$schema": DRAFT, "title": "edition.yaml : les textes et les prix d'un vote"}


def syndicat_schema() -> dict[str, Any]:
    """Return the schema of syndicat.yaml, JSON Schema draft-07."""
    return {**_model(Syndicat), "$schema": DRAFT, "title": "syndicat.yaml : l'autorité qui propose la convention"}


def seance_schema() -> dict[str, Any]:
    """Return the schema of a séance, JSON Schema draft-07."""
    return {**_model(Seance), "$schema": DRAFT, "title": "seances/ : une séance et ses délibérations"}


def to_json(schema: dict[str, Any]) -> str:
    """Return a schema as the file that lies beside the records."""
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


def _subscription(volet: Volet) -> dict[str, Any]:
    """Return what a subscription of a volet is."""
    answers = {choix.id: {**_answer(choix), "description": choix.libelle} for choix in volet.choix}
    return _of_volet(Souscription, volet, answers, list(answers))


def _consumption(volet: Volet) -> dict[str, Any]:
    names = measured(volet)
    counted = {choix.id: {**_answer(choix), "description": choix.libelle} for choix in volet.choix if choix.id in names}
    return _of_volet(Consommation, volet, counted, list(names))


def _of_volet(kind: type[Declared], volet: Volet, said: dict[str, Any], required: list[str]) -> dict[str, Any]:
    schema = _model(kind)
    named = {"const": volet.id, "description": volet.titre}
    schema["properties"] = {**schema["properties"], "volet": named, **said}
    return {**schema, "additionalProperties": False, "required": [*schema["required"], *required]}


def _answer(choix: Choix) -> dict[str, Any]:
    if choix.type == "parmi":
        return {"enum": list(choix.valeurs)}
    if choix.type == "oui_non":
        return _KINDS[values.yes_or_no]
    limits = {"minimum": choix.minimum or 0, **({} if choix.maximum is None else {"maximum": choix.maximum})}
    return {"anyOf": [{"type": "integer", **limits}, {"type": "string", "pattern": _INTEGER}]}


def _model(model: type[BaseModel]) -> dict[str, Any]:
    fields = model.model_fields
    return {
        "type": "object",
        "additionalProperties": model.model_config.get("extra") == "allow",
        "properties": {name: {**_field(info), **_description(name, info)} for name, info in fields.items()},
        "required": [name for name, info in fields.items() if info.is_required()],
    }


def _description(name: str, info: FieldInfo) -> dict[str, str]:
    text = info.description or _GROUPS.get(name)
    return {"description": text} if text else {}


def _field(info: FieldInfo) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    if any(getattr(part, "func", None) is several for part in info.metadata):
        listed = _annotation(info.annotation)
        return {"anyOf": [listed["items"], listed]}
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
    for part in getattr(annotation, "__metadata__", ()):
        if (found := _KINDS.get(getattr(part, "func", None))) is not None:
            return found
    for argument in get_args(annotation):
        for part in getattr(argument, "__metadata__", ()):
            if (found := _KINDS.get(getattr(part, "func", None))) is not None:
                return found
        if found := _annotation(argument):
            return found
    return {}


def _list(kinds: str | list[str]) -> list[str]:
    return [kinds] if isinstance(kinds, str) else kinds
