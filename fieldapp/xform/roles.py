"""What a question is to the server: `bind::fieldapp:role`, and what it may stand on."""

from collections.abc import Mapping

VILLAGE, SUBJECT, PERSONAL = "village", "subject", "personal"
NAME, NIK, PHONE, BIRTH_YEAR = "name", "nik", "phone", "birth_year"
HOME_LOCATION, PLOT_LOCATION = "home_location", "plot_location"
FINANCE = "finance"
LOCATIONS = frozenset({HOME_LOCATION, PLOT_LOCATION})

_NUMBERS = frozenset({"int", "long", "decimal"})
_POINTS = frozenset({"geopoint", "geotrace", "geoshape"})

KINDS: Mapping[str, frozenset[str]] = {
    VILLAGE: frozenset({"string", "select1"}),
    SUBJECT: frozenset({"string", "select1", "int", "long", "barcode"}),
    NAME: frozenset({"string"}),
    NIK: frozenset({"string"}),
    PHONE: frozenset({"string"}),
    BIRTH_YEAR: frozenset({"int", "long", "date"}),
    HOME_LOCATION: frozenset({"geopoint"}),
    PLOT_LOCATION: _POINTS,
    FINANCE: _NUMBERS,
}
"""The types of questions that a role may stand on; `personal` stands on all.

A number that begins with a zero, as a phone's does, is a text.
"""

ROLES = frozenset({PERSONAL, *KINDS})

MASKED_ROLES = frozenset(ROLES - {VILLAGE, SUBJECT})
"""The roles that tell of a person; each but `personal` has a mask of its own."""


def suits(role: str, kind: str, *, is_leaf: bool) -> bool:
    """Tell whether a role may stand on a question of a type, or on a group."""
    return role == PERSONAL or (is_leaf and kind in KINDS.get(role, ()))
