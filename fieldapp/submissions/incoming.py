"""A request's body that may not be longer than a limit."""

from contextlib import suppress
from wsgiref.types import WSGIEnvironment

from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.wsgi import get_content_length, get_input_stream

from fieldapp.submissions.problems import TooLarge
from fieldapp.web.text import Text

CHUNK = 64 * 1024
MAX_DRAINED = 128 * 1024 * 1024

BODY_TOO_LARGE = Text(
    "Kiriman lebih besar dari {limit} byte. Perkecil foto atau kirim dalam beberapa "
    "bagian, lalu coba lagi.",
    "The delivery is larger than {limit} bytes. Make photos smaller, or send it in "
    "parts, and try again.",
)


class BoundedInput:
    """Gives a body piece by piece, whether or not its length was told before."""

    def __init__(self, environ: WSGIEnvironment, limit: int) -> None:
        """Prepare to read.

        :raises TooLarge: if the body says that it is longer than even a refused one
            may be.
        """
        try:
            self._stream = get_input_stream(environ, max_content_length=MAX_DRAINED)
        except RequestEntityTooLarge as error:
            raise TooLarge(BODY_TOO_LARGE.format(limit=limit)) from error
        self._limit = limit
        self._left = limit
        if (get_content_length(environ) or 0) > limit:
            self._left = -1

    def read(self, size: int = CHUNK) -> bytes:
        """Read some of it; nothing at its end.

        :raises TooLarge: if it is, or says it is, longer than the limit.
        :raises ClientDisconnected: if it ends before the length that was told.
        """
        chunk = self._stream.read(size) if self._left >= 0 else b""
        self._left -= len(chunk)
        if self._left < 0:
            raise TooLarge(BODY_TOO_LARGE.format(limit=self._limit))
        return chunk

    def drain(self) -> None:
        """Read the rest of a refused body, so that the client gets to read the answer.

        It reads only after it has sent all: an answer before that, and the
        connection closed, looks to it like a broken network, and it sends all again.
        """
        with suppress(RequestEntityTooLarge, ClientDisconnected):
            while self._stream.read(CHUNK):
                pass
