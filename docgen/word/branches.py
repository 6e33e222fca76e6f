"""What the conditions and the loops of a template decide for real members: which never serve, which are misspelt.

Takes a template and the values of each member; gives the branches, each with what it met. Nothing is printed.
"""

from __future__ import annotations

import copy
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jinja2
from jinja2 import nodes

from docgen.diagnostics import Diagnostic, Severity, closest
from docgen.word.expressions import environment, paths_of
from docgen.word.template import Part, Template


@dataclass
class _Test:
    """A condition or a loop, and how often it held."""

    part: Part
    line: int
    said: str
    tried: int = 0
    held: int = 0


@dataclass
class _Compared:
    """A field compared with words that the template spells out, and the values that it was seen to have."""

    part: Part
    line: int
    path: str
    words: tuple[str, ...]
    seen: set[str] = field(default_factory=set)


class Branches:
    """Watches the conditions and the loops of one template, whoever the member is."""

    def __init__(self, template: Template, closed: Mapping[str, Iterable[str]]) -> None:
        """Prepare the template; `closed` gives the fields that can only be one of a few words."""
        self.template = template
        self.closed = {path: tuple(words) for path, words in closed.items()}
        self.members = 0
        self.tests: list[_Test] = []
        self.compared: list[_Compared] = []
        self._env = environment()
        self._env.optimized = False  # a constant condition is watched like the others
        self._env.filters |= {"docgen_test": self._test, "docgen_value": self._value}
        self._parts = [self._watched(part) for part in template.parts if not part.reading.faults]

    def _watched(self, part: Part) -> jinja2.Template:
        tree = copy.deepcopy(part.reading.tree)
        known = paths_of(tree)
        for node in list(tree.find_all((nodes.If, nodes.For, nodes.Compare))):
            if isinstance(node, nodes.If):
                node.test = self._noted(node.test, "docgen_test", len(self.tests))
                self.tests.append(_Test(part, node.lineno, "cette condition"))
            elif isinstance(node, nodes.For):
                node.iter = self._noted(node.iter, "docgen_test", len(self.tests))
                self.tests.append(_Test(part, node.lineno, "cette boucle"))
            elif isinstance(node, nodes.Compare) and (path := known.get(id(node.expr))):
                words = tuple(word for operand in node.ops for word in _words(operand))
                node.expr = self._noted(node.expr, "docgen_value", len(self.compared))
                self.compared.append(_Compared(part, node.lineno, path, words))
        code = self._env.compile(tree)
        return jinja2.Template.from_code(self._env, code, {})

    def _noted(self, node: nodes.Node, how: str, number: int) -> nodes.Filter:
        assert isinstance(node, nodes.Expr)
        noted = nodes.Filter(node, how, [nodes.Const(number)], [], None, None, lineno=node.lineno)
        noted.set_environment(self._env)
        return noted

    def _test(self, value: Any, number: int) -> Any:
        self.tests[number].tried += 1
        self.tests[number].held += bool(value)
        return value

    def _value(self, value: Any, number: int) -> Any:
        self.compared[number].seen.add(str(value))
        return value

    def watch(self, values: Mapping[str, Any]) -> None:
        """Go through the template with the values of one member. Raises what the template raises."""
        self.members += 1
        for part in self._parts:
            part.render(values)

    def misspelt(self) -> list[Diagnostic]:
        """Return a problem for each word that a condition compares a field with, and that it can never be.

        An error where nothing but a misspelling explains it; a warning where it may be a value that no member has yet.
        """
        return [
            Diagnostic(
                self.template.place(one.part, one.line, word),
                "branche-mal-orthographiee",
                f"« {one.path} » n'est jamais « {word} » : cette condition est toujours décidée du même côté",
                *meant,
            )
            for one in self.compared
            for word in one.words
            if (meant := self._meant(one, word))
        ]

    def _meant(self, one: _Compared, word: str) -> tuple[str, Severity] | None:
        """Return what was meant by a word that the field never is; None when it may be what it says."""
        possible = self.closed.get(one.path, ())
        if word in one.seen or word in possible:
            return None
        known = sorted({*one.seen, *possible})
        if near := [other for other in known if _plain(other) == _plain(word)]:
            said = f"Le champ vaut « {near[0]} » : mêmes lettres, mais accents, majuscules ou espaces différents."
            return said, Severity.ERROR
        if possible:
            values = f"Les valeurs possibles sont : {', '.join(f'« {v} »' for v in possible if v)}."
            return closest(word, known) or values, Severity.ERROR
        hint = closest(word, known, 0.85)
        return (hint, Severity.WARNING) if hint else None

    def unused(self) -> list[Diagnostic]:
        """Return an information for each condition or loop that was tried and held for no member."""
        return [
            Diagnostic(
                self.template.place(test.part, test.line, "if" if "condition" in test.said else "for"),
                "clause-sans-membre",
                f"{test.said} ne sert à aucun des {self.members} membres",
                severity=Severity.INFO,
            )
            for test in self.tests
            if test.tried and not test.held
        ]


def _words(operand: nodes.Operand) -> list[str]:
    """Return the words that an operand of == or of « in » spells out."""
    if operand.op not in ("eq", "ne", "in", "notin"):
        return []
    expr = operand.expr
    items = expr.items if isinstance(expr, nodes.Tuple | nodes.List) else [expr]
    return [item.value for item in items if isinstance(item, nodes.Const) and isinstance(item.value, str)]


def _plain(word: str) -> str:
    bare = unicodedata.normalize("NFKD", word)
    letters = "".join(char for char in bare if not unicodedata.combining(char))
    return re.sub(r"[\s'’-]+", " ", letters).strip().casefold()
