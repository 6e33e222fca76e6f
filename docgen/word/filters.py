"""The filters of the templates: amounts, numbers and dates in another form than the one they are printed in.

`{{ montants.annuel | en_lettres }}`; a blank stays a blank. Those of Jinja that are harmless are in `expressions`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import jinja2

from docgen import formats
from docgen.champs.blank import Blank
from docgen.champs.pack import capital

NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Unprintable(jinja2.TemplateRuntimeError):
    """A value that has no place in a text: what is said of it, in French, and how to mend it."""

    def __init__(self, said: str, hint: str) -> None:
        super().__init__(said)
        self.hint = hint


def euros(value: Any) -> Any:
    """Return a number or an amount as an amount: « 1 234,56 € »."""
    return _written(value, "euros", formats.Montant | formats.Nombre, lambda v: formats.euros(Decimal(v)))


def date_longue(value: Any) -> Any:
    """Return a date as « 11 avril 2023 »."""
    return _written(value, "date_longue", formats.Jour, formats.long_date)


def date_courte(value: Any) -> Any:
    """Return a date as « 11/04/2023 »."""
    return _written(value, "date_courte", formats.Jour, formats.short_date)


def en_lettres(value: Any) -> Any:
    """Return an amount, a number or a date in letters."""
    kinds = formats.Montant | formats.Nombre | formats.Jour
    return _written(value, "en_lettres", kinds, _in_words(value))


def _in_words(value: Any) -> Callable[[Any], str]:
    if isinstance(value, formats.Jour):
        return formats.long_date_in_words
    return formats.euros_in_words if isinstance(value, formats.Montant) else formats.in_words


def _written(value: Any, name: str, kinds: Any, write: Callable[[Any], str]) -> Any:
    if isinstance(value, Blank):
        return value
    if not isinstance(value, kinds):
        what = {"euros": "un montant ou un nombre", "en_lettres": "un montant, un nombre ou une date"}
        said = f"le filtre « {name} » attend {what.get(name, 'une date')}, et ce champ n'en est pas"
        raise Unprintable(said, "Retirez le filtre, ou mettez-le sur un autre champ.")
    return write(value.valeur)


def majuscules(value: Any) -> Any:
    """Return a text in capitals."""
    return value if isinstance(value, Blank) else text_of(value).upper()


def minuscules(value: Any) -> Any:
    """Return a text without capitals."""
    return value if isinstance(value, Blank) else text_of(value).lower()


def majuscule(value: Any) -> Any:
    """Return a text with a capital at its beginning, the rest as it was: names keep theirs."""
    return value if isinstance(value, Blank) else capital(text_of(value))


def text_of(value: Any) -> str:
    """Return what is printed of a value. Raises `Unprintable` for what has no place in a text."""
    if not isinstance(value, str | int | jinja2.Undefined) or isinstance(value, bool):
        raise Unprintable(
            "ce qui est imprimé ici n'est pas un texte : une liste, un groupe de champs, un calcul ou rien",
            "« docgen fields » donne la liste des champs.",
        )
    text = str(value).replace("\r\n", "\n").replace("\r", "\n")
    if found := NOT_XML.search(text):
        raise Unprintable(
            f"la valeur contient un caractère que Word refuse (U+{ord(found.group()):04X})",
            "Retapez cette valeur dans la fiche, sans la copier d'ailleurs.",
        )
    return text


FILTERS: dict[str, Callable[[Any], Any]] = {
    "euros": euros, "date_longue": date_longue, "date_courte": date_courte, "en_lettres": en_lettres,
    "majuscules": majuscules, "minuscules": minuscules, "majuscule": majuscule,
}  # fmt: skip
EXPLAINED = {
    "euros": "un montant ou un nombre, comme « 1 234,56 € »",
    "date_longue": "une date, comme « 11 avril 2023 »",
    "date_courte": "une date, comme « 11/04/2023 »",
    "en_lettres": "un montant, un nombre ou une date, en lettres",
    "majuscules": "un texte en capitales",
    "minuscules": "un texte sans capitales",
    "majuscule": "un texte avec une capitale au début, le reste comme il est",
}
"""What each prints, for those who write templates."""
