"""What lies beside the records and is none of them: a record under another name, a copy, the leavings of a system."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from docgen.diagnostics import Diagnostic, Place, Severity

LEFT_BY_SYSTEMS = re.compile(r"\.|~\$|thumbs\.db$|desktop\.ini$", re.I)
"""macOS (.DS_Store, ._name), Windows, Word beside an open file, editors: nobody wrote that on purpose."""
COPY = re.compile(r"( \(\d+\)| ?[-–] ?copie( \(\d+\))?| ?[-–] ?copy( \(\d+\))?|^copie de .*|~)$", re.I)
"""How the name of a copy ends, as Windows, macOS, browsers and synchronised folders make it."""
RECORDS = ("members", "syndicat", "actes", "edition")


def is_record(path: Path) -> bool:
    """Tell whether a file is one that the clerk keeps: neither a copy nor what a system left."""
    return path.suffix == ".yaml" and not LEFT_BY_SYSTEMS.match(path.name) and not COPY.search(path.stem)


def is_template(path: Path) -> bool:
    """Tell whether a Word file is one that the lawyers keep."""
    return not LEFT_BY_SYSTEMS.match(path.name)


def found(root: Path) -> Iterator[Diagnostic]:
    """Yield what would be taken for a record that is read: one with another ending, a copy."""
    folders = [root, root / "seances", *sorted(one for one in (root / "templates").glob("*") if one.is_dir())]
    for folder in folders:
        for path in sorted(folder.glob("*")) if folder.is_dir() else ():
            kept = folder.name == "seances" or COPY.sub("", path.stem).lower() in RECORDS
            if not kept or path.suffix.lower() not in (".yaml", ".yml") or LEFT_BY_SYSTEMS.match(path.name):
                continue
            place = Place(path.relative_to(root).as_posix())
            if COPY.search(path.stem):
                said, hint = (
                    "ceci semble la copie d'une fiche : elle n'est pas lue",
                    "Rangez-la ailleurs, ou supprimez-la.",
                )
                yield Diagnostic(place, "copie-de-fiche", said, hint, Severity.WARNING)
            elif path.suffix != ".yaml":
                said = f"une fiche finit par « .yaml », et non « {path.suffix} » : celle-ci ne serait pas lue"
                yield Diagnostic(place, "fiche-mal-nommee", said, f"Renommez-la « {path.stem}.yaml ».")
