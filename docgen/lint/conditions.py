"""What is wrong with the conditions of a template: those that Jinja decides otherwise than they read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jinja2 import nodes

from docgen.diagnostics import Diagnostic
from docgen.word.expressions import environment, paths_of, typed
from docgen.word.template import Part, Template

ORDERS = {"lt": "<", "lteq": "<=", "gt": ">", "gteq": ">="}
LISTS = {"in": "in", "notin": "not in"}
TESTS = ("defined", "undefined")
KNOWN_TESTS = frozenset(environment().tests)


def comparisons(template: Template) -> Iterator[Diagnostic]:
    """An order between words, where numbers are meant; « in » with words that are no list; « is »."""
    for part in template.parts:
        for node in part.reading.tree.find_all((nodes.Compare, nodes.Test)):
            for said, hint in _faults(node):
                place = template.place(part, node.lineno, _first_field(node))
                yield Diagnostic(place, "comparaison-trompeuse", said, hint)


def _faults(node: nodes.Node) -> Iterator[tuple[str, str]]:
    if isinstance(node, nodes.Test):
        if node.name not in TESTS and node.name in KNOWN_TESTS:
            yield f"« is {node.name} » ne se compare pas ainsi", 'Écrivez == : souscription.gfu == "oui".'
        return
    assert isinstance(node, nodes.Compare)
    for operand in node.ops:
        words = [side.value for side in (node.expr, operand.expr) if isinstance(side, nodes.Const)]
        texts = [word for word in words if isinstance(word, str)]
        if operand.op in ORDERS and texts:
            yield (
                f"« {texts[0]} » entre guillemets est un texte : 9 y viendrait après 100",
                f"Écrivez le nombre sans guillemets : souscription.utilisateurs {ORDERS[operand.op]} 100.",
            )
        elif operand.op in LISTS and isinstance(operand.expr, nodes.Const) and texts:
            yield (
                f"« {LISTS[operand.op]} » cherche ici dans les lettres de « {texts[-1]} », et non dans une liste",
                'Une liste s\'écrit entre parenthèses : in ("3 To", "4 To").',
            )


def _defaults(values: Iterable[nodes.Node]) -> Iterator[nodes.Node]:
    """Yield the `or` between values that are printed, through filters and parentheses."""
    for value in values:
        if isinstance(value, nodes.Or):
            yield value
            yield from _defaults((value.left, value.right))
        elif isinstance(value, nodes.CondExpr):
            yield from _defaults(filter(None, (value.expr1, value.expr2)))
        elif isinstance(value, nodes.Filter | nodes.Concat):
            yield from _defaults(value.iter_child_nodes())


def _first_field(node: nodes.Node) -> str:
    return next((name for child in node.find_all((nodes.Getattr, nodes.Name)) if (name := typed(child))), "")


def bare_tests(template: Template) -> Iterator[Diagnostic]:
    """« if souscription.gfu »: a field that always says something is always true, « non » included."""
    for part in template.parts:
        paths = paths_of(part.reading.tree)
        for node in _truths(part):
            if isinstance(node, nodes.Tuple | nodes.Const) and not isinstance(getattr(node, "value", ""), bool):
                yield Diagnostic(template.place(part, node.lineno), "comparaison-trompeuse", *_always(node))
            values = template.words_of(paths.get(id(node), ""))
            if values and "" not in values:
                yield Diagnostic(
                    template.place(part, node.lineno, typed(node)),
                    "comparaison-trompeuse",
                    f"« {typed(node)} » seul est toujours vrai, même quand il vaut « {values[-1]} »",
                    f'Comparez-le : {typed(node)} == "{values[0]}".',
                )


def _always(node: nodes.Node) -> tuple[str, str]:
    """Return what is said of a list or a word that is taken for true or false, and how to mend it."""
    if isinstance(node, nodes.Tuple):
        hint = "Un nombre décimal s'écrit ici avec un point : 1000.5."
        return "une virgule fait une liste, qui est toujours vraie", hint
    hint = 'Répétez le champ : souscription.gfu == "oui" or souscription.gfu == "non".'
    return "un mot ou un nombre seul est toujours vrai", hint


def _truths(part: Part) -> Iterator[nodes.Node]:
    """Yield what is taken for true or false; not what is printed in the place of an empty field, `{{ a or "…" }}`."""
    defaults = {id(node) for output in part.reading.tree.find_all(nodes.Output) for node in _defaults(output.nodes)}
    for node in part.reading.tree.find_all((nodes.If, nodes.CondExpr, nodes.And, nodes.Or, nodes.Not)):
        if id(node) in defaults:
            continue
        if isinstance(node, nodes.If | nodes.CondExpr):
            yield node.test
        elif isinstance(node, nodes.And | nodes.Or):
            yield from (node.left, node.right)
        elif isinstance(node, nodes.Not):
            yield node.node
