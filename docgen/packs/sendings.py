"""Note in members.yaml what was sent to a member, taken back, came back signed, what it takes; keep each receipt."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from docgen import formats, publish
from docgen.diagnostics import Diagnostic, Place, ProblemsFound, closest
from docgen.law.contrats import AVIS, FIN, NOTICES, binds
from docgen.law.delais import too_early
from docgen.model.expedition import Expedition
from docgen.model.fiches import Deliberation, Envoi, Membre, Souscription
from docgen.packs import receipts
from docgen.packs import withdrawn as withdrawals
from docgen.packs.amendment import Decision
from docgen.packs.contents import Contents
from docgen.records import edit, rewrite, subscriptions
from docgen.records.expeditions import file_of, receipt_of, too_soon
from docgen.records.workspace import Data, Workspace, load, today

WHOLE = "le pack entier"
"""How a sending is called that names no document."""
BEFORE = ("id", "nom", "forme", "siret", "siege", "representant", "referent", "facturation", "population", "agents")
"""The fields of a member after which its subscriptions are written."""


@dataclass(frozen=True)
class _Sending:
    """What is noted of a sending: its receipt, and the lines of the record."""

    kept: Expedition
    entries: Sequence[Mapping[str, Any]]


def sent(workspace: Workspace, membre: str, day: date, edition: str | None = None, incomplet: bool = False) -> str:
    """Record that the pack of a member was sent; return what was sent: « convention », « avenant ».

    Its receipt is kept beside the records. Raises `ProblemsFound` when there is no pack, when it carries PROJET, is not
    as it was made, or that day comes too early: what is not enforceable is not sent to sign; nor is, unless it is said
    to be `incomplet`, what leaves the member to write what it takes and what it pays.
    """
    contents = Contents(workspace, load(workspace, edition))
    one = _prepared(contents, membre, day, incomplet)
    _note_sendings(workspace, {membre: one})
    return formats.listing(entry["document"] for entry in one.entries)


def sent_together(workspace: Workspace, membres: Iterable[str], day: date) -> dict[str, ProblemsFound | None]:
    """Record that day as the sending of the packs of several members; return why each that is refused is.

    Those that are admitted are noted all at once. Raises `CannotWrite`.
    """
    contents = Contents(workspace, load(workspace))
    found: dict[str, ProblemsFound | None] = {}
    admitted = {}
    for membre in dict.fromkeys(membres):
        try:
            admitted[membre] = _prepared(contents, membre, day, incomplet=False)
            found[membre] = None
        except ProblemsFound as error:
            found[membre] = error
    if admitted:
        _note_sendings(workspace, admitted)
    return found


def _prepared(contents: Contents, membre: str, day: date, incomplet: bool) -> _Sending:
    """Return what is to be noted of the sending of a pack that stands. Raises `ProblemsFound`."""
    workspace, data = contents.workspace, contents.data
    name = data.edition.edition
    _known(workspace, data, membre)
    decision = contents.decisions[membre]
    if not decision.pieces:
        raise _refused(workspace, membre, f"n'a rien à recevoir : {decision.raison}")
    receipt = receipts.standing(workspace.packs(name), name, decision.membre, awaited=True)
    if receipt is None:
        why = f"n'a pas encore de pack de l'édition {name}"
        hint = "Fabriquez-le (docgen build), ou dites laquelle a été envoyée : --edition."
        raise _refused(workspace, membre, why, hint)
    if receipt.projet:
        raise _refused(workspace, membre, f"a un pack en PROJET : {' ; '.join(receipt.manque)}")
    if (left := receipts.left_to_choose(receipt)) and not incomplet:
        why = f"a un pack à compléter : le membre aurait à y écrire lui-même {formats.listing(left)}"
        hint = "Notez ses choix (docgen record subscription), ou envoyez-le tel quel : --incomplet."
        raise _refused(workspace, membre, why, hint)
    folder = workspace.packs(name) / receipts.folder_name(membre, receipt.rang)
    if tuple(receipt.pieces) != decision.pieces or receipt.pack in receipts.altered(folder, receipt):
        raise _refused(workspace, membre, "a un pack qui n'est plus à jour", "Refaites-le d'abord : docgen build.")
    habilitation = decision.membre.habilitation if decision.to_sign else None
    _not_too_early(workspace, membre, "l'avoir reçu", day, too_early(day, data.edition.deliberation, habilitation))
    entries = _entries(decision, name, day)
    documents = (*receipt.pieces, *(entry["document"] for entry in entries))
    return _sending(data, decision.membre, entries, documents, habilitation, receipt, receipt.rang)


def sent_elsewhere(workspace: Workspace, membre: str, day: date, edition: str) -> str:
    """Record that the whole pack was sent to a member without docgen: what it holds is not known. Raises likewise."""
    data = load(workspace, edition)
    found = _known(workspace, data, membre)
    early = too_early(day, data.edition.deliberation, found.habilitation)
    _not_too_early(workspace, membre, "l'avoir reçu", day, early)
    if any(one.edition == edition for one in found.tenus):
        raise _refused(workspace, membre, f"a déjà reçu l'édition {edition}", "Voyez « envois » dans sa fiche.")
    pieces = tuple(piece.id for piece in data.edition.pieces)
    entry = {"edition": edition, "document": pieces[0], "envoye_le": day}
    rang = receipts.rank_of(workspace.root, found, edition, awaited=True)
    one = _sending(data, found, [entry], pieces, found.habilitation, None, rang)
    _note_sendings(workspace, {membre: one})
    return pieces[0]


def _not_too_early(workspace: Workspace, membre: str, what: str, day: date, early: str) -> None:
    """Raise `ProblemsFound` for a day that is to come, or that comes too early."""
    if day > today():
        raise _refused(workspace, membre, f"ne peut pas {what} le {formats.short_date(day)}, qui est à venir")
    if early:
        raise _refused(workspace, membre, f"ne peut pas {what} le {formats.short_date(day)} : {early}")


def _sending(
    data: Data, membre: Membre, entries: Sequence[Mapping[str, Any]], documents: Sequence[str],
    own: Deliberation | None, receipt: receipts.Receipt | None, rang: int,
) -> _Sending:  # fmt: skip
    """Return what is noted of a sending; `own` is the act of the member, for what it is to sign."""
    act = data.edition.deliberation
    kept = Expedition(
        membre=membre.id, siret=membre.siret, edition=data.edition.edition, documents=tuple(dict.fromkeys(documents)),
        rang=rang, envoye_le=entries[0]["envoye_le"],
        executoire_le={"syndicat": act.executoire_le, "membre": own.executoire_le if own else None},
        recu=receipt.model_dump(mode="json") if receipt else None,
    )  # fmt: skip
    return _Sending(kept, entries)


def _note_sendings(workspace: Workspace, found: Mapping[str, _Sending]) -> None:
    """Keep the receipts beside the records, and note the sendings in those of the members: all, or none."""

    def note(item: Any, entries: Sequence[Mapping[str, Any]]) -> None:
        if item.get("envois"):
            item["envois"].extend(entries)
        else:
            rewrite.insert_after(item, ("id", "nom", "forme", "siret"), "envois", list(entries))

    written = []
    try:
        for membre, one in found.items():
            path = file_of(workspace.root, one.kept.edition, receipts.folder_name(membre, one.kept.rang))
            publish.replace(path, (one.kept.model_dump_json(indent=1) + "\n").encode())
            written.append(path)
        _change(workspace, {membre: partial(note, entries=one.entries) for membre, one in found.items()}, "l'envoi")
    except BaseException:
        for path in written:
            path.unlink()
        raise


def withdrawn(workspace: Workspace, membre: str, day: date, motif: str) -> str:
    """Record that what was sent last to a member is taken back before it signs; return what it was.

    The sending stays in its record, with the day and the reason; the pack can then be sent again. Raises
    `ProblemsFound`.
    """
    data = load(workspace)
    found = _known(workspace, data, membre)
    waiting = [(rank, one) for rank, one in enumerate(found.envois) if not binds(one) and one.retire_le is None]
    if not waiting:
        raise _refused(workspace, membre, "n'a aucun envoi à retirer : rien n'attend sa signature")
    rank, last = waiting[-1]
    early = f"l'envoi est noté du {formats.short_date(last.envoye_le)}" if day < last.envoye_le else ""
    _not_too_early(workspace, membre, "voir retirer cet envoi", day, early)

    def note(item: Any) -> None:
        noted = item["envois"][rank]
        after = ("edition", "document", "envoye_le")
        rewrite.insert_after(noted, after, "retire_le", day)
        rewrite.insert_after(noted, (*after, "retire_le"), "motif", motif)

    _change(workspace, {membre: note}, "le retrait")
    _mark(workspace, membre)
    return last.document or WHOLE


def _known(workspace: Workspace, data: Data, name: str) -> Membre:
    """Return the member of that id. Raises `ProblemsFound` when there is none."""
    members = {one.id: one for one in data.membres}
    if name not in members:
        raise _refused(workspace, name, "n'est pas dans members.yaml", closest(name, members))
    return members[name]


def _mark(workspace: Workspace, membre: str) -> None:
    data = load(workspace)
    withdrawals.mark(workspace, data, _known(workspace, data, membre))


def _entries(decision: Decision, edition: str, day: date) -> list[dict[str, Any]]:
    """Return what is noted of a sending: what there is to sign, by its first document, then each notice."""
    documents = [name for name in decision.pieces if name not in (*NOTICES, "accompagnement")]
    entries = []
    if decision.to_sign:
        entry: dict[str, Any] = {"edition": edition, "document": documents[0], "envoye_le": day}
        if decision.souscriptions:
            entry["souscriptions"] = [_plain(taken) for taken in decision.souscriptions]
        entries.append(entry)
    if AVIS in decision.pieces:
        entries.append({"edition": edition, "document": AVIS, "envoye_le": day})
    if FIN in decision.pieces:
        ended = [{"volet": one.volet, "jusqu_au": one.jusqu_au} for one in decision.fins]
        entries.append({"edition": edition, "document": FIN, "envoye_le": day, "souscriptions": ended})
    return entries


def _plain(taken: Souscription) -> dict[str, Any]:
    """Return a subscription as it is written in a record."""
    days = {"depuis": taken.depuis, "jusqu_au": taken.jusqu_au}
    said = {name: _scalar(str(value)) for name, value in taken.reponses.items()}
    return {"volet": taken.volet, **{name: day for name, day in days.items() if day}, **said}


def _scalar(text: str) -> int | str:
    return int(text) if re.fullmatch(r"0|[1-9]\d*", text) else text


def signed(
    workspace: Workspace, membre: str, day: date, edition: str = "", pieces: Container[str] = (), malgre: str = ""
) -> str:
    """Record that what was sent last came back signed by all; return what it is.

    `pieces` are the documents of what came back, when they are known; `malgre` says why a day is admitted that the
    law or the calendar refuses: it is written beside it. Raises `ProblemsFound`; also when what came back is of another
    `edition` than what was sent last, or when several documents are waited for and none is named.
    """
    data = load(workspace)
    who = _known(workspace, data, membre)
    sendings = enumerate(who.envois)
    waiting = [(rank, one) for rank, one in sendings if not binds(one) and one.retire_le is None]
    if not waiting:
        raise _refused(workspace, membre, "n'a rien à signer", "Notez d'abord l'envoi : docgen record sent.")
    last = waiting[-1][1]
    if edition and last.edition != edition:
        raise _refused(workspace, membre, f"a reçu l'édition {last.edition}, et c'est l'édition {edition} qui revient")
    rank, found = _meant(workspace, membre, [one for one in waiting if one[1].edition == last.edition], pieces)
    if malgre:
        day = min(day, today())
    elif day < found.envoye_le or day > today():
        sent_on = formats.short_date(found.envoye_le)
        why = f"l'envoi est noté du {sent_on}" if day < found.envoye_le else "ce jour est à venir"
        raise _refused(workspace, membre, f"ne peut pas avoir signé le {formats.short_date(day)} : {why}")
    proof = receipt_of(membre, found, data.expeditions)
    if not malgre:
        _not_too_early(workspace, membre, "avoir signé", day, too_soon(day, found, who, proof, data.votes))

    def note(item: Any) -> None:
        noted, after = item["envois"][rank], ("edition", "document", "envoye_le")
        rewrite.insert_after(noted, after, "signe_le", day)
        if malgre:
            rewrite.insert_after(noted, (*after, "signe_le"), "malgre", malgre)

    _change(workspace, {membre: note}, "la signature")
    _mark(workspace, membre)
    return found.document or WHOLE


def _meant(
    workspace: Workspace, membre: str, waiting: Sequence[tuple[int, Envoi]], pieces: Container[str]
) -> tuple[int, Envoi]:
    """Return which of the documents that are waited for came back."""
    named = [one for one in waiting if one[1].document is None or one[1].document in pieces] if pieces else waiting
    known = list(dict.fromkeys(one.document or WHOLE for _, one in waiting))
    if not named:
        raise _refused(workspace, membre, f"n'a pas ce document à signer : {formats.listing(known)}")
    if not pieces and len(known) > 1:
        why = f"a plusieurs documents à signer : {formats.listing(known)}"
        raise _refused(workspace, membre, why, f"Dites lequel : --document {known[-1]}.")
    return named[-1]


def subscribed(workspace: Workspace, membre: str, volet: str, day: date, answers: Mapping[str, str]) -> str:
    """Record that a member takes a volet from a day on, with these answers; return the title of the volet.

    Raises `ProblemsFound` with all that the edition in force does not admit, or that another period overlaps.
    """
    data = load(workspace)
    who = _known(workspace, data, membre)
    taken = Souscription.model_validate({"volet": volet, "depuis": day.isoformat(), **answers})
    wanted = who.model_copy(update={"souscriptions": (*who.souscriptions, taken)})
    place = Place(workspace.shown(workspace.members_yaml))
    if faults := list(subscriptions.faults_of(wanted, data.edition)):
        raise ProblemsFound(Diagnostic(place, code, f"{said} ({membre})", mend) for code, said, mend in faults)
    entry = _plain(taken)

    def note(item: Any) -> None:
        if item.get("souscriptions"):
            item["souscriptions"].append(entry)
        else:
            rewrite.insert_after(item, BEFORE, "souscriptions", [entry])

    _change(workspace, {membre: note}, "la souscription")
    found = data.edition.volet(volet)
    return found.titre if found else volet


def _change(workspace: Workspace, changes: Mapping[str, Callable[[Any], None]], what: str) -> None:
    """Add to the records of members, each by its own change; to all, or to none. Raises `ProblemsFound`."""
    path = workspace.members_yaml
    try:
        made = edit.noted(path.read_bytes(), workspace.shown(path), changes)
    except ProblemsFound as error:
        named = formats.listing(f"« {membre} »" for membre in changes)
        said = f"docgen ne sait pas noter {what} de {named} sans changer la mise en page du fichier"
        hint = "Ajoutez ces lignes à la main : le guide de l'agent en donne la forme."
        raise ProblemsFound([Diagnostic(d.place, d.code, said, hint) for d in error.diagnostics]) from None
    publish.replace(path, made)


def _refused(workspace: Workspace, membre: str, why: str, hint: str = "") -> ProblemsFound:
    place = Place(workspace.shown(workspace.members_yaml))
    return ProblemsFound([Diagnostic(place, "ecriture-refusee", f"« {membre} » {why}", hint)])
