"""What was typed in the blanks of a contract: quantities and choices as a record admits them, amounts computed again.

Place, date and references bind nobody; what a member takes and what it pays do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from docgen.champs.pack import Dossier, values
from docgen.champs.volets import NOTHING, champs_of
from docgen.model.edition import Edition, Volet
from docgen.model.fiches import Membre, Souscription, Syndicat
from docgen.packs.receipts import Receipt
from docgen.records import subscriptions

NOTHINGS = ("-", "–", "0", "0,00", "0,00 €", "néant", "Néant", "non")
BINDING = re.compile(r"champ_(?:volet_)?(?P<path>.*?(?:souscription|montants|grille)_.+)")


def binding(field: str) -> bool:
    """Tell whether a field of a pack is a quantity, a choice or an amount."""
    return BINDING.fullmatch(field) is not None


def faults(
    receipt: Receipt, edition: Edition, syndicat: Syndicat, membre: Membre, filled: Mapping[str, str],
    after: Mapping[str, str], empty: Iterable[str], signed: bool,
) -> Iterator[str]:  # fmt: skip
    """Yield what is wrong in the blanks that bind: filled in `after` a signature, false, or left empty.

    `filled` are the values of the fields of the pack, by their names; `empty` those without.
    """
    for name in filter(binding, filled):
        if name in after:
            yield f"le champ « {name} » (« {filled[name]} ») a été rempli après la signature de {after[name]}"
    if signed:
        for name in (one for one in empty if binding(one) and "_lignes_" not in one):
            yield f"le champ « {name} » est resté vide, et le pack est signé : rien ne dit ce qui est souscrit"
    known = {name: value for name, value in filled.items() if binding(name)}
    if not known:
        return
    for volet in edition.volets:
        paths = {name: path for name in known if (path := _path(name, volet, receipt, edition))}
        if paths:
            yield from _of_volet(volet, edition, syndicat, membre, known, paths)


def _path(name: str, volet: Volet, receipt: Receipt, edition: Edition) -> str:
    """Return what a field stands for among those of a volet, « souscription_utilisateurs »; nothing when it is none."""
    own = {piece.id: piece.volet for piece in edition.pieces}
    for piece in receipt.pieces:
        ending = f"_{piece.replace('-', '_')}"
        if not name.endswith(ending):
            continue
        path = name.removeprefix("champ_").removesuffix(ending)
        prefix = f"volet_{volet.id}_".replace("-", "_")
        if path.startswith(prefix):
            return path.removeprefix(prefix)
        of_volet = own.get(piece) or (edition.volets[0].id if len(edition.volets) == 1 else "")
        if not path.startswith("volet_") and of_volet == volet.id:
            return path
    return ""


def _of_volet(
    volet: Volet, edition: Edition, syndicat: Syndicat, membre: Membre, typed: Mapping[str, str],
    paths: Mapping[str, str],
) -> Iterator[str]:  # fmt: skip
    """Yield what is wrong in what was typed of a volet; `paths` say what each of its fields stands for."""
    answers: dict[str, str] = {}
    for choix in volet.choix:
        said = {typed[name].strip() for name, path in paths.items() if path == f"souscription_{choix.id}"}
        if len(said) > 1:
            yield f"« {choix.libelle} » a deux réponses : {', '.join(sorted(said))}"
        elif said:
            answers[choix.id] = _answer(said.pop())
    taken = _taken(volet, membre, answers)
    if isinstance(taken, str):
        yield taken
        return
    wanted = membre.model_copy(update={"souscriptions": (taken,)})
    if wrong := [said for _, said, _ in subscriptions.faults_of(wanted, edition)]:
        yield from (f"ce qui a été tapé n'est pas admis : {said}" for said in wrong)
        return
    due_of = _due(volet, edition, syndicat, membre, wanted)
    for name, path in paths.items():
        if path.removeprefix("souscription_") in answers:
            continue
        due = due_of.get(path, "")
        if not due.strip("…"):
            yield f"le champ « {name} » (« {typed[name]} ») ne peut pas être recalculé : une réponse manque"
        elif due == NOTHING and typed[name].strip() in NOTHINGS:
            continue
        elif _plain(due) != _plain(typed[name]):
            yield f"le champ « {name} » dit « {typed[name]} » ; d'après les réponses et la grille votée : {due}"


def _due(volet: Volet, edition: Edition, syndicat: Syndicat, membre: Membre, wanted: Membre) -> dict[str, str]:
    """Return what each blank of the volet should say; a row that is not due any more says nothing."""
    champs = champs_of(edition, volet.id)
    taken: tuple[dict[str, Souscription], ...] = ({}, {one.volet: one for one in wanted.souscriptions})
    left, due = (values(Dossier(syndicat, edition, membre, said), champs).tree for said in taken)
    rows = {str(row["libelle"]): row for row in due["montants"]["lignes"]} if "montants" in due else {}
    found = _flat(due)
    for rank, row in enumerate(left["montants"]["lignes"] if "montants" in left else [], 1):
        mine = rows.get(str(row["libelle"]), dict.fromkeys(row, NOTHING))
        found |= {f"montants_lignes_{rank}_{key}": str(value) for key, value in mine.items()}
    return found


def _taken(volet: Volet, membre: Membre, answers: Mapping[str, str]) -> Souscription | str:
    """Return what the member would take, by its record and by what was typed; or why it is not understood."""
    noted = next((one for one in membre.souscriptions if one.volet == volet.id), None)
    before = {name: str(value) for name, value in noted.reponses.items()} if noted else {}
    try:
        return Souscription.model_validate({"volet": volet.id, **before, **answers})
    except ValidationError as error:
        first = error.errors()[0]
        return f"ce qui a été tapé n'est pas admis : {first['msg']}"


def _answer(text: str) -> str:
    """Return an answer as a record writes it: « 1 250 » is 1250."""
    digits = re.sub(r"(?<=\d)[\s\u00a0\u202f](?=\d)", "", text)
    return digits if digits.isdigit() else re.sub(r"[\u00a0\u202f]", " ", text)


def _flat(tree: Any, path: str = "") -> dict[str, str]:
    """Return the values by the names that their fields have: « montants_lignes_1_prix », from 1."""
    if isinstance(tree, Mapping):
        pairs = [(str(key), value) for key, value in tree.items()]
    elif isinstance(tree, list | tuple):
        pairs = [(str(rank), value) for rank, value in enumerate(tree, 1)]
    else:
        return {path: str(tree)} if isinstance(tree, str) else {}
    found: dict[str, str] = {}
    for key, value in pairs:
        found |= _flat(value, f"{path}_{key}" if path else key)
    return found


def _plain(text: str) -> str:
    return re.sub(r"[\s\u00a0\u202f€]|TTC|HT", "", text).rstrip(".")
