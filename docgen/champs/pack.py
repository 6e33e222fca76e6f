"""The fields that every pack has, whatever its bundle: each with its explanation and where its value comes from.

Takes a `Dossier` (what is known about one member's pack); gives the values that templates print. A value that the
record lacks becomes a dotted blank to fill by hand, and is told as such.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from docgen import formats
from docgen.champs.blank import Blank
from docgen.model.edition import Edition
from docgen.model.fiches import Facturation, Membre, Referent, Representant, Souscription, Syndicat
from docgen.model.formes import FEMININE

MASCULINE_TITLES = ("président", "vice-président", "directeur", "adjoint", "conseiller", "premier", "1er")
"""A woman may sign as « Madame le Président » : the article then follows the noun."""


@dataclass(frozen=True)
class Dossier:
    """All that is known about the pack of one member."""

    syndicat: Syndicat
    edition: Edition
    membre: Membre
    souscriptions: Mapping[str, Souscription] = field(default_factory=dict)
    """What the member takes, by volet; nothing while it has not chosen."""
    prises: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What `volets` made of it, once."""

    @cached_property
    def representant(self) -> Representant | None:
        """Who signs for the member, once known."""
        return self.membre.representant

    @cached_property
    def referent(self) -> Referent:
        """The member's contact."""
        return self.membre.referent

    @cached_property
    def facturation(self) -> Facturation | None:
        """The Chorus Pro codes of the latest exercice."""
        return self.membre.facturation_en_cours


@dataclass(frozen=True)
class Champ:
    """One field."""

    chemin: str
    """As a template writes it: « membre.siret »; `[]` stands for each item of a list."""
    explication: str
    valeur: Callable[[Any], Any] | None = None
    """From the dossier to the value; None for what stands inside a list: the list's own value holds it."""
    blanc: str = ""
    """What to call it in the list of blanks; empty when the record always has it."""

    @property
    def nom(self) -> str:
        """What it is called in a sentence: « civilité du signataire »."""
        if self.chemin in NOMS:
            return NOMS[self.chemin]
        said = re.split(r"\s*(?: : | \()", self.explication.replace("\u00a0", " "))[0]
        return said[:1].lower() + said[1:] if said[1:2].islower() else said


_FORMS = {
    f"membre.{name}": "forme du membre"
    for name in ("le", "Le", "du", "Du", "au", "Au", "e", "il", "Il", "lui", "celui_ci")
}
_NAMES = {f"membre.{name}_nom": "nom du membre" for name in ("le", "Le", "du", "au")}
NOMS: Mapping[str, str] = {
    **_FORMS,
    **_NAMES,
    "syndicat.nom": "nom du syndicat",
    "syndicat.nom_complet": "nom du syndicat",
    "syndicat.representant.civilite": "civilité du signataire du syndicat",
    "syndicat.representant.nom": "nom du signataire du syndicat",
    "syndicat.representant.e": "civilité du signataire du syndicat",
    "syndicat.representant.titre": "qualité du signataire du syndicat",
    "syndicat.siret": "SIRET du syndicat",
    "membre.siret": "SIRET du membre",
    "membre.nom": "nom du membre",
    "membre.siege.adresse": "adresse du membre",
    "membre.siege.code_postal": "code postal du membre",
    "membre.siege.commune": "commune du siège du membre",
    "syndicat.siege.adresse": "adresse du syndicat",
    "syndicat.siege.code_postal": "code postal du syndicat",
    "syndicat.siege.commune": "commune du siège du syndicat",
    "representant.civilite": "civilité du signataire",
    "representant.nom": "nom du signataire",
    "representant.qualite": "qualité du signataire",
    "representant.titre": "qualité du signataire",
    "representant.e": "civilité du signataire",
    "referent.prenom_nom": "nom du référent",
    "facturation.exercice": "exercice des codes Chorus Pro",
    "edition.deliberation.date": "date de la délibération du syndicat",
    "edition.deliberation.numero": "délibération du syndicat",
}
"""The short names of the fields whose explanation is not one."""


class Accord:
    """The articles and pronouns of a noun: « la commune », « le syndicat », « l’établissement public »."""

    def __init__(self, noun: str, feminine: bool) -> None:
        self.noun, self.feminine, self.elided = noun, feminine, formats.elides(noun)

    @property
    def le(self) -> str:
        """« la commune », « l’établissement public »."""
        return f"l’{self.noun}" if self.elided else f"{'la' if self.feminine else 'le'} {self.noun}"

    @property
    def du(self) -> str:
        """« de la commune », « du syndicat »."""
        return f"de {self.le}" if self.elided or self.feminine else f"du {self.noun}"

    @property
    def au(self) -> str:
        """« à la commune », « au syndicat »."""
        return f"à {self.le}" if self.elided or self.feminine else f"au {self.noun}"


def capital(text: str) -> str:
    """Return the text with its first letter in capital, the rest as it was."""
    return text[:1].upper() + text[1:]


@lru_cache(maxsize=8192)
def curly(text: str) -> str:
    """Return the text with the apostrophe and the spaces of French typography."""
    text = text.replace("'", "’")
    for before, after in (
        ("« ", "«\u00a0"),
        (" »", "\u00a0»"),
        (" ;", "\u00a0;"),
        (" :", "\u00a0:"),
        ("n° ", "n°\u00a0"),
    ):
        text = text.replace(before, after)
    return text


def _noun(d: Dossier) -> Accord:
    return _accord(d.membre.forme.value, d.membre.forme.feminine)


def _name(d: Dossier) -> Accord:
    """The member's own name may be of another gender than its form: « la Régie », of form établissement public."""
    return _accord(d.membre.nom, d.membre.nom.split()[0].casefold() in FEMININE)


@lru_cache(maxsize=256)
def _accord(noun: str, feminine: bool) -> Accord:
    return Accord(curly(noun), feminine)


@lru_cache(maxsize=8192)
def _parts(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def _signatory(person: Representant) -> str:
    return f"{person.prenom} {person.nom}"


def _title(person: Representant) -> str:
    """« Le Maire », « La Présidente », « L’Adjointe » : the article follows the quality as it is written."""
    noun = person.qualite.split()[0].casefold()
    return capital(Accord(curly(person.qualite), person.civilite == "Mme" and noun not in MASCULINE_TITLES).le)


def _civility(person: Representant) -> str:
    return "Monsieur" if person.civilite == "M." else "Madame"


def _curly(text: str | None) -> str | None:
    return curly(text) if text else None


def _of(person: Callable[[Dossier], Any], read: Callable[[Any], Any]) -> Callable[[Dossier], Any]:
    """Return a getter that gives None when there is no such person, act or bill."""

    def get(d: Dossier) -> Any:
        found = person(d)
        return None if found is None else read(found)

    return get


def _rep(read: Callable[[Representant], Any]) -> Callable[[Dossier], Any]:
    return _of(lambda d: d.representant, read)


def _act(read: Callable[[Any], Any]) -> Callable[[Dossier], Any]:
    return _of(lambda d: d.membre.habilitation, read)


def _bill(read: Callable[[Facturation], Any]) -> Callable[[Dossier], Any]:
    return _of(lambda d: d.facturation, read)


def _fact(name: str, read: Callable[[Any], Any]) -> Callable[[Dossier], Any]:
    return _of(lambda d: d.membre.fait(name), read)


CHAMPS: tuple[Champ, ...] = (
    Champ("syndicat.nom", "Nom court du syndicat", lambda d: curly(d.syndicat.nom)),
    Champ("syndicat.nom_complet", "Forme et nom du syndicat", lambda d: f"{capital(d.syndicat.forme)} {curly(d.syndicat.nom)}"),
    Champ("syndicat.siret", "SIRET du syndicat, par groupes", lambda d: formats.siret(d.syndicat.siret)),
    Champ("syndicat.ape", "Code APE du syndicat", lambda d: d.syndicat.ape),
    Champ("syndicat.siege.adresse", "Siège du syndicat : numéro et voie", lambda d: curly(d.syndicat.siege.adresse)),
    Champ("syndicat.siege.code_postal", "Siège du syndicat : code postal", lambda d: d.syndicat.siege.code_postal),
    Champ("syndicat.siege.commune", "Siège du syndicat : commune", lambda d: curly(d.syndicat.siege.commune)),
    Champ("syndicat.adresse_postale", "Adresse du syndicat pour le courrier", lambda d: curly(d.syndicat.adresse_postale)),
    Champ("syndicat.tribunal", "Ville du tribunal administratif", lambda d: _curly(d.syndicat.tribunal), "tribunal administratif"),
    Champ("syndicat.representant.civilite", "Monsieur ou Madame (signataire du syndicat)", lambda d: _civility(d.syndicat.representant)),
    Champ("syndicat.representant.nom", "Prénom et nom du signataire du syndicat", lambda d: curly(_signatory(d.syndicat.representant))),
    Champ("syndicat.representant.qualite", "Qualité du signataire du syndicat", lambda d: curly(d.syndicat.representant.qualite)),
    Champ("syndicat.representant.titre", "Qualité du signataire du syndicat, avec son article", lambda d: _title(d.syndicat.representant)),
    Champ("syndicat.representant.e", "Accord : « habilité » ou « habilitée »",
          lambda d: "e" if d.syndicat.representant.civilite == "Mme" else ""),
    Champ("syndicat.dpo.courriel", "Courriel du délégué à la protection des données", lambda d: d.syndicat.dpo.courriel),
    Champ("edition.nom", "Édition des textes", lambda d: d.edition.edition),
    Champ("edition.deliberation.numero", "Délibération du syndicat qui a voté l'édition",
          lambda d: d.edition.deliberation.numero),
    Champ("edition.deliberation.date", "Date de cette délibération : « 11 avril 2023 »", lambda d: formats.long_date(d.edition.deliberation.date)),
    Champ("membre.nom", "Dénomination du membre", lambda d: curly(d.membre.nom)),
    Champ("membre.le_nom", "Dénomination avec l'article défini", lambda d: _name(d).le),
    Champ("membre.Le_nom", "La même, en début de phrase", lambda d: capital(_name(d).le)),
    Champ("membre.du_nom", "« de la », « du » ou « de l’ » et la dénomination", lambda d: _name(d).du),
    Champ("membre.au_nom", "« à la », « au » ou « à l’ » et la dénomination", lambda d: _name(d).au),
    Champ("membre.le", "La forme du membre avec l'article défini", lambda d: _noun(d).le),
    Champ("membre.Le", "La même, en début de phrase", lambda d: capital(_noun(d).le)),
    Champ("membre.du", "« de la commune », « du syndicat »", lambda d: _noun(d).du),
    Champ("membre.Du", "La même, en début de phrase", lambda d: capital(_noun(d).du)),
    Champ("membre.au", "« à la commune », « au syndicat »", lambda d: _noun(d).au),
    Champ("membre.Au", "La même, en début de phrase", lambda d: capital(_noun(d).au)),
    Champ("membre.e", "Accord : « désigné » ou « désignée »", lambda d: "e" if d.membre.forme.feminine else ""),
    Champ("membre.il", "il ou elle", lambda d: "elle" if d.membre.forme.feminine else "il"),
    Champ("membre.Il", "Il ou Elle", lambda d: "Elle" if d.membre.forme.feminine else "Il"),
    Champ("membre.lui", "lui ou elle, après une préposition", lambda d: "elle" if d.membre.forme.feminine else "lui"),
    Champ("membre.celui_ci", "celui-ci ou celle-ci", lambda d: "celle-ci" if d.membre.forme.feminine else "celui-ci"),
    Champ("membre.siret", "SIRET du membre, par groupes", lambda d: formats.siret(d.membre.siret)),
    Champ("membre.siege.adresse", "Siège du membre : numéro et voie", lambda d: curly(d.membre.siege.adresse)),
    Champ("membre.siege.code_postal", "Siège du membre : code postal", lambda d: d.membre.siege.code_postal),
    Champ("membre.siege.commune", "Siège du membre : commune", lambda d: curly(d.membre.siege.commune)),
    Champ("representant.civilite", "Monsieur ou Madame (signataire du membre)", _rep(_civility), "signataire"),
    Champ("representant.nom", "Prénom et nom du signataire du membre", _rep(lambda p: curly(_signatory(p))), "signataire"),
    Champ("representant.qualite", "Qualité du signataire du membre", _rep(lambda p: curly(p.qualite)), "signataire"),
    Champ("representant.titre", "Qualité du signataire du membre, avec son article", _rep(_title), "signataire"),
    Champ("representant.e", "Accord : « habilité » ou « habilitée »",
          lambda d: "e" if d.representant and d.representant.civilite == "Mme" else ""),
    Champ("representant.habilitation.numero", "Numéro de la délibération du membre", _act(lambda a: a.numero),
          "délibération du membre"),
    Champ("representant.habilitation.date", "Date de la délibération du membre : « 19 juin 2023 »", _act(lambda a: formats.long_date(a.date)),
          "délibération du membre"),
    Champ("referent.prenom_nom", "Prénom et nom du référent",
          lambda d: curly(" ".join(filter(None, (d.referent.prenom, d.referent.nom)))) or None, "référent : nom"),
    Champ("referent.fonction", "Fonction du référent", lambda d: _curly(d.referent.fonction), "référent : fonction"),
    Champ("referent.telephone", "Téléphone du référent", lambda d: d.referent.telephone, "référent : téléphone"),
    Champ("referent.courriel", "Courriel du référent", lambda d: d.referent.courriel, "référent : courriel"),
    Champ("facturation.exercice", "Exercice auquel valent les codes Chorus Pro", _bill(lambda f: str(f.exercice)),
          "exercice des codes Chorus Pro"),
    Champ("facturation.code_service", "Code service Chorus Pro", _bill(lambda f: f.code_service), "code service"),
    Champ("facturation.numero_engagement", "N° d'engagement", _bill(lambda f: f.numero_engagement),
          "n° d'engagement"),
    Champ("membre.population", "Nombre d'habitants du membre", _fact("population", lambda f: formats.number(f.nombre)),
          "population"),
    Champ("membre.population_annee", "Année de ce nombre", _fact("population", lambda f: str(f.annee)), "population"),
    Champ("membre.population_source", "Source de ce nombre", _fact("population", lambda f: curly(f.source)), "population"),
    Champ("membre.agents", "Nombre d'agents du membre", _fact("agents", lambda f: formats.number(f.nombre)), "agents"),
    Champ("membre.agents_annee", "Année de ce nombre", _fact("agents", lambda f: str(f.annee)), "agents"),
    Champ("membre.agents_source", "Source de ce nombre", _fact("agents", lambda f: curly(f.source)), "agents"),
)  # fmt: skip

KNOWN = {champ.chemin: champ for champ in CHAMPS}
OF_VOLETS = (
    "souscription.*", "grille.*", "volet.*", "volets*", "montants.lignes*", "montants.prix", "montants.mensuel",
    "montants.annuel", "montants.unique", "montants.total.annuel",
)  # fmt: skip
"""The fields that each edition has of its own; « * » stands for what only it knows."""
ANYWHERE = (*KNOWN, *OF_VOLETS)
"""What a template may use when it is not known of which edition it is."""


@dataclass(frozen=True)
class Values:
    """What a template is filled with."""

    tree: dict[str, Any]
    """Nested by the parts of the paths."""
    flat: dict[str, Any]
    """By path; lists as they are."""
    blanks: dict[str, str]
    """The paths that print a blank, with what to call them."""


def values(dossier: Any, champs: Iterable[Champ] = CHAMPS) -> Values:
    """Return all fields of the dossier (a `Dossier`, or that of another document with its `champs`), ready to print."""
    tree: dict[str, Any] = {}
    flat: dict[str, Any] = {}
    blanks: dict[str, str] = {}
    for champ in champs:
        if champ.valeur is None:
            continue
        value = champ.valeur(dossier)
        if value is None:
            blanks[champ.chemin] = champ.blanc
            value = Blank(champ.chemin, champ.explication)
        flat[champ.chemin] = value
        *above, last = _parts(champ.chemin)
        branch = tree
        for part in above:
            branch = branch.setdefault(part, {})
        branch[last] = value
    return Values(tree, flat, blanks)
