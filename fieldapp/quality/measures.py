"""What is usual, and what is far from it: robust statistics, pure.

The middle is the median and the spread 1.4826 times the median absolute deviation
(MAD), which for a normal distribution is the standard deviation. Half of the values
may be wrong without moving them far.
"""

import math
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from fieldapp.quality import limits

MAD_TO_SIGMA = 1.4826
EARTH_KM = 6371.0088
HALF_TURN = 180.0

Point = tuple[float, float]
"""Latitude and longitude in degrees."""


@dataclass(frozen=True)
class Usual:
    """What numbers of one question usually are."""

    middle: float
    low: float
    high: float
    count: int

    def is_far(self, number: float) -> bool:
        """Say whether a number lies outside."""
        return not self.low <= number <= self.high


@dataclass(frozen=True)
class FarPoint:
    """How far a point lies from the middle of others, in kilometres."""

    distance: float
    usual: float
    count: int


def usual_of(numbers: Sequence[float]) -> Usual | None:
    """Say what is usual among positive numbers; None where they are too few.

    They are compared by how many times they are larger, not by how much: a slip of
    the decimal sign is as far up as down, and quantities are skewed.
    """
    positive = [number for number in numbers if is_comparable(number)]
    if len(positive) < limits.ENOUGH:
        return None
    logs = [math.log(number) for number in positive]
    middle, spread = _middle_and_spread(logs)
    reach = max(limits.SPREADS * spread, math.log(limits.LEAST_TIMES))
    return Usual(
        middle=statistics.median(positive),
        low=_power(middle - reach),
        high=_power(middle + reach),
        count=len(positive),
    )


def is_comparable(number: float) -> bool:
    """Say whether a number is compared at all: zero and less are not."""
    return math.isfinite(number) and number > 0


def far_point(point: Point, others: Sequence[Point]) -> FarPoint | None:
    """Say how far a point lies from others; None where that is not far."""
    if len(others) < limits.ENOUGH_POINTS:
        return None
    center = (
        statistics.median(latitude for latitude, _ in others),
        statistics.median(longitude for _, longitude in others),
    )
    distances = [distance_km(center, other) for other in others]
    middle, spread = _middle_and_spread(distances)
    distance = distance_km(center, point)
    if distance <= max(middle + limits.SPREADS * spread, limits.LEAST_KM):
        return None
    usual = middle + limits.USUAL_SPREADS * spread
    return FarPoint(distance, usual, len(others))


def is_outside(point: Point) -> bool:
    """Say whether a point lies outside the box around the country's coasts."""
    south, north = limits.COAST_LATITUDES
    west, east = limits.COAST_LONGITUDES
    return not (south <= point[0] <= north and west <= point[1] <= east)


def distance_km(one: Point, other: Point) -> float:
    """Measure along the great circle (haversine)."""
    latitudes = math.radians(one[0]), math.radians(other[0])
    half_up = (latitudes[1] - latitudes[0]) / 2
    half_along = math.radians(other[1] - one[1]) / 2
    chord = (
        math.sin(half_up) ** 2
        + math.cos(latitudes[0]) * math.cos(latitudes[1]) * math.sin(half_along) ** 2
    )
    return 2 * EARTH_KM * math.asin(math.sqrt(min(1.0, chord)))


def is_point(latitude: float, longitude: float) -> bool:
    """Say whether it is a place on earth, other than the 0, 0 of a phone in doubt."""
    is_finite = math.isfinite(latitude) and math.isfinite(longitude)
    in_range = abs(latitude) <= HALF_TURN / 2 and abs(longitude) <= HALF_TURN
    return is_finite and in_range and (latitude, longitude) != (0.0, 0.0)


def _middle_and_spread(numbers: Sequence[float]) -> tuple[float, float]:
    middle = statistics.median(numbers)
    deviations = (abs(number - middle) for number in numbers)
    return middle, MAD_TO_SIGMA * statistics.median(deviations)


def _power(number: float) -> float:
    try:
        return math.exp(number)
    except OverflowError:
        return sys.float_info.max
