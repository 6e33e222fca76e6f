"""What Jinja cannot read in a part, each fault in French, and what it reads in the rest.

Jinja stops at the first fault; here the faulty tag is set aside and the reading goes on.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

import jinja2
from jinja2 import nodes

from docgen.word.expressions import TAG, TAG_MARKS, environment

MAX_FAULTS = 100
"""Of one part; whoever has more does not read them all."""
BEGUN = re.compile(r"\{[{%#].*?(?:[}%#]\}|$)")
OPENS = re.compile(r"\{%[-+]?\s*(?:p|tr|tc|r)?\s*((if|for)\b.*?)[-+]?%\}", re.I)
CLOSES = re.compile(r"\{%[-+]?\s*(?:p|tr|tc|r)?\s*(?:end|fin)\s*[-_]?\s*(if|for|si|pour)\b", re.I)
CLOSERS = {"if": "{% endif %}", "si": "{% endif %}", "for": "{% endfor %}", "pour": "{% endfor %}"}
CROSSED, UNCLOSED, UNOPENED = r"You probably", r"Unexpected end", r"unknown tag '(end\w+|else|elif)'"
SAYINGS = (
    (r"unknown tag '(\w+)'\. You probably", "« {} » ferme autre chose que ce qui est ouvert"),
    (r"unknown tag '(end\w+|else|elif)'", "« {} » ne correspond à rien d'ouvert"),
    (r"unknown tag '(p|tr|tc|r)'", "« {{%{} » n'est pas à sa place, ou contient « % » ou « }}}} »"),
    (r"unknown tag '(\w+)'", "l'instruction « {} » n'existe pas"),
    (r"Unexpected end of template", "une condition ou une boucle n'est pas fermée (endif, endfor)"),
    (r"unexpected end of template|unexpected '[})\]]'", "un champ n'est pas fermé comme il faut"),
    (r"end of raw", "« raw » n'est pas fermé"),
    (r"end of comment", "un commentaire {{# n'est pas fermé par #}}"),
    (r"Expected an expression|got 'end of|expected name", "il manque un nom dans ce champ"),
    (r"got '='$", "une égalité s'écrit == (deux signes égal)"),
    (r"got '(.+)'$", "« {} » est de trop dans ce champ"),
)
"""What Jinja says of a badly written tag, and what it means."""


@dataclass(frozen=True)
class Fault:
    """A tag that Jinja cannot read."""

    line: int
    """Of the text read, from 1."""
    word: str
    """What the tag says."""
    message: str
    """What is wrong with it, in French."""
    hint: str = ""
    """How to mend it, when it is not as any other."""


@dataclass(frozen=True)
class Reading:
    """What Jinja reads in a text, faulty tags set aside, and these."""

    tree: nodes.Template
    faults: tuple[Fault, ...]


def read(text: str) -> Reading:
    """Return what Jinja reads in the text, one line per paragraph, each tag in one piece."""
    faults: list[Fault] = []
    crossed = 0
    for _ in range(MAX_FAULTS):
        try:
            return Reading(parse(text), tuple(faults))
        except jinja2.TemplateSyntaxError as error:
            message = error.message or ""
            fault, rest = _unclosed(text) if re.search(UNCLOSED, message) else _unreadable(text, error)
            if crossed and re.search(f"{UNCLOSED}|{UNOPENED}", message):  # the other half of what is crossed
                crossed -= 1
            else:
                faults.append(fault)
            crossed += bool(re.search(CROSSED, message))
            if rest == text:
                break
            text = rest
    return Reading(nodes.Template([], lineno=1), tuple(faults))


def parse(text: str) -> nodes.Template:
    """Return what Jinja reads in the text. Raises its errors of syntax."""
    try:
        return environment().parse(text)
    except RecursionError:
        raise jinja2.TemplateSyntaxError("too deep", 1) from None


def _unclosed(text: str) -> tuple[Fault, str]:
    """Return the last condition or loop that nothing closes, and the text with what closes it."""
    opened: list[tuple[int, str]] = []
    for number, row in enumerate(text.split("\n"), 1):
        for said in re.findall(r"\{%[-+]?\s*((?:if|for|end)[^%]*)", row):
            if said.startswith("end"):
                opened = opened[:-1]
            else:
                opened.append((number, said.strip()))
    number, said = opened[-1] if opened else (1, "")
    closer = CLOSERS[said.split()[0]] if opened else ""
    hint = f"Ajoutez {closer} là où elle finit : {{%p … %}} seul dans son paragraphe si elle a commencé ainsi."
    return Fault(number, said, _in_french("Unexpected end of template"), hint), text + closer


def _unreadable(text: str, error: jinja2.TemplateSyntaxError) -> tuple[Fault, str]:
    """Return what Jinja found, and the text without the tag at fault."""
    message, rows = error.message or "", text.split("\n")
    row = rows[error.lineno - 1]
    tag = _faulty(row, message)
    said = tag.strip("{}%# ") if TAG.fullmatch(tag) else re.sub(r"<[^>]+>", "", tag).strip("{}%# ")
    if TAG_MARKS.search(said):
        message = "unexpected end of template"  # the tag ran to the end of the next one
    rows[error.lineno - 1] = row.replace(tag, _stand_in(tag, message), 1)
    hint = 'Un mot comparé se met entre guillemets droits : "oui".' if re.search("[«»]", said) else ""
    return Fault(error.lineno, said, _in_french(message), hint), "\n".join(rows)


def _stand_in(tag: str, message: str) -> str:
    """Return what takes the place of a faulty tag; of one that nothing closes, only its braces go.

    What opens or closes still does, so that its other half is not told as a fault too.
    """
    if not TAG.fullmatch(tag) or TAG_MARKS.search(tag[2:-2]):
        return tag[2:]
    if re.search(f"{CROSSED}|{UNOPENED}", message):
        return ""
    if opens := OPENS.match(tag):
        word = opens[2].lower()
        names = re.match(r"\w+\s+(\w+)", opens[1])
        plain = f"{{% {word}{opens[1][len(word) :]} %}}"
        empty = "{% if true %}" if word == "if" else f"{{% for {names[1] if names else 'docgen'} in () %}}"
        return plain if _reads(plain + CLOSERS[word]) else empty
    if closes := CLOSES.match(tag):
        return CLOSERS[closes[1].lower()]
    return ""


def _faulty(row: str, message: str) -> str:
    """Return the tag that Jinja cannot read, of those of its line."""
    tags: list[str] = BEGUN.findall(row) or [""]
    said = re.search(r"'(\w+)'", message)
    guilty = (tag for tag in tags if not _reads(tag) and (tag.startswith("{{") or not said or said[1] in tag))
    return next(guilty, tags[0])


def _reads(tag: str) -> bool:
    try:
        parse(tag)
    except jinja2.TemplateSyntaxError:
        return False
    return True


def _in_french(message: str) -> str:
    """Return what Jinja says of a badly written tag, for those who wrote it."""
    if char := re.match(r"unexpected char ('.+'|\".+\") at", message):
        shown = str(ast.literal_eval(char.group(1)))
        if shown in "«»":
            return "les guillemets français n'ont pas leur place dans un champ"
        invisible = not shown.isprintable() or shown.isspace()
        said = f"un caractère invisible (U+{ord(shown):04X})" if invisible else f"le caractère « {shown} »"
        return f"{said} n'a pas sa place dans un champ"
    for pattern, words in SAYINGS:
        if match := re.search(pattern, message):
            return words.format(*match.groups())
    return "ce champ est mal écrit"
