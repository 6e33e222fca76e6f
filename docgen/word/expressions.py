"""What a template may say between its braces: the sandbox that reads it, the fields that it names.

A template is untrusted input: what Jinja can do and a legal text has no use for is not there at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

import jinja2
from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from docgen.word import filters

TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.S)
TAG_MARKS = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")
HARMLESS = (
    "default", "first", "join", "last", "length", "lower", "map", "reject", "rejectattr", "replace",
    "select", "selectattr", "sort", "trim", "unique", "upper",
)  # fmt: skip
"""The filters of Jinja that a template may use: the others print unescaped (`safe`) or take all memory (`center`)."""


FILTERS = (*filters.FILTERS, *HARMLESS)
"""All the filters that a template may use."""


class _Sandbox(ImmutableSandboxedEnvironment):
    """What a template may do: print fields, test them, loop over them. It calls nothing; it computes little."""

    intercepted_binops = frozenset({"*", "**", "%"})
    """`"a" * 10**9` takes all memory, `"%999999999d" % 1` too: Jinja would compute them as it reads the template."""

    def call_binop(self, *_: Any) -> NoReturn:
        raise SecurityError("a template computes nothing")

    def is_safe_callable(self, _: Any) -> bool:
        return False


def environment() -> ImmutableSandboxedEnvironment:
    """Return the Jinja environment of templates: sandboxed, escaping, and refusing what it does not know."""
    env = _Sandbox(autoescape=True, undefined=jinja2.StrictUndefined)
    env.globals = {}  # range, lipsum, cycler and dict have no use in a legal document
    env.filters = {**{name: env.filters[name] for name in HARMLESS}, **filters.FILTERS}
    return env


Scope = dict[str, tuple[str, ...]]
"""What each name that a template sets may stand for: no path at all when nobody can tell."""


def uses(tree: nodes.Template) -> Iterator[tuple[str, nodes.Node]]:
    """Yield each field that the syntax tree reads, as a dotted path, with its node."""
    return _walk(tree, {})


def printed(tree: nodes.Template, *, plain: bool = False) -> list[str]:
    """Return the fields that the tree prints, in their order, not those that it only tests; `plain`: by no filter."""
    shown: set[int] = set()
    for output in tree.find_all(nodes.Output):
        for child in output.nodes:
            inner = [child] if plain else [child, *child.find_all(nodes.Expr)]
            tests = [node.test for node in inner if isinstance(node, nodes.CondExpr)]
            tested = {id(node) for test in tests for node in (test, *test.find_all(nodes.Expr))}
            shown |= {id(node) for node in inner} - tested
    return list(dict.fromkeys(path for path, node in uses(tree) if id(node) in shown))


def typed(node: nodes.Node) -> str:
    """Return a field as the template types it: « ligne.libelle »; nothing for what is no plain name."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr) and (base := typed(node.node)):
        return f"{base}.{node.attr}"
    return ""


def paths(tree: nodes.Template) -> Iterator[tuple[str, int]]:
    """Yield each field that the syntax tree reads, as a dotted path, with its line."""
    return ((path, node.lineno) for path, node in _walk(tree, {}))


def paths_of(tree: nodes.Template) -> dict[int, str]:
    """Return the dotted path of each node of the tree that is a field, by the `id` of the node."""
    return {id(node): path for path, node in _walk(tree, {})}


def _walk(node: nodes.Node, scope: Scope) -> Iterator[tuple[str, nodes.Node]]:
    """Yield the fields that a node reads; what it sets enters the scope."""
    if isinstance(node, nodes.For):
        yield from _walk(node.iter, scope)
        inner = {**scope, "loop": ()}
        _bind(node.target, tuple(f"{path}[]" for path in _chain(node.iter, scope)), inner)
        yield from _walk_all([*([node.test] if node.test else []), *node.body], inner)
        yield from _walk_all(node.else_, dict(scope))
    elif isinstance(node, nodes.If):
        yield from _walk_if(node, scope)
    elif isinstance(node, nodes.Assign):
        yield from _walk(node.node, scope)
        _bind(node.target, _chain(node.node, scope), scope)
    elif isinstance(node, nodes.Name) and node.ctx != "load":
        return
    elif isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem) and (found := _chain(node, scope)):
        for path in found:
            yield path, node
        yield from _walk_beside(node, scope)
    else:
        yield from _walk_all(node.iter_child_nodes(), scope)


def _walk_all(found: Iterable[nodes.Node], scope: Scope) -> Iterator[tuple[str, nodes.Node]]:
    for node in found:
        yield from _walk(node, scope)


def _walk_if(node: nodes.If, scope: Scope) -> Iterator[tuple[str, nodes.Node]]:
    """Yield what a condition reads; what a branch sets may be set after it, or not."""
    yield from _walk_all([node.test, *(one.test for one in node.elif_)], scope)
    branches = []
    for body in (node.body, *(one.body for one in node.elif_), node.else_):
        branches.append(dict(scope))
        yield from _walk_all(body, branches[-1])
    for name in dict.fromkeys(name for branch in branches for name in branch):
        scope[name] = tuple(dict.fromkeys(path for branch in branches for path in branch.get(name, (name,))))


def _walk_beside(node: nodes.Expr, scope: Scope) -> Iterator[tuple[str, nodes.Node]]:
    """Yield what is read on the way to a field: the index of an item, what a filter is given."""
    if isinstance(node, nodes.Getitem):
        yield from _walk(node.arg, scope)
    if isinstance(node, nodes.Filter):
        yield from _walk_all([*node.args, *node.kwargs], scope)
    if isinstance(node, nodes.CondExpr):
        yield from _walk(node.test, scope)
    if isinstance(node, nodes.Getattr | nodes.Getitem | nodes.Filter) and node.node is not None:
        yield from _walk_beside(node.node, scope)


def _bind(target: nodes.Node, source: tuple[str, ...], scope: Scope) -> None:
    """Note what a name stands for; nothing for one that a tuple takes apart."""
    for name in (target, *target.find_all(nodes.Name)):
        if isinstance(name, nodes.Name):
            scope[name.name] = source if name is target else ()


def _chain(node: nodes.Node, scope: Scope) -> tuple[str, ...]:
    """Return the dotted paths that a name or an attribute may be, `[]` for an item of a list; none for the rest."""
    if isinstance(node, nodes.Name):
        return scope.get(node.name, (node.name,))
    if isinstance(node, nodes.Getattr):
        return tuple(f"{base}.{node.attr}" for base in _chain(node.node, scope))
    if isinstance(node, nodes.Getitem):
        bases = _chain(node.node, scope)
        if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            return tuple(f"{base}.{node.arg.value}" for base in bases)
        return bases if isinstance(node.arg, nodes.Slice) else tuple(f"{base}[]" for base in bases)
    if isinstance(node, nodes.Filter) and node.node is not None:
        bases = _chain(node.node, scope)
        if node.name == "default":  # one or the other
            bases += tuple(path for given in node.args[:1] for path in _chain(given, scope))
        return tuple(f"{base}[]" for base in bases) if node.name in ("first", "last") else bases
    if isinstance(node, nodes.CondExpr):
        given = [node.expr1, *([node.expr2] if node.expr2 else [])]
        return tuple(path for one in given for path in _chain(one, scope))
    return ()
