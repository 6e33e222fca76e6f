"""Accept or reject all tracked changes of a part; write the marks of new ones.

Takes the tree of a part (body, header, footer, notes); gives a new tree, or marks one in place. Resolves as Word does:
a paragraph whose mark goes joins the next one and takes its properties; a row that goes takes its cells with it.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta

from lxml import etree

from docgen.word.package import AUTHOR, XML_SPACE, W

ADDED = (f"{W}ins", f"{W}moveTo")
REMOVED = (f"{W}del", f"{W}moveFrom")
RANGES = tuple(
    f"{W}{name}Range{end}"
    for name in ("moveFrom", "moveTo", "customXmlIns", "customXmlDel", "customXmlMoveFrom", "customXmlMoveTo")
    for end in ("Start", "End")
)
CELLS = {True: f"{W}cellDel", False: f"{W}cellIns"}
"""The mark of a cell that goes when the changes are accepted, or rejected."""
FORMATS = tuple(
    f"{W}{name}Change"
    for name in ("pPr", "rPr", "sectPr", "tblPr", "tblPrEx", "trPr", "tcPr", "tblGrid", "numbering")
)  # fmt: skip
NOT_CHANGED = {
    f"{W}pPr": (f"{W}rPr", f"{W}sectPr"),
    f"{W}sectPr": (f"{W}headerReference", f"{W}footerReference"),
}
"""Of properties, those that a change of format never tells."""
SHELLS = (f"{W}sdt", f"{W}sdtContent", f"{W}customXml", f"{W}smartTag", f"{W}hyperlink", f"{W}dir", f"{W}bdo")
"""What wraps blocks, rows, cells or runs without being one."""
CONTAINERS = (
    f"{W}body", f"{W}tc", f"{W}hdr", f"{W}ftr", f"{W}footnote", f"{W}endnote", f"{W}comment", f"{W}txbxContent",
)  # fmt: skip
"""What holds paragraphs and tables, and ends with a paragraph."""
BLOCKS = (f"{W}p", f"{W}tbl")
MATHS = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
RUNS = (f"{W}r", f"{MATHS}oMath", f"{MATHS}oMathPara")
JOINED = tuple(f"{W}{name}" for name in ("rPr", "t", "delText", "tab", "br", "cr", "noBreakHyphen", "softHyphen"))
"""What may stand in one run with others of its kind."""
OF_DELETED = {f"{W}t": f"{W}delText", f"{W}instrText": f"{W}delInstrText"}


def accepted(root: etree._Element) -> etree._Element:
    """Return a new tree where all tracked changes are accepted."""
    return _resolved(root, accept=True)


def rejected(root: etree._Element) -> etree._Element:
    """Return a new tree where all tracked changes are rejected."""
    return _resolved(root, accept=False)


def has_revisions(root: etree._Element) -> bool:
    """Return whether a tracked change stands anywhere, of words or of format."""
    return next(root.iter(*ADDED, *REMOVED, *RANGES, *FORMATS, *CELLS.values(), f"{W}cellMerge"), None) is not None


def revisions(root: etree._Element) -> int:
    """Return how many insertions and deletions a person sees: the mark of a paragraph or a row counts if it is bare."""
    found = 0
    for mark in root.iter(*ADDED, *REMOVED):
        holder = next(mark.iterancestors(f"{W}trPr", f"{W}pPr"), None)
        bare = holder is not None and not any(len(other) for other in holder.getparent().iter(mark.tag))
        found += holder is None or bare
    return found


def inside(element: etree._Element, *kinds: str) -> Iterator[etree._Element]:
    """Yield what the element holds of these kinds, in order, through links and content controls, no deeper."""
    for child in element:
        if child.tag in kinds:
            yield child
        elif child.tag in SHELLS:
            yield from inside(child, *kinds)


def _resolved(root: etree._Element, *, accept: bool) -> etree._Element:
    tree = copy.deepcopy(root)
    _resolve_formats(tree, accept)
    kept, gone = (ADDED, REMOVED) if accept else (REMOVED, ADDED)
    marked = [shell for shell in tree.iter(*SHELLS) if next(shell.iter(*ADDED, *REMOVED), None) is not None]
    joined = _resolve_marks(tree, gone)
    for element in list(tree.iter(*gone)):
        _remove(element)
    for element in list(tree.iter(*kept)):
        _unwrap(element)
    for element in list(tree.iter(*RANGES)):
        _remove(element)
    for live, deleted in OF_DELETED.items():
        for element in tree.iter(deleted):
            element.tag = live
    _drop_empty(marked)
    for container in tree.iter(*CONTAINERS):
        _join(container, joined)
    return tree


def _resolve_formats(tree: etree._Element, accept: bool) -> None:
    for change in list(tree.iter(*FORMATS)):
        props = change.getparent()
        before = change[0] if len(change) else None
        _remove(change)
        if accept or before is None:
            continue
        kept = [child for child in props if child.tag in NOT_CHANGED.get(props.tag, ())]
        marks = [child for child in props if child.tag in (*ADDED, *REMOVED)]
        first, last = (marks, kept) if props.tag == f"{W}rPr" else (kept, marks)
        props[:] = [*first, *before, *last] if props.tag != f"{W}pPr" else [*before, *kept]
    for merge in list(tree.iter(f"{W}cellMerge")):
        _remove(merge)


def _resolve_marks(tree: etree._Element, gone: tuple[str, ...]) -> set[etree._Element]:
    """Remove the rows and cells that go, and all marks that hold nothing; return the paragraphs that join the next."""
    joined, lost = set(), set()
    for mark in list(tree.iter(*ADDED, *REMOVED, *CELLS.values())):
        props = mark.getparent()
        if (props.tag, mark.tag) in [(f"{W}tcPr", CELLS[gone is REMOVED]), *((f"{W}trPr", tag) for tag in gone)]:
            lost.add(props.getparent())
        elif props.tag == f"{W}rPr" and props.getparent().tag == f"{W}pPr" and mark.tag in gone:
            joined.add(props.getparent().getparent())
        if len(mark) == 0:
            _remove(mark)
    for element in lost:
        _remove(element)
    for outer, inner in ((f"{W}tr", f"{W}tc"), (f"{W}tbl", f"{W}tr")):
        for element in list(tree.iter(outer)):
            if next(inside(element, inner), None) is None:
                _remove(element)
    return joined


def _drop_empty(shells: list[etree._Element]) -> None:
    """Remove the links and content controls that have lost all that they held."""
    for shell in reversed(shells):
        holds = shell.find(f"{W}sdtContent") if shell.tag == f"{W}sdt" else shell
        if shell.tag != f"{W}sdtContent" and (holds is None or all(str(child.tag).endswith("Pr") for child in holds)):
            _remove(shell)


def _join(container: etree._Element, joined: set[etree._Element]) -> None:
    """Have each paragraph whose mark goes join the next one; before a table, or at the end, there may be none."""
    blocks = [*inside(container, *BLOCKS), None]
    carried: list[etree._Element] = []
    for block, after in itertools.pairwise(blocks):
        if block.tag != f"{W}p":
            continue
        props = block.find(f"{W}pPr")
        block[0 if props is None else 1 : 0 if props is None else 1] = carried
        carried = []
        if block not in joined:
            continue
        rest = [child for child in block if child.tag != f"{W}pPr"]
        if after is not None and after.tag == f"{W}p":
            carried = rest
            _remove(block)
        elif after is not None and not rest:
            _remove(block)


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _unwrap(element: etree._Element) -> None:
    for child in list(element):
        element.addprevious(child)
    _remove(element)


class Marks:
    """Writes tracked changes: one author, one date, a number for each."""

    def __init__(self, date: str, first: int) -> None:
        """Begin with the number after `first`; `date` as in an XML schema: 2023-04-11T00:00:00Z."""
        self.date = date
        self.later = (datetime.fromisoformat(date) + timedelta(minutes=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.number = first

    def next(self) -> int:
        """Return a number that nothing in the document has."""
        self.number += 1
        return self.number

    def made(self, kind: str) -> etree._Element:
        """Return a new mark; `kind` is « ins » or « del »."""
        said = {f"{W}id": str(self.next()), f"{W}author": AUTHOR, f"{W}date": self.date}
        return etree.Element(f"{W}{kind}", said)

    def on_run(self, run: etree._Element, kind: str) -> None:
        """Put the run, where it stands, in a mark."""
        mark = self.made(kind)
        run.getparent().replace(run, mark)
        mark.append(run)

    def on_paragraph(self, paragraph: etree._Element, kind: str) -> None:
        """Mark the end of the paragraph."""
        props = _properties(paragraph)
        look = props.find(f"{W}rPr")
        if look is None:
            look = etree.Element(f"{W}rPr")
            last = [child for child in props if child.tag in (f"{W}sectPr", f"{W}pPrChange")]
            props.insert(props.index(last[0]) if last else len(props), look)
        look.insert(0, self.made(kind))

    def on_row(self, row: etree._Element, kind: str) -> None:
        """Mark the row of a table."""
        props = row.find(f"{W}trPr")
        if props is None:
            props = etree.Element(f"{W}trPr")
            row.insert(0 if row.find(f"{W}tblPrEx") is None else 1, props)
        props.append(self.made(kind))

    def on_properties(self, paragraph: etree._Element, before: etree._Element) -> None:
        """Note the properties that the paragraph had before."""
        change = self.made("pPrChange")
        change.append(before)
        _properties(paragraph).append(change)

    def inserted(self, block: etree._Element) -> None:
        """Mark a whole paragraph or table, where it stands, as inserted."""
        if block.tag == f"{W}p":
            for run in list(inside(block, *RUNS)):
                self.on_run(run, "ins")
            self.on_paragraph(block, "ins")
            return
        for row in inside(block, f"{W}tr"):
            self.inserted_row(row)

    def inserted_row(self, row: etree._Element) -> None:
        """Mark a row, where it stands, with all that its cells hold, as inserted."""
        self.on_row(row, "ins")
        for cell in inside(row, f"{W}tc"):
            for block in list(inside(cell, *BLOCKS)):
                self.inserted(block)


def _properties(paragraph: etree._Element) -> etree._Element:
    props = paragraph.find(f"{W}pPr")
    if props is None:
        props = etree.Element(f"{W}pPr")
        paragraph.insert(0, props)
    return props


def tidied(tree: etree._Element) -> None:
    """Join, in place, the marks that follow each other, and the runs of the same format."""
    for mark in list(tree.iter(*ADDED, *REMOVED)):
        before = mark.getprevious()
        if len(mark) and before is not None and before.tag == mark.tag:
            before.extend(mark)
            _remove(mark)
    for run in list(tree.iter(f"{W}r")):
        before = run.getprevious()
        if before is not None and before.tag == run.tag and _joins(run) and _joins(before) and _alike(run, before):
            _append(before, [child for child in run if child.tag != f"{W}rPr"])
            _remove(run)


def keep_apart(tree: etree._Element, marks: Marks) -> None:
    """Give another date, in place, to what is inserted after an end of paragraph that stays and an insertion before it.

    LibreOffice takes two such insertions for one when they are of the same minute, and rejects the end between them.
    """
    later, before = False, None
    for paragraph in tree.iter(f"{W}p"):
        runs = _inserted_runs(paragraph)
        mark = paragraph.find(f"{W}pPr/{W}rPr/{W}ins")
        begins = runs[0] if runs else mark is not None
        if before == (True, False) and begins:
            later = not later
        elif before is None or not before[1]:
            later = False
        if later:
            for one in paragraph.iter(f"{W}ins"):
                one.set(f"{W}date", marks.later)
        before = (runs[-1] if runs else mark is not None, mark is not None)


def _inserted_runs(paragraph: etree._Element) -> list[bool]:
    """Return, of each run of the paragraph, whether it is inserted."""
    own = [run for run in paragraph.iter(*RUNS) if next(run.iterancestors(f"{W}p")) is paragraph]
    return [next(run.iterancestors(f"{W}ins", f"{W}del", f"{W}p")).tag == f"{W}ins" for run in own]


def _joins(run: etree._Element) -> bool:
    return all(child.tag in JOINED for child in run)


def _alike(run: etree._Element, other: etree._Element) -> bool:
    looks = [one.find(f"{W}rPr") for one in (run, other)]
    return len({b"" if look is None else etree.tostring(look, method="c14n") for look in looks}) == 1


def _append(run: etree._Element, children: list[etree._Element]) -> None:
    for child in children:
        last = run[-1] if len(run) else None
        if last is not None and last.tag == child.tag and child.tag in (f"{W}t", f"{W}delText"):
            last.text = (last.text or "") + (child.text or "")
            last.set(XML_SPACE, "preserve")
        else:
            run.append(child)
