"""A document of its own, act or statement, once LibreOffice has converted its pieces: complete, bind, check.

What `build` does for a pack, where nothing is cached and nobody signs for a member.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from docgen.packs import preflight
from docgen.pdf import assemble, conform, fields
from docgen.pdf.assemble import PackInfo, PiecePdf
from docgen.pdf.pdfa import Description
from docgen.word.meaning import Meaning
from docgen.word.render import Filled


@dataclass(frozen=True)
class Piece:
    """One piece, filled and converted."""

    name: str
    """It ends the names of its fields."""
    titre: str
    label: str
    """What the viewer shows before the page number."""
    filled: Filled
    pdf: Path
    """As LibreOffice made it; replaced by what it becomes."""


def bind(
    description: Description, pieces: Sequence[Piece], fonts: Iterable[str], police: Path, blank: bool = False
) -> bytes:
    """Return the checked PDF; a `blank` model, to be published, has no field to fill or sign.

    `fonts` are the families that may be used, `police` the file of what is typed in the fields. Raises
    `ConversionFailed`, `ToolMissing`.
    """
    parts, marks = [], []
    for piece in pieces:
        meaning: Meaning = replace(piece.filled.meaning, marks=()) if blank else piece.filled.meaning
        piece.pdf.write_bytes(conform.conform(piece.pdf, meaning, piece.name))
        parts.append(PiecePdf(piece.titre, piece.label, piece.pdf))
        marks.append([fields.field_name(mark, piece.name) for mark in meaning.marks])
    bound = assemble.assemble(parts, PackInfo(description, projet=False, police=police))
    expected = [
        preflight.expected(piece.titre, count, piece.filled, names)
        for piece, count, names in zip(pieces, bound.pages, marks, strict=True)
    ]
    preflight.check(bound, preflight.Finished(expected, fonts, description.titre, projet=False))
    return bound.data
