"""Whether a day comes too early for a pack: before the vote, or before an act that authorises it is exécutoire.

A contract signed before the act that authorises it is exécutoire is illegal, and a later transmission does not mend it
(CE, avis Section, 10 June 1996, Préfet de la Côte-d'Or, n° 176873).
"""

from __future__ import annotations

from datetime import date

from docgen import formats
from docgen.model.fiches import Deliberation


def too_early(day: date, act: Deliberation, habilitation: Deliberation | None = None) -> str:
    """Return why nothing of that act can be sent or signed that day; nothing when it can.

    `act` is that of the syndicat, `habilitation` that of the member, where it is known.
    """
    if day < act.date:
        return f"le vote des textes est du {formats.short_date(act.date)}"
    for whose, one in (("du syndicat", act), ("du membre", habilitation)):
        if one is None:
            continue
        if one.echec:
            return f"la délibération n° {one.numero} {whose} est {one.echec}"
        if one.executoire_le is None:
            return f"la délibération n° {one.numero} {whose} n'est pas exécutoire"
        if day < one.executoire_le:
            return f"la délibération {whose} est exécutoire le {formats.short_date(one.executoire_le)}"
    return ""
