"""The faults that marshmallow finds in a request, in words for people."""

import re
from collections.abc import Iterator
from typing import Any

from fieldapp.web.text import Text

LOCATIONS = frozenset({"json", "query", "json_or_form", "form", "headers", "files"})

INVALID = Text(
    "Ada isian yang tidak sah. Perbaiki yang disebut di bawah, lalu kirim lagi.",
    "Some fields are not valid. Correct those named below and send again.",
)

PHRASES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(english), indonesian)
    for english, indonesian in (
        (r"Missing data for required field\.", "Wajib diisi."),
        (r"Field may not be null\.", "Tidak boleh kosong (null)."),
        (r"Unknown field\.", "Isian ini tidak dikenal."),
        (r"Invalid JSON body\.", "Isi permintaan bukan JSON yang sah."),
        (r"Invalid input type\.", "Jenis datanya salah."),
        (r"Invalid value\.", "Nilainya tidak sah."),
        (r"Not a valid string\.", "Harus berupa teks."),
        (r"Not a valid integer\.", "Harus berupa bilangan bulat."),
        (r"Not a valid number\.", "Harus berupa angka."),
        (r"Not a valid boolean\.", "Harus true atau false."),
        (r"Not a valid list\.", "Harus berupa daftar."),
        (r"Not a valid mapping type\.", "Harus berupa objek."),
        (r"Not a valid UUID\.", "Harus berupa UUID."),
        (r"Not a valid date\.", "Harus tanggal, contoh 2026-11-21."),
        (r"Not a valid datetime\.", "Harus waktu, contoh 2026-11-21T08:30:00+07:00."),
        (r"Not a valid email address\.", "Bukan alamat surel."),
        (r"Must be one of: (.+)\.", r"Pilih salah satu: \1."),
        (r"Shorter than minimum length (\d+)\.", r"Paling sedikit \1 karakter."),
        (r"Longer than maximum length (\d+)\.", r"Paling banyak \1 karakter."),
        (r"Length must be between (\d+) and (\d+)\.", r"Panjangnya \1 sampai \2."),
        (r"Must be greater than or equal to (.+)\.", r"Paling kecil \1."),
        (r"Must be less than or equal to (.+)\.", r"Paling besar \1."),
        (
            r"Must be greater than or equal to (\S+) and less than or equal to (.+)\.",
            r"Harus dari \1 sampai \2.",
        ),
        (r"String does not match expected pattern\.", "Bentuk tulisannya salah."),
    )
)


def in_both_languages(message: str) -> Text:
    """Translate one of marshmallow's phrases; one of our own has both already."""
    for pattern, indonesian in PHRASES:
        if match := pattern.fullmatch(message):
            return Text(match.expand(indonesian), message)
    indonesian, _, english = message.partition(" / ")
    return Text(indonesian, english or indonesian)


def faults(messages: Any) -> Iterator[tuple[str, Text]]:
    """List what webargs gathered, by the path of the field: ``items.0.version``.

    The outermost names may be webargs' own, of where in the request the fields are.
    """
    if not isinstance(messages, dict):
        messages = {"_schema": messages}
    for key, below in messages.items():
        is_location = key in LOCATIONS and isinstance(below, dict)
        yield from _faults_at(() if is_location else _below((), key), below)


def _faults_at(path: tuple[str, ...], messages: Any) -> Iterator[tuple[str, Text]]:
    if isinstance(messages, dict):
        for key, below in messages.items():
            yield from _faults_at(_below(path, key), below)
    elif isinstance(messages, list):
        for below in messages:
            yield from _faults_at(path, below)
    else:
        yield ".".join(path), in_both_languages(str(messages))


def _below(path: tuple[str, ...], key: Any) -> tuple[str, ...]:
    return path if key == "_schema" else (*path, str(key))
