"""The marshmallow schema of a form version's record: JSON in, named errors out."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar

from marshmallow import (
    RAISE,
    Schema,
    ValidationError,
    fields,
    validate,
    validates_schema,
)

from fieldapp.xform.definition import FormDefinition, NodeDefinition
from fieldapp.xform.evaluate import evaluate
from fieldapp.xform.instance import open_instance
from fieldapp.xform.judgement import Violation
from fieldapp.xform.record import RecordInvalid, from_record

MAX_TEXT = 100_000
MAX_ITEMS = 10_000
_INT = 1 << 31
_LONG = 1 << 63


class _Lenient:
    """Dump what is not of its type as the text that came: it is flagged, not lost."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **rest: Any) -> Any:
        if isinstance(value, str):
            return value
        return super()._serialize(value, attr, obj, **rest)  # type: ignore[misc] # A field.


class WholeNumber(_Lenient, fields.Integer):
    """A whole number; a text that is none stays as it came."""


class Number(_Lenient, fields.Float):
    """A number; a text that is none stays as it came."""


class Truth(_Lenient, fields.Boolean):
    """Yes or no."""


class Day(_Lenient, fields.Date):
    """A day, written `2026-08-20`."""


class Moment(_Lenient, fields.AwareDateTime):
    """An instant with its offset."""


class Many(_Lenient, fields.List[Any]):
    """Several choices, or the places along a line or around an area."""


class Point(fields.Nested):
    """A place on earth."""

    def _serialize(  # type: ignore[override] # The names are marshmallow's.
        self, nested_obj: Any, attr: Any, obj: Any, **kwargs: Any
    ) -> Any:
        if isinstance(nested_obj, str):
            return nested_obj
        return super()._serialize(nested_obj, attr, obj, **kwargs)  # type: ignore[no-untyped-call] # As above.


class PointSchema(Schema):
    """Latitude and longitude in degrees, altitude and accuracy in metres."""

    latitude = fields.Float(required=True, validate=validate.Range(-90, 90))
    longitude = fields.Float(required=True, validate=validate.Range(-180, 180))
    altitude = fields.Float(load_default=0.0)
    accuracy = fields.Float(load_default=0.0)


class RecordSchema(Schema):
    """Loads and dumps the records of one form version.

    With `now` the form's own rules are part of the validation; without it only types
    and nesting are, and the rules are left to `evaluate`.
    """

    definition: ClassVar[FormDefinition]

    class Meta:
        """Refuse what the form does not know: a name is easily mistyped."""

        unknown = RAISE

    def __init__(self, *, now: datetime | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.now = now

    @validates_schema(skip_on_field_errors=True)
    def check_rules(self, record: Mapping[str, Any], **_rest: Any) -> None:
        """Judge the record as the XML that a phone would have sent."""
        if self.now is None:
            return
        try:
            instance = open_instance(from_record(self.definition, record))
        except RecordInvalid as invalid:
            raise ValidationError(_nested(invalid.path, invalid.reason)) from invalid
        judgement = evaluate(self.definition, instance, now=self.now)
        if judgement.violations:
            raise ValidationError(_messages(judgement.violations))


@lru_cache(maxsize=256)
def record_schema(definition: FormDefinition) -> type[RecordSchema]:
    """Compile (once) the schema that loads and dumps a form version's records."""
    schema = RecordSchema.from_dict(
        _fields(definition.root), name=f"{definition.form_id}Record"
    )
    schema.definition = definition  # type: ignore[attr-defined] # Set on RecordSchema.
    return schema  # type: ignore[return-value] # from_dict keeps the class it is called on.


def _fields(definition: NodeDefinition) -> dict[str, fields.Field[Any]]:
    made: dict[str, fields.Field[Any]] = {}
    for child in definition.children:
        if child.repeat is not None:
            made[child.name] = _repeat(child)
        elif child.children:
            made[child.name] = fields.Nested(_nested_schema(child), allow_none=True)
        else:
            made[child.name] = _leaf(child)
    return made


def _repeat(definition: NodeDefinition) -> fields.Field[Any]:
    item: fields.Field[Any] = (
        fields.Nested(_nested_schema(definition))
        if definition.children
        else _leaf(definition)
    )
    return fields.List(item, validate=validate.Length(max=MAX_ITEMS))


def _nested_schema(definition: NodeDefinition) -> type[Schema]:
    name = "".join(part.capitalize() for part in definition.path)
    return Schema.from_dict(_fields(definition), name=name)


def _leaf(definition: NodeDefinition) -> fields.Field[Any]:
    options: dict[str, Any] = {
        "allow_none": True,
        "metadata": {"description": definition.labels.get("id", "")},
    }
    return _MAKERS.get(definition.bind.type, _text)(options)


def _text(options: dict[str, Any]) -> fields.Field[Any]:
    return fields.String(validate=validate.Length(max=MAX_TEXT), **options)


def _whole(bound: int, options: dict[str, Any]) -> fields.Field[Any]:
    limits = validate.Range(-bound, bound - 1)
    return WholeNumber(strict=True, validate=limits, **options)


_MAKERS: Mapping[str, Callable[[dict[str, Any]], fields.Field[Any]]] = {
    "int": lambda options: _whole(_INT, options),
    "long": lambda options: _whole(_LONG, options),
    "decimal": lambda options: Number(allow_nan=False, **options),
    "boolean": lambda options: Truth(**options),
    "date": lambda options: Day(**options),
    "dateTime": lambda options: Moment(format="iso", **options),
    "select": lambda options: Many(fields.String(), **options),
    "geopoint": lambda options: Point(PointSchema, **options),
    "geotrace": lambda options: Many(fields.Nested(PointSchema), **options),
    "geoshape": lambda options: Many(fields.Nested(PointSchema), **options),
}


def _messages(violations: tuple[Violation, ...]) -> dict[Any, Any]:
    """Nest messages as marshmallow does: `{"item": {0: {"price": ["…"]}}}`."""
    merged: dict[Any, Any] = {}
    for violation in violations:
        _merge(merged, _nested(violation.path, violation.message["id"]))
    return merged


def _nested(path: str, message: str) -> dict[Any, Any]:
    keys: list[str | int] = []
    for part in path.split("/")[2:]:
        name, _, index = part.partition("[")
        keys.append(name)
        if index:
            keys.append(int(index.rstrip("]")) - 1)
    errors: Any = [message]
    for key in reversed(keys or ["_schema"]):
        errors = {key: errors}
    return dict(errors)


def _merge(into: dict[Any, Any], more: Mapping[Any, Any]) -> None:
    for key, value in more.items():
        known = into.get(key)
        if isinstance(known, dict) and isinstance(value, Mapping):
            _merge(known, value)
        elif isinstance(known, list) and isinstance(value, list):
            known.extend(value)
        else:
            into.setdefault(key, value)
