"""The numbers that Word prints before its paragraphs: « Article 4 – », « 3.1 », « D) ». They are nowhere in the text.

Takes the members of a .docx; gives, paragraph after paragraph, what is printed before each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from lxml import etree

from docgen.word.package import PARSER, W

ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
         (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
HEADING = re.compile(r"(?:Heading|Titre)(\d)")
HEADING_LEVELS = tuple("012345678")
"""Level 9 is the body of the text (ISO/IEC 29500-1, 17.3.1.20)."""
DEPTH = 9
"""Levels of a list (ISO/IEC 29500-1, 17.9.3)."""


@dataclass(frozen=True)
class _Level:
    """How one level of a list is numbered."""

    kind: str
    """« decimal », « upperLetter », « bullet »…"""
    text: str
    """« Article %1 – »: the number of level 1 in its place."""
    start: int


class Numbering:
    """Counts the numbered paragraphs of one document, in order."""

    def __init__(self, members: Mapping[str, bytes]) -> None:
        """Read the lists and the styles of the document."""
        self._rules = _rules(members.get("word/numbering.xml", b""), members.get("word/styles.xml", b""))
        self._counts: dict[str, list[int]] = {}

    def label(self, paragraph: etree._Element) -> str:
        """Return what Word prints before the paragraph, « Article 4 – »; nothing before a bullet or a plain one."""
        number, depth = self._rules.list_of(paragraph)
        name, levels = self._rules.lists.get(number, ("", {}))
        level = levels.get(depth)
        if level is None or level.kind in ("bullet", "none"):
            return ""
        counts = self._counts.setdefault(name, [0] * DEPTH)
        for above in range(depth):
            counts[above] = counts[above] or (levels[above].start if above in levels else 1)
        counts[depth] = counts[depth] + 1 if counts[depth] else level.start
        counts[depth + 1 :] = [0] * (DEPTH - depth - 1)
        said = re.sub(r"%([1-9])", lambda found: _written(counts, levels, int(found[1]) - 1), level.text)
        return re.sub(r"\s+", " ", said).strip()

    def level_of(self, paragraph: etree._Element) -> etree._Element | None:
        """Return the level of the list that a paragraph is in, as the file describes it; None when it is in none."""
        number, depth = self._rules.list_of(paragraph)
        return self._rules.xml.get(number, {}).get(depth)

    def is_heading(self, paragraph: etree._Element) -> bool:
        """Tell whether the paragraph is a heading."""
        return self.level(paragraph) is not None

    def level(self, paragraph: etree._Element) -> int | None:
        """Return the level of a heading, from 0: its own, or that of its style or of one that this is based on."""
        return self._rules.level(paragraph)


class _Rules:
    """The lists and the styles of a document, read once for all those that are made of the same template."""

    def __init__(self, numbering: bytes, styles: bytes) -> None:
        self.lists: dict[str, tuple[str, dict[int, _Level]]] = {}
        self.xml: dict[str, dict[int, etree._Element]] = {}
        self._styles: dict[str, etree._Element] = {}
        self._levels: dict[str, int | None] = {}
        """Of each style, the level of its headings."""
        self._of_style: dict[str, tuple[str | None, int | None]] = {}
        """Of each style, its list and its level there."""
        if numbering:
            self._read_lists(etree.fromstring(numbering, PARSER))
        if styles:
            found = etree.fromstring(styles, PARSER).iter(f"{W}style")
            self._styles = {style.get(f"{W}styleId", ""): style for style in found}

    def _read_lists(self, root: etree._Element) -> None:
        kinds = {
            one.get(f"{W}abstractNumId", ""): {level: _level(found) for found in one.iter(f"{W}lvl")
                                               if (level := int(found.get(f"{W}ilvl", "0"))) < DEPTH}
            for one in root.iter(f"{W}abstractNum")
        }  # fmt: skip
        levels = {
            one.get(f"{W}abstractNumId", ""): {int(found.get(f"{W}ilvl", "0")): found for found in one.iter(f"{W}lvl")}
            for one in root.iter(f"{W}abstractNum")
        }
        for one in root.iter(f"{W}num"):
            of = one.find(f"{W}abstractNumId")
            name = of.get(f"{W}val", "") if of is not None else ""
            self.lists[one.get(f"{W}numId", "")] = (name, kinds.get(name, {}))
            own = {int(found.get(f"{W}ilvl", "0")): found for found in one.iter(f"{W}lvl")}
            self.xml[one.get(f"{W}numId", "")] = levels.get(name, {}) | own

    def level(self, paragraph: etree._Element) -> int | None:
        """Return the level of a heading, from 0."""
        props = paragraph.find(f"{W}pPr")
        if props is None:
            return None
        said = _outline(props)
        return self._level_of_style(_style(props)) if said is None else _depth(said)

    def _level_of_style(self, name: str) -> int | None:
        if name not in self._levels:
            self._levels[name] = self._found_level(name)
        return self._levels[name]

    def _found_level(self, name: str) -> int | None:
        for _ in range(DEPTH):
            if found := HEADING.fullmatch(name):
                return int(found[1]) - 1
            if name not in self._styles:
                return None
            style = self._styles[name]
            if (said := _outline(style.find(f"{W}pPr"))) is not None:
                return _depth(said)
            name = _base(style)
        return None

    def list_of(self, paragraph: etree._Element) -> tuple[str, int]:
        """Return the number of the list and the level of a paragraph: its own, or those of its style."""
        props = paragraph.find(f"{W}pPr")
        number, depth = _numbered(props)
        if number is None and props is not None:
            number, of_style = self._list_of_style(_style(props))
            depth = depth if depth is not None else of_style
        return number or "", min(depth or 0, DEPTH - 1)

    def _list_of_style(self, name: str) -> tuple[str | None, int | None]:
        if name not in self._of_style:
            self._of_style[name] = self._found_list(name)
        return self._of_style[name]

    def _found_list(self, name: str) -> tuple[str | None, int | None]:
        number, depth = None, None
        for _ in range(DEPTH):
            if number is not None or name not in self._styles:
                break
            number, of_style = _numbered(self._styles[name].find(f"{W}pPr"))
            depth = depth if depth is not None else of_style
            name = _base(self._styles[name])
        return number, depth


@lru_cache(maxsize=64)
def _rules(numbering: bytes, styles: bytes) -> _Rules:
    return _Rules(numbering, styles)


def _style(props: etree._Element) -> str:
    style = props.find(f"{W}pStyle")
    return style.get(f"{W}val", "") if style is not None else ""


def _base(style: etree._Element) -> str:
    base = style.find(f"{W}basedOn")
    return base.get(f"{W}val", "") if base is not None else ""


def _outline(props: etree._Element | None) -> str | None:
    level = props.find(f"{W}outlineLvl") if props is not None else None
    return level.get(f"{W}val", "") if level is not None else None


def _depth(said: str) -> int | None:
    return int(said) if said in HEADING_LEVELS else None


def titled(label: str, text: str) -> str:
    """Return a title with its number: « Article 4 – Prix », « D) Prix »; « 3.1 » is « Article 3.1 – »."""
    if re.fullmatch(r"[\d.]+", label):
        return f"Article {label.rstrip('.')} – {text}"
    return f"{label} {text}".strip()


def _numbered(props: etree._Element | None) -> tuple[str | None, int | None]:
    found = props.find(f"{W}numPr") if props is not None else None
    if found is None:
        return None, None
    number, depth = found.find(f"{W}numId"), found.find(f"{W}ilvl")
    level = depth.get(f"{W}val", "") if depth is not None else ""
    return number.get(f"{W}val") if number is not None else None, int(level) if level.isdigit() else None


def _level(found: etree._Element) -> _Level:
    said = {name: one.get(f"{W}val", "") for name in ("numFmt", "lvlText", "start")
            if (one := found.find(f"{W}{name}")) is not None}  # fmt: skip
    start = said.get("start", "1")
    return _Level(said.get("numFmt", "decimal"), said.get("lvlText", ""), int(start) if start.isdigit() else 1)


def _written(counts: list[int], levels: Mapping[int, _Level], depth: int) -> str:
    """Return the count of a level as it is printed."""
    return written(counts[depth], levels[depth].kind if depth in levels else "decimal")


def written(count: int, kind: str) -> str:
    """Return a number as Word writes it; the kind is « decimal », « upperRoman », « lowerLetter »."""
    if kind.endswith("Letter"):
        letter = chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)
        return letter.upper() if kind.startswith("upper") else letter
    if kind.endswith("Roman"):
        roman = ""
        for value, sign in ROMAN:
            while count >= value:
                roman, count = roman + sign, count - value
        return roman.upper() if kind.startswith("upper") else roman
    return f"{count:02d}" if kind == "decimalZero" else str(count)
