"""What is printed where the record says nothing: dots to write on, that know which field they stand for."""

from __future__ import annotations

BLANK = "…" * 14
"""Room to write by hand."""
SHORT_BLANK = "…" * 8
"""Room for a number, in a narrow column: dots that run over two lines are two blanks to the eye."""


class Blank(str):
    """Dots that stand for a field: the finished PDF has a field to fill on screen over them."""

    chemin: str
    """The field, as a template writes it: « referent.telephone »; its row too in a list: « montants.lignes.1.prix »."""
    explication: str

    def __new__(cls, chemin: str, explication: str) -> Blank:
        """Return the dots for that field."""
        self = super().__new__(cls, SHORT_BLANK if chemin.startswith(("montants.", "souscription.")) else BLANK)
        self.chemin, self.explication = chemin, explication
        return self

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]
        """Return what makes it again in another process."""
        return self.chemin, self.explication

    def __bool__(self) -> bool:
        """Tell `{% if referent.courriel %}` that there is none."""
        return False

    def _unknown(self, _: object) -> bool:
        """A number that is not known is neither more nor less than another."""
        return False

    __lt__ = __le__ = __gt__ = __ge__ = _unknown
