"""The grammar of area codes: pure, and the one place that knows it."""

import re

from sqlalchemy import ColumnElement, and_, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from fieldapp.places.models import COUNTRY

DOTTED_VILLAGE = re.compile(r"\d{2}\.\d{2}\.\d{2}\.[123]\d{3}", re.ASCII)
DOTTED = re.compile(r"\d{2}(\.\d{2}(\.\d{2}(\.[123]\d{3})?)?)?", re.ASCII)
UNDOTTED_VILLAGE = re.compile(r"\d{10}", re.ASCII)

EASTERN = frozenset({"81", "82", "91", "92", "93", "94", "95", "96"})
CENTRAL = frozenset(
    {"51", "52", "53", "63", "64", "65", "71", "72", "73", "74", "75", "76"}
)


def contains(area_code: str, code: str) -> bool:
    """Say whether a place lies in an area (or is its own place)."""
    return area_code in {COUNTRY, code} or code.startswith(f"{area_code}.")


def lineage(code: str) -> tuple[str, ...]:
    """List a place and all above it, the place first, the country last."""
    if code == COUNTRY:
        return (COUNTRY,)
    parts = code.split(".")
    ups = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return (*ups, COUNTRY)


def within(column: InstrumentedAttribute[str], area_code: str) -> ColumnElement[bool]:
    """Build the condition that a column's place lies in an area.

    A range, so that an index on the column serves it: in the "C" collation that
    every ``AreaCode`` has, "/" follows ".".
    """
    if area_code == COUNTRY:
        return true()
    if DOTTED_VILLAGE.fullmatch(area_code):
        return column == area_code
    below = and_(column >= f"{area_code}.", column < f"{area_code}/")
    return or_(column == area_code, below)


def time_zone(code: str) -> str:
    """Name the time zone of a place (domain.md, section 9); WIB for the country."""
    province = code[:2]
    if province in EASTERN:
        return "Asia/Jayapura"
    if province in CENTRAL:
        return "Asia/Makassar"
    return "Asia/Jakarta"
