"""The whole story on the sample: an edition signed by some, another that amends it, and what it does to each."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from builders import aracte
from conftest import ROOT, Sample, copy_sample

from docgen.actes import write_back
from docgen.diagnostics import ProblemsFound
from docgen.packs import receipts, sendings, status
from docgen.packs.contents import Contents
from docgen.pdf import pdftext
from docgen.records.workspace import load

SIGNED = ("commune-de-montriviere", "cc-des-deux-vallees", "ca-du-val-d-azur")
SENT = ("commune-d-auberoque", "departement-du-haut-rocal")


def folder(story: Sample, edition: str, member: str) -> Path:
    return story.root / "output" / edition / member


def states(story: Sample) -> Counter[str]:
    return Counter(o.receipt.etat for o in story.build() if o.receipt)


def text_of(pack: Path) -> str:
    return "".join(pdftext.page_texts(pack.read_bytes())).replace("\r\n", " ")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """The sample as it stood in January 2023: one edition, nothing signed, no séance kept in docgen yet."""
    story = copy_sample(tmp_path_factory.mktemp("story") / "workspace")
    shutil.rmtree(story.root / "templates/2023-04")
    shutil.rmtree(story.root / "seances", ignore_errors=True)
    story.edit("members.yaml", "      stockage: aucun", "      stockage: 1 To")  # the GFU alone had no price then
    return story


def vote_the_second_edition(story: Sample) -> None:
    shutil.copytree(ROOT / "templates/2023-04", story.root / "templates/2023-04")
    shutil.copytree(ROOT / "seances", story.root / "seances", dirs_exist_ok=True)
    for file in ("templates/2023-04/edition.yaml", "seances/2023-04-11.yaml"):
        path = story.root / file
        lines = path.read_text("utf-8").splitlines(keepends=True)
        path.write_text(
            "".join(x for x in lines if not re.match(r"\s*(transmise|publiee|envoyee|recue)_le:", x)), "utf-8"
        )


def test_the_story(story: Sample, tmp_path: Path) -> None:
    assert {"prêt à signer", "à compléter", "PROJET"} == set(states(story))
    for member in (*SIGNED, *SENT):
        assert "convention" == sendings.sent(story.workspace, member, date(2023, 6, 20))
    for member in SIGNED:
        assert "convention" == sendings.signed(story.workspace, member, date(2023, 7, 3))
    former = {p: p.read_bytes() for p in story.root.glob("output/2022-12/*/*") if p.is_file()}

    vote_the_second_edition(story)
    assert Counter({"PROJET": 13}) == states(story)
    with pytest.raises(ProblemsFound, match="PROJET"):
        sendings.sent(story.workspace, "commune-de-montriviere", date(2023, 8, 1))

    accuse = tmp_path / "accuse.xml"
    accuse.write_text(aracte(), "utf-8")
    noted = write_back.acknowledged(story.workspace, accuse)
    assert ("04/2023-06", date(2023, 4, 13)) == (noted.numero, noted.courrier.jour)
    write_back.published(story.workspace, "04/2023-06", date(2023, 4, 18))

    decisions = Contents(story.workspace, load(story.workspace)).decisions
    assert {
        "avenant n° 1": 3,
        "pack retiré, nouveau pack": 2,
        "nouveau pack": 8,
    } == Counter(d.action for d in decisions.values())
    montriviere = decisions["commune-de-montriviere"]
    assert ("avenant", "annexe-2") == montriviere.pieces
    assert "convention : Article 4 – Modalités de facturation" in montriviere.raison
    assert ["5961,60€HT", "7672,32€TTC"] == [pdftext.squeezed(x) for x in (montriviere.avant, montriviere.apres)]

    after = states(story)
    assert 2 == after["PROJET"]  # the two members whose own délibération is not exécutoire
    pack = folder(story, "2023-04", "commune-de-montriviere") / "pack-2023-04-commune-de-montriviere.pdf"
    said = text_of(pack)
    assert "Avenant n° 1" in said.replace("\xa0", " ")
    assert "toutes taxes comprises" in said
    assert "Article 1 – Préambule" not in said

    assert {p: p.read_bytes() for p in former} == former
    withdrawn = {p.parent.name for p in story.root.glob("output/2022-12/*/RETIRE.txt")}
    assert set(SENT) == withdrawn

    before = {p: p.stat().st_mtime_ns for p in story.root.rglob("*") if p.is_file() and p.name != ".lock"}
    assert [()] * 13 == [o.reasons for o in story.build()]
    assert before == {p: p.stat().st_mtime_ns for p in before}

    assert "avenant" == sendings.sent(story.workspace, "commune-de-montriviere", date(2023, 9, 1))
    assert "avenant" == sendings.signed(story.workspace, "commune-de-montriviere", date(2023, 9, 20))
    one = next(s for s in status.of(story.workspace, load(story.workspace)) if s.membre.id == "commune-de-montriviere")
    assert ("2023-04", "signé", False) == (one.en_vigueur, one.etat, one.perime)
    kept = receipts.read(folder(story, "2023-04", "commune-de-montriviere"))
    story.edit("members.yaml", "05 36 49 00 11", "05 36 49 00 12")
    assert [()] == [o.reasons for o in story.build("commune-de-montriviere")]  # what is signed is never made again
    assert kept == receipts.read(folder(story, "2023-04", "commune-de-montriviere"))
