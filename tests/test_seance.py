"""Quorum, voix, pouvoirs, votes: the real séance to its last figure, then each fault by itself."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Sample
from hypothesis import given
from hypothesis import strategies as st

from docgen.diagnostics import ProblemsFound
from docgen.formats import NBSP
from docgen.law import seance as assembly
from docgen.law.seance import Fault, Regle
from docgen.model.fiches import Assemblee
from docgen.model.seance import Seance
from docgen.records.workspace import load

IN_VOIX = Regle("voix", False, 1, 5, "article 9 des statuts")
IN_HEADS = Regle("membres", False, 1, 5, "article 9 des statuts")
PEOPLE = {
    "anne": {"civilite": "Mme", "prenom": "Anne", "nom": "A", "role": "Présidente", "voix": "40"},
    "bruno": {"civilite": "M.", "prenom": "Bruno", "nom": "B", "role": "Délégué", "voix": "25"},
    "chloe": {"civilite": "Mme", "prenom": "Chloé", "nom": "C", "role": "Déléguée", "voix": "20", "pouvoir_a": "anne"},
    "denis": {"civilite": "M.", "prenom": "Denis", "nom": "D", "role": "Délégué", "voix": "15", "presence": "excusé"},
}
NO_VOIX: dict[str, Any] = {name: {"voix": None} for name in PEOPLE}


def people(**changes: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the delegates; a change to None leaves the field out."""
    rows = [{"id": name, **fields, **changes.get(name, {})} for name, fields in PEOPLE.items()]
    return [{key: value for key, value in row.items() if value is not None} for row in rows]


def group(membres: int, voix: int) -> dict[str, str]:
    return {"membres": str(membres), "voix": str(voix)}


def by_group(presents: int, representes: int, excuses: int) -> dict[str, str]:
    return {"presents": str(presents), "representes": str(representes), "excuses": str(excuses)}


def act(resultat: str = "à l'unanimité", sortis: Any = (), voix: Any = None, **vote: Any) -> dict[str, Any]:
    return {
        "numero": "01/2024",
        "titre": "Un titre",
        "matiere": "8.4",
        "dispositif": [{"verbe": "APPROUVE", "texte": "le texte"}],
        "vote": {"resultat": resultat, **vote},
        "sortis": sortis,
        "voix": voix,
    }


def a_seance(**changes: Any) -> Seance:
    """Return a séance without a fault, but for the changes."""
    return Seance.model_validate(
        {
            "date": "2024-03-20", "convocation": "2024-03-10", "heure": "9:30", "lieu": "la salle",
            "president": "anne", "secretaire": "bruno", "delegues": people(), "deliberations": [act()], **changes,
        }
    )  # fmt: skip


PRINTED = {"delegues": people(**NO_VOIX), "voix": by_group(65, 20, 15)}
GIVEN_BY_CHLOE, GIVEN_BY_DENIS = ("delegues", 2, "pouvoir_a"), ("delegues", 3, "pouvoir_a")


def faults(seance: Seance, regle: Regle = IN_VOIX) -> list[Fault]:
    return list(assembly.check(seance, regle))


@pytest.fixture
def real(sample: Sample) -> Seance:
    return load(sample.workspace).seances[0]


def test_the_real_seance_closes_to_the_last_figure(real: Seance) -> None:
    there = assembly.presence(real, real.deliberations[0])
    assert "12 + 3 + 5 = 20 membres, 379 + 157 + 119 = 655 voix" == there.sommes
    assert (20, 655) == (there.en_exercice.membres, there.en_exercice.voix)
    assert (15, 536) == (there.votants.membres, there.votants.voix)


def test_the_real_quorum_is_328_voix_379_reach_it_and_the_convocation_leaves_six_clear_days(
    real: Seance, sample: Sample
) -> None:
    rules = load(sample.workspace).syndicat.assemblee
    assert rules
    found = assembly.quorum(assembly.presence(real), assembly.rule(rules))
    assert (328, 379, "voix", True) == (found.seuil, found.compte, found.unite, found.atteint)
    assert 6 == assembly.clear_days(real)
    assert faults(real, assembly.rule(rules)) == []


def test_the_real_vote_in_words(real: Seance) -> None:
    adopted = real.deliberations[0]
    assert "Adoptée à l’unanimité" == assembly.resultat(adopted)
    said = "15 membres présents ou représentés, soit 536 voix : pour 536, contre 0, abstention 0"
    assert said == assembly.detail(adopted, assembly.presence(real, adopted))


@pytest.mark.parametrize(("regime", "unit"), [("ferme", "membres"), ("ouvert", "voix")])
def test_where_the_statutes_are_silent_the_regime_decides(regime: str, unit: str) -> None:
    rules = Assemblee.model_validate({"regime": regime, "article": "article 9"})
    assert Regle(unit, False, 1, 5, "article 9") == assembly.rule(rules)


def test_the_statutes_override_each_rule_of_the_regime() -> None:
    said = {"quorum_en": "membres", "pouvoirs_comptent": "oui", "pouvoirs_par_titulaire": "2", "jours_francs": "0"}
    rules = Assemblee.model_validate({"regime": "ouvert", "article": "article 12", **said})
    assert Regle("membres", True, 2, 0, "article 12") == assembly.rule(rules)


def test_the_voix_of_each_delegate_make_those_of_the_groups() -> None:
    assert "2 + 1 + 1 = 4 membres, 65 + 20 + 15 = 100 voix" == assembly.presence(a_seance()).sommes
    assert faults(a_seance()) == []


def test_without_them_the_voix_are_those_that_the_act_prints() -> None:
    seance = a_seance(delegues=people(**NO_VOIX), voix=by_group(66, 19, 15))
    assert "2 + 1 + 1 = 4 membres, 66 + 19 + 15 = 100 voix" == assembly.presence(seance).sommes
    assert faults(seance) == []


def test_who_leaves_the_room_is_no_more_counted_for_that_one() -> None:
    seance = a_seance(deliberations=[act(sortis=["bruno"]), act()])
    first, second = seance.deliberations
    assert "1 + 1 + 2 = 4 membres, 40 + 20 + 40 = 100 voix" == assembly.presence(seance, first).sommes
    assert assembly.presence(seance) == assembly.presence(seance, second)
    assert [(("deliberations", 0, "numero"), "quorum")] == [(f.path, f.code) for f in faults(seance)]


def test_who_leaves_the_room_takes_out_the_voice_that_they_carry() -> None:
    seance = a_seance(deliberations=[act(sortis=["anne"])])
    there = assembly.presence(seance, seance.deliberations[0])
    assert "1 + 0 + 3 = 4 membres, 25 + 0 + 75 = 100 voix" == there.sommes


def test_the_voix_that_an_act_prints_are_those_of_that_act() -> None:
    out = act(sortis=["bruno"], voix=by_group(60, 20, 20))
    seance = a_seance(**PRINTED, deliberations=[out])
    there = assembly.presence(seance, seance.deliberations[0])
    assert "1 + 1 + 2 = 4 membres, 60 + 20 + 20 = 100 voix" == there.sommes
    assert faults(seance) == []


@pytest.mark.parametrize(
    ("changes", "path", "code", "said"),
    [
        ({"en_exercice": group(4, 101)}, ("en_exercice",), "somme", "65 + 20 + 15 = 100 voix"),
        ({"en_exercice": group(5, 100)}, ("en_exercice",), "somme", "5 membres et 100 voix en exercice, mais 2 + 1"),
        ({"voix": by_group(66, 20, 15)}, ("voix", "presents"), "somme", "66 voix imprimées, mais les délégués en ont"),
        ({"delegues": people(**NO_VOIX)}, ("delegues",), "voix-inconnues", "ni par délégué ni par groupe"),
        ({"delegues": people(denis={"voix": None})}, ("delegues",), "voix-inconnues", "ni par délégué ni par groupe"),
        ({"president": "ane"}, ("president",), "delegue-inconnu", "« ane » n'est pas dans les délégués"),
        ({"secretaire": "brunno"}, ("secretaire",), "delegue-inconnu", "« brunno » n'est pas dans les délégués"),
        ({"president": "chloe"}, ("president",), "delegue-absent", "« chloe » préside mais n'est pas présent"),
        ({"secretaire": "denis"}, ("secretaire",), "delegue-absent", "« denis » est secrétaire mais n'est pas présent"),
        ({"convocation": "2024-03-15"}, ("convocation",), "convocation-tardive", "4 jours francs entre"),
        ({"convocation": "2024-03-18"}, ("convocation",), "convocation-tardive", "1 jour franc entre"),
        ({"convocation": "2024-03-25"}, ("convocation",), "convocation-tardive", "0 jour franc entre"),
        ({"delegues": people(chloe={"pouvoir_a": "denis"})}, GIVEN_BY_CHLOE, "pouvoir", "« denis » est absent"),
        ({"delegues": people(chloe={"pouvoir_a": "chloe"})}, GIVEN_BY_CHLOE, "pouvoir", "donner pouvoir à elle-même"),
        ({"delegues": people(chloe={"pouvoir_a": "brno"})}, GIVEN_BY_CHLOE, "delegue-inconnu", "« brno » n'est pas"),
        ({"delegues": people(chloe={"presence": "à distance"})}, GIVEN_BY_CHLOE, "pouvoir", "noté « à distance »"),
        ({"delegues": people(denis={"pouvoir_a": "chloe"})}, GIVEN_BY_DENIS, "pouvoir", "est elle-même représentée"),
        ({"delegues": people(denis={"pouvoir_a": "anne"})}, GIVEN_BY_DENIS, "pouvoirs-trop-nombreux",
         "« anne » porte plus de 1 pouvoir (article 9 des statuts)"),
        (PRINTED | {"deliberations": [act(sortis=["denis"])]}, ("deliberations", 0, "sortis"), "voix-inconnues",
         "les voix de chaque groupe ne sont plus celles de la séance"),
        (PRINTED | {"deliberations": [act(voix=by_group(60, 20, 15))]}, ("deliberations", 0, "voix"), "somme",
         "60 + 20 + 15 = 95 voix, mais 2 + 1 + 1 = 4"),
    ],
)  # fmt: skip
def test_each_fault_of_the_seance_its_pouvoirs_and_its_voix_is_told(
    changes: Any, path: Any, code: str, said: str
) -> None:
    (found,) = faults(a_seance(**changes))
    assert (path, code) == (found.path, found.code)
    assert said in found.message.replace(NBSP, " ")


@pytest.mark.parametrize(
    ("given", "path", "code", "said"),
    [
        (act(contre=group(1, 25), pour=group(2, 60)), ("vote", "contre"), "unanimite", "des voix sont contre"),
        (act(pour=group(2, 85)), ("vote",), "votes-et-voix", "85 = 85 voix exprimées par 2 membres, mais 3 membres"),
        (act(pour=group(3, 84)), ("vote",), "votes-et-voix", "84 = 84 voix exprimées par 3 membres"),
        (act("à la majorité"), ("vote",), "vote-incomplet", "il manque les voix pour"),
        (act(abstention=group(1, 20)), ("vote",), "vote-incomplet", "il manque les voix pour"),
        (act("à la majorité", pour=group(1, 25), contre=group(2, 60)), ("vote", "resultat"), "majorite",
         "25 voix pour, 60 contre : « à la majorité »"),
        (act("rejetée", pour=group(2, 60), contre=group(1, 25)), ("vote", "resultat"), "majorite",
         "60 voix pour, 25 contre : « rejetée »"),
        (act(pour=group(0, 0), abstention=group(3, 85)), ("vote", "resultat"), "majorite", "0 voix pour, 0 contre"),
        (act(sortis=["brunot"]), ("sortis",), "delegue-inconnu", "« brunot » n'est pas dans les délégués"),
        (act(voix=by_group(65, 20, 16)), ("voix", "excuses"), "somme", "16 voix imprimées"),
    ],
)  # fmt: skip
def test_each_fault_of_a_deliberation_is_told(given: Any, path: Any, code: str, said: str) -> None:
    (found,) = faults(a_seance(deliberations=[given]))
    assert (("deliberations", 0, *path), code) == (found.path, found.code)
    assert said in found.message


@pytest.mark.parametrize("resultat", ["à la majorité", "rejetée"])
def test_on_a_tie_the_president_decides_either_way(resultat: str) -> None:
    tied = act(resultat, pour=group(2, 40), contre=group(1, 40), abstention=group(0, 5))
    assert faults(a_seance(deliberations=[tied])) == []


def test_an_unknown_delegate_gets_the_closest_name() -> None:
    (found,) = faults(a_seance(president="brunot"))
    assert "Vouliez-vous dire « bruno » ?" == found.hint


def test_a_delegate_given_twice_is_told_at_both_places() -> None:
    found = faults(a_seance(delegues=[*people(), people()[1]]))
    assert [("delegues", 1, "id"), ("delegues", 4, "id")] == [f.path for f in found if f.code == "en-double"]
    assert "le délégué « bruno » figure deux fois" == found[0].message


def test_a_quorum_in_voix_that_is_not_reached() -> None:
    (found,) = faults(a_seance(delegues=people(bruno={"presence": "excusé"}), secretaire="anne"))
    assert (("deliberations", 0, "numero"), "quorum") == (found.path, found.code)
    assert "40 voix pour un seuil de 51 (1 + 1 + 2 = 4 membres, 40 + 20 + 40 = 100 voix ; article 9" in found.message


def test_a_quorum_in_members_that_pouvoirs_reach_only_where_the_statutes_say_so() -> None:
    (found,) = faults(a_seance(), IN_HEADS)
    assert "quorum non atteint : 2 membres pour un seuil de 3" in found.message
    assert faults(a_seance(), Regle("membres", True, 1, 5, "article 9")) == []


@pytest.mark.parametrize(("convoked", "days"), [("2024-03-19", 0), ("2024-03-14", 5), ("2024-02-28", 20)])
def test_neither_the_day_of_the_convocation_nor_that_of_the_seance_is_clear(convoked: str, days: int) -> None:
    found = a_seance(convocation=convoked)
    assert (days, days < 5) == (assembly.clear_days(found), bool(faults(found)))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (act(), "Adoptée à l’unanimité"),
        (act(pour=group(2, 60), abstention=group(1, 25)), "Adoptée à l’unanimité des suffrages exprimés"),
        (act("à la majorité", pour=group(2, 60), contre=group(1, 25)), "Adoptée à la majorité"),
        (act("rejetée", pour=group(0, 0), contre=group(3, 85)), "Rejetée"),
    ],
)
def test_the_result_is_said_as_it_is(given: Any, said: str) -> None:
    seance = a_seance(deliberations=[given])
    assert faults(seance) == []
    assert said == assembly.resultat(seance.deliberations[0])


def test_the_vote_in_words_counts_those_who_take_no_part() -> None:
    seance = a_seance(deliberations=[act(pour=group(2, 65), ne_prend_pas_part=group(1, 20))])
    said = "3 membres présents ou représentés, soit 85 voix : pour 65, contre 0, abstention 0, ne prend pas part 20"
    assert said == assembly.detail(seance.deliberations[0], assembly.presence(seance, seance.deliberations[0]))


def test_a_fault_stands_at_its_line_of_the_record(sample: Sample) -> None:
    sample.edit("seances/2023-04-11.yaml", "president: baylet", "president: bailet")
    with pytest.raises(ProblemsFound, match=r"seances/2023-04-11\.yaml:7:12: erreur: « bailet » n'est pas"):
        load(sample.workspace)


names = st.sampled_from(sorted(PEOPLE))
delegates = st.lists(
    st.fixed_dictionaries(
        {
            "voix": st.integers(0, 999).map(str),
            "pouvoir_a": st.none() | names,
            "presence": st.sampled_from(["présent", "présente", "à distance", "excusé", "absente"]),
        }
    ),
    min_size=4, max_size=4,
)  # fmt: skip


@given(delegates, st.lists(names))
def test_presents_represented_and_excused_are_always_all(rows: list[dict[str, Any]], out: list[str]) -> None:
    seance = a_seance(delegues=people(**dict(zip(PEOPLE, rows, strict=True))), deliberations=[act(sortis=out)])
    there = assembly.presence(seance, seance.deliberations[0])
    assert 4 == there.en_exercice.membres == there.votants.membres + there.excuses.membres
    assert sum(int(row["voix"]) for row in rows) == there.en_exercice.voix == there.votants.voix + there.excuses.voix


@given(delegates, st.sampled_from([IN_VOIX, IN_HEADS]))
def test_a_quorum_is_strictly_more_than_half(rows: list[dict[str, Any]], regle: Regle) -> None:
    there = assembly.presence(a_seance(delegues=people(**dict(zip(PEOPLE, rows, strict=True)))))
    found = assembly.quorum(there, regle)
    total = there.en_exercice.voix if regle is IN_VOIX else there.en_exercice.membres
    assert 2 * (found.seuil - 1) <= total < 2 * found.seuil
    assert found.atteint == (2 * found.compte > total)
