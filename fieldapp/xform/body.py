"""Read the body of a form: which questions it shows, in which order."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from fieldapp.xform.definition import FormError, Path, path_text
from fieldapp.xform.markup import JAVAROSA, Element, local_name

QUESTIONS = frozenset(
    {"input", "secret", "select", "select1", "rank", "upload", "range", "trigger"}
)
_COUNT = f"{{{JAVAROSA}}}count"
_FIXED = f"{{{JAVAROSA}}}noAddRemove"
_MAX_DEPTH = 60
_NAME = re.compile(r"[^\W\d][\w.-]*")


@dataclass(frozen=True, slots=True)
class BodyElement:
    """A question, group or repeat as it stands in the body."""

    kind: str
    element: Element
    path: Path | None
    children: tuple["BodyElement", ...] = ()
    label_element: Element | None = None


@dataclass(slots=True)
class Body:
    """All that the body shows, as a tree and by path."""

    elements: tuple[BodyElement, ...]
    repeats: dict[Path, BodyElement] = field(default_factory=dict)

    def questions(self) -> Iterator[BodyElement]:
        """Go through all questions in the order of the body."""
        pending = list(reversed(self.elements))
        while pending:
            element = pending.pop()
            if element.kind in QUESTIONS:
                yield element
            pending.extend(reversed(element.children))


def read_body(
    body: Element | None, bind_paths: Mapping[str, Path], root_name: str
) -> Body:
    """Read the body; `bind_paths` are those of binds with an id.

    :raises FormError: if a control names no node.
    """
    reader = _Reader(bind_paths)
    elements = () if body is None else reader.read(body, (root_name,), 0, None)
    return Body(elements, reader.repeats)


class _Reader:
    def __init__(self, bind_paths: Mapping[str, Path]) -> None:
        self.bind_paths = bind_paths
        self.repeats: dict[Path, BodyElement] = {}

    def read(
        self, parent: Element, context: Path, depth: int, group: Element | None
    ) -> tuple[BodyElement, ...]:
        if depth > _MAX_DEPTH:
            raise FormError("groups are nested too deeply", path_text(context))
        found = (
            self._read_one(child, context, depth, group)
            for child in parent.iterchildren("*")
        )
        return tuple(element for element in found if element is not None)

    def _read_one(
        self, element: Element, context: Path, depth: int, group: Element | None
    ) -> BodyElement | None:
        name = local_name(element)
        if name in QUESTIONS:
            path = self._path(element, context)
            if path is None:
                raise FormError(f"a question ({name}) names no node")
            return BodyElement(name, element, path)
        if name in {"group", "repeat"}:
            path = self._path(element, context)
            inner = self.read(element, path or context, depth + 1, element)
            label = group if name == "repeat" else element
            made = BodyElement(name, element, path, inner, label)
            if name == "repeat":
                self._add_repeat(made)
            return made
        return None

    def _add_repeat(self, element: BodyElement) -> None:
        if element.path is None:
            raise FormError("a repeat names no node")
        self.repeats[element.path] = element

    def _path(self, element: Element, context: Path) -> Path | None:
        bind_id = element.get("bind")
        if bind_id:
            if bind_id not in self.bind_paths:
                raise FormError(f"there is no bind with the id {bind_id!r}")
            return self.bind_paths[bind_id]
        reference = element.get("ref") or element.get("nodeset")
        return read_path(reference, context) if reference else None


def read_path(text: str, context: Path) -> Path:
    """Read a plain path, absolute or relative to `context`.

    JavaRosa does not compare the first name with the root's: neither do we.

    :raises FormError: if it is more than a plain path.
    """
    text = text.strip().removeprefix("current()/")
    steps = [] if text.startswith("/") else list(context)
    for part in text.split("/"):
        name = part.strip().rpartition(":")[2]
        if name == "..":
            del steps[-1:]
        elif name and name != ".":
            if not _NAME.fullmatch(name):
                raise FormError(f"{text!r} is not a path")
            steps.append(name)
    return (*context[:1], *steps[1:])


def repeat_count(element: Element) -> str | None:
    """Give the reference that says how often a repeat stands."""
    return element.get(_COUNT)


def is_fixed(element: Element) -> bool:
    """Tell whether people may not add or remove items of a repeat."""
    return element.get(_FIXED) in {"true()", "true", "1"}
