"""Read itemsets: choices that are looked up in an instance."""

import re
from collections.abc import Mapping

from fieldapp.xform.binds import BindReader
from fieldapp.xform.definition import Control, ItemSet, NodeDefinition, Path
from fieldapp.xform.markup import Element
from fieldapp.xform.node import Node
from fieldapp.xform.references import names_of, route_of
from fieldapp.xform.refusals import refusal
from fieldapp.xform.xpath.errors import XPathError
from fieldapp.xform.xpath.parser import parse
from fieldapp.xform.xpath.paths import Route
from fieldapp.xform.xpath.syntax import Call

_RANDOMIZED = re.compile(r"\s*randomize\(")
_ITEXT = "jr:itext("

MAX_REFERENCE = 200
"""Characters of a reference that is followed for each item."""


def read_itemset(element: Element, path: Path, binds: BindReader) -> ItemSet | None:
    """Compile the itemset of a list; its references start at the nodes it finds.

    :raises FormError: if JavaRosa does not take it for one.
    """
    itemsets = list(element.iterchildren("{*}itemset"))
    if not itemsets:
        return None
    if len(itemsets) > 1:
        raise refusal("two-lists", path, attribute="type")
    itemset = itemsets[0]
    source = itemset.get("nodeset")
    nodeset = binds.compile(source, path, "itemset")
    label, value = (
        _reference(itemset, "label", path),
        _reference(itemset, "value", path),
    )
    copied = _reference(itemset, "copy", path)
    if source is None or nodeset is None or label is None or not (value or copied):
        raise refusal("itemset", path, attribute="itemset")
    route = _nodeset_route(source, path)
    is_itext = label.startswith(_ITEXT) and label.endswith(")")
    shown = label[len(_ITEXT) : -1] if is_itext else label
    return ItemSet(
        nodeset=nodeset,
        value=_below(value or copied or "", route, path),
        label=_below(shown, route, path),
        label_is_itext=is_itext,
        instance=route.instance,
        items_path=names_of(route),
        is_copied=copied is not None,
    )


def _reference(itemset: Element, name: str, path: Path) -> str | None:
    """Give the reference of a part; the last one counts, and each needs one."""
    found = None
    for child in itemset.iterchildren("{*}" + name):
        found = child.get("ref")
        if found is None:
            raise refusal("itemset", path, attribute="itemset")
        if len(found) > MAX_REFERENCE:
            raise refusal("reference-too-long", path, text=found[:40])
    return found


def _nodeset_route(source: str, path: Path) -> Route:
    """Read where the items are; only `randomize()` may stand around the path."""
    try:
        tree = parse(source)
        if isinstance(tree, Call):
            if tree.name != "randomize" or not _RANDOMIZED.match(source):
                raise refusal("no-path", path, attribute="itemset", text=source)
            tree = tree.arguments[0]
        return route_of(tree, source, path)
    except (XPathError, IndexError) as error:
        raise refusal("no-path", path, attribute="itemset", text=source) from error


def _below(reference: str, nodeset: Route, path: Path) -> str:
    """Write a reference as it leads on from the nodes of the itemset."""
    whole = names_of(nodeset)
    try:
        route = route_of(parse(reference), reference, whole, nodeset.instance)
    except XPathError as error:
        raise refusal("no-path", path, attribute="itemset", text=reference) from error
    names = names_of(route)
    is_elsewhere = route.instance != nodeset.instance and not route.from_current
    if is_elsewhere or names[: len(whole)] != whole or "*" in names[len(whole) :]:
        raise refusal("no-path", path, attribute="itemset", text=reference)
    return "/".join(names[len(whole) :])


def check_itemset(
    control: Control,
    path: Path,
    instances: Mapping[str, Node],
    nodes: Mapping[Path, NodeDefinition],
) -> None:
    """Refuse an itemset whose first item has no such label or value.

    :raises FormError: naming what is lacking.
    """
    itemset = control.itemset
    if itemset is None:
        return
    parts = (("value", itemset.value), ("label", itemset.label))
    for kind, reference in parts:
        names = (*itemset.items_path, *(reference.split("/") if reference else ()))
        if itemset.instance is None:
            exists = _is_in_form(names, nodes)
        elif itemset.instance in instances:
            exists = _is_in(instances[itemset.instance], names)
        else:
            exists = True
        if not exists:
            name = reference or itemset.nodeset.source
            raise refusal("no-column", path, attribute="type", kind=kind, name=name)


def _is_in(root: Node, names: Path) -> bool:
    """Tell whether a path leads on, always through the first node with a name."""
    node = root
    if names[:1] not in {(root.name,), ("*",)}:
        return False
    for name in names[1:]:
        if name.startswith("@"):
            return name[1:] in node.attributes
        found = node.children if name == "*" else node.by_name.get(_local(name), ())
        if not found:
            return False
        node = found[0]
    return True


def _is_in_form(names: Path, nodes: Mapping[Path, NodeDefinition]) -> bool:
    node = nodes.get(names[:1])
    for name in names[1:]:
        if node is None:
            return False
        if name.startswith("@"):
            return name[1:] in node.attributes
        node = (
            next(iter(node.children), None)
            if name == "*"
            else node.children_by_name.get(_local(name))
        )
    return node is not None


def _local(name: str) -> str:
    return name.rpartition(":")[2]
