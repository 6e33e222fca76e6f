"""The commands that write into the records: record sent, signed, withdrawn, subscription, acknowledged, published."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click
from pydantic_core import PydanticCustomError

from docgen import formats
from docgen.actes import write_back
from docgen.french_click import Group
from docgen.model import values
from docgen.packs import sendings
from docgen.records import workspace


@click.group(
    cls=Group,
    help="Note dans les fiches un envoi, une signature, une souscription, un accusé de réception, une publication.",
)
def record() -> None:
    """Gather what writes into the records."""


@record.command(help="Lit l'accusé de réception de la préfecture (ARActe) et note sa date.")
@click.argument("fichier", type=click.Path(path_type=Path), metavar="FICHIER.xml")
def acknowledged(fichier: Path) -> None:
    """Record the acknowledgement of the préfecture."""
    numero, day = write_back.acknowledged(workspace.here(), fichier)
    click.echo(f"Délibération n° {numero} : reçue en préfecture le {formats.short_date(day)}.")


@record.command(help="Note la date de publication d'une délibération : année-mois-jour.")
@click.argument("numero", metavar="NUMÉRO")
@click.argument("jour", metavar="DATE")
def published(numero: str, jour: str) -> None:
    """Record the publication of a délibération."""
    day = _day(jour)
    write_back.published(workspace.here(), numero, day)
    click.echo(f"Délibération n° {numero} : publiée le {formats.short_date(day)}.")


@record.command(help="Note l'envoi du pack d'un membre : année-mois-jour.")
@click.argument("membre", metavar="MEMBRE")
@click.argument("jour", metavar="DATE")
@click.option("--edition", metavar="ÉDITION", help="L'édition envoyée (la dernière par défaut).")
@click.option("--elsewhere", is_flag=True, help="Le pack a été envoyé sans docgen ; donnez aussi --edition.")
def sent(membre: str, jour: str, edition: str | None, elsewhere: bool) -> None:
    """Record that a pack was sent."""
    day, place = _day(jour), workspace.here()
    if elsewhere and edition is None:
        raise click.UsageError("avec --elsewhere, dites quelle édition a été envoyée : --edition.")
    if elsewhere and edition:
        document = sendings.sent_elsewhere(place, membre, day, edition)
    else:
        document = sendings.sent(place, membre, day, edition)
    click.echo(f"{membre} : envoi du {formats.short_date(day)} noté ({document}).")


@record.command(help="Note le retour, signé par tous, de ce qui avait été envoyé à un membre.")
@click.argument("membre", metavar="MEMBRE")
@click.argument("jour", metavar="DATE")
@click.option("--document", metavar="DOCUMENT", help="Ce qui revient, si plusieurs documents sont attendus.")
def signed(membre: str, jour: str, document: str | None) -> None:
    """Record that what was sent came back signed."""
    day = _day(jour)
    found = sendings.signed(workspace.here(), membre, day, pieces=(document,) if document else ())
    click.echo(f"{membre} : signature du {formats.short_date(day)} notée ({found}).")


@record.command(help="Retire un envoi qui n'est pas signé : il reste noté, et le pack peut être envoyé de nouveau.")
@click.argument("membre", metavar="MEMBRE")
@click.argument("jour", metavar="DATE")
@click.option("--motif", metavar="MOTIF", required=True, help="Pourquoi : « nouveau maire », « adresse fausse »…")
def withdrawn(membre: str, jour: str, motif: str) -> None:
    """Record that a sending is taken back."""
    day = _day(jour)
    document = sendings.withdrawn(workspace.here(), membre, day, motif)
    click.echo(f"{membre} : envoi retiré le {formats.short_date(day)} ({document}). « docgen build » en fait un autre.")


@record.command(help="Note ce qu'un membre prend d'un volet à partir d'un jour : année-mois-jour, puis ses réponses.")
@click.argument("membre", metavar="MEMBRE")
@click.argument("volet", metavar="VOLET")
@click.argument("jour", metavar="DATE")
@click.argument("reponses", nargs=-1, metavar="[CHOIX=VALEUR]…")
def subscription(membre: str, volet: str, jour: str, reponses: tuple[str, ...]) -> None:
    """Record what a member takes of a volet."""
    day = _day(jour)
    if wrong := [one for one in reponses if "=" not in one]:
        raise click.UsageError(f"« {wrong[0]} » n'est pas une réponse. Écrivez par exemple utilisateurs=24.")
    answers = dict(one.split("=", 1) for one in reponses)
    titre = sendings.subscribed(workspace.here(), membre, volet, day, answers)
    click.echo(f"{membre} : souscription notée à compter du {formats.short_date(day)} ({titre}).")
    click.echo("Elle se contracte : « docgen plan » dit ce qui est à lui envoyer.")


def _day(text: str) -> date:
    try:
        return values.day(text)
    except PydanticCustomError as error:
        said = error.context or {}
        raise click.UsageError(f"{said.get('message')}. {said.get('hint')}".strip()) from None
