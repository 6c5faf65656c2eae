"""What is usual, and what is far from it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldapp.quality import limits
from fieldapp.quality.limits import FormLimits, form_limits
from fieldapp.quality.marks import clean_name, clean_nik, digest_of
from fieldapp.quality.measures import (
    Point,
    distance_km,
    far_point,
    is_outside,
    is_point,
    usual_of,
)

ANY_NUMBER = st.floats(allow_nan=True, allow_infinity=True)
QUANTITY = st.floats(min_value=1e-6, max_value=1e12)
QUANTITIES = st.lists(QUANTITY, min_size=limits.ENOUGH, max_size=60)
LATITUDE = st.floats(min_value=-89, max_value=89)
LONGITUDE = st.floats(min_value=-179, max_value=179)
PLACE = st.tuples(LATITUDE, LONGITUDE)
IN_VILLAGE = st.tuples(
    st.floats(min_value=-7.37, max_value=-7.36),
    st.floats(min_value=109.15, max_value=109.16),
)
SEMEDO: Point = (-7.365, 109.155)


@given(QUANTITIES)
def test_at_least_half_of_the_values_are_usual(numbers: list[float]) -> None:
    usual = usual_of(numbers)

    assert usual is not None
    inside = [number for number in numbers if not usual.is_far(number)]
    assert len(inside) * 2 >= len(numbers)
    assert usual.low <= usual.middle * (1 + 1e-9)
    assert usual.middle <= usual.high * (1 + 1e-9)


@given(QUANTITIES, st.floats(min_value=1e-3, max_value=1e3))
def test_another_unit_changes_nothing(numbers: list[float], factor: float) -> None:
    one = usual_of(numbers)
    other = usual_of([number * factor for number in numbers])

    assert one is not None
    assert other is not None
    assert other.low == pytest.approx(one.low * factor)
    assert other.high == pytest.approx(one.high * factor)


@given(QUANTITIES, st.data())
def test_what_less_than_half_say_moves_the_rest_but_little(
    numbers: list[float], data: st.DataObject
) -> None:
    spoilt = data.draw(st.lists(QUANTITY, max_size=len(numbers) // 2 - 1))
    usual = usual_of([*numbers, *spoilt])

    assert usual is not None
    assert min(numbers) <= usual.middle <= max(numbers)


@given(st.lists(ANY_NUMBER, max_size=60), ANY_NUMBER)
def test_no_numbers_are_too_odd_to_be_compared(
    numbers: list[float], number: float
) -> None:
    usual = usual_of(numbers)

    assert usual is None or usual.is_far(number) in {True, False}


@given(QUANTITY, st.floats(min_value=0.4, max_value=2.5))
def test_less_than_three_times_is_never_far(middle: float, times: float) -> None:
    usual = usual_of([middle] * limits.ENOUGH)

    assert usual is not None
    assert not usual.is_far(middle * times)
    assert usual.is_far(middle * 3.1)


@pytest.mark.parametrize("number", [0.0, -5.0, math.nan, math.inf])
def test_what_is_no_positive_number_says_nothing_of_what_is_usual(
    number: float,
) -> None:
    assert usual_of([number] * 100) is None


def test_too_few_values_tell_nothing() -> None:
    assert usual_of([1.0] * (limits.ENOUGH - 1)) is None
    assert far_point((0.5, 100.0), [SEMEDO] * (limits.ENOUGH_POINTS - 1)) is None


@given(PLACE, PLACE)
def test_a_distance_is_the_same_both_ways_and_half_the_earth_at_most(
    one: Point, other: Point
) -> None:
    there = distance_km(one, other)

    assert there == pytest.approx(distance_km(other, one), abs=1e-6)
    assert 0 <= there <= 20_016
    assert distance_km(one, one) == 0


def test_distances_are_those_of_a_map() -> None:
    assert distance_km((-6.2, 106.8), (-7.25, 112.75)) == pytest.approx(667, abs=2)
    assert distance_km((0.0, 100.0), (1.0, 100.0)) == pytest.approx(111.2, abs=0.1)


@given(st.lists(IN_VILLAGE, min_size=limits.ENOUGH_POINTS, max_size=60), IN_VILLAGE)
def test_a_point_among_the_others_is_never_far(
    others: list[Point], point: Point
) -> None:
    assert far_point(point, others) is None


@given(st.lists(IN_VILLAGE, min_size=20, max_size=60), st.integers(0, 9))
def test_a_far_point_is_told_although_some_of_the_others_are_far_too(
    others: list[Point], wrong: int
) -> None:
    far = far_point((-6.2, 106.8), [*others, *[(51.5, -0.1)] * wrong])

    assert far is not None
    assert far.distance > 250
    assert far.count == len(others) + wrong


@pytest.mark.parametrize(
    ("point", "outside"),
    [
        ((-7.36, 109.15), False),
        ((6.0, 95.3), False),
        ((-8.5, 140.4), False),
        ((51.5, -0.1), True),
        ((109.15, -7.36), True),
        ((-11.3, 123.0), True),
    ],
)
def test_the_box_around_the_coasts(point: Point, *, outside: bool) -> None:
    assert is_outside(point) is outside


def test_the_place_of_a_phone_in_doubt_is_none() -> None:
    assert not is_point(0.0, 0.0)
    assert not is_point(math.nan, 100.0)
    assert not is_point(-7.0, 181.0)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3302164507700001", "3302164507700001"),
        (" 3302 1645 0770 0001", "3302164507700001"),
        ("330216.450770.0001", "3302164507700001"),
        ("330216450770000", None),
        ("٣٣٠٢١٦٤٥٠٧٧٠٠٠٠١", None),
        ("", None),
    ],
)
def test_identity_numbers_are_read_with_and_without_signs(
    text: str, number: str | None
) -> None:
    assert clean_nik(text) == number


def test_names_are_compared_without_titles_and_signs() -> None:
    assert clean_name("Hj. Siti  ROHMAH") == clean_name("Bu Siti Rohmah")
    assert clean_name("Bapak H.") == ""


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_only_the_same_texts_have_the_same_digest(
    one: list[str], other: list[str]
) -> None:
    same = digest_of("k" * 32, *one) == digest_of("k" * 32, *other)

    assert same == (one == other)
    assert digest_of("k" * 32, "nik") != digest_of("l" * 32, "nik")


@pytest.mark.parametrize("value", ["", "many", "-1", "nan", "inf", "1e99", None])
def test_a_limit_that_is_no_number_is_as_if_it_were_not_there(value: object) -> None:
    settings = {"max_per_day": value, "min_minutes": value}

    assert form_limits(settings) == FormLimits()
    assert form_limits({"max_per_day": "8"}).most_per_day == 8
