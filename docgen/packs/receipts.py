"""What stands, what is not up to date any more, and why: one computation decides and explains.

A receipt lies beside each pack. It holds what each piece was made from (its template, the values that it prints, the
versions of the programs) and the hash of every file that was made.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from docgen import __version__
from docgen.champs.pack import Champ
from docgen.law.contrats import ACCOMPAGNEMENT, NOTICES
from docgen.model.expedition import Expedition
from docgen.model.fiches import Membre
from docgen.office import LibreOffice, font_for

NAME = "receipt.json"
OF_A_VOLET = r"^(?:volet\.[a-z0-9_]+\.)?"
PRICED = re.compile(rf"{OF_A_VOLET}(?:grille|montants)\.|^volets")
BINDING = re.compile(rf"{OF_A_VOLET}(?:souscription|montants)\.")
"""Values that bind whoever signs."""
SHOWN_IN_REASONS = re.compile(rf"^edition\.|{OF_A_VOLET}(?:souscription|montants)\.")
"""Values that a reason may quote. The others may be personal data: a reason names the field only."""

PAGE_MAKERS = ("champs", "law", "pdf", "word")
"""The packages whose code makes the pages."""
FONT = "police "
"""What begins the name of a family among what makes the pages."""
CHECKED_BY = (
    "actions", "amendment", "avenant", "binder", "contents", "fonts", "frame", "jobs", "margins", "places", "preflight",
    "recompute", "seen", "tables", "words",
)  # fmt: skip
"""The modules beside this one that make them too, or say whether they are true."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Fichier(_Frozen):
    """A file that was made."""

    sha256: str
    taille: int
    """Bytes."""


class Piece(_Frozen):
    """What one piece was made from."""

    modele: str
    """SHA-256 of the template."""
    valeurs: dict[str, str]
    """The values that it prints, by field; lists by their hash."""
    pdf: str = ""
    """Name of its PDF in the cache."""
    pages: int = 0


class Point(_Frozen):
    """One point of the list that a pack is checked against before it leaves."""

    point: str
    """What was looked at: « blancs », « montants »…"""
    tient: bool
    detail: str


class Receipt(_Frozen):
    """What a pack was made from and what was made."""

    membre: str
    edition: str
    moteur: dict[str, str]
    """The programs and the fonts, by name."""
    pieces: dict[str, Piece]
    titre: str
    projet: bool
    manque: tuple[str, ...]
    """What keeps the pack from being signed."""
    blancs: tuple[str, ...]
    """What is left to fill in by hand."""
    fichiers: dict[str, Fichier] = {}
    rang: int = 1
    """Which sending to the member in the edition it is, from 1."""
    controle: tuple[Point, ...] = ()
    """What was found before it was published; the pack is ready to be signed only when every point holds."""
    precedents: tuple[Fichier, ...] = ()
    """The packs that stood here before: one of them may come back signed."""

    @property
    def etat(self) -> str:
        """Where the pack stands; a notice, that nobody signs, is « à envoyer »."""
        if self.projet:
            return "PROJET"
        if self.blancs:
            return "à compléter"
        if not all(point.tient for point in self.controle):
            return "à revoir"
        return "prêt à signer" if self.pieces.keys() - {*NOTICES, ACCOMPAGNEMENT} else "à envoyer"

    @property
    def identifiant(self) -> str:
        """What the pack carries in itself: edition, member, and the receipt that it was made by."""
        made = {"fichiers", "controle", "precedents", *(["rang"] if self.rang == 1 else [])}
        made_from = self.model_dump_json(exclude={**dict.fromkeys(made, True), "pieces": {"__all__": {"pdf", "pages"}}})
        return f"{self.edition}/{self.membre}/{hashlib.sha256(made_from.encode()).hexdigest()[:16]}"

    @property
    def pack(self) -> str:
        """The file name of the pack: plain ASCII, and telling when it leaves its folder."""
        return f"pack-{self.edition}-{folder_name(self.membre, self.rang)}.pdf"

    def to_bytes(self) -> bytes:
        """Return the receipt as it is written."""
        return (self.model_dump_json(indent=1) + "\n").encode()


def folder_name(membre: str, rang: int) -> str:
    """Return the folder of what is sent to a member, in that of the edition: its id; « .2 » for the second sending."""
    return membre if rang == 1 else f"{membre}.{rang}"


def rank_of(packs: Path, membre: Membre, edition: str, *, awaited: bool) -> int:
    """Return which sending to a member is meant: the one to come when it is `awaited`, else the last that stands.

    `packs` is the folder of the packs of the edition. What was sent is never written over by what follows it.
    """
    sent = sum(one.edition == edition for one in membre.envois)
    if awaited:
        return sent + 1
    standing = (rank for rank in range(sent, 1, -1) if (packs / folder_name(membre.id, rank) / NAME).exists())
    return next(standing, 1)


def standing(packs: Path, edition: str, membre: Membre, awaited: bool) -> Receipt | None:
    """Return the receipt of what is to be sent to a member or, when nothing is awaited, of what was sent last."""
    return read(packs / folder_name(membre.id, rank_of(packs, membre, edition, awaited=awaited)))


def read(folder: Path) -> Receipt | None:
    """Return the receipt of a pack; None when there is none that can be read."""
    try:
        return Receipt.model_validate_json((folder / NAME).read_bytes())
    except (OSError, ValidationError):
        return None


def of(sent: Expedition) -> Receipt | None:
    """Return the receipt of the pack that was sent; None for what was sent without docgen, or cannot be read."""
    try:
        return Receipt.model_validate(sent.recu) if sent.recu else None
    except ValidationError:
        return None


def after(receipt: Receipt, former: Receipt | None) -> Receipt:
    """Return the receipt with the packs that stood before: one of them may have been sent, and come back signed."""
    earlier = (*former.precedents, *(f for name, f in former.fichiers.items() if name == former.pack)) if former else ()
    kept = dict.fromkeys(known for known in earlier if known != receipt.fichiers[receipt.pack])
    return receipt.model_copy(update={"precedents": tuple(kept)})


def left_to_choose(receipt: Receipt) -> list[str]:
    """Return the choices, quantities and amounts that a pack leaves to be written by hand, by their fields."""
    printed = ((path, value) for piece in receipt.pieces.values() for path, value in piece.valeurs.items())
    return list(dict.fromkeys(path for path, value in printed if BINDING.match(path) and set(value) == {"…"}))


def fingerprint(value: Any) -> str:
    """Return a value as a receipt keeps it: text as it is, a list by its hash."""
    if isinstance(value, str):
        return str(value)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return f"#{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def describe(data: bytes) -> Fichier:
    """Return what a receipt says of a file."""
    return Fichier(sha256=hashlib.sha256(data).hexdigest(), taille=len(data))


def altered(folder: Path, former: Receipt | None) -> dict[str, str]:
    """Return the files of a pack that are not as docgen left them, each with what happened: missing or changed."""
    found = {}
    for name, known in (former.fichiers if former else {}).items():
        try:
            same = _is(known, folder / name)
        except OSError:
            found[name] = "manque"
            continue
        if not same:
            found[name] = "a été modifié hors de docgen : gardé sous un autre nom"
    return found


def _is(known: Fichier, path: Path) -> bool:
    """Tell whether a file is as a receipt says it. Raises `OSError` when it is not there."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size != known.taille:
            return False
        return hashlib.file_digest(file, "sha256").hexdigest() == known.sha256


def reasons(
    former: Receipt | None, wanted: Receipt, changed_files: Mapping[str, str], known: Mapping[str, Champ]
) -> list[str]:
    """Return why the pack must be made, in words, of all the `known` fields; nothing when what stands is wanted."""
    if former is None:
        return [f"{name} {what}" for name, what in changed_files.items()] or ["jamais fabriqué"]
    found = [f"{name} {what}" for name, what in changed_files.items()]
    for program in sorted(wanted.moteur):
        before, after = former.moteur.get(program, "aucun"), wanted.moteur[program]
        if before != after:
            named = program != "docgen" or before.split("+")[0] != after.split("+")[0]
            found.append(f"{program} : {before} → {after}" if named else "docgen a été mis à jour")
    for name, piece in wanted.pieces.items():
        found += _piece_reasons(name, former.pieces.get(name), piece, known)
    for name in former.pieces:
        if name not in wanted.pieces:
            found.append(f"la pièce {name} ne fait plus partie du pack")
    if former.projet != wanted.projet:
        found.append("le pack devient un PROJET" if wanted.projet else "le pack n'est plus un PROJET")
    elif (former.titre, former.manque, former.blancs) != (wanted.titre, wanted.manque, wanted.blancs):
        found.append("titre ou état du pack modifié")
    return list(dict.fromkeys(found))


def differences(sent: Receipt, now: Mapping[str, Any], known: Mapping[str, Champ]) -> list[str]:
    """Return the fields that a pack prints otherwise than their values of today, in words; `known` are all fields."""
    said = {path: value for piece in sent.pieces.values() for path, value in piece.valeurs.items()}
    return [
        champ.nom
        for path, champ in known.items()
        if path in said and path in now and said[path] != fingerprint(now[path])
    ]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _piece_reasons(name: str, former: Piece | None, wanted: Piece, known: Mapping[str, Champ]) -> Iterator[str]:
    if former is None:
        yield f"nouvelle pièce : {name}"
        return
    if former.modele != wanted.modele:
        yield f"modèle {name}.docx modifié"
    if former.modele == wanted.modele and former.valeurs == wanted.valeurs:
        return
    changed = [
        path
        for path in dict.fromkeys([*known, *former.valeurs, *wanted.valeurs])
        if former.valeurs.get(path) != wanted.valeurs.get(path)
        and (former.modele == wanted.modele or {path} <= former.valeurs.keys() & wanted.valeurs.keys())
    ]
    chose_anew = any(".souscription." in f".{path}" for path in changed)
    for path in changed:
        before, after = former.valeurs.get(path, ""), wanted.valeurs.get(path, "")
        what = known[path].nom if path in known else "contenu de l'avenant"
        if SHOWN_IN_REASONS.search(path) and before and after and "#" not in before + after:
            yield f"{_capital(what)} : {before.strip('…') or 'blanc'} → {after.strip('…') or 'blanc'}"
        elif PRICED.search(path):
            if not chose_anew:  # a new choice marks other cells of the grid: it is said already
                yield "grille tarifaire modifiée"
        else:
            yield f"modifié : {what}"


def moteur(machine: LibreOffice, families: Iterable[str]) -> dict[str, str]:
    """Return what makes the pages on this machine: docgen itself, LibreOffice, the font that draws each family."""
    programs = {
        "docgen": f"{__version__}+{own_code()}",
        "LibreOffice": machine.version.removeprefix("LibreOffice "),
    }
    return programs | {f"{FONT}{family}": font_for(family) for family in families}


def own_code() -> str:
    """Return a hash of the code that makes the pages: another code may make other pages from the same records."""
    here = Path(__file__).parent
    files = [file for package in PAGE_MAKERS for file in (here.parent / package).glob("*.py")]
    files += [here / f"{name}.py" for name in CHECKED_BY]
    files.append(here.parent / "formats.py")
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:8]
