"""Numbers as paths in a tree of digits, in the order of the numbers: pure.

A median over any stretch of days needs the values themselves. Kept as counts by
leading digits, level by level, they are found by walking down: each level reads at
most a hundred counts for each period, however many values there are.

A path's first step is the sign, the power of ten and one digit; each further step
is two more digits. The digits of negative numbers are complemented, so that the
steps of one level are in order.
"""

from decimal import Decimal

ZERO = "5"
POSITIVE = "6"
NEGATIVE = "4"
FIRST_STEP = 5
STEP = 2
OFFSET = 500
"""Added to the power of ten, so that it is three digits without a sign."""

_COMPLEMENT = str.maketrans("0123456789", "9876543210")


def digit_path(value: Decimal) -> list[str]:
    """Give the prefixes of a value, the shortest first, the value itself last."""
    if value == 0:
        return [ZERO]
    value = value.normalize()
    digits = "".join(map(str, value.as_tuple().digits))
    if len(digits) % STEP == 0:
        digits += "0"
    body = f"{value.adjusted() + OFFSET:03d}{digits}"
    body = NEGATIVE + body.translate(_COMPLEMENT) if value < 0 else POSITIVE + body
    return [body[:end] for end in range(FIRST_STEP, len(body) + 1, STEP)]


def parent_of(prefix: str) -> str:
    """Give the prefix one step shorter; empty above the first step."""
    return prefix[:-STEP] if len(prefix) > FIRST_STEP else ""


def value_of(prefix: str) -> Decimal:
    """Give the value whose digits end with a prefix."""
    if prefix == ZERO:
        return Decimal(0)
    body = prefix[1:]
    if prefix[0] == NEGATIVE:
        body = body.translate(_COMPLEMENT)
    power, digits = int(body[:3]) - OFFSET, body[3:]
    value = Decimal(f"{digits[0]}.{digits[1:]}E{power}")
    return -value if prefix[0] == NEGATIVE else value


def children_in_order(
    prefix: str, children: dict[str, int], whole: int
) -> list[tuple[str, int]]:
    """List what lies below a prefix in the order of the values, with its counts.

    Values that end at the prefix itself stand under the prefix: before all longer
    ones, or behind them where the sign is negative.
    """
    steps = sorted(children.items())
    ending = whole - sum(children.values())
    if not ending:
        return steps
    here = (prefix, ending)
    return [*steps, here] if prefix[:1] == NEGATIVE else [here, *steps]
