"""Character classes of Java's regular expressions, as fragments of Python's.

A fragment matches exactly one character, whatever the class was made of.
"""

import sys
import unicodedata
from functools import lru_cache

from fieldapp.xform.xpath.patterns.scripts import script_class

LINE_ENDS = r"\n\r\x85\u2028\u2029"
ANY = r"[\x00-\U0010ffff]"

_PREDEFINED = {
    "d": "0-9",
    "s": r" \t\n\x0b\f\r",
    "w": "a-zA-Z0-9_",
    "h": r" \t\xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000",
    "v": r"\n\x0b\f\r\x85\u2028\u2029",
}
_POSIX = {
    "Lower": "a-z",
    "Upper": "A-Z",
    "ASCII": r"\x00-\x7f",
    "L1": r"\x00-\xff",
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Punct": r"!-/:-@\[-`{-~",
    "Graph": "!-~",
    "Print": " -~",
    "Blank": r" \t",
    "Cntrl": r"\x00-\x1f\x7f",
    "XDigit": "0-9a-fA-F",
    "Space": r" \t\n\x0b\f\r",
}
_BINARY = {
    "alphabetic": ("L", "Nl"),
    "letter": ("L",),
    "digit": ("Nd",),
    "punctuation": ("P",),
    "control": ("Cc",),
    "uppercase": ("Lu",),
    "lowercase": ("Ll",),
    "titlecase": ("Lt",),
    "white_space": ("Z",),
    "javaletter": ("L",),
    "javadigit": ("Nd",),
    "javaletterordigit": ("L", "Nd"),
    "javauppercase": ("Lu",),
    "javalowercase": ("Ll",),
    "javaalphabetic": ("L", "Nl"),
}


def literal(character: str) -> str:
    """Return the fragment of one character, safe inside and outside of brackets."""
    code = ord(character)
    if code < 128 and character.isalnum():  # noqa: PLR2004 - ASCII.
        return character
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004


def predefined(letter: str) -> str | None:
    r"""Return the fragment of `\d`, `\W` and their like; None if there is none."""
    body = _PREDEFINED.get(letter.lower())
    if body is None:
        return None
    return f"[^{body}]" if letter.isupper() else f"[{body}]"


def property_class(name: str, *, negated: bool) -> str | None:
    r"""Return the fragment of `\p{name}`; None if the property is not known."""
    body = _POSIX.get(name) or script_class(name)
    if body is None:
        categories = _categories(name)
        if categories is None:
            return None
        ranges = _ranges_by_category()
        body = "".join(
            ranges[category]
            for category in sorted(ranges)
            if category.startswith(categories)
        )
    return f"[^{body}]" if negated else f"[{body}]"


def _categories(name: str) -> tuple[str, ...] | None:
    for prefix in ("general_category=", "gc="):
        name = name.removeprefix(prefix)
    bare = name.removeprefix("Is")
    if bare == "LC":
        return ("Lu", "Ll", "Lt")
    if bare and any(category.startswith(bare) for category in _ranges_by_category()):
        return (bare,)
    is_binary = name.startswith(("Is", "java"))
    return _BINARY.get(bare.lower()) if is_binary else None


@lru_cache(maxsize=1)
def _ranges_by_category() -> dict[str, str]:
    """Return all characters of each general category, as the inside of brackets."""
    found: dict[str, list[str]] = {}
    start, current = 0, unicodedata.category("\0")
    for code in range(1, sys.maxunicode + 2):
        category = unicodedata.category(chr(code)) if code <= sys.maxunicode else ""
        if category != current:
            last = literal(chr(code - 1))
            found.setdefault(current, []).append(f"{literal(chr(start))}-{last}")
            start, current = code, category
    return {category: "".join(ranges) for category, ranges in found.items()}
