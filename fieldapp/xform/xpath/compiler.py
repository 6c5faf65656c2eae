"""Syntax trees to closures."""

from fieldapp.xform.xpath.code import Code, as_boolean, constant, failing
from fieldapp.xform.xpath.context import Evaluation, Expression
from fieldapp.xform.xpath.errors import (
    XPathFunctionError,
    XPathLimit,
    XPathTypeError,
)
from fieldapp.xform.xpath.functions import FUNCTIONS
from fieldapp.xform.xpath.operators import chain, negative
from fieldapp.xform.xpath.parser import parse
from fieldapp.xform.xpath.paths import find_route
from fieldapp.xform.xpath.scope import Findings, NodePath, Scope
from fieldapp.xform.xpath.syntax import (
    Call,
    Chain,
    Filter,
    Negative,
    Number,
    Path,
    Text,
    Tree,
)
from fieldapp.xform.xpath.walking import follow


def compile_xpath(
    source: str,
    *,
    context: NodePath = (),
    repeats: frozenset[NodePath] = frozenset(),  # noqa: ARG001 - See the docstring.
    defer_unknown: bool = False,
) -> Expression:
    """Compile an expression that belongs to the node on the path `context`.

    References are contextualised as JavaRosa does it, by the names on the path;
    that a name repeats is seen at run time, so `repeats` is not needed yet.
    With `defer_unknown`, calls of unknown functions and wrong arities compile, and
    fail only when they are evaluated, as in JavaRosa.

    :raises XPathSyntaxError: if the source is no expression.
    :raises XPathFunctionError: if it calls an unknown function, or a wrong arity.
    :raises XPathLimit: if it is too long or too deeply nested.
    """
    findings = Findings()
    scope = Scope(
        source, findings, compile_tree, context=context, defer_unknown=defer_unknown
    )
    try:
        code = compile_tree(parse(source), scope)
    except RecursionError as error:
        raise XPathLimit("an expression nested too deeply") from error
    return Expression(
        source=source,
        references=frozenset(findings.references),
        is_volatile=findings.is_volatile,
        instances=frozenset(findings.instances),
        evaluate=code.raw,
        value=code.value,
        boolean=as_boolean(code),
        literal=code.literal,
        size=findings.size,
    )


def compile_tree(tree: Tree, scope: Scope) -> Code:
    """Compile a subexpression."""
    scope.findings.count()
    if isinstance(tree, Path):
        return _path(tree, scope)
    if isinstance(tree, Chain):
        operands = [compile_tree(operand, scope) for operand in tree.operands]
        return chain(tree.operators, operands)
    if isinstance(tree, Call):
        return _call(tree, scope)
    if isinstance(tree, Number | Text):
        return constant(tree.value)
    if isinstance(tree, Negative):
        return _negative(compile_tree(tree.operand, scope))
    return _FILTERED if isinstance(tree, Filter) else _NOTHING


def _nothing(_evaluation: Evaluation) -> None:
    """Yield what a variable has in JavaRosa: no value, which converts to nothing."""


_NOTHING = Code(None, _nothing, _nothing)
_FILTERED = failing("filtered values are not supported", XPathTypeError)


def _negative(operand: Code) -> Code:
    if isinstance(operand.literal, float):
        return constant(-operand.literal)
    return negative(operand)


def _path(path: Path, scope: Scope) -> Code:
    """Compile a path; one that JavaRosa does not support fails when evaluated."""
    try:
        route = find_route(path, scope)
    except XPathTypeError as error:
        return failing(str(error), XPathTypeError)
    if route.instance is None:
        scope.findings.references.add(route.path)
        if route.attribute is not None:
            scope.findings.references.add((*route.path, f"@{route.attribute}"))
    elif route.up is None:
        scope.findings.instances.add(route.instance)
    return follow(route, scope)


def _call(call: Call, scope: Scope) -> Code:
    function = FUNCTIONS.get(call.name)
    if function is None:
        return _refused(call, scope, f"there is no function {call.name}()")
    if not function.takes(len(call.arguments)):
        count = len(call.arguments)
        return _refused(call, scope, f"{call.name}() does not take {count} arguments")
    try:
        return function.build(scope, call)
    except XPathTypeError as error:
        return failing(str(error), XPathTypeError)


def _refused(call: Call, scope: Scope, reason: str) -> Code:
    if scope.defer_unknown:
        return failing(reason, XPathTypeError)
    raise XPathFunctionError(scope.source, call.position, reason)
