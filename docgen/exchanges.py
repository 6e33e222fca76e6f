"""The commands by which things come in and go out: desk, verify, import, export."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from docgen import formats, publish
from docgen.diagnostics import Diagnostic, ExitCode, Place, ProblemsFound, closest
from docgen.french_click import Command
from docgen.notes import day_of
from docgen.packs import status as standing
from docgen.records import reading, workspace
from docgen.records.workspace import Workspace
from docgen.told import section

if TYPE_CHECKING:
    from docgen.sheets.importing import Import


@click.command(cls=Command, help="Ouvre le bureau : docgen dans votre navigateur, sur cette machine seulement.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, metavar="PORT", help="Le port (libre par défaut).")
@click.option("--no-browser", is_flag=True, help="N'ouvre pas le navigateur : affiche seulement l'adresse.")
def desk(port: int, no_browser: bool) -> None:
    """Serve the desk."""
    from docgen.desk import server  # a web server takes a while to load: only here

    server.serve(_place(), click.echo, port, browser=not no_browser)


def _place() -> Workspace:
    """Return the workspace of the current folder; that folder, where there is none yet."""
    try:
        return workspace.here()
    except ProblemsFound:
        return Workspace(Path.cwd())


@click.command(
    cls=Command, help="Dit ce qu'est devenu un pack qui revient : rempli, signé, modifié, et ce qui manque encore."
)
@click.argument("fichier", type=click.Path(path_type=Path), metavar="FICHIER.pdf")
@click.option("--record", is_flag=True, help="Si tous l'ont signé, le garde et le note dans les fiches.")
@click.option("--malgre", metavar="POURQUOI", default="", help="Avec --record, admet une date douteuse.")
def verify(fichier: Path, record: bool, malgre: str) -> None:
    """Say what a file that came back is; note it."""
    from docgen.returned import recording, verdicts  # pyHanko takes half a second to load: only here
    from docgen.returned import verify as returned

    if malgre and not record:
        raise click.UsageError("--malgre va avec --record.")
    place = workspace.here()
    data = workspace.load(place)
    verdict = returned.examine(place, data, fichier)
    click.echo(f"{fichier.name} : {verdicts.conclusion(verdict)}")
    for line in verdicts.lines(verdict, data.syndicat):
        click.echo(f"  {line}")
    if record:
        document, kept, new = recording.record(place, data, verdict, malgre)
        noted = "Signature notée" if new else "Signature déjà notée"
        click.echo(f"{noted} ({document}). Le fichier est gardé : {place.shown(kept)}")
    elif not verdicts.accepted(verdict):
        sys.exit(ExitCode.PROBLEMS)


@click.command(
    name="import", cls=Command,
    help="Lit un tableau de membres (.xlsx, .csv) et montre ce qui changerait ; --apply l'écrit dans les fiches.",
)  # fmt: skip
@click.argument("tableau", type=click.Path(path_type=Path), metavar="TABLEAU")
@click.option(
    "--column", "colonnes", multiple=True, metavar="TITRE=CHAMP",
    help="Ce qu'est une colonne, par exemple « Ville=siege.commune » ; « Notes= » la laisse de côté.",
)  # fmt: skip
@click.option("--apply", "applied", is_flag=True, help="Écrit ; sinon, montre seulement.")
@click.option("--left-on", "parti", metavar="DATE", help="Note ce dernier jour pour les membres absents du tableau.")
def import_(tableau: Path, colonnes: tuple[str, ...], applied: bool, parti: str | None) -> None:
    """Show what a table would change; write it."""
    from docgen.sheets import columns, importing  # openpyxl takes a while to load: only here

    if wrong := [one for one in colonnes if "=" not in one]:
        raise click.UsageError(f"« {wrong[0]} » n'est pas une colonne. Écrivez par exemple Ville=siege.commune.")
    left_on = day_of(parti) if parti else None
    place = workspace.here()
    data = workspace.load(place)
    chosen = dict(one.rsplit("=", 1) for one in colonnes)
    _known_fields([field.path for field in columns.fields(data.edition)], chosen)
    found = importing.read(place, data, tableau.name, _content(tableau), chosen)
    _tell(found, left_on)
    changes = found.found.new or found.found.changed or (left_on and found.found.gone)
    if not changes:
        click.echo("Rien à écrire.")
    elif applied:
        click.echo(importing.write(place, found, left_on))
    else:
        click.echo("Rien n'est encore écrit : ajoutez --apply.")
    if any(one.stops for one in found.found.refused):
        sys.exit(ExitCode.PROBLEMS)


def _known_fields(known: Sequence[str], chosen: Mapping[str, str]) -> None:
    for path in chosen.values():
        if path and path not in known:
            hint = closest(path, known) or f"Champs : {', '.join(known)}."
            raise click.UsageError(f"le champ « {path} » n'existe pas. {hint}")


def _content(file: Path) -> bytes:
    """Return what a file holds. Raises `ProblemsFound`."""
    try:
        return file.read_bytes()
    except OSError:
        hint = "Vérifiez son nom et son dossier."
        raise ProblemsFound(
            [Diagnostic(Place(str(file)), "tableau-illisible", "ce fichier ne s'ouvre pas", hint)]
        ) from None


def _tell(found: Import, left_on: date | None) -> None:
    for column in found.columns:
        taken = f"{column.path} ({column.why})" if column.path else "laissée de côté"
        click.echo(f"{column.ref} « {column.heading} » : {taken}")
    d = found.found
    section("Refusé", [f"{one.ref} : {one.message}. {one.hint}".strip() for one in d.refused if one.stops], 200)
    section("À vérifier", [f"{one.ref} : {one.message}. {one.hint}" for one in d.refused if not one.stops], 200)
    section("Nouveaux", [f"{row.nom} ({row.id}, ligne {row.number})" for row in d.new], 200)
    lines = [
        f"{row.nom} : {found.title(one.path)}, « {one.before} » → « {one.after} »"
        for row in d.changed
        for one in row.changes
    ]
    section("Changés", lines, 200)
    title = f"Absents du tableau, partis le {formats.short_date(left_on)}" if left_on else "Absents du tableau, laissés"
    section(title, [membre.nom for membre in d.gone], 200)
    click.echo(f"{formats.plural(d.same, 'fiche inchangée', 'fiches inchangées')}.")


@click.command(cls=Command, help="Écrit un classeur de tout ce qui est connu : membres, montants, envois, états.")
@click.argument("classeur", type=click.Path(path_type=Path), metavar="[CLASSEUR.xlsx]", required=False)
def export(classeur: Path | None) -> None:
    """Write the workbook."""
    from docgen.sheets import workbook

    place = workspace.here()
    data = workspace.load(place)
    record = reading.read(place.members_yaml, place.shown(place.members_yaml))
    made = workbook.written(place, data, standing.of(place, data), record)
    path = classeur or place.output / f"membres-{data.edition.edition}.xlsx"
    publish.replace(path, made)
    click.echo(f"→ {_shown(place, path)}")


def _shown(place: Workspace, path: Path) -> str:
    return place.shown(path) if path.is_relative_to(place.root) else str(path)
