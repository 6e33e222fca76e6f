"""Turn records into the model, gathering every problem with its place; nothing is guessed or repaired."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from docgen import formats
from docgen.diagnostics import Diagnostic, Severity, closest
from docgen.law import seance as assembly
from docgen.law.seance import Regle
from docgen.model import values
from docgen.model.edition import Edition
from docgen.model.fiches import Deliberation, Membre, Membres, Syndicat
from docgen.model.seance import Acte, Registre, Seance
from docgen.records import identity, subscriptions, volets
from docgen.records.reading import KEY, Record
from docgen.records.translate import Loc, model_of


def syndicat(record: Record, today: date) -> tuple[Syndicat | None, list[Diagnostic]]:
    """Return the issuing authority and all that is wrong in its record."""
    found, problems = model_of(Syndicat, record)
    problems += identity.of_syndicat(found, record) if found else ()
    return found, problems + list(_future_dates(record, today))


def membres(
    record: Record, today: date, in_edition: Edition | None = None
) -> tuple[tuple[Membre, ...], list[Diagnostic]]:
    """Return the members and all that is wrong in members.yaml, duplicates included.

    `in_edition` describes the volets that they subscribe to; None when it is not known what it says.
    """
    old = list(subscriptions.former(record, in_edition))
    found, problems = model_of(Membres, record)
    problems = [problem for problem in problems if problem.place not in {one.place for one in old}] + old
    problems += list(_duplicates(record))
    problems += list(_future_dates(record, today))
    members = found.membres if found else ()
    problems += identity.problems(members, record)
    for index, membre in enumerate(members):
        problems += _same_exercice_twice(membre, ("membres", index, "facturation"), record)
    if in_edition:
        problems += subscriptions.problems(members, in_edition, record)
        problems += subscriptions.answers(record, in_edition) if found is None else ()
    return members, list(_with_member(problems, record))


def edition(record: Record, folder: str, today: date) -> tuple[Edition | None, list[Diagnostic]]:
    """Return the edition of that folder; its computed grid must be the voted one, cell by cell."""
    if "tarif" in record.fields:
        place = record.place(("tarif", KEY))
        mend = "Décrivez le volet qu'il tarife : volets, et sous chacun son « tarif: » (guide du juriste)."
        return None, [
            *record.diagnostics,
            Diagnostic(place, "tarif-hors-volet", "« tarif: » est celui d'un volet", mend),
        ]
    found, problems = model_of(Edition, record)
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
    problems += list(volets.problems(found, record))
    return found, problems


def apart(members: Iterable[Membre], issuer: Syndicat, record: Record) -> Iterator[Diagnostic]:
    """Yield the members that are the syndicat itself: a record copied from syndicat.yaml."""
    for index, membre in enumerate(members):
        if membre.siret == issuer.siret:
            yield Diagnostic(
                record.place(("membres", index, "siret")),
                "siret-du-syndicat",
                f"le SIRET est celui du syndicat ({membre.id})",
                "Recopiez celui du membre depuis son avis de situation.",
            )


def _duplicates(record: Record) -> Iterator[Diagnostic]:
    """Yield members given twice, also when another error keeps the model from being made."""
    rows = _rows(record)
    for key, what in (("id", "l'identifiant"), ("siret", "le SIRET"), ("nom", "le nom")):
        values = [row.get(key) if isinstance(row, dict) else None for row in rows]
        yield from _repeated(record, ("membres",), values, key, what)


def _with_member(problems: list[Diagnostic], record: Record) -> Iterator[Diagnostic]:
    """Say which member a problem is about: the line alone is hard to read in a file of sixty records."""
    starts = []
    for index, row in enumerate(_rows(record)):
        if isinstance(row, dict) and isinstance(row.get("id"), str):
            starts.append((record.place(("membres", index)).line, row["id"]))
    for problem in problems:
        owner = next((name for line, name in reversed(starts) if line <= problem.place.line), "")
        said = f"{problem.message} ({owner})" if owner and owner not in problem.message else problem.message
        yield dataclasses.replace(problem, message=said)


def _same_exercice_twice(membre: Membre, path: Loc, record: Record) -> Iterator[Diagnostic]:
    counts = Counter(bill.exercice for bill in membre.facturation)
    for index, bill in enumerate(membre.facturation):
        if counts[bill.exercice] > 1:
            yield Diagnostic(
                record.place((*path, index, "exercice")),
                "exercice-en-double",
                f"l'exercice {bill.exercice} a deux jeux de codes Chorus Pro",
                "Gardez un seul bloc par exercice.",
            )


def _rows(record: Record) -> list[Any]:
    return record.items("membres")


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
                f"la date du {formats.short_date(found)} n'est pas encore passée",
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
    if act.echec:
        return [act.echec]
    steps = (("non transmise", act.transmise_le), ("non publiée", act.publiee_le))
    return [name for name, day in steps if day is None]


def warnings(members: Iterable[Membre], in_edition: Edition, record: Record) -> Iterator[Diagnostic]:
    """Yield what does not stop the packs but that a careful clerk would look at twice."""
    for index, membre in enumerate(members):
        for path, code, message, hint in _doubts(membre, in_edition):
            place = record.place(("membres", index, *path))
            yield Diagnostic(place, code, f"{message} ({membre.id})", hint, Severity.WARNING)


def _doubts(membre: Membre, in_edition: Edition) -> Iterator[tuple[Loc, str, str, str]]:
    act = membre.habilitation
    if act and act.date < in_edition.deliberation.date:
        yield (
            ("representant", "habilitation", "date"),
            "habilitation-anterieure",
            f"la délibération du membre ({formats.short_date(act.date)}) précède le vote des textes "
            f"({formats.short_date(in_edition.deliberation.date)})",
            "Vérifiez qu'elle approuve bien cette édition de la convention.",
        )


def seance(record: Record, today: date, regle: Regle) -> tuple[Seance | None, list[Diagnostic]]:
    """Return a séance and all that is wrong in it: what is written, then the sums, the pouvoirs, the votes."""
    found, problems = model_of(Seance, record)
    problems += list(_future_dates(record, today))
    if found:
        problems += list(_dates_in_order(found, record))
        for fault in assembly.check(found, regle):
            problems.append(Diagnostic(record.place(fault.path), fault.code, fault.message, fault.hint))
    return found, problems


def _dates_in_order(found: Seance, record: Record) -> Iterator[Diagnostic]:
    for index, acte in enumerate(found.deliberations):
        for name in ("transmise_le", "publiee_le"):
            day = getattr(acte, name)
            if day and day < found.date:
                said = f"{name} ({formats.short_date(day)}) précède la séance ({formats.short_date(found.date)})"
                hint = "Une délibération est transmise et publiée après son vote."
                yield Diagnostic(record.place(("deliberations", index, name)), "dates-incoherentes", said, hint)


def known_acts(seances: Sequence[tuple[Seance, Record]], registre: Registre) -> Iterator[Diagnostic]:
    """Yield the numbers given twice, and the acts that a délibération cites and that do not exist or come later."""
    dates = {acte.numero: acte.date for acte in registre.actes}
    for found, record in seances:
        for index, acte in enumerate(found.deliberations):
            if acte.numero in dates:
                place = record.place(("deliberations", index, "numero"))
                hint = "Un numéro ne sert qu'une fois dans toute l'histoire de l'assemblée."
                yield Diagnostic(place, "en-double", f"le numéro « {acte.numero} » est déjà pris", hint)
            dates[acte.numero] = found.date
    for found, record in seances:
        for index, acte in enumerate(found.deliberations):
            yield from _cited(found, acte, ("deliberations", index), dates, record)


def _cited(found: Seance, acte: Acte, path: Loc, dates: dict[str, date], record: Record) -> Iterator[Diagnostic]:
    cited = [((*path, "visas", n, "deliberation"), v.deliberation, v.date) for n, v in enumerate(acte.visas)]
    named = [((*path, name), getattr(acte, name), None) for name in ("modifie", "retire")]
    for where, numero, day in [*cited, *named]:
        if numero is None:
            continue
        if numero not in dates:
            hint = closest(numero, dates) or "Ajoutez-la à actes.yaml si elle est d'avant les séances tenues ici."
            yield Diagnostic(record.place(where), "acte-inconnu", f"la délibération « {numero} » est inconnue", hint)
        elif numero == acte.numero:
            said = f"la délibération « {numero} » se cite elle-même"
            yield Diagnostic(record.place(where), "acte-cite-lui-meme", said, "Vérifiez son numéro.")
        elif dates[numero] > found.date:
            said = f"la délibération « {numero} » est du {formats.short_date(dates[numero])}, après cette séance"
            yield Diagnostic(record.place(where), "acte-posterieur", said, "Vérifiez son numéro.")
        elif day and day != dates[numero]:
            said = f"la délibération « {numero} » est du {formats.short_date(dates[numero])}"
            yield Diagnostic(record.place((*where[:-1], "date")), "date-du-visa", said, "Corrigez la date du visa.")
    days = [visa.date for visa in acte.visas if visa.date]
    if days != sorted(days):
        place = record.place((*path, "visas"))
        yield Diagnostic(place, "visas-en-desordre", "les visas ne sont pas par date", "Mettez le plus ancien d'abord.")
