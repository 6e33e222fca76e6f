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
from typing import Any, NamedTuple

import yaml

from docgen.diagnostics import Diagnostic, Place

MAX_BYTES = 20_000_000
MAX_DEPTH = 20
KEY = "@key"
"""Ends the path under which a key itself (not its value) has its place."""

# What no one sees and no one means: control characters, soft hyphens, zero-width spaces, marks of direction,
# and the line separators that YAML obeys but that no editor shows as a line.
_FORBIDDEN = re.compile(
    r"[^\t\n\r\x20-\x7e\xa0-\xac\xae-\u200a\u2010-\u2027\u202f-\u205f\u2070-\ud7ff"
    r"\ue000-\ufdcf\ufdf0-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
# UTF-8 read as Windows-1252: é as Ã©, œ as Å“, ’ as â€™, « as Â«; or lost for good.
_MOJIBAKE = re.compile(
    "Ã[\u0080-\u00bf\u0152-\u017e\u2018-\u203a\u20ac\u2122]|Å[\u0080-\u00bf\u2018-\u201d]|â[€‚]|Â[\u00a0-\u00bf]|\ufffd"
)
_TEMPLATE_MARKS = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}|[⟦⟧]")
_NO_BREAK = re.compile(r"[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
_NO_BREAK_FOR_SPACE = re.compile(rf"[ \t-]*(?:[\w ]+:)?(?P<space>{_NO_BREAK.pattern})")
"""Where YAML wants an ordinary space: in the indent, and after « : »."""
_GLUED_COLON = re.compile(r"\s*(?:- +)*(?P<glued>[^\W\d]\w*:(?!//)\S.*)")
_VALUE_SIGN = re.compile(r"\s*(?:- +)*+(?:[\w-]+: +)?+(?P<sign>[\[\]{}*&!>|,%@`'\"]|[-?](?= ))")
"""A line whose value (or itself) begins with a sign that means something to YAML."""
_LINE_BREAK = re.compile(r"\r\n|\r|\n")

_Event = Any
"""A `yaml.Event`, whose type stubs doubt that it has marks: the parser gives them to every one."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where it is there: ten times faster, same marks."""


class _Fault(NamedTuple):
    """A fault of syntax: what PyYAML says of it (libyaml or pure Python), and what the clerk reads."""

    code: str
    message: str
    hint: str
    words: tuple[str, ...] = ()
    at_opening: bool = False
    """The cause is where the parser began to read, not where it gave up."""


_QUOTE_IT = "Mettez la valeur entre guillemets."
_QUOTES = "Dans '…', une apostrophe se double ('') ; préférez alors \"…\"."
_ALIGN = "Alignez la ligne sur ses voisines : les champs sous les champs, les tirets sous les tirets."
_UNKNOWN = _Fault("yaml", "la syntaxe YAML est fausse à cet endroit", "Comparez avec une fiche voisine qui est juste.")
_TAB = _Fault("tabulation", "une tabulation sert de retrait", "Remplacez-la par des espaces.")
_CLOSED_EARLY = _Fault("guillemets", "les guillemets se ferment avant la fin de la valeur", _QUOTES)
_COLON_IN_VALUE = _Fault("deux-points", "« : » au milieu d'une valeur", _QUOTE_IT)
_INDENT = _Fault(
    "retrait",
    "retrait irrégulier",
    _ALIGN,
    ("expected key", "expected '-' indicator", "expected <block end>"),
)
_INDENT_OF_KEY = _Fault("retrait", "« : » inattendu : le retrait est faux", _ALIGN, ("mapping values are not allowed",))
_NO_COLON = _Fault(
    "deux-points",
    "il manque « : » (suivi d'une espace) après le nom du champ",
    "Écrivez « champ: valeur », avec une espace après les deux-points.",
    ("could not find expected ':'",),
    at_opening=True,
)
_FAULTS = (
    _INDENT,
    _INDENT_OF_KEY,
    _NO_COLON,
    _Fault(
        "guillemets",
        "des guillemets ouverts ici ne sont jamais fermés",
        f"Fermez-les. {_QUOTES}",
        ("end of stream", "document indicator", "document separator"),
        at_opening=True,
    ),
    _Fault(
        "crochets",
        "un crochet ou une accolade ouvert ici n'est pas fermé",
        "Fermez-le ; ou mettez la valeur entre guillemets si le signe en fait partie.",
        ("expected ',' or",),
        at_opening=True,
    ),
    _Fault(
        "guillemets",
        "« \\ » inattendu entre guillemets doubles",
        "Doublez-le (\\\\) ou utilisez des guillemets simples.",
        ("escape", "hexdecimal"),
    ),
    _Fault(
        "plusieurs-documents",
        "le fichier continue après « ... », qui le termine",
        "Effacez cette ligne de points.",
        ("<document start>",),
    ),
    _Fault(
        "trop-profond",
        f"plus de {MAX_DEPTH} niveaux de crochets, d'accolades ou de retraits",
        "Mettez la valeur entre guillemets si elle contient des crochets ou des accolades.",
        ("too deep",),
    ),
)


def _glued_colon(text: str) -> _Fault:
    return _Fault("espace-apres-deux-points", f"il manque une espace après « : » dans « {text[:40]} »",
                  "Écrivez « champ: valeur », ou mettez la valeur entre guillemets.")  # fmt: skip


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
            record.report(1, 1, "fichier-trop-gros", f"le fichier dépasse {MAX_BYTES // 1_000_000} Mo",
                          "Est-ce bien le bon fichier ?")  # fmt: skip
            return record
        text = _decode(path.read_bytes(), record)
    except OSError as error:
        reason = "n'existe pas" if isinstance(error, FileNotFoundError) else "ne peut pas être lu"
        record.report(1, 1, "fichier-illisible", f"le fichier {reason}",
                      "Vérifiez son nom, et que vous êtes dans le bon dossier.")  # fmt: skip
        return record
    if text is None:
        return record
    if _readable(text, record):
        _Reader(text, record).read()
    return record


def _decode(data: bytes, record: Record) -> str | None:
    if 0 in data[:2]:
        _not_utf8(record, "", "sans doute en UTF-16")
        return None
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode(error.encoding, "ignore").removeprefix("\ufeff")
        guess = "sans doute en Windows-1252" if encoding == "utf-8-sig" else "mais en UTF-16, et abîmé"
        _not_utf8(record, before, guess)
        return None


def _not_utf8(record: Record, before: str, guess: str) -> None:
    lines = _LINE_BREAK.split(before)
    record.report(
        len(lines),
        len(lines[-1]) + 1,
        "encodage",
        f"le fichier n'est pas en UTF-8 ({guess})",
        "Dans votre éditeur : « Enregistrer sous », encodage UTF-8. Rien d'autre n'est à changer.",
    )


def _readable(text: str, record: Record) -> bool:
    """Report the characters that no one typed on purpose; tell whether YAML reads the file as it looks."""
    readable = True
    for number, line in enumerate(_LINE_BREAK.split(text), 1):
        if line.isascii() and line.isprintable():
            continue
        if match := _MOJIBAKE.search(line):
            record.report(
                number,
                match.start() + 1,
                "accents-abimes",
                f"accents abîmés : « {line[max(0, match.start() - 12) : match.end() + 12].strip()} »",
                "Le fichier a été ouvert dans un mauvais encodage puis enregistré : retapez ces caractères.",
            )
        for match in _FORBIDDEN.finditer(line):
            readable = False
            before = line[max(0, match.start() - 12) : match.start()].strip()
            after = f" après « {before} »" if before else ""
            record.report(
                number,
                match.start() + 1,
                "caractere-interdit",
                f"caractère invisible U+{ord(match.group()):04X}{after}",
                "Effacez-le : il vient d'un copier-coller.",
            )
        if found := _NO_BREAK_FOR_SPACE.match(line):
            readable = False
            record.report(
                number,
                found.start("space") + 1,
                "espace-insecable",
                "une espace insécable est à la place d'une espace ordinaire",
                "Effacez-la et retapez-la avec la barre d'espace.",
            )
    return readable


def _cause(fault: _Fault, line: str, column: int) -> tuple[_Fault, int]:
    """Return the fault and its column as the line shows them: it tells more than the parser's words."""
    if line[column : column + 1] == "\t":
        return _TAB, column
    if fault is _NO_COLON and (glued := _GLUED_COLON.match(line)):
        return _glued_colon(glued["glued"]), glued.start("glued")
    if fault is _INDENT_OF_KEY and ": " in line[:column]:
        return _COLON_IN_VALUE, column
    if fault in (_INDENT, _UNKNOWN) and (start := _VALUE_SIGN.match(line)):
        if start["sign"] in "'\"":
            return _CLOSED_EARLY, column
        message = f"« {start['sign']} » est un signe réservé de YAML au début d'une valeur"
        return _Fault("signe-reserve", message, _QUOTE_IT), start.start("sign")
    return fault, column


def _position(event: _Event) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


class _Reader:
    """One pass over the parser's events: builds the tree, notes each place, gathers the problems."""

    def __init__(self, text: str, record: Record) -> None:
        self.record = record
        self.lines = _LINE_BREAK.split(text)
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
        text = error.problem or ""
        fault = next((f for f in _FAULTS if any(words in text for words in f.words)), _UNKNOWN)
        mark = (error.context_mark if fault.at_opening else None) or error.problem_mark
        number, column = (mark.line, mark.column) if mark else (0, 0)
        if number <= self.stumbles_until:
            return
        if number >= len(self.lines):  # after the last end of line
            number, column = len(self.lines) - 1, len(self.lines[-1])
        fault, column = _cause(fault, self.lines[number], column)
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
            key = self._key(event)
            child = (*path, key)
            if key in found:
                line = self.record.places[(*child, KEY)][0]
                self._report(
                    event,
                    "champ-en-double",
                    f"le champ « {key} » est en double (déjà ligne {line})",
                    "Gardez une seule des deux lignes : YAML ne retiendrait que la dernière, sans le dire.",
                )
                self._node(next(self.events), (*path, f"{key}@double"))
                continue
            self.record.places[(*child, KEY)] = _position(event)
            found[key] = self._node(next(self.events), child)
        return found

    def _key(self, event: _Event) -> str:
        key = unicodedata.normalize("NFC", event.value)
        if _NO_BREAK.search(key):
            self._report(
                event,
                "espace-insecable",
                "une espace insécable est collée au nom du champ",
                "Effacez-la et retapez-la avec la barre d'espace.",
            )
        if event.start_mark.line != event.end_mark.line:
            self._report(event, "retrait", "le nom du champ court sur plusieurs lignes : le retrait est faux", _ALIGN)
        if key == "<<":
            self._report(
                event,
                "alias",
                "« << » fusionne des fiches : docgen ne suit pas les renvois",
                "Effacez cette ligne et recopiez les champs.",
            )
        return _NO_BREAK.sub("", key)

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
                f"Fermez-les sur la même ligne. {_QUOTES}",
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
        if glued := _GLUED_COLON.fullmatch(value):
            fault = _glued_colon(glued["glued"])
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
        sign = _VALUE_SIGN.match(self.lines[mark.line])
        return bool(sign and sign["sign"] in "[{")
