"""What a template may say between its braces: the sandbox that reads it, the fields that it names.

A template is untrusted input: what Jinja can do and a legal text has no use for is not there at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NoReturn

import jinja2
from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from docgen.word import filters

TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.S)
TAG_MARKS = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")
HARMLESS = (
    "capitalize", "default", "first", "join", "last", "length", "lower", "map", "reject", "rejectattr", "replace",
    "select", "selectattr", "sort", "title", "trim", "unique", "upper",
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


def paths(tree: nodes.Template) -> Iterator[tuple[str, int]]:
    """Yield each field that the syntax tree reads, as a dotted path, with its line."""
    return ((path, node.lineno) for path, node in _walk(tree, {}))


def paths_of(tree: nodes.Template) -> dict[int, str]:
    """Return the dotted path of each node of the tree that is a field, by the `id` of the node."""
    return {id(node): path for path, node in _walk(tree, {})}


def _walk(node: nodes.Node, scope: dict[str, str | None]) -> Iterator[tuple[str, nodes.Node]]:
    if isinstance(node, nodes.For):
        yield from _walk(node.iter, scope)
        source = _chain(node.iter, scope)
        inner = {**scope, "loop": None}
        _bind(node.target, f"{source}[]" if source else None, inner)
        for child in (*([node.test] if node.test else []), *node.body, *node.else_):
            yield from _walk(child, inner)
    elif isinstance(node, nodes.Assign):
        yield from _walk(node.node, scope)
        _bind(node.target, _chain(node.node, scope), scope)
    elif isinstance(node, nodes.Name) and node.ctx != "load":
        return
    elif isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem) and (chain := _chain(node, scope)):
        yield chain, node
        for index in node.find_all(nodes.Getitem):
            yield from _walk(index.arg, scope)
        if isinstance(node, nodes.Getitem):
            yield from _walk(node.arg, scope)
    else:
        for child in node.iter_child_nodes():
            yield from _walk(child, scope)


def _bind(target: nodes.Node, source: str | None, scope: dict[str, str | None]) -> None:
    """Note what a name stands for; None for one that a tuple takes apart."""
    for name in (target, *target.find_all(nodes.Name)):
        if isinstance(name, nodes.Name):
            scope[name.name] = source if name is target else None


def _chain(node: nodes.Node, scope: dict[str, str | None]) -> str | None:
    """Return the dotted path of a name or an attribute, `[]` for an item of a list; None for anything else."""
    if isinstance(node, nodes.Name):
        return scope.get(node.name, node.name)
    if isinstance(node, nodes.Getattr):
        base = _chain(node.node, scope)
        return f"{base}.{node.attr}" if base else None
    if isinstance(node, nodes.Getitem):
        base = _chain(node.node, scope)
        if base and isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            return f"{base}.{node.arg.value}"
        return base if isinstance(node.arg, nodes.Slice) or not base else f"{base}[]"
    if isinstance(node, nodes.Filter) and node.node is not None:
        base = _chain(node.node, scope)
        return f"{base}[]" if base and node.name in ("first", "last") else base
    return None
