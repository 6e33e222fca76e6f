"""Read YAML as the clerk wrote it: every value a string with its line and column; no meaning yet.

Takes a file; gives a `Record` (a tree of dict, list and str) and every problem of writing found in it.
YAML's own typing is never applied: `01000`, `NO`, `12:30` and `2E3` stay what is written. What YAML would
swallow without a word (a value cut by #, a line glued to the one above, a key given twice) is an error.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from docgen.diagnostics import Diagnostic, Place
from docgen.records.characters import LINE_BREAK, NO_BREAK, decode, readable
from docgen.records.yaml_faults import ALIGN, GLUED_COLON, MAX_DEPTH, QUOTES, VALUE_SIGN, cause, fault_of, glued_colon

MAX_BYTES = 40_000_000
CURLY_QUOTES = ("“", "”", "„")
"""What Word makes of quotes; for YAML they are letters like others."""
KEY = "@key"
"""Ends the path under which a key itself (not its value) has its place."""

_TEMPLATE_MARKS = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}|[⟦⟧]")
DECIMALS = re.compile(r"\d\d?(?: |$)")
CUT = re.compile(r"\d,$")
"""In braces YAML takes the comma of an amount for the end of a field; a field has a space before it."""
_Event = Any
"""A `yaml.Event`, whose type stubs doubt that it has marks: the parser gives them to every one."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where it is there: ten times faster, same marks."""


@dataclass
class Record:
    """What a YAML file says: its tree of strings, and where each thing stands."""

    file: str
    tree: Any = None
    places: dict[tuple[str | int, ...], tuple[int, int]] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    @property
    def fields(self) -> dict[str, Any]:
        """Its fields, when it holds some; nothing else that a file may be."""
        return self.tree if isinstance(self.tree, dict) else {}

    def items(self, name: str) -> list[Any]:
        """Return the items of the list of that name; none when there is no list."""
        found = self.fields.get(name)
        return found if isinstance(found, list) else []

    def place(self, path: tuple[str | int, ...]) -> Place:
        """Return where `path` stands, or the nearest thing above it that is written."""
        while path and path not in self.places:
            path = path[:-2] if path[-1] == KEY else path[:-1]
        return Place(self.file, *self.places.get(path, (1, 1)))

    def report(self, line: int, column: int, code: str, message: str, hint: str = "") -> None:
        """Add a problem at that line and column, both from 1."""
        self.diagnostics.append(Diagnostic(Place(self.file, line, column), code, message, hint))


def read(path: Path, shown_as: str = "") -> Record:
    """Read the file; whatever it holds, give a record. Its diagnostics say what must be mended first."""
    record = Record(shown_as or path.name)
    try:
        if path.stat().st_size > MAX_BYTES:
            record.report(1, 1, "fichier-trop-gros", f"le fichier dépasse {MAX_BYTES // 1_000_000} Mo",
                          "Est-ce bien le bon fichier ?")  # fmt: skip
            return record
        data = path.read_bytes()
    except OSError as error:
        reason = "n'existe pas" if isinstance(error, FileNotFoundError) else "ne peut pas être lu"
        record.report(1, 1, "fichier-illisible", f"le fichier {reason}",
                      "Vérifiez son nom, et que vous êtes dans le bon dossier.")  # fmt: skip
        return record
    return parse(data, record.file)


def parse(data: bytes, shown_as: str) -> Record:
    """Read what a file holds, or will; whatever that is, give a record."""
    record = Record(shown_as)
    text = decode(data, record.report)
    if text is not None and readable(text, record.report):
        _Reader(text, record).read()
    return record


def _position(event: _Event) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


class _Reader:
    """One pass over the parser's events: builds the tree, notes each place, gathers the problems."""

    def __init__(self, text: str, record: Record) -> None:
        self.record = record
        self.lines = LINE_BREAK.split(text)
        self.dashless: dict[tuple[str | int, ...], str] = {}
        self.events: Iterator[_Event] = yaml.parse(text, Loader=_LOADER)
        self.stumbles_until = -1
        """The line (from 0) down to which a fault of syntax is but a consequence of what is already said."""

    def read(self) -> None:
        try:
            documents = 0
            for event in self.events:
                if isinstance(event, yaml.DocumentStartEvent):
                    documents += 1
                    if documents > 1:
                        self._report(
                            event,
                            "plusieurs-documents",
                            "« --- » commence un second document",
                            "Supprimez cette ligne : toutes les fiches tiennent en un document.",
                        )
                        return
                elif not isinstance(event, yaml.StreamStartEvent | yaml.StreamEndEvent | yaml.DocumentEndEvent):
                    self.record.tree = self._node(event, ())
        except yaml.MarkedYAMLError as error:
            self._syntax(error)
        if self.record.tree is None and not self.record.diagnostics:
            self.record.report(
                1,
                1,
                "fichier-vide",
                "le fichier est vide",
                "Recopiez-y une fiche d'exemple : « docgen init DOSSIER » en prépare.",
            )

    def _report(self, event: _Event, code: str, message: str, hint: str) -> None:
        self.record.report(*_position(event), code, message, hint)

    def _syntax(self, error: yaml.MarkedYAMLError) -> None:
        fault = fault_of(error.problem or "")
        mark = (error.context_mark if fault.at_opening else None) or error.problem_mark
        number, column = (mark.line, mark.column) if mark else (0, 0)
        if number <= self.stumbles_until:
            return
        if number >= len(self.lines):  # after the last end of line
            number, column = len(self.lines) - 1, len(self.lines[-1])
        fault, column = cause(fault, self.lines[number], column)
        self.record.report(number + 1, column + 1, fault.code, fault.message, fault.hint)

    def _node(self, event: _Event, path: tuple[str | int, ...]) -> Any:
        self.record.places[path] = _position(event)
        if isinstance(event, yaml.AliasEvent):
            self._report(
                event,
                "alias",
                f"« *{event.anchor} » renvoie ailleurs : docgen ne suit pas les renvois",
                "Recopiez la valeur, ou mettez-la entre guillemets si le signe en fait partie.",
            )
            return f"*{event.anchor}"
        if event.anchor:
            self._report(
                event,
                "alias",
                f"« &{event.anchor} » déclare un renvoi : docgen ne suit pas les renvois",
                "Effacez-le, ou mettez la valeur entre guillemets si le signe en fait partie.",
            )
        if event.tag:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._report(
                event,
                "etiquette",
                f"l'étiquette « {tag} » n'est pas admise",
                "Mettez la valeur entre guillemets si le « ! » en fait partie.",
            )
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event) or event.tag
        rest = self._rest_of_line(event.start_mark)
        if rest.startswith("{{"):
            return self._template_field(event, rest)
        if len(path) >= MAX_DEPTH:
            # The parser cannot be left half-way without losing the rest: stop here, as for a syntax error.
            raise yaml.MarkedYAMLError(problem="too deep", problem_mark=event.start_mark)
        return self._sequence(path) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(path)

    def _rest_of_line(self, mark: Any) -> str:
        return self.lines[mark.line][mark.column :] if mark.line < len(self.lines) else ""

    def _template_field(self, event: _Event, text: str) -> str:
        """Skip what YAML takes for a mapping in a mapping; give the text as it is written."""
        self._template_mark(event, "{{")
        depth = 1
        while depth:
            inner = next(self.events)
            depth += isinstance(inner, yaml.CollectionStartEvent) - isinstance(inner, yaml.CollectionEndEvent)
        return text

    def _sequence(self, path: tuple[str | int, ...]) -> list[Any]:
        items: list[Any] = []
        for event in self.events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self._node(event, (*path, len(items))))
        return items

    def _mapping(self, path: tuple[str | int, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        new_item = False
        for event in self.events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            if not isinstance(event, yaml.ScalarEvent):
                self._report(
                    event,
                    "accolades",
                    "une accolade ou un crochet ouvre la ligne",
                    "Mettez la valeur entre guillemets.",
                )
                self._node(event, (*path, KEY))
                self._node(next(self.events), (*path, KEY))
                continue
            if found and self._cut_amount(event):
                self._rejoin(found, event)
                continue
            key = self._key(event)
            child = (*path, key)
            if key in found:
                new_item = new_item or (path[-1:] != () and isinstance(path[-1], int) and key == next(iter(found)))
                self._given_twice(event, key, child, new_item)
                self._node(next(self.events), (*path, f"{key}@double"))
                continue
            self.record.places[(*child, KEY)] = _position(event)
            found[key] = self._node(next(self.events), child)
        return found

    def _cut_amount(self, event: _Event) -> bool:
        """Tell whether what stands for a field is what follows the comma of an amount: « {ht: 180,00, tva: 20} »."""
        before = self.lines[event.start_mark.line][: event.start_mark.column]
        return not event.style and DECIMALS.match(event.value) is not None and CUT.search(before) is not None

    def _rejoin(self, found: dict[str, Any], event: _Event) -> None:
        """Put the end of an amount back to what stands before its comma."""
        last = next(reversed(found))
        if isinstance(found[last], str):
            found[last] += f",{event.value}"
        self._node(next(self.events), (KEY,))

    def _given_twice(self, event: _Event, key: str, child: tuple[str | int, ...], new_item: bool) -> None:
        """Report a field given twice; of an item that lacks its dash, whose fields all are, only the first."""
        line = self.record.places[(*child, KEY)][0]
        if not new_item:
            self._report(
                event,
                "champ-en-double",
                f"le champ « {key} » est en double (déjà ligne {line})",
                "Gardez une seule des deux lignes : YAML ne retiendrait que la dernière, sans le dire.",
            )
        elif key == self.dashless.setdefault(child[:-1], key):
            self._report(
                event,
                "tiret-manquant",
                f"il manque le tiret devant « {key} » : ici commence un nouvel élément de la liste",
                f"Écrivez « - {key}: … », aligné sur les autres tirets.",
            )

    def _key(self, event: _Event) -> str:
        key = unicodedata.normalize("NFC", event.value)
        if NO_BREAK.search(key):
            self._report(
                event,
                "espace-insecable",
                "une espace insécable est collée au nom du champ",
                "Effacez-la et retapez-la avec la barre d'espace.",
            )
        if event.start_mark.line != event.end_mark.line:
            self._report(event, "retrait", "le nom du champ court sur plusieurs lignes : le retrait est faux", ALIGN)
        if key == "<<":
            self._report(
                event,
                "alias",
                "« << » fusionne des fiches : docgen ne suit pas les renvois",
                "Effacez cette ligne et recopiez les champs.",
            )
        return NO_BREAK.sub("", key)

    def _scalar(self, event: _Event) -> str | None:
        value = unicodedata.normalize("NFC", event.value)
        if mark := _TEMPLATE_MARKS.search(value):
            self._template_mark(event, mark.group())
        if event.style in ("'", '"'):
            self._quoted_traps(event)
        if event.style:
            return value
        if value == "~":
            return None
        self._plain_traps(event, value)
        return value or None

    def _quoted_traps(self, event: _Event) -> None:
        if event.start_mark.line != event.end_mark.line:
            self.stumbles_until = event.end_mark.line
            self._report(
                event,
                "guillemets",
                f"des guillemets ouverts ici ne se ferment que ligne {event.end_mark.line + 1}",
                f"Fermez-les sur la même ligne. {QUOTES}",
            )

    def _template_mark(self, event: _Event, mark: str) -> None:
        self.stumbles_until = event.end_mark.line
        self._report(
            event,
            "signe-de-champ",
            f"la valeur contient « {mark} », réservé aux modèles",
            "Écrivez la valeur elle-même : un champ de modèle ne se met pas dans les données.",
        )

    def _plain_traps(self, event: _Event, value: str) -> None:
        start, end = event.start_mark, event.end_mark
        if value[:1] in CURLY_QUOTES and value[-1:] in CURLY_QUOTES:
            self._report(
                event,
                "guillemets-courbes",
                f"les guillemets de « {value[:40]} » seraient imprimés",
                'Remplacez-les par des guillemets droits (") ou effacez-les.',
            )
        rest = self._rest_of_line(end)
        # « champ: # à compléter » is a comment; « champ: #3 » and « ZA #3 » are values that YAML cuts.
        comment = r"\s{2,}#(\s|$)" if value else r"\s*#(\s|$)"
        if (cut := re.match(r"\s*#", rest)) and not re.match(comment, rest):
            left = f"il ne resterait que « {value[:40]} »" if value else "il ne resterait rien"
            self.record.report(
                end.line + 1,
                end.column + cut.end(),
                "diese",
                f"tout ce qui suit « # » serait perdu : {left}",
                "Mettez la valeur entre guillemets ; ou, pour un commentaire, deux espaces avant # et une après.",
            )
        runs_on = start.line != end.line and not self._in_brackets(start)
        if runs_on:
            self.stumbles_until = end.line
        if glued := GLUED_COLON.fullmatch(value):
            fault = glued_colon(glued["glued"])
            self._report(event, fault.code, fault.message, fault.hint)
        elif runs_on:
            self._report(
                event,
                "retrait",
                f"valeur sur plusieurs lignes sans guillemets : « {value[:50]} »",
                "La ligne suivante a un mauvais retrait et serait avalée : alignez-la sur les autres.",
            )

    def _in_brackets(self, mark: Any) -> bool:
        """Tell whether the line opens [ or {, where YAML lets values run on: the bracket is what is wrong."""
        sign = VALUE_SIGN.match(self.lines[mark.line])
        return bool(sign and sign["sign"] in "[{")
