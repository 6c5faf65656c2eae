"""Read a multipart/form-data body piece by piece (RFC 7578, RFC 2046).

Strict, because one body must mean one thing, and because a body that was cut off
must not pass for a whole one. The delimiter is searched for as plain bytes: phones
choose a new one for each message, and compiling a pattern for each costs more than
all the rest of the reading.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NoReturn

from werkzeug.http import parse_options_header

from fieldapp.openrosa.problems import BadDelivery
from fieldapp.submissions.incoming import CHUNK
from fieldapp.web.text import Text

MAX_HEADER_BYTES = 16 * 1024
MAX_PARTS = 1000
MAX_BOUNDARY = 200
"""RFC 2046 says 70; nothing is gained by holding clients to it."""

PADDING = b" \t"
MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,100}/[a-z0-9.+-]{1,100}", re.ASCII)
UNKNOWN_MEDIA_TYPE = "application/octet-stream"

NOT_MULTIPART = Text(
    "Kiriman harus berupa multipart/form-data.",
    "The body must be multipart/form-data.",
)
NO_BOUNDARY = Text(
    "Content-Type tidak menyebut boundary yang sah.",
    "The Content-Type names no valid boundary.",
)
CUT_OFF = Text(
    "Kiriman terpotong di tengah jalan. Kirim lagi dengan sinyal yang lebih baik.",
    "The body was cut off on its way. Send it again over a better connection.",
)
MALFORMED = Text(
    "Susunan multipart tidak benar: {reason}.",
    "The multipart body is malformed: {reason}.",
)


@dataclass(frozen=True)
class Part:
    """The head of one part."""

    name: str
    filename: str | None
    media_type: str


def boundary_of(content_type: str) -> bytes:
    """Read the boundary from a Content-Type.

    :raises BadDelivery: if it is another type, or names none.
    """
    kind, options = parse_options_header(content_type)
    if kind.lower() != "multipart/form-data":
        raise BadDelivery(NOT_MULTIPART)
    boundary = options.get("boundary", "")
    if not boundary.isascii() or not 0 < len(boundary) <= MAX_BOUNDARY:
        raise BadDelivery(NO_BOUNDARY)
    return boundary.encode()


class MultipartReader:
    """Gives the parts of a body in order, and the bytes of each as they come."""

    def __init__(self, read: Callable[[int], bytes], boundary: bytes) -> None:
        self._read = read
        self._delimiter = b"\r\n--" + boundary
        # The first delimiter may stand at the very beginning, without a line break.
        self._buffer = b"\r\n"
        self._is_inside_part = True

    def parts(self) -> Iterator[Part]:
        """Give the parts; what is not read of one is skipped for the next.

        :raises BadDelivery: if the body is malformed, or ends before its end.
        """
        for _ in range(MAX_PARTS):
            for _ in self.chunks():
                pass
            if self._is_closed():
                return
            part = self._read_head()
            self._is_inside_part = True
            yield part
        _refuse_malformed(f"> {MAX_PARTS} parts")

    def chunks(self) -> Iterator[bytes]:
        """Give the bytes of the part whose head was just given.

        :raises BadDelivery: if the body ends inside it.
        """
        keep = len(self._delimiter) - 1
        while self._is_inside_part:
            end = self._buffer.find(self._delimiter)
            if end >= 0:
                chunk = self._buffer[:end]
                self._buffer = self._buffer[end + len(self._delimiter) :]
                self._is_inside_part = False
            else:
                chunk = self._buffer[:-keep]
                self._buffer = self._buffer[-keep:]
                self._fill()
            if chunk:
                yield chunk

    def _is_closed(self) -> bool:
        """Read the rest of a delimiter's line; say whether it was the last one."""
        while len(self._buffer) < len("--"):
            self._fill()
        if self._buffer.startswith(b"--"):
            return True
        end = self._find(b"\r\n", "delimiter")
        if self._buffer[:end].strip(PADDING):
            _refuse_malformed("text after a delimiter")
        self._buffer = self._buffer[end:]
        return False

    def _read_head(self) -> Part:
        end = self._find(b"\r\n\r\n", "header")
        block = self._buffer[:end]
        self._buffer = self._buffer[end + len(b"\r\n\r\n") :]
        return _parse_head(block)

    def _find(self, mark: bytes, where: str) -> int:
        while (end := self._buffer.find(mark, 0, MAX_HEADER_BYTES)) < 0:
            if len(self._buffer) >= MAX_HEADER_BYTES:
                _refuse_malformed(f"{where} > {MAX_HEADER_BYTES} bytes")
            self._fill()
        return end

    def _fill(self) -> None:
        chunk = self._read(CHUNK)
        if not chunk:
            raise BadDelivery(CUT_OFF)
        self._buffer += chunk


def _parse_head(block: bytes) -> Part:
    """Read the header lines of a part; folded lines are joined (RFC 5322, 2.2.3)."""
    try:
        text = block.decode()
    except UnicodeDecodeError:
        _refuse_malformed("header not UTF-8")
    headers: dict[str, str] = {}
    for line in text.replace("\r\n ", " ").replace("\r\n\t", " ").split("\r\n"):
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    kind, options = parse_options_header(headers.get("content-disposition"))
    if kind.lower() != "form-data" or "name" not in options:
        _refuse_malformed("no Content-Disposition: form-data with a name")
    return Part(
        name=options["name"],
        filename=options.get("filename"),
        media_type=_media_type(headers.get("content-type", "")),
    )


def _media_type(value: str) -> str:
    media_type = value.partition(";")[0].strip().lower()
    return media_type if MEDIA_TYPE.fullmatch(media_type) else UNKNOWN_MEDIA_TYPE


def _refuse_malformed(reason: str) -> NoReturn:
    raise BadDelivery(MALFORMED.format(reason=reason))
