"""How docgen writes French: amounts, dates, lists, plurals. Pure functions from a value to text.

What is written from an amount, a number or a date remembers it: a template may then ask for it in another form.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any, Self

from num2words import num2words

NBSP = "\u00a0"
NNBSP = "\u202f"
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
    "novembre", "décembre",
)  # fmt: skip
VOWELS = tuple("aeiouàâäéèêëîïôöùûüœæ")
ASPIRATED = re.compile(
    r"(?:hâ[bltv]|hach|haddock|hagard|haguenau|haie|haillon|hain|haï|hala|halbran|hale[rt]|hall(?:s|es?|ali|eb\w+)?$|halo$"
    r"|halte|hamac|hamburger|hameau|hammam|hamp|hamster|hanch|hand|hangar|hanneton|hans|hant|happ|haquen|hara|harc|hard"
    r"|harem|hareng|hargn|haricot|harki|harna|haro$|harp|hasard|hasch|hât|haub|hauss|haut|havan|hav(?:e|re)|hay|hazebrouck"
    r"|heaum|hein$|hél(?:er|ant)|hem$|henn|héraut|hère$|hériss|herni|héron|héros$|hers|hêtr|heurt|hibou|hic$|hideu"
    r"|hiérarch|hi$|hip|hiss|hit$|hobb|hoch|hockey|hold|holland|homard|hong|honfleur|honn(?:i|is|ir)|hont|hoquet|hord"
    r"|horion|hors|hott|hou|hublot|huch|hu(?:ée?s?|er|ant)$|huguenot|huit|hulott|hulul|hum(?:er|ant|age)$|hun|hupp|hure"
    r"|hurl|huron|hussard|hutt)"
)
"""The beginnings of the words whose h is aspirated (Dictionnaire de l'Académie française, 9e édition, lettre H)."""
UNELIDED = re.compile(r"onz\w+|oui|ouistitis?|uhlans?|une?|ululer")
"""Words in a vowel before which nothing is elided; « le un » is the number."""
ELIDED_Y = ("yeu", "yeux", "yerres", "yonne", "yenne", "yèvre")


class Written(str):
    """A text, and the value that it writes."""

    valeur: int | Decimal | date

    def __new__(cls, text: str, valeur: int | Decimal | date) -> Self:
        """Return the text of that value."""
        self = super().__new__(cls, text)
        self.valeur = valeur
        return self

    def __getnewargs__(self) -> tuple[str, int | Decimal | date]:  # type: ignore[override]
        """Return what makes it again in another process."""
        return str.__str__(self), self.valeur


class Counted(Written):
    """A text that is a number: compared with a number, it is one."""

    valeur: int | Decimal

    def __eq__(self, other: object) -> bool:
        return self.valeur == _valued(other) if _is_number(other) else str.__eq__(self, other)

    __hash__ = str.__hash__

    def __lt__(self, other: Any) -> bool:
        return bool(self.valeur < _valued(other))

    def __le__(self, other: Any) -> bool:
        return bool(self.valeur <= _valued(other))

    def __gt__(self, other: Any) -> bool:
        return bool(self.valeur > _valued(other))

    def __ge__(self, other: Any) -> bool:
        return bool(self.valeur >= _valued(other))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _valued(value: Any) -> Any:
    """Return the number to compare with: 1401.06 as it is typed, and not the nearest binary fraction."""
    if isinstance(value, float):
        return Decimal(str(value))
    return value.valeur if isinstance(value, Counted) else value


class Montant(Counted):
    """An amount in euros."""


class Nombre(Counted):
    """A number of something."""


class Jour(Written):
    """A date."""


def number(value: int | Decimal) -> Nombre:
    """Return `value` with a comma and its thousands apart by narrow no-break spaces.

    >>> number(Decimal("7672.32")).replace(NNBSP, " ")
    '7 672,32'
    """
    return Nombre(f"{value:,}".replace(",", NNBSP).replace(".", ","), value)


def euros(amount: Decimal) -> Montant:
    """Return `amount` (euros) to the cent, as French law texts print it.

    >>> euros(Decimal("9.6")).replace(NBSP, " ")
    '9,60 €'
    """
    exact = amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return Montant(f"{number(exact)}{NBSP}€", exact)


def exactly(amount: Decimal) -> str:
    """Return `amount` (euros) with all its decimals, two at least: two that differ never read the same.

    >>> exactly(Decimal("9.604")).replace(NBSP, " ")
    '9,604 €'
    """
    cents = amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"{number(cents if cents == amount else amount.normalize())}{NBSP}€"


def euros_in_words(amount: Decimal) -> str:
    """Return the amount (euros) in letters, as an act repeats it.

    >>> euros_in_words(Decimal("280.80"))
    'deux cent quatre-vingts euros et quatre-vingts centimes'
    >>> euros_in_words(Decimal("1000000")).replace("’", "'")
    "un million d'euros"
    """
    exact = abs(amount.quantize(Decimal("0.01"), ROUND_HALF_UP))
    whole, cents = int(exact), int(exact % 1 * 100)
    of = "d’" if whole and whole % 1_000_000 == 0 else ""
    said = [f"{in_words(whole)} {of}{'euro' if whole < 2 else 'euros'}"] if whole or not cents else []
    said += [f"{in_words(cents)} {'centime' if cents < 2 else 'centimes'}"] if cents else []
    return ("moins " if amount < 0 else "") + " et ".join(said)


def in_words(value: int | Decimal) -> str:
    """Return the number in letters: « quatre-vingts », « deux virgule cinq »."""
    return str(num2words(value, lang="fr"))


def long_date(day: date) -> Jour:
    """Return the date in letters.

    >>> long_date(date(2022, 2, 1)).replace(NBSP, " ")
    '1er février 2022'
    """
    first = "1er" if day.day == 1 else str(day.day)
    return Jour(f"{first}{NBSP}{MONTHS[day.month - 1]} {day.year}", day)


def long_date_in_words(day: date) -> str:
    """Return the whole date in letters.

    >>> long_date_in_words(date(2023, 4, 11))
    'onze avril deux mille vingt-trois'
    """
    first = "premier" if day.day == 1 else in_words(day.day)
    return f"{first} {MONTHS[day.month - 1]} {in_words(day.year)}"


def date_in_words(day: date) -> str:
    """Return the date as a séance opens with it.

    >>> date_in_words(date(2023, 4, 11))
    'deux mille vingt-trois et le onze du mois d’avril'
    """
    number = "premier" if day.day == 1 else in_words(day.day)
    month = MONTHS[day.month - 1]
    return f"{in_words(day.year)} et le {number} du mois {'d’' if elides(month) else 'de '}{month}"


def short_date(day: date) -> Jour:
    """Return the date in figures: 11/04/2023."""
    return Jour(f"{day:%d/%m/%Y}", day)


def siret(digits: str) -> str:
    """Return the fourteen digits as they are printed on an « avis de situation ».

    >>> siret("20006125700016").replace(NBSP, " ")
    '200 061 257 00016'
    """
    return NBSP.join((digits[:3], digits[3:6], digits[6:9], digits[9:]))


def plural(count: int, one: str, many: str = "") -> str:
    """Return the count and the noun that agrees with it: French has the singular below two.

    >>> plural(1, "pack").replace(NBSP, " "), plural(12, "pack").replace(NBSP, " ")
    ('1 pack', '12 packs')
    """
    noun = one if abs(count) < 2 else many or f"{one}s"
    return f"{number(count)}{NBSP}{noun}"


def unbroken(text: str) -> str:
    """Return the text with no-break spaces where French typography wants them: « », ; : ! ?."""
    return re.sub(r"(?<=«) | (?=[»;:!?])", NBSP, text)


def listing(items: Iterable[str], last: str = "et") -> str:
    """Return the items as a sentence lists them: « a, b et c »."""
    *head, tail = list(items) or [""]
    return f"{', '.join(head)} {last} {tail}" if head else tail


@lru_cache(16_384)
def folded(text: str) -> str:
    """Return words as one searches for them: without accents, case, apostrophes or hyphens.

    >>> folded("L'Isle-d’Aygües")
    'l isle d aygues'
    """
    letters = (char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return re.sub(r"[\s'’-]+", " ", "".join(letters)).strip().casefold()


def elides(word: str) -> bool:
    """Tell whether « le » or « de » before `word` loses its vowel: not before an aspirated h, nor before a number."""
    first = re.split(r"[\s’'-]", unicodedata.normalize("NFC", word).lower())[0]
    if first.startswith("h"):
        return not ASPIRATED.match(first)
    if first.startswith("y"):  # « l’Yonne », « d’Yvetot » ; « le yacht »
        return first in ELIDED_Y or first[1:2] not in VOWELS
    return first.startswith(VOWELS) and not UNELIDED.fullmatch(first)


FORMULA_SIGNS = ("=", "+", "-", "@")


def harmless(text: str) -> str:
    """Return the text so that a spreadsheet does not compute it.

    >>> harmless("=1+1"), harmless("Commune")
    ("'=1+1", 'Commune')
    """
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def as_text(code: str | None) -> str:
    """Return the code so that a spreadsheet makes neither a number of it nor, of « 2023-04 », a date.

    >>> as_text("0012"), as_text('A"B'), as_text(None)
    ('="0012"', '="A""B"', '')
    """
    return '="' + code.replace('"', '""') + '"' if code else ""
