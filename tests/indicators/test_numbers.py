"""Digits, days and slices: the pure parts."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldapp.indicators.digits import digit_path, parent_of, value_of
from fieldapp.indicators.facts import keyed_hash
from fieldapp.indicators.periods import MONTH, buckets, month_end
from fieldapp.indicators.slices import read_slice, slices_of

numbers = st.decimals(-(10**12), 10**12, allow_nan=False, places=4)
dates = st.dates(date(2019, 1, 1), date(2027, 12, 31))


@given(value=numbers)
def test_number_is_read_back_from_its_digits(value: Decimal) -> None:
    path = digit_path(value)

    assert value_of(path[-1]) == value
    assert [parent_of(step) for step in path] == ["", *path[:-1]]


@given(first=numbers, second=numbers)
def test_digits_are_in_the_order_of_the_numbers(
    first: Decimal, second: Decimal
) -> None:
    low, high = sorted((first, second))

    for step, other in zip(digit_path(low), digit_path(high), strict=False):
        assert step <= other
        if step != other:
            break


@given(days=st.tuples(dates, dates))
def test_buckets_cover_each_day_once(days: tuple[date, date]) -> None:
    first, last = sorted(days)

    covered: list[date] = []
    for bucket in buckets(first, last):
        end = month_end(bucket.last) if bucket.grain == MONTH else bucket.last
        length = (end - bucket.first).days + 1
        covered += [bucket.first + timedelta(days=day) for day in range(length)]

    assert covered == [
        first + timedelta(days=n) for n in range((last - first).days + 1)
    ]


def test_year_is_read_as_months_only() -> None:
    covers = buckets(date(2026, 1, 1), date(2026, 12, 31))

    assert [cover.grain for cover in covers] == [MONTH]


def test_slices_are_the_whole_each_question_and_all_together() -> None:
    answers = {"sex": ["P"], "standards": ["eu", "nop"]}

    names = slices_of(answers, free=frozenset(), is_located=True)

    assert names[:2] == ["{}", "located"]
    assert [read_slice(name) for name in names[2:]] == [
        {"sex": "P"},
        {"standards": "eu"},
        {"standards": "nop"},
        {"sex": "P", "standards": "eu"},
        {"sex": "P", "standards": "nop"},
    ]


def test_slices_of_free_answers_stay_at_their_place() -> None:
    names = slices_of({"store": ["S1"]}, free=frozenset({"store"}), is_located=False)

    assert names == ["{}", "unlocated", '~{"store":"S1"}']
    assert read_slice(names[2]) == {"store": "S1"}


@pytest.mark.parametrize("text", ["A-12", " a-12 ", "a-12", "Ａ-12"])
def test_person_is_the_same_however_the_number_is_typed(text: str) -> None:
    assert keyed_hash(b"k", "form", text) == keyed_hash(b"k", "form", "A-12")
    assert keyed_hash(b"k", "form", text) != keyed_hash(b"other", "form", "A-12")
