"""Dates and times as JavaRosa's DateUtils reads, computes and writes them.

Java's one Date type is an instant. Here a `date` is the midnight that begins that
local day, and an aware `datetime` any other instant, in the device's zone.
"""

import math
import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from fieldapp.xform.xpath.conversions import EPOCH_ORDINAL, to_integer
from fieldapp.xform.xpath.errors import XPathTypeError

DAY_SECONDS = 86_400.0
_INT_MAX = 2_147_483_647
_INT_MIN = -2_147_483_648
_INTEGER = re.compile(r"[+-]?[0-9]{1,10}", re.ASCII)
_SECONDS = re.compile(r"[0-9.]*", re.ASCII)
_MILLISECOND = timedelta(milliseconds=1)
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_WEEKDAYS = "Mon Tue Wed Thu Fri Sat Sun".split()


def read_date(text: str) -> date | None:
    """Read `2024-2-5`; None if it is no date between the years 1 and 9999."""
    pieces = text.split("-")
    if len(pieces) != 3 or not all(map(_INTEGER.fullmatch, pieces)):  # noqa: PLR2004
        return None
    try:
        return date(*map(int, pieces))
    except ValueError:
        return None


def read_date_time(text: str, zone: tzinfo) -> datetime | None:
    """Read `2024-02-05T10:20:30.5+07:00`; a bare date is its midnight.

    The offset may be missing, `Z`, or hours (and minutes); the instant is local.
    """
    day_text, separator, time_text = text.partition("T")
    day = read_date(day_text)
    if day is None or not separator:
        return None if day is None else midnight(day, zone)
    return _read_time_of(day, time_text, zone)


def read_time(text: str, now: datetime) -> datetime | None:
    """Read `10:20:30.5+07:00` as an instant of the day of `now`."""
    return _read_time_of(now.date(), text, now.tzinfo or UTC)


def _read_time_of(day: date, text: str, zone: tzinfo) -> datetime | None:
    bare, offset = _split_offset(text)
    clock = _read_clock(bare)
    if clock is None or offset is None:
        return None
    moment = datetime.combine(day, clock)
    if offset is _NO_OFFSET:
        return moment.replace(tzinfo=zone)
    try:
        return (moment - offset).replace(tzinfo=UTC).astimezone(zone)
    except OverflowError:
        return None


_NO_OFFSET = timedelta.max


def _split_offset(text: str) -> tuple[str, timedelta | None]:
    """Part a time from its offset; None is an offset that cannot be read."""
    if text.endswith("Z"):
        return text[:-1], timedelta()
    for sign, factor in (("+", 1), ("-", -1)):
        if sign in text:
            bare, offset = text.split(sign)[:2]
            hours, _, minutes = offset.partition(":")
            minutes = minutes.partition(":")[0]
            if not _INTEGER.fullmatch(hours):
                return bare, None
            if ":" in offset and not _INTEGER.fullmatch(minutes):
                return bare, None
            return bare, factor * timedelta(hours=int(hours), minutes=int(minutes or 0))
    return text, _NO_OFFSET


def _read_clock(text: str) -> time | None:
    hours, *rest = text.split(":")
    if len(rest) not in (1, 2) or not all(map(_INTEGER.fullmatch, (hours, rest[0]))):
        return None
    seconds = 0.0
    if len(rest) == 2:  # noqa: PLR2004 - Seconds are given.
        digits = _SECONDS.match(rest[1])
        try:
            seconds = float(digits[0] if digits else "")
        except ValueError:
            return None
    whole = int(seconds)
    milliseconds = int(1000.0 * seconds - 1000.0 * whole)
    try:
        return time(int(hours), int(rest[0]), whole, milliseconds * 1000)
    except ValueError:
        return None


def midnight(day: date, zone: tzinfo) -> datetime:
    """Return the instant at which a local day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def to_instant(value: date, zone: tzinfo) -> datetime:
    """Return a date or a moment as an instant."""
    return value if isinstance(value, datetime) else midnight(value, zone)


def days_since_epoch(value: date, zone: tzinfo) -> float:
    """Count days, with their fraction, since 1970-01-01T00:00Z."""
    return _milliseconds(to_instant(value, zone)) / (DAY_SECONDS * 1000)


def local_days_since_epoch(value: date, zone: tzinfo) -> float:
    """Count days, with their fraction, since the local midnight of 1970-01-01."""
    start = _milliseconds(midnight(date(1970, 1, 1), zone))
    elapsed = _milliseconds(to_instant(value, zone)) - start
    return elapsed / (DAY_SECONDS * 1000)


def fraction_of_day(value: date, zone: tzinfo) -> float:
    """Return the time of the local day as a fraction of it, as decimal-time()."""
    moment = to_instant(value, zone)
    offset = moment.utcoffset() or timedelta()
    days = (_milliseconds(moment) + offset // _MILLISECOND) / (DAY_SECONDS * 1000)
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
        elapsed = timedelta(milliseconds=int(days * DAY_SECONDS * 1000))
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


_ESCAPES = {
    "Y": lambda m: f"{m.year:04}",
    "y": lambda m: f"{m.year:04}"[2:],
    "m": lambda m: f"{m.month:02}",
    "n": lambda m: str(m.month),
    "b": lambda m: _MONTHS[m.month - 1],
    "d": lambda m: f"{m.day:02}",
    "e": lambda m: str(m.day),
    "H": lambda m: f"{m.hour:02}",
    "h": lambda m: str(m.hour),
    "M": lambda m: f"{m.minute:02}",
    "S": lambda m: f"{m.second:02}",
    "3": lambda m: f"{m.microsecond // 1000:03}",
    "a": lambda m: _WEEKDAYS[m.weekday()],
    "W": lambda m: str(m.isocalendar().week),
}
