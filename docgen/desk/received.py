"""What a browser sends: the fields of a form and its files, limited in number; then the page is made in a thread."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath

from pydantic_core import PydanticCustomError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from docgen.desk.guard import Keys
from docgen.diagnostics import Diagnostic, Place, ProblemsFound
from docgen.model import values

MOST_FIELDS, MOST_FILES, LONGEST = 6000, 20, 200_000
"""A sending noted for thousands of members at once is that many fields; a text field, so many bytes."""
EXPIRED = "Cette page est trop ancienne : rechargez-la, puis recommencez.\n"


@dataclass(frozen=True)
class Upload:
    """A file that a browser sent; its name is what a person called it, never a path."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Given:
    """What a form says."""

    fields: Mapping[str, str]
    """The first of each name."""
    many: Mapping[str, list[str]]
    files: list[Upload]

    def __getitem__(self, name: str) -> str:
        """Return a field, empty when it was not sent."""
        return self.fields.get(name, "")


Handler = Callable[[Request, Given], Response]


def posted(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Return a page that is sent a form: read, its token checked, then given to `handler` in a thread."""

    async def answer(request: Request) -> Response:
        async with request.form(
            max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=LONGEST
        ) as sent:  # fmt: skip
            many: dict[str, list[str]] = {}
            files = []
            for name, value in sent.multi_items():
                if isinstance(value, UploadFile):
                    if value.filename:
                        files.append(Upload(_bare(value.filename), await value.read()))
                else:
                    many.setdefault(name, []).append(value)
        keys: Keys = request.app.state.keys
        if not keys.is_form(many.get("jeton", [""])[0]):
            return PlainTextResponse(EXPIRED, 403)
        given = Given({name: values[0] for name, values in many.items()}, many, files)
        return await run_in_threadpool(handler, request, given)

    return answer


def _bare(name: str) -> str:
    """Return the last part of a file name, however the browser's system writes paths."""
    kept = PurePath(name.replace("\\", "/")).name
    return "".join(char for char in kept if char.isprintable())[:150] or "fichier"


def day_of(text: str) -> date:
    """Return a day as a browser sends it. Raises `ProblemsFound`."""
    try:
        return values.day(text)
    except PydanticCustomError as error:
        said = error.context or {}
        raise ProblemsFound([Diagnostic(Place(""), "date", str(said.get("message")), str(said.get("hint")))]) from None
