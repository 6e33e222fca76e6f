"""What the templates of an act may use, and what it prints; the model annexed to it holds nobody's data."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import yaml
from conftest import ROOT, copy_sample

from docgen.champs.acte import CHAMPS_ACTE, KNOWN_ACTE, DossierActe
from docgen.champs.blank import BLANK, SHORT_BLANK
from docgen.champs.blank_model import ANY_MEMBER, blank_model
from docgen.champs.pack import values
from docgen.champs.volets import PLAIN
from docgen.formats import NBSP, NNBSP
from docgen.law import prefecture as actes
from docgen.law import seance as assembly
from docgen.lint import rules
from docgen.model.seance import Delegue
from docgen.records.workspace import Data, load
from docgen.word.template import Template

PRESENT = (
    "M. BAYLET Jean-Michel (Président), M. DELBREIL Thierry (1er Vice-Président), Mme BOURDONCLE Catherine (2ème "
    "Vice-Présidente), M. SALOMON Bernard (3ème Vice-Président), Mme NEGRE Marie-Claude (4ème Vice-Présidente), "
    "M. BESIERS Jean-Philippe (Délégué titulaire), Mme DELBREIL Sophie (Déléguée titulaire), M. JEANJEAN Claude "
    "(Délégué titulaire), Mme LE CORRE Christiane (Déléguée titulaire), Mme PIZZINI Françoise (Déléguée titulaire), "
    "M. TERRENNE Jean-Paul (Délégué titulaire), M. VIGOUROUX Claude (Délégué titulaire)"
)
REPRESENTED = (
    "M. GARGUY Bernard (Délégué titulaire) a donné pouvoir à Mme PIZZINI, M. TUYERES Stéphane (Délégué titulaire) "
    "a donné pouvoir à Mme NEGRE, M. WEILL Michel (Délégué titulaire) a donné pouvoir à M. BAYLET"
)
EXCUSED = (
    "M. COUSI Vincent (Délégué titulaire), M. CROS Emmanuel (Délégué titulaire), M. LAMBOLEY Thierry (Délégué "
    "titulaire), Mme PALMIE Agnès (Déléguée titulaire), M. QUATRE Christian (Délégué titulaire)"
)
"""As the real act prints them, with the comma that it forgot after « Mme NEGRE »."""


def tied(text: str) -> str:
    """Return the text with a no-break space after each civility."""
    return text.replace("M. ", f"M.{NBSP}").replace("Mme ", f"Mme{NBSP}")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    return load(copy_sample(tmp_path_factory.mktemp("acte") / "workspace").workspace)


@pytest.fixture
def dossier(data: Data) -> DossierActe:
    seance, rules = data.seances[0], data.syndicat.assemblee
    assert rules
    files = [
        actes.Fichier("Acte", "99_DE", "acte.pdf", "La convention", 68_001),
        actes.Fichier("Annexe", "99_DE", "annexe.pdf", "La grille", 2_345),
    ]
    return DossierActe(
        data.syndicat, seance, seance.deliberations[0], assembly.rule(rules), data.edition, date(2022, 12, 6),
        "082-200061257-20230411-04202306-DE", files,
    )  # fmt: skip


def printed(dossier: DossierActe) -> dict[str, Any]:
    return values(dossier, CHAMPS_ACTE).flat


def with_act(dossier: DossierActe, **changes: Any) -> DossierActe:
    return replace(dossier, acte=dossier.acte.model_copy(update=changes))


def with_seance(dossier: DossierActe, **changes: Any) -> DossierActe:
    return replace(dossier, seance=dossier.seance.model_copy(update=changes))


def test_each_field_has_its_own_path_and_an_explanation() -> None:
    assert [] == [path for path, count in Counter(c.chemin for c in CHAMPS_ACTE).items() if count > 1]
    assert [] == [c.chemin for c in CHAMPS_ACTE if not c.explication.strip()]
    assert len(CHAMPS_ACTE) == len(KNOWN_ACTE)


def test_each_field_of_a_list_belongs_to_a_list_that_has_it(dossier: DossierActe) -> None:
    flat = printed(dossier)
    for champ in CHAMPS_ACTE:
        if "[]." in champ.chemin:
            path, name = champ.chemin.split("[].")
            assert name in flat[path][0], champ.chemin


@pytest.mark.parametrize("name", ["deliberation.docx", "bordereau.docx"])
def test_the_templates_of_an_act_are_sound_and_use_known_fields(name: str) -> None:
    template = Template(ROOT / "templates" / name, known=KNOWN_ACTE)
    assert [] == rules.check(template)
    assert template.fields
    assert template.fields <= KNOWN_ACTE.keys()


@pytest.mark.parametrize(
    ("group", "names"), [("presents", PRESENT), ("representes", REPRESENTED), ("excuses", EXCUSED)]
)
def test_the_names_are_those_of_the_real_act_in_its_order(dossier: DossierActe, group: str, names: str) -> None:
    assert tied(names) == printed(dossier)[f"seance.{group}.noms"]


def test_where_there_is_nobody_it_says_so(dossier: DossierActe) -> None:
    alone = printed(with_seance(dossier, delegues=dossier.seance.delegues[:12]))
    assert ("Néant", "Néant") == (alone["seance.representes.noms"], alone["seance.excuses.noms"])


def test_who_leaves_the_room_is_named_with_the_excused_and_their_pouvoir_with_them(dossier: DossierActe) -> None:
    excused = printed(with_act(dossier, sortis=("pizzini",)))["seance.excuses.noms"]
    assert excused.startswith(tied("Mme PIZZINI Françoise (Déléguée titulaire), M. GARGUY Bernard (Délégué titulaire)"))


def test_the_figures_of_the_real_seance(dossier: DossierActe) -> None:
    flat = printed(dossier)
    for group, heads, voices in (("en_exercice", 20, 655), ("presents", 12, 379), ("representes", 3, 157),
                                 ("excuses", 5, 119)):  # fmt: skip
        assert (str(heads), str(voices)) == (flat[f"seance.{group}.membres"], flat[f"seance.{group}.voix"])
    assert (f"328{NBSP}voix", "Atteint") == (flat["seance.quorum.seuil"], flat["seance.quorum.resultat"])


def test_a_quorum_that_is_not_reached_is_printed_as_such(dossier: DossierActe) -> None:
    regle = replace(dossier.regle, quorum_en="membres")
    few = with_act(replace(dossier, regle=regle), sortis=tuple(d.id for d in dossier.seance.delegues[3:]))
    assert "Non atteint" == printed(few)["seance.quorum.resultat"]


def test_the_seance_opens_with_its_date_in_letters_its_hour_and_its_place(dossier: DossierActe) -> None:
    flat = printed(dossier)
    assert "deux mille vingt-trois et le onze du mois d’avril" == flat["seance.date_en_lettres"]
    assert f"11{NBSP}avril 2023" == flat["seance.date"]
    assert "11.04.2023" == flat["seance.date_courte"]
    assert f"15{NBSP}heures{NBSP}00" == flat["seance.heure"]
    assert f"4{NBSP}avril 2023" == flat["seance.convocation"]
    assert (
        "en présentiel (salle du Conseil départemental, Hôtel du Département de Tarn-et-Garonne) et à distance (en "
        "visioconférence via le dispositif BlueJeans)" == flat["seance.modalites"]
    )


def test_a_seance_in_one_room_says_nothing_of_a_distance(dossier: DossierActe) -> None:
    found = printed(with_seance(dossier, visioconference=None, lieu="salle de l'Horloge"))
    assert "en présentiel (salle de l’Horloge)" == found["seance.modalites"]


def test_who_signs(dossier: DossierActe) -> None:
    flat = printed(dossier)
    assert ("Jean-Michel BAYLET", "Le Président") == (flat["seance.president.nom"], flat["seance.president.titre"])
    assert ("Catherine BOURDONCLE", "La Secrétaire de séance") == (
        flat["seance.secretaire.nom"],
        flat["seance.secretaire.titre"],
    )
    assert ("Monsieur", "Madame") == (flat["seance.president.civilite"], flat["seance.secretaire.civilite"])


@pytest.mark.parametrize(
    ("civilite", "role", "titre"),
    [
        ("M.", "Président", "Le Président"),
        ("Mme", "Présidente", "La Présidente"),
        ("Mme", "Président", "Le Président"),
        ("M.", "1er Vice-Président", "Le 1er Vice-Président"),
        ("Mme", "Administratrice", "L’Administratrice"),
    ],
)
def test_the_article_follows_the_quality_of_who_presides(
    dossier: DossierActe, civilite: str, role: str, titre: str
) -> None:
    president = Delegue(id="x", civilite=civilite, prenom="X", nom="Y", role=role)
    found = printed(with_seance(dossier, delegues=(president, *dossier.seance.delegues), president="x"))
    assert titre == found["seance.president.titre"]


def test_a_visa_is_a_text_or_an_earlier_deliberation(dossier: DossierActe) -> None:
    visas = [visa["texte"] for visa in printed(dossier)["deliberation.visas"]]
    assert "le code général des collectivités territoriales" == visas[0]
    assert visas[2].startswith(
        f"la délibération du Comité syndical n°{NBSP}02/2022-02 du 1er{NBSP}février 2022 autorisant le lancement"
    )
    assert 5 == len(visas)


def test_a_deliberation_names_the_one_that_it_amends(dossier: DossierActe) -> None:
    flat = printed(dossier)
    assert flat["deliberation.modifie_une_autre"] is True
    assert f"délibération n°{NBSP}12/2022-03 du 6{NBSP}décembre 2022" == flat["deliberation.modifie"]
    alone = printed(with_act(dossier, modifie=None))
    assert alone["deliberation.modifie_une_autre"] is False


@pytest.mark.parametrize("missing", ["transmise_le", "publiee_le"])
def test_an_act_is_enforceable_only_once_transmitted_and_published(dossier: DossierActe, missing: str) -> None:
    assert printed(dossier)["deliberation.executoire"] is True
    found = printed(with_act(dossier, **{missing: None}))
    assert found["deliberation.executoire"] is False
    assert BLANK == found[f"deliberation.{missing}"]


def test_the_sheet_of_the_sending(dossier: DossierActe) -> None:
    flat = printed(dossier)
    assert "082-200061257-20230411-04202306-DE" == flat["acte.identifiant"]
    assert ("04202306", "11/04/2023", "Délibérations") == (flat["acte.numero"], flat["acte.date"], flat["acte.nature"])
    assert "8-4-0-0-0 – Aménagement du territoire" == flat["acte.matiere"]
    assert "8.4 – Aménagement du territoire" == flat["deliberation.matiere"]
    assert flat["acte.objet"].endswith("pour la mise à disposition d'un bouquet de services")
    assert ["La convention", "La grille"] == [row["titre"] for row in flat["acte.fichiers"]]
    assert ["13/04/2023 14:35:24", "13/04/2023 14:35:46"] == [flat["acte.envoyee_le"], flat["acte.recue_le"]]
    assert [f"69{NBSP}Ko", f"3{NBSP}Ko"] == [row["taille"] for row in flat["acte.fichiers"]]
    assert f"13{NBSP}avril 2023" == flat["acte.recu_le"]


def everything(tree: Any) -> list[str]:
    if isinstance(tree, dict):
        return [text for value in tree.values() for text in everything(value)]
    return [text for value in tree for text in everything(value)] if isinstance(tree, list) else [str(tree)]


def test_the_blank_model_holds_no_data_of_a_member(data: Data) -> None:
    shown = " ".join(everything(blank_model(data.syndicat, data.edition).tree)).replace(NBSP, " ").replace(NNBSP, " ")
    for member in yaml.load((ROOT / "members.yaml").read_text("utf-8"), yaml.BaseLoader)["membres"]:
        private = [member["nom"].replace("'", "’"), member["siret"], member["siege"]["adresse"]]
        for person in (member["representant"], member.get("referent", {})):
            private += [person[key] for key in ("nom", "telephone", "courriel") if key in person]
        assert [] == [text for text in private if text in shown]
    assert "000 000 000" not in shown


def test_the_blank_model_speaks_of_any_member_and_leaves_the_rest_to_fill(data: Data) -> None:
    flat = blank_model(data.syndicat, data.edition).flat
    assert {path: flat[path] for path in ANY_MEMBER} == ANY_MEMBER
    members = {p for p in flat if p.startswith(("membre.", "representant.", "referent.", "facturation."))}
    assert {flat[path] for path in members - ANY_MEMBER.keys()} == {BLANK}
    assert {flat[p] for p in flat if p.startswith("souscription.") and p != "souscription.date_effet"} == {SHORT_BLANK}
    tree: Any = blank_model(data.syndicat, data.edition).tree
    assert ("(e)", BLANK) == (tree["membre"]["e"], tree["membre"]["siret"])


def test_the_grid_of_the_blank_model_has_all_its_prices_and_no_mark(data: Data) -> None:
    grid: Any = blank_model(data.syndicat, data.edition).tree["grille"]
    rows = [row for bloc in ("gfu_of", "gfu_exploitant", "netexplorer") for row in grid[bloc]]
    assert [11] * 7 == [len(row["cellules"]) for row in rows]
    assert {""} == {row["repere"] for row in rows}
    marks = [cell["fond"] for row in rows for cell in (row, *row["cellules"])]
    assert {PLAIN} == {*marks, *(category["fond"] for category in grid["categories"])}
