"""A meeting of the assembly and its délibérations, frozen and typed: seances/<date>.yaml."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from docgen.model.fiches import Frozen
from docgen.model.values import Day, FolderName, Hour, LongText, Matiere, Moment, Text, Whole, wrong


class Delegue(Frozen):
    """A member of the assembly at one séance."""

    id: FolderName
    civilite: Literal["M.", "Mme"]
    prenom: Text
    nom: Text
    role: Text
    presence: Literal["présent", "présente", "à distance", "excusé", "excusée", "absent", "absente"] = "présent"
    pouvoir_a: FolderName | None = None
    """Who votes in their name: they are then represented."""
    voix: Whole | None = None


class Groupe(Frozen):
    """Heads and voices."""

    membres: Whole
    voix: Whole


class VoixParGroupe(Frozen):
    """The voices of each group, where the act does not print those of each delegate."""

    presents: Whole
    representes: Whole
    excuses: Whole


class Vote(Frozen):
    """How the assembly decided; « à l'unanimité » says that all who could vote voted for.

    « ajournée » and « retirée » : it was put off or taken off the agenda, and nobody voted.
    """

    resultat: Literal["à l'unanimité", "à la majorité", "rejetée", "ajournée", "retirée"]
    pour: Groupe | None = None
    contre: Groupe | None = None
    abstention: Groupe | None = None
    ne_prend_pas_part: Groupe | None = None


class Visa(Frozen):
    """What the act rests on: a text, or an earlier délibération."""

    texte: LongText | None = None
    deliberation: Text | None = None
    """Its number."""
    date: Day | None = None
    objet: LongText | None = None

    @model_validator(mode="after")
    def _says_what(self) -> Visa:
        if (self.texte is None) == (self.deliberation is None):
            raise wrong(
                "visa", "un visa cite un texte ou une délibération", "Écrivez « texte: … » ou « deliberation: … »."
            )
        if self.deliberation and not (self.date and self.objet):
            raise wrong(
                "visa", "il manque la date ou l'objet de la délibération visée", "Ajoutez « date » et « objet »."
            )
        return self


class Decision(Frozen):
    """One item of the dispositif."""

    verbe: Annotated[str, Field(pattern=r"^[A-ZÉÈÀ' ]+$")]
    texte: LongText


class Courrier(Frozen):
    """What the préfecture wrote about an act."""

    nature: Literal[
        "anomalie",
        "lettre d'observations",
        "déféré",
        "demande de pièces complémentaires",
        "courrier simple",
    ]
    date: Day
    objet: LongText | None = None
    """What it says: the anomaly, the reason, the pieces that it asks for."""


class Acte(Frozen):
    """A délibération as it is written; its séance gives it its date."""

    numero: Text
    signee_le: Day | None = None
    """The day of the last signature of its president and its secretary."""
    malgre: Text | None = None
    """Why that signature is admitted though its day or its certificate is doubtful."""
    envoyee_le: Moment | None = None
    """When it was sent to the préfecture."""
    recue_le: Moment | None = None
    """When the préfecture received it."""
    transmise_le: Day | None = None
    """The day of the acknowledgement."""
    annulee_le: Day | None = None
    """When its transmission was cancelled: the acknowledgement is worth nothing any more."""
    publiee_le: Day | None = None
    courriers: tuple[Courrier, ...] = ()
    """What the préfecture wrote about it."""
    titre: LongText
    modifie: Text | None = None
    """The number of the délibération that it amends."""
    retire: Text | None = None
    """The number of the délibération that it withdraws: it puts nothing in force any more."""
    matiere: Matiere
    """Code of the ministry's classification: 8.4."""
    edition: FolderName | None = None
    """The edition whose texts it votes."""
    visas: tuple[Visa, ...] = ()
    expose: tuple[LongText, ...] = ()
    dispositif: Annotated[tuple[Decision, ...], Field(min_length=1)]
    vote: Vote
    sortis: tuple[FolderName, ...] = ()
    """Who left the room for this one."""
    voix: VoixParGroupe | None = None
    """The voices of each group for this one, when `sortis` changes them."""

    @property
    def executoire(self) -> bool:
        """Whether it is transmitted and published (CGCT L2131-1)."""
        return self.transmise_le is not None and self.publiee_le is not None and self.annulee_le is None

    @property
    def adoptee(self) -> bool:
        """Whether the assembly voted for it."""
        return self.vote.resultat.startswith("à ")


class Seance(Frozen):
    """A meeting of the assembly and what it decided: seances/<date>.yaml."""

    date: Day
    heure: Hour
    lieu: Text
    visioconference: Text | None = None
    convocation: Day
    president: FolderName
    secretaire: FolderName
    en_exercice: Groupe | None = None
    voix: VoixParGroupe | None = None
    delegues: Annotated[tuple[Delegue, ...], Field(min_length=1)]
    deliberations: tuple[Acte, ...] = ()


class ActeAnterieur(Frozen):
    """An earlier délibération of the authority, of which docgen holds no séance."""

    numero: Text
    date: Day
    objet: LongText
    transmise_le: Day | None = None
    publiee_le: Day | None = None


class Registre(Frozen):
    """actes.yaml: the délibérations from before the séances that the workspace holds."""

    actes: tuple[ActeAnterieur, ...] = ()
