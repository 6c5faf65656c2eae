"""The texts of a form: `itext` translations, inline texts, and values within them."""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest

from fieldapp.xform.markup import Element, attribute_of, local_name
from fieldapp.xform.refusals import refusal
from fieldapp.xform.translations import Translations, language_code

MAX_LANGUAGES = 50
MAX_LABEL = 30_000

_ITEXT = re.compile(r"\s*jr:itext\(\s*(['\"])(.*?)\1\s*\)\s*", re.DOTALL)
_OUTPUT = re.compile(r"\{\{((?:[^{}]|\{(?!\{)|\}(?!\}))*+)\}\}")
_LACKING = "-"
_OPEN, _CLOSE = "jr:itext('", "')"
_SPACES = re.compile(r"\s+")
_MARKUP = re.compile(r"[<&*_#\[\\]")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_MARKDOWN = (
    (re.compile(r"^\s*#{1,6}\s+"), ""),
    (re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)"), r"\1"),
    (re.compile(r"(\*\*|__)(?=\S)((?:(?!\1).)+)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*\\])\*(?=[^\s*])([^*]+?)(?<=[^\s\\])\*(?![\w*])"), r"\1"),
    (re.compile(r"(?<![\w\\])_(?=[^\s_])([^_]+?)(?<=[^\s\\])_(?!\w)"), r"\1"),
    (re.compile(r"\\([*_#\[\]\\])"), r"\1"),
)


@dataclass(frozen=True, slots=True)
class Texts:
    """All translations of a form, by language name and text id.

    `shown` are the texts of the default language, those of images and sounds included.
    """

    languages: tuple[str, ...] = ()
    default_language: str = ""
    by_language: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    shown: frozenset[str] = frozenset()

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
        if len(source) > MAX_LABEL:
            raise refusal("text-too-long", text=source[:40])
        return {language_code(self.default_language) or "": source} if source else {}


def read_itext(model: Element) -> Texts:
    """Read the `itext` element of a model (ODK XForms, 7); the last one counts.

    :raises FormError: if JavaRosa cannot tell its languages or texts apart.
    """
    texts = Texts()
    for itext in model.iterchildren("{*}itext"):
        texts = _read_one(itext)
    return texts


def _read_one(itext: Element) -> Texts:
    by_language: dict[str, dict[str, str]] = {}
    ids: dict[str, frozenset[str]] = {}
    defaults = []
    translations = list(itext.iterchildren("{*}translation"))
    if len(translations) > MAX_LANGUAGES:
        raise refusal("too-many-languages", limit=MAX_LANGUAGES)
    for element in translations:
        language = element.get("lang")
        if not language or language in by_language:
            raise refusal("language", name=language)
        by_language[language], ids[language] = _read_translation(element, language)
        if element.get("default") is not None:
            defaults.append(language)
    if not by_language:
        raise refusal("no-translation")
    if len(defaults) > 1:
        raise refusal("two-defaults")
    default = (defaults or list(by_language))[0]
    return Texts(tuple(by_language), default, by_language, ids[default])


def _read_translation(
    translation: Element, language: str
) -> tuple[dict[str, str], frozenset[str]]:
    """Read all texts of a language, and the ids of those that show anything."""
    plain: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    for text in translation.iterchildren("{*}text"):
        name = text.get("id")
        if not name:
            raise refusal("text-id", language=language, name=name)
        for value in text.iterchildren("*"):
            if local_name(value) != "value":
                raise refusal(
                    "text-child", language=language, name=name, child=local_name(value)
                )
            form = value.get("form") or ""
            if (name, form) in seen:
                raise refusal("text-id", language=language, name=name)
            seen.add((name, form))
            shown = inline_text(value)
            plain[name] = plain.get(name, "") if form else shown
    return plain, frozenset(name for name, _ in seen)


def read_text(parent: Element, name: str, texts: Texts) -> dict[str, str]:
    """Read the `label` or `hint` of an element, inline or by reference.

    The last one counts, and each must be readable.
    """
    found: dict[str, str] = {}
    for element in parent.iterchildren("{*}" + name):
        inline = inline_text(element)
        reference = element.get("ref")
        if reference is not None:
            found = _referred(reference, name, texts)
        elif inline:
            found = {language_code(texts.default_language) or "": inline}
    return found


def _referred(reference: str, name: str, texts: Texts) -> dict[str, str]:
    """Resolve a reference to a text, which the default language must have."""
    if not (reference.startswith(_OPEN) and reference.endswith(_CLOSE)):
        raise refusal("label-reference", name=name, text=reference)
    text_id = reference[len(_OPEN) : -len(_CLOSE)]
    if text_id not in texts.shown:
        raise refusal("no-text", name=name, text=text_id)
    return texts.find(text_id)


def inline_text(element: Element) -> str:
    """Write a text with its outputs as `{{expression}}`, spaces collapsed."""
    text = "".join(_pieces(element))
    if len(text) > MAX_LABEL:
        raise refusal("text-too-long", text=text[:40])
    return _SPACES.sub(" ", text).strip()


def _pieces(element: Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if local_name(child).lower() == "output":
            expression = attribute_of(child, "ref")
            if expression is None:
                expression = attribute_of(child, "value")
            if expression is None:
                raise refusal("output")
            yield "{{" + expression.strip() + "}}"
        else:
            yield from _pieces(child)
        yield child.tail or ""


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
