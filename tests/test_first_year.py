"""The first two years of an invented Breton syndicat, from `docgen init` to its second statement.

A vote, four members, a new mayor between sending and return, more users, a departure, a commune nouvelle.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from builders import aracte
from conftest import Docgen, Sample
from PIL import Image

from docgen.records.workspace import load

EDITION = "2023-04"
ACTE = "022-200061257-20240116-04202306-DE"
OBJET = "Convention avec les membres pour la mise à disposition d'un bouquet de services numériques"
MEMBER = """  - id: {id}
    nom: {nom}
    forme: {forme}
    siret: {siret}
    siege: {{adresse: 1 place de l'Église, code_postal: 22999, commune: {commune}}}
    representant:
      civilite: Mme
      prenom: Annaïg
      nom: {maire}
      qualite: {qualite}
      habilitation:
        numero: 2024-02
        date: 2024-02-05
        transmise_le: 2024-02-07
        publiee_le: 2024-02-08
    referent:
      prenom: Erwan
      nom: LE BIHAN
      fonction: Secrétaire général
      telephone: 02 96 61 00 00
      courriel: mairie@{id}.bzh
    facturation:
      - {{exercice: 2024, code_service: COMPTA, numero_engagement: E24}}
      - {{exercice: 2025, code_service: COMPTA, numero_engagement: E25}}
    souscriptions:
      - volet: stockage
        utilisateurs: {users}
        stockage: 1 To
        gfu: non
"""
MEMBERS = (
    ("saint-gurval", "Commune de Saint-Gurval", "commune", "218 209 013 00018", 10),
    ("kerlann", "Commune de Kerlann", "commune", "218 209 021 00011", 8),
    ("plouarn", "Commune de Plouarn", "commune", "218 209 039 00013", 20),
    ("cc-avaugour", "Communauté de communes d'Avaugour", "communauté de communes", "248 200 917 00016", 40),
)
PRICES = {8: "10.80", 10: "10.80", 12: "10.26", 20: "10.26", 40: "9.18"}
"""What 1 To costs a user and a month, TTC, as it was voted (annexe 2)."""


def owed(users: int, months: int) -> Decimal:
    return Decimal(PRICES[users]) * users * months


@pytest.fixture
def syndicat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, docgen: Docgen) -> Sample:
    """The workspace of the syndicat: begun, its own records and logo in it, nothing voted yet."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1772323200")  # 1 March 2026
    assert docgen(tmp_path, "init", "arvor")[0] == 0
    one = Sample(tmp_path / "arvor")
    for before, after in (
        ("nom: Exemple Numérique", "nom: Arvor Numérique"), ("258 200 971 00012", "200 061 257 00016"),
        ("  adresse: 1 place de l'Exemple", "  adresse: 2 quai du Légué"), ("code_postal: 82000", "code_postal: 22000"),
        ("  commune: Exempleville", "  commune: Saint-Brieuc"), ("tribunal: Exempleville", "tribunal: Rennes"),
        ("1 place de l'Exemple, 82000 Exempleville", "2 quai du Légué, 22000 Saint-Brieuc"),
        ("prenom: Prénom", "prenom: Nolwenn"), ("  nom: NOM", "  nom: LE GALL"), ('"082"', '"022"'),
        ("dpo@exemple-numerique.example", "dpo@arvor-numerique.bzh"),
        ("signature: aucun", "signature: aucun\nrepris: [NetExplorer, France Relance, 02/2022-02, Tarn-et-Garonne]"),
    ):  # fmt: skip
        one.edit("syndicat.yaml", before, after)
    heading = (one.root / "members.yaml").read_text("utf-8").split("membres:\n")[0]
    records = [
        MEMBER.format(id=name, nom=nom, forme=forme, siret=siret, users=users, maire="LE GOFF",
                      commune=nom.split()[-1], qualite="Maire" if forme == "commune" else "Présidente")
        for name, nom, forme, siret, users in MEMBERS
    ]  # fmt: skip
    (one.root / "members.yaml").write_text(f"{heading}membres:\n" + "\n".join(records), "utf-8")
    seance = one.root / "seances/2023-04-11.yaml"
    text = seance.read_text("utf-8").replace("2023-04-11", "2024-01-16").replace("2023-04-03", "2024-01-08")
    (one.root / "seances/2024-01-16.yaml").write_text(
        text.replace("Prénom, nom: NOM", "Nolwenn, nom: LE GALL"), "utf-8"
    )
    seance.unlink()
    for path in (one.root / "templates").rglob("*.docx"):
        with_logo(path)
    return one


def with_logo(path: Path) -> None:
    """Put the syndicat's own logo in the place of the example's."""
    ours = io.BytesIO()
    Image.new("RGB", (300, 120), "#205080").save(ours, "PNG")
    with zipfile.ZipFile(path) as docx:
        files = {name: docx.read(name) for name in docx.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as docx:
        for name, data in files.items():
            docx.writestr(name, ours.getvalue() if name.endswith(".png") else data)


def states(sample: Sample, docgen: Docgen) -> dict[str, str]:
    _, told = docgen(sample.root, "status")
    return dict(re.findall(r"^([\w-]+) : (\S[^(:]*?) \(", told, re.M))


def stated(sample: Sample, docgen: Docgen, year: str) -> dict[str, Decimal]:
    """Return the total of each member's statement of a year, from the table for the finance office."""
    code, told = docgen(sample.root, "statement", year)
    assert code == 0, told
    table = max((sample.root / f"output/etats/{year}").glob("*.csv"))
    rows = csv.DictReader(io.StringIO(table.read_text("utf-8-sig")), delimiter=";")
    found: dict[str, Decimal] = {}
    for row in rows:
        found[row["membre"]] = found.get(row["membre"], Decimal(0)) + Decimal(row["montant"].replace(",", "."))
    return found


def test_two_years_of_a_syndicat(syndicat: Sample, docgen: Docgen, tmp_path: Path) -> None:
    root = syndicat.root

    # Before the vote is enforceable, all is PROJET and nothing leaves.
    code, told = docgen(root, "check")
    assert (0, False) == (code, "valeur-d-exemple" in told), told
    assert docgen(root, "build")[0] == 0
    assert {"PROJET"} == set(states(syndicat, docgen).values())
    assert docgen(root, "record", "sent", "kerlann", "2024-02-10")[0] == 1

    # The préfecture answers, the act is published.
    assert docgen(root, "deliberation", "04/2023-06")[0] == 0
    accuse = tmp_path / "accuse.xml"
    accuse.write_text(aracte(ACTE, "2024-01-18", objet=OBJET), "utf-8")
    assert docgen(root, "record", "acknowledged", str(accuse))[0] == 0
    assert docgen(root, "record", "published", "04/2023-06", "2024-01-19")[0] == 0
    assert docgen(root, "build")[0] == 0
    assert {"à envoyer"} == set(states(syndicat, docgen).values())

    # Sent too early, then sent; Kerlann elects another mayor before it signs.
    assert docgen(root, "record", "sent", "kerlann", "2024-01-20")[0] == 1
    for name, *_ in MEMBERS:
        assert docgen(root, "record", "sent", name, "2024-02-12")[0] == 0
    assert docgen(root, "record", "withdrawn", "kerlann", "2024-02-20", "--motif", "nouveau maire")[0] == 0
    text = (root / "members.yaml").read_text("utf-8")
    start = text.index("id: kerlann")
    (root / "members.yaml").write_text(text[:start] + text[start:].replace("nom: LE GOFF", "nom: KERVELLA", 1), "utf-8")
    assert docgen(root, "build", "kerlann")[0] == 0
    assert docgen(root, "record", "sent", "kerlann", "2024-02-21")[0] == 0
    for name, day in (("saint-gurval", "03-05"), ("kerlann", "03-12"), ("plouarn", "03-20"), ("cc-avaugour", "04-02")):
        assert docgen(root, "record", "signed", name, f"2024-{day}")[0] == 0
    assert {"signé"} == set(states(syndicat, docgen).values())

    # The first statement; a code that changes makes a second version beside the first.
    first = stated(syndicat, docgen, "2024")
    assert first == {"saint-gurval": owed(10, 10), "kerlann": owed(8, 10), "plouarn": owed(20, 10),
                     "cc-avaugour": owed(40, 9)}  # fmt: skip
    before = (root / "output/etats/2024/etat-2024-plouarn.pdf").read_bytes()

    # 2025: more users, a departure, a commune nouvelle on 1 July.
    assert docgen(root, "record", "subscription", "saint-gurval", "stockage", "2025-04-01", "utilisateurs=12",
                  "stockage=1 To", "gfu=non")[0] == 0  # fmt: skip
    assert docgen(root, "build")[0] == 0
    assert docgen(root, "record", "sent", "saint-gurval", "2025-03-03")[0] == 0
    assert docgen(root, "record", "signed", "saint-gurval", "2025-03-17")[0] == 0
    syndicat.edit("members.yaml", "  - id: plouarn\n", "  - id: plouarn\n    parti_le: 2025-03-31\n")
    heir = MEMBER.format(
        id="gurval-kerlann", nom="Commune nouvelle de Gurval-Kerlann", forme="commune", siret="200 054 781 00014",
        users=0, maire="KERVELLA", commune="Gurval", qualite="Maire",
    )  # fmt: skip
    heir = heir.split("    souscriptions:")[0] + "    succede_a: [saint-gurval, kerlann]\n    succede_le: 2025-07-01\n"
    path = root / "members.yaml"
    path.write_text(path.read_text("utf-8").rstrip() + "\n\n" + heir, "utf-8")
    code, told = docgen(root, "check")
    assert code == 0, told
    _, told = docgen(root, "plan")
    assert "gurval-kerlann : rien" in told
    assert "leurs contrats continuent (CGCT L2113-5)" in told
    assert "parti" == states(syndicat, docgen)["saint-gurval"]

    # The second statement splits on the day; the first stands as it was made.
    second = stated(syndicat, docgen, "2025")
    assert second == {
        "saint-gurval": owed(10, 3) + owed(12, 3),
        "kerlann": owed(8, 6),
        "gurval-kerlann": owed(12, 6) + owed(8, 6),
        "plouarn": owed(20, 3),
        "cc-avaugour": owed(40, 12),
    }
    assert first == stated(syndicat, docgen, "2024")
    assert before == (root / "output/etats/2024/etat-2024-plouarn.pdf").read_bytes()

    # Its record cannot be deleted, and all that was sent is still proven.
    assert 6 == len(load(syndicat.workspace).expeditions)
    text = path.read_text("utf-8")
    start = text.index("  - id: plouarn")
    path.write_text(text[:start] + text[text.index("  - id: ", start + 5) :], "utf-8")
    code, told = docgen(root, "check")
    assert (1, True) == (code, "la fiche de « plouarn » a disparu" in told)
