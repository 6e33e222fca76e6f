"""Whether the tables of contents of a piece say on which of its pages each title is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

MEND = "enregistrez le modèle après avoir mis la table à jour dans Word (F9), puis recommencez"


def faults(pages: Sequence[str], listed: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with the tables of a piece, from the texts of its pages and the titles that they list."""
    text = "\n".join(pages)
    for title in dict.fromkeys(listed):
        words = r"\s+".join(re.escape(word) for word in title.split())
        found = [int(number) for number in re.findall(rf"{words}[\s.…]*?(\d+)[^\S\n]*$", text, re.M)]
        if not found:
            yield f"« {title} » n'est pas dans la table des matières ; {MEND}"
            continue
        for number in found:
            here = pages[number - 1] if 0 < number <= len(pages) else ""
            told = re.findall(rf"{words}[\s.…]*?\d+[^\S\n]*$", here, re.M)
            if len(re.findall(words, here)) <= len(told):
                yield f"page {number} : la table des matières y annonce « {title} », qui n'y est pas ; {MEND}"
