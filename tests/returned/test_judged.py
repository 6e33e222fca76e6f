"""What `docgen verify` concludes of real packs and acts: who signed and when, what was typed, where it comes from."""

from __future__ import annotations

import datetime as dt
import io
import re
import subprocess
import textwrap
import warnings
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
import signing
from conftest import Docgen, Sample
from forging import append, field, look, size_of, widget
from pikepdf import Dictionary, Pdf, String
from PIL import Image, ImageDraw, ImageFont
from tools import program

from docgen.records.workspace import load

MEMBER, UNDECIDED = "commune-de-montriviere", "commune-de-sainte-foy-du-bois"
MAIRE, PRESIDENT = "Claire D'Anglade", "Jean-Michel Baylet"
WHEN = dt.datetime(2023, 7, 20, 14, 30, tzinfo=dt.timezone(dt.timedelta(hours=2)))
PLACES = ("sig_membre_convention", "sig_membre_annexe_2", "sig_syndicat_convention")
NUMBER = "04/2023-06"


def sign(
    data: bytes,
    maire: signing.Person | None = None,
    president: signing.Person | None = None,
    when: dt.datetime = WHEN,
    places: tuple[str, ...] = PLACES,
) -> bytes:
    maire, president = maire or signing.person(MAIRE), president or signing.person(PRESIDENT)
    for name in places:
        data = signing.sign(data, name, president if "syndicat" in name else maire, when)
    return data


@pytest.fixture(scope="module")
def pack(made: Sample) -> bytes:
    return made.pack(MEMBER).read_bytes()


@pytest.fixture(scope="module")
def signed(pack: bytes) -> bytes:
    return sign(pack)


@pytest.fixture
def sent(built: Sample, docgen: Docgen) -> Sample:
    assert docgen(built.root, "record", "sent", MEMBER, "2023-07-01")[0] == 0
    return built


def back(folder: Path, data: bytes, name: str = "retour.pdf") -> str:
    (folder / name).write_bytes(data)
    return str(folder / name)


# When, and by whom

OTHER_DAYS = {
    "before the vote": (dt.datetime(2023, 4, 3, 10, tzinfo=dt.UTC), "signé le 03/04/2023, trop tôt"),
    "before the act of the syndicat": (
        dt.datetime(2023, 4, 15, 10, tzinfo=dt.UTC),
        "trop tôt : la délibération du syndicat est exécutoire le 18/04/2023",
    ),
    "before the act of the member": (
        dt.datetime(2023, 5, 12, 10, tzinfo=dt.UTC), "trop tôt : la délibération du membre est exécutoire le 16/05/2023"
    ),
    "before the sending": (dt.datetime(2023, 6, 20, 10, tzinfo=dt.UTC), "avant l'envoi du pack, le 01/07/2023"),
    "to come": (dt.datetime(2099, 1, 1, tzinfo=dt.UTC), "signé le 01/01/2099, qui est à venir"),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHER_DAYS)
def test_a_signature_on_a_day_that_the_law_or_the_calendar_refuses_is_not_noted_unless_it_is_said_why(
    name: str, sent: Sample, pack: bytes, tmp_path: Path, docgen: Docgen
) -> None:
    when, said = OTHER_DAYS[name]
    file = back(tmp_path, sign(pack, when=when))
    before = (sent.root / "members.yaml").read_bytes()
    code, told = docgen(sent.root, "verify", "--record", file)
    assert code == 1
    assert told.startswith("retour.pdf : signé par tous, mais à ne pas accepter tel quel\n")
    assert said in told
    assert "--malgre" in told
    assert (sent.root / "members.yaml").read_bytes() == before
    code, told = docgen(sent.root, "verify", "--record", "--malgre", "horloge du poste déréglée", file)
    assert (code, "Signature notée (convention)" in told) == (0, True), told
    (envoi,) = next(m.envois for m in load(sent.workspace).membres if m.id == MEMBER)
    assert envoi.malgre == "horloge du poste déréglée"
    assert envoi.signe_le == min(when.date(), dt.date.today())
    assert docgen(sent.root, "check")[0] == 0


def test_malgre_says_why_only_where_something_is_noted(made: Sample, docgen: Docgen) -> None:
    code, told = docgen(made.root, "verify", str(made.pack(MEMBER)), "--malgre", "x")
    assert (code, "--malgre va avec --record" in told) == (2, True)


OTHER_PEOPLE: dict[str, tuple[Callable[[], tuple[signing.Person, signing.Person]], str]] = {
    "self-signed": (
        lambda: (signing.self_certified(MAIRE), signing.person(PRESIDENT)), "n'est garanti que par lui-même"
    ),
    "expired": (
        lambda: (
            signing.certified(MAIRE, dt.datetime(2010, 1, 1), dt.datetime(2012, 1, 1)), signing.person(PRESIDENT)
        ),
        "mais le certificat a expiré le 01/01/2012",
    ),
    "not yet valid": (
        lambda: (
            signing.certified(MAIRE, dt.datetime(2024, 1, 1), dt.datetime(2030, 1, 1)), signing.person(PRESIDENT)
        ),
        "mais le certificat n'est valable que depuis le 01/01/2024",
    ),
    "same key": (
        lambda: (signing.person(MAIRE), signing.with_the_key_of(signing.person(MAIRE), PRESIDENT)),
        "la même clé, au nom de « Claire D'Anglade », a signé pour le membre et pour le syndicat",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHER_PEOPLE)
def test_a_certificate_that_proves_nothing_is_told_and_not_noted(
    name: str, sent: Sample, pack: bytes, tmp_path: Path, docgen: Docgen
) -> None:
    people, said = OTHER_PEOPLE[name]
    file = back(tmp_path, sign(pack, *people()))
    code, told = docgen(sent.root, "verify", "--record", file)
    assert (code, said in told) == (1, True), told
    assert "signe_le" not in (sent.root / "members.yaml").read_text("utf-8")


def test_one_certificate_for_both_parties_is_somebody_else_for_one_of_them(
    made: Sample, pack: bytes, tmp_path: Path, docgen: Docgen
) -> None:
    both = signing.person(MAIRE)
    _, told = docgen(made.root, "verify", back(tmp_path, sign(pack, both, both)))
    assert told.startswith("retour.pdf : signé par d'autres que ceux qu'il nomme : « Claire D'Anglade »\n")
    assert "la même clé" in told


@pytest.mark.parametrize(
    "name", ["ANGLADE Claire", "CLAIRE ANGLADE", "Claire d’Anglade", "Mme Claire D'ANGLADE (Maire)"]
)
def test_particles_order_and_titles_do_not_make_another_person(
    made: Sample, pack: bytes, tmp_path: Path, docgen: Docgen, name: str
) -> None:
    code, told = docgen(made.root, "verify", back(tmp_path, sign(pack, signing.person(name))))
    assert (code, told.splitlines()[0]) == (0, "retour.pdf : signé par tous"), told


def test_who_signs_elsewhere_than_at_the_places_is_told_in_the_conclusion(
    made: Sample, pack: bytes, tmp_path: Path, docgen: Docgen
) -> None:
    data = sign(pack, places=PLACES[:1])
    data = signing.sign(data, "Signature1", signing.person(PRESIDENT), WHEN, box=(300, 20, 340, 30))
    code, told = docgen(made.root, "verify", back(tmp_path, data))
    assert code == 1
    assert told.splitlines()[0] == "retour.pdf : signé ailleurs qu'aux places prévues : « Signature1 »"
    assert told.count("manque : Signature pour le syndicat (sig_syndicat_convention)") == 1


def test_a_stranger_who_signs_besides_is_told_in_the_conclusion(
    made: Sample, signed: bytes, tmp_path: Path, docgen: Docgen
) -> None:
    data = signing.sign(signed, "Signature1", signing.person("Mallory Pirate"), WHEN, box=(300, 20, 340, 30))
    code, told = docgen(made.root, "verify", back(tmp_path, data))
    assert (code, told.splitlines()[0]) == (
        1, "retour.pdf : signé par d'autres que ceux qu'il nomme : « Mallory Pirate »"
    )  # fmt: skip


def test_a_digit_put_before_an_amount_is_told_with_the_words_beside(
    made: Sample, signed: bytes, tmp_path: Path, docgen: Docgen
) -> None:
    code, told = docgen(
        made.root, "verify", back(tmp_path, append(signed, widget("9", (484, 452.5, 492, 463), page=9)))
    )
    assert (code, told.splitlines()[0]) == (1, "retour.pdf : MODIFIÉ, à ne pas accepter tel quel")
    assert "un champ « Signature2 » a été ajouté ; il montre « 9 »" in told
    assert "page 10" in told


# What was typed in the blanks of a contract


@pytest.fixture(scope="module")
def undecided(made: Sample) -> bytes:
    return made.pack(UNDECIDED).read_bytes()


RIGHT = {
    "souscription_utilisateurs": "24", "souscription_stockage": "3 To", "souscription_gfu": "oui",
    "montants_mensuel": "639,36", "montants_annuel": "7 672,32 €",
}  # fmt: skip


def typed(data: bytes, values: dict[str, str]) -> bytes:
    def change(pdf: Pdf) -> None:
        for name, value in values.items():
            one = field(pdf, f"champ_{name}_annexe_2")
            one.V = String(value)
            for place in one.get("/Kids", [one]):
                place.AP = Dictionary(N=look(pdf, *size_of(place), value, size=6))

    return append(data, change)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, ""),
        ({"souscription_utilisateurs": "beaucoup"}, "ce qui a été tapé n'est pas admis"),
        ({"souscription_utilisateurs": "0"}, "ce qui a été tapé n'est pas admis"),
        ({"souscription_stockage": "9 To"}, "ce qui a été tapé n'est pas admis"),
        ({"montants_mensuel": "1,00"}, "dit « 1,00 » ; d'après les réponses et la grille votée : 639,36 €"),
        ({"montants_annuel": "7 672,33 €"}, "d'après les réponses et la grille votée : 7 672,32 €"),
        ({"souscription_categorie": "99"}, "champ_souscription_categorie_annexe_2"),
        ({"montants_lignes_1_mensuel": "0,01"}, "champ_montants_lignes_1_mensuel_annexe_2"),
    ],
)
def test_what_binds_is_checked_as_a_record_and_computed_again(
    made: Sample, undecided: bytes, tmp_path: Path, docgen: Docgen, values: dict[str, str], said: str
) -> None:
    data = typed(undecided, {**RIGHT, **values})
    _, told = docgen(made.root, "verify", back(tmp_path, data))
    told = told.replace("\u202f", " ")
    if said:
        assert (told.splitlines()[0], said in told) == ("retour.pdf : MODIFIÉ, à ne pas accepter tel quel", True), told
    else:
        assert told.splitlines()[0] == "retour.pdf : pas encore signé", told


def test_a_quantity_typed_after_a_signature_is_not_accepted(
    made: Sample, undecided: bytes, tmp_path: Path, docgen: Docgen
) -> None:
    once = signing.sign(undecided, PLACES[0], signing.person("Qui Que"), WHEN)
    _, told = docgen(made.root, "verify", back(tmp_path, typed(once, {"souscription_utilisateurs": "24"})))
    assert "a été rempli après la signature de Qui Que" in told
    assert "est resté vide, et le pack est signé : rien ne dit ce qui est souscrit" in told
    assert "rempli : Nombre d’utilisateurs (champ_souscription_utilisateurs_annexe_2) – « 24 », après la sig" in told


def test_a_pack_that_leaves_its_choices_blank_is_sent_only_when_that_is_said(built: Sample, docgen: Docgen) -> None:
    code, told = docgen(built.root, "record", "sent", UNDECIDED, "2023-07-01")
    assert (code, "a un pack à compléter : le membre aurait à y écrire lui-même" in told) == (1, True), told
    assert docgen(built.root, "record", "sent", UNDECIDED, "2023-07-01", "--incomplet")[0] == 0


# Where it comes from


@pytest.mark.parametrize("linearize", [False, True])
def test_a_signed_pack_that_a_tool_saved_again_is_ours_and_its_signatures_are_broken(
    made: Sample, signed: bytes, tmp_path: Path, docgen: Docgen, linearize: bool
) -> None:
    buffer = io.BytesIO()
    with pikepdf.open(io.BytesIO(signed)) as pdf:
        pdf.save(buffer, linearize=linearize)
    code, told = docgen(made.root, "verify", back(tmp_path, buffer.getvalue()))
    first, second = told.splitlines()[:2]
    assert (code, first) == (
        1, "retour.pdf : réenregistré par un autre logiciel après avoir été signé : ses signatures sont brisées"
    )  # fmt: skip
    assert second.startswith(f"  pack de {MEMBER}, édition 2023-04")
    assert "redemandez le fichier signé, tel que le signataire l'a rendu" in told


def test_a_pack_printed_anew_is_ours_and_what_it_lost_is_one_line(
    made: Sample, pack: bytes, tmp_path: Path, docgen: Docgen
) -> None:
    """Its fields, tags and properties are gone with the printing: that is one thing, not ten."""
    printed = tmp_path / "printed.pdf"
    pdftocairo = program("pdftocairo", "poppler-utils")
    subprocess.run([pdftocairo, "-pdf", back(tmp_path, pack), str(printed)], check=True)
    _, told = docgen(made.root, "verify", str(printed))
    assert f"pack de {MEMBER}, édition 2023-04" in told
    assert "les champs à remplir et à signer ont disparu : le document a été imprimé ou aplati" in told
    assert told.count("✗") <= 4, told


def merged(*files: bytes) -> bytes:
    buffer = io.BytesIO()
    with Pdf.new() as pdf, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the form is lost, as it is with the tools that merge
        for data in files:
            with pikepdf.open(io.BytesIO(data)) as other:
                pdf.pages.extend(other.pages)
        pdf.save(buffer)
    return buffer.getvalue()


def test_an_original_behind_a_cover_letter_is_told_for_what_it_is(
    made: Sample, pack: bytes, tmp_path: Path, docgen: Docgen
) -> None:
    _, told = docgen(made.root, "verify", back(tmp_path, merged(signing.pack(), pack)))
    assert f"pack de {MEMBER}" in told
    assert "✗ pages 1 à 3 : cette page a été ajoutée" in told


def test_two_packs_glued_together_are_told(made: Sample, pack: bytes, tmp_path: Path, docgen: Docgen) -> None:
    other = made.pack("cc-des-deux-vallees").read_bytes()
    _, told = docgen(made.root, "verify", back(tmp_path, merged(pack, other)))
    assert "cette page a été ajoutée" in told
    _, told = docgen(made.root, "verify", back(tmp_path, pack + other))
    assert "deux PDF mis bout à bout" in told


def test_pages_in_another_order_are_told(made: Sample, pack: bytes, tmp_path: Path, docgen: Docgen) -> None:
    def change(pdf: Pdf) -> None:
        pdf.pages.insert(0, pdf.pages[-1])
        del pdf.pages[-1]

    _, told = docgen(made.root, "verify", back(tmp_path, signing.rewrite(pack, change)))
    assert "les pages de l'original ont été mises dans un autre ordre : 10, 1, 2, 3" in told


def test_a_projet_without_its_title_is_still_a_projet(made: Sample, tmp_path: Path, docgen: Docgen) -> None:
    def change(pdf: Pdf) -> None:
        pdf.docinfo["/Title"] = "Convention"

    data = append(made.pack("commune-de-valserre").read_bytes(), change)
    code, told = docgen(made.root, "verify", "--record", back(tmp_path, data))
    assert (code, "ce fichier porte PROJET : il n'était pas à signer" in told) == (1, True)


# On paper


def scanned(data: bytes, pages: slice = slice(None), drawn: str = "", scale: float = 2.8) -> bytes:
    """Return pages as a scanner makes them; `drawn` is written over the last one."""
    with pypdfium2.PdfDocument(data) as document:
        pictures = [document[n].render(scale=scale).to_pil().convert("L") for n in range(len(document))[pages]]
    if drawn:
        font = ImageFont.truetype("/usr/share/fonts/truetype/crosextra/Carlito-Regular.ttf", 28)
        pen = ImageDraw.Draw(pictures[-1])
        pen.rectangle((1340, 1060, 1560, 1130), fill=255)
        pen.text((1360, 1070), drawn, fill=0, font=font)
    first, *rest = pictures
    assert isinstance(first, Image.Image)
    buffer = io.BytesIO()
    first.save(buffer, "PDF", save_all=True, append_images=rest, resolution=72 * scale)
    return buffer.getvalue()


def ocr(data: bytes, texts: list[str]) -> bytes:
    """Lay the words that an OCR would read under the pages of a scan."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for page, text in zip(pdf.pages, texts, strict=True):
            font = Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica,
                              Encoding=pikepdf.Name.WinAnsiEncoding)  # fmt: skip
            name = page.add_resource(pdf.make_indirect(font), pikepdf.Name.Font)
            top = float(page.mediabox[3]) - 20
            lines = textwrap.wrap(re.sub(r"[()\\]", " ", " ".join(text.split())), 110)
            said = "".join(f"1 0 0 1 30 {top - 9 * n} Tm ({line}) Tj " for n, line in enumerate(lines))
            page.contents_add(f"BT 3 Tr {name} 7 Tf {said} ET".encode("cp1252", "replace"))
        buffer = io.BytesIO()
        pdf.save(buffer)
    return buffer.getvalue()


def words_of(data: bytes) -> list[str]:
    with pypdfium2.PdfDocument(data) as document:
        return [page.get_textpage().get_text_bounded().replace("\u202f", " ") for page in document]


def test_a_scan_with_an_ocr_is_compared_and_still_to_be_read(
    made: Sample, pack: bytes, tmp_path: Path, docgen: Docgen
) -> None:
    read = words_of(pack)
    _, told = docgen(made.root, "verify", back(tmp_path, ocr(scanned(pack, scale=1), read)))
    assert told.startswith(f"retour.pdf : document numérisé de 10 pages, sans doute de {MEMBER}.")
    assert "relisez-le" in told
    assert "✗" not in told, told
    last = read[9].replace("639,36", "39,36").replace("mensuel", "annuel")
    _, told = docgen(made.root, "verify", back(tmp_path, ocr(scanned(pack, scale=1), [*read[:9], last])))
    assert re.search(r"✗ page 10 : on n'y lit pas 639,36.* ; on y lit 39,36", told), told


def test_two_pages_of_a_scan_of_ten_lack_eight(made: Sample, pack: bytes, tmp_path: Path, docgen: Docgen) -> None:
    data = ocr(scanned(pack, slice(0, 2), scale=1), words_of(pack)[:2])
    _, told = docgen(made.root, "verify", back(tmp_path, data))
    assert "le document numérisé a 2 pages au lieu de 10" in told
    assert "les pages 3, 4, 5, 6, 7, 8, 9 et 10 de l'original n'y sont pas" in told


def test_a_scan_without_an_ocr_is_read_by_tesseract(made: Sample, pack: bytes, tmp_path: Path, docgen: Docgen) -> None:
    program("tesseract", "tesseract-ocr-fra")
    data = scanned(pack, slice(8, 10))
    _, told = docgen(made.root, "verify", back(tmp_path, data))
    assert "document numérisé de 2 pages" in told
    assert "ses mots sont lus par Tesseract sur l'image" in told
    assert "relisez-le" in told


def test_a_scan_that_nothing_reads_is_said_to_be(
    made: Sample, pack: bytes, tmp_path: Path, docgen: Docgen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    _, told = docgen(made.root, "verify", back(tmp_path, scanned(pack, slice(0, 2), scale=1)))
    assert "rien n'y est lu : sans Tesseract (paquet tesseract-ocr-fra), une image ne se compare pas." in told


# Acts


@pytest.fixture(scope="module")
def with_act(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from conftest import copy_sample

    from docgen import office
    from docgen.actes.deliberation import Deliberation

    sample = copy_sample(tmp_path_factory.mktemp("signed_act") / "workspace")
    lines = "    transmise_le: 2023-04-13\n    publiee_le: 2023-04-18\n    envoyee_le: 2023-04-13 14:35:24\n"
    sample.edit("seances/2023-04-11.yaml", lines + "    recue_le: 2023-04-13 14:35:46\n", "")
    sample.edit("templates/2023-04/edition.yaml", "  transmise_le: 2023-04-13\n  publiee_le: 2023-04-18\n", "")
    Deliberation(sample.workspace, NUMBER, office.find()).make()
    return sample.root


@pytest.fixture
def act(with_act: Path, tmp_path: Path) -> Sample:
    import shutil

    shutil.copytree(with_act, tmp_path / "acts", copy_function=shutil.copy2)
    return Sample(tmp_path / "acts")


def signed_act(sample: Sample, secretary: str = "BOURDONCLE Catherine", president: str = PRESIDENT) -> bytes:
    data = (sample.root / "output/deliberations/04-2023-06/deliberation-04-2023-06.pdf").read_bytes()
    when = dt.datetime(2023, 4, 12, 9, tzinfo=dt.UTC)
    data = signing.sign(data, "sig_secretaire_deliberation", signing.person(secretary), when)
    return signing.sign(data, "sig_president_deliberation", signing.person(president), when)


def test_an_act_signed_by_its_president_and_its_secretary_takes_the_place_of_the_unsigned_one(
    act: Sample, tmp_path: Path, docgen: Docgen
) -> None:
    data = signed_act(act)
    file = back(tmp_path, data, "acte.pdf")
    code, told = docgen(act.root, "verify", file)
    assert (code, told.splitlines()[0]) == (0, "acte.pdf : signé par tous"), told
    code, told = docgen(act.root, "record", "signed-act", NUMBER, file)
    assert (code, "délibération n° 04/2023-06 : signature notée." in told) == (0, True), told
    assert "    signee_le: 2023-04-12\n" in (act.root / "seances/2023-04-11.yaml").read_text("utf-8")
    assert docgen(act.root, "deliberation", NUMBER)[0] == 0
    folder = act.root / "output/deliberations/04-2023-06"
    (sent,) = folder.glob("actes/*_1.pdf")
    assert sent.read_bytes() == data
    assert docgen(act.root, "verify", str(sent))[0] == 0
    before = (act.root / "seances/2023-04-11.yaml").read_bytes()
    assert docgen(act.root, "record", "signed-act", NUMBER, file)[0] == 0
    assert (act.root / "seances/2023-04-11.yaml").read_bytes() == before
    code, told = docgen(act.root, "verify", "--record", file)
    assert (code, "Signature déjà notée (délibération n° 04/2023-06)" in told) == (0, True), told
    made = (folder / "deliberation-04-2023-06.pdf").read_bytes()
    assert docgen(act.root, "record", "published", NUMBER, "2023-04-18")[0] == 0
    assert docgen(act.root, "deliberation", NUMBER)[0] == 0
    assert (folder / "deliberation-04-2023-06.pdf").read_bytes() == made, "what was signed is not made again"


def test_an_act_that_was_signed_cannot_say_something_else(act: Sample, tmp_path: Path, docgen: Docgen) -> None:
    assert docgen(act.root, "record", "signed-act", NUMBER, back(tmp_path, signed_act(act), "acte.pdf"))[0] == 0
    act.edit("seances/2023-04-11.yaml", "lieu: salle du Conseil", "lieu: cave du Conseil")
    code, told = docgen(act.root, "deliberation", NUMBER)
    assert (code, "l'acte signé n'est plus ce que disent la séance et le modèle" in told) == (1, True), told


def test_an_act_made_again_since_it_left_to_be_signed_is_not_noted(act: Sample, tmp_path: Path, docgen: Docgen) -> None:
    data = signed_act(act)
    act.edit("seances/2023-04-11.yaml", "lieu: salle du Conseil", "lieu: cave du Conseil")
    assert docgen(act.root, "deliberation", NUMBER)[0] == 0
    code, told = docgen(act.root, "record", "signed-act", NUMBER, back(tmp_path, data, "acte.pdf"))
    assert (code, "celui qui revient signé n'est plus celui d'aujourd'hui" in told) == (1, True), told


def test_an_act_that_somebody_else_signed_is_not_noted(act: Sample, tmp_path: Path, docgen: Docgen) -> None:
    file = back(tmp_path, signed_act(act, secretary="Marie Curie"), "acte.pdf")
    code, told = docgen(act.root, "record", "signed-act", NUMBER, file)
    assert (code, "où l'on attend Catherine BOURDONCLE" in told) == (1, True), told
    assert "signee_le" not in (act.root / "seances/2023-04-11.yaml").read_text("utf-8")


def test_another_file_is_not_noted_as_the_act(act: Sample, tmp_path: Path, docgen: Docgen) -> None:
    file = back(tmp_path, signing.pack(), "acte.pdf")
    code, told = docgen(act.root, "record", "signed-act", NUMBER, file)
    assert (code, "c'est un autre fichier" in told) == (1, True), told


def test_an_act_signed_before_its_seance_is_doubtful(act: Sample, tmp_path: Path, docgen: Docgen) -> None:
    data = (act.root / "output/deliberations/04-2023-06/deliberation-04-2023-06.pdf").read_bytes()
    for role, name in (("secretaire", "Catherine Bourdoncle"), ("president", PRESIDENT)):
        when = dt.datetime(2023, 4, 10, 9, tzinfo=dt.UTC)
        data = signing.sign(data, f"sig_{role}_deliberation", signing.person(name), when)
    code, told = docgen(act.root, "verify", back(tmp_path, data, "acte.pdf"))
    assert (code, "trop tôt : la séance est du 11/04/2023" in told) == (1, True), told
