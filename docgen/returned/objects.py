"""Every object of a file that its original lacks or has otherwise, when nobody was invited to put it there.

What a page draws is compared elsewhere. Invited are values in the text fields, signatures at their places, time-stamps
and what proves them (ISO 32000-2, 12.8: /DSS, /Perms). All else is told in one line a kind, with what it does to a
reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pikepdf

from docgen.returned import looks, properties
from docgen.returned.untrusted import MAX_OBJECTS, Unreadable, clean
from docgen.returned.version import Field, View

CATALOG = {
    "/OpenAction": "à l'ouverture, le fichier agit ou mène ailleurs (OpenAction)",
    "/AA": "le fichier agit de lui-même quand on l'ouvre, l'imprime ou le ferme (AA)",
    "/URI": "ses liens peuvent mener à une autre adresse (URI)",
    "/Collection": "il s'ouvre comme un porte-documents, qui peut montrer autre chose que le pack (Collection)",
    "/Lang": "une synthèse vocale le lirait dans une autre langue (Lang)",
    "/MarkInfo": "un lecteur d'écran n'en suivrait plus l'ordre (MarkInfo)",
    "/PageLabels": "le lecteur affiche d'autres numéros de page (PageLabels)",
    "/Names": "des renvois mènent ailleurs, ou un contenu caché a été ajouté (Names)",
    "/Dests": "des renvois mènent ailleurs (Dests)",
    "/ViewerPreferences": "il s'affiche autrement à l'ouverture (ViewerPreferences)",
    "/PageMode": "il s'affiche autrement à l'ouverture (PageMode)",
    "/PageLayout": "il s'affiche autrement à l'ouverture (PageLayout)",
    "/OCProperties": "des calques peuvent montrer ou cacher une partie des pages (OCProperties)",
    "/OutputIntents": "ses couleurs de référence ont changé (OutputIntents)",
    "/AF": "un fichier y est associé (AF)",
}
APART = frozenset(
    ["/Type", "/Pages", "/AcroForm", "/StructTreeRoot", "/Outlines", "/Metadata", "/DSS", "/Extensions", "/Version"]
)
"""What is looked at apart, or invited."""
FORM = {
    "/DA": "ce qui est tapé dans les champs a une autre encre ou une autre taille : il peut ne plus se voir (DA)",
    "/NeedAppearances": "chaque logiciel redessine les champs à sa façon : "
    "ce qui s'y voit n'est plus fixé (NeedAppearances)",
    "/CO": "des champs se calculent d'eux-mêmes (CO)",
    "/Q": "ce qui est tapé dans les champs s'aligne autrement (Q)",
}
WIDGET = {
    "/TU": "son infobulle, que lit une synthèse vocale, dit autre chose",
    "/DA": "ce qui y est tapé a une autre encre ou une autre taille : il peut ne plus se voir (DA)",
    "/DV": "« réinitialiser » y mettrait une autre valeur (DV)",
    "/AA": "il agit de lui-même quand on y entre, y tape ou en sort (AA)",
    "/A": "un clic y lance une action (A)",
    "/MK": "son fond ou son bord a changé : il peut cacher ce qui est dessous (MK)",
    "/BS": "son bord a changé (BS)",
    "/Border": "son bord a changé (Border)",
    "/RV": "un lecteur peut y montrer une autre valeur que celle qui est comparée (RV)",
    "/OC": "un calque peut le cacher (OC)",
    "/MaxLen": "sa longueur a changé (MaxLen)",
    "/Q": "ce qui y est tapé s'aligne autrement (Q)",
    "/Opt": "ses choix ont changé (Opt)",
}
PAGE = {
    "/AA": "elle agit d'elle-même quand on y arrive ou la quitte (AA)",
    "/Trans": "elle s'affiche avec un effet (Trans)",
    "/Dur": "elle passe d'elle-même à la suivante (Dur)",
    "/Thumb": "sa vignette peut montrer autre chose (Thumb)",
    "/Group": "ses couleurs se mêlent autrement (Group)",
    "/Tabs": "ses champs se suivent dans un autre ordre (Tabs)",
}
OF_PAGES = frozenset(
    ["/Type", "/Parent", "/Resources", "/MediaBox", "/CropBox", "/Rotate", "/UserUnit", "/Contents", "/Annots",
     "/StructParents", "/LastModified", "/PieceInfo", "/Metadata"]
)  # fmt: skip
"""What is looked at apart, or shows nothing to anybody."""
OF_FIELDS = frozenset(
    ["/V", "/AP", "/AS", "/M", "/I", "/P", "/Parent", "/StructParent", "/Kids", "/Rect", "/F", "/Ff", "/T", "/Type",
     "/Subtype", "/FT", "/NM"]
)  # fmt: skip
"""What is looked at apart, or invited."""
OF_SIGNERS = frozenset(["/Border", "/BS", "/MK", "/DA"])
"""What some programs write beside a signature (poppler 25), and which its own drawing makes void."""
ACTIONS = {
    "/URI": "mène à une adresse",
    "/GoTo": "mène à une autre page",
    "/Hide": "cache ou montre un champ",
    "/Named": "lance une commande du lecteur",
    "/ResetForm": "efface ce qui est tapé",
    "/Rendition": "joue un média",
    "/SetOCGState": "montre ou cache un calque",
}
COLOURS = {"g": 1, "rg": 3, "k": 4}
"""How many numbers give a colour, by its operator."""
MARKS = ("/ActualText", "/Alt", "/E", "/Lang", "/T")
"""What a reader by voice says in the place of what is seen."""


def changes(before: View, now: View, became: Mapping[int, int]) -> Iterator[str]:
    """Yield, a line each, what the objects of a file say otherwise; `became` gives the pages, from 1."""
    yield from _catalog(before, now)
    yield from _form(before, now)
    yield from _tags(before, now)
    yield from properties.changes(before.pdf, now.pdf)
    for name, new in now.fields.items():
        if name in before.fields:
            yield from _field(name, before.fields[name], new, before, now)
    for old, page in became.items():
        keys = _otherwise(before, before.pdf.pages[old - 1].obj, now, now.pdf.pages[page - 1].obj)
        for key in sorted(keys - OF_PAGES):
            yield f"page {page} : {PAGE.get(key) or f'une propriété y a été ajoutée ou changée ({clean(key, 40)})'}"


def _otherwise(before: View, old: Any, now: View, new: Any) -> set[str]:
    """Return the keys of two dictionaries whose values are not the same."""
    found = set()
    for key in {*old.keys(), *new.keys()}:
        a, b = old.get(key), new.get(key)
        if a is None or b is None or before.objects.of(a) != now.objects.of(b):
            found.add(key)
    return found


def _catalog(before: View, now: View) -> Iterator[str]:
    for key in sorted(_otherwise(before, before.pdf.Root, now, now.pdf.Root) - APART):
        if key == "/Perms":
            if {*now.pdf.Root.get("/Perms", {}).keys()} - {"/DocMDP"}:
                yield "le fichier donne d'autres droits à ses lecteurs (Perms)"
            continue
        said = CATALOG.get(key) or f"une entrée que le pack n'a pas y a été ajoutée ou changée ({clean(key, 40)})"
        yield said + (_done(now.pdf.Root.get(key)) if key in ("/OpenAction", "/AA") else "")
    if _outline(before.pdf) != _outline(now.pdf):
        yield "les signets, à gauche de la page, ne sont plus ceux du pack (Outlines)"


def _done(action: Any) -> str:
    """Return what an action does, in brackets; nothing when it is none."""
    kinds = []
    waiting = [action]
    for _ in range(100):
        if not waiting:
            break
        found = waiting.pop()
        if isinstance(found, pikepdf.Array):
            waiting += found.as_list()
        elif isinstance(found, pikepdf.Dictionary):
            kinds.append(str(found.get("/S", "")))
            waiting += [value for value in found.values() if isinstance(value, pikepdf.Dictionary)][:20]
    said = [f"{kind.lstrip('/')} : {ACTIONS.get(kind, 'une action')}" for kind in kinds if kind]
    return f" ; {clean(', '.join(dict.fromkeys(said)), 120)}" if said else ""


def acts(note: Any) -> str:
    """Return what a click on an annotation does; nothing when it does nothing."""
    return "".join(_done(note.get(key)) for key in ("/A", "/AA"))


def _outline(pdf: pikepdf.Pdf) -> list[tuple[str, int, str]]:
    """Return the bookmarks of a document: their titles, their pages and what else they do."""
    pages = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
    found: list[tuple[str, int, str]] = []
    waiting = [pdf.Root.get("/Outlines")]
    while waiting:
        item = waiting.pop()
        if not isinstance(item, pikepdf.Dictionary):
            continue
        if len(found) > MAX_OBJECTS:
            raise Unreadable("le PDF est piégé : ses signets sont sans fin")
        action = item.get("/A")
        target = item.get("/Dest", action.get("/D") if isinstance(action, pikepdf.Dictionary) else None)
        spot = target[0] if isinstance(target, pikepdf.Array) and len(target) else None
        page = pages.get(spot.objgen, -1) if isinstance(spot, pikepdf.Dictionary) else -1
        kind = str(action.get("/S")) if isinstance(action, pikepdf.Dictionary) else ""
        found.append((str(item.get("/Title", "")), page, kind if kind != "/GoTo" else ""))
        waiting += [item.get("/Next"), item.get("/First")]
    return found


def _form(before: View, now: View) -> Iterator[str]:
    old, new = (view.pdf.Root.get("/AcroForm", pikepdf.Dictionary()) for view in (before, now))
    if not len(new) or not isinstance(new, pikepdf.Dictionary):
        return
    for key in sorted(_otherwise(before, old, now, new) - {"/Fields", "/DR", "/SigFlags"}):
        unset = key == "/NeedAppearances" and not bool(new.get(key, False))
        if not unset:
            yield FORM.get(key) or f"le formulaire a une entrée que le pack n'a pas ({clean(key, 40)})"
    kept = {name: before.objects.of(font) for name, font in _named_fonts(old)}
    if any(name in kept and now.objects.of(font) != kept[name] for name, font in _named_fonts(new)):
        yield "la police de ce qui est tapé dans les champs a été remplacée : elle peut montrer d'autres lettres (DR)"


def _named_fonts(form: Any) -> Iterator[tuple[str, Any]]:
    resources = form.get("/DR")
    fonts = resources.get("/Font") if isinstance(resources, pikepdf.Dictionary) else None
    if isinstance(fonts, pikepdf.Dictionary):
        yield from fonts.items()


def _field(name: str, old: Field, new: Field, before: View, now: View) -> Iterator[str]:
    pairs = [(old.node, new.node), *zip(old.widgets, new.widgets, strict=False)]
    keys = {key for a, b in pairs for key in _otherwise(before, a, now, b)} - OF_FIELDS
    if new.kind == "/Sig" and new.value:
        keys -= OF_SIGNERS
    if "/DA" in keys and all(legible(str(b.get("/DA", ""))) for _, b in pairs if "/DA" in b):
        keys.remove("/DA")
    for key in sorted(keys):
        shown = clean(str(new.node.get("/TU", "")), 80) if key == "/TU" else ""
        quoted = f" : « {shown} »" if shown else ""
        action = "".join(acts(widget) for widget in new.widgets[:1]) if key in ("/A", "/AA") else ""
        said = WIDGET.get(key) or f"une propriété y a été ajoutée ou changée ({clean(key, 40)})"
        yield f"le champ « {name} » a été modifié : {said}{quoted}{action}"
    if any(looks.hidden(b) and not looks.hidden(a) for a, b in zip(old.widgets, new.widgets, strict=False)):
        yield f"le champ « {name} » est caché, à l'écran ou à l'impression"
    if any({*b.get("/AP", {}).keys()} - {"/N"} for b in new.widgets if isinstance(b.get("/AP"), pikepdf.Dictionary)):
        yield f"le champ « {name} » montre autre chose quand on passe dessus (AP)"
    rules = [int(_flags(field)) & ~1 for field in (old, new)]
    if rules[0] != rules[1]:
        yield f"le champ « {name} » ne se remplit plus de la même façon (Ff)"


def legible(ink: str) -> bool:
    """Tell whether what is typed with that appearance is dark enough and large enough to be read.

    >>> legible("/Helv 0 Tf 0 g"), legible("/Helv 0 Tf 1 1 1 rg"), legible("/Helv 0.1 Tf 0 g")
    (True, False, False)
    """
    words = ink.split()
    grey: list[float] = [0.0]
    size = 0.0
    try:
        for rank, word in enumerate(words):
            if word in COLOURS:
                grey = [float(value) for value in words[rank - COLOURS[word] : rank]]
                grey = [1 - value for value in grey] if word == "k" else grey
            elif word == "Tf":
                size = float(words[rank - 1])
    except ValueError:
        return False
    return max(grey) <= 0.5 and (size == 0 or size >= 6)


def _flags(field: Field) -> Any:
    return field.node.get("/Ff", 0)


def _tags(before: View, now: View) -> Iterator[str]:
    """Yield what a reader by voice would be told otherwise."""
    old, new = (view.pdf.Root.get("/StructTreeRoot") for view in (before, now))
    if old is None and new is None:
        return
    if new is None:
        yield "les balises ont été enlevées : un lecteur d'écran ne sait plus dans quel ordre le lire (StructTreeRoot)"
        return
    was, said = (_elements(one) if one is not None else [] for one in (old, new))
    if was == said:
        return
    words = [w for w in said if w not in set(was)]
    if voiced := next((v for w in words for v in w[1:] if v), ""):
        yield f"une synthèse vocale y lit autre chose que ce qui se voit : « {clean(voiced, 80)} » (ActualText, Alt)"
    else:
        yield "les balises ont changé : un lecteur d'écran le lirait autrement (StructTreeRoot)"


def _elements(root: Any) -> list[tuple[str, ...]]:
    """Return the elements of a structure in their order, each with what is said in its place."""
    found: list[tuple[str, ...]] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, pikepdf.Array):
            waiting += reversed(node.as_list())
        elif isinstance(node, pikepdf.Dictionary):
            if node.get("/Type") in ("/OBJR", "/MCR") or len(found) > 10 * MAX_OBJECTS:
                continue
            found.append((str(node.get("/S", "")), *(str(node.get(key, "")) for key in MARKS)))
            waiting.append(node.get("/K"))
    return found


def orphans(before: View, now: View) -> Iterator[str]:
    """Yield what an update put in the file that nothing calls: a later one would bring it out."""
    old = {thing.objgen for thing in before.pdf.objects if isinstance(thing, pikepdf.Object)}
    new = [t for t in now.pdf.objects if isinstance(t, pikepdf.Dictionary | pikepdf.Stream) and t.objgen not in old]
    if not new:
        return
    called = _called(now.pdf)
    hidden = [thing for thing in new if thing.objgen not in called and _draws(thing)]
    if hidden:
        yield "il cache d'autres pages, que rien ne montre encore : une autre modification les ferait paraître"


def _draws(thing: Any) -> bool:
    """Tell whether an object is a page or a document: what a field showed before it was typed again is none."""
    return str(thing.get("/Type", "")) in ("/Page", "/Pages", "/Catalog")


def _called(pdf: pikepdf.Pdf) -> set[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    waiting: list[Any] = [pdf.trailer]
    while waiting:
        thing = waiting.pop()
        if not isinstance(thing, pikepdf.Object):
            continue
        if thing.is_indirect:
            if thing.objgen in found:
                continue
            found.add(thing.objgen)
        if isinstance(thing, pikepdf.Array):
            waiting += thing.as_list()
        elif isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
            waiting += [value for key, value in thing.items() if key != "/Prev" or thing is not pdf.trailer]
    return found
