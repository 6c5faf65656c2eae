"""Answers as people read them: labels for codes, and numbers and days written out."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta

from fieldapp.xform.calculation import number_text, text_of_value
from fieldapp.xform.definition import FormDefinition, NodeDefinition
from fieldapp.xform.node import Node
from fieldapp.xform.run import definition_of
from fieldapp.xform.translations import SHOWN, Translations, complete
from fieldapp.xform.values import read_point

MAX_SHOWN = 200
MAX_CHOICES = 20
MAX_DECIMALS = 6
_VERY_LARGE = 1e15
_NUMBER = re.compile(r"(-?)(0|[1-9]\d{0,29})(?:\.(\d+))?")
_PLAIN_DIGITS = 4
_MONTHS = {
    "id": (
        *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
        *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}
EMPTY: Translations = {"id": "(kosong)", "en": "(empty)"}
INAPPLICABLE: Translations = {"id": "(tidak berlaku)", "en": "(does not apply)"}
_TODAY: Translations = {"id": "Hari pengisian", "en": "Day of filling in"}
_NO_NUMBERS: Mapping[str, Translations] = {
    "NaN": {"id": "bukan angka", "en": "not a number"},
    "Infinity": {"id": "tak hingga", "en": "infinite"},
    "-Infinity": {"id": "minus tak hingga", "en": "minus infinite"},
}
_TRUE: Translations = {"id": "ya", "en": "yes"}
_FALSE: Translations = {"id": "tidak", "en": "no"}


Words = Callable[[FormDefinition, Node], Translations]
"""Writes an answer for people, as `answer_of` does."""


def shorten(text: str, limit: int = MAX_SHOWN) -> str:
    """Cut a text that is too long to be read in a list."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def same(text: str) -> Translations:
    """Give a text that is the same in all languages."""
    return dict.fromkeys(SHOWN, text)


def label_words(form: FormDefinition, definition: NodeDefinition) -> Translations:
    """Name a question; what is only worked out has a name, and no label."""
    if definition.path == form.today_path:
        return _TODAY
    name = definition.name
    return {
        code: text.replace("_", " ") if text == name else text
        for code, text in definition.labels.items()
    }


def answer_of(form: FormDefinition, node: Node) -> Translations:
    """Give what a formula finds in a node: what came, or what was worked out."""
    if not node.is_relevant:
        return INAPPLICABLE
    if not node.text and node.value == "":
        return EMPTY
    bind = definition_of(node).bind
    if bind.calculate is not None and node.value != "":
        return value_words(node.value, bind.type)
    return answer_words(form, node)


def answer_words(form: FormDefinition, node: Node) -> Translations:
    """Write the text that came by the type of its question, as far as it is of it."""
    definition = definition_of(node)
    kind, text = definition.bind.type, node.text
    if kind in {"select1", "select"}:
        values = [text] if kind == "select1" else text.split()
        return choice_words(form, node, values)
    if kind in {"int", "long", "decimal"}:
        return {language: number_words(text, language) for language in SHOWN}
    if isinstance(node.value, date):
        return value_words(node.value, kind)
    if kind == "boolean" and isinstance(node.value, bool):
        return _TRUE if node.value else _FALSE
    if kind in {"geopoint", "geotrace", "geoshape"}:
        return _places(text, kind)
    return same(shorten(text))


def choice_words(
    form: FormDefinition, node: Node, values: Sequence[str]
) -> Translations:
    """Write choices by their labels; by their codes where no label is at hand."""
    labels = form.choice_labels(definition_of(node).path)
    named = [complete(labels.get(each, {}), each) for each in values[:MAX_CHOICES]]
    more = ["…"] if len(values) > MAX_CHOICES else []
    return {
        language: shorten(", ".join([*(each[language] for each in named), *more]))
        for language in SHOWN
    }


def value_words(value: object, kind: str = "string") -> Translations:
    """Write a value of XPath: of a calculation, or of a part of a formula."""
    if isinstance(value, bool):
        return _TRUE if value else _FALSE
    if isinstance(value, float):
        text = _decimal(value)
        return _NO_NUMBERS.get(text) or {
            language: number_words(text, language) for language in SHOWN
        }
    if isinstance(value, date):
        return {language: _moment(value, kind, language) for language in SHOWN}
    text = text_of_value(value, kind) if isinstance(value, str) else ""
    return same(shorten(text)) if text else EMPTY


def _decimal(value: float) -> str:
    """Write a number with few decimals; what is very large as Java does."""
    if not abs(value) < _VERY_LARGE:
        return number_text(value)
    rounded = round(value, MAX_DECIMALS) + 0.0  # There is no minus zero.
    return f"{rounded:.{MAX_DECIMALS}f}".rstrip("0").rstrip(".")


def day_numbered(days: float) -> date:
    """Give the day that is so many days after 1 January 1970."""
    return date(1970, 1, 1) + timedelta(days=int(days))


def number_words(text: str, language: str) -> str:
    """Write a number as people do: `14.0` as 14, and `12500.5` as 12.500,5.

    Four digits stay together, as they may be a year.
    """
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        return shorten(text)
    sign, whole, fraction = found.groups()
    fraction = (fraction or "").rstrip("0")
    thousands, point = (".", ",") if language == "id" else (",", ".")
    if len(whole) > _PLAIN_DIGITS:
        whole = f"{int(whole):,}".replace(",", thousands)
    return sign + whole + (f"{point}{fraction}" if fraction else "")


def _moment(value: date, kind: str, language: str) -> str:
    day = f"{value.day} {_MONTHS[language][value.month - 1]} {value.year}"
    if not isinstance(value, datetime) or kind == "date":
        return day
    clock = f"{value:%H.%M}" if language == "id" else f"{value:%H:%M}"
    if kind == "time":
        return clock
    return f"{day} pukul {clock}" if language == "id" else f"{day} at {clock}"


def _places(text: str, kind: str) -> Translations:
    """Write a point as maps take it; of a line or an area only how many points."""
    if kind != "geopoint":
        count = sum(bool(part.strip()) for part in text.split(";"))
        return {"id": f"{count} titik", "en": f"{count} points"}
    point = read_point(text)
    if point is None:
        return same(shorten(text))
    latitude, longitude, _, accuracy = point
    written = f"{latitude:.5f}, {longitude:.5f}"
    return {
        language: f"{written} (± {number_words(number_text(accuracy), language)} m)"
        if accuracy
        else written
        for language in SHOWN
    }
