"""The settings that ODK Collect reads from a QR code: a text, a picture, a terminal.

The text is base64(zlib(JSON)), as Collect's own export writes it. The same settings
give the same text and the same picture, byte for byte.
"""

import base64
import binascii
import io
import json
import zlib
from dataclasses import dataclass

import segno

LANGUAGES = {"id": "in", "en": "en"}
"""Collect's list of languages still has Java's old code for Indonesian."""

NAME_LENGTH = 60
"""What a phone shows of a project's name, and what keeps the picture coarse."""

MAX_JSON_BYTES = 100_000
PICTURE_SCALE = 6
"""Dots for each module: sharp on paper and on a screen."""
TERMINAL_BORDER = 2

UNREADABLE = (
    binascii.Error,
    zlib.error,
    ValueError,
    KeyError,
    TypeError,
    RecursionError,
)
"""What reading a text may end with that is no code; the last by its nesting."""

_LIGHT_ON_DARK, _AS_BEFORE = "\x1b[97;40m", "\x1b[0m"


class SettingsCodeError(ValueError):
    """The text is not that of a settings code."""


@dataclass(frozen=True, kw_only=True)
class PhoneSettings:
    """What a phone is told about where it belongs."""

    server_url: str
    project_name: str
    language: str = "id"
    username: str = ""
    """What the forms' `username` questions are answered with."""
    is_trial: bool = False
    """For a draft of a form, which may be another in ten minutes."""


def settings_text(settings: PhoneSettings) -> str:
    """Write what stands in the code.

    Scanning sets all that is not named here to Collect's defaults: sending by hand,
    forms by hand. The part `admin` is required and stays empty: nothing is locked.
    """
    name = settings.project_name[:NAME_LENGTH].strip()
    every = "every_fifteen_minutes" if settings.is_trial else "every_six_hours"
    general = {
        "protocol": "odk_default",
        "server_url": settings.server_url,
        "form_update_mode": "match_exactly",
        "periodic_form_updates_check": every,
        "autosend": "wifi_and_cellular",
        "delete_send": False,
        "app_language": LANGUAGES.get(settings.language, "in"),
        "analytics": False,
    }
    if settings.username:
        general["metadata_username"] = settings.username
    document = {"general": general, "admin": {}, "project": {"name": name}}
    written = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(zlib.compress(written.encode(), 9)).decode()


def server_url_in(text: str) -> str:
    """Read which server a code's text leads to.

    :raises SettingsCodeError: if it is no such text, or names no server.
    """
    unpacker = zlib.decompressobj()
    try:
        packed = base64.b64decode(text.strip(), validate=True)
        document = json.loads(unpacker.decompress(packed, MAX_JSON_BYTES))
        url, locks = document["general"]["server_url"], document["admin"]
    except UNREADABLE as error:
        raise SettingsCodeError("This is not the text of a settings code.") from error
    if not isinstance(locks, dict):
        raise SettingsCodeError("Phones want a part `admin`, even an empty one.")
    if not isinstance(url, str):
        raise SettingsCodeError("The settings code names no server.")
    return url


def png(text: str) -> bytes:
    """Draw the code as a PNG."""
    written = io.BytesIO()
    _code(text).save(written, kind="png", scale=PICTURE_SCALE)
    return written.getvalue()


def png_data_url(text: str) -> str:
    """Draw the code as a `data:` address, which a page shows as it is."""
    return f"data:image/png;base64,{base64.b64encode(png(text)).decode()}"


def terminal(text: str) -> str:
    """Draw the code for a terminal, light on dark whatever its colours are."""
    written = io.StringIO()
    _code(text).terminal(written, border=TERMINAL_BORDER, compact=True)
    lines = written.getvalue().splitlines()
    return "\n".join(f"{_LIGHT_ON_DARK}{line}{_AS_BEFORE}" for line in lines)


def set_up(settings: PhoneSettings) -> dict[str, str]:
    """Give all that a phone can be set up with; it holds the secret of the address."""
    text = settings_text(settings)
    return {
        "server_url": settings.server_url,
        "settings_qr": text,
        "settings_qr_png": png_data_url(text),
    }


def _code(text: str) -> segno.QRCode:
    """Make the code as Collect does: the lowest error correction, so fewer modules."""
    return segno.make_qr(text, error="l", boost_error=False)
