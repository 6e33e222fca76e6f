"""Where things live in a workspace, and what its records say: the one place that knows file names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from os import environ
from pathlib import Path

from docgen.diagnostics import Diagnostic, Place, ProblemsFound, Severity, closest, errors
from docgen.law import seance as assembly
from docgen.model.edition import Edition, PieceModele
from docgen.model.expedition import Expedition
from docgen.model.fiches import Membre, Syndicat
from docgen.model.seance import Registre, Seance
from docgen.records import exemples, expeditions, schema, strays, successions, translate, validate, votes
from docgen.records import reading as records
from docgen.records.votes import Vote


def today() -> date:
    """Return today's date, or the one that SOURCE_DATE_EPOCH fixes (reproducible-builds.org)."""
    if epoch := environ.get("SOURCE_DATE_EPOCH"):
        return datetime.fromtimestamp(int(epoch), UTC).date()
    return datetime.now().astimezone().date()


@dataclass(frozen=True)
class Workspace:
    """A folder with syndicat.yaml, members.yaml, templates/ and output/."""

    root: Path

    @property
    def members_yaml(self) -> Path:
        """The members."""
        return self.root / "members.yaml"

    @property
    def syndicat_yaml(self) -> Path:
        """The issuing authority."""
        return self.root / "syndicat.yaml"

    @property
    def templates(self) -> Path:
        """The editions, one folder each."""
        return self.root / "templates"

    @cached_property
    def styles(self) -> frozenset[str]:
        """The names of the styles that templates may use (templates/styles.txt, one a line); none when all may be."""
        try:
            lines = (self.templates / "styles.txt").read_text("utf-8-sig").splitlines()
        except (OSError, ValueError):
            return frozenset()
        return frozenset(name for line in lines if (name := line.split("#")[0].strip()))

    @property
    def actes_yaml(self) -> Path:
        """The délibérations from before the séances kept here; there may be none."""
        return self.root / "actes.yaml"

    @property
    def seances(self) -> list[Path]:
        """The records of the séances, by date."""
        return sorted(path for path in (self.root / "seances").glob("*.yaml") if strays.is_record(path))

    @property
    def output(self) -> Path:
        """All that docgen makes."""
        return self.root / "output"

    @property
    def cache(self) -> Path:
        """What can be made again: the PDF of each piece, by what it was made from."""
        return self.output / ".cache"

    @cached_property
    def editions(self) -> list[str]:
        """The names of the editions, the latest last."""
        found = (record.parent.name for record in self.templates.glob("*/edition.yaml"))
        return sorted(name for name in found if not name.startswith("."))

    def edition_yaml(self, edition: str) -> Path:
        """Return the record of an edition."""
        return self.templates / edition / "edition.yaml"

    def template(self, edition: str, piece: PieceModele) -> Path:
        """Return the Word file that a piece is made from."""
        return self.templates / edition / piece.fichier

    def packs(self, edition: str) -> Path:
        """Return the folder of the packs of an edition: one folder per member in it."""
        return self.output / edition

    def shown(self, path: Path) -> str:
        """Return the path as messages print it: from the root of the workspace."""
        return path.relative_to(self.root).as_posix()


def here() -> Workspace:
    """Return the workspace that holds the current folder. Raises `ProblemsFound` when there is none."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "members.yaml").exists() or (folder / "syndicat.yaml").exists():
            return Workspace(folder)
    missing = Diagnostic(
        Place(str(here)),
        "pas-d-espace-de-travail",
        "ce dossier ne contient ni members.yaml ni syndicat.yaml",
        "Allez dans le dossier de votre syndicat, ou préparez-en un : docgen init DOSSIER",
    )
    raise ProblemsFound([missing])


@dataclass(frozen=True)
class Data:
    """All that the clerk's records say for one edition, in the model's terms."""

    syndicat: Syndicat
    membres: tuple[Membre, ...]
    edition: Edition
    seances: tuple[Seance, ...] = ()
    registre: Registre = field(default_factory=Registre)
    votes: tuple[Vote, ...] = ()
    """The acts of the séances and of actes.yaml, with where each is written."""
    expeditions: tuple[Expedition, ...] = ()
    """The receipts of what was sent."""
    warnings: tuple[Diagnostic, ...] = field(default=())


def load(workspace: Workspace, edition: str | None = None, members: records.Record | None = None) -> Data:
    """Read and validate all records for one edition (the latest unless named).

    `members` is what members.yaml would say, to judge it before it is written. Raises `ProblemsFound` with every error
    of every file.
    """
    problems = list(strays.found(workspace.root))
    now = today()
    syndicat_record = _read(workspace, workspace.syndicat_yaml)
    syndicat, found = validate.syndicat(syndicat_record, now)
    problems += found
    seances: tuple[Seance, ...] = ()
    registre = Registre()
    acts: Sequence[Vote]
    if syndicat is None:
        acts = recorded(workspace)
    else:
        seances, registre, acts, found = _load_seances(workspace, syndicat, now)
        problems += found
    the_edition, found = _load_edition(workspace, edition, acts, now)
    problems += found
    members_record = members or _read(workspace, workspace.members_yaml)
    membres, found = validate.membres(members_record, now, None if errors(found) else the_edition)
    problems += found
    if syndicat:
        problems += validate.apart(membres, syndicat, members_record)
        problems += exemples.problems(syndicat, syndicat_record, membres, members_record)
    if the_edition:
        problems += validate.warnings(membres, the_edition, members_record)
    receipts, found = expeditions.read_all(workspace.root)
    problems += found
    if membres:
        problems += expeditions.problems(membres, receipts, members_record, acts, workspace.editions, now)
        problems += expeditions.future_days(membres, members_record, now)
        problems += successions.problems(membres, members_record)
    if errors(problems) or not syndicat or not the_edition:
        raise ProblemsFound(problems)
    if edition in (None, workspace.editions[-1]):
        problems += _outdated_schema(workspace, the_edition)
    return Data(
        syndicat,
        successions.linked(membres),
        the_edition,
        seances,
        registre,
        tuple(acts),
        tuple(receipts),
        tuple(problems),
    )


def require_no_worse(workspace: Workspace, known: Iterable[Diagnostic], members: records.Record) -> Data | None:
    """Return what all records say once members.yaml is `members`; None while something else is wrong in them.

    Raises `ProblemsFound` with the errors that are not among the `known` ones.
    """
    try:
        return load(workspace, members=members)
    except ProblemsFound as error:
        before = {_without_lines(problem) for problem in known}
        if new := [problem for problem in errors(error.diagnostics) if _without_lines(problem) not in before]:
            raise ProblemsFound(new) from None
    return None


def problems(workspace: Workspace) -> tuple[Diagnostic, ...]:
    """Return what is wrong in the records as they stand."""
    try:
        return load(workspace).warnings
    except ProblemsFound as error:
        return error.diagnostics


def _without_lines(problem: Diagnostic) -> str:
    return re.sub(r"ligne \d+", "ligne", problem.message)


def _outdated_schema(workspace: Workspace, edition: Edition) -> list[Diagnostic]:
    """Return a warning when the schema beside the records is not that of the volets of the edition in force."""
    path = workspace.root / schema.FILE
    try:
        same = json.loads(path.read_bytes()) == schema.members_schema(edition)
    except FileNotFoundError:
        return []
    except (OSError, ValueError):
        same = False
    said = "le schéma qui aide l'éditeur n'est pas celui des volets de l'édition en vigueur"
    hint = f"Renouvelez-le : docgen schema > {schema.FILE}"
    return [] if same else [Diagnostic(Place(schema.FILE), "schema-perime", said, hint, Severity.WARNING)]


def load_edition(workspace: Workspace, name: str, acts: Sequence[Vote] = ()) -> Edition:
    """Read an edition alone, without asking whether it prices what the members take now.

    `acts` are those of the séances; they are read when none is given. Raises `ProblemsFound`.
    """
    found, problems = _load_edition(workspace, name, acts or recorded(workspace), today())
    if errors(problems) or found is None:
        raise ProblemsFound(problems)
    return found


def _load_edition(
    workspace: Workspace, name: str | None, acts: Sequence[Vote], now: date
) -> tuple[Edition | None, list[Diagnostic]]:
    named = name or (workspace.editions[-1] if workspace.editions else "")
    if named not in workspace.editions:
        return None, [_no_such_edition(workspace, named)]
    record = _read(workspace, workspace.edition_yaml(named))
    votes.complete(record.tree, acts)
    found, problems = validate.edition(record, named, now)
    if found is None:
        return None, problems
    found, more = votes.dated(found, record, acts)
    return found, problems + more


def recorded(workspace: Workspace) -> list[Vote]:
    """Return the acts of the séances and of actes.yaml as far as they can be read, whatever else is wrong in them."""
    read = [_read(workspace, path) for path in workspace.seances]
    found = [(seance, record) for record in read if (seance := translate.model_of(Seance, record)[0])]
    registre, record, _ = _load_registre(workspace)
    return votes.known(found, registre, record)


def _load_registre(workspace: Workspace) -> tuple[Registre, records.Record | None, list[Diagnostic]]:
    if not workspace.actes_yaml.exists():
        return Registre(), None, []
    record = _read(workspace, workspace.actes_yaml)
    found, problems = translate.model_of(Registre, record)
    return found or Registre(), record, problems


def _load_seances(
    workspace: Workspace, syndicat: Syndicat, now: date
) -> tuple[tuple[Seance, ...], Registre, tuple[Vote, ...], list[Diagnostic]]:
    registre, registre_record, problems = _load_registre(workspace)
    seances: list[tuple[Seance, records.Record]] = []
    faulty: list[Vote] = []
    if workspace.seances and syndicat.assemblee is None:
        place = Place(workspace.shown(workspace.syndicat_yaml))
        hint = "Ajoutez « assemblee: » avec son régime (ouvert ou ferme) et l'article des statuts."
        problems.append(Diagnostic(place, "assemblee-inconnue", "les règles de l'assemblée manquent", hint))
    elif syndicat.assemblee:
        for path in workspace.seances:
            record = _read(workspace, path)
            seance, found = validate.seance(record, now, assembly.rule(syndicat.assemblee))
            problems += found
            if seance:
                seances.append((seance, record))
            else:
                faulty += votes.glimpsed(record)
    problems += validate.known_acts(seances, registre)
    acts = votes.known(seances, registre, registre_record) + faulty
    return tuple(seance for seance, _ in seances), registre, tuple(acts), problems


def _read(workspace: Workspace, path: Path) -> records.Record:
    return records.read(path, workspace.shown(path))


def _no_such_edition(workspace: Workspace, named: str) -> Diagnostic:
    place = Place("templates")
    if not workspace.editions:
        return Diagnostic(
            place,
            "aucune-edition",
            "aucune édition : aucun dossier de templates/ ne contient edition.yaml",
            "Êtes-vous dans le bon dossier ? « docgen init DOSSIER » en prépare un.",
        )
    known = f"Éditions connues : {', '.join(workspace.editions)}."
    return Diagnostic(
        place,
        "edition-inconnue",
        f"l'édition « {named} » n'existe pas",
        closest(named, workspace.editions) or known,
    )
