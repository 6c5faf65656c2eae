"""Tell the names of files that may be kept from those that are tricks."""

import unicodedata

from fieldapp.web.text import Text

MAX_NAME_BYTES = 255
"""What every file system and every ZIP can hold."""

SEPARATORS = frozenset("/\\")

NO_NAME = Text("Sebuah berkas tidak punya nama.", "A file has no name.")
LONG_NAME = Text(
    "Nama sebuah berkas terlalu panjang (paling banyak 255 byte).",
    "The name of a file is too long (at most 255 bytes).",
)
PATH_IN_NAME = Text(
    "Nama sebuah berkas berisi garis miring atau menunjuk folder.",
    "The name of a file has a slash in it or points to a folder.",
)
CONTROL_IN_NAME = Text(
    "Nama sebuah berkas berisi karakter kendali.",
    "The name of a file has control characters in it.",
)


def unsafe_name_reason(name: str) -> Text | None:
    """Say why a name can't be kept; None where it can.

    All else is kept letter by letter: the entry names the file in the same letters,
    and a name that was made prettier would no longer be found (openrosa.md, 6).
    """
    if not name:
        return NO_NAME
    if any(unicodedata.category(letter) == "Cc" for letter in name):
        return CONTROL_IN_NAME
    if SEPARATORS.intersection(name) or name in {".", ".."}:
        return PATH_IN_NAME
    if len(name.encode()) > MAX_NAME_BYTES:
        return LONG_NAME
    return None
