"""The fonts that a template asks for: in its text, by the styles and the levels of lists that the text uses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lxml import etree

from docgen.word.package import PARSER, W
from docgen.word.template import Template


def families(template: Template) -> set[str]:
    """Return the font families that the text of the template asks for, itself and by the styles that it uses."""
    found: set[str] = set()
    theme = template.members.get("word/theme/theme1.xml", b"").decode("utf-8", "replace")
    sources = [part.source for part in template.parts]
    used = {style for source in sources for style in re.findall(r'<w:(?:[pr]|tbl)Style w:val="([^"]+)"', source)}
    asking = [*sources, *_styles_used(template, used)]
    for text in (*asking, *_signs_used(template, asking)):
        own = re.sub(r"<m:r>.*?</m:r>|<m:r .*?</m:r>", "", text)  # an equation has a font of its own everywhere
        found |= set(re.findall(r'<w:rFonts [^>]*?w:(?:ascii|hAnsi)="([^"{]+)"', own))
        for kind in re.findall(r'w:asciiTheme="(m\w+)HAnsi"', own):
            if match := re.search(rf"<a:{kind}Font>\s*<a:latin typeface=\"([^\"]+)\"", theme):
                found.add(match.group(1))
    return found


def _styles_used(template: Template, used: Iterable[str]) -> Iterator[str]:
    """Yield the XML of the defaults, of the default styles, of those used and of those that they are based on."""
    data = template.sources.get("word/styles.xml")
    if not data:
        return
    root = etree.fromstring(data.encode(), PARSER)
    for defaults in root.iter(f"{W}docDefaults"):
        yield str(etree.tostring(defaults, encoding="unicode"))
    known = {style.get(f"{W}styleId", ""): style for style in root.iter(f"{W}style")}
    waiting = [*used, *(name for name, style in known.items() if style.get(f"{W}default") == "1")]
    told: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in told or name not in known:
            continue
        told.add(name)
        yield str(etree.tostring(known[name], encoding="unicode"))
        base = known[name].find(f"{W}basedOn")
        waiting += [base.get(f"{W}val", "")] if base is not None else []


def _signs_used(template: Template, asking: Iterable[str]) -> Iterator[str]:
    """Yield the XML of the levels of lists that the text and its styles ask for: the others may ask for any font."""
    listed = [text for text in asking if "<w:numPr" in text]
    depths = {"0", *(depth for text in listed for depth in re.findall(r'<w:ilvl w:val="(\d)"', text))}
    data = template.sources.get("word/numbering.xml")
    if data and listed:
        for level in etree.fromstring(data.encode(), PARSER).iter(f"{W}lvl"):
            if level.get(f"{W}ilvl") in depths:
                yield str(etree.tostring(level, encoding="unicode"))
