"""Things that go wrong in the middle: nothing is half written, one bad member never stops the others."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from conftest import Sample
from test_convert import command_line, fake

from docgen import office, publish
from docgen.cli import cli
from docgen.diagnostics import CannotWrite, ExitCode, ProblemsFound, ToolMissing
from docgen.packs import receipts
from docgen.pdf.convert import Export, Pool
from docgen.records.workspace import load


def forget(sample: Sample, member: str) -> bytes:
    """Make the pack of a member out of date; return the pack that stands."""
    folder = sample.folder(member)
    receipt = receipts.read(folder)
    assert receipt
    stale = receipt.model_copy(update={"moteur": {}})
    (folder / "receipt.json").write_bytes(stale.to_bytes())
    return sample.pack(member).read_bytes()


def test_another_members_pdf_is_never_taken(built: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    """LibreOffice « succeeds » with the convention of the PETR for everything that it is asked."""
    kept = built.root / "foreign.pdf"
    with Pool(office.find(), 1) as pool:
        foreign = Export(built.folder("petr-des-collines") / "convention.docx", kept)
        assert [problem for _, problem in pool.convert([foreign])] == [""]
    former = forget(built, "commune-de-montriviere")
    for cached in (built.root / "output/.cache").iterdir():
        cached.unlink()

    (outcome,) = built.build("commune-de-montriviere", libreoffice=fake(f"gives-another={kept}", monkeypatch))

    assert outcome.exit_code == ExitCode.CONVERSION_FAILED
    assert re.search("valeurs de la fiche ne sont pas|pas de place dans l'ordre de lecture", outcome.failure)
    assert "ANGLADE" not in outcome.failure
    assert built.pack("commune-de-montriviere").read_bytes() == former
    assert list((built.root / "output/.cache").iterdir()) == []


@pytest.mark.parametrize(("way", "said"), [("truncates", "pas donné un PDF entier"), ("empties", "pas écrit de PDF")])
def test_a_broken_pdf_is_never_taken(way: str, said: str, built: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    forget(built, "commune-de-montriviere")
    built.edit("members.yaml", "05 36 49 00 11", "05 36 49 00 12")
    (outcome,) = built.build("commune-de-montriviere", libreoffice=fake(way, monkeypatch))
    assert said in outcome.failure


def test_a_member_whose_document_fails_does_not_stop_the_others(built: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_one = publish.publish

    def refuse(folder: Path, files: Any, former: Any) -> None:
        if folder.name == "commune-de-valserre":
            raise CannotWrite("fermez-le s'il est ouvert ailleurs")
        publish_one(folder, files, former)

    monkeypatch.setattr(publish, "publish", refuse)
    former = forget(built, "commune-de-valserre")
    forget(built, "petr-des-collines")
    outcomes = {o.membre.id: o for o in built.build()}
    assert outcomes["commune-de-valserre"].exit_code == ExitCode.CANNOT_WRITE
    assert outcomes["petr-des-collines"].failure == ""
    assert built.pack("commune-de-valserre").read_bytes() == former


def test_a_damaged_pdf_in_the_cache_is_made_again(built: Sample) -> None:
    forget(built, "commune-de-montriviere")
    receipt = receipts.read(built.folder("commune-de-montriviere"))
    assert receipt
    damaged = built.root / "output/.cache" / receipt.pieces["convention"].pdf
    damaged.write_bytes(damaged.read_bytes()[:1000])
    (outcome,) = built.build("commune-de-montriviere")
    assert outcome.failure == ""


def test_a_place_to_sign_that_a_condition_takes_out_stops_the_pack(sample: Sample) -> None:
    """The lawyer put the signature in a condition that is false for some: nobody would see that a signature lacks."""
    path = sample.root / "templates/2023-04/annexe-2.docx"
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    document = parts["word/document.xml"].decode()
    at = document.index('w:name="sig_membre"')
    start, end = document.rindex("<w:tbl>", 0, at), document.index("</w:tbl>", at) + len("</w:tbl>")
    alone = "<w:p><w:r><w:t>{{%p {} %}}</w:t></w:r></w:p>".format
    inside = alone('if membre.nom == "Personne"') + document[start:end] + alone("endif")
    parts["word/document.xml"] = (document[:start] + inside + document[end:]).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    (outcome,) = sample.build("petr-des-collines")
    assert "une condition a retiré la place de la signature (sig_membre)" in outcome.failure


class PowerCut(BaseException):
    """The machine stops here."""


STEPS = ("rename", "mkdir", "iterdir")


def cut_after(monkeypatch: pytest.MonkeyPatch, count: int, error: BaseException) -> list[int]:
    """Make the count-th step of writing fail; return a list whose length is the number of steps done."""
    done: list[int] = []

    def counted(function: Any) -> Any:
        def step(*args: Any, **named: Any) -> Any:
            if len(done) == count:
                raise error
            done.append(1)
            return function(*args, **named)

        return step

    for name in STEPS:
        monkeypatch.setattr(Path, name, counted(getattr(Path, name)))
    monkeypatch.setattr(os, "fsync", counted(os.fsync))
    return done


FORMER = {"pack.pdf": b"ancien pack", "piece.docx": b"ancienne piece", "receipt.json": b"ancien recu"}
NEW = {"pack.pdf": b"nouveau pack", "piece.docx": b"nouvelle piece", "receipt.json": b"nouveau recu"}


def read(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir()}


@pytest.mark.parametrize("error", [PowerCut(), OSError(28, "No space left on device")], ids=["power-cut", "disk-full"])
def test_a_pack_is_there_whole_or_the_former_one_stays_wherever_the_writing_stops(
    error: BaseException, tmp_path: Path
) -> None:
    count = 0
    while True:
        parent = tmp_path / str(count)
        publish.publish(parent / "membre", FORMER)
        with pytest.MonkeyPatch.context() as monkeypatch:
            done = cut_after(monkeypatch, count, error)
            try:
                publish.publish(parent / "membre", NEW)
                stopped = False
            except (PowerCut, CannotWrite):
                stopped = True
        assert list(publish.recover(parent)) == []
        assert read(parent / "membre") in (FORMER, NEW), count
        assert [p.name for p in parent.iterdir()] == ["membre"], count
        if not stopped:
            assert len(done) > 8
            return
        count += 1


def test_a_file_open_elsewhere_is_named_and_nothing_moves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows refuses to move a file that Word holds; what is then written in it is never lost."""
    folder = tmp_path / "membre"
    publish.publish(folder, FORMER)
    rename = Path.rename

    def held(self: Path, target: Path) -> Path:
        if self.name == "piece.docx" and self.parent == folder:
            raise PermissionError(13, "in use")
        return rename(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", held)
        with pytest.raises(CannotWrite, match=r"piece\.docx ne peut pas être écrit : fermez-le"):
            publish.publish(folder, NEW)
    assert read(folder) == FORMER
    assert [p.name for p in tmp_path.iterdir()] == ["membre"]


def test_what_was_written_after_a_cut_is_not_written_over(tmp_path: Path) -> None:
    folder = tmp_path / "membre"
    publish.publish(folder, FORMER)
    with pytest.MonkeyPatch.context() as monkeypatch:
        cut_after(monkeypatch, 9, PowerCut())
        with pytest.raises(PowerCut):
            publish.publish(folder, NEW)
    (folder / "piece.docx").write_bytes(b"texte de la clerc")
    list(publish.recover(tmp_path))
    assert b"texte de la clerc" in read(folder).values()


def test_files_that_the_new_pack_has_not_any_more_go(tmp_path: Path) -> None:
    folder = tmp_path / "membre"
    publish.publish(folder, FORMER)
    publish.publish(folder, {"pack.pdf": b"nouveau pack"}, former=FORMER)
    assert read(folder) == {"pack.pdf": b"nouveau pack"}


def test_a_full_disk_is_told_with_its_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_after(monkeypatch, 2, OSError(28, "No space left on device"))
    with pytest.raises(CannotWrite, match=r"disque est plein.*libérez de la place"):
        publish.publish(tmp_path / "membre", NEW)


def running(folder: Path) -> list[str]:
    """Return the LibreOffices that have their profile in a folder, once they had the time to end."""
    for _ in range(100):
        found = [line for proc in Path("/proc").glob("[0-9]*") if str(folder) in (line := command_line(proc))]
        if not found:
            return []
        time.sleep(0.1)
    return found


def test_kill_9_in_the_middle_then_build_again_leaves_nothing_torn_nor_running(
    sample: Sample, made: Sample, tmp_path: Path
) -> None:
    dice = random.Random(4)
    command = [sys.executable, "-m", "docgen", "build"]
    profiles = tmp_path / "profiles"
    profiles.mkdir()
    apart = {**os.environ, "TMPDIR": str(profiles)}
    for _ in range(5):
        process = subprocess.Popen(
            command, cwd=sample.root, env=apart, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(dice.uniform(0.9, 2.6))
        process.send_signal(signal.SIGKILL)
        process.wait()
        for receipt_path in sample.root.glob("output/2023-04/*/receipt.json"):
            assert receipts.altered(receipt_path.parent, receipts.read(receipt_path.parent)) == {}
    assert subprocess.run(command, cwd=sample.root, capture_output=True).returncode == 0
    index = "index.html"
    assert {k: v for k, v in sample.files().items() if k != index and ".cache" not in k} == {
        k: v for k, v in made.files().items() if k != index and ".cache" not in k
    }
    assert [p for p in sample.root.glob("output/2023-04/.*")] == []
    assert running(profiles) == []


def test_two_builds_at_once_are_refused(built: Sample) -> None:
    with publish.locked(built.workspace.output), pytest.raises(CannotWrite, match="autre fabrication est en cours"):
        built.build()


def test_what_fails_while_the_output_is_held_keeps_its_own_name(tmp_path: Path) -> None:
    """A reader of our output that leaves (head) is not an output that cannot be written."""
    with pytest.raises(BrokenPipeError), publish.locked(tmp_path / "output"):
        raise BrokenPipeError
    with publish.locked(tmp_path / "output"):
        pass  # and the lock is free again


def test_an_output_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "output").write_text("")
    with pytest.raises(CannotWrite, match="est un fichier"), publish.locked(tmp_path / "output"):
        pass


def test_without_libreoffice_the_message_gives_the_command_that_installs_it(tmp_path: Path) -> None:
    with pytest.raises(ToolMissing, match=r"introuvable(.|\n)*apt-get install libreoffice-writer-nogui"):
        office.find([tmp_path])


def test_libreoffice_without_its_python_module_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "soffice.bin").write_bytes(b"")
    found = office.LibreOffice(tmp_path / "soffice.bin", (tmp_path / "python",))
    with pytest.raises(ToolMissing, match="uno"):
        found.python()


@pytest.mark.parametrize(
    ("program", "python"),
    [
        ("LibreOffice.app/Contents/MacOS/soffice", "LibreOffice.app/Contents/Resources/python"),
        ("LibreOffice/program/soffice.exe", "LibreOffice/program/python.exe"),
        ("opt/libreoffice25.2/program/soffice.bin", "opt/libreoffice25.2/program/python"),
    ],
)
def test_libreoffice_is_found_where_each_system_puts_it(program: str, python: str, tmp_path: Path) -> None:
    for name in (program, python):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found = office.find([tmp_path / "nowhere", (tmp_path / program).parent])
    assert found.soffice == tmp_path / program
    assert (tmp_path / python).resolve() in [p.resolve() for p in found.pythons]


def a_libreoffice(folder: Path, number: str) -> office.LibreOffice:
    registry = folder / "share/registry/main.xcd"
    registry.parent.mkdir(parents=True)
    registry.write_text(f'<prop oor:name="ooSetupVersion">\n <value>{number}</value>\n</prop>', "utf-8")
    return office.LibreOffice(folder / "program/soffice.bin", ())


def test_a_version_of_libreoffice_that_was_never_tried_is_told_and_the_others_are_not(tmp_path: Path) -> None:
    said = a_libreoffice(tmp_path / "new", "26.2").untried
    assert said == "LibreOffice 26.2 : jamais éprouvé avec docgen"
    assert all(not a_libreoffice(tmp_path / number, number).untried for number in office.TESTED)
    assert not office.find().untried
    assert office.LibreOffice(tmp_path / "program/soffice.bin", ()).untried.startswith("LibreOffice inconnu")


def test_build_tells_an_untried_libreoffice_once_and_makes_the_packs(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office, "TESTED", ())
    monkeypatch.chdir(sample.root)
    done = CliRunner().invoke(cli, ["build", "commune-de-montriviere"])
    assert done.exit_code == 0
    assert done.output.count("jamais éprouvé avec docgen") == 1
    assert sample.pack("commune-de-montriviere").is_file()


def test_a_grid_that_is_not_the_voted_one_makes_nothing(sample: Sample) -> None:
    sample.edit("templates/2023-04/edition.yaml", "20,76  19,73", "20,76  19,74")
    with pytest.raises(ProblemsFound, match="« 4 To », tranche 2 : voté 19,74"):
        load(sample.workspace)
    assert sample.files() == {}
