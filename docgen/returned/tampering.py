"""What changed between two versions of a PDF that should not have, told by page and by field."""

from __future__ import annotations

import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher

import pikepdf
import pypdfium2

from docgen import formats
from docgen.returned import eyes, looks, objects, version
from docgen.returned.looks import Look
from docgen.returned.signers import Signature
from docgen.returned.untrusted import clean
from docgen.returned.version import Field, Place, View

REDRAWN = "ce qui se voit a changé, sous le même texte"
REWRITTEN = "son contenu a été réécrit, sans différence visible"
PAGE = re.compile(r"page (\d+) : (.*)", re.S)
PART_OF_AMOUNT = re.compile(r"[\d.,€%]+")


def changes(before: View, now: View, rewritten: bool) -> Iterator[str]:
    """Yield what changed in the pages, their annotations and their fields.

    `rewritten` tells whether another program wrote the file anew: it may then say the same otherwise.
    """
    pairs = list(_pairs(before, now))
    became = {old + 1: new + 1 for old, new in pairs if old is not None and new is not None}
    seen = eyes.differences(before, now, became)
    redrawn = []
    yield from _order(pairs)
    for old, new in pairs:
        if old is None:
            yield f"page {_number(new)} : cette page a été ajoutée"
        elif new is None:
            yield f"la page {_number(old)} de l'original a été enlevée"
        else:
            told = list(_note_changes(before, now, old, new))
            said = _page_change(before, old, now, new, rewritten)
            if said and (said != REWRITTEN or new + 1 not in seen):
                told.append(f"page {new + 1} : {said}")
            if new + 1 in seen and not told:
                redrawn.append(new)
            yield from told
    if rewritten and len(redrawn) > 2 and len(redrawn) > len(pairs) / 2:  # no forger redraws most pages
        pages = "toutes les pages ont" if len(redrawn) == len(pairs) else f"{len(redrawn)} pages ont"
        yield f"{pages} été redessinées par un autre logiciel, avec les mêmes mots : comparez-les à l'œil"
    else:
        yield from (f"page {new + 1} : {REDRAWN}{_beside(now, new, seen[new + 1])}" for new in redrawn)
    yield from _field_changes(before, now, became)
    if now.fields or not before.fields or not rewritten:  # what is printed anew has lost all that, and it is told
        yield from objects.changes(before, now, became)
    if not rewritten:
        yield from objects.orphans(before, now)


def together(said: Iterable[str]) -> list[str]:
    """Return the sentences, one for all the pages of which the same is said, in the order of the first."""
    pages: dict[str, list[int]] = {}
    for one in said:
        found = PAGE.fullmatch(one)
        pages.setdefault(found[2] if found else one, []).append(int(found[1]) if found else 0)
    return [what if not any(where) else f"{_pages(where)} : {what}" for what, where in pages.items()]


def _pages(numbers: Sequence[int]) -> str:
    """Return « page 3 », « pages 1 à 4 », « pages 1, 3 et 7 »."""
    rows = sorted(set(numbers))
    if len(rows) == 1:
        return f"page {rows[0]}"
    if rows == list(range(rows[0], rows[-1] + 1)) and len(rows) > 2:
        return f"pages {rows[0]} à {rows[-1]}"
    return f"pages {formats.listing(map(str, rows))}"


def _beside(now: View, page: int, spot: eyes.Spot) -> str:
    """Return the words that stand where a page looks otherwise."""
    left, bottom, right, top = spot
    words = clean(_under(now.document[page], (left - 60, bottom - 2, right + 60, top + 2)), 60)
    return f", vers « {words} »" if words else ""


def _order(pairs: Sequence[tuple[int | None, int | None]]) -> Iterator[str]:
    order = [old for old, _ in sorted((p for p in pairs if p[1] is not None), key=lambda p: p[1] or 0)]
    kept = [old for old in order if old is not None]
    if kept != sorted(kept):
        listed = ", ".join(str(old + 1) if old is not None else "autre" for old in order)
        yield f"les pages de l'original ont été mises dans un autre ordre : {clean(listed, 80)}"


def _number(index: int | None) -> int:
    return (index or 0) + 1


def _pairs(before: View, now: View) -> Iterator[tuple[int | None, int | None]]:
    """Yield which page became which: by their words in order, then wherever they are, then by their place."""
    old, new = ([re.sub(r"\s", "", text) for text in view.texts] for view in (before, now))
    left: tuple[list[int], list[int]] = [], []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from zip(range(a, b), range(c, d), strict=True)
            continue
        gone, come = list(range(a, b)), list(range(c, d))
        if tag == "replace":
            yield from zip(gone, come, strict=False)
        left[0].extend(gone[len(come) :] if tag == "replace" else gone)
        left[1].extend(come[len(gone) :] if tag == "replace" else come)
    for was in list(left[0]):
        found = [n for n in left[1] if old[was] and new[n] == old[was]]
        if found:
            yield was, found[0]
            left[0].remove(was)
            left[1].remove(found[0])
    yield from ((was, None) for was in left[0])
    yield from ((None, come) for come in left[1])


def _page_change(before: View, old: int, now: View, new: int, rewritten: bool) -> str:
    """Return what changed in what a page draws, or nothing: what is only seen is told by the eyes."""
    if before.prints[old] == now.prints[new]:
        return ""
    spaces = r"\s+" if rewritten else r"[ \t\r\n]+"  # another program may write no-break spaces otherwise
    was, words = (re.split(spaces, view.texts[n].strip()) for view, n in ((before, old), (now, new)))
    same_words = "".join(was) == "".join(words) or (rewritten and Counter(was) == Counter(words))
    if not same_words:
        if version.is_scan(now.document[new]):
            return "cette page a été remplacée par une image"
        common = (Counter(was) & Counter(words)).total()
        return _quoted(was, words) if common >= 0.3 * max(len(was), len(words)) else "cette page a été remplacée"
    return "" if rewritten else REWRITTEN


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


def _note_changes(before: View, now: View, old: int, new: int) -> Iterator[str]:
    was, found = before.annotations[old], now.annotations[new]
    notes = {said: note for said, note in now.notes[new]}
    for said in found - was:
        kind, _, text, *_ = said
        look = now.looks[said]
        words = clean(text or look.words, 80)
        quoted = f" : « {words} »" if words else (" : elle y dessine quelque chose" if look.inked else "")
        does = objects.acts(notes[said]) if said in notes else ""
        yield f"page {new + 1} : une annotation ({clean(kind, 20)}) est posée dessus{quoted}{does}"
    for kind, *_ in was - found:
        yield f"page {new + 1} : une annotation ({clean(kind, 20)}) a été enlevée ou modifiée"


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
        if name not in before.fields:
            yield from _added(name, new, now)


def _added(name: str, new: Field, now: View) -> Iterator[str]:
    """Yield what a field that was not there does: one that is signed and draws nothing is told with its signature."""
    told = False
    for (page, box), widget in zip(new.places, new.widgets, strict=True):
        look = looks.of(widget)
        covered = clean(_under(now.document[page - 1], box), 80) if box[2] > box[0] and box[3] > box[1] else ""
        if look.inked or covered:
            over = f" sur « {covered} »" if covered else ""
            shows = f" ; il montre « {clean(look.words, 80)} »" if look.words else ""
            yield f"page {page} : un champ « {name} » a été ajouté{over}{shows}"
            told = True
    if not told and not (new.kind == "/Sig" and new.value):
        where = f"page {new.places[0][0]} : " if new.places else ""
        yield f"{where}un champ « {name} » a été ajouté"


def shown_otherwise(before: View, now: View) -> Iterator[str]:
    """Yield the fields of the original that show something else than their value."""
    fonts = {before.objects.of(font) for font in _fonts(before)}
    for name, was in before.fields.items():
        field = now.fields.get(name)
        if field is None or field.kind != was.kind:
            continue
        for (page, _), widget in zip(field.places, field.widgets, strict=True):
            look = looks.of(widget)
            if said := _misread(field, look, looks.strange_fonts(widget, fonts, now.objects)):
                yield f"page {page} : le champ « {name} » {said}"


def _fonts(view: View) -> Iterator[object]:
    yield from looks.fonts_of(view.pdf.Root.get("/AcroForm", pikepdf.Dictionary()).get("/DR"))


def _misread(field: Field, look: Look, strange: bool) -> str:
    """Return how what a field shows differs from its value; nothing when one reads what was typed."""
    value, words = _squeezed(field.value), _squeezed(look.words)
    quoted, typed = clean(look.words, 80), clean(field.value, 80)
    if field.kind == "/Sig":
        return f"montre « {quoted} » sans être signé" if look.inked and not field.value else ""
    if not value:
        return f"montre « {quoted} » sans rien contenir" if words or look.inked else ""
    if not words and not look.inked:
        return f"contient « {typed} » et n'en montre rien"
    if words != value:
        return f"contient « {typed} » et montre « {quoted} »"
    if not look.legible:
        return f"contient « {typed} », écrit d'une encre qui ne se voit pas"
    if look.drawn or strange:
        return f"contient « {typed} », dessiné autrement que par des lettres : ce qui se voit peut être autre chose"
    return ""


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).replace("-", "")


def _near(before: Sequence[Place], now: Sequence[Place]) -> bool:
    """Tell whether the widgets are where they were, to 2 points."""
    return len(before) == len(now) and all(
        a == b and all(abs(x - y) <= 2 for x, y in zip(p, q, strict=True))
        for (a, p), (b, q) in zip(before, now, strict=True)
    )


def _under(page: pypdfium2.PdfPage, box: Sequence[float]) -> str:
    text = page.get_textpage()
    try:
        return str(text.get_text_bounded(*box)).strip()
    finally:
        text.close()


def since_signatures(
    data: bytes, now: View, signatures: Sequence[tuple[Signature, int]]
) -> tuple[list[str], dict[str, str]]:
    """Return what changed since somebody signed, and after whose signature each value came: to fill in is allowed."""
    said: list[str] = []
    after: dict[str, str] = {}
    for signature, end in signatures:
        if not 0 < end < len(data):
            continue
        who = signature.name or signature.field
        with pikepdf.open(io.BytesIO(data[:end]), attempt_recovery=False) as pdf:
            then, _ = version.fields_of(pdf)
            for name, was in then.items():
                field = now.fields.get(name)
                if field is None:
                    continue
                if not was.value.strip():
                    if field.value.strip():
                        after[name] = who
                elif (was.kind != "/Sig" and field.value != was.value) or _looks(field) != _looks(was):
                    said.append(f"le champ « {name} » a changé après la signature de {who}")
    return said, after


def _looks(field: Field) -> list[Look]:
    return [looks.of(widget) for widget in field.widgets]


def archived_no_more(now: View) -> Iterator[str]:
    """Yield what viewers and signers drew in a way that PDF/A does not admit: a font that is not in the file."""
    named = [
        name
        for name, field in now.fields.items()
        if any(not looks.embedded(font) for w in field.widgets for font in looks.fonts_in(w))
    ]
    if named:
        shown = ", ".join(f"« {name} »" for name in named[:3]) + (", …" if len(named) > 3 else "")
        yield f"le tampon ou le texte de {shown} emploie une police absente du fichier : il n'est plus conforme à PDF/A"
