"""One mask for each role: a text as it came, to the text that may be shown.

What does not look like what its role says is withheld: a NIK with a digit too few
still tells too much.
"""

import math
import re
from collections.abc import Callable, Mapping

from fieldapp.xform.roles import (
    BIRTH_YEAR,
    FINANCE,
    HOME_LOCATION,
    NAME,
    NIK,
    PERSONAL,
    PHONE,
    PLOT_LOCATION,
)
from fieldapp.xform.values import read_double, read_point

WITHHELD = "***"
"""What is shown of an answer that has no mask, or does not fit it."""

DECIMALS = 2
"""Of a degree that is shown: about a kilometre."""

_SEPARATORS = re.compile(r"[\s.()/-]")
_NIK = re.compile(r"\d{16}", re.ASCII)
_PHONE = re.compile(r"0\d{8,14}", re.ASCII)
_COUNTRY = re.compile(r"\A(?:(?:\+|00)?62)?(?=8)", re.ASCII)
_YEAR = re.compile(r"\s*(\d{3})\d(?!\d)", re.ASCII)
_SHOWN_AHEAD = _SHOWN_BEHIND = 4
_LEAST_BAND = 1_000


def mask(role: str, text: str) -> str:
    """Mask a text by the role of its question; no answer stays no answer."""
    return _MASKS.get(role, _withheld)(text) if text else ""


def _withheld(_text: str) -> str:
    return WITHHELD


def _name(text: str) -> str:
    """Keep the first letter of each word: `Siti Aminah` as `S. A.`."""
    letters = [
        next((sign for sign in word if sign.isalnum()), "") for word in text.split()
    ]
    return " ".join(f"{each.upper()}." for each in letters if each) or WITHHELD


def _nik(text: str) -> str:
    digits = _SEPARATORS.sub("", text)
    if not _NIK.fullmatch(digits):
        return WITHHELD
    return "*" * (len(digits) - _SHOWN_BEHIND) + digits[-_SHOWN_BEHIND:]


def _phone(text: str) -> str:
    """Keep the first four digits and what is behind the next four, at most four."""
    digits = _COUNTRY.sub("0", _SEPARATORS.sub("", text))
    if not _PHONE.fullmatch(digits):
        return WITHHELD
    behind = min(len(digits) - 2 * _SHOWN_AHEAD, _SHOWN_BEHIND)
    return f"{digits[:_SHOWN_AHEAD]}****{digits[len(digits) - behind :]}"


def _birth_year(text: str) -> str:
    found = _YEAR.match(text)
    return f"{found[1]}0–{found[1]}9" if found else WITHHELD


def _point(text: str) -> str:
    """Round a point, and keep nothing that tells how exact it was."""
    point = read_point(text)
    if point is None or not all(map(math.isfinite, point)):
        return WITHHELD
    latitude, longitude = (f"{number:.{DECIMALS}f}" for number in point[:2])
    return f"{latitude} {longitude} 0 0"


def _finance(text: str) -> str:
    """Give the band of an amount: 1, 2 and 5 times a power of ten bound it."""
    amount = read_double(text)
    if amount is None or not math.isfinite(amount):
        return WITHHELD
    lower, upper = _band(abs(amount))
    return f"−{upper}–−{lower}" if amount < 0 else f"{lower}–{upper}"


def _band(amount: float) -> tuple[int, int]:
    """Give the bounds of an amount that is not below zero; the lower one is in it."""
    lower, upper = 0, _LEAST_BAND
    while amount >= upper:
        lead = int(str(upper)[0])
        lower, upper = upper, upper * 5 // 2 if lead == 2 else upper * 2  # noqa: PLR2004 - 1, 2, 5
    return lower, upper


_MASKS: Mapping[str, Callable[[str], str]] = {
    PERSONAL: _withheld,
    NAME: _name,
    NIK: _nik,
    PHONE: _phone,
    BIRTH_YEAR: _birth_year,
    HOME_LOCATION: _point,
    PLOT_LOCATION: _point,
    FINANCE: _finance,
}
