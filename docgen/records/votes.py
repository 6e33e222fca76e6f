"""Which recorded act voted an edition: its dates, whether it was adopted, and what the two records say differently.

The dates of an act have one place, the record of its séance (or actes.yaml, for those before); edition.yaml names the
act, and may repeat them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from docgen import formats
from docgen.diagnostics import Diagnostic, Place, Severity, closest
from docgen.model.edition import Edition
from docgen.model.fiches import Deliberation, SansEffet
from docgen.model.seance import Acte, Registre, Seance
from docgen.records.reading import Record

DATES = ("date", "transmise_le", "publiee_le")
SAID = {
    "date": "la date de la délibération",
    "transmise_le": "« transmise_le »",
    "publiee_le": "« publiee_le »",
}


@dataclass(frozen=True)
class Vote:
    """An act of the assembly, as a séance or actes.yaml records it."""

    numero: str
    dates: Mapping[str, date | None]
    """By the name of the field."""
    edition: str | None
    """The edition that it votes."""
    source: str
    """« la séance du 11/04/2023 », « actes.yaml »."""
    places: Mapping[str, Place]
    """Of each field that is written, and of the number."""
    echec: str = ""
    """Why it puts nothing in force: « rejetée », « retirée par la délibération n° … »."""


def known(seances: Sequence[tuple[Seance, Record]], registre: Registre, record: Record | None) -> list[Vote]:
    """Return all acts that are recorded, those of the séances first."""
    withdrawn = {
        acte.retire: f"retirée par la délibération n° {acte.numero}"
        for seance, _ in seances
        for acte in seance.deliberations
        if acte.retire and acte.adoptee
    }
    found = []
    for seance, written in seances:
        source = f"la séance du {formats.short_date(seance.date)}"
        for rank, acte in enumerate(seance.deliberations):
            path = ("deliberations", rank)
            places = {name: written.place((*path, name)) for name in ("numero", "edition", *DATES[1:])}
            places["date"] = written.place(("date",))
            dates = {"date": seance.date, "transmise_le": acte.transmise_le, "publiee_le": acte.publiee_le}
            failed = _failed(acte)
            found.append(
                Vote(acte.numero, dates, acte.edition, source, places, failed or withdrawn.get(acte.numero, ""))
            )
    for rank, before in enumerate(registre.actes):
        places = {name: record.place(("actes", rank, name)) for name in ("numero", *DATES)} if record else {}
        dates = {name: getattr(before, name) for name in DATES}
        found.append(Vote(before.numero, dates, None, "actes.yaml", places, withdrawn.get(before.numero, "")))
    return found


def _failed(acte: Acte) -> str:
    if acte.adoptee and acte.annulee_le:
        return f"non transmise : sa transmission a été annulée le {formats.short_date(acte.annulee_le)}"
    return "" if acte.adoptee else acte.vote.resultat


def glimpsed(written: Record) -> list[Vote]:
    """Return the acts of a séance that has a fault, as far as they can be read: they are not unknown for all that."""
    tree = written.tree if isinstance(written.tree, dict) else {}
    try:
        day: date | None = date.fromisoformat(str(tree.get("date")))
    except ValueError:
        day = None
    acts = tree.get("deliberations")
    found = []
    for rank, acte in enumerate(acts if isinstance(acts, list) else []):
        if isinstance(acte, dict) and isinstance(acte.get("numero"), str):
            places = dict.fromkeys(("numero", "edition", *DATES), written.place(("deliberations", rank)))
            dates = {"date": day, "transmise_le": None, "publiee_le": None}
            found.append(Vote(acte["numero"], dates, None, written.file, places))
    return found


def complete(tree: Any, votes: Iterable[Vote]) -> None:
    """Write into the tree of an edition the date of the act that it names, when a séance or actes.yaml has it."""
    act = tree.get("deliberation") if isinstance(tree, dict) else None
    if isinstance(act, dict) and not act.get("date"):
        vote = next((one for one in votes if one.numero == act.get("numero")), None)
        if vote and (day := vote.dates["date"]):
            act["date"] = day.isoformat()


def dated(edition: Edition, record: Record, votes: Sequence[Vote]) -> tuple[Edition, list[Diagnostic]]:
    """Return the edition with the dates of its act, and all that the records of the two say differently."""
    act = edition.deliberation
    vote = next((one for one in votes if one.numero == act.numero), None)
    problems = list(_of_another_act(edition, record, votes))
    if vote is None:
        if not problems:
            problems.append(_unknown(act, record, votes))
        return edition, problems
    problems += _differences(edition, record, vote)
    merged = {name: vote.dates[name] or getattr(act, name) for name in DATES}
    full = act.model_copy(update=merged)
    if vote.echec:
        full = SansEffet.model_construct(**full.model_dump(), motif=vote.echec)
    return edition.model_copy(update={"deliberation": full}), problems


def _of_another_act(edition: Edition, record: Record, votes: Iterable[Vote]) -> Iterator[Diagnostic]:
    """Yield the acts that say that they vote the edition, and that it does not name."""
    ours = edition.deliberation.numero
    for vote in votes:
        if vote.edition == edition.edition and vote.numero != ours and not vote.echec:
            there = vote.places["edition"]
            said = f"l'édition {edition.edition} est celle de la délibération « {ours} », et {vote.source} dit que "
            said += f"« {vote.numero} » la vote ({there.file}, ligne {there.line})"
            hint = f"Écrivez le bon numéro : « numero: {vote.numero} » ici, ou une autre édition dans la séance."
            yield Diagnostic(record.place(("deliberation", "numero")), "acte-de-l-edition", said, hint)


def _differences(edition: Edition, record: Record, vote: Vote) -> Iterator[Diagnostic]:
    act = edition.deliberation
    if vote.edition and vote.edition != edition.edition:
        there = vote.places["edition"]
        said = f"la délibération « {act.numero} » vote l'édition {vote.edition} ({there.file}, ligne {there.line}), "
        said += f"et l'édition {edition.edition} la donne pour sienne"
        hint = "Corrigez « edition » dans la séance, ou « numero » ici."
        yield Diagnostic(record.place(("deliberation", "numero")), "acte-de-l-edition", said, hint)
    for name in DATES:
        said_here, recorded = getattr(act, name), vote.dates[name]
        if said_here and recorded and said_here != recorded:
            there = vote.places[name]
            message = f"{SAID[name]} ({formats.short_date(said_here)}) n'est pas celle de {vote.source} : "
            message += f"{formats.short_date(recorded)} ({there.file}, ligne {there.line})"
            hint = f"Gardez la bonne date dans {there.file}, et effacez-la ici : elle n'a pas à y être répétée."
            yield Diagnostic(record.place(("deliberation", name)), "dates-differentes", message, hint)


def _unknown(act: Deliberation, record: Record, votes: Iterable[Vote]) -> Diagnostic:
    said = f"la délibération « {act.numero} », qui vote cette édition, n'est dans aucune séance ni dans actes.yaml"
    hint = closest(act.numero, [vote.numero for vote in votes])
    hint = hint or "Ajoutez sa séance dans seances/, ou son numéro, sa date et son objet dans actes.yaml."
    return Diagnostic(record.place(("deliberation", "numero")), "acte-non-tenu", said, hint, Severity.WARNING)
