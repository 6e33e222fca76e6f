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

MAX_BYTES = 20_000_000
MAX_DEPTH = 20
KEY = "@key"
"""Ends the path under which a key itself (not its value) has its place."""

_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")
_MOJIBAKE = re.compile("Ã[\u0080-\u00bf\u0152-\u017e\u2018-\u203a\u20ac\u2122]|â€|Â[\u00a0-\u00bf]|\ufffd")
_TEMPLATE_MARKS = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}|[⟦⟧]")
_INVISIBLE = re.compile("[\u00a0\u202f\u2007\u200b\u200c\u200d\ufeff\u00ad]")

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where it is there: ten times faster, same marks."""

# What PyYAML says -> what the clerk reads: message, hint.
_SYNTAX = (
    ("\\t", "une tabulation sert de retrait", "Remplacez-la par des espaces : YAML refuse les tabulations."),
    (
        "mapping values are not allowed",
        "« : » inattendu : le retrait est faux, ou la valeur contient « : »",
        "Alignez la ligne sur ses voisines, ou mettez la valeur entre guillemets.",
    ),
    (
        "could not find expected ':'",
        "il manque « : » (suivi d'une espace) après le nom du champ",
        "Écrivez « champ: valeur », avec une espace après les deux-points.",
    ),
    (
        "unexpected end of stream",
        "des guillemets ouverts ici ne sont jamais fermés",
        "Fermez-les ; dans '…', une apostrophe se double ('') ; préférez alors \"…\".",
    ),
    (
        "while scanning a quoted scalar",
        "texte entre guillemets mal fermé",
        "Dans '…', une apostrophe se double ('') ; préférez alors \"…\".",
    ),
    (
        "did not find expected key",
        "retrait irrégulier, ou guillemets fermés trop tôt",
        "Alignez la ligne sur ses voisines ; dans '…', une apostrophe se double ('').",
    ),
    (
        "did not find expected '-' indicator",
        "retrait irrégulier dans une liste",
        "Alignez tous les tirets de la liste sur la même colonne.",
    ),
    (
        "cannot start any token",
        "la valeur commence par un signe réservé de YAML (@, ` ou %)",
        "Mettez la valeur entre guillemets.",
    ),
    ("escape", "« \\ » inattendu entre guillemets doubles", "Doublez-le (\\\\) ou utilisez des guillemets simples."),
)


@dataclass
class Record:
    """What a YAML file says: its tree of strings, and where each thing stands."""

    file: str
    tree: Any = None
    places: dict[tuple[str | int, ...], tuple[int, int]] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)

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
            record.report(1, 1, "fichier-trop-gros", f"le fichier dépasse {MAX_BYTES // 1_000_000} Mo")
            return record
        text = _decode(path.read_bytes(), record)
    except OSError as error:
        reason = "n'existe pas" if isinstance(error, FileNotFoundError) else "ne peut pas être lu"
        record.report(1, 1, "fichier-illisible", f"le fichier {reason}")
        return record
    if text is None:
        return record
    _check_characters(text, record)
    if not record.diagnostics:
        _Reader(text, record).read()
    return record


def _decode(data: bytes, record: Record) -> str | None:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        record.report(
            line,
            column,
            "encodage",
            "le fichier n'est pas en UTF-8 (sans doute en Windows-1252)",
            "Dans votre éditeur : « Enregistrer sous », encodage UTF-8. Rien d'autre n'est à changer.",
        )
        return None


def _check_characters(text: str, record: Record) -> None:
    for number, line in enumerate(text.splitlines(), 1):
        if line.isascii() and line.isprintable():
            continue
        for match in _MOJIBAKE.finditer(line):
            record.report(
                number,
                match.start() + 1,
                "accents-abimes",
                f"accents abîmés : « {line[max(0, match.start() - 12) : match.end() + 12].strip()} »",
                "Le fichier a été ouvert dans un mauvais encodage puis enregistré : retapez ces caractères.",
            )
        for match in _FORBIDDEN.finditer(line):
            record.report(
                number,
                match.start() + 1,
                "caractere-interdit",
                f"caractère de commande invisible U+{ord(match.group()):04X}",
                "Effacez-le : il vient d'un copier-coller.",
            )


class _Reader:
    """One pass over the parser's events: builds the tree, notes each place, gathers the problems."""

    def __init__(self, text: str, record: Record) -> None:
        self.record = record
        self.lines = text.splitlines()
        self.events: Iterator[yaml.Event] = yaml.parse(text, Loader=_LOADER)

    def read(self) -> None:
        try:
            documents = 0
            for event in self.events:
                if isinstance(event, yaml.DocumentStartEvent):
                    documents += 1
                    if documents > 1:
                        self._report(event, "plusieurs-documents", "« --- » commence un second document")
                        return
                elif not isinstance(event, yaml.StreamStartEvent | yaml.StreamEndEvent | yaml.DocumentEndEvent):
                    self.record.tree = self._node(event, ())
        except yaml.MarkedYAMLError as error:
            self._syntax(error)
        if self.record.tree is None and not self.record.diagnostics:
            self.record.report(1, 1, "fichier-vide", "le fichier est vide")

    def _report(self, event: yaml.Event, code: str, message: str, hint: str = "") -> None:
        self.record.report(event.start_mark.line + 1, event.start_mark.column + 1, code, message, hint)

    def _syntax(self, error: yaml.MarkedYAMLError) -> None:
        text = f"{error.context or ''} {error.problem or ''}"
        mark = error.problem_mark or error.context_mark
        if "quoted scalar" in text and error.context_mark:
            mark = error.context_mark
        message, hint = "la syntaxe YAML est fausse à cet endroit", "Comparez avec une fiche voisine qui est juste."
        for words, known, mend in _SYNTAX:
            if words in text:
                message, hint = known, mend
                break
        line = mark.line if mark else 0
        if "expected ':'" in text and (glued := self._glued_colon(line)) is not None:
            line = glued
            message = f"il manque une espace après « : » dans « {self.lines[line].strip()} »"
        self.record.report(line + 1, mark.column + 1 if mark and line == mark.line else 1, "yaml", message, hint)

    def _glued_colon(self, line: int) -> int | None:
        """Return the line, this one or the one above, where « champ:valeur » lacks its space."""
        for number in (line, line - 1):
            if 0 <= number < len(self.lines) and re.match(r"\s*(- )?\w+:[^\s/]", self.lines[number]):
                return number
        return None

    def _node(self, event: yaml.Event, path: tuple[str | int, ...]) -> Any:
        self.record.places[path] = (event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, yaml.AliasEvent):
            self._report(event, "alias", "« * » renvoie à une autre valeur : docgen ne suit pas les renvois",
                         "Recopiez la valeur, ou mettez-la entre guillemets si le signe en fait partie.")
            return None
        if event.anchor:
            self._report(event, "alias", f"« & » déclare un renvoi (« {event.anchor} »)",
                         "Mettez la valeur entre guillemets si le signe en fait partie.")
        if event.tag and event.tag != "!":
            self._report(event, "etiquette", f"l'étiquette « {event.tag} » n'est pas admise",
                         "Mettez la valeur entre guillemets si le « ! » en fait partie.")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if len(path) >= MAX_DEPTH:
            # The parser cannot be left half-way without losing the rest: stop here, as for a syntax error.
            raise yaml.MarkedYAMLError(problem="too deep", problem_mark=event.start_mark)
        return self._sequence(path) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(path)

    def _sequence(self, path: tuple[str | int, ...]) -> list[Any]:
        items: list[Any] = []
        for event in self.events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self._node(event, (*path, len(items))))
        return items

    def _mapping(self, path: tuple[str | int, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for event in self.events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            if not isinstance(event, yaml.ScalarEvent):
                self._report(event, "accolades", "une accolade ou un crochet ouvre la ligne",
                             "Mettez la valeur entre guillemets.")
                self._node(event, (*path, KEY))
                self._node(next(self.events), (*path, KEY))
                continue
            key = self._key(event)
            child = (*path, key)
            if key in found:
                line = self.record.places[(*child, KEY)][0]
                self._report(event, "champ-en-double", f"le champ « {key} » est en double (déjà ligne {line})",
                             "Gardez une seule des deux lignes : YAML ne retiendrait que la dernière, sans le dire.")
                self._node(next(self.events), (*path, f"{key}@double"))
                continue
            self.record.places[(*child, KEY)] = (event.start_mark.line + 1, event.start_mark.column + 1)
            found[key] = self._node(next(self.events), child)
        return found

    def _key(self, event: yaml.ScalarEvent) -> str:
        key = unicodedata.normalize("NFC", event.value)
        if _INVISIBLE.search(key):
            self._report(event, "espace-insecable", "un caractère invisible est collé au nom du champ",
                         "Effacez le début de la ligne et retapez le retrait avec la barre d'espace.")
        if event.start_mark.line != event.end_mark.line:
            self._report(event, "retrait", "le nom du champ court sur plusieurs lignes : le retrait est faux")
        if key == "<<":
            self._report(event, "alias", "« << » fusionne des fiches : docgen ne suit pas les renvois")
        return _INVISIBLE.sub("", key)

    def _scalar(self, event: yaml.ScalarEvent) -> str | None:
        value = unicodedata.normalize("NFC", event.value)
        if mark := _TEMPLATE_MARKS.search(value):
            self._report(event, "signe-de-champ", f"la valeur contient « {mark.group()} », réservé aux modèles",
                         "Écrivez la valeur elle-même : un champ de modèle ne se met pas dans les données.")
        if event.style:
            return value
        if value in ("", "~"):
            return None
        self._plain_traps(event, value)
        return value

    def _plain_traps(self, event: yaml.ScalarEvent, value: str) -> None:
        start, end = event.start_mark, event.end_mark
        if start.line != end.line:
            self._report(event, "retrait", f"valeur sur plusieurs lignes sans guillemets : « {value[:50]} »",
                         "La ligne suivante a un mauvais retrait et serait avalée : alignez-la sur les autres.")
        rest = self.lines[end.line][end.column :] if end.line < len(self.lines) else ""
        if "#" in rest and not re.match(r"\s{2,}#(\s|$)", rest):
            self.record.report(
                end.line + 1, end.column + rest.index("#") + 1, "diese",
                f"tout ce qui suit « # » serait perdu : il ne resterait que « {value[:40]} »",
                "Mettez la valeur entre guillemets ; ou, pour un commentaire, deux espaces avant # et une après.",
            )
        if re.match(r"\w+:\S", value) and not re.match(r"(https?|mailto):", value):
            self._report(event, "espace-apres-deux-points", f"« {value[:40]} » : il manque une espace après « : »",
                         "Écrivez « champ: valeur », ou mettez la valeur entre guillemets.")
