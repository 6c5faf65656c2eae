"""Pick texts by language; forms name languages freely, people ask by code."""

import re
from collections.abc import Mapping

Translations = Mapping[str, str]
"""Text by language code (`id`, `en`, …)."""

SHOWN = ("id", "en")
"""The languages in which the server speaks to people, first one first."""

_CODE = re.compile(r"\(\s*([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]+)*)\s*\)\s*$")
_NAMES = {
    "bahasa indonesia": "id",
    "indonesia": "id",
    "indonesian": "id",
    "english": "en",
    "inggris": "en",
}


def language_code(name: str) -> str:
    """Give the code of a language as a form names it: `English (en)` is `en`."""
    found = _CODE.search(name)
    if found:
        return found.group(1).lower()
    return _NAMES.get(name.strip().lower(), name.strip())


def complete(texts: Translations, fallback: str = "") -> dict[str, str]:
    """Fill the shown languages, so that no reader has to look for a substitute."""
    known = {code: text for code, text in texts.items() if text}
    substitute = next(iter(known.values()), fallback)
    return {**dict.fromkeys(SHOWN, substitute), **known}


def text_for(texts: Translations, language: str) -> str:
    """Choose one text: the asked language, else Indonesian, else English, else any."""
    for code in (language_code(language), *SHOWN):
        if texts.get(code):
            return texts[code]
    return next((text for text in texts.values() if text), "")
