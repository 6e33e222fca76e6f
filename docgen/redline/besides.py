"""What differs between two templates and the marks of revision do not say: the look of a table, a paragraph moved."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from docgen.redline.wording import canonical, readable
from docgen.word.package import W

ASPECT = tuple(f"{W}{name}" for name in ("tblPr", "tblGrid", "trPr", "tcPr"))
SHAPE = (f"{W}tr", f"{W}tc", f"{W}gridCol")
MOVED = 20
"""Characters: a shorter paragraph may be there twice by chance."""
QUOTED = 60


def tables(old: etree._Element, new: etree._Element) -> Iterator[str]:
    """Yield the tables whose borders, widths or heading rows changed; not when there are more or fewer tables."""
    was, now = (list(tree.iter(f"{W}tbl")) for tree in (old, new))
    for one, other in zip(was, now, strict=True) if len(was) == len(now) else ():
        before, after = (list(table.iter(*SHAPE)) for table in (one, other))
        if len(before) != len(after):
            continue  # a row or a column: the marks show it
        if [canonical(part) for part in one.iter(*ASPECT)] != [canonical(part) for part in other.iter(*ASPECT)]:
            yield f"un tableau change d'aspect (bordures, largeurs, lignes de titre) : « {readable(other)[:QUOTED]} »"


def moved(marked: etree._Element) -> Iterator[str]:
    """Yield the paragraphs that are deleted in one place and inserted, word for word, in another."""
    gone = {text for paragraph in marked.iter(f"{W}p") if (text := _all_within(paragraph, "del", "delText"))}
    for text in dict.fromkeys(_all_within(paragraph, "ins", "t") for paragraph in marked.iter(f"{W}p")):
        if len(text) > MOVED and text in gone:
            yield f"un paragraphe a été déplacé : « {text[:QUOTED]} »"


def _all_within(paragraph: etree._Element, mark: str, texts: str) -> str:
    """Return the words of a paragraph when all of them are within that mark of revision; nothing otherwise."""
    shown = [text for text in paragraph.iter(f"{W}t", f"{W}delText") if (text.text or "").strip()]
    inside = [text for text in shown if next(text.iterancestors(f"{W}{mark}"), None) is not None]
    whole = inside == shown and all(text.tag == f"{W}{texts}" for text in shown)
    return "".join(text.text or "" for text in shown).strip() if whole else ""
