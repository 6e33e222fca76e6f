"""The things that docgen speaks of, frozen and typed: syndicat, membre, souscription, délibération, édition.

The descriptions are those of the JSON Schema that an editor shows to the clerk, hence in French.
"""

from __future__ import annotations

import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from docgen.model.values import (
    Amounts,
    CommitmentNumber,
    Day,
    Email,
    FolderName,
    Number,
    Phone,
    Postcode,
    ServiceCode,
    Siret,
    Terabytes,
    Text,
    Whole,
    YesNo,
    wrong,
)


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

    @property
    def feminine(self) -> bool:
        """Whether the noun is feminine."""
        return self.value.startswith(("commun", "métropole"))


class Frozen(BaseModel):
    """Never changed once made; a field that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Siege(Frozen):
    """A seat."""

    adresse: Text = Field(description="Numéro et voie, par exemple « 1 place de la Mairie »")
    code_postal: Postcode = Field(description="Cinq chiffres")
    commune: Text = Field(description="Commune du siège")


class Deliberation(Frozen):
    """What an assembly decided, and how far it is from being enforceable."""

    numero: Text = Field(description="Numéro de la délibération, tel qu'il est imprimé")
    date: Day = Field(description="Date de la séance : année-mois-jour")
    transmise_le: Day | None = Field(None, description="Date de l'accusé de réception de la préfecture")
    publiee_le: Day | None = Field(None, description="Date de publication (affichage ou mise en ligne)")

    @property
    def executoire_le(self) -> datetime.date | None:
        """The day from which the act may be carried out: transmitted AND published (CGCT L2131-1, L3131-1)."""
        return max(self.transmise_le, self.publiee_le) if self.transmise_le and self.publiee_le else None

    @model_validator(mode="after")
    def _in_order(self) -> Deliberation:
        for name, step in (("transmise_le", self.transmise_le), ("publiee_le", self.publiee_le)):
            if step and step < self.date:
                raise wrong(
                    "dates-incoherentes",
                    f"{name} ({step.isoformat()}) précède la séance ({self.date.isoformat()})",
                    "Une délibération est transmise et publiée après son vote : vérifiez les deux dates.",
                )
        return self


class Representant(Frozen):
    """Who signs."""

    civilite: Literal["M.", "Mme"] = Field(description="M. ou Mme : commande les accords")
    prenom: Text = Field(description="Prénom du signataire")
    nom: Text = Field(description="Nom du signataire, tel qu'il doit être imprimé")
    qualite: Text = Field(description="Qualité, accordée : Maire, Présidente, Président…")
    courriel: Email | None = Field(None, description="Adresse où une plateforme lui demande de signer")
    habilitation: Deliberation | None = Field(None, description="La délibération du membre qui autorise la signature")


class Referent(Frozen):
    """The member's contact (convention, article 3.1). What is not known yet is left out."""

    prenom: Text | None = Field(None, description="Prénom du référent")
    nom: Text | None = Field(None, description="Nom du référent")
    fonction: Text | None = Field(None, description="Fonction, par exemple « Secrétaire générale »")
    telephone: Phone | None = Field(None, description="Ligne directe professionnelle")
    courriel: Email | None = Field(None, description="Adresse professionnelle, de préférence générique")


class Facturation(Frozen):
    """Chorus Pro routing, asked again for every exercice (convention, article 4)."""

    exercice: Annotated[Whole, Field(ge=2000, le=2100)] = Field(description="Année à laquelle ces codes valent")
    code_service: ServiceCode | None = Field(None, description="Code service Chorus Pro (100 caractères au plus)")
    numero_engagement: CommitmentNumber | None = Field(None, description="N° d'engagement (50 caractères au plus)")


class Souscription(Frozen):
    """What the member takes."""

    utilisateurs: Annotated[Whole, Field(ge=1, le=100_000)] = Field(description="Nombre d'utilisateurs")
    stockage: Annotated[Terabytes, Field(ge=0, le=1000)] = Field(description="Stockage en To : 3, ou aucun")
    gfu: YesNo = Field(description="Adhésion au groupement fermé d'utilisateurs : oui ou non")

    @model_validator(mode="after")
    def _takes_something(self) -> Souscription:
        if not self.stockage and not self.gfu:
            raise wrong(
                "souscription-vide",
                "la souscription ne prend ni stockage ni GFU",
                "Si le membre n'a pas encore choisi, supprimez la souscription : l'annexe 2 aura des blancs.",
            )
        return self


class Envoi(Frozen):
    """What was sent to a member, and whether it came back signed."""

    edition: FolderName = Field(description="Édition des textes envoyés")
    document: Literal["convention", "avenant", "charte", "avis"] = Field(
        "convention", description="Ce qui a été envoyé : convention, avenant, charte ou avis"
    )
    envoye_le: Day = Field(description="Date d'envoi : année-mois-jour")
    signe_le: Day | None = Field(None, description="Date de la dernière signature, une fois revenu")

    @model_validator(mode="after")
    def _in_order(self) -> Envoi:
        if self.signe_le and self.signe_le < self.envoye_le:
            raise wrong("dates-incoherentes", "signé avant d'être envoyé", "Vérifiez les deux dates.")
        return self


class Membre(Frozen):
    """A local authority that may subscribe."""

    id: FolderName = Field(description="Identifiant : minuscules, chiffres et tirets ; il nomme le dossier")
    nom: Text = Field(description="Dénomination officielle, par exemple « Commune de Montrivière »")
    forme: Forme = Field(description="Forme juridique : elle commande les accords")
    siret: Siret = Field(description="SIRET, 14 chiffres (les espaces sont admises)")
    siege: Siege
    representant: Representant | None = Field(None, description="Qui signe pour le membre")
    referent: Referent = Field(default_factory=Referent, description="Référent (article 3.1)")
    facturation: tuple[Facturation, ...] = Field((), description="Codes Chorus Pro, un bloc par exercice")
    souscription: Souscription | None = Field(None, description="Absente tant que le membre n'a pas choisi")
    envois: tuple[Envoi, ...] = Field((), description="Ce qui lui a été envoyé, dans l'ordre")
    parti_le: Day | None = Field(None, description="Date de fin, si le membre a quitté le bouquet")

    @property
    def habilitation(self) -> Deliberation | None:
        """The member's own délibération, once known."""
        return self.representant.habilitation if self.representant else None

    @property
    def facturation_en_cours(self) -> Facturation | None:
        """The codes of the latest exercice that the record knows."""
        return max(self.facturation, key=lambda f: f.exercice, default=None)


class Membres(Frozen):
    """members.yaml."""

    membres: Annotated[tuple[Membre, ...], Field(min_length=1)]


class Assemblee(Frozen):
    """The rules of the assembly: its statutes decide, a preset fills in what they leave out."""

    regime: Literal["ferme", "ouvert"]
    """Syndicat mixte fermé (CGCT L5711-1: the rules of municipal councils) or ouvert (L5721-1: its statutes)."""
    article: Text
    """The article of the statutes that the rules come from."""
    quorum_en: Literal["membres", "voix"] | None = None
    pouvoirs_comptent: YesNo | None = None
    """Whether a pouvoir counts for the quorum (CGCT L2121-17: never, in a syndicat fermé)."""
    pouvoirs_par_titulaire: Whole | None = None
    jours_francs: Whole | None = None
    """Clear days between the convocation and the séance."""


class Contact(Frozen):
    """Where a person writes about their personal data."""

    courriel: Email


class Plateforme(StrEnum):
    """A signing platform that looks for words in the pages; « aucun » reads fields or places, as most do."""

    IPARAPHEUR = "iparapheur"
    YOUSIGN = "yousign"
    DOCUSIGN = "docusign"
    AUCUN = "aucun"


class Syndicat(Frozen):
    """The issuing authority: syndicat.yaml."""

    nom: Text = Field(description="Nom court, par exemple « Tarn-et-Garonne Aménagement »")
    forme: Literal["syndicat mixte", "syndicat", "département", "commune"] = "syndicat mixte"
    siret: Siret
    ape: Annotated[str, Field(pattern=r"^\d{4}[A-Z]$")]
    siege: Siege
    adresse_postale: Text = Field(description="Adresse complète pour le courrier, CEDEX compris")
    representant: Representant
    dpo: Contact = Field(description="Délégué à la protection des données")
    departement: Annotated[str, Field(pattern=r"^(0\d\d|02[AB]|97\d)$")] | None = None
    """Three characters, as ACTES numbers départements: 082, 02A, 974."""
    assemblee: Assemblee | None = None
    signature: Plateforme = Plateforme.AUCUN
    """The platform that packs are signed on: its anchors are written in the packs."""


class LigneTarif(Frozen):
    """One row of the price grid, as it was voted."""

    bloc: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    libelle: Text
    souscription: Text
    """What makes a member pay it: « gfu », or a storage « 3 To »."""
    ht: Number
    """Base price, euros HT per user and month, category 1."""
    degressif: YesNo = True
    votee: Amounts
    """The voted cells, euros per user and month, category 1 first."""
    service: Text | None = None
    """What the row is called where the member's own amounts are listed, when its label says too little."""

    @property
    def intitule(self) -> str:
        """What the row is called outside the grid."""
        return self.service or (
            f"Stockage et sauvegarde – {self.libelle}" if self.souscription != "gfu" else self.libelle
        )


class Tarif(Frozen):
    """The rule of the grid and the grid that was voted by it."""

    prix_en: Literal["TTC", "HT"] = "TTC"
    """Whether the voted cells hold the taxes."""
    tva: Number
    """VAT, percent; 0 when the voted cells are HT."""
    pas: Number
    """What each category takes off the HT base price, percent."""
    categories: Annotated[Whole, Field(ge=1, le=50)]
    utilisateurs_par_categorie: Annotated[Whole, Field(ge=1)]
    lignes: Annotated[tuple[LigneTarif, ...], Field(min_length=1)]


class PieceModele(Frozen):
    """One document of the pack and the Word file that it is made from."""

    id: FolderName
    titre: Text
    fichier: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\.docx$")]
    signataires: tuple[Literal["syndicat", "membre"], ...] = ()
    """Who signs it: its template has a bookmark for each."""


class Edition(Frozen):
    """The texts and the prices that one délibération voted: templates/<edition>/edition.yaml."""

    edition: FolderName
    titre: Text
    """Title of the whole pack."""
    deliberation: Deliberation
    pieces: Annotated[tuple[PieceModele, ...], Field(min_length=1)]
    tarif: Tarif
