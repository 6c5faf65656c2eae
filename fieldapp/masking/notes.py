"""Mask what people write about an entry: they quote its answers."""

import re
from collections.abc import Iterable, Iterator

from fieldapp.masking.clearance import Clearance
from fieldapp.masking.masks import WITHHELD, mask
from fieldapp.xform.definition import FormDefinition, NodeDefinition
from fieldapp.xform.instance import open_instance
from fieldapp.xform.markup import Element, local_name
from fieldapp.xform.roles import FINANCE, LOCATIONS, NAME, NIK, PHONE

Answer = tuple[str, str]
"""The role and the text of a personal answer."""

_LEAST = 3
"""Letters that are looked for: `Bu` and `12` stand in any text."""

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


def mask_note(text: str, answers: Iterable[Answer]) -> str:
    """Mask an entry's personal answers where a text quotes them.

    Names word by word, amounts with dots in them too. What looks like a NIK or a
    mobile number is masked whosever it is.
    """
    for role, answer in sorted(set(answers), key=lambda each: -len(each[1])):
        for pattern, shown in _quotes(role, answer):
            text = re.sub(
                pattern, shown.replace("\\", r"\\"), text, flags=re.IGNORECASE
            )
    text = _NIK.sub(lambda found: mask(NIK, found[0]), text)
    return _PHONE.sub(lambda found: mask(PHONE, found[0]), text)


def _quotes(role: str, answer: str) -> Iterator[tuple[str, str]]:
    """Give the patterns by which an answer is found, and what is shown instead."""
    if role == NAME:
        parts = [(re.escape(word), mask(NAME, word)) for word in answer.split()]
    elif role in {NIK, PHONE, FINANCE}:
        whole = answer.partition(".")[0] if role == FINANCE else answer
        digits = re.sub(r"\D", "", whole)
        parts = [(_SEPARATOR.join(digits), mask(role, answer))] if digits else []
    elif role in LOCATIONS:
        parts = [
            (re.escape(number), WITHHELD) for number in re.split(r"[\s;]+", answer)
        ]
    else:
        parts = [(re.escape(answer), WITHHELD)]
    for pattern, shown in parts:
        if len(pattern) >= _LEAST:
            edge = r"\d" if answer[-1:].isdigit() else r"\w"
            yield rf"(?<!{edge}){pattern}(?!{edge})", shown
