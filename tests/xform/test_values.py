"""Texts mean what JavaRosa takes them for; the answers were read from it."""

import pytest

from fieldapp.xform.calculation import store, text_of_value
from fieldapp.xform.values import VALUE_TYPES
from fieldapp.xform.xpath import XPathTypeError
from tests.xform.small_forms import NOW

READ = [
    ("int", " 1 ", "1"), ("int", "+1", "1"), ("int", "٣", "3"), ("int", "007", "7"),
    ("int", "2147483647", "2147483647"), ("int", "2147483648", None),
    ("int", "1.0", None), ("int", "1_0", None), ("int", "1,000", None),
    ("int", "1e3", None), ("long", "9223372036854775808", None),
    ("decimal", ".5", "0.5"), ("decimal", "1f", "1"), ("decimal", "0x1p3", "8"),
    ("decimal", "NaN", "NaN"), ("decimal", "1e400", "Infinity"),
    ("decimal", "1,5", None), ("decimal", "inf", None), ("decimal", "1L", None),
    ("boolean", "1", "1"), ("boolean", "t", "1"), ("boolean", "true", "0"),
    ("date", "2024-1-2", "2024-01-02"), ("date", "2024-02-30", None),
    ("date", "20240102", None), ("date", "2024-01-02T10:00:00", None),
    ("time", "1:2", "01:02:00.000Z"), ("time", "10:00+07", "03:00:00.000Z"),
    ("time", "10:00:00.000-05:30", "15:30:00.000Z"), ("time", "24:00", None),
    ("time", "10:00:60", None), ("time", "10", None), ("time", "10:59:", None),
    ("dateTime", "2024-01-02", "2024-01-02T00:00:00.000Z"),
    ("dateTime", "2024-01-02T10:00:00.123+07:00", "2024-01-02T03:00:00.123Z"),
    ("dateTime", "2024-01-02T10:00:00.123+0700", "2023-12-04T06:00:00.123Z"),
    ("dateTime", "2024-01-02T10:00:32.763Z", "2024-01-02T10:00:32.762Z"),
    ("time", "10:00:32.763Z", "10:00:32.762Z"),
    ("dateTime", "2024-01-02 10:00:00", None), ("dateTime", "T10:00:00", None),
    ("dateTime", "2024-01-02T25:00:00Z", None),
    ("geopoint", "1 2", "1.0 2.0 0.0 0.0"), ("geopoint", "1", "1.0 0.0 0.0 0.0"),
    ("geopoint", "1 2 3 4 5", None), ("geopoint", "a b", None),
    ("geopoint", "0 0 0 0", ""),
    ("geotrace", "1 2;1 3;", "1.0 2.0 0.0 0.0; 1.0 3.0 0.0 0.0"),
    ("geotrace", "a", None),
    ("select", "a  b", "a b"), ("select", "a\tb", "a\tb"),
]  # fmt: skip
STORED = [
    (5.0, "string", "5"), (5.5, "int", "5"), (-3.7, "int", "-3"),
    (float("nan"), "string", ""), (1e21, "int", "2147483647"),
    (12345678.9, "string", "1.23456789E7"),
    (0.1 + 0.2, "decimal", "0.30000000000000004"),
    (True, "string", "1"), (False, "int", "0"), (5.0, "boolean", "1"),
    ("abc", "int", "abc"), ("1 2", "geopoint", "1.0 2.0 0.0 0.0"),
    (NOW.date(), "date", "2026-11-21"), (NOW, "date", "2026-11-21"),
    (NOW.date(), "string", "2026-11-21T00:00:00.000Z"), (NOW, "time", "12:00:00.000Z"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "expected"), READ)
def test_submitted_text_is_read_as_javarosa_reads_it(
    kind: str, text: str, expected: str | None
) -> None:
    value = VALUE_TYPES[kind].read(text.strip(), NOW)

    found = None if value is None else text_of_value(value, kind)
    assert found == expected


@pytest.mark.parametrize(("value", "kind", "expected"), STORED)
def test_calculated_value_is_stored_as_javarosa_stores_it(
    value: object, kind: str, expected: str
) -> None:
    assert text_of_value(store(value, kind, NOW), kind) == expected


@pytest.mark.parametrize(("value", "kind"), [("abc", "geopoint"), (NOW, "boolean")])
def test_value_that_a_type_cannot_hold_is_an_error(value: object, kind: str) -> None:
    with pytest.raises(XPathTypeError):
        store(value, kind, NOW)
