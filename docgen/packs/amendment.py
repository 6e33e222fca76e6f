"""What an edition and a member's record ask to be sent to it, and why, before anything is made. Pure decision.

The rules are those that the edition declares: what a change of a piece's text asks of who has signed it
(`modification`), what a change of its prices alone asks (`revision_des_prix`), what a new subscription of a volet asks
(`changement`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from docgen import formats
from docgen.law import contrats, souscriptions
from docgen.law.contrats import ACCOMPAGNEMENT, AVENANT, AVIS, FIN, Contrat, EditionOf, binds
from docgen.model.edition import Edition, PieceModele
from docgen.model.fiches import Envoi, Membre, Souscription
from docgen.word.compare import Difference


@dataclass(frozen=True)
class Decision:
    """What is to be done for one member."""

    membre: Membre
    action: str
    """« nouveau pack », « avenant n° 2 », « avis de révision des tarifs », « nouvelle signature », « rien »…"""
    raison: str
    avant: str = ""
    """What it pays per year by what it contracted; empty when it has not chosen or was sent nothing."""
    apres: str = ""
    """What it will pay per year."""
    pieces: tuple[str, ...] = ()
    """The documents to send, in order; none when what it holds stays as it is."""
    held: Envoi | None = None
    """The last text that it was sent: it binds the member, unless nothing does."""
    souscriptions: tuple[Souscription, ...] = ()
    """Those that the documents hold, as they are to be noted."""
    fins: tuple[Souscription, ...] = ()
    """Those that end."""
    nouveaux: tuple[str, ...] = ()
    """The volets that it did not have."""
    to_sign: bool = False
    """Whether the member has something to sign."""
    whole: bool = False
    """Whether the documents are the whole pack, for who holds nothing."""


@dataclass(frozen=True)
class Grounds:
    """What a decision is taken on, besides the member and the edition."""

    edition_of: Callable[[str], Edition]
    known: EditionOf
    """The same, and None for an edition whose folder is gone."""
    differences: Callable[[str], Difference]
    """What differs, for that member, from the edition of that name to the new one."""
    printed_in: Mapping[str, Sequence[str]]
    """The pieces that print what a member takes of a volet and pays for it, by volet."""
    today: date
    covering: bool = False
    """Whether there is a covering page for the annex of a new volet."""


@dataclass
class Asked:
    """What is asked of a member, as it is gathered."""

    avenant: list[str] = field(default_factory=list)
    """The pieces that an avenant changes or replaces."""
    signature: list[str] = field(default_factory=list)
    """The pieces to sign anew, or for the first time."""
    avis: list[str] = field(default_factory=list)
    """The pieces that a notice changes."""
    textes: list[str] = field(default_factory=list)
    """The pieces whose text changes."""
    tarifees: list[str] = field(default_factory=list)
    """The pieces that print new prices."""
    raisons: list[str] = field(default_factory=list)
    nouveaux: list[str] = field(default_factory=list)
    """The volets that it did not have."""
    changes: list[str] = field(default_factory=list)
    """The volets whose subscription is another."""
    fins: list[Souscription] = field(default_factory=list)

    def of(self, kind: str) -> list[str]:
        """Return the list of what a piece asks: « avenant », « signature » or « avis »."""
        found: list[str] = getattr(self, kind)
        return found


def decide(membre: Membre, target: Edition, on: Grounds) -> Decision:
    """Return what the edition and its own record do to the member."""
    taken = souscriptions.current(membre, target, on.today)
    texts = contrats.texts(membre, on.known)
    binding = sorted((sent for sent in texts if binds(sent)), key=contrats.bound_on)
    held = binding[-1] if binding else texts[-1] if texts else None
    contracts = contrats.contracted(membre, on.known)
    before = yearly(membre, on.edition_of(held.edition), _last(contracts) or taken) if held else ""
    after = yearly(membre, target, taken)

    def decided(action: str, raison: str, pieces: Sequence[str] = ()) -> Decision:
        """Decide of the whole pack, or of nothing at all."""
        holds = tuple(taken.values()) if pieces else ()
        return Decision(
            membre, action, raison, before, after, tuple(pieces), held, holds, to_sign=bool(pieces), whole=bool(pieces)
        )

    if membre.parti_le and membre.parti_le < on.today:
        return Decision(membre, "rien", f"parti le {formats.short_date(membre.parti_le)}", before, held=held)
    if membre.succede_le and membre.succede_le > on.today:
        return decided("rien", f"remplacera d'autres membres le {formats.short_date(membre.succede_le)}")
    if membre.predecesseurs and binding and not membre.tenus and not taken and texts[-1].edition >= target.edition:
        return decided("rien", _succeeds(membre))
    if held is None:
        return decided("nouveau pack", "rien ne lui a été envoyé", whole(membre, target, taken))
    sent = texts[-1]
    if not binding:
        day = formats.short_date(sent.envoye_le)
        if sent.edition >= target.edition:
            return decided("rien", f"édition {sent.edition} envoyée le {day}")
        said = f"édition {held.edition} envoyée le {day}, pas signée"
        return decided("pack retiré, nouveau pack", said, whole(membre, target, taken))
    asked = Asked()
    if sent.edition < target.edition:
        _of_edition(asked, membre, target, held, on, taken)
    if sent.edition <= target.edition:
        known = contrats.contracted(membre, on.known, pending=True)
        _of_record(asked, target, on, taken, known)
        asked.fins += _ended(membre, target, known)
    if not any((asked.avenant, asked.signature, asked.avis, asked.fins)):
        return decided("rien", _nothing(target, sent, asked))
    return _decision(membre, target, asked, on, taken, (before, after, held))


def _succeeds(membre: Membre) -> str:
    assert membre.succede_le
    names = formats.listing(one.id for one in membre.predecesseurs)
    day = formats.short_date(membre.succede_le)
    return f"succède à {names} depuis le {day} : leurs contrats continuent (CGCT L2113-5)"


def whole(membre: Membre, edition: Edition, taken: Mapping[str, Souscription]) -> tuple[str, ...]:
    """Return the pieces of the whole pack: the common ones, the annexes of what it takes.

    Who has not chosen yet gets the blank annexes that are offered to it.
    """
    offered = {volet.id for volet in edition.volets if volet.offered_to(membre.forme)}
    wanted = set(taken) or offered
    return tuple(piece.id for piece in edition.pieces if piece.volet is None or piece.volet in wanted)


def _last(contracts: Mapping[str, Sequence[Contrat]]) -> dict[str, Souscription]:
    return {name: found[-1].souscription for name, found in contracts.items() if found and found[-1].fin is None}


def _of_edition(
    asked: Asked, membre: Membre, target: Edition, held: Envoi, on: Grounds, taken: Mapping[str, Souscription]
) -> None:
    """Gather what the new edition asks of a member, of the pieces that it holds."""
    found, former = on.differences(held.edition), on.edition_of(held.edition)
    mine = _held(membre, target, on, taken)
    pieces = {piece.id: piece for piece in (*former.pieces, *target.pieces)}
    asked.textes = [name for name in found.pieces() if pieces[name].volet is None or pieces[name].volet in mine]
    priced = [name for volet in found.volets() if volet in mine for name in on.printed_in.get(volet, ())]
    asked.tarifees = list(dict.fromkeys(priced))
    for name in pieces:
        if name in asked.textes:
            asked.of(pieces[name].modification).append(name)
        elif name in asked.tarifees:
            asked.of(pieces[name].pour_les_prix).append(name)
    asked.raisons += _said_of_texts(asked.textes, pieces, found)
    if cells := [change for change in found.grille if change.volet in mine]:
        alone = "" if asked.textes else ", aucun texte"
        asked.raisons.append(f"{formats.plural(len(cells), 'case')} de la grille{alone}")
    if any(change.volet in mine for change in found.rules_alone()):
        asked.raisons.append("règle des prix")
    if asked.avenant:  # what a notice would have said is in what the avenant brings
        asked.avenant += asked.avis
        asked.avis = []


def _held(membre: Membre, target: Edition, on: Grounds, taken: Mapping[str, Souscription]) -> set[str]:
    """Return the volets whose texts and prices concern the member: those it contracted and keeps.

    Who signed without choosing holds the annexes that were offered to it.
    """
    if contracts := contrats.contracted(membre, on.known):
        return {name for name in contracts if name in taken}
    return {volet.id for volet in souscriptions.offered(membre, target)} if not taken else set(taken)


def _said_of_texts(changed: Iterable[str], pieces: Mapping[str, PieceModele], found: Difference) -> Iterator[str]:
    by_article = [name for name in changed if pieces[name].articles]
    for name in by_article:
        touched = [
            change.ancien_titre or change.titre or "titre et parties"
            for change in found.textes
            if change.piece == name and change.action != "renuméroté"
        ]
        yield f"{name} : {formats.listing(touched)}"
    if others := [name for name in changed if name not in by_article]:
        yield f"texte modifié : {formats.listing(others)}"


def _of_record(
    asked: Asked,
    target: Edition,
    on: Grounds,
    taken: Mapping[str, Souscription],
    known: Mapping[str, Sequence[Contrat]],
) -> None:
    """Gather what the member takes now and that nothing sent to it holds: another volet, other quantities."""
    for name, wanted in taken.items():
        volet, before = target.volet(name), known.get(name, ())
        assert volet
        pieces = list(on.printed_in.get(name, ()))
        own = [piece.id for piece in target.pieces if piece.volet == name] or pieces
        if not before or _ended_before(before[-1], wanted):
            asked.nouveaux.append(name)
            asked.signature += [piece for piece in own if piece not in asked.signature]
            asked.raisons.append(f"nouveau volet : {volet.titre}")
        elif _differs(before[-1], wanted) and volet.changement != "libre":
            asked.changes.append(name)
            kind = asked.of(volet.changement)
            kind += [piece for piece in own if piece not in kind]
            since = f" à compter du {formats.short_date(wanted.depuis)}" if wanted.depuis else ""
            asked.raisons.append(f"souscription modifiée{since} : {volet.titre}")


def _ended_before(held: Contrat, wanted: Souscription) -> bool:
    """Tell whether a contract was over when the subscription begins."""
    return held.fin is not None and wanted.depuis is not None and wanted.depuis > held.fin


def _differs(held: Contrat, wanted: Souscription) -> bool:
    """Tell whether a subscription is not what was contracted: other answers, or an end that is not the one agreed."""
    other_end = held.fin is not None and held.fin != wanted.jusqu_au
    return other_end or not souscriptions.same(held.souscription, wanted)


def _ended(membre: Membre, target: Edition, known: Mapping[str, Sequence[Contrat]]) -> Iterator[Souscription]:
    """Yield the subscriptions that the record ends and that no notice has ended yet."""
    for name, periods in souscriptions.periods(membre.souscriptions).items():
        held = known.get(name, ())
        if target.volet(name) and held and held[-1].fin is None and periods[-1].jusqu_au is not None:
            yield periods[-1]


def _nothing(target: Edition, sent: Envoi, asked: Asked) -> str:
    if sent.edition < target.edition:
        return f"l'édition {target.edition} ne change, pour lui, aucun article ni aucun prix"
    word, day = ("signée", sent.signe_le) if sent.signe_le else ("envoyée", sent.envoye_le)
    return f"édition {sent.edition} {word} le {formats.short_date(day)}"


def _decision(
    membre: Membre,
    target: Edition,
    asked: Asked,
    on: Grounds,
    taken: Mapping[str, Souscription],
    amounts: tuple[str, str, Envoi],
) -> Decision:
    """Put in order what was gathered."""
    attached = {*asked.signature, *(name for name in asked.avis if name in asked.textes)}
    attached |= {name for name in asked.avenant if _attached(target, name, on, asked)}
    documents = [piece.id for piece in target.pieces if piece.id in attached]
    before, after, held = amounts
    holds = [name for name in taken if _prints(documents, name, on)]
    if asked.avenant:
        documents.insert(0, AVENANT)
        holds = [name for name in taken if name in asked.changes or name in asked.nouveaux or name in holds]
    elif asked.nouveaux and on.covering:
        documents.insert(0, ACCOMPAGNEMENT)
    documents += [AVIS] if asked.avis else []
    documents += [FIN] if asked.fins else []
    for ended in asked.fins:
        volet = target.volet(ended.volet)
        assert volet
        assert ended.jusqu_au
        asked.raisons.append(f"fin le {formats.short_date(ended.jusqu_au)} : {volet.titre}")
    return Decision(
        membre, _action(membre, target, asked), " ; ".join(asked.raisons), before, after, tuple(documents), held,
        tuple(taken[name] for name in holds), tuple(asked.fins), tuple(asked.nouveaux),
        bool(asked.avenant or asked.signature),
    )  # fmt: skip


def _attached(target: Edition, name: str, on: Grounds, asked: Asked) -> bool:
    """Tell whether a piece that an avenant changes goes with it whole: its articles are not in the avenant's text."""
    piece = next((one for one in target.pieces if one.id == name), None)
    if piece is None:
        return False
    prints_new = any(name in on.printed_in.get(volet, ()) for volet in (*asked.changes, *asked.nouveaux))
    return not piece.articles or prints_new or name in asked.tarifees


def _prints(documents: Sequence[str], volet: str, on: Grounds) -> bool:
    return any(name in documents for name in on.printed_in.get(volet, ()))


def _action(membre: Membre, target: Edition, asked: Asked) -> str:
    """Return in a few words what is sent."""
    titles = {piece.id: piece.titre for piece in target.pieces}
    said = []
    if asked.avenant:
        said.append(f"avenant n° {next_number(membre)}")
    elif asked.signature:
        named = [titles[name].split(" – ")[0] for name in titles if name in asked.signature]
        said.append(f"à signer : {formats.listing(named)}")
    if asked.avis:
        said.append("avis de nouvelle grille")
    if asked.fins:
        said.append("avis de fin")
    return " et ".join(said)


def next_number(membre: Membre) -> int:
    """Return the number of the next avenant: they are numbered per member, as they are signed."""
    return 1 + sum(sent.document == AVENANT and sent.signe_le is not None for sent in membre.histoire)


def yearly(membre: Membre, edition: Edition, taken: Mapping[str, Souscription]) -> str:
    """Return what the member pays per year for what it takes, HT or TTC as voted; empty when that is not known."""
    sums: dict[str, Decimal] = {}
    for name, one in taken.items():
        volet = edition.volet(name)
        if volet is None or volet.tarif is None:
            continue
        try:
            amounts = souscriptions.montants(volet, souscriptions.faits(volet, membre, one.reponses))
        except ValueError:  # an answer of today, to a question that was asked otherwise then
            return ""
        if amounts is None:
            return ""
        sums[volet.tarif.prix_en] = sums.get(volet.tarif.prix_en, Decimal(0)) + amounts.annuel
    return " et ".join(f"{formats.euros(amount)} {kind}" for kind, amount in sums.items())
