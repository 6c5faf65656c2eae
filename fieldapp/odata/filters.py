"""`$filter`: from OData's words to SQL, for what can be filtered and nothing else.

`odata-query` reads the grammar; only the columns below are known, and every value is
checked before it comes near a statement or a log.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from odata_query import ast
from odata_query.exceptions import ODataException
from odata_query.grammar import ODataLexer, ODataParser
from sqlalchemy import ColumnElement, and_, cast, extract, func, not_, or_
from sqlalchemy import Integer as SqlInteger
from sqlalchemy.orm import InstrumentedAttribute

from fieldapp.odata.problems import BadODataQuery, ODataNotSupported
from fieldapp.places.codes import DOTTED, within
from fieldapp.submissions.models import Submission, SubmissionState
from fieldapp.web.text import Text

MAX_LENGTH = 2_000
MAX_PARTS = 100
"""Comparisons and operators in one filter."""

MAX_NUMBER = 9_999

UNREADABLE = Text(
    "$filter tidak terbaca. Contoh: __system/reviewState eq 'approved'.",
    "$filter cannot be read. Example: __system/reviewState eq 'approved'.",
)
TOO_LONG = Text(
    "$filter terlalu panjang: paling banyak {length} huruf dan {parts} bagian.",
    "$filter is too long: at most {length} characters and {parts} parts.",
)
UNKNOWN = Text(
    "$filter di sini hanya mengenal {names}; dengan eq ne lt le gt ge in and or not, "
    "startswith() untuk areaCode, dan year() month() day() untuk waktu.",
    "$filter here knows only {names}; with eq ne lt le gt ge in and or not, "
    "startswith() for areaCode, and year() month() day() for times.",
)
BAD_VALUE = Text(
    "Nilai untuk {name} di $filter tidak sah: {hint}.",
    "The value for {name} in $filter is not valid: {hint}.",
)

Condition = ColumnElement[bool]
Column = InstrumentedAttribute[Any]

_OPERATORS: Mapping[type, tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Eq: ("eq", eq),
    ast.NotEq: ("ne", ne),
    ast.Lt: ("lt", lt),
    ast.LtE: ("le", le),
    ast.Gt: ("gt", gt),
    ast.GtE: ("ge", ge),
}
_EQUALITIES = frozenset({"eq", "ne", "in"})
_PARTS = frozenset({"year", "month", "day", "hour", "minute"})
_TIMES: Mapping[str, Column] = {
    "submissionDate": Submission.received_at,
    "updatedAt": Submission.updated_at,
    "capturedAt": Submission.captured_at,
}
_STATE, _AREA = "reviewState", "areaCode"
_NAMES = (_STATE, _AREA, *_TIMES)
_ZONED = re.compile(r"(Z|[+-]\d\d:\d\d)\Z")


@dataclass(frozen=True)
class Filter:
    """A condition in SQL, and in OData's words for the log."""

    condition: Condition
    words: str


def read_filter(text: str) -> Filter:
    """Read a `$filter`.

    :raises BadODataQuery: if it is no filter, too long, or has a value that is none.
    :raises ODataNotSupported: if it asks for what cannot be filtered here.
    """
    too_long = TOO_LONG.format(length=MAX_LENGTH, parts=MAX_PARTS)
    if len(text) > MAX_LENGTH:
        raise BadODataQuery(too_long)
    try:
        tree = ODataParser().parse(ODataLexer().tokenize(text))
    except ODataException as error:
        raise BadODataQuery(UNREADABLE) from error
    if tree is None:
        raise BadODataQuery(UNREADABLE)
    if _size(tree) > MAX_PARTS:
        raise BadODataQuery(too_long)
    return _condition(tree)


def _size(tree: Any) -> int:
    """Count the operators of a tree, without going down into it by recursion."""
    count = 0
    pending = [tree]
    while pending:
        node = pending.pop()
        count += 1
        if isinstance(node, ast.BoolOp):
            pending += (node.left, node.right)
        elif isinstance(node, ast.UnaryOp):
            pending.append(node.operand)
    return count


def _condition(tree: Any) -> Filter:
    match tree:
        case ast.BoolOp(op, left, right):
            first, second = _condition(left), _condition(right)
            is_and = isinstance(op, ast.And)
            join = and_ if is_and else or_
            word = "and" if is_and else "or"
            return Filter(
                join(first.condition, second.condition),
                f"({first.words} {word} {second.words})",
            )
        case ast.UnaryOp(ast.Not(), operand):
            inner = _condition(operand)
            return Filter(not_(inner.condition), f"not {inner.words}")
        case ast.Call(ast.Identifier("startswith"), [field, ast.String(value)]):
            if _name(field) == _AREA:
                return _starting(value)
        case ast.Compare(ast.In(), field, ast.List(values)):
            return _one_of(_name(field), values)
        case ast.Compare(operator, field, value) if type(operator) in _OPERATORS:
            return _compared(*_OPERATORS[type(operator)], field, value)
    raise _unknown()


def _compared(
    word: str, compare: Callable[[Any, Any], Any], field: Any, value: Any
) -> Filter:
    match field:
        case ast.Call(ast.Identifier(part), [inner]) if part in _PARTS:
            return _time_part(word, compare, part, _name(inner), value)
    name = _name(field)
    if name in _TIMES:
        moment = _moment(name, value)
        words = f"{_path(name)} {word} {moment.isoformat()}"
        return Filter(compare(_TIMES[name], moment), words)
    if word not in _EQUALITIES:
        raise _unknown()
    found = _state(value) if name == _STATE else _code(value)
    column: Column = Submission.state if name == _STATE else Submission.area_code
    return Filter(compare(column, found), f"{_path(name)} {word} '{found}'")


def _time_part(
    word: str, compare: Callable[[Any, Any], Any], part: str, name: str, value: Any
) -> Filter:
    """Compare a part of a time in UTC, as OData has it."""
    if name not in _TIMES:
        raise _unknown()
    if not isinstance(value, ast.Integer) or not 0 <= int(value.val) <= MAX_NUMBER:
        raise _bad(name, "0…9999")
    number = int(value.val)
    found = cast(extract(part, func.timezone("UTC", _TIMES[name])), SqlInteger)
    return Filter(compare(found, number), f"{part}({_path(name)}) {word} {number}")


def _one_of(name: str, values: list[Any]) -> Filter:
    if name not in {_STATE, _AREA} or len(values) > MAX_PARTS:
        raise _unknown()
    read = _state if name == _STATE else _code
    found = [read(value) for value in values]
    column: Column = Submission.state if name == _STATE else Submission.area_code
    listed = ",".join(f"'{each}'" for each in found)
    return Filter(column.in_(found), f"{_path(name)} in ({listed})")


def _starting(prefix: str) -> Filter:
    """Find an area by the beginning of the code: `33.02` or `33.02.`."""
    code = prefix.removesuffix(".")
    if not DOTTED.fullmatch(code):
        raise _bad(_AREA, "33.02")
    words = f"startswith({_path(_AREA)},'{prefix}')"
    return Filter(within(Submission.area_code, code), words)


def _name(field: Any) -> str:
    match field:
        case ast.Attribute(ast.Identifier("__system"), name) if name in _NAMES:
            return str(name)
    raise _unknown()


def _state(value: Any) -> SubmissionState:
    try:
        return SubmissionState(_text(_STATE, value))
    except ValueError as error:
        raise _bad(_STATE, ", ".join(SubmissionState)) from error


def _code(value: Any) -> str:
    code = _text(_AREA, value)
    if not DOTTED.fullmatch(code):
        raise _bad(_AREA, "33.02.16.2007")
    return code


def _text(name: str, value: Any) -> str:
    if not isinstance(value, ast.String):
        raise _bad(name, "'…'")
    return str(value.val)


def _moment(name: str, value: Any) -> datetime:
    """Read a moment; a day is its first moment in UTC."""
    hint = "2026-01-31T08:00:00Z"
    try:
        if isinstance(value, ast.Date):
            day = date.fromisoformat(value.val)
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        if isinstance(value, ast.DateTime) and _ZONED.search(value.val):
            return datetime.fromisoformat(value.val).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _bad(name, hint) from error
    raise _bad(name, hint)


def _path(name: str) -> str:
    return f"__system/{name}"


def _unknown() -> ODataNotSupported:
    return ODataNotSupported(UNKNOWN.format(names=", ".join(map(_path, _NAMES))))


def _bad(name: str, hint: str) -> BadODataQuery:
    return BadODataQuery(BAD_VALUE.format(name=_path(name), hint=hint))
