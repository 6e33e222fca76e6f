"""What differs from one system to another, each branch tried here; the machine looked at; docgen as it is installed."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT, Docgen
from tools import program

from docgen import doctor, office, publish, systems
from docgen.diagnostics import CannotWrite, ToolMissing

WINDOWS, LINUX, MACOS = "win32", "linux", "darwin"


@pytest.mark.parametrize("system", [LINUX, MACOS, WINDOWS])
def test_names_are_made_durable_where_one_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    systems.sync_folder(tmp_path, system)
    assert len(synced) == (system != WINDOWS)


@pytest.mark.parametrize(("system", "tries"), [(LINUX, 1), (MACOS, 1), (WINDOWS, 20)])
def test_a_file_that_stays_open_is_tried_for_a_while_on_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str, tries: int
) -> None:
    asked: list[Path] = []

    def held(self: Path, target: Path) -> None:
        asked.append(self)
        raise PermissionError(13, "open elsewhere")

    monkeypatch.setattr(Path, "replace", held)
    with pytest.raises(PermissionError):
        systems.replace(tmp_path / "a", tmp_path / "b", system, wait=lambda seconds: None)
    assert tries == len(asked)
    with pytest.raises(CannotWrite, match="fermez-le"):
        publish.replace(tmp_path / "b", b"x")


def test_a_file_that_is_let_go_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_text("new")
    (tmp_path / "b").write_text("old")
    let_go, times = Path.replace, []

    def held_once(self: Path, target: Path) -> Path:
        times.append(1)
        if len(times) < 3:
            raise PermissionError(13, "open elsewhere")
        return let_go(self, target)

    monkeypatch.setattr(Path, "replace", held_once)
    systems.replace(tmp_path / "a", tmp_path / "b", WINDOWS, wait=lambda seconds: None)
    assert "new" == (tmp_path / "b").read_text()


def test_a_process_is_known_to_run_or_not() -> None:
    assert systems.runs(os.getpid())
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    assert not systems.runs(gone.pid, LINUX)
    assert systems.runs(gone.pid, WINDOWS), "there, to ask it would end it"


def test_a_program_of_its_own_ends_with_all_that_it_began() -> None:
    begin = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"
    code = f"import subprocess, sys; p = {begin}; print(p.pid, flush=True); p.wait()"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **systems.of_its_own()) as process:
        assert process.stdout
        child = int(process.stdout.readline())
        assert os.getpgid(process.pid) != os.getpgid(0), "Ctrl+C would be told to it"
        systems.kill(process.pid)
        process.wait(10)
    deadline = time.monotonic() + 10
    while Path(f"/proc/{child}/stat").exists() and time.monotonic() < deadline:
        if Path(f"/proc/{child}/stat").read_text().split(") ")[1][0] == "Z":
            break
        time.sleep(0.05)
    assert not Path(f"/proc/{child}/cmdline").exists() or not Path(f"/proc/{child}/cmdline").read_bytes()


def test_windows_is_asked_in_its_own_way() -> None:
    asked: list[list[str]] = []
    systems.kill(42, WINDOWS, run=lambda command, **_: asked.append(command))
    assert [["taskkill", "/T", "/F", "/PID", "42"]] == asked
    assert {"creationflags": 0x200} == systems.of_its_own(WINDOWS)
    assert signal.SIGTERM in systems.ending()


@pytest.mark.parametrize("system", [LINUX, MACOS, WINDOWS])
def test_each_system_is_told_how_to_install_libreoffice(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    monkeypatch.setattr(sys, "platform", system)
    assert "ibre" in office.install_command()


def test_names_on_the_disk_are_the_same_for_every_system(made) -> None:  # type: ignore[no-untyped-def]
    names = [path.name for path in (made.root / "output").rglob("*")]
    assert [] == [name for name in names if not re.fullmatch(r"[A-Za-z0-9._-]+", name)]
    assert len({name.casefold() for name in names}) == len(set(names))


def test_the_machine_is_looked_at(tmp_path: Path, docgen: Docgen) -> None:
    code, told = docgen(tmp_path, "doctor")
    assert 0 == code, told
    for what in ("LibreOffice : ", "police Carlito", "dossier de travail", "dossier temporaire", "tesseract"):
        assert what in told


def test_what_is_missing_is_told_with_what_to_type(
    tmp_path: Path, docgen: Docgen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> office.LibreOffice:
        raise ToolMissing("LibreOffice est introuvable : docgen en a besoin.\nInstallez-le : apt-get install x")

    monkeypatch.setattr(office, "find", none)
    monkeypatch.setattr(office, "font_for", lambda family: "DejaVu Sans")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    code, told = docgen(tmp_path, "doctor")
    assert 3 == code
    for said in ("✗ LibreOffice", "apt-get install x", "✗ police Carlito", "fonts-crosextra-carlito", "– java"):
        assert said in told


def test_a_full_disk_and_a_folder_that_refuses_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_writable", lambda folder: False)
    found = {one.what: one for one in doctor._disk(tmp_path, usage=lambda folder: (0, 0, 1000))}
    assert not found["dossier de travail"].holds
    assert not found["écriture : dossier temporaire"].holds
    assert all(one.mend for one in found.values())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_completes_commands(tmp_path: Path, docgen: Docgen, shell: str) -> None:
    code, told = docgen(tmp_path, "completion", shell)
    assert 0 == code
    assert "_DOCGEN_COMPLETE" in told
    asked = {"bash": "bash_complete", "zsh": "zsh_complete", "fish": "fish_complete"}[shell]
    words = {"COMP_WORDS": "docgen pre", "COMP_CWORD": "1" if shell != "fish" else "pre"}
    found = subprocess.run(
        [sys.executable, "-m", "docgen"], env={**os.environ, "_DOCGEN_COMPLETE": asked, **words}, cwd=ROOT,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "preflight" in found.stdout


@pytest.mark.parametrize("shell", ["bash"])
def test_the_completion_is_a_script_that_its_shell_takes(tmp_path: Path, docgen: Docgen, shell: str) -> None:
    script = tmp_path / "completion"
    script.write_text(docgen(tmp_path, "completion", shell)[1], "utf-8")
    assert 0 == subprocess.run([program(shell, shell), "-n", str(script)], check=False).returncode


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from what git would take, unpacked as pipx does."""
    source, place = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("site")
    for name in ("docgen", "templates", "examples"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", "output"))
    for name in ("pyproject.toml", "README.md", "NOTICE"):
        shutil.copy(ROOT / name, source)
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        str(place),
    ]
    subprocess.run([*command, str(source)], check=True, capture_output=True)
    (made,) = place.glob("*.whl")
    with zipfile.ZipFile(made) as packed:
        packed.extractall(place)
    return place


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    said = next(wheel.glob("docgen-*.dist-info/METADATA")).read_text("utf-8")
    for line in ("License-Expression: EUPL-1.2", "License-File: NOTICE", "Description-Content-Type: text/markdown",
                 "Classifier: Natural Language :: French", "Requires-Python: >=3.11", "Project-URL: "):  # fmt: skip
        assert line in said
    assert (wheel / "docgen/desk/static/desk.css").exists()
    assert not list(wheel.rglob("*.pyc"))


def test_from_the_wheel_alone_a_workspace_begins_and_the_desk_opens(wheel: Path, tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(wheel), "PYTHONDONTWRITEBYTECODE": "1"}
    for number, more in enumerate(([], ["--exemple", "dpd-mutualise"])):
        command = [sys.executable, "-P", "-m", "docgen", "init", f"neuf-{number}", *more]
        assert 0 == subprocess.run(command, cwd=tmp_path, env=env, stdin=subprocess.DEVNULL, check=False).returncode
    code = (
        "import docgen, sys; from pathlib import Path; from docgen.desk.app import application; "
        "from docgen.records.workspace import Workspace; from starlette.testclient import TestClient; "
        "guarded, app = application(Workspace(Path('neuf-1').resolve()), 1); "
        "page = TestClient(guarded, base_url='http://127.0.0.1:1').get('/?cle=' + app.state.keys.address).text; "
        "print(docgen.__file__, 'Où en est chaque membre' in page)"
    )
    told = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    ).stdout
    assert told.strip() == f"{wheel / 'docgen/__init__.py'} True"
