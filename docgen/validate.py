"""Turn records into the model, gathering every problem with its place; nothing is guessed or repaired."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from docgen import formats, tarif, values
from docgen.diagnostics import Diagnostic, Severity, closest
from docgen.model import Deliberation, Edition, Membre, Membres, Syndicat
from docgen.records import KEY, Record

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
    "bloc": "Des minuscules et des chiffres : netexplorer.",
}


def syndicat(record: Record, today: date) -> tuple[Syndicat | None, list[Diagnostic]]:
    """Return the issuing authority and all that is wrong in its record."""
    found, problems = _model(Syndicat, record)
    return found, problems + list(_future_dates(record, today))


def membres(record: Record, today: date) -> tuple[tuple[Membre, ...], list[Diagnostic]]:
    """Return the members and all that is wrong in members.yaml, duplicates included."""
    found, problems = _model(Membres, record)
    problems += list(_duplicates(record))
    problems += list(_future_dates(record, today))
    return (found.membres if found else ()), problems


def edition(record: Record, folder: str, today: date) -> tuple[Edition | None, list[Diagnostic]]:
    """Return the edition of that folder; its computed grid must be the voted one, cell by cell."""
    found, problems = _model(Edition, record)
    problems += list(_future_dates(record, today))
    if found is None:
        return None, problems
    if found.edition != folder:
        problems.append(
            Diagnostic(
                record.place(("edition",)),
                "edition-deplacee",
                f"le dossier s'appelle « {folder} » mais la fiche dit « {found.edition} »",
                "Renommez le dossier, ou corrigez le champ « edition ».",
            )
        )
    problems += list(_repeated(record, ("pieces",), [p.id for p in found.pieces], "id", "la pièce"))
    lignes = found.tarif.lignes
    problems += list(_repeated(record, ("tarif", "lignes"), [ligne.libelle for ligne in lignes], "libelle", "la ligne"))
    problems += list(_unknown_services(found, record))
    problems += list(_grid_differences(found, record))
    return found, problems


def subscriptions(members: Iterable[Membre], in_edition: Edition, record: Record) -> Iterator[Diagnostic]:
    """Yield the members whose storage the edition's grid does not price."""
    priced = tarif.storages(in_edition.tarif)
    for index, membre in enumerate(members):
        taken = membre.souscription
        if taken and taken.stockage and taken.stockage not in priced:
            known = formats.listing((f"{n} To" for n in priced), "ou")
            yield Diagnostic(
                record.place(("membres", index, "souscription", "stockage")),
                "stockage-sans-tarif",
                f"{taken.stockage} To n'a pas de tarif dans l'édition {in_edition.edition}",
                f"La grille prévoit {known}.",
            )


def _model(kind: type[M], record: Record) -> tuple[M | None, list[Diagnostic]]:
    problems = list(record.diagnostics)
    if record.tree is None:
        return None, problems
    try:
        return kind.model_validate(_without_empty(record.tree)), problems
    except ValidationError as error:
        found = error.errors(include_url=False)
        problems += [_translate(kind, details, record) for details in found if not _is_consequence(details)]
        return None, problems


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


def _duplicates(record: Record) -> Iterator[Diagnostic]:
    """Yield members given twice, also when another error keeps the model from being made."""
    tree = record.tree if isinstance(record.tree, dict) else {}
    rows = tree.get("membres")
    rows = rows if isinstance(rows, list) else []
    for key, what in (("id", "l'identifiant"), ("siret", "le SIRET"), ("nom", "le nom")):
        values = [row.get(key) if isinstance(row, dict) else None for row in rows]
        yield from _repeated(record, ("membres",), values, key, what)


def _repeated(record: Record, path: Loc, values: list[Any], key: str, what: str) -> Iterator[Diagnostic]:
    seen: dict[str, int] = {}
    for index, value in enumerate(values):
        if not isinstance(value, str):
            continue
        same = re.sub(r"[\s\u00a0\u202f]", "", value).casefold()
        if same in seen:
            line = record.place((*path, seen[same], key)).line
            yield Diagnostic(
                record.place((*path, index, key)),
                "en-double",
                f"{what} « {value} » est déjà ligne {line}",
                "Supprimez l'une des deux fiches, ou corrigez celle qui a été recopiée.",
            )
        else:
            seen[same] = index


def _future_dates(record: Record, today: date) -> Iterator[Diagnostic]:
    """Yield the dates of things said to be done that are still to come: never executoire by anticipation."""
    for path in record.places:
        if not path or path[-1] not in ("transmise_le", "publiee_le"):
            continue
        try:
            found = values.day(_at(record.tree, path))
        except ValueError:
            continue  # already reported as something that is not a date
        if found > today:
            yield Diagnostic(
                record.place(path),
                "date-future",
                f"la date {found.isoformat()} n'est pas encore passée",
                "Laissez le champ vide jusqu'à ce jour-là.",
            )


def _at(tree: Any, path: Loc) -> Any:
    """Return what the tree holds there; None for what was read but not kept, as a field given twice."""
    for part in path:
        try:
            tree = tree[part]
        except (KeyError, IndexError, TypeError):
            return None
    return tree


def _unknown_services(found: Edition, record: Record) -> Iterator[Diagnostic]:
    """Yield the rows that no subscription can match: members would pay nothing for them, without a word."""
    for index, ligne in enumerate(found.tarif.lignes):
        if not re.fullmatch(r"gfu|[1-9]\d* To", ligne.souscription):
            yield Diagnostic(
                record.place(("tarif", "lignes", index, "souscription")),
                "service-inconnu",
                f"« {ligne.souscription} » n'est ni « gfu » ni un stockage",
                "Écrivez gfu, ou un nombre entier suivi d'une espace et de To : 3 To.",
            )


def _grid_differences(found: Edition, record: Record) -> Iterator[Diagnostic]:
    """Yield each cell of the computed grid that is not the voted one: nothing is made on such a grid."""
    computed = tarif.grid(found.tarif)
    for index, ligne in enumerate(found.tarif.lignes):
        place = record.place(("tarif", "lignes", index, "votee"))
        cells = computed[ligne.libelle]
        if len(ligne.votee) != len(cells):
            yield Diagnostic(
                place,
                "grille-incomplete",
                f"ligne « {ligne.libelle} » : {len(ligne.votee)} prix votés pour {len(cells)} catégories",
                "Recopiez la ligne de la délibération : un prix par catégorie, une espace entre deux.",
            )
            continue
        for category, (voted, price) in enumerate(zip(ligne.votee, cells, strict=True), 1):
            if voted != price:
                yield Diagnostic(
                    place,
                    "grille-differente",
                    f"ligne « {ligne.libelle} », catégorie {category} : voté {formats.euros(voted)}, "
                    f"calculé {formats.euros(price)}",
                    f"Prix de base {formats.euros(ligne.ht)} HT, {formats.number(found.tarif.pas)} % de moins par "
                    f"catégorie, TVA {formats.number(found.tarif.tva)} % : la case ou la règle est fausse.",
                )


def missing_for_signature(membre: Membre, in_edition: Edition) -> list[str]:
    """Return what keeps the pack from being signed, in words; empty when both délibérations are exécutoires.

    A contract signed before the act that authorises it is transmitted is illegal, and a later transmission does
    not mend it (CE, avis Section, 10 June 1996, Préfet de la Côte-d'Or, n° 176873).
    """
    missing = [
        f"délibération n° {in_edition.deliberation.numero} du syndicat {step}"
        for step in _steps_missing(in_edition.deliberation)
    ]
    if membre.habilitation is None:
        return [*missing, "délibération du membre inconnue"]
    return missing + [f"délibération du membre {step}" for step in _steps_missing(membre.habilitation)]


def _steps_missing(act: Deliberation) -> list[str]:
    steps = (("non transmise", act.transmise_le), ("non publiée", act.publiee_le))
    return [name for name, day in steps if day is None]


def warnings(members: Iterable[Membre], in_edition: Edition, record: Record) -> Iterator[Diagnostic]:
    """Yield what does not stop the packs but that a careful clerk would look at twice."""
    for index, membre in enumerate(members):
        act = membre.habilitation
        if act and act.date < in_edition.deliberation.date:
            yield Diagnostic(
                record.place(("membres", index, "representant", "habilitation", "date")),
                "habilitation-anterieure",
                f"la délibération du membre ({formats.short_date(act.date)}) précède le vote des textes "
                f"({formats.short_date(in_edition.deliberation.date)})",
                "Vérifiez qu'elle approuve bien cette édition de la convention.",
                Severity.WARNING,
            )
