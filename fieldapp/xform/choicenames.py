"""The label of a choice, as `jr:choice-name()` gives it."""

from collections.abc import Callable

from fieldapp.xform.definition import Control, FormDefinition, Path
from fieldapp.xform.node import Node
from fieldapp.xform.offers import child_text, item_labels
from fieldapp.xform.translations import text_for
from fieldapp.xform.xpath import Evaluation
from fieldapp.xform.xpath.context import spend

_CHOICES_PER_STEP = 16


def choice_name(
    definition: FormDefinition, context: Evaluation
) -> Callable[[Path, str, Node | None], str]:
    """Make the hook that an evaluation asks for labels, in the default language."""

    def find(path: Path, value: str, node: Node | None) -> str:
        found = definition.nodes.get(path)
        for control in found.controls if found else ():
            label = _label(definition, control, value, node, context)
            if label is not None:
                return label
        return ""

    return find


def _label(
    definition: FormDefinition,
    control: Control,
    value: str,
    node: Node | None,
    context: Evaluation,
) -> str | None:
    language = definition.default_language
    spend(context, len(control.choices) // _CHOICES_PER_STEP)
    for choice in control.choices:
        if choice.value == value:
            return text_for(choice.labels, language)
    itemset = control.itemset
    if itemset is None or not itemset.nodeset.instances <= context.instances.keys():
        return None
    before = context.node
    context.node = node or before
    items = itemset.nodeset.evaluate(context)
    context.node = before
    for item in items if isinstance(items, list) else ():
        if child_text(item, itemset.value) == value:
            return text_for(item_labels(definition, itemset, item), language)
    return None
