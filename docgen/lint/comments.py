"""Write problems as Word comments, each on the very words; take away those that docgen wrote before.

Takes the members of a .docx and the problems; gives the bytes of a copy. Nothing else of the document changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lxml import etree

from docgen import formats
from docgen.diagnostics import Diagnostic
from docgen.lint.anchors import Document, Span
from docgen.lint.seal import NO_RELATION, declared, related, sealed
from docgen.word.package import AUTHOR, BODY, PARSER, XML_SPACE, W, as_bytes, drop_comment_marks, zipped

COMMENTS, TYPES, RELS = "word/comments.xml", "[Content_Types].xml", "word/_rels/document.xml.rels"
BESIDE = ("word/commentsExtended.xml", "word/commentsIds.xml")
"""What else is noted of each comment: whether it is done, what answers it ([MS-DOCX] 2.5.1.3)."""
CONTENT = "application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/comments"
W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"


def annotated(members: Mapping[str, bytes], problems: Iterable[Diagnostic], day: str, *, ours: bool = True) -> bytes:
    """Return the document with a comment for each problem, dated of that day (2023-04-11), and no older one of ours.

    It is sealed when it is all `ours`: that of nobody who may have worked in it.
    """
    parts = dict(members)
    document = Document(parts)
    comments = _comments(parts)
    _take_away_ours(document.body, comments, parts)
    taken = max((int(said) for c in comments if (said := c.get(f"{W}id", "")).isdigit()), default=-1)
    for number, problem in enumerate(problems, taken + 1):
        comments.append(_comment(number, problem, day))
        _mark(document.span(problem.place), number)
    parts[BODY] = as_bytes(document.body)
    if len(comments) or COMMENTS in parts:
        parts[COMMENTS] = as_bytes(comments)
        parts[TYPES] = declared(parts[TYPES], COMMENTS, CONTENT)
        parts[RELS] = related(parts.get(RELS, NO_RELATION), COMMENTS.removeprefix("word/"), RELATION)
    return zipped(sealed(parts) if ours else parts)


def _comments(parts: Mapping[str, bytes]) -> etree._Element:
    if COMMENTS in parts:
        return etree.fromstring(parts[COMMENTS], PARSER)
    return etree.Element(f"{W}comments", nsmap={"w": W.strip("{}")})


def _take_away_ours(body: etree._Element, comments: etree._Element, parts: dict[str, bytes]) -> None:
    """Take away the comments that docgen wrote, their marks in the text, and what is noted of them elsewhere."""
    ours = [comment for comment in comments if comment.get(f"{W}author") == AUTHOR]
    ids = {comment.get(f"{W}id") for comment in ours}
    drop_comment_marks(body, ids)
    gone = {p.get(f"{W14}paraId") for comment in ours for p in comment.iter(f"{W}p")} - {None}
    for comment in ours:
        comments.remove(comment)
    for name in BESIDE if gone else ():
        if name in parts:
            root = etree.fromstring(parts[name], PARSER)
            for note in list(root):
                said = {etree.QName(key).localname: key for key in note.attrib}
                if note.get(said.get("paraId", "")) in gone:
                    root.remove(note)
                elif note.get(said.get("paraIdParent", "")) in gone:  # the answer of somebody: it stays, alone
                    del note.attrib[said["paraIdParent"]]
            parts[name] = as_bytes(root)


def _comment(number: int, problem: Diagnostic, day: str) -> etree._Element:
    attributes = {"id": str(number), "author": AUTHOR, "date": f"{day}T00:00:00Z", "initials": "dg"}
    comment = etree.Element(f"{W}comment", {f"{W}{name}": value for name, value in attributes.items()})
    where = f"({problem.place.within}) " if problem.place.part != BODY and problem.place.within else ""
    said = problem.message[:1].upper() + problem.message[1:]
    for line in filter(None, (f"{where}{said}", problem.hint, f"docgen : {problem.severity}, {problem.code}")):
        run = etree.SubElement(etree.SubElement(comment, f"{W}p"), f"{W}r")
        etree.SubElement(run, f"{W}t", {XML_SPACE: "preserve"}).text = formats.unbroken(line)
    return comment


def _mark(span: Span, number: int) -> None:
    """Put the marks of a comment around the words."""
    attributes = {f"{W}id": str(number)}
    first, last = _outside(span.first), _outside(span.last, last=True)
    first.addprevious(etree.Element(f"{W}commentRangeStart", attributes))
    reference = etree.Element(f"{W}r")
    etree.SubElement(reference, f"{W}commentReference", attributes)
    last.addnext(reference)
    last.addnext(etree.Element(f"{W}commentRangeEnd", attributes))


def _outside(run: etree._Element, *, last: bool = False) -> etree._Element:
    """Return the content control or the field that the run is in, or the run: LibreOffice loses a field that is cut."""
    above = [a for a in run.iterancestors() if a.tag in (f"{W}sdt", f"{W}fldSimple")]
    inside = [a for a in above if next(a.iterancestors(f"{W}p"), None) is not None]
    if inside:
        return inside[-1]
    siblings = list(run.getparent())
    at, depth = siblings.index(run), 0
    for one in siblings[at:] if last else reversed(siblings[: at + 1]):
        for mark in one.iter(f"{W}fldChar"):
            depth += {"begin": 1, "end": -1}.get(mark.get(f"{W}fldCharType", ""), 0)
        if depth == (-1 if last else 1):
            return one
    return run
