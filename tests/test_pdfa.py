"""Every PDF that docgen makes is what it claims, as veraPDF judges; the tree of a whole pack, as it was read once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import pikepdf
import pytest
from conftest import Sample, copy_sample
from tools import verapdf

from docgen import office
from docgen.actes import liste
from docgen.actes.deliberation import Deliberation
from docgen.actes.statement import Statements
from docgen.pdf import pdftext, structure
from docgen.pdf.convert import Export, Pool

AMENDED = "commune-de-montriviere"


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """An avenant, an act with its annexes, its copies and its sheet, the list of a séance, a yearly statement."""
    sample = copy_sample(tmp_path_factory.mktemp("others") / "workspace")
    sent = "    envois:\n      - edition: 2022-12\n        envoye_le: 2023-01-10\n        signe_le: 2023-01-20\n"
    sample.edit("members.yaml", "    siret: 218 209 013 00018\n", f"    siret: 218 209 013 00018\n{sent}")
    assert [o.failure for o in sample.build(AMENDED)] == [""]
    Deliberation(sample.workspace, "04/2023-06", office.find()).make()
    liste.make(sample.workspace, date(2023, 4, 11), office.find())
    Statements(sample.workspace, 2023, office.find()).make()
    return sample


def pdfs(sample: Sample) -> list[Path]:
    return sorted(p for p in (sample.root / "output").rglob("*.pdf") if ".cache" not in p.parts)


@pytest.fixture(scope="module")
def judged(made: Sample, others: Sample) -> Mapping[tuple[Path, str], list[str]]:
    return verapdf([*pdfs(made), *pdfs(others)])


def test_every_document_is_pdfa_2a_and_pdfua_1_with_and_without_projet(
    judged: Mapping[tuple[Path, str], list[str]], made: Sample, others: Sample
) -> None:
    assert {key: broken for key, broken in judged.items() if broken} == {}
    assert {flavour for _, flavour in judged} == {"2a", "ua1"}
    kinds = Counter(re.sub(r"-.*", "", path.name) for path in pdfs(others))
    assert kinds == Counter(
        ["pack", "99_DE", "99_DE", "annexes", "bordereau", "deliberation", "extrait", "publication", "liste", "etat"]
    )
    assert len(pdfs(made)) == 13


def read(node: structure.Node, pages: list[pdftext.Page], depth: int = 0) -> Iterator[str]:
    """Yield the tree, a line an element: what it is, and the beginning of its text when it holds no other."""
    kids = [kid for kid in node.kids if isinstance(kid, structure.Node) and kid.role != "Span"]
    said = "" if kids else "".join(pages[c.page].text_of(c.mcid) for c in node.contents())
    alt = f" ({node.obj.Alt})" if "/Alt" in node.obj else ""
    yield f"{'  ' * depth}{node.role}{alt} {pdftext.squeezed(said)[:24]}".rstrip()
    for kid in kids:
        yield from read(kid, pages, depth + 1)


@pytest.fixture(scope="module")
def tree(made: Sample) -> list[str]:
    path = made.pack("commune-d-auberoque")
    with pikepdf.open(path) as pdf, pdftext.opened(path) as document:
        return list(read(structure.read(pdf), [pdftext.Page(page) for page in document]))


def test_a_pack_is_one_document_of_three_parts_each_with_its_logo_then_its_title(tree: list[str]) -> None:
    assert tree[0] == "Document"
    starts = [index for index, line in enumerate(tree) if line == "  Part"]
    logo = "    Figure (Logo de Tarn-et-Garonne Aménagement)"
    assert [tree[n + 1] for n in starts] == [logo] * 3
    assert [tree[n + 2] for n in starts] == [
        "    H1 Conventiond’accèsaubouqu",
        "    H1 Annexe1–Charted’utilisat",
        "    H1 Annexe2–Volet1dubouquetd",
    ]


def test_headings_follow_each_other_as_the_articles_do(tree: list[str]) -> None:
    first, second, _ = (index for index, line in enumerate(tree) if line == "  Part")
    found = [line.strip() for line in tree[first:second] if re.match(r" *H\d", line)]
    assert found[:8] == [
        "H1 Conventiond’accèsaubouqu", "H2 Article1–Préambule", "H2 Article2–Objectifsetcomp",
        "H2 Article3–Modalitésd’accè", "H3 3.1Désignationd’unréfére", "H3 3.2Contributiond’accèsau",
        "H2 Article4–Modalitésdefact", "H2 Article5–Responsabilités",
    ]  # fmt: skip


def test_a_list_is_read_as_one_label_by_label(tree: list[str]) -> None:
    at = tree.index("    P Àcetitre,leSyndicatmixte")
    assert tree[at + 1 : at + 6] == [
        "    L",
        "      LI",
        "        Lbl •",
        "        LBody",
        "          P demettreunbouquetdeservi",
    ]
    assert sum(line.strip().startswith("Lbl") for line in tree) == sum(line.strip() == "LI" for line in tree) > 40


def test_the_grid_is_read_with_its_header_rows_and_its_header_column(tree: list[str]) -> None:
    start = next(n for n, line in enumerate(tree) if "Grille3–NetExplorer" in line)
    rows: list[list[str]] = []
    for line in tree[start + 1 :]:
        if line == "      TR":
            rows.append([])
        elif (cell := line.strip()) in ("TH", "TD") and line.startswith("        T") and rows:
            rows[-1].append(cell)
        elif rows and not line.startswith("      "):
            break
    assert rows[:3] == [["TH"], ["TH"] * 12, ["TH"] * 12]
    assert rows[3:] == [["TH"] + ["TD"] * 11] * 5


def test_what_is_to_be_filled_in_and_signed_is_read_in_its_place(tree: list[str]) -> None:
    forms = [line.strip() for line in tree if line.strip().startswith("Form")]
    assert forms == [
        "Form (Prénom et nom du référent)", "Form (Fonction du référent)", "Form (Téléphone du référent)",
        "Form (Courriel du référent)", "Form (N° d'engagement)", "Form (Lieu de la signature)",
        "Form (Date de la signature)", "Form (Signature pour le syndicat)", "Form (Signature pour le membre)",
        "Form (Lieu de la signature)", "Form (Date de la signature)", "Form (Signature pour le membre)",
    ]  # fmt: skip
    phone = next(n for n, line in enumerate(tree) if line.strip() == "P Téléphone")
    assert tree[phone - 1].strip() == "TH"
    assert [line.strip() for line in tree[phone + 1 : phone + 4]] == ["TD", "P", "Form (Téléphone du référent)"]


def test_a_pack_is_not_larger_than_its_pieces_and_holds_its_logo_once(made: Sample, tmp_path: Path) -> None:
    """The pieces as LibreOffice writes them: its own pictures, fonts, colour profile and tags in each."""
    path = made.pack(AMENDED)
    with pikepdf.open(path) as pdf:
        images = {x.objgen for page in pdf.pages for x in page.Resources.get("/XObject", {}).values()}
        assert len(images) == 1
    pieces = [Export(docx, tmp_path / f"{docx.stem}.pdf") for docx in made.folder(AMENDED).glob("*.docx")]
    with Pool(office.find()) as pool:
        assert [problem for _, problem in pool.convert(pieces)] == [""] * 3
    assert path.stat().st_size < sum(piece.pdf.stat().st_size for piece in pieces)


def test_the_outline_leads_to_pages_and_no_annotation_is_without_its_tag(made: Sample) -> None:
    with pikepdf.open(made.pack(AMENDED)) as pdf:
        numbers = {page.obj.objgen for page in pdf.pages}

        def targets(items: list[pikepdf.OutlineItem]) -> Iterator[pikepdf.Object]:
            for item in items:
                assert item.destination is not None
                yield item.destination[0]
                yield from targets(item.children)

        with pdf.open_outline() as outline:
            found = list(targets(outline.root))
        assert len(found) > 25
        assert {target.objgen for target in found} <= numbers
        keys = [int(a.StructParent) for page in pdf.pages for a in page.obj.get("/Annots", [])]
        flat = list(pdf.Root.StructTreeRoot.ParentTree.Nums)
        owners = {int(k): owner for k, owner in zip(flat[::2], flat[1::2], strict=True)}
        assert all(owners[key].S == "/Form" for key in keys)
        assert len(keys) == 7
