"""What the records say stays true over time: votes, sendings and their receipts, who succeeds, what was stated."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import signing
from conftest import Docgen, Sample, prove
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from docgen import office
from docgen.actes.statement import Statements
from docgen.diagnostics import Diagnostic, ProblemsFound, Severity
from docgen.law.delais import too_early
from docgen.model.fiches import Deliberation
from docgen.packs import sendings, withdrawn
from docgen.packs.contents import Contents
from docgen.records.validate import missing_for_signature
from docgen.records.workspace import load

MEMBER, OTHER = "commune-de-montriviere", "petr-des-collines"
SEANCE, EDITION = "seances/2023-04-11.yaml", "templates/2023-04/edition.yaml"
UNANIMOUS = "      resultat: à l'unanimité\n      pour: {membres: 15, voix: 536}\n"


def problems(sample: Sample) -> dict[str, Diagnostic]:
    """Return what is wrong in the records, by code: the errors, or the warnings of what loads."""
    try:
        return {one.code: one for one in load(sample.workspace).warnings}
    except ProblemsFound as error:
        return {one.code: one for one in error.diagnostics}


@pytest.mark.parametrize(
    ("vote", "said"),
    [
        (
            "      resultat: rejetée\n      pour: {membres: 2, voix: 36}\n      contre: {membres: 13, voix: 500}\n",
            "rejetée",
        ),
        ("      resultat: ajournée\n", "ajournée"),
        ("      resultat: retirée\n", "retirée"),
    ],
)
def test_an_act_that_was_not_adopted_puts_nothing_in_force(sample: Sample, vote: str, said: str) -> None:
    sample.edit(SEANCE, UNANIMOUS, vote)
    data = load(sample.workspace)
    assert data.edition.deliberation.executoire_le is None
    assert f"délibération n° 04/2023-06 du syndicat {said}" in missing_for_signature(data.membres[0], data.edition)


def test_an_act_that_a_later_one_withdraws_puts_nothing_in_force(sample: Sample) -> None:
    text = (sample.root / SEANCE).read_text("utf-8")
    later = text.replace("2023-04-11", "2023-06-20").replace("04/2023-06", "06/2023-01")
    later = later.replace("convocation: 2023-04-04", "convocation: 2023-06-12").replace(
        "modifie: 12/2022-03", "retire: 04/2023-06"
    )
    later = (
        later.replace("    edition: 2023-04\n", "")
        .replace("2023-04-13", "2023-06-21")
        .replace("2023-04-18", "2023-06-22")
    )
    (sample.root / "seances/2023-06-20.yaml").write_text(later, "utf-8")
    data = load(sample.workspace)
    assert "retirée par la délibération n° 06/2023-01" == data.edition.deliberation.echec


@pytest.mark.parametrize(
    ("file", "before", "after", "code", "both"),
    [
        (EDITION, "date: 2023-04-11", "date: 2023-04-12", "dates-differentes", f"({SEANCE}, ligne 2)"),
        (EDITION, "numero: 04/2023-06", "numero: 04/2023-05", "acte-de-l-edition", f"({SEANCE}, ligne"),
        (SEANCE, "    edition: 2023-04", "    edition: 2022-12", "acte-de-l-edition", f"({SEANCE}, ligne"),
    ],
)
def test_the_act_that_an_edition_names_is_the_one_that_votes_it(
    sample: Sample, file: str, before: str, after: str, code: str, both: str
) -> None:
    sample.edit(file, before, after)
    found = problems(sample)[code]
    assert (EDITION, Severity.ERROR) == (found.place.file, found.severity)
    assert found.place.line > 1
    assert both in found.message


def test_an_edition_whose_act_is_nowhere_is_told(sample: Sample) -> None:
    (sample.root / SEANCE).unlink()
    assert Severity.WARNING == problems(sample)["acte-non-tenu"].severity


def test_the_act_of_a_seance_that_has_a_fault_is_not_unknown(sample: Sample) -> None:
    sample.edit(EDITION, "  date: 2023-04-11\n  transmise_le: 2023-04-13\n  publiee_le: 2023-04-18\n", "")
    sample.edit(SEANCE, 'heure: "15:00"', "heure: 15h00")
    assert ["heure-invalide"] == list(problems(sample))


def test_the_dates_of_an_act_are_written_once_in_its_seance(sample: Sample) -> None:
    dates = "  date: 2023-04-11\n  transmise_le: 2023-04-13\n  publiee_le: 2023-04-18\n"
    sample.edit(EDITION, dates, "")
    assert date(2023, 4, 18) == load(sample.workspace).edition.deliberation.executoire_le


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2020, 1, 1), "le vote des textes est du 11/04/2023"),
        (date(2023, 4, 17), "la délibération du syndicat est exécutoire le 18/04/2023"),
        (date(2023, 4, 20), "la délibération du membre est exécutoire le 16/05/2023"),
        (date(2999, 1, 1), "qui est à venir"),
    ],
)
def test_a_sending_that_the_law_forbids_is_not_noted(built: Sample, day: date, said: str) -> None:
    before = (built.root / "members.yaml").read_bytes()
    with pytest.raises(ProblemsFound, match=said):
        sendings.sent(built.workspace, MEMBER, day)
    assert before == (built.root / "members.yaml").read_bytes()
    assert not (built.root / "envois").exists()


def test_a_sending_keeps_its_receipt_with_the_records(built: Sample) -> None:
    sendings.sent(built.workspace, MEMBER, date(2023, 7, 1))
    (kept,) = load(built.workspace).expeditions
    assert (MEMBER, "2023-04", date(2023, 7, 1), 1) == (kept.membre, kept.edition, kept.envoye_le, kept.rang)
    assert {"syndicat": date(2023, 4, 18), "membre": date(2023, 5, 16)} == kept.executoire_le
    assert (built.root / f"envois/2023-04/{MEMBER}.json").stat().st_size < 60_000


def test_what_was_written_by_hand_is_checked_as_what_a_command_notes(built: Sample) -> None:
    sendings.sent(built.workspace, MEMBER, date(2023, 7, 1))
    path = built.root / "members.yaml"
    path.write_text(path.read_text("utf-8").replace("envoye_le: 2023-07-01", "envoye_le: 2020-01-01"), "utf-8")
    assert {"envoi-sans-recu", "envoi-efface", "date-trop-tot"} <= set(problems(built))


def test_a_signature_in_the_future_is_told(built: Sample) -> None:
    sendings.sent(built.workspace, MEMBER, date(2023, 7, 1))
    text = (built.root / "members.yaml").read_text("utf-8")
    text = text.replace("envoye_le: 2023-07-01", "envoye_le: 2023-07-01\n        signe_le: 2999-01-01")
    (built.root / "members.yaml").write_text(text, "utf-8")
    assert "signé le 01/01/2999" in problems(built)["date-future"].message


def test_a_member_that_will_deliberate_or_leave_is_told(sample: Sample) -> None:
    dates = "        date: 2023-05-12\n        transmise_le: 2023-05-15\n        publiee_le: 2023-05-16\n"
    sample.edit("members.yaml", dates, "        date: 2999-05-12\n")
    sample.edit("members.yaml", "  - id: petr-des-collines\n", "  - id: petr-des-collines\n    parti_le: 2999-12-31\n")
    told = [one.message for one in load(sample.workspace).warnings if one.code == "jour-a-venir"]
    assert 2 == len(told)


def test_an_envoi_of_an_edition_that_is_gone_says_where(sample: Sample) -> None:
    sent = "    envois:\n      - edition: 2022-11\n        envoye_le: 2023-01-10\n"
    sample.edit("members.yaml", f"  - id: {MEMBER}\n", f"  - id: {MEMBER}\n{sent}")
    found = problems(sample)["edition-inconnue"]
    assert ("members.yaml", True) == (found.place.file, MEMBER in found.message)
    assert "2022-12" in found.hint


def test_a_copied_block_is_not_a_signed_member(built: Sample) -> None:
    sendings.sent(built.workspace, MEMBER, date(2023, 7, 1))
    sent = "    envois:\n      - edition: 2023-04\n        document: convention\n        envoye_le: 2023-07-01\n"
    path = built.root / "members.yaml"
    text = path.read_text("utf-8")
    held = text[text.index(sent) : text.index("    siege:", text.index(sent))]
    path.write_text(text.replace(f"  - id: {OTHER}\n", f"  - id: {OTHER}\n{held}"), "utf-8")
    found = problems(built)["envoi-sans-recu"]
    assert f"celui de « {MEMBER} »" in found.message
    assert OTHER in found.message


def test_a_deleted_record_that_was_sent_something_is_an_error(built: Sample) -> None:
    sendings.sent(built.workspace, MEMBER, date(2023, 7, 1))
    path = built.root / "members.yaml"
    text = path.read_text("utf-8")
    start = text.index(f"  - id: {MEMBER}")
    path.write_text(text[:start] + text[text.index("  - id: ", start + 5) :], "utf-8")
    assert f"la fiche de « {MEMBER} » a disparu" in problems(built)["fiche-disparue"].message


def test_an_id_that_changed_is_found_by_its_siret(built: Sample) -> None:
    sendings.sent(built.workspace, MEMBER, date(2023, 7, 1))
    built.edit("members.yaml", f"  - id: {MEMBER}\n", "  - id: montriviere\n")
    assert ["id-change"] == list(problems(built))
    found = problems(built)["id-change"]
    assert f"s'appelait « {MEMBER} »" in found.message
    assert f"id: {MEMBER}" in found.hint


def test_a_lost_output_is_told_and_a_return_is_still_known(built: Sample, docgen: Docgen) -> None:
    sendings.sent(built.workspace, MEMBER, date(2023, 7, 1))
    pack = built.pack(MEMBER).read_bytes()
    shutil.rmtree(built.root / "output")
    for command in (("check",), ("build", MEMBER)):
        assert "Packs envoyés qui ne sont plus dans output" in docgen(built.root, *command)[1]
    back = built.root / "retour.pdf"
    back.write_bytes(pack)
    _, told = docgen(built.root, "verify", str(back))
    assert told.startswith("retour.pdf : pas encore signé\n")


def signed(pack: bytes, maire: str) -> bytes:
    moment = datetime(2023, 7, 20, 10, 0, tzinfo=UTC)
    for field in ("sig_membre_convention", "sig_membre_annexe_2"):
        pack = signing.sign(pack, field, signing.person(maire), moment)
    return signing.sign(
        pack, "sig_syndicat_convention", signing.person("Jean-Michel Baylet"), moment + timedelta(days=1)
    )


def test_a_new_mayor_since_the_sending_is_told_and_the_signature_stands(built: Sample, docgen: Docgen) -> None:
    sendings.sent(built.workspace, MEMBER, date(2023, 7, 1))
    back = built.root / "retour.pdf"
    back.write_bytes(signed(built.pack(MEMBER).read_bytes(), "Claire D'Anglade"))
    built.edit("members.yaml", "      prenom: Claire\n      nom: D'ANGLADE", "      prenom: Nadia\n      nom: ROUX")
    code, told = docgen(built.root, "verify", "--record", str(back))
    assert (0, True) == (code, "signé par tous" in told)
    assert "depuis l'envoi, la fiche a changé de signataire : Nadia ROUX pour le membre" in told
    _, told = docgen(built.root, "verify", "--record", str(back))
    assert "Signature déjà notée (convention)" in told


def test_a_sending_that_is_taken_back_keeps_its_history_and_the_pack_can_be_sent_again(
    built: Sample, docgen: Docgen
) -> None:
    sendings.sent(built.workspace, MEMBER, date(2023, 7, 1))
    code, told = docgen(built.root, "record", "withdrawn", MEMBER, "2023-07-10", "--motif", "nouveau maire")
    assert (0, True) == (code, "envoi retiré le 10/07/2023" in told)
    note = built.folder(MEMBER) / withdrawn.NOTE
    assert "retiré le 10/07/2023 : nouveau maire" in note.read_text("utf-8")
    decision = Contents(built.workspace, load(built.workspace)).decisions[MEMBER]
    assert ("nouveau pack", ("convention", "charte", "annexe-2")) == (decision.action, decision.pieces)
    assert [""] == [o.failure for o in built.build(MEMBER)]
    sendings.sent(built.workspace, MEMBER, date(2023, 7, 12))
    first, second = next(m for m in load(built.workspace).membres if m.id == MEMBER).envois
    assert (date(2023, 7, 10), "nouveau maire", None) == (first.retire_le, first.motif, second.retire_le)
    assert (built.root / f"output/2023-04/{MEMBER}.2/pack-2023-04-{MEMBER}.2.pdf").exists()
    back = built.root / "retour.pdf"
    back.write_bytes(signed(built.pack(MEMBER).read_bytes(), "Claire D'Anglade"))
    code, told = docgen(built.root, "verify", "--record", str(back))
    assert (1, True) == (code, "ce qui avait été envoyé est retiré le 10/07/2023 : nouveau maire" in told)


def test_what_is_sent_again_on_the_same_day_is_another_sending(built: Sample, docgen: Docgen) -> None:
    sendings.sent(built.workspace, MEMBER, date(2023, 7, 1))
    sendings.withdrawn(built.workspace, MEMBER, date(2023, 7, 1), "noté par erreur")
    built.build(MEMBER)
    sendings.sent(built.workspace, MEMBER, date(2023, 7, 1))
    built.build(MEMBER)
    notes = sorted(path.parent.name for path in built.root.glob(f"output/2023-04/*/{withdrawn.NOTE}"))
    assert [MEMBER] == notes
    back = built.root / "retour.pdf"
    again = built.root / f"output/2023-04/{MEMBER}.2/pack-2023-04-{MEMBER}.2.pdf"
    back.write_bytes(signed(again.read_bytes(), "Claire D'Anglade"))
    code, told = docgen(built.root, "verify", "--record", str(back))
    assert (0, False) == (code, "retiré" in told), told


def test_what_is_signed_is_not_taken_back(built: Sample) -> None:
    sendings.sent(built.workspace, MEMBER, date(2023, 7, 1))
    sendings.signed(built.workspace, MEMBER, date(2023, 7, 20))
    with pytest.raises(ProblemsFound, match="n'a aucun envoi à retirer"):
        sendings.withdrawn(built.workspace, MEMBER, date(2023, 7, 21), "erreur")


def test_a_former_pack_is_withdrawn_once_the_next_is_enforceable_and_not_if_it_gets_signed(sample: Sample) -> None:
    sent = "    envois:\n      - edition: 2022-12\n        document: convention\n        envoye_le: 2023-01-10\n"
    sample.edit("members.yaml", f"  - id: {MEMBER}\n", f"  - id: {MEMBER}\n{sent}")
    folder = sample.root / f"output/2022-12/{MEMBER}"
    folder.mkdir(parents=True)

    def marked() -> bool:
        data = load(sample.workspace)
        withdrawn.mark(sample.workspace, data, next(m for m in data.membres if m.id == MEMBER))
        return (folder / withdrawn.NOTE).exists()

    assert marked()
    text = (sample.root / SEANCE).read_text("utf-8")
    (sample.root / SEANCE).write_text(text.replace("    publiee_le: 2023-04-18\n", ""), "utf-8")
    edition = (sample.root / EDITION).read_text("utf-8")
    (sample.root / EDITION).write_text(edition.replace("  publiee_le: 2023-04-18\n", ""), "utf-8")
    assert not marked()
    (sample.root / SEANCE).write_text(text, "utf-8")
    assert marked()
    sample.edit(
        "members.yaml",
        "        envoye_le: 2023-01-10\n",
        "        envoye_le: 2023-01-10\n        signe_le: 2023-09-01\n",
    )
    assert not marked()


MERGED = f"    succede_a: [{MEMBER}, commune-de-saint-etienne-d-aygues]\n    succede_le: 2024-07-01\n"


@pytest.fixture
def merged(sample: Sample) -> Sample:
    """Two communes that signed and become one; its own record has no subscription yet."""
    for name, day in ((MEMBER, "2023-06-20"), ("commune-de-saint-etienne-d-aygues", "2023-06-25")):
        sent = f"    envois:\n      - edition: 2023-04\n        envoye_le: 2023-06-01\n        signe_le: {day}\n"
        sample.edit("members.yaml", f"  - id: {name}\n", f"  - id: {name}\n{sent}")
    text = (sample.root / "members.yaml").read_text("utf-8")
    heir = text[text.index(f"  - id: {OTHER}") :]
    heir = heir[: heir.index("    souscriptions:")].replace(OTHER, "commune-nouvelle")
    heir = heir.replace("Pôle d'équilibre territorial et rural des Collines", "Commune nouvelle des Aygues")
    heir = heir.replace("forme: pôle d'équilibre territorial et rural", "forme: commune")
    siret = heir[heir.index("siret: ") + 7 :].split("\n")[0]
    heir = heir.replace(siret, "200 054 781 00014")
    (sample.root / "members.yaml").write_text(text.rstrip() + "\n\n" + heir + MERGED, "utf-8")
    prove(sample.root)
    return sample


def test_the_contracts_of_merged_communes_go_on_and_nothing_is_signed_anew(merged: Sample) -> None:
    data = load(merged.workspace)
    decision = Contents(merged.workspace, data).decisions["commune-nouvelle"]
    assert "rien" == decision.action
    assert "leurs contrats continuent (CGCT L2113-5)" in decision.raison
    former = next(m for m in data.membres if m.id == MEMBER)
    assert date(2024, 6, 30) == former.parti_le


def test_the_statement_splits_on_the_day_of_the_merger(merged: Sample) -> None:
    found = {d.membre.id: d for d in Statements(merged.workspace, 2024, office.find()).dossiers}
    owed = {name: sum(line.montant for line in d.lignes) for name, d in found.items()}
    together = owed[MEMBER] + owed["commune-de-saint-etienne-d-aygues"]
    assert owed["commune-nouvelle"] == together  # six months each
    assert [(7, 12)] == [(p.premier, p.dernier) for p in found["commune-nouvelle"].periodes]
    assert [(1, 6)] == [(p.premier, p.dernier) for p in found[MEMBER].periodes]


def test_a_month_that_a_merger_cuts_is_owed_once(merged: Sample) -> None:
    merged.edit("members.yaml", "succede_le: 2024-07-01", "succede_le: 2024-07-15")
    found = {d.membre.id: d for d in Statements(merged.workspace, 2024, office.find()).dossiers}
    assert {7} == {line.mois for line in found[MEMBER].lignes}
    assert {5} == {line.mois for line in found["commune-nouvelle"].lignes}


def test_the_own_contract_of_the_new_commune_follows_those_that_it_goes_on_with(merged: Sample) -> None:
    sent = "    envois:\n      - edition: 2023-04\n        envoye_le: 2024-09-01\n        signe_le: 2024-10-10\n"
    taken = "    souscriptions:\n      - {volet: stockage, utilisateurs: 30, stockage: 1 To, gfu: non}\n"
    merged.edit("members.yaml", MERGED, MERGED + sent + taken)
    found = {d.membre.id: d for d in Statements(merged.workspace, 2024, office.find()).dossiers}
    months = {(line.quantite, line.mois) for line in found["commune-nouvelle"].lignes}
    assert {(24, 4), (10, 4), (30, 2)} == months  # July to October, then its own


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("    succede_le: 2024-07-01\n", "", "vont ensemble"),
        (MEMBER + ", commune", "commune-de-montrivieres, commune", "n'est pas dans members.yaml"),
        (f"  - id: {MEMBER}\n", f"  - id: {MEMBER}\n    parti_le: 2024-12-31\n", "part le 31/12/2024"),
    ],
)
def test_a_succession_that_does_not_hold_is_told(merged: Sample, before: str, after: str, said: str) -> None:
    merged.edit("members.yaml", before, after)
    with pytest.raises(ProblemsFound, match=said):
        load(merged.workspace)


def test_a_statement_that_was_made_is_never_replaced(sample: Sample) -> None:
    sent = "    envois:\n      - edition: 2023-04\n        envoye_le: 2023-06-01\n        signe_le: 2023-06-20\n"
    sample.edit("members.yaml", f"  - id: {MEMBER}\n", f"  - id: {MEMBER}\n{sent}")
    Statements(sample.workspace, 2023, office.find()).make()
    first = sample.files()
    Statements(sample.workspace, 2023, office.find()).make()
    assert first == sample.files()
    sample.edit("members.yaml", "code_service: SERV-FIN", "code_service: SERV-2")
    maker = Statements(sample.workspace, 2023, office.find())
    made = {path.name for path in maker.make()}
    assert f"etat-2023-{MEMBER}-v2.pdf" in made
    assert [["change : le code service"]] == [list(one.reasons) for one in maker.versions]
    after = sample.files()
    assert {name: data for name, data in first.items() if "receipt" not in name}.items() <= after.items()
    said = after["etats/2023/versions-2023.txt"].decode()
    assert "change : le code service" in said
    gone = sample.root / f"output/etats/2023/etat-2023-{MEMBER}.pdf"
    gone.unlink()
    maker.make()
    assert [f"{gone.name} manque"] == maker.gone


def an_act(voted: date, sent: date, out: date) -> Deliberation:
    return Deliberation.model_validate(
        {"numero": "1", "date": f"{voted}", "transmise_le": f"{sent}", "publiee_le": f"{out}"}
    )


ACT = an_act(date(2023, 4, 11), date(2023, 4, 13), date(2023, 4, 18))
days = st.dates(date(2022, 1, 1), date(2026, 1, 1))


@given(days, days, days, days)
def test_nothing_leaves_before_both_acts_are_enforceable(day: date, voted: date, sent: date, out: date) -> None:
    voted, sent, out = sorted((voted, sent, out))
    own = an_act(voted, sent, out)
    assert bool(too_early(day, ACT, own)) == (day < max(date(2023, 4, 18), out))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["sent", "signed", "withdrawn"]), days), min_size=1, max_size=5))
def test_no_order_of_events_that_the_law_forbids_can_be_recorded(
    made: Sample, tmp_path_factory: pytest.TempPathFactory, events: list[tuple[str, date]]
) -> None:
    root: Path = tmp_path_factory.mktemp("events") / "w"
    shutil.copytree(made.root, root)
    one = Sample(root)
    for what, day in events:
        try:
            if what == "withdrawn":
                sendings.withdrawn(one.workspace, OTHER, day, "essai")
            else:
                getattr(sendings, what)(one.workspace, OTHER, day)
        except ProblemsFound:
            continue
    data = load(one.workspace)  # what was noted is what `check` accepts
    membre = next(m for m in data.membres if m.id == OTHER)
    assert membre.habilitation
    for sent in membre.envois:
        first = max(date(2023, 4, 18), membre.habilitation.executoire_le or date.max)
        assert first <= sent.envoye_le <= (sent.signe_le or sent.retire_le or date.max)
    shutil.rmtree(root)
