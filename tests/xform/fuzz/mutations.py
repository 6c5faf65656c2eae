"""Spoil inputs: by the byte, by the token, by the branch of a tree."""

import copy
import random
import re
from collections.abc import Callable, Sequence

from lxml import etree

from fieldapp.xform.markup import Element, new_parser

ODD_TEXTS = (
    "",
    " ",
    "\t\n",
    "0",
    "-1",
    "1e308",
    "1e-400",
    "9" * 400,
    "9" * 5000,
    "-9223372036854775809",
    "2147483648",
    "0x1p1024",
    "NaN",
    "Infinity",
    "٣",
    "²",
    "0001-01-01",
    "9999-12-31T23:59:59.999-14:00",
    "0001-01-01T00:00:00.000+14:00",
    "2024-02-30",
    "24:00:00",
    "23:59:60.999999999+99:99",
    "1 2 3 4",
    "91 181 0 0",
    "1 2;" * 500,
    "a " * 2000,
    "a" * 20_000,
    "\u202e\u0623\u0301\u0301",
    "\u0301",
    "\u2028\u2029\x85",
    "\ufeff\ufffd\U0010ffff",
    "\ud7ff\ue000",
    "İıſKÅ",
    "'",
    '"',
    "{{.}}",
    "{{" * 300,
    "${a}",
    "%s{}{0}",
    "../" * 40,
    "(" * 200,
    "[" * 200,
    "(a*)*" * 9,
    "true()",
    "uuid:1",
    "jr:itext('a')",
    "instance('list')/root/item",
    "current()/../a",
    ". = .",
)
ODD_BYTES = (
    b"\0",
    b"\xff",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xef\xbb\xbf",
    b"\r\n",
    b"<",
    b"&",
    b"&#0;",
    b"&#xD800;",
    b"&lt;",
    b"&a;",
    b"<!DOCTYPE a>",
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"<?a?>",
    b"xmlns:a='b'",
    b"|",
    b"--",
    b"\\",
    b"\t",
)
_TOKENS = re.compile(rb"\w+|\s+|[^\w\s]")


def spoil_bytes(data: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    """Change a few places of a text, without regard to what it means."""
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        at = chance.randrange(len(data) + 1)
        to = min(len(data), at + chance.choice((0, 1, 2, 5, 30, 200)))
        other = chance.choice(others) if others else b""
        start = chance.randrange(len(other) + 1)
        piece = chance.choice(
            (
                b"",
                bytes([chance.randrange(256)]),
                chance.choice(ODD_BYTES),
                chance.choice(ODD_TEXTS).encode("utf-8", "replace"),
                data[at:to] * chance.choice((2, 3, 50)),
                other[start : start + chance.randrange(1, 200)],
            )
        )
        data = data[:at] + piece + data[to:]
    return data


def spoil_tokens(data: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    """Drop, double, swap and borrow words and signs."""
    tokens = _TOKENS.findall(data)
    borrowed = _TOKENS.findall(chance.choice(others)[:5000]) if others else []
    for _ in range(chance.choice((1, 1, 2, 3))):
        at = chance.randrange(len(tokens) + 1)
        roll = chance.random()
        if roll < 0.25:
            del tokens[at : at + chance.choice((1, 1, 3))]
        elif roll < 0.5 and borrowed:
            start = chance.randrange(len(borrowed))
            tokens[at:at] = borrowed[start : start + chance.choice((1, 2, 5, 20))]
        elif roll < 0.7:
            tokens[at:at] = tokens[at : at + 5] * chance.choice((1, 2, 40))
        elif roll < 0.85:
            tokens.insert(at, chance.choice(ODD_TEXTS).encode("utf-8", "replace"))
        else:
            end = at + chance.randrange(1, 8)
            tokens[at:end] = reversed(tokens[at:end])
    return b"".join(tokens)


def spoil_tree(data: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    """Cut, double, move, rename and borrow branches of an XML document."""
    root = _parse(data)
    if root is None:
        return spoil_bytes(data, chance, others)
    for _ in range(chance.choice((1, 1, 2, 3, 6))):
        places = list(root.iter("*"))
        chance.choice(_BRANCH_CHANGES)(chance.choice(places), places, chance)
    borrowed = _parse(chance.choice(others)) if others else None
    if borrowed is not None and chance.random() < 0.3:
        branch = chance.choice(list(borrowed.iter("*")))
        chance.choice(list(root.iter("*"))).append(copy.deepcopy(branch))
    try:
        return etree.tostring(root, encoding="utf-8")
    except (ValueError, etree.LxmlError):
        return data


def _parse(data: bytes) -> Element | None:
    try:
        return etree.fromstring(data, new_parser())
    except (etree.XMLSyntaxError, ValueError):
        return None


def _cut(place: Element, _places: list[Element], _chance: random.Random) -> None:
    parent = place.getparent()
    if parent is not None:
        parent.remove(place)


def _double(place: Element, _places: list[Element], chance: random.Random) -> None:
    parent = place.getparent()
    if parent is not None and len(place) < 30:
        for _ in range(chance.choice((1, 1, 2, 30))):
            parent.append(copy.deepcopy(place))


def _move(place: Element, places: list[Element], chance: random.Random) -> None:
    goal = chance.choice(places)
    around = {goal, *goal.iterancestors()}
    if place.getparent() is not None and place not in around:
        goal.append(place)


def _rename(place: Element, places: list[Element], chance: random.Random) -> None:
    place.tag = chance.choice(places).tag


def _rewrite(place: Element, places: list[Element], chance: random.Random) -> None:
    place.text = _text(places, chance)


def _describe(place: Element, places: list[Element], chance: random.Random) -> None:
    """Change an attribute, or add one that stands elsewhere."""
    other = chance.choice(places)
    keys = list(place.keys()) or list(other.keys())
    if keys:
        place.set(chance.choice(keys), _text(places, chance))


def _mix(place: Element, places: list[Element], chance: random.Random) -> None:
    """Spoil the text of an attribute, as an expression is."""
    keys = list(place.keys())
    if keys:
        key = chance.choice(keys)
        others = [
            str(value).encode()
            for each in places[:200]
            for value in each.attrib.values()
        ]
        text = spoil_tokens((place.get(key) or "").encode(), chance, others)
        _try(lambda: place.set(key, text.decode("utf-8", "replace")))


def _deepen(place: Element, _places: list[Element], chance: random.Random) -> None:
    inner = place
    for _ in range(chance.choice((1, 10, 70, 260))):
        inner = etree.SubElement(inner, place.tag)


def _text(places: list[Element], chance: random.Random) -> str:
    other = chance.choice(places)
    values = [*other.attrib.values(), other.text or ""]
    text = chance.choice((chance.choice(ODD_TEXTS), chance.choice(values)))
    return text.replace("\ufffe", "")


def _try(change: Callable[[], object]) -> None:
    try:
        change()
    except ValueError:  # A character that XML cannot hold.
        return


_BRANCH_CHANGES = (
    _cut,
    _double,
    _move,
    _rename,
    _rewrite,
    _rewrite,
    _describe,
    _describe,
    _mix,
    _mix,
    _mix,
    _deepen,
)
