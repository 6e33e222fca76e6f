"""What a file says of itself in its metadata: title, identifier, the standards that it claims."""

from __future__ import annotations

from collections.abc import Iterator

import pikepdf
from lxml import etree

from docgen.returned.untrusted import clean

PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True)
DC, PDFA, PDFUA, RDF = (
    "{http://purl.org/dc/elements/1.1/}",
    "{http://www.aiim.org/pdfa/ns/id/}",
    "{http://www.aiim.org/pdfua/ns/id/}",
    "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}",
)
IDENTIFIER = f"{DC}identifier"
XMP = {
    f"{DC}title": "titre",
    f"{DC}creator": "auteur",
    f"{DC}description": "objet",
    IDENTIFIER: "identifiant",
    f"{PDFA}part": "PDF/A",
    f"{PDFUA}part": "PDF/UA",
}
"""The metadata that count; the dates and the programs of each saving do not."""
INFO = {"/Title": "titre", "/Author": "auteur", "/Subject": "objet", "/Keywords": "mots-clés"}


def xmp(pdf: pikepdf.Pdf) -> dict[str, str]:
    """Return what the XMP packet of a file says, by qualified name: written as elements or as attributes."""
    packet = pdf.Root.get("/Metadata")
    if not isinstance(packet, pikepdf.Stream):
        return {}
    try:
        root = etree.fromstring(packet.read_bytes().strip(b"\0 \r\n\t"), PARSER)
    except etree.XMLSyntaxError:
        return {}
    found: dict[str, str] = {}
    for described in root.iter(f"{RDF}Description"):
        found |= {str(name): str(value) for name, value in described.attrib.items()}
        for child in described:
            found[str(child.tag)] = " ".join("".join(child.itertext()).split())
    return found


def changes(before: pikepdf.Pdf, now: pikepdf.Pdf) -> Iterator[str]:
    """Yield what the properties say otherwise."""
    old, new = _said(before), _said(now)
    for what in dict.fromkeys([*old, *new]):
        if old.get(what, "") == new.get(what, ""):
            continue
        if what not in new and what in INFO.values():  # what a viewer leaves out there, the XMP packet still says
            continue
        if what in ("PDF/A", "PDF/UA"):
            yield f"il ne se dit plus conforme à {what} : son archivage ou son accessibilité n'est plus assuré (XMP)"
            continue
        quoted = clean(new.get(what, ""), 80)
        yield f"ses propriétés disent un autre {what}" + (f" : « {quoted} »" if quoted else ", qui manque")


def _said(pdf: pikepdf.Pdf) -> dict[str, str]:
    packet = xmp(pdf)
    found = {f"{what} (XMP)" if what in INFO.values() else what: packet[k] for k, what in XMP.items() if k in packet}
    info = pdf.trailer.get("/Info", pikepdf.Dictionary())
    return found | {what: str(info[key]) for key, what in INFO.items() if key in info}
