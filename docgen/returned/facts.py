"""What a file says, read in a process of its own: it may be made to last, or to take all memory."""

from __future__ import annotations

import io
import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection

import pikepdf
import pypdfium2

from docgen.pdf import pdftext
from docgen.returned import properties, scanned, signed, untrusted, version
from docgen.returned.signed import Returned
from docgen.returned.untrusted import Unreadable

SECONDS = 300
"""A file made to last is given up after that; a scan of ten pages takes Tesseract half a minute."""
MAX_TEXT = 1_000_000
"""Characters."""


@dataclass(frozen=True)
class Facts:
    """What a file says, read where it can do no harm."""

    returned: Returned
    labels: dict[str, str]
    """What each field is for, by its name, as it was made."""
    places: frozenset[str]
    """The signature fields that it had when it was made; one put there later is nobody's place."""
    identifiant: str
    """What it says it is; nothing when it says nothing."""
    projet: bool
    """Whether the title that it was made with says PROJET."""
    pages: tuple[str, ...]
    """The words of its pages, cut; of a scan, as its scanner or Tesseract read them."""
    read: bool
    """Whether the words of a scan are those of Tesseract."""

    @property
    def text(self) -> str:
        """All its words, without spaces."""
        return pdftext.squeezed("".join(self.pages))[:MAX_TEXT]


def _facts(data: bytes, original: bytes | None) -> Facts:
    returned = signed.read(data, original)
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf, pikepdf.open(io.BytesIO(original or data)) as first:
            fields, _ = version.fields_of(first)
            return Facts(
                returned,
                dict(_labels(first)),
                frozenset(name for name, field in fields.items() if field.kind == "/Sig"),
                properties.xmp(pdf).get(properties.IDENTIFIER, "")[:300],
                str(first.docinfo.get("/Title", "")).startswith("PROJET"),
                *_words(data, returned.scanned),
            )
    except Exception as error:  # the file may be made to break whoever reads it
        raise Unreadable(f"le PDF est abîmé ou piégé ({type(error).__name__})") from error


def _words(data: bytes, is_scan: bool) -> tuple[tuple[str, ...], bool]:
    with pypdfium2.PdfDocument(data) as document:
        texts = [pdftext.page_text(page) for page in document]
        if is_scan and not any(text.strip() for text in texts) and (read := scanned.read_pages(document)):
            return tuple(text[:MAX_TEXT] for text in read), True
    return tuple(text[:MAX_TEXT] for text in texts), False


def _labels(pdf: pikepdf.Pdf) -> Iterator[tuple[str, str]]:
    form = pdf.Root.get("/AcroForm", pikepdf.Dictionary())
    for field in form.get("/Fields", pikepdf.Array()).as_list():
        name, label = field.get("/T"), field.get("/TU")
        if isinstance(name, pikepdf.String) and isinstance(label, pikepdf.String):
            yield untrusted.clean(str(name)), untrusted.clean(str(label))


def read(data: bytes, original: bytes | None) -> Facts:
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
