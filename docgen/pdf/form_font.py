"""The font of what is typed in the fields: embedded, since PDF/A takes no font on trust, with the letters of French."""

from __future__ import annotations

import io
import logging
import zlib
from functools import lru_cache
from pathlib import Path

from pikepdf import Array, Dictionary, Name, Object, Pdf

from docgen.diagnostics import ToolMissing

logging.getLogger("fontTools").setLevel(logging.ERROR)  # it remarks on the dates of fonts
FIRST, LAST = 32, 255
LETTERS = [ord(code) if (code := bytes([n]).decode("cp1252", "ignore")) else 0 for n in range(FIRST, LAST + 1)]
"""Of each code of WinAnsiEncoding, its character; 0 where it has none."""


def form_font(pdf: Pdf, file: Path) -> Object:
    """Return the font in the PDF. Raises `ToolMissing` when the file is not a TrueType font."""
    data, length, widths, box, ascent, descent, name = _subset(file)
    descriptor = pdf.make_indirect(
        Dictionary(
            Type=Name.FontDescriptor,
            FontName=Name("/" + name),
            Flags=32,
            FontBBox=Array(box),
            ItalicAngle=0,
            Ascent=ascent,
            Descent=descent,
            CapHeight=ascent,
            StemV=80,
            FontFile2=pdf.make_stream(data, Length1=length, Filter=Name.FlateDecode),
        )
    )
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.TrueType,
            BaseFont=Name("/" + name),
            FirstChar=FIRST,
            LastChar=LAST,
            Widths=Array(widths),
            Encoding=Name.WinAnsiEncoding,
            FontDescriptor=descriptor,
        )
    )


@lru_cache(maxsize=4)
def _subset(file: Path) -> tuple[bytes, int, list[int], list[int], int, int, str]:
    """Return the letters of French of a font, compressed, and their measures in thousandths of its size."""
    from fontTools import subset  # a build that has nothing to do does not wait for it
    from fontTools.ttLib import TTFont, TTLibError

    options = subset.Options(hinting=False, layout_features=[], recalc_timestamp=False, notdef_outline=True)
    try:
        font = TTFont(file, recalcTimestamp=False)
    except (OSError, TTLibError) as error:
        raise ToolMissing(f"la police des champs ne peut pas être lue : {file.name} ({error})") from None
    family = str(font["name"].getBestFamilyName() or "Champ").replace(" ", "")
    chosen = subset.Subsetter(options)
    chosen.populate(unicodes=[letter for letter in LETTERS if letter])
    chosen.subset(font)
    known, advances = font.getBestCmap(), font["hmtx"]
    per_em = font["head"].unitsPerEm

    def scaled(units: float) -> int:
        return int(units * 1000 / per_em + 0.5)

    widths = [scaled(advances[known[letter]][0]) if letter in known else 0 for letter in LETTERS]
    head, metrics = font["head"], font["hhea"]
    box = [scaled(n) for n in (head.xMin, head.yMin, head.xMax, head.yMax)]
    buffer = io.BytesIO()
    font.save(buffer)
    data, name = buffer.getvalue(), f"CHAMPS+{family}"
    return zlib.compress(data, 9), len(data), widths, box, scaled(metrics.ascent), scaled(metrics.descent), name
