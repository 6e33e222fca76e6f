"""The first page: what is to do today, where each member stands, what is missing for whom."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from starlette.requests import Request
from starlette.responses import Response

from docgen import formats
from docgen.actes.known import FOLDER, all_of, slug
from docgen.desk import screen
from docgen.desk.state import AGAIN, Desk
from docgen.law.contrats import binds
from docgen.model.fiches import Membre
from docgen.packs import receipts
from docgen.packs.status import Status
from docgen.records.workspace import Data, Workspace, today

PER_PAGE = 50
"""Members: what one reads without tiring."""
REMIND = 30
"""Days after which who has not signed is reminded."""
SORTS = {"nom": "Membre", "etat": "État", "montant": "Montant par an"}


@dataclass(frozen=True)
class Task:
    """Something to do today."""

    what: str
    where: str
    """The page to do it on."""
    detail: str = ""


def show(request: Request) -> Response:
    """Show the page."""
    desk = screen.desk(request)
    snapshot = desk.now()
    asked = request.query_params
    words, state = asked.get("q", "").strip(), asked.get("etat", "")
    sort = asked.get("tri", "nom") if asked.get("tri") in SORTS else "nom"
    down = asked.get("sens") == "bas"
    found = _sorted(_chosen(snapshot.standing, words, state), sort, down)
    number = page_of(request, len(found), PER_PAGE)
    return screen.page(
        request, "home", "Accueil",
        taches=list(tasks(desk.place, snapshot.data, snapshot.standing)) if snapshot.data and snapshot.whole else [],
        membres=found[(number - 1) * PER_PAGE : number * PER_PAGE],
        compte=Counter(one.etat for one in snapshot.standing), total=len(snapshot.standing), trouves=len(found),
        q=words, etat=state, tri=sort, bas=down, page=number, pages=pages(len(found), PER_PAGE), colonnes=SORTS,
        derniere=last_build(desk), montant=_total(found), fiches=[] if snapshot.whole else _written(desk),
    )  # fmt: skip


def _written(desk: Desk) -> list[tuple[str, str]]:
    """Return the members as they are written, when the records cannot be read."""
    found = (row for row in desk.record().items("membres") if isinstance(row, dict))
    return [(str(row["id"]), str(row.get("nom") or row["id"])) for row in found if isinstance(row.get("id"), str)]


def pages(count: int, per_page: int) -> int:
    """Return how many pages a list takes."""
    return max(1, -(-count // per_page))


def page_of(request: Request, count: int, per_page: int) -> int:
    """Return which page of a list is asked for, from 1."""
    asked = request.query_params.get("page", "")
    return min(max(1, int(asked)), pages(count, per_page)) if re.fullmatch(r"\d{1,6}", asked) else 1


def _chosen(standing: Iterable[Status], words: str, state: str) -> list[Status]:
    """Return the members of that state whose name, id or SIRET holds these words."""
    wanted = formats.folded(words)
    digits = re.sub(r"\D", "", words)
    return [
        one
        for one in standing
        if (not state or one.etat == state)
        and (wanted in formats.folded(f"{one.membre.nom} {one.membre.id}") or (digits and digits in one.membre.siret))
    ]


def _sorted(found: Sequence[Status], sort: str, down: bool) -> list[Status]:
    if sort == "montant":
        return sorted(found, key=lambda one: amount(one.montant), reverse=down)
    key = (lambda one: one.etat) if sort == "etat" else (lambda one: formats.folded(one.membre.nom))
    return sorted(found, key=key, reverse=down)


def amount(shown: str) -> float:
    """Return the euros per year that a state shows, to sort by; nothing is computed from it."""
    said = re.findall(r"[\d\u00a0\u202f]+,\d\d", shown)
    return sum(float(re.sub(r"[\u00a0\u202f]", "", one).replace(",", ".")) for one in said)


def _total(found: Sequence[Status]) -> str:
    known = sum(bool(one.montant) for one in found)
    return f"{formats.plural(known, 'membre a choisi', 'membres ont choisi')}"


def tasks(place: Workspace, data: Data, standing: Sequence[Status]) -> Iterator[Task]:
    """Yield what is to do today, the most pressing first."""
    states = Counter(one.etat for one in standing)
    if count := states["à envoyer"]:
        said = formats.plural(count, "pack prêt à envoyer", "packs prêts à envoyer")
        yield Task(said, "/packs/envois", "Contrôlez-les, envoyez-les, puis notez l'envoi.")
    if count := states["à fabriquer"]:
        yield Task(formats.plural(count, "pack à fabriquer", "packs à fabriquer"), "/packs")
    if count := states[AGAIN]:
        said = formats.plural(count, "pack à refaire", "packs à refaire")
        yield Task(said, "/packs", "Leur fiche, un texte ou un prix a changé depuis.")
    if count := states["à revoir"]:
        yield Task(formats.plural(count, "pack à revoir", "packs à revoir"), "/?etat=à+revoir",
                   "Un point du contrôle ne tient pas.")  # fmt: skip
    if late := list(waiting(data.membres, today())):
        names = formats.listing(membre.nom for membre, _ in late[:3])
        more = f" et {formats.plural(len(late) - 3, 'autre')}" if len(late) > 3 else ""
        said = formats.plural(len(late), "membre à relancer", "membres à relancer")
        yield Task(said, "/packs/envois", f"Sans signature depuis plus de {REMIND} jours : {names}{more}.")
    yield from acts(place, data)
    if count := states["PROJET"]:
        said = formats.plural(count, "pack porte PROJET", "packs portent PROJET")
        yield Task(said, "/?etat=PROJET", "La liste dit ce qui leur manque.")
    if count := states["à compléter"]:
        said = formats.plural(count, "pack a des blancs", "packs ont des blancs")
        yield Task(said, "/?etat=à+compléter", "La liste dit lesquels.")


def waiting(membres: Iterable[Membre], now: date) -> Iterator[tuple[Membre, date]]:
    """Yield the members who have been waiting to sign for too long, each with the day of the sending."""
    for membre in membres:
        left = [one.envoye_le for one in membre.tenus if not binds(one)]
        if left and (now - left[-1]).days > REMIND:
            yield membre, left[-1]


def acts(place: Workspace, data: Data) -> Iterator[Task]:
    """Yield what the acts of the séances still need to be enforceable."""
    for known in all_of(data):
        act, where = known.acte, f"/actes/{slug(known.acte.numero)}"
        if not act.adoptee:
            continue
        missing = [said for said in _needs(place, act.numero, act.transmise_le, act.publiee_le) if said]
        if missing or act.annulee_le:
            yield Task(f"Délibération n° {act.numero} : {formats.listing(missing) or 'transmission annulée'}", where)


def _needs(place: Workspace, numero: str, sent: date | None, published: date | None) -> Iterator[str]:
    if sent is None:
        made = (place.output / FOLDER / slug(numero)).is_dir()
        yield "accusé de réception attendu" if made else "à écrire, puis à transmettre à la préfecture"
    if published is None:
        yield "à publier"


def last_build(desk: Desk) -> str:
    """Return when packs were last made, and how many that day."""
    data = desk.now().data
    if data is None:
        return ""
    days: Counter[date] = Counter()
    for path in desk.place.packs(data.edition.edition).glob(f"*/{receipts.NAME}"):
        days[datetime.fromtimestamp(path.stat().st_mtime).astimezone().date()] += 1
    if not days:
        return "Aucun pack n'est encore fabriqué dans cette édition."
    day = max(days)
    made = formats.plural(days[day], "pack fabriqué", "packs fabriqués")
    return f"Dernière fabrication : le {formats.short_date(day)}, {made} ou refaits ce jour-là."
