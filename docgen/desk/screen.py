"""Pages as HTML: the templates of the desk filled, escaped, with the words of the house."""

from __future__ import annotations

import secrets
from datetime import date
from pathlib import Path
from typing import Any

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from docgen import __version__, formats
from docgen.desk.guard import Keys
from docgen.desk.state import Desk
from docgen.diagnostics import Diagnostic, ProblemsFound, Severity

PAGES = Path(__file__).parent / "pages"
MENU = (
    ("/", "Accueil"),
    ("/packs", "Packs"),
    ("/retours", "Retours"),
    ("/seances", "Séances et actes"),
    ("/modeles", "Modèles"),
    ("/etats", "États annuels"),
    ("/excel", "Excel"),
)


def _environment() -> jinja2.Environment:
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGES), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    env.filters |= {
        "jour": _day,
        "siret": formats.siret,
        "fr": formats.unbroken,
        "euros": formats.euros,
        "enumere": formats.listing,
    }
    env.globals |= {"plural": formats.plural, "menu": MENU, "version": __version__, "grave": _is_error, "ton": _tone}
    return env


def _day(day: date | None) -> str:
    return formats.short_date(day) if day else ""


def _is_error(problem: Diagnostic) -> bool:
    return problem.severity is Severity.ERROR


def _tone(problem: Diagnostic) -> tuple[str, str]:
    """Return how a problem looks on a page, and the word before it."""
    if problem.severity is Severity.ERROR:
        return "error", "Erreur"
    return ("warning", "À voir") if problem.severity is Severity.WARNING else ("info", "À savoir")


ENV = _environment()


def desk(request: Request) -> Desk:
    """Return what the desk knows."""
    found: Desk = request.app.state.desk
    return found


def page(request: Request, name: str, titre: str, status: int = 200, **said: Any) -> HTMLResponse:
    """Return a page of the desk; `titre` is what the window and its heading say."""
    keys: Keys = request.app.state.keys
    snapshot = desk(request).now()
    asked = request.url.path.replace("/actes", "/seances")
    here = next((path for path, _ in reversed(MENU) if asked.startswith(path) and path != "/"), "/")
    told = request.query_params.get("dit", "")
    common = {
        "titre": titre, "jeton": keys.form, "ici": here, "data": snapshot.data, "lisible": snapshot.whole,
        "erreurs": snapshot.problems,
        "dit": request.app.state.told.pop(told, "") if told else "",
    }  # fmt: skip
    return HTMLResponse(ENV.get_template(f"{name}.html.j2").render(**common, **said), status)


def told(request: Request, where: str, what: str) -> RedirectResponse:
    """Send the browser to a page that says first what was done: to reload it does nothing again."""
    key = secrets.token_urlsafe(6)
    request.app.state.told[key] = what
    return RedirectResponse(f"{where}{'&' if '?' in where else '?'}dit={key}", 303)


def shown(problem: Diagnostic) -> dict[str, Any]:
    """Return a problem as the script of the page shows it."""
    return {
        "dit": formats.unbroken(problem.message), "mend": formats.unbroken(problem.hint),
        "grave": _is_error(problem),
    }  # fmt: skip


def error_of(error: Exception) -> str:
    """Return an error as a sentence: without the place in the file, that a form does not show."""
    if isinstance(error, ProblemsFound):
        return " ".join(f"{_capital(one.message)}. {one.hint}".strip() for one in error.diagnostics)
    return str(error)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
