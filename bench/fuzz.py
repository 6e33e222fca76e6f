"""Whatever the Word file, an answer: damages templates at random for some minutes, and checks what comes of each.

    python bench/fuzz.py [MINUTES] [--seed N]

Flips bits, cuts the zip, writes noise in its XML, moves and doubles elements, cuts tags into runs, changes braces. A
crash, a wait of more than `TOO_LONG` seconds or an answer without words is a failure: the file is kept beside, and its
name printed. What is sound enough is filled, annotated and compared with what it was; every answer is checked.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import random
import signal
import sys
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from lxml import etree

from docgen.champs.pack import values
from docgen.champs.volets import champs_of
from docgen.diagnostics import ProblemsFound, errors
from docgen.lawyers import checks, rename
from docgen.lint import comments
from docgen.packs.contents import dossier
from docgen.records.workspace import Workspace, load
from docgen.redline.tracked import CannotCompare, redline
from docgen.word import syntax
from docgen.word.codes import FATES
from docgen.word.package import W, zipped
from docgen.word.render import Renderer

ROOT = Path(__file__).parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.docx"))
TOO_LONG = 60
"""Seconds for all that is done with one file."""
NOISE = ("<", ">", "&", "{{", "}}", "{%", "%}", "{%p if x %}", "{#", "\u200b", "\u00a0", "«", "</w:p>", "<w:p>", "\x00")

Damage = Callable[[random.Random, bytes], bytes]


def members(docx: bytes) -> dict[str, bytes]:
    """Return the members of a .docx."""
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def bits(dice: random.Random, docx: bytes) -> bytes:
    """Flip some bits anywhere in the file."""
    data = bytearray(docx)
    for _ in range(dice.choice((1, 3, 20))):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    return bytes(data)


def cut(dice: random.Random, docx: bytes) -> bytes:
    """Cut the end, or a piece, off the file."""
    start = dice.randrange(len(docx))
    return docx[:start] + docx[start + dice.randrange(2000) :] if dice.random() < 0.5 else docx[:start]


def noise(dice: random.Random, docx: bytes) -> bytes:
    """Write noise in the XML of a part."""
    parts = members(docx)
    name = dice.choice([name for name in parts if name.endswith((".xml", ".rels"))])
    text = parts[name].decode()
    for _ in range(dice.choice((1, 2, 5))):
        at = dice.randrange(len(text))
        text = text[:at] + dice.choice(NOISE) + text[at + dice.choice((0, 0, 3)) :]
    return zipped({**parts, name: text.encode()})


def words(dice: random.Random, docx: bytes) -> bytes:
    """Write noise in the texts alone: the XML stays sound, the tags do not."""
    parts = members(docx)
    root = etree.fromstring(parts["word/document.xml"])
    texts = [t for t in root.iter(f"{W}t") if t.text]
    for text in dice.sample(texts, min(5, len(texts))):
        at = dice.randrange(len(text.text) + 1)
        text.text = text.text[:at] + dice.choice(NOISE[:-1]) + text.text[at + dice.choice((0, 1, 2)) :]
    return zipped({**parts, "word/document.xml": etree.tostring(root)})


def elements(dice: random.Random, docx: bytes) -> bytes:
    """Move, double or drop elements of the body."""
    parts = members(docx)
    root = etree.fromstring(parts["word/document.xml"])
    for _ in range(dice.choice((1, 3, 8))):
        all_of_them = [e for e in root.iter() if e.getparent() is not None and e.getparent() is not root]
        one, other = dice.choice(all_of_them), dice.choice(all_of_them)
        with contextlib.suppress(ValueError):  # inside itself
            kind = dice.random()
            if kind < 0.4:
                other.addnext(etree.fromstring(etree.tostring(one)))
            elif kind < 0.7:
                other.addprevious(one)
            else:
                one.getparent().remove(one)
    return zipped({**parts, "word/document.xml": etree.tostring(root)})


def fields(dice: random.Random, docx: bytes) -> bytes:
    """Put fields of Word anywhere, whole, cut or nested, with bookmarks that are there or not."""
    parts = members(docx)
    root = etree.fromstring(parts["word/document.xml"])
    for _ in range(dice.choice((1, 2, 5))):
        name = dice.choice((*FATES, "INCONNU", ""))
        code = f" {name} {dice.choice(OPTIONS)} "
        pieces = [_mark("begin"), _run("instrText", code), _mark("separate"), _run("t", "montré"), _mark("end")]
        if dice.random() < 0.3:
            pieces.remove(dice.choice(pieces))
        if dice.random() < 0.2:
            pieces.insert(dice.randrange(len(pieces)), _run("instrText", " PAGE "))
        simple = etree.Element(f"{W}fldSimple", {f"{W}instr": code})
        simple.append(_run("t", "simple"))
        _strewn(dice, root, pieces if dice.random() < 0.8 else [simple])
    marks = [e for e in root.iter(f"{W}bookmarkStart", f"{W}bookmarkEnd")]
    for mark in dice.sample(marks, min(2, len(marks))):
        mark.getparent().remove(mark)
    return zipped({**parts, "word/document.xml": etree.tostring(root)})


def notes(dice: random.Random, docx: bytes) -> bytes:
    """Put calls of notes, content controls, signs and frames against words, with or without what they refer to."""
    parts = members(docx)
    root = etree.fromstring(parts["word/document.xml"])
    for _ in range(dice.choice((1, 3, 6))):
        kind = dice.choice(
            ("footnoteReference", "endnoteReference", "sym", "noBreakHyphen", "softHyphen", "framePr", "sdt")
        )
        if kind == "framePr":
            paragraph = dice.choice(list(root.iter(f"{W}p")))
            props = paragraph.find(f"{W}pPr")
            props = etree.SubElement(paragraph, f"{W}pPr") if props is None else props
            props.append(etree.Element(f"{W}framePr", {f"{W}dropCap": dice.choice(("drop", "margin", ""))}))
        elif kind == "sdt":
            control = etree.Element(f"{W}sdt")
            etree.SubElement(etree.SubElement(control, f"{W}sdtPr"), f"{W}showingPlcHdr")
            etree.SubElement(control, f"{W}sdtContent").append(_run("t", "Choisissez un élément."))
            _strewn(dice, root, [control])
        else:
            run = _run(kind, "")
            run[0].set(f"{W}id", str(dice.choice((-1, 0, 1, 2, 99))))
            if kind == "sym":
                run[0].set(f"{W}font", dice.choice(("Wingdings", "Symbol", "Inconnue", "")))
                run[0].set(f"{W}char", dice.choice(("F0FE", "00B7", "zz", "")))
            _strewn(dice, root, [run])
    return zipped({**parts, "word/document.xml": etree.tostring(root)})


def _run(kind: str, text: str) -> etree._Element:
    run = etree.Element(f"{W}r")
    etree.SubElement(run, f"{W}{kind}").text = text or None
    return run


def _mark(kind: str) -> etree._Element:
    run = _run("fldChar", "")
    run[0].set(f"{W}fldCharType", kind)
    return run


def _strewn(dice: random.Random, root: etree._Element, pieces: list[etree._Element]) -> None:
    """Put the pieces one after the other, in one paragraph most often, between its runs."""
    runs = [run for run in root.iter(f"{W}r") if run.getparent() is not None]
    at = dice.choice(runs)
    for piece in pieces:
        at.addnext(piece)
        at = dice.choice(runs) if dice.random() < 0.05 else piece


OPTIONS = (
    "", "x", "_Ref1", "_Toc9 \\h", "sig_membre \\r \\h", '"https://exemple.fr"', '\\l "ici"', "Tableau \\* ROMAN",
    "Tableau \\s 1", '\\o "1-3" \\h', '\\c "Tableau"', "{{ membre.nom }}", "\\p", '1 = 1 "oui" "non"',
)  # fmt: skip
DAMAGES: tuple[Damage, ...] = (bits, cut, noise, words, words, elements, elements, fields, fields, notes, notes)


def examine(path: Path, sound: dict[str, bytes], tree: dict[str, object]) -> str:
    """Do all that docgen does with a Word file; return in a word what came of it."""
    checked = checks.of_file(path, path.name)
    assert all(problem.message and problem.place.file for problem in checked.problems)
    assert not any(problem.code == "fichier-illisible" for problem in checked.problems), "no better answer"
    template = checked.template
    if template is None:
        assert errors(checked.problems)
        return "refused"
    copy = comments.annotated(template.members, checked.problems, "2023-04-11")
    assert members(copy)
    for part in template.parts:
        assert len(part.reading.faults) <= syntax.MAX_FAULTS
    with contextlib.suppress(CannotCompare):
        redline(sound, template.members, "2023-04-11T00:00:00Z")
    with contextlib.suppress(ProblemsFound):
        rename.planned(template, "membre.nom", "membre.siret")
    try:
        Renderer(template).fill(dict(tree))
    except ProblemsFound:
        return "told" if errors(checked.problems) else "told as it is filled"
    return "filled"


def too_long(number: int, frame: FrameType | None) -> None:
    """Stop what takes too long."""
    raise TimeoutError(f"more than {TOO_LONG} s")


def main() -> None:
    """Damage and examine until the time is over; print what came of the files, exit 1 when one is a failure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("minutes", nargs="?", type=float, default=3)
    parser.add_argument("--seed", type=int, default=5)
    asked = parser.parse_args()
    dice = random.Random(asked.seed)
    place = Workspace(ROOT)
    data = load(place)
    tree = values(dossier(data, data.membres[0]), champs_of(data.edition)).tree
    signal.signal(signal.SIGALRM, too_long)
    count: Counter[str] = Counter()
    slowest, failures, end = 0.0, [], time.monotonic() + asked.minutes * 60
    path = Path("damaged.docx")
    while time.monotonic() < end:
        template = dice.choice(TEMPLATES)
        damage = dice.choice(DAMAGES)
        path.write_bytes(damage(dice, template.read_bytes()))
        start = time.perf_counter()
        signal.alarm(TOO_LONG)
        try:
            count[f"{damage.__name__}: {examine(path, members(template.read_bytes()), tree)}"] += 1
        except Exception:
            kept = path.with_name(f"failure-{sum(count.values())}.docx")
            kept.write_bytes(path.read_bytes())
            failures.append(f"{kept} ({template.name}, {damage.__name__})\n{traceback.format_exc()}")
            count["FAILURE"] += 1
        finally:
            signal.alarm(0)
        slowest = max(slowest, time.perf_counter() - start)
    path.unlink(missing_ok=True)
    print(*(f"{n:6} {what}" for what, n in sorted(count.items())), sep="\n")
    print(f"{sum(count.values())} files, the slowest {slowest:.1f} s", *failures, sep="\n")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
