"""Each file of word_cases: what stands in Word, and what docgen says of it or prints. See word_cases/README.md."""

from __future__ import annotations

import copy
import io
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import of_sample
import pytest
import yaml
from word import footnote, marked, members, p, raw_text, shown, table, zipped

from docgen.diagnostics import Diagnostic, ProblemsFound, Severity, errors
from docgen.lint import file, rules
from docgen.word.package import BODY
from docgen.word.render import Renderer
from docgen.word.template import House

CASES = sorted(Path(__file__).with_name("word_cases").glob("*.yaml"))
KEYS = {
    "quoi", "corps", "corps_repete", "en_tete", "pied", "notes", "notes_de_fin", "commentaires", "titre", "sections",
    "relations", "membres", "fichier", "valeurs", "maison", "attendu", "imprime",
}  # fmt: skip
HEADING, END = "Article 1er – Objet", "Fin du texte"
WHOLE_FILE = {"pas-un-docx", "modele-introuvable", "modele-trop-gros", "sans-consequence"}
NO_EXTRACT = WHOLE_FILE | {"docx-abime", "docx-inhabituel", "xml-interdit"}
ENGLISH = re.compile(r"\b(the|is|not|undefined|unexpected|expected|template|object|error|line|tag)\b", re.I)
VALUES: dict[str, Any] = {
    "membre": {"nom": "Commune de Valserre", "siret": "213 500 017 00018"},
    "representant": {"nom": "Jeanne Aubert"},
    "montants": {"annuel": "139,20 €", "lignes": [{"libelle": "GFU", "prix": "9,60 €"}]},
    "grille": {"categories": [{"numero": "1", "libelle": "Jusqu’à 10"}, {"numero": "2", "libelle": "Jusqu’à 20"}]},
}


@dataclass
class Found:
    """What docgen said, and the document it made when it said nothing against it."""

    said: list[Diagnostic]
    docx: bytes = b""
    parts: dict[str, str] = field(default_factory=dict)


def paragraph(item: Any) -> str:
    """Return the XML of one item of a case: a paragraph, a table, raw XML."""
    if isinstance(item, dict):
        return item["xml"] if "xml" in item else table(*[[content(cell) for cell in row] for row in item["tableau"]])
    return p(marked(item)) if item else p()


def content(items: Any) -> str:
    return "".join(paragraph(item) for item in (items if isinstance(items, list) else [items]))


def parts_of(case: dict[str, Any]) -> dict[str, str]:
    """Return the members of the .docx of a case, its body between a heading and an end."""
    body = case.get("corps", [])
    if repeated := case.get("corps_repete"):
        before, middle, times, after = repeated
        body = [before + middle * times + after]
    raw = {
        "header1": content(case.get("en_tete", [])),
        "footer1": content(case.get("pied", [])),
        "footnotes": footnote(content(case["notes"])) if "notes" in case else "",
        "endnotes": f'<w:endnote w:id="2">{content(case["notes_de_fin"])}</w:endnote>'
        if "notes_de_fin" in case
        else "",
        "comments": f'<w:comment w:id="1">{content(case["commentaires"])}</w:comment>'
        if "commentaires" in case
        else "",
    }
    whole = p(HEADING, style="Titre1") + content(body) + p(END)
    options = {
        "title": case.get("titre", ""),
        "sections": str(case.get("sections", 1)),
        "rels": case.get("relations", ""),
    }
    return members(whole, **raw, **options) | case.get("membres", {})


def damaged(docx: bytes, how: str) -> bytes:
    """Return a file that is no sound .docx, made from one that is."""
    entry = docx.index(b"PK\x01\x02")
    corrupted = bytearray(docx)
    corrupted[80:120] = b"\xff" * 40
    return {
        "vide": b"",
        "texte": b"Bonjour",
        "ancien": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504),
        "tronque": docx[: len(docx) // 2],
        "corrompu": bytes(corrupted),
        "classeur": zipped({"xl/workbook.xml": "<workbook/>"}),
        "corps-renomme": with_body_elsewhere(docx),
        "sans-liste": zipped({BODY: "<w/>"}),
        "docm": zipped({"[Content_Types].xml": "ms-word.document.macroEnabled.main+xml", BODY: "<w/>"}),
        "dotx": zipped({"[Content_Types].xml": "wordprocessingml.template.main+xml", BODY: "<w/>"}),
        "odt": zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<o/>"}),
        "pdf": b"%PDF-1.7",
        "rtf": b"{\\rtf1 Bonjour}",
        "html": b"\xef\xbb\xbf<!DOCTYPE html><p>Bonjour</p>",
        "mot-de-passe": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        "bombe": docx[: entry + 24] + (2_000_000_000).to_bytes(4, "little") + docx[entry + 28 :],
    }[how]


def values_of(case: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a case: the usual ones, and those that it changes."""
    tree = copy.deepcopy(VALUES)
    for path, value in case.get("valeurs", {}).items():
        branch, last = path.split(".")
        tree[branch][last] = value
    return tree


def write(case: dict[str, Any], folder: Path) -> Path:
    path = folder / "t.docx"
    docx = zipped(parts_of(case))
    if case.get("fichier") != "absent":
        path.write_bytes(damaged(docx, case["fichier"]) if "fichier" in case else docx)
    return path


def with_body_elsewhere(docx: bytes) -> bytes:
    """Return the file, its body called word/document2.xml, an old body left beside it."""
    with zipfile.ZipFile(io.BytesIO(docx)) as package:
        members = {name: package.read(name) for name in package.namelist()}
    members["word/document2.xml"] = members[BODY]
    members["word/_rels/document2.xml.rels"] = members.pop("word/_rels/document.xml.rels")
    members[BODY] = members[BODY].replace(b"Le membre", b"Un ancien membre")
    members["_rels/.rels"] = members["_rels/.rels"].replace(b"word/document.xml", b"/word/document2.xml")
    return zipped({name: data.decode() for name, data in members.items()})


def house_of(case: dict[str, Any]) -> House:
    """Return what the workspace of a case knows: nothing, unless it says."""
    said = case.get("maison", {})
    return House(said.get("imprime", {}), frozenset(said.get("styles", ())))


def examine(path: Path, values: dict[str, Any], house: House) -> Found:
    """Do what a build does: open, lint, and fill when nothing forbids it."""
    found = Found([])
    try:
        template = of_sample.template(path, house=house)
        found.parts = {part.name: part.where for part in (*template.parts, *template.unfilled)}
        found.said = rules.check(template)
        if not errors(found.said):
            found.docx = Renderer(template).fill(values).docx
    except ProblemsFound as problems:
        found.said += problems.diagnostics
    return found


@pytest.fixture(autouse=True)
def no_fonts_but_carlito(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cases say the same on every machine."""
    monkeypatch.setattr(file, "font_for", lambda family: "Carlito")


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_docgen_refuses_it_or_prints_it_right(file: Path, tmp_path: Path) -> None:
    case = yaml.safe_load(file.read_text("utf-8"))
    assert set(case) - KEYS == set()
    found = examine(write(case, tmp_path), values_of(case), house_of(case))
    wanted = case.get("attendu", [])
    if not {"sans-consequence", "police-jumelle"} & {w["code"] for w in wanted}:
        found.said = [d for d in found.said if d.severity is not Severity.INFO]
    assert [d.code for d in found.said] == [w["code"] for w in wanted], [str(d) for d in found.said]
    assert [w["contient"] for d, w in zip(found.said, wanted, strict=True) if w.get("contient", "") not in str(d)] == []
    for said in found.said:
        check_place(said, found, tmp_path / "t.docx")
        assert ENGLISH.findall(said.message + said.hint) == []
    if "imprime" in case:
        assert printed(found.docx) == ([case["imprime"]] if isinstance(case["imprime"], str) else case["imprime"])
    else:
        assert errors(found.said), "a case says what is wrong or what is printed"


def printed(docx: bytes) -> list[str]:
    """Return the text of a filled case: its body without the heading and the end, then the other parts."""
    body = shown(docx)
    assert (body[0], body.count(END)) == (HEADING, 1)
    body.remove(END)
    others = [line for part in ("header1", "footer1", "footnotes") for line in shown(docx, part)]
    return body[1:] + others


def check_place(said: Diagnostic, found: Found, path: Path) -> None:
    """A place names the file, the part, the heading above in the body, and words that Word's search finds there."""
    place = said.place
    assert place.file == "t.docx"
    assert bool(place.within) == (said.code not in WHOLE_FILE)
    names = [name for name, where in found.parts.items() if place.within.split(",")[0] == where]
    if not names or said.code in NO_EXTRACT:
        return
    if names == ["word/document.xml"] and place.extract != HEADING:
        assert place.within.replace(", zone de texte", "") == f"corps, « {HEADING} »"
    docx = path.read_bytes()
    lines = "\n".join("\n".join(shown(docx, Path(name).stem)) or raw_text(docx, name) for name in names)
    assert place.extract
    assert place.extract in re.sub(r"[^\S\n\t]+", " ", lines)
