"""LibreOffice is never trusted: each way in which it fails is told, and the rest goes on."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from docgen.diagnostics import ToolMissing
from docgen.office import LibreOffice
from docgen.pdf import convert
from docgen.pdf.convert import Export, Pool

FAKE = Path(__file__).with_name("fake_worker.py")


@dataclass(frozen=True)
class Fake(LibreOffice):
    """A LibreOffice whose program is the name of a way to fail."""

    def python(self) -> Path:
        return Path(sys.executable)


def fake(way: str, monkeypatch: pytest.MonkeyPatch) -> Fake:
    monkeypatch.setattr(convert, "WORKER", FAKE)
    return Fake(Path(way), ())


def exports(folder: Path, *names: str) -> list[Export]:
    found = []
    for name in names:
        docx = folder / f"{name}.docx"
        docx.write_bytes(b"PK")
        found.append(Export(docx, docx.with_suffix(".pdf")))
    return found


def run(way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int = 1) -> dict[str, str]:
    """Convert three documents, the second of which makes LibreOffice fail; return what was said of each."""
    monkeypatch.setenv("DOCGEN_TEST_VICTIM", "deux")
    with Pool(fake(way, monkeypatch), size, seconds=2) as pool:
        return {task.docx.stem: problem for task, problem in pool.convert(exports(tmp_path, "un", "deux", "trois"))}


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("hangs", "LibreOffice n'a pas répondu en 2 s, deux fois de suite, sur ce document"),
        ("dies", "LibreOffice s'est arrêté, deux fois de suite, sur ce document"),
        ("refuses", "LibreOffice refuse le document : il ne peut pas être ouvert"),
        ("babbles", "LibreOffice a répondu de travers, deux fois de suite, sur ce document"),
        ("empties", "LibreOffice dit avoir fini, mais n'a pas écrit de PDF"),
        ("does-nothing", "LibreOffice dit avoir fini, mais n'a pas écrit de PDF"),
    ],
)
@pytest.mark.parametrize("size", [1, 2])
def test_the_file_at_fault_is_set_aside_and_the_rest_goes_on(
    way: str, said: str, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(way, tmp_path, monkeypatch, size) == {"un": "", "deux": said, "trois": ""}


def test_a_libreoffice_that_never_starts_is_told_with_the_command_that_mends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        Pool(fake("never-starts", monkeypatch), 1) as pool,
        pytest.raises(ToolMissing, match=r"ne démarre pas(.|\n)*Réinstallez-le"),
    ):
        list(pool.convert(exports(tmp_path, "un")))


def test_nothing_outlives_the_pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that hangs has children; all of them go, and their profiles too."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("DOCGEN_TEST_VICTIM", "un")
    with Pool(fake("hangs", monkeypatch), 1, seconds=0.5) as pool:
        list(pool.convert(exports(tmp_path, "un")))
    assert [p.name for p in tmp_path.glob("docgen-*")] == []
    assert children_of_this_test() == []


def children_of_this_test() -> list[str]:
    """Return the command lines of the processes that still run in a group started by this one."""
    for _ in range(50):
        found = [
            line
            for proc in Path("/proc").glob("[0-9]*")
            if (line := command_line(proc)) and (str(FAKE) in line or "time.sleep(600)" in line)
        ]
        if not found:
            return []
        time.sleep(0.1)
    return found


def command_line(proc: Path) -> str:
    try:
        return (proc / "cmdline").read_bytes().replace(b"\0", b" ").decode() if proc.name != str(os.getpid()) else ""
    except OSError:
        return ""


def test_leaving_the_pool_in_the_middle_stops_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCGEN_TEST_VICTIM", "deux")
    with Pool(fake("hangs", monkeypatch), 2, seconds=60) as pool:
        for _ in pool.convert(exports(tmp_path, "un", "deux", "trois")):
            break
    assert children_of_this_test() == []


def test_a_profile_forbids_macros_links_and_the_network() -> None:
    settings = convert.profile()
    for name in ("BlockUntrustedRefererLinks", "DisableMacrosExecution"):
        assert f'"{name}" oor:op="fuse"><value>true</value>' in settings
