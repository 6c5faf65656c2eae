"""Moments are read and written as JavaRosa does where the device's clocks change."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from fieldapp.xform.times import (
    local_instant,
    read_date_time,
    write_date,
    write_date_time,
)

ST_JOHNS = ZoneInfo("America/St_Johns")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2024-03-10T02:30", "2024-03-10T03:30:00.000-02:30"),
        ("2024-03-10T02:30:00.000-03:30", "2024-03-10T03:30:00.000-02:30"),
        ("2024-11-03T01:30", "2024-11-03T01:30:00.000-03:30"),
        ("1932-11-01", "1932-11-01T00:00:00.000-03:30"),
    ],
)
def test_moment_is_written_with_the_offset_of_javarosa(text: str, written: str) -> None:
    moment = read_date_time(text, ST_JOHNS)

    assert moment is not None
    assert write_date_time(moment) == written


@pytest.mark.parametrize(
    "text", ["2024-11-03T05:15:00.000Z", "2024-11-03T05:15Z", "2024-11-03T01:15"]
)
def test_hour_that_comes_twice_is_read_as_the_first(text: str) -> None:
    moment = read_date_time(text, ST_JOHNS)

    assert moment is not None
    assert moment.utcoffset() == -timedelta(hours=2, minutes=30)


def test_milliseconds_are_cut_off_by_javas_arithmetic() -> None:
    moment = read_date_time("2024-05-01T10:00:08.014Z", ST_JOHNS)

    assert moment is not None
    assert moment.microsecond == 13_000


def test_first_and_last_days_of_the_calendar_have_a_beginning() -> None:
    assert local_instant(date.min, time(), ZoneInfo("Asia/Jakarta")).year == 1
    assert isinstance(local_instant(date.max, time(23), ST_JOHNS), datetime)


def test_years_are_not_padded() -> None:
    assert write_date(date(24, 1, 2)) == "24-01-02"
