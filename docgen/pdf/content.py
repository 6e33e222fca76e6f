"""The drawing instructions of a page, so that each is either tagged or an ornament (PDF/UA-1, 7.1).

LibreOffice leaves the lines of tables and headers outside of any tag, and draws pictures as ornaments.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass

TOKEN = re.compile(
    rb"\((?:[^()\\]|\\.)*\)"
    rb"|/[^\s/<>\[\]()]+\s*(?P<props><<(?:[^<>]|<[0-9A-Fa-f]*>)*>>|/[^\s/<>\[\]()]+)?\s*(?P<open>BMC|BDC)(?!\S)"
    rb"|(?<!\S)(?P<close>EMC)(?!\S)",
    re.S,
)
"""The beginning or the end of a marked content; strings, because they may look like one."""
PAINTS = re.compile(rb"(?<!\S)(?:[SsfFbB]\*?|sh|Do|T[jJ]|['\"]|BI)(?!\S)")
LINE = re.compile(
    rb"^(?:/[^\s/<>\[\]()]+\s*(?P<props><<(?:[^<>]|<[0-9A-Fa-f]*>)*>>|/[^\s/<>\[\]()]+)?\s*(?P<open>BMC|BDC)|(?P<close>EMC))$",
    re.M,
)
"""The same where each stands on a line of its own, as LibreOffice writes them: much quicker to find."""
MARKED = (b"BMC", b"BDC", b"EMC")
MCID = re.compile(rb"/MCID\s+(\d+)")
IMAGE = re.compile(rb"(?<!\S)([-\d.]+) [-\d.]+ [-\d.]+ ([-\d.]+) ([-\d.]+) ([-\d.]+) cm\s*/\S+ Do(?!\S)")
CLIP = re.compile(rb"(?<!\S)([-\d.]+) ([-\d.]+) re\s+W\*? n(?!\S)")
ARTIFACT = b"/Artifact BMC\n"
END = b"\nEMC\n"


@dataclass(frozen=True)
class Image:
    """A picture as it is drawn: points, from the bottom left corner of the page."""

    left: float
    bottom: float
    width: float
    height: float
    clip: tuple[float, float]
    """The width and the height of what is shown of it."""


def complete(drawing: bytes, is_figure: Callable[[Image, int], bool], ornaments: Container[int] = ()) -> bytes:
    """Return the instructions with all that was drawn outside of any tag made an ornament.

    `is_figure` is asked of each picture drawn as an ornament; when it says yes, the picture gets the mark of the
    number that it was told (the next free MCID). `ornaments` are the MCIDs that hold one without saying so.
    """
    free = max((int(found) for found in MCID.findall(drawing)), default=-1) + 1
    out: list[bytes] = []
    depth = start = 0
    opening: re.Match[bytes] | None = None
    for token in _tokens(drawing):
        if token["open"]:
            if not depth:
                out.append(_as_ornament(drawing[start : token.start()]))
                start, opening = token.start(), token
            depth += 1
        elif token["close"] and depth:
            depth -= 1
            if not depth and opening:
                said = drawing[start : token.end()]
                if (mark := MCID.search(opening.group())) and int(mark[1]) in ornaments:
                    said = ARTIFACT + said[opening.end() - start :]
                if b" Do" in said and (image := _picture(said)) and is_figure(image, free):
                    said = b"/Figure<</MCID %d>>BDC" % free + said[opening.end() - start :]
                    free += 1
                out.append(said)
                start = token.end()
    out.append(_as_ornament(drawing[start:]))
    return b"".join(out)


def _tokens(drawing: bytes) -> Iterable[re.Match[bytes]]:
    """Return the beginnings and the ends of marked contents, in order, maybe with strings among them."""
    found = list(LINE.finditer(drawing)) if b"(" not in drawing else []
    return found if len(found) == sum(map(drawing.count, MARKED)) else TOKEN.finditer(drawing)


def _as_ornament(drawing: bytes) -> bytes:
    return ARTIFACT + drawing.strip() + END if PAINTS.search(drawing) else drawing


def _picture(drawing: bytes) -> Image | None:
    """Return the picture that an ornament draws; None when it is none, or more than that."""
    found = IMAGE.findall(drawing) if drawing.startswith(b"/Artifact") else []
    if len(found) != 1:
        return None
    width, height, left, bottom = (float(number) for number in found[0])
    clips = CLIP.findall(drawing)
    clip = (float(clips[-1][0]), float(clips[-1][1])) if clips else (width, height)
    return Image(left, bottom, width, height, clip)
