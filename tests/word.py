"""Small Word documents for the tests, and what they show: WordprocessingML in one line where it can be."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from lxml import etree

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
W = f"{{{WORD}}}"
NAMESPACES = (
    f'xmlns:w="{WORD}" xmlns:r="{OFFICE}" xmlns:v="urn:schemas-microsoft-com:vml"'
    ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
)
BY = 'w:id="1" w:author="Une juriste" w:date="2023-04-11T10:00:00Z"'
NOTE = '<w:r><w:footnoteReference w:id="2"/></w:r>'
PARTS = {
    "header1": ("hdr", "header"),
    "footer1": ("ftr", "footer"),
    "footnotes": ("footnotes", "footnotes"),
    "endnotes": ("endnotes", "endnotes"),
    "comments": ("comments", "comments"),
}
"""Of each part, its root and its type."""
Content = str | Sequence[str]
"""Raw WordprocessingML, or the text of one paragraph, or of several."""


def run(text: str, props: str = "", kind: str = "t") -> str:
    props = f"<w:rPr>{props}</w:rPr>" if props else ""
    return f'<w:r>{props}<w:{kind} xml:space="preserve">{escape(text)}</w:{kind}></w:r>'


def p(*content: str, style: str = "") -> str:
    inner = "".join(item if item.startswith("<w:") else run(item) for item in content)
    return f'<w:p>{f"""<w:pPr><w:pStyle w:val="{style}"/></w:pPr>""" if style else ""}{inner}</w:p>'


def ins(*content: str) -> str:
    return f"<w:ins {BY}>{''.join(item if item.startswith('<w:') else run(item) for item in content)}</w:ins>"


def deleted(text: str) -> str:
    return f"<w:del {BY}>{run(text, kind='delText')}</w:del>"


def table(*rows: Sequence[Content]) -> str:
    lines = ("".join(f"<w:tc><w:tcPr/>{blocks(cell)}</w:tc>" for cell in row) for row in rows)
    grid = '<w:gridCol w:w="1000"/>' * max(len(row) for row in rows)
    return f"<w:tbl><w:tblPr/><w:tblGrid>{grid}</w:tblGrid>{''.join(f'<w:tr>{line}</w:tr>' for line in lines)}</w:tbl>"


def marked(notation: str) -> str:
    """Return the runs of a paragraph written in the notation of word_cases/README.md."""
    for short in ("ins", "del"):
        notation = notation.replace(f"<{short}>", f"<w:{short} {BY}>").replace(f"</{short}>", f"</w:{short}>")
    return _runs(etree.fromstring(f"<w:x {NAMESPACES}>{notation}</w:x>"), "t", "")


def _runs(element: etree._Element, kind: str, props: str) -> str:
    """Return the content of an element, each bare text in a run; `¦` ends a run."""
    found = ""
    for text, child in ((element.text, None), *((child.tail, child) for child in element)):
        if child is not None and child.tag in ("b", "vanish"):
            found += _runs(child, kind, f"<w:{child.tag}/>")
        elif child is not None and child.tag == f"{W}r":
            found += etree.tostring(child, encoding="unicode", with_tail=False)
        elif child is not None:
            inner = _runs(child, "delText" if child.tag == f"{W}del" else kind, props)
            opening = etree.tostring(etree.Element(child.tag, child.attrib, child.nsmap), encoding="unicode")
            name = etree.QName(child).localname
            found += f"{opening[:-2]}>{inner}</{child.prefix}:{name}>"
        found += "".join(run(piece, props, kind) for piece in (text or "").split("¦") if piece)
    return found


def blocks(content: Content) -> str:
    if isinstance(content, str):
        return content if content.startswith("<w:") else p(content)
    return "".join(blocks(item) for item in content)


def footnote(content: Content) -> str:
    return f'<w:footnote w:id="2">{blocks(content)}</w:footnote>'


def members(body: Content, **parts: str) -> dict[str, str]:
    """Return the members of a .docx. `parts`: the raw content of header1, footer1, footnotes, endnotes, comments.

    Also title (of the core properties), sections (how many), rels (more relations of the body).
    """
    names = [name for name in PARTS if parts.get(name)]
    title, sections, rels = parts.get("title", ""), int(parts.get("sections", "1")), parts.get("rels", "")
    used = "".join(
        f'<w:{name[:-1]}Reference w:type="default" r:id="{name}"/>'
        for name in names
        if name[:-1] in ("header", "footer")
    )
    breaks = f"<w:p><w:pPr><w:sectPr>{used}</w:sectPr></w:pPr></w:p>" * (sections - 1)
    document = f"<w:body>{blocks(body)}{breaks}<w:sectPr>{used}</w:sectPr></w:body>"
    found = {
        "[Content_Types].xml": _content_types(names),
        "_rels/.rels": _rels(
            f'<Relationship Id="d" Type="{OFFICE}/officeDocument" Target="word/document.xml"/>'
            f'<Relationship Id="c" Type="{PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/>'
        ),
        "word/document.xml": f"<w:document {NAMESPACES}>{document}</w:document>",
        "word/_rels/document.xml.rels": _rels(
            "".join(f'<Relationship Id="{n}" Type="{OFFICE}/{PARTS[n][1]}" Target="{n}.xml"/>' for n in names) + rels
        ),
    }
    for name in names:
        root = PARTS[name][0]
        found[f"word/{name}.xml"] = f"<w:{root} {NAMESPACES}>{parts[name]}</w:{root}>"
    core = f'xmlns:c="{PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    found["docProps/core.xml"] = f"<c:coreProperties {core}><dc:title>{escape(title)}</dc:title></c:coreProperties>"
    return found


def a_docx(
    folder: Path,
    body: Content,
    *,
    header: Content = "",
    footer: Content = "",
    footnotes: Content = "",
    endnotes: str = "",
    comments: str = "",
    title: str = "",
    rels: str = "",
    sections: int = 1,
    name: str = "t.docx",
) -> Path:
    """Write a small .docx that python-docx and LibreOffice open."""
    parts = members(
        body,
        header1=blocks(header) if header else "",
        footer1=blocks(footer) if footer else "",
        footnotes=footnote(footnotes) if footnotes else "",
        endnotes=endnotes,
        comments=comments,
        title=title,
        rels=rels,
        sections=str(sections),
    )
    path = folder / name
    path.write_bytes(zipped(parts))
    return path


def zipped(parts: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            encoding = "utf-16" if 'encoding="UTF-16"' in text else "utf-8"
            archive.writestr(name, text.encode(encoding))
    return buffer.getvalue()


def shown(docx: bytes, part: str = "document") -> list[str]:
    """Return the text of each paragraph of a part, as Word shows it; nothing when there is no such part."""
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        if f"word/{part}.xml" not in archive.namelist():
            return []
        tree = etree.fromstring(archive.read(f"word/{part}.xml"))
    return [_text(paragraph) for paragraph in tree.iter(f"{W}p")]


def raw_text(docx: bytes, name: str) -> str:
    """Return all the text of a member of the zip, whatever its XML."""
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        return "".join(etree.fromstring(archive.read(name)).itertext())


def _text(paragraph: etree._Element) -> str:
    breaks = {f"{W}tab": "\t", f"{W}br": "\n", f"{W}cr": "\n"}
    inner = (node for node in paragraph.iter() if next(node.iterancestors(f"{W}p"), None) is paragraph)
    return "".join(
        (node.text or "") if node.tag in (f"{W}t", f"{W}delText") else breaks.get(node.tag, "")
        for node in inner
        if node.getparent().tag == f"{W}r"
    )


def _rels(relations: str) -> str:
    return f'<Relationships xmlns="{PACKAGE}/relationships">{relations}</Relationships>'


def _content_types(names: Sequence[str]) -> str:
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    kinds = {"document": "document.main", **{name: PARTS[name][1] for name in names}}
    overrides = "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{main}.{kind}+xml"/>' for name, kind in kinds.items()
    )
    core = "application/vnd.openxmlformats-package.core-properties+xml"
    return (
        f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/docProps/core.xml" ContentType="{core}"/>{overrides}</Types>'
    )


def reworded(path: Path, before: str, after: str, part: str = "word/document.xml") -> None:
    """Do in a part of a document what somebody does in Word, to words that stand there once."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    text = parts[part].decode()
    assert text.count(before) == 1, (text.count(before), before)
    parts[part] = text.replace(before, after).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def header_with(path: Path, words: str) -> str:
    """Return the name of the first header of a document that holds these words."""
    with zipfile.ZipFile(path) as archive:
        return next(n for n in archive.namelist() if "word/header" in n and words.encode() in archive.read(n))
