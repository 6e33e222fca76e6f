"""Who signed a PDF, as pyHanko judges each signature; nothing is fetched: whom to trust is not for it to say."""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import (
    DocumentTimestampStatus,
    PdfSignatureStatus,
    SignatureCoverageLevel,
    TimestampSignatureStatus,
)
from pyhanko_certvalidator import ValidationContext

from docgen.returned.filling import POLICY
from docgen.returned.untrusted import Unreadable, clean, french, is_whole
from docgen.returned.version import Field

MAX_REVISIONS = 60
for _name in ("pyhanko", "pyhanko_certvalidator"):  # they log what they find wrong, and it is told here
    logging.getLogger(_name).addHandler(logging.NullHandler())


@dataclass(frozen=True)
class Signature:
    """One signature, as far as the file alone can tell."""

    field: str
    name: str = ""
    """Of the signer, as the certificate has it: anybody can make one in any name."""
    issuer: str = ""
    """Of the certificate."""
    since: datetime | None = None
    """From when the certificate is valid."""
    until: datetime | None = None
    """Until when."""
    self_signed: bool = False
    """Whether nobody but the signer vouches for the certificate."""
    key: str = ""
    """The fingerprint of the key of the certificate."""
    when: datetime | None = None
    """With its time zone. By the clock of the signer's computer, unless `horodatage`."""
    horodatage: bool = False
    """Whether `when` comes from a timestamp that is intact."""
    service: bool = False
    """Whether it is but a timestamp of the whole file: nobody signs by it."""
    intact: bool = False
    """Whether what it covers is unchanged and the key of the certificate made it."""
    covers_whole: bool = False
    """Whether it covers all that the file was then, and what follows only fills in fields or signs."""
    problem: str = ""


def signatures_of(data: bytes, fields: Mapping[str, Field]) -> list[tuple[Signature, int]]:
    """Return the signatures, each with where the file ended when it was made (0: not known)."""
    found: list[tuple[int, Signature, int]] = []
    broken = ""
    try:
        reader = _reader(data)
        if reader.total_revisions > MAX_REVISIONS:
            raise Unreadable(f"le PDF a été modifié plus de {MAX_REVISIONS} fois sans être enregistré à nouveau")
        for name, _, node in enumerate_sig_fields(reader, filled_status=True):
            found.append(_signature(data, reader, node, name))
    except Unreadable:
        raise
    except Exception as error:  # pyHanko reads less than qpdf: what it refuses is told as not verified
        broken = type(error).__name__
    found.sort(key=lambda row: row[0])
    signatures = [(signature, end) for _, signature, end in found]
    known = {signature.field for signature, _ in signatures}
    for name, signed in fields.items():
        if signed.kind == "/Sig" and signed.value and name not in known:
            signatures.append((_not_read(name, broken or "champ introuvable"), 0))
    return signatures


def _reader(data: bytes) -> PdfFileReader:
    try:
        return PdfFileReader(io.BytesIO(data))
    except Exception:  # strict: some viewers write what is only tolerated
        return PdfFileReader(io.BytesIO(data), strict=False)


def _signature(data: bytes, reader: PdfFileReader, node: Any, name: str) -> tuple[int, Signature, int]:
    """Return a signature between the revision that it signs and where the file then ended (0: not known)."""
    try:
        embedded = EmbeddedPdfSignature(reader, node, name)
        signature = _judged(embedded)
        end = int(embedded.byte_range[2]) + int(embedded.byte_range[3])
    except Exception as error:  # a container of another format, that may be broken in its own ways
        return MAX_REVISIONS, _not_read(name, type(error).__name__), 0
    return embedded.signed_revision, signature, end if signature.intact and is_whole(data[:end]) else 0


def _not_read(name: str, why: str) -> Signature:
    return Signature(clean(name), problem=french(f"la signature ne se laisse pas vérifier ({why})"))


def _judged(embedded: EmbeddedPdfSignature) -> Signature:
    service = embedded.sig_object_type == "/DocTimeStamp"
    clock = None if service else embedded.self_reported_timestamp
    if clock and not clock.tzinfo:
        clock = clock.replace(tzinfo=UTC)
    context = ValidationContext(trust_roots=[], allow_fetching=False, moment=clock)
    status: DocumentTimestampStatus | PdfSignatureStatus
    stamp: TimestampSignatureStatus | None
    if service:
        status = stamp = validate_pdf_timestamp(embedded, context, diff_policy=POLICY)
        whole = isinstance(status.diff_result, DiffResult)
    else:
        status = validate_pdf_signature(embedded, context, diff_policy=POLICY)
        stamp, whole = status.timestamp_validity, bool(status.docmdp_ok)
    if stamp and not (stamp.intact and stamp.valid):
        stamp = None
    intact = status.intact and status.valid
    coverage = status.coverage or SignatureCoverageLevel.UNCLEAR
    covers = coverage >= SignatureCoverageLevel.ENTIRE_REVISION
    certificate = status.signing_cert
    return Signature(
        field=clean(embedded.field_name),
        name=_common_name(certificate.subject),
        issuer=_common_name(certificate.issuer),
        since=certificate.not_valid_before,
        until=certificate.not_valid_after,
        self_signed=certificate.self_signed != "no",
        key=hashlib.sha256(certificate.public_key.dump()).hexdigest(),
        when=stamp.timestamp if stamp else clock,
        horodatage=stamp is not None,
        service=service,
        intact=intact,
        covers_whole=intact and covers and whole,
        problem=french(_problem(status, covers, whole)),
    )


def _problem(status: DocumentTimestampStatus | PdfSignatureStatus, covers: bool, whole: bool) -> str:
    if not status.intact:
        return "ce qui était signé a été modifié depuis"
    if not status.valid:
        return "la signature n'est pas celle de son certificat"
    if not covers:
        return "la signature ne couvre pas tout ce que contenait le fichier"
    if not whole:
        return "après cette signature, le fichier a été modifié autrement qu'en le remplissant ou en le signant"
    if str(status.md_algorithm).lower() in ("md5", "sha1"):
        return f"l'empreinte signée ({status.md_algorithm}) est trop faible"
    return ""


def _common_name(name: x509.Name) -> str:
    parts = name.native
    found = parts.get("common_name") or parts.get("organization_name") or name.human_friendly
    return clean(found if isinstance(found, str) else ", ".join(map(str, found)))
