"""The documents say what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import click
import manual
import pytest
from conftest import ROOT

from docgen.cli import cli
from docgen.diagnostics import ExitCode

COMMANDS = sorted(cli.commands)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_explained_in_its_help_the_readme_and_the_guide(name: str) -> None:
    command = cli.commands[name]
    assert command.help
    assert command.help[0].isupper()
    assert command.help.endswith(".")
    assert f"docgen {name}" in (ROOT / "README.md").read_text("utf-8")
    guides = (ROOT / "docs/guide-agent.md", ROOT / "docs/guide-juriste.md")
    assert any(f"docgen {name}" in guide.read_text("utf-8") for guide in guides)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_option_is_explained(name: str) -> None:
    for parameter in cli.commands[name].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


def test_the_page_of_the_commands_is_what_they_say() -> None:
    assert f"{manual.text().rstrip()}\n" == (ROOT / "docs/commandes.md").read_text("utf-8")


def test_each_exit_code_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    said = {int(code) for code in re.findall(r"\b(\d+) [a-zA-Z]", readme.split("Exit codes:")[1].split("\n\n")[0])}
    assert {int(code) for code in ExitCode} == said


@pytest.mark.parametrize(
    "document",
    ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))],
)
def test_each_link_and_picture_of_a_document_leads_somewhere(document: str) -> None:
    path = ROOT / document
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", path.read_text("utf-8")):
        if not target.startswith("http"):
            assert (path.parent / target).exists(), target


@pytest.mark.parametrize("name", ["guide-agent", "guide-juriste", "echelle", "commandes"])
def test_the_documents_speak_french_typography(name: str) -> None:
    guide = (ROOT / f"docs/{name}.md").read_text("utf-8")
    prose = re.sub(r"```.*?```|`[^`]*`", "", guide, flags=re.S)
    assert re.findall(r"[a-zé] [;!?»]|« ", prose) == []


def test_each_module_says_its_one_job_and_the_map_names_it() -> None:
    tour = (ROOT / "docgen/__init__.py").read_text("utf-8")
    for module in sorted(Path(ROOT / "docgen").rglob("*.py")):
        first = module.read_text("utf-8").split("\n")[0]
        assert first.startswith('"""'), module
        name = module.parent.name if module.stem == "__init__" else module.stem
        assert name in ("docgen", "__main__") or f"`{name}`" in tour, module
