"""Quorum, voix, pouvoirs, majority: pure arithmetic that shows its sums, on what the séance's record says.

Sources: CGCT L2121-10 (convocation), L2121-17 (quorum), L2121-20 (pouvoirs, majority) for municipal councils and, by
L5211-1 and L5711-1, for a syndicat fermé; for a syndicat ouvert (L5721-1) the statutes decide: their rules stand in
syndicat.yaml with the article that they come from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from docgen import formats
from docgen.diagnostics import closest
from docgen.model.fiches import Assemblee
from docgen.model.seance import Acte, Delegue, Groupe, Seance, VoixParGroupe

PRESETS = {
    "ferme": {"quorum_en": "membres", "pouvoirs_comptent": False, "pouvoirs_par_titulaire": 1, "jours_francs": 5},
    "ouvert": {"quorum_en": "voix", "pouvoirs_comptent": False, "pouvoirs_par_titulaire": 1, "jours_francs": 5},
}
"""What applies where the statutes are silent."""
PRESENT = ("présent", "à distance")
NOT_VOTED = ("ajournée", "retirée")
NO_VOICES = "Effacez les voix, ou dites ce que l'assemblée a décidé."


@dataclass(frozen=True)
class Regle:
    """The rules of the assembly, none left out."""

    quorum_en: str
    pouvoirs_comptent: bool
    pouvoirs_par_titulaire: int
    jours_francs: int
    source: str
    """« article 9 des statuts »."""


@dataclass(frozen=True)
class Presence:
    """Who was there for one délibération, in heads and in voix."""

    presents: Groupe
    representes: Groupe
    excuses: Groupe

    @property
    def en_exercice(self) -> Groupe:
        """All of them."""
        return plus(self.presents, self.representes, self.excuses)

    @property
    def votants(self) -> Groupe:
        """Those whose voice counts: present, or represented by one who is."""
        return plus(self.presents, self.representes)

    @property
    def sommes(self) -> str:
        """The sums, shown: « 12 + 3 + 5 = 20 membres, 379 + 157 + 119 = 655 voix »."""
        groups = (self.presents, self.representes, self.excuses)
        heads = " + ".join(str(g.membres) for g in groups)
        voices = " + ".join(str(g.voix) for g in groups)
        return f"{heads} = {self.en_exercice.membres} membres, {voices} = {self.en_exercice.voix} voix"


@dataclass(frozen=True)
class Quorum:
    """Whether enough of the assembly was there."""

    seuil: int
    compte: int
    unite: str
    """« voix » or « membres »."""

    @property
    def atteint(self) -> bool:
        """Whether the count reaches the threshold."""
        return self.compte >= self.seuil


@dataclass(frozen=True)
class Fault:
    """Something that does not hold in a séance: where in its record, what, how to mend it."""

    path: tuple[str | int, ...]
    code: str
    message: str
    hint: str = ""


def rule(assemblee: Assemblee) -> Regle:
    """Return the rules that apply: those of the statutes, completed by the preset of the regime."""
    said = assemblee.model_dump(include=set(PRESETS["ferme"]), exclude_none=True)
    return Regle(**{**PRESETS[assemblee.regime], **said}, source=assemblee.article)


def plus(*groups: Groupe) -> Groupe:
    """Return the sum of groups."""
    return Groupe.model_construct(membres=sum(g.membres for g in groups), voix=sum(g.voix for g in groups))


def group_of(delegue: Delegue, acte: Acte | None = None) -> str:
    """Return the group that a delegate is counted in: « presents », « representes » or « excuses ».

    Who votes for another and leaves takes that voice out with them.
    """
    if acte and {delegue.id, delegue.pouvoir_a} & set(acte.sortis):
        return "excuses"
    if delegue.pouvoir_a:
        return "representes"
    return "presents" if delegue.presence.startswith(PRESENT) else "excuses"


def presence(seance: Seance, acte: Acte | None = None) -> Presence:
    """Return who was there, for the whole séance or for one délibération that some delegates left.

    The voices are those of the delegates where each is known, else those that the act prints by group.
    """
    printed = (acte.voix if acte else None) or seance.voix
    found = {}
    for name in ("presents", "representes", "excuses"):
        members = [d for d in seance.delegues if group_of(d, acte) == name]
        known = all(d.voix is not None for d in seance.delegues)
        voices = sum(d.voix or 0 for d in members) if known else getattr(printed, name, 0)
        found[name] = Groupe.model_construct(membres=len(members), voix=voices)
    return Presence(**found)


def voices_known(seance: Seance, acte: Acte | None = None) -> bool:
    """Tell whether the voices of each group are known: those that the séance prints change when somebody leaves."""
    if all(d.voix is not None for d in seance.delegues) or (acte and acte.voix):
        return True
    return seance.voix is not None and not (acte and acte.sortis)


def quorum(there: Presence, regle: Regle) -> Quorum:
    """Return the quorum: more than half of the members in office or of their voices."""
    counted = there.votants if regle.pouvoirs_comptent else there.presents
    total, count = (
        (there.en_exercice.voix, counted.voix)
        if regle.quorum_en == "voix"
        else (there.en_exercice.membres, counted.membres)
    )
    return Quorum(total // 2 + 1, count, regle.quorum_en)


def clear_days(seance: Seance) -> int:
    """Return the clear days between the convocation and the séance: neither of the two days counts."""
    return (seance.date - seance.convocation).days - 1


def check(seance: Seance, regle: Regle) -> Iterator[Fault]:
    """Yield all that does not hold in the séance and its délibérations."""
    yield from _people(seance)
    yield from _pouvoirs(seance, regle)
    yield from _sums(seance)
    if clear_days(seance) < regle.jours_francs:
        yield Fault(
            ("convocation",),
            "convocation-tardive",
            f"{formats.plural(max(clear_days(seance), 0), 'jour franc', 'jours francs')} entre la convocation et la "
            f"séance ; il en faut {regle.jours_francs} ({regle.source})",
        )
    for index, acte in enumerate(seance.deliberations):
        path = ("deliberations", index)
        if not voices_known(seance, acte):
            continue  # said already; to count without them would only tell nonsense
        there = presence(seance, acte)
        reached = quorum(there, regle)
        if not reached.atteint:
            yield Fault(
                (*path, "numero"),
                "quorum",
                f"quorum non atteint : {reached.compte} {reached.unite} pour un seuil de {reached.seuil} "
                f"({there.sommes} ; {regle.source})",
                "Sans quorum, rien ne peut être voté : l'assemblée est convoquée de nouveau.",
            )
        yield from (Fault((*path, *f.path), f.code, f.message, f.hint) for f in _vote(acte, there))


def _people(seance: Seance) -> Iterator[Fault]:
    known = {d.id: d for d in seance.delegues}
    counts = Counter(d.id for d in seance.delegues)
    for index, delegue in enumerate(seance.delegues):
        if counts[delegue.id] > 1:
            yield Fault(("delegues", index, "id"), "en-double", f"{_the(delegue)} « {delegue.id} » figure deux fois")
    roles = (("president", "préside"), ("secretaire", "est secrétaire"))
    for field, does in roles:
        name = getattr(seance, field)
        if name not in known:
            yield Fault((field,), "delegue-inconnu", f"« {name} » n'est pas dans les délégués", closest(name, known))
        elif group_of(known[name]) != "presents":
            yield Fault((field,), "delegue-absent", f"« {name} » {does} mais n'est pas présent{_e(known[name])}")
    for index, acte in enumerate(seance.deliberations):
        for out in acte.sortis:
            if out not in known:
                path = ("deliberations", index, "sortis")
                yield Fault(path, "delegue-inconnu", f"« {out} » n'est pas dans les délégués", closest(out, known))


CARRIES = "un pouvoir se porte en personne"


def _e(delegue: Delegue) -> str:
    return "e" if delegue.civilite == "Mme" else ""


def _the(delegue: Delegue) -> str:
    return "la déléguée" if delegue.civilite == "Mme" else "le délégué"


def _self(delegue: Delegue) -> str:
    return "elle-même" if delegue.civilite == "Mme" else "lui-même"


def _pouvoirs(seance: Seance, regle: Regle) -> Iterator[Fault]:
    known = {d.id: d for d in seance.delegues}
    held: Counter[str] = Counter()
    for index, delegue in enumerate(seance.delegues):
        holder = delegue.pouvoir_a
        if holder is None:
            continue
        path = ("delegues", index, "pouvoir_a")
        held[holder] += 1
        held_by = known.get(holder, delegue)
        if "presence" in delegue.model_fields_set and delegue.presence.startswith(PRESENT):
            yield Fault(path, "pouvoir", f"« {delegue.id} » est noté « {delegue.presence} » et donne pouvoir")
        if holder == delegue.id:
            yield Fault(path, "pouvoir", f"« {holder} » ne peut pas se donner pouvoir à {_self(delegue)}")
        elif holder not in known:
            yield Fault(path, "delegue-inconnu", f"« {holder} » n'est pas dans les délégués", closest(holder, known))
        elif known[holder].pouvoir_a:
            yield Fault(path, "pouvoir", f"« {holder} » est {_self(held_by)} représenté{_e(held_by)} : {CARRIES}")
        elif group_of(known[holder]) != "presents":
            yield Fault(path, "pouvoir", f"« {holder} » est absent{_e(held_by)} : {CARRIES}")
        if held[holder] == regle.pouvoirs_par_titulaire + 1:
            limit = formats.plural(regle.pouvoirs_par_titulaire, "pouvoir")
            yield Fault(path, "pouvoirs-trop-nombreux", f"« {holder} » porte plus de {limit} ({regle.source})")


def _sums(seance: Seance) -> Iterator[Fault]:
    there = presence(seance)
    if not voices_known(seance):
        yield Fault(
            ("delegues",),
            "voix-inconnues",
            "les voix ne sont données ni par délégué ni par groupe",
            "Ajoutez « voix » à chaque délégué, ou le bloc « voix » de la séance.",
        )
    yield from _printed(seance.voix, there, ())
    if seance.en_exercice and seance.en_exercice != there.en_exercice:
        yield Fault(
            ("en_exercice",),
            "somme",
            f"{seance.en_exercice.membres} membres et {seance.en_exercice.voix} voix en exercice, mais {there.sommes}",
            "Un délégué manque, ou les voix d'un groupe sont fausses.",
        )
    for index, acte in enumerate(seance.deliberations):
        path, then = ("deliberations", index), presence(seance, acte)
        yield from _printed(acte.voix, then, path)
        if not voices_known(seance):
            continue
        if not voices_known(seance, acte):
            yield Fault(
                (*path, "sortis"),
                "voix-inconnues",
                "des délégués sont sortis : les voix de chaque groupe ne sont plus celles de la séance",
                "Ajoutez « voix » à cette délibération (presents, representes, excuses), ou à chaque délégué.",
            )
        elif then.en_exercice != there.en_exercice:
            yield Fault((*path, "voix"), "somme", f"{then.sommes}, mais {there.sommes} pour la séance")


def _printed(printed: VoixParGroupe | None, there: Presence, path: tuple[str | int, ...]) -> Iterator[Fault]:
    """Yield the groups whose voices, where those of each delegate are known, are not the ones that the act prints."""
    for name in VoixParGroupe.model_fields if printed else ():
        said, counted = getattr(printed, name), getattr(there, name).voix
        if said != counted:
            yield Fault((*path, "voix", name), "somme", f"{said} voix imprimées, mais les délégués en ont {counted}")


def _vote(acte: Acte, there: Presence) -> Iterator[Fault]:
    vote = acte.vote
    if vote.resultat in NOT_VOTED:
        if vote.pour or vote.contre or vote.abstention:
            yield Fault(("vote",), "vote-sans-objet", f"« {vote.resultat} » : il n'y a pas eu de vote", NO_VOICES)
        return
    parts = [g for g in (vote.pour, vote.contre, vote.abstention, vote.ne_prend_pas_part) if g]
    against = vote.contre is not None and (vote.contre.membres or vote.contre.voix)
    if vote.resultat == "à l'unanimité" and against:
        yield Fault(("vote", "contre"), "unanimite", "« à l'unanimité » alors que des voix sont contre")
    if vote.pour is None and (parts or vote.resultat != "à l'unanimité"):
        yield Fault(("vote",), "vote-incomplet", "il manque les voix pour", "Ajoutez « pour: {membres: …, voix: …} ».")
        return
    if vote.pour is None:
        return
    cast = plus(*parts)
    if cast != there.votants:
        voices = " + ".join(str(g.voix) for g in parts)
        yield Fault(
            ("vote",),
            "votes-et-voix",
            f"{voices} = {cast.voix} voix exprimées par {cast.membres} membres, mais {there.votants.membres} membres "
            f"présents ou représentés ont {there.votants.voix} voix",
            "Comptez aussi les abstentions et ceux qui ne prennent pas part au vote.",
        )
    contre = vote.contre.voix if vote.contre else 0
    if vote.pour.voix == contre > 0:
        return  # a tie: the president's voice decides (CGCT L2121-20), and the figures do not tell how
    adopted = vote.pour.voix > contre
    if adopted != (vote.resultat != "rejetée"):
        yield Fault(
            ("vote", "resultat"), "majorite", f"{vote.pour.voix} voix pour, {contre} contre : « {vote.resultat} »"
        )


def resultat(acte: Acte) -> str:
    """Return the result as the act says it; abstentions are not suffrages exprimés."""
    if not acte.adoptee:
        return acte.vote.resultat.capitalize()
    if acte.vote.resultat == "à la majorité":
        return "Adoptée à la majorité"
    abstained = acte.vote.abstention and acte.vote.abstention.voix
    return "Adoptée à l’unanimité des suffrages exprimés" if abstained else "Adoptée à l’unanimité"


def detail(acte: Acte, there: Presence) -> str:
    """Return the vote in heads and in voix."""
    if acte.vote.resultat in NOT_VOTED:
        return f"{acte.vote.resultat}, sans vote"
    pour = acte.vote.pour or there.votants
    contre = acte.vote.contre.voix if acte.vote.contre else 0
    abstention = acte.vote.abstention.voix if acte.vote.abstention else 0
    aside = acte.vote.ne_prend_pas_part
    return (
        f"{there.votants.membres} membres présents ou représentés, soit {there.votants.voix} voix : "
        f"pour {pour.voix}, contre {contre}, abstention {abstention}"
        + (f", ne prend pas part {aside.voix}" if aside and aside.voix else "")
    )
