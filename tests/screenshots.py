"""The pictures of the desk for the guide:  python tests/screenshots.py   (docs/images/bureau-*.png)"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
from conftest import ROOT, copy_sample
from desks import served
from docx import Document
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from test_verify import signed
from tools import program

MEMBER = "commune-de-montriviere"
IMAGES = ROOT / "docs/images"
DAY = "1688162400"
"""1 July 2023: the sample's own time."""


def take(page: Page, name: str, height: int = 900, phone: bool = False) -> None:
    width = 390 if phone else 1280
    page.set_viewport_size({"width": width, "height": height})
    image = Image.open(io.BytesIO(page.screenshot()))
    image.convert("RGB").quantize(128).save(IMAGES / f"bureau-{name}.png", optimize=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        sample = copy_sample(Path(folder) / "conventions")
        browser = playwright.chromium.launch(
            executable_path=program("chromium", "chromium"), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        page = browser.new_context(locale="fr-FR").new_page()
        with served(sample.root, SOURCE_DATE_EPOCH=DAY) as desk:
            page.goto(desk.address)

            def at(path: str) -> None:
                page.goto(desk.base + path)

            at("/packs")
            take(page, "packs", 760)
            page.get_by_role("button", name="Fabriquer 13").click()
            page.locator("#suivi-lignes li").nth(3).wait_for(timeout=90_000)
            take(page, "fabrication", 560)
            page.get_by_text("13 packs fabriqués.").wait_for(timeout=180_000)
            at("/")
            take(page, "accueil")
            take(page, "telephone", 844, phone=True)
            at(f"/membres/{MEMBER}")
            page.locator("[name=siret]").fill("218 209 013 00019")
            page.locator("[data-pour=siret] .error").wait_for()
            take(page, "fiche", 1000)
            page.locator("[name=siret]").fill("218 209 013 00018")
            page.get_by_text("Voir les pages").click()
            page.locator(".pictures img").nth(3).wait_for()
            page.locator("#pack").scroll_into_view_if_needed()
            page.wait_for_timeout(1500)
            page.locator("#pack").evaluate("one => one.scrollIntoView()")
            take(page, "pages", 760)
            at("/packs/controle")
            take(page, "controle", 640)
            at("/packs/envois")
            page.get_by_label("Commune de Montrivière : envoyé").check()
            take(page, "envois", 640)
            page.get_by_role("button", name="Noter ces envois").click()
            _returned(page, desk.base, sample.pack(MEMBER).read_bytes())
            at("/seances/2023-04-11")
            take(page, "seance", 760)
            at("/actes/04-2023-06")
            take(page, "acte", 640)
            _template(page, desk.base, sample.root / "templates/2023-04/convention.docx")
            at("/modeles/champs?q=montant")
            take(page, "champs", 640)
            _table(page, desk.base)
            at("/etats")
            take(page, "etats", 520)
        browser.close()


def _apart(work: Callable[[], bytes]) -> bytes:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as apart:  # the browser's driver has a loop of its own in this thread
        return apart.submit(work).result()


def _returned(page: Page, base: str, pack: bytes) -> None:
    page.goto(f"{base}/retours")
    back = _apart(lambda: signed(pack))
    page.locator("#fichier").set_input_files({"name": "retour.pdf", "mimeType": "application/pdf", "buffer": back})
    page.get_by_role("button", name="Examiner").click()
    page.locator(".verdict").wait_for(timeout=60_000)
    page.locator(".pictures img").nth(1).wait_for()
    page.wait_for_timeout(1500)
    take(page, "retour", 800)


def _template(page: Page, base: str, path: Path) -> None:
    document = Document(str(path))
    document.paragraphs[10].insert_paragraph_before("Le membre {{ membre.nomm }} accepte les présentes.")
    buffer = io.BytesIO()
    document.save(buffer)
    page.goto(f"{base}/modeles")
    page.locator("#fichier").set_input_files(
        {"name": "convention.docx", "mimeType": "application/octet-stream", "buffer": buffer.getvalue()}
    )
    page.get_by_role("button", name="Contrôler", exact=True).click()
    first = page.locator("section.page li.error").first
    first.wait_for(timeout=60_000)
    page.wait_for_timeout(1500)
    first.evaluate("one => one.closest('section').scrollIntoView()")
    take(page, "modele", 800)


def _table(page: Page, base: str) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Collectivité", "Forme", "N° SIRET", "Téléphone", "Rue", "CP", "Ville"])
    book.active.append(
        [
            "Commune de Montrivière",
            "commune",
            "21820901300018",
            "05 36 49 00 77",
            "1 place de la Mairie",
            "82901",
            "Montrivière",
        ]
    )
    book.active.append(["Commune de Neuve", "commune", "21850001100017", "", "1 rue Haute", 1000, "Neuve"])
    buffer = io.BytesIO()
    book.save(buffer)
    page.goto(f"{base}/excel")
    page.locator("#fichier").set_input_files(
        {"name": "adherents.xlsx", "mimeType": "application/octet-stream", "buffer": buffer.getvalue()}
    )
    page.get_by_role("button", name="Lire").click()
    page.get_by_text("Ce qui changerait").wait_for()
    take(page, "excel", 1000)


if __name__ == "__main__":
    main()
