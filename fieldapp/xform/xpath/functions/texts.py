"""Functions on texts. Lengths and positions count UTF-16 units, as Java does."""

import re
from typing import Any

from fieldapp.xform.xpath.code import (
    Code,
    as_string,
    computed,
    failing,
    sole_value,
    value_of,
)
from fieldapp.xform.xpath.context import Evaluation, spend
from fieldapp.xform.xpath.conversions import JAVA_SPACE, java_int, to_string
from fieldapp.xform.xpath.errors import XPathError, XPathLimit, XPathTypeError
from fieldapp.xform.xpath.functions.registry import Build, function, special
from fieldapp.xform.xpath.patterns import Pattern, matches, read
from fieldapp.xform.xpath.scope import Scope
from fieldapp.xform.xpath.syntax import Call, Path, Step

MAX_TEXT = 1_000_000
"""Characters of a text that is put together."""

_CHARACTERS_PER_STEP = 32
_CHARACTERS_PER_PART = 2
_STEPS_PER_CHARACTER = 8
_SPACES = re.compile(r"[ \t\n\x0b\f\r]+")
_CONTEXT = Path(False, None, (Step("self", "node()"),))


@function("string", takes="s", gives=str)
def string(text: str) -> str:
    """Convert to text."""
    return text


@function("concat", takes="r*", gives=str, context=True)
def concat(evaluation: Evaluation, *values: Any) -> str:
    """Join values, or all values of one nodeset."""
    return joined(evaluation, "", texts(evaluation, values))


@function("join", takes="sr*", gives=str, context=True)
def join(evaluation: Evaluation, separator: str, *values: Any) -> str:
    """Join values, or all values of one nodeset, with a separator between."""
    return joined(evaluation, separator, texts(evaluation, values))


def joined(evaluation: Evaluation, separator: str, parts: list[str]) -> str:
    """Join texts, unless the whole gets too long: texts may double at each step.

    :raises XPathLimit: if it is longer than an answer can sensibly be.
    """
    length = sum(map(len, parts)) + len(separator) * len(parts)
    if length > MAX_TEXT:
        raise XPathLimit("a text that gets too long")
    spend(evaluation, length // _CHARACTERS_PER_STEP)
    return separator.join(parts)


def texts(evaluation: Evaluation, values: tuple[Any, ...]) -> list[str]:
    """Return the texts of several values, or of the nodes of a single nodeset."""
    return [to_string(value) for value in spread(evaluation, values)]


def spread(evaluation: Evaluation, values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the values of the nodes of a single nodeset, or several values unpacked.

    The candidate value stands for the context node's own.
    """
    if len(values) == 1 and isinstance(values[0], list):
        return tuple(value_of(evaluation, node) for node in values[0])
    return tuple(sole_value(evaluation, value) for value in values)


@function("substr", takes="sn|n", gives=str)
def substr(text: str, start: float, end: float | None = None) -> str:
    """Cut from a start, counted from 0 or from the end, up to before an end."""
    units = text if _is_basic(text) else _to_units(text)
    length = len(units)
    first = java_int(start)
    last = length if end is None else java_int(end)
    first = min(max(first + length if first < 0 else first, 0), length)
    last = min(max(last + length if last < 0 else last, 0), length)
    cut = units[first:last]
    return cut if units is text else _from_units(cut)


def _is_basic(text: str) -> bool:
    return text.isascii() or max(text) < "\U00010000"


def _to_units(text: str) -> str:
    encoded = text.encode("utf-16-be", "surrogatepass")
    return "".join(
        chr(encoded[place] << 8 | encoded[place + 1])
        for place in range(0, len(encoded), 2)
    )


def _from_units(units: str) -> str:
    encoded = b"".join(ord(unit).to_bytes(2, "big") for unit in units)
    return encoded.decode("utf-16-be", "replace").replace("\ufffd", "?")


@function("substring-before", takes="ss", gives=str)
def substring_before(text: str, part: str) -> str:
    """Return what stands before the first occurrence, or nothing."""
    return text.partition(part)[0] if part and part in text else ""


@function("substring-after", takes="ss", gives=str)
def substring_after(text: str, part: str) -> str:
    """Return what stands after the first occurrence, or nothing."""
    return text.partition(part)[2] if part else text


@function("translate", takes="sss", gives=str)
def translate(text: str, source: str, target: str) -> str:
    """Replace each character of `source` by its counterpart, or remove it."""
    if not all(map(_is_basic, (text, source, target))):
        units = map(_to_units, (text, source, target))
        return _from_units(_translated(*units))
    return _translated(text, source, target)


def _translated(text: str, source: str, target: str) -> str:
    table: dict[int, str] = {}
    for place, character in enumerate(source):
        table.setdefault(ord(character), target[place : place + 1])
    return text.translate(table)


@function("contains", takes="ss", gives=bool)
def contains(text: str, part: str) -> bool:
    """Tell whether a text contains another."""
    return part in text


@function("starts-with", takes="ss", gives=bool)
def starts_with(text: str, part: str) -> bool:
    """Tell whether a text begins with another."""
    return text.startswith(part)


@function("ends-with", takes="ss", gives=bool)
def ends_with(text: str, part: str) -> bool:
    """Tell whether a text ends with another."""
    return text.endswith(part)


@special("regex", 2, 2)
def build_regex(scope: Scope, call: Call) -> Code:
    """Compile regex(): whether a pattern matches the whole text.

    A pattern that the form writes is read once; one that answers make, each time.
    """
    operands = [scope.compile(argument) for argument in call.arguments]
    text, written = map(as_string, operands)
    literal = operands[1].literal
    pattern: Pattern | None = None
    if isinstance(literal, str):
        scope.findings.count(len(literal) // _CHARACTERS_PER_PART)
        try:
            pattern = read(literal)
        except XPathError as error:
            return failing(str(error), type(error))

    def regex(evaluation: Evaluation) -> bool:
        given = text(evaluation)
        wanted: str | Pattern = pattern or written(evaluation)
        if isinstance(wanted, str):
            spend(evaluation, len(wanted) * _STEPS_PER_CHARACTER)
        found, steps = matches(wanted, given, evaluation.steps)
        evaluation.steps -= steps
        return found

    return computed(bool, regex, operands)


def _on_context(name: str, gives: type, body: Any) -> Build:
    """Register a function of one text, which is the context node's if missing."""

    def build(scope: Scope, call: Call) -> Code:
        operand = scope.compile(call.arguments[0] if call.arguments else _CONTEXT)
        text = as_string(operand)
        return computed(gives, lambda evaluation: body(text(evaluation)), [operand])

    return special(name, 0, 1)(build)


def string_length(text: str) -> float:
    """Count the UTF-16 units of a text."""
    if text.isascii():
        return float(len(text))
    return float(len(text) + sum(character > "\uffff" for character in text))


def normalize_space(text: str) -> str:
    """Trim a text, and make each run of spaces one."""
    return _SPACES.sub(" ", text.strip(JAVA_SPACE))


_on_context("string-length", float, string_length)
_on_context("normalize-space", str, normalize_space)


@function("boolean-from-string", takes="s", gives=bool)
def boolean_from_string(text: str) -> bool:
    """Read `true` in any case and `1` as true, all else as false."""
    return text == "1" or text.lower() == "true"


@function("jr:itext", takes="s", gives=str, context=True)
def itext(evaluation: Evaluation, name: str) -> str:
    """Return a text of the form in the language in use."""
    return evaluation.itext(name)


def only_text(value: Any, name: str) -> str:
    """Return a value that has to be a text, as a Java cast does.

    :raises XPathTypeError: if it is a number, a date, true or false.
    """
    if isinstance(value, str):
        return value
    raise XPathTypeError(f"{name}() takes a text, not {to_string(value)}")
