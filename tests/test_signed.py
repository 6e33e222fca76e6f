"""What is told of a pack that comes back: filled in, signed, changed, scanned, or made to harm."""

from __future__ import annotations

import datetime as dt
import io
import random
import socket
import zlib
from collections.abc import Callable

import pikepdf
import pypdfium2
import pytest
import signing
from pikepdf import Array, Dictionary, Name, Pdf, String
from PIL import Image
from pypdf import PdfWriter
from pypdf.annotations import FreeText, Rectangle
from pypdf.generic import DictionaryObject, NameObject
from signing import Forgery, draw, fill, fill_as_chrome, member, pack, rewrite, sign, syndicat, update

from docgen.returned import signed, signers, untrusted
from docgen.returned.signed import Returned
from docgen.returned.untrusted import Unreadable

LIEU, DATE = "champ_lieu_convention", "champ_date_convention"
VALUES = {LIEU: "Créteil", DATE: "5 mars 2024"}
MEMBRE, SYNDICAT, ANNEXE = "sig_membre_convention", "sig_syndicat_convention", "sig_membre_annexe_2"


@pytest.fixture(autouse=True)
def nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise AssertionError("no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def read(data: bytes, original: bytes | None = None) -> Returned:
    return signed.read(data, original or pack())


def changes(data: bytes, original: bytes | None = None) -> list[str]:
    return [change.replace("\xa0", " ") for change in read(data, original).changes]


def refusal(data: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        signed.read(data, None)
    return str(caught.value).replace("\xa0", " ")


AMOUNT = draw(1, b"22 200,00", b"32 200,00")
BOX = draw(1, b"BT", b"1 g 250 690 90 30 re f 0 g BT /F1 12 Tf 3 Tr")


def forget(name: str) -> Forgery:
    def change(writer: PdfWriter) -> None:
        fields = writer.root_object["/AcroForm"]["/Fields"]
        fields.remove(next(field for field in fields if field.get_object()["/T"] == name))

    return change


def move(name: str, *box: float) -> Forgery:
    def change(writer: PdfWriter) -> None:
        for field in writer.root_object["/AcroForm"]["/Fields"]:
            if field.get_object()["/T"] == name:
                field.get_object()[NameObject("/Rect")] = Rectangle(rect=box)["/Rect"]

    return change


def saved_by(writer: PdfWriter) -> None:
    writer.add_metadata({"/Producer": "Un lecteur", "/ModDate": "D:20240305"})


def title(writer: PdfWriter) -> None:
    writer.add_metadata({"/Title": "Un autre titre"})


def free_text(writer: PdfWriter) -> None:
    writer.add_annotation(1, FreeText(text="32 200,00 EUR", rect=(240, 690, 350, 715)))


def square(writer: PdfWriter) -> None:
    writer.add_annotation(1, Rectangle(rect=(240, 690, 350, 715), interior_color="ffffff"))


FORGERIES: dict[str, tuple[Forgery, str]] = {
    "amount": (AMOUNT, "page 2 : « 22 200,00 » est devenu « 32 200,00 »"),
    "page added": (lambda w: w.add_blank_page(595, 842), "page 4 : cette page a été ajoutée"),
    "text annotation": (free_text, "page 2 : une annotation (FreeText) est posée dessus : « 32 200,00 EUR »"),
    "square": (square, "page 2 : une annotation (Square) est posée dessus"),
    "field removed": (forget(LIEU), f"le champ « {LIEU} » a été enlevé"),
    "field moved": (move(LIEU, 240, 690, 350, 715), f"page 1 : le champ « {LIEU} » a été déplacé"),
}


# Filled in


def test_what_is_as_it_was_made_has_nothing_to_tell() -> None:
    assert read(pack()) == Returned(
        pages=3,
        signatures=(),
        unsigned=(MEMBRE, SYNDICAT, ANNEXE),
        filled={},
        after={},
        empty=(LIEU, DATE),
        changes=(),
        remarks=(),
        stamps={},
        scanned=False,
        rewritten=False,
    )


def test_fields_filled_at_the_end_of_the_file_are_read_and_are_no_change() -> None:
    found = read(fill(pack(), {LIEU: "Créteil"}))
    assert (found.filled, found.empty, found.changes) == ({LIEU: "Créteil"}, (DATE,), ())
    assert not found.rewritten


def test_fields_filled_in_chrome_are_read_and_are_no_change() -> None:
    found = read(fill_as_chrome(pack(), VALUES))
    assert (found.filled, found.empty, found.changes) == (VALUES, (), ())
    assert found.rewritten


def test_spaces_are_not_a_value() -> None:
    assert read(fill(pack(), {LIEU: "  "})).empty == (LIEU, DATE)


def test_what_a_program_says_of_its_saving_is_harmless_and_another_title_is_not() -> None:
    assert changes(update(pack(), saved_by)) == []
    assert changes(update(pack(), title)) == ["ses propriétés disent un autre titre : « Un autre titre »"]


# Signed


@pytest.mark.parametrize("viewer", [fill, fill_as_chrome])
def test_two_people_sign_one_after_the_other(viewer: Callable[..., bytes]) -> None:
    once = sign(viewer(pack(), VALUES), MEMBRE, member())
    later = signing.WHEN + dt.timedelta(days=2)
    found = read(sign(once, SYNDICAT, syndicat(), later))
    assert [(s.field, s.name, s.issuer, s.when) for s in found.signatures] == [
        (MEMBRE, "Marie Curie", "Autorité de test", signing.WHEN),
        (SYNDICAT, "Jean Dupont", "Autorité de test", later),
    ]
    assert [(s.intact, s.covers_whole, s.horodatage, s.problem) for s in found.signatures] == [
        (True, True, False, "")
    ] * 2
    assert found.unsigned == (ANNEXE,)
    assert found.changes == ()


def test_a_timestamp_gives_the_hour_rather_than_the_clock_of_the_signer() -> None:
    (found,) = read(sign(pack(), MEMBRE, member(), stamped=True)).signatures
    assert (found.when, found.horodatage, found.service) == (signing.WHEN, True, False)


def test_a_timestamp_of_the_file_is_nobody_s_signature() -> None:
    found = read(signing.timestamp(sign(pack(), MEMBRE, member())))
    assert [(s.name, s.service, s.intact, s.covers_whole) for s in found.signatures] == [
        ("Marie Curie", False, True, True),
        ("Horloge de test", True, True, True),
    ]
    assert found.changes == ()


def test_a_field_filled_after_a_signature_is_allowed() -> None:
    found = read(sign(fill(sign(pack(), MEMBRE, member()), VALUES), SYNDICAT, syndicat()))
    assert [s.covers_whole for s in found.signatures] == [True, True]
    assert (found.filled, found.changes) == (VALUES, ())


def test_a_value_changed_after_a_signature_is_told() -> None:
    once = sign(fill(pack(), VALUES), MEMBRE, member())
    assert changes(sign(fill(once, {LIEU: "Lyon"}), SYNDICAT, syndicat())) == [
        f"le champ « {LIEU} » a changé après la signature de Marie Curie"
    ]


def test_a_byte_changed_in_what_was_signed_breaks_the_signature() -> None:
    data = sign(pack(), MEMBRE, member())
    assert data.count(b"22 200,00") == 1
    found = read(data.replace(b"22 200,00", b"32 200,00"))
    (signature,) = found.signatures
    assert (signature.intact, signature.covers_whole) == (False, False)
    assert "modifié" in signature.problem
    assert "page 2" in found.changes[0]


def test_a_signed_file_that_a_viewer_writes_anew_is_no_longer_signed() -> None:
    found = read(fill_as_chrome(sign(pack(), MEMBRE, member()), VALUES))
    assert [(s.field, s.intact) for s in found.signatures] == [(MEMBRE, False)]
    assert found.unsigned == (SYNDICAT, ANNEXE)


def test_a_signature_of_somebody_else_s_key_is_not_intact() -> None:
    data = sign(pack(), MEMBRE, member())
    start = data.index(b"/Contents <") + len(b"/Contents <")
    end = data.index(b">", start)
    key = f"{member().key.public_key().public_numbers().n:x}".encode()
    contents = data[start:end].lower()
    assert contents.count(key) == 1
    found = read(data[:start] + contents.replace(key, key[::-1]) + data[end:])
    assert [s.intact for s in found.signatures] == [False]


@pytest.mark.parametrize("garbage", [b"0", b"3", b"f"])
def test_a_signature_of_garbage_is_a_problem_not_a_failure(garbage: bytes) -> None:
    data = sign(pack(), MEMBRE, member())
    start = data.index(b"/Contents <") + len(b"/Contents <")
    end = data.index(b">", start)
    (found,) = read(data[:start] + garbage * (end - start) + data[end:]).signatures
    assert (found.field, found.intact, found.covers_whole) == (MEMBRE, False, False)
    assert "vérifier" in found.problem


def test_a_signature_put_over_the_text_is_told_and_one_beside_it_is_not() -> None:
    over = sign(pack(), "Signature1", member(), box=(72, 695, 300, 715))
    beside = sign(pack(), "Signature1", member(), box=(72, 400, 300, 450))
    assert changes(over) == ["page 1 : un champ « Signature1 » a été ajouté sur « Convention d'accès aux services »"]
    assert changes(beside) == []


# Changed


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_change_is_told_when_nobody_has_signed(forgery: str) -> None:
    change, said = FORGERIES[forgery]
    assert said in changes(update(pack(), change))


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_change_after_a_signature_is_told_twice(forgery: str) -> None:
    change, said = FORGERIES[forgery]
    data = update(sign(pack(), MEMBRE, member()), change)
    (signature,) = read(data).signatures
    assert (signature.intact, signature.covers_whole) == (True, False)
    assert "après cette signature" in signature.problem
    assert said in changes(data)


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_change_before_the_signature_is_told_though_the_signature_is_good(forgery: str) -> None:
    change, said = FORGERIES[forgery]
    if forgery == "field removed":
        change = forget(DATE)
        said = said.replace(LIEU, DATE)
    data = sign(update(pack(), change), MEMBRE, member())
    assert [(s.intact, s.covers_whole) for s in read(data).signatures] == [(True, True)]
    assert said in changes(data)


def test_without_the_original_what_was_signed_first_is_the_reference() -> None:
    data = update(sign(pack(), MEMBRE, member()), AMOUNT)
    assert [c.replace("\xa0", " ") for c in signed.read(data, None).changes] == [
        "page 2 : « 22 200,00 » est devenu « 32 200,00 »"
    ]


def test_what_is_drawn_over_the_same_text_is_told() -> None:
    hidden = draw(1, b"ET", b"ET 1 g 250 690 90 30 re f")
    (said,) = changes(update(pack(), hidden))
    assert said.startswith("page 2 : ce qui se voit a changé, sous le même texte, vers « ")


def test_a_digit_drawn_otherwise_under_the_same_text_is_told_when_the_file_is_written_anew() -> None:
    def change(pdf: Pdf) -> None:
        page = pdf.pages[1].obj
        page.Contents = pdf.make_stream(page.Contents.read_bytes() + b" 1 g 255 698 7 12 re f")

    (said,) = changes(rewrite(pack(), change))
    assert said.startswith("page 2 : ce qui se voit a changé, sous le même texte, vers « ")


def test_an_amount_changed_in_a_file_written_anew_is_told() -> None:
    def change(pdf: Pdf) -> None:
        page = pdf.pages[1].obj
        page.Contents = pdf.make_stream(page.Contents.read_bytes().replace(b"22 200", b"2 200"))

    assert changes(rewrite(pack(), change)) == ["page 2 : « 22 200,00 » est devenu « 2 200,00 »"]


def test_a_font_that_shows_other_letters_is_told() -> None:
    def change(writer: PdfWriter) -> None:
        font = writer.pages[1]["/Resources"]["/Font"]["/F1"]  # type: ignore[index]
        font.get_object()[NameObject("/BaseFont")] = NameObject("/Times-Roman")

    told = changes(update(pack(), change))
    assert [said.split(" : ")[0] for said in told[:-1]] == ["page 1", "page 2", "page 3"]
    assert told[-1].startswith("la police de ce qui est tapé dans les champs a été remplacée")


def test_pages_that_another_engine_redraws_are_told_once_for_all() -> None:
    def change(pdf: Pdf) -> None:
        for page in pdf.pages:
            page.obj.Contents = pdf.make_stream(b"1 0 0 1 0.4 0.4 cm " + page.obj.Contents.read_bytes())

    said = changes(rewrite(pack(), change))
    assert said == [
        "toutes les pages ont été redessinées par un autre logiciel, avec les mêmes mots : comparez-les à l'œil"
    ]


def test_two_lines_exchanged_in_a_file_written_anew_are_told() -> None:
    def change(pdf: Pdf) -> None:
        page = pdf.pages[1].obj
        drawing = page.Contents.read_bytes()
        swapped = drawing.replace(b"72 700", b"72 1").replace(b"72 670", b"72 700").replace(b"72 1", b"72 670")
        page.Contents = pdf.make_stream(swapped)

    (said,) = changes(rewrite(pack(), change))
    assert said.startswith("page 2 : ce qui se voit a changé, sous le même texte, vers « ")


def test_a_page_removed_is_named() -> None:
    assert changes(rewrite(pack(), lambda pdf: pdf.pages.__delitem__(1))) == ["la page 2 de l'original a été enlevée"]


def test_a_page_replaced_is_named() -> None:
    def change(pdf: Pdf) -> None:
        text = b"BT /F1 12 Tf 72 700 Td (Tout autre chose est dit ici, sans rapport) Tj ET"
        pdf.pages[1].obj.Contents = pdf.make_stream(text)

    assert changes(rewrite(pack(), change)) == ["page 2 : cette page a été remplacée"]


def test_a_page_put_before_the_others_does_not_make_them_changed() -> None:
    def change(pdf: Pdf) -> None:
        pdf.add_blank_page()
        pdf.pages.insert(0, pdf.pages[-1])
        del pdf.pages[-1]

    assert changes(rewrite(pack(), change)) == ["page 1 : cette page a été ajoutée"]


def test_a_printed_pack_has_lost_its_fields() -> None:
    def change(pdf: Pdf) -> None:
        del pdf.Root.AcroForm
        for page in pdf.pages:
            del page.obj.Annots

    said = changes(rewrite(pack(), change))
    assert said == ["les champs à remplir et à signer ont disparu : le document a été imprimé ou aplati"]


def test_what_a_file_says_of_itself_cannot_disturb_a_terminal() -> None:
    found = read(fill(pack(), {LIEU: "Paris\x1b[2J\u202e" + "x" * 20_000}))
    assert found.filled[LIEU].startswith("Paris [2J ")
    assert len(found.filled[LIEU]) == 10_000


# Scanned


def scan(pages: int, ocr: bool = False, written: bool = False) -> bytes:
    with Pdf.new() as pdf:
        for _ in range(pages):
            page = pdf.add_blank_page(page_size=(595, 842)).obj
            image = Image.effect_noise((120, 170), 80)
            picture = pdf.make_stream(image.tobytes(), Type=Name.XObject, Subtype=Name.Image, Width=120, Height=170,
                                      ColorSpace=Name.DeviceGray, BitsPerComponent=8)  # fmt: skip
            font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
            page.Resources = Dictionary(XObject=Dictionary(Im=picture), Font=Dictionary(F1=font))
            text = b"BT /F1 12 Tf %d Tr 72 700 Td (Convention) Tj ET" % (0 if written else 3)
            page.Contents = pdf.make_stream(b"q 595 0 0 842 0 0 cm /Im Do Q " + (text if ocr or written else b""))
        return signing.saved(pdf)


@pytest.mark.parametrize("ocr", [False, True])
def test_a_scan_is_told_and_not_compared(ocr: bool) -> None:
    found = read(scan(3, ocr))
    assert (found.scanned, found.rewritten, found.changes, found.unsigned) == (True, True, (), ())


def test_an_image_under_words_is_not_a_scan() -> None:
    assert not read(scan(3, written=True)).scanned


# Made to harm


def action(kind: str, **more: object) -> Dictionary:
    return Dictionary(S=Name(f"/{kind}"), **more)


def javascript(pdf: Pdf) -> None:
    pdf.Root.OpenAction = action("JavaScript", JS=String("app.alert(1)"))


def launch(pdf: Pdf) -> None:
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=action("Launch"))
    pdf.pages[0].obj.Annots.append(link)


def attachment(pdf: Pdf) -> None:
    pdf.attachments["facture.exe"] = b"MZ"


def forms(pdf: Pdf) -> None:
    """Ten times a form that draws ten times a form, and so on."""
    inner = None
    for _ in range(20):
        form = pdf.make_stream(b"/X Do " * 10, Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9]))
        form.Resources = Dictionary(XObject=Dictionary(X=inner)) if inner is not None else Dictionary()
        inner = form
    pdf.pages[0].obj.Resources = Dictionary(XObject=Dictionary(X=inner))
    pdf.pages[0].obj.Contents = pdf.make_stream(b"/X Do")


def endless_fields(pdf: Pdf) -> None:
    field = pdf.make_indirect(Dictionary(T=String("a")))
    field.Kids = Array([field])
    pdf.Root.AcroForm.Fields.append(field)


def nested(pdf: Pdf) -> None:
    inside = Dictionary()
    for _ in range(200):
        inside = Dictionary(A=inside)
    pdf.pages[0].obj.Resources.Properties = inside


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (javascript, "JavaScript"),
        (launch, "lance un programme"),
        (attachment, "pièce jointe"),
        (forms, "une de ses pages est démesurée"),
        (endless_fields, "sans fin"),
        (nested, "sans fin"),
        (lambda pdf: pdf.pages.__delitem__(slice(0, 3)), "n'a pas de page"),
    ],
)
def test_what_is_made_to_harm_is_refused(change: Callable[[Pdf], object], said: str) -> None:
    assert said in refusal(rewrite(pack(), change))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "ce n'est pas un PDF"),
        (b"<html>%%EOF", "ce n'est pas un PDF"),
        (b"%PDF-1.7\n", "coupé"),
        (b"%PDF-1.7\nxref\n%%EOF", "la table de ses objets est abîmée"),
        (b"%PDF-1.7\nstartxref\n99999999999\n%%EOF", "la table de ses objets est abîmée"),
    ],
)
def test_what_is_not_a_pdf_is_refused(data: bytes, said: str) -> None:
    assert said in refusal(data)


def test_a_file_cut_anywhere_is_refused_but_between_two_savings() -> None:
    data = sign(pack(), MEMBRE, member())
    for length in [*range(10, len(data) - 10, len(data) // 60), len(pack()) + 300]:
        assert "PDF" in refusal(data[:length])
    assert signed.read(data[: len(pack())]).unsigned == (MEMBRE, SYNDICAT, ANNEXE)


def test_an_encrypted_file_is_refused() -> None:
    with pikepdf.open(io.BytesIO(pack())) as pdf:
        for owner, user in (("a", "b"), ("a", "")):
            buffer = io.BytesIO()
            pdf.save(buffer, encryption=pikepdf.Encryption(owner=owner, user=user))
            assert ("mot de passe" if user else "chiffré") in refusal(buffer.getvalue())


@pytest.mark.parametrize(
    ("limit", "said"),
    [("MAX_BYTES", "trop gros"), ("MAX_PAGES", "pages"), ("MAX_OBJECTS", "objets"), ("MAX_REVISIONS", "fois")],
)
def test_limits_are_kept(monkeypatch: pytest.MonkeyPatch, limit: str, said: str) -> None:
    data = fill(fill(pack(), VALUES), VALUES)
    signed.read(data)
    monkeypatch.setattr(signers if limit == "MAX_REVISIONS" else untrusted, limit, 2)
    assert said in refusal(data)


def bomb(filters: object, data: bytes) -> bytes:
    def change(pdf: Pdf) -> None:
        pdf.pages[0].obj.Contents.write(data, filter=filters)

    with pikepdf.open(io.BytesIO(pack())) as pdf:
        change(pdf)
        buffer = io.BytesIO()
        pdf.save(buffer, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
        return buffer.getvalue()


def test_a_stream_that_swells_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(untrusted, "MAX_DECODED", 10_000_000)
    once = zlib.compress(bytes(20_000_000))
    assert "démesuré" in refusal(bomb(Name.FlateDecode, once))
    twice = Array([Name.FlateDecode, Name.FlateDecode])
    assert "plusieurs fois" in refusal(bomb(twice, zlib.compress(once)))


def test_a_file_that_was_damaged_anywhere_never_gives_a_traceback_nor_prints(
    capfd: pytest.CaptureFixture[str],
) -> None:
    whole = sign(fill(sign(pack(), MEMBRE, member()), VALUES), SYNDICAT, syndicat())
    chance = random.Random(2023)
    outcomes = set()
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 1, 20))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            found = signed.read(bytes(data), pack())
        except Unreadable:
            outcomes.add("refused")
        else:
            sound = all(s.intact for s in found.signatures) and len(found.signatures) == 2
            outcomes.add("sound" if sound else "broken")
    assert {"refused", "broken"} <= outcomes
    assert capfd.readouterr() == ("", "")


def test_two_readers_that_do_not_see_the_same_pages_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pypdfium2.PdfDocument, "__len__", lambda self: 4)
    assert "le même nombre de pages" in refusal(pack())


def test_a_link_to_elsewhere_is_told() -> None:
    def change(writer: PdfWriter) -> None:
        link = Rectangle(rect=(72, 690, 300, 715))
        link[NameObject("/Subtype")] = NameObject("/Link")
        target = DictionaryObject({NameObject("/S"): NameObject("/URI")})
        link[NameObject("/A")] = target
        writer.add_annotation(0, link)

    assert changes(update(pack(), change)) == [
        "page 1 : une annotation (Link) est posée dessus ; URI : mène à une adresse"
    ]
