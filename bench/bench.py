"""How fast docgen makes packs, against the naive way, in one run on one machine.

    python bench/bench.py [N] [--naive K]

Makes a workspace of N synthetic members (100 unless told) and measures, in packs per minute:
  (a) the naive way, on K members (5 unless told): docxtpl, one `soffice --convert-to` a file, pypdf to merge;
  (b) `docgen build` from nothing, with one worker, then with two;
  (c) `docgen build` again, nothing changed;
  (d) `docgen build` after one tariff change, which concerns annexe 2 of everybody;
  (e) the binding of one pack, in CPU: its pieces merged with their tags, fields and metadata, against pypdf's merging,
      that loses them; and what comes before it, the completing of a piece as LibreOffice made it.
Memory is the peak of the docgen process itself; LibreOffice has its own.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import yaml
from docxtpl import DocxTemplate
from pypdf import PdfWriter
from stdnum import luhn

from docgen import office
from docgen.champs.pack import values
from docgen.champs.volets import champs_of
from docgen.packs.contents import Contents, dossier
from docgen.pdf import assemble, conform
from docgen.pdf.assemble import PackInfo, PiecePdf
from docgen.pdf.convert import Export, Pool
from docgen.pdf.pdfa import Description
from docgen.records.workspace import Workspace, load
from docgen.word.expressions import environment
from docgen.word.render import Renderer

ROOT = Path(__file__).parent.parent
FORMS = (
    ("commune", "Commune de {}", "Maire"),
    ("commune", "Commune d'{}", "Maire"),
    ("communauté de communes", "Communauté de communes de {}", "Présidente"),
    ("syndicat", "Syndicat des eaux de {}", "Président"),
    ("établissement public", "Établissement public « {} »", "Directrice"),
)


def siret(number: int) -> str:
    """Return a valid SIRET that no authority has."""
    siren = f"200{number:05d}"
    siren += luhn.calc_check_digit(siren)
    body = f"{siren}0001"
    return body + luhn.calc_check_digit(body)


def member(number: int) -> dict[str, object]:
    """Return a synthetic member as a record."""
    forme, nom, qualite = FORMS[number % len(FORMS)]
    lieu = f"Villeneuve-{number:04d}"
    return {
        "id": f"membre-{number:05d}",
        "nom": nom.format(lieu),
        "forme": forme,
        "siret": siret(number),
        "siege": {"adresse": f"{number} rue de la Mairie", "code_postal": f"82{number % 1000:03d}", "commune": lieu},
        "representant": {
            "civilite": "Mme" if qualite in ("Présidente", "Directrice") else "M.",
            "prenom": "Dominique",
            "nom": f"NOM{number}",
            "qualite": qualite,
            "habilitation": {
                "numero": f"2023-{number}",
                "date": "2023-05-10",
                "transmise_le": "2023-05-11",
                "publiee_le": "2023-05-12",
            },
        },
        "referent": {
            "prenom": "Camille",
            "nom": f"RÉFÉRENT{number}",
            "fonction": "Secrétaire",
            "telephone": f"05 36 49 {number // 100 % 100:02d} {number % 100:02d}",
            "courriel": f"contact{number}@membre.example",
        },
        "facturation": [{"exercice": "2023", "code_service": f"S{number}", "numero_engagement": f"E{number}"}],
        "souscriptions": [
            {
                "volet": "stockage",
                "utilisateurs": str(number * 7 % 130 + 1),
                "stockage": f"{number % 5 + 1} To",
                "gfu": ("oui", "non")[number % 2],
            }
        ],
    }


def make_workspace(root: Path, count: int) -> Workspace:
    """Write a workspace of `count` synthetic members on the sample edition."""
    shutil.copy(ROOT / "syndicat.yaml", root)
    shutil.copytree(ROOT / "templates", root / "templates")
    records = {"membres": [member(n) for n in range(count)]}
    (root / "members.yaml").write_text(yaml.safe_dump(records, allow_unicode=True, sort_keys=False), "utf-8")
    return Workspace(root)


def naive(workspace: Workspace, count: int) -> float:
    """Make `count` packs the naive way; return the seconds that it took."""
    data = load(workspace)
    soffice = office.find().soffice.with_name("soffice")  # the launcher, as people call it
    out = workspace.root / "naive"
    out.mkdir()
    start = time.perf_counter()
    for membre in data.membres[:count]:
        tree = values(dossier(data, membre), champs_of(data.edition)).tree
        writer = PdfWriter()
        for piece in data.edition.pieces:
            template = DocxTemplate(workspace.template(data.edition.edition, piece))
            template.render(tree, jinja_env=environment())
            docx = out / f"{membre.id}-{piece.id}.docx"
            template.save(docx)
            subprocess.run(
                [soffice, f"-env:UserInstallation={(out / 'profile').as_uri()}", "--headless", "--convert-to", "pdf",
                 "--outdir", out, docx],
                check=True, capture_output=True,
            )  # fmt: skip
            writer.append(docx.with_suffix(".pdf"))
        writer.write(out / f"{membre.id}.pdf")
    return time.perf_counter() - start


def build(workspace: Workspace, workers: int = 2) -> tuple[float, int]:
    """Run `docgen build`; return the seconds that it took and the peak memory in MB of the process that decides."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "docgen", "build", "--workers", str(workers)]
    process = subprocess.Popen(command, cwd=workspace.root, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"docgen build a rendu {process.returncode}")
    return time.perf_counter() - start, usage.ru_maxrss // 1024


def change_tariff(workspace: Workspace) -> None:
    """Lower the price of 5 To by five cents HT, and vote the cells that follow."""
    path = workspace.edition_yaml("2023-04")
    text = path.read_text("utf-8")
    changed = text.replace("ht: 19,45", "ht: 19,40").replace(
        "23,34  22,18  21,01  19,84  18,67  17,51  16,34  15,17  14,00  12,84  11,68",
        "23,28  22,12  20,95  19,79  18,62  17,46  16,30  15,13  13,97  12,80  11,64",
    )
    assert changed.count("19,40") == changed.count("23,28") == 1
    path.write_text(changed, "utf-8")


def binding(workspace: Workspace, folder: Path, times: int = 20) -> tuple[float, float, float]:
    """Return the CPU seconds of completing the pieces of a pack, of binding it, and of merging it with pypdf."""
    data = load(workspace)
    contents = Contents(workspace, data).of(data.membres[0])
    filled = {c.name: Renderer(c.template).fill(c.found.tree) for c in contents}
    exports = {name: Export(folder / f"{name}.docx", folder / f"{name}.pdf") for name in filled}
    for name, export in exports.items():
        export.docx.write_bytes(filled[name].docx)
    libreoffice = office.find()
    with Pool(libreoffice) as pool:
        if failed := [problem for _, problem in pool.convert(exports.values()) if problem]:
            sys.exit(failed[0])
    info = PackInfo(Description("Pack", "", "", data.edition.deliberation.date), False, libreoffice.form_font())
    parts = [PiecePdf(name, name, folder / f"{name}-done.pdf") for name in filled]

    def complete() -> None:
        for part, (name, export) in zip(parts, exports.items(), strict=True):
            part.pdf.write_bytes(conform.conform(export.pdf, filled[name].meaning, name))

    def bind() -> None:
        assemble.assemble(parts, info)

    def merge() -> None:
        writer = PdfWriter()
        for export in exports.values():
            writer.append(export.pdf)
        writer.write(folder / "merged.pdf")

    complete(), bind(), merge()  # the first time reads fonts and tables that stay in memory
    return tuple(cpu(step, times) for step in (complete, bind, merge))  # type: ignore[return-value]


def cpu(step: Callable[[], None], times: int) -> float:
    """Return the CPU seconds that a step takes, on average."""
    start = time.process_time()
    for _ in range(times):
        step()
    return (time.process_time() - start) / times


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("count", nargs="?", type=int, default=100, metavar="N")
    arguments.add_argument("--naive", type=int, default=5, metavar="K")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="docgen-bench-") as folder:
        workspace = make_workspace(Path(folder), asked.count)
        slow = naive(workspace, min(asked.naive, asked.count)) / min(asked.naive, asked.count)
        alone, _ = build(workspace, 1)
        shutil.rmtree(workspace.output)
        first, memory = build(workspace)
        again, _ = build(workspace)
        change_tariff(workspace)
        tariff, _ = build(workspace)
        completing, bound, merged = binding(workspace, Path(folder))
    each = first / asked.count
    print(f"{asked.count} members, {os.cpu_count()} cores")
    print(f"(a) naive           {60 / slow:8.0f} packs/min  {slow * 1000:7.0f} ms/pack")
    one = alone / asked.count
    print(f"(b) one worker      {60 / one:8.0f} packs/min  {one * 1000:7.0f} ms/pack  {slow / one:6.1f} x (a)")
    print(f"    two workers     {60 / each:8.0f} packs/min  {each * 1000:7.0f} ms/pack  {slow / each:6.1f} x (a)")
    print(f"(c) nothing changed {again:8.2f} s for all     {first / again:6.1f} x (b)")
    print(f"(d) tariff changed  {tariff:8.2f} s for all     {first / tariff:6.1f} x (b)")
    print(f"(e) binding         {bound * 1000:8.0f} ms of CPU  {bound / merged:6.1f} x pypdf's merging")
    print(f"    completing      {completing * 1000:8.0f} ms of CPU for the three pieces, before it")
    print(f"peak memory of docgen {memory} MB")


if __name__ == "__main__":
    main()
