"""Open a .docx as what it is, a zip of XML that nobody vouches for: limits, no entity, no network.

Takes a path; gives the bytes of each part, and its XML written the one way that docxtpl's regular expressions know.
"""

from __future__ import annotations

import hashlib
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Container, Mapping
from pathlib import Path

from lxml import etree

from docgen.diagnostics import Diagnostic, Place, ProblemsFound

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
READ_BY_LIBREOFFICE = ("wps", "wpg", "w14")
"""What a choice between two contents may require to be the one that is read."""
BODY = "word/document.xml"
NOTES = "word/footnotes.xml"
ENDNOTES = "word/endnotes.xml"
AUTHOR = "docgen"
"""Of the comments that docgen writes; they are no part of what it reads."""
STRICT = "{http://purl.oclc.org/ooxml/"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every member of a .docx that docgen writes."""
MAX_UNZIPPED = 60_000_000
"""Bytes; the largest legitimate file of a corpus of 2,720 had 16.6 MB."""
MAX_ENTRIES = 2_000
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
UNREADABLE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError, EOFError, OSError, ValueError,
)  # fmt: skip
"""What `zipfile` raises on a file that is not a .docx, is cut short or is encrypted."""
FILLED = re.compile(r"word/(document|header\d*|footer\d*|footnotes)\.xml")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How the files of Word 97 to 2003 begin, and those that a password encrypts ([MS-CFB] 2.2)."""
SAVE_AS = "Ouvrez-le dans Word, puis « Enregistrer sous », type « Document Word (.docx) », sans mot de passe."
STARTS = (
    (b"%PDF", "c'est un PDF", "Demandez le document Word dont il a été tiré."),
    (b"{\\rtf", "c'est un document RTF", SAVE_AS),
    (b"<", "c'est une page web ou du XML", SAVE_AS),
)
"""What else is given for a .docx, by its first bytes."""
KINDS = (
    (b"opendocument.text", "c'est un document LibreOffice (.odt)",
     "Dans LibreOffice : « Enregistrer sous », type « Word 2010-365 (.docx) »."),
    (b"macroEnabled", "c'est un document Word avec macros (.docm ou .dotm)", SAVE_AS),
    (b"wordprocessingml.template", "c'est un modèle Word (.dotx)", SAVE_AS),
    (b"spreadsheetml", "c'est un classeur Excel", "Donnez le document Word."),
    (b"presentationml", "c'est une présentation PowerPoint", "Donnez le document Word."),
)  # fmt: skip
"""What other zips are, by the type that they declare."""
WHERE = {
    "document": "corps",
    "header": "en-tête",
    "footer": "pied de page",
    "footnotes": "notes de bas de page",
    "endnotes": "notes de fin",
    "comments": "commentaires",
    "core": "propriétés",
    "custom": "propriétés",
}


def unread_branches(root: etree._Element) -> list[etree._Element]:
    """Return the branches of alternate contents that LibreOffice does not read: Word writes a text box twice.

    ISO/IEC 29500-3, 10.2. The other branch is the document: whoever reads both, reads each word of the box twice.
    """
    found = []
    for both in root.iter(f"{MC}AlternateContent"):
        choice, fallback = both.find(f"{MC}Choice"), both.find(f"{MC}Fallback")
        if choice is not None and fallback is not None:
            found.append(fallback if choice.get("Requires") in READ_BY_LIBREOFFICE else choice)
    return found


def drop_comment_marks(root: etree._Element, ids: Container[str] | None = None) -> None:
    """Take the marks of comments out of a part: those of these ids, or all.

    No page prints a comment, and LibreOffice 7.4, when it shows no window, dies of a document that has one.
    """
    for mark in list(root.iter(*(f"{W}comment{kind}" for kind in ("RangeStart", "RangeEnd", "Reference")))):
        if ids is None or mark.get(f"{W}id") in ids:
            alone = mark.getparent().tag == f"{W}r" and all(o.tag in (mark.tag, f"{W}rPr") for o in mark.getparent())
            gone = mark.getparent() if alone else mark
            gone.getparent().remove(gone)


def as_bytes(root: etree._Element) -> bytes:
    """Return the XML of a part as it stands in the zip."""
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def zipped(members: Mapping[str, bytes]) -> bytes:
    """Return the .docx made of these members: the same content gives the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return buffer.getvalue()


def where(part: str) -> str:
    """Return what a Word user calls the part of that name."""
    return WHERE.get(re.sub(r"\d", "", Path(part).stem), part)


class Package:
    """The members of a .docx, by name, and the fingerprint of the file."""

    def __init__(self, path: Path, shown_as: str) -> None:
        """Read the file. Raises `ProblemsFound` when it is not a Word document that can be trusted."""
        self.file = shown_as
        data = self._bytes(path)
        self.sha256 = hashlib.sha256(data).hexdigest()
        self.members: Mapping[str, bytes] = self._unzip(path, data)
        self.sources: Mapping[str, str] = {name: self._parsed(name, xml) for name, xml in self.members.items()}
        """Of each member, its XML; empty for what is no XML."""

    def _bytes(self, path: Path) -> bytes:
        try:
            if path.is_dir():
                raise self._refused("modele-introuvable", "c'est un dossier", "Donnez le document Word qu'il contient.")
            if path.exists() and not path.is_file():
                raise self._refused("modele-introuvable", "ce n'est pas un fichier ordinaire")
            if path.stat().st_size > MAX_UNZIPPED:
                raise self._too_big()
            return path.read_bytes()
        except OSError:
            raise self._refused("modele-introuvable", "le fichier n'existe pas ou ne peut pas être lu") from None

    def _refused(self, code: str, message: str, hint: str = "", name: str = "") -> ProblemsFound:
        return ProblemsFound([Diagnostic(Place(self.file, within=where(name) if name else ""), code, message, hint)])

    def _too_big(self) -> ProblemsFound:
        hint = "Dans Word : Format de l'image > Compresser les images ; un texte n'a pas besoin de tant de place."
        return self._refused("modele-trop-gros", f"le document dépasse {MAX_UNZIPPED // 1_000_000} Mo", hint)

    def _unzip(self, path: Path, data: bytes) -> dict[str, bytes]:
        try:
            with zipfile.ZipFile(path) as archive:
                infos = archive.infolist()
                if sum(info.file_size for info in infos) > MAX_UNZIPPED or len(infos) > MAX_ENTRIES:
                    raise self._too_big()
                members = {info.filename: archive.read(info) for info in infos}
        except UNREADABLE:
            raise self._refused("pas-un-docx", *_what_it_is(data)) from None
        members = _with_usual_body(members)
        declared = members.get("[Content_Types].xml", b"") + members.get("mimetype", b"")
        for mark, said, hint in KINDS:
            if mark in declared and (BODY not in members or b"document.main+xml" not in declared):
                raise self._refused("pas-un-docx", f"{said}, et non un document Word .docx", hint)
        for name, what in ((BODY, "de corps de texte"), ("[Content_Types].xml", "de liste de ses parties")):
            if name not in members:
                raise self._refused("pas-un-docx", f"ce n'est pas un document Word (il n'a pas {what})", SAVE_AS)
        return members

    def _parsed(self, name: str, data: bytes) -> str:
        """Return the XML of a part, without the spaces between its elements."""
        if not name.endswith((".xml", ".rels")):
            return ""
        try:
            root = etree.fromstring(data, PARSER)
        except etree.XMLSyntaxError:
            raise self._refused(
                "docx-abime", f"{name} est abîmé", "Ouvrez-le et enregistrez-le dans Word.", name
            ) from None
        if root.getroottree().docinfo.doctype:
            raise self._refused(
                "xml-interdit", f"{name} déclare des entités XML : le document n'est pas sûr", name=name
            )
        if FILLED.fullmatch(name) and (root.prefix != "w" or not root.tag.startswith(W)):
            raise self._refused(
                "docx-inhabituel",
                "le document est au format « Open XML strict »"
                if root.tag.startswith(STRICT)
                else "le document n'a pas été écrit par Word",
                "Dans Word : « Enregistrer sous », type « Document Word (.docx) ».",
                name,
            )
        if name == BODY and root.find(f"{W}body") is None:
            raise self._refused("docx-abime", "le document n'a pas de corps de texte", SAVE_AS, name)
        for comment in root.findall(f"{W}comment"):
            if comment.get(f"{W}author") == AUTHOR:
                root.remove(comment)
        for branch in unread_branches(root):
            branch.getparent().remove(branch)
        for element in root.iter():
            if len(element) and not (element.text or "").strip():
                element.text = None
            if not (element.tail or "").strip():
                element.tail = None
        return str(etree.tostring(root, encoding="unicode")).replace("\n", " ")


def _with_usual_body(members: dict[str, bytes]) -> dict[str, bytes]:
    """Return the members, the body under its usual name: `_rels/.rels` says which part it is (ISO/IEC 29500-2, 9.3).

    Word Online and others call it word/document2.xml.
    """
    try:
        relations = etree.fromstring(members.get("_rels/.rels", b""), PARSER)
    except etree.XMLSyntaxError:
        return members
    main = next((one for one in relations if one.get("Type", "").endswith("/officeDocument")), None)
    name = main.get("Target", "").removeprefix("/").removeprefix("./") if main is not None else BODY
    if main is None or name == BODY or name not in members or Path(name).parent != Path(BODY).parent:
        return members
    main.set("Target", BODY)
    types = members.get("[Content_Types].xml", b"")
    types = re.sub(rb'<Override[^>]*PartName="/word/document\.xml"[^>]*/>', b"", types)
    renamed = {
        name: BODY,
        _relations_of(name): _relations_of(BODY),
    }
    kept = {former: data for former, data in members.items() if former not in renamed.values()}
    found = {renamed.get(former, former): data for former, data in kept.items()}
    return found | {
        "_rels/.rels": as_bytes(relations),
        "[Content_Types].xml": types.replace(f'"/{name}"'.encode(), f'"/{BODY}"'.encode()),
    }


def _relations_of(part: str) -> str:
    return f"{Path(part).parent.as_posix()}/_rels/{Path(part).name}.rels"


def _what_it_is(data: bytes) -> tuple[str, str]:
    """Return what a file that is no zip must be, and how to make a .docx of it."""
    if not data:
        return "le fichier est vide", "Demandez-le de nouveau à la personne qui l'a envoyé."
    if data.startswith(OLE) and "EncryptedPackage".encode("utf-16-le") in data:
        return "le document est protégé par un mot de passe", SAVE_AS
    if data.startswith(OLE):
        return "c'est un document de l'ancien Word (.doc)", SAVE_AS
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    for mark, said, hint in STARTS:
        if start.startswith(mark):
            return f"{said}, et non un document Word .docx", hint
    return "ce n'est pas un document Word .docx lisible", SAVE_AS
