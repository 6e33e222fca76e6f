"""Temporary folders that hold nobody's document for long: what a run that was killed left goes at the next start."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from docgen import systems
from docgen.diagnostics import CannotWrite

NAME = re.compile(r"docgen-(\d+)-")
"""The process that made a folder is in its name."""
PIPES = (Path("/tmp"), Path("/var/tmp"))
"""Where LibreOffice puts its sockets, whatever TMPDIR says (sal/osl/unx/pipe.cxx)."""


def folder() -> tempfile.TemporaryDirectory[str]:
    """Return a temporary folder, that a `with` or its `cleanup` removes. Raises `CannotWrite` when none can be made."""
    sweep()
    try:
        return tempfile.TemporaryDirectory(prefix=f"docgen-{os.getpid()}-", ignore_cleanup_errors=True)
    except OSError as error:
        why = f"aucun dossier temporaire où écrire ({error.strerror}) : vérifiez TMPDIR et la place qui reste"
        raise CannotWrite(why) from None


def sweep() -> None:
    """Remove the folders of runs that are no more."""
    with contextlib.suppress(OSError):
        for left in Path(tempfile.gettempdir()).glob("docgen-*-*"):
            found = NAME.match(left.name)
            if found and left.is_dir() and not left.is_symlink() and not systems.runs(int(found[1])):
                forget_pipes(left, None)
                shutil.rmtree(left, ignore_errors=True)


def forget_pipes(profile: Path, driver: int | None) -> None:
    """Remove the sockets of a LibreOffice that is no more: that of its profile, that of the program which drove it."""
    if (user := systems.user()) is None:
        return
    url = profile.resolve().as_uri()
    known = "".join(f"{byte:x}" for byte in hashlib.md5(url.encode("utf-16-le"), usedforsecurity=False).digest())
    names = [f"SingleOfficeIPC_{known}", *([f"docgen{driver}"] if driver else [])]
    for place in PIPES:
        for name in names:
            with contextlib.suppress(OSError):
                (place / f"OSL_PIPE_{user}_{name}").unlink()


@contextlib.contextmanager
def ended_softly() -> Iterator[None]:
    """Have the signals that end a program run its `finally`: a terminal that closes, a machine that stops."""

    def end(number: int, _: FrameType | None) -> None:
        sys.exit(128 + number)

    former = {number: signal.signal(number, end) for number in systems.ending()}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
