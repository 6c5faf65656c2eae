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
        "id": "Jawaban ini tidak bisa dibaca sebagai {kind_id}.",
        "en": "This answer cannot be read as {kind_en}.",
    },
    "choice": {
        "id": "Jawaban ini tidak ada di daftar pilihan.",
        "en": "This answer is not among the choices.",
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
        "id": "Jumlah isian berulang tidak sama dengan {computed}.",
        "en": "The number of repeated entries is not {computed}.",
    },
}

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


def rule_message(rule: str, *, kind: str = "", computed: str = "") -> Translations:
    """Give the text of a rule, with the type or the value that was expected."""
    kind_id, kind_en = _KINDS.get(kind, (kind, kind))
    return {
        language: text.format(kind_id=kind_id, kind_en=kind_en, computed=computed)
        for language, text in RULE_MESSAGES[rule].items()
    }


def own_or_rule(own: Translations, rule: str) -> Translations:
    """Prefer the form's own message; ours stands in for languages it lacks."""
    if not own:
        return rule_message(rule)
    substitute = next(iter(own.values()))
    return {**dict.fromkeys(RULE_MESSAGES[rule], substitute), **own}
