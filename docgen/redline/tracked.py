"""Two templates -> one Word file that shows, as tracked changes, what was deleted and what was inserted.

Takes the members of both .docx; gives the new one, marked, and what could not be. Checks itself, part by part: its
changes all accepted, it says the words of the new one; all rejected, those of the old one.
"""

from __future__ import annotations

import copy
import functools
import hashlib
import io
import itertools
import posixpath
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree
from PIL import Image

from docgen.redline import besides
from docgen.redline.carried import Carrier
from docgen.redline.marking import Story
from docgen.redline.revisions import BLOCKS, Marks, has_revisions, inside, keep_apart, rejected, revisions, tidied
from docgen.redline.wording import MC, all_said, canonical, clean, readable, words
from docgen.word.package import BODY, PARSER, R, W, as_bytes, where, zipped


@dataclass(frozen=True)
class Redline:
    """What differs between two templates."""

    docx: bytes
    """The new one, its changes tracked."""
    revisions: int
    """Insertions and deletions; 0 when nothing differs."""
    coarse: tuple[str, ...]
    """The parts whose paragraphs had to be shown as replaced whole."""
    untracked: tuple[str, ...]
    """What differs and is not shown."""


class CannotCompare(ValueError):
    """A part whose changes cannot be shown without losing words."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


HEADINGS = {"header": "en-tête", "footer": "pied de page"}
TYPES = {"default": "", "first": " de première page", "even": " des pages paires"}
TYPES_PART = "[Content_Types].xml"
BODY_RELATIONS = "word/_rels/document.xml.rels"
WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
EMBEDDED = ("oleObject", "package", "control")
UNCOUNTED = (f"{W}headerReference", f"{W}footerReference")
PARTS = {
    "styles": "les styles (polices, tailles, espacements) ont changé",
    "numbering": "la numérotation des listes et des titres a changé",
}
"""What no tracked change shows of the parts of these types."""


class _Side:
    """One of the two templates: its parts, clean of tracked changes, and how they refer to each other."""

    def __init__(self, members: Mapping[str, bytes]) -> None:
        self.members = dict(members)
        self.root = functools.cache(self._root)
        self.tree = functools.cache(lambda name: clean(self.root(name)))

    def _root(self, name: str) -> etree._Element:
        try:
            return etree.fromstring(self.members[name], PARSER)
        except (KeyError, etree.XMLSyntaxError):
            raise CannotCompare(name) from None

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Return what a part refers to, by number: the type, the name of the member or the address."""
        folder, name = posixpath.split(part)
        rels = f"{folder}/_rels/{name}.rels"
        found = {}
        for one in self.root(rels) if rels in self.members else ():
            target = one.get("Target", "")
            if one.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            found[one.get("Id", "")] = (posixpath.basename(one.get("Type", "")), target)
        return found

    def part(self, kind: str) -> str:
        """Return the name of the part of that type that the body refers to, if there is one."""
        targets = (target for type_, target in self.relations(BODY).values() if type_ == kind)
        return next((target for target in targets if target in self.members), "")

    def referred(self, part: str) -> Counter[tuple[str, str]]:
        """Return what a part shows or leads to: the bytes of a picture, the address of a link, each with its type."""
        relations = self.relations(part)
        found: Counter[tuple[str, str]] = Counter()
        for element in self.tree(part).iter():
            if element.tag in UNCOUNTED or next(element.iterancestors(f"{MC}Fallback"), None) is not None:
                continue
            for number in (value for name, value in element.attrib.items() if name.startswith(R)):
                kind, target = relations.get(number, ("", ""))
                # Word writes an object anew each time that it is opened; its picture tells whether it changed.
                found[kind, "" if kind in EMBEDDED else self._content(target)] += 1
        return found

    def _content(self, target: str) -> str:
        """Return the fingerprint of a member, of its pixels when it is a picture; what is none is an address."""
        if target not in self.members:
            return target
        try:
            with Image.open(io.BytesIO(self.members[target])) as picture:
                pixels = picture.convert("RGBA")
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):  # drawn by lines, or by nothing known
            return hashlib.sha256(self.members[target]).hexdigest()
        return hashlib.sha256(f"{pixels.size}".encode() + pixels.tobytes()).hexdigest()

    def sections(self) -> list[etree._Element]:
        """Return the properties of the sections of the body."""
        body = self.tree(BODY).find(f"{W}body")
        found = [props for props in body.iter(f"{W}sectPr") if props.getparent().tag == f"{W}pPr"]
        return [*found, *body.findall(f"{W}sectPr")]

    def headings(self) -> dict[tuple[int, str, str], str]:
        """Return the parts of the headers and footers, by section, kind and type; a section has those before it."""
        found: dict[tuple[int, str, str], str] = {}
        relations = self.relations(BODY)
        for section, props in enumerate(self.sections()):
            for kind, type_ in itertools.product(HEADINGS, TYPES):
                for one in props.findall(f"{W}{kind}Reference"):
                    if one.get(f"{W}type", "default") == type_:
                        found[section, kind, type_] = relations.get(one.get(f"{R}id", ""), ("", ""))[1]
                if (section - 1, kind, type_) in found:
                    found.setdefault((section, kind, type_), found[section - 1, kind, type_])
        return found

    def styles(self) -> dict[str, tuple[str, str]]:
        """Return the type and the name of each style, by id."""
        part = self.part("styles")
        styles = self.root(part).iter(f"{W}style") if part else ()
        found = {}
        for style in styles:
            name = style.find(f"{W}name")
            said = "" if name is None else name.get(f"{W}val", "")
            found[style.get(f"{W}styleId", "")] = (style.get(f"{W}type", ""), said)
        return found

    def lists(self) -> frozenset[str]:
        """Return the numbers of the lists."""
        part = self.part("numbering")
        return frozenset(one.get(f"{W}numId", "") for one in self.root(part).iter(f"{W}num")) if part else frozenset()


def redline(before: Mapping[str, bytes], after: Mapping[str, bytes], date: str) -> Redline:
    """Return the template `after` with, tracked, all that differs from `before`; both by the names of their members.

    Raises `CannotCompare` when no way to show a part keeps its words.
    """
    return _Comparison(_Side(before), _Side(after), date).made()


class _Comparison:
    """Compares the parts one by one, and checks each."""

    def __init__(self, old: _Side, new: _Side, date: str) -> None:
        self.old, self.new = old, new
        roots = [
            side.root(name)
            for side in (old, new)
            for name in side.members
            if name.startswith("word/") and name.endswith(".xml")
        ]
        numbers = [
            int(number) for root in roots for number in root.xpath("//@*[local-name()='id']") if number.isdigit()
        ]
        self.marks = Marks(date, max([1000, *(number for number in numbers if number < 2**30)]))
        known = {style: style for style in new.styles()}
        names = {named: style for style, named in new.styles().items()}
        styles = {style: names.get(named) or known.get(style) for style, named in old.styles().items()}
        self.carrier = Carrier({style: other for style, other in styles.items() if other}, new.lists(), self.marks)
        self.members = dict(new.members)
        self.revisions = 0
        self.coarse: list[str] = []
        self.told: list[str] = []
        self.looks: list[str] = []
        self.notes: dict[str, str] = {}

    def made(self) -> Redline:
        """Return the result."""
        document = self._part(BODY, BODY)
        for new, old in self._headings().items():
            self._part(old, new)
        for kind in ("footnote", "endnote"):
            self._compare_notes(kind, document)
        self._tell()
        told = tuple(dict.fromkeys(self.told))
        return Redline(zipped(self.members), self.revisions, tuple(self.coarse), told)

    def _part(self, old: str, new: str) -> etree._Element:
        """Compare a part, write it, and return its marked tree."""
        was, now = self.old.tree(old), self.new.tree(new)
        for coarse in (False, True):
            story = Story(self.carrier, self.marks, coarse=coarse)
            tree = copy.deepcopy(now)
            for olds, news in _sections(_container(copy.deepcopy(was)), _container(tree)):
                story.compare(olds, news)
            tidied(tree)
            keep_apart(tree, self.marks)
            if _says(tree, was, now):
                break
        else:
            raise CannotCompare(new)
        self._write(new, tree, coarse)
        self.looks += [text for one in story.looks if (text := readable(one))]
        self.notes.update(story.notes)
        self._tell_references(old, new)
        return tree

    def _write(self, part: str, tree: etree._Element, coarse: bool) -> None:
        found = revisions(tree)
        self.revisions += found
        if coarse:
            self.coarse.append(part)
        if found or has_revisions(self.new.root(part)):
            self.members[part] = as_bytes(tree)

    def _headings(self) -> dict[str, str]:
        """Return which old header or footer each new one is compared with; tell of those that stand alone."""
        was, now = self.old.headings(), self.new.headings()
        last_old, last_new = len(self.old.sections()) - 1, len(self.new.sections()) - 1
        found: dict[str, str] = {}
        for (section, kind, type_), part in now.items():
            other = was.get((min(section, last_old), kind, type_))
            if other is None:
                self._tell_heading("n'existe que dans la nouvelle version", kind, type_, self.new.tree(part))
            elif found.setdefault(part, other) != other and self._differ(found[part], other):
                self._tell_heading("n'est plus propre à une section", kind, type_, self.old.tree(other))
        for (section, kind, type_), part in was.items():
            other = found.get(now.get((min(section, last_new), kind, type_), ""))
            if other is None or (part not in found.values() and self._differ(part, other)):
                self._tell_heading("n'existe que dans l'ancienne version", kind, type_, self.old.tree(part))
        return found

    def _differ(self, part: str, other: str) -> bool:
        return all_said(self.old.tree(part)) != all_said(self.old.tree(other))

    def _tell_heading(self, what: str, kind: str, type_: str, tree: etree._Element) -> None:
        if text := readable(tree):
            self.told.append(f"{HEADINGS[kind]}{TYPES[type_]} {what} : « {text[:80]} »")

    def _compare_notes(self, kind: str, document: etree._Element) -> None:
        """Compare the notes that the marked body calls, each with the one that was called there."""
        calls = list(document.iter(f"{W}{kind}Reference"))
        if not calls:
            return
        part, other = self.new.part(f"{kind}s") or self._without_notes(kind), self.old.part(f"{kind}s")
        olds = _by_number(self.old.tree(other)) if other else {}
        for coarse in (False, True):
            story = Story(self.carrier, self.marks, coarse=coarse)
            tree = copy.deepcopy(self.new.tree(part))
            try:
                if all([self._note(story, call, tree, olds) for call in calls]):
                    break
            except KeyError:  # a call without its note
                raise CannotCompare(part) from None
        else:
            raise CannotCompare(part)
        self._write(part, tree, coarse)

    def _note(
        self, story: Story, call: etree._Element, tree: etree._Element, olds: Mapping[str, etree._Element]
    ) -> bool:
        """Mark the note of a call; return whether its words are right."""
        number = call.get(f"{W}id", "")
        if next(call.iterancestors(f"{W}del"), None) is not None:
            note = story.old_note(old := olds[self.carrier.notes[number]], number)
            tree.append(note)
            return words(clean(rejected(note))) == words(old)
        note = _by_number(tree)[number]
        new = copy.deepcopy(note)
        if next(call.iterancestors(f"{W}ins"), None) is not None:
            story.new_note(note)
            return words(clean(note)) == words(new)
        old = olds[self.notes[number]]
        story.compare(list(inside(copy.deepcopy(old), *BLOCKS)), list(inside(note, *BLOCKS)))
        tidied(note)
        keep_apart(note, self.marks)
        return _says(note, old, new)

    def _without_notes(self, kind: str) -> str:
        """Give the new document, that has no notes, a part for those that are deleted; return its name."""
        part = f"word/{kind}s.xml"
        tree = copy.deepcopy(self.old.tree(self.old.part(f"{kind}s")))
        for note in [note for note in tree if note.get(f"{W}type") is None]:
            tree.remove(note)
        office = R.strip("{}")
        types, rels = copy.deepcopy(self.new.root(TYPES_PART)), copy.deepcopy(self.new.root(BODY_RELATIONS))
        namespace = f"{{{etree.QName(types).namespace}}}"
        etree.SubElement(types, f"{namespace}Override", PartName=f"/{part}", ContentType=f"{WORD_TYPE}.{kind}s+xml")
        etree.SubElement(
            rels,
            f"{{{etree.QName(rels).namespace}}}Relationship",
            Id=f"docgen{self.marks.next()}",
            Type=f"{office}/{kind}s",
            Target=f"{kind}s.xml",
        )
        for name, root in ((TYPES_PART, types), (BODY_RELATIONS, rels), (part, self.carrier.carried(tree))):
            self.members[name] = as_bytes(root)
        self.new = _Side({**self.new.members, part: self.members[part]})
        return part

    def _tell(self) -> None:
        """Tell what differs and is no word."""
        if self.carrier.pictures:
            self.told.append("une image supprimée n'est pas montrée")
        for side, which in ((self.old, "l'ancienne version"), (self.new, "la nouvelle version")):
            if any(has_revisions(side.root(part)) for part in (BODY, *side.headings().values())):
                self.told.append(f"{which} portait déjà des modifications suivies : elles sont tenues pour acceptées")
        self._tell_sections()
        self.told += besides.tables(self.old.tree(BODY), self.new.tree(BODY))
        self.told += besides.moved(etree.fromstring(self.members[BODY], PARSER))
        for kind, what in PARTS.items():
            roots = [side.root(part) if (part := side.part(kind)) else None for side in (self.old, self.new)]
            if len({None if root is None else canonical(root) for root in roots}) > 1:
                self.told.append(what)
        if self.looks:
            first, many = self.looks[0][:60], len(self.looks)
            where = f"d'un paragraphe : « {first} »" if many == 1 else f"de {many} paragraphes, dont « {first} »"
            self.told.append(f"la mise en forme seule a changé {where}")

    def _tell_sections(self) -> None:
        """Tell of what differs in the setup of the pages."""
        was, now = ([_setup(props) for props in side.sections()] for side in (self.old, self.new))
        if len(was) != len(now):
            self.told.append(f"le nombre de sections a changé ({len(was)} avant, {len(now)} maintenant)")
            return
        for number, (old, new) in enumerate(zip(was, now, strict=True), 1):
            if old != new:
                where = f" de la section {number}" if len(now) > 1 else ""
                self.told.append(f"la mise en page{where} a changé (format, marges, colonnes ou numéros de page)")

    def _tell_references(self, old: str, new: str) -> None:
        """Tell of pictures and addresses that are not the same."""
        was, now = self.old.referred(old), self.new.referred(new)
        gone, come = was - now, now - was
        self.told += [
            f"le lien vers {target} a changé ou n'est plus là" for kind, target in gone if kind == "hyperlink"
        ]
        self.told += [f"le lien vers {target} est nouveau" for kind, target in come if kind == "hyperlink"]
        less, more = (sum(n for (kind, _), n in side.items() if kind != "hyperlink") for side in (gone, come))
        if less or more:
            what = "a été remplacé" if less == more else "n'est plus là" if less > more else "est nouveau"
            self.told.append(f"{where(new)} : une image ou un objet {what}")


def _container(root: etree._Element) -> etree._Element:
    body = root.find(f"{W}body")
    return root if body is None else body


def _says(tree: etree._Element, old: etree._Element, new: etree._Element) -> bool:
    """Return whether a marked tree says the words of the new one when accepted, of the old one when rejected."""
    both = (clean(tree), new), (clean(rejected(tree)), old)
    return all(words(_container(one)) == words(_container(other)) for one, other in both)


Blocks = list[etree._Element]


def _sections(old: etree._Element, new: etree._Element) -> Iterator[tuple[Blocks, Blocks]]:
    """Yield the blocks to compare with each other: section by section, when there are as many."""
    was, now = (_cut(container) for container in (old, new))
    if len(was) == len(now):
        yield from zip(was, now, strict=True)
    else:
        yield list(itertools.chain(*was)), list(itertools.chain(*now))


def _cut(container: etree._Element) -> list[Blocks]:
    found: list[Blocks] = [[]]
    for block in inside(container, *BLOCKS):
        found[-1].append(block)
        if block.find(f"{W}pPr/{W}sectPr") is not None:
            found.append([])
    return [blocks for blocks in found if blocks]


def _by_number(notes: etree._Element) -> dict[str, etree._Element]:
    return {note.get(f"{W}id", ""): note for note in notes}


def _setup(section: etree._Element) -> list[bytes]:
    return [canonical(child) for child in section if child.tag not in UNCOUNTED]
