"""A real Dask scheduler and its nodes on this machine: the same packs as here, whatever happens to them."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import Docgen, Sample, Told

from docgen import office
from docgen.diagnostics import ToolMissing
from docgen.packs.build import Build, Outcome
from docgen.records.workspace import load

MEMBERS = ("commune-de-montriviere", "cc-des-deux-vallees", "petr-des-collines", "commune-d-auberoque")
OTHER_FONT = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include>
<match target="pattern"><test name="family"><string>Carlito</string></test>
<edit name="family" mode="assign" binding="strong"><string>DejaVu Sans</string></edit></match>
<match target="pattern"><test name="family"><string>Calibri</string></test>
<edit name="family" mode="assign" binding="strong"><string>DejaVu Sans</string></edit></match></fontconfig>"""


@dataclass
class Cluster:
    """A scheduler and its nodes, each a process of its own."""

    folder: Path
    address: str = ""
    security: tuple[str, ...] = ()
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, scheme: str = "tcp") -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"{scheme}://127.0.0.1:{port}"
        self.run("scheduler", "--host", self.address, "--no-show")

    def node(self, **env: str) -> subprocess.Popen[bytes]:
        return self.run("worker", self.address, "--nthreads", "1", "--no-nanny", **env)

    def run(self, *command: str, **env: str) -> subprocess.Popen[bytes]:
        given = [sys.executable, "-m", "dask", *command, "--no-dashboard", *self.security]
        with (self.folder / f"{len(self.processes)}.log").open("wb") as log:
            made = subprocess.Popen(given, stdout=log, stderr=log, cwd=self.folder, env={**os.environ, **env})
        self.processes.append(made)
        return made

    def ready(self, nodes: int) -> None:
        """Wait until so many nodes have come."""
        log, limit = self.folder / "0.log", time.monotonic() + 60
        while log.read_text().count("Register worker") < nodes:
            assert time.monotonic() < limit, log.read_text()
            time.sleep(0.1)

    def logs(self) -> str:
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    pytest.importorskip("distributed")
    folder = tmp_path / "cluster"
    folder.mkdir()
    made = Cluster(folder)
    yield made
    for process in made.processes:
        process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.fixture(autouse=True)
def quiet() -> None:
    """Dask says in its log that a scheduler is gone: docgen says it."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)


def build(sample: Sample, cluster: Cluster, told: Told | None = None) -> list[Outcome]:
    maker = Build(sample.workspace, load(sample.workspace), office.find(), scheduler=cluster.address)
    return maker.run(told or Told(), MEMBERS)


def packs(sample: Sample) -> dict[str, bytes]:
    return {name: data for name, data in sample.files().items() if not name.startswith((".", "index"))}


def test_the_packs_are_those_of_this_machine_and_nobody_is_in_the_logs(
    cluster: Cluster, sample: Sample, made: Sample
) -> None:
    cluster.start()
    cluster.node(), cluster.node()
    cluster.ready(2)
    outcomes = build(sample, cluster)
    assert [outcome.failure for outcome in outcomes] == [""] * len(MEMBERS)
    known = {name: data for name, data in packs(made).items() if any(f"/{member}/" in name for member in MEMBERS)}
    assert packs(sample) == known
    said = cluster.logs()
    for membre in load(sample.workspace).membres:
        for word in (membre.nom, membre.siret, membre.representant.nom if membre.representant else "?!"):
            assert word not in said
    assert [o.reasons for o in build(sample, cluster)] == [()] * len(MEMBERS), "nothing to do, nobody to ask"


class Killing(Told):
    """Kills a process when the first pack is done."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        super().__init__()
        self.process = process

    def done(self, outcome: Outcome) -> None:
        super().done(outcome)
        self.process.kill()


def test_a_node_that_is_killed_in_the_middle_loses_nothing(cluster: Cluster, sample: Sample) -> None:
    cluster.start()
    first, _ = cluster.node(), cluster.node()
    cluster.ready(2)
    outcomes = build(sample, cluster, Killing(first))
    assert [outcome.failure for outcome in outcomes] == [""] * len(MEMBERS)


def test_a_node_with_another_font_is_refused_by_its_name(cluster: Cluster, sample: Sample, tmp_path: Path) -> None:
    fonts = tmp_path / "fonts.conf"
    fonts.write_text(OTHER_FONT, "utf-8")
    cluster.start()
    cluster.node(FONTCONFIG_FILE=str(fonts))
    cluster.ready(1)
    with pytest.raises(ToolMissing, match=r"(?s)aucun nœud ne fait les mêmes pages.*tcp://127.0.0.1:\d+ : police C\w+"):
        build(sample, cluster)
    cluster.node()
    cluster.ready(2)
    told = Told()
    assert [outcome.failure for outcome in build(sample, cluster, told)] == [""] * len(MEMBERS)
    (note,) = told.notes
    assert note.startswith("Nœud refusé, il ne ferait pas les mêmes pages : tcp://127.0.0.1:")
    assert "DejaVu Sans au lieu de Carlito" in note


def test_a_scheduler_that_goes_leaves_what_is_finished(cluster: Cluster, sample: Sample) -> None:
    cluster.start()
    cluster.node()
    cluster.ready(1)
    killing = Killing(cluster.processes[0])
    with pytest.raises(ToolMissing, match=r"ne répond plus\.\nCe qui est fini reste en place"):
        build(sample, cluster, killing)
    finished = {outcome.membre.id for outcome in killing.outcomes}
    assert finished
    left = [o.membre.id for o in sample.build(*MEMBERS) if o.reasons]
    assert sorted(left) == sorted(set(MEMBERS) - finished)


def test_where_no_scheduler_is_the_command_says_so(sample: Sample, docgen: Docgen) -> None:
    code, told = docgen(sample.root, "build", MEMBERS[0], "--scheduler", "n'importe quoi")
    assert code == 3
    assert "aucun ordonnanceur Dask ne répond à n'importe quoi" in told
    assert "tcp://machine:8786" in told


def test_a_scheduler_without_nodes_says_how_to_start_one(cluster: Cluster, sample: Sample) -> None:
    cluster.start()
    cluster.ready(0)
    with pytest.raises(ToolMissing, match=r"n'a aucun nœud\.\nDémarrez-en : dask worker"):
        build(sample, cluster)


def test_over_tls_when_the_scheduler_has_it(
    cluster: Cluster, sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dask
    from distributed.security import Security

    made, (key, cert) = Security.temporary(), (tmp_path / "key.pem", tmp_path / "cert.pem")
    key.write_text(made.tls_client_key)
    cert.write_text(made.tls_ca_file)
    cluster.security = ("--tls-ca-file", str(cert), "--tls-cert", str(cert), "--tls-key", str(key))
    cluster.start("tls")
    cluster.node()
    cluster.ready(1)
    with pytest.raises(ToolMissing, match="demande des certificats"):
        build(sample, cluster)
    mine = {"ca-file": cert, "client.cert": cert, "client.key": key}
    with dask.config.set({f"distributed.comm.tls.{name}": str(path) for name, path in mine.items()}):
        assert [outcome.failure for outcome in build(sample, cluster)] == [""] * len(MEMBERS)
