"""What this machine offers to make PDFs: LibreOffice, the Python that can drive it, the fonts. Runs no conversion."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from docgen.diagnostics import ToolMissing

INSTALL = {
    "linux": "sudo apt-get install libreoffice-writer-nogui python3-uno fonts-crosextra-carlito",
    "darwin": "brew install --cask libreoffice",
    "win32": "winget install TheDocumentFoundation.LibreOffice",
}


TWINS = {
    "Calibri": ("Carlito", "fonts-crosextra-carlito"),
    "Cambria": ("Caladea", "fonts-crosextra-caladea"),
    "Arial": ("Liberation Sans", "fonts-liberation"),
    "Times New Roman": ("Liberation Serif", "fonts-liberation"),
    "Courier New": ("Liberation Mono", "fonts-liberation"),
}
"""The fonts of Word that have a free twin, whose letters are as wide: its name and the package that holds it."""
TESTED = ("7.4", "25.2")
"""The versions that all the tests passed with: those of Debian 12 and 13."""
SYMBOLS = ("Symbol", "Wingdings", "Wingdings 2", "Wingdings 3", "Webdings")
"""The fonts of bullets and signs: LibreOffice draws theirs with its own OpenSymbol."""


@dataclass(frozen=True)
class LibreOffice:
    """An installation of LibreOffice."""

    soffice: Path
    """The program itself, not its launcher: a launcher that is killed leaves its child running."""
    pythons: tuple[Path, ...]
    """Where a Python that has the module `uno` may be, the likeliest first."""

    @property
    def version(self) -> str:
        """Its build, read from its own files: the same build makes the same pages."""
        for name in ("versionrc", "version.ini"):
            for folder in (self.soffice.parent, self.soffice.parent.parent / "Resources"):
                if (file := folder / name).is_file():
                    known = dict(re.findall(r"^(\w+)=(.*)$", file.read_text("utf-8", "replace"), re.M))
                    return f"LibreOffice {known.get('buildid', 'inconnu')}"
        return "LibreOffice inconnu"

    @property
    def number(self) -> str:
        """What a person calls its version: « 25.2 »; nothing when it does not tell."""
        for folder in ("share", "Resources"):
            file = self.soffice.parent.parent / folder / "registry" / "main.xcd"
            if file.is_file():
                found = re.search(r'"ooSetupVersion">\s*<value>([^<]+)', file.read_text("utf-8", "replace"))
                return found[1] if found else ""
        return ""

    @property
    def untried(self) -> str:
        """What to say of a version that docgen was never tested with; nothing of the others."""
        return "" if self.number in TESTED else f"LibreOffice {self.number or 'inconnu'} : jamais éprouvé avec docgen"

    def form_font(self) -> Path:
        """Return the font file of what is typed in the fields of a PDF: that of Calibri on this machine.

        Raises `ToolMissing` when neither the system nor LibreOffice has one.
        """
        try:
            found = subprocess.run(["fc-match", "-f", "%{file}", "Calibri"], capture_output=True, text=True, timeout=30)
            known = [Path(found.stdout)]
        except OSError:  # Windows, macOS: LibreOffice brings its own
            known = []
        for folder in (self.soffice.parent.parent / "share", self.soffice.parent.parent / "Resources"):
            for name in ("Carlito-Regular.ttf", "LiberationSans-Regular.ttf"):
                known += [folder / "fonts" / "truetype" / name]
        for file in known:
            if file.suffix.lower() == ".ttf" and file.is_file():
                return file
        raise ToolMissing(f"aucune police n'est là pour les champs à remplir.\nInstallez Carlito : {install_command()}")

    def python(self) -> Path:
        """Return the Python that has `uno`. Raises `ToolMissing` when there is none."""
        for python in self.pythons:
            probe = [str(python), "-c", "import uno"]
            if python.is_file() and subprocess.run(probe, capture_output=True, timeout=60).returncode == 0:
                return python
        raise ToolMissing(
            "LibreOffice est installé, mais pas le module qui permet de le piloter (uno).\n"
            f"Installez-le : {install_command()}"
        )


def install_command() -> str:
    """Return the command that installs what is missing on this system."""
    return INSTALL.get(sys.platform, INSTALL["linux"])


def find(places: Iterable[Path] | None = None) -> LibreOffice:
    """Return the LibreOffice of this machine. Raises `ToolMissing` with the command that installs it."""
    for program in _program_folders() if places is None else places:
        for name in ("soffice.bin", "soffice.exe", "soffice"):
            if (soffice := program / name).is_file():
                beside = (program / "python", program / "python.exe", program.parent / "Resources" / "python")
                system = (Path("/usr/bin/python3"), Path(shutil.which("python3") or "python3"))
                return LibreOffice(soffice, (*beside, *system))
    raise ToolMissing(
        "LibreOffice est introuvable : docgen en a besoin pour fabriquer les PDF.\n"
        f"Installez-le, puis recommencez : {install_command()}"
    )


def _program_folders() -> Iterator[Path]:
    if on_path := shutil.which("soffice") or shutil.which("libreoffice"):
        yield Path(on_path).resolve().parent
    yield from (Path(p) for p in ("/usr/lib/libreoffice/program", "/usr/lib64/libreoffice/program"))
    yield from sorted(Path("/opt").glob("libreoffice*/program"), reverse=True)
    yield Path("/Applications/LibreOffice.app/Contents/MacOS")
    yield Path.home() / "Applications/LibreOffice.app/Contents/MacOS"
    for root in ("C:/Program Files", "C:/Program Files (x86)"):
        yield Path(root) / "LibreOffice/program"


@cache
def _characters(family: str) -> frozenset[int] | None:
    """Return the characters that the font which draws a family has; None when it cannot be read."""
    from fontTools.ttLib import TTFont, TTLibError  # a build that has nothing to do does not wait for it

    try:
        found = subprocess.run(
            ["fc-match", "-f", "%{file}\n%{index}", font_for(family)], capture_output=True, text=True, timeout=30
        ).stdout.splitlines()
        with TTFont(found[0], fontNumber=int(found[1]), lazy=True) as font:
            return frozenset(font.getBestCmap())
    except (OSError, IndexError, ValueError, TypeError, TTLibError):
        return None


def covers(family: str, char: str) -> bool:
    """Tell whether the font that draws a family has a glyph for a character; taken for granted where none can say."""
    known = _characters(family)
    return known is None or ord(char) in known


@cache
def font_for(family: str) -> str:
    """Return the family that this machine uses when a document asks for `family`; itself when it is installed.

    Where fontconfig is not there to tell (Windows, macOS), the family is taken as installed; the finished PDF is
    checked all the same.
    """
    if family in SYMBOLS:
        return "OpenSymbol"
    try:
        found = subprocess.run(["fc-match", "-f", "%{family[0]}", family], capture_output=True, text=True, timeout=30)
    except OSError:
        return family
    return found.stdout.strip() or family
