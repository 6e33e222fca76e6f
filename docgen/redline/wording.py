"""What a part of a document says: its paragraphs and tables, the words of each, how they look.

Takes trees; gives words and tokens. A tag of a template is one token, however many runs it is written in.
"""

from __future__ import annotations

import bisect
import copy
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from docgen.redline.revisions import BLOCKS, CONTAINERS, MATHS, RUNS, accepted, inside
from docgen.word.expressions import TAG
from docgen.word.package import XML_SPACE, W

MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
UNSEEN = (f"{W}lang", f"{W}noProof")
"""Properties of a run that no page shows."""
OBJECT = "\ufffc"
"""Stands, among the words, for what is no word: a picture, a field of Word, the call of a note."""
PICTURE = "\ufffb"
"""Stands for a picture, in what a block says; with the number of its text boxes, if it has some."""
NUMBER = r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d+)?(?!\w)|\d+(?:[.,\u00a0\u202f]\d+)*(?!\w)"
TOKEN = re.compile("|".join((TAG.pattern.replace(".", f"[^{OBJECT}]"), NUMBER, r"\w+", ".")), re.S)
SIGNS = {"tab": "\t", "ptab": "\t", "cr": "\n", "noBreakHyphen": "\u2011", "softHyphen": "\u00ad"}
SILENT = ("fldChar", "instrText", "commentReference", "annotationRef")
"""What is in a run and says nothing; a field counts when it begins and ends in one paragraph."""
PICTURES = ("drawing", "pict", "object", "AlternateContent")
OWN_RESULT = re.compile(r"\s*(HYPERLINK|MERGEFIELD|QUOTE|FORM\w+)\b")
"""The fields of Word whose words somebody wrote; the others are computed again."""


@dataclass(frozen=True)
class Unit:
    """A piece of a paragraph: a text, a sign, an object."""

    text: str
    key: str
    runs: list[etree._Element]


@dataclass
class Token:
    """A word, a tag, a sign or an object, with the runs that it is written in."""

    key: str
    runs: list[etree._Element] = field(default_factory=list)

    @property
    def heavy(self) -> bool:
        """Whether it counts when two paragraphs are judged alike."""
        return len(self.key) > 1 or self.key.isalnum()


def clean(root: etree._Element) -> etree._Element:
    """Return a new tree without tracked changes, one thing in each run, a paragraph at the end of each container."""
    tree = accepted(root)
    for element in list(tree.iter(f"{W}proofErr", f"{W}lastRenderedPageBreak")):
        element.getparent().remove(element)
    for simple in list(tree.iter(f"{W}fldSimple")):
        for run in (_field_run("begin"), _field_run("", simple.get(f"{W}instr", "")), _field_run("separate")):
            simple.addprevious(run)
        for child in [*(child for child in simple if child.tag != f"{W}fldData"), _field_run("end")]:
            simple.addprevious(child)
        simple.getparent().remove(simple)
    for run in list(tree.iter(f"{W}r")):
        _split(run, [[child] for child in run if child.tag != f"{W}rPr"])
    for container in tree.iter(*CONTAINERS):
        blocks = list(inside(container, *BLOCKS))
        if not blocks or blocks[-1].tag != f"{W}p":
            end = container.find(f"{W}sectPr")
            container.insert(len(container) if end is None else container.index(end), etree.Element(f"{W}p"))
    return tree


def _field_run(kind: str, code: str = "") -> etree._Element:
    run = etree.Element(f"{W}r")
    if kind:
        etree.SubElement(run, f"{W}fldChar", {f"{W}fldCharType": kind})
    else:
        etree.SubElement(run, f"{W}instrText", {XML_SPACE: "preserve"}).text = code
    return run


def _split(run: etree._Element, pieces: list[list[etree._Element]]) -> list[etree._Element]:
    """Put each piece in a run of its own, of the same format; return the runs."""
    if len(pieces) < 2:
        return [run]
    look, made = run.find(f"{W}rPr"), []
    for piece in pieces:
        one = etree.Element(f"{W}r", dict(run.attrib))
        one.extend([*([] if look is None else [copy.deepcopy(look)]), *piece])
        run.addprevious(one)
        made.append(one)
    run.getparent().remove(run)
    return made


def units(paragraph: etree._Element) -> Iterator[Unit]:
    """Yield what the paragraph says, in order, as its runs cut it; a field of Word is one piece."""
    runs = list(inside(paragraph, *RUNS))
    fields, begun = {}, []
    for index, run in enumerate(runs):
        kind = _kind_of_field(run)
        if kind == "begin":
            begun.append(index)
        elif kind == "end" and begun:
            fields[begun.pop()] = index
    index = 0
    while index < len(runs):
        last = fields.get(index, index)
        unit = _field(runs[index : last + 1]) if index in fields else _unit(runs[index])
        if unit:
            yield unit
        index = last + 1


def _kind_of_field(run: etree._Element) -> str:
    found = run.find(f"{W}fldChar")
    return "" if found is None else str(found.get(f"{W}fldCharType"))


def _field(runs: list[etree._Element]) -> Unit:
    code = "".join(text.text or "" for run in runs for text in run.iter(f"{W}instrText"))
    result = "".join(text.text or "" for run in runs for text in run.iter(f"{W}t")) if OWN_RESULT.match(code) else ""
    return Unit(OBJECT, f"{OBJECT}{' '.join(code.split())}:{result}", runs)


def _unit(run: etree._Element) -> Unit | None:
    if run.tag.startswith(MATHS):
        return Unit(OBJECT, f"{OBJECT}math:{''.join(run.itertext())}", [run])
    said = next((child for child in run if isinstance(child.tag, str) and child.tag != f"{W}rPr"), None)
    name = etree.QName(said).localname if said is not None else ""
    if said is None or name in SILENT:
        return None
    if name == "t":
        return Unit(said.text, said.text, [run]) if said.text else None
    if name == "br":
        sign = "\n" if said.get(f"{W}type", "textWrapping") == "textWrapping" else "\f"
        return Unit(sign, sign, [run])
    if name in SIGNS:
        return Unit(SIGNS[name], SIGNS[name], [run])
    if name in PICTURES:
        boxes = len(boxes_of(run)[0])
        return Unit(OBJECT, f"{PICTURE}{boxes or ''}", [run])
    return Unit(OBJECT, f"{OBJECT}{name}:{said.get(f'{W}font', '')}{said.get(f'{W}char', '')}", [run])


def boxes_of(run: etree._Element) -> tuple[list[etree._Element], list[etree._Element]]:
    """Return the text boxes of a run, and those that Word writes a second time for old programs."""
    found = [box for box in run.iter(f"{W}txbxContent") if next(box.iterancestors(f"{W}r")) is run]
    again = [box for box in found if next(box.iterancestors(f"{MC}Fallback"), None) is not None]
    return [box for box in found if box not in again], again


def tokens(paragraph: etree._Element) -> list[Token]:
    """Return the tokens of a paragraph; cut its runs so that each belongs to one."""
    pieces = list(units(paragraph))
    found = list(TOKEN.finditer("".join(unit.text for unit in pieces)))
    starts, tokens, at = [match.start() for match in found], [Token(match.group()) for match in found], 0
    for unit in pieces:
        first, end = bisect.bisect_right(starts, at) - 1, at + len(unit.text)
        cuts = [at, *starts[first + 1 : bisect.bisect_left(starts, end)], end]
        if unit.text == OBJECT:
            tokens[first].key = unit.key
        for number, run in enumerate(_cut(unit, [cut - at for cut in cuts]), first):
            if number < len(tokens):
                tokens[number].runs += run
        at = end
    return tokens


def _cut(unit: Unit, cuts: Sequence[int]) -> list[list[etree._Element]]:
    if len(cuts) < 3:
        return [unit.runs]
    (run,) = unit.runs
    pieces = []
    for start, end in itertools.pairwise(cuts):
        text = etree.Element(f"{W}t", {XML_SPACE: "preserve"})
        text.text = unit.text[start:end]
        pieces.append([text])
    run.remove(run.find(f"{W}t"))
    return [[piece] for piece in _split(run, pieces)]


Said = Any
"""The words of a block: a text; of a paragraph with text boxes, also theirs; of a table, those of its cells."""


def said(block: etree._Element) -> Said:
    """Return the words of a paragraph or a table."""
    if block.tag == f"{W}tbl":
        return tuple(
            tuple(all_said(cell) for cell in inside(row, f"{W}tc")) for row in inside(block, f"{W}tr")
        )  # fmt: skip
    pieces = list(units(block))
    text = "".join(unit.key for unit in pieces)
    boxes = [box for unit in pieces for run in unit.runs if unit.text == OBJECT for box in boxes_of(run)[0]]
    return (text, tuple(all_said(box) for box in boxes)) if boxes else text


def all_said(container: etree._Element) -> tuple[Said, ...]:
    """Return the words of each block of a body, a cell, a header, a note."""
    return tuple(said(block) for block in inside(container, *BLOCKS))


def words(container: etree._Element) -> tuple[Said, ...]:
    """Return the same without the pictures."""
    found: tuple[Said, ...] = _worded(all_said(container))
    return found


def _worded(words: Said) -> Said:
    return words.replace(PICTURE, "") if isinstance(words, str) else tuple(_worded(inner) for inner in words)


def flat(words: Said) -> str:
    """Return the same as one text."""
    return words if isinstance(words, str) else "\n".join(flat(inner) for inner in words)


def readable(block: etree._Element) -> str:
    """Return the words of a block as a person reads them: a picture and a note are named, a field shows its result."""
    said = []
    for paragraph in block.iter(f"{W}p"):
        for unit in units(paragraph):
            shown = "".join(text.text or "" for run in unit.runs for text in run.iter(f"{W}t", "{*}t"))
            named = "[image]" if unit.key.startswith(PICTURE) else "[note]" if "Reference:" in unit.key else ""
            said.append(unit.text if unit.text != OBJECT else named or shown)
        said.append(" ")
    return " ".join("".join(said).split())


def look(paragraph: etree._Element) -> tuple[bytes, ...]:
    """Return the format of a paragraph and of its words, however they are cut in runs."""
    props = paragraph.find(f"{W}pPr")
    found = [] if props is None else [canonical(child) for child in props if child.tag not in (f"{W}rPr", f"{W}sectPr")]
    for unit in units(paragraph):
        props = unit.runs[0].find(f"{W}rPr")
        form = b"" if props is None else b"".join(canonical(child) for child in props if child.tag not in UNSEEN)
        if unit.text and found[-2:-1] != [form]:
            found += [form, b""]
        found[-1:] = [found[-1] + unit.key.encode()] if unit.text else found[-1:]
    return tuple(found)


def canonical(element: etree._Element) -> bytes:
    """Return the XML of an element the one way that it can be written."""
    return bytes(etree.tostring(element, method="c14n", with_tail=False))
