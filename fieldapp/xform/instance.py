"""Read the XML that a phone sends, and refuse what cannot be read at all."""

import re
from dataclasses import dataclass
from typing import Literal

from lxml import etree

from fieldapp.xform.markup import (
    MAX_ATTRIBUTES,
    Element,
    has_doctype,
    local_name,
    new_parser,
    text_of,
)

UnreadableCode = Literal[
    "empty",
    "too-large",
    "nul",
    "encoding",
    "doctype",
    "cut-off",
    "not-well-formed",
    "too-deep",
    "too-many-nodes",
    "no-form-id",
    "no-instance-id",
    "bad-instance-id",
]

MAX_BYTES = 10_000_000
MAX_NODES = 100_000
MAX_ID = 250

_DEPTH = "Excessive depth"
_EXTRA = "Extra content"
_ENCODING = re.compile(
    rb"\A(?:\xef\xbb\xbf)?<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([^\"']*)"
)
_ROOT = re.compile(rb"<([^\s/>!?<]+)")
_ID = re.compile(r"[^\x00-\x1f\x7f]+")


class InstanceUnreadable(ValueError):  # noqa: N818 - the word of the intake's answers
    """An instance cannot be taken in at all; `code` says why."""

    def __init__(self, code: UnreadableCode, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance as it came, with what its envelope says."""

    root: Element
    form_id: str
    version: str
    instance_id: str
    deprecated_id: str
    instance_name: str
    is_encrypted: bool
    size: int


def read_instance(xml: bytes) -> Instance:
    """Read the XML of one entry.

    :raises InstanceUnreadable: if it is not a whole, plain XML document with a form
        id and an instanceID.
    """
    instance = open_instance(xml)
    if not instance.form_id:
        raise InstanceUnreadable("no-form-id", "the root element has no id")
    if not instance.instance_id:
        raise InstanceUnreadable("no-instance-id", "there is no instanceID in it")
    if len(instance.instance_id) > MAX_ID or not _ID.fullmatch(instance.instance_id):
        raise InstanceUnreadable("bad-instance-id", "its instanceID is malformed")
    return instance


def open_instance(xml: bytes) -> Instance:
    """Read the XML of an entry whose ids do not matter, as for a trial.

    :raises InstanceUnreadable: if it is not a whole, plain XML document.
    """
    root = read_root(xml)
    if len(root.attrib) > MAX_ATTRIBUTES:
        raise InstanceUnreadable(
            "too-many-nodes", f"at most {MAX_ATTRIBUTES} attributes"
        )
    meta = _meta(root)
    return Instance(
        root=root,
        form_id=(root.get("id") or "").strip(),
        version=root.get("version") or "",
        instance_id=meta.get("instanceID", ""),
        deprecated_id=meta.get("deprecatedID", ""),
        instance_name=meta.get("instanceName", ""),
        is_encrypted=root.get("encrypted") == "yes",
        size=len(xml),
    )


def read_root(xml: bytes) -> Element:
    """Parse bytes with every door closed: UTF-8 only, no DTD, bounded.

    :raises InstanceUnreadable: if they are no such document.
    """
    _check_bytes(xml)
    try:
        root = etree.fromstring(xml, new_parser())
    except etree.XMLSyntaxError as error:
        raise _syntax_error(xml, error) from error
    return root


def _check_bytes(xml: bytes) -> None:
    if len(xml) > MAX_BYTES:
        raise InstanceUnreadable("too-large", f"{len(xml)} bytes; at most {MAX_BYTES}")
    if not xml.strip():
        raise InstanceUnreadable("empty", "there is nothing in it")
    if b"\0" in xml:
        raise InstanceUnreadable("nul", "there is a NUL byte in it")
    try:
        xml.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _encoding_error(xml, error) from error
    declared = _ENCODING.match(xml)
    if declared and declared.group(1).lower() not in {b"utf-8", b"utf8", b"us-ascii"}:
        raise InstanceUnreadable("encoding", "the declared encoding is not UTF-8")
    if has_doctype(xml):
        raise InstanceUnreadable("doctype", "a document type is not accepted")
    if xml.count(b"<") > 2 * MAX_NODES:
        raise InstanceUnreadable("too-many-nodes", f"at most {MAX_NODES} elements")


def _encoding_error(xml: bytes, error: UnicodeDecodeError) -> InstanceUnreadable:
    """Tell a letter cut in half at the end from bytes that are not UTF-8."""
    if error.end == len(xml) and "unexpected end" in error.reason:
        return InstanceUnreadable("cut-off", "the document stops inside a letter")
    return InstanceUnreadable("encoding", f"byte {error.start} is not UTF-8")


def _syntax_error(xml: bytes, error: etree.XMLSyntaxError) -> InstanceUnreadable:
    if error.msg is not None and _DEPTH in error.msg:
        return InstanceUnreadable("too-deep", "elements are nested too deeply")
    reason = f"line {error.lineno}: {error.msg}"
    if _EXTRA not in (error.msg or "") and _is_cut_off(xml):
        return InstanceUnreadable("cut-off", reason)
    return InstanceUnreadable("not-well-formed", reason)


def _is_cut_off(xml: bytes) -> bool:
    """Tell whether a document that does not parse lacks its end."""
    if not xml.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return False
    root = _ROOT.search(xml)
    return root is None or not re.search(
        b"</" + re.escape(root.group(1)) + rb"\s*>", xml
    )


def _meta(root: Element) -> dict[str, str]:
    """Read the children of `meta` by local name: prefixes differ between tools."""
    for child in root.iterchildren("{*}meta"):
        found: dict[str, str] = {}
        for node in child.iterchildren("*"):
            found.setdefault(local_name(node), text_of(node))
        return found
    return {}
