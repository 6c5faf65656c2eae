"""Inverse trigonometric functions to the last digit of Java's StrictMath.

Java computes these four by the published rational approximations of fdlibm, where
the C library rounds differently; a calculated text shows the difference.
"""

import math
import struct
from collections.abc import Iterable
from functools import reduce

_HALF_PI_HIGH, _HALF_PI_LOW = 1.5707963267948966, 6.123233995736766e-17
_QUARTER_PI = 0.7853981633974483
_PI_LOW = 1.2246467991473532e-16
_NEAR_ONE = 0.975
_SMALL_ARC = 0.4375
_LARGE_RATIO = 2.0**60

# (upper bound of |x|, numerator and denominator of the reduced argument as
# coefficients of x and 1, high and low part of the arc added back).
_REDUCTIONS = (
    (0.6875, (2.0, -1.0), (1.0, 2.0), 0.4636476090008061, 2.2698777452961687e-17),
    (1.1875, (1.0, -1.0), (1.0, 1.0), _QUARTER_PI, 3.061616997868383e-17),
    (2.4375, (1.0, -1.5), (1.5, 1.0), 0.982793723247329, 1.3903311031230998e-17),
    (math.inf, (0.0, -1.0), (1.0, 0.0), _HALF_PI_HIGH, _HALF_PI_LOW),
)
_EVEN = (
    3.33333333333329318027e-01,
    1.42857142725034663711e-01,
    9.09088713343650656196e-02,
    6.66107313738753120669e-02,
    4.97687799461593236017e-02,
    1.62858201153657823623e-02,
)
_ODD = (
    -1.99999999998764832476e-01,
    -1.11111104054623557880e-01,
    -7.69187620504482999495e-02,
    -5.83357013379057348645e-02,
    -3.65315727442169155270e-02,
)
_NUMERATOR = (
    1.66666666666666657415e-01,
    -3.25565818622400915405e-01,
    2.01212532134862925881e-01,
    -4.00555345006794114027e-02,
    7.91534994289814532176e-04,
    3.47933107596021167570e-05,
)
_DENOMINATOR = (
    1.0,
    -2.40339491173441421878e00,
    2.02094576023350569471e00,
    -6.88283971605453293030e-01,
    7.70381505559019352791e-02,
)


def _polynomial(coefficients: Iterable[float], x: float) -> float:
    return reduce(
        lambda total, item: item + x * total, reversed(list(coefficients)), 0.0
    )


def _ratio(square: float) -> float:
    """Approximate arcsin(x)/x - 1 for the square of a small x."""
    return square * _polynomial(_NUMERATOR, square) / _polynomial(_DENOMINATOR, square)


def _high_half(x: float) -> float:
    """Return a number without the lower 32 bits."""
    (bits,) = struct.unpack("<q", struct.pack("<d", x))
    (high,) = struct.unpack("<d", struct.pack("<q", bits & ~0xFFFFFFFF))
    return float(high)


def atan(x: float) -> float:
    """Return the arc tangent."""
    if math.isnan(x) or math.isinf(x) or abs(x) >= 2.0**66:
        return math.copysign(_HALF_PI_HIGH, x) if not math.isnan(x) else x
    size = abs(x)
    if size < 2.0**-29:
        return x
    high, low = 0.0, 0.0
    if size >= _SMALL_ARC:
        _, up, down, high, low = next(row for row in _REDUCTIONS if size < row[0])
        size = (up[0] * size + up[1]) / (down[0] * size + down[1])
    square = size * size
    fourth = square * square
    series = square * _polynomial(_EVEN, fourth) + fourth * _polynomial(_ODD, fourth)
    arc = high - ((size * series - low) - size) if high else size - size * series
    return math.copysign(arc, x)


def atan2(y: float, x: float) -> float:
    """Return the angle of a point."""
    if not (math.isfinite(x) and math.isfinite(y)) or x == 0 or y == 0:
        return math.atan2(y, x)
    if abs(y) / _LARGE_RATIO > abs(x):
        arc = _HALF_PI_HIGH
    elif x < 0 and abs(x) / _LARGE_RATIO > abs(y):
        arc = 0.0
    else:
        arc = atan(abs(y / x))
    if x < 0:
        arc = math.pi - (arc - _PI_LOW)
    return math.copysign(arc, y)


def asin(x: float) -> float:
    """Return the arc sine; NaN outside of -1 to 1."""
    size = abs(x)
    if not size <= 1.0:
        return math.nan
    if size == 1.0:
        return x * _HALF_PI_HIGH + x * _HALF_PI_LOW
    if size < 0.5:  # noqa: PLR2004 - The approximation holds up to one half.
        return x + x * _ratio(x * x) if size >= 2.0**-27 else x
    half = (1.0 - size) * 0.5
    ratio, root = _ratio(half), math.sqrt(half)
    if size >= _NEAR_ONE:
        arc = _HALF_PI_HIGH - (2.0 * (root + root * ratio) - _HALF_PI_LOW)
    else:
        high = _high_half(root)
        rest = (half - high * high) / (root + high)
        small = 2.0 * root * ratio - (_HALF_PI_LOW - 2.0 * rest)
        arc = _QUARTER_PI - (small - (_QUARTER_PI - 2.0 * high))
    return math.copysign(arc, x)


def acos(x: float) -> float:
    """Return the arc cosine; NaN outside of -1 to 1."""
    if not abs(x) <= 1.0:
        return math.nan
    if abs(x) == 1.0:
        return 0.0 if x > 0 else math.pi
    if abs(x) < 0.5:  # noqa: PLR2004 - The approximation holds up to one half.
        if abs(x) <= 2.0**-57:
            return _HALF_PI_HIGH
        return _HALF_PI_HIGH - (x - (_HALF_PI_LOW - x * _ratio(x * x)))
    half = (1.0 - abs(x)) * 0.5
    ratio, root = _ratio(half), math.sqrt(half)
    if x < 0:
        return math.pi - 2.0 * (root + (ratio * root - _HALF_PI_LOW))
    high = _high_half(root)
    rest = (half - high * high) / (root + high)
    return 2.0 * (high + (ratio * root + rest))
