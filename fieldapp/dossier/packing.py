"""Pack files into one archive, byte for byte as the verifier expects it.

A ZIP with nothing packed, no times and no extras: what is proved is what any program
unpacks. Sizes are known before the first byte goes out, so a reader sees how much is to
come, and whoever reads slowly holds neither a transaction nor memory.
"""

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from fieldapp.dossier.problems import DossierTooLarge
from fieldapp.ledger.verify import Part, archive_end, local_header
from fieldapp.submissions.files import FileStore

CHUNK = 256 * 1024
MAX_FILES = 60_000
MAX_BYTES = 4_000_000_000
"""What a plain ZIP counts; more needs ZIP64, which old programs do not read."""


class Writing:
    """A file of the dossier that is being written, on disk."""

    def __init__(self) -> None:
        self.file = cast("BinaryIO", TemporaryFile())  # noqa: SIM115 - Archive closes it.
        self.size = self.crc = 0
        self._hash = hashlib.sha256()

    def write(self, content: bytes) -> None:
        """Add some bytes."""
        self.file.write(content)
        self.size += len(content)
        self.crc = zlib.crc32(content, self.crc)
        self._hash.update(content)

    @property
    def sha256(self) -> str:
        """Give the digest of what was written, in hex."""
        return self._hash.hexdigest()


@dataclass(frozen=True)
class Packed:
    """A file of the dossier, and where its content is: written, or in the store."""

    name: str
    size: int
    crc: int
    sha256: str
    file: BinaryIO | None = None

    def open(self, store: FileStore) -> BinaryIO:
        """Open the content for reading from its beginning."""
        if self.file is None:
            return store.open(bytes.fromhex(self.sha256))
        self.file.seek(0)
        return self.file

    def listed(self) -> dict[str, str | int]:
        """Give the file as the manifest lists it."""
        return {"path": self.name, "sha256": self.sha256, "size": self.size}


class Archive:
    """The files of a dossier in their order."""

    def __init__(self, store: FileStore) -> None:
        self.store = store
        self.files: list[Packed] = []

    def add(self, name: str, content: Iterable[bytes]) -> Packed:
        """Write a file to the disk and take it into the archive."""
        writing = Writing()
        file = writing.file
        self.files.append(Packed(name, 0, 0, "", file))  # Closed whatever comes.
        for chunk in content:
            writing.write(chunk)
        packed = Packed(name, writing.size, writing.crc, writing.sha256, file)
        self.files[-1] = packed
        return packed

    def add_bytes(self, name: str, content: bytes) -> Packed:
        """Take a small file into the archive."""
        sha256 = hashlib.sha256(content).hexdigest()
        crc = zlib.crc32(content)
        packed = Packed(name, len(content), crc, sha256, BytesIO(content))
        self.files.append(packed)
        return packed

    def add_stored(self, name: str, digest: bytes) -> bool:
        """Take a file of the store into the archive, if it is there and whole."""
        try:
            file = self.store.open(digest)
        except FileNotFoundError:
            return False
        hashed, crc, size = hashlib.sha256(), 0, 0
        with file:
            while chunk := file.read(CHUNK):
                hashed.update(chunk)
                crc = zlib.crc32(chunk, crc)
                size += len(chunk)
        if hashed.digest() != digest:
            return False
        self.files.append(Packed(name, size, crc, digest.hex()))
        return True

    def parts(self) -> list[Part]:
        """Say where each file stands.

        :raises DossierTooLarge: if a plain ZIP cannot hold them.
        """
        at, found = 0, []
        for file in self.files:
            header = local_header(file.name, size=file.size, crc=file.crc)
            found.append(Part(file.name, at + len(header), file.size, file.crc))
            at = found[-1].start + file.size
        if at > MAX_BYTES or len(found) > MAX_FILES:
            raise DossierTooLarge
        return found

    def length(self) -> int:
        """Count all bytes."""
        parts = self.parts()
        return parts[-1].start + parts[-1].size + len(archive_end(parts))

    def chunks(self) -> Iterator[bytes]:
        """Give the archive, piece by piece."""
        for file in self.files:
            yield local_header(file.name, size=file.size, crc=file.crc)
            content = file.open(self.store)
            try:
                while chunk := content.read(CHUNK):
                    yield chunk
            finally:
                if file.file is None:
                    content.close()
        yield archive_end(self.parts())

    def close(self) -> None:
        """Let go of all that was written; closing again does nothing."""
        for file in self.files:
            if file.file is not None:
                file.file.close()
