"""The legal forms of members: the article and the gender of every sentence, the words that their names begin with."""

from __future__ import annotations

import unicodedata
from enum import StrEnum

FEMININE = frozenset(
    ("commune", "communauté", "métropole", "région", "collectivité", "caisse", "régie", "association", "société",
     "agence", "école", "institution", "ville", "asa", "afr", "spl", "entente", "maison")
)  # fmt: skip
"""The nouns that a form or a name begins with and that are feminine."""


def plain(text: str) -> str:
    """Return the text without accents nor capitals."""
    folded = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return "".join(c for c in folded if not unicodedata.combining(c))


class Forme(StrEnum):
    """The legal form of a member; it decides the article and the gender of the sentences."""

    COMMUNE = "commune"
    COMMUNAUTE_DE_COMMUNES = "communauté de communes"
    COMMUNAUTE_D_AGGLOMERATION = "communauté d'agglomération"
    COMMUNAUTE_URBAINE = "communauté urbaine"
    METROPOLE = "métropole"
    DEPARTEMENT = "département"
    SYNDICAT = "syndicat"
    SYNDICAT_MIXTE = "syndicat mixte"
    ETABLISSEMENT_PUBLIC = "établissement public"
    POLE_TERRITORIAL = "pôle d'équilibre territorial et rural"
    REGION = "région"
    COLLECTIVITE_TERRITORIALE = "collectivité territoriale"
    SYNDICAT_INTERCOMMUNAL = "syndicat intercommunal"
    POLE_METROPOLITAIN = "pôle métropolitain"
    ETABLISSEMENT_TERRITORIAL = "établissement public territorial"
    CCAS = "centre communal d'action sociale"
    CIAS = "centre intercommunal d'action sociale"
    CAISSE_DES_ECOLES = "caisse des écoles"
    SDIS = "service départemental d'incendie et de secours"
    CENTRE_DE_GESTION = "centre de gestion"
    OFFICE_PUBLIC_DE_L_HABITAT = "office public de l'habitat"
    REGIE = "régie"
    ASA = "association syndicale autorisée"
    ASSOCIATION_FONCIERE = "association foncière de remembrement"
    SOCIETE_PUBLIQUE_LOCALE = "société publique locale"
    GIP = "groupement d'intérêt public"

    @property
    def feminine(self) -> bool:
        """Whether the noun is feminine."""
        return self.value.split()[0] in FEMININE

    @property
    def begins(self) -> tuple[str, ...]:
        """The words that the name of such a member may begin with, without accents nor capitals; none when any may."""
        return NAMES.get(self, ()) and (plain(self.value), *NAMES[self])


NAMES: dict[Forme, tuple[str, ...]] = {
    Forme.COMMUNE: ("ville", "commune nouvelle"),
    Forme.COMMUNAUTE_DE_COMMUNES: ("cc", "communaute"),
    Forme.COMMUNAUTE_D_AGGLOMERATION: ("ca", "communaute", "agglomeration"),
    Forme.COMMUNAUTE_URBAINE: ("cu", "communaute"),
    Forme.METROPOLE: ("metropole",),
    Forme.DEPARTEMENT: ("departement",),
    Forme.SYNDICAT: ("syndicat", "sivu", "sivom", "sitom", "sictom", "sm"),
    Forme.SYNDICAT_MIXTE: ("syndicat", "sm", "smictom", "smitom"),
    Forme.SYNDICAT_INTERCOMMUNAL: ("syndicat", "sivu", "sivom", "si", "sictom", "sitom"),
    Forme.POLE_TERRITORIAL: ("pole", "petr"),
    Forme.REGION: ("region",),
    Forme.CCAS: ("ccas",),
    Forme.CIAS: ("cias",),
    Forme.CAISSE_DES_ECOLES: ("caisse",),
    Forme.SDIS: ("sdis", "service d'incendie", "service territorial"),
    Forme.CENTRE_DE_GESTION: ("cdg", "centre"),
    Forme.OFFICE_PUBLIC_DE_L_HABITAT: ("office", "oph"),
    Forme.REGIE: ("regie",),
    Forme.ASA: ("asa", "association syndicale"),
    Forme.ASSOCIATION_FONCIERE: ("afr", "association fonciere"),
    Forme.SOCIETE_PUBLIQUE_LOCALE: ("spl", "societe"),
    Forme.GIP: ("gip", "groupement"),
}
"""What the name of a member may begin with, besides its form: the article of every sentence goes with that word."""
