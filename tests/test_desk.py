"""The desk without a browser: who may speak to it, what each page writes, what it refuses to write."""

from __future__ import annotations

import shutil
import socket
import zipfile
from io import BytesIO
from pathlib import Path

import httpx2 as httpx
import openpyxl
import pikepdf
import pytest
from conftest import Sample
from desks import PORT, Pages, served
from test_verify import signed

from docgen.desk.guard import MAX_BYTES
from docgen.desk.presence import GOODBYE, LOST, Presence
from docgen.records import reading
from docgen.records.workspace import load

MEMBER = "commune-de-montriviere"
PAGES = ("/", "/syndicat", f"/membres/{MEMBER}", "/membres/nouveau", f"/membres/{MEMBER}/change/depart", "/packs",
         "/packs/envois", "/packs/controle", "/retours", "/seances", "/seances/2023-04-11", "/actes/04-2023-06",
         "/modeles", "/modeles/champs", "/modeles/comparer", "/etats", "/excel")  # fmt: skip


@pytest.fixture
def pages(sample: Sample) -> Pages:
    return Pages(sample.root)


def said(root: Path, member: str = MEMBER) -> dict[str, object]:
    tree = reading.read(root / "members.yaml").tree
    return next(row for row in tree["membres"] if row["id"] == member)


@pytest.mark.parametrize("path", PAGES)
def test_each_page_comes_and_may_load_nothing_from_elsewhere(pages: Pages, path: str) -> None:
    found = pages.client.get(path)
    assert 200 == found.status_code
    assert "default-src 'none'" in found.headers["content-security-policy"]
    assert "no-store" == found.headers["cache-control"]
    assert "<script>" not in found.text
    assert " style=" not in found.text


def test_who_has_no_key_is_shown_nothing(sample: Sample) -> None:
    pages = Pages(sample.root)
    stranger = pages.client.__class__(pages.client.app, base_url=f"http://127.0.0.1:{PORT}")
    for path in (*PAGES, "/?cle=", "/?cle=autre", "/static/desk.css", "/packs/suivi"):
        found = stranger.get(path)
        assert (403, "adresse") == (found.status_code, found.text[6:13])


def test_the_key_given_to_the_browser_serves_once_and_that_of_the_terminal_again(sample: Sample) -> None:
    pages = Pages(sample.root)
    make = pages.client.__class__
    once = pages.keys.once
    found = make(pages.client.app, base_url=f"http://127.0.0.1:{PORT}", follow_redirects=False).get(f"/?cle={once}")
    assert 303 == found.status_code
    cookie = found.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert once not in cookie
    again = make(pages.client.app, base_url=f"http://127.0.0.1:{PORT}")
    assert 403 == again.get(f"/?cle={once}").status_code
    assert 200 == again.get(f"/?cle={pages.keys.address}").status_code


@pytest.mark.parametrize("host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1:1", "127.0.0.1", ""])
def test_a_name_that_somebody_points_here_is_refused(pages: Pages, host: str) -> None:
    assert 421 == pages.client.get("/", headers={"host": host}).status_code


@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example", f"http://localhost:{PORT}", "http://127.0.0.1:1"]
)
def test_a_form_of_another_site_writes_nothing(pages: Pages, sample: Sample, origin: str | None) -> None:
    before = (sample.root / "members.yaml").read_bytes()
    fields = {**pages.fields(f"/membres/{MEMBER}"), "nom": "Commune de Piratville", "jeton": pages.keys.form}
    headers = {} if origin is None else {"origin": origin}
    assert 403 == pages.client.post(f"/membres/{MEMBER}", data=fields, headers=headers).status_code
    assert before == (sample.root / "members.yaml").read_bytes()


def test_a_form_without_its_token_writes_nothing(pages: Pages, sample: Sample) -> None:
    before = (sample.root / "members.yaml").read_bytes()
    fields = {**pages.fields(f"/membres/{MEMBER}"), "nom": "Commune de Piratville"}
    found = pages.send(f"/membres/{MEMBER}", {**fields, "jeton": "faux"})
    assert 403 == found.status_code
    assert before == (sample.root / "members.yaml").read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        "/membres/..%2f..%2fetc%2fpasswd", "/membres/../../etc/passwd", "/static/../app.py", "/static/%2e%2e/app.py",
        "/etats/2024/..%2f..%2f..%2fsyndicat.yaml", "/actes/04-2023-06/fichiers/..%2f..%2f..%2fmembers.yaml",
        "/actes/..%2f..%2f/fichiers/members.yaml", "/seances/..%2fmembers/fichiers/x",
        "/modeles/comparer?avant=2023-04&apres=..%2f..", f"/membres/{MEMBER}/page-99.png",
        "/membres/..%2f/pack.pdf", "/retours/../members.yaml",
    ],
)  # fmt: skip
def test_no_path_comes_from_the_browser(pages: Pages, path: str) -> None:
    found = pages.client.get(path)
    assert "BAYLET" not in found.text
    assert "root:" not in found.text
    assert "def " not in found.text
    assert found.status_code in (200, 404)


def test_too_large_a_file_is_refused_before_it_is_taken(pages: Pages) -> None:
    headers = {"origin": f"http://127.0.0.1:{PORT}", "content-length": str(MAX_BYTES + 1)}
    assert 413 == pages.client.post("/retours", content=b"x", headers=headers).status_code

    def endless():  # type: ignore[no-untyped-def]
        yield b'--x\r\ncontent-disposition: form-data; name="fichier"; filename="a.pdf"\r\n\r\n'
        for _ in range(MAX_BYTES // 1_000_000 + 2):
            yield b"x" * 1_000_000

    headers = {"origin": f"http://127.0.0.1:{PORT}", "content-type": "multipart/form-data; boundary=x"}
    assert 413 == pages.client.post("/retours", content=endless(), headers=headers).status_code


def test_the_socket_is_of_this_machine_alone(sample: Sample) -> None:
    with served(sample.root) as desk:
        port = int(desk.base.rsplit(":", 1)[1])
        assert 403 == httpx.get(desk.base).status_code
        assert 200 == httpx.get(desk.address, follow_redirects=True).status_code
        with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.2", port), 2):
            pass  # another address of this machine
        assert 0 == desk.end()


def test_what_a_record_says_is_text_in_a_page(pages: Pages, sample: Sample) -> None:
    evil = "Commune de <script>alert(1)</script>"
    sample.edit("members.yaml", "nom: Commune de Montrivière", f"nom: {evil}")
    for path in ("/", f"/membres/{MEMBER}", "/packs", "/packs/envois"):
        assert "<script>alert" not in pages.client.get(path).text


def test_a_form_that_is_sent_back_as_it_came_changes_not_a_byte(pages: Pages, sample: Sample) -> None:
    before = (sample.root / "members.yaml").read_bytes()
    for membre in load(sample.workspace).membres:
        page = pages.post(f"/membres/{membre.id}", pages.fields(f"/membres/{membre.id}"))
        assert "La fiche est enregistrée" in page, membre.id
    assert before == (sample.root / "members.yaml").read_bytes()


def test_a_change_touches_its_line_alone(pages: Pages, sample: Sample) -> None:
    before = (sample.root / "members.yaml").read_text("utf-8").split("\n")
    fields = pages.fields(f"/membres/{MEMBER}") | {
        "referent.telephone": "05 36 49 00 99",
        "souscriptions.0.utilisateurs": "30",
    }
    assert "La fiche est enregistrée" in pages.post(f"/membres/{MEMBER}", fields)
    after = (sample.root / "members.yaml").read_text("utf-8").split("\n")
    assert len(before) == len(after)
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert ["      telephone: 05 36 49 00 99", "        utilisateurs: 30"] == changed


def test_what_the_rules_refuse_is_told_beside_its_field_and_not_written(pages: Pages, sample: Sample) -> None:
    before = (sample.root / "members.yaml").read_bytes()
    fields = pages.fields(f"/membres/{MEMBER}") | {"siret": "218 209 013 00019", "souscriptions.0.stockage": "9 To"}
    page = pages.post(f"/membres/{MEMBER}", fields)
    assert "Rien n'est enregistré : 2 points à corriger" in page
    assert 'data-pour="siret"><p class="error">' in page.replace("\n", "")
    assert 'value="218 209 013 00019"' in page, "what was typed is lost"
    assert before == (sample.root / "members.yaml").read_bytes()


def test_messages_and_price_come_while_one_types(pages: Pages, sample: Sample) -> None:
    fields = pages.fields(f"/membres/{MEMBER}")
    found = pages.send(f"/membres/{MEMBER}/verifier", fields | {"souscriptions.0.utilisateurs": "30"}).json()
    assert [] == [one for messages in found["messages"].values() for one in messages]
    assert found["prix"] != pages.send(f"/membres/{MEMBER}/verifier", fields).json()["prix"]
    found = pages.send(f"/membres/{MEMBER}/verifier", fields | {"siret": "218 209 021 00011"}).json()
    assert "Auberoque" in found["messages"]["siret"][0]["dit"]
    found = pages.send(f"/membres/{MEMBER}/verifier", fields | {"representant.nom": ""}).json()
    assert found["messages"]["representant.nom"][0]["grave"]


def test_two_windows_that_save_the_same_member_are_told_apart(pages: Pages, sample: Sample) -> None:
    mine, theirs = pages.fields(f"/membres/{MEMBER}"), pages.fields(f"/membres/{MEMBER}")
    assert "La fiche est enregistrée" in pages.post(f"/membres/{MEMBER}", theirs | {"referent.nom": "DUPONT"})
    page = pages.post(f"/membres/{MEMBER}", mine | {"referent.nom": "DURAND"})
    assert "La fiche a changé pendant que vous l’aviez à l’écran" in page
    assert "<td>DUPONT</td><td>DURAND</td>" in page
    assert "DUPONT" == said(sample.root)["referent"]["nom"]  # type: ignore[index]


def test_a_change_of_another_member_is_no_conflict(pages: Pages, sample: Sample) -> None:
    fields = pages.fields(f"/membres/{MEMBER}")
    sample.edit("members.yaml", "nom: FAYOLLE", "nom: FAYOL")
    assert "La fiche est enregistrée" in pages.post(f"/membres/{MEMBER}", fields | {"referent.nom": "DUPONT"})


def test_a_record_with_a_fault_elsewhere_can_still_be_mended(pages: Pages, sample: Sample) -> None:
    sample.edit("members.yaml", "siret: 218 209 013 00018", "siret: 218 209 013 00019")
    home = pages.get("/")
    assert f'href="/membres/{MEMBER}"' in home
    assert "siret" in home.lower()
    fields = pages.fields("/membres/commune-d-auberoque")
    assert "La fiche est enregistrée" in pages.post(
        "/membres/commune-d-auberoque", fields | {"representant.nom": "FAYOL"}
    )
    mended = pages.fields(f"/membres/{MEMBER}") | {"siret": "218 209 013 00018"}
    assert "La fiche est enregistrée" in pages.post(f"/membres/{MEMBER}", mended)
    assert load(sample.workspace)


def test_lists_grow_and_shrink_and_keep_what_was_typed(pages: Pages, sample: Sample) -> None:
    fields = pages.fields(f"/membres/{MEMBER}") | {"referent.nom": "DUPONT", "ajouter": "souscriptions:stockage"}
    page = pages.post(f"/membres/{MEMBER}", fields)
    assert 'name="souscriptions.1.volet" value="stockage"' in page
    assert 'value="DUPONT"' in page
    page = pages.post(f"/membres/{MEMBER}", pages.fields(f"/membres/{MEMBER}") | {"retirer": "souscriptions.0"})
    assert 'name="souscriptions.0.volet"' not in page
    assert "souscriptions" in said(sample.root), "nothing is written before one saves"


def test_a_new_mayor_and_a_departure_ask_for_just_what_they_need(pages: Pages, sample: Sample) -> None:
    fields = pages.fields(f"/membres/{MEMBER}/change/signataire")
    assert "siret" not in fields
    assert "" == fields["representant.nom"]
    fields |= {"representant.civilite": "M.", "representant.prenom": "Paul", "representant.nom": "NEUF",
               "representant.qualite": "Maire"}  # fmt: skip
    assert "Le nouveau signataire est enregistré" in pages.post(f"/membres/{MEMBER}", fields)
    new = said(sample.root)
    assert {"civilite": "M.", "prenom": "Paul", "nom": "NEUF", "qualite": "Maire"} == new["representant"]
    assert "referent" in new
    fields = pages.fields(f"/membres/{MEMBER}/change/depart") | {"parti_le": "2024-12-31"}
    assert "Le départ est enregistré" in pages.post(f"/membres/{MEMBER}", fields)
    assert "2024-12-31" == said(sample.root)["parti_le"]


def test_a_new_member_needs_little_and_gets_an_id_from_its_name(pages: Pages, sample: Sample) -> None:
    siret = (Path(__file__).parent / "sirets.txt").read_text("ascii").split()[0]
    fields = {"nom": "Commune de L'Isle-Neuve", "forme": "commune", "siret": siret, "siege.adresse": "1 rue Neuve",
              "siege.code_postal": "82900", "siege.commune": "L'Isle-Neuve"}  # fmt: skip
    assert "à corriger" in pages.post("/membres/nouveau", fields | {"siret": "218 200 970 00011"})
    assert "Le membre est enregistré" in pages.post("/membres/nouveau", fields)
    assert "commune-de-l-isle-neuve" in {m.id for m in load(sample.workspace).membres}
    assert "La fiche reste" in pages.post("/membres/commune-de-l-isle-neuve/supprimer")
    assert "est supprimée" in pages.post("/membres/commune-de-l-isle-neuve/supprimer", {"confirme": "oui"})
    assert "commune-de-l-isle-neuve" not in {m.id for m in load(sample.workspace).membres}


def test_the_record_of_the_syndicat_is_a_form_too(pages: Pages, sample: Sample) -> None:
    path = sample.root / "syndicat.yaml"
    before = path.read_text("utf-8")
    fields = pages.fields("/syndicat")
    assert "est enregistrée" in pages.post("/syndicat", fields)
    assert before == path.read_text("utf-8")
    assert "Rien n'est enregistré" in pages.post("/syndicat", fields | {"departement": "82000"})
    assert "est enregistrée" in pages.post("/syndicat", fields | {"tribunal": "Bordeaux"})
    assert before.replace("tribunal: Toulouse", "tribunal: Bordeaux") == (sample.root / "syndicat.yaml").read_text(
        "utf-8"
    )


def test_attendance_and_votes_are_summed_as_one_types(pages: Pages, sample: Sample) -> None:
    path = sample.root / "seances/2023-04-11.yaml"
    before = path.read_text("utf-8")
    fields = pages.fields("/seances/2023-04-11")
    assert "La séance est enregistrée" in pages.post("/seances/2023-04-11", fields)
    assert before == path.read_text("utf-8")
    found = pages.send("/seances/2023-04-11/verifier", fields | {"delegues.1.presence": "excusé"}).json()
    assert "11 + 3 + 6 = 20 membres" in found["sommes"][0]
    page = pages.post("/seances/2023-04-11", fields | {"delegues.1.presence": "excusé", "voix.presents": "3"})
    assert "Rien n'est enregistré" in page
    assert before == path.read_text("utf-8")


def test_the_pages_of_a_pack_are_pictures_and_its_sending_is_noted(built: Sample) -> None:
    pages = Pages(built.root)
    member = next(one.membre.id for one in pages.app.state.desk.now().standing if one.etat == "à envoyer")
    assert pages.client.get(f"/membres/{member}/page-1.png").content.startswith(b"\x89PNG")
    assert pages.client.get(f"/membres/{member}/pack.pdf").content == built.pack(member).read_bytes()
    page = pages.post("/packs/envois", {"jour": "2023-01-01", "membre": member})
    assert "0 envois noté" in page or "0 envoi noté" in page
    assert "n'est pas exécutoire" in page or "Non notés" in page
    assert "1 envoi noté" in pages.post("/packs/envois", {"jour": "2023-06-20", "membre": member})
    assert "envoyé" in pages.get(f"/membres/{member}")
    assert "retiré le" in pages.post(
        f"/membres/{member}/noter/retrait", {"jour": "2023-06-21", "motif": "adresse fausse"}
    )


def test_a_pack_that_is_not_up_to_date_any_more_is_not_one_to_send(built: Sample) -> None:
    pages = Pages(built.root)
    ready = pages.get("/packs/envois")
    assert f'value="{MEMBER}"' in ready
    fields = pages.fields(f"/membres/{MEMBER}") | {"souscriptions.0.utilisateurs": "30"}
    assert "La fiche est enregistrée" in pages.post(f"/membres/{MEMBER}", fields)
    assert f'value="{MEMBER}"' not in pages.get("/packs/envois")
    assert "1 pack à refaire" in pages.get("/")
    page = pages.get("/packs")
    assert "7 672,32 €" not in page or "Nombre d’utilisateurs : 24 → 30" in page
    assert "Fabriquer 1 pack" in page
    assert "5 envois notés" in pages.post("/packs/envois", {"jour": "2023-07-01", "tous": "oui"})
    assert not next(m for m in load(built.workspace).membres if m.id == MEMBER).envois


def test_a_sending_withdrawn_while_its_verdict_is_on_the_screen_is_not_noted_as_signed(built: Sample) -> None:
    pages = Pages(built.root)
    pages.post("/packs/envois", {"jour": "2023-06-20", "membre": MEMBER})
    page = pages.post("/retours", file=("retour.pdf", signed(built.pack(MEMBER).read_bytes())))
    assert "Noter la signature" in page
    word = page.split('action="/retours/')[1].split("/")[0]
    pages.post(f"/membres/{MEMBER}/noter/retrait", {"jour": "2023-06-21", "motif": "adresse fausse"})
    built.build(MEMBER)
    assert "noté (" in pages.post(f"/membres/{MEMBER}/noter/envoi", {"jour": "2023-06-22"})
    assert "Rien n'est noté" in pages.post(f"/retours/{word}/noter")
    sent = next(m for m in load(built.workspace).membres if m.id == MEMBER).envois
    assert not any(one.signe_le for one in sent)


def test_nothing_is_noted_under_a_name_that_means_nothing(built: Sample) -> None:
    pages = Pages(built.root)
    pages.post("/packs/envois", {"jour": "2023-06-20", "membre": MEMBER})
    assert 404 == pages.send(f"/membres/{MEMBER}/noter/autre", {"jour": "2023-06-21"}).status_code
    assert not next(m for m in load(built.workspace).membres if m.id == MEMBER).envois[0].retire_le


def test_a_foreign_pdf_is_judged_and_never_noted(pages: Pages) -> None:
    page = pages.post("/retours", file=("scan.pdf", b"%PDF-1.4 rien"))
    assert "Noter la signature" not in page
    assert "Choisissez" in pages.post("/retours")


def test_a_template_is_looked_at_page_by_page_and_tried(pages: Pages, sample: Sample) -> None:
    template = sample.root / "templates/2023-04/convention.docx"
    page = pages.post("/modeles", file=("convention.docx", template.read_bytes()))
    assert "comme « Convention" in page
    word = page.split("/modeles/vus/")[1].split("/")[0]
    assert pages.client.get(f"/modeles/vus/{word}/page-1.png").content.startswith(b"\x89PNG")
    assert "Rempli pour Commune de Montrivière" in pages.post(f"/modeles/vus/{word}/essayer", {"membre": MEMBER})
    with pikepdf.open(BytesIO(pages.client.get(f"/modeles/vus/{word}/essai.pdf").content)) as tried:
        assert all("/Projet" in page.Resources.XObject for page in tried.pages), "somebody could sign it"
    copy = pages.client.get(f"/modeles/vus/{word}/copie.docx")
    assert zipfile.ZipFile(BytesIO(copy.content)).testzip() is None
    assert "convention.controle.docx" in copy.headers["content-disposition"]


def test_a_faulty_template_shows_its_words(pages: Pages, sample: Sample) -> None:
    from docx import Document

    path = sample.root / "templates/2023-04/convention.docx"
    document = Document(str(path))
    document.add_paragraph("Le membre {{ membre.nomm }} accepte.")
    document.save(str(path))
    page = pages.post("/modeles", file=("convention.docx", path.read_bytes()))
    assert "membre.nomm" in page
    assert "Vouliez-vous dire" in page
    assert "À chercher dans Word" in page


def test_the_workbook_comes_and_goes(pages: Pages, sample: Sample) -> None:
    book = pages.client.get("/excel/docgen.xlsx").content
    page = pages.post("/excel", file=("membres.xlsx", book))
    assert "0 nouveau membre, 0 fiche changée, 13 inchangées, 0 cellule refusée" in page
    opened = openpyxl.load_workbook(BytesIO(book))
    sheet = opened["Membres"]
    heads = [cell.value for cell in sheet[1]]
    sheet.cell(2, heads.index("Téléphone du référent") + 1, "05 36 49 00 77")
    changed = BytesIO()
    opened.save(changed)
    page = pages.post("/excel", file=("membres.xlsx", changed.getvalue()))
    assert "05 36 49 00 77" in page
    word = page.split('action="/excel/')[1].split('"')[0]
    assert "1 fiche changée" in pages.post(f"/excel/{word}", {"ecrire": "oui"})
    assert "05 36 49 00 77" in (sample.root / "members.yaml").read_text("utf-8")
    assert "plus là" in pages.post("/excel/inconnu", {"ecrire": "oui"})


def test_an_empty_folder_asks_the_first_questions(tmp_path: Path) -> None:
    (tmp_path / "neuf").mkdir()
    pages = Pages(tmp_path / "neuf")
    assert "n’est pas encore celui d’un syndicat" in pages.get("/")
    assert "SIRET" in pages.post("/commencer", {"siret": "123"})
    assert not (tmp_path / "neuf/members.yaml").exists()
    page = pages.post("/commencer", {"nom": "Arvor Numérique", "siret": "200 061 257 00016", "departement": "022"})
    assert "Votre dossier est prêt" in page
    assert "Arvor Numérique" in page
    assert "déjà préparé" in pages.post("/commencer", {"nom": "Autre"})


def test_the_desk_closes_with_its_last_page() -> None:
    now = [0.0]
    seen = Presence(clock=lambda: now[0])
    assert not seen.over()
    seen.here("a")
    seen.here("b")
    seen.bye("a")
    now[0] += GOODBYE + 1
    assert not seen.over()
    seen.bye("b")
    assert not seen.over()
    seen.here("c")  # from page to page
    now[0] += GOODBYE + 1
    assert not seen.over()
    seen.bye("c")
    now[0] += GOODBYE
    assert seen.over()


def test_a_page_that_sleeps_for_a_while_is_not_gone() -> None:
    now = [0.0]
    seen = Presence(clock=lambda: now[0])
    seen.here("a")
    now[0] += LOST - 1
    assert not seen.over()
    now[0] += 2
    assert seen.over()


def test_the_button_closes_the_desk(sample: Sample) -> None:
    with served(sample.root) as desk, httpx.Client(base_url=desk.base, follow_redirects=True) as client:
        page = client.get(desk.address).text
        token = page.split('data-jeton="')[1].split('"')[0]
        assert "docgen est fermé" in client.post("/fermer", data={"jeton": token}, headers={"origin": desk.base}).text
        assert 0 == desk.process.wait(20)


def test_a_port_that_is_taken_is_told(sample: Sample, docgen) -> None:  # type: ignore[no-untyped-def]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, told = docgen(sample.root, "desk", "--no-browser", "--port", str(taken.getsockname()[1]))
    assert 5 == code
    assert "déjà pris" in told


def test_the_first_page_is_made_from_what_is_known_already(pages: Pages, sample: Sample) -> None:
    desk = pages.app.state.desk
    pages.get("/")
    known = desk.now()
    assert known is desk.now()
    sample.edit("members.yaml", "nom: FAYOLLE", "nom: FAYOL")
    assert known is not desk.now()
    shutil.rmtree(sample.root / "seances")
    assert not desk.now().data or not desk.now().data.seances


def test_a_field_that_the_page_did_not_have_stays(pages: Pages, sample: Sample) -> None:
    before = (sample.root / "members.yaml").read_bytes()
    fields = pages.fields(f"/membres/{MEMBER}")
    for name in ("referent.telephone", "siege.commune", "souscriptions.0.gfu", "representant.habilitation.numero"):
        del fields[name]
    assert "La fiche est enregistrée" in pages.post(f"/membres/{MEMBER}", fields)
    assert before == (sample.root / "members.yaml").read_bytes()


def test_a_list_too_long_is_refused_and_never_cut(pages: Pages, sample: Sample) -> None:
    before = (sample.root / "members.yaml").read_bytes()
    fields = pages.fields(f"/membres/{MEMBER}") | {"facturation.99999.exercice": "2024"}
    assert 422 == pages.send(f"/membres/{MEMBER}", fields).status_code
    assert before == (sample.root / "members.yaml").read_bytes()


def test_a_member_that_another_succeeds_is_not_removed(pages: Pages, sample: Sample) -> None:
    sample.edit("members.yaml", "  - id: commune-d-auberoque\n",
                f"  - id: commune-d-auberoque\n    succede_a: [{MEMBER}]\n    succede_le: 2025-01-01\n")  # fmt: skip
    before = (sample.root / "members.yaml").read_bytes()
    assert "La fiche reste" in pages.post(f"/membres/{MEMBER}/supprimer", {"confirme": "oui"})
    assert before == (sample.root / "members.yaml").read_bytes()


def test_a_new_seance_begins_with_the_delegates_of_the_last(pages: Pages, sample: Sample) -> None:
    day = "/seances/2023-06-20/fiche"
    assert "n'a pas encore de fiche" in pages.post("/seances", {"jour": "2023-06-20"})
    fields = pages.fields(day)
    assert ("", "baylet") == (fields["convocation"], fields["delegues.0.id"])
    assert "Rien n'est enregistré" in pages.post(day, fields)
    assert not (sample.root / "seances/2023-06-20.yaml").exists()
    fields |= {"convocation": "2023-06-10", "voix.presents": "400", "voix.representes": "0", "voix.excuses": "255"}
    assert "La séance est enregistrée" in pages.post(day, fields)
    found = next(s for s in load(sample.workspace).seances if s.date.isoformat() == "2023-06-20")
    assert (20, ()) == (len(found.delegues), found.deliberations)


def test_many_sendings_are_noted_at_once_and_one_that_is_refused_stops_no_other(built: Sample) -> None:
    pages = Pages(built.root)
    assert "Cochez d'abord" in pages.post("/packs/envois", {"jour": "2023-07-01"})
    page = pages.post("/packs/envois", {"jour": "2023-07-01", "tous": "oui"})
    assert "6 envois notés" in page
    ready = [m.id for m in load(built.workspace).membres if m.envois]
    assert 6 == len(ready) == len(list((built.root / "envois/2023-04").glob("*.json")))
    draft = next(m.id for m in load(built.workspace).membres if not m.envois)
    fields = {"jeton": pages.keys.form, "jour": "2023-07-01", "membre": [ready[0], draft]}
    assert "Non notés" in pages.post("/packs/envois", fields)  # type: ignore[arg-type]


DAMAGED = {
    "cp1252": lambda data: data.decode().encode("cp1252", "replace"),
    "utf-16": lambda data: data.decode().encode("utf-16"),
    "cut": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
    "list": lambda data: b"- a\n- b\n",
    "noise": lambda data: bytes(range(256)),
    "braces": lambda data: b"membres: [{id: a, nom: A}]\ndelegues: {a: b}\n",
    "numbers": lambda data: b"membres: 3\ndelegues: 4\ndeliberations: 5\nsiege: 6\nnom: [1]\n",
    "shapes": lambda data: b"membres:\n  - id: [1]\n  - nom\n  - {siege: x, envois: y}\ndelegues: [a, [b]]\n",
    "nothing": lambda data: None,
}
RECORDS = ("members.yaml", "syndicat.yaml", "seances/2023-04-11.yaml")


@pytest.mark.parametrize("way", DAMAGED)
@pytest.mark.parametrize("name", RECORDS)
def test_whatever_a_record_holds_every_page_answers(sample: Sample, name: str, way: str) -> None:
    pages = Pages(sample.root)
    fields = {path: pages.fields(path) for path in (f"/membres/{MEMBER}", "/syndicat", "/seances/2023-04-11")}
    path = sample.root / name
    made = DAMAGED[way](path.read_bytes())
    path.unlink() if made is None else path.write_bytes(made)
    for address in (*PAGES, "/seances/2023-04-11/fiche", "/seances/2024-01-01/fiche", "/excel/docgen.xlsx"):
        found = pages.client.get(address)
        assert found.status_code in (200, 404, 422), (address, found.text[-600:])
    before = path.read_bytes() if path.exists() else None
    for address, said in fields.items():
        assert pages.send(address, said).status_code < 500, address
        assert pages.send(f"{address}/verifier", said).status_code < 500, address
    if made is not None and name == "members.yaml":
        assert before == path.read_bytes()


def test_a_template_that_does_not_open_is_told_and_nothing_is_said_to_be_up_to_date(
    pages: Pages, sample: Sample
) -> None:
    (sample.root / "templates/2023-04/convention.docx").write_bytes(b"not a Word file")
    assert "À corriger d’abord" in pages.get("/")
    page = pages.get("/packs")
    assert "convention.docx" in page
    assert "tous les packs sont à jour" not in page
    for path in (f"/membres/{MEMBER}", "/packs/envois", "/packs/controle", "/modeles?voir=tous", "/etats", "/excel"):
        assert pages.status(path) < 500, path


def test_a_member_that_is_there_already_is_not_written_twice(pages: Pages, sample: Sample) -> None:
    before = (sample.root / "members.yaml").read_bytes()
    siret = (Path(__file__).parent / "sirets.txt").read_text("ascii").split()[0]
    for nom in ("Commune de Montrivière", "COMMUNE DE MONTRIVIERE"):
        fields = {"nom": nom, "forme": "commune", "siret": siret, "siege.adresse": "1 rue Neuve",
                  "siege.code_postal": "82900", "siege.commune": "M"}  # fmt: skip
        assert "a déjà sa fiche" in pages.post("/membres/nouveau", fields)
    assert before == (sample.root / "members.yaml").read_bytes()


def test_a_change_that_would_spoil_another_record_is_refused(pages: Pages, sample: Sample) -> None:
    sample.edit("members.yaml", "  - id: commune-d-auberoque\n",
                f"  - id: commune-d-auberoque\n    succede_a: [{MEMBER}]\n    succede_le: 2025-01-01\n")  # fmt: skip
    before = (sample.root / "members.yaml").read_bytes()
    fields = pages.fields(f"/membres/{MEMBER}") | {"succede_a": "commune-d-auberoque", "succede_le": "2025-01-01"}
    assert "Rien n'est enregistré" in pages.post(f"/membres/{MEMBER}", fields)
    assert before == (sample.root / "members.yaml").read_bytes()
