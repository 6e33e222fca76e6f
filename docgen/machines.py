"""The commands about the machine that docgen is on: doctor, completion."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from click.shell_completion import get_completion_class

from docgen import doctor as machine
from docgen.diagnostics import ExitCode
from docgen.french_click import Command

FILES = {"bash": "~/.bashrc", "zsh": "~/.zshrc", "fish": "~/.config/fish/completions/docgen.fish"}
"""Where each shell looks for it."""


@click.command(cls=Command, help="Dit ce qui manque à cette machine, et quoi taper pour y remédier.")
def doctor() -> None:
    """Look at the machine."""
    found = machine.look(Path.cwd())
    for one in found:
        mark = "✓" if one.holds else "✗" if one.needed else "–"
        click.echo(f"{mark} {one.what} : {one.said}")
        if not one.holds and one.mend:
            click.echo(f"    {one.mend}")
    wanting = [one for one in found if one.needed and not one.holds]
    if wanting:
        sys.exit(ExitCode.TOOL_MISSING)
    click.echo("Rien d'indispensable ne manque.")


@click.command(cls=Command, help="Écrit ce qui fait compléter les commandes par Tab : bash, zsh ou fish.")
@click.argument("shell", type=click.Choice(sorted(FILES)), metavar="[bash|zsh|fish]")
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script of a shell."""
    made = get_completion_class(shell)
    assert made
    root = ctx.find_root().command
    click.echo(f"# docgen completion {shell} >> {FILES[shell]}")
    click.echo(made(root, {}, "docgen", "_DOCGEN_COMPLETE").source())
