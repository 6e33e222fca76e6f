"""A form made from the schema of a record: its fields with labels, help and lists; what a browser sends is read back.

A field is named by its path in the record, « siege.code_postal », « facturation.0.exercice ».
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from docgen.diagnostics import Diagnostic, Place, ProblemsFound, Severity
from docgen.model.edition import Edition
from docgen.records import schema
from docgen.records.reading import KEY, Record

Path = tuple[str | int, ...]
LABELS = {
    "id": "Identifiant", "nom": "Nom", "siret": "SIRET", "siege": "Siège", "code_postal": "Code postal",
    "representant": "Signataire", "civilite": "Civilité", "prenom": "Prénom", "qualite": "Qualité",
    "habilitation": "Délibération du membre", "numero": "Numéro", "transmise_le": "Accusé de réception",
    "publiee_le": "Publiée le", "referent": "Référent", "telephone": "Téléphone", "facturation": "Chorus Pro",
    "code_service": "Code service", "numero_engagement": "N° d'engagement", "population": "Population",
    "annee": "Année", "depuis": "À compter du", "jusqu_au": "Jusqu'au", "consommations": "Consommations",
    "parti_le": "Parti le", "succede_a": "Succède à", "succede_le": "Succède le", "edition": "Édition",
    "ape": "Code APE", "dpo": "Protection des données", "noms": "Noms des fichiers", "departement": "Département",
    "regime": "Régime", "quorum_en": "Quorum en", "repris": "Mots gardés de l'exemple", "presence": "Présence",
    "visioconference": "Visioconférence", "president": "Préside", "secretaire": "Secrétaire de séance",
    "delegues": "Délégués", "role": "Rôle", "deliberations": "Délibérations", "signee_le": "Signée le",
    "envoyee_le": "Envoyée le", "recue_le": "Reçue le", "annulee_le": "Annulée le", "matiere": "Matière",
    "expose": "Exposé des motifs", "malgre": "Malgré", "resultat": "Résultat", "presents": "Présents",
    "representes": "Représentés", "excuses": "Excusés", "deliberation": "Délibération",
}  # fmt: skip
OWN_PAGES = ("id", "envois")
"""What a form does not change: the name of a folder, what was sent."""
JOINTS = {"words": ", ", "phrases": " ; ", "paragraphs": "\n\n"}
"""How the items of a list of words, of phrases, of paragraphs are written in one field."""
SPLITS = {"words": r"[\s,;]+", "phrases": r"\s*;\s*", "paragraphs": r"\s*\n\s*\n\s*"}
LONG = ("texte", "objet", "expose", "titre")
"""What takes more than a line."""
DATE = r"^\d{4}-\d{2}-\d{2}$"
MOST = 2000
"""Items of a list that a browser may send: an assembly has fewer delegates."""


@dataclass
class Field:
    """One field of a form, or several under a title."""

    path: Path
    label: str
    kind: str
    """« text », « long », « paragraphs », « date », « email », « integer », « select », « words » or « phrases »;
    « block » and « list » hold others, « fixed » is not shown."""
    help: str = ""
    required: bool = False
    options: tuple[str, ...] = ()
    value: str = ""
    children: list[Field] = field(default_factory=list)
    adds: tuple[tuple[str, str], ...] = ()
    """Of a list: what may be added to it, each with what the button says."""
    messages: list[Diagnostic] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What the browser calls it."""
        return ".".join(map(str, self.path))

    @property
    def id(self) -> str:
        """What the page calls it."""
        return "f-" + self.name.replace(".", "-")

    @property
    def wrong(self) -> bool:
        """Whether something is to be mended here."""
        return any(one.severity is Severity.ERROR for one in self.messages)

    def every(self) -> Iterable[Field]:
        """Yield the field and all that are in it."""
        yield self
        for child in self.children:
            yield from child.every()


def of_member(edition: Edition | None, said: Mapping[str, Any], names: Iterable[str] = ()) -> list[Field]:
    """Return the fields of a member as its record says them; of these names only, where there are some."""
    node = schema.members_schema(edition)["properties"]["membres"]["items"]
    titles = {volet.id: volet.titre for volet in edition.volets} if edition else {}
    kept = [name for name in node["properties"] if name not in OWN_PAGES and (not names or name in names)]
    required = node["required"]
    found = [_field((name,), node["properties"][name], said.get(name), name in required, titles) for name in kept]
    return [one for one in found if one.kind != "list" or one.adds or one.children]


def of_syndicat(said: Mapping[str, Any]) -> list[Field]:
    """Return the fields of the issuing authority as its record says them."""
    found = _of(schema.syndicat_schema(), said, ("fictif",))
    for one in found:  # who signs for the syndicat needs no act of another assembly
        one.children = [child for child in one.children if child.path[-1] != "habilitation" or _says(child)]
    return found


def _says(one: Field) -> bool:
    return any(field.value for field in one.every())


def of_seance(said: Mapping[str, Any]) -> list[Field]:
    """Return the fields of a séance as its record says them; what happens to its acts is noted elsewhere."""
    return _of(schema.seance_schema(), said, ())


def _of(node: Mapping[str, Any], said: Mapping[str, Any], left: Sequence[str]) -> list[Field]:
    kept = [name for name in node["properties"] if name not in left]
    return [_field((name,), node["properties"][name], said.get(name), name in node["required"], {}) for name in kept]


def _field(path: Path, node: Mapping[str, Any], value: Any, required: bool, titles: Mapping[str, str]) -> Field:
    name = next(str(part) for part in reversed(path) if isinstance(part, str))
    told = str(node.get("description", ""))
    made = Field(path, LABELS.get(name, name.replace("_", " ").capitalize()), _kind(name, node), told, required)
    if path[0] in ("souscriptions", "consommations") and name not in LABELS and told:
        made.label, made.help = told, ""  # the question, as the edition words it
    if made.kind == "block":
        _block(made, node, value, titles)
    elif made.kind == "list":
        _list(made, _items(node), value, titles)
    elif made.kind in JOINTS:
        made.value = JOINTS[made.kind].join(map(str, value if isinstance(value, list) else []))
    else:
        made.options = tuple(map(str, node.get("enum", ())))
        made.value = value if isinstance(value, str) else ""
    return made


def _block(made: Field, node: Mapping[str, Any], value: Any, titles: Mapping[str, str]) -> None:
    said = value if isinstance(value, dict) else {}
    node = _of_volet(node, said)
    for name, child in node["properties"].items():
        fixed = child.get("const")
        one = _field((*made.path, name), child, said.get(name), name in node.get("required", ()), titles)
        if name == "volet" and fixed is not None:
            one.kind, one.value = "fixed", str(fixed)
            made.label = titles.get(one.value, one.value)
        made.children.append(one)


def _list(made: Field, item: Mapping[str, Any], value: Any, titles: Mapping[str, str]) -> None:
    rows = [value] if isinstance(value, dict) else value if isinstance(value, list) else []
    for number, row in enumerate(rows):
        one = _field((*made.path, number), item, row, False, titles)
        one.label = one.label if one.children and one.children[0].kind == "fixed" else f"{made.label} {number + 1}"
        made.children.append(one)
    volets = _volets(item)
    of_a_volet = "volet" in item.get("required", ())
    made.adds = tuple((name, titles.get(name, name)) for name in volets) or (() if of_a_volet else (("", made.label),))


def _kind(name: str, node: Mapping[str, Any]) -> str:
    if "enum" in node or "const" in node:
        return "select"
    options = [node, *node.get("anyOf", ())]
    types = {kind for one in options for kind in _listed(one.get("type") or ())}
    if "array" in types:
        if "properties" in _items(node) or "allOf" in _items(node):
            return "list"
        return "words" if "pattern" in _items(node) else "paragraphs" if name in LONG else "phrases"
    if "object" in types:
        return "block"
    if node.get("pattern") == DATE:
        return "date"
    if node.get("format") == "email":
        return "email"
    if name in LONG and types >= {"string", "number"}:
        return "long"
    return "integer" if "integer" in types and "anyOf" in node else "text"


def _listed(value: str | Iterable[str]) -> Iterable[str]:
    return [value] if isinstance(value, str) else value


def _items(node: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next((one["items"] for one in (node, *node.get("anyOf", ())) if "items" in one), {})
    return found


def _volets(item: Mapping[str, Any]) -> list[str]:
    """Return the volets that an item of a list may be of."""
    named = item.get("properties", {}).get("volet", {})
    return [str(named["const"])] if "const" in named else list(map(str, named.get("enum", ())))


def _of_volet(node: Mapping[str, Any], said: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema of what is of the volet that it says; of several, one answers to that name."""
    for case in node.get("allOf", ()):
        if case["if"]["properties"]["volet"]["const"] == said.get("volet"):
            found: Mapping[str, Any] = case["then"]
            return found
    return node


def read(fields: Sequence[Field], sent: Mapping[str, str], said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a browser sent for these fields, as a record says it: what is empty is None.

    What the record says besides, in a field that no schema has, is kept: it is an error to be told, not to be lost.
    """
    return {str(one.path[-1]): _read(one, sent, said.get(str(one.path[-1]))) for one in fields}


def _read(one: Field, sent: Mapping[str, str], said: Any) -> Any:
    if one.kind == "block":
        known = said if isinstance(said, dict) else {}
        names = {str(child.path[-1]): child for child in one.children}
        found = {name: _read(child, sent, known.get(name)) for name, child in names.items()}
        alone = {key: value for key, value in found.items() if value}
        return {**alone, **{key: value for key, value in known.items() if key not in names}} or None
    if one.kind == "list":
        rows = said if isinstance(said, list) else [said]
        were = [*rows, *[None] * len(one.children)]
        return [row for child, was in zip(one.children, were, strict=False) if (row := _read(child, sent, was))] or None
    if one.name not in sent and one.kind != "fixed":  # the page did not have it: it stays
        return said
    text = sent.get(one.name, one.value).replace("\r\n", "\n")
    if one.kind in SPLITS:
        return [" ".join(item.split()) for item in re.split(SPLITS[one.kind], text.strip()) if item.strip()] or None
    return " ".join(text.split()) or None


def sent_tree(sent: Mapping[str, str]) -> dict[str, Any]:
    """Return the tree of names that a browser sent: how many items its lists have, of which volets.

    What it says is read by the fields of a schema alone; here its lists are only counted.
    """
    tree: dict[str, Any] = {}
    for name, value in sent.items():
        parts = name.split(".")
        at: Any = tree
        for n, part in enumerate(parts[:-1]):
            deeper: Any = [] if parts[n + 1].isdigit() else {}
            at = _step(at, part, deeper)
            if at is None:
                break
        else:
            if isinstance(at, dict):
                at[parts[-1]] = value
    return tree


def _step(at: Any, part: str, deeper: Any) -> Any:
    if isinstance(at, list):
        number = int(part) if part.isdigit() and len(part) < 5 else MOST
        if number >= MOST:  # to leave it out would be to lose it
            said = f"cette liste a plus de {MOST} éléments"
            hint = "Travaillez-y dans le fichier."
            raise ProblemsFound([Diagnostic(Place(""), "liste-trop-longue", said, hint)])
        while len(at) <= number:
            at.append({})
        return at[number]
    return at.setdefault(part, deeper) if isinstance(at, dict) else None


def with_one_more(tree: dict[str, Any], asked: str) -> None:
    """Add an item to the list that a button names: « facturation », « souscriptions:stockage »."""
    name, _, volet = asked.partition(":")
    *above, last = name.split(".")
    at: Any = tree
    for part in above:
        at = _step(at, part, {}) if at is not None else None
    if isinstance(at, dict):
        rows = at.get(last)
        at[last] = [*(rows if isinstance(rows, list) else []), {"volet": volet} if volet else {}]


def with_one_less(tree: dict[str, Any], asked: str) -> None:
    """Take an item out of its list: « facturation.0 »."""
    *above, last = asked.split(".")
    at: Any = tree
    for part in above:
        at = _step(at, part, []) if at is not None else None
    if isinstance(at, list) and last.isdigit() and int(last) < len(at):
        del at[int(last)]


def place_messages(
    fields: Sequence[Field], record: Record, root: Path, found: Iterable[Diagnostic]
) -> list[Diagnostic]:
    """Give each problem to the field that it stands at; return those of no field.

    `root` is the path of the member in `record`, whose lines the problems name.
    """
    known = {one.path: one for top in fields for one in top.every()}
    at = {place: path for path, place in sorted(record.places.items(), key=lambda item: len(item[0]))}
    apart = []
    for problem in found:
        path = at.get((problem.place.line, problem.place.column), ())
        path = path[:-1] if path and path[-1] == KEY else path
        own = path[len(root) :] if path[: len(root)] == root else ()
        missing = re.search(r"« (\w+) »", problem.message) if problem.code == "champ-manquant" else None
        if missing:  # it is said of what should hold it
            above = (own[:n] for n in range(len(own), -1, -1))
            own = next(((*one, missing[1]) for one in above if (*one, missing[1]) in known), own)
        while own and own not in known:
            own = own[:-1]
        said = re.sub(r" \([a-z0-9-]+\)$", "", problem.message)  # whose record it is: one has it before one's eyes
        problem = replace(problem, message=said)
        if missing and own and own[-1] == missing[1]:
            problem = replace(problem, message="ce champ est obligatoire", hint="")
        if own:
            known[own].messages.append(problem)
        else:
            apart.append(problem)
    return apart
