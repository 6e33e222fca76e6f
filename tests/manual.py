"""docs/commandes.md from the commands themselves:  python tests/manual.py > docs/commandes.md"""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

from docgen.cli import cli
from docgen.formats import unbroken

HEAD = """# Les commandes de docgen

Cette page est écrite d'après les commandes elles-mêmes ; `docgen COMMANDE -h` affiche la même chose. Les codes de \
sortie sont dans le [README](../README.md), et ce que l'on fait de chaque commande dans le \
[guide de l'agent](guide-agent.md).
"""


def text() -> str:
    """Return the page."""
    return unbroken("\n".join([HEAD, *_of(cli, "docgen")]))


def _of(command: click.Command, name: str) -> Iterator[str]:
    context = click.Context(command, info_name=name)
    if isinstance(command, click.Group):
        if name != "docgen":
            yield f"## `{name}`\n\n{command.help}\n"
        for one in command.list_commands(context):
            found = command.get_command(context, one)
            assert found
            yield from _of(found, f"{name} {one}")
        return
    usage = " ".join(command.collect_usage_pieces(context))
    level = "###" if name.count(" ") > 1 else "##"
    yield f"{level} `{name}`\n\n{command.help}\n\n```sh\n{name} {usage}\n```\n".replace(" \n", "\n")
    options = (one for one in command.get_params(context) if isinstance(one, click.Option) and "--help" not in one.opts)
    rows = [row for one in options if (row := one.get_help_record(context))]
    if rows:
        yield "| Option | |\n|---|---|"
        yield from (f"| `{_cell(option)}` | {_cell(said)} |" for option, said in rows)
        yield ""


def _cell(words: str) -> str:
    return re.sub(r"\s+", " ", words).replace("|", "\\|")


if __name__ == "__main__":
    print(text().rstrip())  # noqa: T201
