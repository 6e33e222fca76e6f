"""The page that shows what stands where: output/index.html, to open in a browser. Made from the receipts alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import jinja2

from docgen import formats, publish
from docgen.packs import preflight, receipts, status
from docgen.packs.amendment import Decision
from docgen.packs.binder import PREVIEW
from docgen.packs.build import Outcome
from docgen.records.workspace import Data, Workspace

PAGE = Path(__file__).parent / "pages" / "index.html.j2"
STATES = {
    "signé": "signés",
    "envoyé": "envoyés",
    "parti": "partis",
    "prêt à signer": "prêts à signer",
    "à compléter": "à compléter",
    "à revoir": "à revoir",
    "PROJET": "en PROJET",
    "échec": "échecs",
    "pas encore fabriqué": "pas encore fabriqués",
}
"""Each state of a pack, and its plural."""
AMOUNTS = (
    "souscription.utilisateurs",
    "souscription.stockage",
    "souscription.gfu",
    "souscription.categorie",
    "montants.mensuel",
    "montants.annuel",
)


def write(workspace: Workspace, data: Data, outcomes: Iterable[Outcome], decisions: Mapping[str, Decision]) -> Path:
    """Write the page for every member of the edition; return its path. Raises `CannotWrite`."""
    now = {outcome.membre.id: outcome for outcome in outcomes}
    folder = workspace.packs(data.edition.edition)
    rows = []
    known = (now[m.id].receipt if m.id in now else receipts.read(folder / m.id) for m in data.membres)
    compared = preflight.compared(receipt for receipt in known if receipt)
    for membre in data.membres:
        outcome, receipt = now.get(membre.id), compared.get(membre.id)
        decision = decisions[membre.id]
        standing = status.state(membre, decision, receipt)[0]
        made = receipt.etat if receipt else "pas encore fabriqué"
        state = made if decision.pieces else standing
        values = {path: v for piece in receipt.pieces.values() for path, v in piece.valeurs.items()} if receipt else {}
        rows.append(
            {
                "membre": membre,
                "etat": "échec" if outcome and outcome.failure else state,
                "echec": outcome.failure if outcome else "",
                "action": decision.action if decision.held and decision.pieces else "",
                "receipt": receipt,
                "dossier": f"{data.edition.edition}/{membre.id}",
                "pack": receipt.pack if receipt else "",
                "pages": sum(piece.pages for piece in receipt.pieces.values()) if receipt else 0,
                "montants": {path.split(".")[1]: values.get(path, "") for path in AMOUNTS},
                "pieces": [name for name in receipt.fichiers if name.endswith(".docx")] if receipt else [],
            }
        )
    counts = {state: sum(row["etat"] == state for row in rows) for state in STATES}
    said = {state: formats.plural(count, state, STATES[state]) for state, count in counts.items() if count}
    env = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    page = env.from_string(PAGE.read_text("utf-8")).render(
        rows=rows,
        said=said,
        syndicat=data.syndicat,
        edition=data.edition,
        preview=PREVIEW,
        long_date=formats.long_date,
        siret=formats.siret,
        plural=formats.plural,
    )
    path = workspace.output / "index.html"
    if not path.exists() or path.read_bytes() != page.encode():
        publish.replace(path, page.encode())
    return path
