"""From where on something is odd: data, told and reasoned in docs/flags.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

COAST_LATITUDES = (-11.2, 6.3)
COAST_LONGITUDES = (94.9, 141.1)
"""The box around Indonesia (domain.md, section 1.4)."""

WINDOW = 200
"""With how many entries of a village, the newest before it, an entry is compared."""
ENOUGH = 20
"""Fewer values tell nothing of what is usual."""
SPREADS = 5.0
"""How many spreads from the middle are far: of a normal distribution, 1 in 10⁶."""
LEAST_TIMES = 3.0
"""A number less than three times above or below the middle is never far."""

ENOUGH_POINTS = 10
LEAST_KM = 2.0
"""A point nearer to the middle of the others is never far: villages are that large."""
USUAL_SPREADS = 3.0

FASTEST_KMH = 120.0
LEAST_WAY_KM = 5.0

CLOCK_AHEAD = timedelta(minutes=10)
CLOCK_WARNED = timedelta(hours=24)
"""From here on the intake warns by itself (submissions/prepare.py)."""
CLOCK_BACK = timedelta(minutes=1)

MOST_PER_DAY = 100
ALONE = 1
"""How many may have what should be only one's."""

LARGEST_SETTING = 1_000_000
YEARS_OF_A_CENTURY = 100


@dataclass(frozen=True)
class FormLimits:
    """What a form says of its own entries, on its sheet ``settings``."""

    most_per_day: int = MOST_PER_DAY
    least_minutes: float = 0.0
    off: frozenset[str] = frozenset()
    """Codes of the flags that mean nothing for this form."""


def form_limits(settings: Mapping[str, Any]) -> FormLimits:
    """Read a form's limits; what is no number is as if it were not there."""
    return FormLimits(
        most_per_day=int(_number(settings, "max_per_day", MOST_PER_DAY)),
        least_minutes=_number(settings, "min_minutes", 0.0),
        off=frozenset(str(settings.get("flags_off") or "").split()),
    )


def _number(settings: Mapping[str, Any], name: str, otherwise: float) -> float:
    try:
        number = float(str(settings.get(name) or "").strip())
    except ValueError:
        return otherwise
    return number if 0 < number <= LARGEST_SETTING else otherwise
