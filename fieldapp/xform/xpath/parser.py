"""Tokens to syntax tree: the grammar of XPath 1.0, as far as JavaRosa reads it."""

from fieldapp.xform.xpath.errors import XPathLimit, XPathSyntaxError
from fieldapp.xform.xpath.lexer import Token, tokenize
from fieldapp.xform.xpath.syntax import (
    Call,
    Chain,
    Filter,
    Negative,
    Number,
    Path,
    Step,
    Text,
    Tree,
    Variable,
)

# Each level costs three frames here and two when compiling; Python allows 1000.
MAX_DEPTH = 160

MAX_PATH_STEPS = 250
"""No node lies deeper than 60 levels; the work grows with the square of the steps."""

_LEVELS = {
    "or": 1,
    "and": 2,
    "=": 3,
    "!=": 3,
    "<": 4,
    "<=": 4,
    ">": 4,
    ">=": 4,
    "+": 5,
    "-": 5,
    "times": 6,
    "div": 6,
    "mod": 6,
}
_UNION_LEVEL = 8
_NODE_TESTS = {"node", "text", "comment", "processing-instruction"}
_AXES = {
    "child",
    "descendant",
    "parent",
    "ancestor",
    "following-sibling",
    "preceding-sibling",
    "following",
    "preceding",
    "attribute",
    "namespace",
    "self",
    "descendant-or-self",
    "ancestor-or-self",
}
_STEP_STARTS = {"name", "wildcard", "@", ".", ".."}


def parse(source: str) -> Tree:
    """Read an expression into its syntax tree.

    :raises XPathSyntaxError: if it is not one.
    :raises XPathLimit: if it is too long or too deeply nested.
    """
    return _Parser(source).whole()


class _Parser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.tokens = tokenize(source)
        self.index = 0
        self.depth = 0

    @property
    def kind(self) -> str:
        return self.tokens[self.index].kind

    def refuse(self, reason: str) -> XPathSyntaxError:
        return XPathSyntaxError(
            self.source, self.tokens[self.index].position, f"{reason} is expected here"
        )

    def take(self) -> Token:
        token = self.tokens[self.index]
        self.index += 1
        return token

    def expect(self, kind: str) -> None:
        if self.kind != kind:
            raise self.refuse(f"{kind!r}")
        self.index += 1

    def whole(self) -> Tree:
        tree = self.expression(1)
        if self.kind != "end":
            raise self.refuse("the end of the expression")
        return tree

    def expression(self, level: int) -> Tree:
        """Read operands joined by operators that bind at least as tight as `level`."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise XPathLimit("an expression nested too deeply")
        left = self.operand()
        while (found := _LEVELS.get(self.kind, 0)) >= level:
            operators: list[str] = []
            operands = [left]
            while _LEVELS.get(self.kind, 0) == found:
                operators.append(self.take().kind)
                operands.append(self.expression(found + 1))
            left = Chain(tuple(operators), tuple(operands))
        self.depth -= 1
        return left

    def operand(self) -> Tree:
        """Read a union of paths, with the minus signs before it."""
        signs = 0
        while self.kind == "negative":
            self.index += 1
            signs += 1
        tree = self.path()
        if self.kind == "|":
            members = [tree]
            while self.kind == "|":
                self.index += 1
                members.append(self.path())
            tree = Chain(("|",) * (len(members) - 1), tuple(members))
        # Beyond two, pairs of signs cancel out; two make a number of a text.
        for _ in range(signs if signs <= 2 else 2 - signs % 2):  # noqa: PLR2004
            tree = Negative(tree)
        return tree

    def path(self) -> Tree:
        if self.kind in ("/", "//"):
            return self.absolute_path()
        if self.starts_step():
            return Path(False, None, (self.step(), *self.further_steps()))
        tree = self.primary()
        predicates = self.predicates()
        if predicates:
            tree = Filter(tree, predicates)
        if self.kind in ("/", "//"):
            return Path(False, tree, self.further_steps())
        return tree

    def absolute_path(self) -> Tree:
        if self.kind == "/" and self.tokens[self.index + 1].kind not in _STEP_STARTS:
            self.index += 1
            return Path(True, None, ())
        return Path(True, None, self.further_steps())

    def further_steps(self) -> tuple[Step, ...]:
        steps: list[Step] = []
        while self.kind in ("/", "//"):
            if len(steps) >= MAX_PATH_STEPS:
                raise XPathLimit("a path of too many steps")
            if self.take().kind == "//":
                steps.append(Step("descendant-or-self", "node()"))
            if not self.starts_step():
                raise self.refuse("a step of the path")
            steps.append(self.step())
        return tuple(steps)

    def starts_step(self) -> bool:
        if self.kind not in _STEP_STARTS:
            return False
        token, after = self.tokens[self.index : self.index + 2]
        return token.kind != "name" or after.kind != "(" or token.text in _NODE_TESTS

    def step(self) -> Step:
        token = self.take()
        if token.kind == ".":
            return Step("self", "node()")
        if token.kind == "..":
            return Step("parent", "node()")
        axis = "child"
        if token.kind == "@":
            axis, token = "attribute", self.take()
        elif self.kind == "::":
            if token.text not in _AXES:
                raise XPathSyntaxError(
                    self.source, token.position, f"there is no axis {token.text!r}"
                )
            self.index += 1
            axis, token = token.text, self.take()
        return Step(axis, self.test(token), self.predicates())

    def test(self, token: Token) -> str:
        if token.kind == "wildcard":
            return token.text
        if token.kind != "name":
            self.index -= 1
            raise self.refuse("a name")
        if self.kind != "(":
            return token.text
        if token.text not in _NODE_TESTS:
            raise self.refuse("a step of the path")
        self.index += 1
        if self.kind == "text" and token.text == "processing-instruction":
            self.index += 1
        self.expect(")")
        return f"{token.text}()"

    def predicates(self) -> tuple[Tree, ...]:
        found: list[Tree] = []
        while self.kind == "[":
            self.index += 1
            found.append(self.expression(1))
            self.expect("]")
        return tuple(found)

    def primary(self) -> Tree:
        token = self.take()
        if token.kind == "number":
            return Number(float(token.text))
        if token.kind == "text":
            return Text(token.text)
        if token.kind == "variable":
            return Variable(token.text)
        if token.kind == "(":
            tree = self.expression(1)
            self.expect(")")
            return tree
        if token.kind == "name":
            return self.call(token)
        self.index -= 1
        raise self.refuse("a value")

    def call(self, name: Token) -> Tree:
        self.expect("(")
        arguments: list[Tree] = []
        if self.kind != ")":
            arguments.append(self.expression(1))
            while self.kind == ",":
                self.index += 1
                arguments.append(self.expression(1))
        self.expect(")")
        return Call(name.text, tuple(arguments), name.position)
