"""The only one who speaks to people: click commands that read arguments, call the stages, print, exit."""

from __future__ import annotations

import gc
import json
import os
import re
import shlex
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import click
from pydantic_core import PydanticCustomError

from docgen import __version__, acts, exchanges, formats, machines, notes, office, scratch, starter, told
from docgen.actes import faults
from docgen.actes.statement import Statements
from docgen.actes.statement import doubts as statement_doubts
from docgen.diagnostics import CannotWrite, Diagnostic, DocgenError, ExitCode, ProblemsFound, closest, errors
from docgen.french_click import Group, usage_error
from docgen.law import prefecture
from docgen.lawyers import checks, compared, copies, explained, pages, renaming
from docgen.packs import report, withdrawn
from docgen.packs import status as standing
from docgen.packs.amendment import Decision
from docgen.packs.build import Build
from docgen.packs.contents import Contents, dossier
from docgen.records import schema, workspace
from docgen.records.workspace import Data, Workspace
from docgen.word import filters


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Fabrique les packs à signer d'un syndicat : un PDF par membre.",
)
@click.version_option(__version__, "--version", prog_name="docgen", help="Affiche la version.")
def cli() -> None:
    """Gather the commands."""


@cli.command(help="Prépare un nouveau dossier de travail, avec un exemple de chaque fiche.")
@click.argument("dossier", type=click.Path(path_type=Path))
@click.option(
    "--exemple", metavar="NOM", help=f"Part d'un exemple complet : {formats.listing(starter.examples(), 'ou')}."
)
def init(dossier: Path, exemple: str | None) -> None:
    """Make a workspace."""
    if exemple and exemple not in (known := starter.examples()):
        hint = closest(exemple, known) or f"Exemples : {formats.listing(known)}."
        raise click.UsageError(f"l'exemple « {exemple} » n'existe pas. {hint}")
    answers = {} if exemple or not sys.stdin.isatty() else _asked()
    for name in starter.start(dossier, exemple, answers):
        click.echo(f"  {dossier / name}")
    go = "" if dossier.resolve() == Path.cwd() else f"cd {shlex.quote(str(dossier))} && "
    click.echo("Tout est un exemple, et tout pack portera PROJET tant qu'il en reste : fiches, séance, textes, logo.")
    click.echo(f"« docgen check » dit ce qui est à remplacer : {go}docgen check")


def _asked() -> dict[str, str]:
    """Ask who the syndicat is; what is left empty stays that of the example."""
    click.echo("Quelques questions ; Entrée pour répondre plus tard, dans syndicat.yaml.")
    found: dict[str, str] = {}
    for name, (question, read) in starter.QUESTIONS.items():
        while answer := click.prompt(question, default="", show_default=False).strip():
            try:
                read(answer)
            except PydanticCustomError as error:
                said = error.context or {}
                click.echo(f"  {said.get('message')}. {said.get('hint')}".rstrip())
                continue
            found[name] = answer
            break
    return found


@cli.command(
    help="Vérifie les fiches, la grille et les modèles ; ou seulement les FICHIERS Word nommés, où qu'ils soient."
)
@click.argument("fichiers", nargs=-1, type=click.Path(path_type=Path), metavar="[FICHIER.docx]…")
@click.option("--edition", metavar="ÉDITION", help="L'édition à vérifier (la dernière par défaut).")
@click.option("--format", "form", type=click.Choice(["texte", "json"]), default="texte", help="texte ou json.")
@click.option("--annotate", is_flag=True, help="Écrit à côté de chaque modèle une copie *.controle.docx commentée.")
@click.option(
    "--explain", "code", metavar="CODE", help="Explique un code, par exemple champ-inconnu ; ne vérifie rien."
)
def check(fichiers: tuple[Path, ...], edition: str | None, form: str, annotate: bool, code: str | None) -> None:
    """Check records, grid and templates, or Word files alone."""
    if code is not None:
        told.explanation(code, explained.codes())
        return
    place, data, problems = _records(edition, required=not fichiers)
    files = checks.of_files(fichiers, place, data)
    if place and data and not fichiers:
        files = checks.of_workspace(place, data)
        problems += faults.since(place, data)
        problems += [fault for s in data.seances for a in s.deliberations for fault in faults.of_act(place, data, s, a)]
        problems += statement_doubts(place, data)
    files, unlaid = pages.located(files)
    problems += [problem for file in files for problem in file.problems]
    written: list[Path] = []
    try:
        written = copies.write_all(files, workspace.today()) if annotate else []
    except ProblemsFound as error:
        problems += error.diagnostics
    if form == "json":
        click.echo(json.dumps([checks.as_json(p) for p in sorted(problems)], ensure_ascii=False, indent=1))
    else:
        told.problems(problems, data if not fichiers else None, len(fichiers))
        told.section(told.LOST, withdrawn.lost(place, data) if place and data and not fichiers else [])
        told.section("Copies commentées", [_near(path) for path in written])
    if unlaid:
        click.echo(f"Les pages ne sont pas indiquées : {unlaid}", err=True)
    if errors(problems):
        sys.exit(ExitCode.PROBLEMS)


def _near(path: Path) -> str:
    """Return a path as one types it from the current folder."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _records(edition: str | None, required: bool) -> tuple[Workspace | None, Data | None, list[Diagnostic]]:
    """Return the workspace, its records and what is wrong with them; nothing of them where none is `required`."""
    try:
        place = workspace.here()
    except ProblemsFound:
        if required:
            raise
        return None, None, []
    try:
        data = workspace.load(place, edition)
    except ProblemsFound as error:
        found = [p for p in error.diagnostics if required or (edition and p.code == "edition-inconnue")]
        return place, None, found
    return place, data, list(data.warnings) if required else []


def _loaded(place: Workspace, edition: str | None) -> Data:
    """Return the records of a command that goes through all of them."""
    data = workspace.load(place, edition)
    gc.freeze()  # they stay to the end: no use in looking through them again and again
    return data


@cli.command(help="Liste les champs que les modèles Word peuvent utiliser, avec un exemple.")
@click.option("--edition", metavar="ÉDITION", help="L'édition qui sert d'exemple (la dernière par défaut).")
@click.option("--matieres", is_flag=True, help="Liste plutôt les codes de matière d'une délibération.")
def fields(edition: str | None, matieres: bool) -> None:
    """Print every field, its explanation and an example from the first member who has chosen."""
    if matieres:
        for code, label in prefecture.matieres().items():
            click.echo(f"{code:5} {label}")
        return
    data = workspace.load(workspace.here(), edition)
    chosen = [m for m in data.membres if m.souscriptions and m.representant]
    told.fields(data.edition, [dossier(data, m) for m in chosen or data.membres])
    click.echo("\nUne liste se parcourt : {% for ligne in montants.lignes %} {{ ligne.libelle }} {% endfor %}")
    click.echo("\nSous une autre forme, par exemple {{ montants.annuel | en_lettres }} :")
    for name, said in filters.EXPLAINED.items():
        click.echo(f"{name}\n    {said}")


@cli.command(name="rename-field", help="Renomme un champ dans tous les modèles d'une édition en préparation.")
@click.argument("ancien", metavar="ANCIEN")
@click.argument("nouveau", metavar="NOUVEAU")
@click.option("--edition", metavar="ÉDITION", help="L'édition en préparation (la dernière par défaut).")
@click.option("--apply", "applied", is_flag=True, help="Écrit les modèles ; sinon, montre seulement ce qui changerait.")
def rename_field(ancien: str, nouveau: str, edition: str | None, applied: bool) -> None:
    """Rename a field in the templates."""
    place = workspace.here()
    planned = renaming.plan(place, workspace.load(place, edition), ancien, nouveau)
    for one in planned:
        for use in one.uses:
            click.echo(f"{use.place}\n    {use.before}  →  {use.after}")
    if taken := renaming.already_used(planned):
        verb = "contient" if len(taken) == 1 else "contiennent"
        said = f"{formats.listing(taken)} {verb} déjà « {nouveau} »"
        click.echo(f"Attention : {said} : on ne pourra plus distinguer les deux.")
    uses = sum(len(one.uses) for one in planned)
    said = f"{formats.plural(uses, 'emploi')} dans {formats.plural(len(planned), 'modèle')}"
    if not planned:
        click.echo(f"Aucun modèle n'emploie « {ancien} ».")
    elif applied:
        renaming.apply(planned)
        click.echo(f"« {ancien} » renommé : {said}.")
    else:
        click.echo(f"{said}. Rien n'est encore écrit : ajoutez --apply pour renommer.")


@cli.command(name="schema", help="Écrit le schéma d'une fiche : l'éditeur complète et souligne.")
@click.argument("fiche", type=click.Choice(["members", "syndicat", "seance", "edition"]), default="members",
                metavar="[members|syndicat|seance|edition]")  # fmt: skip
@click.option("--edition", metavar="ÉDITION", help="L'édition dont les volets valent (la dernière par défaut).")
def schema_(fiche: str, edition: str | None) -> None:
    """Print the JSON Schema of a record; that of members.yaml is of the volets of this workspace."""
    anywhere = {
        "edition": schema.edition_schema, "syndicat": schema.syndicat_schema, "seance": schema.seance_schema,
    }  # fmt: skip
    if fiche in anywhere:
        click.echo(schema.to_json(anywhere[fiche]()), nl=False)
        return
    place = workspace.here()
    named = edition or (place.editions[-1] if place.editions else None)
    described = workspace.load_edition(place, named) if named else None
    click.echo(schema.to_json(schema.members_schema(described)), nl=False)


@cli.command(help="Fabrique les packs qui ne sont pas à jour : tous, ou ceux des MEMBRES nommés.")
@click.argument("membres", nargs=-1, metavar="[MEMBRE]…")
@click.option("--edition", metavar="ÉDITION", help="L'édition à fabriquer (la dernière par défaut).")
@click.option("--workers", type=click.IntRange(1, 256), metavar="N",
              help="Combien de packs à la fois (autant que de processeurs par défaut).")  # fmt: skip
@click.option("--scheduler", metavar="ADRESSE", default="",
              help="Un ordonnanceur Dask, tcp://machine:8786 ou tls://… : ses nœuds fabriquent.")  # fmt: skip
def build(membres: tuple[str, ...], edition: str | None, workers: int | None, scheduler: str) -> None:
    """Make the packs."""
    place = workspace.here()
    data = _loaded(place, edition)
    for warning in data.warnings:
        click.echo(warning)
    _known_members(membres, data)
    machine = office.find()
    if machine.untried:
        click.echo(machine.untried, err=True)
    try:
        maker = Build(place, data, machine, workers, scheduler)
        with told.Bar(data.edition.edition) as bar:
            outcomes = maker.run(bar, membres)
    except ProblemsFound as error:
        raise ProblemsFound(pages.paged(error.diagnostics, place.root)) from None
    told.summary(outcomes)
    changed = {o.membre.id: maker.changed_since_sent(o.membre) for o in outcomes}
    lines = [f"{member} : {', '.join(found)}" for member, found in changed.items() if found]
    told.section("Fiches modifiées depuis l'envoi ; le pack envoyé, lui, ne change pas", lines)
    told.section(
        "Pièces converties une à une, plus lentement : sans cela, leurs pages différaient", sorted(maker.alone)
    )
    told.section(told.LOST, withdrawn.lost(place, data))
    told.section("Dossiers sans fiche dans members.yaml, laissés en place", maker.orphans())
    try:
        click.echo(f"→ {place.shown(report.write(place, data, outcomes, maker.contents.decisions))}")
    except CannotWrite as error:
        raise CannotWrite(f"les packs sont faits, mais pas la page qui les montre : {error}") from None
    if worst := max((outcome.exit_code for outcome in outcomes), default=ExitCode.DONE):
        sys.exit(worst)


@cli.command(help="Contrôle point par point les packs qui sont là, avant l'envoi : tous, ou ceux des MEMBRES nommés.")
@click.argument("membres", nargs=-1, metavar="[MEMBRE]…")
@click.option("--edition", metavar="ÉDITION", help="L'édition à contrôler (la dernière par défaut).")
def preflight(membres: tuple[str, ...], edition: str | None) -> None:
    """Show the list of each pack."""
    place = workspace.here()
    data = _loaded(place, edition)
    _known_members(membres, data)
    maker = Build(place, data, office.find())
    lists = maker.checklist(membres)
    left = {m.id: standing.state(m, d, None)[0] for m, _ in lists if not (d := maker.contents.decisions[m.id]).pieces}
    for membre, receipt in lists:
        told.checklist(membre, receipt, left.get(membre.id, ""))
    waiting = [receipt for membre, receipt in lists if membre.id not in left]
    ready = sum(told.ready(receipt) for receipt in waiting)
    if not waiting:
        click.echo("Aucun pack à envoyer.")
        return
    click.echo(f"{formats.plural(ready, 'pack prêt à envoyer', 'packs prêts à envoyer')} sur {len(waiting)}.")


@cli.command(help="Montre ce que la nouvelle édition fait à chaque membre, et pourquoi, sans rien fabriquer.")
@click.option("--edition", metavar="ÉDITION", help="La nouvelle édition (la dernière par défaut).")
def plan(edition: str | None) -> None:
    """Show what an amendment does to each member."""
    place = workspace.here()
    contents = Contents(place, _loaded(place, edition))
    decisions = contents.decisions.values()
    for decision in decisions:
        click.echo(f"{decision.membre.id} : {decision.action}{_yearly(decision)}\n    {decision.raison}")
    counts = Counter(re.sub(r" n°.*", "", decision.action) for decision in decisions)
    click.echo(", ".join(f"{action} : {count}" for action, count in counts.items()))
    told.section("Sans effet sur les avenants, à relire (docgen compare)", contents.beside)


def _yearly(decision: Decision) -> str:
    """Return the old and the new amounts per year."""
    amounts = [amount for amount in (decision.avant, decision.apres) if amount]
    return f" ({' → '.join(amounts)} par an)" if amounts else ""


@cli.command(help="Montre ce qu'une édition change à une autre : documents Word à modifications suivies, et une page.")
@click.argument("avant", metavar="ÉDITION")
@click.argument("apres", metavar="ÉDITION")
def compare(avant: str, apres: str) -> None:
    """Compare two editions."""
    place = workspace.here()
    if avant > apres:
        click.echo(f"« {avant} » est plus récente que « {apres} » : la comparaison va à rebours.")
    made = compared.compare_editions(place, workspace.load(place, apres), avant, workspace.today())
    told.comparison(made)
    click.echo(f"→ {place.shown(made.folder / 'index.html')}")


@cli.command(help="Dit où en est chaque membre : édition signée, état, ce qui manque.")
@click.option("--edition", metavar="ÉDITION", help="L'édition en vigueur (la dernière par défaut).")
@click.option("--csv", "as_table", is_flag=True, help="Écrit un tableau, à ouvrir dans un tableur.")
def status(edition: str | None, as_table: bool) -> None:
    """Say where each member stands."""
    place = workspace.here()
    found = standing.of(place, _loaded(place, edition))
    if as_table:
        click.echo(standing.table(found), nl=False)
        return
    for one in found:
        signed = f"édition {one.en_vigueur} signée" if one.en_vigueur else "rien de signé"
        old = ", périmé" if one.perime else ""
        missing = f" – manque : {' ; '.join(one.manque)}" if one.manque else ""
        amount = f", {one.montant} par an" if one.montant else ""
        click.echo(f"{one.membre.id} : {one.etat} ({signed}{old}{amount}){missing}")
    click.echo(", ".join(f"{state} : {count}" for state, count in Counter(one.etat for one in found).items()))


@cli.command(help="Écrit l'état annuel de chaque membre, base de la facturation, et leur tableau pour les finances.")
@click.argument("annee", type=click.IntRange(2000, 2100), metavar="ANNÉE")
def statement(annee: int) -> None:
    """Make the yearly statements."""
    place = workspace.here()
    statements = Statements(place, annee, office.find())
    for warning in statements.warnings:
        click.echo(warning)
    made = statements.make()
    for one in statements.versions:
        told.section(f"{one.stem} : une version antérieure reste en place ; ce qui change", list(one.reasons))
    told.section("États déjà faits : reprenez-les de votre sauvegarde", statements.gone)
    told.section("États qui restent en place, et que les fiches ne donnent plus", statements.left_standing)
    click.echo(f"{formats.plural(sum(p.suffix == '.pdf' for p in made), 'état')} → {place.shown(statements.folder)}")


cli.add_command(notes.record)
cli.add_command(acts.deliberation)
cli.add_command(acts.seance)
cli.add_command(machines.doctor)
cli.add_command(machines.completion)
cli.add_command(exchanges.verify)
cli.add_command(exchanges.desk)
cli.add_command(exchanges.import_)
cli.add_command(exchanges.export)


def _known_members(asked: Iterable[str], data: Data) -> None:
    known = [m.id for m in data.membres]
    if unknown := [name for name in asked if name not in known]:
        lines = [
            f"le membre « {name} » n'est pas dans members.yaml. {closest(name, known)}".strip() for name in unknown
        ]
        raise click.UsageError("\n".join(lines))


def main() -> None:
    """Run the command line; every error of docgen becomes a message and an exit code here, and only here."""
    if sys.getfilesystemencoding() != "utf-8":  # a locale without accents: « Pièces à signer » would be no folder
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")  # a Windows console may be in cp1252
    gc.set_threshold(100_000, 20, 100)  # thousands of records are made, and none of them is to go before the end
    try:
        with scratch.ended_softly():
            cli(prog_name="docgen", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(ExitCode.USAGE)
    except click.UsageError as error:
        click.echo(f"docgen : {usage_error(error)}", err=True)
        sys.exit(ExitCode.USAGE)
    except ProblemsFound as error:
        for problem in error.diagnostics:
            click.echo(problem)
        count = formats.plural(len(errors(error.diagnostics)), "erreur")
        click.echo(f"{count} à corriger. Rien n'a été fait.", err=True)
        sys.exit(error.exit_code)
    except DocgenError as error:
        click.echo(f"docgen : {error}", err=True)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("\nInterrompu. Les packs déjà fabriqués restent ; « docgen build » reprendra la suite.", err=True)
        sys.exit(ExitCode.INTERRUPTED)
