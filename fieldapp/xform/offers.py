"""Work out, once, what each list offers where no answer cuts it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from fieldapp.xform.definition import (
    Control,
    FormDefinition,
    ItemSet,
    NodeDefinition,
    Path,
)
from fieldapp.xform.itext import without_outputs
from fieldapp.xform.node import Node
from fieldapp.xform.translations import Translations, complete, language_code
from fieldapp.xform.xpath import Evaluation, Expression, XPathError, compile_xpath
from fieldapp.xform.xpath.context import spend

MAX_LISTED = 5_000
MAX_STEPS = 4_000_000
"""Items that are gone through when a form is compiled; other lists wait for answers."""

_STEPS_PER_ITEM = 2
_WHOLE_LIST = re.compile(r"instance\(\s*['\"][^'\"]+['\"]\s*\)[^\[,)]*")


def settle_offers(definition: FormDefinition) -> FormDefinition:
    """Evaluate each itemset that no answer cuts, and name the choices of all."""
    fixed: dict[Path, frozenset[str]] = {}
    lists = _Lists(definition)
    listed: dict[Path, dict[str, Translations]] = {}
    fallible: set[Path] = set()
    for path, node, control in _lists(definition):
        itemset = control.itemset
        named = listed.setdefault(path, {})
        named.update({choice.value: choice.labels for choice in control.choices})
        if itemset is not None:
            named.update(lists.labels(itemset))
            offers = lists.offers(node, itemset)
            if offers is not None:
                fixed[path] = offers
            if _reads_items(definition, itemset):
                fallible.add(path)
    return replace(
        definition,
        fixed_offers=fixed,
        listed=listed,
        fallible_lists=frozenset(fallible),
    )


def _reads_items(definition: FormDefinition, itemset: ItemSet) -> bool:
    """Tell whether it reads nodes in a repeat: one value is needed, several may be."""
    return any(
        reference[:length] in definition.repeats
        for reference in itemset.nodeset.references
        for length in range(1, len(reference) + 1)
    )


def child_text(node: Node, path: str) -> str:
    """Read what an itemset's `value` or `label` reference names, below an item."""
    children = node.by_name.get(path)
    if children is not None:
        return children[0].text
    found: list[Node] = [node]
    for name in path.split("/"):
        if name.startswith("@"):
            return found[0].attributes.get(name[1:], "") if found else ""
        local = name.rpartition(":")[2]
        if local:
            found = [each for one in found for each in one.by_name.get(local, ())]
    return found[0].text if found else ""


def item_labels(
    definition: FormDefinition, itemset: ItemSet, item: Node
) -> dict[str, str]:
    """Give an item's label in each language."""
    label = child_text(item, itemset.label)
    if not itemset.label_is_itext:
        return {language_code(definition.default_language): label} if label else {}
    names = sorted(
        definition.languages, key=lambda name: name != definition.default_language
    )
    return {
        language_code(name): definition.itext[name][label]
        for name in names
        if label in definition.itext[name]
    }


def _lists(
    definition: FormDefinition,
) -> Iterator[tuple[Path, NodeDefinition, Control]]:
    for path, node in definition.nodes.items():
        for control in node.controls:
            if control.is_select:
                yield path, node, control


class _Lists:
    """Evaluates the lists of a form, equal ones once, on one budget for all."""

    def __init__(self, definition: FormDefinition) -> None:
        self.definition = definition
        self.steps = MAX_STEPS
        self.known: dict[tuple[str, str], frozenset[str] | None] = {}
        self.named: dict[tuple[str, str, str], dict[str, Translations]] = {}

    def offers(self, node: NodeDefinition, itemset: ItemSet) -> frozenset[str] | None:
        """Give what a list offers, or None if it depends on answers or is too much."""
        nodeset = itemset.nodeset
        instances = self.definition.instances.keys()
        if nodeset.references or not nodeset.instances <= instances:
            return None
        key = nodeset.source, itemset.value
        if key not in self.known:
            items = self.evaluate(nodeset, node)
            self.known[key] = (
                None
                if items is None
                else frozenset(child_text(item, itemset.value) for item in items)
            )
        return self.known[key]

    def evaluate(self, nodeset: Expression, node: NodeDefinition) -> list[Node] | None:
        """Give the items, or None if they cannot be worked out."""
        context = _blank(self.definition, node)
        context.steps = self.steps
        try:
            items = nodeset.evaluate(context)
            spend(
                context, _STEPS_PER_ITEM * len(items) if isinstance(items, list) else 0
            )
        except XPathError:
            return None
        finally:
            self.steps = context.steps
        return items if isinstance(items, list) else []

    def labels(self, itemset: ItemSet) -> dict[str, Translations]:
        """Name all items of a list, whatever a filter would leave of them."""
        whole = _WHOLE_LIST.search(itemset.nodeset.source)
        if whole is None or itemset.instance not in self.definition.instances:
            return {}
        key = whole.group().strip(), itemset.value, itemset.label
        if key not in self.named:
            self.named[key] = self._labels(key[0], itemset)
        return self.named[key]

    def _labels(self, source: str, itemset: ItemSet) -> dict[str, Translations]:
        try:
            nodeset = compile_xpath(source)
        except XPathError:
            return {}
        items = self.evaluate(nodeset, self.definition.root)
        if items is None or len(items) > MAX_LISTED:
            return {}
        named: dict[str, Translations] = {}
        for item in items:
            value = child_text(item, itemset.value)
            labels = without_outputs(item_labels(self.definition, itemset, item))
            named[value] = complete(labels, value)
        return named


def _blank(definition: FormDefinition, node: NodeDefinition) -> Evaluation:
    context = Node(node.name)
    return Evaluation(
        node=context,
        root=context,
        instances=definition.instances,
        now=datetime.now(UTC),
    )
