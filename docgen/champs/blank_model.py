"""The fields of a pack for nobody in particular: the model that is annexed to a délibération and published with it."""

from __future__ import annotations

from docgen.champs.blank import BLANK
from docgen.champs.pack import Dossier, Values, values
from docgen.champs.volets import champs_of
from docgen.model.edition import Edition
from docgen.model.fiches import Membre, Referent, Syndicat
from docgen.model.formes import Forme

ANY_MEMBER = {
    "membre.le": "l’établissement public ou la collectivité membre",
    "membre.Le": "L’établissement public ou la collectivité membre",
    "membre.du": "de l’établissement public ou de la collectivité membre",
    "membre.Du": "De l’établissement public ou de la collectivité membre",
    "membre.au": "à l’établissement public ou à la collectivité membre",
    "membre.Au": "À l’établissement public ou à la collectivité membre",
    "membre.e": "(e)",
    "membre.il": "il ou elle",
    "membre.Il": "Il ou elle",
    "membre.lui": "lui ou elle",
    "membre.celui_ci": "celui-ci ou celle-ci",
    "representant.e": "(e)",
}
"""What stands for the member in the blank model; its other fields are dotted blanks."""


def blank_model(syndicat: Syndicat, edition: Edition, volet: str | None = None) -> Values:
    """Return the fields of a piece, of that volet, for nobody in particular: the model annexed to a délibération.

    It holds no personal data but the syndicat's own; whatever is the member's is a blank.
    """
    nobody = Membre.model_construct(
        id="modele", nom="Membre", forme=Forme.COMMUNE, siret="0" * 14, representant=None, referent=Referent(),
        facturation=(), population=(), agents=(), souscriptions=(), siege=syndicat.siege,
    )  # fmt: skip
    found = values(Dossier(syndicat, edition, nobody), champs_of(edition, volet))
    for path in found.flat:
        if path.startswith("membre.") or path == "representant.e":
            value = ANY_MEMBER.get(path, BLANK)
            found.flat[path] = value
            *above, last = path.split(".")
            branch = found.tree
            for part in above:
                branch = branch[part]
            branch[last] = value
    return found
