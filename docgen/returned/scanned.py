"""A pack that comes back on paper: what the scanner or Tesseract reads, page by page, against what was sent.

What is read from a picture is never sure: it names the pages to look at, and nothing is accepted by it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

import pypdfium2

from docgen import formats, scratch
from docgen.returned.untrusted import clean

NUMBER = re.compile(r"(?<![^\W_])(?:\d+,\d+|\d{2,})(?![^\W_])")
"""An amount, or a number of two digits and more, that is no part of a code (« 8411Z »)."""
WORD = re.compile(r"[^\W_]{3,}")
SAME_PAGE = 0.4
"""The share of its words that makes a page the same page."""
TOLD = 3
"""Words of a page that are quoted."""
DPI = 200
SECONDS = 90
"""That Tesseract may take for a file."""


def read_pages(document: pypdfium2.PdfDocument) -> list[str] | None:
    """Return what Tesseract reads on each page; None when it is not there, or reads no French."""
    program = shutil.which("tesseract")
    if program is None or "fra" not in _run([program, "--list-langs"], 10).split():
        return None
    found = []
    with scratch.folder() as folder:
        for number, page in enumerate(document):
            picture = Path(folder) / f"{number}.png"
            width, height = page.get_size()
            scale = min(DPI / 72, (2e7 / (width * height)) ** 0.5)
            page.render(scale=scale, grayscale=True).to_pil().save(picture)
            found.append(_run([program, str(picture), "-", "-l", "fra"], SECONDS))
    return found


def _run(command: Sequence[str], seconds: int) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=seconds, check=True, env={**os.environ, "OMP_THREAD_LIMIT": "1"}
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace")


def compare(original: Sequence[str], read: Sequence[str]) -> Iterator[str]:
    """Yield the pages of a scan that do not read as the original; the texts are those of its pages, in their order."""
    became = dict(_pairs(original, read))
    missing = [number for number in range(len(original)) if number not in became]
    if len(read) != len(original):
        yield f"le document numérisé a {formats.plural(len(read), 'page')} au lieu de {len(original)}"
    if missing and became:
        which = formats.listing(str(number + 1) for number in missing)
        many = "les pages" if len(missing) > 1 else "la page"
        yield f"{many} {which} de l'original n'y {'sont' if len(missing) > 1 else 'est'} pas, ou ne s'y lit pas"
    order = [became[number] for number in sorted(became)]
    if order != sorted(order):
        yield "ses pages ne sont pas dans l'ordre de l'original"
    for old, new in sorted(became.items(), key=lambda pair: pair[1]):
        if said := list(_differences(original[old], read[new])):
            yield f"page {new + 1} : {' ; '.join(said)}"


def _pairs(original: Sequence[str], read: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield which page of the original each page reads as, the surest first."""
    old, new = ([Counter(_words(text)) for text in texts] for texts in (original, read))
    scores = [
        ((a & b).total() / max(1, a.total()), -abs(i - j), i, j) for i, a in enumerate(old) for j, b in enumerate(new)
    ]
    taken: tuple[set[int], set[int]] = set(), set()
    for score, _, i, j in sorted(scores, reverse=True):
        if score >= SAME_PAGE and i not in taken[0] and j not in taken[1]:
            taken[0].add(i)
            taken[1].add(j)
            yield i, j


def _words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKD", text.casefold())
    return WORD.findall("".join(c for c in folded if not unicodedata.combining(c)))


def _differences(original: str, read: str) -> Iterator[str]:
    gone, come = _numbers(original, read)
    if gone:
        yield f"on n'y lit pas {formats.listing(gone[:TOLD])}"
    if come:
        yield f"on y lit {formats.listing(come[:TOLD])}, que l'original n'a pas"
    lost, new = (list((Counter(a) - Counter(b)).elements()) for a, b in _both(_words(original), _words(read)))
    lost = [word for word in lost if not any(c.isdigit() for c in word) and not get_close_matches(word, new, 1, 0.75)]
    if lost:
        quoted = ", ".join(f"« {clean(word, 30)} »" for word in list(dict.fromkeys(lost))[:TOLD])
        yield f"on n'y lit pas {quoted}"


def _numbers(original: str, read: str) -> tuple[list[str], list[str]]:
    """Return the numbers that are not read any more, and those that are read anew.

    « 7 672,32 » is two groups, that a scanner may glue: a long group that the original has, without its spaces, is its.
    """
    was, found = (Counter(NUMBER.findall(text)) for text in (original, read))
    gone, come = list((was - found).elements()), list((found - was).elements())
    whole = re.sub(r"\s", "", original)
    glued = [one for one in come if len(one.split(",")[0]) > 3 and one in whole]
    gone = [one for one in gone if not any(other.startswith(one) or other.endswith(one) for other in glued)]
    come = [one for one in come if one not in glued and ("," in one or any("," not in other for other in gone))]
    return list(dict.fromkeys(gone)), list(dict.fromkeys(come))


def _both(one: list[str], other: list[str]) -> tuple[tuple[list[str], list[str]], tuple[list[str], list[str]]]:
    return (one, other), (other, one)
