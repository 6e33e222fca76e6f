"""How the words of a document are written: the fonts of their own, of their styles, lists and theme; what hides them.

What no word uses asks for nothing: a level of a list, a style, a header that no page shows (ISO/IEC 29500-1, 17.7.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property

from lxml import etree

from docgen.word.numbering import DEPTH, Numbering
from docgen.word.package import ENDNOTES, PARSER, R, W
from docgen.word.template import Template

SIGN = re.compile("[\u2022\u2023\u2043\u2190-\u21ff\u2200-\u22ff\u2300-\u23ff\u2500-\u27bf\u2900-\u2bff]")
"""What is no letter: `signs` gives it a font."""
SCRIPTS = {"ascii": "latin", "hAnsi": "latin", "eastAsia": "ea", "cs": "cs"}
KINDS = ("ascii", "hAnsi", "eastAsia", "cs")
THEMES = {"major": "majorFont", "minor": "minorFont"}
ON = ("1", "true", "on", None)
"""What a property that is there says, when it says anything but no."""


def families(template: Template) -> set[str]:
    """Return the font families that the words of a template ask for."""
    typography = Typography(template.members)
    parts = (etree.fromstring(part.source.encode(), PARSER) for part in template.parts if part.name in typography.pages)
    return {family for part in parts for family in typography.families(part)}


class Typography:
    """The fonts of one document, by the styles that it has."""

    def __init__(self, members: Mapping[str, bytes]) -> None:
        """Read the styles, the lists, the theme and the sections of a .docx."""
        self._members = members
        self._numbering = Numbering(members)
        styles = self._read("word/styles.xml")
        self._styles = {} if styles is None else {s.get(f"{W}styleId", ""): s for s in styles.iter(f"{W}style")}
        defaults = None if styles is None else styles.find(f"{W}docDefaults")
        hidden = None if defaults is None else defaults.find(f".//{W}rPr/{W}vanish")
        self._hidden_by_default = hidden is not None and hidden.get(f"{W}val") in ON
        self._default = {} if defaults is None else self._own(defaults.find(f".//{W}rPr"))
        self._normal = next(
            (name for name, style in self._styles.items()
             if style.get(f"{W}type") == "paragraph" and style.get(f"{W}default") in ("1", "true")), ""
        )  # fmt: skip
        self._of_style: dict[str, dict[str, str]] = {}

    def _read(self, name: str) -> etree._Element | None:
        return etree.fromstring(self._members[name], PARSER) if name in self._members else None

    @cached_property
    def pages(self) -> frozenset[str]:
        """The parts that the pages show: the body, the notes, the headers and footers that a section uses."""
        body, rels = self._read("word/document.xml"), self._read("word/_rels/document.xml.rels")
        settings = self._read("word/settings.xml")
        kinds = {"default"}
        if body is not None and any(one.get(f"{W}val") in ON for one in body.iter(f"{W}titlePg")):
            kinds.add("first")
        if settings is not None and any(one.get(f"{W}val") in ON for one in settings.iter(f"{W}evenAndOddHeaders")):
            kinds.add("even")
        targets = {} if rels is None else {one.get("Id"): one.get("Target", "") for one in rels}
        found = {"word/document.xml", "word/footnotes.xml", ENDNOTES}
        for used in () if body is None else body.iter(f"{W}headerReference", f"{W}footerReference"):
            if used.get(f"{W}type", "default") in kinds:
                found.add("word/" + targets.get(used.get(f"{R}id"), "").removeprefix("/word/"))
        return frozenset(found)

    def families(self, part: etree._Element) -> Iterator[str]:
        """Yield the families of the words of a part and of the bullets and numbers of its lists."""
        for paragraph in part.iter(f"{W}p"):
            runs = [run for run in paragraph.iter(f"{W}r") if next(run.iterancestors(f"{W}p")) is paragraph]
            shown = [run for run in runs if (_text(run) or _is_counted(run))]
            for run in shown:
                yield from self._drawing(self.of_run(run), _text(run))
            if shown:
                fonts, label = self.of_label(paragraph)
                yield from self._drawing(fonts, label) if label else ()

    def _drawing(self, fonts: Mapping[str, str], text: str) -> Iterator[str]:
        written = (char for char in text or "1" if not char.isspace() and not SIGN.match(char))
        for kind in {"ascii" if ord(char) < 128 else "hAnsi" for char in written}:
            if family := fonts.get(kind):
                yield family

    def of_label(self, paragraph: etree._Element) -> tuple[dict[str, str], str]:
        """Return the families of the bullet or the number of a paragraph, and what it says, if it has one."""
        level = self._numbering.level_of(paragraph)
        said = level.find(f"{W}lvlText") if level is not None else None
        if level is None or said is None:
            return {}, ""
        fonts = self._of_paragraph(paragraph) | self._own(level.find(f"{W}rPr"))
        return fonts, re.sub(r"%\d", "1", said.get(f"{W}val", ""))

    def of_run(self, run: etree._Element) -> dict[str, str]:
        """Return the families of a run, by kind of characters: « ascii », « hAnsi », « eastAsia », « cs »."""
        paragraph = next(run.iterancestors(f"{W}p"), None)
        props = run.find(f"{W}rPr")
        style = props.find(f"{W}rStyle") if props is not None else None
        found = self._of_paragraph(paragraph) if paragraph is not None else dict(self._default)
        return found | (self.of_style(style.get(f"{W}val", "")) if style is not None else {}) | self._own(props)

    def _of_paragraph(self, paragraph: etree._Element) -> dict[str, str]:
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        table = next(paragraph.iterancestors(f"{W}tbl"), None)
        of_table = table.find(f"{W}tblPr/{W}tblStyle") if table is not None else None
        found = self._default | (self.of_style(of_table.get(f"{W}val", "")) if of_table is not None else {})
        return found | self.of_style(style.get(f"{W}val", "") if style is not None else self._normal)

    def of_style(self, name: str, depth: int = 0) -> dict[str, str]:
        """Return the families that a style asks for, or those that it is based on."""
        if name not in self._of_style:
            style = self._styles.get(name)
            if style is None or depth > DEPTH:
                return {}
            base = style.find(f"{W}basedOn")
            above = self.of_style(base.get(f"{W}val", ""), depth + 1) if base is not None else {}
            self._of_style[name] = above | self._own(style.find(f"{W}rPr"))
        return self._of_style[name]

    def hides(self, run: etree._Element) -> bool:
        """Tell whether a run is hidden: by itself, or by the first of its styles that says so or the contrary."""
        own = run.find(f"{W}rPr")
        named = own.find(f"{W}rStyle") if own is not None else None
        paragraph = next(run.iterancestors(f"{W}p"), None)
        style = paragraph.find(f"{W}pPr/{W}pStyle") if paragraph is not None else None
        chain = [own, *self._above(named.get(f"{W}val", "") if named is not None else "")]
        chain += self._above(style.get(f"{W}val", "") if style is not None else self._normal)
        for props in chain:
            said = props.find(f"{W}vanish") if props is not None else None
            if said is not None:
                return said.get(f"{W}val") in ON
        return self._hidden_by_default

    def _above(self, name: str) -> Iterator[etree._Element | None]:
        """Yield the properties of a style and of those that it is based on."""
        for _ in range(DEPTH):
            style = self._styles.get(name)
            if style is None:
                return
            yield style.find(f"{W}rPr")
            base = style.find(f"{W}basedOn")
            name = base.get(f"{W}val", "") if base is not None else ""

    def _own(self, props: etree._Element | None) -> dict[str, str]:
        fonts = props.find(f"{W}rFonts") if props is not None else None
        if fonts is None:
            return {}
        found = {kind: family for kind in KINDS if (family := fonts.get(f"{W}{kind}", "")) and "{" not in family}
        for kind in KINDS:
            themed = fonts.get(f"{W}{'cstheme' if kind == 'cs' else f'{kind}Theme'}", "")
            if family := self._themes.get((themed[:5], SCRIPTS[kind])):
                found[kind] = family
        return found

    @cached_property
    def _themes(self) -> dict[tuple[str, str], str]:
        theme = self._read("word/theme/theme1.xml")
        return {} if theme is None else {
            (name, script): font.get("typeface", "")
            for name, tag in THEMES.items()
            for fonts in theme.iter(f"{{*}}{tag}")
            for script in ("latin", "ea", "cs")
            if (font := fonts.find(f"{{*}}{script}")) is not None
        }  # fmt: skip


def _text(run: etree._Element) -> str:
    return "".join(text.text or "" for text in run.iter(f"{W}t", f"{W}noBreakHyphen")).strip() or (
        "-" if run.find(f"{W}noBreakHyphen") is not None else ""
    )


def _is_counted(run: etree._Element) -> bool:
    """Tell whether a run shows the number of a note or of a page."""
    marks = ("footnoteReference", "endnoteReference", "footnoteRef", "endnoteRef", "pgNum")
    return any(run.find(f"{W}{mark}") is not None for mark in marks)
