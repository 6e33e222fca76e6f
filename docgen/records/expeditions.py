"""The receipts of what was sent, beside the records (envois/): read, and compared with the records of the members.

A sending that no receipt proves is none: a block that was copied would bill a member that signed nothing. A receipt
that no record claims is a record that was deleted, or one whose identifier changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from docgen import formats
from docgen.diagnostics import Diagnostic, Place, Severity, closest
from docgen.law.delais import too_early
from docgen.model.expedition import Expedition
from docgen.model.fiches import Deliberation, Envoi, Membre
from docgen.records.reading import Record
from docgen.records.votes import Vote

FOLDER = "envois"
NOTE = "Notez l'envoi par « docgen record sent » ; s'il a été fait sans docgen, ajoutez « --elsewhere »."


def file_of(root: Path, edition: str, name: str) -> Path:
    """Return where the receipt of a sending is kept; `name` is that of the folder of the pack."""
    return root / FOLDER / edition / f"{name}.json"


def read_all(root: Path) -> tuple[list[Expedition], list[Diagnostic]]:
    """Return all receipts, and those that cannot be read."""
    found, problems = [], []
    for path in sorted((root / FOLDER).glob("*/*.json")):
        try:
            found.append(Expedition.model_validate_json(path.read_bytes()))
        except (OSError, ValidationError):
            place = Place(path.relative_to(root).as_posix())
            said = "ce reçu d'envoi n'est pas lisible"
            hint = "Reprenez-le de votre sauvegarde : il prouve ce qui a été envoyé."
            problems.append(Diagnostic(place, "recu-illisible", said, hint))
    return found, problems


def receipt_of(membre: str, sent: Envoi, receipts: Iterable[Expedition]) -> Expedition | None:
    """Return the receipt of a sending to a member: of the same day and edition, that holds the document."""
    return next(
        (
            one
            for one in receipts
            if (one.membre, one.edition, one.envoye_le) == (membre, sent.edition, sent.envoye_le)
            and (sent.document is None or sent.document in one.documents)
        ),
        None,
    )


def problems(
    members: Sequence[Membre], receipts: Sequence[Expedition], record: Record, votes: Sequence[Vote],
    editions: Sequence[str], today: date,
) -> Iterator[Diagnostic]:  # fmt: skip
    """Yield all that the records say of sendings and that the receipts, the acts or the calendar contradict."""
    known = {membre.id for membre in members}
    renamed = {membre.siret: membre.id for membre in members}
    mine: dict[str, list[Expedition]] = {}
    for one in receipts:  # a member whose id changed keeps its receipts: only the id is to be mended
        owner = one.membre if one.membre in known else renamed.get(one.siret, one.membre)
        mine.setdefault(owner, []).append(one.model_copy(update={"membre": owner}))
    for index, membre in enumerate(members):
        for rank, sent in enumerate(membre.envois):
            place = record.place(("membres", index, "envois", rank))
            proof = receipt_of(membre.id, sent, mine.get(membre.id, ()))
            for code, said, hint in _faults(membre, sent, proof, members, votes, editions, today):
                yield Diagnostic(place, code, f"{said} ({membre.id})", hint)
    yield from _claimed_by_nobody(members, receipts, record)


def _faults(
    membre: Membre, sent: Envoi, proof: Expedition | None, members: Iterable[Membre], votes: Iterable[Vote],
    editions: Sequence[str], today: date,
) -> Iterator[tuple[str, str, str]]:  # fmt: skip
    if sent.edition not in editions:
        hint = closest(sent.edition, editions) or "Remettez son dossier dans templates/ : ce qui est signé s'y lit."
        yield "edition-inconnue", f"l'édition « {sent.edition} » de cet envoi n'existe pas", hint
    elif proof is None:
        yield "envoi-sans-recu", *_without_receipt(membre, sent, members)
    for what, day in (("envoyé", sent.envoye_le), ("signé", sent.signe_le), ("retiré", sent.retire_le)):
        if day is None or (what == "signé" and sent.malgre):
            continue
        if day > today:
            said = f"{what} le {formats.short_date(day)}, qui n'est pas encore passé"
            yield "date-future", said, "Laissez le champ vide jusqu'à ce jour-là."
        elif why := too_soon(day, sent, membre, proof, votes):
            yield "date-trop-tot", f"{what} le {formats.short_date(day)}, mais {why}", "Vérifiez cette date."


def _without_receipt(membre: Membre, sent: Envoi, members: Iterable[Membre]) -> tuple[str, str]:
    copied = next((m.id for m in members if m.id != membre.id and sent in m.envois), "")
    if copied:
        said = f"cet envoi est, mot pour mot, celui de « {copied} », et aucun reçu ne dit qu'il a été fait ici"
        return said, "Effacez « envois » d'une fiche recopiée : seul ce qui a été envoyé à ce membre y figure."
    said = f"aucun reçu ne prouve cet envoi du {formats.short_date(sent.envoye_le)} (dossier {FOLDER}/{sent.edition})"
    return said, f"Effacez ces lignes si rien n'a été envoyé. {NOTE}"


def too_soon(day: date, sent: Envoi, membre: Membre, proof: Expedition | None, votes: Iterable[Vote]) -> str:
    """Return why something was too early on that day: the acts were those of its receipt, where there is one."""
    if proof and proof.executoire_le:
        known = {whose: since for whose, since in proof.executoire_le.items() if since}
        late = [f"la délibération du {whose} est exécutoire le {formats.short_date(since)}"
                for whose, since in known.items() if day < since]  # fmt: skip
        return late[0] if late else ""
    vote = next((one for one in votes if one.edition == sent.edition and not one.echec), None)
    if vote is None or vote.dates["date"] is None:
        return ""
    act = Deliberation.model_construct(
        numero=vote.numero,
        date=vote.dates["date"],
        transmise_le=vote.dates["transmise_le"],
        publiee_le=vote.dates["publiee_le"],
    )
    return too_early(day, act, membre.habilitation if proof is None else None)


def _claimed_by_nobody(
    members: Sequence[Membre], receipts: Iterable[Expedition], record: Record
) -> Iterator[Diagnostic]:
    known = {membre.id: (index, membre) for index, membre in enumerate(members)}
    by_siret = {membre.siret: (index, membre) for index, membre in enumerate(members)}
    told: set[str] = set()
    for receipt in receipts:
        day = formats.short_date(receipt.envoye_le)
        if receipt.membre not in known:
            if receipt.membre in told:
                continue
            told.add(receipt.membre)
            if receipt.siret in by_siret:
                index, membre = by_siret[receipt.siret]
                said = f"ce membre s'appelait « {receipt.membre} » quand un pack lui a été envoyé, le {day}"
                hint = f"Remettez « id: {receipt.membre} » : c'est le nom de ses packs, de ses reçus, de ses états."
                place = record.place(("membres", index, "id"))
                yield Diagnostic(place, "id-change", f"{said} ({membre.id})", hint)
            else:
                said = f"la fiche de « {receipt.membre} » a disparu, et un pack lui a été envoyé le {day}"
                hint = "Reprenez-la de votre sauvegarde. Un membre qui part garde sa fiche : « parti_le: » dit quand."
                yield Diagnostic(Place(record.file), "fiche-disparue", said, hint)
            continue
        index, membre = known[receipt.membre]
        if not any(receipt_of(membre.id, sent, [receipt]) for sent in membre.envois):
            said = f"un pack lui a été envoyé le {day} (édition {receipt.edition}), et sa fiche ne le dit plus"
            hint = "Reprenez ses « envois » de votre sauvegarde ; un envoi se retire par « docgen record withdrawn ». "
            hint += f"Si rien n'était parti, supprimez son reçu, dans {FOLDER}/{receipt.edition}."
            place = record.place(("membres", index))
            yield Diagnostic(place, "envoi-efface", f"{said} ({membre.id})", hint)


def future_days(members: Iterable[Membre], record: Record, today: date) -> Iterator[Diagnostic]:
    """Yield the days of a member that are still to come: its délibération, its leaving."""
    for index, membre in enumerate(members):
        days: list[tuple[tuple[str, ...], str, date | None]] = [(("parti_le",), "le membre part", membre.parti_le)]
        if act := membre.habilitation:
            days.append((("representant", "habilitation", "date"), "la délibération du membre est", act.date))
        for path, what, day in days:
            if day and day > today:
                said = f"{what} le {formats.short_date(day)}, un jour à venir ({membre.id})"
                place = record.place(("membres", index, *path))
                yield Diagnostic(place, "jour-a-venir", said, "Vérifiez l'année.", Severity.WARNING)
