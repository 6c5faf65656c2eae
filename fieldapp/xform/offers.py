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
from fieldapp.xform.xpath import Evaluation, XPathError, compile_xpath

MAX_LISTED = 5_000
_WHOLE_LIST = re.compile(r"instance\(\s*['\"][^'\"]+['\"]\s*\)[^\[,)]*")


def settle_offers(definition: FormDefinition) -> FormDefinition:
    """Evaluate each itemset that no answer cuts, and name the choices of all."""
    fixed: dict[Path, frozenset[str]] = {}
    listed: dict[Path, dict[str, Translations]] = {}
    for path, node, control in _lists(definition):
        itemset = control.itemset
        named = listed.setdefault(path, {})
        named.update({choice.value: choice.labels for choice in control.choices})
        if itemset is not None:
            named.update(_listed(definition, itemset))
            offers = _fixed_offers(definition, node, itemset)
            if offers is not None:
                fixed[path] = offers
    return replace(definition, fixed_offers=fixed, listed=listed)


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


def _fixed_offers(
    definition: FormDefinition, node: NodeDefinition, itemset: ItemSet
) -> frozenset[str] | None:
    nodeset = itemset.nodeset
    if nodeset.references or not nodeset.instances <= definition.instances.keys():
        return None
    context = _blank(definition, node)
    try:
        items = nodeset.evaluate(context)
    except XPathError:
        return None
    if not isinstance(items, list):
        return frozenset()
    return frozenset(child_text(item, itemset.value) for item in items)


def _listed(definition: FormDefinition, itemset: ItemSet) -> dict[str, Translations]:
    """Name all items of the list, whatever a filter would leave of them."""
    whole = _WHOLE_LIST.search(itemset.nodeset.source)
    if whole is None or itemset.instance not in definition.instances:
        return {}
    try:
        items = compile_xpath(whole.group().strip()).evaluate(
            _blank(definition, definition.root)
        )
    except XPathError:
        return {}
    if not isinstance(items, list) or len(items) > MAX_LISTED:
        return {}
    named: dict[str, Translations] = {}
    for item in items:
        value = child_text(item, itemset.value)
        labels = without_outputs(item_labels(definition, itemset, item))
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
