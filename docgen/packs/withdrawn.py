"""What was sent and is withdrawn (taken back, replaced by a later edition that is exécutoire), or lost."""

from __future__ import annotations

from pathlib import Path

from docgen import formats, publish
from docgen.law import contrats
from docgen.model.edition import Edition
from docgen.model.fiches import Envoi, Membre
from docgen.packs import receipts
from docgen.records.expeditions import receipt_of
from docgen.records.workspace import Data, Workspace, today

NOTE = "RETIRE.txt"


def why(membre: Membre, sent: Envoi, edition: Edition) -> str:
    """Return why what was sent to a member is withdrawn; nothing while it may be signed, or once it was.

    `edition` is the latest one: until its act is exécutoire, what was sent before stands.
    """
    if sent.retire_le:
        motif = f" : {sent.motif}" if sent.motif else ""
        return f"retiré le {formats.short_date(sent.retire_le)}{motif}"
    since = edition.deliberation.executoire_le
    replaced = sent.edition < edition.edition and since is not None and since <= today()
    holds = any(contrats.binds(one) for one in membre.histoire)
    if not replaced or holds or contrats.binds(sent):
        return ""
    return f"remplacé par celui de l'édition {edition.edition}"


def mark(workspace: Workspace, data: Data, membre: Membre) -> None:
    """Say in the folders of what was sent to a member which are withdrawn; none is deleted. Raises `CannotWrite`."""
    for sent in membre.envois:
        note = folder(workspace, data, membre, sent) / NOTE
        reason = why(membre, sent, data.edition)
        if not reason:
            note.unlink(missing_ok=True)
            continue
        said = f"Pack {reason}. Ne pas faire signer.\n".encode()
        if note.parent.is_dir() and not (note.exists() and note.read_bytes() == said):
            publish.replace(note, said)


def lost(workspace: Workspace, data: Data) -> list[str]:
    """Return the packs that were sent and do not lie in the output any more, each with its member and its day."""
    found = []
    for sent in data.expeditions:
        receipt = receipts.of(sent)
        kept = workspace.packs(sent.edition) / receipts.folder_name(sent.membre, sent.rang)
        if receipt and not (kept / receipt.pack).exists():
            found.append(f"{sent.membre} : {receipt.pack}, envoyé le {formats.short_date(sent.envoye_le)}")
    return found


def folder(workspace: Workspace, data: Data, membre: Membre, sent: Envoi) -> Path:
    """Return the folder of what was sent; of two sendings of one day, the first is that of the lower rank."""
    same = [one for one in membre.envois if _key(one) == _key(sent)]
    nth = next(number for number, one in enumerate(same) if one is sent)
    proofs = sorted(proof.rang for proof in data.expeditions if receipt_of(membre.id, sent, [proof]))
    rang = proofs[min(nth, len(proofs) - 1)] if proofs else 1
    return workspace.packs(sent.edition) / receipts.folder_name(membre.id, rang)


def _key(sent: Envoi) -> tuple[object, ...]:
    return sent.edition, sent.envoye_le, sent.document
