"""Read a table that somebody kept in a spreadsheet, cell by cell: .xlsx, or .csv in UTF-8 or Windows-1252.

What the spreadsheet made of a code (a number without its zeros, 2,18E+13) is seen here and told by who reads the cell.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter

from docgen.diagnostics import Diagnostic, Place, ProblemsFound

MAX_BYTES, MAX_UNPACKED = 40_000_000, 400_000_000
"""Bytes of a file, and of what a workbook unpacks to."""
SAVE_AS = "Ouvrez-le dans Excel ou LibreOffice, puis enregistrez-le en « Classeur Excel (.xlsx) »."
MAX_ROWS, MAX_COLUMNS = 60_000, 400
QUOTED = re.compile(r"^'(?=[\d=+@-])")
"""The apostrophe that keeps a spreadsheet from computing a text, where a .csv has it as a letter."""
EMPTY = ("", "-", "–", "—")
"""What people write in a cell that has nothing to say."""


@dataclass(frozen=True)
class Cell:
    """One cell."""

    ref: str
    """« C14 »."""
    text: str
    number: bool = False
    """Whether the spreadsheet keeps a number: zeros before it are lost."""


@dataclass(frozen=True)
class Table:
    """The rows of one sheet."""

    file: str
    sheet: str
    rows: list[list[Cell]]

    def place(self, ref: str) -> Place:
        """Return where a cell is, as messages say it."""
        return Place(self.file, within=f"feuille « {self.sheet} »" if self.sheet else "", extract=ref)


def read(name: str, data: bytes) -> list[Table]:
    """Return the sheets of a file. Raises `ProblemsFound` when it is none, or holds too much."""
    if len(data) > MAX_BYTES:
        raise _refused(name, f"ce fichier dépasse {MAX_BYTES // 1_000_000} Mo", "Gardez-y les seules lignes utiles.")
    if data.startswith(b"PK"):
        return list(_of_workbook(name, data))
    if data.startswith((b"\xd0\xcf\x11\xe0", b"%PDF")):
        raise _refused(name, "ce n'est ni un classeur .xlsx ni un .csv, ou un mot de passe le protège", SAVE_AS)
    return [_of_csv(name, data)]


def _refused(name: str, said: str, hint: str) -> ProblemsFound:
    return ProblemsFound([Diagnostic(Place(name), "tableau-illisible", said, hint)])


def _of_workbook(name: str, data: bytes) -> Iterator[Table]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            unpacked = sum(item.file_size for item in packed.infolist())
        if unpacked > MAX_UNPACKED:
            raise _refused(name, "ce classeur est démesuré une fois ouvert", "Gardez-y les seules lignes utiles.")
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets:
            rows = sheet.iter_rows(max_row=MAX_ROWS + 1, max_col=MAX_COLUMNS, values_only=True)
            yield Table(name, str(sheet.title), list(_rows(name, rows)))
    except ProblemsFound:
        raise
    except Exception as error:  # whatever a workbook is, there is an answer
        said = f"ce classeur ne s'ouvre pas ({type(error).__name__})"
        raise _refused(name, said, SAVE_AS) from None


def _of_csv(name: str, data: bytes) -> Table:
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    if "\0" in text or "\ufffd" in text:
        raise _refused(name, "ce fichier n'est pas un texte lisible", "Enregistrez-le en « CSV UTF-8 ».")
    first = text.split("\n", 1)[0]
    mark = max(";\t,", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=mark))
    except csv.Error:
        raise _refused(
            name, "ce .csv est mal formé", "Ouvrez-le dans un tableur et enregistrez-le de nouveau."
        ) from None
    return Table(name, "", list(_rows(name, rows)))


def _rows(name: str, rows: Iterable[Iterable[Any]]) -> Iterator[list[Cell]]:
    for number, row in enumerate(rows, 1):
        if number > MAX_ROWS:
            raise _refused(name, f"ce tableau a plus de {MAX_ROWS} lignes", "Gardez-y les seules lignes utiles.")
        yield [Cell(f"{get_column_letter(n)}{number}", *_written(value)) for n, value in enumerate(row, 1)]


def _written(value: Any) -> tuple[str, bool]:
    """Return the text of a cell, and whether the spreadsheet keeps a number."""
    if value is None:
        return "", False
    if isinstance(value, bool):
        return ("oui" if value else "non"), False
    if isinstance(value, datetime | date):
        return (value.date() if isinstance(value, datetime) else value).isoformat(), False
    if isinstance(value, int | float):
        whole = isinstance(value, int) or (value.is_integer() and abs(value) < 2**53)
        return (str(int(value)) if whole else str(value).replace(".", ",")), True
    text = " ".join(str(value).split())
    if text.startswith('="') and text.endswith('"'):  # how our own .csv keep a code from becoming a number
        text = text[2:-1].replace('""', '"')
    text = QUOTED.sub("", text)
    return ("" if text in EMPTY else text), False
