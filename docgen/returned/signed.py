"""What was filled in and signed in a PDF since it was made; tells, never trusts.

Three readers see the file: qpdf its objects, pdfium what it shows, pyHanko its signatures. Nothing is fetched: no
network, no file.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

from docgen.returned import looks, signers, tampering, version
from docgen.returned.signers import Signature
from docgen.returned.untrusted import Unreadable, french


@dataclass(frozen=True)
class Returned:
    """What came back."""

    pages: int
    signatures: tuple[Signature, ...]
    """In order of signing."""
    unsigned: tuple[str, ...]
    """The signature fields that are still empty."""
    filled: dict[str, str]
    """The text fields that have a value."""
    after: dict[str, str]
    """Of those that were filled in after a signature, whose, the last."""
    empty: tuple[str, ...]
    changes: tuple[str, ...]
    """What should not have changed since the original, or since the first signature when no original is given."""
    remarks: tuple[str, ...]
    """What is good to know, and keeps nothing from being accepted."""
    stamps: dict[str, str]
    """The words that each signature shows on its page."""
    scanned: bool
    """Whether every page is an image, with no text but what an OCR laid under it."""
    rewritten: bool
    """Whether the original is not the beginning of the file: a viewer wrote it all anew, or it is another file."""


def read(data: bytes, original: bytes | None = None) -> Returned:
    """Return what became of a PDF: `original` is what docgen made.

    Raises `Unreadable` for what is not a whole and harmless PDF.
    """
    try:
        with ExitStack() as stack:
            now = stack.enter_context(version.view(data))
            signatures = signers.signatures_of(data, now.fields)
            rewritten = original is not None and not data.startswith(original)
            scanned = (original is None or rewritten) and all(version.is_scan(page) for page in now.document)
            first = original if original is not None else next((data[:end] for _, end in signatures if end), data)
            changes: list[str] = []
            if first != data and not scanned:
                before = stack.enter_context(version.view(first))
                changes += tampering.changes(before, now, rewritten)
                changes += tampering.shown_otherwise(before, now)
            said, after = tampering.since_signatures(data, now, signatures)
            changes += said
            texts = {name: f.value for name, f in now.fields.items() if f.kind in ("/Tx", "/Ch")}
            return Returned(
                pages=len(now.texts),
                signatures=tuple(signature for signature, _ in signatures),
                unsigned=tuple(name for name, f in now.fields.items() if f.kind == "/Sig" and not f.value),
                filled={name: value for name, value in texts.items() if value.strip()},
                after={name: who for name, who in after.items() if name in texts},
                empty=tuple(name for name, value in texts.items() if not value.strip()),
                changes=tuple(map(french, tampering.together(changes))),
                remarks=tuple(map(french, tampering.archived_no_more(now))),
                stamps={
                    name: words
                    for name, f in now.fields.items()
                    if f.kind == "/Sig" and f.value
                    if (words := " ".join(look.words for look in map(looks.of, f.widgets)).strip())
                },
                scanned=scanned,
                rewritten=rewritten,
            )
    except Unreadable:
        raise
    except Exception as error:  # three parsers, and a file that may be made to break them
        raise Unreadable(f"le PDF est abîmé ou piégé : il ne se laisse pas lire ({type(error).__name__})") from error
