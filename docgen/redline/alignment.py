"""Which blocks of two parts answer each other, and which words of two paragraphs.

Takes blocks, rows or tokens; gives pairs of places, and changes. Never pairs all with all: long tables stay a matter of
seconds.
"""

from __future__ import annotations

import bisect
import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from lxml import etree

from docgen.redline.revisions import inside
from docgen.redline.wording import TOKEN, Token, all_said, flat, said
from docgen.word.package import W

COMMON = 0.4
"""Of the words of two paragraphs, the share that is the same for one to be shown as a change of the other."""
COMMON_OF_TABLES = 0.2
BUDGET = 200_000
"""Pairs of blocks that may be looked at between two that are sure."""


class Item:
    """A block or a row, as it is compared with others."""

    def __init__(self, element: etree._Element) -> None:
        row = element.tag == f"{W}tr"
        self.element = element
        self.said = tuple(all_said(cell) for cell in inside(element, f"{W}tc")) if row else said(element)
        text = flat(self.said)
        self.words = Counter(word for word in TOKEN.findall(text) if len(word) > 1 or word.isalnum())
        self.size = self.words.total()
        self.rough = re.sub(r"\d+", "0", text)
        self.kind: tuple[Any, ...] = (element.tag,)
        if row:
            self.kind += tuple(_span(cell) for cell in inside(element, f"{W}tc"))
        elif element.tag == f"{W}tbl":
            self.kind += (len(element.findall(f"{W}tblGrid/{W}gridCol")),)
        self.enough = COMMON_OF_TABLES if element.tag == f"{W}tbl" else COMMON
        self.key = (self.kind, self.said)

    def likeness(self, other: Item) -> float:
        """Return 0 when the two are not to be paired, 2 when they say the same, the share of common words else."""
        if self.key == other.key:
            return 2
        total = self.size + other.size
        if self.kind != other.kind or not total:
            return 0
        small, large = (self.words, other.words) if len(self.words) < len(other.words) else (other.words, self.words)
        share = 2 * sum(min(count, large[word]) for word, count in small.items() if word in large) / total
        return share if share >= self.enough else 0


def _span(cell: etree._Element) -> str:
    found = cell.find(f"{W}tcPr/{W}gridSpan")
    return "1" if found is None else str(found.get(f"{W}val"))


Pairs = list[tuple[int, int]]
Change = tuple[bool, int, int, int, int]
"""Whether the words are the same; where they stand among the old ones, among the new ones."""


def planned(old: Sequence[Token], new: Sequence[Token]) -> list[Change] | None:
    """Return what changes from words to words; None when too few are common."""
    found = _merged(_shortened(_merged(_changes(old, new)), old, new))
    common = sum(token.heavy for same, a, b, _, _ in found if same for token in old[a:b])
    total = sum(token.heavy for token in (*old, *new))
    return found if total and 2 * common / total >= COMMON else None


def _merged(changes: Iterable[Change]) -> list[Change]:
    found: list[Change] = []
    for same, a, b, c, d in changes:
        if found and found[-1][0] == same:
            found[-1] = (same, found[-1][1], b, found[-1][3], d)
        elif a < b or c < d:
            found.append((same, a, b, c, d))
    return found


def _changes(old: Sequence[Token], new: Sequence[Token]) -> Iterator[Change]:
    """Yield what changes; words are compared first, the spaces that follow them afterwards.

    Signs between two changes are part of one change: « 1, 2 » and « 3, 4 » have but a comma in common.
    """
    was, now = _starts(old), _starts(new)
    keys = [old[start].key for start in was[:-1]], [new[start].key for start in now[:-1]]
    opcodes = difflib.SequenceMatcher(None, *keys, autojunk=False).get_opcodes()
    for place, (kind, a, b, c, d) in enumerate(opcodes):
        ends = place in (0, len(opcodes) - 1)
        if kind != "equal" or not (ends or any(old[start].heavy for start in was[a:b])):
            yield False, was[a], was[b], now[c], now[d]
            continue
        for i, j in zip(range(a, b), range(c, d), strict=True):
            spaces = [
                [token.key for token in side] for side in (old[was[i] + 1 : was[i + 1]], new[now[j] + 1 : now[j + 1]])
            ]
            yield True, was[i], was[i] + 1, now[j], now[j] + 1
            yield spaces[0] == spaces[1], was[i] + 1, was[i + 1], now[j] + 1, now[j + 1]


def _starts(found: Sequence[Token]) -> list[int]:
    """Return where each word begins, the first one with the spaces before it, and where the last one ends."""
    return [place for place, token in enumerate(found) if not (place and token.key.isspace())] + [len(found)]


def _shortened(changes: Iterable[Change], old: Sequence[Token], new: Sequence[Token]) -> Iterator[Change]:
    """Yield the changes, each without the spaces that are the same at its ends."""
    for same, a, b, c, d in changes:
        end = 0
        while not same and end < min(b - a, d - c) and _same_space(old[b - end - 1], new[d - end - 1]):
            end += 1
        yield same, a, b - end, c, d - end
        yield True, b - end, b, d - end, d


def _same_space(one: Token, other: Token) -> bool:
    return one.key == other.key and one.key.isspace()


def paired(old: Sequence[Item], new: Sequence[Item], *, exact: bool) -> Pairs:
    """Return the places of what is on both sides, in order: what says the same, then what is alike unless `exact`."""
    names: list[Callable[[Item], Any]] = [lambda item: item.key]
    if not exact:
        names.append(lambda item: (item.kind, item.rough))
    return _between(old, new, (0, len(old), 0, len(new)), names, exact)


def _between(
    old: Sequence[Item],
    new: Sequence[Item],
    within: tuple[int, int, int, int],
    names: Sequence[Callable[[Item], Any]],
    exact: bool,
) -> Pairs:
    a, b, c, d = within
    found: Pairs = []
    while a < b and c < d and old[a].key == new[c].key:
        found.append((a, c))
        a, c = a + 1, c + 1
    ends: Pairs = []
    while a < b and c < d and old[b - 1].key == new[d - 1].key:
        b, d = b - 1, d - 1
        ends.append((b, d))
    ends.reverse()
    if a == b or c == d:
        return found + ends
    if not names:
        return found + _alike(old, new, (a, b, c, d), exact) + ends
    sure = _sure([names[0](item) for item in old[a:b]], [names[0](item) for item in new[c:d]])
    rest = names if sure and len(sure) < min(b - a, d - c) else names[1:]
    for i, j in [*((a + i, c + j) for i, j in sure), (b, d)]:
        found += _between(old, new, (a, i, c, j), rest, exact) + ([(i, j)] if i < b else [])
        a, c = i + 1, j + 1
    return found + ends


def _sure(old: Sequence[Any], new: Sequence[Any]) -> Pairs:
    """Return the places of the names that stand once on each side, those that keep their order."""
    counts, places = Counter(old), Counter(new)
    at = {name: j for j, name in enumerate(new)}
    once = [(i, at[name]) for i, name in enumerate(old) if counts[name] == 1 == places[name]]
    ends: list[int] = []
    chains: list[tuple[int, int, Any]] = []
    heads: list[Any] = []
    for i, j in once:
        length = bisect.bisect_left(ends, j)
        chain = (i, j, heads[length - 1] if length else None)
        chains.append(chain)
        ends[length : length + 1], heads[length : length + 1] = [j], [chain]
    found: Pairs = []
    last = heads[-1] if heads else None
    while last:
        found.append(last[:2])
        last = last[2]
    return found[::-1]


def _alike(old: Sequence[Item], new: Sequence[Item], within: tuple[int, int, int, int], exact: bool) -> Pairs:
    """Return the pairs whose likeness is the greatest in all, order kept; of many blocks, those not far apart."""
    a, b, c, d = within
    size, width = d - c, max(20, BUDGET // (b - a))
    rows: list[tuple[int, list[float]]] = [(0, [0.0] * (size + 1))]

    def best(i: int, j: int) -> float:
        low, row = rows[i]
        return row[min(max(j - low, 0), len(row) - 1)]

    def likeness(i: int, j: int) -> float:
        found = old[a + i - 1].likeness(new[c + j - 1])
        return found if not exact or found == 2 else 0

    for i in range(1, b - a + 1):
        middle = i * size // (b - a)
        low, high = max(0, middle - width // 2), min(size, middle + width // 2)
        row = [best(i - 1, low)]
        rows.append((low, row))
        for j in range(low + 1, high + 1):
            like = likeness(i, j)
            row.append(max(best(i - 1, j), row[-1], best(i - 1, j - 1) + like if like else 0))
    found: Pairs = []
    i, j = b - a, size
    while i and j:
        if best(i, j) == best(i - 1, j):
            i -= 1
        elif best(i, j) == best(i, j - 1):
            j -= 1
        else:
            i, j = i - 1, j - 1
            found.append((a + i, c + j))
    return found[::-1]
