"""When and by whom a file was signed, against the calendar of the law: what a careful reader would doubt.

A contract signed before the act that authorises it is exécutoire is illegal, and a later transmission does not mend it
(CE, avis Section, 10 June 1996, Préfet de la Côte-d'Or, n° 176873).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime

from docgen import formats
from docgen.model.fiches import Syndicat
from docgen.pdf.signatures import here
from docgen.returned.signers import Signature
from docgen.word.meaning import ROLES, signer_of


def doubts(
    people: Sequence[Signature], syndicat: Syndicat, sent: date | None, too_early: Callable[[date], str], now: datetime
) -> Iterator[str]:
    """Yield what makes a signature doubtful though it is intact; nothing for one without a date.

    `sent` is the day when the file was sent to sign, if it was; `too_early` tells why nothing could be signed on a day.
    """
    for signature in people:
        yield from (f"{signature.field} : {said}" for said in _of_day(signature, syndicat, sent, too_early, now))
        if signature.self_signed:
            said = f"le certificat de « {signature.name} » n'est garanti que par lui-même : n'importe qui a pu le faire"
            yield f"{signature.field} : {said}"
    yield from _shared(people)


def _of_day(
    signature: Signature, syndicat: Syndicat, sent: date | None, too_early: Callable[[date], str], now: datetime
) -> Iterator[str]:
    moment = signature.when
    if moment is None:
        return
    day = here(moment, syndicat).date()
    said = f"signé le {formats.short_date(day)}"
    if moment > now:
        yield f"{said}, qui est à venir"
    elif why := too_early(day):
        yield f"{said}, trop tôt : {why}"
    elif sent and day < sent:
        yield f"{said}, avant l'envoi du pack, le {formats.short_date(sent)}"
    if signature.since and moment < signature.since:
        yield f"{said}, mais le certificat n'est valable que depuis le {formats.short_date(signature.since.date())}"
    if signature.until and moment > signature.until:
        yield f"{said}, mais le certificat a expiré le {formats.short_date(signature.until.date())}"


def _shared(people: Sequence[Signature]) -> Iterator[str]:
    """Yield the keys that signed for several parties."""
    by_key: dict[str, dict[str, Signature]] = {}
    for signature in people:
        if signature.key:
            by_key.setdefault(signature.key, {}).setdefault(signer_of(signature.field), signature)
    for roles in by_key.values():
        if len(roles) > 1:
            whom = " et ".join(ROLES.get(role, "ailleurs") for role in roles)
            name = next(iter(roles.values())).name
            yield f"la même clé, au nom de « {name} », a signé {whom} : une seule personne, ou un seul poste"
