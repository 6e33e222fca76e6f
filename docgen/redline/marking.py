"""Mark, in the tree of a part, what changed since another tree: words, paragraphs, rows, tables.

Takes two trees without tracked changes (`wording.clean`); changes the new one in place.
"""

from __future__ import annotations

import copy
import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

from docgen.redline.alignment import Change, Item, paired, planned
from docgen.redline.carried import NOTES, Carrier
from docgen.redline.revisions import BLOCKS, RUNS, SHELLS, Marks, inside
from docgen.redline.wording import Token, boxes_of, canonical, look, tokens, units
from docgen.word.package import W


@dataclass
class _Op:
    """What becomes of a block: kept, when it is on both sides; deleted, inserted."""

    old: Any
    new: Any
    within: Callable[[], None] | None = None
    """Marks what changed within a block that is kept."""
    mark: str = ""
    """What becomes of the end of a paragraph: « ins », « del », nothing."""
    takes: etree._Element | None = None
    """The paragraph whose properties it takes; its own are told as those before."""
    had: etree._Element | None = None
    """The old paragraph whose properties are told as those before."""

    @property
    def is_kept(self) -> bool:
        return self.old is not None and self.new is not None

    @property
    def block(self) -> etree._Element:
        return self.old if self.new is None else self.new

    @property
    def is_paragraph(self) -> bool:
        return bool(self.block.tag == f"{W}p")


def _settled(ops: list[_Op]) -> list[_Op]:
    """Return the changes so that a paragraph that stays ends each stretch of paragraphs.

    At the end of a cell, and before a table, the mark of a paragraph has no paragraph to join.
    """
    _end_alike(ops)
    found: list[_Op] = []
    for is_paragraph, group in itertools.groupby(ops, key=lambda op: op.is_paragraph):
        stretch = list(group)
        found += _settled_stretch(stretch) if is_paragraph else stretch
    return found


def _end_alike(ops: list[_Op]) -> None:
    """Put the last old paragraph and the last new one in the same stretch."""
    last_old = max(place for place, op in enumerate(ops) if op.old is not None)
    last_new = max(place for place, op in enumerate(ops) if op.new is not None)
    first, last = sorted((last_old, last_new))
    if all(op.is_paragraph for op in ops[first:last]):
        return
    op = ops[first]
    gone, come = _Op(op.old, None, mark="del"), _Op(None, op.new, mark="ins")
    moved, stays = (gone, come) if last_new > last_old else (come, gone)
    ops[first : first + 1] = [stays] if op.is_kept else []
    ops.insert(len(ops) - 1, moved)


def _settled_stretch(ops: list[_Op]) -> list[_Op]:
    found: list[_Op] = []
    before: _Op | None = None
    for kept, group in itertools.groupby(ops, key=lambda op: op.is_kept):
        gap = list(group)
        at_end = gap[-1] is ops[-1]
        gone, come = [op for op in gap if op.new is None], [op for op in gap if op.old is None]
        if not kept and at_end and gone and come:
            gap = [*gone[:-1], *come[:-1], _Op(gone[-1].old, come[-1].new, had=gone[-1].old)]
        elif not kept and at_end and before is not None:
            _shift(before, gap)
        found += gap
        before = gap[-1]
    return found


def _shift(kept: _Op, gap: list[_Op]) -> None:
    """Have what is inserted or deleted after a paragraph begin with the end of that one, and leave the last end."""
    last = gap[-1]
    kept.mark, last.mark = last.mark, ""
    last.takes = kept.new if last.new is None else None
    last.had = kept.old if last.old is None else last.old


class Story:
    """One part: marks, in its new tree, what changed since the old one."""

    def __init__(self, carrier: Carrier, marks: Marks, *, coarse: bool) -> None:
        self.carrier = carrier
        self.marks = marks
        self.coarse = coarse
        self.looks: list[etree._Element] = []
        """The paragraphs whose format changed and whose words did not."""
        self.notes: dict[str, str] = {}
        """Of the notes that are called where others were, the numbers: new, old."""

    def compare(self, old: Sequence[etree._Element], new: Sequence[etree._Element]) -> None:
        """Mark the new blocks, where they stand, and put the old ones among them."""
        following = None
        ops = _settled(self._ops(old, new))
        last = next(op.new for op in reversed(ops) if op.new is not None)
        for op in reversed(ops):
            if op.new is not None:
                self._mark(op)
                following = op.new
                continue
            block = self.deleted(op)
            if following is None:
                last.addnext(block)
            else:
                _outermost(following, BLOCKS).addprevious(block)
            following = block

    def _ops(self, old: Sequence[etree._Element], new: Sequence[etree._Element]) -> list[_Op]:
        """Return what becomes of the blocks: in each place, first what is deleted, then what is inserted."""
        was, now = [Item(block) for block in old], [Item(block) for block in new]
        found: list[_Op] = []
        a = c = 0
        for i, j in [*paired(was, now, exact=self.coarse), (len(was), len(now))]:
            within = self._within(was[i], now[j]) if i < len(was) else None
            if i < len(was) and within is None:
                continue
            found += [_Op(item.element, None, mark="del") for item in was[a:i]]
            found += [_Op(None, item.element, mark="ins") for item in now[c:j]]
            if within:
                had = was[i].element if was[i].key != now[j].key and was[i].element.tag == f"{W}p" else None
                found.append(_Op(was[i].element, now[j].element, within, had=had))
            a, c = i + 1, j + 1
        return found

    def _within(self, old: Item, new: Item) -> Callable[[], None] | None:
        """Return what marks the changes within a block; None when it is better replaced whole."""
        if old.key == new.key:
            return functools.partial(self.unchanged, old.element, new.element)
        if new.element.tag == f"{W}tbl":
            rows = self._ops(list(inside(old.element, f"{W}tr")), list(inside(new.element, f"{W}tr")))
            same = any(op.within for op in rows)
            return functools.partial(self._mark_rows, rows) if same else None
        if new.element.tag == f"{W}tr":
            return functools.partial(self._mark_cells, old.element, new.element)
        was, now = tokens(old.element), tokens(new.element)
        plan = planned(was, now)
        return functools.partial(self._mark_words, new.element, was, now, plan) if plan else None

    def _mark(self, op: _Op) -> None:
        block = op.new
        if op.within:
            op.within()
        elif op.is_paragraph:
            gone = self._gone(op.old) if op.old is not None else []
            for run in list(inside(block, *RUNS)):
                self.marks.on_run(run, "ins")
            at = 0 if block.find(f"{W}pPr") is None else 1
            block[at:at] = gone
        else:
            self.marks.inserted(block)
        if op.had is not None:
            self._tell_properties(block, op.had)
        if op.is_paragraph and op.mark:
            self.marks.on_paragraph(block, op.mark)

    def _gone(self, paragraph: etree._Element) -> list[etree._Element]:
        """Return what an old paragraph says, marked as deleted; nothing when it says nothing."""
        return self._deleted([run for unit in units(paragraph) for run in unit.runs])

    def _deleted(self, runs: Sequence[etree._Element]) -> list[etree._Element]:
        carried = [made for run in runs if (made := self.carrier.run(run)) is not None]
        if not carried:
            return []
        mark = self.marks.made("del")
        mark.extend(carried)
        return [mark]

    def deleted(self, op: _Op) -> etree._Element:
        """Return an old block as deleted."""
        if not op.is_paragraph:
            return self._deleted_table(op.old)
        made = etree.Element(f"{W}p")
        if op.takes is not None:
            self._take_properties(made, op.takes)
        elif (props := op.old.find(f"{W}pPr")) is not None:
            made.append(self.carrier.carried(props))
        made.extend(self._gone(op.old))
        if op.had is not None:
            self._tell_properties(made, op.had)
        if op.mark:
            self.marks.on_paragraph(made, op.mark)
        return made

    def _take_properties(self, paragraph: etree._Element, other: etree._Element) -> None:
        """Give a paragraph the properties of another, and the end of its section."""
        props = other.find(f"{W}pPr")
        if props is None:
            return
        paragraph.append(copy.deepcopy(props))
        for section in props.findall(f"{W}sectPr"):
            props.remove(section)

    def _tell_properties(self, paragraph: etree._Element, had: etree._Element) -> None:
        before = had.find(f"{W}pPr")
        before = etree.Element(f"{W}pPr") if before is None else self.carrier.carried(before)
        for form in before.findall(f"{W}rPr"):
            before.remove(form)
        if _form(before) != _form(paragraph.find(f"{W}pPr")):
            self.marks.on_properties(paragraph, before)

    def _deleted_table(self, table: etree._Element) -> etree._Element:
        made = etree.Element(f"{W}tbl")
        made.extend(self.carrier.carried(props) for props in table if props.tag in (f"{W}tblPr", f"{W}tblGrid"))
        made.extend(self._deleted_row(row) for row in inside(table, f"{W}tr"))
        return made

    def _deleted_row(self, row: etree._Element) -> etree._Element:
        made = etree.Element(f"{W}tr")
        made.extend(self.carrier.carried(props) for props in row if props.tag in (f"{W}tblPrEx", f"{W}trPr"))
        for cell in inside(row, f"{W}tc"):
            one = etree.SubElement(made, f"{W}tc")
            one.extend(self.carrier.carried(props) for props in cell.findall(f"{W}tcPr"))
            one.extend(self.deleted(_Op(block, None, mark="del")) for block in inside(cell, *BLOCKS))
        self.marks.on_row(made, "del")
        return made

    def new_note(self, note: etree._Element) -> None:
        """Mark a note, where it stands, as inserted; its last paragraph has nothing to join."""
        *blocks, last = inside(note, *BLOCKS)
        for block in blocks:
            self.marks.inserted(block)
        self._mark(_Op(None, last))

    def old_note(self, note: etree._Element, number: str) -> etree._Element:
        """Return a note that is no longer called, as deleted, under that number."""
        made = etree.Element(note.tag, {f"{W}id": number})
        *blocks, last = inside(note, *BLOCKS)
        made.extend(self.deleted(_Op(block, None, mark="del")) for block in blocks)
        made.append(self.deleted(_Op(last, None)))
        return made

    def _mark_rows(self, ops: Sequence[_Op]) -> None:
        following = None
        for op in reversed(ops):
            if op.new is None:
                row = self._deleted_row(op.old)
                if following is None:
                    next(one.new for one in reversed(ops) if one.new is not None).addnext(row)
                else:
                    _outermost(following, (f"{W}tr",)).addprevious(row)
                following = row
                continue
            following = op.new
            if op.within:
                op.within()
            else:
                self.marks.inserted_row(op.new)

    def _mark_cells(self, old: etree._Element, new: etree._Element) -> None:
        for was, now in zip(inside(old, f"{W}tc"), list(inside(new, f"{W}tc")), strict=True):
            self.compare(list(inside(was, *BLOCKS)), list(inside(now, *BLOCKS)))

    def _mark_words(
        self, paragraph: etree._Element, was: Sequence[Token], now: Sequence[Token], plan: Sequence[Change]
    ) -> None:
        for same, a, b, c, d in plan:
            if same:
                for old, new in zip(was[a:b], now[c:d], strict=True):
                    self._same_object(old, new)
                continue
            gone = self._deleted([run for token in was[a:b] for run in token.runs])
            for mark in gone:
                if c < len(now):
                    _outermost(now[c].runs[0], RUNS).addprevious(mark)
                elif now:
                    _outermost(now[-1].runs[-1], RUNS, last=True).addnext(mark)
                else:
                    paragraph.append(mark)
            for run in [run for token in now[c:d] for run in token.runs]:
                self.marks.on_run(run, "ins")

    def _same_object(self, old: Token, new: Token) -> None:
        """Look into what stands at the same place among the same words."""
        for was, now in zip(old.runs, new.runs, strict=False):
            self._same_notes(was, now)
            for olds, news in zip((boxes_of(was)[0],) * 2, boxes_of(now), strict=True):
                for one, other in zip(olds, news, strict=False):
                    self.compare(list(inside(one, *BLOCKS)), list(inside(other, *BLOCKS)))

    def _same_notes(self, old: etree._Element, new: etree._Element) -> None:
        for was, now in zip(old.iter(*NOTES), new.iter(*NOTES), strict=True):
            self.notes[now.get(f"{W}id")] = was.get(f"{W}id")

    def unchanged(self, old: etree._Element, new: etree._Element) -> None:
        """Look at a block that says the same: at the notes that it calls, at its format."""
        self._same_notes(old, new)
        for was, now in zip(old.iter(f"{W}p"), new.iter(f"{W}p"), strict=False):
            if look(was) != look(now):
                self.looks.append(now)


def _outermost(element: etree._Element, kinds: tuple[str, ...], *, last: bool = False) -> etree._Element:
    """Return the element, or the link or the content control that begins (or ends) with it."""
    while (parent := element.getparent()).tag in (*SHELLS, f"{W}ins"):
        beside = element.itersiblings(preceding=not last)
        if any(True for sibling in beside for _ in sibling.iter(*kinds)):
            break
        element = parent
    return element


def _form(props: etree._Element | None) -> bytes:
    """Return the properties of a paragraph, without those of its mark and of its section."""
    own = copy.deepcopy(props) if props is not None else etree.Element(f"{W}pPr")
    for inner in own.xpath("*[local-name()='rPr' or local-name()='sectPr' or local-name()='pPrChange']"):
        own.remove(inner)
    return canonical(own)
