"""Dates and times as JavaRosa's DateUtils computes and writes them.

Java's one Date type is an instant. Here a `date` is the midnight that begins that
local day, and an aware `datetime` any other instant, in the device's zone.
"""

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from fieldapp.xform.times import local_instant, read_date, read_date_time
from fieldapp.xform.xpath.conversions import EPOCH_ORDINAL, to_integer
from fieldapp.xform.xpath.errors import XPathTypeError

DAY_MILLISECONDS = 86_400_000.0
_INT_MAX = 2_147_483_647
_INT_MIN = -2_147_483_648
_MILLISECOND = timedelta(milliseconds=1)
_DECEMBER, _LAST_OF_DECEMBER = 12, 31
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def midnight(day: date, zone: tzinfo) -> datetime:
    """Return the instant at which a local day begins."""
    return local_instant(day, time(), zone)


def to_instant(value: date, zone: tzinfo) -> datetime:
    """Return a date or a moment as an instant."""
    return value if isinstance(value, datetime) else midnight(value, zone)


def days_since_epoch(value: date, zone: tzinfo) -> float:
    """Count days, with their fraction, since 1970-01-01T00:00Z."""
    return _milliseconds(to_instant(value, zone)) / DAY_MILLISECONDS


def local_days_since_epoch(value: date, zone: tzinfo) -> float:
    """Count days, with their fraction, since the local midnight of 1970-01-01."""
    start = _milliseconds(midnight(date(1970, 1, 1), zone))
    elapsed = _milliseconds(to_instant(value, zone)) - start
    return elapsed / DAY_MILLISECONDS


def fraction_of_day(value: date, now: datetime) -> float:
    """Return the time of the day as a fraction of it, as decimal-time().

    JavaRosa takes the zone's offset of today, whatever the day is.
    """
    moment = to_instant(value, now.tzinfo or UTC)
    offset = now.utcoffset() or timedelta()
    days = (_milliseconds(moment) + offset // _MILLISECOND) / DAY_MILLISECONDS
    return days - math.floor(days)


def _milliseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // _MILLISECOND


def to_date(value: Any, zone: tzinfo, *, keeps_time: bool) -> Any:
    """Convert as date() and date-time(): days, texts and dates; "" and NaN stay.

    A text keeps its time in both, as in JavaRosa.

    :raises XPathTypeError: if the value is no date.
    """
    if isinstance(value, float):
        return _date_from_number(value, zone, keeps_time=keeps_time)
    if isinstance(value, str):
        if value == "":
            return value
        moment = read_date(value) if "T" not in value else read_date_time(value, zone)
        if moment is None:
            raise XPathTypeError(f"{value[:80]!r} is not a date")
        return moment
    if isinstance(value, datetime):
        return value if keeps_time else value.date()
    if isinstance(value, date):
        return value
    raise XPathTypeError("true or false is not a date")


def _date_from_number(days: float, zone: tzinfo, *, keeps_time: bool) -> Any:
    if math.isnan(days):
        return days
    whole = days if keeps_time else to_integer(days)
    if not _INT_MIN <= whole <= _INT_MAX:
        raise XPathTypeError(f"{days} is out of the range of dates")
    try:
        if not keeps_time:
            return date.fromordinal(EPOCH_ORDINAL + int(whole))
        elapsed = timedelta(milliseconds=int(days * DAY_MILLISECONDS))
        return (datetime(1970, 1, 1, tzinfo=UTC) + elapsed).astimezone(zone)
    except (OverflowError, ValueError) as error:
        raise XPathTypeError(f"{days} is out of the range of dates") from error


def format_date(value: date, pattern: str, zone: tzinfo) -> str:
    """Write a date by a pattern of `%` escapes, as format-date().

    :raises XPathTypeError: if JavaRosa does not know an escape.
    """
    moment = to_instant(value, zone)
    pieces = pattern.split("%")
    written = [pieces[0]]
    index = 1
    while index < len(pieces):
        piece = pieces[index]
        if piece:
            written += (_escape(moment, piece[0]), piece[1:])
        elif index + 1 < len(pieces):
            index += 1
            written += ("%", pieces[index])
        else:
            raise XPathTypeError("a date format that ends with %")
        index += 1
    return "".join(written)


def _escape(moment: datetime, letter: str) -> str:
    write = _ESCAPES.get(letter)
    if write is None:
        raise XPathTypeError(f"an unknown escape in a date format: %{letter}")
    return write(moment)


def _week(day: date) -> int:
    """Count weeks as Java does in Indonesia: from Sunday, the first has 1 January."""
    since_sunday = day.isoweekday() % 7
    if day.month == _DECEMBER and day.day + 6 - since_sunday > _LAST_OF_DECEMBER:
        return 1
    return (day.timetuple().tm_yday + 5 - since_sunday) // 7 + 1


_ESCAPES: dict[str, Callable[[datetime], str]] = {
    "Y": lambda m: f"{m.year:04}",
    "y": lambda m: f"{m.year:04}"[2:],
    "m": lambda m: f"{m.month:02}",
    "n": lambda m: str(m.month),
    "b": lambda m: _MONTHS[3 * m.month - 3 : 3 * m.month],
    "d": lambda m: f"{m.day:02}",
    "e": lambda m: str(m.day),
    "H": lambda m: f"{m.hour:02}",
    "h": lambda m: str(m.hour),
    "M": lambda m: f"{m.minute:02}",
    "S": lambda m: f"{m.second:02}",
    "3": lambda m: f"{m.microsecond // 1000:03}",
    "a": lambda m: _WEEKDAYS[m.weekday()],
    "W": lambda m: str(_week(m)),
}
