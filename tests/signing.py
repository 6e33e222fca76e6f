"""A small pack to fill in and sign, people to sign it, and what viewers (and forgers) do to a PDF."""

from __future__ import annotations

import ctypes
import datetime as dt
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import pikepdf
import pypdfium2
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pikepdf import Array, Dictionary, Name, Pdf, String
from pyhanko import stamp
from pyhanko.pdf_utils.content import RawContent
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore
from pypdf import PdfWriter
from pypdfium2 import raw

Forgery = Callable[[PdfWriter], object]
"""What changes a PDF: see `update`."""
WHEN = dt.datetime(2024, 3, 5, 14, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))
LINES = (
    ("Convention d'accès aux services", "Entre le syndicat mixte et la communauté d'agglomération"),
    ("La participation annuelle est de 22 200,00 EUR par an", "Elle est payée au mois de mai de chaque année"),
    ("Annexe 2 : désignation du référent", "Le référent est Madame Durand"),
)
"""Of each page."""
TEXTS = {"champ_lieu_convention": (0, (72, 180, 222, 198)), "champ_date_convention": (0, (300, 180, 420, 198))}
SIGNATURES = {
    "sig_membre_convention": (0, (72, 100, 222, 150)),
    "sig_syndicat_convention": (0, (300, 100, 450, 150)),
    "sig_membre_annexe_2": (2, (72, 100, 222, 150)),
}
"""Of each field, the page and the rectangle."""


@dataclass(frozen=True)
class Person:
    """Somebody who has a key and a certificate."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    def asn1(self) -> asn1_x509.Certificate:
        return asn1_x509.Certificate.load(self.certificate.public_bytes(Encoding.DER))

    def asn1_key(self) -> asn1_keys.PrivateKeyInfo:
        return asn1_keys.PrivateKeyInfo.load(self.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))


@cache
def authority(name: str = "Autorité de test") -> Person:
    return _certified(name, None)


@cache
def person(name: str) -> Person:
    return _certified(name, authority())


@cache
def member() -> Person:
    return _certified("Marie Curie", authority())


@cache
def syndicat() -> Person:
    return _certified("Jean Dupont", authority())


@cache
def clock() -> Person:
    """Return a timestamping service."""
    return _certified("Horloge de test", authority(), ExtendedKeyUsageOID.TIME_STAMPING)


def certified(name: str, since: dt.datetime, until: dt.datetime) -> Person:
    """Return somebody whose certificate is valid between two days only."""
    return _certified(name, authority(), days=(since, until))


def certified_by(authority: Person, name: str) -> Person:
    """Return somebody for whom that authority vouches."""
    return _certified(name, authority)


def self_certified(name: str) -> Person:
    """Return somebody for whom nobody else vouches."""
    return _certified(name, None)


def with_the_key_of(other: Person, name: str) -> Person:
    """Return a certificate in another name for the same key."""
    return _certified(name, authority(), key=other.key)


def _certified(
    name: str,
    by: Person | None,
    usage: x509.ObjectIdentifier | None = None,
    key: rsa.RSAPrivateKey | None = None,
    days: tuple[dt.datetime, dt.datetime] = (dt.datetime(2020, 1, 1), dt.datetime(2080, 1, 1)),
) -> Person:
    key = key or rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    kinds = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip
    allowed = ("digital_signature", "content_commitment") if by else ("key_cert_sign", "crl_sign")
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(days[0])
        .not_valid_after(days[1])
        .add_extension(x509.BasicConstraints(ca=not by, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**{kind: kind in allowed for kind in kinds}), critical=True)
    )
    if usage:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
    return Person(key, builder.sign(by.key if by else key, hashes.SHA256()))


@cache
def pack() -> bytes:
    """Return a PDF of three pages with the fields of a pack, all empty, and a classic table of objects."""
    with Pdf.new() as pdf:
        font = pdf.make_indirect(
            Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
        )
        for lines in LINES:
            page = pdf.add_blank_page(page_size=(595.304, 841.89)).obj
            shown = "".join(f"1 0 0 1 72 {700 - 30 * n} Tm ({line}) Tj\n" for n, line in enumerate(lines))
            page.Contents = pdf.make_stream(f"BT /F1 12 Tf\n{shown}ET".encode("cp1252"))
            page.Resources = Dictionary(Font=Dictionary(F1=font))
            page.Annots = Array()
        pdf.Root.AcroForm = pdf.make_indirect(
            Dictionary(Fields=Array(), SigFlags=3, DR=Dictionary(Font=Dictionary(F1=font)), DA=String("/F1 0 Tf 0 g"))
        )
        for name, (number, box) in {**TEXTS, **SIGNATURES}.items():
            add_field(pdf, name, number, box)
        return saved(pdf)


def add_field(pdf: Pdf, name: str, number: int, box: tuple[float, float, float, float]) -> None:
    page = pdf.pages[number].obj
    left, bottom, right, top = box
    size = Array([0, 0, right - left, top - bottom])
    empty = pdf.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=size, Resources=Dictionary())
    widget = Dictionary(Type=Name.Annot, Subtype=Name.Widget, T=String(name), F=4, P=page, Rect=Array(box))
    widget.FT = Name.Sig if name.startswith("sig") else Name.Tx
    if widget.FT == Name.Tx:
        widget.DA = String("/F1 0 Tf 0 g")
    widget.AP = Dictionary(N=empty)
    field = pdf.make_indirect(widget)
    pdf.Root.AcroForm.Fields.append(field)
    page.Annots.append(field)


def saved(pdf: Pdf) -> bytes:
    buffer = io.BytesIO()
    plain = pikepdf.ObjectStreamMode.disable
    pdf.save(
        buffer, object_stream_mode=plain, compress_streams=False, deterministic_id=True, fix_metadata_version=False
    )
    return buffer.getvalue()


class _At(signers.PdfSigner):
    """Signs as if it were another time."""

    when = WHEN

    def init_signing_session(self, *args: object, **options: object) -> signers.PdfSigningSession:
        session = super().init_signing_session(*args, **options)
        session.system_time = self.when
        return session


def sign(
    data: bytes,
    field: str,
    person: Person,
    when: dt.datetime = WHEN,
    stamped: bool = False,
    box: tuple[float, float, float, float] | None = None,
) -> bytes:
    """Sign a field as PAdES, showing nothing in it. `box` makes a new field on the first page."""
    store = SimpleCertificateStore()
    store.register(authority().asn1())
    signer = signers.SimpleSigner(person.asn1(), person.asn1_key(), store)
    nothing = stamp.StaticStampStyle(background=RawContent(b"", box=BoxConstraints(width=1, height=1)), border_width=0)
    meta = signers.PdfSignatureMetadata(field, subfilter=fields.SigSeedSubFilter.PADES, md_algorithm="sha256")
    maker = _At(
        meta,
        signer=signer,
        stamp_style=nothing,
        timestamper=_timestamper(when) if stamped else None,
        new_field_spec=fields.SigFieldSpec(field, on_page=0, box=box) if box else None,
    )
    maker.when = when
    out: bytes = maker.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(data)), existing_fields_only=not box).getvalue()
    return out


def timestamp(data: bytes, when: dt.datetime = WHEN) -> bytes:
    """Timestamp the whole file, as an archiving service does."""
    stamper = signers.PdfTimeStamper(_timestamper(when), field_name="Horodatage")
    out: bytes = stamper.timestamp_pdf(IncrementalPdfFileWriter(io.BytesIO(data)), "sha256").getvalue()
    return out


def _timestamper(when: dt.datetime) -> DummyTimeStamper:
    return DummyTimeStamper(clock().asn1(), clock().asn1_key(), fixed_dt=when)


def update(data: bytes, change: Forgery) -> bytes:
    """Change a PDF by adding to its end only what is new, as Acrobat does."""
    writer = PdfWriter(io.BytesIO(data), incremental=True)
    change(writer)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def draw(number: int, before: bytes, after: bytes) -> Forgery:
    """Overwrite what a page draws, for `update`."""

    def change(writer: PdfWriter) -> None:
        stream = writer.pages[number]["/Contents"].get_object()
        drawing = stream.get_data()  # type: ignore[attr-defined]
        assert drawing.count(before) == 1
        stream.set_data(drawing.replace(before, after))  # type: ignore[attr-defined]

    return change


def fill(data: bytes, values: Mapping[str, str]) -> bytes:
    """Fill in text fields, as Acrobat does."""
    return update(data, lambda writer: writer.update_page_form_field_values(None, dict(values), auto_regenerate=False))


def fill_as_chrome(data: bytes, values: Mapping[str, str]) -> bytes:
    """Fill in text fields with the engine of Chrome, that writes the whole file anew."""
    with pypdfium2.PdfDocument(data) as document:
        document.init_forms()
        for name, value in values.items():
            number, (left, bottom, right, top) = place_of(data, name)
            page = document[number]
            assert raw.FORM_OnFocus(document.formenv, page, 0, (left + right) / 2, (bottom + top) / 2)
            raw.FORM_SelectAllText(document.formenv, page)
            typed = ctypes.create_string_buffer(f"{value}\0".encode("utf-16-le"))
            raw.FORM_ReplaceSelection(document.formenv, page, ctypes.cast(typed, raw.FPDF_WIDESTRING))
            raw.FORM_ForceToKillFocus(document.formenv)
            page.close()
        buffer = io.BytesIO()
        document.save(buffer)
        return buffer.getvalue()


def place_of(data: bytes, name: str) -> tuple[int, tuple[float, ...]]:
    """Return the page of a field, from 0, and its rectangle."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for number, page in enumerate(pdf.pages):
            for note in page.obj.get("/Annots", Array()).as_list():
                if str(note.get("/T", "")) == name:
                    return number, tuple(float(edge) for edge in note.Rect)
    raise KeyError(name)


def rewrite(data: bytes, change: Callable[[Pdf], object]) -> bytes:
    """Change a PDF and write it all anew."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        change(pdf)
        return saved(pdf)
