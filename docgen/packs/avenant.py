"""The fields of what goes to a member who signed already: an avenant, a notice, a covering page. Computed, never typed.

As in `champs.pack`, each with its explanation and where its value comes from; all the fields of a pack are there too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from docgen import formats
from docgen.champs.pack import ANYWHERE, Champ, Dossier, curly
from docgen.champs.volets import NOTHING, price
from docgen.law import tarif
from docgen.law.contrats import AVENANT, NOTICES
from docgen.model.edition import Edition
from docgen.model.fiches import Envoi
from docgen.packs.amendment import Decision, next_number
from docgen.word.compare import Change, Difference


@dataclass(frozen=True, kw_only=True)
class DossierAvenant(Dossier):
    """All that is known about what is sent to a member who signed."""

    decision: Decision
    held: Envoi
    """The last text that binds it."""
    former: Edition
    """The edition of that text."""
    difference: Difference
    articles: Sequence[Change]
    """What changes article by article, as it is printed for the member."""

    @property
    def numero(self) -> int:
        """The number of the avenant, in the order of signature."""
        return next_number(self.membre)

    @property
    def precedents(self) -> Sequence[Envoi]:
        """The avenants already signed."""
        return [e for e in self.membre.histoire if e.document == AVENANT and e.signe_le]

    @property
    def signee(self) -> Envoi:
        """The convention, as it was first signed."""
        signed = [e for e in self.membre.histoire if e.document not in (AVENANT, *NOTICES) and e.signe_le]
        return signed[0] if signed else self.held


def _articles(d: DossierAvenant) -> list[dict[str, Any]]:
    titles = {piece.id: piece.titre for piece in (*d.former.pieces, *d.edition.pieces)}
    return [
        dict(
            piece=curly(titles[change.piece]),
            titre=curly(change.ancien_titre or change.titre or "Titre et parties"),
            action=curly(_action(change)),
            paragraphes=[dict(texte=text) for text in _new_text(change)],
        )
        for change in d.articles
    ]


def _action(change: Change) -> str:
    """Return what becomes of an article of the convention that was signed, by the number that it has there."""
    if change.action == "supprimé":
        return "est supprimé"
    if change.action == "renuméroté":
        return f"devient « {change.titre} »"
    if change.action == "ajouté":
        return f"est inséré après « {change.apres} »" if change.apres else "est inséré avant le premier article"
    if not _new_text(change):
        return "ne comporte plus de texte"
    renamed = change.titre != change.ancien_titre
    return (f"devient « {change.titre} » et " if renamed else "") + "est remplacé par le texte suivant"


def _new_text(change: Change) -> tuple[str, ...]:
    return change.paragraphes if change.action in ("ajouté", "modifié") else ()


def _annexes(d: DossierAvenant) -> list[dict[str, str]]:
    """The pieces that go with the avenant, or that it takes away."""
    before = {piece.id for piece in d.former.pieces}
    rows = [
        dict(titre=curly(piece.titre), changement=f"{_becomes(d, piece.id, piece.volet, piece.id in before)}.")
        for piece in d.edition.pieces
        if piece.id in d.decision.pieces
    ]
    after = {piece.id for piece in d.edition.pieces}
    gone = [piece for piece in d.former.pieces if piece.id not in after and piece.volet is None]
    return rows + [dict(titre=curly(piece.titre), changement="Elle est supprimée.") for piece in gone]


def _becomes(d: DossierAvenant, name: str, volet: str | None, was: bool) -> str:
    if not was or volet in _new_volets(d):
        return "Elle est ajoutée à celles de la convention ; elle est jointe au présent avenant"
    said = "Elle est remplacée dans son entier par celle qui est jointe au présent avenant"
    return f"{said}, qui comporte la nouvelle grille tarifaire" if volet in d.difference.volets() else said


def _new_volets(d: DossierAvenant) -> list[str]:
    return [volet.id for volet in d.edition.volets if volet.id in d.decision.nouveaux]


def _new_rows(d: DossierAvenant) -> list[dict[str, str]]:
    rows = []
    for name in _new_volets(d):
        volet = d.edition.volet(name)
        assert volet
        since = d.souscriptions[name].depuis
        rows.append(dict(titre=curly(volet.titre), date_effet=_from(since)))
    return rows


def _from(since: Any) -> str:
    return f"à compter du {formats.long_date(since)}" if since else "à compter de la signature"


def _ends(d: DossierAvenant) -> list[dict[str, str]]:
    rows = []
    for ended in d.decision.fins:
        volet = d.edition.volet(ended.volet)
        assert volet
        assert ended.jusqu_au
        rows.append(dict(titre=curly(volet.titre), le=formats.long_date(ended.jusqu_au)))
    return rows


def _prices(d: DossierAvenant) -> Iterator[dict[str, Any]]:
    """The prices that change, of the volets that the member takes."""
    for change in d.difference.grille:
        volet = d.edition.volet(change.volet) or d.former.volet(change.volet)
        if volet is None or volet.tarif is None or (d.souscriptions and change.volet not in d.souscriptions):
            continue
        ligne = next((one for one in volet.tarif.lignes if one.libelle == change.libelle), None)
        scale = volet.tarif.echelle(ligne) if ligne else None
        bracket = tarif.label(volet.tarif, scale.id, change.tranche, volet.unite(scale.de)) if scale else NOTHING
        yield dict(
            volet=curly(volet.titre), libelle=curly(change.libelle), tranche=bracket,
            avant=_amount(change.avant), apres=_amount(change.apres),
        )  # fmt: skip


def _amount(amount: Decimal | None) -> str:
    return NOTHING if amount is None else price(amount)


def _amounts(d: DossierAvenant) -> list[dict[str, str]]:
    before, after = d.decision.avant, d.decision.apres
    return [dict(libelle="Total par an", avant=before, apres=after)] if before and after and before != after else []


def _initial(d: DossierAvenant) -> str:
    act = d.former.deliberation
    return f"délibération n°\u00a0{act.numero} du {formats.long_date(act.date)}"


def _signed(sent: Envoi) -> str:
    return formats.long_date(sent.signe_le or sent.envoye_le)


CHAMPS_AVENANT = (
    Champ("avenant.numero", "Numéro de l’avenant", lambda d: str(d.numero)),
    Champ("avenant.convention.edition", "Édition de la convention signée", lambda d: d.signee.edition),
    Champ("avenant.convention.signee_le", "Date de sa signature", lambda d: _signed(d.signee)),
    Champ("avenant.deliberation_initiale", "Délibération qui avait voté ce texte", _initial),
    Champ("avenant.precedents", "Les avenants déjà signés",
          lambda d: [dict(numero=str(n), signe_le=_signed(e)) for n, e in enumerate(d.precedents, 1)]),
    Champ("avenant.precedents[].numero", "Numéro"),
    Champ("avenant.precedents[].signe_le", "Date de signature"),
    Champ("avenant.articles", "Ce qui change dans la convention, article par article", _articles),
    Champ("avenant.articles[].piece", "La pièce dont c’est un article"),
    Champ("avenant.articles[].titre", "« Article 4 – Modalités de facturation »"),
    Champ("avenant.articles[].action", "« est remplacé par le texte suivant », « est supprimé »…"),
    Champ("avenant.articles[].paragraphes", "Le nouveau texte"),
    Champ("avenant.articles[].paragraphes[].texte", "Un paragraphe"),
    Champ("avenant.annexes", "Les annexes remplacées", _annexes),
    Champ("avenant.annexes[].titre", "Titre de l’annexe"),
    Champ("avenant.annexes[].changement", "Ce qu’elle devient"),
    Champ("avenant.prix", "Les prix qui changent, un par un", lambda d: list(_prices(d))),
    Champ("avenant.prix[].volet", "Titre du volet"),
    Champ("avenant.prix[].libelle", "Ligne de la grille"),
    Champ("avenant.prix[].tranche", "Tranche de la grille"),
    Champ("avenant.prix[].avant", "Ancien prix"),
    Champ("avenant.prix[].apres", "Nouveau prix"),
    Champ("avenant.nouveaux", "Les volets que le membre prend en plus", _new_rows),
    Champ("avenant.nouveaux[].titre", "Titre du volet"),
    Champ("avenant.nouveaux[].date_effet", "« à compter du 1er janvier 2025 »"),
    Champ("avenant.fins", "Les volets que le membre quitte", _ends),
    Champ("avenant.fins[].titre", "Titre du volet"),
    Champ("avenant.fins[].le", "Dernier jour"),
    Champ("avenant.montants", "Les montants, avant et après", _amounts),
    Champ("avenant.montants[].libelle", "Total par an"),
    Champ("avenant.montants[].avant", "Ce que le membre payait"),
    Champ("avenant.montants[].apres", "Ce qu’il paiera"),
    Champ("avenant.date_effet", "Date d’effet", lambda d: "à compter de sa signature par les parties"),
)  # fmt: skip

KNOWN_AVENANT = {champ.chemin: champ for champ in CHAMPS_AVENANT}
ANY_AVENANT = (*ANYWHERE, *KNOWN_AVENANT)
"""What a template of these may use when it is not known of which edition it is."""
