"""The days that a dossier is about, and the moments in the log that they are."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from fieldapp.ledger.chain import timestamp
from fieldapp.places.codes import time_zone


@dataclass(frozen=True)
class Period:
    """Days of a village's own clock, both included."""

    area_code: str
    first: date
    last: date

    @property
    def since(self) -> datetime:
        """Give the first moment."""
        return self._midnight(self.first)

    @property
    def until(self) -> datetime:
        """Give the first moment that is too late."""
        return self._midnight(self.last + timedelta(days=1))

    def as_dict(self) -> dict[str, str]:
        """Give the period as the manifest has it."""
        return {
            "from": self.first.isoformat(),
            "since": timestamp(self.since),
            "to": self.last.isoformat(),
            "until": timestamp(self.until),
        }

    def _midnight(self, day: date) -> datetime:
        zone = ZoneInfo(time_zone(self.area_code))
        return datetime.combine(day, time(), zone).astimezone(UTC)
