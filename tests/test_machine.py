"""Whatever the machine (language, folders, signals), the same bytes, and nobody's document left behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from conftest import Sample, copy_sample
from word import a_docx, p

from docgen import office, scratch
from docgen.diagnostics import CannotWrite, ToolMissing
from docgen.pdf.convert import Export, Pool

MEMBER = "commune-de-montriviere"
BUILD = [sys.executable, "-m", "docgen", "build", MEMBER]
SOURCES = {**os.environ, "PYTHONPATH": str(Path(office.__file__).parents[1])}


@pytest.mark.parametrize(
    "env",
    [
        {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "fr_FR.UTF-8", "LANGUAGE": "de", "HOME": "/nonexistent"},
        {"LC_ALL": "C", "TZ": "Pacific/Noumea"},
    ],
    ids=["ascii", "no-home", "far"],
)
def test_the_same_bytes_in_any_language_and_any_folder(env: dict[str, str], made: Sample, tmp_path: Path) -> None:
    sample = copy_sample(tmp_path / "Pièces à signer")
    temporary = tmp_path / "temporaire d’été"
    temporary.mkdir()
    done = subprocess.run(BUILD, cwd=sample.root, env={**SOURCES, **env, "TMPDIR": str(temporary)}, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    assert sample.pack(MEMBER).read_bytes() == made.pack(MEMBER).read_bytes()
    assert [path.name for path in temporary.iterdir()] == []


def test_without_a_temporary_folder_it_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file" / "none"))
    with pytest.raises(CannotWrite, match="aucun dossier temporaire"):
        scratch.folder()


def test_what_a_killed_run_left_goes_at_the_next_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left, running, other = (tmp_path / f"docgen-{name}" for name in (f"{ended.pid}-x", f"{os.getpid()}-x", "notes"))
    for folder in (left, running, other):
        folder.mkdir()
        (folder / "convention.docx").write_bytes(b"x")
    with scratch.folder() as made:
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted([running.name, other.name, Path(made).name])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_ends_a_build_leaves_no_document(number: signal.Signals, tmp_path: Path) -> None:
    office.find()
    sample, temporary = copy_sample(tmp_path / "workspace"), tmp_path / "temporary"
    temporary.mkdir()
    command = [sys.executable, "-m", "docgen", "build"]
    running = subprocess.Popen(command, cwd=sample.root, env={**SOURCES, "TMPDIR": str(temporary)},
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    while running.poll() is None and not left_in(temporary, "*.docx"):
        time.sleep(0.02)
    running.send_signal(number)
    assert running.wait() == 128 + number
    assert left_in(temporary, "*.docx") == []


def left_in(folder: Path, pattern: str = "*") -> list[Path]:
    """Return the files that are in a folder; LibreOffice may take some away meanwhile."""
    for _ in range(50):
        with contextlib.suppress(FileNotFoundError):
            return [path for path in folder.rglob(pattern) if path.is_file()]
    raise AssertionError


def test_libreoffice_leaves_no_socket(tmp_path: Path) -> None:
    (tmp_path / "f.docx").write_bytes(a_docx(tmp_path, p("Texte")).read_bytes())
    with Pool(office.find(), 1) as pool:
        assert [why for _, why in pool.convert([Export(tmp_path / "f.docx", tmp_path / "f.pdf")])] == [""]
        process = pool._workers[0].process
        assert process
        mine = [path for path in Path("/tmp").iterdir() if path.name.endswith(f"_docgen{process.pid}")]
        assert len(mine) == 1
    assert not mine[0].exists()


def test_a_libreoffice_that_ends_at_once_is_told_and_not_waited_for(tmp_path: Path) -> None:
    broken = tmp_path / "program" / "soffice.bin"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\nexit 1\n", "utf-8")
    broken.chmod(0o755)
    with (
        pytest.raises(ToolMissing, match="ne démarre pas"),
        Pool(office.LibreOffice(broken, office.find().pythons), 1) as pool,
    ):
        list(pool.convert([Export(a_docx(tmp_path, p("Texte")), tmp_path / "f.pdf")]))


def family(root: int) -> dict[str, list[int]]:
    """Return the processes that a build started, by what they are."""
    above, said = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            above[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            said[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (OSError, ValueError):
            continue
    found: dict[str, list[int]] = {}
    for process, command in said.items():
        up = process
        while up not in (0, 1, root):
            up = above.get(up, 0)
        if up == root and process != root:
            names = {"uno_worker": "pilote", "soffice.bin": "bureau", "resource_tracker": "suivi"}
            kind = next((kind for name, kind in names.items() if name in command), "ouvrier")
            if kind == "ouvrier" and above[process] == root:
                kind = "modèle"  # that the others are copied from
            found.setdefault(kind, []).append(process)
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="il faut /proc pour trouver les processus")
@pytest.mark.parametrize("victim", ["bureau", "pilote", "ouvrier", "modèle", "suivi", "principal"])
def test_whoever_is_killed_packs_are_whole_and_nobody_stays_behind(victim: str, sample: Sample, tmp_path: Path) -> None:
    temporary = Path(tempfile.mkdtemp())  # a short name: a socket may be in it
    command = [sys.executable, "-m", "docgen", "build", "--workers", "2"]
    env = {**SOURCES, "TMPDIR": str(temporary)}
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    build = subprocess.Popen(command, cwd=sample.root, env=env, text=True, **pipe)  # type: ignore[call-overload]
    assert build.stdout
    for line in build.stdout:
        if line.startswith("2/"):
            break
    everybody = family(build.pid)
    started = [process for processes in everybody.values() for process in processes]
    assert len(started) >= 6
    os.kill(build.pid if victim == "principal" else everybody[victim][-1], signal.SIGKILL)
    told = build.stdout.read()
    build.stdout.close()
    assert build.wait() == (-signal.SIGKILL if victim == "principal" else 0), told
    limit = time.monotonic() + 20
    while alive := [process for process in started if Path(f"/proc/{process}").exists()]:
        assert time.monotonic() < limit, [Path(f"/proc/{process}/cmdline").read_text() for process in alive]
        time.sleep(0.1)
    again = sample.build()
    assert [outcome.failure for outcome in again] == [""] * 13
    if victim != "principal":
        assert [outcome.reasons for outcome in again] == [()] * 13, "all were made, and stand as they were made"
    assert victim == "principal" or left_in(temporary) == []
    subprocess.run(command, cwd=sample.root, env=env, check=True, capture_output=True)
    assert left_in(temporary) == [], "it would be somebody's document"
    shutil.rmtree(temporary)
