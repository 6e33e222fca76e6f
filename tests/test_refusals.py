"""Each refusal of a finished pack says where (piece, article or whole document, page, words) and how to mend it."""

from __future__ import annotations

import ast
import dataclasses
import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pikepdf
import pytest
from conftest import ROOT
from fontTools.ttLib import TTFont
from pikepdf import Array, Dictionary, Name
from test_conform import write
from test_preflight import bound, changed, problems_of, wanted, with_piece, with_words

from docgen import office
from docgen.diagnostics import ConversionFailed, Diagnostic
from docgen.packs import preflight
from docgen.packs.preflight import Finished
from docgen.pdf import conform
from docgen.pdf.assemble import Bound
from docgen.pdf.convert import Export, Pool
from docgen.word.meaning import Mark
from docgen.word.render import Filled, Renderer
from docgen.word.template import Template

REFUSE = (
    "packs/preflight", "packs/frame", "packs/fonts", "packs/words", "packs/tables", "packs/actions", "packs/binder",
    "pdf/conform", "pdf/fields",
)  # fmt: skip
"""The modules that refuse a finished pack."""


def sources() -> dict[str, ast.Module]:
    return {name: ast.parse((ROOT / "docgen" / f"{name}.py").read_text("utf-8")) for name in REFUSE}


def test_nothing_is_refused_by_a_bare_sentence() -> None:
    bare = [
        f"{name}:{node.lineno}"
        for name, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "ConversionFailed"
        for one in node.args
        if isinstance(one, ast.Constant | ast.JoinedStr)
    ]
    assert bare == []


def codes() -> set[str]:
    """Return the codes of the problems that these modules make."""
    found = set()
    for tree in sources().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                for one in node.args:
                    if isinstance(one, ast.Constant) and re.fullmatch("[a-z]+(-[a-z]+)+", str(one.value)):
                        found.add(str(one.value))
    return found - {"sans-serif"}


def refused(what: Callable[[], object]) -> Sequence[Diagnostic]:
    with pytest.raises(ConversionFailed) as raised:
        what()
    return raised.value.diagnostics


@pytest.fixture(scope="module")
def piece(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Filled]:
    """A filled document and its PDF, as LibreOffice made it."""
    folder = tmp_path_factory.mktemp("refusals")
    write(folder / "t.docx")
    filled = Renderer(Template(folder / "t.docx")).fill({"referent": {"prenom_nom": "Jeanne Aubert"}})
    (folder / "f.docx").write_bytes(filled.docx)
    with Pool(office.find(), 1) as pool:
        assert [why for _, why in pool.convert([Export(folder / "f.docx", folder / "f.pdf")])] == [""]
    return folder / "f.pdf", filled


__all__ = ["bound", "wanted"]
"""The fixtures of a finished pack."""


def test_each_refusal_has_its_place_and_its_mend(
    request: pytest.FixtureRequest, piece: tuple[Path, Filled], tmp_path: Path
) -> None:
    raw, filled = piece
    bound: Bound = request.getfixturevalue("bound")
    wanted: Finished = request.getfixturevalue("wanted")

    def with_link(pdf: pikepdf.Pdf) -> None:
        action = pdf.make_indirect(Dictionary(S=Name.URI, URI=pikepdf.String("file:///C:/x")))
        link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[60, 700, 540, 720], A=action)
        pdf.pages[1].Annots = Array([*pdf.pages[1].obj.get("/Annots", []), pdf.make_indirect(link)])

    def untag(pdf: pikepdf.Pdf) -> None:
        del pdf.Root["/StructTreeRoot"]

    def without_a_glyph(pdf: pikepdf.Pdf) -> None:
        font = next(iter(pdf.pages[0].Resources.Font.values()))
        drawn, buffer = TTFont(io.BytesIO(font.FontDescriptor.FontFile2.read_bytes())), io.BytesIO()
        none, other = drawn.getGlyphOrder()[:2]
        drawn["glyf"][other] = drawn["glyf"][none]
        drawn.save(buffer)
        font.FontDescriptor.FontFile2.write(buffer.getvalue())

    first = wanted.pieces[0]
    shown = preflight.Shown(
        first.titre, ["Titre\nVoir {{ membre.nom }}", "Erreur ! Signet non défini."], first.passages
    )
    mark = dataclasses.replace(filled.meaning, marks=(Mark("sig_syndicat", "sig_syndicat", "", 100, 50),))
    (tmp_path / "broken.pdf").write_bytes(raw.read_bytes()[:2000])
    lying = with_piece(wanted, 0, amounts=lambda _: ["la ligne « Article » n'est pas lisible"])
    found = [
        *problems_of(bound, wanted, pieces=with_words(wanted, 0, "résolutoire")),
        *problems_of(bound, wanted, pieces=with_piece(wanted, 1, printed=["22 200,00 €"])),
        *problems_of(bound, wanted, pieces=lying),
        *problems_of(bound, wanted, pieces=with_piece(wanted, 0, listed=["Titre disparu"])),
        *problems_of(bound, wanted, fonts=("Marianne",)),
        *problems_of(changed(bound, with_link), wanted),
        *problems_of(changed(bound, untag), wanted),
        *problems_of(changed(bound, without_a_glyph), wanted),
        *problems_of(bound, wanted, titre="Autre", projet=True),
        *refused(lambda: preflight.check(dataclasses.replace(bound, data=b""), wanted)),
        *refused(lambda: preflight.check(dataclasses.replace(bound, ancres=("{{sig}}",)), wanted)),
        *preflight._left(shown),
        preflight.unsigned("Convention", filled, "une condition a retiré la place de la signature"),
        *refused(lambda: conform.conform(raw, mark, "essai")),
        *refused(lambda: conform.conform(tmp_path / "broken.pdf", filled.meaning, "essai")),
    ]
    assert {problem.code for problem in found} == codes()
    for problem in found:
        assert problem.place.file, problem
        assert problem.place.within, problem
        assert problem.place.page > 0, problem
        assert problem.place.extract, problem
        assert problem.message, problem
        assert problem.hint, problem
