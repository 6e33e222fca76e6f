"""What the pages of a finished pack show, as pdfium reads them; a page that was read before is not read again.

The charter of all members is on pages alike: the same instructions, the same fonts, letter for letter.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pikepdf import Array, Dictionary, Object, Pdf, Stream

from docgen.packs import margins
from docgen.pdf.pdftext import opened, text_of
from docgen.word.area import NOWHERE, Layout

REMEMBERED = 512
"""Pages."""


@dataclass(frozen=True)
class Seen:
    """What a page shows."""

    text: str
    clear: bool
    """Whether no text stands beyond its margins."""


_known: OrderedDict[tuple[bytes, Layout], Seen] = OrderedDict()
"""By all that draws the page, and by where it may hold text."""


def pages(data: bytes, pdf: Pdf, layouts: Sequence[Layout]) -> list[Seen]:
    """Return what each page shows; `layouts` tells where each may hold text, and `pdf` is the same file, open."""
    digests = _Digests()
    known = itertools.chain(layouts, itertools.repeat(NOWHERE))
    keys = [(digests.of_page(page.obj), layout) for page, layout in zip(pdf.pages, known, strict=False)]
    found = dict(_read(data, keys))
    for key in keys:
        if key not in _known:
            _known[key] = found[key]
        _known.move_to_end(key)
    seen = [_known[key] for key in keys]
    while len(_known) > REMEMBERED:
        _known.popitem(last=False)
    return seen


def _read(data: bytes, keys: Sequence[tuple[bytes, Layout]]) -> Iterator[tuple[tuple[bytes, Layout], Seen]]:
    """Yield what the pages show that are not known yet."""
    with opened(data) as document:
        for number, key in enumerate(keys):
            if key not in _known:
                page = document[number]
                textpage = page.get_textpage()
                yield key, Seen(text_of(textpage), margins.clear(page, textpage, key[1]))
                textpage.close()


class _Digests:
    """The fingerprints of the objects of one file."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], bytes] = {}

    def of_page(self, page: Object) -> bytes:
        """Return that of all that draws a page: its annotations are no part of it."""
        drawn = Dictionary({
            name: page[name] for name in ("/MediaBox", "/CropBox", "/Rotate", "/UserUnit") if name in page
        })  # fmt: skip
        inside = [self.of(page.get(name, Dictionary())) for name in ("/Contents", "/Resources")]
        return hashlib.sha256(b"".join([drawn.unparse(), *inside])).digest()

    def of(self, thing: Any) -> bytes:
        """Return that of an object and of all that it leads to."""
        if not isinstance(thing, Object):
            return repr(thing).encode()
        number = thing.objgen
        if number == (0, 0):
            return self._of(thing)
        if number not in self._known:
            self._known[number] = b""  # one that leads back to itself
            self._known[number] = self._of(thing)
        return self._known[number]

    def _of(self, thing: Object) -> bytes:
        if isinstance(thing, Array):
            return hashlib.sha256(b"[" + b",".join(map(self.of, thing.as_list()))).digest()
        if isinstance(thing, Dictionary | Stream):
            said = hashlib.sha256(b"<")
            for key, value in sorted(thing.items()):
                said.update(key.encode() + b" " + self.of(value))
            if isinstance(thing, Stream):
                said.update(thing.read_raw_bytes())
            return said.digest()
        return thing.unparse()
