"""Make expressions and patterns that mean something, and sometimes too much."""

import random

from fieldapp.xform.xpath.functions import FUNCTIONS

_PATHS = (
    "/data/rep",
    "/data/rep/qty",
    "/data/rep/sub/v",
    "/data/grp/*",
    "/data/txt",
    "/data/many",
    "/data/day",
    "/data/stamp",
    "/data/trace",
    "/data/empty",
    "/data/hid",
    "../nm",
    "..",
    ".",
    "../../rep",
    "current()/../qty",
    "instance('fruits')/root/item",
    "instance('fruits')/root/item[name = current()/../nm]/price",
    "instance('fruits')/root/item[price > 1 and kind = 'pome']/name",
    "/data/rep[qty > 1]/nm",
    "/data/rep[position() = 2]",
    "*",
    "@id",
)
_LITERALS = (
    "''",
    "'a b c'",
    "'2024-02-29'",
    "'10:30'",
    "'1 2; 3 4; 5 6; 1 2'",
    "'%Y-%n-%3'",
    "'fruits'",
    "'(a|b)*c'",
    "0",
    "1",
    "-1",
    "0.1",
    "3",
    "400",
    "2147483648",
    "99999999999999999999",
    "1" + "0" * 310,
    "true()",
    "now()",
    "today()",
)
_OPERATORS = ("+", "-", "*", " div ", " mod ", "=", "!=", "<", ">=", " and ", " or ")
_ATOMS = (
    "a",
    "b",
    ".",
    "\\d",
    "\\w",
    "\\p{L}",
    "\\P{IsDigit}",
    "[a-z&&[^b]]",
    "[^a]",
    "\\Qab\\E",
    "\\x41",
    "\\u00e9",
    "^",
    "$",
    "\\b",
    "\\1",
    "\\R",
    "(?i)",
    "é",
)
_COUNTS = ("*", "+", "?", "*?", "++", "{2}", "{1,3}", "{0,}", "{3,200}", "{1000}")
_GROUPS = ("(", "(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?<n>", "(?s-i:")


def make_expression(chance: random.Random) -> bytes:
    """Make an expression of the dialect."""
    return _expression(chance, chance.choice((1, 2, 3, 5))).encode()


def _expression(chance: random.Random, depth: int) -> str:
    roll = chance.random()
    if depth == 0 or roll < 0.15:
        return chance.choice(_PATHS if chance.random() < 0.6 else _LITERALS)
    if roll < 0.35:
        left, right = _expression(chance, depth - 1), _expression(chance, depth - 1)
        return f"({left}{chance.choice(_OPERATORS)}{right})"
    if roll < 0.42:
        return f"{chance.choice(_PATHS)}[{_expression(chance, depth - 1)}]"
    if roll < 0.45:
        return f"-{_expression(chance, depth - 1)}"
    name = chance.choice(sorted(FUNCTIONS))
    function = FUNCTIONS[name]
    most = function.maximum if function.maximum is not None else function.minimum + 4
    count = chance.randint(function.minimum, most)
    return f"{name}({', '.join(_expression(chance, depth - 1) for _ in range(count))})"


def make_pattern(chance: random.Random) -> bytes:
    """Make a regular expression, and a text that may or may not fit it."""
    text = "".join(chance.choice("aab1 é\n") for _ in range(chance.randrange(30)))
    return f"{_pattern(chance, chance.choice((1, 2, 3, 4)))}\0{text}".encode()


def _pattern(chance: random.Random, depth: int) -> str:
    parts = []
    for _ in range(chance.randint(1, 4)):
        part = chance.choice(_ATOMS)
        if depth and chance.random() < 0.5:
            inner = _pattern(chance, depth - 1)
            if chance.random() < 0.4:
                inner += "|" + _pattern(chance, depth - 1)
            part = f"{chance.choice(_GROUPS)}{inner})"
        if chance.random() < 0.5:
            part += chance.choice(_COUNTS)
        parts.append(part)
    return "".join(parts)
