"""Stands for the program that drives LibreOffice, and fails in the way that its first argument names."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path


def main() -> None:
    way, _, given = sys.argv[1].partition("=")
    victim = os.environ.get("DOCGEN_TEST_VICTIM", "")
    if way == "never-starts":
        sys.exit(1)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        request = request.get("shape", request)
        docx = next(request[verb] for verb in ("load", "export", "open", "put", "close") if verb in request)
        if "pdf" in request and victim in Path(request["pdf"]).name:
            fail(way, given, Path(request["pdf"]))
        elif "pdf" in request:
            shutil.copy(given or "", request["pdf"]) if given else Path(request["pdf"]).write_bytes(b"%PDF-1.7 %%EOF")
        print(json.dumps({"done": docx}), flush=True)


def fail(way: str, given: str, pdf: Path) -> None:
    if way == "hangs":
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        time.sleep(600)
    elif way == "dies":
        os._exit(77)
    elif way == "refuses":
        print(json.dumps({"error": "il ne peut pas être ouvert"}), flush=True)
        sys.stdin.readline()
    elif way == "babbles":
        print("Warning: failed to launch javaldx", flush=True)
    elif way == "truncates":
        pdf.write_bytes(b"%PDF-1.7\n1 0 obj")
    elif way == "empties":
        pdf.write_bytes(b"")
    elif way == "gives-another":
        shutil.copy(given, pdf)


if __name__ == "__main__":
    main()
