"""What the conditions and the loops of a template decide for real members: which never serve, which are misspelt.

Takes a template and the values of each member; gives the branches, each with what it met. Nothing is printed.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jinja2
from jinja2 import nodes, pass_context
from jinja2.runtime import Context

from docgen import formats
from docgen.champs.blank import Blank
from docgen.diagnostics import Diagnostic, Severity, closest
from docgen.word.expressions import environment, paths_of
from docgen.word.filters import text_of
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
    words: tuple[Any, ...]
    """Texts, numbers."""
    filtered: bool = False
    seen: set[Any] = field(default_factory=set)


@pass_context
def _printable(_: Context, value: Any) -> Any:
    """Refuse what the renderer refuses. `pass_context` keeps Jinja from calling this on the constants it compiles."""
    return value if hasattr(value, "__html__") else text_of(value)


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
        self._env.finalize = _printable
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
            elif isinstance(node, nodes.Compare):
                self._watch_comparison(part, node, known)
        code = self._env.compile(tree)
        return jinja2.Template.from_code(self._env, code, {})

    def _watch_comparison(self, part: Part, node: nodes.Compare, known: Mapping[int, str]) -> None:
        """Watch the field of a comparison, on whichever side it is, filtered or not."""
        for operand in node.ops:
            if operand.op not in ("eq", "ne", "in", "notin"):
                continue
            for side, words in ((node.expr, _words(operand.expr)), (operand.expr, _words(node.expr))):
                field = side
                while isinstance(field, nodes.Filter) and field.node is not None:
                    field = field.node
                if words and (path := known.get(id(field))):
                    noted = self._noted(side, "docgen_value", len(self.compared))
                    if side is node.expr:
                        node.expr = noted
                    else:
                        operand.expr = noted
                    self.compared.append(_Compared(part, node.lineno, path, words, filtered=side is not field))

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
        self.compared[number].seen.add(value)
        return value

    def watch(self, values: Mapping[str, Any]) -> None:
        """Go through the template with the values of one member. Raises what the template raises."""
        self.members += 1
        for part in self._parts:
            part.render(values)

    def misspelt(self) -> list[Diagnostic]:
        """Return a problem for each word or number that a condition compares a field with, and that it can never be.

        An error where nothing but a mistake explains it; a warning where it may be a value that no member has yet.
        """
        return [
            Diagnostic(
                self.template.place(one.part, one.line, str(word)),
                "branche-mal-orthographiee",
                f"« {one.path} » n'est jamais « {word} » : le résultat est le même pour tous les membres",
                *meant,
            )
            for one in self.compared
            for word in one.words
            if (meant := self._meant(one, word))
        ]

    def _meant(self, one: _Compared, word: Any) -> tuple[str, Severity] | None:
        """Return what was meant by a word that the field never is; None when it may be what it says."""
        possible = () if one.filtered else self.closed.get(one.path, ())
        seen = {value for value in one.seen if not isinstance(value, Blank)}
        if not seen or word in seen or word in possible or any(value == word for value in seen):
            return None
        if not isinstance(word, str):
            if all(isinstance(value, formats.Counted) for value in seen):
                return None
            return f'Ce champ est un texte : mettez « {word} » entre guillemets droits, "{word}".', Severity.ERROR
        known = sorted({*(str(value) for value in seen), *possible})
        if near := [other for other in known if formats.folded(other) == formats.folded(word)]:
            return _nearly(near[0], word), Severity.ERROR
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
                f"{test.said} n'imprime rien pour aucun des {self.members} membres",
                severity=Severity.INFO,
            )
            for test in self.tests
            if test.tried and not test.held
        ]


def _words(expr: nodes.Node) -> tuple[Any, ...]:
    """Return the texts and the numbers that one side of a comparison spells out."""
    items = expr.items if isinstance(expr, nodes.Tuple | nodes.List) else [expr]
    values = [item.value for item in items if isinstance(item, nodes.Const)]
    return tuple(value for value in values if isinstance(value, str | int | float) and not isinstance(value, bool))


def _nearly(value: str, word: str) -> str:
    """Return in what a word differs from the value that it means."""
    if value.replace("\u00a0", " ").replace("\u202f", " ") == word:
        at = re.search("[\u00a0\u202f]", value)
        before, after = (value[: at.start()], value[at.end() :]) if at else (value, "")
        return f"Tapez une espace insécable (Ctrl+Maj+Espace) entre « {before} » et « {after} »."
    if value.strip() == word.strip():
        return f"Retirez l'espace au début ou à la fin : « {value} »."
    return f"Le champ vaut « {value} » : mêmes lettres, mais accents, majuscules ou espaces différents."
