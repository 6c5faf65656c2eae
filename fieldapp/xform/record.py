"""The typed record: what an instance says, as nested dicts and lists."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from fieldapp.xform.calculation import number_text, text_of_value
from fieldapp.xform.definition import FormDefinition, NodeDefinition, path_text
from fieldapp.xform.judgement import Judgement
from fieldapp.xform.node import Node
from fieldapp.xform.times import write_date_time
from fieldapp.xform.values import read_point

Record = dict[str, Any]

_GEO_LINES = frozenset({"geotrace", "geoshape"})
_UNWRITABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ROUNDING = timedelta(milliseconds=2)
_CLASSES: Mapping[str, type] = {
    "int": float,
    "long": float,
    "decimal": float,
    "boolean": bool,
    "date": date,
    "dateTime": datetime,
    "time": datetime,
}
"""What a value of a type is; a calculate may have left another one."""

_POINT_KEYS = ("latitude", "longitude", "altitude", "accuracy")


class RecordInvalid(ValueError):  # noqa: N818 - says what it is
    """A record does not fit its form; `path` says where."""

    def __init__(self, reason: str, path: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.reason = reason
        self.path = path


def to_record(judgement: Judgement) -> Record:
    """Give the typed, nested record of a judged instance.

    Groups are dicts and repeats lists. Questions that do not apply are left out, those
    without an answer are None. What is not of its type stays as the text that came.
    """
    return _group(judgement.root, judgement.definition.root)


def _group(node: Node, definition: NodeDefinition) -> Record:
    record: Record = {}
    for child in definition.children:
        found = [each for each in node.by_name.get(child.name, ()) if each.is_relevant]
        if child.repeat is not None:
            record[child.name] = [_value(each, child) for each in found]
        elif found:
            record[child.name] = _value(found[0], child)
    return record


def _value(node: Node, definition: NodeDefinition) -> Any:
    if definition.children:
        return _group(node, definition)
    kind = definition.bind.type
    value = node.value
    if value == "":
        return node.text if node.text and definition.bind.calculate is None else None
    if kind == "select":
        sent = definition.bind.calculate is None and node.text
        return str(sent or value).split()
    if kind == "geopoint":
        return _point(str(value))
    if kind in _GEO_LINES:
        return [_point(part) for part in str(value).split(";")]
    return _scalar(node, definition)


def _scalar(node: Node, definition: NodeDefinition) -> Any:
    """Give a value in its bind's type: calculates may have left another one."""
    kind = definition.bind.type
    value = node.value
    if definition.value_type.json_kind in {"string", "file"}:
        return text_of_value(value, kind)
    if isinstance(value, str):
        read = definition.value_type.read(value, datetime.now(UTC))
        if not isinstance(read, float | date):
            return value
        value = read
    if not isinstance(value, _CLASSES[kind]):
        return text_of_value(value, kind)
    if isinstance(value, float):
        return int(value) if value.is_integer() and kind != "decimal" else value
    return _moment(node, value, kind) if isinstance(value, datetime) else value


def _moment(node: Node, value: datetime, kind: str) -> datetime | str:
    if kind == "time":
        return node.text or value.timetz().isoformat()
    return _as_sent(node.text, value)


def _as_sent(text: str, value: datetime) -> datetime:
    """Keep the offset that the phone wrote: it tells the local day.

    Reading may have taken a millisecond off, as in JavaRosa.
    """
    try:
        sent = datetime.fromisoformat(text)
    except ValueError:
        return value
    is_same = sent.tzinfo is not None and abs(sent - value) < _ROUNDING
    return sent if is_same else value


def _point(text: str) -> dict[str, float] | None:
    point = read_point(text)
    return dict(zip(_POINT_KEYS, point, strict=True)) if point else None


def from_record(definition: FormDefinition, record: Mapping[str, Any]) -> bytes:
    """Write a record as the XML that a phone would have sent.

    Questions that the record leaves out are written empty, so that they are asked.

    :raises RecordInvalid: if a value or a name does not fit the form.
    """
    root = definition.root
    attributes = f" id={quoteattr(definition.form_id)}"
    if definition.version:
        attributes += f" version={quoteattr(definition.version)}"
    parts = [f"<{root.name}{attributes}>"]
    _write_group(parts, root, record)
    parts.append(f"</{root.name}>")
    return "".join(parts).encode("utf-8")


def _write_group(
    parts: list[str], definition: NodeDefinition, record: Mapping[str, Any]
) -> None:
    for name in record:
        if name not in definition.children_by_name:
            where = f"{path_text(definition.path)}/{name}"
            raise RecordInvalid("the form has no such question", where)
    for child in definition.children:
        value = record.get(child.name)
        if child.repeat is None:
            _write_node(parts, child, value)
            continue
        for item in _items(value, child):
            _write_node(parts, child, item)


def _items(value: object, definition: NodeDefinition) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise RecordInvalid("a list is expected", path_text(definition.path))
    return value


def _write_node(parts: list[str], definition: NodeDefinition, value: object) -> None:
    name = definition.name
    if definition.children:
        if value is not None and not isinstance(value, Mapping):
            raise RecordInvalid("an object is expected", path_text(definition.path))
        parts.append(f"<{name}>")
        _write_group(parts, definition, value or {})
        parts.append(f"</{name}>")
        return
    text = _write_value(value, definition)
    if _UNWRITABLE.search(text):
        raise RecordInvalid(
            "it has a character that XML cannot hold", path_text(definition.path)
        )
    parts.append(f"<{name}>{escape(text)}</{name}>" if text else f"<{name}/>")


def _write_value(value: object, definition: NodeDefinition) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        is_line = definition.bind.type in _GEO_LINES
        return ("; " if is_line else " ").join(
            _write_value(item, definition) for item in value
        )
    if isinstance(value, Mapping):
        return " ".join(_write_number(value.get(key) or 0.0) for key in _POINT_KEYS)
    return _write_scalar(value, definition)


def _write_scalar(value: object, definition: NodeDefinition) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int | float):
        return _write_number(value)
    if isinstance(value, datetime):
        return write_date_time(value)
    if isinstance(value, date):
        return value.isoformat()
    kind = type(value).__name__
    raise RecordInvalid(f"a {kind} cannot be written", path_text(definition.path))


def _write_number(number: object) -> str:
    """Write a number as phones do: no exponent where none is needed."""
    if isinstance(number, float):
        return number_text(number) if number.is_integer() else repr(number)
    return str(number)
