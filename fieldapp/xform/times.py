"""Read dates and times as JavaRosa does, with its leniency and its limits."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

_INTEGER = re.compile(r"[+-]?\d{1,9}")
_SECONDS = re.compile(r"[\d.]*")
_USUAL_CLOCK = (
    r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)"
)
_USUAL_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_USUAL = re.compile(_USUAL_DAY.pattern + "T" + _USUAL_CLOCK, re.ASCII)
_USUAL_TIME = re.compile(_USUAL_CLOCK, re.ASCII)
_SECONDS_PLACE = slice(17, 23)
_DATE_PARTS = 3
_CLOCK_PARTS = (2, 3)
_MINUTE = 60
_ONE_MINUTE = timedelta(minutes=1)


def read_date(text: str) -> date | None:
    """Read a day: three whole numbers with dashes between them."""
    if _USUAL_DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return None
    parts = text.split("-")
    if len(parts) != _DATE_PARTS:
        return None
    numbers = [_integer(part) for part in parts]
    try:
        return date(*numbers)  # type: ignore[arg-type] # None is refused by date()
    except (TypeError, ValueError, OverflowError):
        return None


def read_date_time(text: str, zone: tzinfo) -> datetime | None:
    """Read an instant; a text without an offset is in the device's zone.

    In the hour that comes twice where clocks are set back, JavaRosa takes the first.
    """
    if _USUAL.fullmatch(text):
        return _read_usual(text, zone)
    day_text, mark, clock = text.partition("T")
    day = read_date(day_text)
    if day is None:
        return None
    if not mark:
        return local_instant(day, time(), zone)
    return _read_clock(clock, day, zone)


def read_time(text: str, today: date, zone: tzinfo) -> datetime | None:
    """Read a time of day, which JavaRosa places on the current day."""
    if _USUAL_TIME.fullmatch(text):
        return _read_usual(f"{today.isoformat()}T{text}", zone)
    return _read_clock(text, today, zone)


def _read_usual(text: str, zone: tzinfo) -> datetime | None:
    """Read an instant as phones write it, at once."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.microsecond:
            cut = _milliseconds(float(text[_SECONDS_PLACE])) * 1000
            moment = moment.replace(microsecond=cut)
        return moment.astimezone(zone).replace(fold=0)
    except (ValueError, OverflowError):
        return None


def local_instant(day: date, moment: time, zone: tzinfo) -> datetime:
    """Join a day and a time of a zone; one that its clocks skip is moved on."""
    moment_there = datetime.combine(day, moment, zone)
    if zone is UTC:
        return moment_there
    try:
        return moment_there.astimezone(UTC).astimezone(zone)
    except OverflowError:  # On the first day of all, or the last one.
        return moment_there


def write_date(day: date) -> str:
    """Write a day as JavaRosa does, which does not pad years."""
    return f"{day.year}-{day.month:02}-{day.day:02}"


def write_date_time(moment: datetime) -> str:
    """Write an instant as phones do: milliseconds, and `Z` or an offset."""
    return f"{write_date(moment)}T{write_time(moment)}"


def write_time(moment: datetime) -> str:
    """Write a time of day as phones do.

    Where the clocks are set back, JavaRosa writes the later offset for both hours.
    """
    clock = moment.strftime("%H:%M:%S") + f".{moment.microsecond // 1000:03d}"
    offset = moment.replace(fold=1).utcoffset() or timedelta()
    if not offset:
        return clock + "Z"
    minutes = int(abs(offset) // _ONE_MINUTE)
    sign = "-" if offset < timedelta() else "+"
    return f"{clock}{sign}{minutes // 60:02d}:{minutes % 60:02d}"


def _integer(text: str) -> int | None:
    return int(text) if _INTEGER.fullmatch(text) else None


def _read_clock(text: str, day: date, zone: tzinfo) -> datetime | None:
    """Read `10:15:30.5+07:00`; the offset may be missing, short, or `Z`."""
    clock, offset = _split_offset(text)
    moment = _read_raw_clock(clock)
    if moment is None:
        return None
    if offset == "":
        return local_instant(day, moment, zone)
    shift = _read_offset(offset)
    if shift is None:
        return None
    try:
        instant = datetime.combine(day, moment, UTC) - shift
        return instant.astimezone(zone).replace(fold=0)
    except OverflowError:
        return None


def _split_offset(text: str) -> tuple[str, str]:
    if text.endswith("Z"):
        return text[:-1], "+0"
    for sign in "+-":
        if sign in text:
            clock, *rest = text.split(sign)
            return clock, sign + rest[0]
    return text, ""


def _read_offset(text: str) -> timedelta | None:
    hours, _, minutes = text[1:].partition(":")
    numbers = _integer(hours), _integer(minutes.partition(":")[0] or "0")
    if numbers[0] is None or numbers[1] is None:
        return None
    shift = timedelta(hours=numbers[0], minutes=numbers[1])
    return -shift if text[0] == "-" else shift


def _read_raw_clock(text: str) -> time | None:
    parts = text.split(":")
    if len(parts) not in _CLOCK_PARTS:
        return None
    hour, minute = _integer(parts[0]), _integer(parts[1])
    seconds = _read_seconds(parts[2]) if len(parts) == _CLOCK_PARTS[1] else (0, 0)
    if hour is None or minute is None or seconds is None:
        return None
    try:
        return time(hour, minute, seconds[0], seconds[1])
    except ValueError:
        return None


def _read_seconds(text: str) -> tuple[int, int] | None:
    """Read seconds and microseconds; what follows the digits is ignored."""
    found = _SECONDS.match(text)
    try:
        seconds = float(found.group() if found else "")
    except ValueError:
        return None
    if seconds >= _MINUTE:
        return _MINUTE, 0
    return int(seconds), _milliseconds(seconds) * 1000


def _milliseconds(seconds: float) -> int:
    """Cut off the milliseconds as JavaRosa's arithmetic does: 8.014 has 13."""
    return int(1000.0 * seconds - 1000.0 * int(seconds)) % 1000
