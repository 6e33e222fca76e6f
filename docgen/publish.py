"""Put finished files in place: the whole folder or none of it, whenever the power goes.

The new files are written in a folder beside, synced, and that folder is renamed: this is the moment from which they
count. They are then moved over the former ones, the receipt last; a move that was cut is finished by `recover`.
What docgen did not make in the folder (a signed scan, a note) is never touched.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from docgen.diagnostics import CannotWrite

WRITING, READY = ".tmp", ".new"


def publish(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put `files` in `folder`, the last of them last. Raises `CannotWrite`; the former files then stand."""
    writing = folder.parent / f".{folder.name}{WRITING}"
    ready = folder.parent / f".{folder.name}{READY}"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(writing, ignore_errors=True)
        writing.mkdir()
        for name, data in files.items():
            write(writing / name, data)
        _sync(writing)
        writing.rename(ready)
        _sync(folder.parent)
        _move(ready, folder, list(files))
    except OSError as error:
        raise CannotWrite(_explain(error, folder)) from error


def _move(ready: Path, folder: Path, names: list[str]) -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        with suppress(FileNotFoundError):  # already moved before a cut
            (ready / name).replace(folder / name)
    _sync(folder)
    ready.rmdir()


def set_aside(folder: Path, names: Iterable[str]) -> None:
    """Keep under another name the files that are not as docgen left them: one may be a signed pack."""
    for name in names:
        path = folder / name
        if not path.exists():
            continue
        number = 1
        while (aside := path.with_name(f"{path.stem}.modifie-{number}{path.suffix}")).exists():
            number += 1
        try:
            path.rename(aside)
        except OSError as error:
            raise CannotWrite(_explain(error, path)) from error


def recover(parent: Path, last: str) -> None:
    """Finish or forget what a cut left in `parent`; `last` is the name of the file that is moved last."""
    if not parent.is_dir():
        return
    try:
        for cut in sorted(parent.glob(f".*{WRITING}")):
            shutil.rmtree(cut)
        for ready in sorted(parent.glob(f".*{READY}")):
            names = sorted((f.name for f in ready.iterdir()), key=lambda name: name == last)
            _move(ready, parent / ready.name.removeprefix(".").removesuffix(READY), names)
    except OSError as error:
        raise CannotWrite(_explain(error, parent)) from error


def write(path: Path, data: bytes) -> None:
    """Write a file so that it is on the disk when this returns."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def replace(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}{WRITING}")
        write(beside, data)
        beside.replace(path)
    except OSError as error:
        raise CannotWrite(_explain(error, path)) from error


def _sync(folder: Path) -> None:
    """Make the names in a folder durable; Windows cannot, and does it by itself."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(output: Path) -> Iterator[None]:
    """Hold the output folder: two builds at once would tear each other's packs. Raises `CannotWrite` when held."""
    try:
        output.mkdir(parents=True, exist_ok=True)
        with FileLock(output / ".lock", timeout=0):
            yield
    except Timeout:
        raise CannotWrite(
            "une autre fabrication est en cours dans ce dossier : attendez qu'elle finisse, puis recommencez"
        ) from None
    except PermissionError as error:
        raise CannotWrite(_explain(error, output)) from error


def _explain(error: OSError, path: Path) -> str:
    if error.errno == 28:  # ENOSPC
        return f"le disque est plein : {path.name} n'a pas été écrit ; libérez de la place, puis recommencez"
    if isinstance(error, PermissionError):
        return f"{path.name} ne peut pas être écrit : fermez-le s'il est ouvert ailleurs, ou vérifiez vos droits"
    return f"{path.name} ne peut pas être écrit ({error.strerror or error})"
