"""The references typed by hand, « l'article 3.2 »: those whose article is not there, or has another number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from docgen.diagnostics import Diagnostic, Severity
from docgen.word import references
from docgen.word.expressions import TAG
from docgen.word.package import BODY
from docgen.word.passages import Passage, passages
from docgen.word.template import Template, text_of

ELSEWHERE = re.compile(
    r"(?<!présente )(?<!présent )\b(?:codes?|lois?|décrets?|arrêtés?|ordonnances?|règlements?|directives?|constitution"
    r"|statuts|délibérations?|annexes?|charte|conventions?|avenants?|marchés?|contrats?|traités?|cgct|ccag|rgpd|circulaires?"
    r"|normes?|protocoles?)\b",
    re.I,
)
"""What says, in the same sentence, that an article may be of another text."""
TYPED = re.compile(r"(?<![\w.])articles?\s+(\d+(?:\.\d+)*)(?:er)?(?![\w.-]*\d)", re.I)
SENTENCE = re.compile(r"(?<=[a-zà-ÿ)»])[.;:](?=\s)")
TITLE = re.compile(r"article\s+\d", re.I)
NUMBER = re.compile(r"(?:article\s+)?(\d+(?:\.\d+)*)", re.I)


def missing(template: Template) -> Iterator[Diagnostic]:
    """« l'article 12 », typed by hand, in a document that has no article 12."""
    known = set(_numbers(_of_template(template)).values())
    for number, said in _typed(template) if known else ():
        if said not in known:
            yield _told(template, number, said, f"ce document n'a pas d'article {said}")


def moved(template: Template, filled: Iterable[Passage]) -> list[Diagnostic]:
    """Return the typed references that lead elsewhere, or nowhere, in a document that a clause left or renumbered."""
    before, after = _numbers(_of_template(template)), _numbers(filled)
    titles = {said: title for title, said in before.items()}
    found = []
    for number, said in _typed(template):
        title = titles.get(said)
        if title is not None and after.get(title) != said:
            now = f"y a le numéro {after[title]}" if title in after else "n'y est pas"
            found.append(_told(template, number, said, f"une condition change les numéros : « {title[:40]} » {now}"))
    return found


def any_in(template: Template) -> bool:
    """Tell whether a template has typed references and conditions."""
    body = next((part.source for part in template.parts if part.name == BODY), "")
    return "{%" in body and any(_typed(template))


def _told(template: Template, number: int, said: str, why: str) -> Diagnostic:
    part = next(part for part in template.parts if part.name == BODY)
    return Diagnostic(
        template.place_of(part, number, said),
        "renvoi-tape",
        f"« article {said} » est tapé à la main : {why}",
        "Dans Word : Références > Renvoi, vers le titre de l'article ; son numéro suivra.",
        Severity.WARNING,
    )


def _typed(template: Template) -> Iterator[tuple[int, str]]:
    """Yield the numbers of articles that the body refers to in letters, each with its paragraph; not its titles."""
    for part in template.parts:
        for number, row in enumerate(part.own) if part.name == BODY else ():
            text = TAG.sub(" ", text_of(row))
            if "fldChar" in row or "w:fldSimple" in row:
                continue
            for sentence in SENTENCE.split(text) if not TITLE.match(text) else ():
                if not ELSEWHERE.search(sentence):
                    yield from ((number, found[1]) for found in TYPED.finditer(sentence))


def _of_template(template: Template) -> Iterator[Passage]:
    body = [tree for name, tree in references.trees(template.parts).items() if name == BODY]
    return passages(body, template.members)


def _numbers(of: Iterable[Passage]) -> Mapping[str, str]:
    """Return the number of each title of a document, typed or counted by Word."""
    found = {}
    for passage in of:
        text = " ".join(passage.text.split())
        if passage.article.endswith(text) and text and (number := NUMBER.match(passage.label or text)):
            found[NUMBER.sub("", text, count=1).strip(" –—:.-") if not passage.label else text] = number[1]
    return found
