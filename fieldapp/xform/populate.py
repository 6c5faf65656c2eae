"""Put an instance into its form's shape, as JavaRosa's `TreeElement.populate` does."""

from dataclasses import dataclass, field
from datetime import datetime

from fieldapp.xform.definition import FormDefinition, NodeDefinition, Path
from fieldapp.xform.markup import TEMPLATE, Element
from fieldapp.xform.node import Node
from fieldapp.xform.xpath import XPathLimit

MAX_NODES = 300_000
"""Nodes of an entry with those that it lacks; it can have 100,000 elements."""

MAX_DRAWN = 1_500_000
"""Characters of all lines and areas: some 40,000 points."""

LONG_TEXT = 1_000

_SPACE = "".join(map(chr, range(33)))


@dataclass(slots=True)
class Surplus:
    """An element that the form has no place for."""

    parent: Node
    name: str
    text: str
    is_known: bool


@dataclass(slots=True)
class Populated:
    """An instance in its form's shape, and what did not fit."""

    definition: FormDefinition
    now: datetime
    slots: list[list[Node]]
    root: Node = field(init=False)
    surplus: list[Surplus] = field(default_factory=list)
    lost: dict[Node, None] = field(default_factory=dict)
    missing: list[Node] = field(default_factory=list)
    long_texts: dict[Path, tuple[int, int]] = field(default_factory=dict)
    drawn: int = 0
    count: int = 0

    def note_length(self, definition: NodeDefinition, length: int) -> None:
        """Remember long texts by path, the longest and all: to look at them is work.

        :raises XPathLimit: if lines and areas have too many points together.
        """
        longest, total = self.long_texts.get(definition.path, (0, 0))
        self.long_texts[definition.path] = max(longest, length), total + length
        if definition.value_type.json_kind == "line":
            self.drawn += length
            if self.drawn > MAX_DRAWN:
                raise XPathLimit("lines of too many points")

    def add(self, definition: NodeDefinition, parent: Node) -> Node:
        """Add an empty node.

        :raises XPathLimit: if there are too many; what is absent is added in full.
        """
        self.count += 1
        if self.count > MAX_NODES:
            raise XPathLimit("the entry has too many nodes, absent ones included")
        node = parent.append(Node(definition.name, "", definition))
        self.slots[definition.index].append(node)
        return node

    def add_default(
        self, definition: NodeDefinition, parent: Node, *, is_written: bool = False
    ) -> Node:
        """Add a node with the answers that the blank form has.

        An item that the form is written with may have others than a new one.
        Where a repeat has a template, its items hold those of the template.
        """
        node = self.add(definition, parent)
        if definition.children:
            for child in definition.children:
                is_child_written = is_written or child.repeat is not None
                count = _default_count(child, definition, is_written=is_written)
                for _ in range(count):
                    self.add_default(child, node, is_written=is_child_written)
        elif text := definition.written_default if is_written else definition.default:
            self.read(node, definition, text)
        if not parent.is_relevant:
            node.is_relevant = False
        return node

    def read(self, node: Node, definition: NodeDefinition, text: str) -> None:
        """Give a node its text and the value that XPath sees."""
        if len(text) > LONG_TEXT:
            self.note_length(definition, len(text))
        node.text = text
        value = definition.value_type.read(text, self.now)
        if value is None:
            self.lost[node] = None
            value = ""
        elif definition.offered is not None:
            value = self._offered(node, str(value), definition)
        node.value = value

    def _offered(self, node: Node, text: str, definition: NodeDefinition) -> str:
        """Drop what a fixed list does not offer, as JavaRosa does when it loads."""
        offered = definition.offered or frozenset()
        if definition.value_type.name != "select":
            if text in offered:
                return text
            self.lost[node] = None
            return ""
        items = text.split(" ")
        kept = [item for item in items if item in offered]
        if len(kept) < len(items):
            self.lost[node] = None
        return " ".join(kept)


def _default_count(
    child: NodeDefinition, parent: NodeDefinition, *, is_written: bool
) -> int:
    if child.repeat is None:
        return 1
    if is_written:
        return child.written_count
    return child.template_count if parent.is_in_repeat else child.initial_count


def populate(definition: FormDefinition, root: Element, now: datetime) -> Populated:
    """Build the tree that XPath walks; `definition.root` names the root element."""
    populated = Populated(definition, now, [[] for _ in definition.nodes])
    node = Node(
        definition.root.name,
        attributes={str(name): str(value) for name, value in root.items()},
        definition=definition.root,
    )
    populated.root = node
    populated.slots[definition.root.index].append(node)
    _fill(populated, node, definition.root, root)
    return populated


def _fill(
    populated: Populated, node: Node, definition: NodeDefinition, element: Element
) -> None:
    if definition.children:
        _fill_group(populated, node, definition, element)
    elif len(element):
        populated.surplus.extend(
            _surplus(node, child, is_known=False) for child in element.iterchildren("*")
        )
    else:
        text = element.text
        if text:
            text = text.strip(_SPACE)
            if text:
                populated.read(node, definition, text)


def _fill_group(
    populated: Populated, node: Node, definition: NodeDefinition, element: Element
) -> None:
    """Give each of the form's children its elements; the order is the form's."""
    found = _by_name(element)
    for child in definition.children:
        elements = found.pop(child.name, None)
        if child.repeat is not None:
            for each in elements or ():
                if each.get(TEMPLATE) is None:  # A template is not an item.
                    _fill(populated, populated.add(child, node), child, each)
        elif elements is None:
            _miss(populated, node, child)
        else:
            _fill(populated, populated.add(child, node), child, elements[0])
            if len(elements) > 1:
                populated.surplus.extend(
                    _surplus(node, each, is_known=True) for each in elements[1:]
                )
    if found or (not len(element) and element.text and element.text.strip()):
        _keep_surplus(populated, node, definition, element, found)


def _by_name(element: Element) -> dict[str, list[Element]]:
    """Group children by local name: prefixes and order differ between tools."""
    found: dict[str, list[Element]] = {}
    for child in element:
        tag: str = child.tag
        name = tag.rpartition("}")[2] if tag[0] == "{" else tag
        known = found.get(name)
        if known is None:
            found[name] = [child]
        else:
            known.append(child)
    return found


def _miss(populated: Populated, parent: Node, definition: NodeDefinition) -> None:
    """Add what the entry lacks: with the form's defaults, and not relevant."""
    node = populated.add_default(definition, parent)
    populated.missing.append(node)
    _hide(node)


def _hide(node: Node) -> None:
    node.is_relevant = False
    for child in node.children:
        _hide(child)


def _keep_surplus(
    populated: Populated,
    node: Node,
    definition: NodeDefinition,
    element: Element,
    found: dict[str, list[Element]],
) -> None:
    """Note what the form does not know; a root's `meta` belongs to the phone."""
    if not len(element):
        text = (element.text or "").strip(_SPACE)
        populated.surplus.append(Surplus(node, "", text, is_known=False))
        return
    if node.parent is None:
        found.pop("meta", None)
    elif node.parent.parent is None and definition.name == "meta":
        return
    for elements in found.values():
        populated.surplus.extend(
            _surplus(node, each, is_known=False) for each in elements
        )


def _surplus(parent: Node, element: Element, *, is_known: bool) -> Surplus:
    tag: str = element.tag
    text = "".join(str(part) for part in element.itertext()).strip(_SPACE)
    return Surplus(parent, tag.rpartition("}")[2], text, is_known=is_known)
