"""Build the tree of a form's nodes from its blank instance."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fieldapp.xform.binds import BindReader, RawBind, bind_type
from fieldapp.xform.body import Body, is_fixed
from fieldapp.xform.controls import check_captions
from fieldapp.xform.definition import (
    Bind,
    Control,
    NodeDefinition,
    Path,
    Repeat,
    path_text,
)
from fieldapp.xform.itext import outputs_of, read_text, without_outputs
from fieldapp.xform.markup import TEMPLATE, Element, local_name, text_of
from fieldapp.xform.refusals import refusal
from fieldapp.xform.translations import Translations, complete
from fieldapp.xform.values import VALUE_TYPES

_MAX_DEPTH = 60
_MAX_NODES = 20_000


@dataclass(frozen=True, slots=True)
class Standing:
    """How a node stands in the blank instance: as a template, as items, or both.

    `written` is its first element that is in no template of its own repeat.
    `is_in_template` tells whether the nearest repeat around has a template.
    """

    elements: list[Element]
    templates: list[Element]
    written: Element | None
    is_in_template: bool

    @property
    def element(self) -> Element:
        """Give the element that defines the node."""
        return (self.templates or self.elements)[0]

    @property
    def count(self) -> int:
        """Count the items that the form is written with."""
        return len(self.elements) - len(self.templates)

    def written_items(self, name: str) -> int:
        """Count the items of a repeat that this one is written with."""
        found = () if self.written is None else self.written.iterchildren("{*}" + name)
        return sum(each.get(TEMPLATE) is None for each in found)


@dataclass(slots=True)
class Skeleton:
    """Makes node definitions, each with its bind and its questions."""

    raw_binds: Mapping[Path, RawBind]
    binds: BindReader
    body: Body
    controls: Mapping[Path, tuple[Control, ...]]
    group_labels: Mapping[Path, Mapping[str, str]]
    action_paths: frozenset[Path]
    nodes: dict[Path, NodeDefinition] = field(default_factory=dict)
    indexes: dict[Path, int] = field(default_factory=dict)

    @property
    def root_path(self) -> Path:
        """Give the path of the root element."""
        return next(iter(self.indexes))

    def build(
        self, elements: list[Element], parent: Path = (), around: Standing | None = None
    ) -> NodeDefinition:
        """Define a node of the blank instance and all below it.

        A repeat may stand there as a template and as items, with unlike children.
        """
        path = (*parent, local_name(elements[0]))
        standing = self._stand(elements, path, around)
        if len(standing.templates) > 1:
            raise refusal("two-templates", path)
        if len(path) > _MAX_DEPTH or len(self.indexes) >= _MAX_NODES:
            raise refusal("too-many-nodes", path)
        self.indexes.setdefault(path, len(self.indexes))
        children = self._children(path, standing)
        node = self._define(path, standing, children, around)
        self.nodes[path] = node
        return node

    def _stand(
        self, elements: list[Element], path: Path, around: Standing | None
    ) -> Standing:
        templates = [each for each in elements if each.get(TEMPLATE) is not None]
        if around is None or around.written is None or path in self.body.repeats:
            written = next((each for each in elements if each not in templates), None)
        else:
            written = next(around.written.iterchildren("{*}" + path[-1]), None)
        is_inherited = around is not None and around.is_in_template
        is_in_template = bool(templates) if path in self.body.repeats else is_inherited
        return Standing(elements, templates, written, is_in_template=is_in_template)

    def _define(
        self,
        path: Path,
        standing: Standing,
        children: tuple[NodeDefinition, ...],
        around: Standing | None,
    ) -> NodeDefinition:
        controls = self.controls.get(path, ())
        labels, templates = self._labels(path, controls)
        bind = self._bind(path, controls)
        element, written = standing.element, standing.written
        is_in_repeat = any(
            path[:depth] in self.body.repeats for depth in range(1, len(path) + 1)
        )
        # Without a template, JavaRosa makes one before it has read any answer.
        has_default = standing.is_in_template or not is_in_repeat
        return NodeDefinition(
            index=self.indexes[path],
            path=path,
            name=path[-1],
            bind=bind,
            value_type=VALUE_TYPES[bind.type],
            children=children,
            children_by_name={child.name: child for child in children},
            controls=controls,
            repeat=self._repeat(path),
            labels=labels,
            templates=templates,
            default=text_of(element) if has_default and not children else "",
            written_default="" if written is None or children else text_of(written),
            attributes={str(key): str(value) for key, value in element.items()},
            is_set_by_action=path in self.action_paths,
            offered=next((each.offered for each in controls if each.offered), None),
            initial_count=standing.count,
            template_count=standing.count if around and around.is_in_template else 0,
            written_count=around.written_items(path[-1]) if around else 1,
            text_path=path_text(path),
            is_in_repeat=is_in_repeat,
        )

    def _children(self, path: Path, standing: Standing) -> tuple[NodeDefinition, ...]:
        """Define each name once, from the first element that has it."""
        named: dict[str, list[Element]] = {}
        for element in (standing.element, *standing.elements):
            of_element: dict[str, list[Element]] = {}
            for child in element.iterchildren("*"):
                of_element.setdefault(local_name(child), []).append(child)
            for name, children in of_element.items():
                named.setdefault(name, children)
        return tuple(self.build(found, path, standing) for found in named.values())

    def _bind(self, path: Path, controls: tuple[Control, ...]) -> Bind:
        raw = self.raw_binds.get(path)
        type_name = bind_type(raw, controls[0].kind if controls else None)
        return self.binds.read(raw or RawBind(path, {}), type_name)

    def _repeat(self, path: Path) -> Repeat | None:
        shown = self.body.repeats.get(path)
        if shown is None:
            return None
        return Repeat(count=shown.count, is_fixed=is_fixed(shown.element))

    def unseen(self) -> dict[Path, NodeDefinition]:
        """Define what only binds name, so that their formulas are read like others."""
        found: dict[Path, NodeDefinition] = {}
        for path, raw in self.raw_binds.items():
            if path not in self.nodes:
                bind = self.binds.read(raw, bind_type(raw, None))
                kind = VALUE_TYPES[bind.type]
                found[path] = NodeDefinition(-1, path, "".join(path[-1:]), bind, kind)
        return found

    def has(self, path: Path) -> bool:
        """Tell whether a path leads to a node, or to an attribute of one."""
        if path[-1:] and path[-1].startswith("@"):
            node = self.nodes.get(path[:-1])
            names = node.attributes if node else ()
            return any(path[-1][1:] == name.rpartition("}")[2] for name in names)
        return path in self.nodes

    def _labels(
        self, path: Path, controls: tuple[Control, ...]
    ) -> tuple[Translations, Translations]:
        """Give the labels without and, if they show answers, with their outputs."""
        if controls:
            return complete(controls[0].labels, path[-1]), controls[0].templates
        label = self.group_labels.get(path, {})
        templates = label if any(map(outputs_of, label.values())) else {}
        return complete(without_outputs(label), path[-1]), templates


def group_labels(body: Body, binds: BindReader) -> dict[Path, Mapping[str, str]]:
    """Collect the labels of groups and repeats by path."""
    found: dict[Path, Mapping[str, str]] = {}
    for shown in body.everything():
        if shown.kind == "repeat":
            check_captions(shown)
        if shown.label_element is None:
            continue
        labels = read_text(shown.label_element, "label", binds.texts)
        if shown.path is not None and (labels or shown.path not in found):
            found[shown.path] = labels
    return found
