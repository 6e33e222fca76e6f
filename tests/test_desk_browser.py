"""The desk in a real browser, as the clerk and the lawyer use it; axe-core looks at every page."""

from __future__ import annotations

import io
import re
import shutil
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe
from builders import aracte
from conftest import ROOT, Docgen, Sample
from desks import Served, served
from docx import Document
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from test_first_year import OBJET, with_logo
from test_verify import signed
from tools import program

from docgen.packs import receipts
from docgen.records.workspace import load

MEMBER, GURVAL = "commune-de-montriviere", "commune-de-saint-gurval"
ACTE = "022-200061257-20230411-04202306-DE"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
PHONE = {"width": 390, "height": 844}
PAGES = ("/", "/?etat=PROJET&tri=montant", "/syndicat", f"/membres/{MEMBER}", f"/membres/{MEMBER}/change/signataire",
         "/membres/nouveau", "/packs", "/packs/envois", "/packs/controle", "/retours", "/seances",
         "/seances/2023-04-11", "/actes/04-2023-06", "/modeles", "/modeles?voir=tous", "/modeles/champs",
         "/modeles/comparer", "/etats", "/excel", "/absente")  # fmt: skip


NARROW = ("/", f"/membres/{MEMBER}", "/seances/2023-04-11")
"""The pages that are most unlike themselves on a phone."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = program("chromium", "chromium")
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield one
        one.close()


WRONG: list[str] = []
"""What the consoles of the pages said was wrong in the test under way."""


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    WRONG.clear()
    one = browser.new_context(viewport={"width": 1280, "height": 800}, locale="fr-FR", accept_downloads=True)
    yield one
    one.close()
    assert [] == [said for said in WRONG if not re.search(r"status of 4\d\d|ERR_CONNECTION", said)]


def opened(context: BrowserContext, desk: Served) -> Page:
    """Open the desk in a window; what its console says wrong fails the test."""
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.on("console", lambda said: WRONG.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: WRONG.append(str(error)))
    page.goto(desk.address)
    return page


def violations(page: Page) -> list[str]:
    """Return what axe-core finds on a page: the rule, the element."""
    found = Axe().run(
        page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    )
    return [f"{one['id']} : {node['html'][:200]}" for one in found.response["violations"] for node in one["nodes"]]


def test_axe_finds_nothing_and_every_page_fits_a_phone(built: Sample, context: BrowserContext) -> None:
    with served(built.root) as desk:
        page = opened(context, desk)
        for size in ({"width": 1280, "height": 800}, PHONE):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            for path in PAGES:
                page.goto(desk.base + path)
                if size is not PHONE or path in NARROW:
                    assert [] == violations(page), path
                assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path


def test_all_is_done_with_the_keyboard_alone(sample: Sample, context: BrowserContext) -> None:
    with served(sample.root) as desk:
        page = opened(context, desk)
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Aller au contenu")).to_be_focused()
        page.keyboard.press("Enter")
        search = page.get_by_label("Chercher un membre")
        for _ in range(12):
            page.keyboard.press("Tab")
            if search.evaluate("one => one === document.activeElement"):
                break
        page.keyboard.type("montrivière")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Commune de Montrivière").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Commune de Montrivière")
        page.get_by_label("Nombre d'utilisateurs").focus()
        page.keyboard.press("Control+A")
        page.keyboard.type("25")
        page.keyboard.press("Enter")  # saves, as in any form: it adds nothing and removes nothing
        expect(page.get_by_text("La fiche est enregistrée")).to_be_visible()
    assert "utilisateurs: 25" in (sample.root / "members.yaml").read_text("utf-8")


def test_what_is_typed_is_judged_and_priced_at_once(sample: Sample, context: BrowserContext) -> None:
    with served(sample.root) as desk:
        page = opened(context, desk)
        page.goto(f"{desk.base}/membres/{MEMBER}")
        price = page.locator("#prix")
        before = price.inner_text()
        page.get_by_label("Nombre d'utilisateurs").fill("40")
        expect(price).not_to_have_text(before)
        expect(price).to_contain_text("€ TTC")
        siret = page.get_by_label("SIRET")
        siret.fill("218 209 013 00019")
        expect(page.locator("[data-pour=siret] .error")).to_be_visible()
        assert "true" == siret.get_attribute("aria-invalid")
        assert [] == violations(page)
        siret.fill("218 209 013 00018")
        expect(page.locator("[data-pour=siret] .error")).to_have_count(0)


def test_two_windows_that_save_the_same_member(sample: Sample, context: BrowserContext) -> None:
    with served(sample.root) as desk:
        mine, theirs = opened(context, desk), opened(context, desk)
        for page, name in ((mine, "DURAND"), (theirs, "DUPONT")):
            page.goto(f"{desk.base}/membres/{MEMBER}")
            page.locator('[name="referent.nom"]').fill(name)
        theirs.get_by_role("button", name="Enregistrer").last.click()
        expect(theirs.get_by_text("La fiche est enregistrée")).to_be_visible()
        mine.get_by_role("button", name="Enregistrer").last.click()
        conflict = mine.get_by_role("alert")
        expect(conflict).to_contain_text("DUPONT")
        expect(conflict).to_contain_text("DURAND")
        assert [] == violations(mine)
        assert "DUPONT" in (sample.root / "members.yaml").read_text("utf-8")
        mine.get_by_role("button", name="Enregistrer").last.click()  # having seen both
        expect(mine.get_by_text("La fiche est enregistrée")).to_be_visible()
        assert "DURAND" in (sample.root / "members.yaml").read_text("utf-8")


def test_the_clerk_from_an_empty_folder_to_a_signed_pack(tmp_path: Path, context: BrowserContext) -> None:
    root = tmp_path / "arvor"
    root.mkdir()
    with served(root) as desk:
        page = opened(context, desk)

        def write(**fields: str) -> None:
            """Fill fields by their names, « siege__adresse » for siege.adresse, and save."""
            for name, value in fields.items():
                one = page.locator(f'[name="{name.replace("__", ".")}"]').first
                choice = one.evaluate("one => one.tagName") == "SELECT"
                one.select_option(value) if choice else one.fill(value)
            page.get_by_role("button", name="Enregistrer").last.click()
            expect(page.get_by_role("status").get_by_text("est enregistré")).to_be_visible()

        # The first questions, then who the syndicat is.
        expect(page.get_by_role("heading", level=1)).to_have_text("Commencer")
        answers = ("Arvor Numérique", "syndicat mixte", "200 061 257 00016", "022", "Nolwenn LE GALL")
        for name, value in zip(("nom", "forme", "siret", "departement", "president"), answers, strict=True):
            page.locator(f"#q-{name}").fill(value)
        page.get_by_role("button", name="Préparer ce dossier").click()
        expect(page.get_by_text("Votre dossier est prêt")).to_be_visible()
        page.goto(f"{desk.base}/syndicat")
        write(siege__adresse="2 quai du Légué", siege__code_postal="22000", siege__commune="Saint-Brieuc",
              adresse_postale="2 quai du Légué, 22000 Saint-Brieuc", dpo__courriel="dpo@arvor-numerique.bzh",
              tribunal="Rennes", repris="NetExplorer ; France Relance ; 02/2022-02 ; Tarn-et-Garonne")  # fmt: skip

        # The séance that voted; the logo, that the lawyers put in the templates.
        page.goto(f"{desk.base}/seances/2023-04-11/fiche")
        people = {f"delegues__{n}__{name}": value for n in (0, 1, 2)
                  for name, value in (("prenom", f"{'ABC'[n]}nnaïg"), ("nom", f"LE {'ABC'[n]}RAZ"))}  # fmt: skip
        write(lieu="salle du Légué", **people)
        for template in (root / "templates").rglob("*.docx"):
            with_logo(template)

        # One member, and none of the example's.
        page.goto(f"{desk.base}/membres/nouveau")
        write(nom="Commune de Saint-Gurval", forme="commune", siret="218 209 013 00018",
              siege__adresse="1 place de l'Église", siege__code_postal="22999", siege__commune="Saint-Gurval",
              representant__civilite="Mme", representant__prenom="Annaïg", representant__nom="LE GOFF",
              representant__qualite="Maire", representant__habilitation__numero="2023-12",
              representant__habilitation__date="2023-05-12", representant__habilitation__transmise_le="2023-05-15",
              representant__habilitation__publiee_le="2023-05-16")  # fmt: skip
        for button in ("Ajouter : Chorus Pro", "Ajouter : Stockage"):
            page.get_by_role("button", name=button).click()
        write(referent__prenom="Erwan", referent__nom="LE BIHAN", referent__fonction="Secrétaire général",
              referent__telephone="02 96 61 00 00", referent__courriel="mairie@saint-gurval.bzh",
              facturation__0__exercice="2023", facturation__0__code_service="COMPTA",
              facturation__0__numero_engagement="E23", souscriptions__0__utilisateurs="10",
              souscriptions__0__stockage="1 To", souscriptions__0__gfu="non")  # fmt: skip
        others = [m.id for m in load(Sample(root).workspace).membres if m.id != GURVAL]
        for name in others:
            page.goto(f"{desk.base}/membres/{name}")
            page.get_by_label(re.compile("Oui, supprimer")).check()
            page.get_by_role("button", name="Supprimer", exact=True).click()
            expect(page.get_by_text("est supprimée")).to_be_visible()

        # The act: written, received by the préfecture, published.
        page.goto(f"{desk.base}/actes/04-2023-06")
        page.get_by_role("button", name="Écrire l’acte").click()
        expect(page.get_by_text("L'acte est écrit")).to_be_visible(timeout=90_000)
        assert [] == violations(page)
        accuse = tmp_path / "accuse.xml"
        accuse.write_text(aracte(ACTE, "2023-04-13", objet=OBJET), "utf-8")
        page.goto(f"{desk.base}/seances")
        page.locator("#fichier").set_input_files(accuse)
        page.get_by_role("button", name="Noter").click()
        expect(page.get_by_text("c'est noté")).to_be_visible()
        page.get_by_label("Publiée le").fill("2023-04-18")
        page.get_by_role("button", name="Noter la publication").click()
        expect(page.get_by_text("Publication du 18/04/2023 notée")).to_be_visible()

        # Made, sent, signed, noted.
        page.get_by_role("link", name="Packs", exact=True).click()
        page.get_by_role("button", name=re.compile("^Fabriquer 1")).click()
        expect(page.get_by_text("1 pack fabriqué.")).to_be_visible(timeout=90_000)
        page.goto(desk.base)
        page.get_by_role("link", name="1 pack prêt à envoyer").click()
        page.get_by_label("Commune de Saint-Gurval : envoyé").check()
        page.get_by_label("Envoyés le").fill("2023-06-20")
        page.get_by_role("button", name="Noter ces envois").click()
        expect(page.get_by_text("1 envoi noté")).to_be_visible()
        back = tmp_path / "retour.pdf"
        made = Sample(root).pack(GURVAL).read_bytes()
        with ThreadPoolExecutor(1) as apart:  # the browser's driver has a loop of its own in this thread
            back.write_bytes(apart.submit(signed, made, "Annaïg Le Goff", "Nolwenn Le Gall").result())
        page.get_by_role("link", name="Retours").click()
        page.locator("#fichier").set_input_files(back)
        page.get_by_role("button", name="Examiner").click()
        expect(page.locator(".verdict")).to_contain_text("signé par tous", timeout=60_000)
        assert [] == violations(page)
        page.get_by_role("button", name="Noter la signature").click()
        expect(page.get_by_text("La signature est notée")).to_be_visible()
        page.goto(desk.base)
        expect(page.get_by_role("row", name=re.compile("Saint-Gurval"))).to_contain_text("signé")
    sent = load(Sample(root).workspace).membres[0].envois
    assert ["2023-07-22"] == [str(one.signe_le) for one in sent]


def test_a_pack_from_the_plan_to_its_signature(built: Sample, context: BrowserContext, tmp_path: Path) -> None:
    shutil.rmtree(built.root / "output")
    with served(built.root) as desk:
        page = opened(context, desk)
        page.get_by_role("link", name="Packs", exact=True).click()
        expect(page.get_by_role("cell", name="7 672,32 € TTC")).to_be_visible()
        page.goto(f"{desk.base}/membres/{MEMBER}")
        page.get_by_role("button", name="Fabriquer son pack").click()
        expect(page.get_by_text("1 pack fabriqué.")).to_be_visible(timeout=90_000)
        page.goto(f"{desk.base}/membres/{MEMBER}")
        page.get_by_text("Voir les pages").click()
        expect(page.get_by_role("img").first).to_be_visible()
        page.goto(f"{desk.base}/packs/controle")
        expect(page.get_by_text("rien n'a changé depuis sa fabrication")).to_be_visible()
        page.goto(f"{desk.base}/packs/envois")
        page.get_by_label("Commune de Montrivière : envoyé").check()
        page.get_by_label("Envoyés le").fill("2023-06-20")
        page.get_by_role("button", name="Noter ces envois").click()
        expect(page.get_by_text("1 envoi noté")).to_be_visible()

        back = tmp_path / "retour.pdf"
        with ThreadPoolExecutor(1) as apart:  # the browser's driver has a loop of its own in this thread
            back.write_bytes(apart.submit(signed, built.pack(MEMBER).read_bytes()).result())
        page.goto(f"{desk.base}/retours")
        page.locator("#fichier").set_input_files(back)
        page.get_by_role("button", name="Examiner").click()
        expect(page.locator(".verdict")).to_contain_text("signé par tous", timeout=60_000)
        assert [] == violations(page)
        why = page.get_by_label("Pourquoi l’admettre malgré cela")
        if why.count():
            why.fill("certificat d'essai")
        page.get_by_role("button", name="Noter la signature").click()
        expect(page.get_by_text("La signature est notée")).to_be_visible()
    sent = next(m for m in load(built.workspace).membres if m.id == MEMBER).envois
    assert sent[-1].signe_le is not None


def test_the_lawyer_from_a_faulty_template_to_a_clean_one(
    sample: Sample, context: BrowserContext, tmp_path: Path
) -> None:
    path = tmp_path / "convention.docx"
    document = Document(str(sample.root / "templates/2023-04/convention.docx"))
    document.add_paragraph("Le membre {{ membre.nomm }} accepte les présentes.")
    document.save(str(path))
    with served(sample.root) as desk:
        page = opened(context, desk)
        page.get_by_role("link", name="Modèles").click()
        page.locator("#fichier").set_input_files(path)
        page.get_by_role("button", name="Contrôler", exact=True).click()
        expect(page.get_by_text("membre.nomm").first).to_be_visible(timeout=60_000)
        assert [] == violations(page)
        with page.expect_download() as taken:
            page.get_by_role("link", name="Télécharger la copie commentée").click()
        assert "convention.controle.docx" == taken.value.suggested_filename
        page.goto(f"{desk.base}/modeles/champs?q=nom+du+membre")
        assert [] == violations(page)
        page.goto(f"{desk.base}/modeles")
        page.locator("#fichier").set_input_files(sample.root / "templates/2023-04/convention.docx")
        page.get_by_role("button", name="Contrôler", exact=True).click()
        expect(page.locator("main")).not_to_contain_text("Erreur", timeout=60_000)
        page.locator("#membre").select_option(MEMBER)
        page.get_by_role("button", name="Remplir").click()
        expect(page.get_by_text("Rempli pour Commune de Montrivière").first).to_be_visible(timeout=60_000)


def table_of_60(path: Path) -> None:
    """Write a table of 60 members with seven faults that people make."""
    sirets = (line for line in (ROOT / "tests/sirets.txt").read_text("ascii").split())
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Adhérents au 1er janvier"])
    sheet.append([])
    sheet.append(["Collectivité", "Type de collectivité", "N° SIRET", "Rue", "CP", "Ville", "Observations"])
    for n in range(60):
        sheet.append(
            [f"Commune de Nouvelle-{n:02}", "commune", next(sirets), f"{n + 1} rue Haute", "82900", f"Ville {n}", "RAS"]
        )
    sheet["C4"] = 2.18e13  # 2,18E+13, as Excel shows it when it was typed as a number
    sheet["C5"] = "2,18209E+13"
    sheet["E6"] = 1000  # 01000
    sheet["B7"] = "comune"
    sheet["C8"] = sheet["C9"].value
    sheet["A10"] = None
    sheet["C12"] = "218 209 013 00019"
    book.save(path)


def test_a_table_of_60_members_with_seven_faults(sample: Sample, context: BrowserContext, tmp_path: Path) -> None:
    table = tmp_path / "adherents.xlsx"
    table_of_60(table)
    before = (sample.root / "members.yaml").read_bytes()
    with served(sample.root) as desk:
        page = opened(context, desk)
        page.get_by_role("link", name="Excel").click()
        page.locator("#fichier").set_input_files(table)
        page.get_by_role("button", name="Lire").click()
        told = page.locator(".problems").inner_text()
        for ref in ("C4", "C5", "E6", "B7", "C9", "ligne 10", "C12"):
            assert re.search(rf"\b{ref}\b", told), ref
        assert [] == violations(page)
        assert before == (sample.root / "members.yaml").read_bytes()
        page.get_by_role("button", name="Écrire dans les fiches").click()
        expect(page.get_by_text(re.compile("nouveaux membres"))).to_be_visible()
    ours = load(sample.workspace).membres
    assert 13 + 60 - 7 == len(ours)
    assert (sample.root / "members.yaml").read_bytes().startswith(before.rstrip())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda n: n.name)
def test_the_desk_stopped_in_the_middle_of_a_build(
    sample: Sample, context: BrowserContext, number: signal.Signals
) -> None:
    with served(sample.root, TMPDIR=str(_folder(sample.root.parent / "tmp"))) as desk:
        page = context.new_page()
        page.goto(desk.address)
        page.goto(f"{desk.base}/packs")
        page.get_by_role("button", name=re.compile("Fabriquer 13")).click()
        expect(page.locator("#suivi-lignes li").first).to_be_visible(timeout=90_000)
        desk.end(number)
    for folder in (sample.root / "output/2023-04").glob("*"):
        if folder.name.startswith("."):
            continue
        receipt = receipts.read(folder)
        assert receipt, folder
        assert {} == receipts.altered(folder, receipt)
    assert {"2023-04"} >= {p.name for p in (sample.root / "output").iterdir() if not p.name.startswith(".")}
    if number != signal.SIGKILL:
        deadline = time.monotonic() + 20
        while (left := _left(sample.root.parent / "tmp")) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert [] == left


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _left(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("docgen-*")]


def test_a_build_is_followed_and_stopped(sample: Sample, context: BrowserContext) -> None:
    with served(sample.root) as desk:
        page = opened(context, desk)
        page.goto(f"{desk.base}/packs")
        page.get_by_role("button", name=re.compile("Fabriquer 13")).click()
        expect(page.locator("#suivi-lignes li").first).to_be_visible(timeout=90_000)
        assert [] == violations(page)
        page.get_by_role("button", name="Arrêter").click()
        expect(page.get_by_text("Les packs déjà fabriqués restent")).to_be_visible(timeout=60_000)
        made = len(list((sample.root / "output/2023-04").glob("*/recu.json")))
    assert made < 13


def test_without_script_the_pages_work(sample: Sample, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    with served(sample.root) as desk:
        page = context.new_page()
        page.goto(desk.address)
        page.get_by_label("Chercher un membre").fill("montri")
        page.get_by_role("button", name="Afficher").click()
        page.get_by_role("link", name="Commune de Montrivière").click()
        page.get_by_role("button", name="Ajouter : Population").click()
        page.locator('[name="population.0.nombre"]').fill("1243")
        page.locator('[name="population.0.annee"]').fill("2025")
        page.locator('[name="population.0.source"]').fill("INSEE population totale")
        page.get_by_role("button", name="Enregistrer").last.click()
        expect(page.get_by_text("La fiche est enregistrée")).to_be_visible()
    context.close()
    assert "nombre: 1243" in (sample.root / "members.yaml").read_text("utf-8")


def test_a_script_in_a_name_is_a_name(sample: Sample, context: BrowserContext) -> None:
    sample.edit("members.yaml", "nom: Commune de Montrivière", "nom: Commune de <img src=x onerror=alert(1)>")
    with served(sample.root) as desk:
        page = context.new_page()
        page.on("dialog", lambda dialog: WRONG.append(dialog.message))
        page.goto(desk.address)
        for path in ("/", f"/membres/{MEMBER}", "/packs", "/excel"):
            page.goto(desk.base + path)
            assert 0 == page.locator("img[src=x]").count()


def test_the_workbook_is_downloaded_and_brought_back(
    sample: Sample, context: BrowserContext, tmp_path: Path, docgen: Docgen
) -> None:
    with served(sample.root) as desk:
        page = opened(context, desk)
        page.goto(f"{desk.base}/excel")
        with page.expect_download() as taken:
            page.get_by_role("link", name="Télécharger le classeur").click()
        taken.value.save_as(tmp_path / "membres.xlsx")
    assert openpyxl.load_workbook(io.BytesIO((tmp_path / "membres.xlsx").read_bytes())).sheetnames[0] == "Membres"
    code, told = docgen(sample.root, "import", str(tmp_path / "membres.xlsx"))
    assert 0 == code
    assert "13 fiches inchangées" in told
    assert "Rien à écrire" in told
