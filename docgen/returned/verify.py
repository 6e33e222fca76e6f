"""A file that comes back: which pack or act it is, what became of it, what is still missing.

The first revision of a pack that was only filled in and signed is, byte for byte, what docgen made: its receipt tells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from docgen.champs.pack import curly
from docgen.diagnostics import DocgenError
from docgen.law.delais import too_early
from docgen.model.fiches import Envoi, Membre
from docgen.packs import withdrawn as withdrawals
from docgen.pdf import pdftext
from docgen.pdf.signatures import same_person, signataires
from docgen.records.expeditions import receipt_of, too_soon
from docgen.records.workspace import Data, Workspace, load_edition
from docgen.returned import facts, known, moments, scanned, typed, untrusted
from docgen.returned.facts import Facts
from docgen.returned.known import Pack
from docgen.returned.signed import Returned
from docgen.returned.signers import Signature
from docgen.returned.untrusted import Unreadable
from docgen.word.meaning import signer_of

NAMED = {"syndicat": "syndicat.representant.nom", "membre": "representant.nom"}
"""The fields that print who signs."""
WORD_FOR_WORD = 0.5
"""The share of a pack's pages that a file without its identifier holds, for it to be that pack."""


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
    projet: bool = False
    """Whether it is a PROJET: it was not to be signed."""
    succeeded: tuple[str, ...] = ()
    """Who signs now, since what was sent names another."""
    withdrawn: str = ""
    """Why what was sent is withdrawn."""
    taken_back: bool = False
    """Whether the clerk took that sending back."""
    clue: str = ""
    """The member whose SIRET it bears, when docgen does not know it: a scan, a pack printed anew. It proves nothing."""
    typed: tuple[str, ...] = ()
    """What is wrong in the blanks that bind: quantities, choices, amounts."""
    doubts: tuple[str, ...] = ()
    """What is wrong with the day or the certificate of a signature."""
    read: tuple[str, ...] = ()
    """What a scan shows otherwise than what was sent."""

    @property
    def returned(self) -> Returned:
        """What was filled in, signed, changed."""
        return self.facts.returned

    @property
    def people(self) -> list[Signature]:
        """The signatures of people; a timestamp of the whole file is nobody's."""
        return [signature for signature in self.returned.signatures if not signature.service]

    @property
    def broken(self) -> bool:
        """Whether it was signed, then written anew by another program: nothing proves the signatures any more."""
        written_anew = not self.exact and self.returned.rewritten and not self.returned.changes
        return written_anew and any(signature.problem for signature in self.returned.signatures)

    @property
    def faults(self) -> tuple[str, ...]:
        """What should not be: changes, blanks that were badly filled in, signatures that do not hold."""
        broken = [f"{s.field} : {s.problem}" for s in self.returned.signatures if s.problem]
        return (*self.returned.changes, *self.typed, *broken)

    @property
    def strangers(self) -> tuple[Signature, ...]:
        """The signatures whose certificate bears another name than that of who is to sign there, or of nobody."""
        found = []
        for signature in self.people:
            role = signer_of(signature.field)
            names = [self.expected[role]] if role in self.expected else list(self.expected.values())
            if names and not any(same_person(signature.name, name) for name in names):
                found.append(signature)
        return tuple(found)

    @property
    def elsewhere(self) -> tuple[Signature, ...]:
        """The signatures of those who are to sign, but in a place that the document did not have for them."""
        places = self.facts.places
        return tuple(s for s in self.people if places and s.field not in places and s not in self.strangers)

    @property
    def missing(self) -> tuple[str, ...]:
        """The places of the document that are still to be signed."""
        return tuple(name for name in self.returned.unsigned if name in self.facts.places or not self.facts.places)

    @property
    def by_all(self) -> bool:
        """Whether it is one of our documents, as it was sent, signed everywhere, as it should be, by whom it should."""
        held = {signature.field for signature in self.people if signature.intact and signature.covers_whole}
        whole = self.exact and not self.projet and bool(self.facts.places) and self.facts.places <= held
        return whole and not self.faults and not self.strangers and not self.elsewhere

    @property
    def signed_on(self) -> datetime | None:
        """The moment of the last signature; None when one of them has none."""
        moments_ = [signature.when for signature in self.people if signature.when]
        return max(moments_) if moments_ and len(moments_) == len(self.people) else None


def examine(workspace: Workspace, data: Data, file: Path) -> Verdict:
    """Return what a file is. Raises `Unreadable` when it cannot be judged."""
    try:
        content = _read(file)
        found, exact, said, clue = _recognised(content, list(known.packs(workspace, data)), data)
    except Unreadable as error:
        raise Unreadable(f"{file.name} : {error}") from None
    membre = next((m for m in data.membres if found and m.id == found.receipt.membre), None)
    act = found.act(data) if found else None
    people = signataires(data.syndicat, membre) if membre else {}
    now = {role: person.nom for role, person in people.items()}
    expected = act.signataires if act else _printed(found, now)
    succeeded = () if act else tuple(
        f"{now[role]} pour le {role}" for role, name in expected.items() if now[role] not in (None, name)
    )  # fmt: skip
    sent = _sent(workspace, data, membre, found)
    why = (withdrawals.why(membre, one, data.edition) for one in sent) if membre else iter(())
    verdict = Verdict(
        file, content, found, exact, said, expected, _is_projet(found, said), succeeded,
        next((one for one in why if one), ""), any(one.retire_le for one in sent), clue,
        typed=tuple(map(untrusted.french, _typed(workspace, data, membre, found, said))),
    )  # fmt: skip
    awaits = act.too_early if act else (lambda day: _too_early(day, workspace, data, membre, found, sent))
    left = min((one.envoye_le for one in sent), default=found.envoye_le if found else None)
    doubts = moments.doubts(verdict.people, data.syndicat, left, awaits, datetime.now(UTC))
    verdict = replace(verdict, doubts=tuple(map(untrusted.french, doubts)) if found else ())
    return replace(verdict, read=tuple(map(untrusted.french, _scan(verdict, workspace, data))))


def _recognised(content: bytes, packs: Sequence[Pack], data: Data) -> tuple[Pack | None, bool, Facts, str]:
    """Return what a file is, whether it begins with exactly that, what it says, and whose SIRET it bears."""
    found, size = known.by_beginning(content, packs)
    if found:
        return found, True, facts.read(content, content[:size]), ""
    said = facts.read(content, None)
    found, original = known.by_identifier(said.identifiant, packs)
    clue = "" if found else next((m.id for m in data.membres if m.siret in said.text), "")
    if clue and not said.returned.scanned and (printed := known.by_words(said.pages, clue, packs, WORD_FOR_WORD)):
        found, original = printed
    if original:
        again = facts.read(content, original)
        return found, False, replace(again, pages=said.pages, read=said.read), clue
    return found, False, said, clue


def _is_projet(pack: Pack | None, said: Facts) -> bool:
    """Tell whether a file is a PROJET: its receipt knows, whatever title it came back with."""
    return said.projet or bool(pack and pack.current and pack.receipt.projet)


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


def _too_early(
    day: date, workspace: Workspace, data: Data, membre: Membre | None, pack: Pack | None, sent: Sequence[Envoi]
) -> str:
    """Return why nothing could be signed that day: by the acts of the sending, else by those of today."""
    if membre is None or pack is None:
        return ""
    if sent:
        return too_soon(day, sent[0], membre, receipt_of(membre.id, sent[0], data.expeditions), data.votes)
    try:
        act = load_edition(workspace, pack.receipt.edition, data.votes).deliberation
    except DocgenError:
        return ""
    return too_early(day, act, membre.habilitation)


def _typed(workspace: Workspace, data: Data, membre: Membre | None, pack: Pack | None, said: Facts) -> Iterator[str]:
    returned = said.returned
    if membre is None or pack is None or not any(map(typed.binding, (*returned.filled, *returned.empty))):
        return
    try:
        edition = load_edition(workspace, pack.receipt.edition, data.votes)
    except DocgenError as error:
        yield f"ce qui a été tapé ne peut pas être vérifié : {error}"
        return
    signed = any(not signature.service for signature in returned.signatures)
    blanks = (returned.filled, returned.after, returned.empty)
    yield from typed.faults(pack.receipt, edition, data.syndicat, membre, *blanks, signed)


def _scan(verdict: Verdict, workspace: Workspace, data: Data) -> Iterator[str]:
    """Yield what a scan shows otherwise than what was sent to the member whose SIRET it bears."""
    if not verdict.returned.scanned or not any(page.strip() for page in verdict.facts.pages):
        return
    whose = verdict.clue or (verdict.pack.receipt.membre if verdict.pack else "")
    pack = known.of_member(whose, list(known.packs(workspace, data))) if whose else None
    if pack and (original := pack.original()):
        yield from scanned.compare(pdftext.page_texts(original), verdict.facts.pages)


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > untrusted.MAX_BYTES:
            raise Unreadable(f"le fichier est trop gros : plus de {untrusted.MAX_BYTES // 1024**2} Mo")
        return file.read_bytes()
    except OSError:
        raise Unreadable("le fichier n'existe pas, ou ne peut pas être lu") from None
