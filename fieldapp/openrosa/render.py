"""Write the XML that phones read: lists, manifests, and messages."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from xml.sax.saxutils import escape, quoteattr

from flask import Response
from werkzeug.http import http_date

from fieldapp.web import clock

CONTENT_TYPE = "text/xml; charset=utf-8"
"""Collect refuses a list in any other type (openrosa.md, section 1)."""

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 (2.2) has no letter for."""

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass(frozen=True)
class FormEntry:
    """One form of a form list, with absolute addresses."""

    form_id: str
    name: str
    version: str
    md5: str
    download_url: str
    manifest_url: str | None


@dataclass(frozen=True)
class FileEntry:
    """One file of a manifest, with its absolute addresses."""

    name: str
    md5: str
    download_url: str
    integrity_url: str | None = None
    """Of a list of entities: where to ask which of them are deleted."""


def form_list(entries: Iterable[FormEntry]) -> bytes:
    """Write a form list (OpenRosa Form Discovery 1.0); no element has a prefix."""
    return _document(
        '<xforms xmlns="http://openrosa.org/xforms/xformsList">',
        (_form(entry) for entry in entries),
        "</xforms>",
    )


def manifest(entries: Iterable[FileEntry]) -> bytes:
    """Write a manifest (OpenRosa Form Discovery 1.0)."""
    return _document(
        '<manifest xmlns="http://openrosa.org/xforms/xformsManifest">',
        (_file(entry) for entry in entries),
        "</manifest>",
    )


def integrity(states: Iterable[tuple[str, bool]]) -> bytes:
    """Write which entities are deleted; Collect reads no namespace here."""
    return _document("<data><entities>", map(_entity, states), "</entities></data>")


def message(text: str, *, nature: str) -> bytes:
    """Write the answer to a submission; Collect shows its text to the person."""
    return _document(
        '<OpenRosaResponse xmlns="http://openrosa.org/http/response">',
        [f'<message nature="{nature}">{_text(text)}</message>'],
        "</OpenRosaResponse>",
    )


def xml_response(body: bytes, status: int = HTTPStatus.OK) -> Response:
    """Give an XML answer."""
    return Response(body, status, content_type=CONTENT_TYPE)


def add_headers(response: Response) -> Response:
    """Add what every answer to a phone carries (OpenRosa HTTP 1.0)."""
    headers = response.headers
    headers["X-OpenRosa-Version"] = "1.0"
    headers["Date"] = http_date(clock.now())
    headers.setdefault("Cache-Control", "no-cache")
    return response


def _document(start: str, items: Iterable[str], end: str) -> bytes:
    return f"{DECLARATION}{start}{''.join(items)}{end}".encode()


def _form(entry: FormEntry) -> str:
    manifest_url = _element("manifestUrl", entry.manifest_url or "")
    return (
        "<xform>"
        + _element("formID", entry.form_id)
        + _element("name", entry.name)
        + _element("version", entry.version)
        + _element("hash", f"md5:{entry.md5}")
        + _element("downloadUrl", entry.download_url)
        + (manifest_url if entry.manifest_url else "")
        + "</xform>"
    )


def _file(entry: FileEntry) -> str:
    integrity_url = _element("integrityUrl", entry.integrity_url or "")
    kind = ' type="entityList"' if entry.integrity_url else ""
    return (
        f"<mediaFile{kind}>"
        + _element("filename", entry.name)
        + _element("hash", f"md5:{entry.md5}")
        + _element("downloadUrl", entry.download_url)
        + (integrity_url if entry.integrity_url else "")
        + "</mediaFile>"
    )


def _entity(state: tuple[str, bool]) -> str:
    entity_id, is_deleted = state
    deleted = _element("deleted", "true" if is_deleted else "false")
    return f"<entity id={quoteattr(entity_id)}>{deleted}</entity>"


def _element(name: str, text: str) -> str:
    return f"<{name}>{_text(text)}</{name}>"


def _text(text: str) -> str:
    return escape(NOT_XML.sub("?", text))
