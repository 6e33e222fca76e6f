"""On which page each problem of a Word file is: LibreOffice lays the file out, a bookmark before the words tells."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from docgen import office, scratch
from docgen.diagnostics import Diagnostic, ProblemsFound, ToolMissing
from docgen.lawyers.checks import Checked
from docgen.lint.anchors import bookmarked
from docgen.pdf.convert import Export, Pool
from docgen.word.template import Template


def located(files: Iterable[Checked]) -> tuple[list[Checked], str]:
    """Return the files, their problems with pages, and why there are none when LibreOffice cannot be asked.

    The pages are LibreOffice's: those of the packs. A file that LibreOffice refuses keeps its problems without pages.
    """
    found = list(files)
    tasks: dict[Export, Checked] = {}
    try:
        with scratch.folder() as name:
            for number, file in enumerate(found):
                places = {f"docgen{n}": p.place for n, p in enumerate(file.problems) if p.place.part}
                if file.template and places:
                    docx = Path(name, f"{number}.docx")
                    docx.write_bytes(bookmarked(file.template.members, places))
                    tasks[Export(docx, docx.with_suffix(".pdf"))] = file
            if tasks:
                _ask(tasks)
    except ToolMissing as error:
        return found, str(error)
    return found, ""


def laid_out(file: Checked) -> tuple[Checked, bytes, str]:
    """Return a file, its problems with pages, and its PDF; without it, why LibreOffice could not lay it out."""
    if file.template is None:
        return file, b"", ""
    places = {f"docgen{n}": p.place for n, p in enumerate(file.problems) if p.place.part}
    try:
        with scratch.folder() as name:
            docx = Path(name, "0.docx")
            docx.write_bytes(bookmarked(file.template.members, places) if places else file.path.read_bytes())
            task = Export(docx, docx.with_suffix(".pdf"))
            _ask({task: file})
            return file, task.pdf.read_bytes() if task.pdf.is_file() else b"", ""
    except ToolMissing as error:
        return file, b"", str(error)


def paged(problems: Iterable[Diagnostic], root: Path) -> list[Diagnostic]:
    """Return problems of templates under that folder, each with its page where LibreOffice tells it."""
    found = list(problems)
    files: dict[str, Checked] = {}
    for problem in found:
        name = problem.place.file
        if problem.place.part and name not in files and (root / name).is_file():
            with contextlib.suppress(ProblemsFound):
                files[name] = Checked(root / name, Template(root / name, name))
    for name, file in files.items():
        file.problems = [problem for problem in found if problem.place.file == name]
    others = [problem for problem in found if problem.place.file not in files]
    return [*others, *(problem for file in located(files.values())[0] for problem in file.problems)]


def _ask(tasks: Mapping[Export, Checked]) -> None:
    with Pool(office.find(), min(len(tasks), os.cpu_count() or 1)) as pool:
        for task, failure in pool.convert(tasks):
            if not failure:
                tasks[task].problems = _with_pages(tasks[task].problems, task.pdf)


def _with_pages(problems: list[Diagnostic], pdf: Path) -> list[Diagnostic]:
    pages = _pages(pdf)
    return [replace(p, place=replace(p.place, page=pages.get(f"docgen{n}", 0))) for n, p in enumerate(problems)]


def _pages(pdf: Path) -> Mapping[str, int]:
    """Return the page of each bookmark, from 1."""
    import pypdf  # nobody else waits for it

    with pypdf.PdfReader(pdf) as reader:
        found = reader.named_destinations
        return {
            str(name).removeprefix("/"): number + 1
            for name, destination in found.items()
            if (number := reader.get_destination_page_number(destination)) is not None
        }
