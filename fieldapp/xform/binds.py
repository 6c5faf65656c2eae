"""Read binds: what a form demands of each node (ODK XForms, 5.3 and 5.4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fieldapp.xform.definition import Bind, FormWarning, Path, path_text
from fieldapp.xform.itext import Texts
from fieldapp.xform.markup import JAVAROSA, Element
from fieldapp.xform.references import PrimaryNames, is_filtered, names_of, read_route
from fieldapp.xform.refusals import formula_refusal, refusal
from fieldapp.xform.translations import Translations, language_code
from fieldapp.xform.xpath import (
    Expression,
    XPathError,
    XPathFunctionError,
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
_FORMULAS = (
    "relevant",
    "required",
    "readonly",
    "calculate",
    "constraint",
    "constraintMsg",
)
_JAVAROSA_ONLY = frozenset({"constraintMsg", "preload", "preloadParams"})

MAX_PARTS = 200_000
"""Parts of all formulas of a form together."""


@dataclass(frozen=True, slots=True)
class RawBind:
    """A bind's attributes by local name, before anything is compiled."""

    path: Path
    attributes: Mapping[str, str]
    is_filtered: bool = False


def read_binds(model: Element, names: PrimaryNames) -> list[RawBind]:
    """Read all binds; `nodeset` is the only attribute that names the node.

    :raises FormError: if one names none, or two have the same id.
    """
    found: list[RawBind] = []
    ids: set[str] = set()
    for element in model.iterchildren("{*}bind"):
        attributes = _attributes(element)
        reference = attributes.get("nodeset")
        if reference is None:
            raise refusal("no-node", name="bind", needed="nodeset")
        if reference == "/":
            continue  # JavaRosa ignores it.
        route = read_route(reference, (names.root_name,))
        if route.instance is not None or "*" in route.path:
            raise refusal("no-path", text=reference)
        path = names.plain(names_of(route))
        bind_id = attributes.get("id")
        if bind_id is not None and bind_id in ids:
            raise refusal("two-bind-ids", path, name=bind_id)
        ids.add(bind_id or "")
        found.append(RawBind(path, attributes, is_filtered(route)))
    return found


def _attributes(element: Element) -> dict[str, str]:
    """Collect attributes by local name; some count in JavaRosa's namespace only."""
    found: dict[str, str] = {}
    for key, value in element.items():
        uri, _, name = str(key).rpartition("}")
        if name not in _JAVAROSA_ONLY or uri == f"{{{JAVAROSA}":
            found.setdefault(name, str(value))
    return found


def merge_binds(binds: Iterable[RawBind]) -> dict[Path, RawBind]:
    """Give each node one bind; a later bind of a node adds its formulas.

    All else is the later one's, the type that it does not name included.
    """
    found: dict[Path, RawBind] = {}
    for bind in binds:
        if bind.is_filtered:
            continue  # Single items are bound to nothing.
        earlier = found.get(bind.path)
        kept = _formulas_of(earlier) if earlier else {}
        found[bind.path] = RawBind(bind.path, {**kept, **bind.attributes})
    return found


def _formulas_of(bind: RawBind) -> dict[str, str]:
    return {
        name: value
        for name, value in bind.attributes.items()
        if name in _FORMULAS and value not in {"true()", "false()"}
    }


def bind_type(raw: RawBind | None, control: str | None) -> str:
    """Name the type of a node; a list in the body makes a text a choice."""
    written = (raw.attributes.get("type", "") if raw else "").strip()
    name = written.rpartition(":")[2]
    known = _TYPES.get(name, name if name in _SAME else "unsupported")
    if known in {"string", "unsupported"} and control in {"select1", "select", "rank"}:
        return "select1" if control == "select1" else "select"
    return known


@dataclass(slots=True)
class BindReader:
    """Compiles the expressions of binds where they stand."""

    texts: Texts
    repeats: frozenset[Path]
    warnings: list[FormWarning] = field(default_factory=list)
    size: int = 0

    def compile(self, source: str | None, path: Path, name: str) -> Expression | None:
        """Compile one expression of a node; unknown functions fail when called.

        :raises FormError: if it is no XPath of the dialect.
        """
        if source is None:
            return None
        try:
            expression = self._compile(source, path, name)
        except XPathError as error:
            raise formula_refusal(error, path, name) from error
        self.count(expression, path)
        return expression

    def _compile(self, source: str, path: Path, name: str) -> Expression:
        try:
            return compile_xpath(source, context=path, repeats=self.repeats)
        except XPathFunctionError as error:
            self.warnings.append(FormWarning(path_text(path), name, str(error)))
            return compile_xpath(
                source, context=path, repeats=self.repeats, defer_unknown=True
            )

    def count(self, expression: Expression, path: Path) -> None:
        """Refuse a form whose formulas are too large together.

        :raises FormError: if this one is too much.
        """
        self.size += expression.size
        if self.size > MAX_PARTS:
            raise refusal("too-much-logic", path)

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
