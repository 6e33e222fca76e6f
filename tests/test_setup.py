"""./run on other machines: fake apt-get, dpkg-query, sudo, id and python, that note what they are asked."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PYTHON = """#!/bin/sh
version=${FAKE_PYTHON:-3 11 7}
case "$1 $2" in
    "-c ") exit 0 ;;
    "-c import sys; sys.exit"*) set -- $version; [ "$1" -eq 3 ] && [ "$2" -ge 11 ] ;;
    "-c import sys; print"*) echo "$version" ;;
    "-m venv")
        echo "venv $*" >>"$LOG"
        [ -z "${DISK_FULL:-}" ] || { echo "No space left on device" >&2; exit 1; }
        [ "$3" != --clear ] || { shift; rm -rf "$3"; }
        mkdir -p "$3/bin"
        [ -z "${KILLED:-}" ] || kill -9 $$
        cp "$0" "$3/bin/python" ;;
    "-m pip") echo "pip $*" >>"$LOG"; exit ${PIP_FAILS:-0} ;;
    *) echo "python $*" >>"$LOG" ;;
esac
"""
APT = '#!/bin/sh\necho "apt-get $*" >>"$LOG"\necho "$DEBIAN_FRONTEND" >>"$LOG.env"\nexit ${APT_FAILS:-0}\n'
DPKG = '#!/bin/sh\nfor last; do :; done\ncase " $INSTALLED " in *" $last "*) echo "install ok installed" ;; esac\n'
SUDO = '#!/bin/sh\necho "sudo $*" >>"$LOG"\n[ -z "${REFUSED:-}" ] || exit 1\nunset DEBIAN_FRONTEND\nexec "$@"\n'
ALL = (
    "libreoffice-writer-nogui python3-uno fonts-crosextra-carlito fonts-crosextra-caladea fonts-liberation"
    " fonts-dejavu-core fontconfig python3-venv"
)


@dataclass
class Machine:
    """A folder of fake programs, and a clone of docgen to set up."""

    root: Path
    clone: Path
    env: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        known = {"PATH": f"{self.root / 'bin'}:/usr/bin:/bin", "LOG": str(self.root / "log"), "HOME": str(self.root)}
        given = {**known, **self.env, **env}
        return subprocess.run([self.clone / "run", *words], env=given, capture_output=True, text=True)

    def asked(self) -> list[str]:
        """Return what was asked since the last time."""
        log = self.root / "log"
        lines = log.read_text("utf-8").splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return lines


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    found = Machine(tmp_path, tmp_path / "clone", {"INSTALLED": ALL})
    (tmp_path / "bin").mkdir()
    programs = {"python3": PYTHON, "apt-get": APT, "dpkg-query": DPKG, "sudo": SUDO, "id": "#!/bin/sh\necho 1000\n"}
    for name, text in programs.items():
        (tmp_path / "bin" / name).write_text(text, "utf-8")
        (tmp_path / "bin" / name).chmod(0o755)
    for name in ("3.11", "3.12", "3.13", "3.14"):  # those of the real machine do not help
        shutil.copy(tmp_path / "bin" / "python3", tmp_path / "bin" / f"python{name}")
    found.clone.mkdir()
    for name in ("run", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, found.clone / name)
    return found


def test_what_is_missing_is_said_then_installed_and_nothing_is_removed(machine: Machine) -> None:
    done = machine.run(INSTALLED="fontconfig python3-venv")
    assert done.returncode == 0, done.stderr
    (said,) = (line for line in done.stdout.splitlines() if line.startswith("Installation de :"))
    assert said.split(" : ")[1].split() == [name for name in ALL.split() if name not in ("fontconfig", "python3-venv")]
    (install,) = (line for line in machine.asked() if line.startswith("apt-get install"))
    assert "--no-remove" in install
    assert "DPkg::Lock::Timeout=" in install
    assert install.endswith("libreoffice-writer-nogui python3-uno fonts-crosextra-carlito fonts-crosextra-caladea"
                            " fonts-liberation fonts-dejavu-core")  # fmt: skip
    assert {"noninteractive"} == set((machine.root / "log.env").read_text("utf-8").split()), "sudo forgets it otherwise"


def test_the_writer_of_a_desktop_is_kept(machine: Machine) -> None:
    done = machine.run(INSTALLED=ALL.replace("libreoffice-writer-nogui", "libreoffice-writer"))
    assert done.returncode == 0
    assert not [line for line in machine.asked() if "apt-get" in line]


def test_an_installation_that_fails_says_what_to_type(machine: Machine) -> None:
    done = machine.run(INSTALLED="", APT_FAILS="100")
    assert done.returncode == 3
    assert "rien n'a été retiré" in done.stderr
    assert "apt-get install --no-remove libreoffice-writer-nogui" in done.stderr


def test_without_python_3_11_nothing_is_installed(machine: Machine) -> None:
    done = machine.run(INSTALLED="", FAKE_PYTHON="3 10 4")
    assert done.returncode == 3
    assert "Python 3.11" in done.stderr
    assert machine.asked() == []


def test_a_machine_with_no_python_at_all_gets_one_before_the_rest(machine: Machine) -> None:
    programs = machine.root / "bin"
    shutil.move(programs / "python3", machine.root / "python3")
    for other in programs.glob("python3.*"):
        other.unlink()
    there = f"cp {machine.root}/python3 {programs}/python3\n"
    apt = APT.replace("exit ${APT_FAILS:-0}\n", there)
    (programs / "apt-get").write_text(apt, "utf-8")
    for name in ("sh", "dirname", "cat", "cksum", "grep", "env", "cp", "mkdir", "rm"):
        (programs / name).symlink_to(shutil.which(name) or name)
    done = machine.run("check", INSTALLED="", PATH=str(programs))
    assert done.returncode == 0, done.stderr
    installs = [line for line in machine.asked() if line.startswith("apt-get install")]
    assert [line.endswith(" python3-venv") for line in installs] == [True, True]
    assert "libreoffice" not in installs[0]
    assert "libreoffice-writer-nogui" in installs[1]


def test_python_is_set_up_once_for_use_and_once_more_for_the_tests(machine: Machine) -> None:
    assert machine.run("check").returncode == 0
    venv, pip, ran = machine.asked()
    assert venv.startswith("venv -m venv --clear")
    assert pip.endswith(f"--editable {machine.clone}")
    assert ran == "python -m docgen check"
    assert machine.run("check").returncode == 0
    assert machine.asked() == ["python -m docgen check"]
    assert machine.run("tests", "-k", "x").returncode == 0
    first, *_, last = machine.asked()
    assert first.endswith(f"--editable {machine.clone}[test]")
    assert last == "python -m pytest -n auto -k x"
    assert machine.run("check").returncode == 0
    assert machine.asked() == ["python -m docgen check"]


def test_a_set_up_that_was_killed_is_begun_again(machine: Machine) -> None:
    assert machine.run("check", KILLED="1").returncode != 0
    assert not (machine.clone / ".venv/bin/python").exists()
    machine.asked()
    assert machine.run("check").returncode == 0
    assert [line.split()[0] for line in machine.asked()] == ["venv", "pip", "python"]


def test_a_network_cut_in_the_middle_is_told_and_the_next_run_goes_on(machine: Machine) -> None:
    done = machine.run("check", PIP_FAILS="1")
    assert (3, True) == (done.returncode, "réseau coupé" in done.stderr)
    assert not any(line.startswith("python -m docgen") for line in machine.asked())
    assert 0 == machine.run("check").returncode
    assert ["venv", "pip", "python"] == [line.split()[0] for line in machine.asked()]


def test_a_full_disk_is_told_and_the_next_run_goes_on(machine: Machine) -> None:
    done = machine.run("check", DISK_FULL="1")
    assert (5, True) == (done.returncode, "disque plein" in done.stderr)
    assert 0 == machine.run("check").returncode


@pytest.mark.parametrize("way", ["refused", "absent"])
def test_without_the_rights_of_an_administrator_it_says_what_to_ask_for(machine: Machine, way: str) -> None:
    if way == "absent":
        programs = machine.root / "bin"
        (programs / "sudo").unlink()
        for name in ("sh", "dirname", "cat", "cksum", "grep", "env", "cp", "mkdir", "rm"):
            (programs / name).symlink_to(shutil.which(name) or name)
        machine.env["PATH"] = str(programs)
    done = machine.run("check", INSTALLED="", REFUSED="1")
    assert 3 == done.returncode
    assert "Avec les droits d'administrateur :\n    apt-get install --no-remove" in done.stderr
    assert "rien n'a été retiré" in done.stderr


def test_a_clone_that_was_moved_is_set_up_again(machine: Machine) -> None:
    machine.run("check")
    machine.asked()
    machine.clone = machine.clone.rename(machine.root / "ailleurs, plus loin")
    assert machine.run("check").returncode == 0
    venv, pip, _ = machine.asked()
    assert "--clear" in venv
    assert pip.endswith("ailleurs, plus loin")


@pytest.mark.parametrize("broken", [False, True])
def test_another_python_makes_another_set_up(machine: Machine, broken: bool) -> None:
    machine.run("check")
    machine.asked()
    if broken:  # Debian upgraded: the interpreter of the former one is gone
        (machine.clone / ".venv/bin/python").unlink()
        (machine.clone / ".venv/bin/python").symlink_to("/usr/bin/python3.gone")
    assert machine.run("check", FAKE_PYTHON="3 13 5").returncode == 0
    assert [line.split()[0] for line in machine.asked()] == ["venv", "pip", "python"]


def test_other_libraries_are_put_in_the_same_python(machine: Machine) -> None:
    machine.run("check")
    machine.asked()
    with (machine.clone / "requirements.lock").open("a", encoding="utf-8") as lock:
        lock.write("autre==1.0\n")
    assert machine.run("check").returncode == 0
    assert [line.split()[0] for line in machine.asked()] == ["pip", "python"]


def test_the_script_is_plain_sh(machine: Machine) -> None:
    assert os.access(ROOT / "run", os.X_OK)
    assert subprocess.run(["sh", "-n", ROOT / "run"]).returncode == 0


def as_in_a_wheel(site: Path) -> None:
    """Put the package where pip puts it: with what pyproject.toml says that it holds, and nothing else."""
    setup = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    for package in setup["packages"]:
        source = ROOT / setup["package-dir"].get(package, package.replace(".", "/"))
        for pattern in ("*.py", *setup["package-data"].get(package, ())):
            for file in source.glob(pattern):
                target = site / package.replace(".", "/") / file.relative_to(source)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, target)


def test_an_installed_docgen_makes_a_workspace_whatever_lies_beside_it(tmp_path: Path) -> None:
    site, mine = tmp_path / "site-packages", tmp_path / "mon syndicat"
    as_in_a_wheel(site)
    (site / "templates").mkdir()  # of another project
    (site / "templates" / "index.html").write_text("<html>", "utf-8")
    command = [sys.executable, "-m", "docgen", "init", str(mine)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(site)}, cwd=tmp_path, capture_output=True)
    assert done.returncode == 0, done.stderr
    made = {path.relative_to(mine / "templates").as_posix() for path in (mine / "templates").rglob("*.*")}
    kept = {path.relative_to(ROOT / "templates").as_posix() for path in (ROOT / "templates").rglob("*.docx")}
    kept = {name for name in kept if not name.startswith("2022-12/")}  # the texts in force, and those of no edition
    assert kept <= made
    assert "2023-04/edition.yaml" in made
    assert "index.html" not in made
