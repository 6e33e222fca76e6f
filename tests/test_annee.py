"""What is owed for a year: by month, by day, by year begun; once; counted afterwards; within its limits."""

from __future__ import annotations

from typing import Any

import pytest
from a_tarif import a_ligne
from builders import a_member

from docgen.law.annee import Ligne, NotStated, lines
from docgen.law.contrats import contracted
from docgen.model.edition import Edition
from docgen.model.fiches import Membre


def an_edition(name: str, *lignes: dict[str, Any], **tarif: Any) -> Edition:
    """Return an edition whose only volet has these rows."""
    rule = {"tva": "20", "lignes": list(lignes), **tarif}
    return Edition.model_validate(
        {
            "edition": name, "titre": "T", "deliberation": {"numero": name, "date": "2020-01-10"},
            "pieces": [{"id": "convention", "titre": "Convention", "fichier": "convention.docx"}],
            "volets": [{"id": "service", "titre": "Service", "choix": CHOIX, "tarif": rule}],
        }
    )  # fmt: skip


CHOIX = [{"id": "quantite_de", "libelle": "Unités", "type": "nombre"}]
FLAT = a_ligne(modele="forfait", par=None, votee="120,00")
COUNTED = a_ligne(periode="fois", mesure="consomme", votee="250,00")


def taken(quantity: int = 3, **others: str) -> dict[str, str]:
    return {"volet": "service", "quantite_de": str(quantity), **others}


def signed(edition: str, day: str, *subscriptions: dict[str, str], document: str = "convention") -> dict[str, Any]:
    held = {"souscriptions": list(subscriptions)} if subscriptions else {}
    return {"edition": edition, "document": document, "envoye_le": day, "signe_le": day, **held}


def stated(
    editions: list[Edition],
    *envois: dict[str, Any],
    year: int = 2024,
    used: list[dict[str, str]] | None = None,
    **more: Any,
) -> list[Ligne]:
    known = {edition.edition: edition for edition in editions}
    membre = Membre.model_validate(a_member(envois=list(envois), consommations=used or [], **more))
    return lines(membre, year, "service", contracted(membre, known.get)["service"], known.get)


def amounts(found: list[Ligne]) -> list[str]:
    return [str(line.montant) for line in found]


@pytest.mark.parametrize(
    ("prorata", "day", "expected"),
    [
        ("mois_commence", "2024-03-15", "100.00"),
        ("mois_entier", "2024-03-15", "90.00"),
        ("mois_entier", "2024-03-01", "100.00"),
        ("annee_commencee", "2024-12-31", "120.00"),
        ("jour", "2024-07-01", "60.33"),  # 184 days of 366
    ],
)
def test_a_year_begun_counts_as_the_edition_says(prorata: str, day: str, expected: str) -> None:
    assert [expected] == amounts(stated([an_edition("e1", FLAT, prorata=prorata)], signed("e1", day, taken())))


def test_a_subscription_is_owed_from_its_day_and_not_from_its_signature() -> None:
    held = signed("e1", "2024-09-15", taken(depuis="2024-07-01"))
    assert ["60.00"] == amounts(stated([an_edition("e1", FLAT)], held))


def test_each_month_has_its_subscription_and_its_edition() -> None:
    first = an_edition("e1", a_ligne(periode="mois", votee="2,00"))
    second = an_edition("e2", a_ligne(periode="mois", votee="3,00"))
    found = stated(
        [first, second],
        signed("e1", "2023-05-01", taken(10)),
        signed("e2", "2024-04-01", document="avenant"),
        signed("e2", "2024-08-20", taken(20, depuis="2024-09-01")),
    )
    said = [(line.edition, line.quantite, str(line.mois), str(line.montant)) for line in found]
    assert [("e1", 10, "3", "60.00"), ("e2", 10, "5", "150.00"), ("e2", 20, "4", "240.00")] == said


def test_what_is_due_once_is_in_the_year_where_the_volet_begins() -> None:
    edition = an_edition("e1", FLAT | {"periode": "fois"})
    sent = [signed("e1", "2024-03-01", taken()), signed("e1", "2025-03-01", taken(9), document="convention")]
    assert (["120.00"], []) == (amounts(stated([edition], *sent)), amounts(stated([edition], *sent, year=2025)))


def test_amounts_stop_at_the_end_that_was_notified() -> None:
    ended = {"edition": "e1", "document": "fin", "envoye_le": "2024-05-02",
             "souscriptions": [{"volet": "service", "jusqu_au": "2024-06-30"}]}  # fmt: skip
    edition = an_edition("e1", FLAT)
    assert ["60.00"] == amounts(stated([edition], signed("e1", "2023-01-05", taken()), ended))
    assert [] == stated([edition], signed("e1", "2023-01-05", taken()), ended, year=2025)


def test_what_is_counted_afterwards_is_that_of_the_exercice() -> None:
    edition = an_edition("e1", FLAT, COUNTED | {"libelle": "Jour"})
    held = signed("e1", "2023-01-05", taken(40))
    used = [{"volet": "service", "exercice": str(year), "quantite_de": str(n)} for year, n in ((2023, 9), (2024, 2))]
    assert ["120.00", "500.00"] == amounts(stated([edition], held, used=used))
    with pytest.raises(NotStated, match="en 2025 n'est pas notée"):
        stated([edition], held, used=used, year=2025)


def test_a_consumption_says_its_edition_when_the_price_changed_in_the_year() -> None:
    editions = [an_edition("e1", COUNTED), an_edition("e2", COUNTED | {"votee": "300,00"})]
    sent = [signed("e1", "2023-01-05", taken()), signed("e2", "2024-07-01", document="avenant")]
    used = {"volet": "service", "exercice": "2024"}
    with pytest.raises(NotStated, match="doit dire à quelle édition"):
        stated(editions, *sent, used=[used | {"quantite_de": "5"}])
    split = [used | {"edition": "e1", "quantite_de": "2"}, used | {"edition": "e2", "quantite_de": "3"}]
    assert ["500.00", "900.00"] == amounts(stated(editions, *sent, used=split))
    with pytest.raises(NotStated, match="e2"):
        stated(editions, *sent, used=split[:1])
    same = [an_edition("e1", COUNTED), an_edition("e2", COUNTED)]
    assert ["1250.00"] == amounts(stated(same, *sent, used=[used | {"quantite_de": "5"}]))


@pytest.mark.parametrize(
    ("limits", "day", "expected"),
    [
        ({"minimum": "150,00"}, "2023-01-05", ["120.00", "30.00"]),
        ({"minimum": "150,00"}, "2024-07-01", ["60.00", "15.00"]),  # half of the year, half of the minimum
        ({"plafond": "100,00"}, "2023-01-05", ["120.00", "-20.00"]),
        ({"minimum": "100,00", "plafond": "200,00"}, "2023-01-05", ["120.00"]),
    ],
)
def test_the_minimum_and_the_ceiling_are_those_of_the_year(
    limits: dict[str, str], day: str, expected: list[str]
) -> None:
    assert expected == amounts(stated([an_edition("e1", FLAT, **limits)], signed("e1", day, taken())))


def test_ht_and_ttc_each_have_their_own_minimum() -> None:
    editions = [an_edition("e1", FLAT, prix_en="HT", minimum="150,00"), an_edition("e2", FLAT, minimum="180,00")]
    sent = [signed("e1", "2023-01-05", taken()), signed("e2", "2024-07-01", document="avenant")]
    found = stated(editions, *sent)
    assert [("HT", "60.00"), ("TTC", "60.00"), ("HT", "15.00"), ("TTC", "30.00")] == [
        (line.prix_en, str(line.montant)) for line in found
    ]


def test_a_price_by_inhabitant_takes_the_population_of_the_year() -> None:
    edition = an_edition("e1", a_ligne(par="population", votee="0,50"))
    population = [{"nombre": str(n), "annee": str(year), "source": "INSEE"} for year, n in ((2023, 100), (2025, 300))]
    held = signed("e1", "2023-01-05", taken())
    for year, expected in ((2023, "50.00"), (2024, "50.00"), (2025, "150.00")):
        assert [expected] == amounts(stated([edition], held, year=year, population=population))


def test_an_edition_without_a_price_for_the_subscription_is_not_half_stated() -> None:
    edition = an_edition("e1", a_ligne(par="population", votee="0,50"))
    with pytest.raises(NotStated, match="n'a pas de prix"):
        stated([edition], signed("e1", "2023-01-05", taken()))
