"""A file that comes back: which pack it is, what became of it, what is still missing; noted when all have signed.

The first revision of a pack that was only filled in and signed is, byte for byte, what docgen made: its receipt tells.
"""

from __future__ import annotations

import hashlib
import io
import multiprocessing
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import pikepdf

from docgen import publish
from docgen.champs.pack import curly
from docgen.diagnostics import Diagnostic, Place, ProblemsFound
from docgen.model.fiches import Envoi, Membre
from docgen.packs import receipts, sendings
from docgen.packs import withdrawn as withdrawals
from docgen.packs.receipts import Fichier, Receipt
from docgen.pdf import pdftext
from docgen.pdf.signatures import here, same_person, signataires
from docgen.records.workspace import Data, Workspace
from docgen.returned import signed, untrusted, version
from docgen.returned.signed import Returned
from docgen.returned.signers import Signature
from docgen.returned.untrusted import Unreadable
from docgen.word.meaning import signer_of

SECONDS = 120
"""A file made to last is given up after that."""
MAX_TEXT = 1_000_000
"""Characters."""
NAMED = {"syndicat": "syndicat.representant.nom", "membre": "representant.nom"}
"""The fields that print who signs."""
IDENTIFIER = re.compile(r"<dc:identifier>([^<]{1,300})</dc:identifier>")


@dataclass(frozen=True)
class Pack:
    """A pack, an act or a statement that docgen made and whose receipt stands."""

    receipt: Receipt
    folder: Path
    fichier: str
    current: bool = True
    """Whether it is the one that stands now, and not an earlier one."""
    envoye_le: date | None = None
    """When it was sent, if it was."""


@dataclass(frozen=True)
class Facts:
    """What a file says, read where it can do no harm."""

    returned: Returned
    labels: dict[str, str]
    """What each field is for, by its name."""
    places: frozenset[str]
    """The signature fields that it had when it was made; one put there later is nobody's place."""
    projet: bool
    """Whether it carries PROJET: it is not to be signed."""
    identifiant: str
    """What it says it is; nothing when it says nothing."""
    text: str
    """Its words without spaces, cut."""


@dataclass(frozen=True)
class Verdict:
    """What a file is, and what became of it."""

    file: Path
    data: bytes
    pack: Pack | None
    """None when docgen does not know it."""
    exact: bool
    """Whether it begins with exactly what docgen made."""
    facts: Facts
    expected: Mapping[str, str | None]
    """Who is to sign, by the role: the name that the record has."""
    succeeded: tuple[str, ...] = ()
    """Who signs now, since what was sent names another."""
    withdrawn: str = ""
    """Why what was sent is withdrawn."""
    taken_back: bool = False
    """Whether the clerk took that sending back."""
    clue: str = ""
    """The member whose SIRET it bears, when docgen does not know it: a scan, a pack printed anew. It proves nothing."""

    @property
    def returned(self) -> Returned:
        """What was filled in, signed, changed."""
        return self.facts.returned

    @property
    def people(self) -> list[Signature]:
        """The signatures of people; a timestamp of the whole file is nobody's."""
        return [signature for signature in self.returned.signatures if not signature.service]

    @property
    def faults(self) -> tuple[str, ...]:
        """What should not be: changes, signatures that do not hold."""
        broken = [f"{s.field} : {s.problem}" for s in self.returned.signatures if s.problem]
        return (*self.returned.changes, *broken)

    @property
    def strangers(self) -> tuple[Signature, ...]:
        """The signatures whose certificate bears another name than that of who is to sign there, or none to come."""
        roles = ((signature, signer_of(signature.field)) for signature in self.people)
        return tuple(s for s, role in roles if role in self.expected and not same_person(s.name, self.expected[role]))

    @property
    def by_all(self) -> bool:
        """Whether it is one of our packs, as it was sent, signed everywhere, as it should be, by whom it should."""
        held = {signature.field for signature in self.people if signature.intact and signature.covers_whole}
        whole = self.exact and not self.facts.projet and bool(self.facts.places) and self.facts.places <= held
        return whole and not self.faults and not self.strangers

    @property
    def signed_on(self) -> datetime | None:
        """The moment of the last signature; None when one of them has none."""
        moments = [signature.when for signature in self.people if signature.when]
        return max(moments) if moments and len(moments) == len(self.people) else None


def examine(workspace: Workspace, data: Data, file: Path) -> Verdict:
    """Return what a file is. Raises `Unreadable` when it cannot be judged."""
    try:
        content = _read(file)
        packs = list(_packs(workspace, data))
        found, size = _by_beginning(content, packs)
        exact = found is not None
        facts = _in_another_process(content, content[:size] if exact else None)
        if not exact:
            found, original = _by_identifier(facts.identifiant, packs)
            facts = _in_another_process(content, original) if original else facts
    except Unreadable as error:
        raise Unreadable(f"{file.name} : {error}") from None
    membre = _membre(data, found)
    people = signataires(data.syndicat, membre) if membre else {}
    now = {role: person.nom for role, person in people.items()}
    expected = _printed(found, now)
    succeeded = tuple(f"{now[role]} pour le {role}" for role, name in expected.items() if now[role] not in (None, name))
    sent = _sent(workspace, data, membre, found)
    why = (withdrawals.why(membre, one, data.edition) for one in sent) if membre else iter(())
    withdrawn = next((said for said in why if said), "")
    taken_back = any(one.retire_le for one in sent)
    clue = "" if found else next((m.id for m in data.membres if m.siret in facts.text), "")
    return Verdict(file, content, found, exact, facts, expected, succeeded, withdrawn, taken_back, clue)


def _printed(pack: Pack | None, now: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return who is to sign by the pack that was sent; by the records where it names nobody."""
    said = {k: v for piece in pack.receipt.pieces.values() for k, v in piece.valeurs.items()} if pack else {}
    found: dict[str, str | None] = {}
    for role, name in now.items():
        value = said.get(NAMED[role], "")
        same = name is not None and curly(name) == value
        found[role] = name if same or not value or "…" in value else value
    return found


def _sent(workspace: Workspace, data: Data, membre: Membre | None, pack: Pack | None) -> list[Envoi]:
    """Return what the records say of the sending of a pack."""
    if membre is None or pack is None:
        return []
    ours = [one for one in membre.envois if one.edition == pack.receipt.edition]
    return [one for one in ours if withdrawals.folder(workspace, data, membre, one) == pack.folder]


def _membre(data: Data, pack: Pack | None) -> Membre | None:
    return next((m for m in data.membres if pack and m.id == pack.receipt.membre), None)


def record(workspace: Workspace, data: Data, verdict: Verdict) -> tuple[str, Path, bool]:
    """Keep the file beside the pack and note the signature in the member's record; return what it is, and where.

    The last is whether it is noted now: once it is, nothing more is written. Raises `ProblemsFound` when it is not
    signed by all, by those whom the pack names, or is not what was sent last; nothing is then written.
    """
    membre = _membre(data, verdict.pack)
    if refused := _not_recordable(membre, verdict):
        raise ProblemsFound([Diagnostic(Place(verdict.file.name), "signature-incomplete", *refused)])
    assert membre
    assert verdict.pack
    assert verdict.signed_on
    receipt = verdict.pack.receipt
    with publish.locked(workspace.output):
        ours = [sent for sent in membre.envois if sent.edition == receipt.edition and sent.signe_le]
        noted = [sent for sent in ours if sent.document is None or sent.document in receipt.pieces]
        kept = _kept(verdict.pack.folder, receipt, verdict.data)
        new = not kept.exists()
        if noted and not new:
            return noted[-1].document or sendings.WHOLE, kept, False
        if new:
            publish.replace(kept, verdict.data)
        try:
            day = here(verdict.signed_on, data.syndicat).date()
            document = sendings.signed(workspace, receipt.membre, day, receipt.edition, receipt.pieces)
        except BaseException:
            if new:
                kept.unlink()
            raise
    return document, kept, True


def _not_recordable(membre: Membre | None, verdict: Verdict) -> tuple[str, str] | None:
    """Return why the signature cannot be noted, and what to do; None when it can."""
    if membre is None or verdict.pack is None:
        return "ce fichier n'est le pack d'aucun membre des fiches", "Êtes-vous dans le bon dossier ?"
    if verdict.taken_back:
        hint = "S'il vaut quand même, effacez « retire_le » et « motif » de cet envoi, dans la fiche."
        return f"cet envoi a été {verdict.withdrawn}", hint
    if verdict.facts.projet:
        return "ce fichier porte PROJET : il n'était pas à signer", "Fabriquez et envoyez le pack, une fois exécutoire."
    if verdict.strangers:
        named = " ; ".join(
            f"« {s.name} » a signé {s.field}, où l'on attend {verdict.expected[signer_of(s.field)] or 'quelqu’un'}"
            for s in verdict.strangers
        )
        hint = "Le pack nomme qui le signe : retirez cet envoi (docgen record withdrawn), corrigez la fiche, renvoyez."
        return named, hint
    if not verdict.by_all:
        return "ce fichier n'est pas signé par tous, ou a été modifié", "Voyez ci-dessus ce qui manque."
    if not verdict.pack.current:
        hint = "Comparez-le à la fiche ; si c'est bien ce qui a été convenu : docgen record signed MEMBRE DATE."
        return "ce fichier est signé, mais c'est une version antérieure à la fiche d'aujourd'hui", hint
    if verdict.signed_on is None:
        return "ce fichier ne dit pas quand chacun l'a signé", "docgen record signed MEMBRE DATE"
    return None


def _kept(folder: Path, receipt: Receipt, data: bytes) -> Path:
    """Return where the signed file is kept: beside the pack, under a name that nothing else has."""
    stem, number = receipt.pack.removesuffix(".pdf"), 1
    path = folder / f"{stem}.signe.pdf"
    while path.exists() and path.read_bytes() != data:
        number += 1
        path = folder / f"{stem}.signe-{number}.pdf"
    return path


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > untrusted.MAX_BYTES:
            raise Unreadable(f"le fichier est trop gros : plus de {untrusted.MAX_BYTES // 1024**2} Mo")
        return file.read_bytes()
    except OSError:
        raise Unreadable("le fichier n'existe pas, ou ne peut pas être lu") from None


def _packs(workspace: Workspace, data: Data) -> Iterator[Pack]:
    """Yield all that docgen made: what lies in the output, and what was sent, even if it lies there no more."""
    for path in sorted(workspace.output.glob(f"*/*/{receipts.NAME}")):
        if receipt := receipts.read(path.parent):
            named = [receipt.pack] if receipt.membre else [n for n in receipt.fichiers if n.endswith(".pdf")]
            yield from (Pack(receipt, path.parent, name) for name in named if name in receipt.fichiers)
    for sent in data.expeditions:
        receipt = receipts.of(sent)
        if receipt and receipt.pack in receipt.fichiers:
            folder = workspace.packs(sent.edition) / receipts.folder_name(sent.membre, sent.rang)
            yield Pack(receipt, folder, receipt.pack, envoye_le=sent.envoye_le)


def _by_beginning(data: bytes, packs: Sequence[Pack]) -> tuple[Pack | None, int]:
    """Return the pack that the file begins with, and its size; the file is read through once for all sizes."""
    known: dict[tuple[int, str], Pack] = {}
    for pack in packs:
        made = pack.receipt.fichiers[pack.fichier]
        for fichier in (*pack.receipt.precedents, made):
            if fichier.taille <= len(data):
                known[_key(fichier)] = replace(pack, current=fichier is made)
    digest, done = hashlib.sha256(), 0
    for size in sorted({size for size, _ in known}):
        digest.update(memoryview(data)[done:size])
        done = size
        if found := known.get((size, digest.hexdigest())):
            return found, size
    return None, 0


def _key(fichier: Fichier) -> tuple[int, str]:
    return fichier.taille, fichier.sha256


def _by_identifier(said: str, packs: Sequence[Pack]) -> tuple[Pack | None, bytes | None]:
    """Return the pack that a file says it is, and that pack as it stands; another program wrote the file anew."""
    for pack in sorted(packs, key=lambda one: (one.receipt.identifiant != said, one.envoye_le is None)):
        if said.rsplit("/", 1)[0] == f"{pack.receipt.edition}/{pack.receipt.membre}":
            standing = pack.folder / pack.fichier
            same = said == pack.receipt.identifiant and standing.is_file()
            return replace(pack, current=same), standing.read_bytes() if same else None
    return None, None


def _facts(data: bytes, original: bytes | None) -> Facts:
    returned = signed.read(data, original)
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf, pikepdf.open(io.BytesIO(original or data)) as first:
            metadata = pdf.Root.get("/Metadata")
            packet = metadata.read_bytes() if isinstance(metadata, pikepdf.Stream) else b""
            said = IDENTIFIER.search(packet.decode("utf-8", "replace"))
            fields, _ = version.fields_of(first)
            return Facts(
                returned,
                dict(_labels(pdf)),
                frozenset(name for name, field in fields.items() if field.kind == "/Sig"),
                str(pdf.docinfo.get("/Title", "")).startswith("PROJET"),
                said[1] if said else "",
                pdftext.squeezed("".join(pdftext.page_texts(data)))[:MAX_TEXT],
            )
    except Exception as error:  # the file may be made to break whoever reads it
        raise Unreadable(f"le PDF est abîmé ou piégé ({type(error).__name__})") from error


def _labels(pdf: pikepdf.Pdf) -> Iterator[tuple[str, str]]:
    form = pdf.Root.get("/AcroForm", pikepdf.Dictionary())
    for field in form.get("/Fields", pikepdf.Array()).as_list():
        name, label = field.get("/T"), field.get("/TU")
        if isinstance(name, pikepdf.String) and isinstance(label, pikepdf.String):
            yield untrusted.clean(str(name)), untrusted.clean(str(label))


def _in_another_process(data: bytes, original: bytes | None) -> Facts:
    """Read the file where it can be given up: it may be made to last, or to take all memory."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(theirs, data, original), daemon=True)
    process.start()
    theirs.close()
    try:
        found = ours.recv() if ours.poll(SECONDS) else Unreadable("le PDF est piégé : sa lecture ne finit pas")
    except EOFError:
        found = Unreadable("le PDF est piégé : sa lecture s'est arrêtée")
    finally:
        process.kill()
        process.join()
    if isinstance(found, Unreadable):
        raise found
    assert isinstance(found, Facts)
    return found


def _answer(pipe: Connection, data: bytes, original: bytes | None) -> None:
    try:
        pipe.send(_facts(data, original))
    except Unreadable as error:
        pipe.send(error)
