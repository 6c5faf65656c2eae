"""Find the lists that a form declares, and refuse formulas that name others."""

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace

from fieldapp.xform.definition import FormDefinition, FormError, Path
from fieldapp.xform.document import Document, check_shape, instance_root
from fieldapp.xform.itemsets import check_itemset
from fieldapp.xform.markup import Element
from fieldapp.xform.node import Node
from fieldapp.xform.refusals import refusal
from fieldapp.xform.secondary import read_file, read_inline
from fieldapp.xform.xpath import Expression

_LAST_SAVED = "jr://instance/last-saved"
_FILES = ("jr://file/", "jr://file-csv/")
_CALLED = re.compile(r"\binstance\s*\(\s*(['\"])((?:(?!\1).)*)\1\s*\)")

Formula = tuple[Path, str, Expression]
"""A formula with the path and the attribute where it stands."""


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists at hand, the files of those that are not, and the last record.

    `vacant` are those at hand whose file has no row.
    """

    known: dict[str, Node]
    missing: dict[str, str]
    last_saved: frozenset[str]
    vacant: set[str]


def read_lists(document: Document, media: Mapping[str, bytes]) -> Lists:
    """Read the secondary instances; those that no formula names are not checked.

    :raises FormError: if one that is needed cannot be read.
    """
    found = Lists({}, {}, frozenset(), set())
    called = frozenset(_called_in(document))
    last_saved = set()
    for element in list(document.model.iterchildren("{*}instance"))[1:]:
        name = element.get("id")
        if not name:
            continue
        found.known.pop(name, None)
        found.missing.pop(name, None)
        found.vacant.discard(name)
        source = element.get("src")
        if (source or "").lower() == _LAST_SAVED:
            last_saved.add(name)
            found.missing[name] = _LAST_SAVED
        elif source is not None and source.lower().startswith(_FILES):
            _read_file(found, name, source, media, is_needed=name in called)
        else:
            root = instance_root(element)
            if name in called:
                check_shape(root)
            found.known[name] = read_inline(root)
    return replace(found, last_saved=frozenset(last_saved))


def _read_file(
    lists: Lists,
    name: str,
    source: str,
    media: Mapping[str, bytes],
    *,
    is_needed: bool,
) -> None:
    file_name = source.rpartition("/")[2]
    if file_name not in media:
        lists.missing[name] = file_name
        return
    try:
        root = read_file(file_name, media[file_name])
    except FormError:
        if is_needed:
            raise
        lists.missing[name] = file_name
        return
    lists.known[name] = root
    if not root.children:
        lists.vacant.add(name)


def _called_in(document: Document) -> Iterable[str]:
    """Name the instances that any formula of the form calls."""
    skipped = set(document.model.iterchildren("{*}instance"))
    pending: list[Element] = [document.html]
    while pending:
        element = pending.pop()
        for value in element.values():
            if "instance" in value:
                yield from (found.group(2) for found in _CALLED.finditer(str(value)))
        pending.extend(
            each for each in element.iterchildren("*") if each not in skipped
        )


def check_lists(
    definition: FormDefinition, unseen: Iterable[Formula], vacant: Container[str]
) -> None:
    """Refuse formulas and itemsets that name a list or a column which is not there.

    `unseen` are formulas of what is no node, such as attributes. In lists that are
    `vacant` no column is looked for.

    :raises FormError: naming the first of them.
    """
    declared = definition.instances.keys() | definition.missing_instances.keys()
    filled = {
        name: root for name, root in definition.instances.items() if name not in vacant
    }
    for step in (*definition.steps, *definition.conditions):
        _check_declared(step.expression, declared, step.path, step.kind)
    for path, attribute, expression in unseen:
        _check_declared(expression, declared, path, attribute)
    for path, node in definition.nodes.items():
        for control in node.controls:
            if control.itemset is not None:
                _check_declared(control.itemset.nodeset, declared, path, "itemset")
                check_itemset(control, path, filled, definition.nodes)


def _check_declared(
    expression: Expression,
    declared: frozenset[str] | set[str],
    path: Path,
    attribute: str,
) -> None:
    for found in _CALLED.finditer(expression.source):
        if found.group(2) not in declared:
            name = found.group(2)
            raise refusal("no-list", path, attribute=attribute, name=name)
