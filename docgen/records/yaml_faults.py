"""The faults of YAML's syntax: what the parser says of each (libyaml or pure Python), and what the clerk reads."""

from __future__ import annotations

import re
from typing import NamedTuple

MAX_DEPTH = 20
"""Levels of brackets, braces and indents that a record may have."""
GLUED_COLON = re.compile(r"\s*(?:- +)*(?P<glued>[^\W\d]\w*:(?!//)\S.*)")
VALUE_SIGN = re.compile(r"\s*(?:- +)*+(?:[\w-]+: +)?+(?P<sign>[\[\]{}*&!>|,%@`'\"]|[-?](?= ))")
"""A line whose value (or itself) begins with a sign that means something to YAML."""


class Fault(NamedTuple):
    """A fault of syntax."""

    code: str
    message: str
    hint: str
    words: tuple[str, ...] = ()
    at_opening: bool = False
    """The cause is where the parser began to read, not where it gave up."""


_QUOTE_IT = "Mettez la valeur entre guillemets."
QUOTES = "Dans '…', une apostrophe se double ('') ; préférez alors \"…\"."
ALIGN = "Alignez la ligne sur ses voisines : les champs sous les champs, les tirets sous les tirets."
_UNKNOWN = Fault("yaml", "la syntaxe YAML est fausse à cet endroit", "Comparez avec une fiche voisine qui est juste.")
_TAB = Fault("tabulation", "une tabulation sert de retrait", "Remplacez-la par des espaces.")
_CLOSED_EARLY = Fault("guillemets", "les guillemets se ferment avant la fin de la valeur", QUOTES)
_COLON_IN_VALUE = Fault("deux-points", "« : » au milieu d'une valeur", _QUOTE_IT)
_INDENT = Fault(
    "retrait",
    "retrait irrégulier",
    ALIGN,
    ("expected key", "expected '-' indicator", "expected <block end>"),
)
_INDENT_OF_KEY = Fault("retrait", "« : » inattendu : le retrait est faux", ALIGN, ("mapping values are not allowed",))
_NO_COLON = Fault(
    "deux-points",
    "il manque « : » (suivi d'une espace) après le nom du champ",
    "Écrivez « champ: valeur », avec une espace après les deux-points.",
    ("could not find expected ':'",),
    at_opening=True,
)
FAULTS = (
    _INDENT,
    _INDENT_OF_KEY,
    _NO_COLON,
    Fault(
        "guillemets",
        "des guillemets ouverts ici ne sont jamais fermés",
        f"Fermez-les. {QUOTES}",
        ("end of stream", "document indicator", "document separator"),
        at_opening=True,
    ),
    Fault(
        "crochets",
        "un crochet ou une accolade ouvert ici n'est pas fermé",
        "Fermez-le ; ou mettez la valeur entre guillemets si le signe en fait partie.",
        ("expected ',' or",),
        at_opening=True,
    ),
    Fault(
        "guillemets",
        "« \\ » inattendu entre guillemets doubles",
        "Doublez-le (\\\\) ou utilisez des guillemets simples.",
        ("escape", "hexdecimal"),
    ),
    Fault(
        "plusieurs-documents",
        "le fichier continue après « ... », qui le termine",
        "Effacez cette ligne de points.",
        ("<document start>",),
    ),
    Fault(
        "trop-profond",
        f"plus de {MAX_DEPTH} niveaux de crochets, d'accolades ou de retraits",
        "Mettez la valeur entre guillemets si elle contient des crochets ou des accolades.",
        ("too deep", "maximum nesting depth"),  # the second one since PyYAML 6.0.4
    ),
)


def glued_colon(text: str) -> Fault:
    """Return the fault of « champ:valeur »."""
    return Fault("espace-apres-deux-points", f"il manque une espace après « : » dans « {text[:40]} »",
                  "Écrivez « champ: valeur », ou mettez la valeur entre guillemets.")  # fmt: skip


def cause(fault: Fault, line: str, column: int) -> tuple[Fault, int]:
    """Return the fault and its column as the line shows them: it tells more than the parser's words."""
    if line[column : column + 1] == "\t":
        return _TAB, column
    if fault is _NO_COLON and (glued := GLUED_COLON.match(line)):
        return glued_colon(glued["glued"]), glued.start("glued")
    if fault is _INDENT_OF_KEY and ": " in line[:column]:
        return _COLON_IN_VALUE, column
    if fault in (_INDENT, _UNKNOWN) and (start := VALUE_SIGN.match(line)):
        if start["sign"] in "'\"":
            return _CLOSED_EARLY, column
        message = f"« {start['sign']} » est un signe réservé de YAML au début d'une valeur"
        return Fault("signe-reserve", message, _QUOTE_IT), start.start("sign")
    return fault, column


def fault_of(problem: str) -> Fault:
    """Return the fault that PyYAML's words tell."""
    return next((fault for fault in FAULTS if any(words in problem for words in fault.words)), _UNKNOWN)
