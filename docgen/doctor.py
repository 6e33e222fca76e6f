"""What this machine has and lacks for docgen, each thing with what to type: `docgen doctor`."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from docgen import __version__, formats, office
from docgen.diagnostics import ToolMissing

FONTS = {
    "Calibri": ("Carlito", "fonts-crosextra-carlito"),
    "Cambria": ("Caladea", "fonts-crosextra-caladea"),
    "Arial": ("Liberation Sans", "fonts-liberation"),
    "Times New Roman": ("Liberation Serif", "fonts-liberation"),
}
"""The fonts of Word, with the free one that is as wide and the package of Debian that holds it."""
OPTIONAL = {
    "pdftoppm": ("poppler-utils", "regarde une seconde fois les pages d'un pack qui revient"),
    "tesseract": ("tesseract-ocr tesseract-ocr-fra", "lit les pages numérisées"),
    "java": ("default-jre-headless", "sert aux tests seuls (veraPDF)"),
}
"""Programs that docgen uses where they are, with their packages and what for."""
ROOM = 500_000_000
"""Bytes under which a disk is nearly full: a thousand packs take more."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    holds: bool
    said: str
    mend: str = ""
    needed: bool = True
    """Whether docgen cannot do without it."""


def look(folder: Path) -> list[Finding]:
    """Return what this machine has for a workspace in that folder, all that is wanting with its mend."""
    return [*_python(), *_libreoffice(), *_fonts(), *_programs(), *_disk(folder)]


def _python() -> Iterator[Finding]:
    said = f"Python {platform.python_version()}, docgen {__version__}, {platform.system()} {platform.release()}"
    yield Finding("système", sys.version_info >= (3, 11), said, "Installez Python 3.11 ou plus récent.")
    utf8 = sys.getfilesystemencoding() == "utf-8"
    yield Finding("accents", utf8, "noms de fichiers en UTF-8" if utf8 else "la langue du système est sans accents",
                  "export LC_ALL=C.UTF-8")  # fmt: skip


def _libreoffice() -> Iterator[Finding]:
    try:
        found = office.find()
        yield Finding("LibreOffice", True, f"{found.number or found.version} ({found.soffice.parent})")
        if found.untried:
            said = f"{found.untried} (éprouvées : {formats.listing(office.TESTED)})"
            yield Finding("version de LibreOffice", False, said, "Regardez les premiers packs de près.", needed=False)
        yield Finding("Python de LibreOffice", True, str(found.python()))
    except ToolMissing as error:
        first, *mend = str(error).splitlines()
        yield Finding("LibreOffice", False, first, " ".join(mend))


def _fonts() -> Iterator[Finding]:
    for family, (twin, package) in FONTS.items():
        drawn = office.font_for(family)
        holds = drawn.casefold() in (family.casefold(), twin.casefold())
        said = f"{family} est dessinée par {drawn or 'aucune police'}"
        yield Finding(f"police {twin}", holds, said, f"apt-get install {package}", needed=family == "Calibri")


def _programs() -> Iterator[Finding]:
    for name, (packages, use) in OPTIONAL.items():
        path = shutil.which(name)
        said = f"{path} ; {use}" if path else f"absent ; {use}"
        yield Finding(name, path is not None, said, f"apt-get install {packages}", needed=False)


def _disk(folder: Path, usage: Callable[[Path], tuple[int, int, int]] = shutil.disk_usage) -> Iterator[Finding]:
    for what, place, name in (
        ("dossier de travail", folder, "."), ("dossier temporaire", Path(tempfile.gettempdir()), "TMPDIR"),
    ):  # fmt: skip
        free = usage(place)[2]
        said = f"{free / 1e9:.1f} Go libres".replace(".", ",") + f" ({place})"
        yield Finding(what, free >= ROOM, said, "Libérez de la place : un pack tient dans 1 Mo.")
        yield Finding(f"écriture : {what}", _writable(place), "permise" if _writable(place) else "refusée",
                      f"Vérifiez vos droits sur {place} (ls -ld {name}).")  # fmt: skip


def _writable(folder: Path) -> bool:
    try:
        handle, name = tempfile.mkstemp(prefix=".docgen-", dir=folder)
    except OSError:
        return False
    os.close(handle)
    Path(name).unlink()
    return True
