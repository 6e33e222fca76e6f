"""What a table of members would change in the records: new, changed, gone, refused cell by cell; nothing is written.

Takes the table, its columns and the records; gives the differences, and the bytes of members.yaml once they are
admitted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from docgen import formats
from docgen.diagnostics import Diagnostic, errors
from docgen.law import souscriptions
from docgen.model.edition import Choix, Edition
from docgen.model.fiches import Membre, Souscription
from docgen.model.formes import Forme
from docgen.records import edit, one, reading
from docgen.records.workspace import Data, today
from docgen.sheets.cells import Cell, Table
from docgen.sheets.columns import Column

CODES = ("siret", "siege.code_postal", "referent.telephone")
"""What a spreadsheet takes for a number, and whose zeros it loses."""
LOOSE = ("facturation.code_service", "facturation.numero_engagement", "representant.habilitation.numero", "id")
"""Codes of any length: nothing tells whether zeros are lost."""
FACTS = ("population", "agents")
FAILED = re.compile(r"#(N/A|REF!|VALUE!|VALEUR!|DIV/0!|NAME\?|NOM\?|NUM!|NOMBRE!|NULL!|NUL!|SPILL!|CALC!)", re.I)
"""What a spreadsheet shows instead of a value."""
SCIENTIFIC = re.compile(r"\d([.,]\d+)?E\+?\d+", re.I)


@dataclass(frozen=True)
class Refused:
    """A cell or a row that cannot be taken as it is."""

    ref: str
    """« C14 », or « ligne 14 »."""
    message: str
    hint: str = ""
    stops: bool = True
    """Whether its row is left aside; else it is only told."""


@dataclass(frozen=True)
class Change:
    """One value that changes."""

    path: str
    before: str
    after: str


@dataclass
class Row:
    """What a row of the table does to a member."""

    number: int
    """From 1, as the spreadsheet shows it."""
    id: str
    nom: str
    new: bool
    changes: list[Change] = field(default_factory=list)
    wanted: dict[str, Any] = field(default_factory=dict)
    """The fields of its record, as they are to be written."""


@dataclass
class Differences:
    """What a table would do."""

    new: list[Row] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    same: int = 0
    gone: list[Membre] = field(default_factory=list)
    """The members that the table does not have; they stay, unless somebody says on which day they left."""
    refused: list[Refused] = field(default_factory=list)


def between(table: Table, heading: int, columns: Sequence[Column], data: Data, content: bytes) -> Differences:
    """Return what the rows under the headings would change; `content` is members.yaml as it is."""
    found = Differences()
    record = reading.parse(content, one.FILE)
    rows = {str(row.get("id")): row for row in record.tree["membres"] if isinstance(row, dict)}
    used = [column for column in columns if column.path]
    known = _Known(data.membres)
    seen: dict[tuple[str, str], int] = {}
    for number, cells in enumerate(table.rows[heading + 1 :], heading + 2):
        given = {c.path: cells[c.number] for c in used if c.number < len(cells)}
        if any(cell.text for cell in given.values()):
            _row(found, number, given, rows, data, known.of(given), seen)
    found.gone = [m for m in data.membres if ("id", m.id) not in seen and not (m.parti_le and m.parti_le < today())]
    return found


def _row(
    found: Differences, number: int, given: Mapping[str, Cell], rows: Mapping[str, Mapping[str, Any]], data: Data,
    membre: Membre | None, seen: dict[tuple[str, str], int],
) -> None:  # fmt: skip
    told = list(_lost(given))
    found.refused += told
    name = membre.id if membre else _id(given)
    if not name:
        found.refused.append(Refused(f"ligne {number}", "cette ligne ne nomme pas son membre", "Donnez-lui un nom."))
        return
    if twice := list(_twice(given, name, number, seen)):
        found.refused += twice
        return
    if any(one.stops for one in told):
        return
    if membre is None and name in rows:
        why = f"l'identifiant « {name} » est déjà celui de « {rows[name].get('nom')} »"
        hint = "Est-ce lui ? Donnez son SIRET ou son nom exact ; sinon, ajoutez une colonne « Identifiant »."
        found.refused.append(Refused(f"ligne {number}", why, hint))
        return
    nom = given["nom"].text if "nom" in given and given["nom"].text else (membre.nom if membre else name)
    row = Row(number, name, nom, membre is None)
    before = dict(rows.get(name, {}))
    refused = list(_wanted(row, given, before, membre, data.edition))
    if not refused and (row.new or row.changes):
        refused = list(_judged(row, given, before, data))
    if refused:
        found.refused += refused
    elif row.new:
        found.new.append(row)
    elif row.changes:
        found.changed.append(row)
    else:
        found.same += 1


def _twice(
    given: Mapping[str, Cell], name: str, number: int, seen: dict[tuple[str, str], int]
) -> Iterable[Refused]:  # fmt: skip
    """Yield what an earlier row of the table says already: its member, its SIRET."""
    siret = given.get("siret")
    for key, value, ref in (
        ("id", name, f"ligne {number}"),
        ("siret", re.sub(r"\s", "", siret.text) if siret else "", siret.ref if siret else ""),
    ):
        first = seen.setdefault((key, value), number) if value else number
        if first != number:
            said = f"« {value} » est déjà ligne {first}"
            yield Refused(ref, said, "Gardez une seule ligne par membre, avec son propre SIRET.")
            return


class _Known:
    """The members by what a row may name them by."""

    def __init__(self, membres: Iterable[Membre]) -> None:
        self.ids = {formats.folded(m.id): m for m in membres}
        self.sirets = {m.siret: m for m in self.ids.values()}
        self.noms = {formats.folded(m.nom): m for m in self.ids.values()}

    def of(self, given: Mapping[str, Cell]) -> Membre | None:
        """Return the member that a row is about: of that id, else of that SIRET, else of that name."""
        text = {path: given[path].text for path in ("id", "siret", "nom") if path in given}
        siret = re.sub(r"\D", "", text.get("siret", ""))
        return (
            self.ids.get(formats.folded(text.get("id", "")))
            or self.sirets.get(siret)
            or self.noms.get(formats.folded(text.get("nom", "")))
        )


def _id(given: Mapping[str, Cell]) -> str:
    told = given["id"].text if "id" in given else ""
    return told or slug(given["nom"].text if "nom" in given else "")


def slug(nom: str) -> str:
    """Return the id of a member from its name: « commune-d-auberoque-sur-lere »."""
    return re.sub(r"[^a-z0-9]+", "-", formats.folded(nom)).strip("-")[:60].strip("-")


def _lost(given: Mapping[str, Cell]) -> Iterable[Refused]:
    """Yield what the spreadsheet made of codes: they are told, never guessed."""
    for shown in given.values():
        if FAILED.match(shown.text):
            hint = "Corrigez la formule, ou videz la case."
            yield Refused(shown.ref, f"« {shown.text} » est une erreur du tableur, pas une valeur", hint)
    lengths = {"siret": 14, "siege.code_postal": 5, "referent.telephone": 10}
    format_ = "mettez la colonne au format Texte, puis retapez-le"
    for path in CODES:
        cell = given.get(path)
        if cell is None or not cell.text:
            continue
        digits = re.sub(r"\D", "", cell.text)
        if SCIENTIFIC.fullmatch(cell.text.replace(" ", "")):
            said = f"« {cell.text} » : le tableur a arrondi ce numéro, ses derniers chiffres sont perdus"
            yield Refused(cell.ref, said, f"Retrouvez-le à sa source : {format_}.")
        elif len(digits) < lengths[path] and cell.text == digits and (cell.number or len(digits) == lengths[path] - 1):
            said = (
                f"« {cell.text} » a {len(digits)} chiffres au lieu de {lengths[path]} : des zéros sont perdus au début"
            )
            yield Refused(cell.ref, said, f"Retrouvez-le à sa source : {format_}.")
    for path in LOOSE:
        cell = given.get(path)
        if cell is not None and cell.number and cell.text:
            said = f"« {cell.text} » est gardé comme un nombre : si des zéros étaient devant, ils sont perdus"
            yield Refused(cell.ref, said, "Vérifiez-le ; le format Texte les garde.", stops=False)


def _wanted(
    row: Row, given: Mapping[str, Cell], before: Mapping[str, Any], membre: Membre | None, edition: Edition
) -> Iterable[Refused]:
    """Fill what a row changes; yield what it may not. An empty cell says nothing: a table erases nothing."""
    tree = {key: _copied(value) for key, value in before.items()}
    if row.new:
        tree["id"] = row.id
    answers: dict[str, dict[str, Cell]] = {}
    for path, cell in given.items():
        if not cell.text:
            continue
        if path.startswith("volet."):
            _, volet, question = path.split(".", 2)
            answers.setdefault(volet, {})[question] = cell
        elif path != "id":
            was = current(before, path)
            now = _as_written(path, cell.text)
            if not _same(path, was, now):
                row.changes.append(Change(path, was, now))
                _set(tree, path, now)
    for volet, said in answers.items():
        yield from _subscribed(row, tree, volet, said, membre, edition)
    tops = {change.path.split(".")[0] for change in row.changes}
    tops = {"souscriptions" if top == "volet" else top for top in tops}
    row.wanted = {key: tree.get(key) for key in (tree if row.new else tops)}


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(one) for key, one in value.items()}
    return [_copied(one) for one in value] if isinstance(value, list) else value


def current(said: Mapping[str, Any], path: str) -> str:
    """Return what a record says of a column: of lists, what is of the latest year."""
    at: Any = said
    for part in path.split("."):
        if isinstance(at, list):
            at = latest(at)
        at = at.get(part) if isinstance(at, dict) else None
    return at if isinstance(at, str) else ""


def latest(rows: Sequence[Any]) -> Any:
    """Return the item of the latest year."""
    known = [row for row in rows if isinstance(row, dict)]
    return max(known, key=lambda row: str(row.get("exercice") or row.get("annee") or ""), default=None)


def _set(tree: dict[str, Any], path: str, value: str) -> None:
    top, *rest = path.split(".")
    if not rest:
        tree[top] = value
        return
    if top == "facturation" or (top in FACTS and isinstance(tree.get(top), list)):
        rows = tree.setdefault(top, [])
        row = latest(rows)
        if row is None or (rest == ["exercice"] and value > str(row.get("exercice") or "")):
            row = {}
            rows.append(row)
        row[rest[0]] = value
        return
    at = tree
    for part in (top, *rest[:-1]):
        deeper = at.get(part)
        if not isinstance(deeper, dict):
            deeper = at[part] = {}
        at = deeper
    at[rest[-1]] = value


def _as_written(path: str, text: str) -> str:
    """Return a value as a record has it: a day is year-month-day."""
    day = re.fullmatch(r"(\d\d)/(\d\d)/(\d{4})", text)
    if day and (path.endswith("_le") or path.endswith(".date")):
        return f"{day[3]}-{day[2]}-{day[1]}"
    return _spelt(text, [forme.value for forme in Forme]) if path == "forme" else text


def _spelt(text: str, known: Iterable[str]) -> str:
    """Return the known value that only differs by its capitals and accents; the text itself when there is none."""
    return next((value for value in known if formats.folded(value) == formats.folded(text)), text)


def _same(path: str, was: str, now: str) -> bool:
    """Tell whether two values are the same for a record: spaces in numbers are nothing."""
    if path in CODES or path.endswith((".nombre", ".exercice", ".annee")):
        return re.sub(r"[\s\u00a0\u202f.]", "", was) == re.sub(r"[\s\u00a0\u202f.]", "", now)
    return " ".join(was.split()) == " ".join(now.split())


def _subscribed(
    row: Row, tree: dict[str, Any], volet: str, said: Mapping[str, Cell], membre: Membre | None, edition: Edition
) -> Iterable[Refused]:
    """Put what a row says of a volet; what a member contracted changes on a day, and not by a table."""
    taken = souscriptions.current(membre, edition, today()).get(volet) if membre else None
    was = {key: str(value) for key, value in taken.reponses.items()} if taken else {}
    asked = {choix.id: choix for choix in found.choix} if (found := edition.volet(volet)) else {}
    now = {key: _spelt(cell.text, _answers(asked.get(key))) for key, cell in said.items() if key}
    changed = {key: value for key, value in now.items() if not _same(f"{key}.nombre", was.get(key, ""), value)}
    begins = taken is None and (bool(now) or said[""].text.casefold() == "oui")
    if not changed and not begins:
        return
    if membre and membre.histoire and taken is not None:
        why = f"ce que {membre.nom} a souscrit ne se change pas par un tableau : il en a été envoyé un pack"
        hint = f"Notez-le avec son jour : docgen record subscription {membre.id} {volet} DATE …"
        yield Refused(next(iter(said.values())).ref, why, hint)
        return
    row.changes += [Change(f"volet.{volet}.{key}", was.get(key, ""), value) for key, value in changed.items()]
    if begins and not now:
        row.changes.append(Change(f"volet.{volet}.", "", "oui"))
    rows = tree.setdefault("souscriptions", [])
    kept = next((one for one in reversed(rows) if one.get("volet") == volet), None) if taken else None
    if kept is None:
        rows.append({"volet": volet, **now})
    else:
        kept.update(changed)


def _answers(choix: Choix | None) -> Sequence[str]:
    """Return the answers that a question admits, where it lists them."""
    if choix is None or choix.type == "nombre":
        return ()
    return ("oui", "non") if choix.type == "oui_non" else choix.valeurs


def _judged(row: Row, given: Mapping[str, Cell], before: Mapping[str, Any], data: Data) -> Iterable[Refused]:
    """Yield what the rules of the records refuse, each at its cell."""
    alone = edit.of_one(row.wanted if row.new else before)
    wanted = {} if row.new else row.wanted
    judged = one.judge(alone, row.id, wanted, data.edition, data.membres, data.syndicat)
    at = {place: path for path, place in judged.record.places.items()}
    for problem in errors(judged.problems):
        yield _at_its_cell(row, problem, at.get((problem.place.line, problem.place.column), ()), given, data.edition)


def _at_its_cell(
    row: Row, problem: Diagnostic, where: tuple[str | int, ...], given: Mapping[str, Cell], edition: Edition
) -> Refused:
    parts = [str(part) for part in where[2:] if isinstance(part, str) and not part.startswith("@")]
    named = re.search(r"« (\w+) »", problem.message)
    if named and problem.code == "champ-manquant":  # it is said of what should hold it
        parts = [*parts[:-1], named[1]]
    path = ".".join(parts)
    found = [p for p in given if p == path or (parts and parts[0] == "souscriptions" and p.endswith(f".{parts[-1]}"))]
    if not found and named:
        found = [p for p in given if p.split(".")[-1] == named[1]]
    ref = given[found[0]].ref if found else f"ligne {row.number}"
    hint = "Remplissez cette case, ou ajoutez la colonne." if problem.code == "champ-manquant" else problem.hint
    return Refused(ref, problem.message.replace(f" ({row.id})", ""), hint)


def applied(content: bytes, found: Differences, left_on: date | None = None) -> bytes:
    """Return members.yaml with what is new and changed; with the last day of those that are gone, if one is given.

    Raises `ProblemsFound` when it cannot be written.
    """
    changes: dict[str, dict[str, Any]] = {row.id: row.wanted for row in found.changed}
    if left_on:
        changes |= {membre.id: {"parti_le": left_on.isoformat()} for membre in found.gone}
    return edit.rewritten(content, one.FILE, changes, [row.wanted for row in found.new])


def taken_now(membre: Membre, edition: Edition) -> Mapping[str, Souscription]:
    """Return what a member takes today, by volet."""
    return souscriptions.current(membre, edition, today())
