"""What people type and what they read."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Sample

from docgen import office
from docgen.diagnostics import ExitCode
from docgen.packs import receipts


def test_check_says_what_it_checked(docgen, sample: Sample) -> None:
    code, said = docgen(sample.root, "check")
    assert code == ExitCode.DONE
    assert "13 membres, 77 cases de la grille conformes au vote, 3 modèles : aucune erreur" in said.replace("\xa0", " ")


def test_check_gives_every_problem_of_every_file_at_once(docgen, sample: Sample) -> None:
    sample.edit("members.yaml", "siret: 218 209 013 00018", "siret: 218 209 013 00019")
    sample.edit("syndicat.yaml", "ape: 8411Z", "apee: 8411Z")
    sample.edit("templates/2023-04/edition.yaml", "20,76  19,73", "20,76  19,74")
    code, said = docgen(sample.root, "check")
    assert code == ExitCode.PROBLEMS
    for expected in (
        "members.yaml:8:12: erreur: le SIRET",
        "syndicat.yaml:5:1: erreur: le champ « apee »",
        "[grille-differente]",
    ):
        assert expected in said
    assert "Vouliez-vous dire « ape » ?" in said


def test_build_makes_nothing_while_there_is_an_error(docgen, sample: Sample) -> None:
    sample.edit("members.yaml", "forme: département", "forme: departement")
    code, said = docgen(sample.root, "build")
    assert code == ExitCode.PROBLEMS
    assert "Rien n'a été fait" in said
    assert sample.files() == {}


def test_build_again_says_that_there_is_nothing_to_do(docgen, built: Sample) -> None:
    code, said = docgen(built.root, "build")
    assert code == ExitCode.DONE
    assert "Rien à refaire : 13 packs sont à jour." in said.replace("\xa0", " ")
    assert "commune-de-valserre : délibération du membre non publiée" in said
    assert "commune-d-auberoque : référent, n° d'engagement" in said


def test_build_tells_each_pack_on_a_line_where_there_is_no_terminal(docgen, built: Sample) -> None:
    built.edit("members.yaml", "05 36 49 00 11", "05 36 49 00 12")
    code, said = docgen(built.root, "build", "commune-de-montriviere")
    assert code == ExitCode.DONE
    assert "1/1 commune-de-montriviere : prêt à signer, contrôle ✓ (modifié : téléphone du référent)" in said
    assert "05" not in said.replace("05/2023", "")


def test_an_unknown_member_gets_the_closest_name(docgen, sample: Sample) -> None:
    code, said = docgen(sample.root, "build", "commune-de-valsere")
    assert code == ExitCode.USAGE
    assert "Vouliez-vous dire « commune-de-valserre » ?" in said


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("buidl",), "la commande « buidl » n'existe pas. Vouliez-vous dire « build » ?"),
        (("build", "--editon", "x"), "l'option « --editon » n'existe pas. Vouliez-vous dire « --edition » ?"),
        (("build", "--edition"), "l'option « --edition » attend une valeur"),
        (("init",), "il manque « DOSSIER »"),
        (("fields", "trop"), "argument en trop"),
        (("build", "--workers", "0"), "l'option « --workers » attend un nombre de 1 à 256."),
        (("build", "--workers", "deux"), "l'option « --workers » attend un nombre de 1 à 256."),
        (("statement", "1999"), "« ANNÉE » attend un nombre de 2000 à 2100."),
    ],
)
def test_usage_errors_are_in_french(docgen, sample: Sample, words: tuple[str, ...], expected: str) -> None:
    code, said = docgen(sample.root, *words)
    assert code == ExitCode.USAGE
    assert expected in said
    assert "--help" in said


def test_an_unknown_edition_is_told(docgen, sample: Sample) -> None:
    code, said = docgen(sample.root, "build", "--edition", "2023-4")
    assert code == ExitCode.PROBLEMS
    assert "Vouliez-vous dire « 2023-04 » ?" in said


def test_without_libreoffice_build_ends_with_3(docgen, sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "_program_folders", lambda: iter(()))
    code, said = docgen(sample.root, "build")
    assert code == ExitCode.TOOL_MISSING
    assert "apt-get install libreoffice-writer-nogui" in said


def test_without_libreoffice_check_works(docgen, sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "_program_folders", lambda: iter(()))
    assert docgen(sample.root, "check")[0] == ExitCode.DONE


def test_a_new_workspace_checks_and_builds_as_it_stands(docgen, tmp_path: Path) -> None:
    code, said = docgen(tmp_path, "init", "mon syndicat")
    assert code == ExitCode.DONE
    assert "members.schema.json" in said
    folder = tmp_path / "mon syndicat"
    assert docgen(folder, "check")[0] == ExitCode.DONE
    code, said = docgen(folder, "build")
    assert code == ExitCode.DONE
    assert (folder / "output/2023-04/commune-exemple/pack-2023-04-commune-exemple.pdf").exists()


def test_init_never_writes_over_a_workspace(docgen, sample: Sample) -> None:
    before = (sample.root / "members.yaml").read_bytes()
    code, said = docgen(sample.root.parent, "init", sample.root.name)
    assert code == ExitCode.CANNOT_WRITE
    assert "contient déjà" in said
    assert (sample.root / "members.yaml").read_bytes() == before


def test_fields_gives_each_field_with_an_example(docgen, sample: Sample) -> None:
    code, said = docgen(sample.root, "fields")
    assert code == ExitCode.DONE
    assert "{{ membre.siret }}\n    SIRET du membre, par groupes  → 218 209 013 00018" in said.replace("\xa0", " ")


def test_a_folder_that_is_not_a_workspace_is_told(docgen, tmp_path: Path) -> None:
    code, said = docgen(tmp_path, "check")
    assert code == ExitCode.PROBLEMS
    assert "docgen init" in said


def test_the_workspace_is_found_from_below(docgen, sample: Sample) -> None:
    assert docgen(sample.root / "templates", "check")[0] == ExitCode.DONE


def test_what_is_printed_is_read_by_a_pipe_that_may_close(built: Sample) -> None:
    command = f"{sys.executable} -m docgen fields | head -1"
    ended = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=built.root, capture_output=True, text=True)
    assert "Traceback" not in ended.stderr


def test_preflight_shows_the_list_of_each_pack(docgen, built: Sample) -> None:
    code, said = docgen(built.root, "preflight", "commune-d-auberoque", "petr-des-collines")
    assert code == ExitCode.DONE
    first, second, end = said.split("\n\n")
    assert first.splitlines() == [
        "commune-d-auberoque : à compléter",
        "  ✓ à jour – rien n'a changé depuis sa fabrication",
        "  ✗ blancs – référent, n° d'engagement",
        "  ✓ valeurs – 153 valeurs de la fiche, chacune sur sa page",
        "  ✓ montants – recalculés d'après les pages, conformes au vote",
        "  ✓ délibérations – exécutoires",
        "  ✓ marges – tout le texte tient entre elles",
        "  ✓ mots – tous du modèle ou de la fiche, aucun de plus",
        "  ✓ polices – incorporées, aucune n'est remplacée",
        "  ✓ signatures – 3 blocs entiers sur leur page",
        "  ✓ champs – 12 champs, chacun une fois",
        next(line for line in first.splitlines() if re.fullmatch(r"  ✓ taille – 10 pages, \d+ ko", line)),
        "  ✓ pages – autant que chez les autres membres, à une près",
    ]
    assert second.startswith("petr-des-collines : prêt à signer\n")
    assert "✗" not in second
    assert end.strip() == "1 pack prêt à envoyer sur 2."


def test_preflight_tells_a_pack_that_is_not_up_to_date_or_not_there(docgen, built: Sample) -> None:
    built.edit("members.yaml", "05 36 49 00 11", "05 36 49 00 12")
    built.pack("petr-des-collines").unlink()
    (built.folder("ca-du-val-d-azur") / "receipt.json").unlink()
    names = ("commune-de-montriviere", "petr-des-collines", "ca-du-val-d-azur")
    _, said = docgen(built.root, "preflight", *names)
    assert "commune-de-montriviere : à refaire\n  ✗ à jour – modifié : téléphone du référent\n" in said
    assert "petr-des-collines : à refaire\n  ✗ à jour – pack-2023-04-petr-des-collines.pdf manque\n" in said
    assert "ca-du-val-d-azur : pas encore fabriqué" in said
    assert "0 pack prêt à envoyer sur 3." in said


def test_a_pack_with_a_point_that_does_not_hold_is_not_ready(docgen, built: Sample) -> None:
    """Its convention is said to have had three pages more than those of the others."""
    folder = built.folder("petr-des-collines")
    receipt = receipts.read(folder)
    assert receipt
    pieces = dict(receipt.pieces)
    pieces["convention"] = pieces["convention"].model_copy(update={"pages": 7})
    (folder / "receipt.json").write_bytes(receipt.model_copy(update={"pieces": pieces}).to_bytes())
    said = "petr-des-collines : pages – convention : 7 pages au lieu de 4 chez les autres membres"
    assert f"À revoir avant l'envoi :\n  {said}" in docgen(built.root, "build")[1]
    page = (built.root / "output/index.html").read_text("utf-8")
    assert "1 à revoir" in page.replace("\xa0", " ")
    assert "petr-des-collines : à revoir (rien de signé) – manque : pages : convention" in re.sub(
        r", [\d\u202f ,]+€ TTC par an", "", docgen(built.root, "status")[1]
    )
    assert "petr-des-collines : à revoir\n" in docgen(built.root, "preflight", "petr-des-collines")[1]


def test_a_record_changed_after_the_sending_is_told_and_nothing_is_made_again(docgen, built: Sample) -> None:
    assert docgen(built.root, "record", "sent", "petr-des-collines", "2023-07-01")[0] == 0
    pack = built.pack("petr-des-collines").read_bytes()
    assert "petr-des-collines : envoyé\n" in docgen(built.root, "preflight", "petr-des-collines")[1]
    built.edit("members.yaml", "\n        utilisateurs: 11\n", "\n        utilisateurs: 12\n")
    _, said = docgen(built.root, "build")
    title = "Fiches modifiées depuis l'envoi ; le pack envoyé, lui, ne change pas :"
    assert f"{title}\n  petr-des-collines : nombre d’utilisateurs, ce que le membre paie" in said
    assert built.pack("petr-des-collines").read_bytes() == pack
    _, said = docgen(built.root, "preflight", "petr-des-collines")
    assert "✗ à jour – la fiche a changé depuis l'envoi : nombre d’utilisateurs, " in said
    assert "Aucun pack à envoyer." in said
    built.pack("petr-des-collines").write_bytes(pack + b"signature")
    assert "pack-2023-04-petr-des-collines.pdf a été modifié" in docgen(built.root, "preflight", "petr-des-collines")[1]


def test_the_status_is_a_table_that_a_spreadsheet_opens(docgen, built: Sample) -> None:
    code, said = docgen(built.root, "status", "--csv")
    rows = said.lstrip("\ufeff").splitlines()
    assert (code, rows[0]) == (0, "membre;nom;siret;état;édition signée;périmé;montant par an;manque")
    first = next(row for row in rows if row.startswith("commune-de-montriviere;"))
    assert '"=""21820901300018""";à envoyer;;non;7672,32 € TTC;' in first


def test_what_is_the_same_for_many_members_is_one_line_with_their_number(docgen, sample: Sample) -> None:
    for name in ("seances/2023-04-11.yaml", "templates/2023-04/edition.yaml"):
        path = sample.root / name
        path.write_text(re.sub(r"\n +(transmise|publiee)_le: .*", "", path.read_text("utf-8")), "utf-8")
    _, said = docgen(sample.root, "build")
    assert re.search(
        r"\d+ membres \(.*\) : délibération n° 04/2023-06 du syndicat non transmise ; .* non publiée$", said, re.M
    )


def test_a_reason_calls_a_field_by_a_short_name(docgen, built: Sample) -> None:
    built.edit("members.yaml", "      civilite: Mme\n      prenom: Claire", "      civilite: M.\n      prenom: Claire")
    _, said = docgen(built.root, "build", "commune-de-montriviere")
    assert "modifié : civilité du signataire" in said
    assert "Monsieur ou Madame" not in said
