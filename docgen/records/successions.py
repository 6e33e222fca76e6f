"""Who succeeds to whom: a commune nouvelle, a merger. The contracts of those that are gone go on with it.

« Les contrats sont exécutés dans les conditions antérieures jusqu'à leur échéance » (CGCT L2113-5, communes nouvelles;
L5211-41-3, EPCI that merge): nothing is to be signed anew because of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from docgen import formats
from docgen.diagnostics import Diagnostic, closest
from docgen.model.fiches import Membre
from docgen.records.reading import Record


def linked(members: Sequence[Membre]) -> tuple[Membre, ...]:
    """Return the members, each with the records that it succeeds; these end the day before."""
    ends = {name: heir.succede_le - timedelta(days=1) for heir in members if heir.succede_le for name in heir.succede_a}
    ended = {one.id: one.ending(ends[one.id]) if one.id in ends else one for one in members}
    found: dict[str, Membre] = {}

    def link(membre: Membre, above: tuple[str, ...]) -> Membre:
        former = [ended[name] for name in membre.succede_a if name in ended and name not in above]
        return membre.succeeding(tuple(link(one, (*above, one.id)) for one in former)) if former else membre

    for membre in members:
        found[membre.id] = link(ended[membre.id], (membre.id,))
    return tuple(found[membre.id] for membre in members)


def problems(members: Sequence[Membre], record: Record) -> Iterator[Diagnostic]:
    """Yield the successions that do not hold."""
    known = {membre.id: membre for membre in members}
    heirs: dict[str, str] = {}
    for index, membre in enumerate(members):
        for rank, name in enumerate(membre.succede_a):
            place = record.place(("membres", index, "succede_a", rank))
            for code, said, hint in _faults(membre, name, known, heirs):
                yield Diagnostic(place, code, f"{said} ({membre.id})", hint)
            heirs.setdefault(name, membre.id)


def _faults(
    membre: Membre, name: str, known: dict[str, Membre], heirs: dict[str, str]
) -> Iterator[tuple[str, str, str]]:
    former = known.get(name)
    if former is None:
        hint = closest(name, known) or "Sa fiche reste dans members.yaml : ce qu'il a signé s'y lit."
        yield "membre-inconnu", f"le membre remplacé « {name} » n'est pas dans members.yaml", hint
        return
    if name == membre.id or membre.id in former.succede_a:
        yield "succession-impossible", f"« {name} » ne peut pas être remplacé par lui-même", "Corrigez « succede_a »."
    if name in heirs:
        yield (
            "succession-impossible",
            f"« {name} » est déjà remplacé par « {heirs[name]} »",
            "Gardez un seul successeur.",
        )
    assert membre.succede_le
    eve = membre.succede_le - timedelta(days=1)
    if former.parti_le and former.parti_le != eve:
        said = f"« {name} » part le {formats.short_date(former.parti_le)}, et est remplacé le "
        said += formats.short_date(membre.succede_le)
        yield "succession-impossible", said, f"Écrivez « parti_le: {eve.isoformat()} », ou effacez-le : il s'en déduit."
