"""What is told of a file that came back: in one line what it is, then all that one should know."""

from __future__ import annotations

from collections.abc import Iterator

from docgen import formats
from docgen.model.fiches import Syndicat
from docgen.pdf import signatures
from docgen.returned import typed
from docgen.returned.signers import Signature
from docgen.returned.verify import Verdict
from docgen.word.meaning import signer_of


def lines(found: Verdict, syndicat: Syndicat) -> Iterator[str]:
    """Yield what one should know of a file besides its conclusion, a line each; « ✗ » begins what is wrong."""
    if found.pack is not None:
        yield from _of_ours(found, syndicat)
    for said in found.read:
        yield f"✗ {said}"
    if found.facts.read:
        yield "ses mots sont lus par Tesseract sur l'image : une lecture n'est jamais sûre, regardez ces pages."
    if found.returned.scanned and found.facts.pages and not any(page.strip() for page in found.facts.pages):
        yield "rien n'y est lu : sans Tesseract (paquet tesseract-ocr-fra), une image ne se compare pas."


def _of_ours(found: Verdict, syndicat: Syndicat) -> Iterator[str]:
    assert found.pack
    receipt = found.pack.receipt
    which = "celui qui est en place" if found.pack.current else "une version antérieure à celle qui est en place"
    number = f", reçu {receipt.identifiant.rsplit('/', 1)[1]}" if found.pack.current and receipt.membre else ""
    what = f"pack de {receipt.membre}, édition {receipt.edition}" if receipt.membre else found.pack.fichier
    yield f"{what}{number} : {which}"
    yield f"{_mark(found.exact)} {_origin(found)}"
    if found.withdrawn:
        yield f"✗ ce qui avait été envoyé est {found.withdrawn}"
    for name, value in found.returned.filled.items():
        after = f", après la signature de {found.returned.after[name]}" if name in found.returned.after else ""
        yield f"rempli : {_label(found, name)} – « {value} »{after}"
    for signature in found.returned.signatures:
        holds = signature.intact and signature.covers_whole and signature not in (*found.strangers, *found.elsewhere)
        yield f"{_mark(holds)} {_signature(signature, found, syndicat)}"
    for fault in (*found.faults, *found.doubts):
        yield f"✗ {fault}"
    for name in () if found.projet else found.missing:
        yield f"manque : {_label(found, name)}"
    for name in found.returned.empty:
        yield f"vide : {_label(found, name)}"
    for said in found.succeeded:
        yield f"depuis l'envoi, la fiche a changé de signataire : {said}"
    if any(map(typed.binding, found.returned.filled)):
        yield "à savoir : ce que le membre a souscrit en l'écrivant ici reste à noter dans sa fiche."
    for said in found.returned.remarks:
        yield f"à savoir : {said}"
    if found.people:
        yield "docgen n'utilise pas le réseau : l'identité des certificats reste à vérifier ailleurs."


def _label(found: Verdict, name: str) -> str:
    labels = found.facts.labels
    return f"{labels[name]} ({name})" if name in labels else f"« {name} »"


def conclusion(found: Verdict) -> str:
    """Return in a few words what the file is: the worst that can be said of it."""
    if found.returned.scanned:
        clue = f", sans doute de {found.clue}" if found.clue else ""
        return (
            f"document numérisé de {formats.plural(found.returned.pages, 'page')}{clue}. Une signature sur papier ne "
            "se vérifie pas ici : relisez-le, puis notez-le (docgen record signed MEMBRE DATE)"
        )
    if found.pack is None:
        said = "fichier étranger : docgen ne l'a pas fabriqué dans ce dossier"
        again = "imprimé de nouveau en PDF, ou venu d'un autre dossier, un pack n'est plus reconnu"
        return f"{said}\n  on y lit le SIRET de {found.clue} : {again}" if found.clue else said
    if found.broken:
        return "réenregistré par un autre logiciel après avoir été signé : ses signatures sont brisées"
    if found.faults:
        besides = f" ; {_by_others(found)}" if found.strangers or found.elsewhere else ""
        return f"MODIFIÉ, à ne pas accepter tel quel{besides}"
    if found.projet:
        return "PROJET, à ne pas faire signer"
    if not found.exact:
        return "réenregistré par un autre logiciel : rien ne prouve plus ce qui a été signé"
    return _of_signatures(found)


def _of_signatures(found: Verdict) -> str:
    if found.strangers or found.elsewhere:
        return _by_others(found)
    if found.by_all:
        return "signé par tous, mais à ne pas accepter tel quel" if found.doubts else "signé par tous"
    if not found.people:
        return "pas encore signé"
    return "signé en partie, et à ne pas accepter tel quel" if found.doubts else "signé en partie"


def _by_others(found: Verdict) -> str:
    if found.strangers:
        named = ", ".join(dict.fromkeys(f"« {one.name} »" for one in found.strangers))
        return f"signé par d'autres que ceux qu'il nomme : {named}"
    where = ", ".join(f"« {one.field} »" for one in found.elsewhere)
    return f"signé ailleurs qu'aux places prévues : {where}"


def accepted(found: Verdict) -> bool:
    """Tell whether nothing in it is wrong, though something may still be missing."""
    wrong = found.faults or found.projet or found.strangers or found.elsewhere or found.doubts
    return found.exact and not wrong


def _origin(found: Verdict) -> str:
    if found.exact:
        return "sa première version est, octet pour octet, ce que docgen a fabriqué"
    if found.broken:
        return "un autre logiciel l'a réécrit en entier : redemandez le fichier signé, tel que le signataire l'a rendu"
    if found.returned.rewritten:
        return "un autre logiciel l'a réécrit en entier ; mots, montants et pages ont été comparés à ceux du pack"
    return "un autre logiciel l'a réécrit en entier, et le pack d'origine n'est plus là pour comparer"


def _signature(signature: Signature, found: Verdict, syndicat: Syndicat) -> str:
    if signature.service:
        return f"horodatage du fichier par « {signature.name} »"
    moment = signatures.here(signature.when, syndicat) if signature.when else None
    clock = "horodaté" if signature.horodatage else "à l'horloge du signataire"
    when = f" le {formats.short_date(moment.date())} à {moment:%H h %M} ({clock})" if moment else ", sans date"
    holds = "intacte" if signature.intact else "INVALIDE"
    whole = ", couvre tout le document" if signature.covers_whole else ""
    role = signer_of(signature.field)
    awaited = f"attendu : {found.expected[role]}" if role in found.expected else "on n'y attend personne"
    other = f" ; {awaited}" if signature in (*found.strangers, *found.elsewhere) else ""
    shown = found.returned.stamps.get(signature.field, "")
    stamp = f" ; sur la page, on lit : « {shown} »" if shown else ""
    return (
        f"{_label(found, signature.field)} par « {signature.name} »{when} : {holds}{whole} "
        f"(certificat émis par « {signature.issuer} »{other}){stamp}"
    )


def _mark(holds: bool) -> str:
    return "✓" if holds else "✗"
