"""What is wrong with a Word template, in the words of those who write it. Each rule is one function."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import unquote

from jinja2 import nodes
from lxml import etree

from docgen.diagnostics import Diagnostic, Place, ProblemsFound, Severity, closest
from docgen.office import font_for
from docgen.word import lint_house, lint_marks
from docgen.word.expressions import FILTERS, TAG, TAG_MARKS, environment, paths
from docgen.word.package import PARSER
from docgen.word.render import lost, lost_words
from docgen.word.template import Part, Relation, Template, badly_written, joined_text, text_of

Rule = Callable[[Template], Iterator[Diagnostic]]

TRACKED = re.compile(r"<w:(ins|del|moveFrom|moveTo|cellIns|cellDel)[ />]")
BRACE = re.compile(rf"{TAG_MARKS.pattern}|[{{}}｛｝]")
RECOMPUTED = re.compile(
    r"\s*(DATE|TIME|PRINTDATE|SAVEDATE|MERGEFIELD|INCLUDETEXT|INCLUDEPICTURE|LINK|DDE|DDEAUTO|DATABASE)\b"
)
FORBIDDEN = {
    nodes.Call: "(",
    nodes.Mul: "*",
    nodes.Pow: "**",
    nodes.Mod: "%",
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "import",
    nodes.Extends: "extends",
    nodes.Block: "block",
    nodes.Macro: "macro",
    nodes.CallBlock: "call",
    nodes.FilterBlock: "filter",
    nodes.AssignBlock: "set",
    nodes.With: "with",
    nodes.ScopedEvalContextModifier: "autoescape",
}
"""What Jinja can do and a legal text has no use for, with what it looks like."""
UNPRINTED = re.compile(r"\{\{(p|r|tr|tc)\s|\{%[-+]?\s*raw\b")
"""What docxtpl would put beside the texts of the document, where nothing shows, and what stops Jinja."""
RUN = re.compile(r"<w:r[ >].*?</w:r>")
ACTIVE = re.compile(r"vbaProject|activeX/|embeddings/.*\.bin$|afchunk", re.I)


def check(template: Template) -> list[Diagnostic]:
    """Return all that the rules find in the template."""
    found = [problem for rule in RULES for problem in rule(template)]
    return sorted(dict.fromkeys(found))


def syntax(template: Template) -> Iterator[Diagnostic]:
    """A tag that Jinja cannot read: not closed, « » inside, out of place."""
    for part in template.parts:
        yield from badly_written(template, part)


def unknown_filters(template: Template) -> Iterator[Diagnostic]:
    """A filter or a test that docgen does not have. Jinja itself says so only when the condition around is true."""
    for kind, what, known in ((nodes.Filter, "filtre", FILTERS), (nodes.Test, "test", tuple(environment().tests))):
        for part, node in _nodes(template, (kind,)):
            name = str(getattr(node, "name"))  # noqa: B009
            if name not in known:
                yield Diagnostic(
                    template.place(part, node.lineno, name),
                    "filtre-inconnu",
                    f"le {what} « {name} » n'existe pas",
                    closest(name, known) or f"Les filtres sont : {', '.join(FILTERS)}.",
                )


def programs(template: Template) -> Iterator[Diagnostic]:
    """A computation, a call, a macro: a template prints fields, tests them, loops over them, and no more."""
    for part, node in _nodes(template, tuple(FORBIDDEN)):
        yield Diagnostic(
            template.place(part, node.lineno, FORBIDDEN[type(node)]),
            "instruction-interdite",
            f"un modèle ne peut pas utiliser « {FORBIDDEN[type(node)]} »",
            "Un modèle imprime des champs, avec if et for ; il n'appelle rien et ne calcule rien.",
        )
    for part in template.parts:
        for number, row in enumerate(part.paragraphs):
            if found := UNPRINTED.search(joined_text(row)):
                yield Diagnostic(
                    template.place_of(part, number, found.group()),
                    "instruction-interdite",
                    f"« {found.group().strip()} » n'imprimerait pas ce qui suit comme il faut",
                    "Un champ s'écrit {{ membre.nom }}, sans lettre contre les accolades.",
                )


def unknown_fields(template: Template) -> Iterator[Diagnostic]:
    """A field that docgen does not know: it would print nothing."""
    branches = {path[:i] for path in template.known for i in range(len(path)) if path[i] in ".["}
    for part in template.parts:
        for path, line in paths(part.reading.tree):
            if {path, path.removesuffix("[]")} & (template.known | branches):
                continue
            yield Diagnostic(
                template.place(part, line, path.split(".")[-1].removesuffix("[]")),
                "champ-inconnu",
                f"champ inconnu « {path} »",
                closest(path, template.known) or "« docgen fields » donne la liste des champs.",
            )


def literal_text(template: Template) -> Iterator[Diagnostic]:
    """Words that filling would drop without a word."""
    for part in template.parts:
        faulty = _misread(part)
        for (number, _), problem in zip(lost(part), lost_words(template, part), strict=True):
            row = part.paragraphs[number]
            # Tracked changes and stray braces are said by their own rules.
            if number not in faulty and not TRACKED.search(row) and not _stray_brace(text_of(row)):
                yield problem


def tracked_changes(template: Template) -> Iterator[Diagnostic]:
    """Revisions neither accepted nor refused: LibreOffice would print both texts."""
    for part in (*template.parts, *template.unfilled):
        for number, row in enumerate(part.paragraphs):
            if TRACKED.search(row):
                yield Diagnostic(
                    template.place_of(part, number),
                    "suivi-de-modifications",
                    "une modification suivie n'est pas tranchée",
                    "Dans Word : Révision > Accepter ou Refuser, pour tout le document.",
                )


def split_conditions(template: Template) -> Iterator[Diagnostic]:
    """A condition or a loop that begins in one place and ends in another (a cell, a link): half of it would be left."""
    for part, node in _nodes(template, (nodes.If, nodes.For)):
        assert isinstance(node, nodes.If | nodes.For)
        whole = all(_neutral(branch) for branch in (node.body, node.else_))
        if not whole and not part.reading.faults and not TRACKED.search(part.source):  # said by `tracked_changes`
            yield Diagnostic(
                template.place(part, node.lineno, "if" if isinstance(node, nodes.If) else "for"),
                "condition-a-cheval",
                "cette condition ou cette boucle ne finit pas au même endroit qu'elle commence",
                "Mettez {% if … %} et {% endif %} dans le même paragraphe, ou {%p … %} seuls dans le leur.",
            )


def broken_document(template: Template) -> Iterator[Diagnostic]:
    """A tag that begins inside a link or a content control and ends outside: the result would be no document."""
    for part in _readable(template):
        try:
            etree.fromstring(TAG.sub("", part.jinja), PARSER)
        except etree.XMLSyntaxError as error:
            if not TRACKED.search(part.source):  # said by `tracked_changes`
                yield Diagnostic(
                    template.place(part, error.lineno or 1, "{"),
                    "document-casse",
                    "un champ commence dans un lien ou un cadre et finit dehors",
                    "Effacez ce champ et retapez-le d'un trait, sans lien.",
                )


def tags_never_filled(template: Template) -> Iterator[Diagnostic]:
    """A field where none is ever filled: end notes, comments, properties of the document, addresses of links."""
    found = [
        (template.place_of(part, number, tag.group()), "un champ placé ici n'est jamais rempli")
        for part in template.unfilled
        for number, row in enumerate(part.paragraphs)
        if (tag := TAG.search(re.sub(r"<[^>]+>", "", row)))
    ]
    found += [
        (_related(template, relation), f"un champ n'est jamais rempli dans une adresse : {unquote(relation.target)}")
        for relation in template.relations()
        if TAG.search(unquote(relation.target))
    ]
    for place, message in found:
        yield Diagnostic(
            place,
            "champ-jamais-rempli",
            message,
            "Déplacez-le dans le corps, l'en-tête, le pied de page ou une note de bas de page.",
        )


def single_braces(template: Template) -> Iterator[Diagnostic]:
    """« { membre.nom } » with one brace, or a field cut by the end of its paragraph: it would be printed as it is."""
    for part in template.parts:
        faulty = _misread(part)
        for number, row in enumerate(part.paragraphs):
            if number not in faulty and (shown := _stray_brace(text_of(row))):
                yield Diagnostic(
                    template.place_of(part, number, shown),
                    "accolade-seule",
                    f"« {shown} » n'est pas un champ entier et serait imprimé tel quel",
                    "Un champ s'ouvre par {{ et se ferme par }}, dans le même paragraphe.",
                )


def _stray_brace(text: str) -> str:
    """Return what stands beside a brace that belongs to no field, if there is one."""
    found = BRACE.search(TAG.sub(lambda tag: " " * len(tag.group()), text))
    if not found:
        return ""
    return text[found.start() :][:40] if found.group()[0] in "{｛" else text[: found.end()][-40:]


def outside_links(template: Template) -> Iterator[Diagnostic]:
    """An image or a file that the document fetches from elsewhere: docgen reads nothing outside the workspace."""
    for relation in template.relations():
        # LibreOffice fetches neither a link before someone clicks on it, nor the template that Word names.
        if relation.external and relation.kind not in ("hyperlink", "attachedTemplate"):
            yield Diagnostic(
                _related(template, relation),
                "lien-exterieur",
                f"le document va chercher un fichier extérieur : {relation.target}",
                "Dans Word : Fichier > Informations > Modifier les liens, puis « Rompre la liaison ».",
            )


def macros(template: Template) -> Iterator[Diagnostic]:
    """Macros, OLE objects, ActiveX: nothing of this has a place in a legal text."""
    for relation in template.relations():
        if not relation.external and (ACTIVE.search(relation.target) or ACTIVE.search(relation.kind)):
            yield Diagnostic(
                _related(template, relation),
                "objet-actif",
                f"le document contient un objet actif ({relation.target})",
                "Supprimez-le, ou enregistrez le document au format .docx sans macro.",
            )


def computed_fields(template: Template) -> Iterator[Diagnostic]:
    """A date that Word computes, a field of a mailing: it would change at every printing."""
    for part in template.parts:
        for number, row in enumerate(part.paragraphs):
            codes = ["".join(re.findall(r"<w:instrText[^>]*>([^<]*)", begun)) for begun in row.split('"begin"')]
            for code in (*codes, *re.findall(r'<w:fldSimple [^>]*w:instr="([^"]*)"', row)):
                if found := RECOMPUTED.match(code):
                    yield Diagnostic(
                        template.place_of(part, number),
                        "champ-calcule",
                        f"un champ Word {found.group(1)} changerait à chaque impression",
                        "Remplacez-le par un champ docgen ou par le texte lui-même.",
                    )


def hidden_text(template: Template) -> Iterator[Diagnostic]:
    """Words that Word hides: no page would show them."""
    for part in template.parts:
        for number, row in enumerate(part.paragraphs):
            if hidden := [run for run in RUN.findall(row) if "<w:vanish/>" in run and text_of(run)]:
                yield Diagnostic(
                    template.place_of(part, number, text_of(hidden[0])),
                    "texte-masque",
                    "un texte masqué ne serait pas imprimé",
                    "Dans Word : Police, décochez « Masqué », ou supprimez ce texte.",
                )


def missing_fonts(template: Template) -> Iterator[Diagnostic]:
    """A font that is not on this machine: the pages would not be those that the lawyer saw."""
    for family in sorted(fonts(template)):
        used = font_for(family)
        if used.casefold() != family.casefold():
            yield Diagnostic(
                _user(template, template.parts, family) or Place(template.file, within="styles"),
                "police-absente",
                f"la police « {family} » n'est pas installée sur cet ordinateur",
                f"Elle serait remplacée par « {used} ». Installez-la, ou changez-la dans les styles du modèle.",
            )


def comments_left(template: Template) -> Iterator[Diagnostic]:
    """A comment left in the margin: not printed, but sent with the Word file."""
    margin = next((part.source for part in template.unfilled if part.name == "word/comments.xml"), "")
    known = set(re.findall(r'<w:comment [^>]*?w:id="(\d+)"', margin))
    for part in template.parts:
        for number, row in enumerate(part.paragraphs):
            if known & set(re.findall(r'<w:commentReference [^>]*?w:id="(\d+)"', row)):
                yield Diagnostic(
                    template.place_of(part, number),
                    "commentaire-oublie",
                    "un commentaire est resté ici",
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


def _user(template: Template, parts: Iterable[Part], name: str) -> Place | None:
    """Return the place of the first paragraph that has that font, or refers to that outside thing."""
    users = ((part, number) for part in parts for number, row in enumerate(part.paragraphs) if f'="{name}"' in row)
    found = next(users, None)
    return template.place_of(*found) if found else None


def _related(template: Template, relation: Relation) -> Place:
    parts = [part for part in template.parts if part.name == relation.part]
    return _user(template, parts, relation.id) or Place(template.file, within=relation.target)


def _readable(template: Template) -> Iterator[Part]:
    """Yield the parts that Jinja reads whole: in the others, what a rule sees may come of the fault itself."""
    return (part for part in template.parts if not part.reading.faults)


def _misread(part: Part) -> set[int]:
    """Return the paragraphs of the part that hold a tag that Jinja cannot read: what shows there comes of it."""
    ends = (*part.numbers[1:], len(part.paragraphs))
    lines = (fault.line - 1 for fault in part.reading.faults)
    return {number for line in lines for number in range(part.numbers[line], ends[line])}


def _nodes(template: Template, kinds: tuple[type[nodes.Node], ...]) -> Iterator[tuple[Part, nodes.Node]]:
    return ((part, node) for part in template.parts for node in part.reading.tree.find_all(kinds))


def _neutral(body: list[nodes.Node]) -> bool:
    """Return whether a branch opens again what it closes: the document is then whole with it and without it."""
    outputs = (child for output in body if isinstance(output, nodes.Output) for child in output.nodes)
    xml = "".join(child.data for child in outputs if isinstance(child, nodes.TemplateData))
    opened: list[str] = []
    closed: list[str] = []
    for closes, name, empty in re.findall(r"<(/?)([\w:]+)[^>]*?(/?)>", xml):
        if closes and opened:
            opened.pop()
        elif closes:
            closed.append(name)
        elif not empty:
            opened.append(name)
    return closed == opened[::-1]


RULES: tuple[Rule, ...] = (
    syntax,
    unknown_filters,
    programs,
    unknown_fields,
    literal_text,
    tracked_changes,
    split_conditions,
    broken_document,
    tags_never_filled,
    single_braces,
    outside_links,
    macros,
    computed_fields,
    hidden_text,
    missing_fonts,
    comments_left,
    lint_marks.places,
    lint_marks.pictures,
    lint_house.typed_values,
    lint_house.foreign_styles,
    lint_house.harmless,
)


def require_sound(templates: list[Template]) -> None:
    """Raise `ProblemsFound` with every error of every template, if there is one."""
    found = [d for template in templates for d in check(template)]
    if any(d.severity is Severity.ERROR for d in found):
        raise ProblemsFound(found)
