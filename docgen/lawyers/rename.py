"""Rename a field in a Word template, and touch nothing but its name in the tags.

Takes a `Template`, the path of the field and its new path; gives what would change, or the .docx with it changed.
Jinja itself says which words name the field: the words of the tags are numbered in a copy of the template, and found
again in its syntax tree. The change is then made in the XML as it is in the file, a few characters at a time.
"""

from __future__ import annotations

import copy
import hashlib
import io
import itertools
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import nodes

from docgen import scratch
from docgen.diagnostics import Diagnostic, Place, ProblemsFound
from docgen.lawyers.tag_words import NAME, RESERVED, Source, Word, numbers, spliced, splices, unused
from docgen.lint import rules
from docgen.word.package import FILLED
from docgen.word.template import Template

PATH = re.compile(rf"{NAME.pattern}(?:(?:\[\])?\.{NAME.pattern})*")
DOTTED = re.compile(r"\w+(\s*\.\s*\w+)*")
FALLBACK = re.compile(rb"(</?\w+:)Fallback\b")
SAME_ITEMS = ("reject", "rejectattr", "select", "selectattr", "sort", "unique")
"""The filters whose list has the items of the one that they are given."""
ATTRIBUTE_AT = {"join": 1, "rejectattr": 0, "selectattr": 0, "sort": 2, "unique": 1}
"""The filters that take the name of an attribute, and where they do when it is not `attribute=`."""


@dataclass(frozen=True)
class Renaming:
    """One use of the field that is to change."""

    place: Place
    before: str
    """The tag as it is in Word."""
    after: str
    """The tag once all its uses of the field are renamed."""


Edits = tuple[Word, ...]


@dataclass(frozen=True)
class _Step:
    """One name of a path; `[]` for an item of a list."""

    name: str
    word: Word | None = None
    """Where it is written; None when another name stands for it."""
    quoted: bool = False


Chain = tuple[_Step, ...]
ITEM = _Step("[]")


@dataclass(frozen=True)
class _Value:
    """What an expression reads: one path; when it is not `sure`, those of all that it was made of."""

    chains: tuple[Chain, ...] = ()
    sure: bool = False

    def then(self, step: _Step) -> _Value:
        return _Value(((*self.chains[0], step),), True) if self.sure else self

    def unwritten(self) -> _Value:
        """Return what a name that stands for it reads."""
        return _Value(tuple(tuple(_Step(step.name) for step in chain) for chain in self.chains), self.sure)

    def left_to(self, path: tuple[str, ...]) -> list[tuple[str, ...]]:
        """Return what each chain lacks to be that path, of those that lead to it."""
        begun = [tuple(step.name for step in chain) for chain in self.chains]
        return [path[len(names) :] for names in begun if names == path[: len(names)] and names != path]


ROOT = _Value(((),), True)
Scope = dict[str, _Value]


def planned(template: Template, old: str, new: str) -> list[Renaming]:
    """Return each use of the field, or of a field below it, as it would be renamed, in the order of the document.

    Raises `ProblemsFound` when a name is not one, when Jinja cannot read the template, when a use cannot be renamed,
    or when nobody can tell whether something is a use.
    """
    return [
        Renaming(source.place(edits[0]), edits[0].tag_text, _retagged(edits[0], words))
        for source, uses in _changes(template, old, new)
        for words in [_all(uses)]
        for edits in uses
    ]


def renamed(template: Template, old: str, new: str) -> bytes:
    """Return the .docx with the field renamed, all the rest as it is. Raises `ProblemsFound` as `planned` does."""
    parts = {
        source.part.name: source.spliced(itertools.chain(*(splices(source.xml, edit) for edit in _all(uses))))
        for source, uses in _changes(template, old, new)
    }
    original = _file(template)
    docx = _zipped(original, parts)
    _prove(_opened(original, template.file), _opened(docx, template.file), old, new)
    return docx


def check_names(old: str, new: str) -> None:
    """Raise `ProblemsFound` unless the first name can become the second."""
    found = [
        (name, "ce n'est pas le nom d'un champ", "Un nom s'écrit « membre.nom », « montants.lignes[].prix ».")
        for name in dict.fromkeys((old, new))
        if not PATH.fullmatch(name)
    ]
    found += [
        (new, f"« {word} » ne peut pas nommer un champ", "Choisissez un autre mot.")
        for word in _names(new)
        if word in RESERVED or word.startswith("_")
    ]
    if old == new:
        found.append((new, "c'est déjà le nom de ce champ", "Donnez le nom actuel, puis le nouveau."))
    if "[]" in old + new and _names(old)[:-1] != _names(new)[:-1]:
        hint = "« montants.lignes[].prix » peut devenir « montants.lignes[].tarif ». Une liste se renomme à part."
        found.append((new, f"dans une liste, seul le dernier mot de « {old} » peut changer", hint))
    if found:
        raise ProblemsFound(Diagnostic(Place(f"« {name} »"), "nom-de-champ", said, hint) for name, said, hint in found)


def _names(path: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+|\[\]", path))


def _changes(template: Template, old: str, new: str) -> list[tuple[Source, list[Edits]]]:
    """Return the parts that use the field, and of each use what to write, in order."""
    check_names(old, new)
    original = _file(template)
    whole = _opened(original, template.file)
    if unreadable := [*rules.syntax(whole), *rules.programs(whole)]:
        raise ProblemsFound(unreadable)
    sources = [Source(whole, part, template.members[part.name]) for part in whole.parts]
    mark = unused(text for source in sources for text in (source.xml, *(one.text for one in source.texts)))
    numbered = {source.part.name: source.spliced(numbers(source.words, mark)) for source in sources}
    copies = {part.name: part for part in _opened(_zipped(original, numbered), template.file).parts}
    changes, problems = [], []
    for source in sources:
        reader = _Reader(source.words, mark, old, new)
        reading = copies[source.part.name].reading
        reader.read(reading.tree, {})
        unread = [(fault.line, f"{fault.message} : rien ne dit ce qui est lu ici", "") for fault in reading.faults]
        for line, said, hint in (*reader.doubts, *unread):
            place = whole.place(source.part, line, reader.old[-1])
            problems.append(Diagnostic(place, "renommage-impossible", said, hint))
        problems += _dropped(source, set(re.findall(rf"{mark}(\d+)", copies[source.part.name].jinja)), old)
        if reader.uses:
            changes.append((source, sorted(reader.uses, key=lambda edits: edits[0].text.starts[edits[0].start])))
    if problems:
        raise ProblemsFound(problems)
    return changes


def _dropped(source: Source, kept: set[str], old: str) -> Iterator[Diagnostic]:
    """Yield a problem for each tag that may use the field, and that docxtpl drops before Jinja reads it."""
    for number, word in enumerate(source.words):
        if str(number) not in kept and word.word == _names(old)[-1]:
            yield Diagnostic(
                source.place(word),
                "texte-perdu",
                f"au remplissage, ceci disparaîtrait : « {word.tag_text} »",
                "Mettez {%p … %} seul dans son paragraphe et {%tr … %} seul dans sa ligne, puis recommencez.",
            )


class _Reader:
    """Reads a syntax tree whose words are numbered; notes the words to change, and what it cannot tell."""

    def __init__(self, words: list[Word], mark: str, old: str, new: str) -> None:
        self.words, self.mark, self.path = words, mark, old
        self.old, self.new = _names(old), _names(new)
        self.uses: dict[Edits, None] = {}
        self.doubts: dict[tuple[int, str, str], None] = {}
        """Each with its line, what is said of it and how to mend it."""

    def read(self, node: nodes.Node, scope: Scope) -> _Value:
        """Read a node; return what it stands for. What it sets enters the scope."""
        match node:
            case nodes.For():
                return self._for(node, scope)
            case nodes.If():
                return self._if(node, scope)
            case nodes.Assign():
                return self._bind(node.target, self.read(node.node, scope), scope)
            case nodes.Name(ctx="load"):
                step = self._step(node.name)
                return scope.get(step.name) or self._reach(ROOT, step, node, scope)
            case nodes.Getattr():
                return self._reach(self.read(node.node, scope), self._step(node.attr), node, scope)
            case nodes.Getitem():
                return self._item(node, scope)
            case nodes.Filter():
                return self._filter(node, scope)
        return _unsure(self.read(child, scope) for child in node.iter_child_nodes())

    def _step(self, name: str, quoted: bool = False) -> _Step:
        """Return the step that a numbered name is; of one that is not written in one piece, only the name."""
        bare = re.sub(rf"{self.mark}\d+", "", name)
        number = name.removeprefix(bare + self.mark)
        word = self.words[int(number)] if number.isdigit() and number != name else None
        return _Step(bare, word if word and word.word == bare else None, quoted)

    def _bind(self, target: nodes.Node, value: _Value, scope: Scope) -> _Value:
        for name in (target, *target.find_all(nodes.Name)):
            if isinstance(name, nodes.Name):
                scope[self._step(name.name).name] = (value if name is target else _unsure([value])).unwritten()
        return _Value()

    def _for(self, node: nodes.For, scope: Scope) -> _Value:
        items = self.read(node.iter, scope).then(ITEM)
        inner = {**scope, "loop": _unsure([items]).unwritten()}  # `loop.previtem` is an item
        self._bind(node.target, items, inner)
        for child in (*([node.test] if node.test else []), *node.body):
            self.read(child, inner)
        outer = dict(scope)
        for child in node.else_:
            self.read(child, outer)
        return _Value()

    def _if(self, node: nodes.If, scope: Scope) -> _Value:
        """What only one branch sets may be set or not after."""
        for one in (node, *node.elif_):
            self.read(one.test, scope)
        branches = []
        for body in (node.body, *(one.body for one in node.elif_), node.else_):
            branches.append(dict(scope))
            for child in body:
                self.read(child, branches[-1])
        for name in dict.fromkeys(itertools.chain(*branches)):
            values = dict.fromkeys(branch.get(name, ROOT.then(_Step(name))) for branch in branches)
            scope[name] = next(iter(values)) if len(values) == 1 else _unsure(values)
        return _Value()

    def _item(self, node: nodes.Getitem, scope: Scope) -> _Value:
        value = self.read(node.node, scope)
        self.read(node.arg, scope)
        if isinstance(node.arg, nodes.Slice):
            return value
        if not isinstance(node.arg, nodes.Const):
            if any(left[0] != ITEM.name or not value.sure for left in value.left_to(self.old)):
                self._doubt(node)
        elif isinstance(node.arg.value, str):
            return self._quoted(value, node.arg.value, node, scope)
        return value.then(ITEM)

    def _quoted(self, value: _Value, path: str, node: nodes.Node, scope: Scope) -> _Value:
        for name in path.split("."):
            value = self._reach(value, self._step(name, quoted=True), node, scope)
        return value

    def _filter(self, node: nodes.Filter, scope: Scope) -> _Value:
        value, *others = [self.read(child, scope) for child in node.iter_child_nodes()]
        name = self._step(node.name).name
        named = [pair.value for pair in node.kwargs if self._step(str(pair.key)).name == "attribute"]
        at = ATTRIBUTE_AT.get(name, len(node.args))
        for attribute in (*named, *node.args[at : at + 1]):
            items = value.then(ITEM)
            if not isinstance(attribute, nodes.Const):
                if items.left_to(self.old):
                    self._doubt(node)
                continue
            for path in str(attribute.value).split(","):
                self._quoted(items, path, node, scope)
        if name in ("first", "last"):
            return value.then(ITEM)
        same = name in SAME_ITEMS or (name == "default" and not any(other.chains for other in others))
        return value if same else _unsure([value, *others])

    def _reach(self, value: _Value, step: _Step, node: nodes.Node, scope: Scope) -> _Value:
        """Return what one step further reads; note the use when it is the field."""
        reached = value.then(step)
        if not value.sure and any(step.name in left for left in value.left_to(self.old)):
            self._doubt(node)
        if value.sure and tuple(found.name for found in reached.chains[0]) == self.old:
            self._use(reached.chains[0], node, scope)
        return reached

    def _use(self, chain: Chain, node: nodes.Node, scope: Scope) -> None:
        edits = self._edits(chain)
        if not edits:
            said = f"« {self.path} » n'est pas écrit ici en entier, avec des points : son nom ne peut pas changer"
            self._doubt(node, said, "Écrivez-le en entier, sans « set », crochets ni suivi des modifications.")
        elif self.new[0] != self.old[0] and self.new[0] in scope:
            said = f"« {self.new[0]} » désigne déjà autre chose ici"
            self._doubt(node, said, "Changez ce nom dans « for » ou dans « set », puis recommencez.")
        else:
            self.uses[edits] = None

    def _edits(self, chain: Chain) -> Edits:
        """Return what to write for the new name to stand in place of the old one; nothing when it cannot be done."""
        if len(self.old) == len(self.new):
            changed = [(step.word, name) for step, name in zip(chain, self.new, strict=True) if step.name != name]
            edits = [_written(word, word, name) for word, name in changed if word]
            return tuple(edits) if len(edits) == len(changed) else ()
        pairs = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(self.old[:-1], self.new[:-1], strict=False))
        kept = len(list(pairs))
        first, last = chain[kept].word, chain[-1].word
        if not first or not last or any(step.quoted for step in chain[kept:]):
            return ()
        plain = first.text is last.text and DOTTED.fullmatch(first.text.text[first.start : last.end])
        return (_written(first, last, ".".join(self.new[kept:])),) if plain else ()

    def _doubt(self, node: nodes.Node, said: str = "", hint: str = "") -> None:
        said = said or f"rien ne dit si ce qui est lu ici est « {self.path} »"
        hint = hint or "Écrivez ici le champ en entier, avec des points, puis recommencez."
        self.doubts[node.lineno, said, hint] = None


def _unsure(values: Iterable[_Value]) -> _Value:
    return _Value(tuple(dict.fromkeys(chain for value in values for chain in value.chains)))


def _written(first: Word, last: Word, name: str) -> Word:
    return Word(first.text, first.start, last.end, first.tag, name)


def _all(uses: Iterable[Edits]) -> list[Word]:
    return list(dict.fromkeys(itertools.chain(*uses)))


def _retagged(one: Word, words: Iterable[Word]) -> str:
    """Return the tag of that word with all that is to be written in it."""
    at = one.tag[0]
    inner = (word for word in words if word.text is one.text and word.tag == one.tag)
    return spliced(one.tag_text, ((word.start - at, word.end - at, word.word) for word in inner))


def _file(template: Template) -> bytes:
    data = Path(template.tpl.template_file).read_bytes()
    if hashlib.sha256(data).hexdigest() != template.sha256:
        said = "le fichier a changé pendant sa lecture"
        raise ProblemsFound([Diagnostic(Place(template.file), "modele-change", said, "Fermez-le, puis recommencez.")])
    return data


def _zipped(docx: bytes, parts: Mapping[str, bytes]) -> bytes:
    """Return the .docx with the bytes of those parts, everything else as it is in it."""
    if not parts:
        return docx
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx)) as original, zipfile.ZipFile(buffer, "w") as archive:
        archive.comment = original.comment
        for info in original.infolist():
            data = parts[info.filename] if info.filename in parts else original.read(info)
            archive.writestr(copy.copy(info), data)
    return buffer.getvalue()


def _opened(docx: bytes, shown_as: str) -> Template:
    """Return the template that a .docx is, text boxes read in both their branches: Word shows one or the other."""
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist() if FILLED.fullmatch(name)}
    both = {name: FALLBACK.sub(rb"\1Choice", data) for name, data in parts.items() if FALLBACK.search(data)}
    with scratch.folder() as folder:
        path = Path(folder) / "modele.docx"
        path.write_bytes(_zipped(docx, both))
        return Template(path, shown_as)


def _prove(before: Template, after: Template, old: str, new: str) -> None:
    """Raise `ProblemsFound` unless `after` uses the fields of `before` renamed, and is the same outside its tags."""
    fields = {re.sub(rf"^{re.escape(old)}(?=[.\[]|$)", new, path) for path in before.fields}
    if any(rules.syntax(after)) or after.fields != fields or _outside_tags(after) != _outside_tags(before):
        said = f"« {old} » ne peut pas devenir « {new} » dans ce modèle sans que rien d'autre ne change"
        hint = "Le fichier reste comme il est. Renommez ce champ dans Word."
        raise ProblemsFound([Diagnostic(Place(before.file), "renommage-impossible", said, hint)])


def _outside_tags(template: Template) -> dict[str, bytes]:
    parts = (Source(template, part, template.members[part.name]) for part in template.parts)
    return {**template.members, **{source.part.name: source.without_tags() for source in parts}}
