"""The only code that knows LibreOffice: loads a document, exports it as PDF as often as asked, closes it.

Runs under the Python that has `uno` (LibreOffice's own or the system's), never inside docgen's process; imports
nothing but the standard library and `uno`. Speaks JSON, one object a line:

    arguments  path of soffice, path of the profile
    says       {"ready": true}
    takes      {"load": path of a .docx}
               {"export": path of the .docx, "pdf": path to write}
               {"close": path of the .docx}
               {"shape": what `uno_shapes` takes}
    says       {"done": path}  or  {"error": why}

When standard input closes, LibreOffice ends too.
"""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException
from com.sun.star.lang import DisposedException

FLAGS = (
    "--headless",
    "--invisible",
    "--nologo",
    "--nodefault",
    "--norestore",
    "--nolockcheck",
    "--nofirststartwizard",
)
START_SECONDS = 60
STARTS = 4
SHAPES = str(Path(__file__).resolve().with_name("uno_shapes.py"))
SHRINKING = "JustifyLinesWithShrinking"
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
        self.documents = {}
        pipe = f"docgen{os.getpid()}"
        command = [
            soffice,
            *FLAGS,
            f"-env:UserInstallation={uno.systemPathToFileUrl(profile)}",
            f"--accept=pipe,name={pipe};urp;",
        ]
        start = lambda: subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: E731
        self.process, starts = start(), 1
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
                    if starts == STARTS:  # it ends each time: waiting would not mend it
                        raise
                    self.process, starts = start(), starts + 1
                time.sleep(0.02)
        self.context, self.shapes = context, None
        self.desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)

    def load(self, docx):
        """Open a copy of the file (so that several processes may hold it); no macro runs, no link is followed."""
        document = self.desktop.loadComponentFromURL(
            uno.systemPathToFileUrl(docx),
            "_blank",
            0,
            properties(Hidden=True, AsTemplate=True, UpdateDocMode=0, MacroExecutionMode=0),
        )
        if document is None:
            raise ValueError("il ne peut pas être ouvert")
        self.keep_in_margins(document)
        self.renew_tables(document)
        self.documents[docx] = document

    def keep_in_margins(self, document):
        """Have justified lines only stretch: where LibreOffice 24.2 and later shrink them, some pass the margin."""
        settings = document.createInstance("com.sun.star.document.Settings")
        if settings.getPropertySetInfo().hasPropertyByName(SHRINKING) and settings.getPropertyValue(SHRINKING):
            settings.setPropertyValue(SHRINKING, False)
            document.refresh()

    def renew_tables(self, document):
        """Make the tables of contents anew; twice, because their own length moves what follows them."""
        tables = document.getDocumentIndexes()
        for _ in range(2):
            for number in range(tables.getCount()):
                tables.getByIndex(number).update()

    def export(self, docx, pdf):
        """Write the loaded document as PDF."""
        options = uno.Any("[]com.sun.star.beans.PropertyValue", properties(**PDF_OPTIONS))
        target = uno.systemPathToFileUrl(pdf)
        self.documents[docx].storeToURL(target, properties(FilterName="writer_pdf_Export", FilterData=options))

    def shape(self, request):
        """Have `uno_shapes` do what is asked, inside LibreOffice; raises when it cannot."""
        if self.shapes is None:
            create = self.context.ServiceManager.createInstanceWithContext
            loader = create("com.sun.star.loader.Python", self.context)
            if loader is None:
                raise ValueError("LibreOffice n'a pas son Python")
            maker = loader.activate("docgen.Shapes", "", uno.systemPathToFileUrl(SHAPES), None)
            self.shapes = maker.createInstanceWithContext(self.context)
        if "put" in request:
            request["options"] = PDF_OPTIONS
        said = uno.createUnoStruct("com.sun.star.beans.NamedValue", "request", json.dumps(request))
        if problem := self.shapes.execute((said,)):
            raise ValueError(problem)

    def close(self, docx):
        """Free the loaded document."""
        self.documents.pop(docx).close(True)


def listen(requests, office):
    """Pass on the lines of standard input; when it closes, end at once, even in the middle of an export."""
    for line in sys.stdin:
        requests.put(line)
    office.process.kill()
    os._exit(0)


def serve(office, request):
    """Do what one request asks; return the path that it names."""
    if "load" in request:
        office.load(request["load"])
        return request["load"]
    if "export" in request:
        office.export(request["export"], request["pdf"])
        return request["pdf"]
    if "shape" in request:
        office.shape(request["shape"])
        return ""
    office.close(request["close"])
    return request["close"]


def main():
    """Serve the requests of standard input until it closes or LibreOffice dies."""
    office = Office(*sys.argv[1:3])
    requests = queue.Queue()
    threading.Thread(target=listen, args=(requests, office), daemon=True).start()
    try:
        answer_all(office, requests)
    finally:  # who asked may be gone, its end of the pipe with it: LibreOffice does not stay behind
        office.process.kill()


def answer_all(office, requests):
    """Answer the requests one by one, for ever."""
    print(json.dumps({"ready": True}), flush=True)
    while True:
        request = json.loads(requests.get())
        try:
            answer = {"done": serve(office, request)}
        except DisposedException:  # LibreOffice is no more, whether the system has seen it or not
            sys.exit(1)
        except Exception as error:
            answer = {"error": str(error) or type(error).__name__}
            if office.process.poll() is not None:
                sys.exit(1)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
