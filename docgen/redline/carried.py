"""Make what only the old document says fit to stand, deleted, in the new one.

Takes its elements; gives copies without a number of a relation, a style, a list or a bookmark that the new one lacks.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml import etree

from docgen.redline.revisions import FORMATS, OF_DELETED, Marks
from docgen.redline.wording import MC, boxes_of
from docgen.word.package import R, W

DROPPED = tuple(
    f"{W}{name}"
    for name in (
        "bookmarkStart", "bookmarkEnd", "commentRangeStart", "commentRangeEnd", "commentReference", "permStart",
        "permEnd", "sectPr", "cellIns", "cellDel", "altChunk", "subDoc", "control",
    )
)  # fmt: skip
"""What old content leaves behind: it holds numbers of the old document."""
STYLES = tuple(f"{W}{name}" for name in ("pStyle", "rStyle", "tblStyle"))
NOTES = (f"{W}footnoteReference", f"{W}endnoteReference")
WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
VML = "{urn:schemas-microsoft-com:vml}"


@dataclass
class Carrier:
    """Makes old content fit for the new document."""

    styles: Mapping[str, str]
    """Of each old style that has its like in the new document, the id there."""
    lists: frozenset[str]
    """The numbers of the lists that the new document has."""
    marks: Marks
    notes: dict[str, str] = field(default_factory=dict)
    """Of the notes that are no longer called, the numbers: in the marked document, old."""
    pictures: bool = False
    """Whether a picture was left behind."""

    def carried(self, element: etree._Element) -> etree._Element:
        """Return a copy that is fit."""
        made = copy.deepcopy(element)
        made.tail = None
        for alternate in list(made.iter(f"{MC}AlternateContent")):
            for choice in alternate.findall(f"{MC}Choice")[:1]:
                alternate.getparent()[(at := alternate.getparent().index(alternate)) : at] = list(choice)
            alternate.getparent().remove(alternate)
        for inner in list(made.iter(*DROPPED, *FORMATS)):
            if inner.getparent() is not None:
                inner.getparent().remove(inner)
        for inner in list(made.iter(*STYLES, f"{W}numPr")):
            self._refer(inner)
        for inner in made.iter():
            self._renumber(inner)
        return made

    def _refer(self, element: etree._Element) -> None:
        if element.tag == f"{W}numPr":
            number = element.find(f"{W}numId")
            lost = number is not None and number.get(f"{W}val") not in (*self.lists, "0")
        else:
            name = self.styles.get(element.get(f"{W}val", ""))
            element.set(f"{W}val", name or "")
            lost = name is None
        if lost:
            element.getparent().remove(element)

    def _renumber(self, element: etree._Element) -> None:
        for name in element.attrib:
            if name.startswith((R, W14)) or "rsid" in name:
                del element.attrib[name]
        if element.tag in NOTES:
            number = str(self.marks.next())
            self.notes[number] = element.get(f"{W}id", "")
            element.set(f"{W}id", number)
        elif element.tag == f"{WP}docPr":
            element.set("id", str(self.marks.next()))
        elif str(element.tag).startswith(VML) and element.get("id") and element.tag != f"{VML}shapetype":
            element.set("id", f"docgen{self.marks.next()}")

    def run(self, run: etree._Element) -> etree._Element | None:
        """Return the run as deleted text; None for a picture, that only the old document has."""
        related = any(name.startswith(R) for inner in run.iter() for name in inner.attrib)
        if related and not boxes_of(run)[0]:
            self.pictures = True
            return None
        made = self.carried(run)
        for child in made:
            child.tag = OF_DELETED.get(child.tag, child.tag)
        return made
