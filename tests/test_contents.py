"""What the pack of each member is made of."""

from __future__ import annotations

from pathlib import Path

from conftest import Sample
from word import a_docx

from docgen.packs.contents import Contents, printed
from docgen.records.workspace import load
from docgen.word.template import Template


def test_only_what_a_template_uses_is_picked(tmp_path: Path) -> None:
    """What a template does not print must not make its piece out of date."""
    body = ["{{ membre.nom }} {% for l in grille.netexplorer %}{{ l.cellules[0].prix }}{% endfor %} {{ pas.un.champ }}"]
    assert {"membre.nom", "grille.netexplorer"} == printed(Template(a_docx(tmp_path, body)))


def test_a_member_who_holds_nothing_gets_the_whole_pack_in_the_order_of_the_edition(sample: Sample) -> None:
    data = load(sample.workspace)
    found = Contents(sample.workspace, data).of(data.membres[0])
    assert ["convention", "charte", "annexe-2"] == [content.name for content in found]
    assert ["Convention, page", "Annexe 1, page", "Annexe 2, page"] == [content.label for content in found]
