"""What changed between two versions of a PDF that should not have, told by page and by field."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest

import pikepdf
import pypdfium2
from PIL import Image, ImageChops

from docgen.returned import version
from docgen.returned.signers import Signature
from docgen.returned.untrusted import clean
from docgen.returned.version import Place, View

REDRAWN = "ce qui se voit a changé, sous le même texte"
PART_OF_AMOUNT = re.compile(r"[\d.,€%]+")


def scan_changes(before: View, now: View) -> Iterator[str]:
    """Yield what a scan lacks: only its number of pages can be told."""
    if len(before.texts) != len(now.texts):
        yield f"le document numérisé a {len(now.texts)} pages au lieu de {len(before.texts)}"


def changes(before: View, now: View, rewritten: bool) -> Iterator[str]:
    """Yield what changed in the pages, their annotations and their fields.

    `rewritten` tells whether another program wrote the file anew: it may then say the same otherwise.
    """
    pairs = list(_pairs(before, now))
    redrawn = []
    for old, new in pairs:
        if old is None:
            yield f"page {_number(new)} : cette page a été ajoutée"
        elif new is None:
            yield f"la page {_number(old)} de l'original a été enlevée"
        else:
            said = _page_change(before, old, now, new, rewritten)
            if said == REDRAWN:
                redrawn.append(new)
            elif said:
                yield f"page {new + 1} : {said}"
            yield from _note_changes(before.annotations[old], now.annotations[new], new)
    if rewritten and len(redrawn) > 2 and len(redrawn) > len(pairs) / 2:  # no forger redraws most pages
        pages = "toutes les pages ont" if len(redrawn) == len(pairs) else f"{len(redrawn)} pages ont"
        yield f"{pages} été redessinées par un autre logiciel, avec les mêmes mots : comparez-les à l'œil"
    else:
        yield from (f"page {new + 1} : {REDRAWN}" for new in redrawn)
    became = {_number(old): _number(new) for old, new in pairs if old is not None and new is not None}
    yield from _field_changes(before, now, became)


def _number(index: int | None) -> int:
    return (index or 0) + 1


def _pairs(before: View, now: View) -> Iterator[tuple[int | None, int | None]]:
    """Yield which page became which."""
    old, new = ([re.sub(r"\s", "", text) for text in view.texts] for view in (before, now))
    for _, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        yield from zip_longest(range(a, b), range(c, d))


def _page_change(before: View, old: int, now: View, new: int, rewritten: bool) -> str:
    """Return what changed in what a page draws, or nothing."""
    if before.prints[old] == now.prints[new]:
        return ""
    was, words = (re.split(r"[ \t\r\n]+", view.texts[n].strip()) for view, n in ((before, old), (now, new)))
    same_words = "".join(was) == "".join(words) or (rewritten and Counter(was) == Counter(words))
    if not same_words:
        common = (Counter(was) & Counter(words)).total()
        return _quoted(was, words) if common >= 0.3 * max(len(was), len(words)) else "cette page a été remplacée"
    if not _same_image(version.image_of(before.document[old]), version.image_of(now.document[new])):
        return REDRAWN
    return "" if rewritten else "son contenu a été réécrit, sans différence visible"


def _quoted(was: Sequence[str], words: Sequence[str]) -> str:
    """Return the first words that differ."""
    start = next((n for n, (a, b) in enumerate(zip(was, words, strict=False)) if a != b), min(len(was), len(words)))
    end = 0
    while end < min(len(was), len(words)) - start and was[-1 - end] == words[-1 - end]:
        end += 1
    while start and PART_OF_AMOUNT.fullmatch(was[start - 1]):
        start -= 1
    while end and PART_OF_AMOUNT.fullmatch(was[len(was) - end]):
        end -= 1
    gone, come = (clean(" ".join(row[start : len(row) - end][:6]), 80) for row in (was, words))
    if gone and come:
        return f"« {gone} » est devenu « {come} »"
    return f"« {come} » a été ajouté" if come else f"« {gone} » a été enlevé"


def _note_changes(before: Counter[tuple[str, ...]], now: Counter[tuple[str, ...]], page: int) -> Iterator[str]:
    for kind, _, text, *_ in now - before:
        quoted = f" : « {clean(text, 80)} »" if text else ""
        yield f"page {page + 1} : une annotation ({clean(kind, 20)}) est posée dessus{quoted}"
    for kind, *_ in before - now:
        yield f"page {page + 1} : une annotation ({clean(kind, 20)}) a été enlevée ou modifiée"


def _field_changes(before: View, now: View, became: Mapping[int, int]) -> Iterator[str]:
    if before.fields and not now.fields:
        yield "les champs à remplir et à signer ont disparu : le document a été imprimé ou aplati"
        return
    for name, was in before.fields.items():
        if name not in now.fields or not now.fields[name].places:
            yield f"le champ « {name} » a été enlevé"
        elif now.fields[name].kind != was.kind:
            yield f"le champ « {name} » a changé de nature"
        elif not _near([(became.get(page, 0), box) for page, box in was.places], now.fields[name].places):
            yield f"page {now.fields[name].places[0][0]} : le champ « {name} » a été déplacé"
    for name, new in now.fields.items():
        for page, box in new.places if name not in before.fields else ():
            covered = clean(_under(now.document[page - 1], box), 80)
            if box[2] > box[0] and box[3] > box[1] and (new.kind != "/Sig" or covered):
                yield f"page {page} : un champ « {name} » a été ajouté" + (f" sur « {covered} »" if covered else "")


def _near(before: Sequence[Place], now: Sequence[Place]) -> bool:
    """Tell whether the widgets are where they were, to 2 points."""
    return len(before) == len(now) and all(
        a == b and all(abs(x - y) <= 2 for x, y in zip(p, q, strict=True))
        for (a, p), (b, q) in zip(before, now, strict=True)
    )


def _under(page: pypdfium2.PdfPage, box: tuple[int, ...]) -> str:
    text = page.get_textpage()
    try:
        return str(text.get_text_bounded(*box)).strip()
    finally:
        text.close()


def values_changed(data: bytes, now: View, signatures: Sequence[tuple[Signature, int]]) -> Iterator[str]:
    """Yield the fields that had a value when somebody signed, and have another one now: to fill in is allowed."""
    for signature, end in signatures:
        if 0 < end < len(data):
            with pikepdf.open(io.BytesIO(data[:end]), attempt_recovery=False) as pdf:
                then, _ = version.fields_of(pdf)
            for name, was in then.items():
                written = was.kind != "/Sig" and was.value.strip() and name in now.fields
                if written and now.fields[name].value != was.value:
                    yield f"le champ « {name} » a changé après la signature de {signature.name or signature.field}"


def _same_image(before: Image.Image, after: Image.Image) -> bool:
    if before.size != after.size:
        return False
    different: int = sum(ImageChops.difference(before, after).histogram()[96:])
    return different < 8
