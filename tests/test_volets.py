"""What an edition may say of its volets, and what a member of them: each mistake has its line and its mend."""

from __future__ import annotations

import re

import pytest
from a_tarif import EDITION, faults
from builders import a_member, members_yaml, record
from test_validate import TODAY, assert_french

from docgen.diagnostics import Diagnostic
from docgen.model.edition import Edition
from docgen.records import validate, volets
from docgen.records.translate import model_of

FORMATION = """  - id: formation
    titre: Formation
    propose_a: [commune]
    choix:
      - {id: demi_journees, libelle: Demi-journées prévues, type: nombre, minimum: 0, maximum: 99}
      - {id: niveau, libelle: Niveau, type: parmi, valeurs: [base, avancé]}
      - {id: salle, libelle: Salle fournie, type: oui_non}
    tarif:
      prix_en: TTC
      tva: 20
      minimum: 150,00
      tranches:
        - {id: paliers, de: demi_journees, jusqu_a: [10, 20], au_dela: oui}
        - {id: strates, de: population, moins_de: [500, 2000]}
      lignes:
        - {bloc: formation, libelle: Demi-journée, modele: unitaire,
           par: demi_journees, periode: fois, mesure: consomme, ht: 180,00, votee: "216,00"}
        - {bloc: salle, libelle: Salle, si: {salle: oui}, modele: forfait, periode: an,
           tranches: strates, votee: 120,00 240,00}
        - {bloc: suivi, libelle: Suivi, modele: volume, par: demi_journees, periode: an,
           tranches: paliers, votee: 3,00 2,00 1,00}
"""


def the_edition() -> Edition:
    written = record(EDITION.format(volets=FORMATION))
    found, problems = model_of(Edition, written)
    assert found, problems
    assert [] == list(volets.problems(found, written))
    return found


def test_amounts_may_stand_in_braces_with_their_commas() -> None:
    """YAML takes « votee: 120,00 240,00 » in braces for three fields."""
    rule = the_edition().volets[0].tarif
    assert rule
    assert [["216.00"], ["120.00", "240.00"], ["3.00", "2.00", "1.00"]] == [
        [str(price) for price in ligne.votee] for ligne in rule.lignes
    ]
    assert "180.00" == str(rule.lignes[0].ht)


@pytest.mark.parametrize(
    ("before", "after", "code", "said"),
    [
        ("par: demi_journees, periode: fois", "par: demi_journee, periode: fois", "choix-inconnu", "« demi_journee »"),
        ("de: population", "de: habitants", "choix-inconnu", "« habitants »"),
        ("tranches: strates", "tranches: strate", "tranches-inconnues", "« strate »"),
        ("jusqu_a: [10, 20]", "jusqu_a: [20, 10]", "tranches-invalides", "croissant"),
        ("jusqu_a: [10, 20]", "jusqu_a: [10, 10]", "tranches-invalides", "croissant"),
        ("jusqu_a: [10, 20]", "jusqu_a: [10], moins_de: [30]", "tranches-invalides", "soit jusqu_a, soit moins_de"),
        ("jusqu_a: [10, 20], au_dela: oui", "au_dela: oui", "tranches-invalides", "soit jusqu_a, soit moins_de"),
        ("votee: 120,00 240,00", "votee: 120,00", "grille-incomplete", "1 prix votés pour 2 tranches"),
        ('votee: "216,00"', 'votee: "216,10"', "grille-differente", "voté 216,10 €, calculé 216,00 €"),
        ("si: {salle: oui}", "si: {salles: oui}", "choix-inconnu", "« salles »"),
        ("si: {salle: oui}", "si: {niveau: moyen}", "valeur-inconnue", "ne serait jamais due"),
        ("si: {salle: oui}", "si: oui", "champs-attendus", "« si »"),
        ("modele: volume, par: demi_journees,", "modele: volume,", "ligne-incoherente", "« par » manque"),
        ("modele: forfait,", "modele: forfait, par: population,", "ligne-incoherente", "ne se multiplie pas"),
        ("modele: volume", "modele: unitaire", "ligne-incoherente", "sans tranches"),
        ("modele: volume", "modele: lot", "ligne-incoherente", "« taille » manque"),
        ("mesure: consomme, ht", "mesure: consomme, taille: 3, ht", "ligne-incoherente", "ne sert à rien"),
        ("mesure: consomme, ht", "mesure: consomme, degression: 5, ht", "ligne-incoherente", "des tranches"),
        ("periode: fois", "periode: mois", "ligne-incoherente", "par exercice"),
        ("modele: volume", "modele: dégressif", "valeur-inconnue", "« dégressif » n'est pas admis"),
        ("minimum: 150,00", "minimum: 150,00\n      plafond: 100,00", "plafond-sous-le-minimum", "150,00 €"),
        ("valeurs: [base, avancé]", "valeurs: [base]", "choix-incoherent", "deux réponses possibles"),
        ("type: oui_non}", "type: oui_non, minimum: 1}", "choix-incoherent", "ni minimum ni maximum"),
        (
            "maximum: 99",
            "maximum: 0, minimum: 3" if False else "maximum: 99, valeurs: [a, b]",
            "choix-incoherent",
            "« valeurs »",
        ),
        ("id: salle, libelle", "id: volet, libelle", "nom-reserve", "« volet »"),
        ("id: salle, libelle", "id: items, libelle", "nom-reserve", "« items »"),
        ("bloc: suivi", "bloc: tva", "nom-reserve", "« tva »"),
        ("id: paliers, de", "id: salle, de", "nom-reserve", "« salle »"),
        ("libelle: Suivi", "libelle: Salle", "en-double", "« Salle »"),
        ("id: niveau", "id: demi_journees", "en-double", "« demi_journees »"),
    ],
)
def test_a_mistake_in_a_volet_has_its_line_and_its_mend(before: str, after: str, code: str, said: str) -> None:
    assert FORMATION.count(before) >= 1
    found, written = faults(FORMATION.replace(before, after, 1))
    assert found
    line = next(number for number, text in enumerate(EDITION.format(volets=FORMATION).split("\n"), 1) if before in text)
    told = [problem for problem in found if problem.code == code]
    assert told, found
    assert any(said in problem.message.replace("\xa0", " ") for problem in told), told
    assert any(abs(problem.place.line - line) <= 1 for problem in told), (line, told)
    for problem in found:
        assert_french(problem)
    assert written.tree


def test_a_piece_of_no_volet_and_a_reserved_piece_are_told() -> None:
    text = EDITION.format(volets=FORMATION).replace("  - id: convention\n", "  - id: avenant\n    volet: formations\n")
    written = record(text)
    found, _ = model_of(Edition, written)
    assert found
    told = list(volets.problems(found, written))
    assert [("nom-reserve", 5), ("volet-inconnu", 6)] == sorted((p.code, p.place.line) for p in told)
    assert "Vouliez-vous dire « formation » ?" in "".join(p.hint for p in told)


def test_a_tarif_outside_a_volet_is_refused_with_where_it_goes() -> None:
    _, (problem,) = validate.edition(record("edition: 2025-01\ntarif:\n  tva: 20\n"), "2025-01", TODAY)
    assert ("tarif-hors-volet", 2) == (problem.code, problem.place.line)


TAKEN = {"volet": "formation", "demi_journees": "4", "niveau": "base", "salle": "non"}
FORMER = TAKEN | {"depuis": "2023-01-01", "jusqu_au": "2024-01-01"}
SHORT = {"volet": "formation", "demi_journees": "4", "niveau": "base"}
USED = {"volet": "formation", "exercice": "2024"}


def told_of(**member: object) -> list[Diagnostic]:
    found = validate.membres(record(members_yaml(a_member(**member))), TODAY, the_edition())[1]
    for problem in found:
        if problem.code != "souscription-ancienne":
            assert_french(problem)
    return found


@pytest.mark.parametrize(
    ("member", "code", "said"),
    [
        ({"souscriptions": [TAKEN | {"volet": "formations"}]}, "volet-inconnu", "n'existe pas dans l'édition 2025-01"),
        ({"souscriptions": [TAKEN | {"salles": "oui"}]}, "choix-inconnu", "ne demande pas « salles »"),
        ({"souscriptions": [TAKEN | {"niveau": "moyen"}]}, "valeur-inconnue", "« moyen » n'est pas admis"),
        ({"souscriptions": [TAKEN | {"demi_journees": "100"}]}, "nombre-hors-limites", "le maximum est 99"),
        ({"souscriptions": [TAKEN | {"salle": "yes"}]}, "oui-non-attendu", "« yes »"),
        ({"souscriptions": [SHORT]}, "choix-manquant", "« salle »"),
        ({"souscriptions": [TAKEN], "forme": "département"}, "volet-non-propose", "« département »"),
        ({"souscriptions": [TAKEN, TAKEN]}, "periodes-confondues", "le même jour"),
        ({"souscriptions": [FORMER, TAKEN | {"depuis": "2023-06-01"}]},
         "periodes-confondues", "se chevauchent"),
        ({"souscriptions": [FORMER | {"jusqu_au": "2022-01-01"}]}, "dates-incoherentes", "précède"),
        ({"souscriptions": [TAKEN | {"salle": "oui"}]}, "fait-manquant", "« population: » manque"),
        ({"souscriptions": [TAKEN | {"salle": "oui"}],
          "population": {"nombre": "2000", "annee": "2024", "source": "INSEE"}}, "hors-tranches", "2 000 habitants"),
        ({"population": "1243"}, "fait-incomplet", "ni son année ni sa source"),
        ({"consommations": [USED | {"salle": "1"}]}, "choix-inconnu", "ne se compte pas"),
        ({"consommations": [USED]}, "choix-manquant", "« demi_journees »"),
        ({"consommations": [USED | {"demi_journees": "deux"}]}, "nombre-attendu", "« deux »"),
        ({"consommations": [USED | {"demi_journees": "2"}] * 2},
         "consommation-en-double", "deux fois"),
    ],
)  # fmt: skip
def test_a_mistake_of_a_member_is_told(member: dict[str, object], code: str, said: str) -> None:
    found = told_of(**member)
    assert [problem for problem in found if problem.code == code], found
    assert any(said in re.sub(r"[\xa0\u202f]", " ", problem.message) for problem in found)


def test_a_consumption_of_what_is_not_counted_is_told() -> None:
    found = the_edition()
    rule = found.volets[0].tarif
    assert rule
    flat = rule.model_copy(update={"lignes": rule.lignes[1:]})
    edition = found.model_copy(update={"volets": (found.volets[0].model_copy(update={"tarif": flat}),)})
    used = {"consommations": [USED | {"demi_journees": "2"}]}
    (problem,) = validate.membres(record(members_yaml(a_member(**used))), TODAY, edition)[1]
    assert "volet-non-compte" == problem.code


def test_what_is_over_may_be_of_a_volet_that_is_gone_or_asked_otherwise_then() -> None:
    gone = {"volet": "ancien", "depuis": "2020-01-01", "jusqu_au": "2021-01-01", "postes": "3"}
    before = TAKEN | {"depuis": "2023-01-01", "niveau": "moyen"}
    assert [] == told_of(souscriptions=[gone, before, TAKEN | {"depuis": "2025-02-01"}])


def test_the_former_subscription_is_refused_with_the_lines_to_paste() -> None:
    old = {"demi_journees": "4", "niveau": "base", "salle": "non"}
    (problem,) = told_of(souscription=old)
    assert "souscription-ancienne" == problem.code
    lines = problem.hint.split("\n")
    assert "Remplacez ces lignes par :" == lines[0]
    new = "\n".join(lines[1:])
    text = members_yaml(a_member()) + new + "\n"
    assert [] == validate.membres(record(text), TODAY, the_edition())[1]
