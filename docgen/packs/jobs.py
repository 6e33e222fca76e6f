"""One pack as a pure function: what it is made of goes in, its files and its receipt come out.

It knows no workspace and writes nothing but in a temporary folder of its own: who runs it, in this process or in
another, on this machine or elsewhere, makes no difference to the bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from docgen import scratch
from docgen.champs.pack import Values
from docgen.diagnostics import ConversionFailed, ExitCode, ProblemsFound
from docgen.model.fiches import Membre
from docgen.office import LibreOffice
from docgen.packs.binder import Binder
from docgen.packs.contents import Content
from docgen.packs.receipts import Receipt
from docgen.pdf import conform
from docgen.pdf.convert import Export, Pool
from docgen.word.render import Filled, Renderer
from docgen.word.template import Template


@dataclass(frozen=True, repr=False)
class Settings:
    """What all the packs of an edition have in common."""

    templates: Mapping[str, Template]
    """By piece."""
    binder: Binder
    office: LibreOffice


@dataclass(frozen=True, repr=False)
class Part:
    """One document of a pack, without its template: what its edition has is not sent with each member."""

    name: str
    titre: str
    fichier: str
    found: Values
    volet: str | None

    @staticmethod
    def of(content: Content) -> Part:
        """Return a document of a pack as a job holds it."""
        return Part(content.name, content.titre, content.fichier, content.found, content.volet)


@dataclass(frozen=True, repr=False)
class Job:
    """One pack to make. Neither it nor its parts have a `repr`: no log is to show personal data."""

    membre: Membre
    wanted: Receipt
    parts: tuple[Part, ...]
    known: Mapping[str, bytes]
    """Of its pieces, those whose PDF was made before, by piece."""


@dataclass(frozen=True, repr=False)
class Made:
    """What became of a job."""

    membre: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    """The files of the pack, without its receipt; none when it failed."""
    receipt: Receipt | None = None
    pdfs: Mapping[str, bytes] = field(default_factory=dict)
    """The pieces that were converted and completed, to be kept for the next time."""
    failure: str = ""
    exit_code: ExitCode = ExitCode.DONE
    alone: frozenset[str] = frozenset()
    """The pieces that whoever made it now converts one by one: in one document for all, their pages differed."""


def pdf_name(name: str, wanted: Receipt) -> str:
    """Return the name of the PDF of a piece in the cache: the same words by the same programs give the same pages."""
    piece = wanted.pieces[name]
    programs = {program: version for program, version in wanted.moteur.items() if program != "signature"}
    said = json.dumps([name, piece.modele, piece.valeurs, programs], ensure_ascii=False, sort_keys=True)
    return f"{hashlib.sha256(said.encode()).hexdigest()[:32]}.pdf"


class Maker:
    """Makes packs, one after the other, with one LibreOffice of its own."""

    def __init__(self, settings: Settings) -> None:
        """Prepare; LibreOffice starts with the first document. Raises `ToolMissing` without `uno`."""
        self.settings = settings
        self.renderers: dict[str, Renderer] = {}
        self.last: dict[str, tuple[dict[str, str], Filled, bytes]] = {}
        """Of each piece, the values that it was made of last, its document and its PDF: a charte is that of all."""
        self.pool = Pool(settings.office, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop LibreOffice."""
        self.pool.__exit__(None, None, None)

    def make(self, job: Job) -> Made:
        """Fill, convert, complete, bind and check one pack. Raises `ToolMissing` when LibreOffice does not start."""
        new: dict[str, bytes] = {}
        try:
            with scratch.folder() as folder:
                filled, pdfs = self._pieces(job, Path(folder), new)
                contents = [self._content(part) for part in job.parts]
                files, receipt = self.settings.binder.bind(job.membre, job.wanted, contents, filled, pdfs)
        except ProblemsFound as error:
            return Made(job.membre.id, failure=str(error), exit_code=ExitCode.CONVERSION_FAILED)
        except ConversionFailed as error:
            self.last.clear()  # one of them may be wrong
            return Made(job.membre.id, failure=str(error), exit_code=error.exit_code)
        return Made(job.membre.id, files, receipt, new, alone=frozenset(self.pool.differing))

    def _content(self, part: Part) -> Content:
        template = self.settings.templates[part.name]
        return Content(part.name, part.titre, part.fichier, template, part.found, part.volet)

    def _pieces(self, job: Job, folder: Path, new: dict[str, bytes]) -> tuple[dict[str, Filled], dict[str, Path]]:
        """Return the documents of a pack, filled, and their PDFs, completed; add those that were made to `new`."""
        filled: dict[str, Filled] = {}
        ready: dict[str, bytes] = {}
        exports: dict[str, Export] = {}
        for part in job.parts:
            said = dict(job.wanted.pieces[part.name].valeurs)
            last = self.last.get(part.name)
            if last and last[0] == said:
                filled[part.name], ready[part.name] = last[1:]
                continue
            filled[part.name] = self._renderer(part.name).fill(part.found.tree)
            if part.name in job.known:
                ready[part.name] = job.known[part.name]
                continue
            docx = folder / f"{part.name}.docx"
            docx.write_bytes(filled[part.name].docx)
            exports[part.name] = Export(docx, docx.with_suffix(".pdf"))
            self.pool.submit(exports[part.name])
        problems = {}
        while self.pool.under_way:
            export, problem = self.pool.take()
            problems[export.docx.stem] = problem
        for name, export in exports.items():
            ready[name] = new[name] = _completed(name, export, problems[name], filled[name])
        pdfs = {}
        for part in job.parts:
            pdfs[part.name] = folder / pdf_name(part.name, job.wanted)
            pdfs[part.name].write_bytes(ready[part.name])
            said = dict(job.wanted.pieces[part.name].valeurs)
            self.last[part.name] = (said, filled[part.name], ready[part.name])
        return filled, pdfs

    def _renderer(self, name: str) -> Renderer:
        if name not in self.renderers:
            self.renderers[name] = Renderer(self.settings.templates[name])
        return self.renderers[name]


def _completed(name: str, export: Export, problem: str, filled: Filled) -> bytes:
    """Return the PDF that LibreOffice made, completed. Raises `ConversionFailed`."""
    if problem:
        raise ConversionFailed(f"{name} : {problem}")
    if not is_whole(export.pdf.read_bytes()):
        raise ConversionFailed(f"{name} : LibreOffice n'a pas donné un PDF entier")
    return conform.conform(export.pdf, filled.meaning, name)


def is_whole(pdf: bytes) -> bool:
    """Tell whether a PDF has its beginning and its end."""
    return pdf.startswith(b"%PDF-") and b"%%EOF" in pdf[-1024:]
