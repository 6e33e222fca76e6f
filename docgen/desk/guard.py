"""Who may speak to the desk: the browser that it opened, on this machine, from its own pages; nobody else.

- the socket is on 127.0.0.1 alone, and the Host must be that: a name that somebody points there is refused (DNS
  rebinding);
- the first address holds a secret, that a cookie replaces (HttpOnly, SameSite=Strict);
- what writes comes from a page of ours: Origin, and a token in each form (OWASP, CSRF Prevention Cheat Sheet);
- what is sent is limited, and pages may load nothing from elsewhere (Content-Security-Policy).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BYTES = 64_000_000
"""A returned pack with its annexes, scanned, is less; so is the largest acknowledgement."""
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # « no-referrer » would take the Origin from forms too
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
LEAVE = "Cette adresse n'ouvre rien : reprenez celle que « docgen desk » a affichée dans le terminal.\n"


@dataclass
class Keys:
    """The secrets of one run of the desk."""

    address: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    """In the address that the terminal shows."""
    once: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    """In the address given to the browser, where other users of the machine may read it: it serves once."""
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    """In the cookie."""

    @property
    def form(self) -> str:
        """The token of the forms."""
        return hmac.new(self.session.encode(), b"form", hashlib.sha256).hexdigest()

    def opens(self, given: str) -> bool:
        """Tell whether an address opens the desk; the one that serves once is then spent."""
        if self.once and secrets.compare_digest(given.encode(), self.once.encode()):
            self.once = ""
            return True
        return secrets.compare_digest(given.encode(), self.address.encode())

    def is_session(self, given: str) -> bool:
        """Tell whether that cookie is ours."""
        return secrets.compare_digest(given.encode(), self.session.encode())

    def is_form(self, given: str) -> bool:
        """Tell whether that token is of one of our forms."""
        return secrets.compare_digest(given.encode(), self.form.encode())


class Guard:
    """Stands before all pages."""

    def __init__(self, app: ASGIApp, keys: Keys, port: int) -> None:
        """Guard `app`, that is served at that port of this machine."""
        self.app, self.keys = app, keys
        self.cookie = f"docgen-{port}"  # a browser does not keep the cookies of two ports apart
        self.hosts = (f"127.0.0.1:{port}", f"localhost:{port}")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the page answer."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    kept.setdefault(name, value)
            await send(message)

        refused = self._refused(scope, headers)
        if refused is not None:
            await refused(scope, receive, sealed)
            return
        await self.app(scope, _limited(receive), sealed)

    def _refused(self, scope: Scope, headers: Headers) -> ASGIApp | None:
        """Return the answer to who may not speak to the desk; None to who may."""
        host = headers.get("host", "")
        if host not in self.hosts:
            return _no(421, "Cette adresse n'est pas celle de docgen.\n")
        given = parse_qs(scope["query_string"].decode("latin-1")).get("cle", [""])[0]
        if scope["path"] == "/" and given and self.keys.opens(given):
            entered = RedirectResponse("/", 303)
            entered.set_cookie(self.cookie, self.keys.session, httponly=True, samesite="strict", path="/")
            return entered
        if not self.keys.is_session(cookie_parser(headers.get("cookie", "")).get(self.cookie, "")):
            return _no(403, LEAVE)
        if scope["method"] not in ("GET", "HEAD"):
            if headers.get("origin") != f"http://{host}":
                return _no(403, "Cette demande ne vient pas d'une page de docgen.\n")
            if int(headers.get("content-length") or 0) > MAX_BYTES:
                return _no(413, "Ce fichier dépasse 64 Mo.\n")
        return None


def _no(status: int, said: str) -> PlainTextResponse:
    return PlainTextResponse(said, status)


def _limited(receive: Receive) -> Receive:
    """Return what gives a request piece by piece, and stops when it is too much."""
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MAX_BYTES:
            raise HTTPException(413)
        return message

    return limited
