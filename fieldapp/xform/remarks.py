"""What a check of a form file has to say, about which cell."""

from dataclasses import dataclass
from typing import Literal

from fieldapp.xform.definition import FormError
from fieldapp.xform.origins import Origins
from fieldapp.xform.place import NOWHERE, Place
from fieldapp.xform.translations import Translations

Severity = Literal["error", "warning", "note"]
"""An error refuses the form; a warning is probably not meant; a note is to know."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing about a form: how grave, which kind, where, and what, in words.

    `code` never changes, for programs; `text` always has `id` and `en`.
    """

    severity: Severity
    code: str
    text: Translations
    place: Place = NOWHERE
    path: str = ""

    def told(self, language: str) -> str:
        """Say it with its place."""
        where = self.place.told(language) or self.path
        text = self.text.get(language, self.text["en"])
        return f"{where}: {text}" if where else text


def refusal_of(error: FormError, origins: Origins) -> Remark:
    """Make a remark of the reason why a form does not load, with its place."""
    place = error.place
    if place == NOWHERE and error.path:
        place = origins.of(error.path, error.attribute)
    way = _way(error, origins)
    text = {
        language: f"{reason} {way[language]}".strip()
        for language, reason in error.texts.items()
    }
    return Remark("error", error.code, text, place, error.path)


def _way(error: FormError, origins: Origins) -> Translations:
    """Tell the cells of a circle, each with its question's name."""
    told: dict[str, str] = {}
    for language in ("id", "en"):
        steps = []
        for path, attribute in error.around:
            where = origins.of(path, attribute).told(language) or path
            steps.append(f"{path.rpartition('/')[2]} ({where})")
        told[language] = " → ".join(steps)
    return told
