"""Changing one record in members.yaml: what is wanted is written, all other bytes stay, comments too."""

from __future__ import annotations

import difflib
import re
from typing import Any

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from docgen.diagnostics import ProblemsFound
from docgen.records import edit, reading

DATA = (ROOT / "members.yaml").read_bytes()
TREE = reading.parse(DATA, "members.yaml").tree["membres"]
ONE = "commune-de-montriviere"
COMMENTED = """\
# En tête.
membres:
  # Le premier, à surveiller.
  - id: a   # ne pas changer
    nom: Commune d'A
    # son siège
    siege:
      adresse: 1 rue Haute   # l'ancienne mairie
      code_postal: "01000"
      commune: A
    envois: []   # rien encore

  # Le second.
  - id: b
    nom: "Commune : de B"
    siege: {adresse: 2 rue Basse, code_postal: 82900, commune: B}
# Pied.
"""


def lines_changed(before: bytes, after: bytes) -> list[str]:
    old, new = before.decode().split("\n"), after.decode().split("\n")
    return [line for line in difflib.ndiff(old, new) if line[:1] in "+-"]


@pytest.mark.parametrize("row", TREE, ids=lambda row: row["id"])
def test_what_is_said_already_changes_not_a_byte(row: dict[str, Any]) -> None:
    assert DATA == edit.changed(DATA, "members.yaml", row["id"], row)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_the_ends_of_lines_and_the_mark_of_the_file_stay(end: str, mark: bytes) -> None:
    before = mark + DATA.decode().replace("\n", end).encode()
    after = edit.changed(before, "m", ONE, {"parti_le": "2025-12-31"})
    assert after.startswith(mark)
    assert (
        after.decode("utf-8-sig").replace("\r\n", "\n")
        == edit.changed(DATA, "m", ONE, {"parti_le": "2025-12-31"}).decode()
    )
    assert after.count(b"\r\n") == (after.count(b"\n") if end == "\r\n" else 0)


def test_comments_stay_where_they_were() -> None:
    data = COMMENTED.encode()
    after = edit.changed(
        data, "m", "a", {"nom": "Commune de Neuve", "siege": {"adresse": "3 rue Neuve", "commune": "A"}}
    )
    assert after.decode() == COMMENTED.replace("Commune d'A", "Commune de Neuve").replace(
        "1 rue Haute ", "3 rue Neuve "
    ).replace('      code_postal: "01000"\n', "")
    for name in ("a", "b"):
        removed = edit.changed(data, "m", name, {"siege": None}).decode()
        kept = [line.strip() for line in COMMENTED.split("\n") if line.strip().startswith("#")]
        assert kept == [line.strip() for line in removed.split("\n") if line.strip().startswith("#")]


def test_a_code_that_begins_with_zeros_is_quoted_and_other_words_only_when_they_must() -> None:
    wanted = {"siege": {"adresse": "N° 3 : rue #2", "code_postal": "01000", "commune": "Oui"}}
    after = edit.changed(DATA, "m", ONE, wanted).decode()
    assert 'code_postal: "01000"' in after
    assert "commune: Oui\n" in after
    assert reading.parse(after.encode(), "m").tree["membres"][0]["siege"] == wanted["siege"]


def test_a_member_is_added_after_the_last_and_removed_alone() -> None:
    said = {"id": "neuve", "nom": "=1+1", "siege": {"adresse": "1 rue", "code_postal": "01000", "commune": "N"}}
    after = edit.added(DATA, "m", said)
    assert after.startswith(DATA.rstrip())
    assert said == reading.parse(after, "m").tree["membres"][-1]
    assert TREE == reading.parse(edit.removed(after, "m", "neuve"), "m").tree["membres"]
    with pytest.raises(ProblemsFound, match="seule fiche"):
        edit.removed(b"membres:\n  - id: a\n    nom: A\n", "m", "a")


@pytest.mark.parametrize(
    "text",
    [
        "membres: [{id: a, nom: A}]\n", "membres:\n  - {id: a, nom: A}\n", "membres: []\n", "autre: 1\n",
        "membres:\n  - - id: a\n", "- id: a\n", "",
    ],
)  # fmt: skip
def test_what_cannot_be_written_alone_is_refused(text: str) -> None:
    with pytest.raises(ProblemsFound):
        edit.changed(text.encode(), "m", "a", {"nom": "B"})


def test_what_is_noted_is_added_and_nothing_else() -> None:
    after = edit.noted(DATA, "m", {ONE: lambda item: item.insert(4, "parti_le", "2025-12-31")})
    assert ["+     parti_le: 2025-12-31"] == lines_changed(DATA, after)
    with pytest.raises(ProblemsFound):
        edit.noted(DATA, "m", {ONE: lambda item: item.pop("nom")})


WORDS = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "Zs"), max_codepoint=0x24F), min_size=1, max_size=25
)
VALUES = WORDS.map(lambda text: " ".join(text.split())).filter(bool)
LEAVES = st.dictionaries(st.sampled_from(("prenom", "nom", "fonction", "telephone", "courriel")), VALUES, max_size=5)
ROWS = st.lists(
    st.dictionaries(st.sampled_from(("exercice", "code_service", "numero_engagement")), VALUES, min_size=1), max_size=4
)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from([row["id"] for row in TREE]), LEAVES, ROWS, VALUES)
def test_whatever_is_wanted_is_what_the_file_says_then(
    name: str, referent: dict[str, str], facturation: list[dict[str, str]], nom: str
) -> None:
    wanted = {"nom": nom, "referent": referent or None, "facturation": facturation or None}
    after = edit.changed(DATA, "m", name, wanted)
    rows = {row["id"]: row for row in reading.parse(after, "m").tree["membres"]}
    for row in TREE:
        said = rows[row["id"]]
        if row["id"] == name:
            assert {key: said.get(key) for key in wanted} == wanted
            row = {key: value for key, value in row.items() if key not in wanted}
            said = {key: value for key, value in said.items() if key not in wanted}
        assert row == said
    record = reading.parse(DATA, "m")
    block = edit.block_of(record, DATA.decode().split("\n"), edit.index_of(record, name) or 0)
    old, new = DATA.split(b"\n"), after.split(b"\n")
    assert old[: block.first] == new[: block.first]
    assert old[block.end :] == new[len(new) - len(old) + block.end :]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(4, 425), max_size=12, unique=True))
def test_comments_anywhere_survive_any_change(places: list[int]) -> None:
    lines = DATA.decode().split("\n")
    for number in sorted(places, reverse=True):
        following = lines[number] if number < len(lines) else ""
        lines.insert(number, " " * (len(following) - len(following.lstrip())) + f"# note {number}")
    data = "\n".join(lines).encode()
    rows = reading.parse(data, "m").tree["membres"]
    for row in rows[:4]:
        after = edit.changed(
            data, "m", row["id"], {"referent": {"nom": "NEUF"}, "facturation": None, "parti_le": "2025-01-01"}
        )
        assert sorted(re.findall(rb"# note \d+", data)) == sorted(re.findall(rb"# note \d+", after))
