"""Reading YAML: what a case file cannot hold, the places, and that nothing ever makes the reader fall."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from builders import a_member, members_yaml, record, write
from conftest import Sample
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_validate import CASES, assert_french, problems_of, said_by

from docgen.diagnostics import Place, ProblemsFound
from docgen.records import reading as records
from docgen.records.reading import KEY, Record
from docgen.records.workspace import load

TEXT = members_yaml(a_member())


def told(found: Record) -> list[tuple[int, int, str]]:
    for diagnostic in found.diagnostics:
        assert_french(diagnostic)
    return [(d.place.line, d.place.column, d.code) for d in found.diagnostics]


def test_every_value_is_the_text_that_is_written() -> None:
    expected = dict(a="01000", b="2E3", c="12:30", d="NO", e="null", f="0o17", g="1_000", h=".inf", i="2023-05-12")
    assert expected == record("".join(f"{key}: {value}\n" for key, value in expected.items())).tree


@pytest.mark.parametrize("nothing", ["", " ", " ~", ' ""', "  # à demander"])
def test_an_empty_field_holds_nothing(nothing: str) -> None:
    found = record(f"a: b\nc:{nothing}\n")
    assert ({"a": "b", "c": None}, []) == (found.tree, found.diagnostics)


def test_quotes_keep_what_is_between_them() -> None:
    found = record("a: \"#1 : x\"\nb: '01'\nc: 'l''eau'\nd: \"~\"\ne: \"\\u00e9\"\n")
    assert {"a": "#1 : x", "b": "01", "c": "l'eau", "d": "~", "e": "é"} == found.tree
    assert [] == found.diagnostics


def test_letters_and_their_accents_become_one_character() -> None:
    """macOS writes é as e and an accent: names must compare and print alike."""
    assert {"é": "é"} == record("e\u0301: e\u0301").tree


def test_places_are_those_of_the_key_and_of_the_value() -> None:
    found = record("membres:\n  - id: a\n    siege:\n      commune: 'B'\n")
    commune = ("membres", 0, "siege", "commune")
    assert Place("members.yaml", 4, 16) == found.place(commune)
    assert Place("members.yaml", 4, 7) == found.place((*commune, KEY))
    assert Place("members.yaml", 2, 5) == found.place(("membres", 0))


def test_what_is_not_written_stands_where_its_parent_does() -> None:
    found = record("membres:\n  - id: a\n    siege:\n      commune: B\n")
    assert Place("members.yaml", 4, 7) == found.place(("membres", 0, "siege", "adresse"))
    assert Place("members.yaml", 2, 5) == found.place(("membres", 0, "nom", KEY))
    assert Place("members.yaml", 1, 1) == found.place(("autres", 3))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("byte order mark", b"\xef\xbb\xbf" + TEXT.encode()),
        ("Windows line ends", TEXT.replace("\n", "\r\n").encode()),
        ("old Macintosh line ends", TEXT.replace("\n", "\r").encode()),
        ("UTF-16", TEXT.encode("utf-16")),
        ("UTF-16, big end first", b"\xfe\xff" + TEXT.encode("utf-16-be")),
        ("no end of line at the end", TEXT.rstrip().encode()),
    ],
)
def test_how_an_editor_saves_changes_nothing(name: str, data: bytes) -> None:
    expected, found = record(TEXT), record(data)
    assert (expected.tree, expected.places, []) == (found.tree, found.places, found.diagnostics), name


@pytest.mark.parametrize(
    ("data", "expected", "message"),
    [
        ("nom: Léa\nlieu: là".encode("cp1252"), (1, 7, "encodage"), "Windows-1252"),
        ("nom: Léa\r\nlieu: là et l".encode() + b"\xe0", (2, 14, "encodage"), "Windows-1252"),
        (b"\xef\xbb\xbfnom: L\xe9a", (1, 7, "encodage"), "Windows-1252"),
        ("nom: Léa".encode("utf-16-le"), (1, 1, "encodage"), "sans doute en UTF-16"),
        ("nom: Léa".encode("utf-16")[:-1], (1, 8, "encodage"), "en UTF-16, et abîmé"),
    ],
)
def test_another_encoding_is_named_with_its_first_place(
    data: bytes, expected: tuple[int, int, str], message: str
) -> None:
    found = record(data)
    assert [expected] == told(found)
    assert message in found.diagnostics[0].message
    assert "encodage UTF-8" in found.diagnostics[0].hint


@pytest.mark.parametrize(
    "sign",
    ["\x00", "\x07", "\x0b", "\x0c", "\x1c", "\x7f", "\x85", "\xad", "\u200b", "\u200e", "\u2028", "\u2029",
     "\u202a", "\u2060", "\ufeff", "\ufffe"],
)  # fmt: skip
def test_a_character_that_no_one_sees_is_told(sign: str) -> None:
    """Some of them cut lines in YAML or in Python but not in an editor: the place is that of the editor."""
    found = record(f"a: b\nnom: Mont{sign}rivière\nc: {sign}d\n")
    assert [(2, 10, "caractere-interdit"), (3, 4, "caractere-interdit")] == told(found)
    assert f"caractère invisible U+{ord(sign):04X} après « nom: Mont »" == found.diagnostics[0].message


@pytest.mark.parametrize("kept", ["’", "…", "–", "«\u00a0x\u00a0»", "1\u202f250", "œ", "Ÿ", "€", "ŵ", "☐", "a\tb"])
def test_other_characters_are_kept(kept: str) -> None:
    found = record(f"nom: {kept}\n")
    assert ({"nom": kept}, []) == (found.tree, found.diagnostics)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("nom: Commune de MontriviÃ¨re", 25),
        ("nom: Lâ€™eau", 7),
        ("nom: 12Â°", 8),
        ("nom: SÅ“urs", 7),
        ("nom: 12 â‚¬", 9),
        ("nom: L\ufffda", 7),
    ],
)
def test_accents_read_in_the_wrong_encoding_are_told(text: str, column: int) -> None:
    found = record(f"a: b\n{text}\n")
    assert [(2, column, "accents-abimes")] == told(found)
    assert text[column - 1] in found.diagnostics[0].message


@pytest.mark.parametrize("text", ["nom: Pôle À vous, ÂGE", "nom: São Paulo, Ângela", "nom: â"])
def test_capitals_with_accents_are_not_taken_for_spoilt_ones(text: str) -> None:
    assert [] == told(record(text))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a:\n\u00a0\u00a0b: c\n", (2, 1)),
        ("a:\n  \u00a0b: c\n", (2, 3)),
        ("a:\n  - \u202fb: c\n", (2, 5)),
        ("a:\n  b:\u00a0c\n  d: e\n", (2, 5)),
        ("a:\n  b\u00a0: c\n  d: e\n", (2, 3)),
    ],
)
def test_a_no_break_space_in_place_of_a_space_is_told(text: str, place: tuple[int, int]) -> None:
    found = record(text)
    assert [(*place, "espace-insecable")] == told(found)
    assert "barre d'espace" in found.diagnostics[0].hint


@pytest.mark.parametrize(
    ("text", "place"),
    [("a:\n\tb: c\n", (2, 1)), ("a:\n  b: c\n  \td: e\n", (3, 3)), ("a: b\n\t\nc: d\n", (2, 1))],
)
def test_a_tab_as_indent_is_told(text: str, place: tuple[int, int]) -> None:
    found = record(text)
    assert [(*place, "tabulation")] == told(found)


@pytest.mark.parametrize("text", ["a: " + "[" * 3000, "a: " + "[" * 3000 + "]" * 3000, "a: " + "{b: " * 3000])
def test_three_thousand_brackets_are_told_once(text: str) -> None:
    ((line, _, code),) = told(record(text))
    assert (1, "trop-profond") == (line, code)


def test_twenty_levels_are_read_and_not_one_more() -> None:
    assert [] == told(record("[" * 20 + "a" + "]" * 20))
    assert [(1, 21, "trop-profond")] == told(record("[" * 21 + "a" + "]" * 21))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    found = records.read(tmp_path / "members.yaml")
    assert [(1, 1, "fichier-illisible")] == told(found)
    assert "le fichier n'existe pas" == found.diagnostics[0].message


def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    assert [(1, 1, "fichier-illisible")] == told(records.read(tmp_path))


def test_a_file_of_another_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MAX_BYTES", 10)
    assert [(1, 1, "fichier-trop-gros")] == told(records.read(write(tmp_path, "members.yaml", TEXT)))


@pytest.mark.parametrize("text", ["", "\n\n", "# rien\n", "~", "---\n"])
def test_an_empty_file_is_told(text: str) -> None:
    assert [(1, 1, "fichier-vide")] == told(record(text))


def test_a_message_names_the_file_as_it_is_shown(tmp_path: Path) -> None:
    found = records.read(write(tmp_path, "edition.yaml", ""), "templates/2023-04/edition.yaml")
    assert "templates/2023-04/edition.yaml:1:1" == str(found.diagnostics[0].place)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_pure_python_parser_says_the_same(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """libyaml is not everywhere; its words differ from those of PyYAML, what the clerk reads does not."""
    expected = [(d.place.line, d.code, d.message) for d in said_by(case)]
    monkeypatch.setattr(records, "_LOADER", yaml.SafeLoader)
    assert expected == [(d.place.line, d.code, d.message) for d in said_by(case)]


PIECES = st.sampled_from(
    ["membres:\n", "  - ", "\n  ", "\n", "id: ", "nom: ", "siege:\n", "transmise_le: ", "a", "1", ":", ": ",
     " #", "#", "'", '"', "\\", "[", "]", "{", "}", ",", "{{", "}}", "&a ", "*a", "!", "!!x ", "|\n",
     ">\n", "- ", "? ", "%", "@", "---\n", "...\n", "<<: ", "\t", "\r", "\u00a0", "\u2028", "\x0b",
     "\ufeff", "é", "Ã©", "~"]
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(st.lists(PIECES, max_size=25).map("".join))
@example("membres:\n  - habilitation:\n      a: b\n    habilitation:\n      transmise_le: 2023-01-01\n")
@example("? [transmise_le: a]\n: b\n")
def test_whatever_is_written_the_answer_is_french_and_inside_the_file(text: str) -> None:
    found = record(text)
    assert found.tree is not None or found.diagnostics
    for diagnostic in problems_of(found):
        assert_french(diagnostic)
        assert 1 <= diagnostic.place.line <= len(text.replace("\r", "\n").split("\n"))
        assert 1 <= diagnostic.place.column


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    found = record(data)
    assert found.tree is not None or found.diagnostics


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x17F, exclude_categories=["Cc", "Cf"],
                             exclude_characters="\"\\{}%#ÂâÃÅ"), max_size=40))  # fmt: skip
def test_any_text_between_quotes_comes_back(text: str) -> None:
    assert {"a": text or None} == record(f'a: "{text}"').tree


EMPTIED = ["members.yaml", "syndicat.yaml", "actes.yaml", "templates/2023-04/edition.yaml", "seances/2023-04-11.yaml"]


@pytest.mark.parametrize("file", EMPTIED)
def test_any_key_may_be_left_empty_and_there_is_an_answer(file: str, sample: Sample) -> None:
    path = sample.root / file
    text = path.read_text("utf-8")
    for emptied in with_an_empty_key(text.split("\n")):
        path.write_text(emptied, "utf-8")
        with contextlib.suppress(ProblemsFound):
            assert load(sample.workspace).membres


def with_an_empty_key(lines: list[str]) -> Iterator[str]:
    """Yield the record once for each of its keys, that key without its value."""
    for at, line in enumerate(lines):
        found = re.match(r"(\s*(?:- )?)([a-z_]+):", line)
        if found:
            depth, end = len(found[1]), at + 1
            while end < len(lines) and not lines[end][: depth + 1].strip(" -"):
                end += 1
            yield "\n".join([*lines[:at], found.group(), *lines[end:]])
