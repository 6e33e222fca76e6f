"""The only code that knows LibreOffice: loads a document once, exports it many times with other values.

Runs under the Python that has `uno` (LibreOffice's own or the system's), never inside docgen's process; imports
nothing but the standard library and `uno`. Speaks JSON, one object a line:

    argument   path of soffice, path of the profile
    says       {"ready": true}
    takes      {"shape": path of a .docx, "marks": [values of ⟦0⟧, ⟦1⟧…], "pdf": path to write}
    says       {"pdf": path}  or  {"error": why}

A document stays loaded until `KEPT` others were asked for. When standard input closes, LibreOffice ends too.
"""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections import OrderedDict

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException

KEPT = 8
FLAGS = ("--headless", "--invisible", "--nologo", "--nodefault", "--norestore", "--nolockcheck", "--nofirststartwizard")
START_SECONDS = 60
# Lossless images: LibreOffice otherwise recompresses the logo on every page, which costs half of the export.
PDF_OPTIONS = {
    "SelectPdfVersion": 2,
    "UseTaggedPDF": True,
    "ExportBookmarks": True,
    "ExportBookmarksToPDFDestination": True,
    "ReduceImageResolution": False,
    "UseLosslessCompression": True,
    "ExportFormFields": False,
}


def properties(**values):
    """Return UNO's form of named values."""
    found = []
    for name, value in values.items():
        item = PropertyValue()
        item.Name, item.Value = name, value
        found.append(item)
    return tuple(found)


class Office:
    """One LibreOffice process, with a profile of its own."""

    def __init__(self, soffice, profile):
        """Start it and wait until it answers; on a fresh profile it exits once (81) and wants to be started again."""
        self.documents = OrderedDict()
        pipe = f"docgen{os.getpid()}"
        command = [soffice, *FLAGS, f"-env:UserInstallation={uno.systemPathToFileUrl(profile)}",
                   f"--accept=pipe,name={pipe};urp;"]
        start = lambda: subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: E731
        self.process = start()
        resolver = uno.getComponentContext().ServiceManager.createInstance("com.sun.star.bridge.UnoUrlResolver")
        limit = time.monotonic() + START_SECONDS
        while True:
            try:
                context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
                break
            except NoConnectException:
                if time.monotonic() > limit:
                    raise
                if self.process.poll() is not None:
                    self.process = start()
                time.sleep(0.02)
        self.desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)

    def export(self, shape, marks, pdf):
        """Write the PDF of `shape` with its marks replaced by these values."""
        document = self.documents.pop(shape, None) or Document(self.desktop, shape)
        try:
            document.show(marks)
            document.store(pdf)
        except BaseException:
            document.close()
            raise
        self.documents[shape] = document
        while len(self.documents) > KEPT:
            self.documents.popitem(last=False)[1].close()


class Document:
    """A loaded document and the places of its marks."""

    def __init__(self, desktop, path):
        """Load a copy of the file (so that several processes may hold it); no macro runs, no link is followed."""
        self.model = desktop.loadComponentFromURL(
            uno.systemPathToFileUrl(path), "_blank", 0,
            properties(Hidden=True, AsTemplate=True, UpdateDocMode=0, MacroExecutionMode=0),
        )
        if self.model is None:
            raise ValueError("LibreOffice ne peut pas ouvrir le document")
        self.model.getUndoManager().lock()
        search = self.model.createSearchDescriptor()
        search.SearchRegularExpression = True
        search.SearchString = "\u27e6[0-9]+\u27e7"
        found = self.model.findAll(search)
        ranges = [found.getByIndex(i) for i in range(found.getCount())]
        self.places = [(int(place.getString()[1:-1]), place) for place in ranges]
        self.shown = {}

    def show(self, marks):
        """Put the values in their places; those that already stand there are left alone."""
        missing = set(range(len(marks))) - {number for number, _ in self.places}
        if missing:
            raise ValueError(f"{len(missing)} valeurs n'ont pas de place dans le document ouvert par LibreOffice")
        self.model.lockControllers()
        try:
            for index, (number, place) in enumerate(self.places):
                if self.shown.get(index) != marks[number]:
                    place.setString(marks[number])
                    self.shown[index] = marks[number]
        finally:
            self.model.unlockControllers()

    def store(self, pdf):
        """Export as PDF."""
        options = uno.Any("[]com.sun.star.beans.PropertyValue", properties(**PDF_OPTIONS))
        target = uno.systemPathToFileUrl(pdf)
        self.model.storeToURL(target, properties(FilterName="writer_pdf_Export", FilterData=options))

    def close(self):
        """Free the document; one that cannot be closed is left to the end of the process."""
        try:
            self.model.close(True)
        except Exception:
            self.model.dispose()


def listen(requests, office):
    """Pass on the lines of standard input; when it closes, end at once, even in the middle of an export."""
    for line in sys.stdin:
        requests.put(line)
    office.process.kill()
    os._exit(0)


def main():
    """Serve the requests of standard input until it closes or LibreOffice dies."""
    office = Office(*sys.argv[1:3])
    requests = queue.Queue()
    threading.Thread(target=listen, args=(requests, office), daemon=True).start()
    print(json.dumps({"ready": True}), flush=True)
    while True:
        request = json.loads(requests.get())
        try:
            office.export(request["shape"], request["marks"], request["pdf"])
            answer = {"pdf": request["pdf"]}
        except Exception as error:
            answer = {"error": str(error) or type(error).__name__}
            if office.process.poll() is not None:
                sys.exit(1)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
