"""Mask what people write about an entry: they quote its answers."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from fieldapp.masking.clearance import Clearance
from fieldapp.masking.masks import WITHHELD, mask
from fieldapp.xform.definition import FormDefinition, NodeDefinition
from fieldapp.xform.instance import open_instance
from fieldapp.xform.markup import Element, local_name
from fieldapp.xform.roles import FINANCE, LOCATIONS, NAME, NIK, PHONE

Answer = tuple[str, str]
"""The role and the text of a personal answer."""

MAX_ANSWERS = 1_000
"""So many personal answers of an entry are looked for in what is said about it."""

_LEAST = 3
"""Letters that are looked for: `Bu` and `12` stand in any text."""

_NO_DIGIT = re.compile(r"\D+", re.ASCII)
_SEPARATOR = r"[\s.,()/-]?"
_NIK = re.compile(rf"(?<!\d)\d(?:{_SEPARATOR}\d){{15}}(?!\d)", re.ASCII)
_PHONE = re.compile(
    rf"(?<!\d)(?:\+62|62|0){_SEPARATOR}8(?:{_SEPARATOR}\d){{7,12}}(?!\d)", re.ASCII
)


def personal_answers(
    form: FormDefinition, xml: bytes, clearance: Clearance
) -> Iterator[Answer]:
    """Give the answers of an entry that somebody may not read.

    :raises InstanceUnreadable: if it is no XML that was taken in.
    """
    pending: list[tuple[Element, NodeDefinition]] = [
        (open_instance(xml).root, form.root)
    ]
    while pending:
        element, node = pending.pop()
        role = form.personal.get(node.path)
        text = (element.text or "").strip()
        if role and text and node.is_leaf and not clearance.opens(role):
            yield role, text
        for child in element.iterchildren("*"):
            known = node.children_by_name.get(local_name(child))
            if known is not None:
                pending.append((child, known))


def mask_notes(
    texts: Iterable[str | None], answers: Iterable[Answer]
) -> list[str | None]:
    """Mask an entry's personal answers where texts quote them.

    Names word by word, amounts with dots in them too. What looks like a NIK or a
    mobile number is masked whosever it is. Where an entry has more than
    `MAX_ANSWERS`, the texts are withheld.
    """
    known = list(islice(answers, MAX_ANSWERS + 1))
    if len(known) > MAX_ANSWERS:
        return [text and WITHHELD for text in texts]
    ordered = sorted(set(known), key=lambda each: -len(each[1]))
    quotes = [quote for role, answer in ordered for quote in _quotes(role, answer)]
    return [text and _mask_note(text, quotes) for text in texts]


def _mask_note(text: str, quotes: Iterable["_Quote"]) -> str:
    plain, digits = text.lower(), _NO_DIGIT.sub("", text)
    for quote in quotes:
        if quote.text in (digits if quote.is_number else plain):
            text = quote.pattern.sub(quote.shown.replace("\\", r"\\"), text)
    text = _NIK.sub(lambda found: mask(NIK, found[0]), text)
    return _PHONE.sub(lambda found: mask(PHONE, found[0]), text)


@dataclass(frozen=True, slots=True)
class _Quote:
    """How a text may quote an answer, and what is shown instead."""

    text: str
    shown: str
    is_number: bool = False
    """Digits, between which people write dots and spaces."""

    @property
    def pattern(self) -> re.Pattern[str]:
        """Find it where it stands alone: not within a longer word or number."""
        edge = r"\d" if self.text[-1:].isdigit() else r"\w"
        written = _SEPARATOR.join(self.text) if self.is_number else re.escape(self.text)
        return re.compile(rf"(?<!{edge}){written}(?!{edge})", re.IGNORECASE)


def _quotes(role: str, answer: str) -> Iterator[_Quote]:
    """Give the ways in which an answer is quoted."""
    if role == NAME:
        found = [_Quote(word.lower(), mask(NAME, word)) for word in answer.split()]
    elif role in {NIK, PHONE, FINANCE}:
        whole = answer.partition(".")[0] if role == FINANCE else answer
        found = [_Quote(_NO_DIGIT.sub("", whole), mask(role, answer), is_number=True)]
    elif role in LOCATIONS:
        numbers = re.split(r"[\s;]+", answer)
        found = [_Quote(number.lower(), WITHHELD) for number in numbers]
    else:
        found = [_Quote(answer.lower(), WITHHELD)]
    return (each for each in found if len(each.text) >= _LEAST)
