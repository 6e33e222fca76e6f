"""The desk as a process of its own, and as a client that speaks to its pages without a browser."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.testclient import TestClient

from docgen.desk.app import application
from docgen.desk.guard import Keys
from docgen.records.workspace import Workspace

PORT = 8765


@dataclass
class Served:
    """A desk that runs."""

    process: subprocess.Popen[str]
    address: str
    """With its secret."""

    @property
    def base(self) -> str:
        return self.address.split("/?")[0]

    def end(self, number: int = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(60)


@contextlib.contextmanager
def served(root: Path, **more: str) -> Iterator[Served]:
    """Run `docgen desk` in a folder for the time of a `with`."""
    command = [sys.executable, "-m", "docgen", "desk", "--no-browser"]
    errors = (root.parent / f"{root.name}.err").open("w")
    with errors, subprocess.Popen(
        command, cwd=root, stdout=subprocess.PIPE, stderr=errors, text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), **more},
    ) as process:  # fmt: skip
        assert process.stdout
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found, (root.parent / f"{root.name}.err").read_text()
        one = Served(process, found[0])
        try:
            yield one
        finally:
            one.end()


@dataclass
class Pages:
    """The pages of a desk in this process, as somebody who was let in sees them."""

    root: Path

    def __post_init__(self) -> None:
        guarded, self.app = application(Workspace(self.root), PORT)
        self.client = TestClient(guarded, base_url=f"http://127.0.0.1:{PORT}", raise_server_exceptions=False)
        self.keys: Keys = self.app.state.keys
        self.client.get(f"/?cle={self.keys.address}")

    def get(self, path: str) -> str:
        """Return a page, no-break spaces as plain ones."""
        return plain(self.client.get(path).text)

    def status(self, path: str) -> int:
        return self.client.get(path).status_code

    def post(self, path: str, fields: Mapping[str, str] | None = None, file: tuple[str, bytes] | None = None) -> str:
        """Return the page that answers a form, the one that it leads to."""
        return plain(self.send(path, fields, file).text)

    def send(self, path: str, fields: Mapping[str, object] | None = None, file: tuple[str, bytes] | None = None):  # type: ignore[no-untyped-def]
        headers = {"origin": f"http://127.0.0.1:{PORT}"}
        data = {"jeton": self.keys.form, **(fields or {})}
        files = {"fichier": file} if file else None
        return self.client.post(path, data=data, files=files, headers=headers)

    def fields(self, path: str) -> dict[str, str]:
        """Return what the record's form on a page says, as a browser would send it back."""
        page = self.client.get(path).text
        form = page[page.index('class="record"') :]
        form = form[: form.index("</form>")]
        found = dict(re.findall(r'<input[^>]* name="([^"]+)" value="([^"]*)"', form))
        found |= dict(re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n([^<]*)</textarea>', form))
        for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
            chosen = re.search(r"<option(?: value=\"([^\"]*)\")? selected>([^<]*)", options)
            found[name] = "" if chosen is None else chosen[2] if chosen[1] is None else chosen[1]
        return {
            name: value.replace("&#39;", "'").replace("&amp;", "&").replace("&#34;", '"')
            for name, value in found.items()
        }


def plain(text: str) -> str:
    return text.replace("\xa0", " ").replace("&#39;", "'").replace("&nbsp;", " ")
