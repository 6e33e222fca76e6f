"""The kinds of value that a record may hold: each is checked once and kept in one form.

Every function takes the text that the clerk wrote and gives the value, or raises `PydanticCustomError`
whose type is the code of the diagnostic, whose message is French and whose context may hold a `hint`.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from pydantic import BeforeValidator, StringConstraints
from pydantic_core import PydanticCustomError
from stdnum.exceptions import ValidationError as StdnumError
from stdnum.fr import siren as stdnum_siren
from stdnum.fr import siret as stdnum_siret

SPACES = re.compile(r"[\s\u00a0\u202f\u2009]+")
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file: these names cannot be a folder there.
RESERVED_ON_WINDOWS = {"con", "prn", "aux", "nul", *(f"{n}{i}" for n in ("com", "lpt") for i in range(1, 10))}
MAX_FOLDER_NAME = 60
PHONE_REGIONS = ("FR", "GP", "MQ", "GF", "RE", "YT", "PM", "NC", "PF")


def wrong(code: str, message: str, hint: str = "") -> PydanticCustomError:
    """Return the error to raise: `{` in the text is kept as it is."""
    return PydanticCustomError("docgen", "{message}", {"code": code, "message": message, "hint": hint})


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise wrong(
            "texte-attendu",
            "une valeur simple est attendue ici, pas une liste ni des sous-champs",
            "Écrivez la valeur sur la même ligne, après « : » ; entre guillemets si elle contient [ ] { } ou « : ».",
        )
    return value


def plain_text(value: Any) -> str:
    """Return the text without double spaces nor spaces at its ends."""
    return re.sub(r"[ \t\r\n]+", " ", _text(value)).strip()


DUMMIES = frozenset(("12345678900000", "12345678901234", "12345678912345", "73282932000074", "73282932000082"))
"""The SIRETs of forms and of the manuals: the first digits in order, the example of Wikipédia and of python-stdnum."""


def siret(value: Any) -> str:
    """Return the fourteen digits of a SIRET whose Luhn key is right (La Poste's own rule included)."""
    digits = SPACES.sub("", _text(value))
    if not (digits.isascii() and digits.isdigit()) or len(digits) != 14:
        only_digits = digits.isascii() and digits.isdigit()
        fault = f"en a {len(digits)}" if only_digits else "contient autre chose que des chiffres"
        raise wrong(
            "siret-invalide",
            f"un SIRET a 14 chiffres ; « {value} » {fault}",
            "Recopiez-le depuis l'avis de situation.",
        )
    if digits in DUMMIES or len(set(digits[:9])) == 1 or len(set(digits)) == 1:
        raise wrong(
            "siret-factice",
            f"le SIRET « {value} » est celui d'un exemple, et de personne",
            "Recopiez celui de l'avis de situation (avis-situation-sirene.insee.fr).",
        )
    try:
        return str(stdnum_siret.validate(digits))
    except StdnumError:
        siren = f"{digits[:3]} {digits[3:6]} {digits[6:9]}"
        right = stdnum_siren.is_valid(digits[:9])
        hint = (
            f"Vérifiez le dernier groupe de chiffres sur l'avis de situation ; le SIREN {siren}, lui, est correct."
            if right
            else f"Recopiez-le depuis l'avis de situation : le SIREN {siren} est déjà faux."
        )
        raise wrong("siret-invalide", f"le SIRET « {value} » n'est pas valide (clé de contrôle)", hint) from None


def phone(value: Any) -> str:
    """Return a French phone number as it is printed: « 05 63 00 00 00 » (no-break spaces)."""
    text = _text(value)
    # phonenumbers would turn letters into digits (« OOO » into 666), and print an extension in English.
    if not re.fullmatch(r"[\d\s+().\-]+", text):
        raise wrong(
            "telephone-invalide",
            f"« {text} » contient autre chose qu'un numéro",
            "Un seul numéro, en chiffres, sans poste ni nom de service : 05 36 49 00 00.",
        )
    for region in PHONE_REGIONS:
        try:
            number = phonenumbers.parse(SPACES.sub(" ", text), region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            national = number.country_code in (33, 262, 508, 590, 594, 596)
            form = phonenumbers.PhoneNumberFormat
            shown = phonenumbers.format_number(number, form.NATIONAL if national else form.INTERNATIONAL)
            return str(shown).replace(" ", "\u00a0")
    digits = sum(c.isdigit() for c in text)
    raise wrong(
        "telephone-invalide",
        f"« {text} » n'est pas un numéro de téléphone",
        f"Un numéro français a 10 chiffres (il y en a {digits} ici) ; hors de France, commencez par +.",
    )


def email(value: Any) -> str:
    """Return the normalised mail address; the domain is not looked up: docgen works without network."""
    text = _text(value)
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        if text.count("@") > 1:
            hint = "Gardez une seule adresse."
        elif SPACES.search(text):
            hint = "Effacez l'espace qui est dans l'adresse."
        else:
            hint = "Écrivez par exemple mairie@commune.fr." if "@" in text else "Il manque le signe @."
        raise wrong("courriel-invalide", f"« {text} » n'est pas une adresse de courriel", hint) from None


def day(value: Any) -> date:
    """Return a date written year-month-day (ISO 8601), the only form that nobody reads two ways."""
    text = _text(value).strip()
    if match := re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", text):
        year, month, number = map(int, match.groups())
    elif match := re.fullmatch(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})", text):
        number, month, year = map(int, match.groups())
    else:
        raise wrong(
            "date-invalide", f"« {text} » n'est pas une date", "Écrivez année-mois-jour, par exemple 2023-04-11."
        )
    try:
        found = date(year, month, number)
    except ValueError:
        raise wrong(
            "date-invalide", f"la date « {text} » n'existe pas au calendrier", "Vérifiez le jour et le mois."
        ) from None
    if text != found.isoformat():
        raise wrong("date-invalide", f"la date « {text} » s'écrit année-mois-jour", f"Écrivez {found.isoformat()}.")
    return found


def yes_or_no(value: Any) -> bool:
    """Return True for « oui », False for « non », whatever the case; nothing else is guessed."""
    text = _text(value).strip()
    if text.lower() in ("oui", "non"):
        return text.lower() == "oui"
    meant = {"yes": "oui", "true": "oui", "on": "oui", "y": "oui", "o": "oui", "1": "oui"}.get(
        text.lower(), "non" if text.lower() in ("no", "false", "off", "n", "0") else ""
    )
    hint = f"Vouliez-vous dire « {meant} » ?" if meant else "Écrivez oui ou non."
    raise wrong("oui-non-attendu", f"« {text} » : on attend oui ou non", hint)


GROUPED = re.compile(r"\s*\d{1,3}(?:[ \u00a0\u202f\u2009]\d{3})+(?:[.,]\d+)?\s*[€%]?\s*")
"""A number in groups of three: « 1 214 », « 12 500,50 »."""


def _digits(value: Any) -> str:
    """Return the text of a number without the spaces between thousands; any other space is a slip."""
    text = _text(value).strip()
    inner = re.sub(r"\s*[€%]$", "", text)
    if SPACES.search(inner) and not GROUPED.fullmatch(text):
        raise wrong(
            "nombre-attendu",
            f"« {text} » n'est pas un nombre : les espaces ne séparent que des groupes de trois chiffres",
            f"Écrivez {SPACES.sub('', text)}, ou une seule valeur.",
        )
    return SPACES.sub("", text)


def whole(value: Any) -> int:
    """Return a whole number; spaces between thousands are accepted, a fraction is not."""
    text = _digits(value)
    if not (text.isascii() and text.isdigit()):
        raise wrong("nombre-attendu", f"« {value} » n'est pas un nombre entier", "Écrivez des chiffres seuls.")
    if len(text) > 1 and text.startswith("0"):
        raise wrong("nombre-attendu", f"« {value} » commence par un zéro", f"Écrivez {int(text)}.")
    return int(text)


def decimal_number(value: Any) -> Decimal:
    """Return an exact number written with a comma or a point: « 9,60 », « 1 250.50 »."""
    text = _digits(value).replace("€", "").replace("%", "").replace(",", ".")
    try:
        if not re.fullmatch(r"\d+(\.\d+)?", text):
            raise InvalidOperation
        return Decimal(text)
    except InvalidOperation:
        raise wrong("nombre-attendu", f"« {value} » n'est pas un nombre", "Écrivez par exemple 9,60.") from None


def amounts(value: Any) -> tuple[Decimal, ...]:
    """Return a row of amounts, written as the act prints it: « 9,60  9,12  8,64 »."""
    if not _text(value).strip():
        raise wrong("prix-absents", "la liste des prix est vide", "Écrivez un prix par tranche : « 9,60  9,12 ».")
    return tuple(decimal_number(cell) for cell in _text(value).replace("€", " ").split())


def hour(value: Any) -> str:
    """Return an hour of the day, as « 18:30 »."""
    text = _text(value).strip()
    found = re.fullmatch(r"(\d{1,2})\s*(?:[hH:.]|heures?)\s*(\d{2})?(?:\s*(?:min|mn|minutes))?", text)
    if not found or int(found[1]) > 23 or int(found[2] or 0) > 59:
        raise wrong("heure-invalide", f"« {text} » n'est pas une heure", 'Écrivez par exemple "18:30".')
    right = f"{int(found[1]):02}:{found[2] or '00'}"
    if not re.fullmatch(r"\d{1,2}:\d{2}", text):
        raise wrong("heure-invalide", f"l'heure « {text} » s'écrit avec deux-points", f'Écrivez "{right}".')
    return text


def moment(value: Any) -> datetime:
    """Return a day and an hour to the second, at the clock of the syndicat: « 2023-04-13 14:35:24 »."""
    text = _text(value).strip()
    found = re.fullmatch(r"(\d{4}-\d{2}-\d{2})[ T](\d{2}):(\d{2})(?::(\d{2}))?", text)
    if not found or int(found[2]) > 23 or int(found[3]) > 59 or int(found[4] or 0) > 59:
        hint = 'Écrivez par exemple "2023-04-13 14:35:24".'
        raise wrong("moment-invalide", f"« {text} » n'est pas un jour et une heure", hint)
    return datetime.combine(day(found[1]), time(int(found[2]), int(found[3]), int(found[4] or 0)))


def departement(value: Any) -> str:
    """Return a département as ACTES numbers it, three characters: « 082 », « 02A », « 974 »."""
    text = _text(value).strip().upper()
    if re.fullmatch(r"0\d[0-9AB]|97\d", text):
        return text
    meant = f"0{text}" if re.fullmatch(r"\d[0-9AB]", text) else f"00{text}" if re.fullmatch(r"\d", text) else ""
    said = f"« {text} » n'est pas un département : la préfecture attend trois caractères"
    hint = f'Écrivez "{meant}".' if meant else 'Écrivez par exemple "082", "02A" ou "974".'
    raise wrong("departement-invalide", said, hint)


def matiere(value: Any) -> str:
    """Return a code of the ministry's classification: « 8.4 », « 1.1.2 »."""
    text = _text(value).strip()
    if re.fullmatch(r"\d(\.\d{1,2}){1,4}", text):
        return text
    listed = "La liste des codes : docgen fields --matieres."
    plain = re.sub(r"[\s,-]+", ".", text)
    hint = f"Écrivez {plain}. {listed}" if re.fullmatch(r"\d(\.\d{1,2}){1,4}", plain) else listed
    raise wrong("matiere-invalide", f"« {text} » n'est pas un code de matière, comme 8.4", hint)


def folder_name(value: Any) -> str:
    """Return a name that is safe as a folder on every system: it can neither escape nor hide."""
    text = _text(value)
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text):
        raise wrong(
            "id-invalide",
            f"l'identifiant « {text} » ne peut pas nommer un dossier : minuscules sans accent, chiffres et tirets",
            f"Écrivez par exemple {_as_folder_name(text)}.",
        )
    if len(text) > MAX_FOLDER_NAME:
        raise wrong(
            "id-invalide",
            f"l'identifiant « {text} » dépasse {MAX_FOLDER_NAME} caractères",
            f"Écrivez par exemple {_as_folder_name(text)}.",
        )
    if text in RESERVED_ON_WINDOWS:
        raise wrong(
            "id-invalide",
            f"l'identifiant « {text} » est un nom réservé de Windows",
            f"Écrivez par exemple {_as_folder_name(text)}.",
        )
    return text


def _as_folder_name(text: str) -> str:
    """Return the folder name nearest to `text`."""
    plain = unicodedata.normalize("NFKD", text).lower().replace("œ", "oe").replace("æ", "ae")
    ascii_text = plain.encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "-", ascii_text).strip("-")[:MAX_FOLDER_NAME].strip("-")
    return f"membre-{name}".strip("-") if name in RESERVED_ON_WINDOWS or not name else name


def postcode(value: Any) -> str:
    """Return the five digits of a code postal."""
    digits = SPACES.sub("", _text(value))
    if not re.fullmatch(r"\d{5}", digits, re.ASCII):
        raise wrong(
            "code-postal-invalide",
            f"« {value} » n'est pas un code postal",
            "Écrivez cinq chiffres, par exemple 82000.",
        )
    return digits


Hour = Annotated[str, BeforeValidator(hour)]
Moment = Annotated[datetime, BeforeValidator(moment)]
Departement = Annotated[str, BeforeValidator(departement)]
Matiere = Annotated[str, BeforeValidator(matiere)]
Text = Annotated[str, BeforeValidator(plain_text), StringConstraints(min_length=1, max_length=300)]
LongText = Annotated[str, BeforeValidator(plain_text), StringConstraints(min_length=1, max_length=5000)]
Siret = Annotated[str, BeforeValidator(siret)]
Phone = Annotated[str, BeforeValidator(phone)]
Email = Annotated[str, BeforeValidator(email)]
Day = Annotated[date, BeforeValidator(day)]
YesNo = Annotated[bool, BeforeValidator(yes_or_no)]
Whole = Annotated[int, BeforeValidator(whole)]
Number = Annotated[Decimal, BeforeValidator(decimal_number)]
Amounts = Annotated[tuple[Decimal, ...], BeforeValidator(amounts)]
FolderName = Annotated[str, BeforeValidator(folder_name)]
Postcode = Annotated[str, BeforeValidator(postcode)]
# Chorus Pro: code service 100 characters at most, n° d'engagement 50 (CPPFactureMixte.xsd).
ServiceCode = Annotated[str, BeforeValidator(plain_text), StringConstraints(min_length=1, max_length=100)]
CommitmentNumber = Annotated[str, BeforeValidator(plain_text), StringConstraints(min_length=1, max_length=50)]
