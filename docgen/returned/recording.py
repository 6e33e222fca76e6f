"""Keep a file that came back signed by all, and note it in the records: both, or neither."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from docgen import publish
from docgen.actes import write_back
from docgen.actes.known import Known, find
from docgen.diagnostics import Diagnostic, Place, ProblemsFound
from docgen.model.fiches import Membre
from docgen.packs import sendings
from docgen.packs.receipts import Receipt
from docgen.pdf.signatures import here
from docgen.records.workspace import Data, Workspace
from docgen.returned.signers import Signature
from docgen.returned.verify import Verdict
from docgen.word.meaning import signer_of


def record(workspace: Workspace, data: Data, verdict: Verdict, malgre: str = "") -> tuple[str, Path, bool]:
    """Keep the file beside what was made and note the signature in the records; return what it is, and where.

    The last is whether it is noted now: once it is, nothing more is written. `malgre` says why a doubtful day or
    certificate is admitted: it is written beside the date. Raises `ProblemsFound` when it is not signed by all, by
    those whom it names, or is not what was sent last; nothing is then written.
    """
    act = verdict.pack.act(data) if verdict.pack else None
    membre = next((m for m in data.membres if verdict.pack and m.id == verdict.pack.receipt.membre), None)
    if refused := _not_recordable(membre, act, verdict, malgre):
        raise ProblemsFound([Diagnostic(Place(verdict.file.name), "signature-incomplete", *refused)])
    assert verdict.pack
    assert verdict.signed_on
    day = here(verdict.signed_on, data.syndicat).date()
    with publish.locked(workspace.output):
        kept = _kept(verdict.pack.folder, verdict.pack.fichier, verdict.data)
        new = not kept.exists()
        if new:
            publish.replace(kept, verdict.data)
        try:
            if act:
                noted = write_back.signed(workspace, act.acte.numero, day, malgre)
                return f"délibération n° {act.acte.numero}", kept, noted
            assert membre
            return _note(workspace, membre, verdict.pack.receipt, day, malgre, new), kept, new
        except _AlreadyNoted as error:
            return str(error), kept, False
        except BaseException:
            if new:
                kept.unlink()
            raise


def of_act(data: Data, verdict: Verdict, numero: str) -> None:
    """Raise `ProblemsFound` unless the file is the act of that number."""
    act = verdict.pack.act(data) if verdict.pack else None
    wanted = find(data, numero)
    if act is None or act.acte is not wanted.acte:
        what = f"la délibération n° {act.acte.numero}" if act else "un autre fichier"
        said = f"ce n'est pas la délibération n° {numero} que docgen a fabriquée : c'est {what}"
        hint = "Prenez le fichier que le parapheur a rendu, tel quel ; « docgen verify » dit ce qu'il est."
        raise ProblemsFound([Diagnostic(Place(verdict.file.name), "signature-incomplete", said, hint)])


class _AlreadyNoted(Exception):
    """The document that a member's record says to be signed already."""


def _note(workspace: Workspace, membre: Membre, receipt: Receipt, day: date, malgre: str, new: bool) -> str:
    ours = [sent for sent in membre.envois if sent.edition == receipt.edition and sent.signe_le]
    noted = [sent for sent in ours if sent.document is None or sent.document in receipt.pieces]
    if noted and not new:
        raise _AlreadyNoted(noted[-1].document or sendings.WHOLE)
    return sendings.signed(workspace, receipt.membre, day, receipt.edition, receipt.pieces, malgre)


def _not_recordable(membre: Membre | None, act: Known | None, verdict: Verdict, malgre: str) -> tuple[str, str] | None:
    """Return why the signature cannot be noted, and what to do; None when it can."""
    if (membre is None and act is None) or verdict.pack is None:
        return "ce fichier n'est ni le pack d'un membre des fiches, ni un acte", "Êtes-vous dans le bon dossier ?"
    if verdict.taken_back:
        hint = "S'il vaut quand même, effacez « retire_le » et « motif » de cet envoi, dans la fiche."
        return f"cet envoi a été {verdict.withdrawn}", hint
    if verdict.projet:
        return "ce fichier porte PROJET : il n'était pas à signer", "Fabriquez et envoyez le pack, une fois exécutoire."
    if verdict.strangers:
        hint = "Le pack nomme qui le signe : retirez cet envoi (docgen record withdrawn), corrigez la fiche, renvoyez."
        return " ; ".join(_stranger(verdict, one) for one in verdict.strangers), hint
    if not verdict.by_all:
        return "ce fichier n'est pas signé par tous, ou a été modifié", "Voyez ci-dessus ce qui manque."
    if not verdict.pack.current and act:
        hint = "Faites signer l'acte tel qu'il est aujourd'hui, ou remettez la fiche de la séance comme elle était."
        return "l'acte a été refait depuis : celui qui revient signé n'est plus celui d'aujourd'hui", hint
    if not verdict.pack.current:
        hint = "Comparez-le à la fiche ; si c'est bien ce qui a été convenu : docgen record signed MEMBRE DATE."
        return "ce fichier est signé, mais c'est une version antérieure à la fiche d'aujourd'hui", hint
    if verdict.signed_on is None:
        return "ce fichier ne dit pas quand chacun l'a signé", "docgen record signed MEMBRE DATE"
    if verdict.doubts and not malgre:
        hint = "Faites-le signer de nouveau ; s'il vaut quand même, ajoutez --malgre « POURQUOI », qui sera noté."
        return " ; ".join(verdict.doubts), hint
    return None


def _stranger(verdict: Verdict, signature: Signature) -> str:
    role = signer_of(signature.field)
    if role not in verdict.expected:
        return f"« {signature.name} » a signé {signature.field}, où l'on n'attend personne"
    return f"« {signature.name} » a signé {signature.field}, où l'on attend {verdict.expected[role] or 'quelqu’un'}"


def _kept(folder: Path, fichier: str, data: bytes) -> Path:
    """Return where the signed file is kept: beside what was made, under a name that nothing else has."""
    stem, number = fichier.removesuffix(".pdf"), 1
    path = folder / f"{stem}.signe.pdf"
    while path.exists() and path.read_bytes() != data:
        number += 1
        path = folder / f"{stem}.signe-{number}.pdf"
    return path
