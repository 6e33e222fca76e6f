"""A pack that comes back: which one it is, what became of it, what is noted. On real packs, with a real signer."""

from __future__ import annotations

import datetime as dt
import io
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
import signing
from conftest import Docgen, Sample
from PIL import Image
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pypdf import PdfWriter
from pypdf.generic import NameObject, TextStringObject
from tools import program, verapdf

from docgen.pdf.pdftext import page_texts
from docgen.records.workspace import load
from docgen.returned import facts

MEMBER = "commune-de-montriviere"
LIEU, DATE = "champ_lieu_convention", "champ_date_convention"
WRITTEN = {LIEU: "Montrivière", DATE: "3 juillet 2023"}
WHEN = dt.datetime(2023, 7, 20, 14, 30, tzinfo=dt.timezone(dt.timedelta(hours=2)))
MAIRE, PRESIDENT = "Claire D'Anglade", "Jean-Michel Baylet"
Fill = Callable[[bytes, dict[str, str]], bytes]


def signed(data: bytes, maire: str = MAIRE, president: str = PRESIDENT) -> bytes:
    """Sign as the two parties do, the mayor first, in the convention and in annexe 2."""
    for field in ("sig_membre_convention", "sig_membre_annexe_2"):
        data = signing.sign(data, field, signing.person(maire), WHEN)
    return signing.sign(data, "sig_syndicat_convention", signing.person(president), WHEN + dt.timedelta(days=2))


@pytest.fixture(scope="module")
def pack(made: Sample) -> bytes:
    return made.pack(MEMBER).read_bytes()


@pytest.fixture(scope="module")
def returned(pack: bytes) -> bytes:
    """The pack filled in on screen and signed by both."""
    return signed(signing.fill(pack, WRITTEN))


def back(folder: Path, data: bytes, name: str = "retour.pdf") -> str:
    (folder / name).write_bytes(data)
    return str(folder / name)


def test_a_pack_filled_in_and_signed_by_both_is_what_was_sent(
    made: Sample, returned: bytes, tmp_path: Path, docgen: Docgen
) -> None:
    code, told = docgen(made.root, "verify", back(tmp_path, returned))
    lines = told.splitlines()
    assert (code, lines[0]) == (0, "retour.pdf : signé par tous")
    assert [re.findall(r" le (\S+ à \S+ h \S+) ", line) for line in lines[5:8]] == [
        ["20/07/2023 à 14 h 30"], ["20/07/2023 à 14 h 30"], ["22/07/2023 à 14 h 30"],
    ]  # fmt: skip
    assert re.fullmatch(
        r"  pack de commune-de-montriviere, édition 2023-04, reçu [0-9a-f]{16} : celui qui est en place", lines[1]
    )
    assert lines[2] == "  ✓ sa première version est, octet pour octet, ce que docgen a fabriqué"
    assert lines[3:5] == [
        "  rempli : Lieu de la signature (champ_lieu_convention) – « Montrivière »",
        "  rempli : Date de la signature (champ_date_convention) – « 3 juillet 2023 »",
    ]
    assert [line.split(" le 2")[0] for line in lines[5:8]] == [
        f"  ✓ Signature pour le membre (sig_membre_convention) par « {MAIRE} »",
        f"  ✓ Signature pour le membre (sig_membre_annexe_2) par « {MAIRE} »",
        f"  ✓ Signature pour le syndicat (sig_syndicat_convention) par « {PRESIDENT} »",
    ]
    assert all("intacte, couvre tout le document (certificat émis par « Autorité de test »)" in x for x in lines[5:8])
    assert lines[8:10] == [
        "  vide : Lieu de la signature (champ_lieu_annexe_2)",
        "  vide : Date de la signature (champ_date_annexe_2)",
    ]


@pytest.mark.parametrize("fill", [signing.fill, signing.fill_as_chrome], ids=["acrobat", "chrome"])
def test_signatures_are_valid_for_pyhanko_and_poppler_and_leave_pdfa_standing(
    pack: bytes, tmp_path: Path, fill: Fill
) -> None:
    path = tmp_path / "signed.pdf"
    path.write_bytes(signed(fill(pack, WRITTEN)))
    pdfsig = program("pdfsig", "poppler-utils")
    told = subprocess.run([pdfsig, "-nocert", str(path)], capture_output=True, text=True, check=True).stdout
    assert told.count("Signature Validation: Signature is Valid.") == 3
    assert told.count("- Total document signed") == 1
    trusted = ValidationContext(trust_roots=[signing.authority().asn1()], allow_fetching=False)
    embedded = PdfFileReader(io.BytesIO(path.read_bytes())).embedded_signatures
    assert [validate_pdf_signature(one, trusted).bottom_line for one in embedded] == [True] * 3
    assert verapdf([path]) == {(path, "2a"): [], (path, "ua1"): []}


def columns(picture: Image.Image) -> list[int]:
    """Return how many dark points each column has."""
    width, height = picture.size
    return [sum(picture.getpixel((x, y)) < 128 for y in range(height)) for x in range(width)]


def test_what_was_typed_is_seen_on_the_page_over_the_dots(pack: bytes) -> None:
    filled = signing.fill_as_chrome(pack, WRITTEN)
    number, box = signing.place_of(pack, LIEU)
    with pypdfium2.PdfDocument(pack) as before, pypdfium2.PdfDocument(filled) as after:
        for document in (before, after):
            document.init_forms()
        crop = (box[0], box[1], before[number].get_width() - box[2], before[number].get_height() - box[3])
        seen = [d[number].render(scale=4, crop=crop, grayscale=True).to_pil() for d in (before, after)]
    dots, words = (columns(picture) for picture in seen)
    assert max(dots) > 0
    assert max(words) > 2 * max(dots), "letters stand higher than dots"
    assert max(words[-40:]) == 0, "the dots do not show through behind the word"


def test_a_pack_signed_by_one_says_who_is_missing(made: Sample, pack: bytes, tmp_path: Path, docgen: Docgen) -> None:
    once = signing.sign(pack, "sig_membre_convention", signing.person(MAIRE), WHEN)
    code, told = docgen(made.root, "verify", back(tmp_path, once))
    assert (code, told.splitlines()[0]) == (0, "retour.pdf : signé en partie")
    assert "manque : Signature pour le syndicat (sig_syndicat_convention)" in told
    assert "manque : Signature pour le membre (sig_membre_annexe_2)" in told


def test_the_pack_as_it_was_made_is_told_as_such(made: Sample, tmp_path: Path, docgen: Docgen) -> None:
    code, told = docgen(made.root, "verify", str(made.pack(MEMBER)))
    assert (code, told.splitlines()[0]) == (0, f"pack-2023-04-{MEMBER}.pdf : pas encore signé")


def test_a_pack_saved_anew_by_a_browser_is_compared_with_what_stands(
    made: Sample, pack: bytes, tmp_path: Path, docgen: Docgen
) -> None:
    code, told = docgen(made.root, "verify", back(tmp_path, signing.fill_as_chrome(pack, WRITTEN)))
    assert code == 1
    assert "réenregistré par un autre logiciel" in told
    assert "mots, montants et pages ont été comparés à ceux du pack" in told
    assert "« Montrivière »" in told
    assert "MODIFIÉ" not in told


def test_a_page_that_was_rewritten_is_told_with_what_it_said(
    made: Sample, pack: bytes, tmp_path: Path, docgen: Docgen
) -> None:
    """The last amount of annexe 2 is moved out of the page, in an update that a viewer would not show."""
    with pikepdf.open(io.BytesIO(pack)) as pdf:
        drawing = pdf.pages[9].Contents.read_bytes()
    spots = re.findall(rb"BT\n([\d.]+ [\d.]+ Td) /F\d 11 Tf", drawing)
    spot = next(s for s in spots if drawing.count(s) == 1 and float(s.split()[1]) < 500)
    forged = signing.update(pack, signing.draw(9, spot, b"9000 9000 Td"))
    for data in (forged, signed(forged)):
        code, told = docgen(made.root, "verify", back(tmp_path, data))
        assert code == 1
        assert "MODIFIÉ, à ne pas accepter tel quel" in told
        assert re.search(r"✗ page 10 : « .+ » a été enlevé|✗ page 10 : « .+ » est devenu", told)


def test_a_former_version_of_the_pack_is_recognised(built: Sample, tmp_path: Path, docgen: Docgen) -> None:
    """A pack sent, then made again because the phone changed, comes back signed: it is the former one."""
    former = built.pack(MEMBER).read_bytes()
    built.edit("members.yaml", "05 36 49 00 11", "05 36 49 00 12")
    built.build(MEMBER)
    assert former != built.pack(MEMBER).read_bytes()
    code, told = docgen(built.root, "verify", back(tmp_path, signed(former)))
    assert code == 0
    assert "une version antérieure à celle qui est en place" in told
    assert "✓ sa première version est, octet pour octet" in told


def scan(data: bytes, words: str = "") -> bytes:
    """Return the pages as a scanner makes them, with what an OCR would lay under the first one."""
    pages = []
    with pypdfium2.PdfDocument(data) as document:
        for page in document:
            pages.append(page.render(scale=1).to_pil().convert("L"))
    buffer = io.BytesIO()
    first, *rest = pages
    assert isinstance(first, Image.Image)
    first.save(buffer, "PDF", save_all=True, append_images=rest, resolution=72)
    with pikepdf.open(buffer) as pdf:
        if words:
            font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1,
                                      BaseFont=pikepdf.Name.Helvetica)  # fmt: skip
            name = pdf.pages[0].add_resource(pdf.make_indirect(font), pikepdf.Name.Font)
            pdf.pages[0].contents_add(f"BT 3 Tr {name} 10 Tf 50 700 Td ({words}) Tj ET".encode())
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()


def test_a_pack_signed_on_paper_and_scanned_is_told_as_such(
    made: Sample, pack: bytes, tmp_path: Path, docgen: Docgen
) -> None:
    code, told = docgen(made.root, "verify", back(tmp_path, scan(pack)))
    assert code == 1
    assert "document numérisé de 10 pages" in told
    assert "Une signature sur papier ne se vérifie pas ici : relisez-le" in told
    _, told = docgen(made.root, "verify", back(tmp_path, scan(pack, "SIRET : 218 209 013 00018")))
    assert "document numérisé de 10 pages, sans doute de commune-de-montriviere." in told


def javascript(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))


def other(pdf: pikepdf.Pdf) -> None:
    del pdf.Root["/Metadata"]


def hostile(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Metadata = pikepdf.Dictionary(Type=pikepdf.Name.Metadata)
    pdf.Root.AcroForm.Fields[0].TU = pikepdf.String("\x1b[2J effacé")
    pdf.Root.AcroForm.Fields[1].TU = pikepdf.Dictionary(A=1)


def bad(pack: bytes, way: str) -> bytes:
    if way == "encrypted":
        buffer = io.BytesIO()
        with pikepdf.open(io.BytesIO(pack)) as pdf:
            pdf.save(buffer, encryption=pikepdf.Encryption(owner="a", user="b"))
        return buffer.getvalue()
    return {
        "cut": lambda: pack[:200_000],
        "not a pdf": lambda: b"Bonjour",
        "empty": lambda: b"",
        "javascript": lambda: signing.rewrite(pack, javascript),
        "foreign": lambda: signing.rewrite(pack, other),
        "hostile": lambda: signing.rewrite(pack, hostile),
        "huge": lambda: pack + bytes(101 * 1024**2),
    }[way]()


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("cut", "le PDF est coupé"), ("not a pdf", "ce n'est pas un PDF"), ("empty", "ce n'est pas un PDF"),
        ("encrypted", "mot de passe"), ("javascript", "du JavaScript"), ("huge", "trop gros"),
        ("hostile", "MODIFIÉ, à ne pas accepter tel quel"),
        ("foreign", "ses propriétés disent un autre identifiant, qui manque"),
    ],
)  # fmt: skip
def test_a_bad_file_gets_a_clear_answer_and_nothing_is_written(
    way: str, said: str, made: Sample, pack: bytes, tmp_path: Path, docgen: Docgen
) -> None:
    before = made.files()
    code, told = docgen(made.root, "verify", "--record", back(tmp_path, bad(pack, way)))
    assert code == 1
    assert said in told
    assert made.files() == before


def test_a_file_that_is_not_there_is_an_answer_too(made: Sample, docgen: Docgen) -> None:
    code, told = docgen(made.root, "verify", "nulle-part.pdf")
    assert (code, "ne peut pas être lu" in told) == (1, True)


def test_a_file_made_to_last_is_given_up(
    made: Sample, tmp_path: Path, docgen: Docgen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "SECONDS", 0)
    _, told = docgen(made.root, "verify", str(made.pack(MEMBER)))
    assert "sa lecture ne finit pas" in told


@pytest.fixture
def sent(built: Sample, docgen: Docgen) -> Sample:
    """A copy of the sample where the pack of the member was noted as sent."""
    assert docgen(built.root, "record", "sent", MEMBER, "2023-07-01")[0] == 0
    return built


def test_a_pack_signed_by_all_is_kept_and_noted_once(
    sent: Sample, returned: bytes, tmp_path: Path, docgen: Docgen
) -> None:
    file = back(tmp_path, returned)
    code, told = docgen(sent.root, "verify", "--record", file)
    kept = f"output/2023-04/{MEMBER}/pack-2023-04-{MEMBER}.signe.pdf"
    assert (code, told.splitlines()[-1]) == (0, f"Signature notée (convention). Le fichier est gardé : {kept}")
    assert (sent.root / kept).read_bytes() == returned
    assert "signe_le: 2023-07-22" in (sent.root / "members.yaml").read_text("utf-8")
    assert [m.envois[-1].signe_le for m in load(sent.workspace).membres if m.id == MEMBER] == [dt.date(2023, 7, 22)]
    before = sent.files(), (sent.root / "members.yaml").read_bytes()
    assert docgen(sent.root, "verify", "--record", file)[0] == 0
    assert (sent.files(), (sent.root / "members.yaml").read_bytes()) == before


def test_a_file_of_that_name_is_never_written_over(
    sent: Sample, returned: bytes, tmp_path: Path, docgen: Docgen
) -> None:
    former = sent.folder(MEMBER) / f"pack-2023-04-{MEMBER}.signe.pdf"
    former.write_bytes(b"un autre")
    assert docgen(sent.root, "verify", "--record", back(tmp_path, returned))[0] == 0
    assert former.read_bytes() == b"un autre"
    assert (sent.folder(MEMBER) / f"pack-2023-04-{MEMBER}.signe-2.pdf").read_bytes() == returned


def test_a_pack_that_somebody_else_signed_is_not_noted(
    sent: Sample, pack: bytes, tmp_path: Path, docgen: Docgen
) -> None:
    before = sent.files(), (sent.root / "members.yaml").read_bytes()
    code, told = docgen(sent.root, "verify", "--record", back(tmp_path, signed(pack, maire="Marie Curie")))
    assert code == 1
    assert told.startswith("retour.pdf : signé par d'autres que ceux qu'il nomme : « Marie Curie »\n")
    assert told.count("✗ Signature pour le membre") == 2
    assert "attendu : Claire D'ANGLADE" in told
    assert "« Marie Curie » a signé sig_membre_convention, où l'on attend Claire D'ANGLADE" in told
    assert (sent.files(), (sent.root / "members.yaml").read_bytes()) == before


def test_a_former_version_is_not_noted_as_what_the_record_says(
    built: Sample, tmp_path: Path, docgen: Docgen, returned: bytes
) -> None:
    built.edit("members.yaml", "utilisateurs: 24", "utilisateurs: 31")
    built.build(MEMBER)
    docgen(built.root, "record", "sent", MEMBER, "2023-07-01")
    before = built.files()
    code, told = docgen(built.root, "verify", "--record", back(tmp_path, returned))
    assert code == 1
    assert "c'est une version antérieure à la fiche d'aujourd'hui" in told
    assert built.files() == before


def test_a_signature_after_midnight_here_is_of_that_day(
    sent: Sample, pack: bytes, tmp_path: Path, docgen: Docgen
) -> None:
    late = dt.datetime(2023, 7, 20, 22, 30, tzinfo=dt.UTC)  # half past midnight in Montauban
    data = pack
    for field, name in (("sig_membre_convention", MAIRE), ("sig_membre_annexe_2", MAIRE),
                        ("sig_syndicat_convention", PRESIDENT)):  # fmt: skip
        data = signing.sign(data, field, signing.person(name), late)
    assert docgen(sent.root, "verify", "--record", back(tmp_path, data))[0] == 0
    assert "signe_le: 2023-07-21" in (sent.root / "members.yaml").read_text("utf-8")


def test_a_place_put_there_by_who_signs_is_not_one_of_ours(
    sent: Sample, pack: bytes, tmp_path: Path, docgen: Docgen
) -> None:
    """The member signs in a field of its own, of a name like ours, over blank paper: ours stay to be signed."""
    data = signing.sign(pack, "sig_membre_x", signing.person(MAIRE), WHEN, box=(60, 60, 120, 80))
    data = signing.sign(data, "sig_syndicat_x", signing.person(PRESIDENT), WHEN, box=(160, 60, 220, 80))
    before = sent.files()
    code, told = docgen(sent.root, "verify", "--record", back(tmp_path, data))
    assert code == 1
    assert "signé par tous\n" not in told
    assert told.count("manque : Signature") == 3
    assert sent.files() == before


def test_a_label_made_to_disturb_the_terminal_does_not(made: Sample, tmp_path: Path, docgen: Docgen) -> None:
    data = signing.update(made.pack(MEMBER).read_bytes(), relabel)
    assert "\x1b" not in docgen(made.root, "verify", back(tmp_path, data))[1]


def relabel(writer: PdfWriter) -> None:
    form = writer.root_object["/AcroForm"]
    for field in form["/Fields"]:  # type: ignore[index]
        field.get_object()[NameObject("/TU")] = TextStringObject("\x1b[2J effacé")


def test_a_projet_that_comes_back_is_told_as_such(made: Sample, docgen: Docgen) -> None:
    code, told = docgen(made.root, "verify", str(made.pack("commune-de-valserre")))
    assert code == 1
    assert told.startswith("pack-2023-04-commune-de-valserre.pdf : PROJET, à ne pas faire signer\n")


def test_a_pack_that_was_not_noted_as_sent_is_not_noted_as_signed(
    built: Sample, returned: bytes, tmp_path: Path, docgen: Docgen
) -> None:
    before = built.files()
    code, told = docgen(built.root, "verify", "--record", back(tmp_path, returned))
    assert code == 1
    assert "docgen record sent" in told
    assert built.files() == before


def test_a_projet_has_no_place_to_sign(made: Sample) -> None:
    data = made.pack("commune-de-valserre").read_bytes()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        kinds = {str(field.FT) for field in pdf.Root.AcroForm.Fields}
    assert kinds == {"/Tx"}
    assert "PourleSyndicatmixte," in "".join(page_texts(data)).replace(" ", "")
