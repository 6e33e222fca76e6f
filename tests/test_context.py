"""The fields that templates print: agreement, titles, blanks, marks of the grid."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import ACT, CONTACT, SIGNATORY, TAKEN, a_member

from docgen.champs import pack as context
from docgen.champs.blank import BLANK, SHORT_BLANK
from docgen.champs.examples import examples
from docgen.champs.pack import Dossier
from docgen.champs.volets import CHOSEN, PLAIN, champs_of, known_of
from docgen.model.fiches import Membre
from docgen.model.formes import Forme
from docgen.packs import contents
from docgen.records.workspace import Workspace, load

DATA = load(Workspace(Path(__file__).parent.parent))
FULL = {
    "representant": SIGNATORY | {"habilitation": ACT},
    "referent": CONTACT | {"prenom": "Karim", "fonction": "Secrétaire général"},
    "facturation": [{"exercice": "2023", "code_service": "FIN", "numero_engagement": "0042"}],
    "souscriptions": [TAKEN],
}


CHAMPS, KNOWN = champs_of(DATA.edition), known_of(DATA.edition)
FACTS = ("membre.population", "membre.agents")
"""What a record may say and the sample does not."""


def dossier(**changes: Any) -> Dossier:
    return contents.dossier(DATA, Membre.model_validate(a_member(**changes)))


def values(found: Dossier) -> context.Values:
    return context.values(found, CHAMPS)


def flat(**changes: Any) -> dict[str, Any]:
    return values(dossier(**changes)).flat


FEMININE = ("la {}", "de la {}", "à la {}", "e", "elle")
MASCULINE = ("le {}", "du {}", "au {}", "", "il")
ELIDED = ("l’{}", "de l’{}", "à l’{}", "", "il")
ELIDED_FEMININE = ("l’{}", "de l’{}", "à l’{}", "e", "elle")
AGREEMENT = {
    "commune": FEMININE,
    "communauté de communes": FEMININE,
    "communauté d’agglomération": FEMININE,
    "communauté urbaine": FEMININE,
    "métropole": FEMININE,
    "département": MASCULINE,
    "syndicat": MASCULINE,
    "syndicat mixte": MASCULINE,
    "pôle d’équilibre territorial et rural": MASCULINE,
    "établissement public": ELIDED,
    "établissement public territorial": ELIDED,
    "office public de l’habitat": ELIDED,
    "association syndicale autorisée": ELIDED_FEMININE,
    "association foncière de remembrement": ELIDED_FEMININE,
    **dict.fromkeys(("région", "collectivité territoriale", "caisse des écoles", "régie"), FEMININE),
    "société publique locale": FEMININE,
    **dict.fromkeys(("syndicat intercommunal", "pôle métropolitain", "centre de gestion"), MASCULINE),
    "centre communal d’action sociale": MASCULINE,
    "centre intercommunal d’action sociale": MASCULINE,
    "service départemental d’incendie et de secours": MASCULINE,
    "groupement d’intérêt public": MASCULINE,
}


def test_every_form_has_its_agreement() -> None:
    assert set(AGREEMENT) == {forme.value.replace("'", "’") for forme in Forme}


@pytest.mark.parametrize("noun", AGREEMENT)
def test_sentences_agree_with_the_form(noun: str) -> None:
    found = flat(forme=noun.replace("’", "'"))
    le, du, au, e, il = (pattern.format(noun) for pattern in AGREEMENT[noun])
    assert [le, du, au, e, il] == [found[f"membre.{name}"] for name in ("le", "du", "au", "e", "il")]
    capitals = [text[0].upper() + text[1:] for text in (le, du, au, il)]
    assert capitals == [found[f"membre.{name}"] for name in ("Le", "Du", "Au", "Il")]
    lui = {"il": ["lui", "celui-ci"], "elle": ["elle", "celle-ci"]}[il]
    assert lui == [found["membre.lui"], found["membre.celui_ci"]]


@pytest.mark.parametrize(
    ("forme", "nom", "patterns"),
    [
        ("commune", "Commune d'Auberoque", FEMININE),
        ("syndicat", "Syndicat des eaux", MASCULINE),
        ("établissement public", "Office du lac", ELIDED),
        ("établissement public", "Régie des eaux", FEMININE),
        ("établissement public", "École de musique", ELIDED),
        ("établissement public", "Parc de Serre", MASCULINE),
    ],
)
def test_names_take_their_own_article(forme: str, nom: str, patterns: tuple[str, ...]) -> None:
    found = flat(forme=forme, nom=nom)
    expected = [pattern.format(nom.replace("'", "’")) for pattern in patterns[:3]]
    assert expected == [found[f"membre.{name}"] for name in ("le_nom", "du_nom", "au_nom")]
    assert found["membre.le_nom"][1:] == found["membre.Le_nom"][1:]
    assert found["membre.Le_nom"][0] == "L"


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("Pays d'Ouvèze", "Pays d’Ouvèze"),
        ("Vallées & Causse", "Vallées & Causse"),
        ("« Les Tilleuls »", "«\u00a0Les Tilleuls\u00a0»"),
        ("«\u00a0Les Tilleuls\u00a0»", "«\u00a0Les Tilleuls\u00a0»"),
        ("A < B > C", "A < B > C"),
        ("Lot n° 3 : nord", "Lot n°\u00a03\u00a0: nord"),
    ],
)
def test_names_are_printed_with_french_signs(written: str, printed: str) -> None:
    assert printed == flat(nom=written)["membre.nom"]


@pytest.mark.parametrize(
    ("civilite", "qualite", "title"),
    [
        ("M.", "Maire", "Le Maire"),
        ("Mme", "Maire", "La Maire"),
        ("Mme", "Présidente", "La Présidente"),
        ("M.", "Président", "Le Président"),
        ("Mme", "Président", "Le Président"),
        ("Mme", "Adjointe au maire", "L’Adjointe au maire"),
        ("Mme", "Vice-présidente", "La Vice-présidente"),
        ("M.", "1er adjoint", "Le 1er adjoint"),
        ("Mme", "1er adjoint", "Le 1er adjoint"),
        ("Mme", "Première adjointe", "La Première adjointe"),
        ("Mme", "Directeur", "Le Directeur"),
    ],
)
def test_the_title_of_who_signs(civilite: str, qualite: str, title: str) -> None:
    found = flat(representant=SIGNATORY | {"civilite": civilite, "qualite": qualite})
    assert title == found["representant.titre"]
    woman = civilite == "Mme"
    assert ("Madame" if woman else "Monsieur", "e" if woman else "") == (
        found["representant.civilite"],
        found["representant.e"],
    )


def test_every_value_of_a_full_record_is_printed() -> None:
    found = values(dossier(**FULL))
    assert {} == {path: said for path, said in found.blanks.items() if not path.startswith(FACTS)}
    assert {
        "representant.nom": "Claire D’ANGLADE",
        "representant.habilitation.date": "12\u00a0mai 2023",
        "referent.prenom_nom": "Karim OUALI",
        "referent.telephone": "05\u00a036\u00a049\u00a000\u00a011",
        "facturation.exercice": "2023",
        "facturation.code_service": "FIN",
        "facturation.numero_engagement": "0042",
    }.items() <= found.flat.items()


def test_the_latest_bill_counts() -> None:
    bills = [{"exercice": year, "code_service": f"S{year}"} for year in ("2022", "2024", "2023")]
    assert "S2024" == flat(facturation=bills)["facturation.code_service"]


def test_what_is_not_known_is_a_named_blank() -> None:
    found = values(dossier())
    assert {
        "representant.nom": "signataire",
        "representant.habilitation.numero": "délibération du membre",
        "referent.prenom_nom": "référent : nom",
        "referent.telephone": "référent : téléphone",
        "facturation.code_service": "code service",
        "facturation.numero_engagement": "n° d'engagement",
        "souscription.utilisateurs": "souscription",
        "montants.annuel": "souscription",
    }.items() <= found.blanks.items()
    assert {found.flat[path] for path in found.blanks} == {BLANK, SHORT_BLANK}
    assert all(found.flat[path].chemin == path for path in found.blanks)


def test_every_field_that_may_be_empty_says_what_to_call_its_blank() -> None:
    found = values(dossier())
    assert {} == {path: name for path, name in found.blanks.items() if not name.strip()}
    of_members = {champ.chemin for champ in CHAMPS if champ.blanc and champ.chemin != "syndicat.tribunal"}
    assert of_members == set(found.blanks)


def test_half_a_referent_is_half_a_blank() -> None:
    found = values(dossier(referent={"nom": "OUALI"}))
    assert "OUALI" == found.flat["referent.prenom_nom"]
    assert {"referent.fonction", "referent.telephone", "referent.courriel"} == {
        path for path in found.blanks if path.startswith("referent.")
    }


def rows(found: dict[str, Any]) -> list[tuple[str, bool, bool, list[int]]]:
    """Return label, arrow, colour, and the categories in colour of each row of the grid."""
    return [
        (row["libelle"], bool(row["repere"]), row["fond"] == CHOSEN, marked)
        for bloc in ("gfu_of", "gfu_exploitant", "netexplorer")
        for row in found[f"grille.{bloc}"]
        for marked in [[n for n, cell in enumerate(row["cellules"], 1) if cell["fond"] == CHOSEN]]
    ]


@pytest.mark.parametrize(
    ("taken", "labels", "category"),
    [
        (TAKEN, {"Participation au GFU (OF)", "Participation au GFU (exploitant)", "3 To"}, 3),
        (TAKEN | {"gfu": "non", "utilisateurs": "10", "stockage": "1 To"}, {"1 To"}, 1),
        (TAKEN | {"stockage": "aucun", "utilisateurs": "101"},
         {"Participation au GFU (OF)", "Participation au GFU (exploitant)"}, 11),
        (None, set(), 0),
    ],
)  # fmt: skip
def test_the_grid_marks_what_the_member_takes_and_nothing_else(
    taken: dict[str, str] | None, labels: set[str], category: int
) -> None:
    found = flat(souscriptions=[taken] if taken else [])
    assert 7 == len(rows(found))
    for label, arrow, colour, marked in rows(found):
        chosen = label in labels
        assert (chosen, chosen, [category] if chosen else []) == (arrow, colour, marked), label
    heads = found["grille.categories"]
    assert [CHOSEN if n == category else PLAIN for n in range(1, 12)] == [head["fond"] for head in heads]
    assert [str(n) for n in range(1, 12)] == [head["numero"] for head in heads]


def test_the_grid_prints_every_price_of_the_act() -> None:
    printed = [cell["prix"] for row in flat()["grille.netexplorer"] for cell in row["cellules"]]
    assert ("10,80\u00a0€", "11,68\u00a0€", 55) == (printed[0], printed[-1], len(printed))


def test_amounts_are_printed_row_by_row_then_summed() -> None:
    found = flat(souscriptions=[TAKEN | {"utilisateurs": "1 250"}])
    row = found["montants.lignes"][2]
    assert {
        "libelle": "Stockage et sauvegarde – 3 To",
        "prix": "9,00\u00a0€",
        "utilisateurs": "1\u202f250",
        "quantite": "1\u202f250",
        "periode": "par mois",
        "montant": "11\u202f250,00\u00a0€",
        "mensuel": "11\u202f250,00\u00a0€",
        "annuel": "135\u202f000,00\u00a0€",
    } == row
    assert ("19\u202f500,00\u00a0€", "234\u202f000,00\u00a0€") == (
        found["montants.mensuel"],
        found["montants.annuel"],
    )


def test_a_member_that_has_not_chosen_gets_rows_of_blanks() -> None:
    lines = flat()["montants.lignes"]
    assert [
        "Participation au GFU (OF)",
        "Participation au GFU (exploitant)",
        f"Stockage et sauvegarde – {BLANK[:4]} To",
    ] == [line["libelle"] for line in lines]
    assert {SHORT_BLANK} == {line[key] for line in lines for key in line.keys() - {"libelle", "periode"}}


def test_gfu_alone_has_no_storage() -> None:
    found = flat(souscriptions=[TAKEN | {"stockage": "aucun"}])
    assert ("aucun", "oui") == (found["souscription.stockage"], found["souscription.gfu"])


def test_every_field_has_one_path_and_an_explanation() -> None:
    assert [] == [path for path, times in Counter(c.chemin for c in CHAMPS).items() if times > 1]
    assert [] == [c.chemin for c in CHAMPS if not c.explication.strip()]
    assert set(KNOWN) == {c.chemin for c in CHAMPS}


def test_no_path_is_both_a_value_and_a_branch() -> None:
    paths = set(KNOWN)
    assert set() == {p for p in paths for q in paths if q.startswith(f"{p}.")}


def test_a_field_in_a_list_is_declared_under_its_list() -> None:
    assert [] == [c.chemin for c in CHAMPS if "[]" in c.chemin and c.chemin.rsplit("[]", 1)[0] not in KNOWN]
    assert [] == [c.chemin for c in CHAMPS if (c.valeur is None) != ("[]" in c.chemin)]


def test_the_tree_and_the_flat_paths_hold_the_same() -> None:
    found = values(dossier(**FULL))
    for path, value in found.flat.items():
        branch: Any = found.tree
        for part in path.split("."):
            branch = branch[part]
        assert value == branch


def test_lists_hold_the_declared_fields_and_no_other() -> None:
    def declared(prefix: str) -> set[str]:
        return {m[1] for c in CHAMPS if (m := re.fullmatch(re.escape(prefix) + r"\[\]\.(\w+)(?:\.\w+)?", c.chemin))}

    for changes in ({}, FULL):
        found = flat(**changes)
        for path in [path for path, value in found.items() if isinstance(value, list)]:
            for item in found[path]:
                assert declared(path) == set(item), path
                for cell in item.get("cellules", []):
                    assert declared(f"{path}[].cellules") == set(cell)


def test_every_scalar_field_has_an_example() -> None:
    woman = DATA.syndicat.representant.model_copy(update={"civilite": "Mme", "qualite": "Présidente"})
    syndicat = DATA.syndicat.model_copy(update={"representant": woman})
    membre = Membre.model_validate(a_member(**FULL | {"souscriptions": [TAKEN | {"stockage": "1 To"}]}))
    found = list(examples(replace(contents.dossier(DATA, membre), syndicat=syndicat), CHAMPS))
    lists = {c.chemin.rsplit("[]", 1)[0] for c in CHAMPS if "[]" in c.chemin}
    assert list(CHAMPS) == [champ for champ, _ in found]
    assert lists == {champ.chemin for champ, example in found if not example}
