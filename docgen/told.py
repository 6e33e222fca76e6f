"""What the commands tell: what is wrong, how far a build is, what came of it, the list of each pack."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Self

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from docgen import formats
from docgen.champs.examples import sections
from docgen.champs.pack import Dossier
from docgen.champs.volets import known_anywhere
from docgen.diagnostics import Diagnostic, Severity, closest, errors
from docgen.lawyers.compared import Comparison
from docgen.lawyers.explained import Explanation
from docgen.model.edition import Edition
from docgen.model.fiches import Membre
from docgen.packs.build import Outcome
from docgen.packs.receipts import Receipt
from docgen.records.validate import missing_for_signature
from docgen.records.workspace import Data

LISTED = 12
"""Lines of one kind in a summary; beyond, only their number: the page tells the rest."""
LOST = "Packs envoyés qui ne sont plus dans output : remettez-les de votre sauvegarde"
TOLD_APART = ("blancs", "délibérations")
"""The points of the list that the summary has sections of their own for."""


def problems(found: Iterable[Diagnostic], data: Data | None, files: int) -> None:
    """Print what is wrong; then, if nothing is, what was found sound: the records, or so many files."""
    ordered = sorted(found)
    to_mend = [problem for problem in ordered if problem.severity is not Severity.INFO]
    for problem in to_mend:
        click.echo(problem)
    informations = [problem for problem in ordered if problem.severity is Severity.INFO]
    section("À savoir, sans rien à corriger", [f"{p.place} : {p.message}" for p in informations], sys.maxsize)
    if stopping := errors(to_mend):
        click.echo(f"{formats.plural(len(stopping), 'erreur')} à corriger.", err=True)
        return
    warned = f"{formats.plural(len(to_mend), 'avertissement')}, " if to_mend else ""
    if data is None:
        click.echo(f"{formats.plural(files, 'fichier')} : {warned}aucune erreur.")
        return
    drafts = sum(bool(missing_for_signature(m, data.edition)) for m in data.membres)
    rules = [volet.tarif for volet in data.edition.volets if volet.tarif]
    cells = sum(len(ligne.votee) for rule in rules for ligne in rule.lignes)
    click.echo(
        f"Édition {data.edition.edition} : {formats.plural(len(data.membres), 'membre')}, "
        f"{formats.plural(cells, 'case')} de la grille conformes au vote, "
        f"{formats.plural(len(data.edition.pieces), 'modèle')} : {warned}aucune erreur."
    )
    if drafts:
        click.echo(
            f"{formats.plural(drafts, 'pack portera', 'packs porteront')} PROJET, faute de délibération exécutoire."
        )


def explanation(code: str, known: Mapping[str, Explanation]) -> None:
    """Print what a code means. Raises `click.UsageError` for one that has no explanation."""
    if code not in known:
        hint = closest(code, known) or "Un code est entre crochets à la fin d'un message : champ-inconnu, texte-perdu…"
        raise click.UsageError(f"le code « {code} » n'est pas celui d'un modèle Word. {hint}")
    found = known[code]
    click.echo(f"{code}\n\n{found.quoi}\n\nQue faire : {found.faire}")
    if found.eviter:
        click.echo(f"\n  À éviter : {found.eviter}\n  À écrire : {found.ecrire}")


def comparison(made: Comparison) -> None:
    """Print what an edition changes: each document, its articles, the number of prices."""
    for document in made.documents:
        ours = [c for c in made.difference.textes if c.piece == document.piece.id]
        titles = [c.titre or "avant le premier article" for c in ours if c.action != "renuméroté"]
        click.echo(f"{document.piece.id} : {formats.listing(titles) if titles else 'aucun article ne change'}")
        for change in ours:
            if change.action == "renuméroté":
                click.echo(f"  « {change.ancien_titre} » devient « {change.titre} »")
        for note in document.notes:
            click.echo(f"  {note}")
    cells, rules = len(made.difference.grille), made.difference.rules_alone()
    said = formats.plural(cells, "case change", "cases changent") if cells else "aucune case ne change"
    if not cells and not rules:
        said = "aucun prix ne change"
    changed = formats.listing(dict.fromkeys(f"« {change.libelle or change.volet} »" for change in rules))
    click.echo(f"grille : {said}{f' ; la règle change : {changed}' if rules else ''}")


def fields(edition: Edition, dossiers: Sequence[Dossier]) -> None:
    """Print the fields of an edition, each with its explanation and an example from one of these members."""
    known = known_anywhere(edition)
    for title, found in sections(edition, dossiers):
        click.echo(f"\n{title} :")
        group = ""
        for champ, example in found:
            if (top := champ.chemin.split(".")[0].split("[")[0]) != group:
                group = top
                click.echo()
            shown = f"  → {example}" if example else ""
            lists = any(one.startswith(f"{champ.chemin}[]") for one in known)
            name = champ.chemin if lists or "[]" in champ.chemin else f"{{{{ {champ.chemin} }}}}"
            click.echo(f"{name}{' (liste)' if lists else ''}\n    {champ.explication}{shown}")


class Bar:
    """How far the build is: a bar with the time left on a terminal, one line a pack elsewhere."""

    def __init__(self, edition: str) -> None:
        self.console = Console(highlight=False)
        self.bar = Progress(
            TextColumn(f"Packs {edition}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("reste"),
            TimeRemainingColumn(),
            console=self.console,
            transient=False,
        )
        self.total = self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar.live.is_started:
            self.bar.stop()

    def start(self, total: int) -> None:
        """Show the bar, when there is something to make and a terminal to show it."""
        self.total = total
        if total and self.console.is_terminal:
            self.task = self.bar.add_task("", total=total)
            self.bar.start()

    def done(self, outcome: Outcome) -> None:
        """Move the bar, or say in a line what became of the pack."""
        self.count += 1
        if self.console.is_terminal:
            self.bar.advance(self.task)
            return
        click.echo(f"{self.count}/{self.total} {outcome.membre.id} : {_state(outcome)} ({' ; '.join(outcome.reasons)})")

    def note(self, said: str) -> None:
        """Say something beside the bar."""
        self.console.print(said) if self.console.is_terminal else click.echo(said, err=True)


def _state(outcome: Outcome) -> str:
    """Return what became of a pack, with the points of its list that do not hold."""
    if outcome.failure:
        return f"ÉCHEC, {outcome.failure}"
    if outcome.receipt is None:
        return ""
    failing = [point.point for point in outcome.receipt.controle if not point.tient]
    return f"{outcome.receipt.etat}, contrôle {'✗ ' + ', '.join(failing) if failing else '✓'}"


def summary(outcomes: Sequence[Outcome]) -> None:
    """Print what came of a build: how many packs, why, what keeps some from leaving."""
    made = [o for o in outcomes if o.reasons and not o.failure]
    same = [o for o in outcomes if not o.reasons]
    failed = [o for o in outcomes if o.failure]
    if not made and not failed:
        verb = "est" if len(same) < 2 else "sont"
        click.echo(f"Rien à refaire : {formats.plural(len(same), 'pack')} {verb} à jour.")
    else:
        states = Counter(o.receipt.etat for o in made if o.receipt)
        said = [
            formats.plural(states["prêt à signer"], "prêt à signer", "prêts à signer"),
            *([formats.plural(states["à envoyer"], "avis à envoyer", "avis à envoyer")] if states["à envoyer"] else []),
            formats.plural(states["à compléter"], "à compléter", "à compléter"),
            *([formats.plural(states["à revoir"], "à revoir", "à revoir")] if states["à revoir"] else []),
            formats.plural(states["PROJET"], "en PROJET", "en PROJET"),
        ]
        unchanged = formats.plural(len(same), "inchangé")
        click.echo(f"{formats.plural(len(made), 'pack fabriqué', 'packs fabriqués')} : {', '.join(said)} ; {unchanged}")
    _why_made_again(made)
    standing = [(o.membre.id, o.receipt) for o in outcomes if o.receipt and not o.failure]
    section("En PROJET, à ne pas envoyer", _together((i, " ; ".join(r.manque)) for i, r in standing if r.projet))
    section("À revoir avant l'envoi", _faults(r for _, r in standing))
    section("Blancs à compléter", _together((i, ", ".join(r.blancs)) for i, r in standing if r.blancs))
    kept = {True: " (le pack précédent reste en place)", False: ""}
    section("ÉCHECS", [f"{o.membre.id} : {o.failure}{kept[o.receipt is not None]}" for o in failed])


def _together(found: Iterable[tuple[str, str]]) -> list[str]:
    """Return what is said of members, a line each; what is the same for several is one line, with their number."""
    by_words: dict[str, list[str]] = {}
    for member, said in found:
        by_words.setdefault(said, []).append(member)
    return [
        f"{members[0]} : {said}" if len(members) == 1 else f"{len(members)} membres ({_some(members)}) : {said}"
        for said, members in by_words.items()
    ]


def _some(members: Sequence[str]) -> str:
    more = f" et {formats.plural(len(members) - 5, 'autre')}" if len(members) > 5 else ""
    return f"{', '.join(members[:5])}{more}"


def _why_made_again(made: Sequence[Outcome]) -> None:
    """Say why packs that stood were made again, one line a reason."""
    why: dict[str, list[str]] = {}
    for outcome in made:
        if outcome.reasons != ("jamais fabriqué",):
            for reason in outcome.reasons:
                why.setdefault(reason, []).append(outcome.membre.id)
    lines = []
    for reason, members in why.items():
        lines.append(f"{reason} : {_some(members)}")
    section("Refaits parce que", lines)


def section(title: str, lines: list[str], listed: int = LISTED) -> None:
    """Print a title and its lines, or the first of them; nothing when there are none."""
    if not lines:
        return
    click.echo(f"{title} :")
    for line in lines[:listed]:
        click.echo(f"  {line}")
    if len(lines) > listed:
        click.echo(f"  … et {formats.plural(len(lines) - listed, 'autre')} (voir output/index.html)")


def checklist(membre: Membre, receipt: Receipt | None, sent: str) -> None:
    """Print the list of one pack, point by point; `sent` is the state of one that left: « envoyé », « signé »."""
    if receipt is None:
        click.echo(f"{membre.id} : pas encore fabriqué\n")
        return
    click.echo(f"{membre.id} : {sent or (receipt.etat if _is_current(receipt) else 'à refaire')}")
    for point in receipt.controle:
        click.echo(f"  {'✓' if point.tient else '✗'} {point.point} – {point.detail}")
    click.echo()


def ready(receipt: Receipt | None) -> bool:
    """Tell whether every point of the list holds."""
    return receipt is not None and receipt.etat in ("prêt à signer", "à envoyer") and _is_current(receipt)


def _is_current(receipt: Receipt) -> bool:
    return all(point.tient for point in receipt.controle if point.point == "à jour")


def _faults(receipts: Iterable[Receipt]) -> list[str]:
    """Return what keeps packs from being ready, besides blanks and délibérations, a line each."""
    return [
        f"{receipt.membre} : {point.point} – {point.detail}"
        for receipt in receipts
        for point in receipt.controle
        if not point.tient and point.point not in TOLD_APART
    ]
