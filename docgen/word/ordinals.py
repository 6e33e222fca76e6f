"""The ordinals of a filled document, as French typography prints them: the letters of « 1er », « 2ème » are raised."""

from __future__ import annotations

import copy
import io
import re
import zipfile

from lxml import etree

from docgen.word.package import W

ORDINAL = re.compile(r"(?<![\w,.])(\d{1,3})(er|re|ère|e|ème|nd|nde)(?![\w])")
PARSER = etree.XMLParser(resolve_entities=False, no_network=True)
XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


def raised(docx: bytes) -> bytes:
    """Return the document with the letters of its ordinals in superscript; nothing else is touched."""
    with zipfile.ZipFile(io.BytesIO(docx)) as before:
        files = [(info, before.read(info)) for info in before.infolist()]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as after:
        for info, data in files:
            if re.fullmatch(r"word/(document|header\d*|footer\d*)\.xml", info.filename):
                data = _part(data)
            after.writestr(info, data)
    return buffer.getvalue()


def _part(data: bytes) -> bytes:
    root = etree.fromstring(data, PARSER)
    runs = [text.getparent() for text in root.iter(f"{W}t") if ORDINAL.search(text.text or "")]
    runs = [run for run in runs if run is not None and run.tag == f"{W}r" and len(run.findall(f"{W}t")) == 1]
    if not runs:
        return data
    for run in runs:
        _split(run)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def _split(run: etree._Element) -> None:
    """Replace a run by those of its text and, raised, those of the letters of its ordinals."""
    text = run.find(f"{W}t")
    parent = run.getparent()
    if text is None or parent is None or len(run) > 2 or (len(run) == 2 and run[0].tag != f"{W}rPr"):
        return
    said = text.text or ""
    pieces: list[tuple[str, bool]] = []
    start = 0
    for found in ORDINAL.finditer(said):
        pieces += [(said[start : found.end(1)], False), (found[2], True)]
        start = found.end()
    pieces.append((said[start:], False))
    at = parent.index(run)
    parent.remove(run)
    for words, up in reversed([piece for piece in pieces if piece[0]]):
        parent.insert(at, _like(run, words, up))


def _like(run: etree._Element, words: str, up: bool) -> etree._Element:
    made = copy.deepcopy(run)
    text = made.find(f"{W}t")
    assert text is not None
    text.text = words
    text.set(XML_SPACE, "preserve")
    if up:
        properties = made.find(f"{W}rPr")
        if properties is None:
            properties = etree.Element(f"{W}rPr")
            made.insert(0, properties)
        for former in properties.findall(f"{W}vertAlign"):
            properties.remove(former)
        mark = etree.SubElement(properties, f"{W}vertAlign")
        mark.set(f"{W}val", "superscript")
    return made
