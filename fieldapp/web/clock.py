"""The one clock: call ``clock.now()``, so that a test can put another in its place."""

from datetime import UTC, datetime


def now() -> datetime:
    """Give the time, with its zone, in UTC."""
    return datetime.now(UTC)
