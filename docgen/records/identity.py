"""Whether what a record says of an authority goes together: its name and its form, its SIREN, who signs for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from docgen import formats
from docgen.diagnostics import Diagnostic, Severity
from docgen.model.fiches import Membre, Representant, Syndicat
from docgen.model.formes import Forme, plain
from docgen.records.reading import Record
from docgen.records.translate import Loc

ARTICLE = re.compile(r"(?:(?:le|la|les) |l['’])", re.I)
"""An article that a name or a quality begins with."""
BUILDING = re.compile(r"(?:mairie|hotel de ville)\b", re.I)
FEMININE_QUALITIES = re.compile(
    r"(?:1(?:ère|ere|re)|première|\d+(?:e|ème)|deuxième|troisième|quatrième)?\s*(?:vice-)?"
    r"(?:présidente|mairesse|directrice|adjointe|conseillère|déléguée|secrétaire générale|administratrice)\b",
    re.I,
)
CLASSES: dict[str, tuple[Forme, ...]] = {
    "21": (Forme.COMMUNE,),
    "22": (Forme.DEPARTEMENT,),
    "23": (Forme.REGION,),
    "24": (
        Forme.COMMUNAUTE_DE_COMMUNES, Forme.COMMUNAUTE_D_AGGLOMERATION, Forme.COMMUNAUTE_URBAINE, Forme.METROPOLE,
    ),
}  # fmt: skip
"""The first digits of the SIREN of the authorities that INSEE numbers by département (Sirene, « numéro interne de
classement » of public bodies); those that were made since 2010 begin with 200, whatever they are."""
SOURCE = "répertoire Sirene de l'INSEE"

Fault = tuple[Loc, str, str, str, Severity]


def problems(members: Iterable[Membre], record: Record) -> Iterator[Diagnostic]:
    """Yield what does not go together in the records of the members."""
    for index, membre in enumerate(members):
        for path, code, said, hint, severity in (*_name(membre), *_siren(membre)):
            place = record.place(("membres", index, *path))
            yield Diagnostic(place, code, f"{said} ({membre.id})", hint, severity)
        if membre.representant:
            for path, code, said, hint, severity in _quality(membre.representant):
                place = record.place(("membres", index, "representant", *path))
                yield Diagnostic(place, code, f"{said} ({membre.id})", hint, severity)


def of_syndicat(issuer: Syndicat, record: Record) -> Iterator[Diagnostic]:
    """Yield what does not go together in the record of the syndicat."""
    for path, code, said, hint, severity in _quality(issuer.representant):
        yield Diagnostic(record.place(("representant", *path)), code, said, hint, severity)


def _name(membre: Membre) -> Iterator[Fault]:
    if ARTICLE.match(membre.nom):
        hint = "docgen ajoute lui-même « la », « le »."
        yield ("nom",), "article-en-trop", "le nom commence par un article", hint, Severity.WARNING
    said, forms = plain(membre.nom), membre.forme.begins
    if not forms or any(re.match(rf"{re.escape(word)}\b", said) for word in forms):
        return
    bare = re.sub(rf"(?i)^(?:{ARTICLE.pattern}|(?:mairie|hôtel de ville) (?:de |du |des |d['’]))", "", membre.nom)
    wanted = f"{membre.forme.value[:1].upper()}{membre.forme.value[1:]}"
    joined = f"{wanted} {'d’' if formats.elides(bare) else 'de '}{bare}"
    why = "une mairie est un bâtiment : le membre est la commune" if BUILDING.match(said) else ""
    message = why or f"le nom « {membre.nom} » ne commence pas par les mots de sa forme, « {membre.forme.value} »"
    other = next(
        (forme for forme in Forme if any(re.match(rf"{re.escape(one)}\b", said) for one in forme.begins)), None
    )
    if other:
        yield ("nom",), "nom-sans-forme", message, f"Corrigez la forme (« {other.value} » ?) ou le nom.", Severity.ERROR
        return
    hint = f"Écrivez sa dénomination entière, par exemple « {joined} » : les phrases s'accordent avec elle."
    yield ("nom",), "nom-sans-forme", message, hint, Severity.ERROR


def _siren(membre: Membre) -> Iterator[Fault]:
    digits = membre.siret[:2]
    expected = next((known for known, forms in CLASSES.items() if membre.forme in forms), None)
    if digits == expected or (digits not in CLASSES and (expected is None or membre.siret.startswith("200"))):
        return
    if digits in CLASSES:
        what = formats.listing(dict.fromkeys(forme.value for forme in CLASSES[digits]), "ou")
        said = f"un SIREN qui commence par {digits} est celui d'une autre forme : {what} ({SOURCE})"
    else:
        said = f"le SIREN d'un membre de forme « {membre.forme.value} » commence par {expected} ou 200 ({SOURCE})"
    yield ("siret",), "siren-et-forme", said, "Vérifiez la forme et le SIRET.", Severity.WARNING


def _quality(person: Representant) -> Iterator[Fault]:
    if ARTICLE.match(person.qualite):
        said, hint = "la qualité commence par un article", "Écrivez « Maire », sans « Le » : docgen l'ajoute."
        yield ("qualite",), "article-en-trop", said, hint, Severity.WARNING
    if person.civilite == "M." and FEMININE_QUALITIES.match(person.qualite.strip()):
        said = f"« {person.civilite} » et « {person.qualite} » ne s'accordent pas"
        hint = "Corrigez la civilité ou la qualité : tout le texte s'accorde avec elles."
        yield ("qualite",), "accord", said, hint, Severity.ERROR
