"""The things that docgen speaks of, frozen and typed: syndicat, membre, souscription, envoi, délibération.

The descriptions are those of the JSON Schema that an editor shows to the clerk, hence in French.
"""

from __future__ import annotations

import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, model_validator

from docgen import formats
from docgen.model.formes import Forme
from docgen.model.values import (
    CommitmentNumber,
    Day,
    Departement,
    Email,
    FolderName,
    Phone,
    Postcode,
    ServiceCode,
    Siret,
    Text,
    Whole,
    YesNo,
    wrong,
)


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
    def echec(self) -> str:
        """Why it puts nothing in force: « rejetée », « ajournée », « retirée »; nothing when it was adopted."""
        return ""

    @property
    def executoire_le(self) -> datetime.date | None:
        """The day from which the act may be carried out: transmitted AND published (CGCT L2131-1, L3131-1)."""
        if self.echec:
            return None
        return max(self.transmise_le, self.publiee_le) if self.transmise_le and self.publiee_le else None

    @model_validator(mode="after")
    def _in_order(self) -> Deliberation:
        for name, step in (("transmise_le", self.transmise_le), ("publiee_le", self.publiee_le)):
            if step and step < self.date:
                raise wrong(
                    "dates-incoherentes",
                    f"{name} ({formats.short_date(step)}) précède la séance ({formats.short_date(self.date)})",
                    "Une délibération est transmise et publiée après son vote : vérifiez les deux dates.",
                )
        return self


class SansEffet(Deliberation):
    """A délibération that puts nothing in force: its séance says that it was not adopted, a later one withdrew it."""

    motif: str

    @property
    def echec(self) -> str:
        """Why it puts nothing in force."""
        return self.motif


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


Exercice = Annotated[Whole, Field(ge=2000, le=2100)]


class Facturation(Frozen):
    """Chorus Pro routing, asked again for every exercice (convention, article 4)."""

    exercice: Exercice = Field(description="Année à laquelle ces codes valent")
    code_service: ServiceCode | None = Field(None, description="Code service Chorus Pro (100 caractères au plus)")
    numero_engagement: CommitmentNumber | None = Field(None, description="N° d'engagement (50 caractères au plus)")


class Declared(BaseModel):
    """What a member says of one volet: the answers are those that the volet asks for, kept as they are written."""

    model_config = ConfigDict(frozen=True, extra="allow")

    volet: Text = Field(description="Le volet")

    @property
    def reponses(self) -> dict[str, Any]:
        """The answers, by the id of the question."""
        return dict(self.model_extra or {})


class Souscription(Declared):
    """What a member takes of a volet, from a day on."""

    depuis: Day | None = Field(None, description="Jour à partir duquel elle est due ; sinon, la signature")
    jusqu_au: Day | None = Field(None, description="Dernier jour, si le membre quitte le volet")

    @model_validator(mode="after")
    def _in_order(self) -> Souscription:
        if self.depuis and self.jusqu_au and self.jusqu_au < self.depuis:
            raise wrong("dates-incoherentes", "jusqu_au précède depuis", "Vérifiez les deux dates.")
        return self


class Consommation(Declared):
    """What a member used of a volet in one year, counted afterwards."""

    exercice: Exercice = Field(description="L'année comptée")
    edition: FolderName | None = Field(None, description="L'édition dont les prix valent, si l'année en a eu deux")


class Fait(Frozen):
    """A number that a price may depend on, with its year and its source."""

    nombre: Annotated[Whole, Field(ge=0, le=100_000_000)] = Field(description="Le nombre")
    annee: Exercice = Field(description="L'année à laquelle il vaut")
    source: Text = Field(description="D'où il vient, par exemple « INSEE population totale »")


class Envoi(Frozen):
    """What was sent to a member, and whether it came back signed."""

    edition: FolderName = Field(description="Édition des textes envoyés")
    document: FolderName | None = Field(
        None, description="Ce qui a été envoyé : une pièce, avenant, avis ou fin ; sinon, le pack entier"
    )
    souscriptions: tuple[Souscription, ...] = Field((), description="Ce que disait ce qui a été envoyé, par volet")
    envoye_le: Day = Field(description="Date d'envoi : année-mois-jour")
    signe_le: Day | None = Field(None, description="Date de la dernière signature, une fois revenu")
    malgre: Text | None = Field(None, description="Pourquoi la signature est admise malgré une date anormale")
    retire_le: Day | None = Field(None, description="Date où cet envoi a été retiré, avant d'être signé")
    motif: Text | None = Field(None, description="Pourquoi il a été retiré")

    @model_validator(mode="after")
    def _in_order(self) -> Envoi:
        if self.signe_le and self.retire_le:
            raise wrong("dates-incoherentes", "signé et retiré à la fois", "Gardez l'une des deux dates.")
        if self.retire_le and self.retire_le < self.envoye_le:
            raise wrong("dates-incoherentes", "retiré avant d'être envoyé", "Vérifiez les deux dates.")
        if self.signe_le and self.signe_le < self.envoye_le and not self.malgre:
            raise wrong("dates-incoherentes", "signé avant d'être envoyé", "Vérifiez les deux dates.")
        return self


def several(value: Any) -> Any:
    """Return a list of what may be written alone."""
    if isinstance(value, str):
        number = value.strip() or "1243"
        hint = f"Écrivez « {{nombre: {number}, annee: 2025, source: INSEE population totale}} »."
        raise wrong("fait-incomplet", f"« {value} » ne dit ni son année ni sa source", hint)
    return [value] if isinstance(value, dict) else value


Faits = Annotated[tuple[Fait, ...], BeforeValidator(several)]
"""One, or one a year."""


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
    population: Faits = Field((), description="Nombre d'habitants, son année et sa source")
    agents: Faits = Field((), description="Nombre d'agents, son année et sa source")
    souscriptions: tuple[Souscription, ...] = Field((), description="Ce qu'il prend, volet par volet et dans le temps")
    consommations: tuple[Consommation, ...] = Field((), description="Ce qu'il a consommé, par exercice")
    envois: tuple[Envoi, ...] = Field((), description="Ce qui lui a été envoyé, dans l'ordre")
    parti_le: Day | None = Field(None, description="Dernier jour de service, si le membre a quitté le bouquet")
    succede_a: tuple[FolderName, ...] = Field((), description="Les membres qu'il remplace : commune nouvelle, fusion")
    succede_le: Day | None = Field(None, description="Le jour où il les remplace")
    _predecesseurs: tuple[Membre, ...] = PrivateAttr(())
    _repris: bool = PrivateAttr(False)

    @model_validator(mode="after")
    def _succeeds_on_a_day(self) -> Membre:
        if bool(self.succede_a) != bool(self.succede_le):
            raise wrong(
                "succession-incomplete",
                "« succede_a » et « succede_le » vont ensemble : qui est remplacé, et quel jour",
                "Écrivez « succede_a: [commune-a, commune-b] » et « succede_le: 2025-01-01 ».",
            )
        return self

    @property
    def predecesseurs(self) -> tuple[Membre, ...]:
        """The records of those that it succeeds: their contracts go on with it (CGCT L2113-5, L5211-41-3)."""
        return self._predecesseurs

    def succeeding(self, former: tuple[Membre, ...]) -> Membre:
        """Return the member with the records of those that it succeeds."""
        found = self.model_copy()
        found._predecesseurs = former
        return found

    @property
    def repris(self) -> bool:
        """Whether another member goes on with its contracts after its last day."""
        return self._repris

    def ending(self, day: datetime.date) -> Membre:
        """Return the member as it ends that day, its contracts going on with another."""
        found = self.model_copy(update={"parti_le": self.parti_le or day})
        found._repris = True
        return found

    @property
    def tenus(self) -> tuple[Envoi, ...]:
        """What was sent to it and not taken back."""
        return tuple(sent for sent in self.envois if sent.retire_le is None)

    @property
    def histoire(self) -> tuple[Envoi, ...]:
        """What was sent and not taken back, to those that it succeeds, then to it."""
        return (*(sent for former in self._predecesseurs for sent in former.histoire), *self.tenus)

    @property
    def habilitation(self) -> Deliberation | None:
        """The member's own délibération, once known."""
        return self.representant.habilitation if self.representant else None

    def fait(self, name: str, year: int = 9999) -> Fait | None:
        """Return the population or the agents known for that year: the latest not after it, else the first."""
        known: Faits = getattr(self, name)
        return max((f for f in known if f.annee <= year), key=lambda f: f.annee, default=None) or min(
            known, key=lambda f: f.annee, default=None
        )

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
    noms: Literal["actes", "titres"] = Field(
        "actes", description="Noms des fichiers à transmettre : comme ACTES les veut, ou leurs titres"
    )
    departement: Departement | None = None
    """Three characters, as ACTES numbers départements: 082, 02A, 974."""
    tribunal: Text | None = Field(
        None, description="Ville du tribunal administratif où se contestent les délibérations"
    )
    fictif: YesNo = Field(
        False, description="oui : dossier de démonstration, aux fiches inventées ; rien n'en est envoyé"
    )
    repris: tuple[Text, ...] = Field(
        (), description="Mots des textes de l'exemple que vous gardez : ils sont les vôtres"
    )
    assemblee: Assemblee | None = None
    signature: Plateforme = Plateforme.AUCUN
    """The platform that packs are signed on: its anchors are written in the packs."""
