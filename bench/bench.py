"""How fast docgen makes packs, against what people would do instead, in one run on one machine.

    python bench/bench.py [N] [--naive K] [--carbone FOLDER]

Makes a workspace of N synthetic members (100 unless told) and measures, per pack:
  (a) the naive way, on K members (5 unless told): docxtpl, one `soffice --convert-to` a file, pypdf to merge;
  (b) Carbone, which only converts: the same filled files, but the charte, that is the same for all; FOLDER is where
      `npm install carbone` was run. With one LibreOffice, as it comes, then with as many as cores; both are running
      before the time begins, which for docgen begins with its command;
  (c) `docgen build` from nothing, with one worker, then with two;
  (d) `docgen build` again, nothing changed;
  (e) `docgen build` after one tariff change, which concerns annexe 2 of everybody;
  (f) the desk: its first page and a record judged while it is typed, against `docgen status`;
  (g) of one process, in CPU: the making of a pack without LibreOffice, and its binding alone against pypdf's merging,
      that loses tags, fields and metadata.
With each build, the peak memory of every process. A leg waits until the machine is idle; where it does not become so,
there is no ratio.
"""

from __future__ import annotations

import argparse
import gc
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
from starlette.testclient import TestClient
from stdnum import luhn

from docgen import office
from docgen.champs.pack import values
from docgen.champs.volets import champs_of
from docgen.desk.app import application
from docgen.packs.build import Build
from docgen.packs.contents import Contents, dossier
from docgen.packs.jobs import Maker, Settings
from docgen.pdf import assemble, conform
from docgen.pdf.assemble import PackInfo, PiecePdf
from docgen.pdf.convert import Export, Pool
from docgen.pdf.pdfa import Description
from docgen.records.workspace import Workspace, load
from docgen.word.expressions import environment
from docgen.word.render import Renderer

ROOT = Path(__file__).parent.parent
IDLE = 0.12
"""The share of the cores that others may use."""
WAITED = 60
"""Seconds to wait for the machine to be idle."""
CARBONE = """
const carbone = require(process.argv[1] + "/node_modules/carbone"), fs = require("fs");
const factories = +process.argv[2], files = process.argv.slice(3);
carbone.set({ factories, startFactory: true });
setTimeout(() => {
  let begun = 0, ended = 0;
  const start = Date.now();
  const next = () => {
    if (begun >= files.length) return;
    const data = fs.readFileSync(files[begun++]);
    carbone.convert(data, { convertTo: "pdf", extension: "docx" }, (error) => {
      if (error) { console.error(error); process.exit(1); }
      if (++ended === files.length) { console.log((Date.now() - start) / 1000); process.exit(0); }
      next();
    });
  };
  for (let i = 0; i < 2 * factories; i++) next();
}, 8000);
"""
FORMS = (
    ("commune", "Commune de {}", "Maire"),
    ("commune", "Commune d'{}", "Maire"),
    ("communauté de communes", "Communauté de communes de {}", "Présidente"),
    ("syndicat", "Syndicat des eaux de {}", "Président"),
    ("établissement public", "Établissement public « {} »", "Directrice"),
)


def siret(number: int) -> str:
    """Return a valid SIRET that no authority has."""
    siren = f"200{number + 10_000:05d}"
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


def idle() -> bool:
    """Wait until others use little of the machine; tell whether it became so."""
    limit = time.monotonic() + WAITED
    while (used := others()) > IDLE:
        if time.monotonic() > limit:
            print(f"the machine is busy ({used:.0%}): no ratio for what follows", file=sys.stderr)
            return False
    return True


def others(seconds: float = 1.0) -> float:
    """Return the share of the cores that is in use while this process does nothing."""

    def ticks() -> tuple[int, int]:
        cpu = [int(one) for one in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        return sum(cpu), cpu[3] + cpu[4]

    (all_before, idle_before), _ = ticks(), time.sleep(seconds)
    all_after, idle_after = ticks()
    return 1 - (idle_after - idle_before) / max(1, all_after - all_before)


def build(workspace: Workspace, workers: int = 2) -> tuple[float, dict[str, int]]:
    """Run `docgen build`; return the seconds that it took, and the peak memory in MB of its processes, by kind."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "docgen", "build", "--workers", str(workers)]
    process = subprocess.Popen(command, cwd=workspace.root, stdout=subprocess.DEVNULL)
    peaks: dict[int, tuple[str, int]] = {}
    while process.poll() is None:
        peaks |= memory(process.pid)
        time.sleep(0.2)
    if process.returncode:
        sys.exit(f"docgen build a rendu {process.returncode}")
    by_kind: dict[str, int] = {}
    for kind, peak in peaks.values():
        by_kind[kind] = max(by_kind.get(kind, 0), peak)
    return time.perf_counter() - start, by_kind


def memory(root: int) -> dict[int, tuple[str, int]]:
    """Return the processes under `root`, itself too: what they are, and the most memory that they had, in MB."""
    above, found = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
            said = (folder / "cmdline").read_bytes()
        except (OSError, ValueError):
            continue
        above[int(folder.name)] = int(status["PPid"])
        kind = "driver" if b"uno_worker" in said else "LibreOffice" if b"soffice.bin" in said else "worker"
        found[int(folder.name)] = kind, int(status.get("VmHWM", "0 kB").split()[0]) // 1024

    def under(process: int) -> bool:
        while process not in (0, 1, root):
            process = above.get(process, 0)
        return process == root

    return {one: ("docgen" if one == root else kind, peak) for one, (kind, peak) in found.items() if under(one)}


def carbone(workspace: Workspace, folder: Path, factories: int) -> float:
    """Have Carbone convert what `docgen build` converts; return the seconds that it took, its start not counted."""
    data = load(workspace)
    contents, filled = Contents(workspace, data), workspace.root / "filled"
    filled.mkdir(exist_ok=True)
    renderers = {name: Renderer(template) for name, template in contents.templates.items() if name != "charte"}
    files = []
    for membre in data.membres:
        for content in contents.of(membre):
            if content.name in renderers:
                files.append(filled / f"{membre.id}-{content.name}.docx")
                files[-1].write_bytes(renderers[content.name].fill(content.found.tree).docx)
    soffice = office.find()
    programs = filled / "bin"  # it looks for python3 there: that of the system has `uno`
    programs.mkdir(exist_ok=True)
    (programs / "python3").unlink(missing_ok=True)
    (programs / "python3").symlink_to(soffice.python())
    path = f"{soffice.soffice.parent}:{programs}:{os.environ['PATH']}"
    command = ["node", "-e", CARBONE, str(folder), str(factories), *map(str, files)]
    if not idle():
        return 0
    return float(subprocess.run(command, env={**os.environ, "PATH": path}, check=True, capture_output=True).stdout)


def making(workspace: Workspace, count: int = 20) -> float:
    """Return the CPU seconds that a process spends on a pack, LibreOffice apart, once it is under way."""
    data = load(workspace)
    shutil.rmtree(workspace.output, ignore_errors=True)
    maker = Build(workspace, data, office.find(), 1)
    jobs = [maker._job(maker.plan(membre)) for membre in data.membres[: count + 5]]
    gc.freeze()
    with Maker(Settings(maker.templates, maker.binder, maker.office)) as making:
        for job in jobs[:5]:
            making.make(job)
        start = time.process_time()
        for job in jobs[5:]:
            making.make(job)
        return (time.process_time() - start) / len(jobs[5:])


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


def desk(workspace: Workspace) -> tuple[float, float, float]:
    """Return the seconds of the first page of the desk once it is open, of a record judged as one types, of `status`.

    `docgen status` reads and decides anew what the first page shows.
    """
    here = "http://127.0.0.1:1"
    guarded, pages = application(workspace, 1)
    client, keys = TestClient(guarded, base_url=here), pages.state.keys
    client.get(f"/?cle={keys.address}")
    start = time.perf_counter()
    client.get("/")
    shown = time.perf_counter()
    fields = {"jeton": keys.form, "nom": str(member(0)["nom"])}
    client.post(f"/membres/{member(0)['id']}/verifier", data=fields, headers={"origin": here})
    judged = time.perf_counter()
    command = [sys.executable, "-m", "docgen", "status"]
    subprocess.run(command, cwd=workspace.root, stdout=subprocess.DEVNULL, check=True)
    return shown - start, judged - shown, time.perf_counter() - judged


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
    arguments.add_argument("--carbone", type=Path, metavar="FOLDER")
    asked = arguments.parse_args()
    print(f"{asked.count} members, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory(prefix="docgen-bench-") as folder:
        workspace, known = make_workspace(Path(folder), asked.count), dict[str, float]()

        def told(name: str, seconds: float, quiet: bool, packs: int = asked.count, more: str = "") -> None:
            each = known[name] = seconds / packs * 1000 if quiet else 0
            ratios = [
                f"{each / other:6.2f} x {base}" for base, other in known.items() if base != name and other and each
            ]
            print(f"{name:14} {seconds / packs * 1000:7.0f} ms/pack   {'   '.join(ratios)}{more}", flush=True)

        few = min(asked.naive, asked.count)
        quiet = idle()
        told("naive", naive(workspace, few), quiet, few)
        for factories in sorted({1, os.cpu_count() or 1}) if asked.carbone else ():
            took = carbone(workspace, asked.carbone, factories)
            told(f"Carbone, {factories}", took, took > 0)
        for workers in (1, 2):
            shutil.rmtree(workspace.output, ignore_errors=True)
            quiet = idle()
            took, peaks = build(workspace, workers)
            told(f"docgen, {workers}", took, quiet, more=f"   memory {peaks} MB")
        for name in ("unchanged", "one tariff"):
            if name == "one tariff":
                change_tariff(workspace)
            took, _ = build(workspace)
            print(f"{name:14} {took:7.2f} s for all")
        first, typed, again = desk(workspace)
        print(f"{'the desk':14} {first * 1000:7.0f} ms for its first page   {first / again:6.3f} x docgen status")
        print(f"{'':14} {typed * 1000:7.0f} ms to judge what is typed   {typed / again:6.3f} x docgen status")
        alone = making(workspace)
        completing, bound, merged = binding(workspace, Path(folder))
    print(f"of a worker    {alone * 1000:7.0f} ms of CPU a pack, LibreOffice apart")
    print(f"  completing   {completing * 1000:7.0f} ms of it, were the three pieces to be completed each time")
    print(f"  binding      {bound * 1000:7.0f} ms of it   {bound / merged:6.2f} x pypdf's merging")


if __name__ == "__main__":
    main()
