"""The label of a choice, as `jr:choice-name()` gives it."""

from collections.abc import Callable

from fieldapp.xform.definition import Control, FormDefinition, Path, path_text
from fieldapp.xform.itext import fill_outputs, outputs_of
from fieldapp.xform.node import Node
from fieldapp.xform.offers import child_text, item_labels
from fieldapp.xform.translations import text_for
from fieldapp.xform.xpath import Evaluation, XPathError, compile_xpath, to_string
from fieldapp.xform.xpath.context import spend

_CHOICES_PER_STEP = 16


def choice_name(
    definition: FormDefinition, context: Evaluation
) -> Callable[[Path, str, Node | None], str]:
    """Make the hook that an evaluation asks for labels, in the default language."""
    filling: set[Path] = set()

    def find(path: Path, value: str, node: Node | None) -> str:
        found = definition.nodes.get(path)
        if path in filling:
            raise XPathError(f"a label of {path_text(path)} shows itself")
        filling.add(path)
        before = context.node
        context.node = node or before
        try:
            labels = (
                _label(definition, control, value, path, context)
                for control in (found.controls if found else ())
            )
            return next((label for label in labels if label is not None), "")
        finally:
            context.node = before
            filling.discard(path)

    return find


def _label(
    definition: FormDefinition,
    control: Control,
    value: str,
    path: Path,
    context: Evaluation,
) -> str | None:
    language = definition.default_language
    spend(context, len(control.choices) // _CHOICES_PER_STEP)
    for choice in control.choices:
        if choice.value == value:
            return _filled(text_for(choice.templates, language), path, context)
    itemset = control.itemset
    if itemset is None or not itemset.nodeset.instances <= context.instances.keys():
        return None
    items = itemset.nodeset.evaluate(context)
    for item in items if isinstance(items, list) else ():
        if child_text(item, itemset.value) == value:
            label = text_for(item_labels(definition, itemset, item), language)
            is_text = itemset.label_is_itext
            return _filled(label, path, context) if is_text else label
    return None


def _filled(label: str, path: Path, context: Evaluation) -> str:
    """Put the values of its outputs into a label, as seen from the question."""
    values = {
        source: to_string(compile_xpath(source, context=path).value(context))
        for source in outputs_of(label)
    }
    return fill_outputs(label, values)
