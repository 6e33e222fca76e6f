"""What is wrong in the volets and the prices of an edition: nothing is made on a rule that does not give the vote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from docgen import formats
from docgen.diagnostics import Diagnostic, closest
from docgen.law import tarif
from docgen.law.modeles import MODELES
from docgen.model.edition import FAITS, SUITES, Choix, Edition, LigneTarif, Tarif, Tranches, Volet
from docgen.records.reading import Record
from docgen.records.translate import Loc

RESERVED = frozenset((
    *FAITS, "volet", "depuis", "jusqu_au", "exercice", "edition", "date_effet", "categorie", "libelle", "prix",
    "quantite", "periode", "montant", "mensuel", "annuel",
))  # fmt: skip
"""What a subscription, a consumption or a line of the amounts says besides the answers."""
OF_GRID = ("tva", "minimum", "plafond")
"""What `grille` says besides its brackets and its blocs."""
Fault = tuple[Loc, str, str, str]
"""Where, from the volet or the row; code, message, mend."""


def problems(found: Edition, record: Record) -> Iterator[Diagnostic]:
    """Yield all that is wrong in the volets of an edition, each in its place."""
    names = [volet.id for volet in found.volets]
    for index, piece in enumerate(found.pieces):
        if piece.id in SUITES:
            yield Diagnostic(record.place(("pieces", index, "id")), *_reserved(piece.id, "une pièce"))
        if piece.volet and piece.volet not in names:
            said = f"le volet « {piece.volet} » n'est pas décrit dans cette édition"
            mend = closest(piece.volet, names) or f"Volets décrits : {', '.join(names) or 'aucun'}."
            yield Diagnostic(record.place(("pieces", index, "volet")), "volet-inconnu", said, mend)
    yield from _twice(record, ("volets",), names, "id", "le volet")
    for index, volet in enumerate(found.volets):
        for where, code, said, mend in _of_volet(volet):
            yield Diagnostic(record.place(("volets", index, *where)), code, said, mend)


def _reserved(name: str, what: str) -> tuple[str, str, str]:
    return "nom-reserve", f"« {name} » a déjà un sens : {what} ne peut pas s'appeler ainsi", "Choisissez un autre nom."


def _twice(record: Record, path: Loc, names: Sequence[str], key: str, what: str) -> Iterator[Diagnostic]:
    for index, name in enumerate(names):
        if (first := names.index(name)) != index:
            line = record.place((*path, first, key)).line
            said = f"{what} « {name} » est déjà ligne {line}"
            yield Diagnostic(record.place((*path, index, key)), "en-double", said, "Donnez-leur deux noms.")


def _repeated(path: Loc, names: Sequence[str], key: str, what: str) -> Iterator[Fault]:
    for index, name in enumerate(names):
        if names.index(name) != index:
            said = f"{what} « {name} » est décrit deux fois dans le volet"
            yield (*path, index, key), "en-double", said, "Donnez-leur deux noms, ou supprimez l'un d'eux."


def _of_volet(volet: Volet) -> Iterator[Fault]:
    yield from _repeated(("choix",), [choix.id for choix in volet.choix], "id", "le choix")
    for index, choix in enumerate(volet.choix):
        if choix.id in RESERVED or hasattr(dict, choix.id):
            yield ("choix", index, "id"), *_reserved(choix.id, "un choix")
        yield from _under(("choix", index), _of_choix(choix))
    if volet.tarif:
        yield from _under(("tarif",), _of_tarif(volet, volet.tarif))


def _under(path: Loc, faults: Iterator[Fault]) -> Iterator[Fault]:
    for where, code, said, mend in faults:
        yield (*path, *where), code, said, mend


def _of_choix(choix: Choix) -> Iterator[Fault]:
    if choix.type == "parmi" and len(choix.valeurs) < 2:
        said = f"le choix « {choix.id} » n'a pas deux réponses possibles"
        yield ("valeurs",), "choix-incoherent", said, "Écrivez « valeurs: [1 To, 2 To] », ou un autre type."
    if choix.type != "parmi" and choix.valeurs:
        said = f"le choix « {choix.id} » est de type {choix.type} : « valeurs » n'y a pas de sens"
        yield ("valeurs",), "choix-incoherent", said, "Effacez « valeurs », ou écrivez « type: parmi »."
    least, most = choix.minimum, choix.maximum
    if choix.type != "nombre" and (least is not None or most is not None):
        said = f"le choix « {choix.id} » n'est pas un nombre : il n'a ni minimum ni maximum"
        yield ("type",), "choix-incoherent", said, "Effacez-les, ou écrivez « type: nombre »."
    if least is not None and most is not None and least > most:
        yield ("maximum",), "choix-incoherent", f"le maximum ({most}) est sous le minimum ({least})", "Corrigez-les."


def _of_tarif(volet: Volet, rule: Tarif) -> Iterator[Fault]:
    yield from _repeated(("tranches",), [scale.id for scale in rule.tranches], "id", "l'échelle")
    yield from _repeated(("lignes",), [ligne.libelle for ligne in rule.lignes], "libelle", "la ligne")
    yield from _limits((), rule)
    for index, scale in enumerate(rule.tranches):
        path: Loc = ("tranches", index)
        if scale.id in (*OF_GRID, *(ligne.bloc for ligne in rule.lignes)) or hasattr(dict, scale.id):
            yield (*path, "id"), *_reserved(scale.id, "une échelle")
        yield from _of_scale(path, volet, scale)
    for index, ligne in enumerate(rule.lignes):
        path = ("lignes", index)
        if ligne.bloc in OF_GRID or hasattr(dict, ligne.bloc):
            yield (*path, "bloc"), *_reserved(ligne.bloc, "un bloc")
        wrong = list(_of_ligne(path, volet, rule, ligne))
        yield from wrong or _cells(path, rule, ligne)


def _limits(path: Loc, of: Tarif | LigneTarif) -> Iterator[Fault]:
    if of.minimum is not None and of.plafond is not None and of.minimum > of.plafond:
        said = f"le plafond ({formats.euros(of.plafond)}) est sous le minimum ({formats.euros(of.minimum)})"
        yield (*path, "plafond"), "plafond-sous-le-minimum", said, "Vérifiez les deux montants."


def _of_scale(path: Loc, volet: Volet, scale: Tranches) -> Iterator[Fault]:
    yield from _counts((*path, "de"), volet, scale.de)
    bounds = scale.jusqu_a or scale.moins_de
    if bool(scale.jusqu_a) == bool(scale.moins_de):
        said = f"l'échelle « {scale.id} » veut soit jusqu_a, soit moins_de"
        yield path, "tranches-invalides", said, "jusqu_a comprend la borne, moins_de ne la comprend pas : gardez-en un."
    elif any(low >= high for low, high in zip((0, *bounds), bounds, strict=False)):
        said = f"les bornes de « {scale.id} » ne vont pas en croissant"
        yield (
            path,
            "tranches-invalides",
            said,
            "Écrivez-les de la plus petite à la plus grande, une seule fois chacune.",
        )


def _counts(path: Loc, volet: Volet, name: str) -> Iterator[Fault]:
    """Yield what is wrong in the name of what a row multiplies, or a scale looks at."""
    numbers = [choix.id for choix in volet.choix if choix.type == "nombre"]
    if name not in numbers and name not in FAITS:
        said = f"« {name} » n'est ni un choix de type nombre du volet « {volet.id} », ni population, ni agents"
        known = f"Admis ici : {', '.join((*numbers, *FAITS))}."
        yield path, "choix-inconnu", said, closest(name, (*numbers, *FAITS)) or known


def _of_ligne(path: Loc, volet: Volet, rule: Tarif, ligne: LigneTarif) -> Iterator[Fault]:
    model, said = MODELES[ligne.modele], f"ligne « {ligne.libelle} », modèle {ligne.modele} : "
    code = "ligne-incoherente"
    scale = rule.echelle(ligne)
    yield from _limits(path, ligne)
    yield from _conditions((*path, "si"), volet, ligne)
    if ligne.par:
        yield from _counts((*path, "par"), volet, ligne.par)
    if model.compte and not ligne.par:
        yield path, code, f"{said}« par » manque", "Dites ce qui se multiplie, « par: » et un choix de type nombre."
    if not model.compte and (ligne.par or ligne.gratuits):
        yield (
            path,
            code,
            f"{said}un forfait ne se multiplie pas",
            "Effacez « par » et « gratuits », ou changez de modèle.",
        )
    if ligne.tranches and model.tranches == "refusees":
        yield (
            (*path, "tranches"),
            code,
            f"{said}un seul prix, sans tranches",
            "Pour un prix par tranche, « modele: volume ».",
        )
    if not ligne.tranches and model.tranches == "requises":
        yield path, code, f"{said}« tranches » manque", "Nommez l'échelle : « tranches: » et son id."
    if ligne.tranches and scale is None:
        known = [one.id for one in rule.tranches]
        mend = closest(ligne.tranches, known) or f"Échelles décrites : {', '.join(known) or 'aucune'}."
        yield (*path, "tranches"), "tranches-inconnues", f"l'échelle « {ligne.tranches} » n'est pas décrite", mend
    if scale and ligne.modele == "progressif" and scale.de != ligne.par:
        mend = f"Écrivez « par: {scale.de} », ou une autre échelle."
        yield (*path, "par"), code, f"{said}chaque unité a le prix de sa tranche, l'échelle compte {scale.de}", mend
    if model.taille != (ligne.taille is not None):
        mend = "Écrivez « taille: 100 »." if model.taille else "Effacez « taille », ou écrivez « modele: lot »."
        yield path, code, f"{said}« taille » {'manque' if model.taille else 'ne sert à rien'}", mend
    if ligne.degression is not None and (ligne.ht is None or not ligne.tranches):
        mend = "Ajoutez-les, ou effacez « degression »."
        yield (*path, "degression"), code, f"{said}une dégression veut un prix « ht » et des tranches", mend
    if ligne.mesure == "consomme" and (not ligne.par or ligne.par in FAITS or ligne.periode == "mois"):
        mend = "Comptez un choix du volet, avec « periode: fois »."
        yield path, code, f"{said}ce qui se compte après coup se compte par exercice", mend


def _conditions(path: Loc, volet: Volet, ligne: LigneTarif) -> Iterator[Fault]:
    for name, admitted in ligne.si:
        choix = next((one for one in volet.choix if one.id == name), None)
        words = () if choix is None else ("oui", "non") if choix.type == "oui_non" else choix.valeurs
        if not words:
            known = [one.id for one in volet.choix if one.type != "nombre"]
            mend = closest(name, known) or f"Admis ici : {', '.join(known) or 'aucun choix parmi ou oui_non'}."
            yield (*path, name), "choix-inconnu", f"« {name} » n'est pas un choix parmi ou oui_non du volet", mend
        for one in admitted if words else ():
            if one not in words:
                known_words = formats.listing((f"« {word} »" for word in words), "ou")
                said = f"« {one} » n'est pas une réponse à « {name} » : la ligne ne serait jamais due"
                yield (*path, name), "valeur-inconnue", said, f"{closest(one, words)} Réponses : {known_words}.".strip()


def _cells(path: Loc, rule: Tarif, ligne: LigneTarif) -> Iterator[Fault]:
    """Yield each voted price that is not the computed one."""
    computed = tarif.cells(rule, ligne)
    size = tarif.size(rule, ligne)
    where: Loc = (*path, "votee")
    if len(ligne.votee) != size:
        said = f"ligne « {ligne.libelle} » : {len(ligne.votee)} prix votés pour {formats.plural(size, 'tranche')}"
        mend = "Recopiez la ligne de la délibération : un prix par tranche, une espace entre deux."
        yield where, "grille-incomplete", said, mend
        return
    taxes = rule.tva if ligne.tva is None else ligne.tva
    for rank, (voted, price) in enumerate(zip(ligne.votee, computed, strict=True), 1):
        if voted != price:
            said = f"voté {formats.exactly(voted)}, calculé {formats.exactly(price)}"
            assert ligne.ht is not None
            less = f", {formats.number(ligne.degression)} % de moins par tranche" if ligne.degression else ""
            mend = (
                f"Prix de base {formats.euros(ligne.ht)} HT{less}, TVA {formats.number(taxes)} % : "
                "la case ou la règle est fausse."
            )
            yield where, "grille-differente", f"ligne « {ligne.libelle} », tranche {rank} : {said}", mend
