"""Whether the tables of contents of a piece say on which of its pages each title is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from docgen.diagnostics import Diagnostic
from docgen.packs.places import Shown

STALE = "Dans Word, mettez la table à jour (F9), vérifiez les styles des titres, enregistrez, puis recommencez."


def faults(shown: Shown, listed: Sequence[str]) -> Iterator[Diagnostic]:
    """Yield what is wrong with the tables of a piece, that list those titles."""
    for title in dict.fromkeys(listed):
        words = r"\s+".join(re.escape(word) for word in title.split())
        found = [int(number) for number in re.findall(rf"{words}[\s.…]*?(\d+)[^\S\n]*$", shown.text, re.M)]
        if not found:
            said = f"« {title} » n'est pas dans la table des matières"
            yield shown.problem("table-fausse", said, STALE, words=title)
        for number in found:
            here = shown.pages[number - 1] if 0 < number <= len(shown.pages) else ""
            told = re.findall(rf"{words}[\s.…]*?\d+[^\S\n]*$", here, re.M)
            if len(re.findall(words, here)) <= len(told):
                said = f"la table des matières annonce « {title} » page {number}, qui n'y est pas"
                yield shown.problem("table-fausse", said, STALE, words=title)
