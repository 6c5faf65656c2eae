"""Read JSON bodies, gzipped or not, without ever unpacking more than the limit."""

import zlib
from typing import Any

import orjson
from flask import Request, current_app
from marshmallow import Schema
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import ClientDisconnected

from fieldapp.config import Config
from fieldapp.submissions.incoming import BODY_TOO_LARGE, BoundedInput
from fieldapp.submissions.problems import TooLarge
from fieldapp.sync.problems import BadBody, UnsupportedBody
from fieldapp.web.text import Text

GZIP_WINDOW = 16 + zlib.MAX_WBITS

NOT_JSON = Text("Isi permintaan bukan JSON yang sah.", "The body is not valid JSON.")
NOT_JSON_TYPE = Text(
    "Kirim JSON dengan Content-Type: application/json.",
    "Send JSON with Content-Type: application/json.",
)
UNKNOWN_ENCODING = Text(
    "Content-Encoding hanya boleh gzip atau tidak ada.",
    "Content-Encoding may only be gzip, or be left out.",
)
NOT_GZIP = Text(
    "Isi permintaan bukan gzip yang utuh. Kirim lagi.",
    "The body is not a whole gzip stream. Send it again.",
)
CUT_OFF = Text(
    "Kiriman terpotong di tengah jalan. Kirim lagi.",
    "The body was cut off on its way. Send it again.",
)


class BoundedJsonParser(FlaskParser):
    """Webargs' parser, with bounds on what a body may unpack to."""

    def load_json(self, req: Request, schema: Schema) -> Any:  # noqa: ARG002 - Webargs' signature.
        """Read the JSON of a request.

        :raises TooLarge: if it is longer than ``max_json_bytes``, packed or unpacked.
        :raises BadBody: if it is not JSON.
        """
        config: Config = current_app.config["FIELDAPP"]
        if not req.is_json:
            raise UnsupportedBody(NOT_JSON_TYPE)
        try:
            return orjson.loads(_body(req, config.max_json_bytes))
        except orjson.JSONDecodeError as error:
            raise BadBody(NOT_JSON) from error


def _body(request: Request, limit: int) -> bytes:
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip"}:
        raise UnsupportedBody(UNKNOWN_ENCODING)
    sent = _read_all(BoundedInput(request.environ, limit))
    return sent if encoding == "identity" else unpacked(sent, limit)


def _read_all(stream: BoundedInput) -> bytes:
    try:
        return b"".join(iter(stream.read, b""))
    except ClientDisconnected as error:
        raise BadBody(CUT_OFF) from error
    except TooLarge:
        stream.drain()
        raise


def unpacked(packed: bytes, limit: int) -> bytes:
    """Undo gzip, and stop at a limit: a kilobyte may unpack to a megabyte.

    :raises TooLarge: if there is more than ``limit``.
    :raises BadBody: if it is no gzip, cut off, or followed by something else.
    """
    unpacker = zlib.decompressobj(wbits=GZIP_WINDOW)
    try:
        body = unpacker.decompress(packed, limit + 1)
    except zlib.error as error:
        raise BadBody(NOT_GZIP) from error
    if len(body) > limit:
        raise TooLarge(BODY_TOO_LARGE.format(limit=limit))
    if not unpacker.eof or unpacker.unused_data:
        raise BadBody(NOT_GZIP)
    return body
