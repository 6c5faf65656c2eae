"""Escapes that stand for one character or a property."""

import re

from fieldapp.xform.xpath.patterns.classes import property_class
from fieldapp.xform.xpath.patterns.cursor import Cursor

_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "a": "\a", "e": "\x1b"}
_CODES = {
    "x": re.compile(r"([0-9a-fA-F]{2})|\{([0-9a-fA-F]{1,8})\}"),
    "u": re.compile(r"([0-9a-fA-F]{4})"),
    "0": re.compile(r"([0-3]?[0-7]{1,2})"),
}
_PROPERTY = re.compile(r"\{([A-Za-z0-9_= ]{1,60})\}|([A-Z])")
_LOW_HALF = re.compile(r"\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_HIGH_HALVES = range(0xD800, 0xDC00)
_LAST = 0x10FFFF


def read_code(cursor: Cursor, letter: str) -> str:
    """Read the character of an escape whose first letter was read.

    :raises XPathTypeError: if Java has no such escape.
    """
    if letter in _CONTROLS:
        return _CONTROLS[letter]
    if letter == "c":
        return chr(ord(cursor.take()) ^ 64)
    if letter in _CODES:
        found = cursor.match(_CODES[letter])
        digits = next(filter(None, found.groups()), "") if found else ""
        code = int(digits, 8 if letter == "0" else 16) if digits else _LAST + 1
        if code > _LAST:
            raise cursor.refuse("a character code that cannot be read")
        low = cursor.match(_LOW_HALF) if code in _HIGH_HALVES else None
        if low is not None:
            code = 0x10000 + (code - 0xD800 << 10) + int(low[1], 16) - 0xDC00
        return chr(code)
    if letter.isascii() and letter.isalnum():
        raise cursor.refuse(f"an unknown escape \\{letter}")
    return letter


def read_property(cursor: Cursor, *, negated: bool) -> str:
    r"""Read the property of `\p`.

    :raises XPathTypeError: if it is not known.
    """
    found = cursor.match(_PROPERTY)
    source = None
    if found is not None:
        source = property_class(found[1] or found[2], negated=negated)
    if source is None:
        raise cursor.refuse("an unknown property of characters")
    return source
