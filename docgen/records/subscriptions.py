"""What members say of the volets, against the edition that describes them: answers, periods, facts, consumptions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from pydantic_core import PydanticCustomError

from docgen import formats
from docgen.diagnostics import Diagnostic, closest
from docgen.law import souscriptions, tarif
from docgen.law.contrats import FIN
from docgen.model.edition import Choix, Edition, Volet
from docgen.model.fiches import Consommation, Declared, Membre, Souscription
from docgen.records.reading import KEY, Record
from docgen.records.translate import Loc

OWN = frozenset(Souscription.model_fields)
FORMER = "souscription"
"""The field that held the only subscription of a member."""
Fault = tuple[Loc, str, str, str]


def problems(members: Iterable[Membre], edition: Edition, record: Record) -> Iterator[Diagnostic]:
    """Yield all that the members say of the volets and that the edition does not have, each in its place.

    A period that was over before the edition, of a volet that it has not any more, is history.
    """
    for index, membre in enumerate(members):
        for where, code, message, mend in _of_member(membre, edition):
            yield Diagnostic(record.place(("membres", index, *where)), code, f"{message} ({membre.id})", mend)


def answers(record: Record, edition: Edition) -> Iterator[Diagnostic]:
    """Yield what is wrong in the answers of a record that is no model, for another fault of it."""
    for index, row in enumerate(record.items("membres")):
        periods = row.get("souscriptions") if isinstance(row, dict) else None
        for rank, taken in enumerate(periods if isinstance(periods, list) else []):
            volet = edition.volet(str(taken.get("volet"))) if isinstance(taken, dict) else None
            said = {key: value for key, value in taken.items() if key not in OWN} if volet else {}
            path: Loc = ("membres", index, "souscriptions", rank)
            for where, code, message, mend in _answers(path, said, volet) if volet else ():
                yield Diagnostic(record.place(where), code, message, mend)


def faults_of(membre: Membre, edition: Edition) -> Iterator[tuple[str, str, str]]:
    """Yield the same of one member, without the places: code, message, mend."""
    for _, code, said, mend in _of_member(membre, edition):
        yield code, said, mend


def former(record: Record, edition: Edition | None) -> Iterator[Diagnostic]:
    """Yield the subscriptions written as they were before volets, each with the lines to paste instead."""
    for index, row in enumerate(record.items("membres")):
        if isinstance(row, dict) and FORMER in row:
            place = record.place(("membres", index, FORMER, KEY))
            said = f"« {FORMER}: » s'écrit maintenant par volet, et il peut y en avoir plusieurs"
            yield Diagnostic(place, "souscription-ancienne", said, _lines(row[FORMER], edition))


def _lines(taken: Any, edition: Edition | None) -> str:
    """Return the lines that say the same."""
    answers = {key: value for key, value in taken.items() if value} if isinstance(taken, dict) else {}
    volets = edition.volets if edition else ()
    volet = max(volets, key=lambda v: len({choix.id for choix in v.choix} & answers.keys()), default=None)
    lines = ["Remplacez ces lignes par :", "    souscriptions:", f"      - volet: {volet.id if volet else '…'}"]
    for key, value in answers.items():
        choix = next((one for one in volet.choix if one.id == key), None) if volet else None
        near = [one for one in choix.valeurs if one.split()[0] == str(value).strip()] if choix else []
        lines.append(f"        {key}: {near[0] if near else value}")
    return "\n".join(lines)


def _of_member(membre: Membre, edition: Edition) -> Iterator[Fault]:
    now = souscriptions.periods(membre.souscriptions)
    for index, taken in enumerate(membre.souscriptions):
        path: Loc = ("souscriptions", index)
        last = taken is now[taken.volet][-1]
        history = bool(taken.jusqu_au and taken.jusqu_au < edition.deliberation.date) or not last
        volet = edition.volet(taken.volet)
        if volet is None:
            if not history:
                yield (*path, "volet"), *_no_such_volet(taken, edition)
            continue
        wrong = list(_answers(path, taken.reponses, volet))
        yield from [] if history and _admissible(wrong) else wrong
        if not wrong and not history:
            yield from _priced(path, membre, taken, volet, edition)
        if last and not volet.offered_to(membre.forme):
            forms = formats.listing(volet.propose_a, "ou")
            said = f"le volet « {volet.id} » n'est pas proposé à la forme « {membre.forme.value} »"
            yield (*path, "volet"), "volet-non-propose", said, f"Il l'est à : {forms}."
    for index, sent in enumerate(membre.envois):
        if sent.document == FIN:
            continue
        for rank, held in enumerate(sent.souscriptions):
            volet = edition.volet(held.volet)
            if volet and sent.edition == edition.edition:
                yield from _answers(("envois", index, "souscriptions", rank), held.reponses, volet)
    yield from _overlaps(membre)
    yield from _consumed(membre, edition)


def _admissible(wrong: list[Fault]) -> bool:
    """Tell whether answers of the past may be left as they are: the questions or their values have changed since."""
    return all(code in ("choix-inconnu", "choix-manquant", "valeur-inconnue") for _, code, _, _ in wrong)


def _no_such_volet(taken: Declared, edition: Edition) -> tuple[str, str, str]:
    names = [volet.id for volet in edition.volets]
    said = f"le volet « {taken.volet} » n'existe pas dans l'édition {edition.edition}"
    mend = closest(taken.volet, names) or f"Volets de cette édition : {', '.join(names) or 'aucun'}."
    return "volet-inconnu", said, mend


def _answers(path: Loc, taken: Mapping[str, Any], volet: Volet) -> Iterator[Fault]:
    known = {choix.id: choix for choix in volet.choix}
    for name, value in taken.items():
        if name not in known:
            said = f"le volet « {volet.id} » ne demande pas « {name} »"
            mend = closest(name, known) or f"Il demande : {', '.join(known) or 'rien'}."
            yield (*path, name, KEY), "choix-inconnu", said, mend
        else:
            yield from (((*path, name), *said) for said in _answer(known[name], value))
    for choix in volet.choix:
        if choix.id not in taken:
            near = any(closest(name, [choix.id]) for name in taken if name not in known)
            said = f"le volet « {volet.id} » demande « {choix.id} » : {choix.libelle}"
            if not near:  # it is not missing, it is misspelt
                yield path, "choix-manquant", said, f"Ajoutez « {choix.id}: … »."


def _answer(choix: Choix, value: Any) -> Iterator[tuple[str, str, str]]:
    """Yield what is wrong in an answer."""
    if not isinstance(value, str):
        yield (
            "texte-attendu",
            f"« {choix.id} » doit être une valeur simple",
            "Écrivez-la sur la même ligne, après « : ».",
        )
        return
    try:
        found = souscriptions.answer(choix, value)
    except PydanticCustomError as error:
        context = error.context or {}
        yield str(context["code"]), str(context["message"]), str(context["hint"])
        return
    if choix.type == "parmi" and found not in choix.valeurs:
        known = formats.listing((f"« {one} »" for one in choix.valeurs), "ou")
        said = f"« {value} » n'est pas admis pour « {choix.id} »"
        yield "valeur-inconnue", said, f"{closest(value, choix.valeurs)} Valeurs admises : {known}.".strip()
    if isinstance(found, bool) or not isinstance(found, int):
        return
    if choix.minimum is not None and found < choix.minimum:
        said = f"« {choix.id} » vaut {value} : le minimum est {choix.minimum}"
        yield "nombre-hors-limites", said, "Vérifiez le nombre."
    if choix.maximum is not None and found > choix.maximum:
        said = f"« {choix.id} » vaut {value} : le maximum est {choix.maximum}"
        yield "nombre-hors-limites", said, "Vérifiez le nombre."


def _priced(path: Loc, membre: Membre, taken: Souscription, volet: Volet, edition: Edition) -> Iterator[Fault]:
    """Yield why a subscription has no price in the edition."""
    if volet.tarif is None:
        return
    known = souscriptions.faits(volet, membre, taken.reponses)
    for name in dict.fromkeys(name for _, name in tarif.missing(volet.tarif, known)):
        if name not in known:
            unit = volet.unite(name)
            said = f"le prix du volet « {volet.id} » dépend du nombre d'{unit} : « {name}: » manque"
            mend = f"Ajoutez à la fiche « {name}: {{nombre: 1243, annee: 2025, source: INSEE population totale}} »."
            yield path, "fait-manquant", said, mend
        else:
            scale = next(one for one in volet.tarif.tranches if one.de == name)
            said = (
                f"{formats.number(int(known[name]))} {volet.unite(name)} : aucune tranche de « {volet.id} » n'a de prix"
            )
            mend = f"L'échelle « {scale.id} » s'arrête à {formats.number(scale.bornes[-1])} : au_dela la prolonge."
            yield path, "hors-tranches", said, mend
    if not any(tarif.concerns(ligne, known) for ligne in volet.tarif.lignes):
        said = f"aucune ligne du volet « {volet.id} » n'a de prix pour ces réponses dans l'édition {edition.edition}"
        asked = list(
            dict.fromkeys(f"« {n}: {formats.listing(w, 'ou')} »" for li in volet.tarif.lignes for n, w in li.si)
        )
        mend = f"Les lignes sont dues pour {' ; '.join(asked)}. S'il n'a pas encore choisi, effacez la souscription."
        yield path, "souscription-sans-tarif", said, mend


def _overlaps(membre: Membre) -> Iterator[Fault]:
    """Yield the periods of one volet that overlap: one ends before the other, or is replaced from a later day."""
    for periods in souscriptions.periods(membre.souscriptions).values():
        for one, other in pairwise(periods):
            path: Loc = ("souscriptions", membre.souscriptions.index(other))
            if other.depuis is None or other.depuis == one.depuis:
                said = f"deux souscriptions du volet « {other.volet} » commencent le même jour"
                yield path, "periodes-confondues", said, "Donnez à la plus récente son propre jour : depuis."
            elif one.jusqu_au and one.jusqu_au >= other.depuis:
                said = (
                    f"deux périodes du volet « {other.volet} » se chevauchent : l'une va jusqu'au "
                    f"{formats.short_date(one.jusqu_au)}, l'autre commence le {formats.short_date(other.depuis)}"
                )
                yield path, "periodes-confondues", said, "Corrigez « depuis » ou « jusqu_au »."


def _consumed(membre: Membre, edition: Edition) -> Iterator[Fault]:
    seen: dict[tuple[str, int, str | None], int] = {}
    for index, used in enumerate(membre.consommations):
        path: Loc = ("consommations", index)
        volet = edition.volet(used.volet)
        if volet is None:
            yield (*path, "volet"), *_no_such_volet(used, edition)
            continue
        counted = measured(volet)
        if not counted:
            said = f"le volet « {volet.id} » ne se compte pas après coup"
            yield (*path, "volet"), "volet-non-compte", said, "Aucune de ses lignes n'a « mesure: consomme »."
            continue
        yield from _counts(path, used, volet, counted)
        key = (used.volet, used.exercice, used.edition)
        if key in seen:
            said = f"la consommation de « {volet.id} » pour {used.exercice} est donnée deux fois"
            yield (*path, "exercice"), "consommation-en-double", said, "Gardez-en une."
        seen[key] = index


def measured(volet: Volet) -> tuple[str, ...]:
    """Return the questions of a volet whose answer is counted afterwards."""
    lignes = volet.tarif.lignes if volet.tarif else ()
    return tuple(dict.fromkeys(li.par for li in lignes if li.mesure == "consomme" and li.par))


def _counts(path: Loc, used: Consommation, volet: Volet, counted: tuple[str, ...]) -> Iterator[Fault]:
    for name, value in used.reponses.items():
        if name not in counted:
            said = f"« {name} » ne se compte pas dans le volet « {volet.id} »"
            mend = closest(name, counted) or f"Se compte : {', '.join(counted)}."
            yield (*path, name, KEY), "choix-inconnu", said, mend
        elif not isinstance(value, str) or not re.fullmatch(r"[\d \u00a0\u202f]+", value):
            yield (
                (*path, name),
                "nombre-attendu",
                f"« {value} » n'est pas un nombre entier",
                "Écrivez des chiffres seuls.",
            )
    for name in counted:
        if name not in used.reponses and not any(closest(one, [name]) for one in used.reponses):
            said = f"la consommation de « {volet.id} » ne dit pas « {name} »"
            yield path, "choix-manquant", said, f"Ajoutez « {name}: … »."
