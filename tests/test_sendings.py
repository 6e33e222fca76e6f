"""What was sent and what came back signed is noted in members.yaml, and nothing else in it changes."""

from __future__ import annotations

import difflib
import re
import shutil
from datetime import date

import pytest
from conftest import Sample

from docgen.diagnostics import ProblemsFound
from docgen.packs import sendings, status
from docgen.records.workspace import load

MEMBER = "petr-des-collines"


def added(before: bytes, after: bytes) -> list[str]:
    """Return the lines that were added; nothing may have been removed."""
    lines = list(difflib.ndiff(before.decode().split("\n"), after.decode().split("\n")))
    assert [] == [line for line in lines if line.startswith("- ")]
    return [line[2:].strip() for line in lines if line.startswith("+ ")]


def test_a_sending_then_a_signature_are_noted(built: Sample) -> None:
    path = built.root / "members.yaml"
    before = path.read_bytes()
    assert "convention" == sendings.sent(built.workspace, MEMBER, date(2023, 7, 2))
    sending = ["envois:", "- edition: 2023-04", "document: convention", "envoye_le: 2023-07-02", "souscriptions:"]
    assert [*sending, "- volet: stockage", "utilisateurs: 11", "stockage: aucun", "gfu: oui"] == added(
        before, path.read_bytes()
    )
    sent = path.read_bytes()
    assert "convention" == sendings.signed(built.workspace, MEMBER, date(2023, 7, 20))
    assert ["signe_le: 2023-07-20"] == added(sent, path.read_bytes())


def test_windows_line_ends_stay(built: Sample) -> None:
    path = built.root / "members.yaml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    before = path.read_bytes()
    sendings.sent(built.workspace, MEMBER, date(2023, 7, 2))
    assert before.count(b"\r\n") + 9 == path.read_bytes().count(b"\r\n") == path.read_bytes().count(b"\n")


@pytest.mark.parametrize(
    ("member", "day", "said"),
    [
        ("commune-de-valserre", date(2023, 7, 2), "PROJET : délibération du membre non publiée"),
        ("petr-des-colines", date(2023, 7, 2), "petr-des-collines"),
        (MEMBER, date(2999, 1, 1), "à venir"),
    ],
)
def test_a_sending_that_cannot_be_is_refused_and_nothing_is_written(
    built: Sample, member: str, day: date, said: str
) -> None:
    before = (built.root / "members.yaml").read_bytes()
    with pytest.raises(ProblemsFound, match=said):
        sendings.sent(built.workspace, member, day)
    assert before == (built.root / "members.yaml").read_bytes()


def test_what_was_not_made_is_not_sent(sample: Sample) -> None:
    with pytest.raises(ProblemsFound, match="n'a pas encore de pack"):
        sendings.sent(sample.workspace, MEMBER, date(2023, 7, 2))


def test_what_was_sent_is_not_sent_again(built: Sample) -> None:
    sendings.sent(built.workspace, MEMBER, date(2023, 7, 2))
    with pytest.raises(ProblemsFound, match="n'a rien à recevoir"):
        sendings.sent(built.workspace, MEMBER, date(2023, 7, 3))


def test_a_signature_follows_a_sending(built: Sample) -> None:
    with pytest.raises(ProblemsFound, match="n'a rien à signer"):
        sendings.signed(built.workspace, MEMBER, date(2023, 7, 2))
    sendings.sent(built.workspace, MEMBER, date(2023, 7, 2))
    with pytest.raises(ProblemsFound, match="l'envoi est noté du"):
        sendings.signed(built.workspace, MEMBER, date(2023, 7, 1))


def test_the_status_follows(built: Sample) -> None:
    def standing() -> dict[str, tuple[str, str]]:
        return {s.membre.id: (s.etat, s.en_vigueur) for s in status.of(built.workspace, load(built.workspace))}

    before = standing()
    assert ("à envoyer", "") == before[MEMBER]
    assert ("PROJET", "") == before["commune-de-valserre"]
    assert ("à compléter", "") == before["commune-d-auberoque"]
    sendings.sent(built.workspace, MEMBER, date(2023, 7, 2))
    assert ("envoyé", "") == standing()[MEMBER]
    sendings.signed(built.workspace, MEMBER, date(2023, 7, 2))
    assert ("signé", "2023-04") == standing()[MEMBER]


def test_a_sent_pack_is_never_made_again(built: Sample) -> None:
    before = built.pack(MEMBER).read_bytes()
    sendings.sent(built.workspace, MEMBER, date(2023, 7, 2))
    built.edit("members.yaml", "05 36 49 01 33", "05 36 49 01 34")
    (outcome,) = built.build(MEMBER)
    assert () == outcome.reasons
    assert before == built.pack(MEMBER).read_bytes()


def test_a_pack_in_force_is_sent_while_the_next_edition_is_being_prepared(built: Sample) -> None:
    shutil.copytree(built.root / "templates/2023-04", built.root / "templates/2024-01")
    record = built.root / "templates/2024-01/edition.yaml"
    text = record.read_text("utf-8").replace("edition: 2023-04", "edition: 2024-01")
    record.write_text(re.sub(r"\n  (transmise|publiee)_le: .*", "", text).replace("04/2023-06", "05/2024-01"), "utf-8")
    with pytest.raises(ProblemsFound, match="n'a pas encore de pack de l'édition 2024-01"):
        sendings.sent(built.workspace, MEMBER, date(2023, 7, 2))
    assert "convention" == sendings.sent(built.workspace, MEMBER, date(2023, 7, 2), "2023-04")


def test_empty_keys_are_filled_and_nothing_else_changes(built: Sample) -> None:
    path = built.root / "members.yaml"
    lines = path.read_text("utf-8").split("\n")
    at = next(n for n, line in enumerate(lines) if f"id: {MEMBER}" in line)
    path.write_text("\n".join([*lines[: at + 1], "    envois:", *lines[at + 1 :]]), "utf-8")
    before = path.read_bytes()
    sendings.sent(built.workspace, MEMBER, date(2023, 7, 2))
    assert ["- edition: 2023-04", "document: convention"] == added(before, path.read_bytes())[:2]
    text = path.read_text("utf-8")
    path.write_text(text.replace("envoye_le: 2023-07-02", "envoye_le: 2023-07-02\n        signe_le:"), "utf-8")
    sendings.signed(built.workspace, MEMBER, date(2023, 7, 20))
    assert path.read_text("utf-8") == text.replace(
        "envoye_le: 2023-07-02", "envoye_le: 2023-07-02\n        signe_le: 2023-07-20"
    )
