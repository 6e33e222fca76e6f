"""Change a YAML mapping and keep its layout: comments, quotes and lines that the change does not touch stay.

Takes its lines, from the first column, and what it should say; gives its new lines. Every value is what is written.
"""

from __future__ import annotations

import difflib
import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.scalarstring import DoubleQuotedScalarString
from ruamel.yaml.util import load_yaml_guess_indent

from docgen.model.fiches import Membre

ORDER = tuple(Membre.model_fields)
"""The fields of a member, as a record has them one after the other."""
_LOST_BY_OTHERS = re.compile(r"0\d+")
"""What another program would take for a number, and print without its zeros."""


class _AsWritten(VersionedResolver):
    """No value is a number, a date or a truth: each is what is written."""

    @property
    def versioned_resolver(self) -> dict[str, list[Any]]:
        """The forms by which a value would be something else."""
        return {}


def edited(before: list[str], wanted: Mapping[str, Any]) -> list[str]:
    """Return the lines of a mapping with what is wanted; lines that it does not touch stay as they are."""
    return applied(before, lambda tree: _put(tree, wanted, ORDER))


def applied(before: list[str], change: Callable[[Any], None]) -> list[str]:
    """Return the lines of a mapping once `change` has been made to it, as ruamel reads it."""
    text = "\n".join(before) + "\n" if before else "{}\n"
    yaml, tree = _loaded(text)
    same = _dumped(yaml, tree) if before else []
    tree = tree if before else CommentedMap()
    change(tree)
    after = _dumped(yaml, tree)
    if len(same) == len(before):  # what ruamel writes in its own way is left as it was
        after = _kept_as_it_was(before, same, after)
    return _with_comments(before, after)


def _loaded(text: str) -> tuple[YAML, Any]:
    yaml = YAML()
    yaml.Resolver = _AsWritten
    yaml.preserve_quotes = True
    yaml.width = 10_000
    _, indent, offset = load_yaml_guess_indent(text)
    yaml.indent(mapping=2, sequence=indent or 4, offset=offset if indent else 2)
    try:
        return yaml, yaml.load(text)
    except YAMLError:
        return yaml, CommentedMap()


def _dumped(yaml: YAML, tree: Any) -> list[str]:
    buffer = io.StringIO()
    yaml.dump(tree, buffer)
    return buffer.getvalue().rstrip("\n").split("\n")


def _put(tree: Any, wanted: Mapping[str, Any], order: Sequence[str] = ()) -> None:
    """Have a mapping say what is wanted."""
    for key, value in wanted.items():
        if is_empty(value):
            tree.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(tree.get(key), CommentedMap):
            _replace(tree[key], value)
        elif isinstance(value, list) and isinstance(tree.get(key), CommentedSeq):
            _put_items(tree[key], value)
        elif key in tree:
            if plain(tree[key]) != value:
                tree[key] = _node(value)
        else:
            _insert(tree, key, _node(value), order or list(wanted))


def _replace(tree: CommentedMap, wanted: Mapping[str, Any]) -> None:
    """Have a mapping say what is wanted, and nothing else."""
    _put(tree, {**wanted, **{key: None for key in tree if key not in wanted}})


def _put_items(items: CommentedSeq, wanted: Sequence[Any]) -> None:
    """Have a list say what is wanted; what is gone is removed where it was, so that what follows keeps its comments."""
    was = [repr(plain(item)) for item in items]
    now = [repr(clean(one)) for one in wanted]
    for kind, a, b, c, d in reversed(difflib.SequenceMatcher(None, was, now, autojunk=False).get_opcodes()):
        if kind == "equal":
            continue
        common = min(b - a, d - c)
        for n in range(common):
            if isinstance(items[a + n], CommentedMap) and isinstance(wanted[c + n], Mapping):
                _replace(items[a + n], wanted[c + n])
            else:
                items[a + n] = _node(wanted[c + n])
        for _ in range(a + common, b):
            del items[a + common]
        for n in range(c + common, d):
            items.insert(a + n - c, _node(wanted[n]))


def _insert(tree: Any, key: str, value: Any, order: Sequence[str]) -> None:
    """Put a field after those that come before it; not at the end, where the next comment is."""
    earlier = order[: order.index(key)] if key in order else list(tree)
    known = [n for n, name in enumerate(tree) if name in earlier]
    tree.insert(known[-1] + 1 if known else 0, key, value)


def is_empty(value: Any) -> bool:
    """Tell whether a value says nothing: no text, or nothing but empty values."""
    if isinstance(value, Mapping):
        return all(map(is_empty, value.values()))
    if isinstance(value, list):
        return all(map(is_empty, value))
    return value is None or value == ""


def clean(value: Any) -> Any:
    """Return what is wanted without what is empty."""
    if isinstance(value, Mapping):
        return {key: clean(one) for key, one in value.items() if not is_empty(one)}
    return [clean(one) for one in value if not is_empty(one)] if isinstance(value, list) else value


def plain(node: Any) -> Any:
    """Return what ruamel read as dict, list and str."""
    if isinstance(node, Mapping):
        return {key: plain(value) for key, value in node.items()}
    return [plain(one) for one in node] if isinstance(node, list) else None if node is None else str(node)


def _node(value: Any) -> Any:
    """Return a value as it is to be written."""
    if isinstance(value, Mapping):
        return CommentedMap((key, _node(one)) for key, one in value.items() if not is_empty(one))
    if isinstance(value, list):
        return CommentedSeq(_node(one) for one in value if not is_empty(one))
    return DoubleQuotedScalarString(value) if _LOST_BY_OTHERS.fullmatch(value) else value


def _kept_as_it_was(before: Sequence[str], same: Sequence[str], after: Sequence[str]) -> list[str]:
    found: list[str] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, same, after, autojunk=False).get_opcodes():
        found += before[a:b] if kind == "equal" else after[c:d]
    return found


def _with_comments(before: Sequence[str], after: list[str]) -> list[str]:
    """Put back the comments that went with the field above them."""
    found = list(after)
    for number, line in enumerate(before):
        if not line.lstrip().startswith("#") or line.strip() in map(str.strip, found):
            continue
        following = [one for one in before[number + 1 :] if one.strip() and not one.lstrip().startswith("#")]
        at = next((found.index(one) for one in following if one in found), len(found))
        found.insert(at, line)
    return found


def as_text(tree: Any) -> None:
    """Write days and numbers as the text that they are in a record."""
    items = list(tree.items()) if isinstance(tree, dict) else list(enumerate(tree))
    for key, value in items:
        if isinstance(value, dict | list):
            as_text(value)
        elif value is not None and not isinstance(value, str):
            tree[key] = str(value)


def put_at(tree: Any, path: Sequence[str | int], value: str) -> None:
    """Have a tree say a value at a path; nothing there any more when it is empty."""
    *above, name = path
    for part in above:
        if isinstance(tree, dict) and part not in tree:
            tree[part] = CommentedMap()
        tree = tree[part]
    if value == "":
        tree.pop(name, None)
    elif plain(tree.get(name)) != value:
        tree[name] = value
