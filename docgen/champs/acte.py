"""The fields of the templates of an act: the délibération itself and the sheet of its sending to the préfecture.

As in `context`, each with its explanation and where its value comes from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from docgen import formats
from docgen.champs.pack import CHAMPS, MASCULINE_TITLES, Accord, Champ, capital, curly
from docgen.law import prefecture as actes
from docgen.law import seance as assembly
from docgen.model.edition import Edition
from docgen.model.fiches import Syndicat
from docgen.model.seance import Acte, Delegue, Seance, Visa

NBSP = formats.NBSP
NOBODY = "Néant"


@dataclass(frozen=True)
class DossierActe:
    """All that is known about one délibération."""

    syndicat: Syndicat
    seance: Seance
    acte: Acte
    regle: assembly.Regle
    edition: Edition | None
    """The edition that it votes, annexed to it."""
    modifie_le: date | None
    """The date of the délibération that it amends."""
    identifiant: str
    fichiers: Sequence[actes.Fichier] = ()

    @property
    def presence(self) -> assembly.Presence:
        """Who was there for it."""
        return assembly.presence(self.seance, self.acte)

    @property
    def quorum(self) -> assembly.Quorum:
        """Whether they were enough."""
        return assembly.quorum(self.presence, self.regle)

    def delegue(self, name: str) -> Delegue:
        """Return the delegate of that id."""
        return next(d for d in self.seance.delegues if d.id == name)


def _civility(person: Delegue) -> str:
    return "Monsieur" if person.civilite == "M." else "Madame"


def _title(person: Delegue) -> str:
    """« Le Président », « La Présidente »; a woman may be « Président » : the article then follows the noun."""
    noun = person.role.split()[0].casefold()
    return capital(Accord(curly(person.role), person.civilite == "Mme" and noun not in MASCULINE_TITLES).le)


def _listed(person: Delegue) -> str:
    return f"{person.civilite}{NBSP}{person.nom} {person.prenom} ({curly(person.role)})"


def _count(name: str, unit: str) -> Any:
    def get(d: DossierActe) -> str:
        return str(getattr(getattr(d.presence, name), unit))

    return get


def _names(name: str) -> Any:
    def get(d: DossierActe) -> str:
        people = [p for p in d.seance.delegues if assembly.group_of(p, d.acte) == name]
        if name != "representes":
            return ", ".join(_listed(p) for p in people) or NOBODY
        given = []
        for person in people:
            holder = d.delegue(person.pouvoir_a or "")
            given.append(f"{_listed(person)} a donné pouvoir à {holder.civilite}{NBSP}{holder.nom}")
        return ", ".join(given) or NOBODY

    return get


def _hour(d: DossierActe) -> str:
    hours, minutes = d.seance.heure.split(":")
    return f"{int(hours)}{NBSP}heures{NBSP}{minutes}"


def _how(d: DossierActe) -> str:
    place = f"en présentiel ({curly(d.seance.lieu)})"
    if not d.seance.visioconference:
        return place
    return f"{place} et à distance (en visioconférence via le {curly(d.seance.visioconference)})"


def _visa(visa: Visa) -> str:
    if visa.texte:
        return curly(visa.texte)
    assert visa.date
    day = formats.long_date(visa.date)
    return f"la délibération du Comité syndical n°{NBSP}{visa.deliberation} du {day} {curly(visa.objet or '')}"


def _amended(d: DossierActe) -> str | None:
    if d.acte.modifie is None or d.modifie_le is None:
        return None
    return f"délibération n°{NBSP}{d.acte.modifie} du {formats.long_date(d.modifie_le)}"


def _day(name: str) -> Any:
    def get(d: DossierActe) -> str | None:
        day = getattr(d.acte, name)
        return formats.long_date(day) if day else None

    return get


def _enforceable(d: DossierActe) -> bool:
    return d.acte.executoire


def _files(d: DossierActe) -> list[dict[str, str]]:
    return [
        dict(
            role=f.role,
            code=f.code,
            nom=f.nom,
            titre=curly(f.titre),
            taille=f"{formats.number(-(-f.taille // 1000))}{NBSP}Ko",
        )
        for f in d.fichiers
    ]


def _moment(name: str, day: str) -> Any:
    """Return a getter of a moment to the second, as the préfecture prints it; of the day where that is all."""

    def get(d: DossierActe) -> str | None:
        moment = getattr(d.acte, name)
        if moment is not None:
            return f"{moment:%d/%m/%Y} {moment:%H:%M:%S}"
        only = getattr(d.acte, day) if day else None
        return formats.short_date(only) if only else None

    return get


def _matiere(d: DossierActe) -> str:
    return actes.matiere_label(d.acte.matiere)


SEANCE = (
    Champ("seance.date", "Date de la séance, en lettres", lambda d: formats.long_date(d.seance.date)),
    Champ("seance.date_en_lettres", "« deux mille vingt-trois et le onze du mois d’avril »",
          lambda d: formats.date_in_words(d.seance.date)),
    Champ("seance.date_courte", "11.04.2023", lambda d: f"{d.seance.date:%d.%m.%Y}"),
    Champ("seance.heure", "Heure de la séance", _hour),
    Champ("seance.lieu", "Lieu de la séance", lambda d: curly(d.seance.lieu)),
    Champ("seance.modalites", "En présentiel, à distance", _how),
    Champ("seance.convocation", "Date de la convocation", lambda d: formats.long_date(d.seance.convocation)),
    Champ("seance.president.civilite", "Monsieur ou Madame", lambda d: _civility(d.delegue(d.seance.president))),
    Champ("seance.president.nom", "Prénom et nom de qui préside",
          lambda d: f"{d.delegue(d.seance.president).prenom} {d.delegue(d.seance.president).nom}"),
    Champ("seance.president.qualite", "Sa qualité", lambda d: curly(d.delegue(d.seance.president).role)),
    Champ("seance.president.titre", "Sa qualité avec son article", lambda d: _title(d.delegue(d.seance.president))),
    Champ("seance.secretaire.civilite", "Monsieur ou Madame", lambda d: _civility(d.delegue(d.seance.secretaire))),
    Champ("seance.secretaire.nom", "Prénom et nom du secrétaire de séance",
          lambda d: f"{d.delegue(d.seance.secretaire).prenom} {d.delegue(d.seance.secretaire).nom}"),
    Champ("seance.secretaire.titre", "« La Secrétaire de séance »",
          lambda d: f"{'La' if d.delegue(d.seance.secretaire).civilite == 'Mme' else 'Le'} Secrétaire de séance"),
    *(
        champ
        for name, what in (("en_exercice", "en exercice"), ("presents", "présents"),
                           ("representes", "représentés"), ("excuses", "absents excusés"))
        for champ in (
            Champ(f"seance.{name}.membres", f"Nombre de membres {what}",
                  _count(name, "membres")),
            Champ(f"seance.{name}.voix", f"Voix des membres {what}", _count(name, "voix")),
            *([] if name == "en_exercice" else [Champ(f"seance.{name}.noms", f"Les membres {what}", _names(name))]),
        )
    ),
    Champ("seance.quorum.seuil", "Seuil du quorum", lambda d: f"{d.quorum.seuil}{NBSP}{d.quorum.unite}"),
    Champ("seance.quorum.resultat", "Atteint ou Non atteint",
          lambda d: "Atteint" if d.quorum.atteint else "Non atteint"),
)  # fmt: skip

DELIBERATION = (
    Champ("deliberation.numero", "Numéro imprimé", lambda d: d.acte.numero),
    Champ("deliberation.titre", "Titre", lambda d: curly(d.acte.titre)),
    Champ("deliberation.matiere", "Matière : code et intitulé", lambda d: f"{d.acte.matiere} – {_matiere(d)}"),
    Champ("deliberation.visas", "Les visas, sans le mot Vu", lambda d: [dict(texte=_visa(v)) for v in d.acte.visas]),
    Champ("deliberation.visas[].texte", "Un visa"),
    Champ("deliberation.expose", "L’exposé des motifs", lambda d: [dict(texte=curly(t)) for t in d.acte.expose]),
    Champ("deliberation.expose[].texte", "Un paragraphe"),
    Champ("deliberation.dispositif", "Ce qui est décidé",
          lambda d: [dict(verbe=x.verbe, texte=curly(x.texte)) for x in d.acte.dispositif]),
    Champ("deliberation.dispositif[].verbe", "APPROUVE, AUTORISE, CHARGE"),
    Champ("deliberation.dispositif[].texte", "La décision"),
    Champ("deliberation.vote.resultat", "« Adoptée à l’unanimité »", lambda d: assembly.resultat(d.acte)),
    Champ("deliberation.vote.detail", "Le vote en membres et en voix", lambda d: assembly.detail(d.acte, d.presence)),
    Champ("deliberation.annexes", "Les pièces annexées",
          lambda d: [dict(titre=curly(p.titre)) for p in d.edition.pieces] if d.edition else []),
    Champ("deliberation.annexes[].titre", "Titre de la pièce"),
    Champ("deliberation.modifie_une_autre", "Vrai si elle en modifie une autre", lambda d: _amended(d) is not None),
    Champ("deliberation.modifie", "La délibération modifiée", _amended, "délibération modifiée"),
    Champ("deliberation.executoire", "Vrai si elle est transmise et publiée", _enforceable),
    Champ("deliberation.transmise_le", "Date de l’accusé de réception", _day("transmise_le"), "transmission"),
    Champ("deliberation.publiee_le", "Date de publication", _day("publiee_le"), "publication"),
)  # fmt: skip

ENVOI = (
    Champ("acte.identifiant", "Identifiant unique d’ACTES", lambda d: d.identifiant),
    Champ("acte.numero", "Numéro d’acte", lambda d: actes.internal_number(d.acte.numero)),
    Champ("acte.date", "Date de décision", lambda d: formats.short_date(d.seance.date)),
    Champ("acte.nature", "Nature de l’acte", lambda d: actes.NATURE_LABEL),
    Champ("acte.matiere", "Code et intitulé de la matière",
          lambda d: f"{actes.matiere_code(d.acte.matiere)} – {_matiere(d)}"),
    Champ("acte.objet", "Objet", lambda d: actes.plain(d.acte.titre)),
    Champ("acte.fichiers", "Les fichiers envoyés", _files),
    *(Champ(f"acte.fichiers[].{name}", what) for name, what in (
        ("role", "Acte ou Annexe"), ("titre", "Titre"), ("nom", "Nom du fichier"), ("code", "Code de la pièce"),
        ("taille", "Taille"))),
    Champ("acte.recu_le", "Date de l’accusé de réception", _day("transmise_le"), "accusé de réception"),
    Champ("acte.envoyee_le", "Date et heure de l’envoi", _moment("envoyee_le", ""), "envoi"),
    Champ("acte.recue_le", "Date et heure de l’accusé de réception",
          _moment("recue_le", "transmise_le"), "accusé de réception"),
    Champ("acte.emetteur", "Qui transmet", lambda d: None, "qui transmet"),
)  # fmt: skip

LISTE = (
    Champ("liste.deliberations", "Les délibérations de la séance, dans l’ordre", lambda d: _decided(d.seance)),
    Champ("liste.deliberations[].numero", "Numéro"),
    Champ("liste.deliberations[].titre", "Objet"),
    Champ("liste.deliberations[].sens", "« approuvée », « rejetée », « ajournée », « retirée »"),
    Champ("liste.deliberations[].resultat", "« Adoptée à l’unanimité »"),
    Champ("liste.avant_le", "Dernier jour pour l’afficher et la mettre en ligne",
          lambda d: formats.long_date(d.seance.date + timedelta(days=7))),
)  # fmt: skip
"""CGCT L2121-25, since 1 July 2022: the list is put up and on line within a week of the séance."""
OF_ANY_ACT = frozenset(
    ("seance.en_exercice", "seance.presents", "seance.representes", "seance.excuses", "seance.quorum")
)
"""What depends on who was there for one act."""


def _decided(seance: Seance) -> list[dict[str, str]]:
    return [
        dict(
            numero=acte.numero,
            titre=curly(acte.titre),
            sens="approuvée" if acte.adoptee else acte.vote.resultat,
            resultat=assembly.resultat(acte),
        )
        for acte in seance.deliberations
    ]


CHAMPS_ACTE = (*(c for c in CHAMPS if c.chemin.startswith("syndicat.")), *SEANCE, *DELIBERATION, *ENVOI)
KNOWN_ACTE = {champ.chemin: champ for champ in CHAMPS_ACTE}
CHAMPS_LISTE = (
    *(c for c in CHAMPS if c.chemin.startswith("syndicat.")),
    *(c for c in SEANCE if not any(c.chemin.startswith(f"{path}.") for path in OF_ANY_ACT)),
    *LISTE,
)
KNOWN_LISTE = {champ.chemin: champ for champ in CHAMPS_LISTE}
