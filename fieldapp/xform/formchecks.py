"""What makes a form unusable on a phone, beyond logic that does not compile.

JavaRosa refuses such forms when it loads them; so do we, before anybody fills them.
"""

import re
from collections.abc import Mapping

from fieldapp.xform.body import Body, BodyElement
from fieldapp.xform.definition import (
    Control,
    FormDefinition,
    FormError,
    ItemSet,
    NodeDefinition,
    Path,
    path_text,
)
from fieldapp.xform.markup import Element, local_name
from fieldapp.xform.node import Node
from fieldapp.xform.xpath import Expression, XPathFunctionError, compile_xpath
from fieldapp.xform.xpath.errors import XPathError

EVENTS = frozenset(
    {
        "odk-instance-first-load",
        "odk-instance-load",
        "odk-new-repeat",
        "xforms-ready",
        "xforms-revalidate",
        "xforms-value-changed",
        "jr-insert",
    }
)
_LIST = re.compile(r"instance\(\s*(['\"])(.+?)\1\s*\)((?:\s*/\s*[\w.:-]+)*)")
_CALLED = re.compile(r"\binstance\(\s*(['\"])(.+?)\1\s*\)")


def check_nesting(body: Body) -> None:
    """Refuse questions of a repeat that are not in its part of the instance.

    :raises FormError: naming the first of them.
    """
    for repeat in body.repeats.values():
        _check_members(repeat.children, repeat.path or ())
        if repeat.path is not None and len(repeat.path) == 1:
            raise FormError("the root cannot be repeated", path_text(repeat.path))


def _check_members(members: tuple[BodyElement, ...], repeat: Path) -> None:
    for member in members:
        if member.path is not None:
            if member.path[: len(repeat)] != repeat:
                reason = f"it is inside the repeat {path_text(repeat)} in the body only"
                raise FormError(reason, path_text(member.path))
            if member.kind == "repeat" and member.path == repeat:
                raise FormError("a repeat inside itself", path_text(repeat))
        if member.kind != "repeat":
            _check_members(member.children, repeat)


def check_actions(
    html: Element, targets: Mapping[Element, Path], nodes: Mapping[Path, NodeDefinition]
) -> None:
    """Refuse actions without a target, at an unknown event, or that do not compile.

    :raises FormError: naming the first of them.
    """
    for element in html.iter("{*}setvalue", "{*}setgeopoint"):
        name, path = local_name(element), targets.get(element)
        if path is None:
            raise FormError(f"{name} names no node")
        if path not in nodes:
            raise FormError(f"{name}: the node does not exist", path_text(path))
        event = _event(element)
        if event is None or not EVENTS.issuperset(event.split()):
            raise FormError(f"{name}: unknown event {event!r}", path_text(path))
        _check_expression(element.get("value"), path)


def _event(element: Element) -> str | None:
    for key in element.keys():  # noqa: SIM118 - an element is no dict
        if str(key).rpartition("}")[2] == "event":
            return element.get(key)
    return None


def _check_expression(source: str | None, path: Path) -> None:
    if source is None or not source.strip():
        return
    try:
        compile_xpath(source, context=path)
    except XPathFunctionError:
        return  # It fails only when it is called.
    except XPathError as error:
        raise FormError(
            f"setvalue: {error}",
            path_text(path),
            attribute="setvalue",
            indonesian=f"rumusnya tidak bisa dibaca: {error}",
            code="formula",
        ) from error


def check_lists(definition: FormDefinition) -> None:
    """Refuse formulas and itemsets that name a list or a column which is not there.

    :raises FormError: naming the first of them.
    """
    declared = definition.instances.keys() | definition.missing_instances.keys()
    for step in definition.steps:
        _check_declared(step.expression, declared, step.path, step.kind)
    for path, node in definition.nodes.items():
        for control in node.controls:
            _check_itemset(definition, control, path, declared)


def _check_declared(
    expression: Expression,
    declared: frozenset[str] | set[str],
    path: Path,
    attribute: str,
) -> None:
    for found in _CALLED.finditer(expression.source):
        if found.group(2) not in declared:
            raise FormError(
                f"there is no list {found.group(2)!r}",
                path_text(path),
                attribute=attribute,
                indonesian=f"tidak ada daftar {found.group(2)!r}",
                code="no-list",
            )


def _check_itemset(
    definition: FormDefinition,
    control: Control,
    path: Path,
    declared: frozenset[str] | set[str],
) -> None:
    itemset = control.itemset
    if itemset is None:
        return
    _check_declared(itemset.nodeset, declared, path, "itemset")
    found = _LIST.search(itemset.nodeset.source)
    instance = definition.instances.get(found.group(2)) if found else None
    if found is None or instance is None:
        return
    names = [part.strip() for part in found.group(3).split("/") if part.strip()]
    for column, kind in ((itemset.value, "value"), (itemset.label, "label")):
        if not _has(instance, [*names[1:], *_names(column)]):
            raise FormError(
                f"the list has no {kind} {column!r}",
                path_text(path),
                attribute="type",
                indonesian=f"daftarnya tidak punya {kind} {column!r}",
                code="no-column",
            )


def _names(reference: str) -> list[str]:
    names = (part.strip().rpartition(":")[2] for part in reference.split("/"))
    return [name for name in names if name and name != "."]


def _has(instance: Node, names: list[str]) -> bool:
    """Tell whether a path leads to some node; attributes are let through."""
    found = [instance]
    for name in names:
        if name.startswith(("@", "..")):
            return True
        found = [each for one in found for each in one.by_name.get(name, ())]
    return bool(found)


def check_choices(
    question: BodyElement, control: Control, itemset: ItemSet | None
) -> None:
    """Refuse a list without choices, and one with choices of both kinds.

    :raises FormError: saying which.
    """
    if not control.is_select:
        return
    path = path_text(question.path or ())
    if itemset is None and not control.choices and not question.element.get("query"):
        raise FormError("the list has no choices", path)
    if itemset is not None and control.choices:
        raise FormError("the list has both choices and an itemset", path)
