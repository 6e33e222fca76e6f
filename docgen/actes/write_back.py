"""Note in the séances what happened to an act: signed, received or refused by the préfecture, published."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from docgen import formats
from docgen.actes import transmissions
from docgen.actes.known import FOLDER, Known, all_of, find, slug
from docgen.diagnostics import Diagnostic, Place, ProblemsFound, closest
from docgen.law import courriers
from docgen.law import prefecture as actes
from docgen.law.courriers import Courrier
from docgen.records import rewrite
from docgen.records.workspace import Data, Workspace, load, today

AFTER = ("numero", "signee_le", "malgre", "envoyee_le", "recue_le", "transmise_le", "annulee_le")
"""The fields of an act after which what happens to it is written, in their order."""


@dataclass(frozen=True)
class Noted:
    """What a message of the préfecture was, and what was noted of it."""

    numero: str
    courrier: Courrier
    frozen: bool = False
    """Whether what was sent is frozen now."""
    sent: tuple[str, ...] = ()
    """The members to whom packs were sent that rest on the act, and that a cancellation puts in doubt."""


def acknowledged(workspace: Workspace, file: Path) -> Noted:
    """Note a message of the préfecture on its act: the date of an acknowledgement, an anomaly, a letter.

    Raises `ConversionFailed` when the file is no message, `ProblemsFound` when it is not of one of our acts, or does
    not echo what was sent.
    """
    message = courriers.read(file)
    data = load(workspace)
    known = _act_of(data, message, file)
    if message.element == "ARActe":
        if differences := list(_differences(workspace, data, known, message)):
            raise ProblemsFound(
                Diagnostic(Place(file.name), "accuse-infidele", said, "Rien n'est noté : voyez avec la préfecture.")
                for said in differences
            )
        return _received(workspace, data, known, message)
    if message.element == "ARAnnulation":
        return _cancelled(workspace, data, known, message)
    _letter(workspace, known, message)
    return Noted(known.acte.numero, message)


def _act_of(data: Data, message: Courrier, file: Path) -> Known:
    """Return the act that a message is about. Raises `ProblemsFound` when it is none of ours."""
    ours = dict(_sendable(data))
    if message.identifiant in ours:
        return ours[message.identifiant]
    if message.recu and not message.identifiant:
        for known in ours.values():
            if actes.internal_number(known.acte.numero) == message.recu.numero:
                return known
    named = message.identifiant or (message.recu.numero if message.recu else "un acte qu'il ne nomme pas")
    hint = closest(named, ours) or "Aucune séance de ce dossier ne porte cet acte."
    said = f"le message de la préfecture ({message.nature}) est celui de {named}, qui n'est pas un acte connu ici"
    raise ProblemsFound([Diagnostic(Place(file.name), "accuse-etranger", said, hint)])


def _sendable(data: Data) -> Iterator[tuple[str, Known]]:
    """Yield the acts by their identifier; those whose number ACTES refuses were never sent."""
    for known in all_of(data):
        with suppress(ValueError):
            yield _identifier(data, known), known


def _identifier(data: Data, known: Known) -> str:
    siren = data.syndicat.siret[:9]
    return actes.identifier(data.syndicat.departement or "", siren, known.seance.date, known.acte.numero)


def _differences(workspace: Workspace, data: Data, known: Known, message: Courrier) -> Iterator[str]:
    """Yield what an acknowledgement says otherwise than what was sent; its identifier is ours already."""
    received, acte = message.recu, known.acte
    if received is None:
        yield "l'accusé de réception ne redit pas l'acte reçu (ActeRecu) : rien ne prouve que c'est le nôtre"
        return
    sent = transmissions.prepared(workspace, slug(acte.numero))
    annexes = len(sent) - 1 if sent else int(acte.edition is not None)
    plain = " ".join(actes.plain(acte.titre).split())
    code = acte.matiere.removesuffix(".0")
    for what, said, ours in (
        ("le numéro", received.numero, actes.internal_number(acte.numero)),
        ("la date", received.date, known.seance.date.isoformat()),
        ("la nature", received.nature, actes.NATURE_CODE),
        ("la matière", received.matiere, code),
        ("l'objet", " ".join(actes.plain(received.objet).split()), plain),
        ("le nombre d'annexes", str(received.annexes), str(annexes)),
    ):
        if said != ours:
            yield f"l'accusé de réception donne {what} « {said or '(rien)'} », et l'acte envoyé « {ours} »"


def _received(workspace: Workspace, data: Data, known: Known, message: Courrier) -> Noted:
    acte = known.acte
    day, moment = message.jour, message.moment
    if acte.annulee_le:
        said = f"la transmission de cet acte a été annulée le {formats.short_date(acte.annulee_le)}"
        hint = "Si elle a été refaite, effacez « transmise_le » et « annulee_le » de la séance, et recommencez."
        raise ProblemsFound([Diagnostic(Place("seances"), "date-refusee", f"n° {acte.numero} : {said}", hint)])
    folder = workspace.output / FOLDER / slug(acte.numero)
    already = acte.transmise_le == day
    frozen = None
    if transmissions.of(workspace.root, folder.name) is None:
        frozen = transmissions.freeze(workspace, folder, acte.numero, _identifier(data, known), day)
    try:
        values: dict[str, Any] = {"recue_le": moment} if moment and not acte.recue_le else {}
        if not already or values:
            _set(workspace, acte.numero, "transmise_le", day, values)
    except BaseException:
        if frozen:
            frozen.unlink()
        raise
    return Noted(acte.numero, message, frozen is not None)


def _cancelled(workspace: Workspace, data: Data, known: Known, message: Courrier) -> Noted:
    """Note that the transmission was cancelled: what rests on the act is not to be signed any more."""
    acte = known.acte
    if acte.transmise_le and message.jour < acte.transmise_le:
        said = f"n° {acte.numero} : l'annulation du {formats.short_date(message.jour)} précède l'accusé de réception"
        raise ProblemsFound([Diagnostic(Place("seances"), "date-refusee", said)])
    _set(workspace, acte.numero, "annulee_le", message.jour)
    resting = [edition for edition in (acte.edition,) if edition]
    members = [m.id for m in data.membres if any(one.edition in resting for one in m.tenus)]
    return Noted(acte.numero, message, sent=tuple(members))


def _letter(workspace: Workspace, known: Known, message: Courrier) -> None:
    """Note a letter or an anomaly on its act, once."""
    path, rank, _ = _where(workspace, known.acte.numero)
    entry: dict[str, Any] = {"nature": message.nature, "date": message.jour}
    if message.objet:
        entry["objet"] = message.objet
    noted = [(one.nature, one.date, one.objet) for one in known.acte.courriers]
    if (message.nature, message.jour, message.objet or None) in noted:
        return

    def note(tree: Any) -> None:
        acte = tree["deliberations"][rank]
        if acte.get("courriers"):
            acte["courriers"].append(entry)
        else:
            rewrite.insert_after(acte, (*AFTER, "publiee_le"), "courriers", [entry])

    rewrite.add(path, workspace.shown(path), note, f"« courriers: {message.nature} »")


def published(workspace: Workspace, numero: str, day: date) -> None:
    """Record the publication of a délibération. Raises `ProblemsFound`."""
    _set(workspace, numero, "publiee_le", day)


def signed(workspace: Workspace, numero: str, day: date, malgre: str = "") -> bool:
    """Record the day of the last signature of an act; return whether it is noted now. Raises `ProblemsFound`."""
    acte = find(load(workspace), numero).acte
    if acte.signee_le == day:
        return False
    _set(workspace, numero, "signee_le", min(day, today()) if malgre else day, {"malgre": malgre} if malgre else {})
    return True


def _set(workspace: Workspace, numero: str, field: str, day: date, more: dict[str, Any] | None = None) -> None:
    path, rank, known = _where(workspace, numero)
    written = getattr(known.acte, field)
    if written == day and not more:
        return
    said = ""
    if written and written != day:
        said = f"{field} vaut déjà {formats.short_date(written)} : corrigez la fiche à la main si c'est une erreur"
    elif day < known.seance.date and not (more or {}).get("malgre"):
        said = f"le {formats.short_date(day)} précède la séance du {formats.short_date(known.seance.date)}"
    elif day > today():
        said = f"le {formats.short_date(day)} n'est pas encore passé"
    if said:
        raise ProblemsFound([Diagnostic(Place(workspace.shown(path)), "date-refusee", f"n° {numero} : {said}")])

    def note(tree: Any) -> None:
        acte = tree["deliberations"][rank]
        values = {field: day, **(more or {})}
        for name in (*AFTER, "publiee_le"):
            if name in values and acte.get(name) is None:
                rewrite.insert_after(acte, AFTER[: AFTER.index(name)] if name in AFTER else AFTER, name, values[name])

    rewrite.add(path, workspace.shown(path), note, f"« {field}: {day.isoformat()} »")


def _where(workspace: Workspace, numero: str) -> tuple[Path, int, Known]:
    """Return the file of an act, its rank in it, and the act. Raises `ProblemsFound`."""
    data = load(workspace)
    known = find(data, numero)
    path = next(p for p, s in zip(workspace.seances, data.seances, strict=True) if s is known.seance)
    rank = next(rank for rank, acte in enumerate(known.seance.deliberations) if acte is known.acte)
    return path, rank, known
