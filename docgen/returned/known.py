"""Which of the files that docgen made a returned file is: by its first bytes, by its identifier, by its words."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from docgen.actes import transmissions
from docgen.actes.known import FOLDER, Known, act_of
from docgen.packs import receipts
from docgen.packs.receipts import Fichier, Receipt
from docgen.pdf.pdftext import page_texts
from docgen.records.workspace import Data, Workspace

SAME = 0.85
"""The share of its words that makes a page the same page, in a file that another program wrote."""


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

    @property
    def path(self) -> Path:
        """Where it lies, if it still does."""
        return self.folder / self.fichier

    @property
    def earlier(self) -> tuple[Fichier, ...]:
        """What stood there before: one of them may come back signed."""
        signed = self.receipt.membre or self.fichier == f"deliberation-{self.folder.name}.pdf"
        return self.receipt.precedents if signed else ()

    def act(self, data: Data) -> Known | None:
        """Return the act that it is, with who signs it; None when it is none."""
        folder = self.folder
        ours = folder.parent.name == FOLDER and self.fichier == f"deliberation-{folder.name}.pdf"
        return act_of(data, folder.name) if ours else None

    def original(self) -> bytes | None:
        """Return it as it was made; None when it lies there no more, or otherwise."""
        data = self.path.read_bytes() if self.path.is_file() else b""
        return data if receipts.describe(data) == self.receipt.fichiers[self.fichier] else None


def packs(workspace: Workspace, data: Data) -> Iterator[Pack]:
    """Yield all that docgen made: what lies in the output, and what was sent, even if it lies there no more."""
    for path in sorted(workspace.output.glob(f"*/*/{receipts.NAME}")):
        if receipt := receipts.read(path.parent):
            named = [receipt.pack] if receipt.membre else [n for n in receipt.fichiers if n.endswith(".pdf")]
            yield from (Pack(receipt, path.parent, name) for name in named if name in receipt.fichiers)
    for name, act in transmissions.all_of(workspace.root):
        files = {file: Fichier(sha256=one.sha256, taille=one.taille) for file, one in act.fichiers.items()}
        receipt = Receipt(
            membre="", edition="", moteur={}, pieces={}, titre=act.numero, projet=False, manque=(), blancs=(),
            fichiers=files,
        )  # fmt: skip
        folder = workspace.output / FOLDER / name
        yield from (Pack(receipt, folder, file, envoye_le=act.transmise_le) for file in files)
    for sent in data.expeditions:
        receipt = receipts.of(sent)
        if receipt and receipt.pack in receipt.fichiers:
            folder = workspace.packs(sent.edition) / receipts.folder_name(sent.membre, sent.rang)
            yield Pack(receipt, folder, receipt.pack, envoye_le=sent.envoye_le)


def by_beginning(data: bytes, packs: Sequence[Pack]) -> tuple[Pack | None, int]:
    """Return the pack that the file begins with, and its size; the file is read through once for all sizes."""
    known: dict[tuple[int, str], Pack] = {}
    for pack in packs:
        made = pack.receipt.fichiers[pack.fichier]
        for fichier in (*pack.earlier, made):
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


def by_identifier(said: str, packs: Sequence[Pack]) -> tuple[Pack | None, bytes | None]:
    """Return the pack that a file says it is, and that pack as it stands; another program wrote the file anew."""
    for pack in sorted(packs, key=lambda one: (one.receipt.identifiant != said, one.envoye_le is None)):
        if pack.receipt.membre and said.rsplit("/", 1)[0] == f"{pack.receipt.edition}/{pack.receipt.membre}":
            original = pack.original() if said == pack.receipt.identifiant else None
            return replace(pack, current=original is not None), original
    return None, None


def by_words(pages: Sequence[str], membre: str, packs: Sequence[Pack], share: float) -> tuple[Pack, bytes] | None:
    """Return the pack of a member whose pages are, for that share at least, among these, by nearly all their words."""
    read = [Counter(page.split()) for page in pages]
    best: tuple[float, Pack, bytes] | None = None
    for pack in packs:
        if pack.receipt.membre != membre or not (original := pack.original()):
            continue
        mine = [Counter(page.split()) for page in page_texts(original)]
        found = sum(any(_alike(page, one) for one in read) for page in mine) / max(1, len(mine))
        if found >= share and (best is None or found > best[0]):
            best = found, pack, original
    return (best[1], best[2]) if best else None


def _alike(one: Counter[str], other: Counter[str]) -> bool:
    return (one & other).total() >= SAME * max(one.total(), other.total(), 1)


def of_member(membre: str, packs: Sequence[Pack]) -> Pack | None:
    """Return what a member is most likely to send back: what was sent to it last, else what stands."""
    mine = [pack for pack in packs if pack.receipt.membre == membre and not pack.receipt.projet]
    return max(mine, key=lambda pack: (pack.envoye_le or date.min, pack.receipt.edition), default=None)
