"""Which column of a table is which field of a member: by its heading, the closest one, or what its cells look like."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic_core import PydanticCustomError

from docgen import formats
from docgen.model import values
from docgen.model.edition import Edition
from docgen.sheets.cells import Cell, Table

NEAR = 0.82
"""How alike a heading must be to be taken for another."""
HEADINGS = 30
"""Rows among which the headings are looked for."""
SAMPLE = 40
"""Cells of a column that are looked at."""
ALIKE = 0.8
"""The share of them that must look like a value."""


@dataclass(frozen=True)
class Field:
    """A field of a member that a column may hold."""

    path: str
    """« siege.code_postal »; « facturation.code_service » is of the last exercice, « volet.stockage.gfu » of now."""
    heading: str
    also: tuple[str, ...] = ()
    """What else people call it."""


FIELDS = (
    Field("id", "Identifiant", ("id", "code membre")),
    Field("nom", "Nom", ("dénomination", "raison sociale", "collectivité", "membre", "nom de la collectivité",
                         "nom du membre", "libellé")),
    Field("forme", "Forme juridique", ("forme", "nature juridique", "type", "type de collectivité", "catégorie")),
    Field("siret", "SIRET", ("n° siret", "numéro siret", "no siret", "siret siège")),
    Field("siege.adresse", "Adresse", ("rue", "voie", "adresse du siège", "adresse 1", "adresse postale")),
    Field("siege.code_postal", "Code postal", ("cp", "code postal du siège")),
    Field("siege.commune", "Commune", ("ville", "commune du siège", "localité")),
    Field("representant.civilite", "Civilité du signataire", ("civilité", "titre")),
    Field("representant.prenom", "Prénom du signataire", ("prénom du maire", "prénom du président", "prénom")),
    Field("representant.nom", "Nom du signataire", ("nom du maire", "nom du président", "maire", "signataire",
                                                    "représentant")),
    Field("representant.qualite", "Qualité du signataire", ("qualité", "fonction du signataire")),
    Field("representant.courriel", "Courriel du signataire", ("mail du maire", "courriel du maire")),
    Field("representant.habilitation.numero", "Délibération du membre", ("n° délibération", "délibération")),
    Field("representant.habilitation.date", "Date de cette délibération", ("date délibération",)),
    Field("representant.habilitation.transmise_le", "Reçue en préfecture le", ("accusé de réception",)),
    Field("representant.habilitation.publiee_le", "Publiée le", ("publication",)),
    Field("referent.prenom", "Prénom du référent", ("prénom contact",)),
    Field("referent.nom", "Nom du référent", ("référent", "contact", "nom du contact")),
    Field("referent.fonction", "Fonction du référent", ("fonction", "fonction du contact")),
    Field("referent.telephone", "Téléphone du référent", ("téléphone", "tél", "tel", "téléphone du contact")),
    Field("referent.courriel", "Courriel du référent", ("courriel", "mail", "email", "e-mail", "adresse mail",
                                                        "courriel du contact")),
    Field("facturation.exercice", "Exercice", ("année de facturation",)),
    Field("facturation.code_service", "Code service", ("code service chorus", "service chorus")),
    Field("facturation.numero_engagement", "N° d'engagement", ("engagement", "numéro engagement", "n° engagement")),
    Field("population.nombre", "Population", ("nombre d'habitants", "habitants", "population municipale",
                                              "population totale")),
    Field("population.annee", "Année de la population", ("année population",)),
    Field("population.source", "Source de la population", ("source population",)),
    Field("agents.nombre", "Agents", ("nombre d'agents", "effectif", "effectifs")),
    Field("agents.annee", "Année des agents", ("année agents",)),
    Field("agents.source", "Source des agents", ("source agents",)),
    Field("parti_le", "Parti le", ("date de départ", "départ")),
)  # fmt: skip
LOOKS: Mapping[str, Callable[[str], Any]] = {
    "siret": values.siret, "siege.code_postal": values.postcode, "referent.courriel": values.email,
    "referent.telephone": values.phone,
}  # fmt: skip
"""The fields that are known by their values alone."""


@dataclass(frozen=True)
class Column:
    """A column of a table, and what it is taken for."""

    number: int
    """From 0."""
    heading: str
    ref: str
    """« C »."""
    path: str
    """Nothing when it is left aside."""
    why: str
    """« titre connu », « titre proche », « ses valeurs », « retenu », or nothing."""


def fields(edition: Edition | None) -> tuple[Field, ...]:
    """Return the fields that a column may hold: those of every member, then the questions of the volets."""
    found = list(FIELDS)
    volets = edition.volets if edition else ()
    for volet in volets:
        alone = "" if len(volets) == 1 else f"{volet.titre} : "
        for choix in volet.choix:
            also = (choix.id, f"{volet.id} {choix.id}", choix.libelle)
            found.append(Field(f"volet.{volet.id}.{choix.id}", f"{alone}{choix.libelle}", also))
        if not volet.choix:
            found.append(Field(f"volet.{volet.id}.", volet.titre, (volet.id,)))
    return tuple(found)


def heading_row(table: Table, known: Sequence[Field], kept: Iterable[str] = ()) -> int | None:
    """Return which row holds the headings, from 0; None when none has two that are known, or `kept` from before."""
    names = {name for field in known for name in _names(field)} | set(map(_key, kept))
    counts = [(sum(_key(cell.text) in names for cell in row), -n) for n, row in enumerate(table.rows[:HEADINGS])]
    best = max(counts, default=(0, 0))
    return -best[1] if best[0] >= 2 else None


def proposed(table: Table, row: int, known: Sequence[Field], kept: Mapping[str, str]) -> list[Column]:
    """Return what each column is taken for, no field twice; `kept` is what was chosen before, by the heading."""
    found: list[Column] = []
    taken: set[str] = set()
    cells = [cell for cell in table.rows[row] if cell.text]
    admitted = {field.path for field in known}
    for judge in (partial(_kept, kept=kept, admitted=admitted), partial(_ours, known=known),
                  partial(_named, known=known), partial(_near, known=known)):  # fmt: skip
        for cell in cells:
            path, why = judge(cell.text)
            if why and cell.ref not in {one.ref for one in found} and (not path or path not in taken):
                found.append(Column(_number(table, row, cell), cell.text, cell.ref, path, why))
                taken.add(path)
    for cell in cells:
        if cell.ref not in {one.ref for one in found}:
            number = _number(table, row, cell)
            path = next((p for p in LOOKS if p not in taken and _looks(table, row, number, LOOKS[p])), "")
            found.append(Column(number, cell.text, cell.ref, path, "ses valeurs" if path else ""))
            taken.add(path)
    return [_lettered(one) for one in sorted(found, key=lambda one: one.number)]


def _lettered(column: Column) -> Column:
    return Column(column.number, column.heading, re.sub(r"\d", "", column.ref), column.path, column.why)


def _number(table: Table, row: int, cell: Cell) -> int:
    return table.rows[row].index(cell)


def _kept(heading: str, kept: Mapping[str, str], admitted: Iterable[str]) -> tuple[str, str]:
    known = {_key(name): path for name, path in kept.items()}
    path = known.get(_key(heading))
    return (path, "retenu") if path is not None and (not path or path in admitted) else ("", "")


def _ours(heading: str, known: Sequence[Field]) -> tuple[str, str]:
    same = [field for field in known if _key(heading) in (_key(field.heading), _key(field.path))]
    return (same[0].path, "titre connu") if same else ("", "")


def _named(heading: str, known: Sequence[Field]) -> tuple[str, str]:
    same = [field for field in known if _key(heading) in _names(field)]
    return (same[0].path, "titre connu") if same else ("", "")


def _near(heading: str, known: Sequence[Field]) -> tuple[str, str]:
    names = {name: field.path for field in reversed(known) for name in _names(field) if len(name) > 3}
    near = difflib.get_close_matches(_key(heading), names, n=1, cutoff=NEAR)
    return (names[near[0]], "titre proche") if near else ("", "")


def _names(field: Field) -> set[str]:
    return {_key(name) for name in (field.heading, *field.also, field.path)}


def _key(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", formats.folded(heading)).strip()


def _looks(table: Table, row: int, number: int, read: Callable[[str], Any]) -> bool:
    """Tell whether the cells of a column look like values of that kind."""
    texts = [one[number].text for one in table.rows[row + 1 :] if number < len(one) and one[number].text][:SAMPLE]
    good = 0
    for text in texts:
        try:
            read(text)
        except PydanticCustomError:
            continue
        good += 1
    return bool(texts) and good >= ALIKE * len(texts)
