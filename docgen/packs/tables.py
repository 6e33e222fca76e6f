"""Whether the tables of contents of a piece say on which of its pages each title is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from docgen.diagnostics import Diagnostic
from docgen.packs.places import Shown
from docgen.pdf.pdftext import squeezed
from docgen.word.passages import as_read

STALE = "Dans Word, mettez la table à jour (F9), vérifiez les styles des titres, enregistrez, puis recommencez."


def faults(shown: Shown, listed: Sequence[str]) -> Iterator[Diagnostic]:
    """Yield what is wrong with the tables of a piece, that list those titles."""
    pages = [as_read(page) for page in shown.pages]
    for title in dict.fromkeys(listed):
        # A page may show capitals, spaced letters, a raised « er » that pdfium sets apart.
        words = r"\s*".join(map(re.escape, squeezed(title)))
        line = re.compile(rf"{words}[\s.…]*?(\d+)[^\S\n]*$", re.M | re.I)
        found = [int(number) for number in line.findall("\n".join(pages))]
        if not found:
            yield shown.problem("table-fausse", f"« {title} » n'est pas dans la table des matières", STALE, words=title)
        for number in found:
            here = pages[number - 1] if 0 < number <= len(pages) else ""
            if len(re.findall(words, here, re.I)) <= len(line.findall(here)):
                said = f"la table des matières annonce « {title} » page {number}, qui n'y est pas"
                yield shown.problem("table-fausse", said, STALE, words=title)
