"""Where on the finished pages a problem is: piece, article, page, words to search for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from docgen.diagnostics import Diagnostic, Place
from docgen.pdf.pdftext import squeezed
from docgen.word.passages import Passage

TELLING = 12
"""Characters, spaces left out, by which a passage is known on a page."""
QUOTED = 60


@dataclass
class Shown:
    """One piece as its pages show it, beside the document that it was made of."""

    titre: str
    pages: Sequence[str]
    """The text of each of its pages."""
    passages: Sequence[Passage] = ()
    before: int = 0
    """Pages of the pack that stand before it."""
    compared: tuple[Counter[str], Counter[str]] | None = field(default=None, repr=False)
    """Its words against those of the document, once `words` has looked at them."""

    @cached_property
    def text(self) -> str:
        """All its text."""
        return "\n".join(self.pages)

    @cached_property
    def _squeezed(self) -> list[str]:
        return [squeezed(page).casefold() for page in self.pages]

    def problem(
        self, code: str, message: str, hint: str, *, words: str = "", page: int = 0, article: str = ""
    ) -> Diagnostic:
        """Return a problem of this piece; its article is looked for when it is not given, `page` counts from 1.

        Where no words are at fault, those that begin the page stand for it.
        """
        page = page or self.page_of(words)
        here = self.pages[page - 1] if page <= len(self.pages) else ""
        words = words.strip() or next((line.strip() for line in here.splitlines() if line.strip()), self.titre)
        article = article or self._article_of(words) or self._article_of(here)
        within = f"« {article} »" if article else "tout le document"
        place = Place(self.titre, within=within, extract=words[:QUOTED].strip(), page=self.before + page)
        return Diagnostic(place, code, message, hint)

    def _article_of(self, words: str) -> str:
        """Return the article that the words are in, or the first one among them."""
        known = squeezed(words).casefold()
        texts = ((p.article, squeezed(p.text).casefold()) for p in self.passages if p.article)
        return next((article for article, text in texts if text and (known in text or text in known)), "")

    def page_of(self, words: str) -> int:
        """Return the first page that shows the words, from 1; the first one when none does."""
        known = squeezed(words).casefold()
        return next((n for n, text in enumerate(self._squeezed, 1) if known and known in text), 1)

    def shows(self, passage: Passage) -> bool:
        """Tell whether a passage stands on one page as it is."""
        known = squeezed(passage.text).casefold()
        return any(known in text for text in self._squeezed)

    def of_passage(self, passage: Passage, code: str, message: str, hint: str) -> Diagnostic:
        """Return a problem of one passage: on its page, or on that of what stands before it."""
        at = self.passages.index(passage)
        page = next(self._pages_up_from(at), 1)
        return self.problem(code, message, hint, words=passage.quotable, page=page, article=passage.article)

    def _pages_up_from(self, at: int) -> Iterator[int]:
        for passage in reversed(self.passages[: at + 1]):
            known = squeezed(passage.text).casefold()
            if len(known) >= TELLING:
                yield from (n for n, text in enumerate(self._squeezed, 1) if known[-40:] in text)
