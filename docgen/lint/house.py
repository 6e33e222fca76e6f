"""What departs from the habits of the house in a template: values typed by hand, styles come from elsewhere.

Besides, what looks like a fault and is none.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from lxml import etree

from docgen.diagnostics import Diagnostic, Place, Severity, closest
from docgen.word.expressions import TAG
from docgen.word.package import PARSER, W
from docgen.word.template import Part, Template, folded, joined_text

AMOUNT = re.compile(
    r"(?<![\w.,])(?:\d{1,3}(?:[ .\u00a0\u202f]\d{3})+|\d+)(?:[,.]\d+)?[ \u00a0\u202f]?(?:€|euros?\b|EUR\b)"
    r"|€[ \u00a0\u202f]?\d[\d \u00a0\u202f]*(?:[,.]\d+)?"
)
FIELD = re.compile(r"(?<![\w.@/])[a-z_]+(?:\.[A-Za-z_]+)+(?![\w@])")
STYLED = re.compile(r'<w:(?:pStyle|rStyle|tblStyle) w:val="([^"]+)"')
SHOWN_IN_FRENCH = {
    "heading": "titre", "title": "titre", "subtitle": "sous-titre", "body text": "corps de texte",
    "list bullet": "liste à puces", "list number": "liste à numéros", "list continue": "liste continue",
    "caption": "légende", "header": "en-tête", "footer": "pied de page", "strong": "élevé", "emphasis": "accentuation",
    "footnote text": "note de bas de page", "footnote reference": "appel note de bas de p.",
    "table grid": "grille du tableau", "hyperlink": "lien hypertexte",
}  # fmt: skip
"""The styles of Word itself have English names in the file and French ones on the screen."""
UNMARKED = (
    "normal", "default paragraph font", "normal table", "no list", "annotation reference", "annotation text",
    "annotation subject", "balloon text", "commentreference", "commenttext",
)  # fmt: skip
"""The styles that a paragraph, a word or a table has when it has none, and those of comments."""


def typed_values(template: Template) -> Iterator[Diagnostic]:
    """An amount, a date or the number of an act typed by hand where a field prints it: the next vote would miss it."""
    for part in template.parts:
        for number, row in enumerate(part.own):
            text = folded(TAG.sub("\t", joined_text(row)))
            for printed, path in template.house.printed.items():
                if re.search(rf"(?<!\w){re.escape(folded(printed))}(?!\w)", text):
                    yield _typed(template, part, number, printed, f"Écrivez {{{{ {path} }}}}")
            seen: Counter[str] = Counter()
            for amount in AMOUNT.findall(text):
                yield _typed(template, part, number, amount, "Écrivez le champ qui le donne (« docgen fields »)", seen)
                seen[amount] += 1


def _typed(
    template: Template, part: Part, number: int, printed: str, how: str, seen: Mapping[str, int] = MappingProxyType({})
) -> Diagnostic:
    return Diagnostic(
        template.place_of(part, number, printed, seen.get(printed, 0)),
        "valeur-en-dur",
        f"« {printed.strip()} » est tapé à la main et ne suivrait pas le prochain vote",
        f"{how}. Si cela ne dépend pas du vote, laissez-le ainsi.",
        Severity.WARNING,
    )


def bare_fields(template: Template) -> Iterator[Diagnostic]:
    """The name of a field without its braces, between others perhaps: it would be printed as it is."""
    for part in template.parts:
        for number, row in enumerate(part.own):
            text = TAG.sub(" ", joined_text(row))
            for name in FIELD.findall(text) if not re.search("[{}｛｝]", text) else ():  # said as a brace that is wrong
                if name in template.known:
                    yield Diagnostic(
                        template.place_of(part, number, name),
                        "champ-sans-accolades",
                        f"« {name} » est le nom d'un champ, sans ses accolades",
                        f"Écrivez {{{{ {name} }}}}.",
                        Severity.WARNING,
                    )


def foreign_styles(template: Template) -> Iterator[Diagnostic]:
    """A style that is not of the house list (templates/styles.txt): it came with a paste."""
    if not template.house.styles:
        return
    names = _style_names(template)
    allowed = {name.casefold() for name in template.house.styles}
    told: set[str] = set()
    for part in template.parts:
        for number, row in enumerate(part.own):
            for style in STYLED.findall(row):
                name = names.get(style, style)
                known = {style.casefold(), name.casefold(), _in_french(name)}
                if style in told or known & allowed or known & set(UNMARKED):
                    continue
                told.add(style)
                yield Diagnostic(
                    template.place_of(part, number),
                    "style-hors-liste",
                    f"le style « {name} » n'est pas de la maison",
                    closest(name, template.house.styles)
                    or "Choisissez un style de la maison, ou ajoutez celui-ci à templates/styles.txt.",
                    Severity.WARNING,
                )


def _style_names(template: Template) -> dict[str, str]:
    """Return the name of each style, by the id that the text uses."""
    data = template.members.get("word/styles.xml")
    styles = etree.fromstring(data, PARSER).iter(f"{W}style") if data else ()
    found = {}
    for style in styles:
        name = style.find(f"{W}name")
        found[style.get(f"{W}styleId", "")] = name.get(f"{W}val", "") if name is not None else ""
    return found


def _in_french(name: str) -> str:
    """Return the name of a style of Word as its French version shows it: « heading 1 » is « Titre 1 »."""
    base, number = re.fullmatch(r"(.*?)((?: \d)?)", name.casefold()).groups()  # type: ignore[union-attr]
    return SHOWN_IN_FRENCH.get(base, base) + number


def harmless(template: Template) -> Iterator[Diagnostic]:
    """What Word does to the tags and docgen undoes: runs cut in the middle, curly quotes, no-break spaces."""
    cut = quotes = spaces = 0
    for part in template.parts:
        for row in part.paragraphs:
            whole = [html.unescape(piece) for piece in re.findall(r"<w:t(?: [^>]*)?>([^<]*)<", row)]
            tags = TAG.findall("".join(whole))
            cut += max(0, len(tags) - sum(len(TAG.findall(piece)) for piece in whole))
            quotes += sum(bool(re.search("[“”‘’]", tag)) for tag in tags)
            spaces += sum(bool(re.search("[\u00a0\u202f]", tag)) for tag in tags)
    counted = ((cut, "coupé en morceaux par Word"), (quotes, "à guillemets courbes"), (spaces, "à espaces insécables"))
    if said := [f"{count} {what}" for count, what in counted if count]:
        yield Diagnostic(
            Place(template.file),
            "sans-consequence",
            f"champs que docgen lit comme les autres : {', '.join(said)}",
            severity=Severity.INFO,
        )
