"""What each code of `docgen check` about a Word file means: what goes wrong, what not to write, what to write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

EXPLANATIONS = Path(__file__).with_name("explanations.yaml")


@dataclass(frozen=True)
class Explanation:
    """Of one code."""

    quoi: str
    """What goes wrong, and what it would do to the packs."""
    faire: str
    """How to mend it in Word."""
    eviter: str = ""
    """A sentence of a template that has the fault; nothing when no sentence shows it."""
    ecrire: str = ""
    """The same sentence as it should be."""


@cache
def codes() -> Mapping[str, Explanation]:
    """Return the explanation of each code."""
    found = yaml.safe_load(EXPLANATIONS.read_text("utf-8"))
    return {code: Explanation(**fields) for code, fields in found.items()}
