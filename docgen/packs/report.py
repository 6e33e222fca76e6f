"""The page that shows what stands where: output/index.html, to open in a browser. Made from the receipts alone.

Where there are many members it goes on in index-2.html and so on, what is left to do first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jinja2

from docgen import formats, publish
from docgen.model.edition import Edition, Volet
from docgen.packs import preflight, receipts, status
from docgen.packs.amendment import Decision
from docgen.packs.binder import PREVIEW
from docgen.packs.build import Outcome
from docgen.packs.receipts import Receipt
from docgen.records.workspace import Data, Workspace

PAGE = Path(__file__).parent / "pages" / "index.html.j2"
PER_PAGE = 200
"""Members: a browser shows so many without waiting."""
URGENT = (
    "échec", "à revoir", "PROJET", "à compléter", "pas encore fabriqué", "à envoyer", "prêt à signer", "envoyé",
    "signé", "parti",
)  # fmt: skip
"""The states in the order in which they ask for something, when not all are on one page."""
STATES = {
    "signé": "signés",
    "envoyé": "envoyés",
    "parti": "partis",
    "prêt à signer": "prêts à signer",
    "à envoyer": "à envoyer",
    "à compléter": "à compléter",
    "à revoir": "à revoir",
    "PROJET": "en PROJET",
    "échec": "échecs",
    "pas encore fabriqué": "pas encore fabriqués",
}
"""Each state of a pack, and its plural."""


def write(workspace: Workspace, data: Data, outcomes: Iterable[Outcome], decisions: Mapping[str, Decision]) -> Path:
    """Write the page for every member of the edition; return its path. Raises `CannotWrite`."""
    rows = list(_rows(workspace, data, {outcome.membre.id: outcome for outcome in outcomes}, decisions))
    counts = Counter(row["etat"] for row in rows)
    if len(rows) > PER_PAGE:
        rows.sort(key=lambda row: URGENT.index(row["etat"]))
    names = [page_name(number) for number in range(max(1, -(-len(rows) // PER_PAGE)))]
    env = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    env.globals |= {
        "membres": len(rows),
        "names": names,
        "where": {row["etat"]: f"{names[n // PER_PAGE]}#{row['membre'].id}" for n, row in reversed([*enumerate(rows)])},
        "said": {state: formats.plural(counts[state], state, STATES[state]) for state in STATES if counts[state]},
        "syndicat": data.syndicat,
        "edition": data.edition,
        "preview": PREVIEW,
        "long_date": formats.long_date,
        "siret": formats.siret,
        "plural": formats.plural,
    }
    template = env.from_string(PAGE.read_text("utf-8"))
    for number, name in enumerate(names):
        page = template.render(rows=rows[number * PER_PAGE : (number + 1) * PER_PAGE], number=number).encode()
        path = workspace.output / name
        if not path.exists() or path.read_bytes() != page:
            publish.replace(path, page)
    for path in workspace.output.glob("index-*.html"):
        if path.name not in names:  # of a time when there were more members
            path.unlink(missing_ok=True)
    return workspace.output / names[0]


def _rows(
    workspace: Workspace, data: Data, now: Mapping[str, Outcome], decisions: Mapping[str, Decision]
) -> Iterator[dict[str, Any]]:
    """Yield what is said of each member, in the order of the records."""
    edition, packs = data.edition, workspace.packs(data.edition.edition)
    known = (
        now[name].receipt if name in now else receipts.standing(packs, edition.edition, d.membre, bool(d.pieces))
        for name, d in decisions.items()
    )
    compared = preflight.compared(receipt for receipt in known if receipt)
    for membre in data.membres:
        outcome, receipt = now.get(membre.id), compared.get(membre.id)
        decision = decisions[membre.id]
        standing = status.state(membre, decision, receipt)[0]
        made = receipt.etat if receipt else "pas encore fabriqué"
        state = made if decision.pieces else standing
        yield {
            "membre": membre,
            "etat": "échec" if outcome and outcome.failure else state,
            "echec": outcome.failure if outcome else "",
            "action": decision.action if decision.held and decision.pieces else "",
            "receipt": receipt,
            "dossier": f"{edition.edition}/{receipts.folder_name(membre.id, receipt.rang if receipt else 1)}",
            "pack": receipt.pack if receipt else "",
            "pages": sum(piece.pages for piece in receipt.pieces.values()) if receipt else 0,
            "choisi": bool(membre.souscriptions),
            "volets": list(_volets(receipt, edition)) if receipt else [],
            "pieces": [name for name in receipt.fichiers if name.endswith(".docx")] if receipt else [],
        }


def page_name(number: int) -> str:
    """Return the name of the file of a page, from 0."""
    return f"index-{number + 1}.html" if number else "index.html"


def _volets(receipt: Receipt, edition: Edition) -> Iterator[dict[str, str]]:
    """Yield what the pieces of a pack print of each volet: what is paid, what the member answered."""
    alone = edition.volets[0].id if len(edition.volets) == 1 else None
    told: set[str] = set()
    for piece in edition.pieces:
        volet = edition.volet(piece.volet or alone or "")
        values = receipt.pieces[piece.id].valeurs if piece.id in receipt.pieces else {}
        annuel = values.get("montants.annuel", "")
        if volet is None or volet.id in told or not annuel or "…" in annuel:
            continue
        told.add(volet.id)
        mensuel = values.get("montants.mensuel", "")
        yield {
            "titre": volet.titre if alone is None else "",
            "annuel": annuel,
            "prix_en": volet.tarif.prix_en if volet.tarif else "",
            "mensuel": mensuel,
            "reponses": ", ".join(_answers(volet, values)),
        }


def _answers(volet: Volet, values: Mapping[str, str]) -> Iterator[str]:
    for choix in volet.choix:
        if said := values.get(f"souscription.{choix.id}", ""):
            yield f"{said} {choix.compte}" if choix.type == "nombre" else f"{choix.compte} : {said}"
    if rank := values.get("souscription.categorie", ""):
        yield f"catégorie {rank}"
