"""What honest people and their tools do to a pack: filled in and signed, with no false alarm."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import forging
import pikepdf
import pytest
import signing
from forging import ANNEXE, DATE, LIEU, MEMBRE, SYNDICAT, append, field, look, size_of
from pikepdf import Array, Dictionary, Name, Pdf, String
from pyhanko import stamp
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.fields import MDPPerm
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore
from pypdf import PdfReader, PdfWriter
from tools import lacks, program

from docgen.returned import signed
from docgen.returned.signed import Returned

VALUES = {LIEU: "Créteil", DATE: "5 mars 2024"}
PLACES = (MEMBRE, ANNEXE, SYNDICAT)
Filled = Callable[[bytes], bytes]


def read(data: bytes) -> Returned:
    return signed.read(data, forging.pack())


def sound(data: bytes, signatures: int = 0) -> Returned:
    """Check that nothing is wrong in a file, and that so many people signed it."""
    found = read(data)
    assert found.changes == ()
    people = [one for one in found.signatures if not one.service]
    assert [one.problem for one in found.signatures] == [""] * len(found.signatures)
    assert len(people) == signatures
    return found


def person(field_name: str) -> signing.Person:
    return signing.syndicat() if field_name == SYNDICAT else signing.member()


def with_pyhanko(
    data: bytes,
    name: str,
    *,
    style: stamp.BaseStampStyle | None = None,
    stamped: bool = False,
    lta: bool = False,
    certify: MDPPerm | None = None,
    reason: str | None = None,
    subfilter: fields.SigSeedSubFilter = fields.SigSeedSubFilter.PADES,
    box: tuple[int, ...] | None = None,
) -> bytes:
    who = person(name)
    store = SimpleCertificateStore()
    store.register(signing.authority().asn1())
    signer = signers.SimpleSigner(who.asn1(), who.asn1_key(), store)
    more: dict[str, object] = {}
    if lta:
        context = ValidationContext(trust_roots=[signing.authority().asn1()], allow_fetching=False)
        more = dict(embed_validation_info=True, validation_context=context, use_pades_lta=True)
    if certify:
        more |= dict(certify=True, docmdp_permissions=certify)
    meta = signers.PdfSignatureMetadata(name, subfilter=subfilter, md_algorithm="sha256", reason=reason, **more)
    when = dt.datetime.now(dt.UTC) if lta else signing.WHEN
    stamper = signing._timestamper(when) if stamped or lta else None
    maker = signers.PdfSigner(
        meta, signer=signer, stamp_style=style, timestamper=stamper,
        new_field_spec=fields.SigFieldSpec(name, on_page=0, box=box) if box else None,
    )  # fmt: skip
    out = maker.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(data)), existing_fields_only=not box)
    return bytes(out.getvalue())


def everywhere(data: bytes, **options: object) -> bytes:
    for name in PLACES:
        data = with_pyhanko(data, name, **options)
    return data


# Filled in


def as_firefox(values: dict[str, str]) -> Filled:
    """Fill in as pdf.js does: an update with the value, its appearance in Helvetica and the moment."""

    def fill(data: bytes) -> bytes:
        def change(pdf: Pdf) -> None:
            for name, value in values.items():
                one = field(pdf, name)
                one.V, one.M = String(value), String("D:20240305143000Z")
                one.AP = Dictionary(N=look(pdf, *size_of(one), value))

        return append(data, change)

    return fill


def as_acrobat(values: dict[str, str]) -> Filled:
    return lambda data: signing.fill(data, values)


def as_chrome(values: dict[str, str]) -> Filled:
    return lambda data: signing.fill_as_chrome(data, values)


def one_after_the_other(data: bytes) -> bytes:
    for name, value in VALUES.items():
        data = as_firefox({name: value})(data)
    return data


def typed_again(data: bytes) -> bytes:
    for value in ("Cret", "Créte", "Créteil"):
        data = as_firefox({LIEU: value})(data)
    return as_firefox({DATE: VALUES[DATE]})(data)


FILLERS: dict[str, Filled] = {
    "acrobat": as_acrobat(VALUES),
    "firefox": as_firefox(VALUES),
    "chrome": as_chrome(VALUES),
    "one after the other": one_after_the_other,
    "typed again": typed_again,
}


@pytest.mark.parametrize("filler", FILLERS)
def test_a_pack_filled_in_is_no_change(filler: str) -> None:
    found = sound(FILLERS[filler](forging.pack()))
    assert found.filled == VALUES


@pytest.mark.parametrize("filler", FILLERS)
def test_a_pack_filled_in_then_signed_by_all_is_no_change(filler: str) -> None:
    found = sound(forging.signed(FILLERS[filler](forging.pack())), 3)
    assert (found.filled, found.unsigned, found.after) == (VALUES, (), {})


@pytest.mark.parametrize("filler", ["acrobat", "firefox", "one after the other"])
def test_a_pack_filled_in_between_two_signatures_is_no_change_and_says_after_whom(filler: str) -> None:
    once = signing.sign(forging.pack(), MEMBRE, signing.member())
    data = signing.sign(FILLERS[filler](once), SYNDICAT, signing.syndicat())
    found = sound(data, 2)
    assert found.after == dict.fromkeys(VALUES, "Marie Curie")


def doubled() -> bytes:
    """The pack, where what is typed in one field shows in two places."""

    def change(pdf: Pdf) -> None:
        one = field(pdf, LIEU)
        kids = []
        for box in (one.Rect, Array([72, 220, 222, 238])):
            kid = pdf.make_indirect(
                Dictionary(Type=Name.Annot, Subtype=Name.Widget, Parent=one, F=4, Rect=box, P=pdf.pages[0].obj,
                           DA=one.DA, AP=Dictionary(N=look(pdf, 150, 18)))
            )  # fmt: skip
            kids.append(kid)
        page = pdf.pages[0].obj
        page.Annots = Array([note for note in page.Annots if note.objgen != one.objgen] + kids)
        for key in ("/Type", "/Subtype", "/F", "/Rect", "/P", "/AP"):
            del one[key]
        one.Kids = Array(kids)

    return signing.rewrite(forging.pack(), change)


def test_a_field_with_two_widgets_filled_in_after_a_signature_is_no_change() -> None:
    original = doubled()
    once = signing.sign(original, MEMBRE, signing.member())
    data = signing.sign(signing.fill(once, {LIEU: "Créteil"}), SYNDICAT, signing.syndicat())
    found = signed.read(data, original)
    assert found.changes == ()
    assert [one.problem for one in found.signatures] == ["", ""]
    assert found.filled == {LIEU: "Créteil"}


# Signed


def text_stamp() -> stamp.TextStampStyle:
    return stamp.TextStampStyle(stamp_text="Signé par %(signer)s")


@pytest.mark.parametrize(
    "options",
    [
        dict(),
        dict(subfilter=fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED),
        dict(stamped=True),
        dict(lta=True),
        dict(reason="Bon pour accord"),
        dict(style=text_stamp()),
        dict(style=text_stamp(), stamped=True),
    ],
    ids=["B-B", "pkcs7", "B-T", "LTA", "reason", "visible stamp", "visible stamp B-T"],
)
def test_a_pack_signed_by_all_is_no_change(options: dict[str, object]) -> None:
    sound(everywhere(forging.pack(), **options), 3)


@pytest.mark.parametrize("permission", [MDPPerm.FILL_FORMS, MDPPerm.ANNOTATE])
def test_a_pack_certified_by_the_first_who_signs_is_no_change(permission: MDPPerm) -> None:
    data = with_pyhanko(forging.pack(), MEMBRE, certify=permission)
    sound(signing.sign(signing.sign(data, ANNEXE, signing.member()), SYNDICAT, signing.syndicat()), 3)


def test_a_pack_that_an_archive_timestamps_is_no_change() -> None:
    sound(signing.timestamp(forging.signed(forging.pack())), 3)


def test_what_a_visible_stamp_shows_is_told_with_what_it_does_to_the_archive() -> None:
    found = sound(with_pyhanko(forging.pack(), MEMBRE, style=text_stamp()), 1)
    assert found.stamps == {MEMBRE: "Signé par Marie Curie"}
    (remark,) = found.remarks
    assert "n'est plus conforme à PDF/A" in remark.replace("\xa0", " ")


def test_a_signature_that_shows_nothing_elsewhere_is_told_apart() -> None:
    """It is no change of what one reads; `verify` says that it is not where it is awaited."""
    found = read(signing.sign(forging.pack(), "Signature1", signing.member(), box=(72, 400, 300, 450)))
    assert found.changes == ()
    assert found.unsigned == (MEMBRE, SYNDICAT, ANNEXE)


def test_what_a_program_writes_beside_a_signature_is_no_change() -> None:
    def change(pdf: Pdf) -> None:
        field(pdf, MEMBRE).Border = Array([0, 0, 0])

    found = read(append(forging.pack(), change))
    assert [said.replace("\xa0", " ").split(" : ")[0] for said in found.changes] == [
        f"le champ « {MEMBRE} » a été modifié"
    ]
    sound(signing.sign(append(forging.pack(), change), MEMBRE, signing.member()), 1)


# Other programs


def test_a_pack_signed_by_poppler_is_no_change(tmp_path: Path) -> None:
    """pdfsig puts its own place to sign, that shows who signed: told as an added field, and the file is whole."""
    pdfsig = program("pdfsig", "poppler-utils")
    p12 = tmp_path / "p12"
    p12.write_bytes(pkcs12(signing.member(), signing.authority()))
    if shutil.which("certutil") is None or shutil.which("pk12util") is None:
        lacks("certutil manque : apt-get install libnss3-tools")
    store = tmp_path / "nss"
    store.mkdir()
    subprocess.run(["certutil", "-N", "-d", f"sql:{store}", "--empty-password"], check=True, capture_output=True)
    subprocess.run(["pk12util", "-i", p12, "-d", f"sql:{store}", "-W", "x", "-K", ""], check=True, capture_output=True)
    (tmp_path / "pack.pdf").write_bytes(forging.pack())
    command = [pdfsig, "-nssdir", f"sql:{store}", "-sign", MEMBRE, "-nick", "marie", "-no-ocsp"]
    made = subprocess.run(
        [*command, str(tmp_path / "pack.pdf"), str(tmp_path / "signed.pdf")], capture_output=True, text=True
    )
    if made.returncode or not (tmp_path / "signed.pdf").exists():
        lacks(f"pdfsig ne signe pas ici : {made.stderr[:200]}")
    data = (tmp_path / "signed.pdf").read_bytes()
    found = read(data)
    assert [one.name for one in found.signatures] == ["Marie Curie"]
    assert found.changes == ()


def pkcs12(who: signing.Person, by: signing.Person) -> bytes:
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
    from cryptography.hazmat.primitives.serialization import pkcs12 as written

    chain = [by.certificate]
    made: bytes = written.serialize_key_and_certificates(
        b"marie", who.key, who.certificate, chain, BestAvailableEncryption(b"x")
    )
    return made


def test_a_pack_written_anew_by_pypdf_says_the_same() -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(forging.pack())))
    writer.update_page_form_field_values(None, VALUES, auto_regenerate=False)
    buffer = io.BytesIO()
    writer.write(buffer)
    found = read(buffer.getvalue())
    assert (found.rewritten, found.filled, found.changes) == (True, VALUES, ())


@pytest.mark.parametrize("way", ["plain", "linearized", "object streams"])
def test_a_pack_written_anew_by_qpdf_says_the_same(way: str) -> None:
    buffer = io.BytesIO()
    modes = pikepdf.ObjectStreamMode
    with pikepdf.open(io.BytesIO(signing.fill(forging.pack(), VALUES))) as pdf:
        pdf.save(
            buffer, linearize=way == "linearized",
            object_stream_mode=modes.generate if way == "object streams" else modes.preserve,
        )  # fmt: skip
    found = read(buffer.getvalue())
    assert (found.rewritten, found.filled, found.changes) == (True, VALUES, ())


def node(tmp_path: Path, script: str, *packages: str) -> bytes:
    """Run a script of node with packages of npm.

    They are optional, even where nothing else is: npm's registry may be out of reach.
    """
    if shutil.which("npm") is None:
        pytest.skip("npm manque : apt-get install npm")
    place = Path(os.environ.get("DOCGEN_NODE", tmp_path / "node"))
    place.mkdir(exist_ok=True)
    if not all((place / "node_modules" / name).is_dir() for name in packages):
        command = ["npm", "install", "--silent", "--no-audit", "--prefix", str(place), *packages]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"npm n'a pas installé {', '.join(packages)}")
    (tmp_path / "pack.pdf").write_bytes(forging.pack())
    by = signing.authority("AC de test")  # node-forge writes the accents of an issuer otherwise than its certificate
    (tmp_path / "p12").write_bytes(pkcs12(signing.certified_by(by, "Marie Curie"), by))
    path = place / f"{tmp_path.name}.cjs"
    path.write_text(script, "utf-8")
    made = subprocess.run(["node", path, tmp_path], capture_output=True, text=True, timeout=120)
    assert made.returncode == 0, made.stderr
    return (tmp_path / "made.pdf").read_bytes()


PDF_LIB = """
const fs = require('fs'), { PDFDocument } = require('pdf-lib');
(async () => {
  const folder = process.argv[2], pdf = await PDFDocument.load(fs.readFileSync(folder + '/pack.pdf'), {});
  const values = %s;
  for (const name in values) pdf.getForm().getTextField(name).setText(values[name]);
  fs.writeFileSync(folder + '/made.pdf', await pdf.save({ useObjectStreams: false }));
})();
"""


def test_a_pack_filled_in_by_pdf_lib_says_the_same(tmp_path: Path) -> None:
    found = read(node(tmp_path, PDF_LIB % json.dumps(VALUES), "pdf-lib"))
    assert (found.rewritten, found.filled, found.changes) == (True, VALUES, ())


SIGNPDF = """
const fs = require('fs'), { SignPdf } = require('@signpdf/signpdf'), { P12Signer } = require('@signpdf/signer-p12');
const { plainAddPlaceholder } = require('@signpdf/placeholder-plain');
(async () => {
  const folder = process.argv[2];
  const pdfBuffer = plainAddPlaceholder({ pdfBuffer: fs.readFileSync(folder + '/pack.pdf'), reason: 'Bon pour accord',
    contactInfo: '', name: 'Marie Curie', location: '' });
  const signer = new P12Signer(fs.readFileSync(folder + '/p12'), { passphrase: 'x' });
  fs.writeFileSync(folder + '/made.pdf', await new SignPdf().sign(pdfBuffer, signer));
})();
"""


def test_signpdf_signs_well_and_takes_our_form_away_which_is_told(tmp_path: Path) -> None:
    """Its placeholder makes a new form with its own place alone: ours are gone, and nobody can sign there any more."""
    packages = ("@signpdf/signpdf", "@signpdf/signer-p12", "@signpdf/placeholder-plain", "@signpdf/utils")
    found = read(node(tmp_path, SIGNPDF, *packages))
    assert [(one.field, one.name, one.intact) for one in found.signatures] == [("Signature1", "Marie Curie", True)]
    told = [said.replace("\xa0", " ") for said in found.changes]
    assert {f"le champ « {name} » a été enlevé" for name in (*PLACES, *VALUES)} <= set(told)
