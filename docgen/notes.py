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


@record.command(help="Lit un message de la préfecture (accusé de réception, anomalie, lettre) et le note sur l'acte.")
@click.argument("fichier", type=click.Path(path_type=Path), metavar="FICHIER.xml")
def acknowledged(fichier: Path) -> None:
    """Record an acknowledgement of the préfecture, or what else it writes."""
    noted = write_back.acknowledged(workspace.here(), fichier)
    message, act = noted.courrier, f"Délibération n° {noted.numero}"
    day = formats.short_date(message.jour)
    said = f" : « {message.objet} »" if message.objet else ""
    if message.element == "ARActe":
        click.echo(f"{act} : reçue en préfecture le {day}.")
        if noted.frozen:
            click.echo("Les fichiers transmis et leur reçu sont figés : docgen ne les refera plus.")
    elif message.element == "ARAnnulation":
        click.echo(f"{act} : sa transmission est annulée depuis le {day}. Ses packs redeviennent des PROJETS.")
        for membre in noted.sent:
            click.echo(f"  {membre} a reçu un pack qui en dépend : docgen record withdrawn {membre} DATE --motif …")
    elif message.nature == "anomalie":
        click.echo(f"{act} : REFUSÉE par la préfecture le {day}{said}. Corrigez, puis transmettez de nouveau.")
    else:
        click.echo(f"{act} : {message.nature} du {day}{said}. C'est noté ; répondez-y dans les délais.")


@record.command(name="signed-act", help="Note l'acte revenu signé du président et du secrétaire.")
@click.argument("numero", metavar="NUMÉRO")
@click.argument("fichier", type=click.Path(path_type=Path), metavar="FICHIER.pdf")
@click.option("--malgre", metavar="POURQUOI", default="", help="Admet une date douteuse ; noté dans la séance.")
def signed_act(numero: str, fichier: Path, malgre: str) -> None:
    """Record that an act came back signed: it takes the place of the unsigned one in the sending."""
    from docgen.returned import recording, verify  # pyHanko takes half a second to load: only here

    place = workspace.here()
    data = workspace.load(place)
    verdict = verify.examine(place, data, fichier)
    recording.of_act(data, verdict, numero)
    what, kept, new = recording.record(place, data, verdict, malgre)
    click.echo(f"{what} : signature {'notée' if new else 'déjà notée'}. Le fichier est gardé : {place.shown(kept)}")
    click.echo(f"« docgen deliberation {numero} » prépare son envoi.")


@record.command(help="Note la date de publication d'une délibération : année-mois-jour.")
@click.argument("numero", metavar="NUMÉRO")
@click.argument("jour", metavar="DATE")
def published(numero: str, jour: str) -> None:
    """Record the publication of a délibération."""
    day = day_of(jour)
    write_back.published(workspace.here(), numero, day)
    click.echo(f"Délibération n° {numero} : publiée le {formats.short_date(day)}.")


@record.command(help="Note l'envoi du pack d'un membre : année-mois-jour.")
@click.argument("membre", metavar="MEMBRE")
@click.argument("jour", metavar="DATE")
@click.option("--edition", metavar="ÉDITION", help="L'édition envoyée (la dernière par défaut).")
@click.option("--elsewhere", is_flag=True, help="Le pack a été envoyé sans docgen ; donnez aussi --edition.")
@click.option("--incomplet", is_flag=True, help="Le membre aura à écrire lui-même ce qu'il souscrit.")
def sent(membre: str, jour: str, edition: str | None, elsewhere: bool, incomplet: bool) -> None:
    """Record that a pack was sent."""
    day, place = day_of(jour), workspace.here()
    if elsewhere and edition is None:
        raise click.UsageError("avec --elsewhere, dites quelle édition a été envoyée : --edition.")
    if elsewhere and edition:
        document = sendings.sent_elsewhere(place, membre, day, edition)
    else:
        document = sendings.sent(place, membre, day, edition, incomplet)
    click.echo(f"{membre} : envoi du {formats.short_date(day)} noté ({document}).")


@record.command(help="Note le retour, signé par tous, de ce qui avait été envoyé à un membre.")
@click.argument("membre", metavar="MEMBRE")
@click.argument("jour", metavar="DATE")
@click.option("--document", metavar="DOCUMENT", help="Ce qui revient, si plusieurs documents sont attendus.")
def signed(membre: str, jour: str, document: str | None) -> None:
    """Record that what was sent came back signed."""
    day = day_of(jour)
    found = sendings.signed(workspace.here(), membre, day, pieces=(document,) if document else ())
    click.echo(f"{membre} : signature du {formats.short_date(day)} notée ({found}).")


@record.command(help="Retire un envoi qui n'est pas signé : il reste noté, et le pack peut être envoyé de nouveau.")
@click.argument("membre", metavar="MEMBRE")
@click.argument("jour", metavar="DATE")
@click.option("--motif", metavar="MOTIF", required=True, help="Pourquoi : « nouveau maire », « adresse fausse »…")
def withdrawn(membre: str, jour: str, motif: str) -> None:
    """Record that a sending is taken back."""
    day = day_of(jour)
    document = sendings.withdrawn(workspace.here(), membre, day, motif)
    click.echo(f"{membre} : envoi retiré le {formats.short_date(day)} ({document}). « docgen build » en fait un autre.")


@record.command(help="Note ce qu'un membre prend d'un volet à partir d'un jour : année-mois-jour, puis ses réponses.")
@click.argument("membre", metavar="MEMBRE")
@click.argument("volet", metavar="VOLET")
@click.argument("jour", metavar="DATE")
@click.argument("reponses", nargs=-1, metavar="[CHOIX=VALEUR]…")
def subscription(membre: str, volet: str, jour: str, reponses: tuple[str, ...]) -> None:
    """Record what a member takes of a volet."""
    day = day_of(jour)
    if wrong := [one for one in reponses if "=" not in one]:
        raise click.UsageError(f"« {wrong[0]} » n'est pas une réponse. Écrivez par exemple utilisateurs=24.")
    answers = dict(one.split("=", 1) for one in reponses)
    titre = sendings.subscribed(workspace.here(), membre, volet, day, answers)
    click.echo(f"{membre} : souscription notée à compter du {formats.short_date(day)} ({titre}).")
    click.echo("Elle se contracte : « docgen plan » dit ce qui est à lui envoyer.")


def day_of(text: str) -> date:
    """Return a date as it is typed. Raises `click.UsageError`."""
    try:
        return values.day(text)
    except PydanticCustomError as error:
        said = error.context or {}
        raise click.UsageError(f"{said.get('message')}. {said.get('hint')}".strip()) from None
