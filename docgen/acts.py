"""The commands that write what the assembly decided: deliberation, seance."""

from __future__ import annotations

import click

from docgen import notes, office
from docgen.actes import liste
from docgen.actes.deliberation import COPIES, Deliberation
from docgen.french_click import Command
from docgen.records import workspace


@click.command(
    cls=Command, help="Écrit une délibération : son texte, ses annexes, ses copies, les fichiers de sa transmission."
)
@click.argument("numero", metavar="NUMÉRO")
def deliberation(numero: str) -> None:
    """Make an act, its copies and the files of its sending."""
    place = workspace.here()
    act = Deliberation(place, numero, office.find())
    for path in act.make():
        click.echo(f"→ {place.shown(path)}")
    for name in sorted(set(COPIES) - set(act.copies)):
        click.echo(f"Sans templates/{name}.docx, cette copie n'est pas faite : « docgen init » en donne un modèle.")
    for problem in act.lost():
        click.echo(problem)


@click.command(
    cls=Command, help="Écrit la liste des délibérations d'une séance, à afficher et à mettre en ligne sous une semaine."
)
@click.argument("jour", metavar="DATE")
def seance(jour: str) -> None:
    """Make the list of the délibérations of a séance."""
    place = workspace.here()
    for path in liste.make(place, notes.day_of(jour), office.find()):
        click.echo(f"→ {place.shown(path)}")
