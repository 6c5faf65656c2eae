"""What a broken rule is called, in Indonesian and English."""

from collections.abc import Mapping

from fieldapp.xform.translations import Translations

RULE_MESSAGES: Mapping[str, Mapping[str, str]] = {
    "required": {
        "id": "Pertanyaan ini wajib diisi, tetapi kosong.",
        "en": "This question must be answered, but it is empty.",
    },
    "constraint": {
        "id": "Jawaban ini tidak memenuhi syarat pertanyaannya.",
        "en": "This answer does not meet the question's condition.",
    },
    "warn": {
        "id": "Jawaban ini tidak biasa. Mohon diperiksa.",
        "en": "This answer is unusual. Please check it.",
    },
    "type": {
        "id": "Jawaban ini tidak bisa dibaca sebagai {kind}.",
        "en": "This answer cannot be read as {kind}.",
    },
    "choice": {
        "id": "Pilihan ini tidak ditawarkan: {choices}.",
        "en": "This choice is not offered here: {choices}.",
    },
    "unknown": {
        "id": "Formulir tidak mengenal isian ini.",
        "en": "The form does not know this field.",
    },
    "duplicate": {
        "id": "Isian ini muncul lebih dari sekali; hanya yang pertama dibaca.",
        "en": "This field stands more than once; only the first is read.",
    },
    "root": {
        "id": "Data ini bukan untuk formulir ini.",
        "en": "This entry does not belong to this form.",
    },
    "expression": {
        "id": "Rumus formulir tidak dapat dihitung dengan jawaban ini.",
        "en": "A formula of the form cannot be worked out with these answers.",
    },
    "limit": {
        "id": "Isian ini terlalu besar untuk diperiksa dengan rumus formulirnya.",
        "en": "This entry is too large to be checked by the form's formulas.",
    },
    "irrelevant": {
        "id": "Pertanyaan ini tidak berlaku untuk jawaban lainnya, tetapi terisi.",
        "en": "By the other answers this question does not apply, yet it has one.",
    },
    "missing": {
        "id": "Pertanyaan ini tidak ikut terkirim.",
        "en": "This question was not sent along.",
    },
    "calculate": {
        "id": "Nilai hitungan berbeda: seharusnya {computed}.",
        "en": "The calculated value differs: it should be {computed}.",
    },
    "repeat-count": {
        "id": "Seharusnya ada {wanted} isian, tetapi yang ada {present}.",
        "en": "There should be {wanted} of them, but there are {present}.",
    },
}

FRAMES: Mapping[str, Mapping[str, str]] = {
    "constraint": {"id": "Seharusnya: {}.", "en": "Expected: {}."},
    "warn": {"id": "Biasanya: {}.", "en": "Usually: {}."},
    "irrelevant": {"id": "Hanya berlaku bila: {}.", "en": "It applies only if: {}."},
}
"""How the part of a condition that fails is told, by rule."""

_KINDS: Mapping[str, tuple[str, str]] = {
    "int": ("bilangan bulat", "a whole number"),
    "long": ("bilangan bulat", "a whole number"),
    "decimal": ("angka", "a number"),
    "boolean": ("ya atau tidak", "yes or no"),
    "date": ("tanggal", "a date"),
    "time": ("jam", "a time of day"),
    "dateTime": ("tanggal dan jam", "a date and time"),
    "geopoint": ("titik lokasi", "a location"),
    "geotrace": ("jalur", "a line on the map"),
    "geoshape": ("bidang", "an area on the map"),
}


def rule_message(rule: str, **values: Translations) -> Translations:
    """Give the text of a rule, with values that are written by language too."""
    return {
        language: text.format(
            **{name: value[language] for name, value in values.items()}
        )
        for language, text in RULE_MESSAGES[rule].items()
    }


def kind_name(kind: str) -> Translations:
    """Name a type, as what an answer should have been."""
    return dict(zip(("id", "en"), _KINDS.get(kind, (kind, kind)), strict=True))
