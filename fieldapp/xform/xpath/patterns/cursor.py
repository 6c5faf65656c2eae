"""A place in the source of a regular expression."""

import re

from fieldapp.xform.xpath.errors import XPathTypeError
from fieldapp.xform.xpath.patterns.classes import literal

_COMMENT = re.compile(r"[ \t\n\x0b\f\r]+|#[^\n]*")


class Cursor:
    """Reads a source from left to right."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.index = 0

    @property
    def at_end(self) -> bool:
        """Tell whether everything is read."""
        return self.index >= len(self.source)

    @property
    def peek(self) -> str:
        """Return the next character, or "" at the end."""
        return self.source[self.index : self.index + 1]

    def refuse(self, reason: str) -> XPathTypeError:
        """Return the error for what stands here."""
        return XPathTypeError(f"regular expression {self.source[:80]!r}: {reason}")

    def take(self) -> str:
        """Read one character.

        :raises XPathTypeError: at the end.
        """
        if self.at_end:
            raise self.refuse("it ends too early")
        self.index += 1
        return self.source[self.index - 1]

    def skip(self, text: str) -> bool:
        """Read a text if it stands here."""
        if not self.source.startswith(text, self.index):
            return False
        self.index += len(text)
        return True

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Read what a pattern matches here."""
        found = pattern.match(self.source, self.index)
        if found is not None:
            self.index = found.end()
        return found

    def take_until(self, mark: str) -> str:
        """Read up to a mark, which is left out, or to the end."""
        end = self.source.find(mark, self.index)
        text = self.source[self.index : end if end >= 0 else len(self.source)]
        self.index += len(text) + (len(mark) if end >= 0 else 0)
        return text

    def skip_comment(self) -> bool:
        """Read spaces and comments, which flag x allows."""
        return self.match(_COMMENT) is not None

    def literal(self, character: str) -> str:
        """Return the fragment of a character that means itself."""
        return literal(character)
