"""What is wrong with where a Word file leads, and with what it would fetch from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

from docgen.diagnostics import Diagnostic, Place, Severity
from docgen.lint import codes
from docgen.lint.file import related
from docgen.word.meaning import address, may_lead
from docgen.word.template import Template

CLEAR = re.compile(r"http://", re.I)
FETCHED_BY_NOBODY = ("hyperlink", "attachedTemplate")
"""What LibreOffice does not fetch: a link before someone clicks on it, the template that Word names."""


def outside_links(template: Template) -> Iterator[Diagnostic]:
    """An image or a file that the document fetches from elsewhere: docgen reads nothing outside the workspace."""
    for relation in template.relations():
        if relation.external and relation.kind not in FETCHED_BY_NOBODY:
            yield Diagnostic(
                related(template, relation),
                "lien-exterieur",
                f"le document va chercher un fichier extérieur : {relation.target}",
                "Dans Word : Publipostage > Démarrer la fusion > Document Word normal."
                if relation.kind.startswith("mailMerge")
                else "Dans Word : Fichier > Informations > Modifier les liens, puis « Rompre la liaison ».",
            )


def forbidden_links(template: Template) -> Iterator[Diagnostic]:
    """A link to anything but a safe site or an address: a program, a file of the reader's, a site in clear."""
    for relation in template.relations():
        if relation.external and relation.kind == "hyperlink" and not relation.target.startswith("#"):
            yield from _judged(related(template, relation), relation.target)
    for part, number, code in codes.of(template):
        yield from _judged(template.place_of(part, number), address(code.text) or "")


def _judged(place: Place, url: str) -> Iterator[Diagnostic]:
    """Yield what is wrong with an address; nothing where it is safe, or a place of the document."""
    if not url or url.startswith("#") or may_lead(url):
        return
    if CLEAR.match(url):
        yield Diagnostic(
            place,
            "lien-en-clair",
            f"ce lien mène à un site sans protection ({url}) : ses mots seront imprimés, sans lien",
            "Écrivez l'adresse en https://, si le site y répond.",
            Severity.WARNING,
        )
    else:
        yield Diagnostic(
            place,
            "lien-interdit",
            f"ce lien ne mène ni à un site ni à une adresse électronique : {url}",
            "Dans Word : clic droit sur le lien > Supprimer le lien ; le texte reste. Un lien commence par https:// ou "
            "mailto:.",
        )
