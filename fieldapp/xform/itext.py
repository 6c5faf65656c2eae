"""The texts of a form: `itext` translations, inline texts, and values within them."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import zip_longest

from fieldapp.xform.definition import FormError
from fieldapp.xform.markup import Element, local_name
from fieldapp.xform.translations import Translations, language_code

_ITEXT = re.compile(r"\s*jr:itext\(\s*(['\"])(.*?)\1\s*\)\s*", re.DOTALL)
_OUTPUT = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_LACKING = "-"
_SPACES = re.compile(r"\s+")
_MARKUP = re.compile(r"[<&*_#\[\\]")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_MARKDOWN = (
    (re.compile(r"^\s*#{1,6}\s+"), ""),
    (re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)"), r"\1"),
    (re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*\\])\*(?=[^\s*])([^*]+?)(?<=[^\s\\])\*(?![\w*])"), r"\1"),
    (re.compile(r"(?<![\w\\])_(?=[^\s_])([^_]+?)(?<=[^\s\\])_(?!\w)"), r"\1"),
    (re.compile(r"\\([*_#\[\]\\])"), r"\1"),
)


@dataclass(frozen=True, slots=True)
class Texts:
    """All translations of a form, by language name and text id."""

    languages: tuple[str, ...] = ()
    default_language: str = ""
    by_language: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def find(self, text_id: str) -> dict[str, str]:
        """Give a text in each language that has it, the default language first.

        Where a language lacks a text, pyxform writes a dash.
        """
        ordered = sorted(self.languages, key=lambda name: name != self.default_language)
        return {
            language_code(name): self.by_language[name][text_id]
            for name in ordered
            if self.by_language[name].get(text_id, _LACKING) != _LACKING
        }

    def resolve(self, source: str) -> dict[str, str]:
        """Read an attribute that is a text or refers to one by `jr:itext('…')`."""
        reference = _ITEXT.fullmatch(source)
        if reference:
            return self.find(reference.group(2))
        return {language_code(self.default_language) or "": source} if source else {}


def read_itext(model: Element) -> Texts:
    """Read the `itext` element of a model (ODK XForms, 7)."""
    translations = [
        element
        for itext in model.iterchildren("{*}itext")
        for element in itext.iterchildren("{*}translation")
    ]
    if not translations and next(model.iterchildren("{*}itext"), None) is not None:
        raise FormError("itext has no translation")
    by_language: dict[str, dict[str, str]] = {}
    for element in translations:
        language = element.get("lang")
        if not language or language in by_language:
            raise FormError(f"a translation has no language of its own: {language!r}")
        by_language[language] = _read_translation(element, language)
    defaults = [
        each.get("lang", "") for each in translations if each.get("default") is not None
    ]
    if len(defaults) > 1:
        raise FormError("more than one translation is the default")
    default = defaults[0] if defaults else next(iter(by_language), "")
    return Texts(tuple(by_language), default, by_language)


def _read_translation(translation: Element, language: str) -> dict[str, str]:
    """Read all texts of a language; each id stands once."""
    found: dict[str, str] = {}
    for text in translation.iterchildren("{*}text"):
        name = text.get("id")
        if not name or name in found:
            raise FormError(f"{language}: a text has no id of its own: {name!r}")
        found[name] = _plain_value(text)
    return found


def read_text(parent: Element, name: str, texts: Texts) -> dict[str, str]:
    """Read the `label` or `hint` of an element, inline or by reference."""
    for element in parent.iterchildren("{*}" + name):
        reference = element.get("ref")
        if reference:
            return _referred(reference, name, texts)
        inline = inline_text(element)
        return {language_code(texts.default_language) or "": inline} if inline else {}
    return {}


def _referred(reference: str, name: str, texts: Texts) -> dict[str, str]:
    """Resolve a reference to a text, which the default language must have."""
    found = _ITEXT.fullmatch(reference)
    if found is None:
        raise FormError(f"{name} refers to {reference!r}, which is no text")
    if found.group(2) not in texts.by_language.get(texts.default_language, {}):
        raise FormError(f"{name}: the default language lacks {found.group(2)!r}")
    return texts.resolve(reference)


def inline_text(element: Element) -> str:
    """Write a text with its outputs as `{{expression}}`, spaces collapsed."""
    parts = [element.text or ""]
    for child in element:
        if local_name(child) == "output":
            expression = child.get("value") or child.get("ref")
            if not expression:
                raise FormError("an output names no value")
            parts.append("{{" + expression.strip() + "}}")
        else:
            parts.append(inline_text(child))
        parts.append(child.tail or "")
    return _SPACES.sub(" ", "".join(parts)).strip()


def without_outputs(texts: Translations) -> dict[str, str]:
    """Write texts for where no answers are at hand: an ellipsis for each value."""
    return {language: _OUTPUT.sub("…", plain(text)) for language, text in texts.items()}


def plain(text: str) -> str:
    """Take HTML and Markdown out of a text, for where nothing draws them."""
    if not _MARKUP.search(text):
        return text
    outputs = _OUTPUT.findall(text)
    text = html.unescape(_TAG.sub("", _OUTPUT.sub("\0", text)))
    for pattern, kept in _MARKDOWN:
        text = pattern.sub(kept, text)
    parts = _SPACES.sub(" ", text).strip().split("\0")
    filled = [f"{{{{{each}}}}}" for each in outputs]
    return "".join(
        part + output for part, output in zip_longest(parts, filled, fillvalue="")
    )


def outputs_of(text: str) -> list[str]:
    """List the expressions that a text shows the values of."""
    return _OUTPUT.findall(text)


def fill_outputs(text: str, values: Mapping[str, str]) -> str:
    """Put values into a text."""
    return _OUTPUT.sub(lambda found: values.get(found.group(1), "…"), text)


def _plain_value(text: Element) -> str:
    """Choose the value without a form (image, audio, short), else the first."""
    values = list(text.iterchildren("{*}value"))
    for value in values:
        if not value.get("form"):
            return inline_text(value)
    return ""
