"""Runs inside LibreOffice: keeps documents open, puts other words in them, exports them, each time laid out anew.

`uno_worker` has LibreOffice's own Python load it: there a call costs microseconds, from outside a millisecond. Imports
nothing but the standard library and `uno`. Takes and gives JSON, in one argument:

    {"open": path of a .docx, "texts": […], "fills": {number: colour}}
                    each of its texts is « ⟦number⟧ », to be those instead; the cells that texts begin are so coloured
    {"put": path of the .docx, "texts": […], "fills": {number: colour}, "pdf": path to write}
    {"close": path of the .docx}

A text is replaced inside its run, so that it keeps the format of it. No page is kept from one export to the next: the
document has a window, hence a layout, only for the time of an export. What was in it before leaves no trace.
"""

import json

import uno
import unohelper
from com.sun.star.beans import PropertyValue
from com.sun.star.task import XJob

SHRINKING = "JustifyLinesWithShrinking"


def properties(values):
    """Return UNO's form of named values."""
    found = []
    for name, value in values.items():
        item = PropertyValue()
        item.Name, item.Value = name, value
        found.append(item)
    return tuple(found)


class Shape:
    """One document that is open without a window."""

    def __init__(self, context, docx):
        """Open it."""
        create = context.ServiceManager.createInstanceWithContext
        self.desktop = create("com.sun.star.frame.Desktop", context)
        self.document = create("com.sun.star.text.TextDocument", context)
        self.document.load(
            properties(
                {
                    "URL": uno.systemPathToFileUrl(docx),
                    "FilterName": "MS Word 2007 XML",
                    "Hidden": True,
                    "AsTemplate": True,
                    "UpdateDocMode": 0,
                    "MacroExecutionMode": 0,
                }
            )
        )
        self.document.getUndoManager().lock()
        settings = self.document.createInstance("com.sun.star.document.Settings")
        if settings.getPropertySetInfo().hasPropertyByName(SHRINKING):
            settings.setPropertyValue(SHRINKING, False)

    def fill(self, texts, fills):
        """Find the place of each text and put it there; raises `ValueError` when one has none."""
        self.cells, self.fills, self.texts = {}, fills, [None] * len(texts)
        self.show()
        try:
            self.places = self.find(len(texts))
        finally:
            self.hide()
        self.write(texts)

    def show(self):
        """Give the document a window, and with it a layout."""
        self.desktop.loadComponentFromURL(
            "private:object", "_blank", 0, properties({"Model": self.document, "Hidden": True})
        )

    def hide(self):
        """Take the window away, and the layout with it."""
        self.document.getCurrentController().getFrame().close(True)

    def find(self, count):
        """Return of each text the range of its mark and a cursor on all of it but its first character.

        A footer that several sections share has several.
        """
        wanted = self.document.createSearchDescriptor()
        wanted.SearchRegularExpression, wanted.SearchString = True, "⟦[0-9]+⟧"
        found, places = self.document.findAll(wanted), {}
        for index in range(found.getCount()):
            mark = found.getByIndex(index)
            said = mark.getString()
            cursor = mark.getText().createTextCursorByRange(mark)
            cursor.collapseToStart()
            cursor.goRight(1, False)
            cursor.goRight(len(said) - 1, True)
            places.setdefault(int(said[1:-1]), []).append((mark, cursor))
        if sorted(places) != list(range(count)):
            raise ValueError(f"{count} textes, {len(places)} retrouvés")
        return places

    def write(self, texts):
        """Put the texts in their places.

        What is typed takes the format of the character before it: the first character of a text stays until the others
        have taken it over.
        """
        for number, (text, former) in enumerate(zip(texts, self.texts, strict=True)):
            if text == former:
                continue
            for _, cursor in self.places[number]:
                if former is not None and text[0] == former[0]:
                    cursor.setString(text[1:])
                    continue
                cursor.setString(text)
                cursor.collapseToStart()
                cursor.goLeft(1, True)
                cursor.setString("")
                cursor.goRight(1, False)
                cursor.goRight(len(text) - 1, True)
            self.texts[number] = text

    def paint(self, fills):
        """Give their colours to the cells that the numbered texts begin."""
        for number, colour in fills.items():
            if self.fills.get(number) != colour:
                if number not in self.cells:
                    self.cells[number] = [mark.getPropertyValue("Cell") for mark, _ in self.places[int(number)]]
                for cell in self.cells[number]:
                    cell.setPropertyValue("BackColor", colour)
                self.fills[number] = colour

    def export(self, pdf, options):
        """Write the document as PDF, laid out from its beginning."""
        self.show()
        try:
            data = uno.Any("[]com.sun.star.beans.PropertyValue", properties(options))
            self.document.storeToURL(
                uno.systemPathToFileUrl(pdf), properties({"FilterName": "writer_pdf_Export", "FilterData": data})
            )
        finally:
            self.hide()


class Shapes(unohelper.Base, XJob):
    """The documents that are open, by path."""

    def __init__(self, context):
        """Take LibreOffice's context."""
        self.context, self.shapes = context, {}

    def execute(self, arguments):
        """Do what one request asks; return nothing, or what went wrong."""
        request = json.loads(arguments[0].Value)
        docx = request.get("open") or request.get("put") or request["close"]
        try:
            if "close" in request:
                self.close(docx)
            elif "open" in request:
                self.shapes[docx] = Shape(self.context, docx)
                self.shapes[docx].fill(request["texts"], request["fills"])
            else:
                self.shapes[docx].write(request["texts"])
                self.shapes[docx].paint(request["fills"])
                self.shapes[docx].export(request["pdf"], request["options"])
        except Exception as error:
            self.close(docx)  # whatever it now holds, nobody is to be given it
            return str(error) or type(error).__name__
        return ""

    def close(self, docx):
        """Forget a document."""
        if docx in self.shapes:
            self.shapes.pop(docx).document.close(True)


g_ImplementationHelper = unohelper.ImplementationHelper()
g_ImplementationHelper.addImplementation(Shapes, "docgen.Shapes", ())
