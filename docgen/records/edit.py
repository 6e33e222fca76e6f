"""Change members in members.yaml: their lines alone are written anew, all others stay byte for byte.

Takes the bytes of the file and what a member should say; gives the new bytes. Comments stay, also those of the member.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from docgen.diagnostics import Diagnostic, Place, ProblemsFound
from docgen.records import layout, reading
from docgen.records.reading import KEY, Record


@dataclass(frozen=True)
class Block:
    """The lines of one member."""

    first: int
    """Its first line, from 0."""
    end: int
    """The line after its last."""
    column: int
    """How many characters stand before its fields."""


def index_of(record: Record, membre: str) -> int | None:
    """Return which item of the file is the member of that id; None when there is none."""
    found = (n for n, row in enumerate(record.items("membres")) if _says(row, "id") == membre)
    return next(found, None)


def changed(data: bytes, shown_as: str, membre: str, wanted: Mapping[str, Any]) -> bytes:
    """Return the file with that member saying `wanted`. Raises as `rewritten` does."""
    return rewritten(data, shown_as, {membre: wanted})


def noted(data: bytes, shown_as: str, changes: Mapping[str, Callable[[Any], None]]) -> bytes:
    """Return the file once each of the `changes` has added to the record of its member, a mapping of ruamel.

    Raises `ProblemsFound` as `rewritten` does, also when a change did anything but add.
    """
    record = sound(reading.parse(data, shown_as))
    if absent := [name for name in changes if index_of(record, name) is None]:
        raise ProblemsFound(_absent(record, name) for name in absent)
    by_index = {index: change for name, change in changes.items() if (index := index_of(record, name)) is not None}
    mark, text, end = _decoded(data)
    lines = text.split("\n")
    for index in sorted(by_index, reverse=True):  # from the last: the places of those before still hold
        block = block_of(record, lines, index)
        change = partial(_in_text, by_index[index])
        after = layout.applied(_dedented(lines[block.first : block.end], block.column), change)
        lines[block.first : block.end] = _indented(after, block.column, lines[block.first])
    made = mark + end.join(lines).encode()
    old, new = record.items("membres"), reading.parse(made, shown_as).items("membres")
    wrong = [
        index
        for index, row in enumerate(old)
        if index >= len(new) or not (_holds(new[index], row) if index in by_index else new[index] == row)
    ]
    if wrong or len(old) != len(new):
        raise ProblemsFound([_refused(record, index) for index in wrong or [0]])
    return made


def _in_text(change: Callable[[Any], None], tree: Any) -> None:
    change(tree)
    layout.as_text(tree)


def _holds(new: Any, old: Any) -> bool:
    """Tell whether a record says all that another says, and maybe more."""
    if isinstance(old, dict):
        return isinstance(new, dict) and all(value is None or _holds(new.get(key), value) for key, value in old.items())
    if isinstance(old, list):
        return isinstance(new, list) and len(new) >= len(old) and all(map(_holds, new, old))
    return bool(new == old)


def added(data: bytes, shown_as: str, said: Mapping[str, Any]) -> bytes:
    """Return the file with one member more, after the last. Raises as `rewritten` does."""
    return rewritten(data, shown_as, {}, [said])


def rewritten(
    data: bytes, shown_as: str, changes: Mapping[str, Mapping[str, Any]], new: Sequence[Mapping[str, Any]] = ()
) -> bytes:
    """Return the file with each member of `changes` saying what is wanted, by its id, and the `new` ones at the end.

    Each wanted field is written, or removed where it is empty; a field that is not named stays. Raises `ProblemsFound`
    when there is no such member or no list of members, or when the lines of one cannot be written without changing
    something else.
    """
    record = sound(reading.parse(data, shown_as))
    rows = record.items("membres")
    if absent := [name for name in changes if index_of(record, name) is None]:
        raise ProblemsFound(_absent(record, name) for name in absent)
    if not rows:
        hint = "Écrivez d'abord un membre à la main : « docgen init » en donne la forme."
        raise ProblemsFound([Diagnostic(record.place(()), "ecriture-refusee", "aucune liste de membres", hint)])
    mark, text, end = _decoded(data)
    lines = text.split("\n")
    wanted = {index: said for name, said in changes.items() if (index := index_of(record, name)) is not None}
    if new:
        lines = _with_new(lines, block_of(record, lines, len(rows) - 1), new)
    for index in sorted(wanted, reverse=True):  # from the last: the places of those before still hold
        block = block_of(record, lines, index)
        before = _dedented(lines[block.first : block.end], block.column)
        after = _indented(layout.edited(before, wanted[index]), block.column, lines[block.first])
        lines[block.first : block.end] = after
    made = mark + end.join(lines).encode()
    _verify(record, reading.parse(made, shown_as), wanted, new)
    return made


def sound(record: Record) -> Record:
    """Return a record that says something. Raises `ProblemsFound` with what keeps it from being read."""
    if not isinstance(record.tree, dict):
        raise ProblemsFound(record.diagnostics or [_refused(record, 0)])
    return record


def _absent(record: Record, name: str) -> Diagnostic:
    hint = "La fiche a-t-elle été renommée ou supprimée ? Revenez à la liste des membres."
    return Diagnostic(record.place(()), "fiche-absente", f"« {name} » n'y est plus", hint)


def _with_new(lines: Sequence[str], last: Block, new: Sequence[Mapping[str, Any]]) -> list[str]:
    dash = lines[last.first].index("-")
    blank = [""] if last.first and not lines[last.first - 1].strip() else []
    found = []
    for said in new:
        body = layout.edited([], said)
        found += [*blank, f"{' ' * dash}- {body[0]}", *(f"{' ' * (dash + 2)}{line}" for line in body[1:])]
    return [*lines[: last.end], *found, *(lines[last.end :] or [""])]


def removed(data: bytes, shown_as: str, membre: str) -> bytes:
    """Return the file without that member. Raises `ProblemsFound` when it is not there, or is the only one."""
    record = sound(reading.parse(data, shown_as))
    index, rows = index_of(record, membre), record.items("membres")
    if index is None:
        raise ProblemsFound([_absent(record, membre)])
    if len(rows) == 1:
        hint = "Écrivez d'abord la fiche d'un autre membre."
        said = f"« {membre} » est la seule fiche : il en faut une au moins"
        raise ProblemsFound([Diagnostic(record.place(("membres", index)), "ecriture-refusee", said, hint)])
    mark, text, end = _decoded(data)
    lines = text.split("\n")
    block = block_of(record, lines, index)
    del lines[block.first : block.end]
    made = mark + end.join(lines).encode()
    if reading.parse(made, shown_as).items("membres") != [*rows[:index], *rows[index + 1 :]]:
        raise ProblemsFound([_refused(record, index)])
    return made


def _refused(record: Record, index: int) -> Diagnostic:
    hint = "Corrigez-la dans le fichier, à la main ; rien n'a été écrit."
    said = "cette fiche ne peut pas être écrite sans changer autre chose dans le fichier"
    return Diagnostic(record.place(("membres", index)), "ecriture-refusee", said, hint)


def document(data: bytes, shown_as: str, wanted: Mapping[str, Any]) -> bytes:
    """Return a record whose first fields say what is wanted, each removed where it is empty; the others stay.

    Raises `ProblemsFound` when that would change anything else.
    """
    old = sound(reading.parse(data, shown_as))
    mark, text, end = _decoded(data)
    before = text.rstrip("\n").split("\n")
    after = layout.edited(before, wanted)
    made = mark + end.join([*after, ""]).encode()
    kept = {key: value for key, value in old.fields.items() if key not in wanted}
    said = {**kept, **layout.clean(wanted)}
    if reading.parse(made, shown_as).tree != said:
        raise ProblemsFound([_refused(old, 0)])
    return made


def with_values(data: bytes, shown_as: str, values: Mapping[tuple[str | int, ...], str]) -> bytes:
    """Return a record with other values at these paths; one that is empty removes its field.

    Raises `ProblemsFound` when that would change anything else.
    """
    sound(reading.parse(data, shown_as))
    mark, text, end = _decoded(data)

    def change(tree: Any) -> None:
        for path, value in values.items():
            layout.put_at(tree, path, value)

    try:
        made = mark + end.join([*layout.applied(text.rstrip("\n").split("\n"), change), ""]).encode()
    except (AttributeError, LookupError, TypeError):  # one of these paths leads nowhere in it
        raise ProblemsFound([_refused(reading.parse(data, shown_as), 0)]) from None
    old, new = (reading.parse(one, shown_as) for one in (data, made))
    wanted = layout.plain(old.tree)
    change(wanted)
    if new.tree != wanted:
        raise ProblemsFound([_refused(old, 0)])
    return made


def of_one(said: Mapping[str, Any]) -> bytes:
    """Return a file with one member."""
    body = layout.edited([], said)
    return "\n".join(["membres:", f"  - {body[0]}", *(f"    {line}" for line in body[1:]), ""]).encode()


def alone(data: bytes, record: Record, membre: str) -> bytes | None:
    """Return a file with that member alone, of what a file holds and says; None when it has none."""
    index = index_of(record, membre)
    if index is None:
        return None
    lines = _decoded(data)[1].split("\n")
    block = block_of(record, lines, index)
    return "\n".join(["membres:", *lines[block.first : block.end], ""]).encode()


def block_of(record: Record, lines: Sequence[str], index: int) -> Block:
    """Return the lines of a member. Raises `ProblemsFound` when it is written in braces, or shares its lines."""
    line, column = record.places["membres", index]
    first = line - 1
    while not lines[first].lstrip().startswith("-") and first > 0:
        first -= 1
    after: list[tuple[str | int, ...]] = [("membres", index + 1)]
    after += [(name, KEY) for name in record.tree if name != "membres"]
    following = [record.places[path][0] for path in after if path in record.places]
    end = min((one for one in following if one > line), default=len(lines) + 1) - 1
    while end > first and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    while end < len(lines) and lines[end].lstrip().startswith("#") and _depth(lines[end]) >= column - 1:
        end += 1  # a comment as deep as the fields is of this member
    opening = lines[line - 1][column - 1 : column]
    if opening in "{[" or (first != line - 1 and lines[first].strip() != "-"):
        said = "cette fiche est écrite entre accolades, ou partage ses lignes avec une autre"
        hint = "Écrivez-la un champ par ligne, comme les autres ; ou modifiez-la dans le fichier."
        raise ProblemsFound([Diagnostic(record.place(("membres", index)), "ecriture-refusee", said, hint)])
    return Block(first, end, column - 1)


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _says(row: Any, key: str) -> Any:
    return row.get(key) if isinstance(row, dict) else None


def _decoded(data: bytes) -> tuple[bytes, str, str]:
    """Return the mark of a file, its text with simple ends of line, how its lines end. Raises `ProblemsFound`."""
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    try:
        text = data.removeprefix(mark).decode("utf-8")
    except UnicodeDecodeError:
        hint = "Enregistrez-le en texte brut, encodage UTF-8 ; rien n'a été écrit."
        raise ProblemsFound(
            [Diagnostic(Place(""), "ecriture-refusee", "ce fichier n'est pas en UTF-8", hint)]
        ) from None
    end = "\r\n" if "\r\n" in text else "\n"
    return mark, text.replace("\r\n", "\n"), end


def _dedented(lines: Sequence[str], column: int) -> list[str]:
    """Return the fields of a member from the first column; its dash is left out."""
    first = lines[0].replace("-", " ", 1)
    kept = [first, *lines[1:]] if first.strip() else list(lines[1:])
    return [line[min(column, _depth(line)) :] if line.strip() else "" for line in kept]


def _indented(lines: Sequence[str], column: int, dashed: str) -> list[str]:
    dash = dashed.index("-")
    found = [f"{' ' * column}{line}" if line else "" for line in lines]
    if dashed.strip() == "-":
        return [dashed, *found]
    return [f"{dashed[: dash + 1]}{found[0][dash + 1 :]}", *found[1:]]


def _verify(was: Record, now: Record, wanted: Mapping[int, Mapping[str, Any]], new: Sequence[Any]) -> None:
    """Raise `ProblemsFound` unless the new file says what it did, and what is wanted."""
    old, rows = was.items("membres"), now.items("membres")
    wrong = len(rows) != len(old) + len(new)
    for index, row in enumerate([] if wrong else rows):
        said = wanted.get(index, new[index - len(old)] if index >= len(old) else {})
        kept = {key: value for key, value in (old[index].items() if index < len(old) else ()) if key not in said}
        if {**kept, **layout.clean(said)} != {
            key: row[key] for key in row if key in kept or not layout.is_empty(row[key])
        }:
            wrong = True
    if wrong:
        raise ProblemsFound([_refused(was, next(iter(wanted), 0))])
