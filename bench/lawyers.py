"""How long the lawyers wait, with how much memory, for a template of 30 pages; against the naive way, in one run.

    python bench/lawyers.py

Makes a template of some 30 pages out of the sample's convention, with a few faults, and measures:
  (a) the naive check: docxtpl fills it once, and stops at the first fault that it sees;
  (b) `docgen check FILE`, without what follows;
  (c) the same with pages (LibreOffice lays it out) and comments (`--annotate`);
  (d) the comparison with an amended version, against docxtpl filling both.
Memory is the peak of a process of its own.
"""

from __future__ import annotations

import copy
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from docxtpl import DocxTemplate
from lxml import etree

from docgen.champs.pack import values
from docgen.champs.volets import champs_of
from docgen.diagnostics import errors
from docgen.lawyers import checks, copies, pages
from docgen.packs.contents import dossier
from docgen.records.workspace import Workspace, load
from docgen.redline.tracked import redline
from docgen.word.expressions import environment
from docgen.word.package import Package, W, as_bytes, zipped

ROOT = Path(__file__).parent.parent
TIMES = 8
"""How many times the text of the convention is repeated."""
FAULTS = 20


def long_template(folder: Path) -> tuple[Path, Path, Path]:
    """Write a sound template of some 30 pages, one with faults, one amended; return them."""
    parts = dict(Package(ROOT / "templates/2023-04/convention.docx", "").members)
    root = etree.fromstring(parts["word/document.xml"])
    body = root.find(f"{W}body")
    blocks = [block for block in body if block.tag != f"{W}sectPr" and not list(block.iter(f"{W}bookmarkStart"))]
    for _ in range(TIMES - 1):
        for block in blocks:
            body.insert(len(body) - 1, copy.deepcopy(block))
    text = as_bytes(root).decode()
    faults = iter(range(10_000))
    faulty = re.sub("membre.du", lambda found: f"membre.d{n}" if (n := next(faults)) < FAULTS else found.group(), text)
    amended = text.replace("toutes taxes comprises", "hors taxes").replace("courant du mois de", "courant de")
    found = []
    for name, xml in (("sound", text), ("faulty", faulty), ("amended", amended)):
        path = folder / f"{name}.docx"
        path.write_bytes(zipped({**parts, "word/document.xml": xml.encode()}))
        found.append(path)
    return found[0], found[1], found[2]


def naive(path: Path) -> None:
    """Fill the template once with docxtpl, as people check theirs."""
    place = Workspace(ROOT)
    data = load(place)
    tree = values(dossier(data, data.membres[0]), champs_of(data.edition)).tree
    DocxTemplate(path).render(tree, jinja_env=environment())


def check(path: Path) -> None:
    """Find all that is wrong with it."""
    assert len(errors(checks.of_file(path, path.name).problems)) == FAULTS


def located(path: Path) -> None:
    """Find it, with pages, and write the copy with comments."""
    found, _ = pages.located([checks.of_file(path, path.name)])
    assert all(problem.place.page for problem in found[0].problems if problem.place.part)
    copies.write_all(found, date(2023, 4, 11))


def compare(path: Path) -> None:
    """Compare the sound template with the amended one."""
    sides = [Package(path.with_name(f"{name}.docx"), "").members for name in ("sound", "amended")]
    assert redline(sides[0], sides[1], "2023-04-11T00:00:00Z").revisions


WAYS: dict[str, Callable[[Path], None]] = {"naive": naive, "check": check, "located": located, "compare": compare}


def measured(way: str, path: Path) -> tuple[float, float]:
    """Return the seconds and the peak memory in MB of one way, in a process of its own."""
    told = subprocess.run([sys.executable, __file__, way, str(path)], capture_output=True, text=True, check=True)
    seconds, memory = json.loads(told.stdout)
    return seconds, memory


def main() -> None:
    """Measure and print; with arguments, do one of the ways and print what it took."""
    if len(sys.argv) > 1:
        start = time.perf_counter()
        WAYS[sys.argv[1]](Path(sys.argv[2]))
        took = time.perf_counter() - start
        print(json.dumps([took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000]))
        return
    with tempfile.TemporaryDirectory() as name:
        sound, faulty, _ = long_template(Path(name))
        base, memory = measured("naive", sound)
        print(f"docxtpl fills the template once   {base:6.2f} s  {memory:5.0f} MB")
        for way, path in (("check", faulty), ("located", faulty), ("compare", sound)):
            seconds, memory = measured(way, path)
            print(f"{way:32}  {seconds:6.2f} s  {memory:5.0f} MB  {seconds / base:5.1f} x")


if __name__ == "__main__":
    main()
