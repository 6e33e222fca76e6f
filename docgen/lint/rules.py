"""What is wrong with a Word template, in the words of those who write it. Each rule is one function."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

from jinja2 import nodes
from lxml import etree

from docgen.diagnostics import Diagnostic, ProblemsFound, Severity, closest
from docgen.lint import byhand, codes, conditions, controls, cut, file, fit, glyphs, house, links, marks
from docgen.word import filters
from docgen.word.expressions import FILTERS, TAG, TAG_MARKS, environment, paths_of, typed, uses
from docgen.word.package import PARSER
from docgen.word.render import lost, lost_words
from docgen.word.template import Part, Template, badly_written, joined_text, text_of

Rule = Callable[[Template], Iterator[Diagnostic]]

TRACKED = re.compile(
    r"<w:(ins|del|moveFrom|moveTo|cellIns|cellDel|cellMerge|customXml(Ins|Del|MoveFrom|MoveTo)RangeStart)[ />]"
)
BRACE = re.compile(rf"{TAG_MARKS.pattern}|[{{}}｛｝]")
FORBIDDEN = {
    nodes.Call: "(",
    nodes.Add: "+",
    nodes.Sub: "-",
    nodes.Mul: "*",
    nodes.Div: "/",
    nodes.FloorDiv: "//",
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


def check(template: Template) -> list[Diagnostic]:
    """Return all that the rules find in the template."""
    found = [problem for rule in RULES for problem in rule(template)]
    return sorted(dict.fromkeys(found))


def syntax(template: Template) -> Iterator[Diagnostic]:
    """A tag that Jinja cannot read: not closed, « » inside, out of place."""
    for part in template.parts:
        if not cut.tells_all(part):
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
                    closest(name, known) or f"Les filtres sont : {', '.join(filters.FILTERS)}.",
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


def printed_groups(template: Template) -> Iterator[Diagnostic]:
    """A whole list, or a whole group of fields, printed as if it were a text."""
    for part, node in _nodes(template, (nodes.Output,)):
        paths = paths_of(part.reading.tree)
        for child in node.iter_child_nodes():
            path = paths.get(id(child), "")
            inside = sorted(known for known in template.known if known.startswith((f"{path}.", f"{path}[")))
            if path and inside:
                a_list = inside[0].startswith(f"{path}[")
                yield Diagnostic(
                    template.place(part, child.lineno, typed(child)),
                    "valeur-impossible",
                    f"« {path} » n'est pas un texte, mais {'une liste' if a_list else 'un groupe de champs'}",
                    in_a_loop(inside[0]) if a_list else f"Imprimez l'un d'eux : {{{{ {inside[0]} }}}}.",
                )


def in_a_loop(path: str) -> str:
    """Return how a field of the items of a list is written: « grille.gfu_of[].libelle »."""
    above, last = path.rsplit("[]", 1)
    return f"Une liste se parcourt : {{% for ligne in {above} %}} {{{{ ligne{last} }}}} {{% endfor %}}."


def unknown_fields(template: Template) -> Iterator[Diagnostic]:
    """A field that docgen does not know: it would print nothing."""
    for part in template.parts:
        for path, node in uses(part.reading.tree):
            if template.knows(path):
                continue
            near = closest(path, template.known)
            hint = in_a_loop(near.split("« ")[1].split(" »")[0]) if "[]" in near and "[]" not in path else near
            yield Diagnostic(
                template.place(part, node.lineno, typed(node) or path.split(".")[-1].removesuffix("[]")),
                "champ-inconnu",
                f"champ inconnu « {path} »",
                hint or "« docgen fields » donne la liste des champs.",
            )


def literal_text(template: Template) -> Iterator[Diagnostic]:
    """Words that filling would drop without a word."""
    for part in template.parts:
        faulty = _misread(part) | cut.told(part)
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
                    "une modification suivie n'est ni acceptée ni refusée",
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
        (
            file.related(template, relation),
            f"un champ n'est jamais rempli dans une adresse : {unquote(relation.target)}",
        )
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
        faulty = _misread(part) | cut.told(part)
        for number, row in enumerate(part.own):
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
    cut.tags,
    cut.dashes,
    literal_text,
    tracked_changes,
    split_conditions,
    broken_document,
    tags_never_filled,
    single_braces,
    printed_groups,
    conditions.comparisons,
    conditions.bare_tests,
    links.outside_links,
    links.forbidden_links,
    file.macros,
    codes.refused,
    codes.empty,
    codes.cut,
    codes.lost,
    codes.broken,
    byhand.missing,
    controls.unfilled,
    file.bound_controls,
    file.hidden_text,
    file.missing_fonts,
    glyphs.missing,
    file.comments_left,
    fit.tables,
    marks.places,
    marks.pictures,
    marks.dots,
    house.typed_values,
    house.bare_fields,
    house.foreign_styles,
    house.harmless,
)


def require_sound(templates: list[Template]) -> None:
    """Raise `ProblemsFound` with every error of every template, if there is one."""
    found = [d for template in templates for d in check(template)]
    if any(d.severity is Severity.ERROR for d in found):
        raise ProblemsFound(found)
