"""Read binds: what a form demands of each node (ODK XForms, 5.3 and 5.4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fieldapp.xform.body import read_path
from fieldapp.xform.definition import (
    Bind,
    FormError,
    FormWarning,
    Path,
    path_text,
)
from fieldapp.xform.itext import Texts
from fieldapp.xform.markup import Element
from fieldapp.xform.translations import Translations, language_code
from fieldapp.xform.xpath import (
    Expression,
    XPathError,
    XPathFunctionError,
    XPathSyntaxError,
    compile_xpath,
)

_TYPES = {
    "int": "int",
    "integer": "int",
    "long": "long",
    "decimal": "decimal",
    "double": "decimal",
    "float": "decimal",
    "select1": "select1",
    "listItem": "select1",
    "select": "select",
    "listItems": "select",
    "rank": "select",
    "": "string",
}
_SAME = frozenset(
    {
        "string",
        "boolean",
        "date",
        "time",
        "dateTime",
        "geopoint",
        "geotrace",
        "geoshape",
        "barcode",
        "binary",
    }
)
_WARN_MESSAGE = "warnMsg"


@dataclass(frozen=True, slots=True)
class RawBind:
    """A bind's attributes by local name, before anything is compiled."""

    path: Path
    attributes: Mapping[str, str]


def read_binds(model: Element, root_name: str) -> dict[Path, RawBind]:
    """Collect the binds by path; a later bind of a node adds to an earlier one."""
    found: dict[Path, RawBind] = {}
    for element in model.iterchildren("{*}bind"):
        attributes = {
            str(key).rpartition("}")[2]: str(element.get(key))
            for key in element.keys()  # noqa: SIM118 - an element is no dict
        }
        reference = attributes.get("nodeset") or attributes.get("ref")
        if not reference:
            raise FormError("a bind names no node")
        if any(sign in reference for sign in "@["):
            continue  # Attributes and single items are bound to nothing.
        path = read_path(reference, (root_name,))
        _check_id(attributes.get("id"), path, found)
        earlier = found.get(path)
        merged = {**(earlier.attributes if earlier else {}), **attributes}
        found[path] = RawBind(path, merged)
    return found


def _check_id(name: str | None, path: Path, others: Mapping[Path, RawBind]) -> None:
    if name is not None and any(
        other.attributes.get("id") == name for other in others.values()
    ):
        raise FormError(f"two binds have the id {name!r}", path_text(path))


def bind_type(raw: RawBind | None, control: str | None) -> str:
    """Name the type of a node; a list in the body makes a text a choice."""
    written = (raw.attributes.get("type", "") if raw else "").strip()
    name = written.rpartition(":")[2]
    known = _TYPES.get(name, name if name in _SAME else "unsupported")
    if known in {"string", "unsupported"} and control in {"select1", "select", "rank"}:
        return "select1" if control == "select1" else "select"
    return known


def _where(error: XPathError) -> str:
    """Say in Indonesian from where on a formula cannot be read."""
    if not isinstance(error, XPathSyntaxError):
        return f": {error}"
    return f" mulai huruf ke-{error.position + 1}: {error.source[:200]!r}"


@dataclass(frozen=True, slots=True)
class BindReader:
    """Compiles the expressions of binds where they stand."""

    texts: Texts
    repeats: frozenset[Path]
    warnings: list[FormWarning] = field(default_factory=list)

    def compile(self, source: str | None, path: Path, name: str) -> Expression | None:
        """Compile one expression of a node; unknown functions fail when called.

        :raises FormError: if it is no XPath of the dialect.
        """
        if source is None:
            return None
        try:
            return compile_xpath(source, context=path, repeats=self.repeats)
        except XPathFunctionError as error:
            self.warnings.append(FormWarning(path_text(path), name, str(error)))
            return compile_xpath(
                source, context=path, repeats=self.repeats, defer_unknown=True
            )
        except XPathError as error:
            raise FormError(
                f"{name}: {error}",
                path_text(path),
                attribute=name,
                indonesian=f"rumusnya tidak bisa dibaca{_where(error)}",
                code="formula",
            ) from error

    def read(self, raw: RawBind, type_name: str) -> Bind:
        """Compile a bind."""
        given, path = raw.attributes, raw.path
        return Bind(
            type=type_name,
            relevant=self._condition(given, path, "relevant"),
            required=self._condition(given, path, "required"),
            required_message=self.texts.resolve(given.get("requiredMsg", "")),
            readonly=self._condition(given, path, "readonly"),
            constraint=self._condition(given, path, "constraint"),
            constraint_message=self.texts.resolve(given.get("constraintMsg", "")),
            calculate=self.compile(given.get("calculate"), path, "calculate"),
            preload=given.get("preload", ""),
            preload_params=given.get("preloadParams", ""),
            roles=frozenset(given.get("role", "").split()),
            warn=self.compile(given.get("warn"), path, "warn"),
            warn_message=self._warn_message(given),
            save_to=given.get("saveto", ""),
        )

    def _condition(
        self, given: Mapping[str, str], path: Path, name: str
    ) -> Expression | None:
        return self.compile(given.get(name), path, name)

    def _warn_message(self, given: Mapping[str, str]) -> Translations:
        """Read `warnMsg` and those of other languages, such as `warnMsgEn`."""
        found: dict[str, str] = {}
        for name, text in given.items():
            if name == _WARN_MESSAGE:
                resolved = self.texts.resolve(text)
                found = {**resolved, **found}
            elif name.startswith(_WARN_MESSAGE):
                found[language_code(name[len(_WARN_MESSAGE) :].lower())] = text
        return found
