"""What the lawyers ask: each problem on its page and in the margin of a copy; each code explained."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import of_sample
import pytest
from conftest import ROOT, Docgen, Sample
from lxml import etree
from test_lint import codes_in_cases
from tools import program
from word import NOTE, W, a_docx, ins, p, reworded, run, shown, table, zipped

from docgen import office
from docgen.champs import expected
from docgen.diagnostics import ProblemsFound, Severity, errors
from docgen.lawyers import checks, copies, explained, pages
from docgen.lint import house
from docgen.lint.branches import Branches
from docgen.records import workspace
from docgen.word.render import Renderer
from docgen.word.template import House

BREAK = '<w:r><w:br w:type="page"/></w:r>'
BOX = "<w:r><w:pict><v:shape><v:textbox><w:txbxContent>{}</w:txbxContent></v:textbox></v:shape></w:pict></w:r>".format


def on_pages(file: Path) -> list[tuple[str, int]]:
    (found,), unlaid = pages.located([checks.of_file(file, file.name)])
    assert unlaid == ""
    return [(d.message, d.place.page) for d in sorted(found.problems) if d.severity is Severity.ERROR]


def test_each_problem_is_on_its_page(tmp_path: Path) -> None:
    body = [p(f"Page {n}", BREAK if n > 1 else "", run(f" {{{{ faux.numero{n} }}}}")) for n in (1, 2, 3)]
    note = [p(BREAK, "Appel", NOTE), p(BREAK, "Tableau")]
    file = a_docx(tmp_path, [*body, *note, table(["{{ faux.cellule }}"])], footnotes="{{ faux.note }}")
    assert on_pages(file) == [
        ("champ inconnu « faux.numero1 »", 1), ("champ inconnu « faux.numero2 »", 2),
        ("champ inconnu « faux.numero3 »", 3), ("champ inconnu « faux.cellule »", 5),
        ("champ inconnu « faux.note »", 4),
    ]  # fmt: skip


def test_a_page_is_that_of_the_words_not_of_the_beginning_of_their_paragraph(tmp_path: Path) -> None:
    file = a_docx(tmp_path, p("mot " * 2000, run("{{ faux.loin }}")))
    ((_, page),) = on_pages(file)
    assert page > 1


def test_where_libreoffice_cannot_be_asked_the_problems_have_no_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, docgen: Docgen
) -> None:
    monkeypatch.setattr(office, "_program_folders", lambda: iter(()))
    a_docx(tmp_path, "{{ faux.champ }}", name="t.docx")
    code, said = docgen(tmp_path, "check", "t.docx")
    assert code == 1
    assert "t.docx, corps, près de" in said
    assert "Les pages ne sont pas indiquées : LibreOffice est introuvable" in said


def commented(docx: Path) -> dict[str, str]:
    """Return the words that each comment is about, by what the comment says."""
    with zipfile.ZipFile(docx) as archive:
        body = etree.fromstring(archive.read("word/document.xml"))
        comments = etree.fromstring(archive.read("word/comments.xml"))
    open_now: set[str] = set()
    words: dict[str, str] = {}
    for node in body.iter():
        number = node.get(f"{W}id", "")
        if node.tag == f"{W}commentRangeStart":
            open_now.add(number)
        elif node.tag == f"{W}commentRangeEnd":
            open_now.remove(number)
        elif node.tag in (f"{W}t", f"{W}delText"):
            for one in open_now:
                words[one] = words.get(one, "") + (node.text or "")
    assert not open_now
    assert len(list(body.iter(f"{W}commentReference"))) == len(comments)
    return {"".join(c.itertext()).replace("\xa0", " "): words.get(c.get(f"{W}id"), "") for c in comments}


def annotate(file: Path, docgen: Docgen) -> Path:
    docgen(file.parent, "check", "--annotate", file.name)
    return copies.copy_of(file)


BROKEN = [
    p("Article 1er – Objet", style="Titre1"),
    p("Le membre {{ mem", run("bre.nomm }} adhère", "<w:b/>"), " au syndicat { membre.siret }."),
    table(["{{ montants.anuel }}"]),
    p("Deux ", ins("ajout"), " de trop"),
    p("Voir", NOTE),
    p(BOX(p("{{ boite.nom }}"))),
]


def test_each_problem_is_a_comment_on_the_very_words(tmp_path: Path, docgen: Docgen) -> None:
    file = a_docx(tmp_path, BROKEN, header="{{ entete.nom }}", footnotes="{{ note.nom }}")
    before = file.read_bytes()
    found = commented(annotate(file, docgen))
    about = {words: said for said, words in found.items()}
    assert "champ inconnu « membre.nomm »" in about["{{ membre.nomm }}"].replace("C", "c")
    assert "Vouliez-vous dire « membre.nom » ?" in about["{{ membre.nomm }}"]
    assert "accolade-seule" in about["{ membre.siret }."]
    assert "montants.anuel" in about["{{ montants.anuel }}"]
    assert "suivi-de-modifications" in about["Deux ajout de trop"]
    assert "(notes de bas de page) Champ inconnu « note.nom »" in about[""] or any("note.nom" in s for s in found)
    assert "(en-tête) Champ inconnu « entete.nom »" in about["Article 1er – Objet"]
    assert "boite.nom" in about["{{ boite.nom }}"]
    assert file.read_bytes() == before
    assert shown(copies.copy_of(file).read_bytes()) == shown(before)


def test_the_copy_opens_in_libreoffice_and_converts(tmp_path: Path, docgen: Docgen) -> None:
    copy = annotate(a_docx(tmp_path, BROKEN, header="{{ entete.nom }}", footnotes="{{ note.nom }}"), docgen)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    launcher = program("soffice", "libreoffice-writer-nogui")
    command = [launcher, profile, "--headless", "--convert-to", "docx:Office Open XML Text"]
    subprocess.run([*command, "--outdir", str(tmp_path / "out"), str(copy)], check=True, timeout=120)
    again = commented(tmp_path / "out" / copy.name)
    assert sorted(again.values()) == sorted(commented(copy).values())


def test_a_file_with_comments_has_its_pages_too(tmp_path: Path, docgen: Docgen) -> None:
    copy = annotate(a_docx(tmp_path, [p("Un", BREAK), p("{{ faux.deux }}")]), docgen)
    assert on_pages(copy) == [("champ inconnu « faux.deux »", 2)]


def test_the_same_problems_give_the_same_copy(tmp_path: Path, docgen: Docgen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    file = a_docx(tmp_path, BROKEN)
    first = annotate(file, docgen).read_bytes()
    assert annotate(file, docgen).read_bytes() == first


def test_a_copy_checked_in_its_turn_keeps_the_comments_of_others_and_replaces_its_own(
    tmp_path: Path, docgen: Docgen
) -> None:
    theirs = (
        '<w:comment w:id="7" w:author="Une juriste" w:date="2023-04-11T10:00:00Z">' + p("À revoir") + "</w:comment>"
    )
    mark = '<w:r><w:commentReference w:id="7"/></w:r>'
    file = a_docx(tmp_path, [p("Le {{ membre.nomm }}", mark)], comments=theirs)
    copy = annotate(file, docgen)
    first = commented(copy)
    assert len(first) == 3  # hers, the one that says that hers is left, the field
    assert annotate(copy, docgen) == copy
    assert commented(copy) == first
    assert sorted(shown(copy.read_bytes(), "comments"))[-1] == "À revoir"


def test_a_problem_that_is_mended_in_the_copy_loses_its_comment(tmp_path: Path, docgen: Docgen) -> None:
    copy = annotate(a_docx(tmp_path, [p("Le {{ membre.nomm }}")]), docgen)
    with zipfile.ZipFile(copy) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    parts["word/document.xml"] = parts["word/document.xml"].replace("nomm", "nom")
    copy.write_bytes(zipped(parts))
    assert docgen(tmp_path, "check", copy.name)[0] == 0
    assert commented(annotate(copy, docgen)) == {}


def test_a_copy_that_somebody_worked_in_is_not_replaced(tmp_path: Path, docgen: Docgen) -> None:
    file = a_docx(tmp_path, [p("Le {{ membre.nomm }}")])
    copy = annotate(file, docgen)
    shutil.copy(file, copy)  # saved by somebody: no longer what docgen wrote
    code, said = docgen(tmp_path, "check", "--annotate", file.name)
    assert code == 1
    assert "[copie-modifiee]" in said
    assert "[champ-inconnu]" in said
    assert copy.read_bytes() == file.read_bytes()


def test_the_copies_of_a_workspace_stand_beside_its_templates_and_are_no_templates(
    sample: Sample, docgen: Docgen
) -> None:
    a_docx(sample.root / "templates", [p("Avenant n° {{ avenant.numerro }}")], name="avenant.docx")
    code, said = docgen(sample.root, "check", "--annotate")
    assert code == 1
    assert "avenant.controle.docx" in said
    assert docgen(sample.root, "check")[1].count("{{ avenant.numerro }}") == 1


def test_each_code_about_a_word_file_is_explained() -> None:
    names = ("word/package", "word/render", "word/template", "lawyers/checks", "lawyers/copies", "packs/together")
    files = [*(ROOT / "docgen/lint").glob("*.py"), *(ROOT / f"docgen/{name}.py" for name in names)]
    sources = [file.read_text("utf-8") for file in files]
    said = {code for source in sources for code in re.findall(r'[\s(]"([a-z]+(?:-[a-z]+)+)",', source, re.M)}
    said = (said | codes_in_cases()) - set(house.SHOWN_IN_FRENCH.values())
    assert said >= {"champ-vide", "clause-sans-membre", "copie-modifiee", "champ-obligatoire-absent"}
    assert said - set(explained.codes()) == set()


@pytest.mark.parametrize("code", [code for code, e in explained.codes().items() if e.eviter])
def test_what_not_to_write_has_the_fault_and_what_to_write_has_none(code: str, tmp_path: Path) -> None:
    example = explained.codes()[code]
    assert code in found_in(a_docx(tmp_path, example.eviter, name="a.docx"))
    assert found_in(a_docx(tmp_path, example.ecrire, name="b.docx")) == set()


def found_in(file: Path) -> set[str]:
    """Return the codes of what is wrong with a template for a member of the sample."""
    checked = checks.of_file(file, file.name, (), House(closed=of_sample.CLOSED), of_sample.KNOWN)
    assert checked.template
    found = [d for d in checked.problems if d.severity is not Severity.INFO]
    if not errors(found):
        place = workspace.Workspace(ROOT)
        data = workspace.load(place)
        tree = of_sample.printed(data, data.membres[0]).tree
        try:
            Renderer(checked.template).fill(tree)
            branches = Branches(checked.template, expected.closed_fields(data.edition))
            branches.watch(tree)
            found += branches.misspelt()
        except ProblemsFound as error:
            found += error.diagnostics
    return {d.code for d in found}


def test_a_code_is_explained_on_request(tmp_path: Path, docgen: Docgen) -> None:
    code, said = docgen(tmp_path, "check", "--explain", "texte-perdu")
    assert code == 0
    assert said.startswith("texte-perdu\n\nDes mots placés à côté de {%p … %}")
    assert "  À éviter : Important. {%p set nom = membre.nom %}\n" in said


def test_a_code_that_is_unknown_is_told_with_the_closest(tmp_path: Path, docgen: Docgen) -> None:
    code, said = docgen(tmp_path, "check", "--explain", "champ-inconu")
    assert code == 2
    assert "Vouliez-vous dire « champ-inconnu » ?" in said


def test_what_the_pack_must_print_and_does_not_is_an_error(sample: Sample, docgen: Docgen) -> None:
    folder = sample.root / "templates/2023-04"
    for name in ("convention", "charte", "annexe-2"):
        a_docx(folder, [p("Le membre {{ membre.nom }}")], name=f"{name}.docx")
    sample.edit("templates/2023-04/edition.yaml", "    signataires:\n      - syndicat\n      - membre\n", "")
    sample.edit("templates/2023-04/edition.yaml", "    signataires:\n      - membre\n", "")
    code, said = docgen(sample.root, "check")
    assert code == 1
    assert "aucune pièce de l'édition 2023-04 n'imprime le SIRET du membre [champ-obligatoire-absent]" in said
    assert "les prix de la grille (netexplorer)" in said
    assert "le nom du membre" not in said


def test_a_field_that_some_records_lack_is_told_without_being_a_fault(docgen: Docgen) -> None:
    code, said = docgen(ROOT, "check")
    assert code == 0
    assert "référent : fonction : en blanc pour commune-d-auberoque\n" in said


def test_the_styles_of_the_house_are_those_of_its_list(sample: Sample, docgen: Docgen) -> None:
    assert "[style-hors-liste]" not in docgen(sample.root, "check")[1]
    file = sample.root / "templates/styles.txt"
    lines = file.read_text("utf-8").splitlines(keepends=True)
    file.write_text("".join(line for line in lines if line != "Titre 2\n") + "# Titre 2\n", "utf-8-sig")
    code, said = docgen(sample.root, "check")
    assert code == 0
    assert "le style « heading 2 » n'est pas de la maison [style-hors-liste]" in said
    assert "templates/2023-04/convention.docx, corps" in said
    file.unlink()
    assert "[style-hors-liste]" not in docgen(sample.root, "check")[1]


def test_a_copy_that_somebody_worked_in_stays_theirs_once_it_is_checked_itself(tmp_path: Path, docgen: Docgen) -> None:
    file = a_docx(tmp_path, [p("Le {{ membre.nomm }}")])
    copy = annotate(file, docgen)
    with zipfile.ZipFile(copy) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    parts["word/document.xml"] = parts["word/document.xml"].replace("Le ", "Corrigé par la juriste ")
    copy.write_bytes(zipped(parts))
    assert annotate(copy, docgen) == copy
    code, said = docgen(tmp_path, "check", "--annotate", file.name)
    assert (code, "[copie-modifiee]" in said) == (1, True)
    assert "Corrigé par la juriste" in shown(copy.read_bytes())[0]


CONTROL = "<w:sdt><w:sdtPr/><w:sdtContent>{}</w:sdtContent></w:sdt>".format
FIELD = (
    '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> REF a </w:instrText></w:r>'
    '<w:r><w:fldChar w:fldCharType="separate"/></w:r>{}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
).format


@pytest.mark.parametrize(
    "inner", [CONTROL(run("{{ membre.mal }}")), FIELD(run("{{ membre.mal }}")),
              f'<w:fldSimple w:instr=" REF a ">{run("{{ membre.mal }}")}</w:fldSimple>']
)  # fmt: skip
def test_a_comment_goes_around_a_control_or_a_field_and_loses_nothing_in_libreoffice(
    tmp_path: Path, docgen: Docgen, inner: str
) -> None:
    copy = annotate(a_docx(tmp_path, p("avant ", inner, " après")), docgen)
    launcher, profile = program("soffice", "libreoffice"), f"-env:UserInstallation={(tmp_path / 'p').as_uri()}"
    command = [launcher, profile, "--headless", "--convert-to", "txt:Text", "--outdir", str(tmp_path), str(copy)]
    subprocess.run(command, check=True, timeout=120, capture_output=True)
    text = (tmp_path / copy.with_suffix(".txt").name).read_text("utf-8-sig")
    assert "avant {{ membre.mal }} après" in text


@pytest.mark.parametrize(
    ("text", "faulty"),
    [
        ("Vu {{ representant.nom }} et {{ referent.nom }}.", "{{ referent.nom }}"),
        ("Le siren de la commune, numéro {{ membre.siren }}.", "{{ membre.siren }}"),
        ("De {{ membre.nomm }} puis {{ membre.nom }}.", "{{ membre.nomm }}"),
        ("De 1 100 € à 100 € par an.", "1 100 €"),
    ],
)
def test_a_comment_is_on_what_is_wrong_and_not_on_what_looks_like_it(
    tmp_path: Path, docgen: Docgen, text: str, faulty: str
) -> None:
    found = commented(annotate(a_docx(tmp_path, p(text)), docgen))
    assert faulty in found.values()
    if "100 €" in text:
        assert sorted(found.values()) == ["1 100 €", "100 €"]


def test_an_edition_that_does_not_exist_is_told_even_when_a_file_is_named(sample: Sample, docgen: Docgen) -> None:
    code, said = docgen(sample.root, "check", "--edition", "2099-01", "templates/avenant.docx")
    assert (code, "[edition-inconnue]" in said) == (1, True)


def test_a_format_that_does_not_exist_is_told_in_french(tmp_path: Path, docgen: Docgen) -> None:
    code, said = docgen(tmp_path, "check", "--format", "xml", "t.docx")
    assert (code, "l'option « --format » attend texte ou json." in said) == (2, True)


def test_a_template_under_another_name_keeps_its_fields(tmp_path: Path, docgen: Docgen) -> None:
    shutil.copy(ROOT / "templates/deliberation.docx", tmp_path / "Deliberation-v2.docx")
    assert docgen(tmp_path, "check", "Deliberation-v2.docx") == (0, "1 fichier : aucune erreur.\n")


def test_the_date_of_the_former_vote_is_told_when_it_was_copied(sample: Sample, docgen: Docgen) -> None:
    a_docx(sample.root / "templates", p("Vu la délibération n° 12/2022-03."), name="avis.docx")
    code, said = docgen(sample.root, "check", "templates/avis.docx")
    assert (code, "« 12/2022-03 » est tapé à la main" in said) == (0, True)


def test_the_template_of_the_avenant_meets_the_members_who_will_get_one(sample: Sample, docgen: Docgen) -> None:
    sample.edit(
        "members.yaml",
        "    siret: 218 209 013 00018\n",
        "    siret: 218 209 013 00018\n    envois:\n      - edition: 2022-12\n        envoye_le: 2023-06-01\n"
        "        signe_le: 2023-06-15\n",
    )
    condition = '{% if souscription.gfu == "Oui" %}GFU{% endif %}'
    reworded(sample.root / "templates/avenant.docx", "Avenant n°\xa0{{", f"Avenant {condition} n°\xa0{{{{")
    code, said = docgen(sample.root, "check")
    assert code == 1
    assert "templates/avenant.docx" in said
    assert "« souscription.gfu » n'est jamais « Oui »" in said
