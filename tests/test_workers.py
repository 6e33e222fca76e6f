"""Who runs the jobs makes no difference to a pack, and a worker that dies loses its job only."""

from __future__ import annotations

import multiprocessing
import pickle
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import pytest
from conftest import Docgen, Sample

from docgen import office
from docgen.packs import workers
from docgen.packs.build import Build
from docgen.packs.jobs import Job, Made, Maker, Settings, pdf_name
from docgen.packs.receipts import Receipt
from docgen.records.workspace import load

MEMBERS = ("commune-de-montriviere", "cc-des-deux-vallees", "petr-des-collines", "commune-d-auberoque")


def jobs(sample: Sample, count: int = 4) -> tuple[Settings, list[Job]]:
    build = Build(sample.workspace, load(sample.workspace), office.find(), 1)
    plans = [build.plan(membre) for membre in build.data.membres if membre.id in MEMBERS[:count]]
    return Settings(build.templates, build.binder, build.office), [build._job(plan) for plan in plans]


def test_a_job_gives_the_same_bytes_wherever_it_runs_and_whatever_ran_before(sample: Sample) -> None:
    settings, asked = jobs(sample, 2)
    with Maker(settings) as maker:
        here = {job.membre.id: maker.make(job) for job in asked}
        again = {job.membre.id: maker.make(job) for job in reversed(asked)}
    there = {made.membre: made for made in workers.Team(settings, 2).run(asked)}
    for name, made in here.items():
        assert made.failure == ""
        assert made.files == again[name].files == there[name].files
        assert made.receipt == again[name].receipt == there[name].receipt
    assert not (sample.root / "output").exists(), "a job writes nothing"


def test_a_job_and_its_settings_travel(sample: Sample) -> None:
    settings, (job,) = jobs(sample, 1)
    other, same = pickle.loads(pickle.dumps((settings, job)))
    assert same == job
    kinds = [[type(value) for value in part.found.flat.values()] for part in job.parts]
    assert [[type(value) for value in part.found.flat.values()] for part in same.parts] == kinds
    assert {name: one.sha256 for name, one in other.templates.items()} == {
        name: one.sha256 for name, one in settings.templates.items()
    }


def test_what_all_members_have_in_common_is_made_once(sample: Sample) -> None:
    settings, asked = jobs(sample, 2)
    with Maker(settings) as maker:
        first, second = (maker.make(job) for job in asked)
    assert set(first.pdfs) == {"convention", "charte", "annexe-2"}
    assert set(second.pdfs) == {"convention", "annexe-2"}


def test_a_piece_that_was_made_before_is_not_converted(sample: Sample) -> None:
    settings, (job,) = jobs(sample, 1)
    with Maker(settings) as maker:
        made = maker.make(job)
        assert maker.make(Job(job.membre, job.wanted, job.parts, made.pdfs)).pdfs == {}
    with Maker(settings) as maker:
        again = maker.make(Job(job.membre, job.wanted, job.parts, made.pdfs))
    assert (again.pdfs, again.files) == ({}, made.files)


def test_a_worker_that_is_killed_loses_nothing(sample: Sample) -> None:
    settings, asked = jobs(sample)
    made = []
    for one in workers.Team(settings, 2).run(asked):
        if not made:
            multiprocessing.active_children()[0].kill()
        made.append(one)
    assert sorted(one.membre for one in made) == sorted(MEMBERS)
    assert [one.failure for one in made] == [""] * 4
    assert multiprocessing.active_children() == []


class Job_:
    """A job as far as the queue is concerned."""

    def __init__(self, name: str) -> None:
        self.membre = type("M", (), {"id": name})


def test_a_job_that_kills_its_worker_twice_is_given_up_and_the_others_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[list[str]] = []

    def pool(
        executor: object, source: Iterator[Job_], again: deque[Job_], count: int, lost: list[Job_]
    ) -> Iterator[Made]:
        """Run one at a time what is tried again, all at once the others; « bad » kills whoever runs it."""
        tries.append([])
        while again or (rest := list(source)):
            under_way = [again.popleft()] if again else rest
            tries[-1] += [job.membre.id for job in under_way]
            if any(job.membre.id == "bad" for job in under_way):
                lost += under_way
                return
            yield from (Made(job.membre.id) for job in under_way)

    monkeypatch.setattr(workers, "_with_a_pool", pool)
    monkeypatch.setattr(workers, "_executor", lambda *_: None)
    made = {one.membre: one.failure for one in workers.Team(None, 2).run([Job_("a"), Job_("bad"), Job_("b")])}  # type: ignore[arg-type,list-item]
    assert made == {"a": "", "bad": workers.LOST, "b": ""}
    assert tries == [["a", "bad", "b"], ["a", "bad"], ["b"]]


def test_the_name_of_a_piece_in_the_cache_is_that_of_its_words_and_programs(sample: Sample) -> None:
    _, (job,) = jobs(sample, 1)
    wanted: Receipt = job.wanted
    other = wanted.model_copy(update={"moteur": {**wanted.moteur, "signature": "yousign"}})
    assert pdf_name("convention", wanted) == pdf_name("convention", other), "a platform is not in a piece"
    newer = wanted.model_copy(update={"moteur": {**wanted.moteur, "LibreOffice": "99"}})
    assert pdf_name("convention", wanted) != pdf_name("convention", newer)
    assert pdf_name("convention", wanted) != pdf_name("annexe-2", wanted)


def test_the_command_takes_how_many_at_a_time(sample: Sample, docgen: Docgen) -> None:
    code, told = docgen(sample.root, "build", *MEMBERS[:2], "--workers", "2")
    assert (code, "2 packs fabriqués" in told) == (0, True), told
    assert docgen(sample.root, "build", "--workers", "0")[0] == 2


@pytest.mark.parametrize("error", [OSError(), BrokenProcessPool()], ids=["none begins", "one died"])
def test_a_pool_that_breaks_as_it_is_given_a_job_loses_none(
    error: Exception, sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, asked = jobs(sample, 2)
    real, broken = ProcessPoolExecutor.submit, [error]

    def submit(self: ProcessPoolExecutor, job: Any, *given: Any) -> Any:
        if broken and job is workers._make:
            raise broken.pop()
        return real(self, job, *given)

    monkeypatch.setattr(ProcessPoolExecutor, "submit", submit)
    made = list(workers.Team(settings, 2).run(asked))
    assert sorted((one.membre, one.failure) for one in made) == sorted((name, "") for name in MEMBERS[:2])


def test_nobody_begins_before_there_is_a_job_nor_for_one_process_alone(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, asked = jobs(sample, 1)
    begun: list[int] = []
    monkeypatch.setattr(workers, "_executor", lambda _, count: begun.append(count))
    with workers.Team(settings, 1) as team:
        team.expect(1)
        assert [one.failure for one in team.run(asked)] == [""]
    with workers.Team(settings, 4):
        pass
    assert begun == []
