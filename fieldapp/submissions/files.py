"""Keep files on disk by the SHA-256 of their content: each content once.

What has a name in the store is whole and durable: bytes are written to a file in
``incoming/``, brought to the disk, and only then given their name, in one step. A
process that dies in between leaves a nameless file that the next start removes.
"""

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO

ABANDONED_SECONDS = 24 * 60 * 60
"""No upload lasts a day: an unfinished file of that age has lost its process."""


@dataclass(frozen=True)
class StoredFile:
    """A content that is in the store."""

    digest: bytes
    """SHA-256 of the content."""
    size: int


class FileWriter:
    """One content on its way into the store."""

    def __init__(self, store: "FileStore") -> None:
        self._store = store
        descriptor, name = tempfile.mkstemp(dir=store.incoming)
        self._file = os.fdopen(descriptor, "wb")
        self._path = Path(name)
        self._hash = hashlib.sha256()
        self._size = 0

    def write(self, chunk: bytes) -> None:
        """Add some bytes."""
        self._file.write(chunk)
        self._hash.update(chunk)
        self._size += len(chunk)

    def seal(self) -> StoredFile:
        """Bring all bytes to the disk and let go of the file, still without a name.

        A delivery of a hundred files thus holds one open file at a time, and none of
        its files gets a name before the delivery has come to its end.
        """
        if not self._file.closed:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        return StoredFile(self._hash.digest(), self._size)

    def finish(self) -> StoredFile:
        """Give the content its name; on return it is durable."""
        stored = self.seal()
        self._store.adopt(self._path, stored)
        return stored

    def discard(self) -> None:
        """Remove what has not been given a name."""
        self._file.close()
        self._path.unlink(missing_ok=True)


class FileStore:
    """A folder of files by digest, which any number of processes may share."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.incoming = root / "incoming"
        self.incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync_folder(root.parent)
        self._durable_folders: set[Path] = set()

    @contextmanager
    def writer(self) -> Iterator[FileWriter]:
        """Open a content for writing; what is not finished is removed."""
        writer = FileWriter(self)
        try:
            yield writer
        finally:
            writer.discard()

    def path(self, digest: bytes) -> Path:
        """Say where a content lies or would lie."""
        name = digest.hex()
        return self.root / name[:2] / name[2:4] / name

    def open(self, digest: bytes) -> BinaryIO:
        """Open a content for reading.

        :raises FileNotFoundError: if the store does not have it.
        """
        return self.path(digest).open("rb")

    def adopt(self, source: Path, stored: StoredFile) -> None:
        """Move a written file to its name, unless the same content has it already.

        A file of another size under the name was cut short by a failing disk, and
        is replaced. The folder is brought to the disk even for a content that was
        there: whoever put it there may not have come so far yet.
        """
        target = self.path(stored.digest)
        self._make_folder(target.parent)
        if _size_of(target) == stored.size:
            source.unlink()
        else:
            source.replace(target)
        _sync_folder(target.parent)

    def remove_abandoned(self, *, older_than: float = ABANDONED_SECONDS) -> int:
        """Remove what dead processes left unfinished; give how many files."""
        limit = time.time() - older_than
        removed = 0
        for path in self.incoming.iterdir():
            # Another process may be faster, with its upload or with this very task.
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < limit:
                    path.unlink()
                    removed += 1
        return removed

    def _make_folder(self, folder: Path) -> None:
        """Create the two levels above a file, durably; remember those that are."""
        for level in (folder.parent, folder):
            if level not in self._durable_folders:
                level.mkdir(mode=0o700, exist_ok=True)
                _sync_folder(level.parent)
                self._durable_folders.add(level)


@cache
def file_store(root: Path) -> FileStore:
    """Give this process's store of a folder; the first call clears it of remains."""
    store = FileStore(root)
    store.remove_abandoned()
    return store


def _size_of(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def _sync_folder(folder: Path) -> None:
    """Bring a folder's names to the disk (POSIX says nothing of them by itself)."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
