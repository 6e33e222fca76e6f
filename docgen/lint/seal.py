"""A fingerprint in the properties of a Word file, by which to know whether somebody has worked in it since.

Whoever saves the file in Word keeps the property, but not the text to the byte.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from lxml import etree

from docgen.word.package import FILLED, PARSER, as_bytes

CUSTOM, TYPES, RELS = "docProps/custom.xml", "[Content_Types].xml", "_rels/.rels"
PROPERTIES = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
VALUES = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties"
CONTENT = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
USER_DEFINED = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
"""The set of properties that belongs to users ([MS-OLEPS] 2.25.1)."""
NAME = "docgen"
NO_RELATION = b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>'
MARGIN = ("word/comments.xml", "word/endnotes.xml")


def sealed(members: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the members with the fingerprint of their text."""
    root = etree.fromstring(members[CUSTOM], PARSER) if CUSTOM in members else _no_properties()
    for former in root.findall(f"{{{PROPERTIES}}}property[@name='{NAME}']"):
        root.remove(former)
    number = max((int(found.get("pid", "1")) for found in root), default=1) + 1
    attributes = {"fmtid": USER_DEFINED, "pid": str(number), "name": NAME}
    new = etree.SubElement(root, f"{{{PROPERTIES}}}property", attributes)
    etree.SubElement(new, f"{{{VALUES}}}lpwstr").text = _fingerprint(members)
    return {
        **members,
        CUSTOM: as_bytes(root),
        TYPES: declared(members[TYPES], CUSTOM, CONTENT),
        RELS: related(members.get(RELS, NO_RELATION), CUSTOM, RELATION),
    }


def is_as_sealed(members: Mapping[str, bytes]) -> bool:
    """Tell whether the text is the one that was sealed."""
    if CUSTOM not in members:
        return False
    found = etree.fromstring(members[CUSTOM], PARSER).findall(f"{{{PROPERTIES}}}property[@name='{NAME}']")
    return _fingerprint(members) in {"".join(one.itertext()) for one in found}


def declared(types: bytes, name: str, content: str) -> bytes:
    """Return [Content_Types].xml with the type of a member of the zip."""
    root = etree.fromstring(types, PARSER)
    if not any(found.get("PartName") == f"/{name}" for found in root):
        etree.SubElement(root, root.tag.replace("Types", "Override"), PartName=f"/{name}", ContentType=content)
    return as_bytes(root)


def related(rels: bytes, target: str, kind: str) -> bytes:
    """Return the relations of a part with one more, unless it has one of that kind."""
    root = etree.fromstring(rels, PARSER)
    if not any(found.get("Type") == kind for found in root):
        taken = {found.get("Id") for found in root}
        name = next(f"docgen{n}" for n in range(1, len(taken) + 2) if f"docgen{n}" not in taken)
        tag = root.tag.replace("Relationships", "Relationship")
        etree.SubElement(root, tag, Id=name, Type=kind, Target=target)
    return as_bytes(root)


def _no_properties() -> etree._Element:
    return etree.Element(f"{{{PROPERTIES}}}Properties", nsmap={None: PROPERTIES, "vt": VALUES})


def _fingerprint(members: Mapping[str, bytes]) -> str:
    """Return what the words of all parts make, and what is in the margin."""
    names = sorted(name for name in members if FILLED.fullmatch(name) or name in MARGIN)
    text = b"\0".join(part for name in names for part in (name.encode(), members[name]))
    return hashlib.sha256(text).hexdigest()
