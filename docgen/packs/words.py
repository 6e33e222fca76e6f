"""The words of a piece, both ways: all those of the document are on its pages, and its pages show no others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from docgen import formats
from docgen.diagnostics import Diagnostic
from docgen.packs.places import Shown
from docgen.pdf.pdftext import squeezed
from docgen.word.passages import Passage, words_of

NOTE_MARK = re.compile(r"\d{1,3}|[ivxlc]{1,6}|[a-z]{1,2}")
"""The number of a note as it is called: 1, iv, b."""
NUMBER = re.compile(r"\d{1,3}|[ivxlc]{1,6}|[a-z]")
"""What LibreOffice prints by itself: the numbers of pages, of notes and of lists."""
HIDDEN = (
    "Dans Word, cherchez ces mots : sont-ils masqués, dans un cadre, une zone de texte ou une cellule trop petite, ou "
    "recouverts ? Remettez-les dans le texte."
)
UNFILLED = "Rien n'est à changer dans la fiche : cherchez ces mots dans le modèle, la place qui suit est trop petite."


def lost(shown: Shown) -> Iterator[Diagnostic]:
    """Yield the passages of which the pages do not show each word as often as they should."""
    missing, _ = compared(shown)
    for passage in shown.passages:
        gone = [word for word in dict.fromkeys(passage.words) if missing[word] > 0]
        if gone and not shown.shows(passage):
            for word in gone:
                missing[word] -= passage.words.count(word)
            yield _told(shown, passage, gone)
    for passage in shown.passages:  # each stands somewhere, and one of two alike is lost
        gone = [word for word in dict.fromkeys(passage.words) if missing[word] > 0]
        for word in gone:
            missing[word] = 0
        if gone:
            yield _told(shown, passage, gone)


def _told(shown: Shown, passage: Passage, gone: Sequence[str]) -> Diagnostic:
    said = formats.plural(len(gone), "mot du document n'est pas", "mots du document ne sont pas")
    values = {word for value in passage.printed for word in words_of(value)}
    named = next((f", dont « {word} »" for word in gone if word not in values), "")
    return shown.of_passage(passage, "mot-perdu", f"{said} dans le PDF{named}", HIDDEN)


def compared(shown: Shown) -> tuple[Counter[str], Counter[str]]:
    """Return the words of the document that its pages do not show, and those that they show besides."""
    if shown.compared is None:
        shown.compared = _compared(shown)
    missing, besides = shown.compared
    return Counter(missing), Counter(besides)


def _compared(shown: Shown) -> tuple[Counter[str], Counter[str]]:
    seen = words_of(shown.text)
    wanted = Counter(word for passage in shown.passages for word in passage.words)
    missing, foreign = wanted - Counter(seen), Counter(seen) - wanted
    if missing:
        _join(missing, foreign, seen)
        _drop_caps(missing, foreign, shown.passages)
        called = {word for passage in shown.passages for word in passage.called}
        for word in [word for word in missing if word in called]:
            for other in [other for other in foreign if _is_called(word, other)]:
                both = min(missing[word], foreign[other])
                missing[word] -= both
                foreign[other] -= both
    return +missing, +foreign


def _join(missing: Counter[str], foreign: Counter[str], seen: Sequence[str]) -> None:
    """Find the words that pdfium cuts: where the size changes (« 1 er »), between spaced letters, at the end of a line.

    Their pieces stand side by side.
    """
    for word in list(missing):
        for start, piece in enumerate(seen):
            if missing[word] <= 0:
                break
            end = start + 1
            while piece != word and word.startswith(piece) and end < len(seen):
                piece, end = piece + seen[end], end + 1
            if piece == word and end > start + 1:
                missing[word] -= 1
                foreign -= Counter(seen[start:end])


def _drop_caps(missing: Counter[str], foreign: Counter[str], passages: Iterable[Passage]) -> None:
    """Find the words whose first letter is as high as several lines: pdfium reads it with the last of these."""
    for passage in passages:
        first, initial = (passage.words or ("",))[0], passage.initial
        rest = first.removeprefix(initial)
        if not initial or missing[first] <= 0 or (rest and foreign[rest] <= 0):
            continue
        beside = next(
            (seen for seen in foreign if seen.startswith(initial) and missing[seen.removeprefix(initial)] > 0), ""
        )
        if beside or foreign[initial] > 0:
            missing[first] -= 1
            foreign[rest] -= bool(rest)
            foreign[beside or initial] -= 1
            missing[beside.removeprefix(initial)] -= bool(beside)


def _is_called(word: str, seen: str) -> bool:
    """Tell whether what is seen is a word with the number of a note against it, before or after."""
    after, before = seen.removeprefix(word), seen.removesuffix(word)
    return any(rest != seen and NOTE_MARK.fullmatch(rest) for rest in (after, before))


def foreign(shown: Shown, around: Iterable[str]) -> Iterator[str]:
    """Yield the words that the pages show and that are neither the template's nor a record's, with their page.

    `around` are the words of headers and footers, and those that tables of contents and numbers of lists say again.
    """
    known = {*around, *(word for passage in shown.passages for word in words_of(passage.label))}
    _, besides = compared(shown)
    for word in besides:
        if word not in known and not NUMBER.fullmatch(word):
            page = next((n for n, text in enumerate(shown.pages, 1) if word in words_of(text)), 1)
            yield f"page {shown.before + page} : « {word} » n'est ni dans le modèle ni dans la fiche"


def missing_values(shown: Shown, values: Iterable[str]) -> Iterator[Diagnostic]:
    """Yield the passages whose values are not on the pages; these are not quoted: they may be personal data."""
    text = squeezed(shown.text).casefold()
    joined = squeezed(re.sub(r"-\s*\n\s*", "", shown.text)).casefold()
    """With the words that a line cuts in one piece."""
    gone = [value for value in dict.fromkeys(values) if not _stands(value, text) and not _stands(value, joined)]
    for passage in shown.passages:
        if here := [value for value in gone if value in passage.printed]:
            gone = [value for value in gone if value not in here]
            said = formats.plural(len(here), "valeur de la fiche n'est pas", "valeurs de la fiche ne sont pas")
            yield shown.of_passage(passage, "valeur-perdue", f"{said} dans le PDF", UNFILLED)
    if gone:
        said = formats.plural(len(gone), "valeur de la fiche n'est pas", "valeurs de la fiche ne sont pas")
        yield shown.problem("valeur-perdue", f"{said} dans le PDF", UNFILLED)


def _stands(value: str, shown: str) -> bool:
    """Tell whether a value is on the pages: in one go, or cut in two where a page may end.

    A line, hence a page, never ends at a no-break space: amounts and identifiers are never cut.
    """
    if squeezed(value).casefold() in shown:
        return True
    words = value.split(" ")
    cuts = ((" ".join(words[:n]), " ".join(words[n:])) for n in range(1, len(words)))
    return any(squeezed(before).casefold() in shown and squeezed(after).casefold() in shown for before, after in cuts)
