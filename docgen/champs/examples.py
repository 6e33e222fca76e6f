"""What the fields of an edition print for one of its members: « docgen fields » shows it beside each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from docgen.champs.pack import Champ, Dossier, values
from docgen.champs.volets import champs_of
from docgen.model.edition import Edition


def sections(edition: Edition, dossiers: Iterable[Dossier]) -> Iterator[tuple[str, list[tuple[Champ, str]]]]:
    """Yield the fields in sections, each with its title and an example of what every field prints.

    The example is of the first member who takes the volet, among `dossiers`, of which there is one at least.
    """
    known = list(dossiers)
    alone = edition.volets[0].id if len(edition.volets) == 1 else None
    everywhere = [champ for champ in champs_of(edition) if not _of_volet(champ)]
    first = _taker(alone, known) if alone else known[0]
    yield "Dans toutes les pièces", list(examples(first, everywhere))
    told = {champ.chemin for champ in everywhere}
    for volet in () if alone else edition.volets:
        own = [champ for champ in champs_of(edition, volet.id) if champ.chemin not in told and not _of_volet(champ)]
        title = f"Dans les pièces du volet « {volet.id} » ; ailleurs, volet.{volet.id}.…"
        yield title, list(examples(_taker(volet.id, known), own, volet.id))


def _of_volet(champ: Champ) -> bool:
    """Tell whether a field repeats, under the name of its volet, one of the volet's own pieces."""
    return champ.chemin.startswith("volet.") and champ.chemin.count(".") > 2


def _taker(volet: str, dossiers: list[Dossier]) -> Dossier:
    return next((one for one in dossiers if volet in one.souscriptions), dossiers[0])


def examples(dossier: Dossier, champs: Iterable[Champ], volet: str | None = None) -> Iterator[tuple[Champ, str]]:
    """Yield the fields, each with an example of what it prints in a piece of that volet."""
    flat = values(dossier, champs_of(dossier.edition, volet)).flat
    for champ in champs:
        value: Any = flat.get(champ.chemin)
        if value is None and "[]" in champ.chemin:
            top, *steps = champ.chemin.split("[].")
            value = flat[top][0] if flat.get(top) else ""
            for step in (name for part in steps for name in part.split(".")):
                value = value[step] if isinstance(value, dict) else ""
                value = value[0] if isinstance(value, list) and value else value
            value = "" if isinstance(value, dict) else value
        yield champ, "" if isinstance(value, list) else str(value)
