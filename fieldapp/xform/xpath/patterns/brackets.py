"""Character classes in brackets: unions, ranges, negation, intersection."""

from fieldapp.xform.xpath.errors import XPathLimit
from fieldapp.xform.xpath.patterns.classes import ANY, predefined
from fieldapp.xform.xpath.patterns.cursor import Cursor
from fieldapp.xform.xpath.patterns.escapes import read_code, read_property

MAX_NESTING = 20


class BracketReader:
    """Reads one class, after its opening bracket, into a fragment."""

    def __init__(self, cursor: Cursor, nesting: int = 0) -> None:
        if nesting > MAX_NESTING:
            raise XPathLimit("brackets nested too deeply")
        self.cursor = cursor
        self.nesting = nesting
        self.ranges: list[str] = []
        self.classes: list[str] = []

    def read(self) -> str:
        """Read up to the closing bracket."""
        negated = self.cursor.skip("^")
        operands: list[str] = []
        while True:
            if self.cursor.at_end:
                raise self.cursor.refuse("brackets without their end")
            if self.cursor.peek == "]" and (self.ranges or self.classes or operands):
                break
            if self.cursor.skip("&&"):
                if self.ranges or self.classes:
                    operands.append(self.union())
            else:
                self.item()
        self.cursor.take()
        if self.ranges or self.classes:
            operands.append(self.union())
        return _negated(_intersection(operands), negated=negated)

    def union(self) -> str:
        """Return what was read as one fragment, and begin anew."""
        parts = list(self.classes)
        if self.ranges:
            parts.insert(0, f"[{''.join(self.ranges)}]")
        self.ranges, self.classes = [], []
        return parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"

    def item(self) -> None:
        """Read a nested class, a predefined one, a character or a range."""
        if self.cursor.skip("["):
            self.classes.append(BracketReader(self.cursor, self.nesting + 1).read())
            return
        first = self.character()
        if first is None:
            return
        if not self.starts_range():
            self.ranges.append(self.cursor.literal(first))
            return
        self.cursor.take()
        last = self.character()
        if last is None or last < first:
            raise self.cursor.refuse("a range in the wrong order")
        self.ranges.append(f"{self.cursor.literal(first)}-{self.cursor.literal(last)}")

    def starts_range(self) -> bool:
        """Tell whether a dash and the end of a range follow."""
        after = self.cursor.source[self.cursor.index + 1 : self.cursor.index + 2]
        return self.cursor.peek == "-" and after not in ("", "]", "[")

    def character(self) -> str | None:
        """Read one character; None if it was a class, which is then noted."""
        character = self.cursor.take()
        if character != "\\":
            return character
        letter = self.cursor.take()
        if letter == "Q":
            self.ranges += map(self.cursor.literal, self.cursor.take_until(r"\E"))
            return None
        source = predefined(letter)
        if letter in "pP":
            source = read_property(self.cursor, negated=letter == "P")
        if source is not None:
            self.classes.append(source)
            return None
        return read_code(self.cursor, letter)


def _intersection(operands: list[str]) -> str:
    *conditions, last = operands
    if not conditions:
        return last
    return f"(?:{''.join(f'(?={condition})' for condition in conditions)}{last})"


def _negated(source: str, *, negated: bool) -> str:
    if not negated:
        return source
    is_plain = source.startswith("[") and not source.startswith("[^")
    return f"[^{source[1:]}" if is_plain else f"(?:(?!{source}){ANY})"
