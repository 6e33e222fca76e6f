"""Note in members.yaml what was sent to a member, and what came back signed."""

from __future__ import annotations

from datetime import date
from typing import Any

from docgen import formats
from docgen.diagnostics import Diagnostic, Place, ProblemsFound, closest
from docgen.packs import amendment, receipts
from docgen.packs.contents import Contents
from docgen.records import rewrite
from docgen.records.workspace import Workspace, load, today


def sent(workspace: Workspace, membre: str, day: date, edition: str | None = None) -> str:
    """Record that the pack of a member was sent; return what was sent: « convention » or « avenant ».

    Raises `ProblemsFound` when there is none, or when it carries PROJET: what is not enforceable is not sent to sign.
    """
    data = load(workspace, edition)
    decisions = Contents(workspace, data).decisions
    if membre not in decisions:
        raise _refused(workspace, membre, "n'est pas dans members.yaml", closest(membre, decisions))
    decision = decisions[membre]
    receipt = receipts.read(workspace.packs(data.edition.edition) / membre)
    if not decision.pieces:
        raise _refused(workspace, membre, f"n'a rien à recevoir : {decision.raison}")
    if receipt is None:
        why = f"n'a pas encore de pack de l'édition {data.edition.edition}"
        hint = "Fabriquez-le (docgen build), ou dites laquelle a été envoyée : --edition."
        raise _refused(workspace, membre, why, hint)
    if receipt.projet:
        raise _refused(workspace, membre, f"a un pack en PROJET : {' ; '.join(receipt.manque)}")
    if day > today():
        raise _refused(workspace, membre, f"ne peut pas l'avoir reçu le {day.isoformat()}, qui est à venir")
    document = decision.pieces[0]
    entry = {"edition": data.edition.edition, "document": document, "envoye_le": day}

    def note(item: Any) -> None:
        if item.get("envois"):
            item["envois"].append(entry)
        else:
            rewrite.insert_after(item, ("id", "nom", "forme", "siret"), "envois", [entry])

    _change(workspace, membre, note, "l'envoi")
    return document


def signed(workspace: Workspace, membre: str, day: date, edition: str = "") -> str:
    """Record that what was sent last came back signed by all; return what it is.

    Raises `ProblemsFound`; also when what came back is of another `edition` than what was sent last.
    """
    known = {m.id: m for m in load(workspace).membres}
    if membre not in known:
        raise _refused(workspace, membre, "n'est pas dans members.yaml", closest(membre, known))
    waiting = [(rank, one) for rank, one in enumerate(known[membre].envois) if not amendment.binds(one)]
    if not waiting:
        raise _refused(workspace, membre, "n'a rien à signer", "Notez d'abord l'envoi : docgen record sent.")
    rank, last = waiting[-1]
    if edition and last.edition != edition:
        raise _refused(workspace, membre, f"a reçu l'édition {last.edition}, et c'est l'édition {edition} qui revient")
    if day < last.envoye_le or day > today():
        sent_on = formats.short_date(last.envoye_le)
        why = f"l'envoi est noté du {sent_on}" if day < last.envoye_le else "ce jour est à venir"
        raise _refused(workspace, membre, f"ne peut pas avoir signé le {formats.short_date(day)} : {why}")

    def note(item: Any) -> None:
        rewrite.insert_after(item["envois"][rank], ("edition", "document", "envoye_le"), "signe_le", day)

    _change(workspace, membre, note, "la signature")
    return last.document


def _change(workspace: Workspace, membre: str, change: Any, what: str) -> None:
    def at(tree: Any) -> None:
        change(next(item for item in tree["membres"] if str(item["id"]) == membre))

    path = workspace.members_yaml
    rewrite.add(path, workspace.shown(path), at, f"{what} de « {membre} »")


def _refused(workspace: Workspace, membre: str, why: str, hint: str = "") -> ProblemsFound:
    place = Place(workspace.shown(workspace.members_yaml))
    return ProblemsFound([Diagnostic(place, "ecriture-refusee", f"« {membre} » {why}", hint)])
