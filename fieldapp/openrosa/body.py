"""Take the body of a submission apart: the XML to memory, the files to the store."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from werkzeug.exceptions import ClientDisconnected

from fieldapp.openrosa.multipart import CUT_OFF, MultipartReader, Part
from fieldapp.openrosa.problems import BadDelivery
from fieldapp.submissions.delivery import ReceivedFile
from fieldapp.submissions.file_names import unsafe_name_reason
from fieldapp.submissions.files import FileStore, FileWriter
from fieldapp.submissions.problems import TooLarge
from fieldapp.web.text import Text

XML_PART = "xml_submission_file"

NO_XML = Text(
    "Kiriman tidak berisi bagian xml_submission_file.",
    "The body has no part xml_submission_file.",
)
SAME_NAME = Text(
    "Dua bagian kiriman bernama sama: {name}.",
    "Two parts of the body have the same name: {name}.",
)
XML_TOO_LARGE = Text(
    "XML lebih besar dari {limit} byte. Hubungi koordinator.",
    "The XML is larger than {limit} bytes. Ask your coordinator.",
)

Refuse = Callable[[bytes], None]
"""Given the XML, raises the problem that stands in its way."""


@dataclass(frozen=True)
class Body:
    """What a submission's body held; its files are in the store."""

    xml: bytes
    files: tuple[ReceivedFile, ...]


def read_body(
    reader: MultipartReader, store: FileStore, *, max_xml: int, refuse: Refuse
) -> Body:
    """Read a whole body; its files get their names only when its end has come.

    Files of an XML that is refused get none: ``refuse`` raises why. Plain fields
    (``*isIncomplete*``, a CSRF field of Enketo's) are passed over.

    :raises BadDelivery: if it is malformed, cut off, or without an XML part.
    :raises TooLarge: if its XML part is larger than ``max_xml``.
    """
    try:
        return _read_parts(reader, store, max_xml, refuse)
    except ClientDisconnected as error:
        raise BadDelivery(CUT_OFF) from error


def _read_parts(
    reader: MultipartReader, store: FileStore, max_xml: int, refuse: Refuse
) -> Body:
    xml: bytes | None = None
    names: set[str] = set()
    sealed: list[tuple[Part, FileWriter]] = []
    with ExitStack() as unfinished:
        for part in reader.parts():
            if part.name != XML_PART and part.filename is None:
                continue
            for name in {part.name, part.filename or part.name}:
                _refuse_seen(name, names)
            if part.name == XML_PART:
                xml = _read_xml(reader, max_xml)
                continue
            _refuse_unsafe(part.filename or "")
            writer = unfinished.enter_context(store.writer())
            for chunk in reader.chunks():
                writer.write(chunk)
            writer.seal()
            sealed.append((part, writer))
        if xml is None:
            raise BadDelivery(NO_XML)
        if sealed:
            refuse(xml)
        return Body(xml, tuple(_received(part, writer) for part, writer in sealed))


def _read_xml(reader: MultipartReader, max_xml: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    for chunk in reader.chunks():
        size += len(chunk)
        if size > max_xml:
            raise TooLarge(XML_TOO_LARGE.format(limit=max_xml))
        chunks.append(chunk)
    return b"".join(chunks)


def _refuse_seen(name: str, names: set[str]) -> None:
    if name in names:
        raise BadDelivery(SAME_NAME.format(name=name))
    names.add(name)


def _refuse_unsafe(filename: str) -> None:
    reason = unsafe_name_reason(filename)
    if reason is not None:
        raise BadDelivery(reason)


def _received(part: Part, writer: FileWriter) -> ReceivedFile:
    stored = writer.finish()
    return ReceivedFile(
        part.filename or "", stored.digest, stored.size, part.media_type
    )
