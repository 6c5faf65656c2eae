"""The body of an export on its way to the reader, who may stop at any time."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from fieldapp.exporting.deeds import Sent
from fieldapp.exporting.rows import Snapshot


class ExportStream(Iterator[bytes]):
    """Hands over the bytes of an export, and tells at its end how far it came.

    `held` is what is let go then: the snapshot with its connection.
    """

    def __init__(
        self,
        chunks: Iterator[bytes],
        snapshot: Snapshot,
        held: ExitStack,
        at_end: Callable[[Sent], None],
    ) -> None:
        self._chunks = chunks
        self._snapshot = snapshot
        self._held = held
        self._at_end = at_end
        self._hash = hashlib.sha256()
        self._size = 0
        self._is_closed = False

    def __next__(self) -> bytes:
        try:
            chunk = next(self._chunks)
        except StopIteration:
            self._end(is_whole=True)
            raise
        self._hash.update(chunk)
        self._size += len(chunk)
        return chunk

    def close(self) -> None:
        """Let go of all, wherever the reader stopped."""
        self._end(is_whole=False)

    def _end(self, *, is_whole: bool) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        try:
            # A format's own files are closed while the rows may still be read.
            close = getattr(self._chunks, "close", None)
            if close is not None:
                close()
        finally:
            self._held.close()
        sent = Sent(
            entries=self._snapshot.entries_read,
            size=self._size,
            digest=self._hash.digest(),
            is_whole=is_whole,
        )
        self._at_end(sent)
