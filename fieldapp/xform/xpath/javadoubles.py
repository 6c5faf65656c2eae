"""The digits of a number as Java's `Double.toString` chose them before Java 19.

They are not always the shortest that mean the number: 2^60 is 1.15292150460684698E18.
The steps are those of the algorithm that Java describes (Steele and White, Gay): the
fraction of a scaled numerator is taken digit by digit, until what is left is below
half a unit in the last place.
"""

import math

_FRACTION_BITS = 52
_SMALL_EXPONENTS = range(-21, 63)
_LONG_BITS = 64
_LEAST_PLAIN, _MOST_PLAIN = -3, 8
_LOG_2 = 0.301029995663981


def digits_of(number: float) -> tuple[str, int]:
    """Return the digits of a positive number, and the power of ten of the first."""
    mantissa, exponent = math.frexp(number)
    power = exponent - 1
    significant = _FRACTION_BITS + 1 - max(0, -1022 - power)
    fraction = int(mantissa * (1 << (_FRACTION_BITS + 1)))
    needed = _FRACTION_BITS + 1 - _trailing_zeros(fraction)
    tiny = max(0, needed - power - 1)
    if tiny == 0 and power in _SMALL_EXPONENTS:
        return _whole_digits(int(number), power - significant - 1)
    return _digits(fraction, power, needed=needed, significant=significant)


def _trailing_zeros(bits: int) -> int:
    return (bits & -bits).bit_length() - 1


def _whole_digits(whole: int, spare_bits: int) -> tuple[str, int]:
    """Round off the digits that the spare bits cannot tell."""
    power = 0
    if spare_bits > 1:
        power = int(spare_bits * _LOG_2)
        whole, rest = divmod(whole, 10**power)
        whole += rest >= 10**power // 2 and power > 0
    text = str(whole)
    return text.rstrip("0"), len(text) - 1 + power


def _digits(
    fraction: int, power: int, *, needed: int, significant: int
) -> tuple[str, int]:
    tiny = max(0, needed - power - 1)
    place = _estimate(fraction, power)
    fives = max(0, -place)
    twos = fives + tiny + power - (needed - 1)
    scale_fives = max(0, place)
    scale_twos = scale_fives + tiny
    unit_twos = fives + tiny + power - significant
    common = min(twos, scale_twos)
    twos, scale_twos, unit_twos = twos - common, scale_twos - common, unit_twos - common
    unit_twos -= needed == 1  # Below a power of two, the next number is nearer.
    if unit_twos < 0:
        twos, scale_twos, unit_twos = twos - unit_twos, scale_twos - unit_twos, 0
    is_long = (
        needed + twos + _bits_of_fives(fives) < _LONG_BITS
        and scale_twos + 1 + _bits_of_fives(scale_fives + 1) < _LONG_BITS
    )
    odd = fraction >> _trailing_zeros(fraction)
    value = odd * 5**fives << twos
    scale = 5**scale_fives << scale_twos
    unit = 5**fives << unit_twos
    return _generate(value, scale, unit, place=place, is_strict=is_long)


def _estimate(fraction: int, power: int) -> int:
    lead = fraction / (1 << _FRACTION_BITS)
    return math.floor((lead - 1.5) * 0.289529654 + 0.176091259 + power * _LOG_2)


def _bits_of_fives(count: int) -> int:
    """Tell how many bits Java allows for a power of five."""
    return (5**count).bit_length() if 0 < count <= 26 else 3 * count  # noqa: PLR2004


def _generate(
    value: int, scale: int, unit: int, *, place: int, is_strict: bool
) -> tuple[str, int]:
    """Take digits until the rest is within the unit; the last one is rounded.

    Java compares the upper bound strictly where it computes with longs.
    """
    tens = 10 * scale
    digits: list[int] = []
    is_low = is_high = False
    while not digits or not (is_low or is_high):
        digit, rest = divmod(value, scale)
        value, unit = 10 * rest, 10 * unit
        is_low = value < unit
        is_high = value + unit > tens or (not is_strict and value + unit == tens)
        digits.append(digit)
        if len(digits) == 1:
            if digit == 0 and not is_high:
                digits, place = [], place - 1
            if not _LEAST_PLAIN <= place < _MOST_PLAIN:
                is_low = is_high = False
    if is_high and (not is_low or _rounds_up(2 * value - tens, digits[-1])):
        return _rounded_up(digits, place)
    return "".join(map(str, digits)).rstrip("0") or "0", place


def _rounds_up(difference: int, last: int) -> bool:
    return difference > 0 or (difference == 0 and last % 2 == 1)


def _rounded_up(digits: list[int], place: int) -> tuple[str, int]:
    whole = str(int("".join(map(str, digits))) + 1)
    return whole.rstrip("0"), place + len(whole) - len(digits)
