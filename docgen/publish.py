"""Put finished files in place: the whole folder or none of it, whenever the power goes.

The new files are written in a folder beside (`.<name>.new`), synced. The former ones are moved out of the way
(`.<name>.old`), which fails while one of them is open elsewhere, and then everything is put back. Only then do the new
ones take their names. Nothing is ever moved over a file: what docgen did not make in the folder (a signed scan, a
note, a Word file that somebody is writing in) is never lost. `recover` finishes or undoes what a cut left.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from docgen import systems
from docgen.diagnostics import CannotWrite

WRITING, READY, FORMER = ".tmp", ".new", ".old"


def publish(folder: Path, files: Mapping[str, bytes], former: Iterable[str] = ()) -> None:
    """Put `files` in `folder`, in place of those of the same name and of the `former` ones.

    Raises `CannotWrite`; the former files then stand as they were.
    """
    writing, ready, old = (_beside(folder, kind) for kind in (WRITING, READY, FORMER))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(writing, ignore_errors=True)
        writing.mkdir()
        for name, data in files.items():
            write(writing / name, data)
        systems.sync_folder(writing)
        folder.mkdir(exist_ok=True)
        old.mkdir()
        writing.rename(ready)
    except OSError as error:
        raise CannotWrite(explain(error, folder)) from error
    for name in dict.fromkeys([*former, *files]):  # once the names of `files` are free, all has been moved
        path = folder / name
        try:
            if path.exists():
                path.rename(old / name)
        except OSError as error:
            recover_one(folder)
            raise CannotWrite(explain(error, path)) from error
    recover_one(folder)


def recover(parent: Path) -> Iterator[tuple[str, str]]:
    """Finish or undo what a cut left in `parent`; yield the folders where it cannot be done, each with why."""
    if not parent.is_dir():
        return
    for writing in sorted(parent.glob(f".*{WRITING}")):
        shutil.rmtree(writing, ignore_errors=True)
    cut = {path.name[1:-4] for kind in (READY, FORMER) for path in parent.glob(f".*{kind}")}
    for name in sorted(cut):
        try:
            recover_one(parent / name)
        except CannotWrite as error:
            yield name, str(error)


def recover_one(folder: Path) -> None:
    """Put the new files in place when all their names are free; else give the former ones theirs back.

    Raises `CannotWrite` when neither can be done now; nothing is lost, the next call tries again.
    """
    ready, old = _beside(folder, READY), _beside(folder, FORMER)
    try:
        new = sorted(path.name for path in ready.iterdir()) if ready.is_dir() else []
        if any((folder / name).exists() for name in new):
            for path in sorted(old.iterdir()):
                path.rename(folder / path.name)
            shutil.rmtree(ready)
        else:
            for name in new:
                (ready / name).rename(folder / name)
            systems.sync_folder(folder)
            shutil.rmtree(ready, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise CannotWrite(explain(error, folder)) from error


def _beside(folder: Path, kind: str) -> Path:
    return folder.parent / f".{folder.name}{kind}"


def set_aside(folder: Path, names: Iterable[str]) -> None:
    """Keep under another name the files that are not as docgen left them: one may be a signed pack.

    Raises `CannotWrite`.
    """
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
            raise CannotWrite(explain(error, path)) from error


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
        systems.replace(beside, path)
    except OSError as error:
        raise CannotWrite(explain(error, path)) from error


@contextmanager
def locked(output: Path) -> Iterator[None]:
    """Hold the output folder: two builds at once would tear each other's packs. Raises `CannotWrite` when held."""
    lock = FileLock(output / ".lock", timeout=0)
    try:
        output.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise CannotWrite(
            "une autre fabrication est en cours dans ce dossier : attendez qu'elle finisse, puis recommencez"
        ) from None
    except OSError as error:
        raise CannotWrite(explain(error, output)) from error
    try:  # what fails from here on is not the lock's to explain
        yield
    finally:
        lock.release()


def explain(error: OSError, path: Path) -> str:
    """Return why a file could not be written and what to do, in French whatever the system says."""
    if error.errno == 28:  # ENOSPC
        return f"le disque est plein : {path.name} n'a pas été écrit ; libérez de la place, puis recommencez"
    if isinstance(error, PermissionError):
        return f"{path.name} ne peut pas être écrit : fermez-le s'il est ouvert ailleurs, ou vérifiez vos droits"
    if error.errno == 30:  # EROFS
        return f"{path.name} est sur un disque en lecture seule"
    if isinstance(error, FileExistsError | NotADirectoryError):
        return f"« {path.name} » est un fichier, il faudrait un dossier : renommez-le"
    return f"{path.name} ne peut pas être écrit (erreur {error.errno} du système)"
