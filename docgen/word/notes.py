"""The notes of a filled document, in the order of their calls: LibreOffice takes them by their rank.

A condition that takes a call away would otherwise put the text of one note under the number of another.
"""

from __future__ import annotations

import copy

from lxml import etree

from docgen.word.package import W

KINDS = ("separator", "continuationSeparator", "continuationNotice")
"""What is no note, and stays first."""


def in_order(body: etree._Element, notes: etree._Element, kind: str) -> None:
    """Keep the notes that the body calls, in its order; a call that a loop repeats has a note of its own.

    `kind` is « footnote » or « endnote ». A call whose note is not there is left as it is.
    """
    all_of_them = {note.get(f"{W}id", ""): note for note in notes.iter(f"{W}{kind}")}
    known = {number: note for number, note in all_of_them.items() if note.get(f"{W}type") not in KINDS}
    for note in known.values():
        note.getparent().remove(note)
    number = max([0, *(int(one) for one in all_of_them.keys() - known.keys() if one.isdigit())])
    for call in body.iter(f"{W}{kind}Reference"):
        if (note := known.get(call.get(f"{W}id", ""))) is not None:
            number += 1
            own = note if note.getparent() is None else copy.deepcopy(note)
            own.set(f"{W}id", str(number))
            call.set(f"{W}id", str(number))
            notes.append(own)
