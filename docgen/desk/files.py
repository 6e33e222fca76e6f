"""Files of the output that a page gives: those of a folder that it knows, by their names; no path is ever taken."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from docgen.desk import screen
from docgen.packs import receipts


def of(folder: Path) -> list[Path]:
    """Return the files of a folder that are somebody's: no receipt, nothing hidden."""
    found: Iterable[Path] = folder.iterdir() if folder.is_dir() else ()
    return sorted(p for p in found if p.is_file() and not p.name.startswith(".") and p.name != receipts.NAME)


def given(request: Request, known: Iterable[Path]) -> Response:
    """Give the file of the name that is asked for, among those that are known."""
    wanted = request.path_params["fichier"]
    path = next((path for path in known if path.name == wanted), None)
    if path is None:
        return screen.page(request, "absent", "Fichier introuvable", 404, quoi="Ce fichier n'est pas là.")
    return FileResponse(path, filename=path.name, content_disposition_type="attachment")
