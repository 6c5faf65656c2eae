"""Files that a phone attaches, made of noise so that they are as large as real ones."""

import random
import struct
import wave
import zlib
from dataclasses import dataclass
from io import BytesIO

PNG_START = b"\x89PNG\r\n\x1a\n"
KILOBYTE = 1024
HERTZ = 8000


@dataclass(frozen=True)
class Attachment:
    """A file of an entry, as it is sent."""

    name: str
    media_type: str
    content: bytes


def make_attachment(
    mediatype: str, stem: str, kilobytes: int, chance: random.Random
) -> Attachment:
    """Make a file for a question of a media type such as `image/*`."""
    if mediatype.startswith("image"):
        return Attachment(f"{stem}.png", "image/png", picture(kilobytes, chance))
    if mediatype.startswith("audio"):
        return Attachment(f"{stem}.wav", "audio/x-wav", _sound(kilobytes, chance))
    content = chance.randbytes(kilobytes * KILOBYTE)
    return Attachment(f"{stem}.bin", "application/octet-stream", content)


def picture(kilobytes: int, chance: random.Random) -> bytes:
    """Draw a grey PNG of about a size."""
    side = max(8, int((kilobytes * KILOBYTE) ** 0.5))
    rows = b"".join(b"\x00" + chance.randbytes(side) for _ in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    return PNG_START + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    checked = kind + content
    return struct.pack(">I", len(content)) + checked + _crc(checked)


def _crc(content: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(content))


def _sound(kilobytes: int, chance: random.Random) -> bytes:
    written = BytesIO()
    with wave.open(written, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(HERTZ)
        sound.writeframes(chance.randbytes(kilobytes * KILOBYTE))
    return written.getvalue()
