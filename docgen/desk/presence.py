"""Whether somebody still has the desk before their eyes: it closes with its last window."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

GOODBYE = 15.0
"""Seconds between a page that says that it closes and the end: going from page to page takes less."""
LOST = 900.0
"""Seconds without a word after which a page is taken for closed; a browser lets hidden pages sleep for a while."""


@dataclass
class Presence:
    """The pages that are open."""

    clock: Callable[[], float] = time.monotonic
    seen: dict[str, float] = field(default_factory=dict)
    """When each was heard last."""
    left: float | None = None
    """When the last one closed."""

    def here(self, page: str) -> None:
        """Note that a page is open."""
        if len(self.seen) < 1000 or page in self.seen:
            self.seen[page] = self.clock()
        self.left = None

    def bye(self, page: str) -> None:
        """Note that a page closes."""
        if self.seen.pop(page, None) is not None and not self.seen:
            self.left = self.clock()

    def over(self) -> bool:
        """Tell whether all pages have closed; not before one was open."""
        now = self.clock()
        if self.seen and now - max(self.seen.values()) > LOST:
            self.seen.clear()
            self.left = now - GOODBYE
        return self.left is not None and now - self.left >= GOODBYE
