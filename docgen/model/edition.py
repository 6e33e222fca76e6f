"""What an edition says: its pieces, the volets of its bundle, what each asks of a member, what each costs.

The descriptions are those of the JSON Schema that an editor shows, hence in French.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from docgen.model.fiches import Deliberation, Frozen
from docgen.model.formes import Forme
from docgen.model.values import Amounts, FolderName, Number, Text, Whole, YesNo, wrong

Nom = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
"""The name of what templates print: a field is made of it."""
FAITS = {"population": "habitants", "agents": "agents"}
"""What a member's record says of it and a price may depend on, with its unit."""
COUNTED = re.compile(r"nombre (?:de |d['’])", re.I)
"""What a question begins with whose unit follows: « Nombre d'utilisateurs »."""


class Choix(Frozen):
    """A question that a member answers when it subscribes."""

    id: Nom = Field(description="Le nom de la réponse, dans les fiches et dans les modèles")
    libelle: Text = Field(description="La question, telle qu'elle s'imprime")
    type: Literal["nombre", "parmi", "oui_non"] = Field(description="nombre, parmi (une des valeurs) ou oui_non")
    minimum: Whole | None = Field(None, description="Le plus petit nombre admis")
    maximum: Whole | None = Field(None, description="Le plus grand nombre admis")
    valeurs: tuple[Text, ...] = Field((), description="Les réponses admises, pour parmi")
    unite: Text | None = Field(None, description="Ce qui se compte, si la question ne le dit pas : utilisateurs")

    @property
    def compte(self) -> str:
        """What is counted: « utilisateurs »."""
        return self.unite or COUNTED.sub("", self.libelle[:1].lower() + self.libelle[1:])


class Tranches(Frozen):
    """A scale of brackets, that lignes may share."""

    id: Nom = Field(description="Le nom de l'échelle : les lignes la désignent, les modèles l'impriment")
    de: Nom = Field(description="Ce qui décide de la tranche : un choix du volet, population ou agents")
    jusqu_a: tuple[Whole, ...] = Field((), description="La borne de chaque tranche, qui en fait partie")
    moins_de: tuple[Whole, ...] = Field((), description="La borne de chaque tranche, qui n'en fait pas partie")
    au_dela: YesNo = Field(False, description="oui : une dernière tranche, sans limite")

    @cached_property
    def bornes(self) -> tuple[int, ...]:
        """The greatest quantity of each bracket that has a limit."""
        return self.jusqu_a or tuple(bound - 1 for bound in self.moins_de)

    @property
    def nombre(self) -> int:
        """How many brackets there are."""
        return len(self.bornes) + self.au_dela

    def rang(self, quantite: int) -> int | None:
        """Return the bracket (from 1) of a quantity; None beyond the last."""
        found = next((n for n, bound in enumerate(self.bornes, 1) if quantite <= bound), None)
        return found or (self.nombre if self.au_dela else None)


def conditions(value: Any) -> Any:
    """Return conditions as pairs, the name of a choix and the answers admitted; one that is written alone is a list."""
    if not isinstance(value, dict):
        raise wrong("champs-attendus", "« si » doit contenir des choix et leurs valeurs", "Écrivez « si: {gfu: oui} ».")
    found = []
    for name, admitted in value.items():
        listed = admitted if isinstance(admitted, list) else [admitted]
        if not listed or not all(isinstance(one, str) for one in listed):
            said = f"la condition sur « {name} » n'est ni une valeur ni une liste de valeurs"
            raise wrong(
                "condition-invalide", said, f"Écrivez « si: {{{name}: oui}} » ou « si: {{{name}: [1 To, 2 To]}} »."
            )
        found.append((str(name), tuple(listed)))
    return tuple(found)


Conditions = Annotated[tuple[tuple[str, tuple[str, ...]], ...], BeforeValidator(conditions)]
Arrondi = Literal["ht", "ttc"]
Prorata = Literal["jour", "mois_commence", "mois_entier", "annee_commencee"]


class LigneTarif(Frozen):
    """One row of the prices, as it was voted."""

    bloc: Nom = Field(description="Le tableau du modèle où la ligne s'imprime : grille.<bloc>")
    libelle: Text = Field(description="L'intitulé de la ligne dans la grille")
    service: Text | None = Field(None, description="Son nom hors de la grille, si l'intitulé ne suffit pas")
    si: Conditions = Field((), description="Les réponses qui font payer cette ligne ; toutes doivent convenir")
    modele: Literal["unitaire", "forfait", "volume", "progressif", "lot"] = Field(
        description="unitaire, forfait, volume, progressif ou lot"
    )
    par: Nom | None = Field(None, description="Ce qui se multiplie : un choix du volet, population ou agents")
    periode: Literal["mois", "an", "fois"] = Field(description="mois, an ou fois")
    mesure: Literal["souscrit", "consomme"] = Field(
        "souscrit", description="consomme : compté après coup, par exercice"
    )
    tranches: Nom | None = Field(None, description="L'échelle qui donne un prix par tranche")
    taille: Annotated[Whole, Field(ge=1)] | None = Field(None, description="Unités d'un lot ; tout lot commencé est dû")
    ht: Number | None = Field(None, description="Prix de base HT, dont la grille se déduit")
    degression: Number | None = Field(None, description="Ce que chaque tranche ôte au prix de base, en %")
    tva: Number | None = Field(None, description="Taux de TVA de la ligne, s'il n'est pas celui du tarif")
    arrondis: tuple[Arrondi, ...] = Field(("ht", "ttc"), description="Où le prix s'arrondit au centime : ht, ttc")
    votee: Amounts = Field(description="Les prix votés, un par tranche, une espace entre deux")
    gratuits: Whole | None = Field(None, description="Les premières unités, qui ne coûtent rien")
    minimum: Number | None = Field(None, description="Le moins que coûte la ligne, par période")
    plafond: Number | None = Field(None, description="Le plus que coûte la ligne, par période")
    prorata: Prorata | None = Field(None, description="Comment une année incomplète se compte, pour cette ligne")

    @property
    def intitule(self) -> str:
        """What the row is called outside the grid."""
        return self.service or self.libelle


class Tarif(Frozen):
    """What a volet costs: the rule and the prices that were voted by it."""

    prix_en: Literal["TTC", "HT"] = Field("TTC", description="Ce que disent les prix votés : TTC ou HT")
    tva: Number = Field(description="Taux de TVA, en % ; 0 quand il n'y en a pas")
    tranches: tuple[Tranches, ...] = Field((), description="Les échelles de tranches")
    lignes: Annotated[tuple[LigneTarif, ...], Field(min_length=1, description="Les lignes, comme elles sont votées")]
    gratuits: Whole | None = Field(None, description="Unités gratuites de chaque ligne qui n'en dit rien")
    minimum: Number | None = Field(None, description="Le moins que coûte le volet, par an")
    plafond: Number | None = Field(None, description="Le plus que coûte le volet, par an")
    prorata: Prorata = Field("mois_commence", description="jour, mois_commence, mois_entier ou annee_commencee")

    def echelle(self, ligne: LigneTarif) -> Tranches | None:
        """Return the scale of a row."""
        return next((scale for scale in self.tranches if scale.id == ligne.tranches), None)


class Volet(Frozen):
    """A part of the bundle that a member may take."""

    id: Nom = Field(description="Le nom du volet, dans les fiches et dans les modèles")
    titre: Text = Field(description="Le titre du volet, tel qu'il s'imprime")
    propose_a: tuple[Forme, ...] = Field((), description="Les formes de membres à qui il est proposé ; toutes sinon")
    choix: tuple[Choix, ...] = Field((), description="Ce qu'un membre répond quand il souscrit")
    tarif: Tarif | None = Field(None, description="Ce que coûte le volet ; absent s'il est gratuit")
    changement: Literal["signature", "avenant", "libre"] = Field(
        "signature", description="Ce que demande une nouvelle souscription du même volet"
    )

    def offered_to(self, forme: Forme) -> bool:
        """Tell whether members of that form may take it."""
        return not self.propose_a or forme in self.propose_a

    def unite(self, name: str) -> str:
        """Return what is counted by a choix or a fact: « utilisateurs », « habitants »."""
        return FAITS.get(name) or next((choix.compte for choix in self.choix if choix.id == name), name)


Modification = Literal["avenant", "signature", "avis"]


class PieceModele(Frozen):
    """One document of the pack and the Word file that it is made from."""

    id: FolderName
    titre: Text
    fichier: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\.docx$")]
    volet: Nom | None = Field(None, description="Faite pour qui prend ce volet, ou n'a pas encore choisi")
    signataires: tuple[Literal["syndicat", "membre"], ...] = Field((), description="Qui la signe")
    modification: Modification = Field("avenant", description="Ce que demande un nouveau texte à qui l'a signée")
    articles: YesNo = Field(False, description="oui : l'avenant dit article par article ce qui change")
    revision_des_prix: Modification | None = Field(None, description="Ce que demandent de nouveaux prix, seuls")

    @property
    def pour_les_prix(self) -> Modification:
        """What a change of its prices alone asks."""
        return self.revision_des_prix or self.modification


class Suite(Frozen):
    """A document that goes to who has signed already; its Word file is in templates/, of that name."""

    titre: Text = Field(description="Le titre du document, tel que le PDF le porte")


class Suites(Frozen):
    """The documents that belong to no edition, with the titles that this one gives them."""

    avenant: Suite | None = Field(None, description="L'avenant : ce qui change dans ce qui est signé")
    avis: Suite | None = Field(None, description="L'avis de nouveaux prix, ou d'un nouveau texte sans signature")
    fin: Suite | None = Field(None, description="L'avis de fin d'un volet")
    accompagnement: Suite | None = Field(None, description="La page qui accompagne l'annexe d'un nouveau volet")


SUITES = {
    "avenant": "Avenant", "avis": "Avis de révision des tarifs", "fin": "Avis de fin de souscription",
    "accompagnement": "Lettre d'accompagnement",
}  # fmt: skip
"""What these documents are called when an edition does not say."""


class Edition(Frozen):
    """The texts and the prices that one délibération voted: templates/<edition>/edition.yaml."""

    edition: FolderName
    titre: Text
    """Title of the whole pack."""
    deliberation: Deliberation
    pieces: Annotated[tuple[PieceModele, ...], Field(min_length=1)]
    volets: tuple[Volet, ...] = Field((), description="Les volets du bouquet")
    suites: Suites = Field(default_factory=Suites, description="Les titres de l'avenant et des avis")

    def __hash__(self) -> int:
        """Its name is enough to tell it from the others; to go through all its prices each time costs."""
        return hash(self.edition)

    def volet(self, name: str) -> Volet | None:
        """Return the volet of that name."""
        return next((volet for volet in self.volets if volet.id == name), None)

    def suite(self, name: str) -> str:
        """Return the title of a document that goes to who has signed."""
        said: Suite | None = getattr(self.suites, name)
        return said.titre if said else SUITES[name]
