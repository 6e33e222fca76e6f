"""The page that shows what stands where."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from conftest import Sample

from docgen.diagnostics import ExitCode
from docgen.packs import report
from docgen.packs.build import Outcome
from docgen.packs.contents import Contents
from docgen.records.workspace import load

VOID = {"meta", "img", "br", "link"}


class Page(HTMLParser):
    """Reads the page: its links and pictures, its text, and whether every element is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.open: list[str] = []
        self.text, self.html = "", html
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.targets += [value for name, value in attrs if name in ("href", "src") and value]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def written(sample: Sample, outcomes: list[Outcome]) -> str:
    data = load(sample.workspace)
    decisions = Contents(sample.workspace, data).decisions
    return report.write(sample.workspace, data, outcomes, decisions).read_text("utf-8")


@pytest.fixture
def page(built: Sample) -> Page:
    return Page(written(built, built.build()))


def test_every_link_and_picture_leads_to_a_file(page: Page, built: Sample) -> None:
    assert len(page.targets) >= 13 * 5
    for target in page.targets:
        assert (built.root / "output" / target).is_file(), target


def test_every_element_is_closed(page: Page) -> None:
    assert page.open == []


def test_each_member_stands_with_its_state_its_blanks_and_its_amounts(page: Page) -> None:
    text = re.sub(r"\s+", " ", page.text)
    assert "Communauté de communes des Deux Vallées & du Causse" in text
    assert "Manque pour signer : délibération du membre non publiée" in text
    assert "Blancs à compléter : référent, n° d'engagement" in text
    assert "7 672,32 €TTC par an – 639,36 € par mois" in text
    assert "6 prêts à signer" in text


def test_the_list_of_each_pack_is_there_in_full(page: Page) -> None:
    text = re.sub(r"\s+", " ", page.text)
    assert text.count("Contrôle avant envoi :") == 13
    assert "Contrôle avant envoi : 11 points sur 11 ✓ blancs – rien que le lieu, la date et la signature" in text
    assert "✗ blancs – référent, n° d'engagement ✓ valeurs" in text
    assert "✗ délibérations – délibération du membre non publiée" in text


def test_the_page_names_no_person(page: Page, built: Sample) -> None:
    for membre in load(built.workspace).membres:
        person = membre.representant
        assert person
        assert person.nom not in page.text
        assert (membre.referent.telephone or "—") not in page.text
        assert (membre.referent.courriel or "—") not in page.text


def test_a_failure_is_shown_with_its_reason(built: Sample) -> None:
    membre = load(built.workspace).membres[0]
    failed = Outcome(membre, None, ("jamais fabriqué",), "le disque est plein", ExitCode.CANNOT_WRITE)
    text = Page(written(built, [failed])).text
    assert "Échec : le disque est plein" in re.sub(r"\s+", " ", text)


def test_many_members_are_on_several_pages_what_is_left_to_do_first(
    built: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "PER_PAGE", 3)
    built.build()
    written(built, [])
    output = built.root / "output"
    names = ["index.html", *(f"index-{number}.html" for number in range(2, 6))]
    pages = [Page((output / name).read_text("utf-8")) for name in names]
    assert sorted(path.name for path in output.glob("index*.html")) == sorted(names)
    ranks = []
    for number, page in enumerate(pages):
        assert page.open == []
        assert f"Page {number + 1} sur 5" in page.text
        assert "13\u00a0membres" in page.text
        for target in page.targets:
            assert (output / target.partition("#")[0]).is_file(), target
        ranks += [report.URGENT.index(state) for state in re.findall(r'class="state [^"]*">([^<]*)<', page.html)]
    assert ranks == sorted(ranks)
    assert len(ranks) == 13
    places = [target.split("#") for target in pages[0].targets if "#" in target]
    assert len(places) == len(set(ranks)), "one for each state"
    for name, place in places:
        assert f'id="{place}"' in (output / name).read_text("utf-8")


def test_pages_that_are_too_many_go(built: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(report, "PER_PAGE", 3)
        written(built, [])
    before = (built.root / "output" / "index-2.html").exists()
    written(built, [])
    assert before
    assert [path.name for path in (built.root / "output").glob("index*.html")] == ["index.html"]
