"""What differs between Linux, macOS and Windows, in one place: processes, signals, renames, durable names.

Each function takes the system, that of this machine unless told, so that every branch can be tried on any. Nothing
else does: names of folders and files that docgen makes are lower-case ASCII, which neither a system that ignores case
nor one that keeps accents apart (NFD) can confuse; words are compared in NFC, paths are `pathlib`'s, and locks
filelock's.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

WINDOWS = "win32"
PATIENCE = 2.0
"""Seconds for which an antivirus or an indexer may hold a file that has just been written on Windows."""


def sync_folder(folder: Path, system: str = sys.platform) -> None:
    """Make the names in a folder durable; Windows cannot, and does it by itself. Raises `OSError`."""
    if system == WINDOWS:
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace(source: Path, target: Path, system: str = sys.platform, wait: Callable[[float], None] = time.sleep) -> None:
    """Give a file the place of another, that may be open elsewhere. Raises `OSError`.

    Where a file that is open cannot be replaced, it is tried for a while: most are let go at once.
    """
    tries = int(PATIENCE / 0.1) if system == WINDOWS else 1
    for left in reversed(range(tries)):
        try:
            source.replace(target)
        except PermissionError:
            if not left:
                raise
            wait(0.1)
        else:
            return


def runs(process: int, system: str = sys.platform) -> bool:
    """Tell whether a process is there; on Windows, where to ask it would end it, it is taken to be."""
    if system == WINDOWS:
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # of somebody else
        return True
    return True


def user() -> int | None:
    """Return the number of who runs docgen; None where users have none."""
    return os.getuid() if hasattr(os, "getuid") else None


def ending() -> list[signal.Signals]:
    """Return the signals that end a program, besides Ctrl+C: a terminal that closes, a machine that stops."""
    names = ("SIGTERM", "SIGHUP", "SIGBREAK")
    return [getattr(signal, name) for name in names if hasattr(signal, name)]


def of_its_own(system: str = sys.platform) -> dict[str, Any]:
    """Return what has `subprocess` give a program a group of its own: Ctrl+C is then not told to it."""
    if system == WINDOWS:
        return {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0x200)}
    return {"start_new_session": True}


def kill(
    process: int, system: str = sys.platform, run: Callable[..., Any] = subprocess.run
) -> None:  # fmt: skip
    """End at once a process that is `of_its_own`, with all that it began. Raises `ProcessLookupError`."""
    if system == WINDOWS:
        run(["taskkill", "/T", "/F", "/PID", str(process)], capture_output=True, check=False)
    else:
        os.killpg(process, signal.SIGKILL)
