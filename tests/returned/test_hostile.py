"""What a careful reader would refuse, before and after signing: each is told with what it does.

The classes are those that were published: incremental saving, shadow attacks (hide, replace, hide and replace),
signature wrapping, universal forgery, evil annotation and sneaky signature on certified files.
"""

from __future__ import annotations

import io
import re

import forging
import pikepdf
import pypdfium2
import pytest
import signing
from forging import (
    ANNEXE,
    DATE,
    LIEU,
    MEMBRE,
    SYNDICAT,
    Change,
    annotation,
    append,
    draw,
    field,
    fill,
    look,
    of_field,
    of_form,
    of_page,
    replace,
    root,
    size_of,
    widget,
)  # fmt: skip
from pikepdf import Array, Dictionary, Name, Pdf, String
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm
from pyhanko_certvalidator.registry import SimpleCertificateStore

from docgen.returned import signed, untrusted
from docgen.returned.signed import Returned
from docgen.returned.untrusted import Unreadable

AMOUNT = (236.0, 694.0, 246.0, 712.0)
BLANK_PAPER = (72.0, 300.0, 300.0, 330.0)


def read(data: bytes) -> Returned:
    return signed.read(data, forging.pack())


def told(found: Returned) -> list[str]:
    return [said.replace("\xa0", " ").replace("\u202f", " ") for said in found.changes]


def images(pdf: Pdf) -> None:
    """Replace each page by its own picture."""
    with pypdfium2.PdfDocument(forging.pack()) as document:
        pictures = [page.render(scale=1).to_pil().convert("RGB") for page in document]
    for page, picture in zip(pdf.pages, pictures, strict=True):
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG")
        image = pdf.make_stream(
            buffer.getvalue(), Type=Name.XObject, Subtype=Name.Image, Width=picture.width, Height=picture.height,
            ColorSpace=Name.DeviceRGB, BitsPerComponent=8, Filter=Name.DCTDecode,
        )  # fmt: skip
        page.obj.Resources = Dictionary(XObject=Dictionary(Im=image))
        page.obj.Contents = pdf.make_stream(b"q 595.304 0 0 841.89 0 0 cm /Im Do Q")


def turned(pdf: Pdf) -> None:
    pdf.pages.insert(0, pdf.pages[2])
    del pdf.pages[3]


def added(pdf: Pdf) -> None:
    page = pdf.add_blank_page(page_size=(595.304, 841.89)).obj
    page.Contents = pdf.make_stream(b"BT ET")


def hidden_layer(pdf: Pdf) -> None:
    """Hide the text of a page behind a layer that is off, and show another."""
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("Fond")))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=Array([layer])))
    page = pdf.pages[1].obj
    page.Resources.Properties = Dictionary(L=layer)
    page.Contents = pdf.make_stream(b"/OC /L BDC " + page.Contents.read_bytes() + b" EMC")


def other_pages(pdf: Pdf) -> None:
    """Hide and replace: a second tree of pages, that nothing calls yet."""
    page = pdf.make_indirect(Dictionary(Type=Name.Page, MediaBox=Array([0, 0, 595, 842])))
    tree = pdf.make_indirect(Dictionary(Type=Name.Pages, Kids=Array([page]), Count=1))
    page.Parent = tree
    pdf.make_indirect(Dictionary(Type=Name.Catalog, Pages=tree))


def other_font(pdf: Pdf) -> None:
    pdf.Root.AcroForm.DR = Dictionary(
        Font=Dictionary(F1=Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Symbol))
    )


def page_font(pdf: Pdf) -> None:
    """The words stay; their letters are drawn by others."""
    pdf.pages[1].obj.Resources = Dictionary(
        Font=Dictionary(F1=Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Courier,
                                      Encoding=Name.WinAnsiEncoding))
    )  # fmt: skip


def swapped_digits(pdf: Pdf) -> None:
    """The date says one thing to who reads the words, another to who looks."""
    one = field(pdf, DATE)
    one.V = String("5 mars 2024")
    stream = look(pdf, *size_of(one), "5 mars 2024")
    stream.Resources.Font.H.Encoding = Dictionary(
        Type=Name.Encoding, BaseEncoding=Name.WinAnsiEncoding,
        Differences=Array([ord("4"), Name.six]),
    )  # fmt: skip
    stream.Resources.Font.H.ToUnicode = pdf.make_stream(
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap 1 begincodespacerange <00> <FF> "
        b"endcodespacerange 1 beginbfrange <00> <FF> <0000> endbfrange endcmap end end"
    )
    one.AP = Dictionary(N=stream)


def rollover(pdf: Pdf) -> None:
    one = field(pdf, LIEU)
    one.AP = Dictionary(N=one.AP.N, R=look(pdf, *size_of(one), "Paris"))


def retitled_outline(pdf: Pdf) -> None:
    pdf.Root.Outlines.First.Title = String("Convention gratuite")


def outline_to(pdf: Pdf) -> None:
    pdf.Root.Outlines.First.Dest = Array([pdf.pages[2].obj, Name.Fit])


def alt(pdf: Pdf) -> None:
    pdf.Root.StructTreeRoot.K[1].ActualText = String("2 200,00 EUR")


def untagged(pdf: Pdf) -> None:
    del pdf.Root["/StructTreeRoot"]


def reordered_tags(pdf: Pdf) -> None:
    rows = pdf.Root.StructTreeRoot.K
    pdf.Root.StructTreeRoot.K = Array([rows[2], rows[1], rows[0]])


def metadata(before: str, after: str) -> Change:
    """Return a change of the XMP packet, that pyHanko writes anew with attributes: `before` is a pattern."""

    def change(pdf: Pdf) -> None:
        changed, times = re.subn(before, after, pdf.Root.Metadata.read_bytes().decode())
        assert times
        pdf.Root.Metadata = pdf.make_stream(changed.encode(), Type=Name.Metadata, Subtype=Name.XML)

    return change


def info(pdf: Pdf) -> None:
    pdf.docinfo["/Title"] = "Convention gratuite"


def gone(name: str) -> Change:
    def change(pdf: Pdf) -> None:
        kept = [one for one in pdf.Root.AcroForm.Fields if str(one.T) != name]
        pdf.Root.AcroForm.Fields = Array(kept)

    return change


def act(kind: str, **more: object) -> Dictionary:
    return Dictionary(S=Name(f"/{kind}"), **more)


def second_widget(pdf: Pdf) -> None:
    """The place to write is shown a second time, over the amount."""
    one = field(pdf, LIEU)
    made = pdf.make_indirect(
        Dictionary(Type=Name.Annot, Subtype=Name.Widget, Parent=one, F=4, Rect=Array(AMOUNT), P=pdf.pages[1].obj)
    )
    made.AP = Dictionary(N=look(pdf, 10, 18, "9"))
    pdf.pages[1].obj.Annots.append(made)


SEEN = "ce qui se voit a changé"
HOSTILE: dict[str, tuple[Change, str]] = {
    # words and drawings of the pages
    "amount changed": (replace(b"22 200,00", b"2 200,00"), "page 2 : « 22 200,00 » est devenu « 2 200,00 »"),
    "word changed": (replace(b"chaque", b"aucune"), "page 2 : « chaque » est devenu « aucune »"),
    "sentence removed": (replace(b"Elle est pay", b""), "page 2 :"),
    "article added": (draw("BT /F1 12 Tf 72 300 Td (Article 99 : gratuit) Tj ET"), "Article 99 : gratuit"),
    "white box over the amount": (draw("1 g 230 690 60 20 re f"), SEEN),
    "black box over the amount": (draw("0 g 230 690 60 20 re f"), SEEN),
    "light grey digit, drawn": (draw("0.9 G 1.2 w 234 720 m 240 720 l 236 710 l S"), SEEN),
    "light grey stroke": (draw("0.9 G 1 w 238 720 m 238 730 l S"), SEEN),
    "hairline": (draw("0 w 0.7 G 230 700 m 260 700 l S"), SEEN),
    "pale shading": (draw("0.94 g 60 60 400 40 re f"), SEEN),
    "text in white": (draw("1 g BT /F1 12 Tf 72 300 Td (Sous reserve) Tj ET"), "Sous reserve"),
    "text without ink": (draw("BT /F1 12 Tf 3 Tr 72 300 Td (Sous reserve) Tj ET"), "Sous reserve"),
    "contents rewritten": (draw("q Q"), "page 2 : son contenu a été réécrit, sans différence visible"),
    "pages as pictures": (images, "pages 1 à 3 : cette page a été remplacée par une image"),
    "page turned": (of_page(Rotate=180), SEEN),
    "page cropped": (of_page(CropBox=Array([0, 0, 595, 600])), "page 2"),
    "page enlarged": (of_page(MediaBox=Array([0, 0, 595, 1200])), SEEN),
    "other font of the page": (page_font, SEEN),
    "layer": (hidden_layer, "des calques peuvent montrer ou cacher une partie des pages (OCProperties)"),
    # pages
    "page added": (added, "page 4 : cette page a été ajoutée"),
    "page removed": (lambda pdf: pdf.pages.__delitem__(1), "la page 2 de l'original a été enlevée"),
    "pages reordered": (turned, "les pages de l'original ont été mises dans un autre ordre : 3, 1, 2"),
    "other pages, hidden": (other_pages, "il cache d'autres pages, que rien ne montre encore"),
    # widgets that we did not put there
    "digit in a signature field": (widget("9", AMOUNT), "un champ « Signature2 » a été ajouté"),
    "digit in a text field": (widget("9", AMOUNT, "Tx"), "il montre « 9 »"),
    "digit in a box to tick": (widget("9", AMOUNT, "Btn"), "un champ « Signature2 » a été ajouté"),
    "article in a signature field": (widget("Article 99", BLANK_PAPER), "il montre « Article 99 »"),
    "stamp without words": (widget("", BLANK_PAPER, drawing="1 0 0 RG 5 5 m 60 20 l S"), "page 2 : un champ"),
    "white patch": (widget("", AMOUNT, drawing="1 g 0 0 10 18 re f"), "un champ « Signature2 » a été ajouté sur"),
    "field that nobody sees": (widget("", (0, 0, 0, 0), "Tx"), "un champ « Signature2 » a été ajouté"),
    "place to sign added": (widget("", BLANK_PAPER), "un champ « Signature2 » a été ajouté"),
    "our field shown twice": (second_widget, "page 2 :"),
    # annotations
    "popup": (annotation("Popup", "1,00", Open=True), "page 2 : une annotation (Popup) est posée dessus : « 1,00 »"),
    "screen": (annotation("Screen", "1,00"), "une annotation (Screen) est posée dessus : « 1,00 »"),
    "free text": (annotation("FreeText", "1,00", Contents=String("1,00")), "une annotation (FreeText)"),
    "stamp": (annotation("Stamp", drawing="1 0 0 rg 0 0 30 10 re f"), "(Stamp) est posée dessus : elle y dessine"),
    "square": (annotation("Square", drawing="1 g 0 0 64 18 re f"), "une annotation (Square) est posée dessus"),
    "highlight": (annotation("Highlight", drawing="1 1 0 rg 0 0 64 18 re f"), "une annotation (Highlight)"),
    "strike out": (annotation("StrikeOut", drawing="0 9 m 64 9 l S"), "une annotation (StrikeOut)"),
    "underline": (annotation("Underline", drawing="0 1 m 64 1 l S"), "une annotation (Underline)"),
    "ink": (annotation("Ink", drawing="0 0 m 60 15 l S"), "une annotation (Ink)"),
    "line": (annotation("Line", drawing="0 9 m 64 9 l S"), "une annotation (Line)"),
    "caret": (annotation("Caret", "x"), "une annotation (Caret)"),
    "note": (annotation("Text", Contents=String("Sous réserve")), "(Text) est posée dessus : « Sous réserve »"),
    "redaction": (annotation("Redact", drawing="0 g 0 0 64 18 re f"), "une annotation (Redact)"),
    "watermark": (annotation("Watermark", "COPIE"), "une annotation (Watermark) est posée dessus : « COPIE »"),
    "projection": (annotation("Projection", "x"), "une annotation (Projection)"),
    "link": (annotation("Link", A=act("URI", URI=String("http://a.example"))), "URI : mène à une adresse"),
    "click that hides": (annotation("Link", A=act("Hide", T=String(LIEU))), "Hide : cache ou montre un champ"),
    "click that commands": (annotation("Link", A=act("Named", N=Name.Print)), "Named : lance une commande"),
    "click that resets": (annotation("Link", A=act("ResetForm")), "ResetForm : efface ce qui est tapé"),
    "click that plays": (annotation("Link", A=act("Rendition", OP=0)), "Rendition : joue un média"),
    # our own fields
    "value not shown": (fill(LIEU, "Lyon", ""), f"le champ « {LIEU} » contient « Lyon » et n'en montre rien"),
    "shown without a value": (
        lambda pdf: field(pdf, LIEU).__setattr__("AP", Dictionary(N=look(pdf, 150, 18, "Lyon"))),
        f"le champ « {LIEU} » montre « Lyon » sans rien contenir",
    ),
    "shown otherwise": (fill(LIEU, "Lyon", "Paris"), f"le champ « {LIEU} » contient « Lyon » et montre « Paris »"),
    "value in white": (fill(LIEU, "Lyon", drawing="1 g"), "écrit d'une encre qui ne se voit pas"),
    "value in pale ink": (fill(LIEU, "Lyon", drawing="0.9 g"), "écrit d'une encre qui ne se voit pas"),
    "value without ink": (fill(LIEU, "Lyon", drawing="BT 3 Tr ET"), "écrit d'une encre qui ne se voit pas"),
    "value under a patch": (
        lambda pdf: (fill(LIEU, "Lyon")(pdf), field(pdf, LIEU).__setattr__("AP", Dictionary(
            N=look(pdf, 150, 18, "Lyon", "0 g 0 0 150 18 re f 0.1 g")))),
        "écrit d'une encre qui ne se voit pas",
    ),
    "drawing over the value": (
        fill(LIEU, "Lyon", drawing="0 0 m 9 9 l 5 2 l 7 8 l 3 1 l 8 8 l 2 2 l S"),
        "dessiné autrement que par des lettres",
    ),
    "digits swapped by a font": (swapped_digits, f"le champ « {DATE} » contient « 5 mars 2024 »"),
    "another look under the pointer": (rollover, f"le champ « {LIEU} » montre autre chose quand on passe dessus"),
    "field hidden": (of_field(LIEU, F=2), f"le champ « {LIEU} » est caché"),
    "field not printed": (of_field(LIEU, F=0), f"le champ « {LIEU} » est caché, à l'écran ou à l'impression"),
    "place to sign hidden": (of_field(SYNDICAT, F=6), f"le champ « {SYNDICAT} » est caché"),
    "field moved": (of_field(LIEU, Rect=Array([240, 690, 350, 715])), f"le champ « {LIEU} » a été déplacé"),
    "field removed": (gone(DATE), f"le champ « {DATE} » a été enlevé"),
    "field of another kind": (of_field(LIEU, FT=Name.Ch), f"le champ « {LIEU} » a changé de nature"),
    "tooltip": (of_field(LIEU, TU=String("Montant")), "son infobulle, que lit une synthèse vocale, dit autre chose"),
    "ink of a field": (of_field(LIEU, DA=String("/F1 0 Tf 1 g")), "a une autre encre"),
    "value by default": (of_field(LIEU, DV=String("Paris")), "« réinitialiser » y mettrait une autre valeur"),
    "rich value": (of_field(LIEU, RV=String("<p>Paris</p>")), "un lecteur peut y montrer une autre valeur"),
    "action of a field": (of_field(LIEU, AA=Dictionary(Fo=act("ResetForm"))), "il agit de lui-même quand on y entre"),
    "background of a field": (of_field(LIEU, MK=Dictionary(BG=Array([0]))), "son fond ou son bord a changé"),
    "place to sign that shows": (
        lambda pdf: field(pdf, SYNDICAT).__setattr__("AP", Dictionary(N=look(pdf, 150, 50, "Bon pour accord"))),
        f"« {SYNDICAT} » montre « Bon pour accord » sans être signé",
    ),
    # the form and the catalog
    "fields redrawn by each viewer": (of_form(NeedAppearances=True), "(NeedAppearances)"),
    "ink of the form": (of_form(DA=String("/F1 0 Tf 1 1 1 rg")), "il peut ne plus se voir (DA)"),
    "font of the form": (other_font, "la police de ce qui est tapé dans les champs a été remplacée"),
    "fields that compute": (of_form(CO=Array([])), "des champs se calculent d'eux-mêmes (CO)"),
    "opening action": (root(OpenAction=act("URI", URI=String("http://a.example"))), "URI : mène à une adresse"),
    "opening on another page": (
        lambda pdf: pdf.Root.__setattr__("OpenAction", Array([pdf.pages[2].obj, Name.Fit])), "(OpenAction)"
    ),
    "actions of the file": (root(AA=Dictionary(WC=act("Named", N=Name.Print))), "(AA)"),
    "base address": (root(URI=Dictionary(Base=String("http://a.example"))), "ses liens peuvent mener à une autre"),
    "portfolio": (root(Collection=Dictionary(View=Name.H)), "il s'ouvre comme un porte-documents"),
    "language": (root(Lang=String("en-US")), "une synthèse vocale le lirait dans une autre langue (Lang)"),
    "page labels": (
        root(PageLabels=Dictionary(Nums=Array([0, Dictionary(P=String("X"))]))), "d'autres numéros de page"
    ),
    "viewer preferences": (root(ViewerPreferences=Dictionary(HideToolbar=True)), "(ViewerPreferences)"),
    "full screen": (root(PageMode=Name.FullScreen), "il s'affiche autrement à l'ouverture (PageMode)"),
    "bookmark renamed": (retitled_outline, "les signets, à gauche de la page, ne sont plus ceux du pack"),
    "bookmark that leads elsewhere": (outline_to, "les signets, à gauche de la page, ne sont plus ceux du pack"),
    "usage rights": (root(Perms=Dictionary(UR3=Dictionary())), "donne d'autres droits"),
    "unknown entry": (root(Zz=Dictionary()), "une entrée que le pack n'a pas y a été ajoutée ou changée (/Zz)"),
    "action of a page": (of_page(AA=Dictionary(O=act("Named", N=Name.Print))), "elle agit d'elle-même"),
    "page that turns by itself": (of_page(Dur=1), "elle passe d'elle-même à la suivante"),
    "order of the fields": (of_page(Tabs=Name.R), "ses champs se suivent dans un autre ordre (Tabs)"),
    "unknown property of a page": (of_page(Zz=1), "page 2 : une propriété y a été ajoutée ou changée (/Zz)"),
    "constraint of a place to sign": (
        of_field(SYNDICAT, SV=Dictionary(Ff=1)), f"« {SYNDICAT} » a été modifié : une propriété y a été ajoutée"
    ),
    "thumbnail": (
        lambda pdf: pdf.pages[1].obj.__setattr__("Thumb", pdf.make_stream(b"", Width=1, Height=1)), "sa vignette"
    ),
    # what is read by voice, what the file says of itself
    "text for the voice": (alt, "une synthèse vocale y lit autre chose que ce qui se voit : « 2 200,00 EUR »"),
    "tags removed": (untagged, "les balises ont été enlevées"),
    "tags reordered": (reordered_tags, "balises"),
    "title": (info, "ses propriétés disent un autre titre : « Convention gratuite »"),
    "title in the metadata": (metadata(">Convention<", ">Gratuit<"), "ses propriétés disent un autre titre (XMP)"),
    "identifier": (metadata("0123456789abcdef", "0" * 16), "ses propriétés disent un autre identifiant"),
    "claim of PDF/A": (metadata(r'<pdfaid:part>2</pdfaid:part>|\w+:part="2"', ""), "plus conforme à PDF/A"),
    "claim of PDF/UA": (metadata(r'<pdfuaid:part>1</pdfuaid:part>|\w+:part="1"', ""), "plus conforme à PDF/UA"),
}  # fmt: skip


def test_there_are_eighty_and_more() -> None:
    assert len(HOSTILE) >= 80


@pytest.mark.parametrize("name", HOSTILE)
def test_a_change_before_signing_is_told_though_all_signatures_are_good(name: str) -> None:
    change, said = HOSTILE[name]
    forged = append(forging.pack(), change)
    assert forged.startswith(forging.pack())
    found = read(forged)
    assert any(said in one for one in told(found)), told(found)
    if name != "fields redrawn by each viewer":  # pyHanko takes that out as it signs
        again = read(_signed_where_possible(forged))
        assert any(said in one for one in told(again)), told(again)


def _signed_where_possible(data: bytes) -> bytes:
    return signing.sign(data, MEMBRE, signing.member())


@pytest.fixture(scope="module")
def all_signed() -> bytes:
    return forging.signed(forging.pack())


@pytest.mark.parametrize("name", [n for n in HOSTILE if n not in ("place to sign that shows",)])
def test_a_change_after_all_have_signed_is_told(name: str, all_signed: bytes) -> None:
    change, said = HOSTILE[name]
    found = read(append(all_signed, change))
    assert any(said in one for one in told(found)), told(found)


def test_what_a_signed_place_shows_cannot_change_afterwards(all_signed: bytes) -> None:
    def change(pdf: Pdf) -> None:
        field(pdf, MEMBRE).AP = Dictionary(N=look(pdf, 150, 50, "Sous reserve"))

    assert f"le champ « {MEMBRE} » a changé après la signature de Marie Curie" in told(read(append(all_signed, change)))


@pytest.mark.parametrize("name", ["note", "stamp", "digit in a signature field", "popup"])
def test_a_certified_file_that_admits_annotations_is_compared_all_the_same(name: str) -> None:
    """Evil annotation and sneaky signature: the certificate allows them, the pack does not."""
    change, said = HOSTILE[name]
    maker = signers.SimpleSigner(signing.member().asn1(), signing.member().asn1_key(), SimpleCertificateStore())
    meta = signers.PdfSignatureMetadata(
        MEMBRE, certify=True, docmdp_permissions=MDPPerm.ANNOTATE, md_algorithm="sha256"
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(forging.pack()))
    certified = signers.sign_pdf(writer, meta, signer=maker, existing_fields_only=True).getvalue()
    found = read(append(certified, change))
    assert any(said in one for one in told(found)), told(found)


def test_a_signature_that_is_wrapped_or_moved_is_not_whole(all_signed: bytes) -> None:
    """Signature wrapping and universal forgery: the range is moved, the container emptied."""
    for before, after in ((rb"/ByteRange \[0 ", b"/ByteRange [1 "), (rb"/ByteRange \[0", b"/ByteRange [-")):
        data = re.sub(before, after, all_signed, count=1)
        assert data != all_signed
        assert any(one.problem for one in read(data).signatures)


def test_a_signature_without_its_container_is_a_problem(all_signed: bytes) -> None:
    data = all_signed.replace(b"/SubFilter", b"/SubFilteR", 1)
    assert any(one.problem for one in read(data).signatures)


def test_two_files_one_behind_the_other_are_told_for_what_they_are() -> None:
    with pytest.raises(Unreadable, match="deux PDF mis bout à bout"):
        signed.read(forging.pack() + signing.pack(), forging.pack())


def test_nobody_is_told_to_save_a_signed_file_again() -> None:
    for refused in (b"%PDF-1.7\nxref\n%%EOF", b"%PDF-1.7 /LZWDecode\n%%EOF"):
        with pytest.raises(Unreadable) as raised:
            signed.read(refused)
        assert "enregistre" not in str(raised.value)


@pytest.mark.parametrize("name", ["amount changed", "stamp", "language"])
def test_what_is_written_anew_is_compared_too(name: str) -> None:
    change, said = HOSTILE[name]
    found = read(signing.rewrite(forging.pack(), change))
    assert found.rewritten
    assert any(said in one for one in told(found)), told(found)


def test_one_kind_of_change_is_one_line() -> None:
    def change(pdf: Pdf) -> None:
        for page in pdf.pages:
            page.obj.AA = Dictionary(O=act("Named", N=Name.Print))

    (said,) = told(read(append(forging.pack(), change)))
    assert said.startswith("pages 1 à 3 : elle agit")


def test_what_an_annotation_draws_without_end_is_refused() -> None:
    def change(pdf: Pdf) -> None:
        inner = None
        for _ in range(20):
            form = pdf.make_stream(b"/X Do " * 10, Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9]))
            form.Resources = Dictionary(XObject=Dictionary(X=inner)) if inner is not None else Dictionary()
            inner = form
        made = Dictionary(Type=Name.Annot, Subtype=Name.Stamp, Rect=Array([0, 0, 9, 9]), AP=Dictionary(N=inner))
        pdf.pages[0].obj.Annots.append(made)

    with pytest.raises(Unreadable, match="démesurée"):
        read(append(forging.pack(), change))


def test_objects_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(untrusted, "MAX_OBJECTS", 10)
    with pytest.raises(Unreadable):
        read(append(forging.pack(), added))


def test_the_original_of_these_tests_is_sound() -> None:
    found = read(forging.pack())
    assert (found.changes, found.unsigned) == ((), (MEMBRE, SYNDICAT, ANNEXE))
    with pikepdf.open(io.BytesIO(forging.pack())) as pdf:
        assert len(pdf.pages) == 3
