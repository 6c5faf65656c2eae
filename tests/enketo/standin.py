"""A stand-in for Enketo Express: its HTTP, around its own form engine.

It makes the calls of Enketo 7.6.4 to an OpenRosa server, in their order and with their
headers: HEAD and GET of the form list, manifest, form, media through itself, the HEAD
before each POST, the browser's own cookies; and it answers the instance API. What
Enketo keeps in Redis is kept here in memory.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from lxml import etree

HERE = Path(__file__).parent
BUNDLE = HERE / "node_modules" / ".page" / "page.js"
KEY = "kunci-enketo"
TOKEN = re.compile(r"/v1/(key|edit)/[a-z2-7]{32}")
PIPED = ("cookie", "origin", "referer", "content-type")
HEADERS = ("x-openrosa-version", "x-openrosa-instance-id", "x-openrosa-deprecated-id")

PAGE = """<!DOCTYPE html>
<html lang="id"><head><meta charset="utf-8"><title>Enketo</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/page.css"></head>
<body data-state="loading"><main></main>
<button id="submit">Kirim</button><p id="told"></p>
<script>window.settings = {settings}</script>
<script type="module" src="/page.js"></script></body></html>
"""


@dataclass(frozen=True)
class Call:
    """What was asked of the OpenRosa server; the token is left out of the path."""

    method: str
    path: str
    headers: Mapping[str, str]
    status: int

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"


@dataclass
class Enketo:
    """The stand-in: what it knows, what it was told to be like, what it asked."""

    url: str = ""
    linked_server: str = ""
    """Only addresses that begin so are served (`linked form and data server`)."""
    payload_limit: int = 100_000
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    """What the API answers next, instead of its own."""
    surveys: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Server address and form id, by the id in the page's address."""
    instances: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Method and path of what was asked of the API."""
    calls: list[Call] = field(default_factory=list)

    def survey(self, fields: Mapping[str, Any]) -> str:
        """Remember a form of a server; the address's case says nothing (utils.js)."""
        known = (fields["server_url"], fields["form_id"])
        key = known[0].lower(), known[1]
        for id_, (server, form_id) in self.surveys.items():
            if (server.lower(), form_id) == key:
                return id_
        id_ = f"s{len(self.surveys)}"
        self.surveys[id_] = known
        return id_

    def fetch(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Ask the OpenRosa server."""
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        sent = {
            **headers,
            "Date": formatdate(usegmt=True),
            "X-OpenRosa-Version": "1.0",
        }
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        try:
            connection.request(method, path, body=body or None, headers=sent)
            with connection.getresponse() as response:
                content = response.read()
                answer = {k.lower(): v for k, v in response.getheaders()}
                self.calls.append(
                    Call(method, TOKEN.sub("", path), sent, response.status)
                )
                return response.status, answer, content
        finally:
            connection.close()


class Handler(BaseHTTPRequestHandler):
    """Answers the API of Enketo and its pages."""

    enketo: Enketo

    def do_GET(self) -> None:
        self._route()

    def do_POST(self) -> None:
        self._route()

    def do_DELETE(self) -> None:
        self._route()

    def log_message(self, *_: object) -> None:
        """Keep the tests' output clean."""

    def _route(self) -> None:
        parts = urlsplit(self.path)
        size = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(size)
        self.query = {name: each[0] for name, each in parse_qs(parts.query).items()}
        routes: list[tuple[str, str, Callable[..., None]]] = [
            (r"(?:POST|DELETE)", r"/api/v2/(instance|survey)", self._api),
            ("GET", r"/(?:edit/|single/)?(s\d+)", self._page),
            ("GET", r"/page\.(js|css)", self._static),
            ("POST", r"/transform/xform/(s\d+)", self._transform),
            ("GET", r"/submission/max-size/(s\d+)", self._max_size),
            ("GET", r"/submission/(s\d+)", self._instance),
            ("POST", r"/submission/(s\d+)", self._submit),
            ("GET", r"/media/get/([01])/([^/]+)/([^/]+)", self._media),
        ]
        for method, path, answer in routes:
            found = re.fullmatch(path, parts.path)
            if found and re.fullmatch(method, self.command):
                answer(*found.groups())
                return
        self._send(404, b"")

    def _api(self, kind: str) -> None:
        enketo = self.enketo
        enketo.asked.append((self.command, kind))
        if enketo.answers:
            self._send(*enketo.answers.pop(0))
            return
        if len(self.body) > enketo.payload_limit:
            self._json(413, {"message": "request entity too large", "code": 413})
            return
        fields = json.loads(self.body)
        if not fields["server_url"].startswith(enketo.linked_server):
            self._json(403, {"message": "This server is not linked with Enketo."})
            return
        key = base64.b64encode(f"{KEY}:".encode()).decode()
        if self.headers["Authorization"] != f"Basic {key}":
            self._json(401, {"message": "Not Allowed. Invalid API key."})
            return
        if kind == "survey":
            id_ = enketo.survey(fields)
            self._json(201, {"url": f"{enketo.url}/{id_}", "code": 201})
        else:
            self._keep(fields)

    def _keep(self, fields: dict[str, Any]) -> None:
        enketo, instance_id = self.enketo, fields["instance_id"]
        if self.command == "DELETE":
            known = enketo.instances.pop(instance_id, None)
            self._send(204 if known else 404, b"")
            return
        if instance_id in enketo.instances:
            self._json(405, {"message": "Record is already being edited", "code": 405})
            return
        enketo.instances[instance_id] = fields
        query = f"instance_id={instance_id}&return_url={quote(fields['return_url'])}"
        # The host is the one that was asked for: behind a proxy it may be another.
        url = f"http://enketo.internal:8005/edit/{enketo.survey(fields)}?{query}"
        self._json(201, {"edit_url": url, "code": 201})

    def _page(self, id_: str) -> None:
        settings = json.dumps(
            {
                "enketoId": id_,
                "isEdit": self.path.startswith("/edit/"),
                "instanceId": self.query.get("instance_id"),
                "returnUrl": self.query.get("return_url"),
            }
        )
        self._send(200, PAGE.replace("{settings}", settings).encode(), "text/html")

    def _static(self, suffix: str) -> None:
        if suffix == "js":
            self._send(200, BUNDLE.read_bytes(), "text/javascript")
        else:
            self._send(200, (HERE / "page.css").read_bytes(), "text/css")

    def _transform(self, id_: str) -> None:
        server, form_id = self.enketo.surveys[id_]
        address = f"{server}/formList?{urlencode({'formID': form_id})}"
        if self._fetch("HEAD", address)[0] != 200:
            self._send(404, b"")
            return
        listed = etree.fromstring(self._fetch("GET", address)[2])
        entry = next(each for each in listed if each.findtext("{*}formID") == form_id)
        assert re.fullmatch("md5:[0-9a-f]{32}", entry.findtext("{*}hash") or "")
        manifest = entry.findtext("{*}manifestUrl")
        media = dict(self._media_of(manifest)) if manifest else {}
        xform = self._fetch("GET", entry.findtext("{*}downloadUrl") or "")[2]
        self.enketo.instances[f"media {id_}"] = media
        urls = {name: f"/media/get/0/{id_}/{quote(name, safe='')}" for name in media}
        self._json(200, {"xform": xform.decode(), "media": urls})

    def _media_of(self, manifest: str) -> Iterator[tuple[str, str]]:
        for each in etree.fromstring(self._fetch("GET", manifest)[2]):
            yield (
                each.findtext("{*}filename") or "",
                each.findtext("{*}downloadUrl") or "",
            )

    def _max_size(self, id_: str) -> None:
        headers = self._fetch("HEAD", f"{self.enketo.surveys[id_][0]}/submission")[1]
        self._json(200, {"maxSize": headers["x-openrosa-accept-content-length"]})

    def _instance(self, _id: str) -> None:
        kept = self.enketo.instances[self.query["instanceId"]]
        owner = quote(self.query["instanceId"], safe="")
        files = {
            name: f"/media/get/1/{owner}/{quote(name, safe='')}"
            for name in kept["instance_attachments"]
        }
        self._json(200, {"instance": kept["instance"], "instanceAttachments": files})

    def _media(self, kind: str, owner: str, name: str) -> None:
        if kind == "0":
            urls = self.enketo.instances[f"media {owner}"]
        else:
            urls = self.enketo.instances[unquote(owner)]["instance_attachments"]
        status, headers, content = self._fetch("GET", urls[unquote(name)])
        self._send(status, content, headers["content-type"])

    def _submit(self, id_: str) -> None:
        address = f"{self.enketo.surveys[id_][0]}/submission"
        agent = {"User-Agent": self._agent()}
        self.enketo.fetch("HEAD", address, agent)
        piped = {
            name: self.headers[name]
            for name in (*PIPED, *HEADERS)
            if self.headers[name] is not None
        }
        status, headers, content = self.enketo.fetch(
            "POST", address, {**piped, **agent}, self.body
        )
        self._send(status, content, headers["content-type"])

    def _fetch(self, method: str, url: str) -> tuple[int, Mapping[str, str], bytes]:
        headers = {"User-Agent": self._agent()}
        if self.headers["Cookie"]:
            headers["Cookie"] = self.headers["Cookie"]
        return self.enketo.fetch(method, url, headers)

    def _agent(self) -> str:
        return f"Enketo/7.6.4-p {self.headers['User-Agent']}"

    def _json(self, status: int, told: Mapping[str, Any]) -> None:
        self._send(status, json.dumps(told).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Set-Cookie", "__enketo_meta_uid=abc; Path=/")
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def enketo_server() -> Iterator[Enketo]:
    """Serve until the end of the block."""
    enketo = Enketo()
    handler = type("BoundHandler", (Handler,), {"enketo": enketo})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    enketo.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield enketo
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
