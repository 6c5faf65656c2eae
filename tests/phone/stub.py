"""A small OpenRosa server whose every answer a test can spoil."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from fieldapp.xform.xlsform import compile_xlsform

FORM = """
| survey |
| | type | name | label | required | constraint |
| | start | start | | | |
| | select_one_from_file fruits.csv | fruit | Buah | yes | |
| | integer | kg | Berat | yes | . > 0 and . <= 200 |
| | image | photo | Foto | | |
| | image | second | Foto kedua | | |
| settings |
| | form_id | form_title | version |
| | buah | Buah | 2026112101 |
"""
FRUITS = b"name,label\nsalak,Salak\nduku,Duku\n"
OPENROSA = {"X-OpenRosa-Version": "1.0"}
LIMIT = {"X-OpenRosa-Accept-Content-Length": "10000000"}
XML = {**OPENROSA, "Content-Type": "text/xml; charset=utf-8"}
LIST_PATH, FORM_PATH = "/t/formList", "/t/buah/2026112101.xml"
MANIFEST_PATH, FILE_PATH = (
    "/t/buah/2026112101/manifest",
    "/t/buah/2026112101/fruits.csv",
)
SUBMISSION_PATH = "/t/submission"


@dataclass(frozen=True)
class Page:
    """One answer."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Stub:
    """The server: its pages by method and path, and what it was asked."""

    address: str
    form: bytes
    pages: dict[str, Page] = field(default_factory=dict)
    later: dict[str, Page] = field(default_factory=dict)
    """What takes the place of a page once it has been given."""
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def server(self) -> str:
        """Give what a phone is set to."""
        return f"{self.address}/t"

    @property
    def posts(self) -> list[bytes]:
        """Give the bodies that were posted."""
        return [body for method, _, _, body in self.asked if method == "POST"]

    def spoil(self, page: str, **changes: object) -> None:
        """Change a page."""
        self.pages[page] = replace(self.pages[page], **changes)  # type: ignore[arg-type] # A test's own words.

    def rewrite(self, page: str, old: str, new: str) -> None:
        """Change the words of a page; they must be there."""
        body = self.pages[page].body
        assert old.encode() in body
        self.spoil(page, body=body.replace(old.encode(), new.encode()))

    def move(self, old: str, new: str) -> None:
        """Serve a form at another path, and list it there."""
        self.rewrite(f"GET {LIST_PATH}", old, new)
        self.pages[f"GET {new}"] = self.pages[f"GET {old}"]

    def without_header(self, page: str, name: str) -> None:
        """Take a header from a page."""
        headers = dict(self.pages[page].headers)
        del headers[name]
        self.spoil(page, headers=headers)


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def good_pages(address: str, form: bytes) -> dict[str, Page]:
    """Answer everything as a phone needs it."""
    listed = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<xforms xmlns="http://openrosa.org/xforms/xformsList"><xform>'
        "<formID>buah</formID><name>Buah</name><version>2026112101</version>"
        f"<hash>md5:{md5(form)}</hash>"
        f"<downloadUrl>{address}{FORM_PATH}</downloadUrl>"
        f"<manifestUrl>{address}{MANIFEST_PATH}</manifestUrl></xform></xforms>"
    )
    manifest = (
        '<manifest xmlns="http://openrosa.org/xforms/xformsManifest"><mediaFile>'
        f"<filename>fruits.csv</filename><hash>md5:{md5(FRUITS)}</hash>"
        f"<downloadUrl>{address}{FILE_PATH}</downloadUrl></mediaFile></manifest>"
    )
    taken = (
        b'<OpenRosaResponse xmlns="http://openrosa.org/http/response">'
        b"<message>Diterima</message></OpenRosaResponse>"
    )
    return {
        f"GET {LIST_PATH}": Page(200, XML, listed.encode()),
        f"GET {MANIFEST_PATH}": Page(200, XML, manifest.encode()),
        f"GET {FORM_PATH}": Page(200, {}, form),
        f"GET {FILE_PATH}": Page(200, {}, FRUITS),
        f"HEAD {SUBMISSION_PATH}": Page(204, {**OPENROSA, **LIMIT}),
        f"POST {SUBMISSION_PATH}": Page(201, {**XML, **LIMIT}, taken),
    }


@contextmanager
def running() -> Iterator[Stub]:
    """Run the server until the end of the test."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    address = f"http://127.0.0.1:{server.server_port}"
    form = compile_xlsform(FORM.encode(), filename="buah.md").xml
    stub = Stub(address, form, good_pages(address, form))
    server.RequestHandlerClass = _handler(stub)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(stub: Stub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            stub.asked.append((self.command, self.path, dict(self.headers), body))
            name = f"{self.command} {parts.path}"
            page = stub.pages.get(name, Page(404, XML))
            if name in stub.later:
                stub.pages[name] = stub.later[name]
            self.send_response(page.status)
            for header, value in page.headers.items():
                self.send_header(header, value)
            if page.status != 204:
                self.send_header("Content-Length", str(len(page.body)))
            self.end_headers()
            self.wfile.write(page.body)

        do_HEAD = do_POST = do_GET  # noqa: N815 - The library's names.

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
