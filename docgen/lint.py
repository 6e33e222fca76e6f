"""What is wrong with a Word template, in the words of those who write it. Each rule is one function."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import jinja2

from docgen.context import KNOWN
from docgen.diagnostics import Diagnostic, Place, ProblemsFound, Severity, closest
from docgen.office import font_for
from docgen.render import lost_words
from docgen.template import NEVER_FILLED, TAG, Template, environment, joined_text, text_of, where

Rule = Callable[[Template], Iterator[Diagnostic]]


def check(template: Template) -> list[Diagnostic]:
    """Return all that the rules find in the template."""
    found = [problem for rule in RULES for problem in rule(template)]
    return sorted(dict.fromkeys(found))


def syntax(template: Template) -> Iterator[Diagnostic]:
    """A tag that Jinja cannot read: not closed, an unknown filter, « » inside."""
    for part in template.parts:
        try:
            environment().from_string(part.jinja)
        except jinja2.TemplateSyntaxError as error:
            line = part.jinja.split("\n")[max(error.lineno - 1, 0)]
            tag = next(iter(TAG.findall(joined_text(line))), "")
            yield Diagnostic(
                template.place(part, error.lineno, tag),
                "champ-mal-ecrit",
                _french(error.message or ""),
                "Un champ s'écrit {{ membre.nom }}, une condition {% if … %} … {% endif %}, sans « » dedans.",
            )


def unknown_fields(template: Template) -> Iterator[Diagnostic]:
    """A field that docgen does not know: it would print nothing."""
    try:
        uses = template.uses
    except jinja2.TemplateSyntaxError:
        return  # said by `syntax`
    branches = {path[:i] for path in KNOWN for i in range(len(path)) if path[i] in ".["}
    parts = {part.name: part for part in template.parts}
    for use in uses:
        if use.path in KNOWN or use.path in branches or use.path.removesuffix("[]") in KNOWN:
            continue
        last = use.path.split(".")[-1]
        yield Diagnostic(
            template.place(parts[use.part], use.line, last),
            "champ-inconnu",
            f"champ inconnu « {use.path} »",
            closest(use.path, KNOWN) or "« docgen fields » donne la liste des champs.",
        )


def literal_text(template: Template) -> Iterator[Diagnostic]:
    """Words that filling would drop without a word."""
    for part in template.parts:
        yield from lost_words(template, part)


def tracked_changes(template: Template) -> Iterator[Diagnostic]:
    """Revisions neither accepted nor refused: LibreOffice would print both texts."""
    for part in template.parts:
        for number, line in enumerate(part.jinja.split("\n"), 1):
            if re.search(r"<w:(ins|del|moveFrom|moveTo) [^>]*w:author", line):
                yield Diagnostic(
                    template.place(part, number),
                    "suivi-de-modifications",
                    "une modification suivie n'est pas tranchée",
                    "Dans Word : Révision > Accepter ou Refuser, pour tout le document.",
                )


def tags_never_filled(template: Template) -> Iterator[Diagnostic]:
    """A field where none is ever filled: end notes, comments, properties of the document."""
    for name, data in template.members.items():
        if NEVER_FILLED.fullmatch(name) and (
            tag := TAG.search(re.sub(r"<[^>]+>", "", data.decode("utf-8", "replace")))
        ):
            yield Diagnostic(
                Place(template.file, within=where(name), extract=tag.group()[:60]),
                "champ-jamais-rempli",
                "un champ placé ici n'est jamais rempli",
                "Déplacez-le dans le corps, l'en-tête, le pied de page ou une note de bas de page.",
            )


def single_braces(template: Template) -> Iterator[Diagnostic]:
    """« { membre.nom } » with one brace: it would be printed as it is."""
    for part in template.parts:
        for number, line in enumerate(part.jinja.split("\n"), 1):
            text = TAG.sub("", text_of(line))
            if found := re.search(r"\{\s*\{?\s*([a-z_]+\.[a-z_.]+)|[a-z_]+\s*\}\s*\}?|｛", text):
                yield Diagnostic(
                    template.place(part, number, found.group()),
                    "accolade-seule",
                    f"« {found.group()[:40]} » serait imprimé tel quel",
                    "Un champ s'ouvre par {{ et se ferme par }}.",
                )


def outside_links(template: Template) -> Iterator[Diagnostic]:
    """An image or a file that the document fetches from elsewhere: docgen reads nothing outside the workspace."""
    for name, data in template.members.items():
        if not name.endswith(".rels"):
            continue
        for relation in re.findall(rb"<Relationship [^>]*>", data):
            kind = re.search(rb'Type="[^"]*/(\w+)"', relation)
            if b'TargetMode="External"' in relation and kind and kind.group(1) != b"hyperlink":
                yield Diagnostic(
                    Place(template.file, within=where(name.replace("_rels/", "").removesuffix(".rels"))),
                    "lien-exterieur",
                    f"le document va chercher un fichier extérieur ({kind.group(1).decode()})",
                    "Dans Word : Fichier > Informations > Modifier les liens, puis « Rompre la liaison ».",
                )


def macros(template: Template) -> Iterator[Diagnostic]:
    """Macros, OLE objects, ActiveX: nothing of this has a place in a legal text."""
    for name in template.members:
        if re.search(r"vbaProject|/activeX/|/embeddings/.*\.bin$|afchunk", name):
            yield Diagnostic(
                Place(template.file),
                "objet-actif",
                f"le document contient un objet actif ({name})",
                "Supprimez-le, ou enregistrez le document au format .docx sans macro.",
            )


def computed_fields(template: Template) -> Iterator[Diagnostic]:
    """A date that Word computes: it would change at every printing."""
    for part in template.parts:
        for number, line in enumerate(part.jinja.split("\n"), 1):
            if found := re.search(
                r"(?:<w:instrText[^>]*>|w:instr=\")\s*(DATE|TIME|PRINTDATE|SAVEDATE|MERGEFIELD)\b", line
            ):
                yield Diagnostic(
                    template.place(part, number),
                    "champ-calcule",
                    f"un champ Word {found.group(1)} changerait à chaque impression",
                    "Remplacez-le par un champ docgen ou par le texte lui-même.",
                )


def missing_fonts(template: Template) -> Iterator[Diagnostic]:
    """A font that is not on this machine: the pages would not be those that the lawyer saw."""
    for family in sorted(fonts(template)):
        used = font_for(family)
        if used.casefold() != family.casefold():
            yield Diagnostic(
                Place(template.file),
                "police-absente",
                f"la police « {family} » n'est pas installée sur cet ordinateur",
                f"Elle serait remplacée par « {used} ». Installez-la, ou changez-la dans les styles du modèle.",
            )


def comments_left(template: Template) -> Iterator[Diagnostic]:
    """A comment left in the margin: not printed, but sent with the Word file."""
    for part in template.parts:
        if b"<w:comment " in template.members.get("word/comments.xml", b"") and part.name == "word/document.xml":
            yield Diagnostic(
                Place(template.file, within="commentaires"),
                "commentaire-oublie",
                "des commentaires sont restés dans le document",
                "Dans Word : Révision > Supprimer.",
                Severity.WARNING,
            )


def fonts(template: Template) -> set[str]:
    """Return the font families that the styles and the text of the template ask for."""
    found: set[str] = set()
    theme = template.members.get("word/theme/theme1.xml", b"").decode("utf-8", "replace")
    for name, data in template.members.items():
        if not re.fullmatch(r"word/(document|styles|numbering|header\d*|footer\d*|footnotes)\.xml", name):
            continue
        text = data.decode("utf-8", "replace")
        found |= set(re.findall(r'<w:rFonts [^>]*?w:(?:ascii|hAnsi)="([^"{]+)"', text))
        for kind in re.findall(r'w:asciiTheme="(m\w+)HAnsi"', text):
            if match := re.search(rf"<a:{kind}Font>\s*<a:latin typeface=\"([^\"]+)\"", theme):
                found.add(match.group(1))
    return found


def _french(message: str) -> str:
    known = (
        (r"No filter named '(\w+)'", "le filtre « {} » n'existe pas"),
        (r"Encountered unknown tag '(\w+)'", "l'instruction « {} » n'existe pas, ou n'est pas à sa place"),
        (r"unexpected char '(.)'", "le caractère « {} » n'a pas sa place dans un champ"),
        (r"Unexpected end of template", "une condition ou une boucle n'est pas fermée (endif, endfor)"),
    )
    for pattern, words in known:
        if match := re.search(pattern, message):
            return words.format(*match.groups())
    return "ce champ est mal écrit"


RULES: tuple[Rule, ...] = (
    syntax,
    unknown_fields,
    literal_text,
    tracked_changes,
    tags_never_filled,
    single_braces,
    outside_links,
    macros,
    computed_fields,
    missing_fonts,
    comments_left,
)


def require_sound(templates: list[Template]) -> None:
    """Raise `ProblemsFound` with every error of every template, if there is one."""
    found = [d for template in templates for d in check(template)]
    if any(d.severity is Severity.ERROR for d in found):
        raise ProblemsFound(found)
