"""Read the body of a form: which questions it shows, in which order.

JavaRosa takes every group and question of the document for a part of the body, and
looks for them within elements that it does not know.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from fieldapp.xform.definition import Path
from fieldapp.xform.document import ACTIONS
from fieldapp.xform.markup import JAVAROSA, Element, attribute_of, local_name
from fieldapp.xform.references import PrimaryNames, names_of, read_route
from fieldapp.xform.refusals import refusal

LISTS = frozenset({"select", "select1", "rank"})
QUESTIONS = LISTS | {"input", "secret", "upload", "range", "trigger"}
_GROUPS = frozenset({"group", "repeat"})
_HEAD = frozenset({"title", "meta"})
_COUNT = f"{{{JAVAROSA}}}count"
_FIXED = f"{{{JAVAROSA}}}noAddRemove"
_MAX_DEPTH = 60
_MAX_ELEMENTS = 50_000


@dataclass(frozen=True, slots=True)
class BodyElement:
    """A question, group or repeat as it stands in the body.

    `place` is its path, or that of what is around it: references within are relative
    to it.
    """

    kind: str
    element: Element
    path: Path | None
    place: Path
    children: tuple["BodyElement", ...] = ()
    label_element: Element | None = None
    count: Path | None = None


@dataclass(slots=True)
class Body:
    """All that the body shows, as a tree and by path, and the actions in it."""

    elements: tuple[BodyElement, ...] = ()
    repeats: dict[Path, BodyElement] = field(default_factory=dict)
    actions: list[Element] = field(default_factory=list)

    def everything(self) -> Iterator[BodyElement]:
        """Go through all that the body shows, in its order."""
        pending = list(reversed(self.elements))
        while pending:
            element = pending.pop()
            yield element
            pending.extend(reversed(element.children))

    def questions(self) -> Iterator[BodyElement]:
        """Go through all questions in the order of the body."""
        return (each for each in self.everything() if each.kind in QUESTIONS)


def read_body(
    html: Element, bind_paths: Mapping[str, Path], names: PrimaryNames
) -> Body:
    """Read the body; `bind_paths` are those of binds with an id.

    :raises FormError: if a control names no node.
    """
    reader = _Reader(bind_paths, names)
    reader.body.elements = tuple(reader.read(html, None, (names.root_name,), 0))
    return reader.body


class _Reader:
    def __init__(self, bind_paths: Mapping[str, Path], names: PrimaryNames) -> None:
        self.bind_paths = bind_paths
        self.names = names
        self.body = Body()
        self.count = 0
        self.is_model_read = False

    def read(
        self, parent: Element, group: Element | None, context: Path, depth: int
    ) -> Iterator[BodyElement]:
        """Read what stands in an element; `group` is the group around it, if any."""
        if depth > _MAX_DEPTH:
            raise refusal("too-deep", context)
        for child in parent.iterchildren("*"):
            name = local_name(child)
            if name in QUESTIONS or name in _GROUPS:
                yield self._read_one(name, child, group, context, depth)
            elif name == "label":
                if group is None:
                    raise refusal("stray-label")
            elif name == "model" and group is None:
                self.is_model_read = True
            elif name not in _HEAD and name not in ACTIONS:
                yield from self.read(child, group, context, depth)

    def _read_one(
        self,
        name: str,
        element: Element,
        group: Element | None,
        context: Path,
        depth: int,
    ) -> BodyElement:
        if not self.is_model_read:
            raise refusal("model-late", name=name)
        self.count += 1
        if self.count > _MAX_ELEMENTS:
            raise refusal("too-many-questions")
        path = self._path(name, element, context)
        if name in QUESTIONS:
            self._keep_actions(element)
            return BodyElement(name, element, path, path or context)
        place = path or context
        made = BodyElement(
            name,
            element,
            path,
            place,
            tuple(self.read(element, element, place, depth + 1)),
            group if name == "repeat" else element,
            self._count(element, context) if name == "repeat" else None,
        )
        if name == "repeat" and path is not None:
            self._keep_actions(element)
            self.body.repeats[path] = made
        return made

    def _keep_actions(self, element: Element) -> None:
        self.body.actions.extend(
            child for child in element.iterchildren("*") if local_name(child) in ACTIONS
        )

    def _path(self, name: str, element: Element, context: Path) -> Path | None:
        """Find the node that is named; a group need not name one."""
        bind_id = attribute_of(element, "bind")
        if bind_id is not None:
            if bind_id not in self.bind_paths:
                raise refusal("no-bind-id", name=bind_id)
            return self.bind_paths[bind_id]
        reference, nodeset = (attribute_of(element, key) for key in ("ref", "nodeset"))
        if name == "repeat" or (name == "group" and reference is None):
            reference = nodeset
        if reference is not None:
            if name in QUESTIONS and self._is_document(reference, context):
                return context[:1]
            return self.names.read(reference, context)
        if name != "group":
            needed = "nodeset" if name == "repeat" else "ref"
            raise refusal("no-node", name=name, needed=needed)
        return None

    def _is_document(self, reference: str, context: Path) -> bool:
        """Tell a reference to the document, which JavaRosa lets questions have."""
        return reference == "/" or (reference == ".." and len(context) == 1)

    def _count(self, element: Element, context: Path) -> Path | None:
        """Read the reference that says how often a repeat stands."""
        reference = element.get(_COUNT)
        if reference is None:
            return None
        names = names_of(read_route(reference, context))
        is_in_form = names[:1] == (self.names.root_name,)
        return self.names.plain(names) if is_in_form else names


def is_fixed(element: Element) -> bool:
    """Tell whether people may not add or remove items of a repeat."""
    return element.get(_FIXED) is not None
