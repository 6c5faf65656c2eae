"""Reads the syntax of Java's regular expressions (java.util.regex.Pattern)."""

import re
import sys

from fieldapp.xform.xpath.errors import XPathLimit
from fieldapp.xform.xpath.patterns.brackets import BracketReader
from fieldapp.xform.xpath.patterns.classes import ANY, LINE_ENDS, predefined
from fieldapp.xform.xpath.patterns.cursor import Cursor
from fieldapp.xform.xpath.patterns.escapes import read_code, read_property
from fieldapp.xform.xpath.patterns.tree import (
    UNBOUNDED,
    Atomic,
    Backreference,
    Character,
    Choice,
    Edge,
    Group,
    Look,
    Part,
    Repeat,
    Sequence,
)

MAX_PATTERN = 4_096
MAX_NESTING = 50

_COUNT = re.compile(r"\{([0-9]{1,9})(,([0-9]{0,9}))?\}")
_FLAGS = re.compile(r"\?([a-zA-Z]*)(?:-([a-zA-Z]*))?([:)])")
_NAMED = re.compile(r"\?<([a-zA-Z][a-zA-Z0-9]*)>")
_KNOWN_FLAGS = set("idmsuxU")
_TEXT_END = r"(?!(?s:.))"
_LINE_END = rf"(?=(?:\r\n|[{LINE_ENDS}])?{_TEXT_END})"
_LINE_EDGE = rf"(?=[{LINE_ENDS}]|{_TEXT_END})"
_LINE_START = rf"(?:\A|(?<=[{LINE_ENDS}]))"
_LINE_BREAK = rf"[{LINE_ENDS}\x0b\f]"
_EDGES = {
    "A": r"\A",
    "b": r"\b",
    "B": r"\B",
    "G": r"\A",
    "z": _TEXT_END,
    "Z": _LINE_END,
}
_LOOKS = {
    "?=": (False, True),
    "?!": (False, False),
    "?<=": (True, True),
    "?<!": (True, False),
}


def read_pattern(pattern: str) -> Part:
    """Read a regular expression into its parts.

    :raises XPathTypeError: if Java would not compile it, or we do not know its syntax.
    :raises XPathLimit: if it is too long or too deeply nested.
    """
    if len(pattern) > MAX_PATTERN:
        raise XPathLimit("a regular expression that is too long")
    return _Reader(pattern).whole()


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.cursor = Cursor(pattern)
        self.flags: frozenset[str] = frozenset()
        self.groups = 0
        self.names: dict[str, int] = {}
        self.nesting = 0

    def whole(self) -> Part:
        part = self.choice()
        if not self.cursor.at_end:
            raise self.cursor.refuse("a closing parenthesis too many")
        return part

    def choice(self) -> Part:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise XPathLimit("a regular expression nested too deeply")
        options = [self.sequence()]
        while self.cursor.skip("|"):
            options.append(self.sequence())
        self.nesting -= 1
        if len(options) == 1:
            return options[0]
        sources = [item.source for item in options if isinstance(item, Character)]
        if len(sources) == len(options):
            return Character(f"(?:{'|'.join(sources)})")
        return Choice(tuple(options))

    def sequence(self) -> Part:
        parts: list[Part] = []
        while not self.cursor.at_end and self.cursor.peek not in "|)":
            if "x" in self.flags and self.cursor.skip_comment():
                continue
            part = self.atom()
            if part is not None:
                parts.append(self.quantified(part))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def quantified(self, part: Part) -> Part:
        least, most = self.count()
        if most < 0:
            return part
        mode = self.mode()
        while self.cursor.peek == "{":
            self.count()  # Java reads a count after a count, and ignores it.
            self.mode()
        return Repeat(part, least, most, mode)

    def mode(self) -> str:
        return "?" if self.cursor.skip("?") else "+" * self.cursor.skip("+")

    def count(self) -> tuple[int, int]:
        """Read a quantifier; a negative maximum means that there is none."""
        for sign, counts in _SIGNS.items():
            if self.cursor.skip(sign):
                return counts
        if self.cursor.peek != "{":
            return 0, -1
        found = self.cursor.match(_COUNT)
        if found is None:
            raise self.cursor.refuse("a repetition that cannot be read")
        least = int(found[1])
        most = least if found[2] is None else int(found[3] or UNBOUNDED)
        if most < least or (most < UNBOUNDED and most > MAX_PATTERN):
            raise self.cursor.refuse("a repetition out of range")
        return least, most

    def atom(self) -> Part | None:
        character = self.cursor.take()
        if character == "(":
            return self.group()
        if character == "\\":
            return self.escape()
        if character in "*+?{":
            raise self.cursor.refuse("a repetition of nothing")
        if character in "^$":
            return self.line_edge(character)
        if character == ".":
            return Character(ANY if "s" in self.flags else f"[^{LINE_ENDS}]")
        if character == "[":
            return self.character(BracketReader(self.cursor).read())
        return self.character(self.cursor.literal(character))

    def line_edge(self, character: str) -> Part:
        is_multiline = "m" in self.flags
        if character == "^":
            return Edge(_LINE_START if is_multiline else r"\A")
        return Edge(_LINE_EDGE if is_multiline else _LINE_END)

    def character(self, source: str) -> Character:
        """Apply the flag for letters of either case.

        A class of Unicode has thousands of characters: equal ones are kept once.
        """
        if "i" in self.flags:
            source = f"(?{'u' if 'u' in self.flags else 'a'}i:{source})"
        return Character(sys.intern(source))

    def escape(self) -> Part | None:
        letter = self.cursor.take()
        if letter == "Q":
            return self.quoted()
        if letter in _EDGES:
            return Edge(_EDGES[letter])
        if letter == "R":
            return Choice(
                (Sequence((Character(r"\r"), Character(r"\n"))), Character(_LINE_BREAK))
            )
        if letter == "k":
            return self.named_backreference()
        if letter in "123456789":
            return self.backreference(int(letter))
        source = predefined(letter)
        if source is None and letter in "pP":
            source = read_property(self.cursor, negated=letter == "P")
        if source is None:
            source = self.cursor.literal(read_code(self.cursor, letter))
        return self.character(source)

    def quoted(self) -> Part:
        text = self.cursor.take_until(r"\E")
        parts = [self.character(self.cursor.literal(item)) for item in text]
        if len(parts) < 2:  # noqa: PLR2004 - A quantifier belongs to the last one.
            return parts[0] if parts else Sequence(())
        return Sequence((*parts[:-1], self.quantified(parts[-1])))

    def backreference(self, number: int) -> Part:
        while self.cursor.peek.isdigit() and number * 10 <= self.groups:
            number = number * 10 + int(self.cursor.take())
        if number > self.groups:
            # A group that does not exist matches nothing (Java fails it).
            return Look(Sequence(()), behind=False, wanted=False)
        return Backreference(number)

    def named_backreference(self) -> Part:
        name = self.cursor.match(re.compile(r"<([a-zA-Z][a-zA-Z0-9]*)>"))
        if name is None or name[1] not in self.names:
            raise self.cursor.refuse("a reference to an unknown group")
        return Backreference(self.names[name[1]])

    def group(self) -> Part | None:
        outer = self.flags
        part = self.group_body()
        if part is None:
            return None
        self.flags = outer
        if not self.cursor.skip(")"):
            raise self.cursor.refuse("a group without its closing parenthesis")
        return part

    def group_body(self) -> Part | None:
        named = self.cursor.match(_NAMED)
        if named is not None or self.cursor.peek != "?":
            self.groups += 1
            number = self.groups
            if named is not None:
                self.name_group(named[1], number)
            return Group(self.choice(), number)
        for sign, (behind, wanted) in _LOOKS.items():
            if self.cursor.skip(sign):
                return Look(self.choice(), behind=behind, wanted=wanted)
        if self.cursor.skip("?>"):
            return Atomic(self.choice())
        return self.flagged()

    def name_group(self, name: str, number: int) -> None:
        if name in self.names:
            raise self.cursor.refuse("two groups of one name")
        self.names[name] = number

    def flagged(self) -> Part | None:
        """Read `(?i)`, which has no part of its own, or `(?i-s:...)`."""
        found = self.cursor.match(_FLAGS)
        if found is None or not set(found[1] + (found[2] or "")) <= _KNOWN_FLAGS:
            raise self.cursor.refuse("a group of an unknown kind")
        self.flags = (self.flags | set(found[1])) - set(found[2] or "")
        return None if found[3] == ")" else self.choice()


_SIGNS = {"*": (0, UNBOUNDED), "+": (1, UNBOUNDED), "?": (0, 1)}
