"""`docgen desk`: serves the pages on this machine alone, opens the browser, ends with the last window or Ctrl+C."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import webbrowser
from collections.abc import Callable, Iterator

import uvicorn
from starlette.applications import Starlette

from docgen.desk.app import application
from docgen.desk.guard import Keys
from docgen.diagnostics import CannotWrite
from docgen.records.workspace import Workspace

HOST = "127.0.0.1"
BEAT = 0.5
"""Seconds between two looks at whether somebody is still there."""


def serve(place: Workspace, say: Callable[[str], None], port: int = 0, browser: bool = True) -> None:
    """Serve the desk of a workspace until it is left; `say` tells its address.

    `port` 0 takes one that is free. Raises `CannotWrite` when that port is taken.
    """
    with _socket(port) as listening:
        number = listening.getsockname()[1]
        guarded, pages = application(place, number)
        keys: Keys = pages.state.keys
        settings = uvicorn.Config(
            guarded, log_level="warning", access_log=False, server_header=False, date_header=False, lifespan="off",
            timeout_graceful_shutdown=2,
        )  # fmt: skip
        server = uvicorn.Server(settings)
        say(f"Le bureau est ouvert : http://{HOST}:{number}/?cle={keys.address}")
        say("Cette adresse est la vôtre : ne la donnez à personne. Ctrl+C, ou « Fermer » dans la page, pour finir.")
        pages.state.desk.now()  # the first page is quick
        if browser:
            address = f"http://{HOST}:{number}/?cle={keys.once}"
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
        try:
            asyncio.run(_served(server, listening, pages))
        except KeyboardInterrupt:
            say("\nLe bureau est fermé.")
        finally:
            pages.state.making.end()


async def _served(server: uvicorn.Server, listening: socket.socket, pages: Starlette) -> None:
    watching = asyncio.create_task(_watched(server, pages))
    try:
        await server.serve(sockets=[listening])
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching


async def _watched(server: uvicorn.Server, pages: Starlette) -> None:
    """End the server once nobody is there any more and nothing is being made."""
    while not server.should_exit:
        await asyncio.sleep(BEAT)
        gone = pages.state.presence.over() and not pages.state.making.running
        if pages.state.leaving or gone:
            server.should_exit = True
    pages.state.making.stop(closing=True)


@contextlib.contextmanager
def _socket(port: int) -> Iterator[socket.socket]:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.bind((HOST, port))
        listening.listen(128)  # the browser may be quicker than what follows
    except OSError:
        listening.close()
        said = f"le port {port} est déjà pris : laissez docgen en choisir un, ou donnez-en un autre (--port)"
        raise CannotWrite(said) from None
    try:
        yield listening
    finally:
        listening.close()
