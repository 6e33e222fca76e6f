"""The pieces of one pack, filled and converted -> its files, checked, the receipt last. Writes nothing."""

from __future__ import annotations

import dataclasses
import io
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import pypdfium2

from docgen.diagnostics import ConversionFailed
from docgen.law import souscriptions
from docgen.law.contrats import ACCOMPAGNEMENT, NOTICES
from docgen.model.edition import Edition
from docgen.model.fiches import Membre, Syndicat
from docgen.packs import margins, preflight, receipts, recompute
from docgen.packs.contents import Content
from docgen.packs.receipts import Point, Receipt
from docgen.pdf import fields, signatures
from docgen.pdf.assemble import Bound, PackInfo, PiecePdf, assemble
from docgen.pdf.pdfa import Description
from docgen.records.workspace import today
from docgen.word.expressions import TAG
from docgen.word.render import Filled
from docgen.word.template import Template, joined_text

PREVIEW = "apercu.jpg"
PREVIEW_WIDTH = 320
"""Pixels."""


@dataclass(frozen=True)
class Binder:
    """Binds the packs of one edition."""

    syndicat: Syndicat
    edition: Edition
    fonts: frozenset[str]
    """The families that may be used."""
    police: Path
    """The font file of what is typed in the fields."""

    def bind(
        self,
        membre: Membre,
        wanted: Receipt,
        contents: Sequence[Content],
        filled: Mapping[str, Filled],
        pdfs: Mapping[str, Path],
    ) -> tuple[dict[str, bytes], Receipt]:
        """Return the files of the member's pack, without its receipt, and the receipt as far as they tell it.

        `filled` and `pdfs` hold the pieces by name. Raises `ConversionFailed` when it would not be a true pack.
        """
        act = self.edition.deliberation
        said = Description(
            wanted.titre, self.syndicat.nom, f"Édition {wanted.edition}, délibération n° {act.numero}", act.date,
            wanted.identifiant,
        )  # fmt: skip
        pieces = [PiecePdf(content.titre, content.label, pdfs[content.name]) for content in contents]
        bound = assemble(pieces, PackInfo(said, wanted.projet, self.police, self.syndicat.signature))
        to_sign = any(content.name not in (*NOTICES, ACCOMPAGNEMENT) for content in contents)
        people = signatures.signataires(self.syndicat, membre) if to_sign else {}
        before = itertools.accumulate(bound.pages, initial=0)
        expected = [
            dataclasses.replace(
                self._expected(membre, content, filled[content.name], count),
                outside=partial(margins.overruns, pdfs[content.name], filled[content.name].meaning.layout, first),
            )
            for content, count, first in zip(contents, bound.pages, before, strict=False)
        ]
        finished = preflight.Finished(
            expected, self.fonts, wanted.titre, wanted.projet, wanted.manque, wanted.blancs, people
        )
        points = preflight.check(bound, finished)
        files = {wanted.pack: bound.data, PREVIEW: preview(bound.data)}
        if not wanted.projet:  # a Word file carries no PROJET: it would be signed too early
            files |= {content.fichier: filled[content.name].docx for content in contents}
        if bound.signatures:
            files[signatures.NAME] = signatures.to_json(wanted.pack, bound.signatures, people)
        return files, _receipt(wanted, bound, points, files, pdfs)

    def _expected(self, membre: Membre, content: Content, filled: Filled, pages: int) -> preflight.Expected:
        """Return what one piece has to show. Raises `ConversionFailed` when a condition took a place to sign out."""
        marked = {mark.signs for mark in filled.meaning.marks}
        if lost := [role for role in content.template.signataires if role not in marked]:
            places = ", ".join(f"sig_{role}" for role in lost)
            said = f"une condition a retiré la place de la signature ({places})"
            raise ConversionFailed(preflight.unsigned(content.titre, filled, said))
        names = [fields.field_name(mark, content.name) for mark in filled.meaning.marks]
        expected = preflight.expected(content.titre, pages, filled, names)
        return dataclasses.replace(expected, amounts=self._amounts(membre, content))

    def _amounts(self, membre: Membre, content: Content) -> Callable[[str], Iterator[str]] | None:
        """Return what computes the amounts of a piece again; None when it prints none."""
        edition, (printed, words) = self.edition, _of_template(content.template)
        if not any(path.startswith(("grille.", "montants.", "volet.", "volets[].montants")) for path in printed):
            return None
        known = {
            name: souscriptions.faits(volet, membre, taken.reponses)
            for name, taken in souscriptions.current(membre, edition, today()).items()
            if (volet := edition.volet(name))
        }
        more = _texts([value for path, value in content.found.flat.items() if path.startswith("avenant.")])
        besides = (*words, *more)

        def faults(text: str) -> Iterator[str]:
            yield from recompute.faults(text, printed, edition, content.volet, known, besides)

        return faults


@lru_cache(maxsize=64)
def _of_template(template: Template) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the fields that a template prints as they are, in their order, and its own words."""
    words = (TAG.sub(" ", joined_text(part.source)) for part in template.parts)
    return tuple(template.printed(plain=True)), tuple(words)


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts that a value is made of."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _texts(one)
    else:
        yield str(value)


def _receipt(
    wanted: Receipt, bound: Bound, points: Sequence[Point], files: Mapping[str, bytes], pdfs: Mapping[str, Path]
) -> Receipt:
    made = {
        name: piece.model_copy(update={"pdf": pdfs[name].name, "pages": count})
        for (name, piece), count in zip(wanted.pieces.items(), bound.pages, strict=True)
    }
    described = {name: receipts.describe(content) for name, content in files.items()}
    return wanted.model_copy(update={"pieces": made, "fichiers": described, "controle": tuple(points)})


def preview(pack: bytes) -> bytes:
    """Return a small picture of the first page, as JPEG."""
    document = pypdfium2.PdfDocument(pack)
    try:
        page = document[0]
        image = page.render(scale=PREVIEW_WIDTH / page.get_width()).to_pil()
        page.close()
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=82)
        return buffer.getvalue()
    finally:
        document.close()
