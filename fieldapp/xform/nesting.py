"""Refuse bodies whose repeats are not nested as the nodes are.

JavaRosa refuses such forms when it loads them; so do we, before anybody fills them.
"""

from collections.abc import Iterable, Mapping

from fieldapp.xform.body import Body, BodyElement
from fieldapp.xform.definition import Control, Path, path_text
from fieldapp.xform.refusals import refusal


def repeated_paths(
    body: Body, controls: Mapping[Path, tuple[Control, ...]]
) -> frozenset[Path]:
    """Give what repeats for JavaRosa: itemsets of the form's own nodes do, too.

    :raises FormError: if it is the root.
    """
    found = set(body.repeats)
    for shown in controls.values():
        for control in shown:
            itemset = control.itemset
            if itemset is None or itemset.instance is not None:
                continue
            if "*" not in itemset.items_path:
                found.add(itemset.items_path)
    for path in found:
        if len(path) <= 1:
            raise refusal("root-repeat", path)
    return frozenset(found)


def check_nesting(body: Body, repeats: frozenset[Path]) -> None:
    """Refuse members of a repeat that are elsewhere in the instance, or in the body.

    :raises FormError: naming the first of them.
    """
    _check_members(body.elements, (), repeats)


def _check_members(
    members: Iterable[BodyElement], around: Path, repeats: frozenset[Path]
) -> None:
    for member in _collapsed(members):
        is_repeat = member.kind == "repeat"
        _check_member(member.place, around, repeats, is_repeat=is_repeat)
        _check_members(member.children, member.place if is_repeat else around, repeats)


def _collapsed(members: Iterable[BodyElement]) -> Iterable[BodyElement]:
    """Leave out groups that have one repeat and nothing else: they are its label."""
    for member in members:
        inner = member.children
        is_label = len(inner) == 1 and inner[0].kind == "repeat"
        yield inner[0] if member.kind == "group" and is_label else member


def _check_member(
    path: Path, around: Path, repeats: frozenset[Path], *, is_repeat: bool
) -> None:
    if path[: len(around)] != around:
        raise refusal("outside-repeat", path, repeat=path_text(around))
    if is_repeat and path == around:
        raise refusal("self-repeat", path)
    for depth in range(len(around) + 1, len(path) + 1):
        is_itself = is_repeat and depth == len(path)
        if path[:depth] in repeats and not is_itself:
            raise refusal("inside-repeat", path, repeat=path_text(path[:depth]))


def check_itemset_targets(
    controls: Mapping[Path, tuple[Control, ...]], repeats: frozenset[Path]
) -> None:
    """Refuse itemsets that would set a value on a repeat, or copy into a question.

    :raises FormError: naming the first of them.
    """
    for path, shown in controls.items():
        for control in shown:
            itemset = control.itemset
            if itemset is None:
                continue
            if itemset.is_copied and path not in repeats:
                raise refusal("itemset-copy", path, attribute="itemset")
            if not itemset.is_copied and path in repeats:
                raise refusal("itemset-repeat", path, attribute="itemset")
