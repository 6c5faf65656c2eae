"""Files that are written whole before they are given away."""

from collections.abc import Iterator
from typing import IO

CHUNK = 128 * 1024


def chunks_of(spool: IO[bytes]) -> Iterator[bytes]:
    """Give the content of a file from its beginning, piece by piece."""
    spool.seek(0)
    while chunk := spool.read(CHUNK):
        yield chunk
