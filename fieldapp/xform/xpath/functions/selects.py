"""Functions on the answers of select questions."""

from typing import Any

from fieldapp.xform.node import Node
from fieldapp.xform.xpath.code import Code, as_string, computed
from fieldapp.xform.xpath.context import Evaluation
from fieldapp.xform.xpath.conversions import JAVA_SPACE, java_int
from fieldapp.xform.xpath.errors import XPathError, XPathSyntaxError
from fieldapp.xform.xpath.functions.registry import function, special
from fieldapp.xform.xpath.functions.texts import only_text
from fieldapp.xform.xpath.parser import parse
from fieldapp.xform.xpath.paths import find_route
from fieldapp.xform.xpath.scope import Scope
from fieldapp.xform.xpath.syntax import Call, Path, Text


@function("selected", "is-selected", takes="vv", gives=bool)
def selected(answer: Any, choice: Any) -> bool:
    """Tell whether a choice is among those of an answer."""
    wanted = only_text(choice, "selected").strip(JAVA_SPACE)
    # Java writes the answer of a variable, which has no value, as "null".
    given = "null" if answer is None else only_text(answer, "selected")
    return f" {wanted} " in f" {given} "


@function("count-selected", takes="v", gives=float)
def count_selected(answer: Any) -> float:
    """Count the choices of an answer."""
    return float(len(_choices(only_text(answer, "count-selected"))))


@function("selected-at", takes="vn", gives=str)
def selected_at(answer: Any, index: float) -> str:
    """Return one choice of an answer, counted from 0."""
    choices = _choices(only_text(answer, "selected-at"))
    place = java_int(index)
    return choices[place] if 0 <= place < len(choices) else ""


def _choices(answer: str) -> list[str]:
    return [choice for choice in answer.split(" ") if choice]


@special("jr:choice-name", 2, 2)
def build_choice_name(scope: Scope, call: Call) -> Code:
    """Compile jr:choice-name(value, 'path of the question')."""
    value, reference = map(scope.compile, call.arguments)
    chosen, written = as_string(value), as_string(reference)
    path_of = _literal_question(scope, call)

    def choice_name(evaluation: Evaluation) -> str:
        path = path_of or _question(scope, written(evaluation))
        node = _node_on(evaluation.node, path)
        return evaluation.choice_name(path, chosen(evaluation), node)

    return computed(str, choice_name, [value, reference])


def _literal_question(scope: Scope, call: Call) -> tuple[str, ...]:
    """Return the path if it is written in the expression, and note its use."""
    reference = call.arguments[1]
    if not isinstance(reference, Text):
        return ()
    try:
        path = _question(scope, reference.value)
    except XPathError:
        return ()
    scope.findings.references.add(path)
    return path


def _question(scope: Scope, reference: str) -> tuple[str, ...]:
    tree = parse(reference)
    if not isinstance(tree, Path):
        raise XPathSyntaxError(reference, 0, "the path of a question is expected")
    return find_route(tree, scope).path


def _node_on(node: Node, path: tuple[str, ...]) -> Node | None:
    """Return the nearest ancestor whose path begins the given one, led downwards."""
    ancestors: list[Node] = []
    climbing: Node | None = node
    while climbing is not None:
        ancestors.append(climbing)
        climbing = climbing.parent
    ancestors.reverse()
    found: Node | None = None
    for depth, name in enumerate(path):
        if depth < len(ancestors) and ancestors[depth].name == name:
            found = ancestors[depth]
            continue
        children = found.by_name.get(name) if found is not None else None
        found = children[0] if children else None
        ancestors = ancestors[:depth]
    return found
