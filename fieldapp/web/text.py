"""Texts for people, always in Indonesian and in English."""

from dataclasses import dataclass

LANGUAGES = ("id", "en")


@dataclass(frozen=True)
class Text:
    """One message in the two languages that everybody here reads one of."""

    id: str
    en: str

    def format(self, **values: object) -> "Text":
        """Fill the same named values into both languages."""
        return Text(self.id.format(**values), self.en.format(**values))

    def both(self) -> str:
        """Give both languages in one line, for a phone that does not say which.

        Collect sends no ``Accept-Language`` (openrosa.md, section 1).
        """
        return f"{self.id} / {self.en}"

    def as_dict(self) -> dict[str, str]:
        """Give the texts by language code."""
        return {"id": self.id, "en": self.en}
