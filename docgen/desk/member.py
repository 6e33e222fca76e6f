"""A member: its record as a form, what it pays as one types, what was sent to it, its pack."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from docgen import formats, publish
from docgen.desk import form, received, screen
from docgen.desk.form import Field
from docgen.desk.received import Given
from docgen.desk.state import Desk
from docgen.diagnostics import CannotWrite, Diagnostic, Place, ProblemsFound, errors
from docgen.law import souscriptions
from docgen.model.edition import Edition
from docgen.model.fiches import Membre
from docgen.packs import receipts, sendings
from docgen.packs.amendment import yearly
from docgen.records import edit, one, reading, subscriptions, workspace
from docgen.records.reading import Record
from docgen.records.workspace import Workspace, today
from docgen.sheets.differences import slug

NEW = ("nom", "forme", "siret", "siege", "representant")
"""What one is asked of a new member; the rest can wait."""
GUIDED = {
    "signataire": (("representant",), "Le signataire change"),
    "depart": (("parti_le",), "Le membre quitte le bouquet"),
}
"""The changes of every year, each with the fields that it asks for."""

NOTED = ("envoi", "signature", "retrait")
"""What is noted of a pack."""


@dataclass
class Judged:
    """What a form would write, and what is wrong with it."""

    fields: list[Field]
    apart: list[Diagnostic]
    """What is said of no field."""
    problems: list[Diagnostic]
    price: str = ""
    """What the member would pay per year."""


def said_of(record: Record, membre: str) -> dict[str, Any] | None:
    """Return what the record says of a member; None when it has none."""
    index = edit.index_of(record, membre)
    found: dict[str, Any] | None = None if index is None else record.tree["membres"][index]
    return found


def version(said: Mapping[str, Any]) -> str:
    """Return what tells whether a record has changed since a page was shown."""
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()[:20]


def show(request: Request) -> Response:
    """Show a member."""
    desk, name = screen.desk(request), request.path_params["membre"]
    said = said_of(desk.record(), name)
    if said is None:
        return screen.page(request, "absent", "Fiche introuvable", 404, quoi=f"Aucun membre ne s'appelle « {name} ».")
    return _page(request, name, said, judge(desk, _alone(desk, name), name, {}, ()))


def _alone(desk: Desk, name: str) -> bytes:
    """Return a file with that member alone. Raises `ProblemsFound` when members.yaml has it no more."""
    found = edit.alone(*desk.written(), name)
    if found is None:
        raise ProblemsFound([Diagnostic(Place("members.yaml"), "fiche-absente", f"« {name} » n'y est plus")])
    return found


def _page(
    request: Request, name: str, said: Mapping[str, Any], judged: Judged, status: int = 200, **more: Any
) -> Response:  # fmt: skip
    desk = screen.desk(request)
    snapshot = desk.now()
    membre = next((m for m in snapshot.data.membres if m.id == name), None) if snapshot.data else None
    standing = next((one for one in snapshot.standing if one.membre.id == name), None)
    decision = snapshot.contents.decisions.get(name) if snapshot.contents else None
    given = {"conflit": {}, "fait": "", "guide": "", "empreinte": version(said)} | more
    return screen.page(
        request, "member", str(said.get("nom") or name), status,
        id=name, champs=judged.fields, apart=judged.apart, prix=judged.price, membre=membre,
        etat=standing, decision=decision, pack=pack_of(desk, membre) if membre else None,
        periodes=_periods(membre), **given,
    )  # fmt: skip


def _periods(membre: Membre | None) -> list[Any]:
    found = souscriptions.periods(membre.souscriptions) if membre else {}
    return [one for periods in found.values() for one in periods]


@dataclass(frozen=True)
class Pack:
    """The pack of a member that lies in the output."""

    receipt: receipts.Receipt
    folder: str
    pages: int


def pack_of(desk: Desk, membre: Membre) -> Pack | None:
    """Return the pack that stands for a member; None when none was made."""
    snapshot = desk.now()
    if snapshot.data is None or snapshot.contents is None:
        return None
    edition = snapshot.data.edition.edition
    awaited = bool(snapshot.contents.decisions[membre.id].pieces)
    receipt = receipts.standing(desk.place.packs(edition), edition, membre, awaited)
    if receipt is None:
        return None
    folder = receipts.folder_name(membre.id, receipt.rang)
    return Pack(receipt, folder, sum(piece.pages for piece in receipt.pieces.values()))


def judge(desk: Desk, alone: bytes, name: str, wanted: Mapping[str, Any], names: Iterable[str]) -> Judged:
    """Return what a member would say, of a file that holds it alone, as a form. Raises `ProblemsFound`."""
    edition, data = desk.edition(), desk.now().data
    found = one.judge(
        alone, name, wanted, edition, data.membres if data else (), data.syndicat if data else None
    )  # fmt: skip
    fields = form.of_member(edition, found.said, names)
    apart = form.place_messages(fields, found.record, ("membres", 0), found.problems)
    return Judged(fields, apart, found.problems, _price(found.membre, edition) if found.membre and edition else "")


def _price(membre: Membre, edition: Edition) -> str:
    """Return what a member would pay per year; nothing while something is missing."""
    try:
        taken = souscriptions.current(membre, edition, today())
        return yearly(membre, edition, taken) if taken and not list(subscriptions.faults_of(membre, edition)) else ""
    except ValueError:
        return ""


def check(request: Request, given: Given) -> Response:
    """Say what is wrong with what is being typed, and what it would cost; nothing is written."""
    desk = screen.desk(request)
    name = request.path_params.get("membre", "")
    judged = _judged(desk, name, given, _names(given)) if name else _new_judged(desk, given)
    messages = {
        field.name: [screen.shown(one) for one in field.messages] for top in judged.fields for field in top.every()
    }
    return JSONResponse(
        {"messages": messages, "prix": judged.price, "apart": [screen.shown(one) for one in judged.apart]}
    )


def _names(given: Given) -> tuple[str, ...]:
    """Return the fields that a guided form asks for; none where all are asked."""
    return GUIDED[given["guide"]][0] if given["guide"] in GUIDED else ()


def _judged(desk: Desk, name: str, given: Given, names: Iterable[str]) -> Judged:
    alone = _alone(desk, name)
    said = reading.parse(alone, one.FILE).tree["membres"][0]
    return judge(desk, alone, name, wanted(desk, given, names, said), names)


def wanted(desk: Desk, given: Given, names: Iterable[str], said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a form says of a member, as its record would; a fact that is alone is written alone."""
    fields = form.of_member(desk.edition(), form.sent_tree(given.fields), names)
    found = form.read(fields, given.fields, said)
    for fact in ("population", "agents"):
        if isinstance(found.get(fact), list) and len(found[fact]) == 1:
            found[fact] = found[fact][0]
    return found


def save(request: Request, given: Given) -> Response:
    """Write what the form says; or add to one of its lists, and show it again."""
    desk, name = screen.desk(request), request.path_params["membre"]
    names = _names(given)
    guide = given["guide"] if names else ""
    with desk.writing:
        said = said_of(desk.record(), name)
        if said is None:
            return screen.page(request, "absent", "Fiche introuvable", 404, quoi=f"« {name} » n'existe plus.")
        if given["ajouter"] or given["retirer"]:
            return _page(request, name, said, _with_lists(desk, given, names), guide=guide, empreinte=given["version"])
        judged = Judged(form.of_member(desk.edition(), form.sent_tree(given.fields), names), [], [])
        try:
            judged = _judged(desk, name, given, names)
            if given["version"] != version(said):
                conflict = _conflict(desk, said, judged, names)
                return _page(request, name, said, judged, 409, conflit=conflict, guide=guide)
            if not (stopping := errors(judged.problems)):
                _write(desk, name, wanted(desk, given, names, said))
                return screen.told(request, f"/membres/{name}", _saved(guide))
            said_ = f"Rien n'est enregistré : {formats.plural(len(stopping), 'point')} à corriger."
        except (ProblemsFound, CannotWrite) as error:
            said_ = f"Rien n'est enregistré. {screen.error_of(error)}"
    return _page(request, name, said, judged, 422, fait=said_, guide=guide)


def _saved(guide: str) -> str:
    if guide == "signataire":
        return (
            "Le nouveau signataire est enregistré. Un pack déjà parti nomme l'ancien : retirez cet envoi, ci-dessous."
        )
    if guide == "depart":
        return "Le départ est enregistré. L'état de l'année s'arrêtera à ce jour."
    return "La fiche est enregistrée."


def _write(desk: Desk, name: str, said: Mapping[str, Any], *, new: bool = False) -> None:
    """Write members.yaml, when the records as a whole admit it. Raises `ProblemsFound`, `CannotWrite`."""
    path, before = desk.place.members_yaml, desk.written()[0]
    made = edit.added(before, path.name, said) if new else edit.changed(before, path.name, name, said)
    data = workspace.require_no_worse(desk.place, desk.now().problems, reading.parse(made, path.name))
    publish.replace(path, made)
    desk.adopt(data)


def _conflict(desk: Desk, said: Mapping[str, Any], judged: Judged, names: Iterable[str]) -> dict[str, Any]:
    """Return what the page and the file say otherwise, field by field."""
    of_file = form.of_member(desk.edition(), said, names)
    then = {field.name: field for top in of_file for field in top.every()}
    now = {field.name: field for top in judged.fields for field in top.every()}
    rows = []
    for path in dict.fromkeys([*then, *now]):
        mine, theirs = (known[path].value if path in known else "" for known in (now, then))
        field = now.get(path) or then[path]
        if field.kind not in ("block", "list") and mine != theirs:
            rows.append((_title(path, now, then), theirs, mine))
    return {"lignes": rows, "version": version(said)}


def _title(path: str, *known: Mapping[str, Field]) -> str:
    """Return how a field is called, with those that it is in."""
    parts = path.split(".")
    names = (".".join(parts[: n + 1]) for n in range(len(parts)))
    found = [next((one[name].label for one in known if name in one), "") for name in names]
    return " – ".join(label for label in found if label)


def _with_lists(desk: Desk, given: Given, names: Iterable[str]) -> Judged:
    """Return the form as it was sent, with one more item in a list, or one less."""
    return Judged(form.of_member(desk.edition(), listed(given), names), [], [])


def listed(given: Given) -> dict[str, Any]:
    """Return what a form says, with the item that a button adds or takes away."""
    tree = form.sent_tree(given.fields)
    if given["ajouter"]:
        form.with_one_more(tree, given["ajouter"])
    elif given["retirer"]:
        form.with_one_less(tree, given["retirer"])
    return tree


def guided(request: Request) -> Response:
    """Show the form of one change alone: it asks for just what it needs."""
    desk, name, kind = screen.desk(request), request.path_params["membre"], request.path_params["guide"]
    said = said_of(desk.record(), name)
    if said is None or kind not in GUIDED:
        return screen.page(request, "absent", "Page introuvable", 404, quoi="Revenez à la liste des membres.")
    names = GUIDED[kind][0]
    shown = {key: value for key, value in said.items() if key in names}
    if kind == "signataire":  # somebody else: nothing of the former one stays
        shown = {}
    fields = form.of_member(desk.edition(), shown, names)
    return _page(request, name, said, Judged(fields, [], []), guide=kind)


def new(request: Request) -> Response:
    """Show the form of a new member."""
    fields = form.of_member(screen.desk(request).edition(), {}, NEW)
    return screen.page(request, "new", "Nouveau membre", champs=fields, apart=[], fait="")


def _new(desk: Desk, given: Given) -> dict[str, Any]:
    """Return what is said of a new member; its id is made from its name."""
    return {"id": slug(given["nom"]), **wanted(desk, given, NEW, {})}


def _new_judged(desk: Desk, given: Given) -> Judged:
    """Return what is wrong with a new member. Raises `ProblemsFound` when there is one of that name."""
    said = _new(desk, given)
    name = str(said["id"])
    if (there := said_of(desk.record(), name)) is not None:
        why = f"« {there.get('nom') or name} » a déjà sa fiche"
        raise ProblemsFound([Diagnostic(Place(""), "en-double", why, "Cherchez-la dans la liste des membres.")])
    return judge(desk, edit.of_one(said), name, {}, NEW)


def create(request: Request, given: Given) -> Response:
    """Write a new member."""
    desk, name = screen.desk(request), slug(given["nom"])
    judged = Judged(form.of_member(desk.edition(), form.sent_tree(given.fields), NEW), [], [])
    said = "Rien n'est enregistré : donnez d'abord son nom."
    with desk.writing:
        try:
            if name:
                judged = _new_judged(desk, given)
                if not (stopping := errors(judged.problems)):
                    _write(desk, name, _new(desk, given), new=True)
                    return screen.told(request, f"/membres/{name}", "Le membre est enregistré. Complétez sa fiche ici.")
                said = f"Rien n'est enregistré : {formats.plural(len(stopping), 'point')} à corriger."
        except (ProblemsFound, CannotWrite) as error:
            said = f"Rien n'est enregistré. {screen.error_of(error)}"
    return screen.page(request, "new", "Nouveau membre", 422, champs=judged.fields, apart=judged.apart, fait=said)


def note(request: Request, given: Given) -> Response:
    """Record a sending, a signature or a withdrawal, as `docgen record` does."""
    desk, name = screen.desk(request), request.path_params["membre"]
    what = request.path_params["quoi"]
    if what not in NOTED:
        return screen.page(request, "absent", "Page introuvable", 404, quoi="Revenez à la liste des membres.")
    try:
        with desk.writing:
            said = noted(desk.place, name, what, given)
    except (ProblemsFound, CannotWrite) as error:
        said = f"Rien n'est noté. {screen.error_of(error)}"
    return screen.told(request, f"/membres/{name}", said)


def remove(request: Request, given: Given) -> Response:
    """Remove the record of a member to whom nothing was ever sent: an example, a mistake."""
    desk, name = screen.desk(request), request.path_params["membre"]
    path = desk.place.members_yaml
    said = said_of(desk.record(), name)
    try:
        with desk.writing:
            if said is None or said.get("envois"):
                return screen.told(request, f"/membres/{name}", "La fiche reste : un pack a été envoyé à ce membre.")
            if given["confirme"] != "oui":
                return screen.told(request, f"/membres/{name}", "La fiche reste : cochez la case pour confirmer.")
            made = edit.removed(path.read_bytes(), path.name, name)
            workspace.require_no_worse(desk.place, desk.now().problems, reading.parse(made, path.name))
            publish.replace(path, made)
    except (ProblemsFound, CannotWrite) as error:
        return screen.told(request, f"/membres/{name}", f"La fiche reste. {screen.error_of(error)}")
    return screen.told(request, "/", f"La fiche de « {said.get('nom') or name} » est supprimée.")


def noted(place: Workspace, name: str, what: str, given: Given) -> str:
    """Note it, and return what was noted. Raises what `sendings` raises."""
    day = received.day_of(given["jour"])
    said = formats.short_date(day)
    if what == "envoi":
        found = sendings.sent(place, name, day, incomplet=given["incomplet"] == "oui")
        return f"{name} : envoi du {said} noté ({found})."
    if what == "signature":
        found = sendings.signed(place, name, day, pieces=(given["document"],) if given["document"] else ())
        return f"{name} : signature du {said} notée ({found})."
    found = sendings.withdrawn(place, name, day, " ".join(given["motif"].split()) or "non précisé")
    return f"{name} : envoi retiré le {said} ({found}). Il peut être envoyé de nouveau."
