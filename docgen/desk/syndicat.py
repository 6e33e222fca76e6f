"""The issuing authority: its record as a form; and, in an empty folder, the first questions."""

from __future__ import annotations

from pydantic_core import PydanticCustomError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from docgen import formats, publish, starter
from docgen.desk import form, member, screen
from docgen.desk.form import Field
from docgen.desk.received import Given
from docgen.desk.state import Desk
from docgen.diagnostics import CannotWrite, Diagnostic, ProblemsFound, errors
from docgen.records import edit, reading, validate
from docgen.records.reading import Record
from docgen.records.workspace import today

FILE = "syndicat.yaml"


def missing(desk: Desk) -> bool:
    """Tell whether the folder is no workspace yet."""
    return not desk.place.members_yaml.exists() and not desk.place.syndicat_yaml.exists()


def ask(request: Request, given: Given | None = None, fait: str = "") -> Response:
    """Ask what a new workspace begins with."""
    said = given.fields if given else {}
    questions = [(name, question, said.get(name, "")) for name, (question, _) in starter.QUESTIONS.items()]
    return screen.page(
        request, "start", "Commencer", 422 if fait else 200, questions=questions, exemples=starter.examples(),
        dossier=screen.desk(request).place.root.name, fait=fait,
    )  # fmt: skip


def start(request: Request, given: Given) -> Response:
    """Prepare the workspace."""
    desk = screen.desk(request)
    if not missing(desk):
        return screen.told(request, "/", "Ce dossier est déjà préparé.")
    example = given["exemple"] if given["exemple"] in starter.examples() else None
    answers = {} if example else {name: given[name].strip() for name in starter.QUESTIONS if given[name].strip()}
    for name, answer in answers.items():
        try:
            starter.QUESTIONS[name][1](answer)
        except PydanticCustomError as error:
            said = error.context or {}
            return ask(request, given, f"{starter.QUESTIONS[name][0]} : {said.get('message')}. {said.get('hint')}")
    try:
        starter.start(desk.place.root, example, answers)
    except CannotWrite as error:
        return ask(request, given, str(error))
    return screen.told(request, "/", "Votre dossier est prêt. Tout y est un exemple : remplacez-le pas à pas.")


def show(request: Request) -> Response:
    """Show the record."""
    record = reading.read(screen.desk(request).place.syndicat_yaml, FILE)
    fields, apart = _judged(record)
    return _page(request, record, fields, apart)


def _page(
    request: Request, record: Record, fields: list[Field], apart: list[Diagnostic], status: int = 200, fait: str = ""
) -> Response:
    return screen.page(
        request, "syndicat", "Votre syndicat", status, champs=fields, apart=apart, fait=fait,
        empreinte=member.version(record.fields),
    )  # fmt: skip


def _judged(record: Record) -> tuple[list[Field], list[Diagnostic]]:
    """Return the form of a record, its problems in their fields, and those that are of none."""
    _, problems = validate.syndicat(record, today())
    fields = form.of_syndicat(record.fields)
    return fields, form.place_messages(fields, record, (), problems)


def _wanted(desk: Desk, given: Given) -> tuple[Record, bytes]:
    """Return what the record would say. Raises `ProblemsFound`."""
    tree = edit.sound(reading.read(desk.place.syndicat_yaml, FILE)).fields
    before = desk.place.syndicat_yaml.read_bytes()
    made = edit.document(before, FILE, form.read(form.of_syndicat(tree), given.fields, tree))
    return reading.parse(made, FILE), made


def check(request: Request, given: Given) -> Response:
    """Say what is wrong with what is being typed; nothing is written."""
    fields, apart = _judged(_wanted(screen.desk(request), given)[0])
    every = (one for top in fields for one in top.every())
    messages = {one.name: [screen.shown(said) for said in one.messages] for one in every}
    return JSONResponse({"messages": messages, "apart": [screen.shown(one) for one in apart]})


def save(request: Request, given: Given) -> Response:
    """Write the record."""
    desk = screen.desk(request)
    with desk.writing:
        was = reading.read(desk.place.syndicat_yaml, FILE)
        fields, apart = _judged(was)
        if given["version"] != member.version(was.fields):
            said = "Ce fichier a changé depuis que vous l'avez ouvert : le voici tel qu'il est."
            return _page(request, was, fields, apart, 409, said)
        try:
            record, made = _wanted(desk, given)
            fields, apart = _judged(record)
            found = [problem for top in fields for one in top.every() for problem in one.messages]
            if stopping := errors([*apart, *found]):
                said = f"Rien n'est enregistré : {formats.plural(len(stopping), 'point')} à corriger."
                return _page(request, was, fields, apart, 422, said)
            publish.replace(desk.place.syndicat_yaml, made)
        except (ProblemsFound, CannotWrite) as error:
            return _page(request, was, fields, apart, 422, f"Rien n'est enregistré. {screen.error_of(error)}")
    return screen.told(request, "/syndicat", "La fiche du syndicat est enregistrée.")
