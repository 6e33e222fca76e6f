"""The tree that says what each part of a tagged PDF is: title, list, cell (PDF 1.7, 14.7). Reads it, writes it back.

In memory it is made of `Node`s, with what stands on the pages as leaves; the tree that leads from the pages back to it
(the parent tree) is made anew on writing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pikepdf import Array, Dictionary, Name, Object, Pdf


@dataclass(frozen=True)
class Content:
    """A marked content of a page."""

    page: int
    """From 0."""
    mcid: int


@dataclass(frozen=True)
class Annotation:
    """A field or a link of a page."""

    page: int
    """From 0."""
    obj: Object


@dataclass(eq=False)
class Node:
    """An element of the tree."""

    obj: Object
    role: str
    """A standard one: « H1 », « P », « TD »."""
    style: str = ""
    """As the program that made the PDF named it: « Title », « Text body »."""
    kids: list[Node | Content | Annotation] = field(default_factory=list)
    changed: bool = False
    """Whether its kids are to be written again."""

    def walk(self) -> Iterator[Node]:
        """Yield this element and all those below it, in the order of reading."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += [kid for kid in reversed(node.kids) if type(kid) is Node]

    def contents(self) -> Iterator[Content]:
        """Yield what stands on the pages for it and for those below it, in the order of reading."""
        for kid in self.kids:
            if isinstance(kid, Node):
                yield from kid.contents()
            elif isinstance(kid, Content):
                yield kid

    def insert(self, new: Node, after: Node | Content | None) -> None:
        """Put an element among its kids, right after one of them, or last."""
        self.kids.insert(len(self.kids) if after is None else self.kids.index(after) + 1, new)
        self.changed = True


def read(pdf: Pdf) -> Node:
    """Return the top of the tree. Raises `ValueError` when the PDF is not tagged."""
    root = pdf.Root.get("/StructTreeRoot")
    if root is None or "/K" not in root:
        raise ValueError("le PDF n'est pas balisé")
    roles = _Roles({name: str(value) for name, value in (root.get("/RoleMap") or {}).items()})
    pages = {page.obj.objgen: index for index, page in enumerate(pdf.pages)}
    top = root.K[0] if isinstance(root.K, Array) else root.K
    return _node(top, roles, pages, None)


class _Roles(dict[str, str]):
    """Of each style, the standard role that the map leads to."""

    def __init__(self, known: dict[str, str]) -> None:
        self.known = known

    def __missing__(self, style: str) -> str:
        role = style
        for _ in range(8):  # a role may be named after another one, and two after each other
            role = self.known.get(role, role)
        self[style] = role
        return role


def _node(obj: Object, roles: dict[str, str], pages: dict[tuple[int, int], int], page: int | None) -> Node:
    style = str(obj.S)
    if (own := obj.get("/Pg")) is not None:
        page = pages.get(own.objgen, page)
    node = Node(obj, roles[style][1:], style[1:])
    kids: Any = obj.get("/K")
    for kid in kids if isinstance(kids, Array) else [] if kids is None else [kids]:
        node.kids.extend(_kid(kid, roles, pages, page))
    return node


def _kid(
    kid: Any, roles: dict[str, str], pages: dict[tuple[int, int], int], page: int | None
) -> Iterator[Node | Content | Annotation]:
    if not isinstance(kid, Object):
        if page is not None:
            yield Content(page, int(kid))
        return
    if "/S" in kid:
        yield _node(kid, roles, pages, page)
        return
    here = pages.get(kid.Pg.objgen, page) if "/Pg" in kid else page
    if here is not None and "/MCID" in kid:
        yield Content(here, int(kid.MCID))
    elif here is not None and "/Obj" in kid:
        yield Annotation(here, kid.Obj)


def new(pdf: Pdf, role: str, *kids: Node | Content | Annotation, **attributes: Any) -> Node:
    """Return a new element; its attributes are keys of its dictionary: `Alt`, `A`."""
    obj = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name("/" + role), **attributes))
    return Node(obj, role, role, list(kids), changed=True)


def write(pdf: Pdf, top: Node) -> None:
    """Put the tree in the PDF, with the way back from each page and annotation."""
    pages = [page.obj for page in pdf.pages]
    owners: dict[int, dict[int, Object]] = {}
    annotations: list[tuple[Annotation, Object]] = []
    for node in top.walk():
        if f"/{node.role}" != node.obj.S:
            node.obj.S = Name("/" + node.role)
        if node.changed:
            _write_kids(node, pages)
        for kid in node.kids:
            if isinstance(kid, Content):
                owners.setdefault(kid.page, {})[kid.mcid] = node.obj
            elif isinstance(kid, Annotation):
                annotations.append((kid, node.obj))
    numbers = Array()
    for index, page in enumerate(pages):
        page.StructParents = index
        known = owners.get(index, {})
        numbers.append(index)
        numbers.append(pdf.make_indirect(Array(known.get(n) for n in range(max(known, default=-1) + 1))))
    for key, (annotation, owner) in enumerate(annotations, len(pages)):
        annotation.obj.StructParent = key
        numbers.append(key)
        numbers.append(owner)
    root = pdf.make_indirect(
        Dictionary(
            Type=Name.StructTreeRoot,
            K=Array([top.obj]),
            ParentTree=pdf.make_indirect(Dictionary(Nums=numbers)),
            ParentTreeNextKey=len(pages) + len(annotations),
        )
    )
    top.obj.P = root
    pdf.Root.StructTreeRoot = root
    pdf.Root.MarkInfo = Dictionary(Marked=True)


def _write_kids(node: Node, pages: Sequence[Object]) -> None:
    page = next((kid.page for kid in node.kids if isinstance(kid, Content)), None)
    if page is not None:
        node.obj.Pg = pages[page]
    written = Array()
    for kid in node.kids:
        if isinstance(kid, Node):
            kid.obj.P = node.obj
            written.append(kid.obj)
        elif isinstance(kid, Annotation):
            written.append(Dictionary(Type=Name.OBJR, Obj=kid.obj, Pg=pages[kid.page]))
        elif kid.page == page:
            written.append(kid.mcid)
        else:
            written.append(Dictionary(Type=Name.MCR, Pg=pages[kid.page], MCID=kid.mcid))
    # pyHanko knows a field of the tree at « /K /Obj » only; elsewhere, signing it would break the signatures before.
    node.obj.K = written[0] if len(written) == 1 and isinstance(node.kids[0], Annotation) else written


def rows(table: Node) -> Iterator[Node]:
    """Yield the rows of a table, those of its head and of its foot too."""
    for kid in table.kids:
        if isinstance(kid, Node) and kid.role == "TR":
            yield kid
        elif isinstance(kid, Node) and kid.role in ("THead", "TBody", "TFoot"):
            yield from rows(kid)


def with_role(top: Node, roles: Iterable[str]) -> Iterator[Node]:
    """Yield the elements of the tree that have one of the roles."""
    wanted = frozenset(roles)
    return (node for node in top.walk() if node.role in wanted)
