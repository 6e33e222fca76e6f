"""The characters of a record: its encoding, and those that nobody typed on purpose. YAML comes after.

Every function is given `report`, that it calls with line and column (from 1), code, message and hint.
"""

from __future__ import annotations

import re
from collections.abc import Callable

Report = Callable[[int, int, str, str, str], None]

# What no one sees and no one means: control characters, soft hyphens, zero-width spaces, marks of direction,
# and the line separators that YAML obeys but that no editor shows as a line.
_FORBIDDEN = re.compile(
    r"[^\t\n\r\x20-\x7e\xa0-\xac\xae-\u200a\u2010-\u2027\u202f-\u205f\u2070-\ud7ff"
    r"\ue000-\ufdcf\ufdf0-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
# UTF-8 read as Windows-1252: é as Ã©, œ as Å“, ’ as â€™, « as Â«; or lost for good.
_MOJIBAKE = re.compile(
    "Ã[\u0080-\u00bf\u0152-\u017e\u2018-\u203a\u20ac\u2122]|Å[\u0080-\u00bf\u2018-\u201d]|â[€‚]|Â[\u00a0-\u00bf]|\ufffd"
)
_LOST = re.compile(r"(?:[^\W\d_]|[-’'])\?[^\W\d_]")
"""A letter that a system could not read: « Saint-?tienne », « Ch?teau »; not in a link."""
_UNDRAWN = re.compile(
    "[\u0590-\u1dff\u2c00-\u2c5f\u2c80-\ua71f\ua800-\ufaff\ufb13-\ufdcf\ufdf0-\ufe0f\ufe20-\ufefe\uff00-\ufffc"
    "\U00010000-\U0010ffff]"
)
"""Other writings, signs that are pictures: no font of a legal text draws them."""
_COMMENT = re.compile(r"(?:^|\s)#.*$")
NO_BREAK = re.compile(r"[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
_NO_BREAK_FOR_SPACE = re.compile(rf"[ \t-]*(?:[\w ]+:)?(?P<space>{NO_BREAK.pattern})")
"""Where YAML wants an ordinary space: in the indent, and after « : »."""
LINE_BREAK = re.compile(r"\r\n|\r|\n")


def decode(data: bytes, report: Report) -> str | None:
    """Return the text of a file in UTF-8 (or UTF-16 that says so); None, and a report, for anything else."""
    if data.startswith((b"PK", b"\xd0\xcf\x11\xe0", b"%PDF")):
        report(
            1,
            1,
            "pas-un-texte",
            "ce n'est pas un fichier texte, mais un document (Word, Excel, PDF…)",
            "Enregistrez-le en texte brut, encodage UTF-8.",
        )
        return None
    if 0 in data[:2]:
        _not_utf8(report, "", "sans doute en UTF-16")
        return None
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode(error.encoding, "ignore").removeprefix("\ufeff")
        guess = "sans doute en Windows-1252" if encoding == "utf-8-sig" else "mais en UTF-16, et abîmé"
        _not_utf8(report, before, guess)
        return None


def _not_utf8(report: Report, before: str, guess: str) -> None:
    lines = LINE_BREAK.split(before)
    report(
        len(lines),
        len(lines[-1]) + 1,
        "encodage",
        f"le fichier n'est pas en UTF-8 ({guess})",
        "Dans votre éditeur : « Enregistrer sous », encodage UTF-8. Rien d'autre n'est à changer.",
    )


def readable(text: str, report: Report) -> bool:
    """Report the characters that no one typed on purpose; tell whether YAML reads the file as it looks."""
    as_it_looks = True
    for number, line in enumerate(LINE_BREAK.split(text), 1):
        if line.isascii() and line.isprintable() and "?" not in line:
            continue
        if match := _MOJIBAKE.search(line):
            report(
                number,
                match.start() + 1,
                "accents-abimes",
                f"accents abîmés : « {line[max(0, match.start() - 12) : match.end() + 12].strip()} »",
                "Le fichier a été ouvert dans un mauvais encodage puis enregistré : retapez ces caractères.",
            )
        for match in _LOST.finditer(line):
            if "://" not in line:
                _lost(report, number, match, line)
        for match in _FORBIDDEN.finditer(line):
            as_it_looks = False
            before = line[max(0, match.start() - 12) : match.start()].strip()
            after = f" après « {before} »" if before else ""
            report(
                number,
                match.start() + 1,
                "caractere-interdit",
                f"caractère invisible U+{ord(match.group()):04X}{after}",
                "Effacez-le : il vient d'un copier-coller.",
            )
        for match in _UNDRAWN.finditer(_COMMENT.sub("", line)):
            report(
                number,
                match.start() + 1,
                "caractere-sans-dessin",
                f"le caractère « {match.group()} » (U+{ord(match.group()):04X}) n'est dans aucune police des documents",
                "Écrivez-le en lettres latines : la page montrerait une case vide.",
            )
        if found := _NO_BREAK_FOR_SPACE.match(line):
            as_it_looks = False
            report(
                number,
                found.start("space") + 1,
                "espace-insecable",
                "une espace insécable est à la place d'une espace ordinaire",
                "Effacez-la et retapez-la avec la barre d'espace.",
            )
    return as_it_looks


def _lost(report: Report, number: int, match: re.Match[str], line: str) -> None:
    around = line[max(0, match.start() - 12) : match.end() + 12].strip()
    said = f"un « ? » au milieu d'un mot : « {around} »"
    report(number, match.start() + 2, "accents-abimes", said, "Une lettre accentuée a été perdue : retapez-la.")
