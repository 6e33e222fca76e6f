"""Add to a YAML record without touching what the clerk wrote: comments, quotes and layout stay byte for byte."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.util import load_yaml_guess_indent

from docgen import publish
from docgen.diagnostics import Diagnostic, Place, ProblemsFound


def add(path: Path, shown_as: str, change: Callable[[Any], None], what: str) -> None:
    """Apply `change` to the tree of the record, that only adds to it; `what` names it in the message.

    Raises `ProblemsFound` when the file cannot be written without changing its layout, `CannotWrite`.
    """
    before = path.read_bytes()
    after = _changed(before, change)
    if not _only_adds(before, after):
        said = f"docgen ne sait pas noter {what} sans changer la mise en page du fichier"
        hint = "Ajoutez ces lignes à la main : le guide de l'agent en donne la forme."
        raise ProblemsFound([Diagnostic(Place(shown_as), "ecriture-refusee", said, hint)])
    publish.replace(path, after)


def insert_after(mapping: Any, names: tuple[str, ...], field: str, value: Any) -> None:
    """Put a field after the last of `names` that the mapping has.

    Not at its end: what ends a mapping for ruamel may be the comment that heads the next one.
    """
    if field in mapping:  # an empty key is no value
        mapping[field] = value
        return
    known = [name for name in names if name in mapping]
    mapping.insert(max(list(mapping).index(name) for name in known) + 1, field, value)


def _changed(data: bytes, change: Callable[[Any], None]) -> bytes:
    """Return the record with the change; nothing when ruamel cannot read it."""
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    try:
        text = data.removeprefix(mark).decode("utf-8")
        end = "\r\n" if "\r\n" in text else "\n"
        text = text.replace("\r\n", "\n")
        _, indent, offset = load_yaml_guess_indent(text)
        yaml = YAML()
        yaml.preserve_quotes = True
        yaml.width = 10_000
        yaml.indent(mapping=2, sequence=indent or 2, offset=offset or 0)
        tree = yaml.load(text)
    except (UnicodeDecodeError, YAMLError):
        return b""
    change(tree)
    buffer = io.StringIO()
    yaml.dump(tree, buffer)
    after = buffer.getvalue() if text.endswith("\n") else buffer.getvalue().removesuffix("\n")
    return mark + after.replace("\n", end).encode()


def _only_adds(before: bytes, after: bytes) -> bool:
    """Tell whether the record is what the clerk wrote, byte for byte, and one key filled or some lines more."""
    old, new = before.split(b"\n"), after.split(b"\n")
    at = next((n for n, (was, now) in enumerate(zip(old, new, strict=False)) if was != now), len(old))
    more = len(new) - len(old)
    if at < len(old) and old[at].rstrip().endswith(b":") and new[at].startswith(old[at].rstrip()):
        return more >= 0 and old[at + 1 :] == new[at + 1 + more :]
    return more > 0 and old == new[:at] + new[at + more :]
