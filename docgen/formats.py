"""How docgen writes French: amounts, dates, lists, plurals. Pure functions from a value to text."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from num2words import num2words

NBSP = "\u00a0"
NNBSP = "\u202f"
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
    "novembre", "décembre",
)  # fmt: skip
VOWELS = tuple("aeiouàâäéèêëîïôöùûüœæ")


def number(value: int | Decimal) -> str:
    """Return `value` with a comma and its thousands apart by narrow no-break spaces.

    >>> number(Decimal("7672.32")).replace(NNBSP, " ")
    '7 672,32'
    """
    return f"{value:,}".replace(",", NNBSP).replace(".", ",")


def euros(amount: Decimal) -> str:
    """Return `amount` (euros) to the cent, as French law texts print it.

    >>> euros(Decimal("9.6")).replace(NBSP, " ")
    '9,60 €'
    """
    return f"{number(amount.quantize(Decimal('0.01'), ROUND_HALF_UP))}{NBSP}€"


def long_date(day: date) -> str:
    """Return the date in letters.

    >>> long_date(date(2022, 2, 1)).replace(NBSP, " ")
    '1er février 2022'
    """
    first = "1er" if day.day == 1 else str(day.day)
    return f"{first}{NBSP}{MONTHS[day.month - 1]} {day.year}"


def date_in_words(day: date) -> str:
    """Return the date as a séance opens with it.

    >>> date_in_words(date(2023, 4, 11))
    'deux mille vingt-trois et le onze du mois d’avril'
    """
    number = "premier" if day.day == 1 else num2words(day.day, lang="fr")
    month = MONTHS[day.month - 1]
    return f"{num2words(day.year, lang='fr')} et le {number} du mois {'d’' if elides(month) else 'de '}{month}"


def short_date(day: date) -> str:
    """Return the date in figures: 11/04/2023."""
    return f"{day:%d/%m/%Y}"


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


def listing(items: Iterable[str], last: str = "et") -> str:
    """Return the items as a sentence lists them: « a, b et c »."""
    *head, tail = list(items) or [""]
    return f"{', '.join(head)} {last} {tail}" if head else tail


def elides(word: str) -> bool:
    """Tell whether « le » or « de » before `word` loses its vowel.

    Names that begin with an aspirated h are rare among authorities; h is read as mute, save « Haut »,
    « Hameau », « Halle » and « Houle » and what is made of them.
    """
    start = word.lower()
    if start.startswith("h"):
        return not start.startswith(("haut", "hameau", "halle", "houl"))
    return start.startswith(VOWELS)
