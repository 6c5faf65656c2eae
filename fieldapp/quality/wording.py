"""What a flag says: a sentence that explains itself with what was compared."""

from collections.abc import Mapping
from typing import Any

from fieldapp.quality.models import FlagCode
from fieldapp.web.text import LANGUAGES, Text
from fieldapp.xform.answers import number_words

MINUTE = 60
HOUR = 3600
ONE_DIGIT = 100.0
"""From here on fractions tell nothing."""

TITLES = {
    FlagCode.SAME_NIK: Text("NIK yang sama", "Same identity number"),
    FlagCode.SAME_PERSON: Text("Orang yang sama?", "Same person?"),
    FlagCode.SAME_POINT: Text("Titik GPS yang sama", "Same GPS point"),
    FlagCode.SAME_PHOTO: Text("Foto yang sama", "Same photo"),
    FlagCode.TOO_MANY: Text("Terlalu banyak sehari", "Too many in a day"),
    FlagCode.TOO_FAST: Text("Terlalu cepat diisi", "Filled in too fast"),
    FlagCode.TRAVEL: Text("Perjalanan mustahil", "Impossible way"),
    FlagCode.NIK_BIRTH_YEAR: Text("Tahun lahir ≠ NIK", "Year of birth ≠ NIK"),
    FlagCode.POINT_OUTSIDE: Text("Titik di luar Indonesia", "Point outside Indonesia"),
    FlagCode.POINT_FAR: Text("Titik jauh dari desa", "Point far from the village"),
    FlagCode.NUMBER_FAR: Text("Angka tidak biasa", "Unusual number"),
    FlagCode.CLOCK_AHEAD: Text("Jam HP terlalu cepat", "Phone's clock is ahead"),
    FlagCode.CLOCK_CHANGED: Text("Jam HP diubah", "Phone's clock was changed"),
}

SENTENCES = {
    FlagCode.SAME_NIK: Text(
        "NIK ini juga tercatat di entri lain formulir ini, untuk nomor yang lain. "
        "Periksa apakah orang ini dicatat dua kali.",
        "This identity number also stands in another entry of this form, under "
        "another number. See whether the person is recorded twice.",
    ),
    FlagCode.SAME_PERSON: Text(
        "Nama dan tahun lahir ini juga tercatat di entri lain desa ini, untuk nomor "
        "yang lain. Periksa apakah orang ini dicatat dua kali.",
        "This name and year of birth also stand in another entry of this village, "
        "under another number. See whether the person is recorded twice.",
    ),
    FlagCode.SAME_POINT: Text(
        "Titik ini sama persis, sampai angka terakhir, dengan titik di entri lain. Dua "
        "pengukuran GPS tidak pernah sama persis: mungkin titiknya disalin.",
        "This point is the same as in another entry, to the last digit. Two GPS "
        "measurements never are: it may have been copied.",
    ),
    FlagCode.SAME_PHOTO: Text(
        "Berkas foto ini sama persis dengan foto di entri lain.",
        "The file of this photo is exactly that of a photo in another entry.",
    ),
    FlagCode.TOO_MANY: Text(
        "Petugas ini mengisi lebih dari {most} entri formulir ini pada hari itu.",
        "This person filled in more than {most} entries of this form on that day.",
    ),
    FlagCode.TRAVEL: Text(
        "Titik ini {km} km dari entri petugas yang sama sebelumnya, {minutes} menit "
        "lebih awal: terlalu jauh untuk ditempuh dalam waktu itu.",
        "This point is {km} km from the same person's entry before, {minutes} minutes "
        "earlier: too far to go in that time.",
    ),
    FlagCode.NIK_BIRTH_YEAR: Text(
        "Tahun lahir yang diisi tidak cocok dengan angka tahun lahir di dalam NIK.",
        "The year of birth does not fit the digits of it in the identity number.",
    ),
    FlagCode.POINT_OUTSIDE: Text(
        "Titik ini di luar wilayah Indonesia.", "This point lies outside Indonesia."
    ),
    FlagCode.POINT_FAR: Text(
        "Titik ini {km} km dari titik tengah {count} titik lain desa ini (biasanya ≤ "
        "{usual_km} km).",
        "This point is {km} km from the middle of {count} other points of this village "
        "(usually ≤ {usual_km} km).",
    ),
    FlagCode.NUMBER_FAR: Text(
        "Angka ini {value}; {count} angka lain desa ini biasanya {low} sampai {high} "
        "(tengahnya {middle}).",
        "This number is {value}; {count} others of this village are usually {low} to "
        "{high} (in the middle {middle}).",
    ),
    FlagCode.CLOCK_AHEAD: Text(
        "Menurut HP, entri ini selesai {minutes} menit setelah diterima: jamnya "
        "terlalu cepat.",
        "By the phone's clock the entry was done {minutes} minutes after it came: the "
        "clock is ahead.",
    ),
    FlagCode.CLOCK_CHANGED: Text(
        "Jam HP mundur {minutes} menit selama pengisian.",
        "The phone's clock went back by {minutes} minutes while the form was filled "
        "in.",
    ),
}
UNTOLD_NUMBER = Text(
    "Angka ini jauh dari {count} angka lain desa ini. Nilainya tidak ditulis di sini, "
    "karena menyangkut keuangan pribadi.",
    "This number is far from {count} others of this village. What it is stands not "
    "here, as it is about somebody's money.",
)
TOO_FAST_FOR_VILLAGE = Text(
    "Diisi dalam {value}; {count} entri lain desa ini paling cepat {low} (tengahnya "
    "{middle}).",
    "Filled in within {value}; {count} others of this village took {low} at least (in "
    "the middle {middle}).",
)
TOO_FAST_FOR_FORM = Text(
    "Diisi dalam {seconds}; menurut formulirnya perlu paling sedikit {least}.",
    "Filled in within {seconds}; by its form it takes at least {least}.",
)
ELSEWHERE = Text(
    "Ada entri terkait di luar wilayah atau program Anda.",
    "An entry that this is about lies outside your area or programmes.",
)

DURATIONS = frozenset({"seconds", "least"})


def title_of(code: FlagCode) -> Text:
    """Name what is odd in a few words."""
    return TITLES[code]


def sentence(code: FlagCode, detail: Mapping[str, Any], *, is_elsewhere: bool) -> Text:
    """Say what is odd, and by what that was told."""
    told = _template(code, detail)
    times = DURATIONS | (detail.keys() if code is FlagCode.TOO_FAST else set())
    filled = {
        language: getattr(told, language).format(
            **{
                name: _duration(value, language)
                if name in times and name != "count"
                else _number(value, language, is_exact=name == "value")
                for name, value in detail.items()
                if isinstance(value, int | float)
            }
        )
        for language in LANGUAGES
    }
    if is_elsewhere:
        filled = {
            language: f"{filled[language]} {getattr(ELSEWHERE, language)}"
            for language in LANGUAGES
        }
    return Text(**filled)


def _template(code: FlagCode, detail: Mapping[str, Any]) -> Text:
    if code is FlagCode.TOO_FAST:
        return TOO_FAST_FOR_FORM if "least" in detail else TOO_FAST_FOR_VILLAGE
    if code is FlagCode.NUMBER_FAR and "value" not in detail:
        return UNTOLD_NUMBER
    return SENTENCES[code]


def _number(number: float, language: str, *, is_exact: bool) -> str:
    """Write an answer as it came, and what is worked out with few digits."""
    digits = 0 if abs(number) >= ONE_DIGIT else 1 if abs(number) >= 1 else 2
    return number_words(f"{number:.{6 if is_exact else digits}f}", language)


def _duration(seconds: float, language: str) -> str:
    if seconds < 2 * MINUTE:
        words = {"id": "detik", "en": "seconds"}
        return f"{round(seconds)} {words[language]}"
    if seconds < 2 * HOUR:
        words = {"id": "menit", "en": "minutes"}
        return f"{round(seconds / MINUTE)} {words[language]}"
    words = {"id": "jam", "en": "hours"}
    return f"{round(seconds / HOUR)} {words[language]}"
