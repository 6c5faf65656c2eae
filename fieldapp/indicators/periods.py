"""A stretch of local days as whole months and single days: pure."""

from dataclasses import dataclass
from datetime import date, timedelta

DAY = "day"
MONTH = "month"


@dataclass(frozen=True)
class Bucket:
    """Consecutive periods of one grain, from the first to the last."""

    grain: str
    first: date
    last: date


def month_start(day: date) -> date:
    """Give the first day of a day's month."""
    return day.replace(day=1)


def month_end(day: date) -> date:
    """Give the last day of a day's month."""
    return month_start(month_start(day) + timedelta(days=31)) - timedelta(days=1)


def buckets(first: date, last: date) -> tuple[Bucket, ...]:
    """Cover the days from the first to the last, both included, each once.

    Whole months are read as months, what is left at the edges as days.
    """
    head_end = first - timedelta(days=1)
    if first != month_start(first):
        head_end = min(month_end(first), last)
    tail_start = last + timedelta(days=1)
    if last != month_end(last):
        tail_start = max(month_start(last), first)
    if tail_start <= head_end:
        return (Bucket(DAY, first, last),)
    months_start = head_end + timedelta(days=1)
    months_end = tail_start - timedelta(days=1)
    covers = (
        Bucket(DAY, first, head_end),
        Bucket(MONTH, months_start, months_end),
        Bucket(DAY, tail_start, last),
    )
    return tuple(cover for cover in covers if cover.first <= cover.last)
