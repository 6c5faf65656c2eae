"""The parts of a whole that a fact counts in: names for rows, pure.

``{}`` is the whole; ``{"sex":"P"}`` the answers to one question; with several
questions there is one slice for each of them, and one for all together. A slice that
begins with ``~`` is not carried to the areas above, since free answers (names of
groups) would make their reports grow without end.
"""

from collections.abc import Mapping, Sequence
from itertools import product

import orjson

TOTAL = "{}"
LOCATED = "located"
UNLOCATED = "unlocated"
PARTS = (LOCATED, UNLOCATED)
LOCAL = "~"

MAX_ANSWER = 100
"""Characters of a calculated or free answer that a slice keeps."""


def slice_name(answers: Mapping[str, str], *, is_local: bool) -> str:
    """Write the answers of a slice as canonical JSON."""
    text = orjson.dumps(dict(answers), option=orjson.OPT_SORT_KEYS).decode()
    return LOCAL + text if is_local else text


def read_slice(name: str) -> dict[str, str]:
    """Read the answers of a slice; none for the whole and for the two parts."""
    if name in PARTS:
        return {}
    answers: dict[str, str] = orjson.loads(name.removeprefix(LOCAL))
    return answers


def slices_of(
    answers: Mapping[str, Sequence[str]], *, free: frozenset[str], is_located: bool
) -> list[str]:
    """List the slices of a fact, by its answers to the questions of ``by``."""
    names = [TOTAL, LOCATED if is_located else UNLOCATED]
    groups: list[tuple[str, ...]] = [(question,) for question in answers]
    if len(groups) > 1:
        groups.append(tuple(answers))
    for group in groups:
        is_local = not free.isdisjoint(group)
        for chosen in product(*(answers[question] for question in group)):
            pairs = {
                question: answer[:MAX_ANSWER]
                for question, answer in zip(group, chosen, strict=True)
            }
            names.append(slice_name(pairs, is_local=is_local))
    return list(dict.fromkeys(names))
